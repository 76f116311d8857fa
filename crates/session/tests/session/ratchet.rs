//! The double ratchet: order, loss, duplication, bounds, forgery.
use crate::pair::{Pair, receive, restored};
use aside_session::{ImportError, Refused, Session, StaleTransition, limits};
use aside_wire::packet::OVERHEAD_BYTES;
use std::collections::BTreeSet;

// SES-4, SES-6, SES-7
#[test]
fn a_conversation_goes_on_through_many_turns() {
    let mut pair = Pair::new(1);
    let (mut alice, mut bob) = pair.established();
    for turn in 0..20u8 {
        for n in 0..3u8 {
            let message = pair.send(&mut alice, &[turn, n]);
            assert_eq!(message.len(), OVERHEAD_BYTES + 2);
            assert_eq!(receive(&mut bob, &message), Ok(vec![turn, n]));
        }
        let message = pair.send(&mut bob, &[turn]);
        assert_eq!(receive(&mut alice, &message), Ok(vec![turn]));
    }
}

// SES-15, SES-20
#[test]
fn late_messages_open_across_turns_and_only_once() {
    let mut pair = Pair::new(2);
    let (mut alice, mut bob) = pair.established();
    let mut late = Vec::new();
    for turn in 0..3u8 {
        let messages: Vec<_> = (0..5u8).map(|n| pair.send(&mut alice, &[turn, n])).collect();
        receive(&mut bob, &messages[3]).unwrap();
        late.extend(messages.into_iter().enumerate().filter(|(n, _)| *n != 3).map(|(_, m)| m));
        let answer = pair.send(&mut bob, b"");
        receive(&mut alice, &answer).unwrap();
    }
    late.reverse();
    let texts: BTreeSet<_> = late.iter().map(|message| receive(&mut bob, message).unwrap()).collect();
    assert_eq!(texts.len(), 12);
    for message in &late {
        assert_eq!(receive(&mut bob, message), Err(Refused::Replay));
    }
}

// SES-20
#[test]
fn r8_a_redelivered_message_is_a_replay_and_nothing_else() {
    let mut pair = Pair::new(3);
    let (mut alice, mut bob) = pair.established();
    // The first turns the ratchet, the others stay in its chain.
    let messages = [b"1", b"2", b"3"].map(|text| pair.send(&mut alice, text));
    for (message, text) in messages.iter().zip([b"1", b"2", b"3"]) {
        assert_eq!(receive(&mut bob, message), Ok(text.to_vec()));
    }
    let before = bob.export();
    for message in messages.iter().cycle().take(9) {
        assert_eq!(receive(&mut bob, message), Err(Refused::Replay));
    }
    assert_eq!(bob.export(), before);
    // Also when the peer has turned the ratchet since, and again.
    for _ in 0..2 {
        let answer = pair.send(&mut bob, b"");
        receive(&mut alice, &answer).unwrap();
        let next = pair.send(&mut alice, b"next");
        receive(&mut bob, &next).unwrap();
        for message in &messages {
            assert_eq!(receive(&mut bob, message), Err(Refused::Replay));
        }
    }
}

// SES-3, SES-12 to SES-14
#[test]
fn r1_no_unauthenticated_byte_changes_the_state() {
    let mut pair = Pair::new(4);
    let (mut alice, mut bob) = pair.established();
    // Once within the chain and once when the message turns the ratchet.
    for turning in [false, true] {
        if turning {
            let answer = pair.send(&mut bob, b"");
            receive(&mut alice, &answer).unwrap();
        }
        let message = pair.send(&mut alice, b"hello");
        let before = bob.export();
        for offset in 0..message.len() {
            for bit in 0..8 {
                let mut flipped = message.clone();
                flipped[offset] ^= 1 << bit;
                assert!(receive(&mut bob, &flipped).is_err(), "byte {offset}, bit {bit}");
            }
        }
        for length in 0..message.len() {
            assert!(receive(&mut bob, &message[..length]).is_err());
        }
        let mut longer = message.clone();
        longer.push(0);
        assert!(receive(&mut bob, &longer).is_err());
        assert_eq!(bob.export(), before);
        assert_eq!(receive(&mut bob, &message), Ok(b"hello".to_vec()));
    }
}

// SES-14, SES-27
#[test]
fn r1_a_message_that_was_not_accepted_leaves_no_trace() {
    let mut pair = Pair::new(5);
    let (mut alice, mut bob) = pair.established();
    let message = pair.send(&mut alice, b"hello");
    let before = bob.export();
    let (received, transition) = bob.decrypt(&message).unwrap();
    drop((received, transition));
    assert_eq!(bob.export(), before);
    // A transition serves once, in the state it was made for.
    let (_, first) = bob.decrypt(&message).unwrap();
    let (_, second) = bob.decrypt(&message).unwrap();
    bob.advance(first).unwrap();
    assert_eq!(bob.advance(second), Err(StaleTransition));
    assert_eq!(receive(&mut bob, &message), Err(Refused::Replay));
}

// SES-21
#[test]
fn r2_a_jump_at_the_bound_is_followed_and_one_past_it_refused() {
    let mut pair = Pair::new(6);
    let (mut alice, mut bob) = pair.established();
    let jump = usize::try_from(limits::JUMP).unwrap();
    let messages: Vec<_> = (0..jump + 2).map(|_| pair.send(&mut alice, b"x")).collect();
    let before = bob.export();
    assert_eq!(receive(&mut bob, &messages[jump + 1]), Err(Refused::TooFar));
    assert_eq!(bob.export(), before);
    assert!(receive(&mut bob, &messages[jump]).is_ok());
    assert!(receive(&mut bob, &messages[jump + 1]).is_ok());
    assert!(receive(&mut bob, &messages[0]).is_ok());
}

// SES-18, SES-21
#[test]
fn r2_a_jump_over_the_end_of_a_chain_is_bounded_too() {
    let mut pair = Pair::new(7);
    let (mut alice, mut bob) = pair.established();
    let jump = usize::try_from(limits::JUMP).unwrap();
    for extra in [0, 1] {
        // Bob misses the rest of a chain of Alice, who turns because Bob has written.
        let mut far = Session::import(&bob.export()).unwrap();
        let mut writer = Session::import(&alice.export()).unwrap();
        for _ in 0..jump + extra {
            pair.send(&mut writer, b"lost");
        }
        let answer = pair.send(&mut far, b"");
        receive(&mut writer, &answer).unwrap();
        let turned = pair.send(&mut writer, b"turned");
        let result = receive(&mut far, &turned);
        assert_eq!(result, if extra == 0 { Ok(b"turned".to_vec()) } else { Err(Refused::TooFar) });
    }
    let message = pair.send(&mut alice, b"still there");
    assert!(receive(&mut bob, &message).is_ok());
}

// SES-22, SES-24
#[test]
fn r3_kept_keys_are_bounded_and_dropped_ones_are_told_apart_from_replays() {
    let mut pair = Pair::new(8);
    let (mut alice, mut bob) = pair.established();
    let jump = usize::try_from(limits::JUMP).unwrap();
    let mut missed = Vec::new();
    // Three jumps of 1,000 leave 3,000 keys, and 2,000 are kept.
    for _ in 0..3 {
        missed.extend((0..jump).map(|_| pair.send(&mut alice, b"late")));
        let last = pair.send(&mut alice, b"in time");
        receive(&mut bob, &last).unwrap();
    }
    let dropped = missed.len() - limits::KEPT_KEYS;
    assert_eq!(receive(&mut bob, &missed[0]), Err(Refused::KeyExpired));
    assert_eq!(receive(&mut bob, &missed[dropped - 1]), Err(Refused::KeyExpired));
    assert!(receive(&mut bob, &missed[dropped]).is_ok());
    assert_eq!(receive(&mut bob, &missed[dropped]), Err(Refused::Replay));
    assert!(bob.export().len() < 80_000);
    let again = Session::import(&bob.export()).unwrap();
    assert_eq!(again.export(), bob.export());
}

// SES-23
#[test]
fn r3_a_chain_is_forgotten_after_a_few_turns() {
    let mut pair = Pair::new(9);
    let (mut alice, mut bob) = pair.established();
    let late = pair.send(&mut alice, b"late");
    for turn in 0..=limits::OLD_CHAINS {
        let next = pair.send(&mut alice, b"");
        receive(&mut bob, &next).unwrap();
        let answer = pair.send(&mut bob, b"");
        receive(&mut alice, &answer).unwrap();
        let mut copy = Session::import(&bob.export()).unwrap();
        assert!(receive(&mut copy, &late).is_ok(), "turn {turn}");
    }
    let next = pair.send(&mut alice, b"");
    receive(&mut bob, &next).unwrap();
    assert_eq!(receive(&mut bob, &late), Err(Refused::Mac));
}

// SES-5
#[test]
fn r4_a_cloned_state_repeats_no_nonce() {
    let mut pair = Pair::new(10);
    let (mut alice, mut bob) = pair.established();
    let message = pair.send(&mut alice, b"before");
    receive(&mut bob, &message).unwrap();
    let mut one = Session::import(&alice.export()).unwrap();
    let mut two = Session::import(&alice.export()).unwrap();
    let (a, b) = (pair.send(&mut one, b"same"), pair.send(&mut two, b"same"));
    // The same key at the same place, but another salt: no ciphertext byte lines up.
    assert_ne!(a[129..133], b[129..133]);
    assert!(receive(&mut bob, &a).is_ok());
    assert_eq!(receive(&mut bob, &b), Err(Refused::Replay));
}

// SES-3, SES-15
#[test]
fn r10_garbage_costs_a_bounded_number_of_trials_and_changes_nothing() {
    let mut pair = Pair::new(11);
    let (_, mut bob) = pair.established();
    let before = bob.export();
    for length in [0, 1, OVERHEAD_BYTES - 1, OVERHEAD_BYTES, 4096, 70_000] {
        let mut garbage = vec![0xA5; length];
        if let Some(kind) = garbage.first_mut() {
            *kind = 0x11;
        }
        assert!(receive(&mut bob, &garbage).is_err());
    }
    assert_eq!(bob.export(), before);
}

#[test]
fn both_may_write_at_the_same_time() {
    let mut pair = Pair::new(12);
    let (mut alice, mut bob) = pair.established();
    for n in 0..10u8 {
        let from_alice = pair.send(&mut alice, &[n]);
        let from_bob = pair.send(&mut bob, &[n]);
        assert_eq!(receive(&mut alice, &from_bob), Ok(vec![n]));
        assert_eq!(receive(&mut bob, &from_alice), Ok(vec![n]));
    }
}

#[test]
fn the_state_survives_export_at_every_step() {
    let mut pair = Pair::new(13);
    let mut alice = pair.initiate(true);
    let mut first = pair.send(&mut alice, b"first");
    assert_eq!(alice.export()[0], 3);
    for n in 0..6u8 {
        alice = Session::import(&alice.export()).unwrap();
        if n > 0 {
            first = pair.send(&mut alice, &[n]);
        }
        let (mut bob, _) = pair.respond(&first, true).unwrap();
        bob = Session::import(&bob.export()).unwrap();
        let answer = pair.send(&mut bob, b"answer");
        bob = Session::import(&bob.export()).unwrap();
        let mut heard = Session::import(&alice.export()).unwrap();
        receive(&mut heard, &answer).unwrap();
        heard = Session::import(&heard.export()).unwrap();
        let message = pair.send(&mut heard, b"on");
        assert_eq!(receive(&mut bob, &message), Ok(b"on".to_vec()));
        // At most five secrets are kept here, and one object of the KEM ratchet.
        assert!(bob.export().len() <= 1_000 && heard.export().len() <= 2_100);
    }
}

// SES-26
#[test]
fn damaged_state_is_an_error_or_an_equal_state() {
    let mut pair = Pair::new(14);
    let (mut alice, mut bob) = pair.established();
    pair.send(&mut alice, b"lost");
    let message = pair.send(&mut alice, b"x");
    receive(&mut bob, &message).unwrap();
    let state = bob.export();
    for version in [1, 2, 9] {
        assert_eq!(Session::import(&[version]).unwrap_err(), ImportError::Version(version));
    }
    for length in 1..state.len() {
        assert_eq!(Session::import(&state[..length]).unwrap_err(), ImportError::Damaged);
        // What is stored by somebody who can make the hash is judged, too.
        if length > 33 {
            assert!(Session::import(&restored(&state[..length])).is_err());
        }
    }
    for offset in 0..state.len() {
        for bit in 0..8 {
            let mut damaged = state.to_vec();
            damaged[offset] ^= 1 << bit;
            assert!(Session::import(&damaged).is_err(), "byte {offset}, bit {bit}");
            let damaged = restored(&damaged);
            if let Ok(session) = Session::import(&damaged) {
                assert_eq!(session.export().as_slice(), damaged, "byte {offset}, bit {bit}");
            }
        }
    }
}
