//! `transcripts/group-attacked.json`: a relay and a former member against a group.

use super::{Cast, Result, Talk, group::Circle, list, of, people, said, sheet, text};
use crate::{
    generate::{
        group::{REKEY, REMOVE, RENAME, log_key, rekey, remove},
        proto,
        script::flipped,
        sheet::note,
    },
    value::{Fields, Value},
    vector::File,
};
use aside_wire::pb;

/// The file.
pub(in crate::generate) fn group_attacked() -> Result<File> {
    let about = "A relay that reorders, repeats and changes messages of a group and hides an entry of its log, and a member \
                 who writes as another and goes on after the end.";
    let alice = Cast::new("alice")?.with_prekeys("alice")?;
    let bob = Cast::bob()?;
    let carol = Cast::new("carol")?.with_prekeys("carol")?;
    let cast = [("alice", &alice), ("bob", &bob), ("carol", &carol)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "What was changed does not open; what was hidden shows in the next message.";
    let note =
        note("transcript-group-attacked", "GRP-23 GRP-26 GRP-30 GRP-31 GRP-33 GRP-41 CON-11 CON-13", comment);
    sheet.script(note.threat("G2"), |script| {
        let mut circle = Circle::new(Talk::new(script, &cast));
        circle.made(&cast)?;
        changed(&mut circle)?;
        hidden(&mut circle, &alice)?;
        after_the_end(&mut circle, &alice, &carol)
    })?;
    Ok(sheet.finish())
}

fn changed(circle: &mut Circle<'_, '_>) -> Result<()> {
    let one = said("one", "alice", "", 1, text("one"));
    let two = said("two", "alice", "", 1, text("two"));
    circle.send(&one, "chain-of-alice", &["bob", "carol"])?;
    circle.send(&two, "chain-of-alice", &["bob", "carol"])?;
    // The second first.
    circle.hear(&two, "chain-of-alice", "bob", "chain-for-bob-read")?;
    circle.hear(&one, "chain-of-alice", "bob", "chain-for-bob-read")?;
    for (label, at, word) in [
        ("one-of-another-chain", 5, "no_session"),
        ("one-at-another-place", 18, "signature"),
        ("one-with-another-salt", 22, "signature"),
        ("one-with-another-commitment", 40, "signature"),
        ("one-with-another-text", 100, "signature"),
        ("one-with-another-signature", 640, "signature"),
    ] {
        let input = circle.opened("chain-of-alice", 0, "chain-for-bob-read", "one")?;
        let input = input.iter().fold(Fields::new(), |all, (name, value)| {
            all.with(name, if name == "message" { flipped("one", at, "01") } else { value.clone() })
        });
        circle.talk.refuse(label, "bob", "group_frame.receive", input, word)?;
    }
    // Carol has the chain, and not its signing key; and it is Alice's, whoever says it.
    let input = circle.opened("chain-of-alice", 0, "chain-for-bob-read", "one")?;
    let carol = circle.talk.account("carol")?;
    let input = input.iter().fold(Fields::new(), |all, (name, value)| {
        all.with(name, if name == "account_key" { Value::bytes(&carol) } else { value.clone() })
    });
    circle.talk.refuse("one-as-carols", "bob", "group_frame.receive", input, "no_session")
}

/// The relay hides an entry from Bob; Alice's next message names it.
fn hidden(circle: &mut Circle<'_, '_>, alice: &Cast) -> Result<()> {
    let before = circle.log.entries.clone();
    circle.log.append(alice, RENAME, &pb::GroupRename { name: "Film club".to_owned() });
    circle.append("renaming", "alice", &["carol"])?;
    let three = said("three", "alice", "", 1, text("a better name"));
    circle.send(&three, "chain-of-alice", &["bob", "carol"])?;
    let input = circle.opened("chain-of-alice", 0, "chain-for-bob-read", "three")?;
    circle.talk.pure("three-at-bob", "bob", "group_frame.receive", input)?;
    let judged = |circle: &Circle<'_, '_>, log: &[Vec<u8>], head: Value| -> Result<Fields> {
        let learned = log.iter().map(|_| Value::Number(circle.talk.now)).collect();
        Ok(Fields::new()
            .bytes_list("log", log)
            .with("learned", Value::List(learned))
            .number("now", circle.talk.now)
            .bytes("account_key", circle.talk.account("alice")?)
            .number("device_id", 1u32)
            .number("epoch", 1u32)
            .number("last", 0u32)
            .number("sequence", 3u32)
            .with("head", head))
    };
    // He waits and fetches, and says nothing before he has it.
    let ahead = judged(circle, &before, of("three-at-bob", "group_head"))?;
    circle.talk.pure("three-is-ahead", "bob", "group.judge", ahead)?;
    circle.read("bob-asks-for-the-log", "bob", 1)?;
    // It shows him nothing, so that he asks her.
    let request = said("request", "bob-alice", "alice-bob", 18, proto::number(1, 2)).between();
    circle.talk.say(&request)?;
    let content = Fields::new().with("content", of("request-heard", "content"));
    circle.talk.pure("request-read", "alice", "group_log_request.decode", content)?;
    let entry = circle.log.entries.last().cloned().ok_or("a log has entries")?;
    let answer = said("answer", "alice-bob", "bob-alice", 19, proto::bytes(1, entry)).between();
    circle.talk.say(&answer)?;
    let content = Fields::new().with("content", of("answer-heard", "content"));
    circle.talk.pure("answer-read", "bob", "group_log_entries.decode", content)?;
    // Another entry at that place: somebody shows two members two groups.
    let mut other = circle.log.clone();
    other.entries.clone_from(&before);
    let rename = pb::GroupRename { name: "Book circle".to_owned() };
    let mut forked = before.clone();
    forked.push(fork(&circle.log, alice, &rename));
    let fork = judged(circle, &forked, of("three-at-bob", "group_head"))?;
    circle.talk.refuse("three-is-of-another-log", "bob", "group.judge", fork, "fork")?;
    // The log, as it is and with what is no entry of it.
    let log = circle.talk.script.out_bytes("making-log", "log")?;
    let stored = [
        of("making-sealed", "stored"),
        of("adding-sealed", "stored"),
        of("adding-sealed", "stored"),
        of("renaming-sealed", "stored"),
    ];
    let input = Fields::new()
        .bytes("group", circle.log.group())
        .bytes_list("log_keys", [log_key(1)])
        .bytes_list("logs", [&log, &log, &log, &log])
        .with("stored", list(stored));
    circle.talk.pure("bob-reads-it-all", "bob", "group.replay", input).map(|_| ())
}

/// Another third entry by the same hand.
fn fork(log: &super::super::group::Log, alice: &Cast, rename: &pb::GroupRename) -> Vec<u8> {
    let body = pb::GroupEntryBody { sequence: 3, parent: log.hash_at(2), ..log.body(alice, RENAME, rename) };
    super::super::group::entry(&alice.keys.signing, &body)
}

/// Carol is out, and says something as of yesterday.
fn after_the_end(circle: &mut Circle<'_, '_>, alice: &Cast, carol: &Cast) -> Result<()> {
    circle.chain("chain-of-carol", "carol", 1)?;
    circle.hand_over("carols-chain-for-alice", "chain-of-carol", ["carol-alice", "alice-carol"])?;
    circle.log.append(alice, REMOVE, &remove(&[carol]));
    circle.append("removing", "alice", &["bob", "carol"])?;
    circle.invite("new-log-key", ["alice-bob", "bob-alice"], &[1, 2])?;
    circle.log.append(alice, REKEY, &rekey(2));
    circle.append("rekeying", "alice", &["bob"])?;
    let late = said("late", "carol", "", 1, text("I am still here"));
    circle.send(&late, "chain-of-carol", &["alice", "bob"])?;
    let input = circle.opened("chain-of-carol", 0, "carols-chain-for-alice-read", "late")?;
    circle.talk.pure("late-at-alice", "alice", "group_frame.receive", input)?;
    let learned = circle.log.entries.iter().map(|_| Value::Number(circle.talk.now)).collect();
    let input = Fields::new()
        .bytes_list("log", &circle.log.entries)
        .with("learned", Value::List(learned))
        .number("now", circle.talk.now)
        .bytes("account_key", circle.talk.account("carol")?)
        .number("device_id", 1u32)
        .number("epoch", 1u32)
        .number("last", 0u32)
        .number("sequence", circle.log.sequence())
        .with("head", of("late-at-alice", "group_head"));
    circle.talk.refuse("late-is-of-nobody", "alice", "group.judge", input, "not_member")
}
