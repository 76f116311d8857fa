//! Exactly the primitive calls that the design needs, on the libraries themselves: no types, no wiping beyond what the
//! libraries do, no allocation, no parsing, no checks that are not cryptography.

use crate::{
    clock::time,
    library::{Private, open, seal},
};
use aside_primitives::{Label, label};
use aside_testkit::TestRng;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use ml_kem::{Decapsulate, DecapsulationKey, KeyExport, MlKem768, array::Array};
use rand_core::TryRng;
use sha2::{Digest, Sha256};
use std::hint::black_box;

/// Length of the transcript of a handshake in bytes: handshake, two devices, two prekeys.
const TRANSCRIPT_BYTES: usize = 4_000;
const HANDSHAKE_BYTES: usize = 1_162;

/// A message without its plaintext, which stays in the caller's buffer.
#[derive(Clone)]
pub struct Sealed {
    header: [u8; 80],
    header_tag: [u8; 16],
    salt: [u8; 8],
    commitment: [u8; 32],
    tag: [u8; 16],
}

/// One symmetric chain.
#[derive(Clone)]
pub struct Chain {
    key: [u8; 32],
    header_key: [u8; 32],
    /// Associated data with the fields that do not change: label, suite, session, direction.
    payload: [u8; 168],
    header: [u8; 71],
}

impl Chain {
    fn new(key: [u8; 32]) -> Self {
        Self { key, header_key: [2; 32], payload: [3; 168], header: [4; 71] }
    }

    /// The next chain key; gives the secret of the message.
    fn step(&mut self) -> [u8; 32] {
        let [next, message] = expand(&self.key, label::CHAIN_STEP);
        self.key = next;
        message
    }

    fn encrypt(&mut self, rng: &mut TestRng, text: &mut [u8]) -> Sealed {
        let message = self.step();
        let [key, franking] = expand(&message, label::MESSAGE_KEYS);
        let commitment = commit(&franking, text);
        let mut salt = [0; 8];
        let Ok(()) = rng.try_fill_bytes(&mut salt);
        let mut header = [5; 80];
        header[38..46].copy_from_slice(&salt);
        self.payload[56..88].copy_from_slice(&commitment);
        self.payload[88..].copy_from_slice(&header);
        let tag = seal(&key, &payload_nonce(salt), &self.payload, text);
        self.header[55..].copy_from_slice(&tag);
        let header_tag = seal(&self.header_key, &header_nonce(&tag), &self.header, &mut header);
        Sealed { header, header_tag, salt, commitment, tag }
    }

    fn open_header(&mut self, key: &[u8; 32], sealed: &Sealed) -> Option<[u8; 80]> {
        let mut header = sealed.header;
        self.header[55..].copy_from_slice(&sealed.tag);
        let nonce = header_nonce(&sealed.tag);
        open(key, &nonce, &self.header, &mut header, &sealed.header_tag).then_some(header)
    }

    fn open_payload(&mut self, header: &[u8; 80], sealed: &Sealed, text: &mut [u8]) {
        let message = self.step();
        let [key, franking] = expand(&message, label::MESSAGE_KEYS);
        self.payload[56..88].copy_from_slice(&sealed.commitment);
        self.payload[88..].copy_from_slice(header);
        assert!(open(&key, &payload_nonce(sealed.salt), &self.payload, text, &sealed.tag));
        assert!(commit(&franking, text) == sealed.commitment);
    }

    fn decrypt(&mut self, sealed: &Sealed, text: &mut [u8]) {
        let header = self.open_header(&self.header_key.clone(), sealed).expect("the chain's header key");
        self.open_payload(&header, sealed, text);
    }
}

/// Encrypts in one direction.
pub fn encrypt(length: usize, count: usize) -> f64 {
    let (mut chain, mut rng) = (Chain::new([1; 32]), TestRng::new(1));
    time(texts(length, count), |mut text| {
        let sealed = chain.encrypt(&mut rng, &mut text);
        // The buffer is an input here, and an output of ours: dropping it is not what is measured.
        std::mem::forget(text);
        sealed
    })
}

/// Decrypts in one direction.
pub fn decrypt(length: usize, count: usize) -> f64 {
    let (mut sender, mut rng) = (Chain::new([1; 32]), TestRng::new(1));
    let mut receiver = sender.clone();
    let messages =
        texts(length, count).into_iter().map(|mut text| (sender.encrypt(&mut rng, &mut text), text));
    time(messages.collect(), |(sealed, mut text)| {
        receiver.decrypt(&sealed, &mut text);
        std::mem::forget(text);
    })
}

/// Walks `skipped` steps and decrypts.
pub fn skip(skipped: usize, count: usize) -> f64 {
    let (chain, mut rng) = (Chain::new([1; 32]), TestRng::new(1));
    let mut sender = chain.clone();
    for _ in 0..skipped {
        sender.step();
    }
    let mut text = vec![7; 32];
    let sealed = sender.encrypt(&mut rng, &mut text);
    time(vec![(chain, text); count], |(mut receiver, mut text)| {
        let header = receiver.open_header(&receiver.header_key.clone(), &sealed).expect("its header key");
        for _ in 0..skipped {
            black_box(receiver.step());
        }
        receiver.open_payload(&header, &sealed, &mut text);
    })
}

/// A message that turns the ratchet, both sides together.
pub fn ping_pong(count: usize) -> f64 {
    let mut rng = TestRng::new(1);
    let mut root = [6; 32];
    let (mut own, mut chain) = (generate(&mut rng), Chain::new([1; 32]));
    time(texts(32, count), |mut text| {
        // The sender: a new key, one agreement, one root step.
        let new = generate(&mut rng);
        let [next_root, key, _] = root_step(&root, &agree(&new.0, &own.1));
        chain = Chain::new(key);
        let sealed = chain.encrypt(&mut rng, &mut text);
        // The receiver: the current header key fails, the next one opens; one agreement, one root step.
        assert!(chain.open_header(&[9; 32], &sealed).is_none());
        let header = chain.open_header(&chain.header_key.clone(), &sealed).expect("the next header key");
        let [_, key, _] = root_step(&root, &agree(&own.0, &new.1));
        let mut receiver = Chain::new(key);
        receiver.open_payload(&header, &sealed, &mut text);
        root = next_root;
        own = new;
        std::mem::forget(text);
    })
}

/// The same with what one epoch of the KEM ratchet costs, spread over its messages.
pub fn epoch(count: usize) -> f64 {
    let messages = ping_pong(count);
    let exchange = time(vec![[7; 64]], |seed| {
        let key = DecapsulationKey::<MlKem768>::from_seed(Array(seed));
        black_box(Sha256::digest(key.encapsulation_key().to_bytes()));
        let (ciphertext, _) = key.encapsulation_key().encapsulate_deterministic(&Array([1; 32]));
        black_box(Sha256::digest(ciphertext));
        // The private key is kept as its seed.
        DecapsulationKey::<MlKem768>::from_seed(Array(seed)).decapsulate(&ciphertext)
    });
    messages + exchange / f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The initiator's handshake with a one-time prekey, and its first message.
pub fn initiate(count: usize) -> f64 {
    let mut rng = TestRng::new(1);
    let (identity, peers) = (generate(&mut rng), [(); 3].map(|()| generate(&mut rng).1));
    let kem = DecapsulationKey::<MlKem768>::from_seed(Array([7; 64]));
    let kem = kem.encapsulation_key();
    let transcript = vec![8; TRANSCRIPT_BYTES];
    time(texts(32, count), |mut text| {
        let ephemeral = generate(&mut rng);
        let message = random(&mut rng);
        let (ciphertext, shared) = kem.encapsulate_deterministic(&Array(message));
        let agreements = [
            agree(&identity.0, &peers[0]),
            agree(&ephemeral.0, &peers[1]),
            agree(&ephemeral.0, &peers[0]),
            agree(&ephemeral.0, &peers[2]),
        ];
        let [root, _, _] = handshake_keys(&transcript, &agreements, shared.as_slice());
        let ratchet = generate(&mut rng);
        let [_, key, _] = root_step(&root, &agree(&ratchet.0, &peers[0]));
        // The first message offers a key of the KEM ratchet.
        black_box(DecapsulationKey::<MlKem768>::from_seed(Array([9; 64])).encapsulation_key().to_bytes());
        (Chain::new(key).encrypt(&mut rng, &mut text), ciphertext)
    })
}

/// The responder's side of it.
pub fn respond(count: usize) -> f64 {
    let mut rng = TestRng::new(1);
    let (own, peer) = ([(); 3].map(|()| generate(&mut rng).0), generate(&mut rng).1);
    let seed = [7; 64];
    let key = DecapsulationKey::<MlKem768>::from_seed(Array(seed));
    let (ciphertext, _) = key.encapsulation_key().encapsulate_deterministic(&Array([1; 32]));
    let transcript = vec![8; TRANSCRIPT_BYTES];
    let chain = Chain::new([1; 32]);
    let mut text = vec![7; 32];
    let sealed = chain.clone().encrypt(&mut rng, &mut text);
    time(vec![text; count], |mut text| {
        black_box(Sha256::digest(&transcript[..HANDSHAKE_BYTES]));
        let agreements =
            [agree(&own[0], &peer), agree(&own[1], &peer), agree(&own[0], &peer), agree(&own[2], &peer)];
        let shared = DecapsulationKey::<MlKem768>::from_seed(Array(seed)).decapsulate(&ciphertext);
        let [root, _, _] = handshake_keys(&transcript, &agreements, shared.as_slice());
        black_box(root_step(&root, &agree(&own[0], &peer)));
        chain.clone().decrypt(&sealed, &mut text);
    })
}

fn texts(length: usize, count: usize) -> Vec<Vec<u8>> {
    vec![vec![7; length]; count]
}

fn random(rng: &mut TestRng) -> [u8; 32] {
    let mut bytes = [0; 32];
    let Ok(()) = rng.try_fill_bytes(&mut bytes);
    bytes
}

fn generate(rng: &mut TestRng) -> (Private, [u8; 32]) {
    Private::with_public(random(rng))
}

fn agree(own: &Private, peer: &[u8; 32]) -> [u8; 32] {
    own.agree(peer)
}

pub(crate) fn prefix(part: &[u8]) -> [u8; 4] {
    u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes()
}

pub(crate) fn expand(key: &[u8; 32], label: Label) -> [[u8; 32]; 2] {
    let mut keys = [0; 64];
    let label = label.as_bytes();
    let hkdf = Hkdf::<Sha256>::from_prk(key).expect("32 bytes");
    hkdf.expand_multi_info(&[&prefix(label), label], &mut keys).expect("64 bytes");
    halves(keys)
}

fn halves(keys: [u8; 64]) -> [[u8; 32]; 2] {
    let (first, second) = keys.split_at(32);
    [first.try_into().expect("32 bytes"), second.try_into().expect("32 bytes")]
}

fn derive(salt: &[u8], ikm: &[u8], label: Label) -> [[u8; 32]; 3] {
    let mut keys = [[0; 32]; 3];
    let label = label.as_bytes();
    let hkdf = Hkdf::<Sha256>::new(Some(salt), ikm);
    hkdf.expand_multi_info(&[&prefix(label), label], keys.as_flattened_mut()).expect("96 bytes");
    keys
}

fn root_step(root: &[u8; 32], agreement: &[u8; 32]) -> [[u8; 32]; 3] {
    derive(root, agreement, label::ROOT_STEP)
}

fn handshake_keys(transcript: &[u8], agreements: &[[u8; 32]; 4], shared: &[u8]) -> [[u8; 32]; 3] {
    let mut ikm = [0xFF; 32 * 6];
    ikm[32..160].copy_from_slice(agreements.as_flattened());
    ikm[160..].copy_from_slice(shared);
    derive(&Sha256::digest(transcript), &ikm, label::HANDSHAKE_KEYS)
}

pub(crate) fn commit(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let label = label::COMMITMENT.as_bytes();
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length");
    for part in [label, text] {
        mac.update(&prefix(part));
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

pub(crate) fn payload_nonce(salt: [u8; 8]) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&salt);
    nonce
}

fn header_nonce(tag: &[u8; 16]) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce.copy_from_slice(&tag[..12]);
    nonce
}
