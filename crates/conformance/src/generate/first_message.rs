//! `handshake/first-message.json`: what works, and what is altered on the way.

use super::{
    Result, curve,
    handshake::CHAPTER,
    people::{Cast, NOW, WEEK},
    responder::{cast, forged, other_records, repeated},
    script::{Script, flipped, of, part},
    sheet::{Sheet, note},
};
use crate::{
    value::Value,
    vector::{File, Level},
};
use aside_wire::packet::HANDSHAKE_BYTES;

/// Offsets in a first message.
const SUITE: usize = 1;

const ACCOUNT: usize = 2;

const DEVICE: usize = 34;

const EPHEMERAL: usize = 35;

const SIGNED_PREKEY: usize = 67;

const ONE_TIME_PREKEY: usize = 71;

pub(super) const CIPHERTEXT: usize = 75;

pub(super) fn first_message() -> Result<File> {
    let about = "First messages: Alice writes to Bob, who may be offline; each script goes on after what Bob refuses.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about).with_people(cast()?);
    honest(&mut sheet)?;
    bundles(&mut sheet)?;
    altered(&mut sheet)?;
    ephemeral_keys(&mut sheet)?;
    other_records(&mut sheet)?;
    repeated(&mut sheet)?;
    forged(&mut sheet)?;
    Ok(sheet.finish())
}

fn honest(sheet: &mut Sheet) -> Result<()> {
    let comment = "Four agreements and a KEM secret for the one-time prekey; Bob opens the first message.";
    sheet.script(
        note("first-message-with-one-time-prekey", "HSK-4 HSK-5 HSK-7 HSK-8 SES-1", comment),
        |script| script.begin().map(|_| ()),
    )?;
    let comment = "The relay had none left: three agreements, and the KEM secret for the signed prekey.";
    sheet.script(note("first-message-without-one-time-prekey", "HSK-5 HSK-7 HSK-8", comment), |script| {
        script.initiate("alice", "bob", 0)?;
        script.encrypt("hello", "alice", "hello")?;
        script.receive("bob-hears-hello", "bob", "alice", of("hello"))
    })?;
    let comment =
        "Each message before the first answer carries the handshake, and any of them may arrive first.";
    sheet.script(
        note("first-message-third-arrives-first", "HSK-10 HSK-13 HSK-15 SES-1", comment),
        |script| {
            script.initiate("alice", "bob", 7)?;
            for name in ["one", "two", "three"] {
                script.encrypt(name, "alice", name)?;
            }
            script.receive("bob-hears-three", "bob", "alice", of("three"))?;
            script.receive("bob-hears-one", "bob", "alice", of("one"))?;
            script.receive("bob-hears-two", "bob", "alice", of("two"))
        },
    )?;
    let comment = "After Bob's answer, Alice's messages are 1,162 bytes shorter.";
    sheet.script(note("handshake-is-dropped-after-the-answer", "HSK-13", comment), |script| {
        script.established()?;
        let message = script.encrypt("on", "alice", "on")?;
        if message.first() != Some(&0x11) {
            return Err("the handshake is still there".into());
        }
        script.decrypt("bob-hears-on", "bob", of("on"))
    })?;
    let comment = "Kind and handshake are outside of the tags: taking the handshake from a later message changes nothing.";
    sheet.script(note("handshake-stripped-from-a-later-message", "HSK-15", comment), |script| {
        script.begin()?;
        script.encrypt("more", "alice", "more")?;
        let stripped = Value::List(vec![Value::bytes(&[0x11]), part("more", HANDSHAKE_BYTES + 1, None)]);
        script.decrypt("bob-hears-more", "bob", stripped)
    })
}

/// What the initiator refuses.
fn bundles(sheet: &mut Sheet) -> Result<()> {
    let comment = "The prekeys of a bundle are verified before anything is computed.";
    sheet.script(note("bundle-with-altered-signature", "HSK-1 IDN-10", comment).threat("H1"), |script| {
        script.refuse_to_initiate("alice", "bob-altered-prekey-signature", NOW, "signature")?;
        script.initiate("alice", "bob", 7)
    })?;
    let comment = "The relay hands out prekeys whose date has passed.";
    sheet.script(note("bundle-with-expired-prekeys", "HSK-1 IDN-12", comment).threat("H1"), |script| {
        script.refuse_to_initiate("alice", "bob", NOW + WEEK + 1, "stale")?;
        script.initiate("alice", "bob", 7)
    })
}

/// Alice's first message, what became of it on the way, and what Bob says to that; then the message itself.
fn tampered(script: &mut Script<'_>, message: Value, word: &str) -> Result<()> {
    script.initiate("alice", "bob", 7)?;
    script.encrypt("hello", "alice", "hello")?;
    script.turn_away("bob-refuses", "bob", "alice", message, word)?;
    script.receive("bob-hears-hello", "bob", "alice", of("hello"))
}

/// The first message with other bytes at an offset.
fn replaced(at: usize, bytes: &[u8]) -> Value {
    let end = at.saturating_add(bytes.len());
    Value::List(vec![part("hello", 0, Some(at)), Value::bytes(bytes), part("hello", end, None)])
}

fn altered(sheet: &mut Sheet) -> Result<()> {
    let key = CIPHERTEXT + 1088;
    for (id, reqs, threat, message, word) in [
        ("handshake-suite-2", "HSK-2", "H8", replaced(SUITE, &[2]), "version"),
        ("handshake-suite-0", "HSK-2", "H8", replaced(SUITE, &[0]), "version"),
        ("handshake-account-key-bit", "HSK-11", "P7", flipped("hello", ACCOUNT, "01"), "unknown_prekey"),
        ("handshake-device-2", "HSK-11", "P7", replaced(DEVICE, &[2]), "unknown_prekey"),
        ("handshake-device-0", "HSK-16", "H9", replaced(DEVICE, &[0]), "malformed"),
        ("handshake-device-128", "HSK-16", "H9", replaced(DEVICE, &[128]), "malformed"),
        ("handshake-ephemeral-key-bit", "HSK-7 HSK-9", "P7", flipped("hello", EPHEMERAL, "01"), "mac"),
        (
            "handshake-other-signed-prekey",
            "HSK-11",
            "P7",
            replaced(SIGNED_PREKEY, &[0, 0, 0, 2]),
            "unknown_prekey",
        ),
        (
            "handshake-signed-prekey-little-endian",
            "HSK-11",
            "W6",
            replaced(SIGNED_PREKEY, &[1, 0, 0, 0]),
            "unknown_prekey",
        ),
        ("handshake-signed-prekey-0", "HSK-16", "P7", replaced(SIGNED_PREKEY, &[0; 4]), "malformed"),
        (
            "handshake-unknown-one-time-prekey",
            "HSK-11",
            "H5",
            replaced(ONE_TIME_PREKEY, &[0, 0, 0, 9]),
            "unknown_prekey",
        ),
        (
            "handshake-other-one-time-prekey",
            "HSK-7 HSK-9",
            "P7",
            replaced(ONE_TIME_PREKEY, &[0, 0, 0, 8]),
            "mac",
        ),
        (
            "handshake-one-time-prekey-stripped",
            "HSK-7 HSK-9",
            "P7",
            replaced(ONE_TIME_PREKEY, &[0; 4]),
            "mac",
        ),
        ("handshake-ciphertext-first-bit", "HSK-7 HSK-9", "P9", flipped("hello", CIPHERTEXT, "01"), "mac"),
        (
            "handshake-ciphertext-last-bit",
            "HSK-7 HSK-9",
            "P9",
            flipped("hello", CIPHERTEXT + 1087, "80"),
            "mac",
        ),
        ("first-message-header-bit", "SES-13", "R1", flipped("hello", key, "01"), "mac"),
        ("first-message-header-tag-bit", "SES-13", "P15", flipped("hello", key + 80, "01"), "mac"),
        ("first-message-commitment-bit", "SES-12", "F2", flipped("hello", key + 96, "01"), "mac"),
        ("first-message-payload-bit", "HSK-9 SES-14", "R1", flipped("hello", key + 128, "01"), "mac"),
        ("first-message-last-bit", "SES-13", "P15", flipped("hello", key + 128 + 5 + 15, "80"), "mac"),
        ("first-message-version-2", "SES-2", "H8", flipped("hello", 0, "30"), "version"),
        ("first-message-kind-3", "SES-2", "H8", flipped("hello", 0, "01"), "malformed"),
        ("first-message-cut-in-the-handshake", "SES-3", "R1", part("hello", 0, Some(500)), "malformed"),
        (
            "first-message-one-byte-short",
            "SES-3 SES-14",
            "R1",
            part("hello", 0, Some(key + 128 + 5 + 15)),
            "mac",
        ),
        (
            "first-message-one-byte-more",
            "SES-3 SES-14",
            "W6",
            Value::List(vec![of("hello"), Value::bytes(&[0])]),
            "mac",
        ),
    ] {
        let comment = "Nothing is used up: the message itself opens afterwards.";
        sheet.script(note(id, reqs, comment).threat(threat), |script| tampered(script, message, word))?;
    }
    let comment = "Without a handshake and without a session there is nothing to open it with.";
    let bare = Value::List(vec![Value::bytes(&[0x11]), part("hello", HANDSHAKE_BYTES + 1, None)]);
    sheet.script(note("first-message-without-its-handshake", "SES-29", comment).threat("H8"), |script| {
        tampered(script, bare, "no_session")
    })?;
    let comment = "A handshake that names Bob's own device, said to come from Bob.";
    let bob = Cast::bob()?;
    let own = replaced(ACCOUNT, bob.certificate.account.as_bytes());
    sheet.script(note("handshake-from-oneself", "HSK-3", comment).threat("H10"), |script| {
        script.initiate("alice", "bob", 7)?;
        script.encrypt("hello", "alice", "hello")?;
        script.turn_away("bob-refuses", "bob", "bob", own, "unknown_prekey")?;
        script.receive("bob-hears-hello", "bob", "alice", of("hello"))
    })
}

fn ephemeral_keys(sheet: &mut Sheet) -> Result<()> {
    for (n, point) in (1..).zip(curve::low_order_montgomery()) {
        let comment = "An ephemeral key of small order: the agreements would be all zeros.";
        let note =
            note(format!("handshake-ephemeral-key-small-order-{n}"), "HSK-6 PRM-4", comment).threat("P1");
        let message = replaced(EPHEMERAL, &point);
        sheet.script(note.catches(&["accept-low-order"]), |script| tampered(script, message, "key"))?;
    }
    for (id, comment, key) in [
        ("handshake-ephemeral-key-prime", "p is a second name of 0.", curve::prime_plus(0)),
        (
            "handshake-ephemeral-key-prime-plus-9",
            "p + 9 is a second name of the base point.",
            curve::prime_plus(9),
        ),
    ] {
        let message = replaced(EPHEMERAL, &key);
        sheet.script(note(id, "HSK-12", comment).threat("P2"), |script| tampered(script, message, "key"))?;
    }
    let comment = "The same key with its highest bit set would be a second handshake with the same secrets.";
    let message = flipped("hello", EPHEMERAL + 31, "80");
    sheet.script(note("handshake-ephemeral-key-high-bit", "HSK-12", comment).threat("P2"), |script| {
        tampered(script, message, "key")
    })
}
