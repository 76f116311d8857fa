//! One ciphertext that opens under two keys: the AEAD allows it, the commitment does not.

use crate::{
    forged::{Claim, message_key},
    world::{EPOCH, GROUP, World, commitment},
};
use aside_group::{ChainHandover, Received, ReceivingChain};
use aside_primitives::{Secret, SigningKey};
use aside_wire::group_packet::GroupPacket;
use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit, StreamCipher},
};

/// A number modulo 2^130 - 5, in 64-bit digits, least first.
type Number = [u64; 3];
const P: Number = [u64::MAX - 4, u64::MAX, 3];
const ONE: Number = [1, 0, 0];

fn less(a: &Number, b: &Number) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// `a - b` without the modulus; `b` is not the greater one.
fn minus(a: &Number, b: &Number) -> Number {
    let mut borrow = false;
    core::array::from_fn(|i| {
        let (digit, one) = a[i].overflowing_sub(b[i]);
        let (digit, two) = digit.overflowing_sub(borrow.into());
        borrow = one || two;
        digit
    })
}

fn add(a: &Number, b: &Number) -> Number {
    let mut carry = 0u128;
    let sum = core::array::from_fn(|i| {
        carry += u128::from(a[i]) + u128::from(b[i]);
        let digit = u64::try_from(carry & u128::from(u64::MAX)).unwrap();
        carry >>= 64;
        digit
    });
    if less(&sum, &P) { sum } else { minus(&sum, &P) }
}

fn sub(a: &Number, b: &Number) -> Number {
    add(a, &minus(&P, b))
}

fn mul(a: &Number, b: &Number) -> Number {
    bits(b).fold([0; 3], |product, bit| {
        let doubled = add(&product, &product);
        if bit { add(&doubled, a) } else { doubled }
    })
}

/// `1 / a`, by Fermat.
fn invert(a: &Number) -> Number {
    bits(&minus(&P, &[2, 0, 0])).fold(ONE, |power, bit| {
        let square = mul(&power, &power);
        if bit { mul(&square, a) } else { square }
    })
}

/// The 130 bits of a number, greatest first.
fn bits(number: &Number) -> impl Iterator<Item = bool> {
    (0..130).rev().map(|i| number[i / 64] >> (i % 64) & 1 == 1)
}

fn number(bytes: &[u8]) -> Number {
    let digit = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    [digit(0), digit(8), 0]
}

/// A block as Poly1305 reads it.
fn block(bytes: &[u8]) -> Number {
    let [low, high, _] = number(bytes);
    [low, high, 1]
}

/// What Poly1305 makes of one key: `r`, and `s`, which it adds at the end.
fn poly_key(key: &Secret<32>, nonce: &[u8; 12]) -> (Number, Number) {
    let mut bytes = [0; 32];
    ChaCha20::new(key.expose().into(), nonce.into()).apply_keystream(&mut bytes);
    for at in [3, 7, 11, 15] {
        bytes[at] &= 15;
    }
    for at in [4, 8, 12] {
        bytes[at] &= 252;
    }
    (number(&bytes[..16]), number(&bytes[16..]))
}

/// Two blocks of ciphertext whose tag is the same under both keys: two linear equations with two unknowns.
fn collide(keys: [&Secret<32>; 2], claim: &Claim) -> (Vec<u8>, [u8; 16]) {
    let mut associated = claim.associated();
    let lengths = [u64::try_from(associated.len()).unwrap().to_le_bytes(), 32u64.to_le_bytes()].concat();
    associated.resize(associated.len().next_multiple_of(16), 0);
    for attempt in 0..1_000u64 {
        let tag = [attempt.to_le_bytes(), [9; 8]].concat();
        // Each key asks for r c1 + c2 = f.
        let [(r1, f1), (r2, f2)] = keys.map(|key| {
            let (r, s) = poly_key(key, &claim.nonce());
            // The sum before s is added, as if all 128 bits of it were those of tag - s.
            let tag = u128::from_le_bytes(tag.as_slice().try_into().unwrap());
            let s = u128::from(s[0]) | u128::from(s[1]) << 64;
            let wanted = number(&tag.wrapping_sub(s).to_le_bytes());
            let known = associated.chunks(16).fold([0; 3], |sum, bytes| mul(&add(&sum, &block(bytes)), &r));
            let square = mul(&r, &r);
            let known = mul(&known, &mul(&square, &r));
            let rest = sub(&sub(&wanted, &known), &mul(&block(&lengths), &r));
            (r, mul(&rest, &invert(&square)))
        });
        let c1 = mul(&sub(&f1, &f2), &invert(&sub(&r1, &r2)));
        let c2 = sub(&f1, &mul(&r1, &c1));
        // A block has its 129th bit set and no other above 128.
        if c1[2] == 1 && c2[2] == 1 {
            let ciphertext = [c1[0], c1[1], c2[0], c2[1]].map(u64::to_le_bytes).concat();
            return (ciphertext, tag.try_into().unwrap());
        }
    }
    panic!("one attempt in sixteen succeeds");
}

// GRP-24
#[test]
fn f2_a_text_for_bob_and_another_for_carol_in_one_ciphertext_is_convicted_by_the_commitment() {
    let alice = World::new(1).alice;
    let signing = SigningKey::from_seed(&Secret::new([2; 32]));
    // Alice hands Bob and Carol different chain keys under one name.
    let chain_keys = [[10; 32], [11; 32]].map(Secret::new);
    let message_keys = chain_keys.each_ref().map(|key| message_key(key, 0));
    let claim = Claim::honest(alice, &signing, 0);
    let sealed = collide(message_keys.each_ref(), &claim);
    let message = claim.message(&signing, &claim, &sealed);
    let packet = GroupPacket::parse(&message).unwrap();
    let [bob, carol]: [Received; 2] = chain_keys.map(|chain_key| {
        let handover = ChainHandover { iteration: 0, chain_key, signing_key: signing.verifying_key() };
        let chain = ReceivingChain::accept(GROUP, alice, EPOCH, handover);
        chain.decrypt(&alice, &packet).unwrap().0
    });
    // It authenticates at both and says different things, so that signature and tag alone would not have told.
    assert_ne!(bob.plaintext, carol.plaintext);
    // One commitment stands on the message. It cannot be both Bob's and Carol's; here it is neither's.
    let [at_bob, at_carol] = [&bob, &carol].map(|at| commitment(&at.franking_key, &at.plaintext));
    assert_ne!(at_bob, at_carol);
    assert_ne!(commitment(&bob.franking_key, &carol.plaintext), at_carol);
    assert_eq!(bob.commitment, carol.commitment);
    assert!(bob.commitment != at_bob && carol.commitment != at_carol);
}
