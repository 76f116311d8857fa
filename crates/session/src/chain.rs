//! The two symmetric steps: root key to chain, chain key to message keys.

use crate::{epoch::EpochSecret, transient::TransientKey};
use aside_primitives::{Secret, label, suite::Primitives};

/// What a root step gives (SES-7).
pub(crate) struct RootStep {
    /// The next root key.
    pub(crate) root: Secret<32>,
    /// The first chain key of the new chain.
    pub(crate) chain: ChainKey,
    /// The header key of the chain after the new one in the same direction.
    pub(crate) next_header_key: Secret<32>,
    /// The transient key of the new chain.
    pub(crate) transient: TransientKey,
}

/// Mixes an agreement into the root key, and the secret of an epoch where the chain adopts one (EPO-6).
pub(crate) fn root_step<P: Primitives>(
    root: &Secret<32>,
    agreement: &Secret<32>,
    adopted: Option<&EpochSecret>,
) -> RootStep {
    let root = root.expose();
    let [root, chain, next_header_key, transient] = match adopted {
        None => P::derive(root, &[agreement.expose()], label::ROOT_STEP),
        Some(EpochSecret(epoch)) => {
            P::derive(root, &[agreement.expose(), epoch.expose()], label::KEM_ROOT_STEP)
        }
    };
    RootStep { root, chain: ChainKey(chain), next_header_key, transient: TransientKey(transient) }
}

/// The key of one position of a chain.
#[derive(Debug)]
pub(crate) struct ChainKey(pub(crate) Secret<32>);

impl ChainKey {
    /// The next chain key, and the secret of the message at this position (SES-8).
    pub(crate) fn step<P: Primitives>(&self) -> (Self, MessageSecret) {
        let [next, message] = P::expand(&self.0, label::CHAIN_STEP);
        (Self(next), MessageSecret(message))
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
    /// Both keys of the message (SES-9).
    pub(crate) fn keys<P: Primitives>(&self) -> MessageKeys {
        let [message, franking] = P::expand(&self.0, label::MESSAGE_KEYS);
        MessageKeys { message, franking }
    }
}
