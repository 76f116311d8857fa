//! The whole ratchet on fake primitives: small enough for an interpreter that checks every access to memory.

use super::*;
use crate::fake::Fake;
use alloc::{vec, vec::Vec};
use aside_testkit::TestRng;
use aside_wire::packet::KEM_CIPHERTEXT_BYTES;

type FakeSession = Session<Fake>;

fn agreed() -> Agreed {
    Agreed {
        id: Digest([1; 32]),
        root: Secret::new([2; 32]),
        initiator_header_key: Secret::new([3; 32]),
        responder_header_key: Secret::new([4; 32]),
    }
}

fn commit(_: &Secret<32>) -> Commitment {
    Commitment([0; 32])
}

fn send(session: &mut FakeSession, rng: &mut TestRng, text: &[u8]) -> Vec<u8> {
    session.encrypt(rng, text, commit).unwrap()
}

fn receive(session: &mut FakeSession, message: &[u8]) -> Result<Vec<u8>, Refused> {
    let (received, transition) = session.decrypt(message)?;
    session.advance(transition).unwrap();
    Ok(received.plaintext.to_vec())
}

fn restarted(session: &FakeSession) -> FakeSession {
    FakeSession::read(&session.export()).unwrap()
}

/// Alice and Bob; Bob has her first message.
fn pair(rng: &mut TestRng) -> (FakeSession, FakeSession) {
    let prekey = Fake::generate(rng, Draw("prekey")).unwrap();
    let handshake = Handshake::join(&[5; 32], 1, &[6; 32], 1, None, &[7; KEM_CIPHERTEXT_BYTES]);
    let mut alice = FakeSession::initiator(rng, agreed(), handshake, Fake::public(&prekey)).unwrap();
    let hello = send(&mut alice, rng, b"hello");
    let packet = Packet::parse(&hello).unwrap();
    let opening = Opening::Accepted(handshake_hash(packet.handshake.as_ref().unwrap()));
    let (bob, received) = FakeSession::responder(agreed(), opening, &prekey, &packet).unwrap();
    assert_eq!(*received.plaintext, b"hello");
    (alice, bob)
}

#[test]
fn machine_epochs_pass_through_restarts_loss_and_reordering() {
    let mut rng = TestRng::new(80);
    let (mut alice, mut bob) = pair(&mut rng);
    let mut late = Vec::new();
    for round in 0u8.. {
        for n in 0..9 {
            let message = send(&mut alice, &mut rng, &[round, n]);
            match n {
                2 => drop(message),
                5 => late.push((message, vec![round, n])),
                _ => assert_eq!(receive(&mut bob, &message), Ok(vec![round, n])),
            }
        }
        if round % 3 == 2 {
            for (message, text) in late.drain(..).rev() {
                assert_eq!(receive(&mut bob, &message), Ok(text));
                assert_eq!(receive(&mut bob, &message), Err(Refused::Replay));
            }
        }
        let answers: Vec<_> = (0..7u8).map(|n| send(&mut bob, &mut rng, &[n])).collect();
        for (n, answer) in (0..7u8).zip(&answers).rev() {
            assert_eq!(receive(&mut alice, answer), Ok(vec![n]));
        }
        (alice, bob) = (restarted(&alice), restarted(&bob));
        if alice.epoch() == 3 {
            assert_eq!(bob.health(), Health::Sound);
            return;
        }
        assert!(round < 60);
    }
}

#[test]
fn machine_bounds_hold_and_nothing_forged_moves_the_state() {
    let mut rng = TestRng::new(81);
    let (mut alice, mut bob) = pair(&mut rng);
    let kept = 40;
    for n in 0..kept {
        drop(send(&mut alice, &mut rng, &[n]));
    }
    let message = send(&mut alice, &mut rng, b"ahead");
    let before = bob.export();
    for offset in (0..message.len()).filter(|offset| offset % 7 == 0 || *offset > 1_163) {
        let mut flipped = message.clone();
        flipped[offset] ^= 1;
        assert!(receive(&mut bob, &flipped).is_err(), "{offset}");
    }
    for length in [0, 1, 80, 1_200, message.len() - 1] {
        assert!(receive(&mut bob, &message[..length]).is_err());
    }
    assert_eq!(bob.export(), before);
    assert_eq!(receive(&mut bob, &message), Ok(b"ahead".to_vec()));
    assert_eq!(bob.kept_keys().map(|kept| kept.secrets.len()).sum::<usize>(), usize::from(kept));
    let state = bob.export();
    for length in (0..state.len()).filter(|length| length % 97 == 0) {
        assert!(FakeSession::read(&state[..length]).is_err());
    }
}

#[test]
fn machine_transient_messages_and_retirement() {
    let mut rng = TestRng::new(82);
    let (mut alice, mut bob) = pair(&mut rng);
    let answer = send(&mut bob, &mut rng, b"answer");
    receive(&mut alice, &answer).unwrap();
    let turn = send(&mut alice, &mut rng, b"turn");
    let hint = alice.encrypt_transient(&mut rng, b"typing", commit).unwrap();
    receive(&mut bob, &turn).unwrap();
    let (_, transition) = bob.decrypt_transient(&hint).unwrap();
    bob.advance(transition).unwrap();
    assert!(bob.decrypt_transient(&hint).is_err());
    let answer = send(&mut bob, &mut rng, b"answer");
    alice.retire();
    let mut alice = restarted(&alice);
    assert_eq!(receive(&mut alice, &answer), Ok(b"answer".to_vec()));
    assert_eq!(alice.encrypt(&mut rng, b"no", commit).unwrap_err(), CannotSend::Retired);
}
