//! The content that tells somebody that they are in a group.

use crate::{Head, LogKey, Refused, sender_key::secret};
use alloc::vec::Vec;
use aside_wire::{Malformed, decode, pb};
use prost::Message;
use zeroize::{Zeroize, Zeroizing};

/// An invitation, over the session with the device that is invited. It is a request until the whole log was verified,
/// and accepted (GRP-38).
#[derive(Debug)]
pub struct GroupInvite {
    /// The inviter's head of the log.
    pub head: Head,
    /// Every key that has encrypted the log, oldest first; 1 to 1,024.
    pub log_keys: Vec<LogKey>,
}

impl GroupInvite {
    /// The content of a frame of kind 17.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let Self { head, log_keys } = self;
        let fields = Fields(pb::GroupInvite {
            sequence: head.sequence,
            head: head.hash.as_bytes().to_vec(),
            log_keys: log_keys.iter().map(|key| key.expose().to_vec()).collect(),
        });
        Zeroizing::new(fields.0.encode_to_vec())
    }

    /// Decodes the content of a frame of kind 17.
    ///
    /// # Errors
    /// [`Refused`] if it is malformed, has no key, or more than its limit of fields holds.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        let fields = Fields(decode(bytes)?);
        let pb::GroupInvite { sequence, head, log_keys } = &fields.0;
        if log_keys.is_empty() {
            return Err(Malformed::Field("log_keys").into());
        }
        let keys = log_keys.iter().map(|key| secret(key, "log_keys").map(LogKey::new));
        Ok(Self { head: Head::parse(*sequence, head)?, log_keys: keys.collect::<Result<_, _>>()? })
    }
}

/// The fields on their way, whose secrets are wiped.
struct Fields(pb::GroupInvite);

impl Drop for Fields {
    fn drop(&mut self) {
        self.0.log_keys.iter_mut().for_each(Zeroize::zeroize);
    }
}
