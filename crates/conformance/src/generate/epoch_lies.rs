//! What is forged in `session/epochs.json`: by a peer that has all keys and lies, and by one that follows the formulas.

use super::{
    Result,
    epochs::{TO_ALICE, TO_BOB, key_arrives},
    forge::{ALICE, BOB, Draft, Edit, Forger, control, held},
    people::Cast,
    script::{Script, of},
    session::{after_hello, before_turn, round_trip, say},
    sheet::{Sheet, note},
};
use crate::{check::material, value::Value};
use aside_primitives::{Secret, kem::KemSecret};

/// Id, requirements, comment, mistakes it uncovers, the lie, the word.
type Lie = (&'static str, &'static str, &'static str, &'static [&'static str], Edit, &'static str);

/// A control field of the first epoch, by kind and number.
const fn first_epoch(kind: u16, index: u16) -> u16 {
    1 << 9 | kind << 7 | index << 1
}

pub(super) fn lies(sheet: &mut Sheet) -> Result<()> {
    marks(sheet)?;
    parts(sheet)?;
    unasked(sheet)?;
    adopting(sheet)?;
    within_an_adopting_chain(sheet)?;
    contradictions(sheet)?;
    keys_that_are_none(sheet)?;
    before_the_payload(sheet)
}

/// A forged message of Alice at a number of her chain, whatever else it says.
fn at(number: u32, edit: Edit) -> impl FnOnce(&mut Draft) {
    move |draft| {
        draft.at(number);
        edit(draft);
    }
}

fn marks(sheet: &mut Sheet) -> Result<()> {
    let cases: [(&str, &str, Edit); 4] = [
        ("epoch-2", "The chain is one of epoch 1.", |d| d.control = control(2, false)),
        ("epoch-0", "Epoch 0 is none, and epoch 128 is not this one.", |d| d.control = control(0, false)),
        ("epoch-127", "All but the lowest bit of the epoch.", |d| d.control = control(127, false)),
        ("adopts", "The first chain adopts nothing.", |d| d.control = control(1, true)),
    ];
    for (id, comment, edit) in cases {
        let note_ = note(format!("mark-in-the-current-chain-{id}"), "EPO-7", comment).threat("R12");
        sheet.script(note_.catches(&["ignore-mark"]), |script| {
            let lie = after_hello(script)?.message(at(1, edit))?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), "malformed")?;
            say(script, "alice", &["honest"])?;
            script.decrypt("bob-hears-honest", "bob", of("honest"))
        })?;
        let note_ = note(format!("mark-in-an-old-chain-{id}"), "EPO-7", comment).threat("R12");
        sheet.script(note_.catches(&["ignore-mark"]), |script| {
            let lie = after_hello(script)?.message(at(1, edit))?;
            say(script, "alice", &["late"])?;
            round_trip(script, 1)?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), "malformed")?;
            script.decrypt("bob-hears-late", "bob", of("late"))
        })?;
    }
    let cases: [(&str, &str, Edit); 3] = [
        ("epoch-2", "It is the next epoch only if it adopts.", |d| d.control = control(2, false)),
        ("epoch-0", "An epoch that is over.", |d| d.control = control(0, false)),
        ("epoch-127", "All but the lowest bit of the epoch.", |d| d.control = control(127, false)),
    ];
    for (id, comment, edit) in cases {
        let note_ = note(format!("mark-of-the-next-chain-{id}"), "EPO-7", comment).threat("R12");
        sheet.script(note_.catches(&["ignore-mark"]), |script| {
            let lie = before_turn(script)?.message(edit)?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), "malformed")?;
            say(script, "alice", &["honest"])?;
            script.decrypt("bob-hears-honest", "bob", of("honest"))
        })?;
    }
    let comment = "Seven bits travel: what Alice sends in epoch 1 looks as if it were of epoch 129, and no receiver can tell. The \
                   epoch secret would (epoch-secret-of-another-epoch).";
    sheet.script(note("mark-of-epoch-129", "EPO-7", comment).threat("R12"), |script| {
        let message = after_hello(script)?.message(at(1, |d| d.control = control(129, false)))?;
        script.decrypt("bob-hears", "bob", Value::bytes(&message))
    })
}

/// What only one side says.
fn parts(sheet: &mut Sheet) -> Result<()> {
    let of_alice: [(&str, &str, Edit, bool); 4] = [
        ("held-34-of-the-offerer", "A ciphertext has no chunk 34.", |d| d.chunk = held(1 << 34), false),
        ("held-36-of-the-offerer", "Nor a chunk 36.", |d| d.chunk = held(1 << 36), false),
        ("held-33-of-the-offerer", "The last chunk of a ciphertext.", |d| d.chunk = held(1 << 33), true),
        (
            "ciphertext-of-the-offerer",
            "She is sent one, and sends none.",
            |d| d.control = first_epoch(2, 0),
            false,
        ),
    ];
    for (id, comment, edit, accepted) in of_alice {
        let catches: &[&str] = if accepted { &[] } else { &["ignore-mark"] };
        sheet.script(note(id, "EPO-1 EPO-7", comment).threat("R12").catches(catches), |script| {
            let message = Value::bytes(&after_hello(script)?.message(at(1, edit))?);
            if accepted {
                return script.decrypt("bob-hears", "bob", message);
            }
            script.refuse("bob-refuses", "bob", message, "malformed")?;
            say(script, "alice", &["honest"])?;
            script.decrypt("bob-hears-honest", "bob", of("honest"))
        })?;
    }
    let comment = "Bob offers in the even epochs.";
    let note_ = note("key-of-the-other-side", "EPO-1 EPO-7", comment).threat("R12").catches(&["ignore-mark"]);
    sheet.script(note_, |script| {
        let forger = after_hi(script)?;
        let lie = forger.message_of(BOB, at(1, |d| d.control = first_epoch(1, 0)))?;
        script.refuse("alice-refuses", "alice", Value::bytes(&lie), "malformed")?;
        say(script, "bob", &["honest"])?;
        script.decrypt("alice-hears-honest", "alice", of("honest"))
    })?;
    let comment = "All 37 chunks of a key, the last of which is 36: Alice sends none any more.";
    sheet.script(note("held-all-of-the-other-side", "EPO-4 EPO-7", comment), |script| {
        let forger = after_hi(script)?;
        let all = forger.message_of(BOB, at(1, |d| d.chunk = held(u64::MAX >> 27)))?;
        script.decrypt("alice-hears", "alice", Value::bytes(&all))?;
        say(script, "alice", &["collects"])?;
        script.decrypt("bob-hears-collects", "bob", of("collects"))
    })
}

/// Bob has turned, and Alice has heard it.
fn after_hi(script: &mut Script<'_>) -> Result<Forger> {
    let hello = script.established()?;
    following_hi(script, &hello)
}

fn following_hi(script: &Script<'_>, hello: &[u8]) -> Result<Forger> {
    let mut forger =
        Forger::new(&Cast::new("alice")?, &Cast::bob()?, hello, script.ratchet_of("alice-initiates")?)?;
    let alice = forger.ratchet_key(ALICE)?;
    forger.turn(BOB, script.ratchet_of("hi")?, &alice, 0)?;
    Ok(forger)
}

fn forged_ratchet() -> Result<[u8; 32]> {
    material("forged ratchet key", 32).try_into().map_err(|_| "32 bytes were asked for".into())
}

fn unasked(sheet: &mut Sheet) -> Result<()> {
    let comment = "Bob has the first two chunks of the key, and has sent nothing that could be adopted.";
    let note_ = note("adopts-unasked", "EPO-8", comment).threat("R12").catches(&["adopt-unasked"]);
    sheet.script(note_, |script| {
        let lie = before_turn(script)?.message(|d| d.control = control(2, true))?;
        script.refuse("bob-refuses", "bob", Value::bytes(&lie), "malformed")?;
        say(script, "alice", &["honest"])?;
        script.decrypt("bob-hears-honest", "bob", of("honest"))
    })?;
    let comment = "He has written, and then got the rest of the key; there is no ciphertext yet.";
    let note_ = note("adopts-before-the-answer", "EPO-3 EPO-8", comment).threat("R12");
    sheet.script(note_.catches(&["adopt-unasked"]), |script| {
        let hello = script.established()?;
        script.burst("chunks-1-to-20", TO_BOB, 20)?;
        say(script, "bob", &["again"])?;
        script.burst("chunks-21-to-36", TO_BOB, 16)?;
        let mut forger = following_hi(script, &hello)?;
        let bob = forger.ratchet_key(BOB)?;
        forger.turn(ALICE, script.ratchet_of("chunks-1-to-20")?, &bob, 1)?;
        let alice = forger.ratchet_key(ALICE)?;
        forger.turn(BOB, script.ratchet_of("again")?, &alice, 1)?;
        let bob = forger.ratchet_key(BOB)?;
        forger.turn(ALICE, forged_ratchet()?, &bob, 36)?;
        let lie = forger.message(|d| d.control = control(2, true))?;
        script.refuse("bob-refuses", "bob", Value::bytes(&lie), "malformed")?;
        script.encrypt("answers", "bob", "answers").map(|_| ())
    })?;
    let comment = "Only the offerer adopts, and Bob is none in epoch 1.";
    let note_ = note("adopts-without-having-offered", "EPO-8", comment).threat("R12");
    sheet.script(note_.catches(&["adopt-unasked"]), |script| {
        let mut forger = after_hi(script)?;
        say(script, "alice", &["turns"])?;
        script.decrypt("bob-hears-turns", "bob", of("turns"))?;
        let bob = forger.ratchet_key(BOB)?;
        forger.turn(ALICE, script.ratchet_of("turns")?, &bob, 1)?;
        let alice = forger.ratchet_key(ALICE)?;
        forger.turn(BOB, forged_ratchet()?, &alice, 1)?;
        let lie = forger.message_of(BOB, |d| d.control = control(2, true))?;
        script.refuse("alice-refuses", "alice", Value::bytes(&lie), "malformed")?;
        say(script, "bob", &["honest"])?;
        script.decrypt("alice-hears-honest", "alice", of("honest"))
    })
}

/// Bob has the key and has answered, and Alice has heard the first chunk of it. Also the secret of the epoch.
fn answered(script: &mut Script<'_>) -> Result<(Forger, Secret<32>)> {
    let hello = key_arrives(script)?;
    say(script, "bob", &["answer"])?;
    script.decrypt("alice-hears-answer", "alice", of("answer"))?;
    let mut forger = following_hi(script, &hello)?;
    let bob = forger.ratchet_key(BOB)?;
    forger.turn(ALICE, script.ratchet_of("key")?, &bob, 1)?;
    let alice = forger.ratchet_key(ALICE)?;
    forger.turn(BOB, script.ratchet_of("answer")?, &alice, 1)?;
    let secret =
        forger.epoch_secret(script.drawn("hello", "KEM key")?, script.drawn("answer", "KEM message")?)?;
    Ok((forger, secret))
}

fn adopting(sheet: &mut Sheet) -> Result<()> {
    let comment =
        "A chain that adopts, written from the formulas alone, is understood, and Bob offers in epoch 2.";
    sheet.script(
        note("adopting-turn-by-the-formulas", "EPO-5 EPO-6 EPO-8", comment).threat("R12"),
        |script| {
            let (mut forger, secret) = answered(script)?;
            forger.adopt(ALICE, forged_ratchet()?, 36, &secret)?;
            script.decrypt("bob-hears", "bob", Value::bytes(&forger.message(|_| {})?))?;
            script.health("bob-after", "bob", "sound", 2)?;
            script.encrypt("offers", "bob", "offers").map(|_| ())
        },
    )?;
    let cases: [Lie; 5] = [
        (
            "epoch-1",
            "EPO-7",
            "It ends epoch 1, and belongs to epoch 2.",
            &["ignore-mark"],
            |d| d.control = control(1, true),
            "malformed",
        ),
        (
            "epoch-3",
            "EPO-7",
            "Epoch 2 is not over.",
            &["ignore-mark"],
            |d| d.control = control(3, true),
            "malformed",
        ),
        (
            "epoch-2-not-said",
            "EPO-7",
            "In epoch 2, and adopts nothing.",
            &["ignore-mark"],
            |d| d.control = control(2, false),
            "malformed",
        ),
        (
            "not-said",
            "EPO-6",
            "The keys adopt, and the header does not say so.",
            &[],
            |d| d.control = control(1, false),
            "mac",
        ),
        (
            "chunk-of-the-next-key",
            "EPO-1 EPO-7",
            "Bob offers in epoch 2.",
            &["ignore-mark"],
            |d| d.control |= 1 << 7,
            "malformed",
        ),
    ];
    for (id, reqs, comment, catches, edit, word) in cases {
        let note_ = note(format!("adopting-turn-{id}"), reqs, comment).threat("R12").catches(catches);
        sheet.script(note_, |script| {
            let (mut forger, secret) = answered(script)?;
            forger.adopt(ALICE, forged_ratchet()?, 36, &secret)?;
            script.refuse("bob-refuses", "bob", Value::bytes(&forger.message(edit)?), word)?;
            pass_honest(script)
        })?;
    }
    for (id, reqs, comment, other) in [
        ("with-another-secret", "EPO-6", "Another KEM secret.", Some(Secret::new([7; 32]))),
        (
            "without-a-secret",
            "EPO-6",
            "All agreements and both header keys are right, and the secret of the epoch is missing: so far a quantum computer \
             gets.",
            None,
        ),
    ] {
        let note_ = note(format!("adopting-turn-{id}"), reqs, comment).threat("R12");
        sheet.script(note_, |script| {
            let (mut forger, _) = answered(script)?;
            let bob = forger.ratchet_key(BOB)?;
            match &other {
                Some(secret) => forger.adopt(ALICE, forged_ratchet()?, 36, secret)?,
                None => forger.turn(ALICE, forged_ratchet()?, &bob, 36)?,
            }
            let lie = forger.message(|d| d.control = control(2, true))?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), "mac")?;
            pass_honest(script)
        })?;
    }
    let comment = "The secret of the same key and ciphertext in another epoch.";
    sheet.script(
        note("adopting-turn-with-the-secret-of-epoch-129", "EPO-5", comment).threat("P7"),
        |script| {
            let (mut forger, _) = answered(script)?;
            let seeds = (script.drawn("hello", "KEM key")?, script.drawn("answer", "KEM message")?);
            let secret = forger.epoch_secret_of(129, seeds.0, seeds.1)?;
            forger.adopt(ALICE, forged_ratchet()?, 36, &secret)?;
            script.refuse("bob-refuses", "bob", Value::bytes(&forger.message(|_| {})?), "mac")?;
            pass_honest(script)
        },
    )
}

/// Alice turns, and does not adopt: she has one chunk.
fn pass_honest(script: &mut Script<'_>) -> Result<()> {
    say(script, "alice", &["honest"])?;
    script.decrypt("bob-hears-honest", "bob", of("honest"))
}

fn within_an_adopting_chain(sheet: &mut Sheet) -> Result<()> {
    let cases: [(&str, &str, Edit); 3] = [
        ("not-said", "Each message of the chain says it.", |d| d.control = control(2, false)),
        ("epoch-1", "That epoch is over.", |d| d.control = control(1, false)),
        ("epoch-3", "The chain has not changed.", |d| d.control = control(3, true)),
    ];
    for (id, comment, edit) in cases {
        let note_ = note(format!("within-an-adopting-chain-{id}"), "EPO-6 EPO-7", comment).threat("R12");
        sheet.script(note_.catches(&["ignore-mark"]), |script| {
            let (mut forger, secret) = answered(script)?;
            forger.adopt(ALICE, forged_ratchet()?, 36, &secret)?;
            script.decrypt("bob-hears", "bob", Value::bytes(&forger.message(|_| {})?))?;
            let lie = forger.message(at(1, edit))?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), "malformed")?;
            let honest = forger.message(|d| d.at(1))?;
            script.decrypt("bob-hears-honest", "bob", Value::bytes(&honest))
        })?;
    }
    let comment = "What Alice says late in the old chain, and contradicts what she said: the exchange is over, and nothing breaks.";
    sheet.script(note("late-contradiction-of-an-epoch-that-is-over", "EPO-9 EPO-10", comment), |script| {
        let (mut forger, secret) = answered(script)?;
        let late = forger.message(at(36, |d| {
            d.control = first_epoch(1, 0);
            d.chunk = [1; 32];
        }))?;
        forger.adopt(ALICE, forged_ratchet()?, 37, &secret)?;
        script.decrypt("bob-hears", "bob", Value::bytes(&forger.message(|_| {})?))?;
        script.decrypt("bob-hears-late", "bob", Value::bytes(&late))?;
        script.health("bob-after", "bob", "sound", 2)
    })
}

fn contradictions(sheet: &mut Sheet) -> Result<()> {
    let comment = "Delivered, and the exchange is broken; messages go on both ways, and a chain that adopts is no longer possible.";
    let note_ = note("chunk-of-a-key-with-another-value", "EPO-10", comment).threat("R12");
    sheet.script(note_, |script| {
        let forger = after_hello(script)?;
        script.health("bob-before", "bob", "sound", 1)?;
        let lie = forger.message(at(1, |d| {
            d.control = first_epoch(1, 0);
            d.chunk = [1; 32];
        }))?;
        script.decrypt("bob-hears", "bob", Value::bytes(&lie))?;
        script.health("bob-after", "bob", "broken", 1)?;
        let chunk = forger.message(at(2, |d| d.control = first_epoch(1, 1)))?;
        script.decrypt("bob-hears-on", "bob", Value::bytes(&chunk))?;
        say(script, "bob", &["answer"])?;
        script.decrypt("alice-hears-answer", "alice", of("answer"))?;
        say(script, "alice", &["turns"])?;
        let mut far = forger;
        let alice = far.ratchet_key(ALICE)?;
        far.turn(BOB, script.ratchet_of("answer")?, &alice, 0)?;
        let bob = far.ratchet_key(BOB)?;
        far.turn(ALICE, script.ratchet_of("turns")?, &bob, 3)?;
        let turn = far.message(|_| {})?;
        script.decrypt("bob-hears-turn", "bob", Value::bytes(&turn))?;
        script.health("bob-later", "bob", "broken", 1)
    })?;
    let comment = "The same chunk again is no contradiction.";
    sheet.script(note("chunk-of-a-key-again", "EPO-9 EPO-10", comment), |script| {
        let forger = after_hello(script)?;
        let key = KemSecret::from_seed(Secret::new(script.drawn("hello", "KEM key")?)).public().to_bytes();
        let first = *key.first_chunk::<32>().ok_or("a key has chunks")?;
        let again = forger.message(|d| {
            d.at(1);
            d.control = first_epoch(1, 0);
            d.chunk = first;
        })?;
        script.decrypt("bob-hears", "bob", Value::bytes(&again))?;
        script.health("bob-after", "bob", "sound", 1)
    })?;
    let comment = "The same for a ciphertext. Alice delivers both, and her next message carries nothing.";
    let note_ = note("chunk-of-a-ciphertext-with-another-value", "EPO-10", comment).threat("R12");
    sheet.script(note_, |script| {
        let forger = after_hi(script)?;
        let first = forger.message_of(
            BOB,
            at(1, |d| {
                d.control = first_epoch(2, 33);
                d.chunk = [1; 32];
            }),
        )?;
        script.decrypt("alice-hears-one", "alice", Value::bytes(&first))?;
        script.health("alice-before", "alice", "sound", 1)?;
        let other = forger.message_of(
            BOB,
            at(2, |d| {
                d.control = first_epoch(2, 33);
                d.chunk = [2; 32];
            }),
        )?;
        script.decrypt("alice-hears-the-other", "alice", Value::bytes(&other))?;
        script.health("alice-after", "alice", "broken", 1)?;
        say(script, "alice", &["carries-nothing"])?;
        script.decrypt("bob-hears-carries-nothing", "bob", of("carries-nothing"))
    })
}

fn keys_that_are_none(sheet: &mut Sheet) -> Result<()> {
    let comment = "Its coefficients are not all below q. Delivered, as each message before; with the last chunk the exchange is broken, and \
                   nothing is encapsulated.";
    let note_ = note("key-with-a-coefficient-too-great", "EPO-10 PRM-9", comment).threat("P8");
    sheet.script(note_, |script| {
        let hello = script.established()?;
        // All but chunk 20.
        script.rounds("key", TO_BOB, [36, 0, 1], &[19], false)?;
        script.health("bob-before", "bob", "sound", 1)?;
        let mut forger = following_hi(script, &hello)?;
        let bob = forger.ratchet_key(BOB)?;
        forger.turn(ALICE, script.ratchet_of("key")?, &bob, 1)?;
        let last = forger.message(at(36, |d| {
            d.control = first_epoch(1, 20);
            d.chunk = [0xFF; 32];
        }))?;
        script.decrypt("bob-hears-the-last-chunk", "bob", Value::bytes(&last))?;
        script.health("bob-after", "bob", "broken", 1)?;
        script.burst("answers", TO_ALICE, 2)?;
        script.health("alice", "alice", "sound", 1)
    })?;
    let comment =
        "The chunk that is wrong does not come last: a key is judged when it is whole, and not before.";
    let note_ = note("key-with-a-coefficient-too-great-and-not-whole", "EPO-10 PRM-9", comment).threat("P8");
    sheet.script(note_, |script| {
        let hello = script.established()?;
        // All but chunks 19 and 20.
        script.rounds("key", TO_BOB, [36, 0, 1], &[18, 19], false)?;
        let mut forger = following_hi(script, &hello)?;
        let bob = forger.ratchet_key(BOB)?;
        forger.turn(ALICE, script.ratchet_of("key")?, &bob, 1)?;
        for (number, index, byte, health) in [(36, 20, 0xFF, "sound"), (37, 19, 0, "broken")] {
            let chunk = forger.message(|draft| {
                draft.at(number);
                draft.control = first_epoch(1, index);
                draft.chunk = [byte; 32];
            })?;
            script.decrypt(&format!("bob-hears-chunk-{index}"), "bob", Value::bytes(&chunk))?;
            script.health(&format!("bob-after-chunk-{index}"), "bob", health, 1)?;
        }
        Ok(())
    })
}

fn before_the_payload(sheet: &mut Sheet) -> Result<()> {
    let cases: [Lie; 4] = [
        (
            "chunk-beside-a-payload-that-does-not-open",
            "EPO-10 SES-14",
            "A chunk counts only when its message has opened.",
            &[],
            |d| d.key_of = 3,
            "mac",
        ),
        (
            "chunk-beside-a-wrong-commitment",
            "EPO-10 SES-14",
            "Nor does it count when the commitment is another.",
            &["skip-commitment"],
            |d| d.commitment = Some([7; 32]),
            "commitment",
        ),
        (
            "chunk-of-a-number-used-before",
            "EPO-10 SES-14 SES-20",
            "Nor when the number was used.",
            &["accept-replay"],
            |d| d.at(0),
            "replay",
        ),
        (
            "chunk-too-far-ahead",
            "EPO-10 SES-14 SES-21",
            "Nor when the number is too far ahead.",
            &[],
            |d| d.header.number = 5_000,
            "too_far",
        ),
    ];
    for (id, reqs, comment, catches, edit, word) in cases {
        sheet.script(note(id, reqs, comment).threat("R1").catches(catches), |script| {
            let forger = after_hello(script)?;
            // It contradicts the first chunk.
            let lie = forger.message(|d| {
                d.at(1);
                d.control = first_epoch(1, 0);
                d.chunk = [1; 32];
                edit(d);
            })?;
            script.refuse("bob-refuses", "bob", Value::bytes(&lie), word)?;
            script.health("bob-after", "bob", "sound", 1)?;
            say(script, "alice", &["honest"])?;
            script.decrypt("bob-hears-honest", "bob", of("honest"))
        })?;
    }
    Ok(())
}
