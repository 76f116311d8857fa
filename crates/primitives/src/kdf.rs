//! HKDF-SHA-256 (RFC 5869) with labelled info.
//!
//! Written out over HMAC, and not taken from a library, so that every block is wiped: each of them is a key.

use crate::{
    Label, Secret,
    hash::prefix,
    mac::{self, Keyed},
};
use hmac::{Mac as _, digest::FixedOutput as _};

/// HKDF counts its blocks in one byte.
const MAX_KEYS: usize = 255;

/// Derives the `N` × 32 bytes of several keys at once: `HKDF(salt, ikm, info)`, where info is the
/// length-prefixed label (PRM-10). `N` is at most 255.
#[must_use]
pub fn derive<const N: usize>(salt: &[u8], ikm: &[&[u8]], label: Label) -> [Secret<32>; N] {
    let label = label.as_bytes();
    expand(extract(salt, ikm), &[&prefix(label), label])
}

/// Derives keys from a secret that is already uniform: HKDF-Expand alone (PRM-10). `N` is at most 255.
#[must_use]
pub fn expand_key<const N: usize>(key: &Secret<32>, label: Label) -> [Secret<32>; N] {
    let label = label.as_bytes();
    expand(mac::keyed(key.expose()), &[&prefix(label), label])
}

/// HKDF-Extract; the result is keyed with the pseudorandom key.
fn extract(salt: &[u8], ikm: &[&[u8]]) -> Keyed {
    let mut mac = mac::keyed(salt);
    for part in ikm {
        mac.update(part);
    }
    mac::keyed(mac.finalize().as_bytes())
}

/// HKDF-Expand: each block is the MAC of the block before, the info, and its own number from 1.
fn expand<const N: usize>(keyed: Keyed, info: &[&[u8]]) -> [Secret<32>; N] {
    const { assert!(N <= MAX_KEYS) };
    let mut keys = core::array::from_fn(|_| Secret::new([0; 32]));
    let Some((last, others)) = keys.split_last_mut() else { return keys };
    let mut before: Option<&Secret<32>> = None;
    let mut number = 1u8;
    for key in others {
        *key = block(keyed.clone(), before, info, number);
        before = Some(key);
        number = number.wrapping_add(1);
    }
    // The last block takes the MAC itself, and spares a copy.
    *last = block(keyed, before, info, number);
    keys
}

fn block(mut mac: Keyed, before: Option<&Secret<32>>, info: &[&[u8]], number: u8) -> Secret<32> {
    if let Some(before) = before {
        mac.update(before.expose());
    }
    for part in info {
        mac.update(part);
    }
    mac.update(&[number]);
    Secret::filled(|key| mac.finalize_into(key.into()))
}

#[cfg(test)]
#[path = "kdf_tests.rs"]
mod tests;
