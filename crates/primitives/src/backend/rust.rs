//! The back end in Rust: the libraries of RustCrypto and dalek. It builds for every target.

use super::{Agreement, Cipher, Signing, short};
use crate::Secret;
use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use ed25519_dalek::Signer;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::ZeroizeOnDrop;

#[derive(ZeroizeOnDrop)]
pub(crate) struct AgreementKey(StaticSecret);

impl Agreement for AgreementKey {
    fn of_seed(seed: &Secret<32>) -> Self {
        Self(StaticSecret::from(*seed.expose()))
    }

    fn with_public(seed: &Secret<32>) -> (Self, [u8; 32]) {
        let key = Self::of_seed(seed);
        let public = PublicKey::from(&key.0).to_bytes();
        (key, public)
    }

    fn seed(&self) -> Secret<32> {
        Secret::filled(|bytes| bytes.copy_from_slice(self.0.as_bytes()))
    }

    fn agree(&self, peer: &[u8; 32]) -> Secret<32> {
        let shared = self.0.diffie_hellman(&PublicKey::from(*peer));
        Secret::filled(|bytes| bytes.copy_from_slice(shared.as_bytes()))
    }
}

#[derive(ZeroizeOnDrop)]
pub(crate) struct SigningKey(ed25519_dalek::SigningKey);

impl Signing for SigningKey {
    fn of_seed(seed: &Secret<32>) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    fn seed(&self) -> Secret<32> {
        Secret::filled(|bytes| bytes.copy_from_slice(self.0.as_bytes()))
    }

    fn public(&self) -> ed25519_dalek::VerifyingKey {
        self.0.verifying_key()
    }

    fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

/// By length, the library that is faster.
pub(crate) struct ChaCha;

impl Cipher for ChaCha {
    fn seal(key: &Secret<32>, nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> Option<[u8; 16]> {
        if short::takes(buffer.len()) {
            return short::ChaCha::seal(key, nonce, associated, buffer);
        }
        LongChaCha::seal(key, nonce, associated, buffer)
    }

    fn open(
        key: &Secret<32>,
        nonce: &[u8; 12],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> bool {
        if short::takes(buffer.len()) {
            return short::ChaCha::open(key, nonce, associated, buffer, tag);
        }
        LongChaCha::open(key, nonce, associated, buffer, tag)
    }
}

/// For long messages; right for any.
pub(crate) struct LongChaCha;

impl Cipher for LongChaCha {
    fn seal(key: &Secret<32>, nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> Option<[u8; 16]> {
        ChaCha20Poly1305::new(key.expose().into())
            .encrypt_inout_detached(nonce.into(), associated, buffer.into())
            .map(Into::into)
            .ok()
    }

    fn open(
        key: &Secret<32>,
        nonce: &[u8; 12],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> bool {
        ChaCha20Poly1305::new(key.expose().into())
            .decrypt_inout_detached(nonce.into(), associated, buffer.into(), tag.into())
            .is_ok()
    }
}
