//! `session/order.json`.

use super::{
    Result,
    people::two,
    script::of,
    session::{CHAPTER, round_trip, say},
    sheet::{Sheet, note},
};
use crate::vector::{File, Level};

pub(super) fn order() -> Result<File> {
    let about =
        "Conversations: messages in order, late, lost, repeated; turns; copies of a state; several sessions.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about).with_people(two()?);
    conversations(&mut sheet)?;
    repetitions(&mut sheet)?;
    copies_and_sessions(&mut sheet)?;
    retired_copies(&mut sheet)?;
    Ok(sheet.finish())
}

fn conversations(sheet: &mut Sheet) -> Result<()> {
    let comment = "Three turns each, with two messages a turn; a ratchet key is drawn by the first message of a turn only.";
    sheet.script(note("conversation-in-order", "SES-1 SES-5 SES-6 SES-7 SES-8", comment), |script| {
        script.established()?;
        for turn in 1..=3 {
            for (from, to) in [("alice", "bob"), ("bob", "alice")] {
                for n in 1..=2 {
                    let name = format!("{from}-{turn}-{n}");
                    script.encrypt(&name, from, &name)?;
                    script.decrypt(&format!("{to}-hears-{name}"), to, of(&name))?;
                }
            }
        }
        Ok(())
    })?;
    let comment = "Secrets of the numbers passed over are kept, and each serves once.";
    sheet.script(note("messages-in-another-order", "SES-20", comment).threat("T7"), |script| {
        script.established()?;
        say(script, "alice", &["a", "b", "c", "d"])?;
        for name in ["c", "a", "d", "b"] {
            script.decrypt(&format!("bob-hears-{name}"), "bob", of(name))?;
        }
        Ok(())
    })?;
    let comment = "A message that never arrives leaves one kept secret and disturbs nothing.";
    sheet.script(note("message-lost", "SES-18 SES-20", comment), |script| {
        script.established()?;
        say(script, "alice", &["lost", "arrives"])?;
        script.decrypt("bob-hears-arrives", "bob", of("arrives"))?;
        script.encrypt("answer", "bob", "answer")?;
        script.decrypt("alice-hears-answer", "alice", of("answer"))?;
        script.encrypt("next", "alice", "next")?;
        script.decrypt("bob-hears-next", "bob", of("next"))
    })?;
    let comment =
        "The rest of the chain that the peer has left is kept when its next turn tells how long it was.";
    sheet.script(note("late-messages-across-turns", "SES-15 SES-18 SES-20", comment), |script| {
        script.established()?;
        say(script, "alice", &["early", "late", "later"])?;
        script.decrypt("bob-hears-early", "bob", of("early"))?;
        script.encrypt("answer", "bob", "answer")?;
        script.decrypt("alice-hears-answer", "alice", of("answer"))?;
        script.encrypt("turned", "alice", "turned")?;
        script.decrypt("bob-hears-turned", "bob", of("turned"))?;
        script.decrypt("bob-hears-later", "bob", of("later"))?;
        script.decrypt("bob-hears-late", "bob", of("late"))
    })?;
    let comment = "The turn arrives before the chain before it is known to have ended.";
    sheet.script(note("turn-overtakes-the-chain-before", "SES-18 SES-21", comment), |script| {
        script.established()?;
        say(script, "alice", &["first", "second"])?;
        script.encrypt("answer", "bob", "answer")?;
        script.decrypt("alice-hears-answer", "alice", of("answer"))?;
        say(script, "alice", &["third", "fourth"])?;
        for name in ["fourth", "second", "third", "first"] {
            script.decrypt(&format!("bob-hears-{name}"), "bob", of(name))?;
        }
        Ok(())
    })?;
    let comment = "Both write before either has read.";
    sheet.script(note("both-write-at-once", "SES-6 SES-18", comment).threat("R9"), |script| {
        script.established()?;
        say(script, "alice", &["from-alice"])?;
        say(script, "bob", &["from-bob"])?;
        script.decrypt("bob-hears", "bob", of("from-alice"))?;
        script.decrypt("alice-hears", "alice", of("from-bob"))?;
        say(script, "alice", &["from-alice-again"])?;
        script.decrypt("bob-hears-again", "bob", of("from-alice-again"))
    })?;
    let comment = "A payload may be empty; its tag is not.";
    sheet.script(note("empty-payload", "SES-3 SES-4", comment), |script| {
        script.established()?;
        script.encrypt("empty", "alice", "")?;
        script.decrypt("bob-hears-empty", "bob", of("empty"))
    })
}

/// A copy of a session that gave up sending: what it does not understand is no fault of the peer.
fn retired_copies(sheet: &mut Sheet) -> Result<()> {
    let comment = "Alice turns, and Bob answers what her copy never sent: a contradiction while the copy may send, and a lost secret when it \
                   only receives.";
    sheet.script(note("answer-to-a-newer-copy", "SES-38 SES-18", comment).threat("R4"), |script| {
        script.established()?;
        script.copy("alice-restores", "alice-copy", "alice")?;
        say(script, "alice", &["turn"])?;
        script.decrypt("bob-hears-turn", "bob", of("turn"))?;
        say(script, "bob", &["answer"])?;
        script.refuse("the-copy-refuses", "alice-copy", of("answer"), "malformed")?;
        script.retire("the-copy-retires", "alice-copy")?;
        script.refuse("the-copy-has-lost-it", "alice-copy", of("answer"), "key_expired")?;
        script.decrypt("alice-hears-answer", "alice", of("answer"))
    })
}

fn repetitions(sheet: &mut Sheet) -> Result<()> {
    let replays = &["accept-replay"];
    let comment = "A second copy is a replay and nothing worse, as often as it comes.";
    let note_ = note("message-twice", "SES-20 SES-14", comment).threat("R8").catches(replays);
    sheet.script(note_, |script| {
        script.established()?;
        say(script, "alice", &["once"])?;
        script.decrypt("bob-hears-once", "bob", of("once"))?;
        script.refuse("bob-hears-it-again", "bob", of("once"), "replay")?;
        script.refuse("bob-hears-it-a-third-time", "bob", of("once"), "replay")?;
        say(script, "alice", &["next"])?;
        script.decrypt("bob-hears-next", "bob", of("next"))
    })?;
    let comment = "A kept secret serves once.";
    let note_ = note("late-message-twice", "SES-20", comment).threat("R8").catches(replays);
    sheet.script(note_, |script| {
        script.established()?;
        say(script, "alice", &["late", "prompt"])?;
        script.decrypt("bob-hears-prompt", "bob", of("prompt"))?;
        script.decrypt("bob-hears-late", "bob", of("late"))?;
        script.refuse("bob-hears-late-again", "bob", of("late"), "replay")
    })?;
    let comment = "Also after the peer has turned, and again.";
    let note_ = note("message-of-an-old-chain-twice", "SES-20 SES-15", comment).threat("R8").catches(replays);
    sheet.script(note_, |script| {
        script.established()?;
        say(script, "alice", &["old"])?;
        script.decrypt("bob-hears-old", "bob", of("old"))?;
        for turn in 1..=2 {
            round_trip(script, turn)?;
            script.refuse(&format!("bob-hears-old-again-{turn}"), "bob", of("old"), "replay")?;
        }
        Ok(())
    })?;
    let comment =
        "Four old chains are held; with the fifth turn the oldest is wiped, and its late message gives mac.";
    sheet.script(note("message-of-a-chain-that-was-wiped", "SES-23", comment).threat("R3"), |script| {
        script.established()?;
        say(script, "alice", &["late"])?;
        for turn in 1..=6 {
            round_trip(script, turn)?;
        }
        script.refuse("bob-hears-late", "bob", of("late"), "mac")?;
        round_trip(script, 7)
    })?;
    let comment = "The last chance of a late message: its chain is the oldest of four.";
    sheet.script(note("message-of-the-oldest-chain-held", "SES-15 SES-23", comment), |script| {
        script.established()?;
        say(script, "alice", &["late"])?;
        for turn in 1..=4 {
            round_trip(script, turn)?;
        }
        script.decrypt("bob-hears-late", "bob", of("late"))
    })
}

fn copies_and_sessions(sheet: &mut Sheet) -> Result<()> {
    let comment = "Two copies of one state write at the same position: another salt, so another nonce. One message counts.";
    let note_ =
        note("state-restored-from-a-copy", "SES-5 SES-20", comment).threat("R4").catches(&["accept-replay"]);
    sheet.script(note_, |script| {
        script.established()?;
        say(script, "alice", &["before"])?;
        script.decrypt("bob-hears-before", "bob", of("before"))?;
        script.copy("alice-restores", "alice-copy", "alice")?;
        script.encrypt("one", "alice", "same")?;
        script.encrypt("other", "alice-copy", "same")?;
        script.decrypt("bob-hears-one", "bob", of("one"))?;
        script.refuse("bob-hears-other", "bob", of("other"), "replay")
    })?;
    let comment = "A copy that is behind: the peer has turned with keys that it does not have.";
    sheet.script(note("copy-that-is-behind", "SES-14 SES-15 SES-19", comment).threat("R4"), |script| {
        script.established()?;
        script.copy("alice-keeps-a-copy", "alice-copy", "alice")?;
        round_trip(script, 1)?;
        round_trip(script, 2)?;
        script.encrypt("on", "bob", "on")?;
        script.refuse("copy-hears-on", "alice-copy", of("on"), "mac")?;
        script.decrypt("alice-hears-on", "alice", of("on"))
    })?;
    let comment = "Each message opens in its own session only; a device tries them all.";
    sheet.script(
        note("message-of-another-session", "SES-12 SES-13 SES-29", comment).threat("R9"),
        |script| {
            script.begin()?;
            script.initiate("bob-2", "alice", 0)?;
            script.encrypt("hello-2", "bob-2", "hello from bob")?;
            script.receive("alice-hears-hello-2", "alice-2", "bob", of("hello-2"))?;
            script.encrypt("in-2", "alice-2", "in the second session")?;
            script.refuse("bob-tries-the-first-session", "bob", of("in-2"), "mac")?;
            script.receive("bob-finds-the-second-session", "bob-2", "alice", of("in-2"))?;
            script.encrypt("in-1", "bob", "in the first session")?;
            script.refuse("alice-tries-the-second-session", "alice-2", of("in-1"), "mac")?;
            script.receive("alice-finds-the-first-session", "alice", "bob", of("in-1"))
        },
    )?;
    let comment = "No session of the device opens it, and no handshake starts one.";
    sheet.script(note("message-of-a-session-that-is-gone", "SES-29", comment).threat("R7"), |script| {
        script.established()?;
        script.forget("bob-wipes-the-session", "bob")?;
        say(script, "alice", &["into-the-void"])?;
        script.turn_away("bob-refuses", "bob", "alice", of("into-the-void"), "no_session")
    })?;
    let comment = "A message whose position was used is a replay and not one of no session.";
    let note_ = note("replay-is-not-tried-elsewhere", "SES-29 SES-20", comment).catches(&["accept-replay"]);
    sheet.script(note_.threat("R8"), |script| {
        script.established()?;
        say(script, "alice", &["once"])?;
        script.receive("bob-hears-once", "bob", "alice", of("once"))?;
        script.turn_away("bob-hears-it-again", "bob", "alice", of("once"), "replay")
    })
}
