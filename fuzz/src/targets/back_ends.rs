//! The libraries below the primitives, beside each other.

use arbitrary::{Arbitrary, Result, Unstructured};
use aside_primitives::{
    AgreementPublic, AgreementSecret, KeyRefused, Secret, Signature, SigningKey, VerifyingKey,
    differential::{Message, agreements, opened, sealed, signatures, strict_alone},
    label,
    sign::InPlace,
};
use std::fmt::Debug;

/// Every library that is built gives the same for the same bytes, whatever they are; what passes the checks is what they agree
/// on. With the feature `aws-lc-rs` AWS-LC is one of them.
pub fn back_ends(data: &[u8]) {
    // What ends early has asked less.
    _ = compared(Unstructured::new(data));
}

fn compared(mut input: Unstructured<'_>) -> Result<()> {
    match input.int_in_range(0..=3)? {
        0 => agreement(input.arbitrary()?, input.arbitrary()?),
        1 => signature(input.arbitrary()?, input.take_rest()),
        2 => verification(input.arbitrary()?, input.arbitrary()?, input.take_rest()),
        _ => cipher(input)?,
    }
    Ok(())
}

fn agreement(seed: [u8; 32], peer: [u8; 32]) {
    let [public, output, stored] = alike(agreements(seed, peer));
    assert_eq!(output, stored);
    let own = AgreementSecret::from_seed(&Secret::new(seed));
    assert_eq!(own.public().as_bytes(), &public);
    match AgreementPublic::parse(&peer).map(|key| own.agree(&key)) {
        Err(reason) => assert_eq!(reason, KeyRefused::NonCanonical),
        Ok(Err(reason)) => {
            assert_eq!(reason, KeyRefused::NonContributory);
            assert_eq!(output, [0; 32]);
        }
        Ok(Ok(shared)) => assert_eq!(shared.expose(), &output),
    }
}

fn signature(seed: [u8; 32], bytes: &[u8]) {
    let (public, _) = alike(signatures(seed, bytes));
    let own = SigningKey::from_seed(&Secret::new(seed));
    assert_eq!(own.verifying_key().as_bytes(), &public);
    let signed = own.sign(label::LOGIN, bytes);
    assert!(own.verifying_key().verify(label::LOGIN, bytes, &signed).is_ok());
    let mut body = InPlace::new(label::LOGIN, bytes.len());
    body.push(bytes);
    assert_eq!(own.sign_in_place(&mut body), signed);
}

/// The strict check accepts nothing that another library refuses.
fn verification(public: [u8; 32], signature: [[u8; 32]; 2], bytes: &[u8]) {
    let Ok(key) = VerifyingKey::parse(&public) else { return };
    let Some(signature) = Signature::from_slice(signature.as_flattened()) else { return };
    assert!(!strict_alone(&key, bytes, &signature));
}

fn cipher(mut input: Unstructured<'_>) -> Result<()> {
    let (key, nonce, bit) = (input.arbitrary()?, input.arbitrary()?, input.int_in_range(0..=127u8)?);
    // Lengths beyond the input matter as well: it is repeated.
    let length = usize::from(u16::arbitrary(&mut input)?) % 2_000;
    let associated_bytes = input.int_in_range(0..=64)?.min(input.len());
    let associated = input.bytes(associated_bytes)?;
    let text: Vec<u8> = input.take_rest().iter().copied().chain([0]).cycle().take(length).collect();

    let message = Message { key, nonce, associated, text: &text };
    let (ciphertext, tag) = alike(sealed(message)).expect("it is short");
    let received = Message { text: &ciphertext, ..message };
    assert_eq!(alike(opened(received, tag)), (true, text.clone()));
    let mut wrong = tag;
    wrong[usize::from(bit / 8)] ^= 1 << (bit % 8);
    assert_eq!(alike(opened(received, wrong)), (false, ciphertext.clone()));
    // The plaintext for a ciphertext.
    let (opens, left) = alike(opened(message, tag));
    assert!(text.is_empty() == opens && left == text);
    Ok(())
}

/// All equal; the first of them.
fn alike<T: PartialEq + Debug>(all: Vec<T>) -> T {
    let mut all = all.into_iter();
    let first = all.next().expect("one library at least");
    for (number, other) in all.enumerate() {
        assert_eq!(first, other, "library {}", number + 1);
    }
    first
}
