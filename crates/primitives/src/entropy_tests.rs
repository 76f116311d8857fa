use super::*;
use crate::{AgreementSecret, SigningKey, kem::KemSecret};
use aside_testkit::{Broken, TestRng};

const WHAT: Draw = Draw("test");

// PRM-14
#[test]
fn p11_a_broken_source_gives_no_key() {
    for source in [Broken::Failing, Broken::Zeros] {
        let mut source = source;
        assert!(secret::<32>(&mut source, WHAT).is_err(), "{source:?}");
        assert!(secret::<64>(&mut source, WHAT).is_err(), "{source:?}");
        assert!(public::<8>(&mut source, WHAT).is_err(), "{source:?}");
        assert!(public::<32>(&mut source, WHAT).is_err(), "{source:?}");
        assert!(AgreementSecret::generate(&mut source, WHAT).is_err(), "{source:?}");
        assert!(SigningKey::generate(&mut source, WHAT).is_err(), "{source:?}");
        assert!(KemSecret::generate(&mut source, WHAT).is_err(), "{source:?}");
        let key = KemSecret::from_seed(Secret::new([1; 64])).public();
        assert!(key.encapsulate(&mut source, WHAT).is_err(), "{source:?}");
    }
}

#[test]
fn p11_short_draws_of_zeros_are_chance() {
    // One byte in 256 is zero; eight zeros do not happen.
    assert_eq!(public::<7>(&mut Broken::Zeros, WHAT), Ok([0; 7]));
    assert_eq!(public::<7>(&mut Broken::Failing, WHAT), Err(EntropyFailed));
    assert_eq!(public::<8>(&mut Broken::Zeros, WHAT), Err(EntropyFailed));
}

/// A source of somebody's own making is not believed either.
#[test]
fn p11_zeros_are_refused_whoever_gives_them() {
    struct Own;
    impl Entropy for Own {
        fn draw(&mut self, _what: Draw, _out: &mut [u8]) -> Result<(), EntropyFailed> {
            Ok(())
        }
    }
    assert!(secret::<32>(&mut Own, WHAT).is_err());
    assert!(public::<16>(&mut Own, WHAT).is_err());
}

#[test]
fn p11_a_working_source_gives_different_keys() {
    let mut source = TestRng::new(11);
    let first = AgreementSecret::generate(&mut source, WHAT).unwrap();
    let second = AgreementSecret::generate(&mut source, WHAT).unwrap();
    assert_ne!(first.public(), second.public());
    // A source behind a reference to a trait is one too.
    let source: &mut dyn Entropy = &mut source;
    assert!(secret::<32>(source, WHAT).is_ok());
}
