//! The content that hands a sending chain to a member.

use crate::{ChainHandover, Head, LogKey, Refused, limits::CHAIN_MESSAGES};
use alloc::vec::Vec;
use aside_primitives::{Secret, VerifyingKey};
use aside_wire::{Malformed, array, decode, pb};
use prost::Message;
use zeroize::{Zeroize, Zeroizing};

/// A sending chain for one member device, over the session with it (GRP-19, GRP-20). It names neither group nor owner:
/// those are the conversation's and the session's, and a copy of them could only contradict (threat G7).
#[derive(Debug)]
pub struct SenderKey {
    /// The epoch the chain is for.
    pub epoch: u64,
    /// The sender's head of the log when it was made.
    pub head: Head,
    /// The chain.
    pub chain: ChainHandover,
    /// The key that encrypts the log at that head.
    pub log_key: LogKey,
}

impl SenderKey {
    /// The content of a frame of kind 16.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let Self { epoch, head, chain, log_key } = self;
        let fields = Fields(pb::SenderKey {
            epoch: *epoch,
            sequence: head.sequence,
            head: head.hash.as_bytes().to_vec(),
            iteration: chain.iteration.into(),
            chain_key: chain.chain_key.expose().to_vec(),
            signing_key: chain.signing_key.as_bytes().to_vec(),
            log_key: log_key.expose().to_vec(),
        });
        Zeroizing::new(fields.0.encode_to_vec())
    }

    /// Decodes the content of a frame of kind 16. Who sent it and what the log says is for the caller to check (GRP-20).
    ///
    /// # Errors
    /// [`Refused`] if it is malformed, names an epoch after its own head, or a key is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        let fields = Fields(decode(bytes)?);
        let pb::SenderKey { epoch, sequence, head, iteration, chain_key, signing_key, log_key } = &fields.0;
        let head = Head::parse(*sequence, head)?;
        if *epoch == 0 || *epoch > head.sequence {
            return Err(Malformed::Field("epoch").into());
        }
        let iteration = u16::try_from(*iteration).ok().filter(|iteration| *iteration < CHAIN_MESSAGES);
        let iteration = iteration.ok_or(Malformed::Field("iteration"))?;
        let chain_key = secret(chain_key, "chain_key")?;
        let signing_key = array::<32>(signing_key, "signing_key")?;
        let log_key = LogKey::new(secret(log_key, "log_key")?);
        let chain = ChainHandover { iteration, chain_key, signing_key: VerifyingKey::parse(&signing_key)? };
        Ok(Self { epoch: *epoch, head, chain, log_key })
    }
}

/// A secret of 32 bytes in a field.
pub(crate) fn secret(bytes: &[u8], field: &'static str) -> Result<Secret<32>, Malformed> {
    Secret::from_slice(bytes).ok_or(Malformed::Field(field))
}

/// The fields on their way, whose secrets are wiped.
struct Fields(pb::SenderKey);

impl Drop for Fields {
    fn drop(&mut self) {
        self.0.chain_key.zeroize();
        self.0.log_key.zeroize();
    }
}
