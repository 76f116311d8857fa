//! `session/transient.json`.

use super::{
    Result,
    forge::{BOB, Edit, held},
    people::two,
    script::{flipped, of, part},
    session::{CHAPTER, after_hello, before_turn, round_trip, say},
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_primitives::label;

/// Where the payload of a message begins.
const PAYLOAD: usize = 129;

pub(super) fn transient() -> Result<File> {
    let about = "Transient messages: their keys, order, loss and repetition, turns, what is dropped and with which word.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about).with_people(two()?);
    schedule(&mut sheet)?;
    conversations(&mut sheet)?;
    windows(&mut sheet)?;
    confusions(&mut sheet)?;
    alterations(&mut sheet)?;
    lies(&mut sheet)?;
    Ok(sheet.finish())
}

fn schedule(sheet: &mut Sheet) -> Result<()> {
    for (id, number) in [("first", 0u32), ("second", 1), ("last", 0xFF_FFFE)] {
        let comment = "The number is the salt, in three bytes.";
        let input =
            Fields::new().bytes("transient_key", material("transient key", 32)).number("number", number);
        let note = note(format!("transient-secret-{id}"), "SES-34", comment);
        sheet.accept(note, "transient_secret", input)?;
    }
    for (id, direction) in [("initiator", 1u32), ("responder", 2)] {
        let comment = "As for a message, under labels of its own.";
        let input = Fields::new()
            .bytes("session_id", material("session id", 32))
            .number("direction", direction)
            .bytes("commitment", material("commitment", 32))
            .bytes("header", material("header", 80))
            .bytes("tag", material("tag", 16));
        let note = note(format!("transient-associated-data-of-the-{id}"), "SES-31", comment).threat("P5");
        sheet.accept(note, "transient_associated_data", input)?;
    }
    Ok(())
}

fn conversations(sheet: &mut Sheet) -> Result<()> {
    let comment = "Between messages of one chain; the numbers of one do not count for the other.";
    sheet.script(note("transient-between-messages", "SES-5 SES-30 SES-34", comment), |script| {
        script.established()?;
        say(script, "alice", &["first"])?;
        script.hint("typing", "alice", "typing")?;
        script.hint("still-typing", "alice", "typing")?;
        say(script, "alice", &["second"])?;
        script.decrypt("bob-hears-first", "bob", of("first"))?;
        script.notice("bob-sees-typing", "bob", of("typing"))?;
        script.decrypt("bob-hears-second", "bob", of("second"))?;
        script.notice("bob-sees-still-typing", "bob", of("still-typing"))
    })?;
    let comment = "The payload may be empty; its tag is not.";
    sheet.script(note("transient-empty-payload", "SES-3 SES-4", comment), |script| {
        script.established()?;
        script.hint("nothing", "bob", "")?;
        script.notice("alice-sees-nothing", "alice", of("nothing"))
    })?;
    let comment = "It overtakes the message that turns: no chain for it is known, and it is dropped for now.";
    sheet.script(note("transient-overtakes-the-turn", "SES-36", comment).threat("R1"), |script| {
        script.established()?;
        say(script, "alice", &["turns"])?;
        script.hint("typing", "alice", "typing")?;
        script.ignore("bob-drops-typing", "bob", of("typing"), "mac")?;
        script.decrypt("bob-hears-turns", "bob", of("turns"))?;
        script.notice("bob-sees-typing", "bob", of("typing"))
    })?;
    let comment = "It makes no session, and nothing is looked up for it.";
    sheet.script(note("transient-where-there-is-no-session", "SES-35", comment).threat("P5"), |script| {
        script.established()?;
        say(script, "alice", &["first"])?;
        script.hint("typing", "alice", "typing")?;
        script.forget("bob-forgets", "bob")?;
        script.turn_away("bob-drops-typing", "bob", "alice", of("typing"), "malformed")
    })?;
    let comment = "Both type while both turn; each opens in the chain that it was made for.";
    sheet.script(note("transient-across-turns", "SES-23 SES-36", comment).threat("R9"), |script| {
        script.established()?;
        say(script, "alice", &["first"])?;
        script.hint("alice-types", "alice", "typing")?;
        script.decrypt("bob-hears-first", "bob", of("first"))?;
        say(script, "bob", &["answer"])?;
        script.hint("bob-types", "bob", "typing")?;
        script.decrypt("alice-hears-answer", "alice", of("answer"))?;
        say(script, "alice", &["second"])?;
        script.hint("alice-types-on", "alice", "typing")?;
        script.decrypt("bob-hears-second", "bob", of("second"))?;
        script.notice("bob-sees-the-new-chain", "bob", of("alice-types-on"))?;
        script.notice("bob-sees-the-old-chain", "bob", of("alice-types"))?;
        script.notice("alice-sees", "alice", of("bob-types"))
    })?;
    let comment = "With the fifth turn the chain is wiped, its transient key included.";
    sheet.script(note("transient-of-a-chain-that-was-wiped", "SES-23", comment).threat("R3"), |script| {
        script.established()?;
        say(script, "alice", &["first"])?;
        script.hint("in-time", "alice", "typing")?;
        script.hint("late", "alice", "typing")?;
        for turn in 1..=5 {
            round_trip(script, turn)?;
        }
        script.notice("bob-sees-the-oldest-chain", "bob", of("in-time"))?;
        round_trip(script, 6)?;
        script.ignore("bob-drops-late", "bob", of("late"), "mac")
    })
}

fn windows(sheet: &mut Sheet) -> Result<()> {
    let comment = "In any order, and each once.";
    let note_ = note("transient-in-another-order-and-twice", "SES-33", comment).threat("R8");
    sheet.script(note_.catches(&["accept-replay"]), |script| {
        script.established()?;
        let hints = ["a", "b", "c", "d"];
        hints.iter().try_for_each(|name| script.hint(name, "bob", name))?;
        for name in ["c", "a", "d", "b"] {
            script.notice(&format!("alice-sees-{name}"), "alice", of(name))?;
        }
        for name in hints {
            script.ignore(&format!("alice-drops-{name}"), "alice", of(name), "replay")?;
        }
        Ok(())
    })?;
    let comment = "64 numbers are told apart; what lies further below counts as received.";
    let note_ = note("transient-window", "SES-33", comment).threat("R8").catches(&["accept-replay"]);
    sheet.script(note_, |script| {
        let forger = after_hello(script)?;
        let at = |number: u32| forger.transient(|draft| draft.at_transient(number));
        script.notice("bob-sees-100", "bob", Value::bytes(&at(100)?))?;
        script.ignore("bob-drops-36", "bob", Value::bytes(&at(36)?), "replay")?;
        script.notice("bob-sees-37", "bob", Value::bytes(&at(37)?))?;
        script.ignore("bob-drops-37", "bob", Value::bytes(&at(37)?), "replay")?;
        script.notice("bob-sees-164", "bob", Value::bytes(&at(164)?))?;
        script.ignore("bob-drops-100", "bob", Value::bytes(&at(100)?), "replay")?;
        script.notice("bob-sees-101", "bob", Value::bytes(&at(101)?))
    })?;
    let comment =
        "Everything up to the last number is lost: no work, nothing kept, and the chain of messages goes on.";
    sheet.script(
        note("transient-jump-to-the-end", "SES-34 SES-10 SES-33", comment).threat("R2"),
        |script| {
            let forger = after_hello(script)?;
            let at = |number: u32| forger.transient(|draft| draft.at_transient(number));
            script.notice("bob-sees-0", "bob", Value::bytes(&at(0)?))?;
            script.ignore("bob-drops-the-greatest", "bob", Value::bytes(&at(0xFF_FFFF)?), "too_far")?;
            script.notice("bob-sees-the-last", "bob", Value::bytes(&at(0xFF_FFFE)?))?;
            say(script, "alice", &["next"])?;
            script.decrypt("bob-hears-next", "bob", of("next"))
        },
    )?;
    let comment =
        "A copy that is behind repeats a number with another salt, and is dropped until it has caught up.";
    let note_ = note("transient-of-a-restored-copy", "SES-5 SES-32 SES-33", comment).threat("R4");
    sheet.script(note_.catches(&["accept-replay"]), |script| {
        script.established()?;
        script.copy("bob-restores", "bob-copy", "bob")?;
        script.hint("one", "bob", "same")?;
        script.hint("other", "bob-copy", "same")?;
        script.hint("next", "bob-copy", "next")?;
        script.notice("alice-sees-one", "alice", of("one"))?;
        script.ignore("alice-drops-other", "alice", of("other"), "replay")?;
        script.notice("alice-sees-next", "alice", of("next"))
    })
}

/// The bytes of a message behind another kind.
fn as_kind(step: &str, kind: u8) -> Value {
    Value::List(vec![Value::bytes(&[kind]), part(step, 1, None)])
}

fn confusions(sheet: &mut Sheet) -> Result<()> {
    let comment = "Each kind where the other is expected; then each behind the first byte of the other.";
    sheet.script(
        note("transient-and-message-confused", "SES-31 SES-35", comment).threat("P5"),
        |script| {
            script.established()?;
            say(script, "bob", &["message"])?;
            script.hint("typing", "bob", "typing")?;
            script.refuse("alice-expects-a-message", "alice", of("typing"), "malformed")?;
            script.turn_away("alice-expects-mail", "alice", "bob", of("typing"), "malformed")?;
            script.ignore("alice-expects-a-transient-one", "alice", of("message"), "malformed")?;
            script.refuse("alice-refuses-the-other-kind", "alice", as_kind("typing", 0x11), "mac")?;
            script.ignore("alice-drops-the-other-kind", "alice", as_kind("message", 0x15), "mac")?;
            script.notice("alice-sees-typing", "alice", of("typing"))?;
            script.decrypt("alice-hears-message", "alice", of("message"))
        },
    )?;
    let comment = "No handshake ever stands before a transient message.";
    sheet.script(note("transient-and-first-message-confused", "SES-35", comment).threat("H8"), |script| {
        script.begin()?;
        say(script, "alice", &["again"])?;
        script.ignore("bob-drops", "bob", of("again"), "malformed")
    })?;
    let comment = "One's own transient message, and that of another session.";
    sheet.script(note("transient-reflected", "SES-31", comment).threat("H10"), |script| {
        script.established()?;
        script.initiate("bob-2", "alice", 0)?;
        script.encrypt("hello-2", "bob-2", "hello from bob")?;
        script.receive("alice-hears-hello-2", "alice-2", "bob", of("hello-2"))?;
        script.hint("typing", "bob", "typing")?;
        script.ignore("bob-drops-his-own", "bob", of("typing"), "mac")?;
        script.ignore("alice-tries-the-other-session", "alice-2", of("typing"), "mac")?;
        script.notice("alice-sees", "alice", of("typing"))
    })
}

fn alterations(sheet: &mut Sheet) -> Result<()> {
    let end = PAYLOAD + 6;
    let longer = Value::List(vec![of("typing"), Value::bytes(&[0])]);
    let cases = [
        ("version-bit", "SES-2", "H8", flipped("typing", 0, "20"), "version"),
        ("kind-bit", "SES-2", "H8", flipped("typing", 0, "02"), "malformed"),
        ("header-bit", "SES-13 SES-36", "R1", flipped("typing", 38, "01"), "mac"),
        ("header-tag-bit", "SES-13", "P15", flipped("typing", 96, "80"), "mac"),
        ("commitment-bit-on-the-wire", "SES-12 SES-31", "F2", flipped("typing", 97, "80"), "mac"),
        ("payload-bit", "SES-14", "R1", flipped("typing", PAYLOAD, "01"), "mac"),
        ("payload-tag-bit", "SES-13", "P15", flipped("typing", end + 15, "01"), "mac"),
        ("last-byte-missing", "SES-3 SES-14", "R1", part("typing", 0, Some(end + 15)), "mac"),
        ("one-byte-more", "SES-14", "W6", longer, "mac"),
        ("payload-tag-missing", "SES-3", "P15", part("typing", 0, Some(PAYLOAD + 6)), "malformed"),
        ("empty", "SES-3", "W7", Value::bytes(&[]), "malformed"),
    ];
    for (id, reqs, threat, message, word) in cases {
        let comment = "Dropped, and nothing changes: the message itself opens afterwards.";
        sheet.script(note(format!("transient-{id}"), reqs, comment).threat(threat), |script| {
            script.established()?;
            script.hint("typing", "bob", "typing")?;
            script.ignore("alice-drops", "alice", message, word)?;
            script.notice("alice-sees", "alice", of("typing"))
        })?;
    }
    Ok(())
}

fn lies(sheet: &mut Sheet) -> Result<()> {
    let comment = "A sender written from the formulas alone is understood.";
    let note_ = note("transient-by-the-formulas", "SES-7 SES-9 SES-31 SES-34", comment);
    sheet.script(note_, |script| {
        let hint = after_hello(script)?.transient(|_| {})?;
        script.notice("bob-sees", "bob", Value::bytes(&hint))
    })?;
    let cases: [(&str, &str, &str, Edit, &str); 10] = [
        ("ratchet-key-not-canonical", "SES-16", "P2", |d| d.header.ratchet_key = [0xFF; 32], "key"),
        ("ratchet-key-of-another-chain", "SES-16", "R10", |d| d.header.ratchet_key = [9; 32], "malformed"),
        ("key-of-another-number", "SES-34", "R1", |d| d.key_of = 1, "mac"),
        ("key-of-a-message", "SES-34", "P5", |d| d.transient_keys = false, "mac"),
        ("labels-of-a-message", "SES-31", "P5", |d| d.labels = [label::PAYLOAD, label::HEADER], "mac"),
        (
            "header-label-of-a-message",
            "SES-31",
            "P5",
            |d| d.labels = [label::TRANSIENT_PAYLOAD, label::HEADER],
            "mac",
        ),
        (
            "payload-label-of-a-message",
            "SES-31",
            "P5",
            |d| d.labels = [label::PAYLOAD, label::TRANSIENT_HEADER],
            "mac",
        ),
        ("for-another-session", "SES-31", "R13", |d| d.session = [9; 32], "mac"),
        ("for-the-other-direction", "SES-31", "H10", |d| d.direction = BOB, "mac"),
        ("commitment-not-bound", "SES-12 SES-31", "F1", |d| d.bound_commitment = Some([0; 32]), "mac"),
    ];
    for (id, reqs, threat, edit, word) in cases {
        let comment = "Sealed with the right keys within the current chain, but for one thing.";
        sheet.script(note(format!("transient-forged-{id}"), reqs, comment).threat(threat), |script| {
            let forger = after_hello(script)?;
            script.ignore("bob-drops", "bob", Value::bytes(&forger.transient(edit)?), word)?;
            script.notice("bob-sees-an-honest-one", "bob", Value::bytes(&forger.transient(|_| {})?))
        })?;
    }
    let cases: [(&str, &str, Edit); 6] = [
        ("kem-epoch", "The epoch of the chain, as a message says it.", |d| d.control = 1 << 9),
        ("kem-adopts", "It says that the chain adopts.", |d| d.control = 1),
        ("kem-held", "What Alice holds, as a message says it.", |d| d.chunk = held(1)),
        ("kem-kind", "There is no kind 3.", |d| d.control = 3 << 7),
        ("kem-key-chunk", "A chunk of the key.", |d| d.control = 1 << 7),
        ("kem-chunk", "Something stands where the chunk would.", |d| d.chunk = [1; 32]),
    ];
    for (id, comment, edit) in cases {
        let note_ = note(format!("transient-forged-{id}"), "EPO-13 SES-17", comment).threat("R12");
        sheet.script(note_.catches(&["ignore-control"]), |script| {
            let forger = after_hello(script)?;
            script.ignore("bob-drops", "bob", Value::bytes(&forger.transient(edit)?), "malformed")?;
            script.notice("bob-sees-an-honest-one", "bob", Value::bytes(&forger.transient(|_| {})?))
        })?;
    }
    let comment = "A commitment to another text.";
    let note_ = note("transient-forged-wrong-commitment", "CON-11 PRM-13", comment).threat("F1");
    sheet.script(note_.catches(&["skip-commitment"]), |script| {
        let forger = after_hello(script)?;
        let lie = forger.transient(|draft| draft.commitment = Some([7; 32]))?;
        script.ignore("bob-drops", "bob", Value::bytes(&lie), "commitment")
    })?;
    let comment =
        "Alice may turn, and a transient message would announce the chain: the next header key is not tried.";
    sheet.script(note("transient-forged-turn", "SES-36", comment).threat("R1"), |script| {
        let forger = before_turn(script)?;
        let lie = forger.transient(|_| {})?;
        script.ignore("bob-drops", "bob", Value::bytes(&lie), "mac")?;
        script.decrypt("bob-hears-the-turn", "bob", Value::bytes(&forger.message(|_| {})?))?;
        script.notice("bob-sees", "bob", Value::bytes(&lie))
    })
}
