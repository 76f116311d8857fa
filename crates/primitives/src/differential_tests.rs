use super::*;
use crate::{AgreementPublic, AgreementSecret, KeyRefused, SigningKey, label};
use core::fmt::Debug;
use proptest::{array::uniform32, prelude::*};

/// All equal; the first of them.
fn alike<T: PartialEq + Debug>(all: Vec<T>) -> T {
    let mut all = all.into_iter();
    let first = all.next().unwrap();
    for (i, other) in all.enumerate() {
        assert_eq!(first, other, "library {}", i + 1);
    }
    first
}

/// Points of small order, encodings of p and beyond, keys with their highest bit set, and any bytes.
fn peers() -> impl Strategy<Value = [u8; 32]> {
    let small = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    let small = proptest::sample::select(small.map(crate::hex::array::<32>).to_vec());
    let beyond = (0xED..=0xFFu8).prop_map(|first| {
        let mut bytes = [0xFF; 32];
        (bytes[0], bytes[31]) = (first, 0x7F);
        bytes
    });
    let key = prop_oneof![1 => small, 1 => beyond, 6 => uniform32(any::<u8>())];
    (key, any::<bool>()).prop_map(|(mut key, high)| {
        key[31] |= if high { 0x80 } else { 0 };
        key
    })
}

/// Around the ends of blocks and of what each library is given.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![0..200usize, 620..660usize, 1010..1100usize, 0..5000usize]
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    (lengths(), any::<u64>()).prop_map(|(length, seed)| {
        (0..length).map(|i| (seed >> (i % 57)).to_le_bytes()[0] ^ i.to_le_bytes()[0]).collect()
    })
}

#[test]
fn the_feature_chooses_the_library() {
    let chosen = core::any::type_name::<crate::backend::chosen::AgreementKey>();
    assert_eq!(chosen.contains("aws_lc"), cfg!(feature = "aws-lc-rs"), "{chosen}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    // PRM-2, PRM-4
    #[test]
    fn p1_p10_every_library_agrees_alike(seed in uniform32(any::<u8>()), peer in peers()) {
        let [public, output, stored] = alike(agreements(seed, peer));
        prop_assert_eq!(output, stored);
        // And the one in use, behind the checks.
        let own = AgreementSecret::from_seed(&Secret::new(seed));
        prop_assert_eq!(own.public().as_bytes(), &public);
        match AgreementPublic::parse(&peer).map(|key| own.agree(&key)) {
            Err(reason) => prop_assert_eq!(reason, KeyRefused::NonCanonical),
            Ok(Err(reason)) => {
                prop_assert_eq!(reason, KeyRefused::NonContributory);
                prop_assert_eq!(output, [0; 32]);
            }
            Ok(Ok(shared)) => prop_assert_eq!(shared.expose(), &output),
        }
    }

    // PRM-5
    #[test]
    fn p3_p10_every_library_signs_alike(seed in uniform32(any::<u8>()), bytes in texts(), bit in 0..512usize) {
        let (public, signature) = alike(signatures(seed, &bytes));
        let key = ed25519_dalek::VerifyingKey::from_bytes(&public).unwrap();
        let strict = |signature| key.verify_strict(&bytes, &ed25519_dalek::Signature::from_bytes(signature));
        prop_assert!(strict(&signature).is_ok());
        let mut changed = signature;
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(strict(&changed).is_err());
        let (own, body) = (SigningKey::from_seed(&Secret::new(seed)), &bytes[..]);
        prop_assert_eq!(*own.verifying_key().as_bytes(), public);
        prop_assert!(own.verifying_key().verify(label::LOGIN, body, &own.sign(label::LOGIN, body)).is_ok());
    }

    // PRM-5, PRM-6, PRM-7: the strict check accepts nothing that another library would refuse.
    #[test]
    fn p3_what_is_accepted_here_is_accepted_by_the_other_library(
        seed in uniform32(any::<u8>()), body in texts(), at in 0..96usize, flip in any::<u8>()
    ) {
        use crate::{Signature, VerifyingKey};
        let own = SigningKey::from_seed(&Secret::new(seed));
        let mut bytes = [&own.verifying_key().as_bytes()[..], &own.sign(label::LOGIN, &body).0].concat();
        bytes[at] ^= flip;
        let (public, signature) = bytes.split_at(32);
        let signature = Signature::from_slice(signature).unwrap();
        let key = VerifyingKey::parse(public);
        let accepted = key.is_ok_and(|key| key.verify(label::LOGIN, &body, &signature).is_ok());
        prop_assert_eq!(accepted, flip == 0);
        prop_assert!(!key.is_ok_and(|key| strict_alone(&key, &body, &signature)));
    }

    // PRM-11
    #[test]
    fn p15_p16_every_library_seals_and_opens_alike(
        key in uniform32(any::<u8>()), nonce in any::<[u8; 12]>(), associated in texts(), text in texts(), bit in 0..128usize
    ) {
        let message = Message { key, nonce, associated: &associated, text: &text };
        let (ciphertext, tag) = alike(sealed(message)).unwrap();
        let sealed = Message { text: &ciphertext, ..message };
        prop_assert_eq!(alike(opened(sealed, tag)), (true, text.clone()));
        let mut wrong = tag;
        wrong[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(alike(opened(sealed, wrong)), (false, ciphertext.clone()));
        if let Some(shorter) = ciphertext.get(1..) {
            prop_assert_eq!(alike(opened(Message { text: shorter, ..message }, tag)), (false, shorter.to_vec()));
        }
    }

    // PRM-10, PRM-13: written out here over one library; the other gives the same.
    #[cfg(feature = "aws-lc-rs")]
    #[test]
    fn p10_derivations_and_macs_are_those_of_the_other_library(
        key in uniform32(any::<u8>()), salt in texts(), text in texts()
    ) {
        use aws_lc_rs::{hkdf, hmac};
        struct Three;
        impl hkdf::KeyType for Three {
            fn len(&self) -> usize {
                96
            }
        }
        let name = label::MESSAGE_KEYS.as_bytes();
        let info = [&crate::hash::prefix(name)[..], name].concat();
        let mut output = [0; 96];
        let salted = hkdf::Salt::new(hkdf::HKDF_SHA256, &salt).extract(&text);
        salted.expand(&[&info], Three).unwrap().fill(&mut output).unwrap();
        let keys: [Secret<32>; 3] = crate::kdf::derive(&salt, &[&text], label::MESSAGE_KEYS);
        prop_assert!(keys.iter().zip(output.chunks(32)).all(|(key, part)| key.expose() == part));

        let alone = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &key);
        alone.expand(&[&info], Three).unwrap().fill(&mut output).unwrap();
        let keys: [Secret<32>; 3] = crate::kdf::expand_key(&Secret::new(key), label::MESSAGE_KEYS);
        prop_assert!(keys.iter().zip(output.chunks(32)).all(|(key, part)| key.expose() == part));

        let name = label::COMMITMENT.as_bytes();
        let input = [&crate::hash::prefix(name)[..], name, &crate::hash::prefix(&text), &text].concat();
        let commitment = crate::commit::Commitment::compute(&Secret::new(key), label::COMMITMENT, &[&text]);
        let theirs = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &input);
        prop_assert_eq!(&commitment.0[..], theirs.as_ref());
    }
}
