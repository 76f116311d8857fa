//! Alice and Bob with a session, shared by the tests of this crate.

use aside_identity::{Prekey, PrekeyKind, PrekeySecret};
use aside_primitives::{Secret, commit::Commitment, hash::hash, label};
use aside_session::{Bundle, CannotSend, Own, Prekeys, Received, Refused, Session};
use aside_testkit::{Person, TestRng};

pub(crate) struct Pair {
    pub(crate) rng: TestRng,
    pub(crate) alice: Person,
    pub(crate) bob: Person,
    pub(crate) signed: (PrekeySecret, Prekey),
    pub(crate) one_time: (PrekeySecret, Prekey),
}

impl Pair {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = TestRng::new(seed);
        let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
        let signed = bob.prekey(&mut rng, PrekeyKind::Signed, 1);
        let one_time = bob.prekey(&mut rng, PrekeyKind::OneTime, 7);
        Self { rng, alice, bob, signed, one_time }
    }

    /// Alice's new session with Bob, with or without a one-time prekey.
    pub(crate) fn initiate(&mut self, one_time: bool) -> Session {
        let bundle = Bundle {
            certificate: &self.bob.certificate,
            signed: &self.signed.1,
            one_time: one_time.then_some(&self.one_time.1),
        };
        Session::initiate(&mut self.rng, &own(&self.alice), &bundle).unwrap()
    }

    /// Bob's answer to a first message.
    pub(crate) fn respond(&self, message: &[u8], one_time: bool) -> Result<(Session, Received), Refused> {
        let prekeys = Prekeys { signed: &self.signed.0, one_time: one_time.then_some(&self.one_time.0) };
        Session::respond(&own(&self.bob), &self.alice.certificate, &prekeys, message)
    }

    /// Both ends of a session in which each has heard the other.
    pub(crate) fn established(&mut self) -> (Session, Session) {
        let mut alice = self.initiate(true);
        let first = self.send(&mut alice, b"first");
        let (mut bob, _) = self.respond(&first, true).unwrap();
        let answer = self.send(&mut bob, b"answer");
        receive(&mut alice, &answer).unwrap();
        (alice, bob)
    }

    pub(crate) fn send(&mut self, session: &mut Session, text: &[u8]) -> Vec<u8> {
        session.encrypt(&mut self.rng, text, |key| commitment(key, text)).unwrap()
    }

    pub(crate) fn hint(&mut self, session: &mut Session, text: &[u8]) -> Result<Vec<u8>, CannotSend> {
        session.encrypt_transient(&mut self.rng, text, |key| commitment(key, text))
    }
}

pub(crate) fn own(person: &Person) -> Own<'_> {
    Own { certificate: &person.certificate, agreement: &person.keys.agreement }
}

pub(crate) fn commitment(key: &Secret<32>, text: &[u8]) -> Commitment {
    Commitment::compute(key, label::COMMITMENT, &[text])
}

/// Decrypts, checks the commitment, applies.
pub(crate) fn receive(session: &mut Session, message: &[u8]) -> Result<Vec<u8>, Refused> {
    let (received, transition) = session.decrypt(message)?;
    assert_eq!(received.commitment, commitment(&received.franking_key, &received.plaintext));
    session.advance(transition).unwrap();
    Ok(received.plaintext.to_vec())
}

/// The same for a transient message.
pub(crate) fn notice(session: &mut Session, message: &[u8]) -> Result<Vec<u8>, Refused> {
    let (received, transition) = session.decrypt_transient(message)?;
    assert_eq!(received.commitment, commitment(&received.franking_key, &received.plaintext));
    session.advance(transition).unwrap();
    Ok(received.plaintext.to_vec())
}

/// A changed state under a hash that fits, as somebody would store it who can write to the store.
pub(crate) fn restored(state: &[u8]) -> Vec<u8> {
    let (body, _) = state.split_last_chunk::<32>().unwrap();
    [body, hash(label::STORED_SESSION, &[body]).as_bytes()].concat()
}
