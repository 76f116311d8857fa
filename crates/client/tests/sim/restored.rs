//! R4: a store that was restored from a backup, or copied, uses no key twice and leaves no chat dead; whoever says that it was, and
//! does not tell the truth, costs new sessions and nothing else.

use crate::{
    client::{Client, Fuse, Halt},
    observer::{assert_no_key_was_used_twice, sessions},
    relay::Relay,
    store::{Faulty, rows},
    world::{World, handle},
};
use aside_client::{Event, engine::Login, store::Table};
use aside_testkit::TestRng;
use aside_wire::pb::request;
use std::collections::BTreeSet;

const HOUR: u64 = 60 * 60 * 1000;

/// The same store, in another process with another source of randomness.
fn copy(client: &Client, seed: u64) -> Client {
    let mut copy = Client::load(client.store.clone(), seed);
    copy.now = client.now;
    copy
}

fn restores(client: &Client) -> usize {
    client.events.iter().filter(|event| matches!(event, Event::StoreRestored)).count()
}

fn refused(client: &Client) -> Vec<&Event> {
    client.events.iter().filter(|event| matches!(event, Event::Refused { .. })).collect()
}

/// Bob takes in his mail, and remembers with what he could.
fn read(bob: &mut Client, relay: &mut Relay) {
    bob.keep_past();
    bob.sync(relay);
    bob.keep_past();
}

fn texts_of_bob(world: &mut World) -> Vec<String> {
    let chat = world.bob.chat_with(&world.alice.account());
    world.bob.received(chat)
}

fn say(world: &mut World, text: &str) {
    world.alice.say(&handle("bob"), text).unwrap();
    world.alice.keep_past();
    world.alice.sync(&mut world.relay);
    world.alice.keep_past();
}

#[test]
// RLY-46, RLY-47, HEA-30.
fn r4_a_copy_of_a_store_is_noticed_before_it_seals_anything() {
    let mut world = World::chatting(60);
    let mut clone = copy(&world.alice, 61);
    let before = world.relay.sends.len();
    say(&mut world, "of the original");
    read(&mut world.bob, &mut world.relay);

    clone.say(&handle("bob"), "of the copy").unwrap();
    clone.sync(&mut world.relay);
    assert_eq!(restores(&clone), 1, "the second login is noticed");
    read(&mut world.bob, &mut world.relay);

    assert_eq!(texts_of_bob(&mut world), ["first", "of the original", "of the copy"]);
    assert!(refused(&world.bob).is_empty(), "{:?}", refused(&world.bob));
    world.relay.sends.drain(..before);
    assert_no_key_was_used_twice(&world.relay, &[&world.bob, &world.alice, &clone]);
    // One new session, and the old one only receives.
    let kept = sessions(&world.bob.store.inner, &clone.address());
    assert_eq!(kept.len(), 2);
    // Bob's answer is read by the copy that is in use.
    world.bob.say(&handle("alice"), "to whoever is there").unwrap();
    world.bob.sync(&mut world.relay);
    clone.sync(&mut world.relay);
    let chat = clone.chat_with(&world.bob.account());
    assert_eq!(clone.received(chat), ["second", "to whoever is there"]);
}

#[test]
// HEA-30 to HEA-33.
fn r4_two_copies_that_write_in_turn_lose_nothing_and_use_no_key_twice() {
    let mut world = World::chatting(62);
    let mut clone = copy(&world.alice, 63);
    let before = world.relay.sends.len();
    let mut said = vec!["first".to_owned()];
    for number in 0..4 {
        for (who, client) in [("original", &mut world.alice), ("copy", &mut clone)] {
            client.now += 2 * HOUR;
            world.relay.time = client.now;
            let text = format!("{who} {number}");
            client.say(&handle("bob"), &text).unwrap();
            client.keep_past();
            client.sync(&mut world.relay);
            client.keep_past();
            said.push(text);
            world.bob.now = client.now;
            read(&mut world.bob, &mut world.relay);
        }
    }
    let mut received = texts_of_bob(&mut world);
    received.sort();
    said.sort();
    assert_eq!(received, said);
    world.relay.sends.drain(..before);
    assert_no_key_was_used_twice(&world.relay, &[&world.bob, &world.alice, &clone]);
}

#[test]
// HEA-31: the original has not logged in again since the backup, but it has received.
fn r4_a_backup_from_within_one_connection_is_noticed_by_what_was_acknowledged() {
    let mut world = World::chatting(64);
    world.alice.sync(&mut world.relay);
    let backup = world.alice.store.clone();
    let before = world.relay.sends.len();
    let fuse = &mut Fuse::default();
    world.alice.say(&handle("bob"), "before the disk broke").unwrap();
    world.alice.flush(&mut world.relay, fuse).unwrap();
    read(&mut world.bob, &mut world.relay);
    world.bob.say(&handle("alice"), "an answer").unwrap();
    world.bob.sync(&mut world.relay);
    world.alice.keep_past();
    world.alice.receive(&mut world.relay, fuse).unwrap();

    let past = std::mem::take(&mut world.alice.past);
    world.alice = Client::load(backup, 65);
    world.alice.past = past;
    say(&mut world, "after it was restored");
    assert_eq!(restores(&world.alice), 1);
    read(&mut world.bob, &mut world.relay);
    assert_eq!(texts_of_bob(&mut world), ["first", "before the disk broke", "after it was restored"]);
    world.relay.sends.drain(..before);
    assert_no_key_was_used_twice(&world.relay, &[&world.bob, &world.alice]);
}

#[test]
// HEA-33: the answer to what was sealed is not in the backup.
fn r4_what_was_sealed_before_the_backup_goes_out_once_and_not_as_it_was() {
    let mut world = World::chatting(66);
    world.alice.sync(&mut world.relay);
    for text in ["accepted", "not yet accepted"] {
        world.alice.say(&handle("bob"), text).unwrap();
    }
    world.alice.step(|engine, step| engine.outgoing(step, &Default::default(), 9)).unwrap();
    let mut backup = copy(&world.alice, 67);
    let sealed = rows(&backup.store.inner, Table::Outbox);
    // The first of them is accepted, and then the disk breaks.
    let mut burning = Fuse { burns_at: BTreeSet::from([2]), ..Default::default() };
    assert!(matches!(world.alice.flush(&mut world.relay, &mut burning), Err(Halt::Crashed)));
    world
        .alice
        .sync_until(&mut world.relay, &mut Fuse { burns_at: BTreeSet::from([3]), ..Default::default() })
        .unwrap_err();
    read(&mut world.bob, &mut world.relay);

    let old = world.relay.sends.len();
    backup.sync(&mut world.relay);
    assert_eq!(restores(&backup), 1);
    let sent = &world.relay.sends[old..];
    assert_eq!(sent.len(), sealed.len());
    for (_, send) in sent {
        let is_old = |(_, record): &(Vec<u8>, Vec<u8>)| {
            let envelope = &send.parcels[0].envelope;
            record.windows(envelope.len()).any(|window| window == envelope.as_slice())
        };
        assert!(!sealed.iter().any(is_old), "old bytes were sent again");
    }
    read(&mut world.bob, &mut world.relay);
    assert_eq!(texts_of_bob(&mut world), ["first", "accepted", "not yet accepted"]);
    assert_eq!(backup.waiting(), 0);
    world.alice = backup;
}

#[test]
// RLY-47, HEA-36.
fn r4_prekeys_of_a_restored_store_are_handed_out_no_more_and_wiped_when_their_mail_has_come() {
    let mut world = World::chatting(68);
    let ids = |store: &Faulty| -> BTreeSet<Vec<u8>> {
        rows(&store.inner, Table::Prekey).into_iter().map(|(key, _)| key).collect()
    };
    let before = ids(&world.alice.store);
    // Carol has begun a session with one of them, and it is under way.
    world.carol.open_chat(&handle("alice")).unwrap();
    world.carol.sync(&mut world.relay);
    world.alice.step(|engine, step| engine.restore(step)).unwrap();
    assert!(ids(&world.alice.store).is_subset(&before));
    world.alice.sync(&mut world.relay);
    assert!(world.alice.events.iter().any(|event| matches!(event, Event::ChatRequested { .. })));
    let handed_out = world.relay.asked.iter().rev().find_map(|(_, request)| match request {
        request::Body::PublishPrekeys(published) => Some(published.one_time.len()),
        _ => None,
    });
    assert_eq!(handed_out, Some(100));
    world.alice.now += 7 * 24 * HOUR + 1;
    world.relay.time = world.alice.now;
    world.alice.sync(&mut world.relay);
    assert!(before.is_disjoint(&ids(&world.alice.store)));
    // Whoever has begun a session goes on, and whoever begins one now gets one that can be answered.
    world.alice.accept_chat(&handle("carol")).unwrap();
    world.settle();
    world.carol.say(&handle("alice"), "hello").unwrap();
    world.settle();
    let chat = world.alice.chat_with(&world.carol.account());
    assert_eq!(world.alice.received(chat), ["hello"]);
}

#[test]
// HEA-34.
fn r4_a_relay_that_lies_about_copies_forces_one_new_session_an_hour_and_nothing_else() {
    let mut world = World::chatting(69);
    let before = world.relay.sends.len();
    world.relay.calls_stale = true;
    say(&mut world, "one");
    assert_eq!(restores(&world.alice), 1);
    // Within the hour nothing is restored, nothing is sent and nothing is lost.
    world.alice.say(&handle("bob"), "two").unwrap();
    let sent = world.relay.sends.len();
    for _ in 0..3 {
        let result = world.alice.sync_until(&mut world.relay, &mut Fuse::default());
        assert!(matches!(result, Err(Halt::TooSoon)), "{result:?}");
    }
    assert_eq!((world.relay.sends.len(), world.alice.waiting()), (sent, 1));
    world.alice.now += HOUR;
    world.relay.time = world.alice.now;
    world.alice.sync(&mut world.relay);
    // It may tell the truth again, or lie about what was acknowledged.
    world.relay.calls_stale = false;
    say(&mut world, "three");
    world.relay.acknowledged = Some(u64::MAX);
    world.alice.now += HOUR;
    world.relay.time = world.alice.now;
    say(&mut world, "four");
    say(&mut world, "five");
    assert_eq!(restores(&world.alice), 3);
    world.bob.now = world.alice.now;
    read(&mut world.bob, &mut world.relay);
    assert_eq!(texts_of_bob(&mut world), ["first", "one", "two", "three", "four", "five"]);
    // Nothing went in the clear, and nothing under a key that had served.
    assert!(world.relay.sends[before..].iter().all(|(_, send)| !is_in_the_clear(send)));
}

fn is_in_the_clear(send: &aside_wire::pb::Send) -> bool {
    use prost::Message;
    send.parcels.iter().any(|parcel| {
        let envelope = aside_wire::pb::Envelope::decode(parcel.envelope.as_slice()).unwrap();
        envelope.kind == i32::from(aside_wire::pb::EnvelopeKind::Thread)
    })
}

// RLY-47: the numbers are not the relay's to use up.
#[test]
fn r4_a_relay_that_lies_about_the_number_leaves_numbers_to_go_on_with() {
    let mut world = World::chatting(417);
    let alice = &mut world.alice;
    alice.step(|engine, step| engine.restore(step)).unwrap();
    let told = alice.step(|engine, step| engine.present_store(step, true)).unwrap();
    let lie = aside_wire::pb::LoggedIn { generation: u64::MAX, ..Default::default() };
    assert_eq!(alice.step(|engine, step| engine.on_logged_in(step, &told, &lie)).unwrap(), Login::Done);
    let next = alice.step(|engine, step| engine.present_store(step, true)).unwrap();
    assert!((1 << 32..1 << 33).contains(&next.number), "{}", next.number);
    world.settle();
    assert_eq!(restores(&world.alice), 1, "only what she has asked for");
}

// RLY-48.
#[test]
fn r4_a_relay_that_was_set_back_makes_nobody_begin_anew() {
    let mut world = World::chatting(70);
    let old = world.relay.stores.clone();
    for text in ["one", "two", "three"] {
        say(&mut world, text);
    }
    world.relay.stores = old;
    say(&mut world, "four");
    world.relay.stores.clear();
    say(&mut world, "five");
    assert_eq!(restores(&world.alice), 0);
    assert_eq!(world.alice.waiting(), 0);
}

#[test]
// RLY-46, RLY-50: two logins in flight from one store are not two copies.
fn r4_processes_that_share_a_profile_are_no_copies() {
    let mut world = World::chatting(71);
    let World { relay, alice, .. } = &mut world;
    let address = alice.address();
    let mut rng = TestRng::new(72);
    // What each process has presented and not heard of.
    let mut asked = Vec::new();
    for _ in 0..500 {
        match rng.below(3) {
            0 => {
                let goes_on = rng.below(2) == 0;
                asked.push(alice.step(|engine, step| engine.present_store(step, goes_on)).unwrap());
            }
            // It may arrive late, and its answer may be lost.
            _ if !asked.is_empty() => {
                let which = usize::try_from(rng.below(u64::try_from(asked.len()).unwrap())).unwrap();
                let store = asked.swap_remove(which);
                let answer = relay.log_in(&address, &store);
                if rng.below(4) == 0 {
                    continue;
                }
                alice
                    .step(|engine, step| match &answer {
                        Some(status) => engine.on_logged_in(step, &store, status),
                        None => engine.on_stale_store(step, &store),
                    })
                    .unwrap();
            }
            _ => {}
        }
    }
    assert!(relay.logins.iter().any(|(_, _, stale)| *stale), "no login was overtaken");
    alice.sync(relay);
    assert_eq!(restores(alice), 0);
    assert!(alice.step(|engine, step| engine.tell_restored(step)).unwrap().is_none());
}

/// Alice's copy logs in after the original, and is ended at a point; then it goes on to the end.
fn restore_with_crashes(burns_at: BTreeSet<u32>) -> u32 {
    let mut world = World::chatting(73);
    let mut clone = copy(&world.alice, 74);
    say(&mut world, "of the original");
    read(&mut world.bob, &mut world.relay);
    let before = world.relay.sends.len();
    clone.say(&handle("bob"), "of the copy").unwrap();
    let mut fuse = Fuse { burns_at, ..Default::default() };
    loop {
        match clone.sync_until(&mut world.relay, &mut fuse) {
            Ok(()) => break,
            Err(Halt::Crashed) => clone.reboot(),
            Err(halt) => panic!("{halt:?}"),
        }
    }
    read(&mut world.bob, &mut world.relay);
    assert_eq!(texts_of_bob(&mut world), ["first", "of the original", "of the copy"]);
    assert!(refused(&world.bob).is_empty());
    assert_eq!(clone.waiting(), 0);
    // Told once, or not at all if the process ended while it was told.
    assert!(restores(&clone) <= 1);
    world.relay.sends.drain(..before);
    assert_no_key_was_used_twice(&world.relay, &[&world.bob, &world.alice, &clone]);
    fuse.passed
}

#[test]
// HEA-30, R11.
fn r4_a_crash_at_any_point_of_a_restore_is_no_second_one_and_loses_nothing() {
    let points = restore_with_crashes(BTreeSet::new());
    assert!(points > 20, "{points} points");
    for point in 1..=points {
        restore_with_crashes(BTreeSet::from([point]));
    }
}
