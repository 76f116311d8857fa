//! The same operations through `aside-session`, bytes to bytes, as an application calls it.

use crate::clock::time;
use aside_identity::{Prekey, PrekeyKind, PrekeySecret};
use aside_primitives::{Secret, commit::Commitment, label};
use aside_session::{Bundle, Own, Prekeys, Session};
use aside_testkit::{Person, TestRng};
use zeroize::Zeroizing;

/// Alice and Bob, and what a relay hands out for Bob.
pub struct Pair {
    rng: TestRng,
    alice: Person,
    bob: Person,
    signed: (PrekeySecret, Prekey),
    one_time: (PrekeySecret, Prekey),
}

impl Default for Pair {
    fn default() -> Self {
        let mut rng = TestRng::new(1);
        let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
        let signed = bob.prekey(&mut rng, PrekeyKind::Signed, 1);
        let one_time = bob.prekey(&mut rng, PrekeyKind::OneTime, 7);
        Self { rng, alice, bob, signed, one_time }
    }
}

impl Pair {
    /// Both ends of a session in which each has heard the other and Alice sends next, in a chain that Bob knows.
    pub fn established(&mut self) -> (Session, Session) {
        let mut alice = self.initiate_one();
        let first = send(&mut alice, &mut self.rng, b"first");
        let mut bob = self.respond_one(&first);
        let answer = send(&mut bob, &mut self.rng, b"answer");
        receive(&mut alice, &answer);
        let turn = send(&mut alice, &mut self.rng, b"turn");
        receive(&mut bob, &turn);
        (alice, bob)
    }

    /// Messages of one length in one chain.
    pub fn messages(&mut self, session: &mut Session, length: usize, count: usize) -> Vec<Vec<u8>> {
        let text = vec![7; length];
        (0..count).map(|_| send(session, &mut self.rng, &text)).collect()
    }

    /// Encrypts in one direction.
    pub fn encrypt(&mut self, length: usize, count: usize) -> f64 {
        let (mut alice, _) = self.established();
        let text = vec![7; length];
        time(vec![(); count], |()| send(&mut alice, &mut self.rng, &text))
    }

    /// Decrypts in one direction, in order.
    pub fn decrypt(&mut self, length: usize, count: usize) -> f64 {
        let (mut alice, mut bob) = self.established();
        time(self.messages(&mut alice, length, count), |message| receive(&mut bob, &message))
    }

    /// The same while `kept` keys of skipped messages are stored.
    pub fn decrypt_with_kept(&mut self, kept: usize, count: usize) -> f64 {
        let (mut alice, mut bob) = self.established();
        let mut messages = self.messages(&mut alice, 32, kept + 1 + count);
        let rest = messages.split_off(kept + 1);
        receive(&mut bob, &messages[kept]);
        time(rest, |message| receive(&mut bob, &message))
    }

    /// Decrypts late messages, with `kept` keys stored at the start.
    pub fn late(&mut self, kept: usize, count: usize) -> f64 {
        let (mut alice, mut bob) = self.established();
        let mut messages = self.messages(&mut alice, 32, kept + 1);
        receive(&mut bob, &messages[kept]);
        messages.truncate(count);
        time(messages, |message| receive(&mut bob, &message))
    }

    /// Skips a number of messages and decrypts the next.
    pub fn skip(&mut self, skipped: usize, count: usize) -> f64 {
        let (mut alice, bob) = self.established();
        let messages = self.messages(&mut alice, 32, skipped + 1);
        let (state, last) = (bob.export(), &messages[skipped]);
        let sessions = (0..count).map(|_| import(&state)).collect();
        time(sessions, |mut bob| {
            receive(&mut bob, last);
            bob
        })
    }

    /// A message that turns the ratchet, both sides together.
    pub fn ping_pong(&mut self, count: usize) -> f64 {
        let (mut alice, mut bob) = self.established();
        let (mut from, mut to) = (&mut bob, &mut alice);
        time(vec![(); count], |()| {
            let message = send(from, &mut self.rng, &[7; 32]);
            drop(receive(to, &message));
            std::mem::swap(&mut from, &mut to);
        })
    }

    /// The initiator's handshake with a one-time prekey, and its first message. Signatures were verified before.
    pub fn initiate(&mut self, count: usize) -> f64 {
        time(vec![(); count], |()| {
            let mut session = self.initiate_one();
            send(&mut session, &mut self.rng, &[7; 32])
        })
    }

    /// The responder's side of it.
    pub fn respond(&mut self, count: usize) -> f64 {
        let mut session = self.initiate_one();
        let message = send(&mut session, &mut self.rng, &[7; 32]);
        time(vec![(); count], |()| self.respond_one(&message))
    }

    /// Exports a fresh session.
    pub fn export(&mut self, count: usize) -> f64 {
        let (alice, _) = self.established();
        time(vec![(); count], |()| alice.export())
    }

    /// Imports it.
    pub fn import(&mut self, count: usize) -> f64 {
        let state = self.established().0.export();
        time(vec![(); count], |()| import(&state))
    }

    /// Bytes of a stored session: fresh, and with 1,000 kept keys.
    pub fn state_bytes(&mut self) -> (usize, usize) {
        let (mut alice, mut bob) = self.established();
        let fresh = bob.export().len();
        let messages = self.messages(&mut alice, 32, 1001);
        receive(&mut bob, &messages[1000]);
        (fresh, bob.export().len())
    }

    /// What a session adds to a plaintext: a first message, and one after.
    pub fn overhead_bytes(&mut self) -> (usize, usize) {
        let mut initiator = self.initiate_one();
        let first = send(&mut initiator, &mut self.rng, &[7; 32]).len();
        let (mut alice, _) = self.established();
        (first - 32, send(&mut alice, &mut self.rng, &[7; 32]).len() - 32)
    }

    /// The initiator's handshake with a one-time prekey.
    pub fn initiate_one(&mut self) -> Session {
        let bundle = Bundle {
            certificate: &self.bob.certificate,
            signed: &self.signed.1,
            one_time: Some(&self.one_time.1),
        };
        Session::initiate(&mut self.rng, &own(&self.alice), &bundle).expect("a whole bundle")
    }

    fn respond_one(&self, message: &[u8]) -> Session {
        let prekeys = Prekeys { signed: &self.signed.0, one_time: Some(&self.one_time.0) };
        let answer = Session::respond(&own(&self.bob), &self.alice.certificate, &prekeys, message);
        let (session, received) = answer.expect("a first message");
        assert_eq!(received.commitment, commitment(&received.franking_key, &received.plaintext));
        session
    }
}

/// Encrypts, with the commitment that goes with it.
pub fn send(session: &mut Session, rng: &mut TestRng, text: &[u8]) -> Vec<u8> {
    session.encrypt(rng, text, |key| commitment(key, text)).expect("a session that can send")
}

/// Decrypts, checks the commitment, applies; returns the plaintext.
pub fn receive(session: &mut Session, message: &[u8]) -> Zeroizing<Vec<u8>> {
    let (received, transition) = session.decrypt(message).expect("a message of the peer");
    assert_eq!(received.commitment, commitment(&received.franking_key, &received.plaintext));
    session.advance(transition).expect("the session has not changed");
    received.plaintext
}

fn import(state: &[u8]) -> Session {
    Session::import(state).expect("an exported state")
}

/// The commitment that a franking key makes to a text.
#[must_use]
pub fn commitment(key: &Secret<32>, text: &[u8]) -> Commitment {
    Commitment::compute(key, label::COMMITMENT, &[text])
}

fn own(person: &Person) -> Own<'_> {
    Own { certificate: &person.certificate, agreement: &person.keys.agreement }
}
