//! F61: what is to be said later is made when it is due, once, and nowhere else than meant.

use crate::{
    client::{Client, Fuse, Halt},
    crowd::{ALICE, BOB, Crowd},
    store::rows,
    world::{World, handle},
};
use aside_client::{Conversation, Error, Event, Manner, Misuse, store::Table};
use aside_content::Body;
use aside_testkit::person::NOW;
use std::collections::BTreeSet;

const HOUR: u64 = 60 * 60 * 1000;

fn schedule(client: &mut Client, room: Conversation, text: &str, at: u64) -> Result<u64, Halt> {
    let body = Body::text(text).unwrap();
    client.step(|engine, step| engine.schedule(step, room, (body, Manner::default()), at))
}

fn chat(world: &mut World) -> Conversation {
    world.alice.chat_with(&world.bob.account())
}

fn failures(client: &mut Client) -> Vec<String> {
    let reason = |event| match event {
        Event::ScheduledFailed { reason, .. } => Some(reason),
        _ => None,
    };
    client.news().into_iter().filter_map(reason).collect()
}

// CON-39
#[test]
fn con_39_nothing_of_it_is_made_before_it_is_due_and_then_in_order() {
    let mut world = World::chatting(241);
    let bob = handle("bob");
    let thread = world.alice.step(|engine, step| engine.thread_with(step, &bob)).unwrap();
    for room in [chat(&mut world), thread] {
        world.alice.now = NOW;
        schedule(&mut world.alice, room, "last", NOW + 2 * HOUR).unwrap();
        let gone = schedule(&mut world.alice, room, "cancelled", NOW + HOUR).unwrap();
        schedule(&mut world.alice, room, "in an hour", NOW + HOUR).unwrap();
        let body = Body::text("now").unwrap();
        world.alice.step(|engine, step| engine.say_in(step, room, body)).unwrap();
        world.settle();
        // Receipts are late, too.
        world.alice.now = NOW + HOUR - 2;
        world.settle();
        let sends = world.relay.sends.len();
        let frames = rows(&world.alice.store.inner, Table::LastFrame);
        for now in [NOW + HOUR - 1, NOW - 9 * HOUR] {
            world.alice.now = now;
            world.settle();
        }
        assert_eq!(world.relay.sends.len(), sends);
        assert_eq!(rows(&world.alice.store.inner, Table::LastFrame), frames);
        world.alice.step(|engine, step| engine.cancel_scheduled(step, gone)).unwrap();
        world.alice.now = NOW + 3 * HOUR;
        world.settle();
        let received = world.bob.received(room);
        assert_eq!(received[received.len() - 3..], ["now", "in an hour", "last"]);
        let messages = world.alice.messages(room);
        assert!(messages[messages.len() - 2..].iter().all(|message| message.sent_at == NOW + 3 * HOUR));
        assert_eq!(world.alice.step(|engine, step| engine.scheduled(step.tx)).unwrap(), []);
        let over = world.alice.step(|engine, step| engine.cancel_scheduled(step, gone));
        assert!(matches!(over, Err(Halt::Client(Error::Misuse(Misuse::NotScheduled)))));
        let past = schedule(&mut world.alice, room, "past", NOW);
        assert!(matches!(past, Err(Halt::Client(Error::Misuse(Misuse::Past)))));
    }
}

/// Three things are due while Alice's process ends at chosen points.
fn exchange(burns_at: BTreeSet<u32>) -> u32 {
    let mut world = World::chatting(242);
    let room = chat(&mut world);
    for number in 0..3 {
        schedule(&mut world.alice, room, &format!("due {number}"), NOW + HOUR + number).unwrap();
    }
    world.alice.now = NOW + HOUR + 10;
    let mut fuse = Fuse { burns_at, ..Default::default() };
    loop {
        match world.alice.sync_until(&mut world.relay, &mut fuse) {
            Ok(()) => break,
            Err(Halt::Crashed) => world.alice.reboot(),
            Err(halt) => panic!("{halt:?}"),
        }
    }
    world.bob.sync(&mut world.relay);
    let received = world.bob.received(room);
    assert_eq!(received[received.len() - 3..], ["due 0", "due 1", "due 2"]);
    assert_eq!(received.iter().filter(|text| text.starts_with("due")).count(), 3);
    fuse.passed
}

// CON-39
#[test]
fn con_39_a_crash_at_any_point_sends_it_once() {
    let points = exchange(BTreeSet::new());
    for point in 1..=points {
        exchange(BTreeSet::from([point]));
    }
}

// CON-39; threat C1
#[test]
fn c1_what_cannot_be_said_when_it_is_due_is_said_nowhere_and_the_person_is_told() {
    let mut world = World::chatting(243);
    let room = chat(&mut world);
    let number = schedule(&mut world.alice, room, "for the chat alone", NOW + HOUR).unwrap();
    let bob = handle("bob");
    world.alice.step(|engine, step| engine.set_blocked(step, &bob, true)).unwrap();
    let sends = world.relay.sends.len();
    world.alice.now = NOW + HOUR;
    world.settle();
    assert!(matches!(failures(&mut world.alice).as_slice(), [reason] if reason.contains("blocked")));
    // Nor later, when it could be.
    world.alice.step(|engine, step| engine.set_blocked(step, &bob, false)).unwrap();
    world.alice.now = NOW + 9 * HOUR;
    world.settle();
    assert_eq!(world.relay.sends.len(), sends);
    let left = world.alice.step(|engine, step| engine.scheduled(step.tx)).unwrap();
    assert!(left.len() == 1 && left[0].number == number && left[0].failed.is_some());
    world.alice.step(|engine, step| engine.cancel_scheduled(step, number)).unwrap();
}

// CON-39, CNV-9
#[test]
fn con_39_what_was_meant_for_one_account_does_not_go_to_the_next_owner_of_the_handle() {
    for in_chat in [true, false] {
        let mut world = World::chatting(244);
        let bob = handle("bob");
        let room = match in_chat {
            true => chat(&mut world),
            false => world.alice.step(|engine, step| engine.thread_with(step, &bob)).unwrap(),
        };
        schedule(&mut world.alice, room, "for the Bob of before", NOW + HOUR).unwrap();
        let mallory: Client = Client::create(Default::default(), "bob", 245);
        world.relay.register("bob", mallory.account(), mallory.engine.list().as_bytes());
        world.relay.rebind("bob", mallory.account());
        world.alice.resolve(&world.relay, &bob);
        world.alice.step(|engine, step| engine.accept_new_account(step, &bob)).unwrap();
        world.alice.resolve(&world.relay, &bob);
        let sends = world.relay.sends.len();
        world.alice.now = NOW + HOUR;
        world.alice.sync(&mut world.relay);
        assert_eq!(failures(&mut world.alice).len(), 1);
        assert_eq!(world.relay.sends.len(), sends);
    }
}

// CON-39
#[test]
fn con_39_whoever_has_left_the_group_says_nothing_there() {
    let (mut crowd, group) = Crowd::group(246, 3);
    let room = Conversation::Group(group);
    for who in [ALICE, BOB] {
        schedule(&mut crowd.people[who], room, &format!("of {who}"), NOW + HOUR).unwrap();
    }
    crowd.remove(ALICE, &group, BOB).unwrap();
    crowd.settle();
    crowd.hush();
    for person in &mut crowd.people {
        person.now = NOW + HOUR;
    }
    crowd.settle();
    assert_eq!(failures(&mut crowd.people[BOB]).len(), 1);
    assert_eq!(crowd.people[2].received(room), ["of 0"]);
}
