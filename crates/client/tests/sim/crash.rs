//! T8, R11: a process that ends anywhere loses nothing, shows nothing twice and uses no key twice.

use crate::{
    client::{Client, Fuse, Halt},
    observer::assert_no_key_was_used_twice,
    relay::Relay,
    world::{World, handle},
};
use aside_identity::AccountKey;
use aside_testkit::TestRng;
use std::collections::BTreeSet;

/// Alice opens, Bob accepts, and they exchange ten texts. Every process end is followed by a restart.
fn exchange(burns_at: BTreeSet<u32>) -> u32 {
    let mut world = World::new(5);
    let mut fuse = Fuse { burns_at, ..Default::default() };
    let World { relay, alice, bob, .. } = &mut world;
    let (to_alice, to_bob) = (handle("alice"), handle("bob"));
    alice.open_chat(&to_bob).unwrap();
    run(alice, relay, &mut fuse);
    run(bob, relay, &mut fuse);
    bob.accept_chat(&to_alice).unwrap();
    for number in 0..5 {
        bob.say(&to_alice, &format!("bob {number}")).unwrap();
        if number % 2 == 0 {
            run(bob, relay, &mut fuse);
        }
        alice.say(&to_bob, &format!("alice {number}")).unwrap();
        run(alice, relay, &mut fuse);
    }
    for _ in 0..2 {
        run(bob, relay, &mut fuse);
        run(alice, relay, &mut fuse);
    }
    let texts = |name: &str| (0..5).map(|number| format!("{name} {number}")).collect::<Vec<_>>();
    assert_received(alice, &bob.account(), &texts("bob"));
    assert_received(bob, &alice.account(), &texts("alice"));
    assert_no_key_was_used_twice(relay, &[alice, bob]);
    fuse.passed
}

/// Runs the connection to its end, starting again after each crash.
fn run(client: &mut Client, relay: &mut Relay, fuse: &mut Fuse) {
    loop {
        client.keep_past();
        match client.sync_until(relay, fuse) {
            Ok(()) => return,
            Err(Halt::Crashed) => client.reboot(),
            Err(halt) => panic!("{halt:?}"),
        }
    }
}

fn assert_received(client: &mut Client, peer: &AccountKey, texts: &[String]) {
    let chat = client.chat_with(peer);
    assert_eq!(client.received(chat), texts);
    assert_eq!(client.sent(chat).len(), 5);
    assert_eq!(client.waiting(), 0);
}

#[test]
fn t8_a_crash_at_any_point_loses_nothing_repeats_nothing_and_reuses_no_key() {
    let points = exchange(BTreeSet::new());
    assert!(points > 100, "{points} points");
    for point in 1..=points {
        exchange(BTreeSet::from([point]));
    }
}

#[test]
fn t8_nor_do_several_crashes_in_a_row() {
    let points = u64::from(exchange(BTreeSet::new()));
    let mut rng = TestRng::new(6);
    for _ in 0..48 {
        let number = 2 + rng.below(5);
        exchange((0..number).map(|_| 1 + u32::try_from(rng.below(points)).unwrap()).collect());
    }
}
