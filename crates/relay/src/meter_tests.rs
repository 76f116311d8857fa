use super::*;

const ALICE: Account = Account([1; 32]);
const SECOND: Duration = Duration::from_secs(1);

fn is_room(counter: &Counter, number: usize, now: Duration) -> bool {
    match counter.count(ALICE, number, now) {
        Ok(()) => true,
        Err(refused) => {
            assert_eq!(refused.code, RefusalCode::Rate);
            false
        }
    }
}

#[test]
// RLY-30.
fn a_burst_then_one_at_a_time() {
    let counter = Counter::new(Rate { burst: 3, each: SECOND });
    for _ in 0..3 {
        assert!(is_room(&counter, 1, SECOND));
    }
    // What is refused costs nothing.
    for _ in 0..9 {
        assert!(!is_room(&counter, 1, SECOND));
    }
    counter.count(Account([2; 32]), 3, SECOND).unwrap();
    assert!(is_room(&counter, 1, 2 * SECOND) && !is_room(&counter, 1, 2 * SECOND));
    // No pause earns more than a burst.
    assert!(!is_room(&counter, 4, 999 * SECOND) && is_room(&counter, 3, 999 * SECOND));
    assert!(!is_room(&counter, 1, 999 * SECOND) && is_room(&counter, 0, 999 * SECOND));
}

#[test]
// RLY-15, RLY-30.
fn t1_an_account_that_owes_nothing_is_forgotten_and_no_other() {
    let counter = Counter::new(Rate { burst: 3, each: SECOND });
    counter.count(Account([2; 32]), 3, SECOND).unwrap();
    assert!(is_room(&counter, 1, SECOND));
    counter.forget(2 * SECOND);
    assert!(counter.paid_at().keys().eq([&Account([2; 32])]));
    counter.forget(4 * SECOND);
    assert!(counter.paid_at().is_empty());
}

#[test]
// RLY-30.
fn the_default_rates_are_those_of_the_limits() {
    let Rates { appends, appended_kib, logs, fanned_out, transients, statements } = Rates::default();
    let day = 24 * 60 * 60;
    for (rate, burst, seconds) in [
        (appends, 30, 30),
        (appended_kib, 4096, 960),
        (logs, 50, day),
        (fanned_out, 1 << 18, 240),
        (transients, 20, 10),
        (statements, 60, 3600),
    ] {
        let counter = Counter::new(rate);
        assert!(is_room(&counter, burst, SECOND) && !is_room(&counter, 1, SECOND));
        // The whole burst is there again after so many seconds, give or take what the division drops.
        assert!(
            !is_room(&counter, burst, (seconds - 1) * SECOND)
                && is_room(&counter, burst, (seconds + 2) * SECOND)
        );
    }
}
