use super::*;
use crate::{hex, label};
use sha2::Sha256;

// PRM-13
#[test]
fn p15_every_flipped_bit_of_a_commitment_is_noticed() {
    let commitment = Commitment::compute(&Secret::new([1; 32]), label::COMMITMENT, &[b"frame"]);
    assert_eq!(commitment, Commitment(commitment.0));
    for bit in 0..256 {
        let mut other = commitment;
        other.0[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(commitment, other, "bit {bit}");
    }
}

/// Nobody finds a second frame for a commitment by way of another key: HMAC keys are of one length here, so that no
/// two of them are padded alike.
#[test]
fn a_commitment_is_that_of_the_chapter() {
    let commitment = Commitment::compute(&Secret::new([1; 32]), label::COMMITMENT, &[b"abc"]);
    assert_eq!(commitment.0, hex::array("9a8db23544c8d441bad4a7011e2ba3309e103fc222774c78349c41f8c3127c92"));

    let mut mac = <hmac::Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&[1; 32]).unwrap();
    mac.update(&[&[0, 0, 0, 18][..], b"aside/1 commitment", &[0, 0, 0, 3], b"abc"].concat());
    assert_eq!(commitment.0, <[u8; 32]>::from(mac.finalize().into_bytes()));
}
