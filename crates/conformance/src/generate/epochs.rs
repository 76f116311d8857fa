//! `session/epochs.json`: the KEM ratchet with whole conversations. What is forged stands in `epoch_lies.rs`.

use super::{
    Result, epoch_lies,
    people::two,
    script::{Script, of},
    session::say,
    sheet::{Sheet, note},
};
use crate::vector::{File, Level};

pub(super) const CHAPTER: &str = "spec/epochs.md";
/// Who writes to whom.
pub(super) const TO_BOB: [&str; 2] = ["alice", "bob"];
pub(super) const TO_ALICE: [&str; 2] = ["bob", "alice"];

pub(super) fn epochs() -> Result<File> {
    let about = "Epochs of the KEM ratchet: chunks lost, late and in any order, chains that adopt, and what a peer may lie.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about).with_people(two()?);
    whole_epochs(&mut sheet)?;
    loss_and_order(&mut sheet)?;
    adopting_chains(&mut sheet)?;
    beside_an_epoch(&mut sheet)?;
    health(&mut sheet)?;
    retired(&mut sheet)?;
    epoch_lies::lies(&mut sheet)?;
    Ok(sheet.finish())
}

/// Alice's key is with Bob: the steps of [`Script::established`], and `key`.
pub(super) fn key_arrives(script: &mut Script<'_>) -> Result<Vec<u8>> {
    let hello = script.established()?;
    script.burst("key", TO_BOB, 36)?;
    Ok(hello)
}

/// Alice can adopt: the steps of [`key_arrives`], and `ciphertext`.
fn ciphertext_arrives(script: &mut Script<'_>) -> Result<()> {
    key_arrives(script)?;
    script.burst("ciphertext", TO_ALICE, 34)
}

/// Says and hears one message.
fn pass(script: &mut Script<'_>, [from, to]: [&str; 2], name: &str) -> Result<()> {
    script.encrypt(name, from, name)?;
    script.decrypt(&format!("{to}-hears-{name}"), to, of(name))
}

fn whole_epochs(sheet: &mut Sheet) -> Result<()> {
    let comment = "The key goes with the first message and 36 more, the ciphertext with 34, and the next message begins a chain that \
                   adopts. The answer to it offers a key in turn.";
    let note_ = note("epoch-in-bursts", "EPO-1 EPO-2 EPO-3 EPO-4 EPO-5 EPO-6 EPO-9 EPO-11", comment);
    sheet.script(note_.threat("R12"), |script| {
        ciphertext_arrives(script)?;
        script.health("alice-before", "alice", "sound", 1)?;
        pass(script, TO_BOB, "adopts")?;
        script.health("alice-after", "alice", "sound", 2)?;
        script.health("bob-after", "bob", "sound", 2)?;
        pass(script, TO_ALICE, "offers")
    })?;
    let comment = "Both turn with each message: an epoch goes on over as many chains as it takes.";
    let note_ = note("epoch-in-turns", "EPO-2 EPO-3 EPO-4 EPO-6 EPO-9", comment).threat("R12");
    sheet.script(note_, |script| {
        script.established()?;
        // 36 + 33 more turns, and the one that adopts.
        script.rounds("turns", TO_BOB, [1, 1, 69], &[], false)?;
        script.health("alice-before", "alice", "sound", 1)?;
        pass(script, TO_BOB, "adopts")?;
        script.health("bob-after", "bob", "sound", 2)
    })?;
    let comment =
        "The responder offers in the second epoch, and adopts it; the third one is the initiator's again.";
    let note_ = note("epoch-of-the-responder", "EPO-1 EPO-2 EPO-3 EPO-6", comment).threat("R12");
    sheet.script(note_, |script| {
        ciphertext_arrives(script)?;
        pass(script, TO_BOB, "adopts")?;
        script.burst("key-of-bob", TO_ALICE, 37)?;
        script.burst("ciphertext-of-alice", TO_BOB, 34)?;
        pass(script, TO_ALICE, "bob-adopts")?;
        script.health("alice-after", "alice", "sound", 3)?;
        script.health("bob-after", "bob", "sound", 3)?;
        pass(script, TO_BOB, "alice-offers")
    })
}

fn loss_and_order(sheet: &mut Sheet) -> Result<()> {
    let comment = "Bob says what he has, and Alice sends the one chunk that he lacks; then he has the key.";
    let note_ = note("chunk-lost-and-asked-for", "EPO-3 EPO-4 EPO-9", comment).threat("R12");
    sheet.script(note_, |script| {
        script.established()?;
        script.rounds("key", TO_BOB, [36, 0, 1], &[20], false)?;
        pass(script, TO_ALICE, "all-but-21")?;
        pass(script, TO_BOB, "chunk-21")?;
        pass(script, TO_ALICE, "answers")
    })?;
    let comment = "Two messages say what has arrived, and the second one comes first: nothing that Bob has is sent again.";
    sheet.script(note("held-told-late", "EPO-4 EPO-9", comment).threat("T7"), |script| {
        script.established()?;
        script.burst("chunks-1-to-10", TO_BOB, 10)?;
        say(script, "bob", &["has-11"])?;
        script.rounds("chunks-11-to-36", TO_BOB, [26, 0, 1], &[20], false)?;
        script.rounds("round-again", TO_BOB, [4, 0, 1], &[0, 1, 2, 3], false)?;
        pass(script, TO_ALICE, "has-36")?;
        script.decrypt("alice-hears-has-11", "alice", of("has-11"))?;
        pass(script, TO_BOB, "chunk-31")
    })?;
    let comment =
        "Nobody says what has arrived: the chunks go round until the one that was lost comes again.";
    let note_ = note("chunk-lost-and-sent-again-unasked", "EPO-4 EPO-9", comment).threat("R12");
    sheet.script(note_, |script| {
        script.established()?;
        script.rounds("key", TO_BOB, [58, 0, 1], &[20], false)?;
        pass(script, TO_ALICE, "answers")
    })?;
    let comment = "Three messages there and two back, and every fourth is lost: the epoch ends all the same.";
    let note_ = note("epoch-with-losses", "EPO-4 EPO-6 EPO-9", comment).threat("R12");
    sheet.script(note_, |script| {
        script.established()?;
        let lost: Vec<u64> = (0..215).filter(|number| number % 4 == 1).collect();
        script.rounds("turns", TO_BOB, [3, 2, 43], &lost, false)?;
        script.health("alice-after", "alice", "sound", 2)?;
        script.health("bob-after", "bob", "sound", 2)
    })?;
    let comment = "The last message of each burst comes first. Each begins a chain.";
    let note_ = note("chunks-in-reverse-order", "EPO-4 EPO-6 EPO-9", comment).threat("R12");
    sheet.script(note_, |script| {
        script.established()?;
        script.rounds("key", TO_BOB, [36, 0, 1], &[], true)?;
        script.rounds("ciphertext", TO_ALICE, [34, 0, 1], &[], true)?;
        pass(script, TO_BOB, "adopts")?;
        script.health("bob-after", "bob", "sound", 2)
    })?;
    let comment =
        "A message that was long under way brings the last chunk, out of a chain that its sender has left.";
    let note_ = note("late-chunk-completes-the-ciphertext", "EPO-4 EPO-6 EPO-9", comment).threat("R12");
    sheet.script(note_, |script| {
        key_arrives(script)?;
        script.burst("chunks-0-to-9", TO_ALICE, 10)?;
        say(script, "alice", &["ten"])?;
        script.burst("chunks-10-to-15", TO_ALICE, 6)?;
        say(script, "bob", &["chunk-16"])?;
        script.burst("chunks-17-to-33", TO_ALICE, 17)?;
        // Bob hears of ten, and sends the eleventh again; Alice has it, and lacks only what is under way.
        script.decrypt("bob-hears-ten", "bob", of("ten"))?;
        pass(script, TO_ALICE, "chunk-10-again")?;
        pass(script, TO_BOB, "all-but-16")?;
        script.decrypt("alice-hears-chunk-16", "alice", of("chunk-16"))?;
        pass(script, TO_ALICE, "chunk-16-again")?;
        pass(script, TO_BOB, "adopts")?;
        script.health("bob-after", "bob", "sound", 2)
    })?;
    let comment = "The same for a key, whose last chunk comes when a new chain has begun.";
    sheet.script(note("late-chunk-completes-the-key", "EPO-3 EPO-4 EPO-9", comment), |script| {
        script.established()?;
        say(script, "alice", &["chunk-1"])?;
        script.burst("chunks-2-to-36", TO_BOB, 35)?;
        say(script, "bob", &["all-but-1"])?;
        script.burst("round-again", TO_BOB, 1)?;
        script.decrypt("alice-hears-all-but-1", "alice", of("all-but-1"))?;
        script.encrypt("chunk-1-again", "alice", "lost")?;
        script.encrypt("chunk-1-once-more", "alice", "lost too")?;
        script.decrypt("bob-hears-chunk-1", "bob", of("chunk-1"))?;
        pass(script, TO_ALICE, "answers")
    })
}

fn adopting_chains(sheet: &mut Sheet) -> Result<()> {
    let comment = "Each header of the chain says that it adopts, so that any of them can come first.";
    let note_ = note("adopting-chain-from-its-third-message", "EPO-6 SES-20", comment).threat("R12");
    sheet.script(note_, |script| {
        ciphertext_arrives(script)?;
        say(script, "alice", &["first", "second", "third"])?;
        for name in ["third", "first", "second"] {
            script.decrypt(&format!("bob-hears-{name}"), "bob", of(name))?;
        }
        script.health("bob-after", "bob", "sound", 2)
    })?;
    let comment = "It opens, and its chunk is left aside: the exchange that it belongs to is over.";
    let note_ = note("late-chunk-of-an-epoch-that-is-over", "EPO-9", comment).threat("R12");
    sheet.script(note_, |script| {
        script.established()?;
        say(script, "alice", &["late"])?;
        script.burst("key", TO_BOB, 37)?;
        script.burst("ciphertext", TO_ALICE, 34)?;
        pass(script, TO_BOB, "adopts")?;
        script.decrypt("bob-hears-late", "bob", of("late"))?;
        pass(script, TO_ALICE, "offers")
    })?;
    let comment = "Bob writes on in the old epoch until he hears that Alice has adopted; what he says of it is left aside.";
    let note_ = note("messages-cross-where-an-epoch-ends", "EPO-7 EPO-9", comment).threat("R9");
    sheet.script(note_, |script| {
        ciphertext_arrives(script)?;
        say(script, "alice", &["adopts"])?;
        say(script, "bob", &["chunk-0-again", "chunk-1-again"])?;
        script.decrypt("alice-hears-chunk-0-again", "alice", of("chunk-0-again"))?;
        script.decrypt("bob-hears-adopts", "bob", of("adopts"))?;
        say(script, "bob", &["offers"])?;
        script.decrypt("alice-hears-offers", "alice", of("offers"))?;
        script.decrypt("alice-hears-chunk-1-again", "alice", of("chunk-1-again"))
    })?;
    let comment = "A message that adopts, twice: the epoch ends once.";
    let note_ =
        note("adopting-message-twice", "EPO-6 SES-20", comment).threat("R8").catches(&["accept-replay"]);
    sheet.script(note_, |script| {
        ciphertext_arrives(script)?;
        pass(script, TO_BOB, "adopts")?;
        script.refuse("bob-hears-it-again", "bob", of("adopts"), "replay")?;
        script.health("bob-after", "bob", "sound", 2)
    })?;
    let comment = "Alice has the whole ciphertext, and no chain is due: she goes on in the one that she has.";
    sheet.script(note("adopting-waits-for-a-chain", "EPO-4 EPO-6 SES-6", comment), |script| {
        key_arrives(script)?;
        script.burst("chunks-0-to-32", TO_ALICE, 33)?;
        say(script, "bob", &["chunk-33"])?;
        pass(script, TO_BOB, "all-but-33")?;
        script.decrypt("alice-hears-chunk-33", "alice", of("chunk-33"))?;
        // Within the chain of the message before: it does not adopt, and tells that all 34 are there.
        pass(script, TO_BOB, "has-all")?;
        script.health("alice-waits", "alice", "sound", 1)?;
        pass(script, TO_ALICE, "turns")?;
        pass(script, TO_BOB, "adopts")?;
        script.health("alice-after", "alice", "sound", 2)
    })
}

fn beside_an_epoch(sheet: &mut Sheet) -> Result<()> {
    let comment =
        "Transient messages say nothing of an epoch and do not count in it, in a chain that adopts either.";
    sheet.script(note("transient-messages-during-an-epoch", "EPO-13 SES-30 SES-34", comment), |script| {
        script.established()?;
        pass(script, TO_BOB, "turns")?;
        script.hint("typing-with-the-key", "alice", "typing")?;
        script.burst("key", TO_BOB, 35)?;
        script.notice("bob-sees-typing-with-the-key", "bob", of("typing-with-the-key"))?;
        script.burst("ciphertext", TO_ALICE, 34)?;
        script.hint("typing-with-the-ciphertext", "bob", "typing")?;
        script.notice("alice-sees-typing-with-the-ciphertext", "alice", of("typing-with-the-ciphertext"))?;
        pass(script, TO_BOB, "adopts")?;
        script.hint("typing-after-it", "alice", "typing")?;
        script.notice("bob-sees-typing-after-it", "bob", of("typing-after-it"))
    })?;
    let comment = "In each phase the session is stored and read back, and goes on from there.";
    sheet.script(note("epoch-over-restarts", "SES-26 EPO-6", comment).threat("T7"), |script| {
        script.established()?;
        script.copy("alice-while-she-offers", "alice-2", "alice")?;
        script.burst("chunks-1-to-20", ["alice-2", "bob"], 20)?;
        script.copy("bob-while-he-waits", "bob-2", "bob")?;
        script.burst("chunks-21-to-36", ["alice-2", "bob-2"], 16)?;
        script.copy("bob-with-the-key", "bob-3", "bob-2")?;
        script.burst("ciphertext-0-to-9", ["bob-3", "alice-2"], 10)?;
        script.copy("bob-while-he-answers", "bob-4", "bob-3")?;
        script.copy("alice-while-she-collects", "alice-3", "alice-2")?;
        script.burst("ciphertext-10-to-33", ["bob-4", "alice-3"], 24)?;
        script.copy("alice-before-she-adopts", "alice-4", "alice-3")?;
        pass(script, ["alice-4", "bob-4"], "adopts")?;
        script.copy("bob-before-he-offers", "bob-5", "bob-4")?;
        pass(script, ["bob-5", "alice-4"], "offers")
    })?;
    let comment =
        "A state from before the answer cannot follow: it opens the header, and has nothing to adopt.";
    let note_ = note("copy-from-before-the-answer", "EPO-3 EPO-8", comment).threat("R4");
    sheet.script(note_.catches(&["adopt-unasked"]), |script| {
        key_arrives(script)?;
        script.copy("copy-of-bob-with-the-key", "bob-2", "bob")?;
        script.burst("ciphertext", TO_ALICE, 34)?;
        say(script, "alice", &["adopts"])?;
        script.refuse("copy-hears-adopts", "bob-2", of("adopts"), "malformed")?;
        script.decrypt("bob-hears-adopts", "bob", of("adopts"))
    })
}

fn health(sheet: &mut Sheet) -> Result<()> {
    let comment = "Bob is heard 200 times, and nothing that Alice sends arrives: with the 200th each way her session has starved. \
                   His has not.";
    let note_ = note("epoch-that-starves", "EPO-12", comment).threat("R12");
    sheet.script(note_, |script| {
        script.established()?;
        let lost: Vec<u64> = (0..199).collect();
        script.rounds("lost", TO_BOB, [199, 0, 1], &lost, false)?;
        script.health("alice-has-sent-200", "alice", "sound", 1)?;
        script.burst("heard", TO_ALICE, 198)?;
        script.health("alice-has-heard-199", "alice", "sound", 1)?;
        pass(script, TO_ALICE, "the-200th")?;
        script.health("alice-has-heard-200", "alice", "starved", 1)?;
        script.health("bob", "bob", "sound", 1)
    })?;
    let comment = "After 200 each way Alice needs only a turn, and her session is sound. Bob does not know it until she tells him that she has the whole ciphertext.";
    let note_ = note("epoch-that-waits-for-a-turn", "EPO-12 EPO-6", comment).threat("R12");
    sheet.script(note_, |script| {
        script.established()?;
        script.burst("key", TO_BOB, 199)?;
        script.burst("chunks-0-to-32", TO_ALICE, 33)?;
        say(script, "alice", &["turns"])?;
        script.burst("chunk-33-and-more", TO_ALICE, 166)?;
        script.health("alice-can-adopt", "alice", "sound", 1)?;
        script.health("bob-does-not-know", "bob", "starved", 1)?;
        pass(script, TO_BOB, "has-all")?;
        script.health("bob-knows", "bob", "sound", 1)?;
        pass(script, TO_ALICE, "answers")?;
        pass(script, TO_BOB, "adopts")?;
        script.health("bob-after", "bob", "sound", 2)
    })
}

fn retired(sheet: &mut Sheet) -> Result<()> {
    let comment = "Another session has taken its place. A turn that Bob had made opens, and what was late; then there is nothing left to \
                   turn with.";
    let note_ = note("retired-session-still-opens", "SES-37 SES-19", comment).threat("R5");
    sheet.script(note_, |script| {
        script.established()?;
        say(script, "bob", &["late"])?;
        pass(script, TO_BOB, "turns")?;
        say(script, "bob", &["answer", "another"])?;
        script.retire("alice-retires-it", "alice")?;
        script.health("alice-only-receives", "alice", "sound", 1)?;
        script.decrypt("alice-hears-another", "alice", of("another"))?;
        script.decrypt("alice-hears-late", "alice", of("late"))?;
        script.decrypt("alice-hears-answer", "alice", of("answer"))?;
        script.retire("alice-retires-it-again", "alice")
    })?;
    let comment = "Nothing has come back yet: Alice's handshake stays, and Bob's answer opens.";
    let note_ = note("retired-session-not-answered", "SES-37", comment).threat("R5");
    sheet.script(note_, |script| {
        script.begin()?;
        script.encrypt("hi", "bob", "hi")?;
        script.retire("alice-retires-it", "alice")?;
        script.decrypt("alice-hears-hi", "alice", of("hi"))?;
        script.retire("alice-retires-it-again", "alice")
    })?;
    let comment = "A new chain was due: no ratchet key is left, and Bob cannot turn either.";
    let note_ = note("retired-session-that-had-to-turn", "SES-37", comment).threat("R5");
    sheet.script(note_, |script| {
        script.established()?;
        say(script, "bob", &["late", "later"])?;
        script.retire("alice-retires-it", "alice")?;
        script.decrypt("alice-hears-later", "alice", of("later"))?;
        script.decrypt("alice-hears-late", "alice", of("late"))
    })?;
    let comment = "Bob has answered, and gives up sending: the chain that adopts still opens.";
    let note_ = note("retired-session-that-answered", "SES-37 EPO-6", comment).threat("R5");
    sheet.script(note_, |script| {
        ciphertext_arrives(script)?;
        say(script, "alice", &["adopts"])?;
        script.retire("bob-retires-it", "bob")?;
        script.decrypt("bob-hears-adopts", "bob", of("adopts"))?;
        script.health("bob-after", "bob", "sound", 2)?;
        script.retire("bob-retires-it-again", "bob")
    })?;
    let comment = "Alice could have adopted, and will not: her epoch secret is wiped.";
    let note_ = note("retired-session-that-could-adopt", "SES-37 EPO-11", comment).threat("R5");
    sheet.script(note_, |script| {
        ciphertext_arrives(script)?;
        say(script, "bob", &["late"])?;
        script.retire("alice-retires-it", "alice")?;
        script.decrypt("alice-hears-late", "alice", of("late"))
    })
}
