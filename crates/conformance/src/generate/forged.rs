//! `session/forged.json`.

use super::{
    Result, curve,
    forge::{BOB, Draft, Edit, Forgery},
    people::two,
    script::{flipped, of, part},
    session::{CHAPTER, after_hello, before_turn, round_trip, say},
    sheet::{Sheet, note},
};
use crate::{
    value::Value,
    vector::{File, Level},
};

/// Where the parts of a message without a handshake begin.
const HEADER: usize = 1;

const HEADER_TAG: usize = 81;

const COMMITMENT: usize = 97;

const PAYLOAD: usize = 129;

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
    handshakes(&mut sheet)?;
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

/// A message that still carries its handshake is judged by it first, whatever session would open it.
fn handshakes(sheet: &mut Sheet) -> Result<()> {
    const SUITE: usize = 1;
    const DEVICE: usize = SUITE + 1 + 32;
    for (id, reqs, at, to, word) in [
        ("suite-2", "HSK-2", SUITE, 2, "version"),
        ("suite-0", "HSK-2", SUITE, 0, "version"),
        ("device-0", "HSK-16", DEVICE, 0, "malformed"),
        ("device-128", "HSK-16", DEVICE, 128, "malformed"),
    ] {
        let comment = "The session is there, and the handshake is one that cannot be.";
        sheet.script(
            note(format!("second-message-handshake-{id}"), reqs, comment).threat("H8"),
            |script| {
                script.begin()?;
                say(script, "alice", &["message"])?;
                let parts =
                    vec![part("message", 0, Some(at)), Value::bytes(&[to]), part("message", at + 1, None)];
                script.refuse("bob-refuses", "bob", Value::List(parts), word)?;
                script.decrypt("bob-hears-message", "bob", of("message"))
            },
        )?;
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
        ("kem-control", "EPO-7", "R12", &["ignore-mark"], |d| d.control |= 1, "malformed"),
        ("kem-chunk", "SES-17", "R12", &["ignore-control"], last_byte_of_chunk, "malformed"),
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
    if let Some(last) = draft.chunk.last_mut() {
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
