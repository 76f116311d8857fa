//! Transient messages: delivered now or dropped, at no cost.
use crate::pair::{Pair, commitment, notice, receive, restored};
use aside_session::{CannotSend, ImportError, Refused, Session, StaleTransition, handshake_of, limits};
use aside_testkit::Broken;
use aside_wire::{
    Reject,
    packet::{HANDSHAKE_BYTES, OVERHEAD_BYTES},
};

/// Alice and Bob, each with a chain that the other knows.
fn both_ready(seed: u64) -> (Pair, Session, Session) {
    let mut pair = Pair::new(seed);
    let (mut alice, mut bob) = pair.established();
    let message = pair.send(&mut alice, b"turned");
    receive(&mut bob, &message).unwrap();
    let answer = pair.send(&mut bob, b"turned");
    receive(&mut alice, &answer).unwrap();
    let message = pair.send(&mut alice, b"turned");
    receive(&mut bob, &message).unwrap();
    (pair, alice, bob)
}

// SES-4, SES-34
#[test]
fn a_transient_message_opens_and_looks_like_any_other() {
    let (mut pair, mut alice, mut bob) = both_ready(1);
    for text in [&b"typing"[..], b"", b"away"] {
        let hint = pair.hint(&mut alice, text).unwrap();
        assert_eq!((hint[0], hint.len()), (0x15, OVERHEAD_BYTES + text.len()));
        assert_eq!(notice(&mut bob, &hint), Ok(text.to_vec()));
    }
    let too_long = vec![0; aside_wire::limits::PLAINTEXT_BYTES + 1];
    assert_eq!(pair.hint(&mut alice, &too_long), Err(CannotSend::TooLong));
    let at_bound = pair.hint(&mut alice, &too_long[1..]).unwrap();
    assert_eq!(notice(&mut bob, &at_bound), Ok(too_long[1..].to_vec()));
}

// SES-30
#[test]
fn a_transient_message_neither_carries_a_handshake_nor_turns_the_ratchet() {
    let mut pair = Pair::new(2);
    let mut alice = pair.initiate(true);
    let refused = |pair: &mut Pair, session: &mut Session| {
        let before = session.export();
        assert_eq!(pair.hint(session, b"typing"), Err(CannotSend::NotYet));
        assert_eq!(session.export(), before);
    };
    refused(&mut pair, &mut alice);
    let first = pair.send(&mut alice, b"first");
    refused(&mut pair, &mut alice);
    let (mut bob, _) = pair.respond(&first, true).unwrap();
    refused(&mut pair, &mut bob);
    let answer = pair.send(&mut bob, b"answer");
    let hint = pair.hint(&mut bob, b"typing").unwrap();
    receive(&mut alice, &answer).unwrap();
    assert_eq!(notice(&mut alice, &hint), Ok(b"typing".to_vec()));
    // The answer has made Alice's turn due.
    refused(&mut pair, &mut alice);
    drop(pair.send(&mut alice, b"turned"));
    assert!(pair.hint(&mut alice, b"typing").is_ok());
}

// SES-26, SES-30
#[test]
fn a_state_that_has_sent_transient_messages_unanswered_is_none() {
    let mut pair = Pair::new(14);
    let mut state = pair.initiate(true).export();
    // After version, role, revision, id, handshake, root and the six fields before it.
    let number_at = 1 + 1 + 8 + 32 + 1 + HANDSHAKE_BYTES + 32 + 1 + 32 + 32 + 32 + 4 + 32 + 32 + 32;
    assert_eq!(state[number_at..number_at + 4], [0; 4]);
    state[number_at + 3] = 1;
    assert_eq!(Session::import(&restored(&state)).unwrap_err(), ImportError::Damaged);
}

// SES-26, SES-33
#[test]
fn a_state_with_a_window_that_nothing_leads_to_is_none() {
    let (mut pair, mut alice, mut bob) = both_ready(15);
    let hint = pair.hint(&mut alice, b"typing").unwrap();
    let before = bob.export();
    notice(&mut bob, &hint).unwrap();
    let mut state = bob.export().to_vec();
    // Beside the revision, only the window of the current chain differs: the number after the highest, and the bits.
    let changed: Vec<_> = (10..state.len() - 32).filter(|at| state[*at] != before[*at]).collect();
    let [next_at, seen_at] = changed[..] else { panic!("{changed:?}") };
    for (next, seen) in [(0, 1), (1, 0), (1, 3)] {
        (state[next_at], state[seen_at]) = (next, seen);
        assert_eq!(Session::import(&restored(&state)).unwrap_err(), ImportError::Damaged, "{next}, {seen}");
    }
    (state[next_at], state[seen_at]) = (2, 3);
    assert!(Session::import(&restored(&state)).is_ok());
}

// SES-36
#[test]
fn a_transient_message_of_a_chain_not_announced_yet_is_dropped() {
    let mut pair = Pair::new(3);
    let (mut alice, mut bob) = pair.established();
    let turning = pair.send(&mut alice, b"turned");
    let hint = pair.hint(&mut alice, b"typing").unwrap();
    let before = bob.export();
    assert_eq!(notice(&mut bob, &hint), Err(Refused::Mac));
    assert_eq!(bob.export(), before);
    receive(&mut bob, &turning).unwrap();
    assert_eq!(notice(&mut bob, &hint), Ok(b"typing".to_vec()));
}

// SES-34
#[test]
fn r2_r3_a_thousand_lost_transient_messages_cost_nothing() {
    let (mut pair, mut alice, mut bob) = both_ready(4);
    let (at_alice, at_bob) = (alice.export(), bob.export());
    for _ in 0..1_000 {
        drop(pair.hint(&mut alice, b"lost").unwrap());
    }
    assert_eq!(alice.export().len(), at_alice.len());
    assert_eq!(bob.export(), at_bob);
    let arrives = pair.hint(&mut alice, b"arrives").unwrap();
    assert_eq!(notice(&mut bob, &arrives), Ok(b"arrives".to_vec()));
    assert_eq!(bob.export().len(), at_bob.len());
    // Far beyond what a chain of messages skips, and neither the chain nor the next turn has noticed.
    for _ in 0..2 {
        let message = pair.send(&mut alice, b"next");
        assert_eq!(receive(&mut bob, &message), Ok(b"next".to_vec()));
        let answer = pair.send(&mut bob, b"answer");
        assert_eq!(receive(&mut alice, &answer), Ok(b"answer".to_vec()));
    }
}

// SES-33
#[test]
fn r8_transient_messages_open_in_any_order_within_the_window_and_once() {
    let (mut pair, mut alice, mut bob) = both_ready(5);
    let window = usize::try_from(limits::TRANSIENT_WINDOW).unwrap();
    let hints: Vec<_> = (0..=window).map(|_| pair.hint(&mut alice, b"typing").unwrap()).collect();
    assert!(notice(&mut bob, &hints[window]).is_ok());
    let before = bob.export();
    assert_eq!(notice(&mut bob, &hints[0]), Err(Refused::Replay));
    assert_eq!(bob.export(), before);
    for hint in hints[1..window].iter().rev() {
        assert!(notice(&mut bob, hint).is_ok());
    }
    let before = bob.export();
    for hint in &hints {
        assert_eq!(notice(&mut bob, hint), Err(Refused::Replay));
    }
    assert_eq!(bob.export(), before);
    // The window is part of what is stored.
    let mut again = Session::import(&before).unwrap();
    assert_eq!(notice(&mut again, &hints[5]), Err(Refused::Replay));
}

// SES-31, SES-14
#[test]
fn r1_no_unauthenticated_byte_of_a_transient_message_opens_or_changes_anything() {
    let (mut pair, mut alice, mut bob) = both_ready(6);
    let hint = pair.hint(&mut alice, b"typing").unwrap();
    let before = bob.export();
    for offset in 0..hint.len() {
        for bit in 0..8 {
            let mut flipped = hint.clone();
            flipped[offset] ^= 1 << bit;
            assert!(notice(&mut bob, &flipped).is_err(), "byte {offset}, bit {bit}");
            assert!(receive(&mut bob, &flipped).is_err(), "byte {offset}, bit {bit}");
        }
    }
    for length in 0..hint.len() {
        assert!(notice(&mut bob, &hint[..length]).is_err());
    }
    let longer = [&hint[..], &[0]].concat();
    assert_eq!(notice(&mut bob, &longer), Err(Refused::Mac));
    assert_eq!(bob.export(), before);
    assert_eq!(notice(&mut bob, &hint), Ok(b"typing".to_vec()));
}

// SES-31, SES-35
#[test]
fn p5_neither_kind_of_message_is_taken_for_the_other() {
    let (mut pair, mut alice, mut bob) = both_ready(7);
    let (message, hint) = (pair.send(&mut alice, b"text"), pair.hint(&mut alice, b"typing").unwrap());
    let before = bob.export();
    assert_eq!(receive(&mut bob, &hint).unwrap_err().reject(), Reject::Malformed);
    assert_eq!(handshake_of(&hint).map(|_| ()).unwrap_err().reject(), Reject::Malformed);
    assert_eq!(pair.respond(&hint, true).unwrap_err().reject(), Reject::Malformed);
    assert_eq!(notice(&mut bob, &message).unwrap_err().reject(), Reject::Malformed);
    // The kind byte is outside the tags; the labels are not.
    let [as_hint, as_message] = [(&message, 0x15), (&hint, 0x11)].map(|(bytes, kind)| {
        let mut bytes = bytes.clone();
        bytes[0] = kind;
        bytes
    });
    assert_eq!(notice(&mut bob, &as_hint), Err(Refused::Mac));
    assert_eq!(receive(&mut bob, &as_message), Err(Refused::Mac));
    assert_eq!(bob.export(), before);
    assert!(receive(&mut bob, &message).is_ok() && notice(&mut bob, &hint).is_ok());
    // A first message is none either.
    let mut other = pair.initiate(true);
    let first = pair.send(&mut other, b"first");
    assert_eq!(notice(&mut bob, &first).unwrap_err().reject(), Reject::Malformed);
}

// SES-31
#[test]
fn h10_a_transient_message_is_bound_to_session_and_direction() {
    let (mut pair, mut alice, mut bob) = both_ready(8);
    let hint = pair.hint(&mut alice, b"typing").unwrap();
    assert_eq!(notice(&mut alice, &hint), Err(Refused::Mac));
    let (_, mut other_alice, mut other_bob) = both_ready(9);
    assert_eq!(notice(&mut other_bob, &hint), Err(Refused::Mac));
    assert_eq!(notice(&mut other_alice, &hint), Err(Refused::Mac));
    assert!(notice(&mut bob, &hint).is_ok());
}

// SES-36, SES-23
#[test]
fn r9_transient_messages_cross_turns_both_ways_until_their_chain_is_wiped() {
    let (mut pair, mut alice, mut bob) = both_ready(10);
    let hints: Vec<_> = (0..8).map(|_| pair.hint(&mut alice, b"late").unwrap()).collect();
    for hint in &hints[..=limits::OLD_CHAINS] {
        assert_eq!(notice(&mut bob, hint), Ok(b"late".to_vec()));
        assert_eq!(notice(&mut bob, hint), Err(Refused::Replay));
        let answer = pair.send(&mut bob, b"");
        let from_bob = pair.hint(&mut bob, b"typing").unwrap();
        receive(&mut alice, &answer).unwrap();
        // Alice turns, and Bob's hint is under way.
        let next = pair.send(&mut alice, b"");
        let from_alice = pair.hint(&mut alice, b"typing").unwrap();
        assert_eq!(notice(&mut alice, &from_bob), Ok(b"typing".to_vec()));
        assert_eq!(notice(&mut alice, &from_bob), Err(Refused::Replay));
        receive(&mut bob, &next).unwrap();
        assert_eq!(notice(&mut bob, &from_alice), Ok(b"typing".to_vec()));
    }
    // With the fifth turn the chain went, and its transient key with it.
    assert_eq!(notice(&mut bob, &hints[7]), Err(Refused::Mac));
}

// SES-32, SES-5
#[test]
fn r4_a_counter_that_was_not_stored_repeats_a_key_and_no_nonce() {
    let (mut pair, mut alice, mut bob) = both_ready(11);
    let mut restored = Session::import(&alice.export()).unwrap();
    let one = pair.hint(&mut alice, b"same").unwrap();
    let two = pair.hint(&mut restored, b"same").unwrap();
    // The same key, but another salt: no ciphertext byte lines up.
    assert_ne!(one[129..133], two[129..133]);
    assert!(notice(&mut bob, &one).is_ok());
    assert_eq!(notice(&mut bob, &two), Err(Refused::Replay));
    // Once past what was received, the copy is heard again.
    let three = pair.hint(&mut restored, b"next").unwrap();
    assert_eq!(notice(&mut bob, &three), Ok(b"next".to_vec()));
}

// SES-27, SES-14
#[test]
fn r1_a_transient_message_that_was_not_accepted_leaves_no_trace() {
    let (mut pair, mut alice, mut bob) = both_ready(12);
    let hint = pair.hint(&mut alice, b"typing").unwrap();
    let before = bob.export();
    drop(bob.decrypt_transient(&hint).unwrap());
    assert_eq!(bob.export(), before);
    let (_, first) = bob.decrypt_transient(&hint).unwrap();
    let (_, second) = bob.decrypt_transient(&hint).unwrap();
    bob.advance(first).unwrap();
    assert_eq!(bob.advance(second), Err(StaleTransition));
}

// PRM-14
#[test]
fn p13_without_randomness_no_transient_message_leaves() {
    let (_, mut alice, _) = both_ready(13);
    let before = alice.export();
    let refused = alice.encrypt_transient(&mut Broken::Failing, b"typing", |key| commitment(key, b"typing"));
    assert!(matches!(refused, Err(CannotSend::Entropy(_))));
    assert_eq!(alice.export(), before);
}
