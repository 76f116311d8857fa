use super::*;
use crate::limits::DROPPED_RANGES;
use alloc::vec;

fn kept(numbers: impl Iterator<Item = u32>) -> KeptKeys {
    let secrets = numbers.map(|number| (number, MessageSecret(Secret::new([1; 32])))).collect();
    KeptKeys { secrets, dropped: Vec::new() }
}

fn word(kept: &KeptKeys, number: u32) -> Refused {
    kept.find(number).unwrap_err()
}

// SES-24
#[test]
fn r3_dropped_keys_that_lie_together_are_one_range() {
    let mut kept = kept([4, 5, 6, 9].into_iter());
    for (dropped, ranges) in
        [(1, vec![(4, 5)]), (2, vec![(4, 6)]), (3, vec![(4, 7)]), (4, vec![(4, 7), (9, 10)])]
    {
        assert!(kept.drop_oldest());
        assert_eq!(kept.dropped, ranges, "after {dropped}");
    }
    assert!(!kept.drop_oldest());
    for number in [4, 6, 9] {
        assert_eq!(word(&kept, number), Refused::KeyExpired);
    }
    for number in [3, 7, 8, 10] {
        assert_eq!(word(&kept, number), Refused::Replay);
    }
}

// SES-24
#[test]
fn r3_of_too_many_ranges_the_two_oldest_become_one() {
    let count = u32::try_from(DROPPED_RANGES).unwrap();
    let mut kept = kept((0..count + 2).map(|n| 2 * n));
    for _ in 0..count {
        assert!(kept.drop_oldest());
    }
    assert_eq!((kept.dropped.len(), kept.dropped[0]), (DROPPED_RANGES, (0, 1)));
    assert_eq!(word(&kept, 1), Refused::Replay);
    assert!(kept.drop_oldest());
    assert_eq!((kept.dropped.len(), kept.dropped[0]), (DROPPED_RANGES, (0, 3)));
    // Opened and dropped are not told apart there any more.
    assert_eq!(word(&kept, 1), Refused::KeyExpired);
    assert_eq!(word(&kept, 3), Refused::Replay);
    assert!(kept.drop_oldest());
    assert_eq!((kept.dropped.len(), kept.dropped[0], kept.dropped[1]), (DROPPED_RANGES, (0, 5), (6, 7)));
}
