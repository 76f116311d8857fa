//! SHA-256 over labelled, length-prefixed parts.

use crate::Label;
use core::fmt;
use sha2::{Digest as _, Sha256};

/// A SHA-256 output, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Decodes 32 bytes; `None` for any other length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(")?;
        write_hex(f, &self.0)?;
        f.write_str(")")
    }
}

/// Writes bytes as lower-case hex.
pub(crate) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// The four-byte big-endian length that stands before every variable part (PRM-1).
///
/// A part of 4 GiB or more cannot be represented; its length saturates, and no structure of the protocol
/// comes near.
pub(crate) fn prefix(part: &[u8]) -> [u8; 4] {
    u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// `SHA-256(part(label) ‖ part(p1) ‖ …)`, where `part(x)` is a four-byte big-endian length and `x` (PRM-1).
#[must_use]
pub fn hash(label: Label, parts: &[&[u8]]) -> Digest {
    let mut transcript = Transcript::new(label);
    for part in parts {
        transcript.add(part);
    }
    transcript.finish()
}

/// A labelled hash taken over parts as they become known.
pub struct Transcript(Sha256);

impl Transcript {
    /// Starts with the label as the first part.
    #[must_use]
    pub fn new(label: Label) -> Self {
        let mut transcript = Self(Sha256::new());
        transcript.add(label.as_bytes());
        transcript
    }

    /// Adds one length-prefixed part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(prefix(part));
        self.0.update(part);
    }

    /// The digest over everything added.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

#[cfg(test)]
#[path = "hash_tests.rs"]
mod tests;
