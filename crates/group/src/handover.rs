//! What one device hands another of a sending chain.

use aside_primitives::{Secret, VerifyingKey};

/// A sending chain from one of its messages on; it opens nothing that was sent before (GRP-34).
#[derive(Debug)]
pub struct ChainHandover {
    /// Number of the first message that it opens, below 1,000.
    pub iteration: u16,
    /// The chain key of that message.
    pub chain_key: Secret<32>,
    /// Verifies the messages of the chain.
    pub signing_key: VerifyingKey,
}
