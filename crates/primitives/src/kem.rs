//! ML-KEM-768 (FIPS 203): private keys are seeds, randomness is supplied.

use crate::{Draw, Entropy, EntropyFailed, KeyRefused, Secret, entropy};
use core::fmt;
use ml_kem::{Decapsulate, KeyExport, MlKem768, SharedKey, array::Array};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Length of an encapsulation key in bytes.
pub const PUBLIC_BYTES: usize = 1184;
/// Length of a ciphertext in bytes.
pub const CIPHERTEXT_BYTES: usize = 1088;

/// A ciphertext, 1,088 bytes.
pub type Ciphertext = [u8; CIPHERTEXT_BYTES];

/// A checked encapsulation key (PRM-9).
#[derive(Clone, PartialEq, Eq)]
pub struct KemPublic(ml_kem::EncapsulationKey<MlKem768>);

impl KemPublic {
    /// Decodes 1,184 bytes and applies the modulus check of FIPS 203, 7.2.
    ///
    /// # Errors
    /// [`KeyRefused::Length`] or [`KeyRefused::Encapsulation`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyRefused> {
        let bytes: &[u8; PUBLIC_BYTES] = bytes.try_into().map_err(|_| KeyRefused::Length)?;
        ml_kem::EncapsulationKey::new(bytes.into()).map(Self).map_err(|_| KeyRefused::Encapsulation)
    }

    /// The 1,184 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; PUBLIC_BYTES] {
        self.0.to_bytes().into()
    }

    /// Draws 32 bytes and encapsulates a shared secret.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn encapsulate(
        &self,
        entropy: &mut (impl Entropy + ?Sized),
        what: Draw,
    ) -> Result<(Ciphertext, Secret<32>), EntropyFailed> {
        let message: Secret<32> = entropy::secret(entropy, what)?;
        let (ciphertext, shared) = self.0.encapsulate_deterministic(message.expose().into());
        Ok((ciphertext.into(), wiped(shared)))
    }
}

impl fmt::Debug for KemPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KemPublic(1184 bytes)")
    }
}

/// A private key, kept as its 64-byte seed and expanded when it is used (PRM-8).
#[derive(Debug, ZeroizeOnDrop)]
pub struct KemSecret(Secret<64>);

impl KemSecret {
    /// Draws a fresh key.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn generate(entropy: &mut (impl Entropy + ?Sized), what: Draw) -> Result<Self, EntropyFailed> {
        entropy::secret(entropy, what).map(Self)
    }

    /// The key of a 64-byte seed (d ‖ z).
    #[must_use]
    pub const fn from_seed(seed: Secret<64>) -> Self {
        Self(seed)
    }

    /// The seed, for the owner's store.
    #[must_use]
    pub const fn seed(&self) -> &Secret<64> {
        &self.0
    }

    /// The encapsulation key.
    #[must_use]
    pub fn public(&self) -> KemPublic {
        KemPublic(self.expand().encapsulation_key().clone())
    }

    /// Decapsulates. A ciphertext that was tampered with gives another secret and no error (FIPS 203's implicit
    /// rejection), so nothing may be consumed until a message under it has opened (threat P9).
    #[must_use]
    pub fn decapsulate(&self, ciphertext: &Ciphertext) -> Secret<32> {
        wiped(self.expand().decapsulate(&Array(*ciphertext)))
    }

    fn expand(&self) -> ml_kem::DecapsulationKey<MlKem768> {
        ml_kem::DecapsulationKey::from_seed(Array(*self.0.expose()))
    }
}

/// Moves a shared secret into the type that wipes itself; the library's does not.
fn wiped(mut shared: SharedKey) -> Secret<32> {
    let secret = Secret::filled(|bytes| bytes.copy_from_slice(&shared));
    shared.as_mut_slice().zeroize();
    secret
}

#[cfg(test)]
#[path = "kem_tests.rs"]
mod tests;
