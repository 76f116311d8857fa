//! Megolm, the sender keys of Matrix: no commitment, no log, a MAC of 8 bytes.

use crate::{clock::time, group::TEXT_BYTES, peer};
use vodozemac::{
    megolm::{GroupSession, InboundGroupSession, MegolmMessage, SessionConfig},
    olm::Session,
};

/// Encrypts.
pub fn encrypt(count: usize) -> f64 {
    let mut alice = GroupSession::new(SessionConfig::version_1());
    let text = [7; TEXT_BYTES];
    time(vec![(); count], |()| alice.encrypt(text).to_bytes())
}

/// Decrypts, in order.
pub fn decrypt(count: usize) -> f64 {
    let mut alice = GroupSession::new(SessionConfig::version_1());
    let mut bob = InboundGroupSession::new(&alice.session_key(), SessionConfig::version_1());
    let messages = (0..count).map(|_| alice.encrypt([7; TEXT_BYTES]).to_bytes()).collect();
    time(messages, |message: Vec<u8>| {
        let message = MegolmMessage::from_bytes(&message).expect("a message");
        bob.decrypt(&message).expect("it decrypts")
    })
}

/// Olm sessions with the devices of a group.
pub struct Devices(Vec<Session>);

impl Devices {
    /// Sessions in which each side has heard the other.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self((0..count).map(|_| peer::established().0).collect())
    }

    /// A new session of the group, handed to all of them.
    pub fn rotate(&mut self, count: usize) -> f64 {
        time(vec![(); count], |()| {
            let session = GroupSession::new(SessionConfig::version_1());
            let key = session.session_key().to_bytes();
            self.0.iter_mut().map(|device| peer::send(device, &key)).collect::<Vec<_>>()
        })
    }
}

/// A message.
#[must_use]
pub fn message() -> Vec<u8> {
    GroupSession::new(SessionConfig::version_1()).encrypt([7; TEXT_BYTES]).to_bytes()
}
