use super::*;
use crate::{
    AgreementSecret, Digest, SigningKey, commit::Commitment, kem::KemSecret, label, mac::Keyed, sign::InPlace,
};
use alloc::{format, string::String, vec::Vec};
use core::fmt::Debug;
use hmac::{EagerHash, digest::CtOutput};

/// Does not compile for a type that leaves its secret in memory. The types of the libraries are wiped only under a
/// feature each, which another crate's choice of features must not be able to take away.
const fn wiped<T: ZeroizeOnDrop>() {}

// PRM-12
const _: () = {
    wiped::<Secret<32>>();
    wiped::<Secret<64>>();
    wiped::<AgreementSecret>();
    wiped::<SigningKey>();
    wiped::<KemSecret>();
    // What these are made of, and what is on the stack while they are used.
    wiped::<x25519_dalek::StaticSecret>();
    wiped::<x25519_dalek::SharedSecret>();
    wiped::<ed25519_dalek::SigningKey>();
    wiped::<ml_kem::DecapsulationKey<ml_kem::MlKem768>>();
    wiped::<chacha20poly1305::ChaCha20Poly1305>();
    // An HMAC is two cores and one buffer of its hash, whose library marks only the whole.
    wiped::<sha2::Sha256>();
    wiped::<<sha2::Sha256 as EagerHash>::Core>();
    wiped::<CtOutput<Keyed>>();
    // The sponges that ML-KEM takes its secrets from.
    wiped::<sha3::Sha3_256>();
    wiped::<sha3::Sha3_512>();
    wiped::<shake::Shake256>();
    // Not marked by its library, which wipes it in `Drop`.
    assert!(core::mem::needs_drop::<orion::hazardous::aead::chacha20poly1305::SecretKey>());
};

const SEED: [u8; 64] = [
    0xA7, 0x3B, 0xD2, 0x81, 0x5C, 0xE9, 0x94, 0x6F, 0xB8, 0xC3, 0x4D, 0x7A, 0xF1, 0x92, 0x65, 0xDE, 0x8B,
    0x39, 0xC7, 0xA4, 0x5E, 0xF3, 0x96, 0x6D, 0xB1, 0x8C, 0xD5, 0x47, 0xEA, 0x93, 0x7F, 0xC2, 0x69, 0xBD,
    0xE4, 0x85, 0x3F, 0xA9, 0xD6, 0x78, 0xCB, 0x91, 0x4E, 0xF7, 0x83, 0xBA, 0x5D, 0xE6, 0x97, 0xC4, 0x6B,
    0xD8, 0xAF, 0x8E, 0x71, 0xF5, 0x9C, 0xB3, 0x4F, 0xE1, 0xA6, 0xDB, 0x87, 0xC9,
];

fn seed<const N: usize>() -> Secret<N> {
    Secret::from_slice(&SEED[..N]).unwrap()
}

/// Four bytes in each of the forms that leak: hexadecimal with and without separators, lists of numbers, base64.
fn forms(bytes: [u8; 4]) -> Vec<String> {
    let join = |separator: &str, form: fn(&u8) -> String| -> String {
        bytes.iter().map(form).collect::<Vec<_>>().join(separator)
    };
    let mut forms = Vec::new();
    for separator in ["", " ", ":", ", ", ",", ",\n    ", ",\n        "] {
        forms.push(join(separator, |byte| format!("{byte:02x}")));
        forms.push(join(separator, |byte| format!("0x{byte:02x}")));
        if !separator.is_empty() {
            forms.push(join(separator, |byte| format!("{byte}")));
        }
    }
    // Four characters hold 24 bits; the fifth holds six more.
    let bits = u32::from_be_bytes(bytes);
    for alphabet in [b"+/", b"-_"] {
        let all: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*alphabet).collect();
        let text = (0..5).map(|i| char::from(all[usize::try_from(bits >> (26 - 6 * i) & 63).unwrap()]));
        forms.push(text.collect::<String>().to_lowercase());
    }
    forms
}

fn assert_silent(secret: &impl Debug) {
    for text in
        [format!("{secret:?}"), format!("{secret:#?}"), format!("{secret:x?}"), format!("{secret:X?}")]
    {
        let text = text.to_lowercase();
        for window in SEED.windows(4) {
            for form in forms(window.try_into().unwrap()) {
                assert!(!text.contains(&form), "{text} shows {form}");
            }
        }
    }
}

// PRM-12
#[test]
fn p13_no_secret_shows_in_debug_output() {
    assert_silent(&seed::<32>());
    assert_silent(&seed::<64>());
    assert_silent(&[seed::<32>(), seed::<32>()]);
    assert_silent(&AgreementSecret::from_seed(&seed()));
    assert_silent(&SigningKey::from_seed(&seed()));
    assert_silent(&KemSecret::from_seed(seed()));
    assert_silent(&Some(Ok::<_, ()>(KemSecret::from_seed(seed()))));
}

/// What is no secret is told apart, or at least named.
#[test]
fn p13_debug_output_shows_what_is_public_and_names_the_rest() {
    let bytes: [u8; 32] = core::array::from_fn(|i| u8::try_from(i * 8).unwrap());
    let digits = "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8";
    assert_eq!(format!("{:?}", Digest(bytes)), format!("Digest({digits})"));
    assert_eq!(format!("{:?}", Commitment(bytes)), format!("Commitment({digits})"));

    let agreement = AgreementSecret::from_seed(&seed());
    let public = format!("{:?}", agreement.public());
    assert_eq!(public, format!("AgreementPublic({})", digits_of(agreement.public().as_bytes())));
    assert_eq!(format!("{agreement:?}"), format!("AgreementSecret {{ public: {public}, .. }}"));

    let signing = SigningKey::from_seed(&seed());
    let public = format!("{:?}", signing.verifying_key());
    assert_eq!(public, format!("VerifyingKey({})", digits_of(signing.verifying_key().as_bytes())));
    assert_eq!(format!("{signing:?}"), format!("SigningKey {{ public: {public}, .. }}"));

    assert_eq!(format!("{:?}", seed::<32>()), "Secret(32 bytes)");
    assert_eq!(format!("{:?}", KemSecret::from_seed(seed()).public()), "KemPublic(1184 bytes)");
    assert_eq!(format!("{:?}", signing.sign(label::LOGIN, b"")), "Signature(64 bytes)");
    let mut body = InPlace::new(label::LOGIN, 0);
    body.push(b"body");
    let length = label::LOGIN.as_bytes().len() + 12;
    assert_eq!(format!("{body:?}"), format!("InPlace {{ bytes: {length}, .. }}"));
}

fn digits_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
#[should_panic(expected = "shows")]
fn p13_the_test_would_notice_a_secret() {
    assert_silent(&SEED);
}

// PRM-12
#[test]
fn secrets_differ_if_one_bit_does() {
    let key = seed::<32>();
    assert!(key == seed());
    for bit in 0..256 {
        let mut other = *key.expose();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(key != Secret::new(other), "bit {bit}");
    }
}

#[test]
fn a_secret_is_as_long_as_its_type_says() {
    assert!(Secret::<32>::from_slice(&SEED[..31]).is_none());
    assert!(Secret::<32>::from_slice(&SEED[..33]).is_none());
    assert!(Secret::<32>::from_slice(&SEED[..32]).is_some());
}
