//! ChaCha20-Poly1305 for short messages, by `orion`.
//!
//! On x86 the library that [`rust`](super::rust) takes for long ones looks at run time for AVX2, and then calls each
//! vector instruction of its Poly1305 as a function: a microsecond for any message, however short. This library has no
//! such code and no `unsafe`; from about 800 bytes on it is the slower one. Where the instructions are known when the
//! program is compiled, and on other machines, the first is as fast or faster, and does it all.

use super::Cipher;
use crate::Secret;
use orion::hazardous::aead::chacha20poly1305::{ChaCha20Poly1305, Nonce, SecretKey, Tag};

/// Whether the other library calls its vector instructions.
const CALLS: bool = cfg!(all(
    any(target_arch = "x86", target_arch = "x86_64"),
    not(target_feature = "avx2"),
    not(poly1305_backend = "soft")
));

/// The longest message that is given to this one: an encrypted header, or the smallest class of a padded frame.
const LONGEST_BYTES: usize = if CALLS { 640 } else { 0 };

/// Whether a message of so many bytes is one for this library.
pub(crate) fn takes(length: usize) -> bool {
    length <= LONGEST_BYTES
}

pub(crate) struct ChaCha;

impl Cipher for ChaCha {
    fn seal(key: &Secret<32>, nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> Option<[u8; 16]> {
        let key = SecretKey::try_from(key.expose()).ok()?;
        let nonce = Nonce::from(*nonce);
        let tag = ChaCha20Poly1305::seal_inplace(&key, &nonce, Some(associated), buffer).ok()?;
        tag.unprotected_as_ref::<[u8]>().try_into().ok()
    }

    fn open(
        key: &Secret<32>,
        nonce: &[u8; 12],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> bool {
        let (Ok(key), Ok(tag)) = (SecretKey::try_from(key.expose()), Tag::try_from(tag)) else {
            return false;
        };
        let nonce = Nonce::from(*nonce);
        // Compares the tag in constant time before it decrypts.
        ChaCha20Poly1305::open_inplace(&key, &nonce, &tag, Some(associated), buffer).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_message_is_taken_and_the_next_is_not() {
        assert!(takes(0) && takes(LONGEST_BYTES) && !takes(LONGEST_BYTES + 1));
    }
}
