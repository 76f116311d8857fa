//! The handshake: what both sides agree on, and what a responder refuses.
use crate::pair::{Pair, own, receive};
use aside_identity::{Capabilities, Certificate, DeviceId, DeviceKeys, Prekey, PrekeyKind};
use aside_primitives::AgreementPublic;
use aside_session::{Bundle, CannotSend, Own, Prekeys, Refused, Session, handshake_hash, handshake_of};
use aside_testkit::{Broken, Person, person::NOW};
use aside_wire::{
    Malformed, Reject,
    packet::{HANDSHAKE_BYTES, OVERHEAD_BYTES},
};

/// Offsets of the handshake's fields in a first message.
const SUITE: usize = 1;
const ACCOUNT: usize = 2;
const DEVICE: usize = 34;
const EPHEMERAL: usize = 35;
const SIGNED_ID: usize = 67;
const ONE_TIME_ID: usize = 71;
const KEM: usize = 75;

/// The encodings of the points of small order on Curve25519.
fn low_order() -> Vec<[u8; 32]> {
    let hex = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    hex.iter()
        .map(|text| core::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()))
        .collect()
}

#[test]
fn h2_a_session_says_whether_it_began_with_a_one_time_prekey() {
    for one_time in [true, false] {
        let mut pair = Pair::new(11);
        let mut alice = pair.initiate(one_time);
        assert_eq!(alice.used_one_time_prekey(), Some(one_time));
        let message = pair.send(&mut alice, b"hello");
        assert_eq!(alice.used_one_time_prekey(), Some(one_time));
        // Whoever answers has the prekey itself; once the answer is there, the secrets are others.
        let (mut bob, _) = pair.respond(&message, one_time).unwrap();
        assert_eq!(bob.used_one_time_prekey(), None);
        let answer = pair.send(&mut bob, b"answer");
        receive(&mut alice, &answer).unwrap();
        assert_eq!(alice.used_one_time_prekey(), None);
    }
}

// HSK-5, HSK-7, HSK-8
#[test]
fn both_sides_agree_with_and_without_a_one_time_prekey() {
    for one_time in [true, false] {
        let mut pair = Pair::new(1);
        let mut alice = pair.initiate(one_time);
        let message = pair.send(&mut alice, b"hello");
        assert_eq!(message.len(), OVERHEAD_BYTES + HANDSHAKE_BYTES + 5);
        let (bob, received) = pair.respond(&message, one_time).unwrap();
        assert_eq!(*received.plaintext, b"hello");
        assert_eq!(alice.id(), bob.id());
    }
}

// HSK-13, HSK-15
#[test]
fn many_messages_before_the_first_answer_each_carry_the_handshake() {
    let mut pair = Pair::new(2);
    let mut alice = pair.initiate(true);
    let messages: Vec<_> = (0..20u8).map(|i| pair.send(&mut alice, &[i])).collect();
    // The third arrives first.
    let (mut bob, received) = pair.respond(&messages[2], true).unwrap();
    assert_eq!(*received.plaintext, [2]);
    for (i, message) in messages.iter().enumerate() {
        let handshake = handshake_of(message).unwrap().unwrap();
        assert_eq!(bob.accepted_handshake(), Some(&handshake_hash(&handshake)));
        let expected = if i == 2 { Err(Refused::Replay) } else { Ok(vec![u8::try_from(i).unwrap()]) };
        assert_eq!(receive(&mut bob, message), expected);
    }
    let answer = pair.send(&mut bob, b"answer");
    assert!(!alice.is_answered());
    receive(&mut alice, &answer).unwrap();
    assert!(alice.is_answered());
    assert_eq!(pair.send(&mut alice, b"").len(), OVERHEAD_BYTES);
}

// HSK-6, HSK-12, PRM-2 to PRM-4
#[test]
fn p1_low_order_keys_are_refused_in_every_slot() {
    for point in low_order() {
        // Identity and prekey slots: the long-lived check refuses the key itself.
        assert!(AgreementPublic::parse_long_lived(&point).is_err());

        // The ephemeral slot of a handshake.
        let mut pair = Pair::new(3);
        let mut alice = pair.initiate(true);
        let mut message = pair.send(&mut alice, b"hello");
        message[EPHEMERAL..EPHEMERAL + 32].copy_from_slice(&point);
        let refused = pair.respond(&message, true).unwrap_err();
        assert_eq!(refused.reject(), Reject::Key, "{point:02x?}");

        // Any slot, past the decoding: the one agreement refuses.
        if let Ok(key) = AgreementPublic::parse(&point) {
            assert!(pair.bob.keys.agreement.agree(&key).is_err(), "{point:02x?}");
        }
        // Bob's prekeys still serve.
        let good = pair.send(&mut alice, b"again");
        assert!(pair.respond(&good, true).is_ok());
    }
}

// HSK-9
#[test]
fn p9_a_tampered_kem_ciphertext_is_an_ordinary_failure_and_uses_nothing_up() {
    let mut pair = Pair::new(4);
    let mut alice = pair.initiate(true);
    let message = pair.send(&mut alice, b"hello");
    for offset in [KEM, KEM + 500, KEM + 1087] {
        let mut tampered = message.clone();
        tampered[offset] ^= 1;
        assert_eq!(pair.respond(&tampered, true).unwrap_err(), Refused::Mac);
    }
    let (_, received) = pair.respond(&message, true).unwrap();
    assert_eq!(*received.plaintext, b"hello");
}

#[test]
fn r1_every_flipped_bit_of_a_first_message_is_refused() {
    let mut pair = Pair::new(5);
    let mut alice = pair.initiate(true);
    let message = pair.send(&mut alice, b"hello");
    for offset in (0..KEM).chain((KEM..message.len()).step_by(41)).chain(KEM + 1088..message.len()) {
        for bit in 0..8 {
            let mut tampered = message.clone();
            tampered[offset] ^= 1 << bit;
            assert!(pair.respond(&tampered, true).is_err(), "byte {offset}, bit {bit}");
        }
    }
}

// HSK-2, HSK-7, HSK-11, HSK-16
#[test]
fn r1_hsk_15_a_live_session_takes_only_the_handshake_it_accepted() {
    let mut pair = Pair::new(12);
    let mut alice = pair.initiate(true);
    let first = pair.send(&mut alice, b"first");
    let second = pair.send(&mut alice, b"second");
    let (mut bob, _) = pair.respond(&first, true).unwrap();
    let before = bob.export();
    for offset in (1..=HANDSHAKE_BYTES).step_by(7) {
        let mut altered = second.clone();
        altered[offset] ^= 1;
        assert!(receive(&mut bob, &altered).is_err(), "byte {offset}");
    }
    // Another session's handshake before a message of this one.
    let mut other = pair.initiate(true);
    let foreign = pair.send(&mut other, b"other");
    let mut spliced = foreign[..=HANDSHAKE_BYTES].to_vec();
    spliced.extend_from_slice(&second[HANDSHAKE_BYTES + 1..]);
    assert_eq!(receive(&mut bob, &spliced), Err(Refused::WrongHandshake));
    assert_eq!(bob.export(), before);
    assert_eq!(receive(&mut bob, &second), Ok(b"second".to_vec()));
    // And the initiator accepts none at all.
    assert_eq!(receive(&mut alice, &foreign), Err(Refused::WrongHandshake));
}

#[test]
fn p7_every_element_of_the_transcript_is_bound() {
    let mut pair = Pair::new(6);
    let mut alice = pair.initiate(true);
    let message = pair.send(&mut alice, b"hello");
    let wrong = |offset: usize, value: u8| {
        let mut tampered = message.clone();
        tampered[offset] = value;
        pair.respond(&tampered, true).unwrap_err().reject()
    };
    assert_eq!(wrong(SUITE, 2), Reject::Version);
    assert_eq!(wrong(DEVICE, 0), Reject::Malformed);
    assert_eq!(wrong(DEVICE, 128), Reject::Malformed);
    assert_eq!(wrong(DEVICE, 2), Reject::UnknownPrekey);
    assert_eq!(wrong(ACCOUNT, message[ACCOUNT] ^ 1), Reject::UnknownPrekey);
    assert_eq!(wrong(SIGNED_ID + 3, 2), Reject::UnknownPrekey);
    assert_eq!(wrong(SIGNED_ID + 3, 0), Reject::Malformed);
    assert_eq!(wrong(ONE_TIME_ID + 3, 8), Reject::UnknownPrekey);
    assert_eq!(wrong(ONE_TIME_ID + 3, 0), Reject::UnknownPrekey);

    // The same handshake for other keys of the same ids: Bob's prekeys were replaced, or Alice's device was.
    let mut other = Pair::new(6);
    other.signed = other.bob.prekey(&mut other.rng, PrekeyKind::Signed, 1);
    assert_eq!(other.respond(&message, true).unwrap_err(), Refused::Mac);
    let mut other = Pair::new(6);
    other.one_time = other.bob.prekey(&mut other.rng, PrekeyKind::OneTime, 7);
    assert_eq!(other.respond(&message, true).unwrap_err(), Refused::Mac);
}

// HSK-7, HSK-11
#[test]
fn h6_keys_of_bob_republished_by_another_account_do_not_serve() {
    let mut pair = Pair::new(7);
    let mut alice = pair.initiate(true);
    let message = pair.send(&mut alice, b"hello");
    // Bob believes that Carol wrote it: her account key is not the one in the handshake.
    let carol = Person::new(&mut pair.rng);
    let prekeys = Prekeys { signed: &pair.signed.0, one_time: Some(&pair.one_time.0) };
    let refused = Session::respond(&own(&pair.bob), &carol.certificate, &prekeys, &message).unwrap_err();
    assert_eq!(refused, Refused::WrongHandshake);
    // Carol cannot answer what was meant for Bob, even with his prekeys.
    let refused = Session::respond(&own(&carol), &pair.alice.certificate, &prekeys, &message).unwrap_err();
    assert_eq!(refused, Refused::Mac);
}

// HSK-1, IDN-1, IDN-10, IDN-12
#[test]
fn h1_an_altered_prekey_signature_is_refused_before_anything_is_sent() {
    let mut pair = Pair::new(8);
    let now = NOW;
    for kind in [PrekeyKind::Signed, PrekeyKind::OneTime] {
        let (_, bytes) = pair.bob.signed_prekey(&mut pair.rng, kind, 9);
        assert!(Prekey::verify(&bytes, &pair.bob.certificate, kind, now).is_ok());
        for offset in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[offset] ^= 1;
            assert!(Prekey::verify(&altered, &pair.bob.certificate, kind, now).is_err(), "byte {offset}");
        }
        // Signed by another device, presented as the other kind, or past its date.
        assert!(Prekey::verify(&bytes, &pair.alice.certificate, kind, now).is_err());
        let other = if kind == PrekeyKind::Signed { PrekeyKind::OneTime } else { PrekeyKind::Signed };
        assert!(Prekey::verify(&bytes, &pair.bob.certificate, other, now).is_err());
        assert!(Prekey::verify(&bytes, &pair.bob.certificate, kind, u64::MAX).is_err());
    }
}

// HSK-11, SES-2
#[test]
fn h8_a_message_without_its_handshake_or_of_another_version_starts_nothing() {
    let mut pair = Pair::new(9);
    let mut alice = pair.initiate(true);
    let message = pair.send(&mut alice, b"hello");
    let mut bare = message.clone();
    bare.drain(1..=HANDSHAKE_BYTES);
    bare[0] = 0x11;
    assert_eq!(pair.respond(&bare, true).unwrap_err(), Refused::NoHandshake);
    let mut newer = message.clone();
    newer[0] = 0x22;
    assert_eq!(pair.respond(&newer, true).unwrap_err(), Refused::Malformed(Malformed::Version));
    let mut unknown = message;
    unknown[0] = 0x13;
    assert_eq!(pair.respond(&unknown, true).unwrap_err().reject(), Reject::Malformed);
}

// HSK-3, SES-12, SES-13
#[test]
fn h10_a_device_neither_writes_to_itself_nor_accepts_its_own_message() {
    let mut pair = Pair::new(10);
    let bundle = Bundle { certificate: &pair.bob.certificate, signed: &pair.signed.1, one_time: None };
    let refused = Session::initiate(&mut pair.rng, &own(&pair.bob), &bundle).unwrap_err();
    assert_eq!(refused, CannotSend::OwnDevice);

    let (mut alice, mut bob) = pair.established();
    let from_alice = pair.send(&mut alice, b"x");
    assert_eq!(receive(&mut alice, &from_alice).unwrap_err(), Refused::Mac);
    let from_bob = pair.send(&mut bob, b"x");
    assert_eq!(receive(&mut bob, &from_bob).unwrap_err(), Refused::Mac);
}

// HSK-3, HSK-11
#[test]
fn h10_a_first_message_from_oneself_is_refused_and_one_from_another_own_device_is_not() {
    let mut pair = Pair::new(13);
    let mut alice = pair.initiate(true);
    let message = pair.send(&mut alice, b"hello");
    let prekeys = Prekeys { signed: &pair.signed.0, one_time: Some(&pair.one_time.0) };
    let own_first = Session::respond(&own(&pair.alice), &pair.alice.certificate, &prekeys, &message);
    assert_eq!(own_first.unwrap_err(), Refused::WrongHandshake);

    let keys = DeviceKeys::generate(&mut pair.rng).unwrap();
    let second = DeviceId::parse(2).unwrap();
    let certificate = Certificate::issue(&pair.bob.account, second, &keys, NOW, Capabilities::NONE);
    let second = Own { certificate: &certificate, agreement: &keys.agreement };
    let bundle = Bundle { certificate: &pair.bob.certificate, signed: &pair.signed.1, one_time: None };
    let mut from_second = Session::initiate(&mut pair.rng, &second, &bundle).unwrap();
    let message = pair.send(&mut from_second, b"from the other device");
    let prekeys = Prekeys { signed: &pair.signed.0, one_time: None };
    let (_, received) = Session::respond(&own(&pair.bob), &certificate, &prekeys, &message).unwrap();
    assert_eq!(*received.plaintext, b"from the other device");
}

// HSK-17
#[test]
fn h6_a_bundle_is_of_one_device_and_each_prekey_of_its_kind() {
    let mut pair = Pair::new(14);
    let carol = Person::new(&mut pair.rng);
    let (_, carols_signed) = carol.prekey(&mut pair.rng, PrekeyKind::Signed, 1);
    let (_, carols_one_time) = carol.prekey(&mut pair.rng, PrekeyKind::OneTime, 7);
    let (signed, one_time) = (&pair.signed.1, &pair.one_time.1);
    for (signed, one_time) in [
        (&carols_signed, None),
        (&carols_signed, Some(one_time)),
        (one_time, None),
        (one_time, Some(one_time)),
        (signed, Some(&carols_one_time)),
        (signed, Some(signed)),
    ] {
        let bundle = Bundle { certificate: &pair.bob.certificate, signed, one_time };
        let refused = Session::initiate(&mut pair.rng, &own(&pair.alice), &bundle).unwrap_err();
        assert_eq!(refused, CannotSend::WrongBundle);
    }
}

// PRM-14
#[test]
fn p11_without_randomness_nothing_is_sent_and_nothing_changes() {
    let mut pair = Pair::new(11);
    let (mut alice, mut bob) = pair.established();
    for mut broken in [Broken::Failing, Broken::Zeros] {
        let bundle = Bundle { certificate: &pair.bob.certificate, signed: &pair.signed.1, one_time: None };
        let refused = Session::initiate(&mut broken, &own(&pair.alice), &bundle).unwrap_err();
        assert!(matches!(refused, CannotSend::Entropy(_)));
        for session in [&mut alice, &mut bob] {
            let before = session.export();
            let refused =
                session.encrypt(&mut broken, b"x", |key| crate::pair::commitment(key, b"x")).unwrap_err();
            assert!(matches!(refused, CannotSend::Entropy(_)));
            assert_eq!(session.export(), before);
        }
    }
}
