//! HMAC-SHA-256 under a key of any length; what `kdf` and `commit` are made of.

use crate::Secret;
use hmac::{Hmac, KeyInit};
use sha2::{Digest as _, Sha256};

/// The block of SHA-256 in bytes, to which HMAC pads its key.
const BLOCK_BYTES: usize = 64;

/// A MAC that has taken its key. Its state is wiped when it is dropped, and so is its output.
pub(crate) type Keyed = Hmac<Sha256>;

/// Starts a MAC under a key; one longer than a block is hashed first (RFC 2104).
pub(crate) fn keyed(key: &[u8]) -> Keyed {
    let block = Secret::<BLOCK_BYTES>::filled(|block| {
        if let Some((head, _)) = block.split_at_mut_checked(key.len()) {
            head.copy_from_slice(key);
        } else if let Some(head) = block.first_chunk_mut::<32>() {
            Sha256::new_with_prefix(key).finalize_into(head.into());
        }
    });
    Keyed::new(block.expose().into())
}

#[cfg(test)]
#[path = "mac_tests.rs"]
mod tests;
