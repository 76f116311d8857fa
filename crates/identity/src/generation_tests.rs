use super::{Generation, NUMBERS, Recorded};
use alloc::vec;
use aside_testkit::TestRng;
use aside_wire::pb;

fn rng() -> TestRng {
    TestRng::new(40)
}

#[test]
fn rly_46_a_store_that_goes_on_is_accepted_however_many_answers_are_lost() {
    let rng = &mut rng();
    let mut known: Option<Recorded> = None;
    let mut store = Generation::first(rng).unwrap();
    for number in 1..9 {
        // The answer is lost twice; two processes say the same.
        for _ in 0..3 {
            known = store.after(known.as_ref());
            assert_eq!(known, Some(Recorded { number, token: store.token }));
        }
        store = store.next(rng).unwrap();
    }
}

#[test]
fn rly_46_an_older_copy_and_a_second_copy_are_stale() {
    let rng = &mut rng();
    let backup = Generation::first(rng).unwrap();
    let on = backup.next(rng).unwrap();
    let known = on.after(backup.after(None).as_ref());
    assert_eq!(backup.after(known.as_ref()), None, "an older number");
    assert_eq!(backup.next(rng).unwrap().after(known.as_ref()), None, "the same number, another token");
    let third = backup.next(rng).unwrap().next(rng).unwrap();
    assert_eq!(third.after(known.as_ref()), None, "the next number after another token");
    assert_eq!(
        Generation::first(rng).unwrap().after(known.as_ref()),
        None,
        "a profile of before there were any"
    );
}

#[test]
fn rly_47_a_restored_store_replaces_what_is_known_once() {
    let rng = &mut rng();
    let backup = Generation::first(rng).unwrap();
    let mut original = backup;
    let mut known = original.after(None);
    for _ in 0..5 {
        original = original.next(rng).unwrap();
        known = original.after(known.as_ref());
    }
    let restored = backup.anew(rng).unwrap();
    let first = restored.after(known.as_ref()).unwrap();
    assert_eq!(first, Recorded { number: 7, token: restored.token });
    assert_eq!(restored.after(Some(&first)), Some(first), "a lost answer");
    // Both the other copy and its next generation are stale from here on.
    assert_eq!(original.after(Some(&first)), None);
    assert_eq!(original.next(rng).unwrap().after(Some(&first)), None);
    let on = Generation { number: first.number, ..restored }.next(rng).unwrap();
    assert!(on.after(Some(&first)).is_some());
}

#[test]
fn rly_48_a_relay_that_was_set_back_locks_nobody_out() {
    let rng = &mut rng();
    let mut store = Generation::first(rng).unwrap();
    let old = store.after(None);
    for _ in 0..3 {
        store = store.next(rng).unwrap();
    }
    assert_eq!(store.after(old.as_ref()), Some(Recorded { number: 4, token: store.token }));
}

#[test]
fn rly_46_what_a_login_carries_is_checked() {
    let rng = &mut rng();
    let good = Generation::first(rng).unwrap().next(rng).unwrap();
    let wire = good.to_wire();
    assert_eq!(Generation::parse(Some(&wire)), Ok(good));
    assert!(Generation::parse(None).is_err());
    let bad = [
        pb::StoreGeneration { number: 0, ..wire.clone() },
        pb::StoreGeneration { number: NUMBERS, ..wire.clone() },
        pb::StoreGeneration { token: vec![1; 15], ..wire.clone() },
        pb::StoreGeneration { previous: vec![], ..wire },
    ];
    for store in bad {
        assert!(Generation::parse(Some(&store)).is_err());
    }
}
