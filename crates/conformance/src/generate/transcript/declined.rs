//! `transcripts/declined.json`: requests that come to nothing.

use super::{Result, Talk, people, said, sheet, text};
use crate::{generate::sheet::note, value::Fields, vector::File};
use aside_identity::{Reach, Settings, settings::Rules};

/// The file.
pub(in crate::generate) fn declined() -> Result<File> {
    let about = "Requests that come to nothing, a chat that ends, and somebody who is shut out.";
    let (alice, bob) = super::couple()?;
    let cast = [("alice", &alice), ("bob", &bob)];
    let mut sheet = sheet(about, people(&cast)?);
    let comment = "Bob declines without a word, then openly; a question is taken back; a chat ends, and what comes late is refused.";
    let note = note("transcript-declined", "LEA-1 LEA-2 CNV-4 CNV-12 CNV-13 CNV-18", comment).threat("C1");
    sheet.script(note, |script| {
        let mut talk = Talk::new(script, &cast);
        without_a_word(&mut talk)?;
        openly(&mut talk)?;
        taken_back(&mut talk)?;
        ended(&mut talk)?;
        let rules = Rules {
            threads: Reach::Contacts,
            chats: Reach::Contacts,
            groups: Reach::Nobody,
            contacts: Vec::new(),
            blocked: vec![alice.certificate.account],
        };
        let settings = Settings::issue(&bob.certificate, &bob.keys, 1, rules)?;
        talk.ask("bob-looks-up-his-settings", "bob", "fetch_settings", Fields::new())?;
        let input = Fields::new().bytes("settings", settings.as_bytes());
        talk.ask("bob-shuts-alice-out", "bob", "publish_settings", input)
    })?;
    Ok(sheet.finish())
}

/// Nothing leaves Bob's device, so that there is nothing for the relay to see.
fn without_a_word(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.begin("alice", "bob", 7)?;
    talk.chat("first-chat", "alice")?;
    let opening = said("first-opening", "alice", "bob", 2, []);
    talk.say(&opening)?;
    talk.becomes("first-opening-becomes", "bob", &opening, "stranger")?;
    talk.states("first-opening", &[("alice", "open"), ("bob", "2")])?;
    talk.say(&said("held", "alice", "bob", 1, text("please")))?;
    talk.states("held", &[("alice", "write"), ("bob", "1")])?;
    talk.states("first-decline", &[("bob", "decline")])?;
    // The session is there, and the chat is not.
    talk.say(&said("unheard", "alice", "bob", 1, text("hello?")))?;
    talk.does_not_fit("unheard-does-not-fit", "bob", "1")
}

fn openly(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.chat("second-chat", "alice")?;
    talk.say(&said("second-opening", "alice", "bob", 2, []))?;
    talk.states("second-opening", &[("alice", "open"), ("bob", "2")])?;
    let decline = said("decline", "bob", "alice", 4, []);
    talk.say(&decline)?;
    talk.becomes("decline-becomes", "alice", &decline, "accepted")?;
    talk.states("decline", &[("bob", "decline-openly"), ("alice", "4")])
}

fn taken_back(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.chat("third-chat", "alice")?;
    talk.say(&said("third-opening", "alice", "bob", 2, []))?;
    talk.states("third-opening", &[("alice", "open"), ("bob", "2")])?;
    let taking_back = said("taking-back", "alice", "bob", 5, []);
    talk.say(&taking_back)?;
    talk.becomes("taking-back-becomes", "bob", &taking_back, "requester")?;
    talk.states("taking-back", &[("alice", "close"), ("bob", "5")])
}

fn ended(talk: &mut Talk<'_, '_>) -> Result<()> {
    talk.chat("fourth-chat", "bob")?;
    talk.say(&said("fourth-opening", "bob", "alice", 2, []))?;
    talk.states("fourth-opening", &[("bob", "open"), ("alice", "2")])?;
    talk.say(&said("acceptance", "alice", "bob", 3, []))?;
    talk.states("acceptance", &[("alice", "accept"), ("bob", "3")])?;
    talk.say(&said("text", "bob", "alice", 1, text("one more thing")))?;
    talk.states("text", &[("bob", "write"), ("alice", "1")])?;
    // The relay holds it back until the chat has ended.
    let late = said("late", "bob", "alice", 1, text("and another"));
    talk.send(&late)?;
    talk.states("late", &[("bob", "write")])?;
    talk.say(&said("closing", "alice", "bob", 5, []))?;
    talk.states("closing", &[("alice", "close"), ("bob", "5")])?;
    talk.hear(&late)?;
    talk.does_not_fit("late-does-not-fit", "alice", "1")?;
    talk.does_not_fit("opening-does-not-fit", "alice", "2")
}
