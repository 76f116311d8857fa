//! Ed25519: canonical keys, strict verification, a label in every signature.

use crate::{
    Draw, Entropy, EntropyFailed, KeyRefused, Label, Secret,
    backend::{Signing as _, chosen},
    entropy,
    hash::prefix,
};
use alloc::vec::Vec;
use core::fmt;
use zeroize::ZeroizeOnDrop;

/// Length of a verifying key in bytes.
pub const KEY_BYTES: usize = 32;
/// Length of a signature in bytes.
pub const SIGNATURE_BYTES: usize = 64;

/// The signature is not one by this key over these bytes under this label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is invalid")]
pub struct SignatureInvalid;

/// A 64-byte Ed25519 signature, not yet verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; SIGNATURE_BYTES]);

impl Signature {
    /// Decodes 64 bytes; `None` for any other length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(64 bytes)")
    }
}

/// A public Ed25519 key: canonically encoded, not of small order (PRM-6, PRM-7).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Decodes and checks a key.
    ///
    /// # Errors
    /// [`KeyRefused`], with the reason.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyRefused> {
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| KeyRefused::Length)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyRefused::NonCanonical)?;
        // The library decodes non-canonical encodings of a point and keeps the bytes it was given.
        if key.to_edwards().compress().to_bytes() != bytes {
            return Err(KeyRefused::NonCanonical);
        }
        if key.is_weak() || !key.to_edwards().is_torsion_free() {
            return Err(KeyRefused::SmallOrder);
        }
        Ok(Self(key))
    }

    /// The canonical 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        self.0.as_bytes()
    }

    /// Verifies a signature over the exact bytes received, strictly (PRM-5, threat P3).
    ///
    /// # Errors
    /// [`SignatureInvalid`] without saying why.
    pub fn verify(&self, label: Label, body: &[u8], signature: &Signature) -> Result<(), SignatureInvalid> {
        self.verify_bytes(&to_be_signed(label, body), signature)
    }

    /// The same for a body that was assembled in place.
    ///
    /// # Errors
    /// [`SignatureInvalid`] without saying why.
    pub fn verify_in_place(&self, body: &mut InPlace, signature: &Signature) -> Result<(), SignatureInvalid> {
        self.verify_bytes(body.framed(), signature)
    }

    /// The check itself, without a label, as the published test vectors have it.
    fn verify_bytes(&self, bytes: &[u8], signature: &Signature) -> Result<(), SignatureInvalid> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(bytes, &signature).map_err(|_| SignatureInvalid)
    }
}

impl PartialOrd for VerifyingKey {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for VerifyingKey {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl core::hash::Hash for VerifyingKey {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey(")?;
        crate::hash::write_hex(f, self.as_bytes())?;
        f.write_str(")")
    }
}

/// A private Ed25519 key. It signs only for its own public key (threat P4): nobody hands it another.
///
/// ```
/// # use aside_primitives::{Secret, Signature, SigningKey, VerifyingKey, label};
/// fn sign(key: &SigningKey, other: &VerifyingKey) -> Signature {
///     key.sign(label::LOGIN, b"body")
/// }
/// ```
///
/// ```compile_fail
/// # use aside_primitives::{Secret, Signature, SigningKey, VerifyingKey, label};
/// fn sign(key: &SigningKey, other: &VerifyingKey) -> Signature {
///     key.sign(other, label::LOGIN, b"body")
/// }
/// ```
///
/// Nor is it made of a pair:
///
/// ```
/// # use aside_primitives::{Secret, SigningKey, VerifyingKey};
/// fn key(seed: &Secret<32>, public: &VerifyingKey) -> SigningKey {
///     SigningKey::from_seed(seed)
/// }
/// ```
///
/// ```compile_fail
/// # use aside_primitives::{Secret, SigningKey, VerifyingKey};
/// fn key(seed: &Secret<32>, public: &VerifyingKey) -> SigningKey {
///     SigningKey::from_seed(seed, public)
/// }
/// ```
#[derive(ZeroizeOnDrop)]
pub struct SigningKey(chosen::SigningKey);

impl SigningKey {
    /// Draws a fresh key.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn generate(entropy: &mut (impl Entropy + ?Sized), what: Draw) -> Result<Self, EntropyFailed> {
        entropy::secret(entropy, what).map(|seed| Self::from_seed(&seed))
    }

    /// The key of a 32-byte seed (RFC 8032).
    #[must_use]
    pub fn from_seed(seed: &Secret<32>) -> Self {
        Self(chosen::SigningKey::of_seed(seed))
    }

    /// The 32-byte seed, for the owner's store.
    #[must_use]
    pub fn to_seed(&self) -> Secret<32> {
        self.0.seed()
    }

    /// The public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.public())
    }

    /// Signs a body under a label (PRM-5).
    #[must_use]
    pub fn sign(&self, label: Label, body: &[u8]) -> Signature {
        self.sign_bytes(&to_be_signed(label, body))
    }

    /// The same for a body that was assembled in place.
    #[must_use]
    pub fn sign_in_place(&self, body: &mut InPlace) -> Signature {
        self.sign_bytes(body.framed())
    }

    fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.verifying_key()).finish_non_exhaustive()
    }
}

/// A body that is assembled behind its label, in the buffer it is then signed or verified in, and taken out of: a
/// message that is signed is copied no more often than one that is not.
///
/// ```
/// # use aside_primitives::{Secret, SigningKey, label, sign::InPlace};
/// let key = SigningKey::from_seed(&Secret::new([1; 32]));
/// let mut body = InPlace::new(label::LOGIN, 5);
/// body.push(b"he");
/// body.push(b"llo");
/// assert_eq!(key.sign_in_place(&mut body), key.sign(label::LOGIN, b"hello"));
/// assert_eq!(body.into_body(1), b"ello");
/// ```
pub struct InPlace {
    bytes: Vec<u8>,
    body_at: usize,
}

impl InPlace {
    /// An empty body with room for so many bytes.
    #[must_use]
    pub fn new(label: Label, room: usize) -> Self {
        let label = label.as_bytes();
        let body_at = label.len().saturating_add(8);
        let mut bytes = Vec::with_capacity(body_at.saturating_add(room));
        bytes.extend_from_slice(&prefix(label));
        bytes.extend_from_slice(label);
        bytes.extend_from_slice(&[0; 4]);
        Self { bytes, body_at }
    }

    /// Adds to the end of the body.
    pub fn push(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
    }

    /// The body so far.
    pub fn body_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.body_at..).unwrap_or_default()
    }

    /// The body from an offset on, in the same buffer.
    #[must_use]
    pub fn into_body(mut self, offset: usize) -> Vec<u8> {
        let start = self.body_at.saturating_add(offset).min(self.bytes.len());
        self.bytes.drain(..start);
        self.bytes
    }

    /// Everything, once the length of the body is known.
    fn framed(&mut self) -> &[u8] {
        let length = prefix(self.bytes.get(self.body_at..).unwrap_or_default());
        if let Some(place) = self.bytes.get_mut(self.body_at.saturating_sub(4)..self.body_at) {
            place.copy_from_slice(&length);
        }
        &self.bytes
    }
}

impl fmt::Debug for InPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InPlace").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

pub(crate) fn to_be_signed(label: Label, body: &[u8]) -> Vec<u8> {
    let label = label.as_bytes();
    [&prefix(label), label, &prefix(body), body].concat()
}

#[cfg(test)]
#[path = "sign_tests.rs"]
mod tests;
