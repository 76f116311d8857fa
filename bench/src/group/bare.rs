//! Exactly the primitive calls that a group message needs, on the libraries themselves.

use crate::{
    bare::{commit, expand, payload_nonce, prefix},
    clock::time,
    group::TEXT_BYTES,
    library::{Signing, open, seal},
};
use aside_primitives::label;
use aside_testkit::TestRng;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use rand_core::TryRng;

/// Length of what a message is bound to, in bytes.
const BINDING: usize = 4 + 32 + 8 + 32 + 1 + 16 + 2 + 8 + 32;
const PAYLOAD_LABEL: usize = 4 + label::GROUP_PAYLOAD.as_bytes().len();
const SIGNED_LABEL: usize = 4 + label::GROUP_MESSAGE.as_bytes().len() + 4;
const CIPHERTEXT_AT: usize = SIGNED_LABEL + BINDING;
const TAG_AT: usize = CIPHERTEXT_AT + TEXT_BYTES;

/// A message without its ciphertext, which stays in the caller's buffer.
struct Sealed {
    salt: [u8; 8],
    commitment: [u8; 32],
    tag: [u8; 16],
    signature: [u8; 64],
}

/// A chain, with buffers that hold what does not change from message to message.
#[derive(Clone)]
struct Chain {
    key: [u8; 32],
    associated: [u8; PAYLOAD_LABEL + BINDING],
    signed: [u8; TAG_AT + 16],
}

impl Chain {
    fn new() -> Self {
        let mut signed = [3; TAG_AT + 16];
        let label = label::GROUP_MESSAGE.as_bytes();
        signed[..4].copy_from_slice(&prefix(label));
        signed[4..4 + label.len()].copy_from_slice(label);
        Self { key: [1; 32], associated: [3; PAYLOAD_LABEL + BINDING], signed }
    }

    /// Message key and franking key.
    fn step(&mut self) -> [[u8; 32]; 2] {
        let [next, message] = expand(&self.key, label::GROUP_CHAIN_STEP);
        self.key = next;
        expand(&message, label::GROUP_MESSAGE_KEYS)
    }

    fn bind(&mut self, salt: &[u8; 8], commitment: &[u8; 32]) {
        let at = self.associated.len() - 40;
        self.associated[at..at + 8].copy_from_slice(salt);
        self.associated[at + 8..].copy_from_slice(commitment);
        self.signed[SIGNED_LABEL..CIPHERTEXT_AT].copy_from_slice(&self.associated[PAYLOAD_LABEL..]);
    }

    fn assemble(&mut self, ciphertext: &[u8], tag: &[u8; 16]) -> &[u8] {
        self.signed[CIPHERTEXT_AT..TAG_AT].copy_from_slice(ciphertext);
        self.signed[TAG_AT..].copy_from_slice(tag);
        &self.signed
    }

    fn encrypt(&mut self, signing: &Signing, rng: &mut TestRng, text: &mut [u8]) -> Sealed {
        let mut salt = [0; 8];
        let Ok(()) = rng.try_fill_bytes(&mut salt);
        let [key, franking] = self.step();
        let commitment = commit(&franking, text);
        self.bind(&salt, &commitment);
        let tag = seal(&key, &payload_nonce(salt), &self.associated, text);
        let signature = signing.sign(self.assemble(text, &tag));
        Sealed { salt, commitment, tag, signature }
    }

    fn decrypt(&mut self, verifying: &VerifyingKey, sealed: &Sealed, text: &mut [u8]) {
        self.bind(&sealed.salt, &sealed.commitment);
        let signature = Signature::from_bytes(&sealed.signature);
        let signed = self.assemble(text, &sealed.tag);
        assert!(verifying.verify_strict(signed, &signature).is_ok());
        let [key, franking] = self.step();
        assert!(open(&key, &payload_nonce(sealed.salt), &self.associated, text, &sealed.tag));
        assert!(commit(&franking, text) == sealed.commitment);
    }
}

/// Encrypts.
pub fn encrypt(count: usize) -> f64 {
    let (mut chain, mut rng) = (Chain::new(), TestRng::new(1));
    let signing = Signing::of_seed([5; 32]);
    time(vec![vec![7; TEXT_BYTES]; count], |mut text| {
        let sealed = chain.encrypt(&signing, &mut rng, &mut text);
        // The buffer is an input here, and an output of ours: dropping it is not what is measured.
        std::mem::forget(text);
        sealed
    })
}

/// Decrypts, in order.
pub fn decrypt(count: usize) -> f64 {
    let (mut sender, mut rng) = (Chain::new(), TestRng::new(1));
    let mut receiver = sender.clone();
    let signing = Signing::of_seed([5; 32]);
    let verifying = SigningKey::from_bytes(&[5; 32]).verifying_key();
    let texts = vec![vec![7; TEXT_BYTES]; count].into_iter();
    let messages = texts.map(|mut text| (sender.encrypt(&signing, &mut rng, &mut text), text)).collect();
    time(messages, |(sealed, mut text): (Sealed, Vec<u8>)| {
        receiver.decrypt(&verifying, &sealed, &mut text);
        std::mem::forget(text);
    })
}
