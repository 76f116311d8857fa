//! `transcripts/hostile-relay.json`: a relay that withholds, reorders, repeats, changes and swaps.

use super::{Cast, Result, Said, Talk, people, said, sheet, text};
use crate::{
    generate::{
        proto,
        script::{flipped, part},
        sheet::note,
    },
    value::{Fields, Value},
    vector::File,
};

/// The file.
pub(in crate::generate) fn hostile() -> Result<File> {
    let about = "A relay that withholds, reorders, repeats, changes and swaps what it is handed, and what becomes of that.";
    let (alice, bob) = super::couple()?;
    let carol = Cast::new("carol")?.with_prekeys("carol")?;
    let cast = [("alice", &alice), ("bob", &bob), ("carol", &carol)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "Nothing that it does is taken for anything that was said; what it lets through opens, in whatever order.";
    let note = note("transcript-hostile-relay", "LEA-2 CON-11 CNV-7 SES-14 SES-29 SES-35 HSK-10", comment);
    sheet.script(note.threat("R1").catches(&["accept-replay"]), |script| {
        let mut talk = Talk::new(script, &cast);
        beginning(&mut talk)?;
        order(&mut talk)?;
        changes(&mut talk)?;
        lanes(&mut talk)?;
        ending(&mut talk)
    })?;
    Ok(sheet.finish())
}

fn handed(peer: &str, message: Value, place: &str) -> Fields {
    Fields::new().text("peer", peer).with("message", message).text("place", place)
}

fn of(step: &str) -> Value {
    super::of(step, "message")
}

fn beginning(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.begin("alice", "bob", 7)?;
    talk.chat("chat", "alice")?;
    let opening = said("opening", "alice", "bob", 2, []);
    talk.send(&opening)?;
    talk.states("opening", &[("alice", "open")])?;
    let early = said("early", "alice", "bob", 1, text("are you there?"));
    talk.send(&early)?;
    // Handed to somebody else, who has prekeys of the same numbers.
    let op = "chat_frame.receive";
    talk.refuse("opening-at-carol", "carol", op, handed("alice", of("opening"), "chat"), "mac")?;
    // Without its handshake.
    let stripped = Value::List(vec![Value::bytes(&[0x11]), part("early", 1_163, None)]);
    talk.refuse("early-stripped", "bob", op, handed("alice", stripped, "chat"), "no_session")?;
    // As if Carol had sent it.
    talk.refuse("opening-as-carols", "bob", op, handed("carol", of("opening"), "chat"), "unknown_prekey")?;
    // The second before the first: it begins the session as well, and it is of no chat that Bob knows.
    talk.hear(&early)?;
    talk.does_not_fit("early-does-not-fit", "bob", "1")?;
    talk.hear(&opening)?;
    talk.states("opening-late", &[("bob", "2")])?;
    talk.refuse("opening-repeated", "bob", op, handed("alice", of("opening"), "chat"), "replay")?;
    // It names a handshake that Bob knows, as Alice's.
    let third = said("third", "alice", "bob", 1, text("hello?"));
    talk.send(&third)?;
    talk.refuse("third-as-carols", "bob", op, handed("carol", of("third"), "chat"), "replay")?;
    talk.hear(&third)?;
    talk.states("third", &[("alice", "write"), ("bob", "1")])?;
    // The answer is withheld: what is said next tells the same.
    let acceptance = said("acceptance", "bob", "alice", 3, []);
    talk.send(&acceptance)?;
    talk.states("acceptance", &[("bob", "accept")])?;
    talk.say(&said("first", "bob", "alice", 1, text("I am")))?;
    talk.states("first", &[("bob", "write"), ("alice", "1")])?;
    talk.hear(&acceptance)?;
    talk.states("acceptance-late", &[("alice", "3")])
}

fn order(talk: &mut Talk<'_, '_>) -> Result<()> {
    let words: Vec<Said> = ["one", "two", "three", "four", "five"]
        .into_iter()
        .map(|word| said(word, "alice", "bob", 1, text(word)))
        .collect();
    for said in &words {
        talk.send(said)?;
    }
    let [one, two, three, four, five] = words.as_slice() else { return Err("five words".into()) };
    for said in [three, one, five, two] {
        talk.hear(said)?;
    }
    for said in [one, five] {
        let label = format!("{}-repeated", said.label);
        talk.turn_away(&label, said, "replay")?;
    }
    // The fourth comes after a turn of both.
    talk.say(&said("back", "bob", "alice", 1, text("who is next?")))?;
    talk.say(&said("forth", "alice", "bob", 1, text("six")))?;
    talk.hear(four)
}

fn changes(talk: &mut Talk<'_, '_>) -> Result<()> {
    let op = "chat_frame.receive";
    let whole = said("whole", "alice", "bob", 1, text("as it was"));
    talk.send(&whole)?;
    for (label, at, word) in [
        ("whole-other-header", 7, "no_session"),
        ("whole-other-header-tag", 90, "no_session"),
        ("whole-other-commitment", 100, "no_session"),
        ("whole-other-text", 200, "no_session"),
        ("whole-other-tag", 650, "no_session"),
        ("whole-other-type", 0, "malformed"),
    ] {
        let changed = flipped("whole", at, "01");
        talk.refuse(label, "bob", op, handed("alice", changed, "chat"), word)?;
    }
    talk.refuse("whole-cut", "bob", op, handed("alice", part("whole", 0, Some(656)), "chat"), "no_session")?;
    talk.refuse("whole-reflected", "alice", op, handed("bob", of("whole"), "chat"), "no_session")?;
    talk.refuse("whole-at-carol", "carol", op, handed("alice", of("whole"), "chat"), "no_session")?;
    talk.refuse("whole-as-carols", "bob", op, handed("carol", of("whole"), "chat"), "no_session")?;
    talk.refuse("whole-between-members", "bob", op, handed("alice", of("whole"), "members"), "policy")?;
    talk.hear(&whole)
}

fn lanes(talk: &mut Talk<'_, '_>) -> Result<()> {
    let op = "chat_frame.receive";
    let typing = said("typing", "alice", "bob", 25, proto::number(1, 1)).transient();
    talk.send(&typing)?;
    let stored = handed("alice", of("typing"), "chat");
    talk.refuse("typing-stored", "bob", op, stored, "malformed")?;
    talk.hear(&typing)?;
    talk.turn_away("typing-repeated", &typing, "replay")?;
    let words = said("words", "alice", "bob", 1, text("in their place"));
    talk.send(&words)?;
    talk.refuse("words-dropped", "bob", op, handed("alice", of("words"), "transient"), "malformed")?;
    talk.hear(&words)
}

fn ending(talk: &mut Talk<'_, '_>) -> Result<()> {
    let late = said("late", "alice", "bob", 1, text("before the end"));
    talk.send(&late)?;
    let closing = said("closing", "alice", "bob", 5, []);
    talk.send(&closing)?;
    talk.states("closing", &[("alice", "close")])?;
    talk.hear(&closing)?;
    talk.states("closing-heard-by", &[("bob", "5")])?;
    talk.hear(&late)?;
    talk.does_not_fit("late-does-not-fit", "bob", "1")?;
    talk.turn_away("closing-repeated", &closing, "replay")
}
