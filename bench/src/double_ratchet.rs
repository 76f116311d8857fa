//! double-ratchet-2, with encrypted headers: a ratchet alone, without a handshake, wiping, or bytes as one message.

use crate::clock::time;
use double_ratchet_2::ratchet::RatchetEncHeader;
use x25519_dalek_2::StaticSecret;

type Ratchet = RatchetEncHeader<StaticSecret>;
type Message = ((Vec<u8>, [u8; 12]), Vec<u8>, [u8; 12]);

const ASSOCIATED: &[u8] = &[9; 32];

/// Both ends after a message each way, Alice in a chain that Bob knows.
fn established() -> (Ratchet, Ratchet) {
    let (mut bob, public) = Ratchet::init_bob([1; 32], [2; 32], [3; 32]);
    let mut alice = Ratchet::init_alice([1; 32], public, [2; 32], [3; 32]);
    for _ in 0..2 {
        let message = send(&mut alice, 32);
        receive(&mut bob, &message);
        let message = send(&mut bob, 32);
        receive(&mut alice, &message);
    }
    let message = send(&mut alice, 32);
    receive(&mut bob, &message);
    (alice, bob)
}

fn send(ratchet: &mut Ratchet, length: usize) -> Message {
    ratchet.ratchet_encrypt(&vec![7; length], ASSOCIATED)
}

fn receive(ratchet: &mut Ratchet, (header, text, nonce): &Message) -> Vec<u8> {
    ratchet.ratchet_decrypt(header, text, nonce, ASSOCIATED)
}

/// Encrypts in one direction.
pub fn encrypt(length: usize, count: usize) -> f64 {
    let (mut alice, _) = established();
    time(vec![(); count], |()| send(&mut alice, length))
}

/// Decrypts in one direction.
pub fn decrypt(length: usize, count: usize) -> f64 {
    let (mut alice, mut bob) = established();
    let messages = (0..count).map(|_| send(&mut alice, length)).collect();
    time(messages, |message| receive(&mut bob, &message))
}

/// A message that turns the ratchet, both sides together.
pub fn ping_pong(count: usize) -> f64 {
    let (mut alice, mut bob) = established();
    let (mut from, mut to) = (&mut bob, &mut alice);
    time(vec![(); count], |()| {
        let message = send(from, 32);
        receive(to, &message);
        std::mem::swap(&mut from, &mut to);
    })
}

/// What it adds to a plaintext of 32 bytes: header, nonces and tag.
#[must_use]
pub fn overhead_bytes() -> usize {
    let ((header, header_nonce), text, nonce) = send(&mut established().0, 32);
    header.len() + header_nonce.len() + text.len() + nonce.len() - 32
}
