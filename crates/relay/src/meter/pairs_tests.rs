use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn is_room(pairs: &Pairs, now: Duration, whom: &[u64], number: u64) -> bool {
    match pairs.count_at(now, whom.iter(), number) {
        Ok(()) => true,
        Err(refused) => {
            assert_eq!(refused.code, RefusalCode::Rate);
            false
        }
    }
}

#[test]
// RLY-72, RLY-111.
fn t6_a_pair_has_a_burst_then_one_at_a_time() {
    let pairs = Pairs::new(Rate { burst: 3, each: SECOND });
    let room = |seconds, number| is_room(&pairs, seconds * SECOND, &[1], number);
    assert!(room(100, 2) && !room(100, 2) && room(100, 1) && !room(100, 1));
    // Another pair is another pair.
    assert!(is_room(&pairs, 100 * SECOND, &[2], 3));
    assert!(room(101, 1) && !room(101, 1));
    // No pause earns more than a burst.
    assert!(!room(999, 4) && room(999, 3) && !room(999, 1));
}

#[test]
// RLY-111.
fn t6_for_all_of_them_or_for_none() {
    let pairs = Pairs::new(Rate { burst: 3, each: SECOND });
    assert!(is_room(&pairs, SECOND, &[1], 3));
    for _ in 0..9 {
        assert!(!is_room(&pairs, SECOND, &[2, 1, 3], 1));
    }
    assert!(is_room(&pairs, SECOND, &[2, 3], 3));
}

#[test]
// RLY-15, RLY-111.
fn t6_however_many_names_somebody_makes_up_others_are_counted_as_before() {
    let pairs = Pairs::new(Rate { burst: 100, each: 3600 * SECOND });
    // What one account can fan out to at once, and some that are not there.
    for number in 1_000..1_000 + 2 * u64::from(crate::limits::FANNED_OUT) {
        pairs.count_at(SECOND, [number].iter(), 1).unwrap();
    }
    for other in 0..99 {
        assert!(is_room(&pairs, SECOND, &[other], 90), "{other}");
        assert!(!is_room(&pairs, SECOND, &[other], 11), "{other}");
    }
}

#[test]
fn without_a_time_between_them_there_is_no_limit() {
    let pairs = Pairs::new(Rate { burst: 1, each: Duration::ZERO });
    assert!((0..9).all(|_| is_room(&pairs, SECOND, &[1], u64::MAX)));
    let pairs = Pairs::new(Rate { burst: u32::MAX, each: Duration::MAX });
    assert!(is_room(&pairs, SECOND, &[1], 1));
}
