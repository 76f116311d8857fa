//! The symmetric step of a group: chain key to message keys.

use aside_primitives::{Secret, kdf, label};

/// The key of one position of a chain.
#[derive(Debug)]
pub(crate) struct ChainKey(pub(crate) Secret<32>);

impl ChainKey {
    /// The next chain key, and the secret of the message at this position (GRP-22).
    pub(crate) fn step(&self) -> (Self, MessageSecret) {
        let [next, message] = kdf::expand_key(&self.0, label::GROUP_CHAIN_STEP);
        (Self(next), MessageSecret(message))
    }

    /// A second copy, to be handed over or stored.
    pub(crate) fn copy(&self) -> Secret<32> {
        Secret::new(*self.0.expose())
    }
}

/// What is kept of a skipped message: 32 bytes from which its keys follow.
#[derive(Debug)]
pub(crate) struct MessageSecret(pub(crate) Secret<32>);

/// The keys of exactly one message.
pub(crate) struct MessageKeys {
    /// Encrypts the payload.
    pub(crate) message: Secret<32>,
    /// Keys the franking commitment; revealing it in a report reveals nothing else (threat F4).
    pub(crate) franking: Secret<32>,
}

impl MessageSecret {
    /// Both keys of the message (GRP-22).
    pub(crate) fn keys(&self) -> MessageKeys {
        let [message, franking] = kdf::expand_key(&self.0, label::GROUP_MESSAGE_KEYS);
        MessageKeys { message, franking }
    }
}
