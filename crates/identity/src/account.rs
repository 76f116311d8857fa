//! The account key: the cryptographic identity of a person.

use aside_primitives::{KeyRefused, VerifyingKey};
use core::fmt;

/// The public key of an account, 32 bytes (IDN-2). Not interchangeable with a device's signing key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(VerifyingKey);

impl AccountKey {
    /// Decodes and checks 32 bytes.
    ///
    /// # Errors
    /// [`KeyRefused`], with the reason.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyRefused> {
        VerifyingKey::parse(bytes).map(Self)
    }

    /// The account whose signatures this key verifies.
    #[must_use]
    pub const fn new(key: VerifyingKey) -> Self {
        Self(key)
    }

    /// The canonical 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key that verifies what the account signs.
    #[must_use]
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.0
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKey(")?;
        for byte in self.as_bytes().iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…)")
    }
}
