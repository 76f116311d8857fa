//! What a relay can make a client do with its prekeys, and what not.

use super::*;
use crate::store::{MemoryStore, Store};
use aside_identity::Handle;
use aside_testkit::{TestRng, person::NOW};

#[test]
fn h2_a_relay_that_always_says_it_has_none_does_not_fill_the_store() {
    let mut store = MemoryStore::default();
    let mut rng = TestRng::new(1);
    let handle = Handle::parse("alice").unwrap();
    let mut step = |step: &mut dyn FnMut(&mut Step<'_>) -> Result<usize, Error>| {
        store.step(|tx| step(&mut Step { tx, now: NOW, entropy: &mut rng })).unwrap()
    };
    let mut alice = None;
    step(&mut |step| {
        alice = Some(Engine::create(step, &handle, "ws://relay")?);
        Ok(0)
    });
    let alice = alice.unwrap();
    let none = pb::LoggedIn { relay_time: NOW, ..Default::default() };
    // Drawing keys is slow in a test build; the bound shows with a store that is almost full.
    for id in 0..u32::try_from(KEPT_ONE_TIME - 1).unwrap() {
        step(&mut |step| {
            let record = records::Prekey { secret: vec![], created_at: NOW, not_after: u64::MAX };
            step.tx.write(Table::Prekey, &prekey_key(PrekeyKind::OneTime, id), &record)?;
            Ok(0)
        });
    }
    let uploaded = |step: &mut Step<'_>| Ok(alice.upkeep(step, &none)?.unwrap_or_default().one_time.len());
    assert_eq!(step(&mut { uploaded }), 0, "not at once");
    let uploaded = |step: &mut Step<'_>| {
        step.now += REFILL_AFTER_MS + REFILL_JITTER_MS;
        uploaded(step)
    };
    assert_eq!(step(&mut { uploaded }), REFILL);
    assert_eq!(step(&mut { uploaded }), 0);
    assert_eq!(step(&mut { uploaded }), 0);
}

/// Alice in a store, and what she uploads when the relay says that it holds so many, at a time.
fn alice(seed: u64) -> impl FnMut(u32, u64) -> Upload {
    let mut store = MemoryStore::default();
    let mut rng = TestRng::new(seed);
    let handle = Handle::parse("alice").unwrap();
    let alice = store
        .step(|tx| Engine::create(&mut Step { tx, now: NOW, entropy: &mut rng }, &handle, "ws://relay"))
        .unwrap();
    move |held, now| {
        let status = pb::LoggedIn { relay_time: now, one_time_prekeys: held, ..Default::default() };
        let step = |tx: &mut dyn Transaction| alice.upkeep(&mut Step { tx, now, entropy: &mut rng }, &status);
        store.step(step).unwrap().unwrap_or_default()
    }
}

#[test]
// RLY-77.
fn h3_a_refill_comes_at_least_ten_minutes_after_it_was_noticed_by_chance_and_always_alike() {
    let mut pauses = std::collections::BTreeSet::new();
    for (seed, held) in (0u64..6).zip([0, 1, 20, 48, 49, 0]) {
        let mut upload = alice(seed);
        assert_eq!(upload(0, NOW).one_time.len(), ONE_TIME_PREKEYS, "a new device has all of them at once");
        assert!(upload(50, NOW).one_time.is_empty());
        let minute = |number: u64| NOW + number * 60 * 1000;
        // However often it logs in meanwhile.
        for number in 0..10 {
            assert!(upload(held, minute(number)).one_time.is_empty());
        }
        let (pause, refill) = (10..=61)
            .map(|number| (number, upload(held, minute(number)).one_time.len()))
            .find(|(_, refill)| *refill > 0)
            .unwrap();
        assert_eq!(refill, REFILL);
        pauses.insert(pause);
        // The next one waits again; one that is not needed any more is forgotten.
        assert!(upload(held, minute(pause)).one_time.is_empty());
        assert!(upload(70, minute(pause + 5)).one_time.is_empty());
        assert!(upload(held, minute(pause + 70)).one_time.is_empty());
    }
    assert!(pauses.len() > 2, "{pauses:?}");
}

#[test]
fn h3_a_clock_that_was_set_back_does_not_put_off_a_refill_for_longer() {
    let mut upload = alice(9);
    upload(0, NOW);
    assert!(upload(0, NOW).one_time.is_empty());
    let before = NOW - 24 * 60 * 60 * 1000;
    assert!(upload(0, before).one_time.is_empty());
    assert_eq!(upload(0, before + 60 * 60 * 1000).one_time.len(), REFILL);
}

#[test]
// RLY-77.
fn h3_ids_tell_nothing() {
    let mut upload = alice(10);
    let ids: Vec<u32> = upload(0, NOW)
        .one_time
        .iter()
        .map(|prekey| {
            let signed: pb::Signed = aside_wire::decode(prekey).unwrap();
            aside_wire::decode::<pb::PrekeyBody>(&signed.body).unwrap().id
        })
        .collect();
    // Neither in order nor close to each other.
    assert!(!ids.is_sorted() && !ids.is_sorted_by(|one, next| one > next));
    assert!(ids.windows(2).all(|pair| pair[0].abs_diff(pair[1]) > 1));
    assert!(ids.iter().any(|id| *id > u32::MAX / 2) && ids.iter().any(|id| *id < u32::MAX / 2));
}
