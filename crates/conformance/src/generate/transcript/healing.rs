//! `transcripts/healing.json`: a session is lost, and mends itself.

use super::{
    LONGEST, PAIRWISE, Part, Result, Said, Talk, list, of, out_of, people, plain, said, sheet, text,
};
use crate::{
    generate::sheet::note,
    value::{Fields, Value},
    vector::File,
};

/// The file.
pub(in crate::generate) fn healing() -> Result<File> {
    let about = "Messages are lost, then a whole session is; the devices begin another, and what was lost is sent again.";
    let (alice, bob) = super::couple()?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "Bob's device has lost its state. It asks in a new session for what it could not open, and gets it again.";
    let note =
        note("transcript-healing", "LEA-1 LEA-2 LEA-4 CON-7 HEA-1 HEA-2 HEA-11 HEA-12 SES-25", comment);
    sheet.script(note.threat("R4").catches(&["accept-replay"]), |script| {
        let mut talk = Talk::new(script, &cast);
        talk.open()?;
        lost(&mut talk)?;
        broken(&mut talk)?;
        mended(&mut talk)
    })?;
    Ok(sheet.finish())
}

/// The relay loses one; the next names it as the one before, and Bob does not know that hash.
fn lost(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.say(&said("text", "alice", "bob", 1, text("one")))?;
    talk.send(&said("lost", "alice", "bob", 1, text("two")))?;
    talk.say(&said("after", "alice", "bob", 1, text("three")))?;
    talk.say(&said("answer", "bob", "alice", 1, text("something is missing")))
}

fn broken(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.script.forget("bob-loses-everything", "bob")?;
    let unheard = said("unheard", "alice", "bob", 1, text("four"));
    talk.send(&unheard)?;
    talk.turn_away("unheard-turned-away", &unheard, "no_session")?;
    talk.pure("trouble", "bob", "session.trouble", Fields::new().text("word", "no_session"))?;
    talk.pure("unheard-id", "bob", "retry.id", Fields::new().with("message", of("unheard", "message")))?;
    let plan = Fields::new().number("now", talk.now).number("began_at", 0u32).number("drawn", 2_345u32);
    talk.pure("plan", "bob", "retry.plan", plan)?;
    talk.wait(4_000);
    // One that was opened before mends nothing.
    let opened = Fields::new().text("word", "replay");
    talk.refuse("no-trouble", "bob", "session.trouble", opened, "policy")?;
    talk.begin("bob-2", "alice", 7)?;
    let retry = vec![plain([0x0A, 16]), out_of("unheard-id", "id")];
    let retry = Said { generation: 2, ..said("retry", "bob-2", "alice-2", 34, []).of(retry) };
    talk.say(&retry)?;
    let begun = Fields::new()
        .number("generation", 2u32)
        .with("id", of("retry-heard", "session_id"))
        .number("first_generation", 1u32)
        .with("first_id", of("alice-initiates", "session_id"))
        .flag("first_answered", true);
    talk.pure("retry-begins", "alice", "session.begun", begun)?;
    talk.script.retire("alice-retires-the-old-session", "alice")
}

/// The same frame in the new session: the same id, time, salt and hash, and another client id.
fn mended(talk: &mut Talk<'_, '_>) -> Result<()> {
    let may = Fields::new()
        .number("kind", 1u32)
        .number("age_ms", 5_200u32)
        .number("times", 0u32)
        .flag("same_device", true)
        .flag("in_audience", true)
        .flag("arrived", false)
        .flag("there", true);
    talk.pure("may-be-repeated", "alice", "retry.repeat", may)?;
    let again = Said { generation: 2, ..said("again", "alice-2", "bob-2", 1, text("four")) };
    let sent_at = talk.now - 5_200 - 1_200;
    let frame = Fields::new()
        .with("conversation", of("chat", "chat_id"))
        .with("message_id", of("unheard", "message_id"))
        .number("sent_at", sent_at)
        .number("kind", 1u32)
        .bytes("content", text("four"))
        .with("previous", of("after", "hash"))
        .bytes("expiry", [])
        .flag("silent", false)
        .with("salt", of("unheard", "salt"));
    let frame = talk.addressed(&again, frame)?;
    talk.script.add("again", "alice-2", "chat_frame.send", frame, None)?;
    let input = Fields::new()
        .bytes("recipient", talk.account("bob")?)
        .number("list_version", 1u32)
        .with("devices", list([Value::Number(1)]))
        .text("channel", PAIRWISE)
        .with("payloads", list([of("again", "message")]))
        .text("keep", LONGEST);
    talk.ask("again", "alice", "send", input)?;
    talk.hear(&again)?;
    let after = Said { generation: 2, ..said("thanks", "bob-2", "alice-2", 1, text("now I have it")) };
    talk.say(&after)?;
    // What was under way in the old session still opens, and nothing is said there any more.
    let old = Part::Of("again.message".into()).value();
    let repeated = Fields::new().text("peer", "alice").with("message", old).text("place", "chat");
    talk.refuse("again-repeated", "bob-2", "chat_frame.receive", repeated, "replay")
}
