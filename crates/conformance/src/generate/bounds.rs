//! `session/limits.json`.

use super::{
    Result,
    forge::{ALICE, BOB, Forger},
    people::{Cast, two},
    script::{Script, of},
    session::{CHAPTER, after_hello, before_turn},
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::Value,
    vector::{File, Level},
};
use aside_wire::limits::PLAINTEXT_BYTES;

pub(super) fn limits() -> Result<File> {
    let about = "The bounds of a session: how far it jumps, how many secrets it keeps, what it says when one is gone.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about).with_people(two()?);
    jumps(&mut sheet)?;
    kept(&mut sheet)?;
    longest(&mut sheet)?;
    Ok(sheet.finish())
}

fn longest(sheet: &mut Sheet) -> Result<()> {
    let comment = "A padded frame of the greatest size class, in a message and in a transient one.";
    sheet.script(note("longest-payloads", "SES-3", comment), |script| {
        script.established()?;
        script.encrypt_long("message", "bob", "encrypt", PLAINTEXT_BYTES)?;
        script.encrypt_long("transient", "bob", "encrypt_transient", PLAINTEXT_BYTES)?;
        script.notice("alice-sees-transient", "alice", of("transient"))?;
        script.decrypt("alice-hears-message", "alice", of("message"))
    })
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
    let comment = "A secret that was used is not among those that were wiped: its number stays a replay.";
    let note_ = note("kept-secret-used-among-those-wiped", "SES-20 SES-24", comment).threat("R3");
    sheet.script(note_.catches(&["accept-replay"]), |script| {
        let forger = after_hello(script)?;
        for number in [1_001, 500, 2_002, 3_003] {
            let message = forger.message(|draft| draft.at(number))?;
            script.decrypt(&format!("bob-hears-{number}"), "bob", Value::bytes(&message))?;
        }
        for (number, word) in [(499, "key_expired"), (500, "replay"), (501, "key_expired")] {
            let message = forger.message(|draft| draft.at(number))?;
            script.refuse(&format!("bob-refuses-{number}"), "bob", Value::bytes(&message), word)?;
        }
        Ok(())
    })?;
    let comment = "Every other of the secrets was used, so that what is wiped makes 32 ranges, and then 33: the two lowest become one.";
    let note_ = note("wiped-numbers-in-33-ranges", "SES-24", comment).threat("R3");
    sheet.script(note_.catches(&["accept-replay"]), |script| {
        let forger = after_hello(script)?;
        let hear = |script: &mut Script<'_>, number: u32| -> Result<()> {
            let message = forger.message(|draft| draft.at(number))?;
            script.decrypt(&format!("bob-hears-{number}"), "bob", Value::bytes(&message))
        };
        hear(script, 1_001)?;
        // Bob keeps 1, 3, 5, … 65 and 67 to 1,000.
        (1..=33u32).try_for_each(|half| hear(script, half.saturating_mul(2)))?;
        hear(script, 2_002)?;
        // 1,967 are kept, and 65 numbers may still be passed over: 32 go, the last of which is 63.
        hear(script, 2_068)?;
        let number_2 = forger.message(|draft| draft.at(2))?;
        script.refuse("bob-refuses-2", "bob", Value::bytes(&number_2), "replay")?;
        // One more goes.
        hear(script, 2_070)?;
        script.refuse("bob-refuses-2-again", "bob", Value::bytes(&number_2), "key_expired")?;
        let number_4 = forger.message(|draft| draft.at(4))?;
        script.refuse("bob-refuses-4", "bob", Value::bytes(&number_4), "replay")
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
