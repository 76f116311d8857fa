//! The operations that libraries do at different speeds, over bytes: private keys agree and sign, a cipher seals and
//! opens. Nothing of a stranger's is checked here. What makes these operations safe (canonical keys, outputs that are
//! not zero, strict signatures) stands once, in `dh`, `sign` and `aead`, before whichever library is chosen.

use crate::Secret;
use zeroize::ZeroizeOnDrop;

#[cfg(feature = "aws-lc-rs")]
pub(crate) mod aws_lc;
pub(crate) mod rust;
pub(crate) mod short;

#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc as chosen;
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use rust as chosen;

/// A private X25519 key.
pub(crate) trait Agreement: Sized + ZeroizeOnDrop {
    /// The key of 32 bytes, which are clamped when it is used.
    fn of_seed(seed: &Secret<32>) -> Self;

    /// The same, with its public key.
    fn with_public(seed: &Secret<32>) -> (Self, [u8; 32]);

    /// The 32 bytes.
    fn seed(&self) -> Secret<32>;

    /// The output for any 32 bytes of a peer: zeros if they are a point of small order (PRM-4).
    fn agree(&self, peer: &[u8; 32]) -> Secret<32>;
}

/// A private Ed25519 key, which signs for its own public key alone (threat P4).
pub(crate) trait Signing: Sized + ZeroizeOnDrop {
    /// The key of a seed (RFC 8032).
    fn of_seed(seed: &Secret<32>) -> Self;

    /// The 32 bytes of the seed.
    fn seed(&self) -> Secret<32>;

    /// The public key, in the form in which signatures are verified.
    fn public(&self) -> ed25519_dalek::VerifyingKey;

    /// Signs any bytes.
    fn sign(&self, bytes: &[u8]) -> [u8; 64];
}

/// ChaCha20-Poly1305 in place.
pub(crate) trait Cipher {
    /// Encrypts a buffer that is not longer than one nonce covers, and gives the tag.
    fn seal(key: &Secret<32>, nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> Option<[u8; 16]>;

    /// Decrypts if the tag is right; otherwise the buffer is left as it was (threat P16).
    fn open(key: &Secret<32>, nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8], tag: &[u8; 16])
    -> bool;
}
