//! `handshake/`: the key schedule, and what a responder refuses.

use super::{
    Result, curve,
    forge::{Forger, Forgery},
    people::{Cast, NOW, WEEK, people},
    script::{Script, flipped, of, part},
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level, Person},
};
use aside_identity::PrekeyKind;
use aside_wire::packet::{HANDSHAKE_BYTES, Handshake};
use std::collections::BTreeMap;

const CHAPTER: &str = "spec/handshake.md";

/// Offsets in a first message.
const SUITE: usize = 1;
const ACCOUNT: usize = 2;
const DEVICE: usize = 34;
const EPHEMERAL: usize = 35;
const SIGNED_PREKEY: usize = 67;
const ONE_TIME_PREKEY: usize = 71;
const CIPHERTEXT: usize = 75;

pub(super) fn schedule() -> Result<File> {
    let about = "The key schedule of the handshake, step by step: hash, transcript, keys.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about);
    let (alice, bob) = (Cast::new("alice")?, Cast::bob()?);
    let bytes = |one_time: Option<u32>| {
        let account = alice.certificate.account;
        Handshake::join(account.as_bytes(), 1, &[0xE1; 32], 1, one_time, &[0xCC; 1088])
    };
    let comment = "What a responder remembers of the handshake.";
    let input = Fields::new().bytes("handshake", bytes(Some(7)));
    sheet.accept(note("handshake-hash", "HSK-10", comment), "handshake.hash", input)?;
    let mut ids = Vec::new();
    for (id, comment, one_time) in [
        ("transcript-with-one-time-prekey", "Twelve parts, each after its length.", Some(7)),
        ("transcript-without-one-time-prekey", "The last part is empty.", None),
    ] {
        let body = one_time.map(|id| bob.prekey(PrekeyKind::OneTime, id)).transpose()?;
        let input = sides(&alice, &bob)
            .bytes("handshake", bytes(one_time))
            .bytes("signed_prekey", bob.prekey(PrekeyKind::Signed, 1)?.body())
            .bytes("one_time_prekey", body.map(|prekey| prekey.body().to_vec()).unwrap_or_default());
        let note = note(id, "HSK-7 PRM-1", comment).threat("P7");
        ids.push(bytes_of(&sheet.accept(note, "handshake.transcript", input)?, "session_id")?);
    }
    for (id, comment, count) in [
        ("handshake-keys-with-four-agreements", "0xFF × 32, DH1 to DH4, SS.", 4u8),
        ("handshake-keys-with-three-agreements", "0xFF × 32, DH1 to DH3, SS.", 3),
    ] {
        let agreements = (1..=count).map(|n| material(&format!("DH{n}"), 32));
        let input = Fields::new()
            .bytes("session_id", ids.first().cloned().unwrap_or_default())
            .bytes_list("agreements", agreements)
            .bytes("kem_secret", material("SS", 32));
        sheet.accept(note(id, "HSK-8 PRM-10", comment), "handshake.keys", input)?;
    }
    Ok(sheet.finish())
}

fn sides(alice: &Cast, bob: &Cast) -> Fields {
    [("initiator", alice), ("responder", bob)].into_iter().fold(Fields::new(), |fields, (name, side)| {
        let certificate = &side.certificate;
        fields
            .bytes(&format!("{name}_account"), certificate.account.as_bytes())
            .number(&format!("{name}_device"), certificate.device.byte())
            .bytes(&format!("{name}_signing"), certificate.signing_key.as_bytes())
            .bytes(&format!("{name}_agreement"), certificate.agreement_key.as_bytes())
    })
}

/// Alice, Bob and Carol; and what each of them would be with one thing changed.
fn cast() -> Result<BTreeMap<String, Person>> {
    let alice = Cast::new("alice")?;
    let bob = Cast::bob()?;
    let carol = Cast::new("carol")?.with_prekeys("carol")?;
    let other_alice = Cast::with("alice account key", "alice other signing key", "alice agreement key")?;
    let other_agreement = Cast::with("alice account key", "alice signing key", "alice other agreement key")?;
    let bob_signing = Cast::with("bob account key", "bob other signing key", "bob agreement key")?;
    let bob_agreement = Cast::with("bob account key", "bob signing key", "bob other agreement key")?;
    let later = Cast::new("bob")?
        .leave("bob signed prekey 1", PrekeyKind::Signed, 1, NOW + WEEK + 1)?
        .leave("bob one-time prekey 7", PrekeyKind::OneTime, 7, NOW + WEEK)?;
    let renewed = Cast::new("bob")?
        .leave("bob renewed signed prekey 1", PrekeyKind::Signed, 1, NOW + WEEK)?
        .leave("bob one-time prekey 7", PrekeyKind::OneTime, 7, NOW + WEEK)?;
    let renewed_one_time = Cast::new("bob")?
        .leave("bob signed prekey 1", PrekeyKind::Signed, 1, NOW + WEEK)?
        .leave("bob renewed one-time prekey 7", PrekeyKind::OneTime, 7, NOW + WEEK)?;
    let mut people = people(&[
        ("alice", &alice),
        ("alice-other-signing-key", &other_alice),
        ("alice-other-agreement-key", &other_agreement),
        ("bob", &bob),
        ("bob-other-signing-key", &bob_signing.with_prekeys("bob")?),
        ("bob-other-agreement-key", &bob_agreement.with_prekeys("bob")?),
        ("bob-other-prekey-date", &later),
        ("bob-renewed-signed-prekey", &renewed),
        ("bob-renewed-one-time-prekey", &renewed_one_time),
        ("carol", &carol),
    ])?;
    let mut tampered = bob.person()?;
    for prekey in &mut tampered.prekeys {
        let mut bytes = crate::hex::decode(&prekey.signed).unwrap_or_default();
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        prekey.signed = crate::hex::encode(&bytes);
    }
    people.insert("bob-altered-prekey-signature".to_owned(), tampered);
    Ok(people)
}

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

/// Both sides must have the same records of each other.
fn other_records(sheet: &mut Sheet) -> Result<()> {
    for (id, reqs, threat, peer, word) in [
        ("handshake-believed-to-be-from-carol", "HSK-11", "H6", "carol", "unknown_prekey"),
        ("handshake-initiator-has-other-signing-key", "HSK-7", "P7", "alice-other-signing-key", "mac"),
        ("handshake-initiator-has-other-agreement-key", "HSK-7", "P7", "alice-other-agreement-key", "mac"),
    ] {
        let comment = "Bob's record of the sender is another one.";
        sheet.script(note(id, reqs, comment).threat(threat), |script| {
            script.initiate("alice", "bob", 7)?;
            script.encrypt("hello", "alice", "hello")?;
            script.turn_away("bob-refuses", "bob", peer, of("hello"), word)?;
            script.receive("bob-hears-hello", "bob", "alice", of("hello"))
        })?;
    }
    for (id, threat, responder) in [
        ("handshake-responder-has-other-signing-key", "P7", "bob-other-signing-key"),
        ("handshake-responder-has-other-agreement-key", "P7", "bob-other-agreement-key"),
        ("handshake-prekey-body-with-other-date", "P7", "bob-other-prekey-date"),
        ("handshake-signed-prekey-renewed-under-its-id", "P7", "bob-renewed-signed-prekey"),
        ("handshake-one-time-prekey-renewed-under-its-id", "P7", "bob-renewed-one-time-prekey"),
        ("handshake-opened-by-carol", "H6", "carol"),
    ] {
        let comment = "The responder's own records are others than those the initiator used.";
        sheet.script(note(id, "HSK-7 HSK-9", comment).threat(threat), |script| {
            script.initiate("alice", "bob", 7)?;
            script.encrypt("hello", "alice", "hello")?;
            script.turn_away("refused", responder, "alice", of("hello"), "mac")?;
            script.receive("bob-hears-hello", "bob", "alice", of("hello"))
        })?;
    }
    Ok(())
}

fn repeated(sheet: &mut Sheet) -> Result<()> {
    let replays = &["accept-replay"];
    let comment = "The session lives: the message belongs to it, and was received before.";
    let note_ = note("first-message-again", "HSK-10 SES-20", comment).threat("H4");
    sheet.script(note_.catches(replays), |script| {
        script.begin()?;
        script.turn_away("bob-hears-hello-again", "bob", "alice", of("hello"), "replay")
    })?;
    let comment = "The session is gone, and the handshake is remembered.";
    let note_ = note("first-message-after-the-session-is-gone", "HSK-10 HSK-14", comment).threat("H4");
    sheet.script(note_.catches(replays), |script| {
        script.begin()?;
        script.forget("bob-wipes-the-session", "bob")?;
        script.turn_away("bob-hears-hello-again", "bob", "alice", of("hello"), "replay")
    })?;
    let comment = "Without a one-time prekey nothing is used up, so that only the hash tells.";
    let note_ = note("first-message-without-one-time-prekey-again", "HSK-10 HSK-14", comment).threat("H4");
    sheet.script(note_.catches(replays), |script| {
        script.initiate("alice", "bob", 0)?;
        script.encrypt("hello", "alice", "hello")?;
        script.receive("bob-hears-hello", "bob", "alice", of("hello"))?;
        script.forget("bob-wipes-the-session", "bob")?;
        script.turn_away("bob-hears-hello-again", "bob", "alice", of("hello"), "replay")
    })?;
    let comment =
        "The relay handed out one prekey twice: the second handshake finds it wiped, the third uses another.";
    sheet.script(
        note("one-time-prekey-used-twice", "HSK-11 HSK-14 IDN-15", comment).threat("H5"),
        |script| {
            script.begin()?;
            script.initiate("alice-2", "bob", 7)?;
            script.encrypt("hello-2", "alice-2", "hello again")?;
            script.turn_away("bob-refuses", "bob-2", "alice", of("hello-2"), "unknown_prekey")?;
            script.initiate("alice-3", "bob", 8)?;
            script.encrypt("hello-3", "alice-3", "hello once more")?;
            script.receive("bob-hears-hello-3", "bob-3", "alice", of("hello-3"))
        },
    )?;
    let comment = "Alice answered no handshake, so that none may stand before Bob's messages.";
    sheet.script(note("handshake-before-a-message-of-the-responder", "HSK-15", comment), |script| {
        script.begin()?;
        script.encrypt("hi", "bob", "hi")?;
        let front = part("hello", 0, Some(HANDSHAKE_BYTES + 1));
        let with_handshake = Value::List(vec![front, part("hi", 1, None)]);
        script.refuse("alice-refuses", "alice", with_handshake, "unknown_prekey")?;
        script.decrypt("alice-hears-hi", "alice", of("hi"))
    })?;
    let comment = "The handshake before a later message is not the one that Bob accepted.";
    sheet.script(note("other-handshake-before-a-later-message", "HSK-15", comment), |script| {
        script.begin()?;
        script.encrypt("more", "alice", "more")?;
        script.refuse("bob-refuses", "bob", flipped("more", CIPHERTEXT, "01"), "unknown_prekey")?;
        script.decrypt("bob-hears-more", "bob", of("more"))
    })
}

/// What somebody with all the right keys may not say in a first message.
fn forged(sheet: &mut Sheet) -> Result<()> {
    let cases: [Forgery; 9] = [
        ("first-message-of-a-second-chain", "SES-18", "R1", &[], |d| d.header.previous = 1, "malformed"),
        ("first-message-at-the-bound-and-one-past-it", "SES-21", "R2", &[], |d| d.at(1_001), "too_far"),
        (
            "first-message-with-the-greatest-number",
            "SES-21",
            "R2",
            &[],
            |d| d.header.number = 0xFF_FFFF,
            "too_far",
        ),
        ("first-message-with-kem-control", "SES-17", "R12", &[], |d| d.header.control = 1, "malformed"),
        ("first-message-with-kem-chunk", "SES-17", "R12", &[], |d| d.header.chunk = [1; 32], "malformed"),
        (
            "first-message-ratchet-key-not-canonical",
            "SES-16",
            "P2",
            &[],
            |d| d.header.ratchet_key = [0xFF; 32],
            "key",
        ),
        (
            "first-message-ratchet-key-zero",
            "PRM-4 HSK-6",
            "P1",
            &["accept-low-order"],
            |d| d.header.ratchet_key = [0; 32],
            "key",
        ),
        ("first-message-under-keys-of-another-number", "SES-14", "R1", &[], |d| d.key_of = 1, "mac"),
        (
            "first-message-with-wrong-commitment",
            "CON-11 PRM-13",
            "F1",
            &["skip-commitment"],
            |d| d.commitment = Some([7; 32]),
            "commitment",
        ),
    ];
    for (id, reqs, threat, catches, edit, word) in cases {
        let comment = "Made with the right keys; Bob has no session afterwards, and the prekey still serves.";
        sheet.script(note(id, reqs, comment).threat(threat).catches(catches), |script| {
            script.initiate("alice", "bob", 7)?;
            let hello = script.encrypt("hello", "alice", "hello")?;
            let ratchet = script.ratchet_of("alice-initiates")?;
            let forger = Forger::new(&Cast::new("alice")?, &Cast::bob()?, &hello, ratchet)?;
            let lie = forger.message(|draft| {
                draft.front = hello.get(..=HANDSHAKE_BYTES).unwrap_or_default().to_vec();
                edit(draft);
            })?;
            script.turn_away("bob-refuses", "bob", "alice", Value::bytes(&lie), word)?;
            script.receive("bob-hears-hello", "bob", "alice", of("hello"))
        })?;
    }
    Ok(())
}
