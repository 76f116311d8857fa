//! `session/`: the steps of the ratchet, conversations, forgeries, bounds.

use super::{
    Result, curve,
    forge::{ALICE, BOB, Draft, Edit, Forger, Forgery},
    people::{Cast, two},
    script::{Script, flipped, of, part},
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level},
};

const CHAPTER: &str = "spec/session.md";
/// Where the parts of a message without a handshake begin.
const HEADER: usize = 1;
const HEADER_TAG: usize = 81;
const COMMITMENT: usize = 97;
const PAYLOAD: usize = 129;

pub(super) fn schedule() -> Result<File> {
    let about = "The key schedule of a session, step by step: root, chain, message keys, associated data.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about);
    let comment = "Root key, chain key and next header key are cut from one output.";
    let input =
        Fields::new().bytes("root", material("root", 32)).bytes("agreement", material("agreement", 32));
    sheet.accept(note("root-step", "SES-7 PRM-10", comment), "root_step", input)?;
    let mut chain = material("chain", 32);
    for n in 0..3 {
        let comment = "The first output takes the place of the chain key, the second is the message secret.";
        let input = Fields::new().bytes("chain", &chain);
        let out = sheet.accept(note(format!("chain-step-{n}"), "SES-8", comment), "chain_step", input)?;
        chain = super::sheet::bytes_of(&out, "chain")?;
    }
    let comment = "Message key and franking key are apart.";
    let input = Fields::new().bytes("secret", material("secret", 32));
    sheet.accept(note("message-keys", "SES-9", comment).threat("F4"), "message_keys", input)?;
    for (id, direction) in
        [("associated-data-of-the-initiator", 1u32), ("associated-data-of-the-responder", 2)]
    {
        let comment =
            "Label after its length, suite in four bytes, session id, direction, and what is bound.";
        let input = Fields::new()
            .bytes("session_id", material("session id", 32))
            .number("direction", direction)
            .bytes("commitment", material("commitment", 32))
            .bytes("header", material("header", 80))
            .bytes("tag", material("tag", 16));
        sheet.accept(note(id, "SES-12 SES-13", comment).threat("H10"), "associated_data", input)?;
    }
    Ok(sheet.finish())
}

pub(super) fn order() -> Result<File> {
    let about =
        "Conversations: messages in order, late, lost, repeated; turns; copies of a state; several sessions.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about).with_people(two()?);
    conversations(&mut sheet)?;
    repetitions(&mut sheet)?;
    copies_and_sessions(&mut sheet)?;
    Ok(sheet.finish())
}

/// Alice's messages of these names.
fn say(script: &mut Script<'_>, session: &str, names: &[&str]) -> Result<()> {
    names.iter().try_for_each(|name| script.encrypt(name, session, name).map(|_| ()))
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

/// Bob writes, then Alice: both have turned.
fn round_trip(script: &mut Script<'_>, turn: u32) -> Result<()> {
    let (bob, alice) = (format!("bob-{turn}"), format!("alice-{turn}"));
    script.encrypt(&bob, "bob", &bob)?;
    script.decrypt(&format!("alice-hears-{bob}"), "alice", of(&bob))?;
    script.encrypt(&alice, "alice", &alice)?;
    script.decrypt(&format!("bob-hears-{alice}"), "bob", of(&alice))
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

pub(super) fn forged() -> Result<File> {
    let about =
        "What a session refuses: bits off in each part, messages reflected, lies told with the right keys.";
    let mut people = two()?;
    // Only Bob has prekeys here.
    if let Some(alice) = people.get_mut("alice") {
        alice.prekeys.clear();
    }
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about).with_people(people);
    bits(&mut sheet)?;
    reflected(&mut sheet)?;
    lies_in_a_chain(&mut sheet)?;
    lies_in_a_turn(&mut sheet)?;
    lies_about_the_session(&mut sheet)?;
    Ok(sheet.finish())
}

/// Where a message of 7 bytes of text is altered, and what is said to it.
fn alterations() -> Vec<(&'static str, &'static str, &'static str, Value, &'static str)> {
    let end = PAYLOAD + 7;
    let longer = Value::List(vec![of("message"), Value::bytes(&[0])]);
    vec![
        ("version-bit", "SES-2", "H8", flipped("message", 0, "10"), "version"),
        ("kind-bit", "SES-2", "H8", flipped("message", 0, "02"), "malformed"),
        ("kind-of-first-messages", "SES-3", "H8", flipped("message", 0, "03"), "malformed"),
        ("header-first-bit", "SES-13 SES-15", "R1", flipped("message", HEADER, "80"), "mac"),
        ("header-number-bit", "SES-13 SES-15", "R1", flipped("message", HEADER + 37, "01"), "mac"),
        ("header-salt-bit", "SES-13 SES-15", "R1", flipped("message", HEADER + 38, "01"), "mac"),
        ("header-last-bit", "SES-13 SES-15", "R1", flipped("message", HEADER_TAG - 1, "01"), "mac"),
        ("header-tag-first-bit", "SES-13", "P15", flipped("message", HEADER_TAG, "80"), "mac"),
        ("header-tag-last-bit", "SES-13", "P15", flipped("message", COMMITMENT - 1, "01"), "mac"),
        ("commitment-first-bit-on-the-wire", "SES-12", "F2", flipped("message", COMMITMENT, "80"), "mac"),
        ("commitment-last-bit-on-the-wire", "SES-12", "F2", flipped("message", PAYLOAD - 1, "01"), "mac"),
        ("payload-first-bit", "SES-14", "R1", flipped("message", PAYLOAD, "80"), "mac"),
        ("payload-last-bit", "SES-14", "R1", flipped("message", end - 1, "01"), "mac"),
        ("payload-tag-first-bit", "SES-13", "P15", flipped("message", end, "80"), "mac"),
        ("payload-tag-byte-12", "SES-13", "P15", flipped("message", end + 12, "80"), "mac"),
        ("payload-tag-last-bit", "SES-13", "P15", flipped("message", end + 15, "01"), "mac"),
        ("last-byte-missing", "SES-3 SES-14", "R1", part("message", 0, Some(end + 15)), "mac"),
        ("one-byte-more", "SES-14", "W6", longer, "mac"),
        ("payload-tag-missing", "SES-3", "P15", part("message", 0, Some(PAYLOAD + 7)), "malformed"),
        ("empty", "SES-3", "W7", Value::bytes(&[]), "malformed"),
        ("commitment-of-zeros-on-the-wire", "SES-12", "F2", commitment_of_zeros(), "mac"),
    ]
}

fn commitment_of_zeros() -> Value {
    let parts =
        vec![part("message", 0, Some(COMMITMENT)), Value::bytes(&[0; 32]), part("message", PAYLOAD, None)];
    Value::List(parts)
}

fn bits(sheet: &mut Sheet) -> Result<()> {
    for (id, reqs, threat, message, word) in alterations() {
        let comment = "Refused within a chain and nothing changes: the message itself opens afterwards.";
        sheet.script(note(format!("message-{id}"), reqs, comment).threat(threat), |script| {
            script.established()?;
            // Alice turns with `first`, so that `message` is within a chain.
            say(script, "alice", &["first", "message"])?;
            script.decrypt("bob-hears-first", "bob", of("first"))?;
            script.refuse("bob-refuses", "bob", message, word)?;
            script.decrypt("bob-hears-message", "bob", of("message"))
        })?;
    }
    for (id, reqs, threat, message, word) in alterations() {
        if word != "mac" {
            continue;
        }
        let comment =
            "Refused where the message would turn the ratchet; the message itself turns it afterwards.";
        sheet.script(note(format!("turn-{id}"), reqs, comment).threat(threat), |script| {
            script.established()?;
            say(script, "alice", &["message"])?;
            script.refuse("bob-refuses", "bob", message, word)?;
            script.decrypt("bob-hears-message", "bob", of("message"))
        })?;
    }
    Ok(())
}

fn reflected(sheet: &mut Sheet) -> Result<()> {
    for (id, person, other) in
        [("message-reflected-to-alice", "alice", "bob"), ("message-reflected-to-bob", "bob", "alice")]
    {
        let comment = "The direction is authenticated: one's own message is none of the peer's.";
        sheet.script(note(id, "SES-12 SES-13", comment).threat("H10"), |script| {
            script.established()?;
            say(script, person, &["mine"])?;
            script.refuse("refused", person, of("mine"), "mac")?;
            script.decrypt("opened", other, of("mine"))
        })?;
    }
    let comment = "Header of one message, payload of another one of the same chain.";
    sheet.script(note("message-of-two-halves", "SES-13", comment).threat("R1"), |script| {
        script.established()?;
        say(script, "alice", &["one", "two"])?;
        let halves = Value::List(vec![part("one", 0, Some(COMMITMENT)), part("two", COMMITMENT, None)]);
        script.refuse("bob-refuses", "bob", halves, "mac")?;
        script.decrypt("bob-hears-two", "bob", of("two"))?;
        script.decrypt("bob-hears-one", "bob", of("one"))
    })?;
    let comment = "Everything of one message but the commitment, which is that of another.";
    sheet.script(note("message-with-commitment-of-another", "SES-12", comment).threat("F2"), |script| {
        script.established()?;
        say(script, "alice", &["one", "two"])?;
        let moved = Value::List(vec![
            part("one", 0, Some(COMMITMENT)),
            part("two", COMMITMENT, Some(PAYLOAD)),
            part("one", PAYLOAD, None),
        ]);
        script.refuse("bob-refuses", "bob", moved, "mac")?;
        script.decrypt("bob-hears-one", "bob", of("one"))
    })
}

/// A script's forger, after Alice's first message; Bob has it and has sent nothing.
fn after_hello(script: &mut Script<'_>) -> Result<Forger> {
    let hello = script.begin()?;
    Forger::new(&Cast::new("alice")?, &Cast::bob()?, &hello, script.ratchet_of("alice-initiates")?)
}

/// A script's forger where Alice is to turn: one message each way.
fn before_turn(script: &mut Script<'_>) -> Result<Forger> {
    let hello = script.established()?;
    let mut forger =
        Forger::new(&Cast::new("alice")?, &Cast::bob()?, &hello, script.ratchet_of("alice-initiates")?)?;
    let alice = forger.ratchet_key(ALICE)?;
    forger.turn(BOB, script.ratchet_of("hi")?, &alice, 0)?;
    let bob = forger.ratchet_key(BOB)?;
    let ratchet = material("forged ratchet key", 32).try_into().map_err(|_| "32 bytes were asked for")?;
    forger.turn(ALICE, ratchet, &bob, 1)?;
    Ok(forger)
}

fn lies_in_a_chain(sheet: &mut Sheet) -> Result<()> {
    let comment = "A sender written from the formulas alone is understood.";
    sheet.script(note("message-by-the-formulas", "SES-7 SES-8 SES-9 SES-12 SES-13", comment), |script| {
        let forger = after_hello(script)?;
        let message = forger.message(|draft| draft.at(1))?;
        script.decrypt("bob-hears", "bob", Value::bytes(&message))
    })?;
    let cases: [Forgery; 11] = [
        ("ratchet-key-not-canonical", "SES-16", "P2", &[], |d| d.header.ratchet_key = [0xFF; 32], "key"),
        ("ratchet-key-of-another-chain", "SES-16", "R10", &[], other_ratchet_key, "malformed"),
        ("kem-control", "SES-17", "R12", &[], |d| d.header.control = 1, "malformed"),
        ("kem-chunk", "SES-17", "R12", &[], last_byte_of_chunk, "malformed"),
        ("turn-though-nothing-was-sent", "SES-18", "R1", &[], turn_again, "malformed"),
        ("number-used-before", "SES-20", "R8", &["accept-replay"], |d| d.at(0), "replay"),
        ("keys-of-another-number", "SES-14", "R1", &[], |d| d.key_of = 3, "mac"),
        (
            "wrong-commitment",
            "CON-11 PRM-13",
            "F1",
            &["skip-commitment"],
            |d| d.commitment = Some([7; 32]),
            "commitment",
        ),
        ("commitment-not-bound", "SES-12", "F1", &[], |d| d.bound_commitment = Some([0; 32]), "mac"),
        ("half-of-the-tag-bound", "SES-13", "P15", &[], |d| d.bound_tag = 12, "mac"),
        ("header-nonce-of-zeros", "SES-13", "P17", &[], |d| d.zero_header_nonce = true, "mac"),
    ];
    for (id, reqs, threat, catches, edit, word) in cases {
        let comment = "Sealed with the right keys within the current chain.";
        sheet.script(
            note(format!("forged-{id}"), reqs, comment).threat(threat).catches(catches),
            |script| {
                let forger = after_hello(script)?;
                let lie = forger.message(|draft| {
                    draft.at(1);
                    edit(draft);
                })?;
                script.refuse("bob-refuses", "bob", Value::bytes(&lie), word)?;
                say(script, "alice", &["honest"])?;
                script.decrypt("bob-hears-honest", "bob", of("honest"))
            },
        )?;
    }
    let comment = "An old header key, and the ratchet key of another chain.";
    sheet.script(
        note("forged-ratchet-key-under-an-old-header-key", "SES-16", comment).threat("R10"),
        |script| {
            let forger = after_hello(script)?;
            let lie = forger.message(|draft| {
                draft.at(1);
                other_ratchet_key(draft);
            })?;
            say(script, "alice", &["late"])?;
            round_trip(script, 1)?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), "malformed")?;
            script.decrypt("bob-hears-late", "bob", of("late"))
        },
    )
}

fn other_ratchet_key(draft: &mut Draft) {
    if let Some(first) = draft.header.ratchet_key.first_mut() {
        *first ^= 1;
    }
}

fn last_byte_of_chunk(draft: &mut Draft) {
    if let Some(last) = draft.header.chunk.last_mut() {
        *last = 1;
    }
}

fn turn_again(draft: &mut Draft) {
    draft.next_header_key = true;
    draft.header.previous = 2;
    other_ratchet_key(draft);
}

fn lies_in_a_turn(sheet: &mut Sheet) -> Result<()> {
    let comment = "A turn written from the formulas alone is understood.";
    sheet.script(note("turn-by-the-formulas", "SES-7 SES-18 SES-19", comment), |script| {
        let forger = before_turn(script)?;
        let message = forger.message(|_| {})?;
        script.decrypt("bob-hears", "bob", Value::bytes(&message))?;
        script.encrypt("answer", "bob", "answer").map(|_| ())
    })?;
    let cases: [(&str, &str, &str, Edit, &str); 7] = [
        ("previous-below-next", "SES-18", "R1", |d| d.header.previous = 0, "malformed"),
        ("previous-too-far", "SES-21", "R2", |d| d.header.previous = 1_002, "too_far"),
        ("greatest-previous", "SES-21", "R2", |d| d.header.previous = 0xFF_FFFF, "too_far"),
        ("number-too-far", "SES-21", "R2", |d| d.at(1_001), "too_far"),
        ("greatest-number", "SES-21", "P17", |d| d.header.number = 0xFF_FFFF, "too_far"),
        ("ratchet-key-not-canonical", "SES-16", "P2", |d| d.header.ratchet_key = curve::prime_plus(9), "key"),
        ("keys-of-another-number", "SES-14", "R1", |d| d.key_of = 1, "mac"),
    ];
    for (id, reqs, threat, edit, word) in cases {
        let comment = "Sealed with the right keys where Alice may turn.";
        turning(sheet, &format!("forged-turn-{id}"), reqs, comment, threat, &[], edit, word)?;
    }
    for (n, point) in (1..).zip(curve::low_order_montgomery()) {
        let comment = "The agreement of the turn would be all zeros.";
        let id = format!("forged-turn-ratchet-key-small-order-{n}");
        let edit = |draft: &mut Draft| draft.header.ratchet_key = point;
        turning(sheet, &id, "PRM-4 HSK-6", comment, "P1", &["accept-low-order"], edit, "key")?;
    }
    let comment = "The next header key, and the ratchet key of the current chain.";
    sheet.script(
        note("forged-turn-with-the-current-ratchet-key", "SES-16", comment).threat("R10"),
        |script| {
            let forger = before_turn(script)?;
            let hello = script.ratchet_of("alice-initiates")?;
            let current = aside_primitives::AgreementSecret::from_seed(&aside_primitives::Secret::new(hello));
            let lie = forger.message(|draft| draft.header.ratchet_key = *current.public().as_bytes())?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), "malformed")?;
            say(script, "alice", &["honest"])?;
            script.decrypt("bob-hears-honest", "bob", of("honest"))
        },
    )
}

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
fn turning(
    sheet: &mut Sheet,
    id: &str,
    reqs: &'static str,
    comment: &str,
    threat: &'static str,
    catches: &'static [&'static str],
    edit: impl FnOnce(&mut Draft),
    word: &str,
) -> Result<()> {
    sheet.script(note(id, reqs, comment).threat(threat).catches(catches), |script| {
        let lie = before_turn(script)?.message(edit)?;
        script.refuse("bob-refuses", "bob", Value::bytes(&lie), word)?;
        say(script, "alice", &["honest"])?;
        script.decrypt("bob-hears-honest", "bob", of("honest"))
    })
}

fn lies_about_the_session(sheet: &mut Sheet) -> Result<()> {
    let cases: [(&str, &str, Edit); 3] = [
        ("forged-for-another-session", "R13", |draft| draft.session = [9; 32]),
        ("forged-for-the-other-direction", "H10", |draft| draft.direction = BOB),
        ("forged-for-no-direction", "H10", |draft| draft.direction = 0),
    ];
    for (id, threat, edit) in cases {
        let comment = "The keys are right; what is authenticated names another session or direction.";
        sheet.script(note(id, "SES-12 SES-13", comment).threat(threat), |script| {
            let forger = after_hello(script)?;
            let lie = forger.message(|draft| {
                draft.at(1);
                edit(draft);
            })?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), "mac")?;
            say(script, "alice", &["honest"])?;
            script.decrypt("bob-hears-honest", "bob", of("honest"))
        })?;
    }
    Ok(())
}

pub(super) fn limits() -> Result<File> {
    let about = "The bounds of a session: how far it jumps, how many secrets it keeps, what it says when one is gone.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about).with_people(two()?);
    jumps(&mut sheet)?;
    kept(&mut sheet)?;
    Ok(sheet.finish())
}

fn jumps(sheet: &mut Sheet) -> Result<()> {
    let comment = "1,000 numbers may be passed over at once; one more is refused, and the message before it still opens.";
    sheet.script(note("jump-at-the-bound-and-one-past-it", "SES-21", comment).threat("R2"), |script| {
        let forger = after_hello(script)?;
        // Bob's next is 1.
        let (at_bound, past) = (forger.message(|d| d.at(1_001))?, forger.message(|d| d.at(1_002))?);
        script.refuse("bob-refuses-1002", "bob", Value::bytes(&past), "too_far")?;
        script.decrypt("bob-hears-1001", "bob", Value::bytes(&at_bound))?;
        script.decrypt("bob-hears-1002", "bob", Value::bytes(&past))?;
        let kept = forger.message(|d| d.at(1))?;
        script.decrypt("bob-hears-1", "bob", Value::bytes(&kept))
    })?;
    let comment = "The greatest number, refused before anything is computed from it.";
    sheet.script(note("jump-to-the-end-of-the-chain", "SES-21", comment).threat("R2"), |script| {
        let forger = after_hello(script)?;
        let far = forger.message(|draft| draft.header.number = 0xFF_FFFF)?;
        script.refuse("bob-refuses", "bob", Value::bytes(&far), "too_far")?;
        let next = forger.message(|draft| draft.at(1))?;
        script.decrypt("bob-hears-1", "bob", Value::bytes(&next))
    })?;
    let comment = "In a turn 1,000 of the chain before and 1,000 of the new one may be missing.";
    sheet.script(note("jump-in-a-turn-at-both-bounds", "SES-18 SES-21", comment).threat("R2"), |script| {
        let forger = before_turn(script)?;
        let far = forger.message(|draft| {
            draft.header.previous = 1_001;
            draft.at(1_000);
        })?;
        script.decrypt("bob-hears-1000", "bob", Value::bytes(&far))?;
        let kept = forger.message(|draft| {
            draft.header.previous = 1_001;
            draft.at(999);
        })?;
        script.decrypt("bob-hears-999", "bob", Value::bytes(&kept))
    })
}

fn kept(sheet: &mut Sheet) -> Result<()> {
    let comment =
        "2,000 secrets are kept; beyond that the lowest numbers of the oldest chain go, and say so.";
    let note_ = note("kept-secrets-are-bounded", "SES-20 SES-22 SES-24", comment).threat("R3");
    sheet.script(note_.catches(&["accept-replay"]), |script| {
        let forger = after_hello(script)?;
        for number in [1_001, 2_002, 3_003] {
            let message = forger.message(|draft| draft.at(number))?;
            script.decrypt(&format!("bob-hears-{number}"), "bob", Value::bytes(&message))?;
        }
        // Kept are 1,002 to 2,001 and 2,003 to 3,002; wiped are 1 to 1,000.
        for number in [1, 1_000] {
            let message = forger.message(|draft| draft.at(number))?;
            script.refuse(&format!("bob-lost-{number}"), "bob", Value::bytes(&message), "key_expired")?;
        }
        let message = forger.message(|draft| draft.at(1_001))?;
        script.refuse("bob-has-used-1001", "bob", Value::bytes(&message), "replay")?;
        let message = forger.message(|draft| draft.at(1_002))?;
        script.decrypt("bob-hears-1002", "bob", Value::bytes(&message))?;
        script.refuse("bob-hears-1002-again", "bob", Value::bytes(&message), "replay")
    })?;
    let comment = "The oldest chain loses its secrets first, whatever their numbers.";
    sheet.script(
        note("kept-secrets-of-the-oldest-chain-go-first", "SES-22 SES-24", comment).threat("R3"),
        |script| {
            let hello = script.established()?;
            let ratchet = script.ratchet_of("alice-initiates")?;
            let old = Forger::new(&Cast::new("alice")?, &Cast::bob()?, &hello, ratchet)?;
            let mut new = Forger::new(&Cast::new("alice")?, &Cast::bob()?, &hello, ratchet)?;
            let alice = new.ratchet_key(ALICE)?;
            new.turn(BOB, script.ratchet_of("hi")?, &alice, 0)?;
            let bob = new.ratchet_key(BOB)?;
            let seed =
                material("forged ratchet key", 32).try_into().map_err(|_| "32 bytes were asked for")?;
            new.turn(ALICE, seed, &bob, 1_001)?;
            for number in [1_000, 2_001] {
                let message = new.message(|draft| draft.at(number))?;
                script.decrypt(
                    &format!("bob-hears-{number}-of-the-new-chain"),
                    "bob",
                    Value::bytes(&message),
                )?;
            }
            // Of the old chain 1 to 1,000 were kept, and 0 to 999 and 1,001 to 2,000 of the new one.
            let lost = old.message(|draft| draft.at(1_000))?;
            script.refuse("bob-lost-1000-of-the-old-chain", "bob", Value::bytes(&lost), "key_expired")?;
            let kept = new.message(|draft| draft.at(0))?;
            script.decrypt("bob-hears-0-of-the-new-chain", "bob", Value::bytes(&kept))
        },
    )
}
