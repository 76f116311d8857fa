//! AWS-LC.

use aws_lc_rs::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    agreement::{self, PrivateKey, UnparsedPublicKey, X25519},
    signature::Ed25519KeyPair,
};

/// A private agreement key.
pub(crate) struct Private(PrivateKey);

impl Private {
    /// With its public key.
    pub(crate) fn with_public(seed: [u8; 32]) -> (Self, [u8; 32]) {
        let secret = PrivateKey::from_private_key(&X25519, &seed).expect("32 bytes");
        let public = secret.compute_public_key().expect("it has one");
        (Self(secret), public.as_ref().try_into().expect("32 bytes"))
    }

    /// An output of zeros is refused by the library.
    pub(crate) fn agree(&self, peer: &[u8; 32]) -> [u8; 32] {
        let output = |output: &[u8]| output.try_into().map_err(|_| ());
        agreement::agree(&self.0, UnparsedPublicKey::new(&X25519, peer), (), output).expect("an honest key")
    }
}

/// A private signing key.
pub(crate) struct Signing(Ed25519KeyPair);

impl Signing {
    pub(crate) fn of_seed(seed: [u8; 32]) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&seed).expect("32 bytes"))
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).as_ref().try_into().expect("64 bytes")
    }
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("32 bytes"))
}

pub(crate) fn seal(key: &[u8; 32], nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> [u8; 16] {
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let tag = cipher(key).seal_in_place_separate_tag(nonce, Aad::from(associated), buffer);
    tag.expect("it is short").as_ref().try_into().expect("16 bytes")
}

pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; 12],
    associated: &[u8],
    buffer: &mut [u8],
    tag: &[u8; 16],
) -> bool {
    let nonce = Nonce::assume_unique_for_key(*nonce);
    cipher(key).open_in_place_separate_tag(nonce, Aad::from(associated), tag, buffer).is_ok()
}
