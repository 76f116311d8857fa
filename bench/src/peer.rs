//! vodozemac: Olm, the ratchet of Matrix, without encrypted headers, commitments or a post-quantum part.

use crate::clock::time;
use vodozemac::olm::{Account, OlmMessage, Session, SessionConfig};

/// Both ends of a session in which each has heard the other and Alice sends next, in a chain that Bob knows.
pub(crate) fn established() -> (Session, Session) {
    let (alice, mut bob) = (Account::new(), Account::new());
    let mut at_alice = outbound(&alice, &mut bob);
    let OlmMessage::PreKey(first) = at_alice.encrypt("first").expect("it encrypts") else {
        panic!("the first message carries the handshake");
    };
    let inbound = bob.create_inbound_session(SessionConfig::version_1(), alice.curve25519_key(), &first);
    let mut at_bob = inbound.expect("a first message").session;
    let answer = send(&mut at_bob, b"answer");
    receive(&mut at_alice, &answer);
    let turn = send(&mut at_alice, b"turn");
    receive(&mut at_bob, &turn);
    (at_alice, at_bob)
}

fn outbound(alice: &Account, bob: &mut Account) -> Session {
    bob.generate_one_time_keys(1);
    let key = *bob.one_time_keys().values().next().expect("one was generated");
    bob.mark_keys_as_published();
    let session = alice.create_outbound_session(SessionConfig::version_1(), bob.curve25519_key(), key);
    session.expect("sound keys")
}

pub(crate) fn send(session: &mut Session, text: &[u8]) -> (usize, Vec<u8>) {
    session.encrypt(text).expect("it encrypts").to_parts()
}

fn receive(session: &mut Session, message: &(usize, Vec<u8>)) -> Vec<u8> {
    let message = OlmMessage::from_parts(message.0, &message.1).expect("a message");
    session.decrypt(&message).expect("it decrypts")
}

/// Encrypts in one direction.
pub fn encrypt(length: usize, count: usize) -> f64 {
    let (mut alice, _) = established();
    let text = vec![7; length];
    time(vec![(); count], |()| send(&mut alice, &text))
}

/// Decrypts in one direction.
pub fn decrypt(length: usize, count: usize) -> f64 {
    let (mut alice, mut bob) = established();
    let text = vec![7; length];
    let messages = (0..count).map(|_| send(&mut alice, &text)).collect();
    time(messages, |message| receive(&mut bob, &message))
}

/// A message that turns the ratchet, both sides together.
pub fn ping_pong(count: usize) -> f64 {
    let (mut alice, mut bob) = established();
    let (mut from, mut to) = (&mut bob, &mut alice);
    time(vec![(); count], |()| {
        let message = send(from, &[7; 32]);
        receive(to, &message);
        std::mem::swap(&mut from, &mut to);
    })
}

/// The initiator's handshake and its first message.
pub fn initiate(count: usize) -> f64 {
    let (alice, mut bob) = (Account::new(), Account::new());
    bob.generate_one_time_keys(1);
    let key = *bob.one_time_keys().values().next().expect("one was generated");
    time(vec![(); count], |()| {
        let session = alice.create_outbound_session(SessionConfig::version_1(), bob.curve25519_key(), key);
        send(&mut session.expect("sound keys"), &[7; 32])
    })
}

/// The responder's side of it.
pub fn respond(count: usize) -> f64 {
    let (alice, mut bob) = (Account::new(), Account::new());
    let messages = (0..count).map(|_| send(&mut outbound(&alice, &mut bob), &[7; 32]).1).collect();
    time(messages, |message: Vec<u8>| {
        let Ok(OlmMessage::PreKey(first)) = OlmMessage::from_parts(0, &message) else {
            panic!("a first message");
        };
        let inbound = bob.create_inbound_session(SessionConfig::version_1(), alice.curve25519_key(), &first);
        inbound.expect("a first message")
    })
}

/// What a session adds to a plaintext of 32 bytes: a first message, and one after.
#[must_use]
pub fn overhead_bytes() -> (usize, usize) {
    let (alice, mut bob) = (Account::new(), Account::new());
    let first = send(&mut outbound(&alice, &mut bob), &[7; 32]).1.len();
    (first - 32, send(&mut established().0, &[7; 32]).1.len() - 32)
}
