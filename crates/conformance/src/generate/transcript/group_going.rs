//! `transcripts/group-going.json`: a group in which messages go, and captures are told of.

use super::{Cast, Result, Talk, group::Circle, list, of, out_of, people, plain, said, sheet, text};
use crate::{
    generate::{
        group::{LEAVE, SET_CAPTURE, SET_EXPIRY, SET_ROLE, role},
        kinds::photo,
        proto,
        sheet::note,
    },
    value::{Fields, Value},
    vector::File,
};
use aside_wire::pb;
use prost::Message;

/// Three days.
const DAYS: (u32, u32, u32) = (1, 259_200, 0);
/// Once, and a day if nobody opens it.
const ONCE: (u32, u32, u32) = (3, 0, 86_400);

/// The file.
pub(in crate::generate) fn group_going() -> Result<File> {
    let about = "A group in which messages go after three days, with something to be opened once, and a capture that is told of.";
    let alice = Cast::new("alice")?.with_prekeys("alice")?;
    let bob = Cast::bob()?;
    let carol = Cast::new("carol")?.with_prekeys("carol")?;
    let cast = [("alice", &alice), ("bob", &bob), ("carol", &carol)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment =
        "The relay keeps what is said there for a week, whatever it is: a text, a key's message, a capture.";
    let note =
        note("transcript-group-going", "LEA-1 RLY-44 EXP-7 EXP-20 EXP-22 CAP-3 CAP-10 GRP-11", comment);
    sheet.script(note.threat("C2"), |script| {
        let mut circle = Circle::new(Talk::new(script, &cast));
        circle.made(&cast)?;
        settings(&mut circle, &alice, &bob)?;
        said_there(&mut circle)?;
        once(&mut circle)?;
        captured(&mut circle)?;
        circle.log.append(&carol, LEAVE, &pb::GroupLeave::default());
        circle.append("leaving", "carol", &["alice", "bob"])
    })?;
    Ok(sheet.finish())
}

fn settings(circle: &mut Circle<'_, '_>, alice: &Cast, bob: &Cast) -> Result<()> {
    let expiry = pb::GroupSetExpiry { mode: 1, duration_s: 259_200, ..Default::default() };
    circle.log.append(alice, SET_EXPIRY, &expiry);
    circle.append("timer", "alice", &["bob", "carol"])?;
    circle.log.append(alice, SET_CAPTURE, &pb::GroupSetCapture { notices: true });
    circle.append("telling", "alice", &["bob", "carol"])?;
    circle.log.append(alice, SET_ROLE, &role(bob, pb::GroupRole::Admin));
    circle.append("bob-is-an-admin", "alice", &["bob", "carol"])
}

fn said_there(circle: &mut Circle<'_, '_>) -> Result<()> {
    circle.tell(&said("text", "alice", "", 1, text("for three days")).going(DAYS, 5))?;
    circle.tell(&said("slip", "alice", "", 1, text("oh")).going(DAYS, 5))?;
    let shorten = vec![
        plain([0x0A, 16]),
        out_of("slip", "message_id"),
        plain([proto::number(2, 1), proto::number(3, 60)].concat()),
    ];
    circle.tell(&said("shortening", "alice", "", 30, []).of(shorten).among(DAYS))?;
    let unsend = vec![plain([0x0A, 16]), out_of("slip", "message_id")];
    circle.tell(&said("unsending", "alice", "", 13, []).of(unsend).among(DAYS))
}

/// Everybody gets the same frame; its key goes to each device over a session.
fn once(circle: &mut Circle<'_, '_>) -> Result<()> {
    let content = photo().encode_to_vec();
    let input = Fields::new().number("kind", 6u32).bytes("content", &content);
    circle.talk.pure("sealed", "alice", "view_once.seal", input)?;
    let sealed = circle.talk.script.out_bytes("sealed", "sealed")?;
    let once = [
        proto::bytes(1, sealed),
        proto::bytes(2, circle.talk.script.out_bytes("sealed", "commitment")?),
        proto::bytes(15, "[to be opened once]"),
    ];
    circle.tell(&said("once", "alice", "", 31, once.concat()).going(ONCE, 5).among(DAYS))?;
    for (label, by, to, key) in [
        ("key-for-bob", "alice-bob", "bob-alice", Some("key")),
        ("key-for-carol", "alice-carol", "carol-alice", None),
    ] {
        // Carol's device has no protected viewer: it is told so, and gets none.
        let head = vec![plain([0x0A, 16]), out_of("once", "message_id")];
        let key = key.map(|key| vec![plain([0x12, 32]), out_of("sealed", key)]).unwrap_or_default();
        circle.talk.say(&said(label, by, to, 32, []).of([head, key].concat()).between())?;
        let to = circle.talk.person(to)?;
        let content = Fields::new().with("content", of(&format!("{label}-heard"), "content"));
        circle.talk.pure(&format!("{label}-read"), &to, "view_key.decode", content)?;
    }
    let input = Fields::new()
        .with("sealed", of("sealed", "sealed"))
        .with("commitment", of("sealed", "commitment"))
        .with("key", of("key-for-bob-read", "key"));
    circle.talk.pure("once-opened", "bob", "view_once.open", input).map(|_| ())
}

fn captured(circle: &mut Circle<'_, '_>) -> Result<()> {
    circle.chain("chain-of-bob", "bob", 1)?;
    circle.talk.begin("bob-carol", "carol", 8)?;
    circle.talk.enter("group", plain(circle.log.group()));
    circle.hand_over("bobs-chain-for-alice", "chain-of-bob", ["bob-alice", "alice-bob"])?;
    circle.hand_over("bobs-chain-for-carol", "chain-of-bob", ["bob-carol", "carol-bob"])?;
    let (alice, bob) = (circle.talk.account("alice")?, circle.talk.account("bob")?);
    let nothing = || Value::List(Vec::new());
    let screen = Fields::new()
        .text("scene", "group-with-notices")
        .bytes("own", &bob)
        .bytes_list("authors", [&alice])
        .with("ids", list([of("text-at-bob", "message_id")]))
        .with("told", nothing())
        .with("told_at", nothing())
        .with("waiting", nothing())
        .number("waiting_since", 0u32)
        .number("now", circle.talk.now);
    circle.talk.pure("capture", "bob", "capture.tell", screen)?;
    let refs = vec![
        plain([proto::number(1, 1), vec![0x12, 16]].concat()),
        out_of("text-at-bob", "message_id"),
        plain([proto::number(3, circle.talk.now), proto::number(4, 1)].concat()),
    ];
    let notice = said("notice", "bob", "", 33, []).of(refs).among(DAYS);
    circle.send(&notice, "chain-of-bob", &["alice", "carol"])?;
    circle.hear(&notice, "chain-of-bob", "alice", "bobs-chain-for-alice-read")?;
    circle.hear(&notice, "chain-of-bob", "carol", "bobs-chain-for-carol-read")?;
    let shown = Fields::new()
        .text("scene", "group-with-notices")
        .bytes("by", &bob)
        .with("notice", of("notice-at-alice", "content"))
        .bytes_list("authors", [&alice])
        .with("ids", list([of("text", "message_id")]))
        .with("said", list([Value::Number(0)]));
    circle.talk.pure("notice-shown", "alice", "capture.show", shown).map(|_| ())
}
