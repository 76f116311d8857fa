//! The keys that encrypt a group's log.

use crate::key_id::{first_half, write_short};
use aside_primitives::{Draw, Entropy, EntropyFailed, Secret, entropy, hash::hash, label};
use aside_wire::group_packet::KEY_ID_BYTES;
use core::fmt;

/// Encrypts the entries of a log until the next rekeying; every member has it.
#[derive(Debug, PartialEq, Eq)]
pub struct LogKey(Secret<32>);

impl LogKey {
    /// Draws a fresh key.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn generate(entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        entropy::secret(entropy, Draw("log key")).map(Self)
    }

    /// The key in these 32 bytes.
    #[must_use]
    pub const fn new(secret: Secret<32>) -> Self {
        Self(secret)
    }

    /// Its name, by which the log says which key comes next.
    #[must_use]
    pub fn id(&self) -> LogKeyId {
        LogKeyId(first_half(hash(label::GROUP_LOG_KEY_ID, &[self.0.expose()])))
    }

    /// The 32 bytes, for a member or the own store.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// Names a log key, 16 bytes; says nothing about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKeyId([u8; KEY_ID_BYTES]);

impl LogKeyId {
    /// The name in these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; KEY_ID_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_ID_BYTES] {
        &self.0
    }
}

impl fmt::Debug for LogKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_short(f, "LogKeyId", &self.0)
    }
}
