//! The account key: the cryptographic identity of a person.

use aside_primitives::{KeyRefused, Label, Signature, VerifyingKey, sign::SignatureInvalid};
use core::fmt;

/// The public key of an account, 32 bytes (IDN-2). Not interchangeable with a device's signing key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey([u8; 32]);

impl AccountKey {
    /// Decodes and checks 32 bytes.
    ///
    /// # Errors
    /// [`KeyRefused`], with the reason.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyRefused> {
        VerifyingKey::parse(bytes).map(Self::new)
    }

    /// The account whose signatures this key verifies.
    #[must_use]
    pub fn new(key: VerifyingKey) -> Self {
        Self(*key.as_bytes())
    }

    /// A key that was checked before it was stored here. Verifying with it checks it again.
    #[must_use]
    pub const fn from_own_store(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The canonical 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Verifies what the account signed, strictly and over the exact bytes received.
    ///
    /// # Errors
    /// [`SignatureInvalid`] without saying why.
    pub fn verify(&self, label: Label, body: &[u8], signature: &Signature) -> Result<(), SignatureInvalid> {
        let key = VerifyingKey::parse(&self.0).map_err(|_| SignatureInvalid)?;
        key.verify(label, body, signature)
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKey(")?;
        for byte in self.0.iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…)")
    }
}
