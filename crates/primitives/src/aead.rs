//! ChaCha20-Poly1305, in place and detached.

use crate::{
    Secret,
    backend::{Cipher as _, chosen::ChaCha},
};

/// Length of an authentication tag in bytes.
pub const TAG_BYTES: usize = 16;
/// Length of a nonce in bytes.
pub const NONCE_BYTES: usize = 12;
/// What one nonce covers (RFC 8439): the blocks of 64 bytes that a counter of 32 bits has left after the first.
const LONGEST: u64 = 0x3F_FFFF_FFC0;

/// The ciphertext does not open under this key, nonce and associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext does not authenticate")]
pub struct OpenFailed;

/// The plaintext is too long for one message of the cipher (256 GiB).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the plaintext is too long")]
pub struct TooLong;

/// Encrypts `buffer` in place and returns the tag (PRM-11).
///
/// A pair of key and nonce must be used for one message only.
///
/// # Errors
/// [`TooLong`] if the buffer exceeds what one nonce covers.
pub fn seal(
    key: &Secret<32>,
    nonce: &[u8; NONCE_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; TAG_BYTES], TooLong> {
    if !fits(buffer.len()) {
        return Err(TooLong);
    }
    ChaCha::seal(key, nonce, associated, buffer).ok_or(TooLong)
}

/// Authenticates `buffer` and only then decrypts it in place; on failure it is left as it was (PRM-11, threat P16).
///
/// There are no shortened tags (threat P15):
///
/// ```
/// # use aside_primitives::{Secret, aead};
/// # let (key, mut buffer) = (Secret::new([1; 32]), [0; 4]);
/// assert!(aead::open(&key, &[0; 12], b"", &mut buffer, &[0; 16]).is_err());
/// ```
///
/// ```compile_fail
/// # use aside_primitives::{Secret, aead};
/// # let (key, mut buffer) = (Secret::new([1; 32]), [0; 4]);
/// assert!(aead::open(&key, &[0; 12], b"", &mut buffer, &[0; 15]).is_err());
/// ```
///
/// # Errors
/// [`OpenFailed`] if the tag does not match.
pub fn open(
    key: &Secret<32>,
    nonce: &[u8; NONCE_BYTES],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> Result<(), OpenFailed> {
    if ChaCha::open(key, nonce, associated, buffer, tag) { Ok(()) } else { Err(OpenFailed) }
}

fn fits(length: usize) -> bool {
    u64::try_from(length).is_ok_and(|length| length <= LONGEST)
}

#[cfg(test)]
#[path = "aead_tests.rs"]
mod tests;
