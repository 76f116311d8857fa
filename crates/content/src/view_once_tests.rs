use super::*;
use crate::samples::{bodies, view_once};
use alloc::vec;

const KEY: Secret<32> = Secret::new([12; 32]);

#[test]
fn exp_20_what_can_be_opened_once_opens_with_its_key_alone() {
    let mut sealed = 0;
    for body in bodies() {
        match ViewOnce::seal(&body, &KEY) {
            Ok(once) => {
                sealed += 1;
                assert_eq!(once.open(&KEY), Ok(body.clone()));
                assert_eq!(once.without_key().open(&KEY), Ok(body));
                assert_eq!(once.open(&Secret::new([13; 32])), Err(Refused::Commitment));
            }
            Err(refused) => {
                assert_eq!(refused, Malformed::Field("kind"));
                assert!(!may_be_viewed_once(body.kind()), "{body:?}");
            }
        }
    }
    assert_eq!(sealed, 8);
}

#[test]
fn exp_20_every_bit_of_it_is_committed_to() {
    let once = view_once();
    for byte in 0..once.sealed.len() {
        let mut changed = once.clone();
        changed.sealed[byte] ^= 1;
        assert_eq!(changed.open(&KEY), Err(Refused::Commitment), "{byte}");
    }
    let mut changed = once;
    changed.commitment[0] ^= 1;
    assert_eq!(changed.open(&KEY), Err(Refused::Commitment));
}

/// Whoever encrypts can put anything into it.
#[test]
fn exp_20_what_it_holds_is_judged_like_any_other() {
    let forged = |kind: u32, content: &[u8]| {
        let [cipher, committing] = expand_key(&KEY, label::VIEW_ONCE);
        let Commitment(commitment) = commitment(&committing, Kind(kind), content);
        let mut sealed = [kind.to_be_bytes().as_slice(), content].concat();
        let tag = aead::seal(&cipher, &NONCE, &[], &mut sealed).unwrap();
        sealed.extend(tag);
        ViewOnce { sealed, commitment, key: None }.open(&KEY)
    };
    assert_eq!(forged(1, &Body::text("x").unwrap().encode()), Ok(Body::text("x").unwrap()));
    let inner = Body::of(view_once()).unwrap();
    for (kind, content) in [(31, inner.encode()), (33, vec![]), (5, vec![]), (1, vec![]), (0, vec![])] {
        assert!(matches!(forged(kind, &content), Err(Refused::Malformed(_))), "{kind}");
    }
}

#[test]
fn exp_21_the_hash_is_the_same_with_and_without_the_key() {
    let once = crate::Checked::new(view_once()).unwrap();
    let withheld = once.withheld();
    assert!(withheld.key.is_none());
    assert_eq!(once.encode_without_key(), withheld.encode_without_key());
    assert_eq!(Body::from(withheld.clone()).encode(), withheld.encode_without_key());
    assert_ne!(Body::from(once).encode(), Body::from(withheld).encode());
}
