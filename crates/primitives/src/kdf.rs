//! HKDF-SHA-256 with labelled info.

use crate::{Label, Secret, hash::prefix};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroize;

/// Derives the `N` × 32 bytes of several keys at once: `HKDF(salt, ikm, info)`, where info is the
/// length-prefixed label (PRM-10).
#[must_use]
pub fn derive<const N: usize>(salt: &[u8], ikm: &[&[u8]], label: Label) -> [Secret<32>; N] {
    let mut extract = hkdf::HkdfExtract::<Sha256>::new(Some(salt));
    for part in ikm {
        extract.input_ikm(part);
    }
    let (mut prk, hkdf) = extract.finalize();
    let keys = expand(&hkdf, label);
    prk.as_mut_slice().zeroize();
    keys
}

/// Derives keys from a secret that is already uniform: HKDF-Expand alone (PRM-10).
#[must_use]
pub fn expand_key<const N: usize>(key: &Secret<32>, label: Label) -> [Secret<32>; N] {
    // Hkdf::from_prk fails only on a key shorter than a hash output, and this one has its size.
    Hkdf::<Sha256>::from_prk(key.expose())
        .map(|hkdf| expand(&hkdf, label))
        .unwrap_or_else(|_| core::array::from_fn(|_| Secret::new([0; 32])))
}

fn expand<const N: usize>(hkdf: &Hkdf<Sha256>, label: Label) -> [Secret<32>; N] {
    let mut okm = [[0u8; 32]; N];
    let label = label.as_bytes();
    let expanded = hkdf.expand_multi_info(&[&prefix(label), label], okm.as_flattened_mut());
    debug_assert!(expanded.is_ok(), "32 × N stays below HKDF's limit of 8,160 bytes");
    let keys = core::array::from_fn(|i| {
        Secret::filled(|key| {
            if let Some(part) = okm.get(i) {
                key.copy_from_slice(part);
            }
        })
    });
    okm.zeroize();
    keys
}
