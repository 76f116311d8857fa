//! A place in a group's log.

use aside_primitives::Digest;
use aside_wire::{Malformed, array};

/// An entry of a log, by its sequence and its hash: who has seen it knows everything before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Head {
    /// The entry's sequence, from 1.
    pub sequence: u64,
    /// The entry's hash.
    pub hash: Digest,
}

impl Head {
    /// The head that a message names.
    ///
    /// # Errors
    /// [`Malformed::Field`] if the sequence is 0 or the hash has not 32 bytes.
    pub fn parse(sequence: u64, hash: &[u8]) -> Result<Self, Malformed> {
        if sequence == 0 {
            return Err(Malformed::Field("sequence"));
        }
        Ok(Self { sequence, hash: Digest(array(hash, "head")?) })
    }
}
