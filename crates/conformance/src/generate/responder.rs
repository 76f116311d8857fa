//! `handshake/first-message.json`: other records, repetitions, lies told with the right keys.

use super::{
    Result,
    first_message::CIPHERTEXT,
    forge::{Forger, Forgery},
    people::{Cast, NOW, WEEK, people},
    script::{flipped, of, part},
    sheet::{Sheet, note},
};
use crate::{value::Value, vector::Person};
use aside_identity::PrekeyKind;
use aside_wire::packet::HANDSHAKE_BYTES;
use std::collections::BTreeMap;

/// Alice, Bob and Carol; and what each of them would be with one thing changed.
pub(super) fn cast() -> Result<BTreeMap<String, Person>> {
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

/// Both sides must have the same records of each other.
pub(super) fn other_records(sheet: &mut Sheet) -> Result<()> {
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

pub(super) fn repeated(sheet: &mut Sheet) -> Result<()> {
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
pub(super) fn forged(sheet: &mut Sheet) -> Result<()> {
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
        (
            "first-message-with-kem-control",
            "EPO-8",
            "R12",
            &["adopt-unasked"],
            |d| d.control |= 1,
            "malformed",
        ),
        (
            "first-message-with-kem-chunk",
            "SES-17",
            "R12",
            &["ignore-control"],
            |d| d.chunk = [1; 32],
            "malformed",
        ),
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
