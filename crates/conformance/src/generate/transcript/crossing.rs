//! `transcripts/crossing.json`: both ask at once.

use super::{Result, Talk, of, people, said, sheet, text};
use crate::{generate::sheet::note, value::Fields, vector::File};

/// The file.
pub(in crate::generate) fn crossing() -> Result<File> {
    let about = "Alice and Bob ask each other at the same time: two sessions, two chats, and how they end up with one of each.";
    let (alice, bob) = super::couple()?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "Each has opened a chat when that of the other arrives. Both write in the newest, in the session of the smallest id.";
    let note = note("transcript-crossing", "LEA-1 LEA-2 CNV-6 SES-25 HEA-2", comment);
    sheet.script(note.threat("R1"), |script| {
        let mut talk = Talk::new(script, &cast);
        talk.begin("alice", "bob", 7)?;
        talk.begin("bob-2", "alice", 7)?;
        talk.chat("chat-of-alice", "alice")?;
        let hers = said("opening-of-alice", "alice", "bob", 2, []);
        talk.send(&hers)?;
        talk.chat("chat-of-bob", "bob")?;
        let his = said("opening-of-bob", "bob-2", "alice-2", 2, []);
        talk.send(&his)?;
        talk.states("opening-of-bob", &[("bob", "open")])?;
        for (label, by, whom) in
            [("bob-looks-for-alice", "bob", "alice"), ("alice-looks-for-bob", "alice", "bob")]
        {
            let input = Fields::new().bytes("account_key", talk.account(whom)?).number("known_version", 0u32);
            talk.ask(label, by, "fetch_devices", input)?;
        }
        talk.hear(&hers)?;
        talk.hear(&his)?;
        settle(&mut talk)?;
        // Both accept what the other asks; his chat is the newest, for the relay took it in last.
        talk.states("opening-of-bob-heard-by", &[("alice", "2")])?;
        let (session, other) =
            if talk.first_is_of_alice()? { ("alice", "bob") } else { ("alice-2", "bob-2") };
        talk.say(&said("acceptance-of-alice", session, other, 3, []))?;
        talk.states("acceptance-of-alice", &[("alice", "accept"), ("bob", "3")])?;
        talk.say(&said("text", other, session, 1, text("at the same time!")))?;
        talk.say(&said("answer", session, other, 1, text("so it seems")))
    })?;
    Ok(sheet.finish())
}

/// Of two sessions of one generation the one with the smallest id sends.
fn settle(talk: &mut Talk<'_, '_>) -> Result<()> {
    for (label, who, own, theirs) in [
        ("session-of-bob-at-alice", "alice", "alice-initiates", "opening-of-bob-heard"),
        ("session-of-alice-at-bob", "bob", "bob-2-initiates", "opening-of-alice-heard"),
    ] {
        let begun = Fields::new()
            .number("generation", 1u32)
            .with("id", of(theirs, "session_id"))
            .number("first_generation", 1u32)
            .with("first_id", of(own, "session_id"))
            .flag("first_answered", false);
        talk.pure(label, who, "session.begun", begun)?;
    }
    let retired = if talk.first_is_of_alice()? { ["alice-2", "bob-2"] } else { ["alice", "bob"] };
    for session in retired {
        talk.script.retire(&format!("{session}-retires"), session)?;
    }
    Ok(())
}

impl Talk<'_, '_> {
    /// Whether Alice's session is the one that sends.
    fn first_is_of_alice(&self) -> Result<bool> {
        let hers = self.script.out_bytes("alice-initiates", "session_id")?;
        Ok(hers < self.script.out_bytes("bob-2-initiates", "session_id")?)
    }
}
