//! The back end in C and assembly: AWS-LC, by `aws-lc-rs`, for servers and desktops.
//!
//! It halves agreements and signatures and takes a tenth of the time for a short message. Derivations and the
//! verification of signatures stay with the Rust libraries, which are as fast; ML-KEM too, because this one takes neither
//! a seed of 64 bytes nor randomness from outside.
//!
//! Whatever the library refuses to do, for want of memory, say, is done by the Rust back end: so there is no
//! other failure here than there.
//!
//! # What wipes what
//!
//! Seeds lie in [`Secret`] here. The library copies them into objects of its own, and wipes each allocation as it frees it
//! (`OPENSSL_free`); `aws-lc-rs` wipes the output of an agreement. Left to chance are the stack and the registers of the
//! assembly, as those of the Rust libraries are.

use super::{Agreement, Cipher, Signing, rust};
use crate::Secret;
use alloc::vec;
use aws_lc_rs::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    agreement::{PrivateKey, UnparsedPublicKey, X25519, agree},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use zeroize::ZeroizeOnDrop;

/// What is opened without asking for memory; a header and the smallest class of a padded frame fit.
const SHORT_BYTES: usize = 1024;

#[derive(ZeroizeOnDrop)]
pub(crate) struct AgreementKey {
    seed: Secret<32>,
    /// Making one costs a third of an agreement, so a key whose public half was asked for keeps it.
    #[zeroize(skip)]
    made: Option<PrivateKey>,
}

fn private_key(seed: &Secret<32>) -> Option<PrivateKey> {
    PrivateKey::from_private_key(&X25519, seed.expose()).ok()
}

fn copy(seed: &Secret<32>) -> Secret<32> {
    Secret::filled(|bytes| bytes.copy_from_slice(seed.expose()))
}

impl Agreement for AgreementKey {
    fn of_seed(seed: &Secret<32>) -> Self {
        Self { seed: copy(seed), made: None }
    }

    fn with_public(seed: &Secret<32>) -> (Self, [u8; 32]) {
        let made = private_key(seed);
        let public = made
            .as_ref()
            .and_then(|key| key.compute_public_key().ok())
            .and_then(|public| public.as_ref().try_into().ok())
            .unwrap_or_else(|| rust::AgreementKey::with_public(seed).1);
        (Self { seed: copy(seed), made }, public)
    }

    fn seed(&self) -> Secret<32> {
        copy(&self.seed)
    }

    fn agree(&self, peer: &[u8; 32]) -> Secret<32> {
        let made = if self.made.is_none() { private_key(&self.seed) } else { None };
        self.made
            .as_ref()
            .or(made.as_ref())
            .and_then(|key| {
                agree(key, UnparsedPublicKey::new(&X25519, peer), (), |output| {
                    Secret::from_slice(output).ok_or(())
                })
                .ok()
            })
            // It gives no output where that would be zeros.
            .unwrap_or_else(|| rust::AgreementKey::of_seed(&self.seed).agree(peer))
    }
}

#[derive(ZeroizeOnDrop)]
pub(crate) struct SigningKey {
    seed: Secret<32>,
    #[zeroize(skip)]
    public: ed25519_dalek::VerifyingKey,
    #[zeroize(skip)]
    pair: Option<Ed25519KeyPair>,
}

impl Signing for SigningKey {
    fn of_seed(seed: &Secret<32>) -> Self {
        // Without a check against a public key, of which the caller has none: it is made from the seed here.
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).ok();
        let public = pair
            .as_ref()
            .and_then(|pair| pair.public_key().as_ref().try_into().ok())
            .and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(bytes).ok())
            .unwrap_or_else(|| rust::SigningKey::of_seed(seed).public());
        Self { seed: copy(seed), public, pair }
    }

    fn seed(&self) -> Secret<32> {
        copy(&self.seed)
    }

    fn public(&self) -> ed25519_dalek::VerifyingKey {
        self.public
    }

    fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.pair
            .as_ref()
            .and_then(|pair| pair.try_sign(bytes).ok())
            .and_then(|signature| signature.as_ref().try_into().ok())
            .unwrap_or_else(|| rust::SigningKey::of_seed(&self.seed).sign(bytes))
    }
}

pub(crate) struct ChaCha;

fn cipher(key: &Secret<32>) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, key.expose()).ok().map(LessSafeKey::new)
}

impl Cipher for ChaCha {
    fn seal(key: &Secret<32>, nonce: &[u8; 12], associated: &[u8], buffer: &mut [u8]) -> Option<[u8; 16]> {
        let Some(cipher) = cipher(key) else { return rust::ChaCha::seal(key, nonce, associated, buffer) };
        let tag = cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(*nonce), Aad::from(associated), buffer)
            .ok()?;
        tag.as_ref().try_into().ok()
    }

    fn open(
        key: &Secret<32>,
        nonce: &[u8; 12],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> bool {
        let Some(cipher) = cipher(key) else {
            return rust::ChaCha::open(key, nonce, associated, buffer, tag);
        };
        // The library overwrites with zeros what does not authenticate.
        let mut short = [0; SHORT_BYTES];
        let mut long = vec![];
        let kept = if let Some(kept) = short.get_mut(..buffer.len()) {
            kept
        } else {
            long.resize(buffer.len(), 0);
            &mut long[..]
        };
        kept.copy_from_slice(buffer);
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = cipher.open_separate_gather(nonce, Aad::from(associated), kept, tag, buffer).is_ok();
        if !opened {
            buffer.copy_from_slice(kept);
        }
        opened
    }
}
