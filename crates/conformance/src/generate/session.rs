//! `session/schedule.json`, and the situations in which the other files of the chapter begin.

use super::{
    Result,
    forge::{ALICE, BOB, Forger},
    people::Cast,
    script::{Script, of},
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level},
};

pub(super) const CHAPTER: &str = "spec/session.md";

pub(super) fn schedule() -> Result<File> {
    let about = "The key schedule of a session, step by step: root, chain, message keys, associated data.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about);
    let comment = "Root key, chain key, next header key and transient key are cut from one output.";
    let input =
        Fields::new().bytes("root", material("root", 32)).bytes("agreement", material("agreement", 32));
    sheet.accept(note("root-step", "SES-7 PRM-10", comment), "root_step", input)?;
    epochs(&mut sheet)?;
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

fn epochs(sheet: &mut Sheet) -> Result<()> {
    let honest = || {
        Fields::new()
            .bytes("session_id", material("session id", 32))
            .number("epoch", 1u32)
            .bytes("key", [0xE1; 1184])
            .bytes("ciphertext", [0xC1; 1088])
            .bytes("kem_secret", material("KEM secret", 32))
    };
    let comment = "Hashes of key and ciphertext, the transcript of both, and what follows from it and SS.";
    let out = sheet.accept(note("epoch-secret", "EPO-5", comment).threat("P7"), "epoch_secret", honest())?;
    let secret = super::sheet::bytes_of(&out, "epoch_secret")?;
    for (id, comment, field, other) in [
        ("session", "Another session.", "session_id", Value::bytes(&material("other session id", 32))),
        ("epoch", "The epoch counts in full: 129 is not 1.", "epoch", Value::Number(129)),
        ("key", "Another key.", "key", Value::bytes(&[0xE2; 1184])),
        ("ciphertext", "Another ciphertext.", "ciphertext", Value::bytes(&[0xC2; 1088])),
        ("kem-secret", "Another SS.", "kem_secret", Value::bytes(&material("other KEM secret", 32))),
    ] {
        let input = honest().iter().fold(Fields::new(), |input, (name, value)| {
            input.with(name, if name == field { other.clone() } else { value.clone() })
        });
        let note = note(format!("epoch-secret-of-another-{id}"), "EPO-5", comment).threat("P7");
        let out = sheet.accept(note, "epoch_secret", input)?;
        if super::sheet::bytes_of(&out, "epoch_secret")? == secret {
            return Err(format!("the epoch secret does not depend on {field}").into());
        }
    }
    let step =
        || Fields::new().bytes("root", material("root", 32)).bytes("agreement", material("agreement", 32));
    let comment = "The root step of the vector `root-step`, with an epoch secret: whoever knows root key and agreement, and \
                   not this secret, derives what stands there, and none of what stands here.";
    let note_ = note("adopting-step-against-a-quantum-computer", "EPO-6 PRM-10", comment).threat("R12");
    let adopted = sheet.accept(note_, "adopting_step", step().bytes("epoch_secret", &secret))?;
    let comment = "An epoch secret of zeros is not the same as none: the label differs too.";
    let note_ = note("adopting-step-with-a-secret-of-zeros", "EPO-6", comment).threat("R12");
    let zeros = sheet.accept(note_, "adopting_step", step().bytes("epoch_secret", [0; 32]))?;
    if adopted == zeros { Err("an adopting step depends on the epoch secret".into()) } else { Ok(()) }
}

/// Alice's messages of these names.
pub(super) fn say(script: &mut Script<'_>, session: &str, names: &[&str]) -> Result<()> {
    names.iter().try_for_each(|name| script.encrypt(name, session, name).map(|_| ()))
}

/// Bob writes, then Alice: both have turned.
pub(super) fn round_trip(script: &mut Script<'_>, turn: u32) -> Result<()> {
    let (bob, alice) = (format!("bob-{turn}"), format!("alice-{turn}"));
    script.encrypt(&bob, "bob", &bob)?;
    script.decrypt(&format!("alice-hears-{bob}"), "alice", of(&bob))?;
    script.encrypt(&alice, "alice", &alice)?;
    script.decrypt(&format!("bob-hears-{alice}"), "bob", of(&alice))
}

/// A script's forger, after Alice's first message; Bob has it and has sent nothing.
pub(super) fn after_hello(script: &mut Script<'_>) -> Result<Forger> {
    let hello = script.begin()?;
    Forger::new(&Cast::new("alice")?, &Cast::bob()?, &hello, script.ratchet_of("alice-initiates")?)
}

/// A script's forger where Alice is to turn: one message each way.
pub(super) fn before_turn(script: &mut Script<'_>) -> Result<Forger> {
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
