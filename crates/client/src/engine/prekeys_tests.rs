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
    assert_eq!(step(&mut { uploaded }), ONE_TIME_PREKEYS);
    assert_eq!(step(&mut { uploaded }), 0);
}
