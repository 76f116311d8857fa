//! dalek, RustCrypto, and orion for short messages.

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use ed25519_dalek::Signer;
use orion::hazardous::aead::chacha20poly1305 as short;
use x25519_dalek::{PublicKey, StaticSecret};

/// The longest message of the short cipher, as in `aside-primitives`.
const SHORT_BYTES: usize = if cfg!(all(target_arch = "x86_64", not(target_feature = "avx2"))) { 640 } else { 0 };

/// A private agreement key.
pub(crate) struct Private(StaticSecret);

impl Private {
    /// With its public key.
    pub(crate) fn with_public(seed: [u8; 32]) -> (Self, [u8; 32]) {
        let secret = StaticSecret::from(seed);
        let public = PublicKey::from(&secret).to_bytes();
        (Self(secret), public)
    }

    pub(crate) fn agree(&self, peer: &[u8; 32]) -> [u8; 32] {
        let shared = self.0.diffie_hellman(&PublicKey::from(*peer));
        assert!(shared.was_contributory());
        shared.to_bytes()
    }
}

/// A private signing key.
pub(crate) struct Signing(ed25519_dalek::SigningKey);

impl Signing {
    pub(crate) fn of_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

pub(crate) fn seal(key: &[u8; 32], nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> [u8; 16] {
    if buffer.len() <= SHORT_BYTES {
        let key = short::SecretKey::try_from(key).expect("32 bytes");
        let nonce = short::Nonce::from(*nonce);
        let tag = short::ChaCha20Poly1305::seal_inplace(&key, &nonce, Some(associated), buffer);
        return tag.expect("it is short").unprotected_as_ref::<[u8]>().try_into().expect("16 bytes");
    }
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.encrypt_inout_detached(nonce.into(), associated, buffer.into()).expect("it is short").into()
}

pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; 16],
) -> bool {
    if buffer.len() <= SHORT_BYTES {
        let key = short::SecretKey::try_from(key).expect("32 bytes");
        let tag = short::Tag::try_from(tag).expect("16 bytes");
        let nonce = short::Nonce::from(*nonce);
        return short::ChaCha20Poly1305::open_inplace(&key, &nonce, &tag, Some(associated), buffer).is_ok();
    }
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.decrypt_inout_detached(nonce.into(), associated, buffer.into(), tag.into()).is_ok()
}
