//! What each library gives for the same bytes, for tests that compare them. Nothing is checked here, neither inputs nor
//! outputs: no program may use this.

use crate::{
    Secret, Signature, VerifyingKey,
    backend::{Agreement, Cipher, Signing, rust, short},
    label,
};
use alloc::{vec, vec::Vec};

#[cfg(feature = "aws-lc-rs")]
use crate::backend::aws_lc;

/// A public key, and the output with a peer's 32 bytes, whatever they are; from a fresh key and from a stored one.
pub fn agreements(seed: [u8; 32], peer: [u8; 32]) -> Vec<[[u8; 32]; 3]> {
    fn one<A: Agreement>(seed: &Secret<32>, peer: &[u8; 32]) -> [[u8; 32]; 3] {
        let (key, public) = A::with_public(seed);
        let stored = A::of_seed(&key.seed());
        [public, *key.agree(peer).expose(), *stored.agree(peer).expose()]
    }
    let seed = Secret::new(seed);
    vec![
        one::<rust::AgreementKey>(&seed, &peer),
        #[cfg(feature = "aws-lc-rs")]
        one::<aws_lc::AgreementKey>(&seed, &peer),
    ]
}

/// A public key and a signature.
pub fn signatures(seed: [u8; 32], bytes: &[u8]) -> Vec<([u8; 32], [u8; 64])> {
    fn one<S: Signing>(seed: &Secret<32>, bytes: &[u8]) -> ([u8; 32], [u8; 64]) {
        let key = S::of_seed(&S::of_seed(seed).seed());
        (key.public().to_bytes(), key.sign(bytes))
    }
    let seed = Secret::new(seed);
    vec![
        one::<rust::SigningKey>(&seed, bytes),
        #[cfg(feature = "aws-lc-rs")]
        one::<aws_lc::SigningKey>(&seed, bytes),
    ]
}

/// Whether the strict check accepts, under [`label::LOGIN`], a signature that another library refuses.
pub fn strict_alone(key: &VerifyingKey, body: &[u8], signature: &Signature) -> bool {
    key.verify(label::LOGIN, body, signature).is_ok() && !lenient(key, body, signature)
}

#[cfg(feature = "aws-lc-rs")]
fn lenient(key: &VerifyingKey, body: &[u8], signature: &Signature) -> bool {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
    let signed = crate::sign::to_be_signed(label::LOGIN, body);
    UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(&signed, &signature.0).is_ok()
}

#[cfg(not(feature = "aws-lc-rs"))]
fn lenient(_key: &VerifyingKey, _body: &[u8], _signature: &Signature) -> bool {
    true
}

/// What a cipher is given.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    pub key: [u8; 32],
    pub nonce: [u8; 12],
    pub associated: &'a [u8],
    pub text: &'a [u8],
}

/// A ciphertext and its tag.
pub fn sealed(message: Message<'_>) -> Vec<Option<(Vec<u8>, [u8; 16])>> {
    fn one<C: Cipher>(message: Message<'_>) -> Option<(Vec<u8>, [u8; 16])> {
        let mut buffer = message.text.to_vec();
        let tag = C::seal(&Secret::new(message.key), &message.nonce, message.associated, &mut buffer)?;
        Some((buffer, tag))
    }
    vec![
        one::<rust::LongChaCha>(message),
        one::<rust::ChaCha>(message),
        one::<short::ChaCha>(message),
        #[cfg(feature = "aws-lc-rs")]
        one::<aws_lc::ChaCha>(message),
    ]
}

/// Whether a ciphertext opens, and what stands in its buffer then.
pub fn opened(message: Message<'_>, tag: [u8; 16]) -> Vec<(bool, Vec<u8>)> {
    fn one<C: Cipher>(message: Message<'_>, tag: &[u8; 16]) -> (bool, Vec<u8>) {
        let mut buffer = message.text.to_vec();
        let opened = C::open(&Secret::new(message.key), &message.nonce, message.associated, &mut buffer, tag);
        (opened, buffer)
    }
    vec![
        one::<rust::LongChaCha>(message, &tag),
        one::<rust::ChaCha>(message, &tag),
        one::<short::ChaCha>(message, &tag),
        #[cfg(feature = "aws-lc-rs")]
        one::<aws_lc::ChaCha>(message, &tag),
    ]
}

#[cfg(test)]
#[path = "differential_tests.rs"]
mod tests;
