//! `transcripts/vanishing.json`: a chat in which messages go.

use super::{
    NOW, Part, Result, Talk, about, joined, list, of, out_of, people, plain, reaction, said, sheet, text,
};
use crate::{
    generate::{proto, sheet::note},
    value::{Fields, Value},
    vector::File,
};

/// After sending: an hour.
const HOUR: (u32, u32, u32) = (1, 3_600, 0);
/// A minute.
const MINUTE: (u32, u32, u32) = (1, 60, 0);
/// A minute after it was read, and three days if it is not.
const READ: (u32, u32, u32) = (2, 60, 259_200);
const OFF: (u32, u32, u32) = (0, 0, 0);

/// The file.
pub(in crate::generate) fn vanishing() -> Result<File> {
    let about = "A chat in which messages go: the timer is set, changed and switched off, and one message goes sooner.";
    let (alice, bob) = super::couple()?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "The relay learns the class of time of the conversation, and of no message.";
    let note = note("transcript-vanishing", "LEA-1 LEA-2 RLY-44 EXP-2 EXP-3 EXP-4 EXP-6 EXP-10", comment);
    sheet.script(note.threat("V7"), |script| {
        let mut talk = Talk::new(script, &cast);
        talk.open()?;
        an_hour(&mut talk)?;
        sooner(&mut talk)?;
        another_timer(&mut talk)
    })?;
    Ok(sheet.finish())
}

/// The content of a policy, and what both sides make of all there are.
fn policy(
    talk: &mut Talk<'_, '_>,
    label: &str,
    [by, to]: [&str; 2],
    version: u64,
    terms: (u32, u32, u32),
    before: &mut Vec<Value>,
) -> Result<()> {
    let (mode, duration, cap) = terms;
    let fields = [(1, version), (2, mode.into()), (3, duration.into()), (4, cap.into())];
    let head = fields.into_iter().filter(|(_, value)| *value != 0);
    let head: Vec<u8> = head.flat_map(|(tag, value)| proto::number(tag, value)).collect();
    let content: Vec<Part> = match before.len() {
        0 => vec![plain(head)],
        count => {
            let learned = format!("policy-{count}-alice");
            vec![plain([head, vec![0x2A, 32]].concat()), out_of(&learned, "name")]
        }
    };
    // What changes the conversation asks for the longest time.
    talk.say(&said(label, by, to, 29, []).of(content).among(terms))?;
    let setter = talk.account(by)?;
    before.push(joined(&[plain(setter), out_of(&format!("{label}-heard"), "content")]));
    for person in ["alice", "bob"] {
        let input = Fields::new()
            .bytes("own", talk.account(person)?)
            .with("chat", of("chat", "chat_id"))
            .with("policies", Value::List(before.clone()));
        talk.pure(&format!("{label}-{person}"), person, "policies.learn", input)?;
    }
    Ok(())
}

fn stamp(
    talk: &mut Talk<'_, '_>,
    label: &str,
    by: &str,
    policy: (u32, u32, u32),
    wish: (u32, u32, u32),
) -> Result<()> {
    let input = Fields::new()
        .number("mode", policy.0)
        .number("duration", policy.1)
        .number("unread_cap", policy.2)
        .number("wish_mode", wish.0)
        .number("wish_duration", wish.1)
        .number("wish_unread_cap", wish.2);
    talk.pure(label, by, "expiry.stamp", input).map(|_| ())
}

fn life((mode, duration, unread_cap): (u32, u32, u32), facts: &str) -> Fields {
    Fields::new()
        .number("mode", mode)
        .number("duration", duration)
        .number("unread_cap", unread_cap)
        .text("facts", facts)
}

fn an_hour(talk: &mut Talk<'_, '_>) -> Result<()> {
    let mut policies = Vec::new();
    policy(talk, "policy-1", ["alice", "bob"], 1, HOUR, &mut policies)?;
    stamp(talk, "text-stamp", "alice", HOUR, OFF)?;
    let at = talk.now;
    talk.say(&said("text", "alice", "bob", 1, text("only for an hour")).going(HOUR, 1))?;
    let decoded = Fields::new().with("expiry", of("text-heard", "expiry"));
    talk.pure("text-terms", "bob", "expiry.decode", decoded)?;
    let written = format!("written {at}; accepted {} {}", at + 150, at + 160);
    let received = format!("received {at} {} {}", at + 150, at + 200);
    talk.pure("text-alice", "alice", "life.deadline", life(HOUR, &written))?;
    talk.pure("text-bob", "bob", "life.deadline", life(HOUR, &received))?;
    let bob = talk.account("alice")?;
    talk.say(&reaction("reaction", "bob", "alice", "text", &bob, "👍", 1).among(HOUR))?;
    let shown = life(HOUR, &received).text("now", &(at + 3_599_000).to_string());
    talk.pure("text-shown", "bob", "life.show", shown)?;
    let gone = life(HOUR, &received).text("now", &(at + 3_600_150).to_string());
    talk.refuse("text-gone", "bob", "life.show", gone, "policy")
}

fn sooner(talk: &mut Talk<'_, '_>) -> Result<()> {
    let at = talk.now;
    stamp(talk, "secret-stamp", "alice", HOUR, MINUTE)?;
    talk.say(&said("secret", "alice", "bob", 1, text("and this for a minute")).going(MINUTE, 1).among(HOUR))?;
    talk.say(&said("slip", "alice", "bob", 1, text("oh")).going(HOUR, 1))?;
    let shorten = vec![
        plain([0x0A, 16]),
        out_of("slip", "message_id"),
        plain([proto::number(2, 1), proto::number(3, 60)].concat()),
    ];
    talk.say(&said("shortening", "alice", "bob", 30, []).of(shorten).among(HOUR))?;
    marks(talk)?;
    let received = format!("received {at} {} {}; shortened 1 60 0", at + 150, at + 200);
    talk.pure("slip-bob", "bob", "life.deadline", life(HOUR, &received))?;
    // Whatever is wished, nothing lives longer than both have agreed on.
    stamp(talk, "longer-stamp", "alice", HOUR, (1, 86_400, 0))
}

/// Whatever is said there asks for the class of its neighbours.
fn marks(talk: &mut Talk<'_, '_>) -> Result<()> {
    let alice = talk.account("alice")?;
    let rest = [proto::number(2, 1), proto::bytes(3, text("for an hour"))].concat();
    talk.say(&said("edit", "alice", "bob", 12, []).of(about("text", &alice, rest)).among(HOUR))?;
    let unsend = vec![plain([0x0A, 16]), out_of("slip", "message_id")];
    talk.say(&said("unsending", "alice", "bob", 13, []).of(unsend).among(HOUR))?;
    let seen = |kind: u64, end: u64| {
        vec![
            plain([proto::number(1, kind), vec![0x12, 16]].concat()),
            out_of("text", "message_id"),
            plain(proto::number(3, end)),
        ]
    };
    talk.say(&said("read", "bob", "alice", 24, []).of(seen(2, talk.now)).among(HOUR))?;
    let mut notice = seen(1, talk.now);
    notice.push(plain(proto::number(4, 1)));
    talk.say(&said("notice", "bob", "alice", 33, []).of(notice).among(HOUR))?;
    // What changes the conversation does not.
    let wish = [proto::number(2, 1), proto::number(4, 1)].concat();
    talk.say(&said("wish", "alice", "bob", 27, wish).among(HOUR))
}

fn another_timer(talk: &mut Talk<'_, '_>) -> Result<()> {
    // The policies so far, as both know them.
    let alice = talk.account("alice")?;
    let mut policies = vec![joined(&[plain(alice), out_of("policy-1-heard", "content")])];
    policy(talk, "policy-2", ["bob", "alice"], 2, READ, &mut policies)?;
    let at = talk.now;
    talk.say(&said("read-me", "bob", "alice", 1, text("until you have read it")).going(READ, 2))?;
    let read = format!("received {at} {} {}; read {} {}", at + 150, at + 200, at + 500, at + 510);
    talk.pure("read-me-alice", "alice", "life.deadline", life(READ, &read))?;
    policy(talk, "policy-3", ["alice", "bob"], 3, OFF, &mut policies)?;
    talk.say(&said("staying", "alice", "bob", 1, text("this stays")))?;
    let stays = format!("received {NOW} {NOW} {NOW}");
    talk.pure("staying-bob", "bob", "life.deadline", life(OFF, &stays))?;
    // Set at the same time as the third, and lower.
    let input = Fields::new().bytes("own", talk.account("bob")?).with("chat", of("chat", "chat_id")).with(
        "policies",
        list([
            policies.get(2).cloned().ok_or("three policies")?,
            policies.get(1).cloned().ok_or("three policies")?,
        ]),
    );
    talk.pure("policies-out-of-order", "bob", "policies.learn", input).map(|_| ())
}
