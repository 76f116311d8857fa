//! H1: a bundle that is not exactly what the recipient published starts no session. H3: a refill tells nobody when its
//! device was there.

use crate::{
    observer::sessions,
    world::{World, handle},
};
use aside_client::Delivery;
use aside_testkit::person::DAY;
use aside_wire::{
    Reject,
    pb::{self, request::Body},
};
use std::{collections::BTreeSet, sync::Arc};

const MINUTE: u64 = 60 * 1000;

fn ask_and_write() -> World {
    let mut world = World::new(30);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.say(&handle("bob"), "queued").unwrap();
    world
}

/// Nothing left, no session exists, the message waits.
fn assert_held_back(world: &mut World, reason: Reject) {
    world.alice.sync(&mut world.relay);
    assert_eq!(std::mem::take(&mut world.alice.refused_prekeys), [reason]);
    assert!(world.relay.sends.is_empty());
    assert_eq!(sessions(&world.alice.store.inner, &world.bob.address()).len(), 0);
    assert_eq!(world.alice.waiting(), 2);
    let chat = world.alice.chat_with(&world.bob.account());
    assert_eq!(world.alice.messages(chat)[0].delivery, Delivery::Queued);
}

fn assert_delivered(world: &mut World) {
    world.settle();
    let chat = world.bob.chat_with(&world.alice.account());
    assert_eq!(world.bob.received(chat), ["queued"]);
    assert!(!world.relay.has_read("queued"));
}

fn lie(reason: Reject, lie: impl Fn(&mut pb::Prekeys) + Send + Sync + 'static) {
    let mut world = ask_and_write();
    world.relay.lie_about_prekeys = Some(Arc::new(lie));
    assert_held_back(&mut world, reason);
    world.relay.lie_about_prekeys = None;
    assert_delivered(&mut world);
}

fn flip(bytes: &mut [u8], from_end: usize) {
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
}

#[test]
fn h1_altered_prekeys_start_no_session() {
    lie(Reject::Signature, |prekeys| flip(&mut prekeys.signed_prekey, 1));
    lie(Reject::Signature, |prekeys| flip(&mut prekeys.one_time, 1));
    // The last bytes of the body, before the signature and its field header: part of a key.
    lie(Reject::Signature, |prekeys| flip(&mut prekeys.signed_prekey, 70));
    lie(Reject::Signature, |prekeys| flip(&mut prekeys.one_time, 70));
    lie(Reject::Malformed, |prekeys| prekeys.signed_prekey.clear());
    lie(Reject::Malformed, |prekeys| prekeys.signed_prekey.truncate(100));
    lie(Reject::Malformed, |prekeys| prekeys.one_time.truncate(100));
    lie(Reject::Malformed, |prekeys| prekeys.signed_prekey = prekeys.one_time.clone());
    lie(Reject::Malformed, |prekeys| prekeys.one_time = prekeys.signed_prekey.clone());
}

#[test]
fn h1_prekeys_of_somebody_else_start_no_session() {
    let mut world = World::new(31);
    let carols = world.relay.prekeys(&world.carol.address()).unwrap();
    let (signed, one_time) = (carols.signed_prekey, carols.one_time);
    lie(Reject::Signature, move |prekeys| prekeys.signed_prekey.clone_from(&signed));
    lie(Reject::Signature, move |prekeys| prekeys.one_time.clone_from(&one_time));
}

#[test]
fn h1_expired_prekeys_start_no_session() {
    let mut world = ask_and_write();
    world.alice.now += 38 * DAY;
    assert_held_back(&mut world, Reject::Stale);
    world.bob.now += 38 * DAY;
    world.bob.sync(&mut world.relay);
    world.relay.one_time_prekeys(&world.bob.address()).clear();
    world.bob.sync(&mut world.relay);
    assert_delivered(&mut world);
}

/// How many one-time prekeys somebody has uploaded since the last look.
fn uploaded(world: &mut World) -> Vec<usize> {
    let asked = std::mem::take(&mut world.relay.asked).into_iter();
    let uploads = asked.filter_map(|(_, request)| match request {
        Body::PublishPrekeys(prekeys) => Some(prekeys.one_time.len()),
        _ => None,
    });
    uploads.collect()
}

// RLY-77
#[test]
fn h3_a_refill_comes_by_chance_long_after_the_device_was_there_and_is_always_alike() {
    let mut pauses = BTreeSet::new();
    for (seed, left) in (600..606).zip([0, 1, 10, 30, 48, 49]) {
        let mut world = World::new(seed);
        let bob = world.bob.address();
        // Somebody uses Bob's prekeys up while he is away, and looks each minute for new ones.
        world.relay.one_time_prekeys(&bob).truncate(left);
        world.relay.asked.clear();
        let mut minutes = 0;
        loop {
            world.bob.sync(&mut world.relay);
            let uploads = uploaded(&mut world);
            let held = world.relay.one_time_prekeys(&bob).len();
            if !uploads.is_empty() {
                assert_eq!((uploads, held), (vec![50], left + 50));
                break;
            }
            assert_eq!(held, left);
            world.bob.now += MINUTE;
            world.relay.time += MINUTE;
            minutes += 1;
        }
        assert!((10..=60).contains(&minutes), "{minutes}");
        pauses.insert(minutes);
    }
    assert!(pauses.len() > 3, "{pauses:?}");
}

// RLY-77
#[test]
fn h3_a_device_that_is_not_there_when_its_time_has_come_fills_up_when_it_is() {
    let mut world = World::new(610);
    let bob = world.bob.address();
    world.relay.one_time_prekeys(&bob).clear();
    world.relay.asked.clear();
    world.bob.sync(&mut world.relay);
    world.bob.now += DAY;
    assert!(uploaded(&mut world).is_empty());
    world.bob.reboot();
    world.bob.sync(&mut world.relay);
    assert_eq!(uploaded(&mut world), [50]);
}
