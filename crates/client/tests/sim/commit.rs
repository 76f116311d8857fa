//! R11, H13: a step happens whole or not at all, and nothing leaves before it has happened.

use crate::{
    client::{Client, Fuse, Halt},
    observer::assert_no_key_was_used_twice,
    store::dump,
    world::{World, handle},
};
use aside_client::{Error, Event};
use aside_wire::pb::{LoggedIn, RefusalCode};
use std::collections::BTreeSet;

type Act = fn(&mut World) -> Result<(), Halt>;
/// What it is, where it happens, how many writes it takes at least, and how to do it.
type Case = (&'static str, fn() -> World, usize, Act);

/// Lets `act`, one step of Alice's, fail at each of its writes.
fn fails_whole_at_every_write(name: &str, world: fn() -> World, least_writes: usize, act: Act) {
    for writes in 0.. {
        let mut world = world();
        let before = dump(&world.alice.store.inner);
        world.alice.store.writes = Some(writes);
        let result = act(&mut world);
        if result.is_ok() {
            assert!(writes >= least_writes, "{name}: done after {writes} writes");
            return;
        }
        assert!(matches!(result, Err(Halt::Client(Error::Store(_)))), "{name}: {result:?}");
        assert_eq!(dump(&world.alice.store.inner), before, "{name}: half done after {writes} writes");
        act(&mut world).unwrap();
    }
}

fn queued() -> World {
    let mut world = World::chatting(20);
    world.alice.say(&handle("bob"), "queued").unwrap();
    world
}

fn sealed() -> World {
    let mut world = queued();
    seal(&mut world).unwrap();
    world
}

fn seal(world: &mut World) -> Result<(), Halt> {
    world.alice.step(|engine, step| engine.outgoing(step, &Default::default(), 9)).map(|_| ())
}

fn mail_for_alice(world: &mut World) -> Result<(), Halt> {
    let delivery = world.relay.waiting(&world.alice.address()).pop().unwrap();
    world.alice.step(|engine, step| engine.on_delivery(step, &delivery, false)).map(|_| ())
}

fn asked() -> World {
    let mut world = World::new(21);
    world.bob.open_chat(&handle("alice")).unwrap();
    world.bob.sync(&mut world.relay);
    world
}

/// Alice's prekeys are used up, and the time has come to fill them up.
fn due() -> World {
    let mut world = World::new(22);
    fill_up(&mut world).unwrap();
    world.alice.now += 60 * 60 * 1000;
    // It looks at the time in a step of its own.
    world.alice.waiting();
    world
}

fn fill_up(world: &mut World) -> Result<(), Halt> {
    let few = LoggedIn { one_time_prekeys: 49, ..Default::default() };
    world.alice.step(|engine, step| engine.upkeep(step, &few)).map(|_| ())
}

#[test]
fn h13_a_failure_between_any_two_writes_leaves_the_old_state() {
    let fresh = || World::new(22);
    let requested = || {
        let mut world = asked();
        world.settle();
        world
    };
    let answered = || {
        let mut world = World::new(23);
        world.alice.open_chat(&handle("bob")).unwrap();
        world.alice.sync(&mut world.relay);
        world.bob.sync(&mut world.relay);
        world.bob.accept_chat(&handle("alice")).unwrap();
        world.bob.sync(&mut world.relay);
        world
    };
    let written = || {
        let mut world = World::chatting(24);
        world.bob.say(&handle("alice"), "hello").unwrap();
        world.bob.sync(&mut world.relay);
        world
    };
    let crossed = || {
        let mut world = asked();
        world.alice.open_chat(&handle("bob")).unwrap();
        world
    };
    let all: &[Case] = &[
        ("write in a thread", fresh, 6, |world| world.alice.say_openly(&handle("bob"), "open").map(|_| ())),
        ("open a chat", fresh, 5, |world| world.alice.open_chat(&handle("bob"))),
        ("accept a chat", requested, 4, |world| world.alice.accept_chat(&handle("bob"))),
        (
            "write in a chat",
            || World::chatting(25),
            5,
            |world| world.alice.say(&handle("bob"), "closed").map(|_| ()),
        ),
        ("seal", queued, 2, seal),
        ("start a session", fresh, 1, |world| {
            let bob = world.bob.address();
            let prekeys = world.relay.prekeys(&bob).unwrap();
            world.alice.step(|engine, step| engine.on_prekeys(step, &bob, &prekeys)).map(|_| ())
        }),
        ("learn of devices", fresh, 2, |world| {
            let devices = world.relay.resolve("bob").unwrap();
            world.alice.step(|engine, step| engine.on_devices(step, None, &devices)).map(|_| ())
        }),
        ("hear that it was accepted", sealed, 2, |world| {
            let place = outbox_place(world);
            world.alice.step(|engine, step| engine.on_accepted(step, place, 1)).map(|_| ())
        }),
        ("hear that it was refused", sealed, 2, |world| {
            let place = outbox_place(world);
            let code = RefusalCode::Limit;
            world.alice.step(|engine, step| engine.on_refused(step, place, code)).map(|_| ())
        }),
        ("be asked for a chat", asked, 7, mail_for_alice),
        ("be answered", answered, 5, mail_for_alice),
        ("be written to", written, 8, mail_for_alice),
        ("be asked while asking", crossed, 11, mail_for_alice),
        // 101 prekeys, a session, two messages that are sealed, and the generation (HEA-30).
        ("begin anew", sealed, 104, |world| world.alice.step(|engine, step| engine.restore(step))),
        // 50 prekeys and a signed one, and when the next ones are due (RLY-77).
        ("draw prekeys", due, 52, fill_up),
    ];
    for (name, world, least_writes, act) in all {
        fails_whole_at_every_write(name, *world, *least_writes, *act);
    }
}

fn outbox_place(world: &mut World) -> u64 {
    let (key, _) =
        crate::store::rows(&world.alice.store.inner, aside_client::store::Table::Outbox).pop().unwrap();
    u64::from_be_bytes(key.try_into().unwrap())
}

#[test]
fn r11_nothing_leaves_before_the_commit_and_no_key_serves_twice() {
    let mut world = queued();
    world.bob.keep_past();
    let before = world.relay.sends.len();
    for _ in 0..3 {
        world.alice.store.commit_fails = true;
        assert!(matches!(failing_flush(&mut world), Err(Halt::Client(Error::Store(_)))));
        assert_eq!(world.relay.sends.len(), before);
    }
    // The second attempt was committed and sent, but the answer was lost: the same bytes go out again.
    let mut fuse = Fuse { burns_at: BTreeSet::from([3]), ..Default::default() };
    assert!(matches!(world.alice.flush(&mut world.relay, &mut fuse), Err(Halt::Crashed)));
    world.alice.reboot();
    failing_flush(&mut world).unwrap();
    let sends = &world.relay.sends[before..];
    assert_eq!(sends.len(), 2);
    assert!(sends[0] == sends[1]);
    world.settle();
    let chat = world.bob.chat_with(&world.alice.account());
    assert_eq!(world.bob.received(chat), ["first", "queued"]);
    world.relay.sends.drain(..before);
    assert_no_key_was_used_twice(&world.relay, &[&world.alice, &world.bob]);
}

fn failing_flush(world: &mut World) -> Result<bool, Halt> {
    world.alice.flush(&mut world.relay, &mut Fuse::default())
}

// RLY-23
#[test]
fn r11_what_arrived_is_shown_and_acknowledged_only_after_the_commit() {
    let mut world = queued();
    world.alice.sync(&mut world.relay);
    let World { relay, bob, .. } = &mut world;
    bob.store.commit_fails = true;
    assert!(matches!(bob.receive(relay, &mut Fuse::default()), Err(Halt::Client(Error::Store(_)))));
    assert_eq!(shown(bob), 0);
    assert_eq!(relay.waiting(&bob.address()).len(), 1);
    bob.receive(relay, &mut Fuse::default()).unwrap();
    assert_eq!(shown(bob), 1);
    assert_eq!(relay.waiting(&bob.address()).len(), 0);
}

fn shown(client: &Client) -> usize {
    client.events.iter().filter(|event| matches!(event, Event::Message(_))).count()
}

#[test]
fn rly_24_what_was_not_answered_is_repeated_under_its_client_id() {
    let mut repeated = 0;
    for point in 1.. {
        let mut world = queued();
        let mut fuse = Fuse { burns_at: BTreeSet::from([point]), ..Default::default() };
        let before = world.relay.sends.len();
        if world.alice.sync_until(&mut world.relay, &mut fuse).is_ok() {
            break;
        }
        world.alice.reboot();
        world.alice.sync(&mut world.relay);
        assert_eq!(world.relay.waiting(&world.bob.address()).len(), 1, "after a crash at point {point}");
        if let [(_, first), (_, second)] = &world.relay.sends[before..] {
            assert!(first == second, "the same request, byte for byte");
            repeated += 1;
        }
    }
    assert!(repeated > 0);
}
