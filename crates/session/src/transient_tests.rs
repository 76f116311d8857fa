use super::*;
use aside_primitives::suite::Suite1;

fn window(received: &[u32]) -> Window {
    let mut window = Window { next: 0, seen: 0 };
    for number in received {
        window.check(*number).unwrap();
        window.mark(*number);
        assert!(window.is_possible());
    }
    window
}

// SES-33
#[test]
fn r8_the_window_knows_what_was_received_as_a_set_would() {
    // Numbers that a small generator scatters around a place that moves on; the sum of both ends is the model.
    let mut state = 1u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for start in [0, 40, COUNTER_MAX - 300] {
        let mut window = window(&[]);
        let mut received = alloc::collections::BTreeSet::new();
        for step in 0..2_000 {
            let number = (start + step / 10 + random(100)).min(COUNTER_MAX);
            let newest = received.last().copied();
            let fresh = !received.contains(&number)
                && newest.is_none_or(|newest: u32| number + TRANSIENT_WINDOW > newest);
            let expected = match fresh {
                _ if number == COUNTER_MAX => Err(Refused::TooFar),
                true => Ok(()),
                false => Err(Refused::Replay),
            };
            assert_eq!(window.check(number), expected, "{number} after {newest:?}");
            if expected.is_ok() {
                window.mark(number);
                received.insert(number);
            }
            assert!(window.is_possible());
        }
    }
}

// SES-33
#[test]
fn r8_the_window_ends_63_below_the_highest() {
    let window = window(&[100]);
    assert_eq!(window.check(37), Ok(()));
    assert_eq!(window.check(36), Err(Refused::Replay));
    assert_eq!(window.check(100), Err(Refused::Replay));
    assert_eq!(window.check(101), Ok(()));
    assert_eq!(window.check(COUNTER_MAX - 1), Ok(()));
    assert_eq!(window.check(COUNTER_MAX), Err(Refused::TooFar));
}

// SES-26
#[test]
fn a_window_that_nothing_leads_to_is_not_possible() {
    for (next, seen) in [(0, 1), (1, 0), (1, 2), (2, 0b110), (2, 0b101), (3, 0b1001), (63, u64::MAX), (64, 2)]
    {
        assert!(!Window { next, seen }.is_possible(), "{next}, {seen:b}");
    }
    for (next, seen) in
        [(0, 0), (1, 1), (2, 3), (2, 1), (63, u64::MAX >> 1), (64, u64::MAX), (COUNTER_MAX, 1)]
    {
        assert!(Window { next, seen }.is_possible(), "{next}, {seen:b}");
    }
}

// SES-34, PRM-10
#[test]
fn each_number_of_each_chain_has_a_secret_of_its_own() {
    let key = |byte| TransientKey(Secret::new([byte; 32]));
    let numbers = [0, 1, 0xFF, 0x100, 0xFFFF, 0x1_0000, COUNTER_MAX - 1];
    let secrets: alloc::collections::BTreeSet<_> = [1, 2]
        .into_iter()
        .flat_map(|byte| numbers.map(|number| *key(byte).secret::<Suite1>(number).0.expose()))
        .collect();
    assert_eq!(secrets.len(), 2 * numbers.len());
}
