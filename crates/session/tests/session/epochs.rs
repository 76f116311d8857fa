//! The KEM ratchet in whole sessions, with the primitives of the protocol.
use crate::pair::{Pair, receive};
use aside_session::{Health, Refused, Session};
use proptest::prelude::*;

/// One message after the other in turn until both are in this epoch; returns how many it took.
fn until_epoch(pair: &mut Pair, sessions: &mut [Session; 2], epoch: u32) -> usize {
    let mut sent = 0;
    while sessions.iter().any(|session| session.epoch() < epoch) {
        let from = sent % 2;
        let message = pair.send(&mut sessions[from], b"text");
        receive(&mut sessions[1 - from], &message).unwrap();
        sent += 1;
        assert!(sent < 400, "no epoch ended");
    }
    sent
}

// EPO-1 to EPO-6
#[test]
fn r12_epoch_follows_epoch_and_both_sides_offer_in_turn() {
    let mut pair = Pair::new(50);
    let (alice, bob) = pair.established();
    let mut sessions = [alice, bob];
    for epoch in 2..6 {
        let sent = until_epoch(&mut pair, &mut sessions, epoch);
        assert!((138..=146).contains(&sent), "{sent} messages to epoch {epoch}");
        assert!(sessions.iter().all(|session| session.health() == Health::Sound));
    }
}

// EPO-4, SES-4
#[test]
fn every_message_of_an_epoch_has_one_length() {
    let mut pair = Pair::new(51);
    let (alice, bob) = pair.established();
    let mut sessions = [alice, bob];
    let mut lengths = std::collections::BTreeSet::new();
    for n in 0..300 {
        let message = pair.send(&mut sessions[n % 2], b"text");
        lengths.insert(message.len());
        receive(&mut sessions[1 - n % 2], &message).unwrap();
    }
    assert_eq!(lengths.len(), 1);
    assert_eq!(sessions[0].epoch(), 3);
}

/// A session in which the next message of one side does what the name says.
fn before(what: &str) -> (Pair, [Session; 2], usize) {
    let mut pair = Pair::new(52);
    let (alice, bob) = pair.established();
    let mut sessions = [alice, bob];
    let mut burst = |sessions: &mut [Session; 2], from: usize, count: usize| {
        for _ in 0..count {
            let message = pair.send(&mut sessions[from], b"text");
            receive(&mut sessions[1 - from], &message).unwrap();
        }
    };
    // The first message of each has carried a chunk, or what is held.
    let from = match what {
        "complete the key" => {
            burst(&mut sessions, 0, 35);
            0
        }
        "begin the ciphertext" => {
            burst(&mut sessions, 0, 36);
            1
        }
        "complete the ciphertext" => {
            burst(&mut sessions, 0, 36);
            burst(&mut sessions, 1, 33);
            1
        }
        "adopt" => {
            burst(&mut sessions, 0, 36);
            burst(&mut sessions, 1, 34);
            0
        }
        "offer in epoch 2" => {
            burst(&mut sessions, 0, 36);
            burst(&mut sessions, 1, 34);
            burst(&mut sessions, 0, 1);
            1
        }
        _ => panic!("{what}"),
    };
    (pair, sessions, from)
}

const STEPS: [&str; 5] =
    ["complete the key", "begin the ciphertext", "complete the ciphertext", "adopt", "offer in epoch 2"];

// SES-14, EPO-9
#[test]
fn r1_no_flipped_bit_moves_the_kem_ratchet() {
    for what in STEPS {
        let (mut pair, mut sessions, from) = before(what);
        let message = pair.send(&mut sessions[from], b"text");
        let to = &mut sessions[1 - from];
        let (state, digest) = (to.export(), to.digest());
        for offset in 0..message.len() {
            for bit in 0..8 {
                let mut flipped = message.clone();
                flipped[offset] ^= 1 << bit;
                assert!(receive(to, &flipped).is_err(), "{what}: byte {offset}, bit {bit}");
            }
        }
        assert_eq!((to.export(), to.digest()), (state, digest), "{what}");
        receive(to, &message).unwrap();
    }
}

// SES-14, SES-27
#[test]
fn r1_what_is_not_accepted_moves_nothing_and_can_come_again() {
    for what in STEPS {
        let (mut pair, mut sessions, from) = before(what);
        let message = pair.send(&mut sessions[from], b"text");
        let to = &mut sessions[1 - from];
        let digest = to.digest();
        drop(to.decrypt(&message).unwrap());
        assert_eq!(to.digest(), digest, "{what}");
        receive(to, &message).unwrap();
        assert_ne!(to.digest(), digest, "{what}");
    }
}

// SES-11
#[test]
fn r11_a_step_repeated_from_the_stored_state_ends_in_the_same_epoch() {
    for what in STEPS {
        let (mut pair, mut sessions, from) = before(what);
        // The state was stored, and the message lost with the process that made it.
        let stored = sessions[from].export();
        drop(pair.send(&mut sessions[from], b"lost"));
        sessions[from] = Session::import(&stored).unwrap();
        let message = pair.send(&mut sessions[from], b"text");
        receive(&mut sessions[1 - from], &message).unwrap();
        until_epoch(&mut pair, &mut sessions, 3);
    }
}

// SES-26
#[test]
fn every_state_of_an_epoch_survives_export_and_no_damage_goes_unnoticed() {
    for what in STEPS {
        let (_, sessions, _) = before(what);
        for session in &sessions {
            let state = session.export();
            let again = Session::import(&state).unwrap();
            assert_eq!((again.export(), again.digest()), (state.clone(), session.digest()), "{what}");
            for offset in 0..state.len() {
                let mut damaged = state.to_vec();
                damaged[offset] ^= 1 << (offset % 8);
                assert!(Session::import(&damaged).is_err(), "{what}: byte {offset}");
                let damaged = crate::pair::restored(&damaged);
                if let Ok(session) = Session::import(&damaged) {
                    assert_eq!(session.export().as_slice(), damaged, "{what}: byte {offset}");
                }
            }
        }
    }
}

// EPO-11
#[test]
fn what_has_served_is_in_no_state_any_more() {
    let (mut pair, mut sessions, _) = before("complete the ciphertext");
    // Alice holds the seed of her key, Bob the epoch secret.
    let state = sessions[0].export();
    // Before the hash of the key, the set of chunks, 33 of them and the hash of all.
    let seed = &state[state.len() - 32 - 33 * 32 - 8 - 32 - 64..][..64];
    let holds =
        |session: &Session, secret: &[u8]| session.export().windows(secret.len()).any(|part| part == secret);
    assert!(holds(&sessions[0], seed));
    let message = pair.send(&mut sessions[1], b"text");
    receive(&mut sessions[0], &message).unwrap();
    assert!(!holds(&sessions[0], seed));
    // What Alice is about to adopt, Bob knows already; after the step neither holds it.
    let common = longest_common(&sessions[0].export(), &sessions[1].export(), sessions[0].id().as_bytes());
    let adopting = pair.send(&mut sessions[0], b"text");
    receive(&mut sessions[1], &adopting).unwrap();
    assert!(!holds(&sessions[0], &common) && !holds(&sessions[1], &common));
}

/// The last 32 bytes of one state that stand in the other one too, and are not the session's id.
fn longest_common(one: &[u8], other: &[u8], id: &[u8]) -> Vec<u8> {
    let in_both = |part: &&[u8]| *part != id && other.windows(32).any(|there| there == *part);
    one.windows(32).rev().find(in_both).unwrap().to_vec()
}

// SES-37
#[test]
fn r5_a_retired_session_receives_and_never_sends_again() {
    for what in STEPS {
        let (mut pair, mut sessions, from) = before(what);
        let late = pair.send(&mut sessions[from], b"late");
        let [alice, bob] = &mut sessions;
        let (peer, retired) = if from == 0 { (alice, bob) } else { (bob, alice) };
        retired.retire();
        let state = retired.export();
        *retired = Session::import(&state).unwrap();
        assert!(retired.is_retired());
        let commit = |_: &_| aside_primitives::commit::Commitment([0; 32]);
        for _ in 0..2 {
            let refused = retired.encrypt(&mut pair.rng, b"no", commit).unwrap_err();
            assert_eq!(refused, aside_session::CannotSend::Retired);
            let refused = retired.encrypt_transient(&mut pair.rng, b"no", commit).unwrap_err();
            assert_eq!(refused, aside_session::CannotSend::Retired);
            // Also after the turn that the peer makes before it knows.
            if receive(retired, &late).is_err() {
                break;
            }
        }
        assert_eq!(receive(retired, &late), Err(Refused::Replay), "{what}");
        let more = pair.send(peer, b"more");
        assert_eq!(receive(retired, &more), Ok(b"more".to_vec()), "{what}");
    }
}

/// A burst of one side: how many, and which of them are lost, late or repeated.
#[derive(Debug, Clone, Copy)]
struct Burst {
    bob: bool,
    count: usize,
    lost: u64,
    late: u64,
    again: u64,
}

fn burst() -> impl Strategy<Value = Burst> {
    (any::<bool>(), 1..50usize, any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>()).prop_map(
        |(bob, count, a, b, late, again)| Burst { bob, count, lost: a & b, late: late & b, again: again & a },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // EPO-4, EPO-9
    #[test]
    fn no_schedule_leads_the_two_sides_apart(seed in 0u64..1000, bursts in prop::collection::vec(burst(), 1..16)) {
        let mut pair = Pair::new(seed);
        let (alice, bob) = pair.established();
        let mut sessions = [alice, bob];
        let mut late: [Vec<Vec<u8>>; 2] = [vec![], vec![]];
        for Burst { bob, count, lost, late: held_back, again } in bursts {
            let (from, to) = (usize::from(bob), usize::from(!bob));
            for n in 0..count {
                let bit = 1 << n;
                let message = pair.send(&mut sessions[from], b"text");
                if held_back & bit != 0 {
                    late[to].push(message);
                } else if lost & bit == 0 {
                    prop_assert_eq!(receive(&mut sessions[to], &message), Ok(b"text".to_vec()));
                    if again & bit != 0 {
                        prop_assert_eq!(receive(&mut sessions[to], &message), Err(Refused::Replay));
                    }
                }
            }
            if again & 1 != 0 {
                sessions[to] = Session::import(&sessions[to].export()).unwrap();
                for message in late[to].drain(..).rev() {
                    // Of a chain that was left five turns ago nothing opens any more.
                    let opened = receive(&mut sessions[to], &message);
                    prop_assert!(matches!(opened, Ok(_) | Err(Refused::Mac)), "{:?}", opened);
                }
            }
            prop_assert!(sessions[0].epoch().abs_diff(sessions[1].epoch()) <= 1);
            prop_assert!(sessions.iter().all(|session| session.health() != Health::Broken));
        }
        // Whatever was lost, the exchange goes on where it was.
        let epoch = sessions[0].epoch().max(sessions[1].epoch());
        until_epoch(&mut pair, &mut sessions, epoch + 1);
    }
}
