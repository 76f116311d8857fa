//! The primitives of a suite behind one trait, so that a state machine can be run on others: on ones that compute next to
//! nothing, under an interpreter that is a thousand times slower than the machine.

use crate::{
    AgreementPublic, AgreementSecret, Draw, Entropy, EntropyFailed, KeyRefused, Label, Secret,
    aead::{self, NONCE_BYTES, OpenFailed, TAG_BYTES, TooLong},
    kdf,
    kem::{self, Ciphertext, KemPublic, KemSecret},
};
use core::fmt;

/// What a ratchet computes with, chosen by type.
pub trait Primitives: fmt::Debug {
    /// A private agreement key with its public key beside it.
    type AgreementSecret: fmt::Debug;

    /// Draws a fresh agreement key.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    fn generate(
        entropy: &mut (impl Entropy + ?Sized),
        what: Draw,
    ) -> Result<Self::AgreementSecret, EntropyFailed>;

    /// The key of 32 secret bytes whose public key is known, from the owner's store.
    fn stored(seed: &Secret<32>, public: AgreementPublic) -> Self::AgreementSecret;

    /// The 32 secret bytes of a key, for the owner's store.
    fn seed(secret: &Self::AgreementSecret) -> Secret<32>;

    /// The public key.
    fn public(secret: &Self::AgreementSecret) -> &AgreementPublic;

    /// The agreement (PRM-4).
    ///
    /// # Errors
    /// [`KeyRefused`] if the output does not depend on both keys.
    fn agree(secret: &Self::AgreementSecret, peer: &AgreementPublic) -> Result<Secret<32>, KeyRefused>;

    /// The encapsulation key of a 64-byte seed.
    fn kem_key(seed: &Secret<64>) -> [u8; kem::PUBLIC_BYTES];

    /// Whether bytes are an encapsulation key (PRM-9).
    ///
    /// # Errors
    /// [`KeyRefused`] if they are not.
    fn check_kem_key(key: &[u8; kem::PUBLIC_BYTES]) -> Result<(), KeyRefused>;

    /// Draws 32 bytes and encapsulates a shared secret.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed; the inner one if the key is none.
    fn encapsulate(
        key: &[u8; kem::PUBLIC_BYTES],
        entropy: &mut (impl Entropy + ?Sized),
        what: Draw,
    ) -> Result<Result<(Ciphertext, Secret<32>), KeyRefused>, EntropyFailed>;

    /// Decapsulates; a wrong ciphertext gives another secret and no error (PRM-9).
    fn decapsulate(seed: &Secret<64>, ciphertext: &Ciphertext) -> Secret<32>;

    /// HKDF (PRM-10).
    fn derive<const N: usize>(salt: &[u8], ikm: &[&[u8]], label: Label) -> [Secret<32>; N];

    /// HKDF-Expand alone (PRM-10).
    fn expand<const N: usize>(key: &Secret<32>, label: Label) -> [Secret<32>; N];

    /// Encrypts in place (PRM-11).
    ///
    /// # Errors
    /// [`TooLong`] if the buffer exceeds what one nonce covers.
    fn seal(
        key: &Secret<32>,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], TooLong>;

    /// Authenticates, and decrypts in place (PRM-11).
    ///
    /// # Errors
    /// [`OpenFailed`] if the tag does not match; the buffer is as it was.
    fn open(
        key: &Secret<32>,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenFailed>;
}

/// Suite 1: X25519, ML-KEM-768, HKDF-SHA-256 and ChaCha20-Poly1305.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Suite1 {}

impl Primitives for Suite1 {
    type AgreementSecret = AgreementSecret;

    fn generate(
        entropy: &mut (impl Entropy + ?Sized),
        what: Draw,
    ) -> Result<Self::AgreementSecret, EntropyFailed> {
        AgreementSecret::generate(entropy, what)
    }

    fn stored(seed: &Secret<32>, public: AgreementPublic) -> Self::AgreementSecret {
        AgreementSecret::from_stored(seed, public)
    }

    fn seed(secret: &Self::AgreementSecret) -> Secret<32> {
        secret.to_seed()
    }

    fn public(secret: &Self::AgreementSecret) -> &AgreementPublic {
        secret.public()
    }

    fn agree(secret: &Self::AgreementSecret, peer: &AgreementPublic) -> Result<Secret<32>, KeyRefused> {
        secret.agree(peer)
    }

    fn kem_key(seed: &Secret<64>) -> [u8; kem::PUBLIC_BYTES] {
        KemSecret::from_seed(Secret::new(*seed.expose())).public().to_bytes()
    }

    fn check_kem_key(key: &[u8; kem::PUBLIC_BYTES]) -> Result<(), KeyRefused> {
        KemPublic::parse(key).map(|_| ())
    }

    fn encapsulate(
        key: &[u8; kem::PUBLIC_BYTES],
        entropy: &mut (impl Entropy + ?Sized),
        what: Draw,
    ) -> Result<Result<(Ciphertext, Secret<32>), KeyRefused>, EntropyFailed> {
        match KemPublic::parse(key) {
            Ok(key) => key.encapsulate(entropy, what).map(Ok),
            Err(refused) => Ok(Err(refused)),
        }
    }

    fn decapsulate(seed: &Secret<64>, ciphertext: &Ciphertext) -> Secret<32> {
        KemSecret::from_seed(Secret::new(*seed.expose())).decapsulate(ciphertext)
    }

    fn derive<const N: usize>(salt: &[u8], ikm: &[&[u8]], label: Label) -> [Secret<32>; N] {
        kdf::derive(salt, ikm, label)
    }

    fn expand<const N: usize>(key: &Secret<32>, label: Label) -> [Secret<32>; N] {
        kdf::expand_key(key, label)
    }

    fn seal(
        key: &Secret<32>,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], TooLong> {
        aead::seal(key, nonce, associated, buffer)
    }

    fn open(
        key: &Secret<32>,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenFailed> {
        aead::open(key, nonce, associated, buffer, tag)
    }
}
