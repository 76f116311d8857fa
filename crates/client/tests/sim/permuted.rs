//! A relay that reorders, repeats and drops what is no message (threat T7): it ends the same, or the person is told.

use crate::{
    client::{Client, Fuse},
    relay::Relay,
    store::{Faulty, dump},
    world::{World, handle},
};
use aside_client::{Capture, Conversation, Event, Screen};
use aside_content::{Body, CaptureDetector, CaptureKind};
use aside_wire::{Reject, pb};
use std::collections::BTreeSet;

/// Longer than a burst.
const LATER: u64 = 6_000;

/// Somebody as they were, who gets these deliveries in this order.
fn given(before: &Faulty, relay: &mut Relay, mail: &[&pb::Delivery]) -> Client {
    let mut client = Client::load(before.clone(), 77);
    let address = client.address();
    relay.mail(&address).clear();
    for delivery in mail {
        relay.redeliver(&address, delivery);
    }
    client.receive(relay, &mut Fuse::default()).unwrap();
    client
}

/// Every order of some things.
fn orders<T: Copy>(of: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = of.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(rest) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, *first);
            all.push(order);
        }
    }
    all
}

/// Each delivery a second and a third time: replays, of which nothing is kept.
fn assert_replays_change_nothing(bob: &mut Client, relay: &mut Relay, mail: &[pb::Delivery]) {
    bob.news();
    let address = bob.address();
    for delivery in mail.iter().chain(mail.iter().rev()) {
        let held = dump(&bob.store.inner);
        relay.redeliver(&address, delivery);
        bob.receive(relay, &mut Fuse::default()).unwrap();
        assert_eq!(bob.refusals(), [Reject::Replay]);
        assert!(dump(&bob.store.inner) == held);
    }
}

/// One delivery after the other is dropped: a gap is told with what comes next of the sender.
fn assert_gaps_are_told(before: &Faulty, relay: &mut Relay, mail: &[pb::Delivery]) {
    for missing in 0..mail.len() {
        let rest: Vec<_> =
            mail.iter().enumerate().filter(|(n, _)| *n != missing).map(|(_, one)| one).collect();
        let mut bob = given(before, relay, &rest);
        let gaps = bob.news().into_iter().filter(|event| matches!(event, Event::Gap { .. })).count();
        assert_eq!(gaps, usize::from(missing + 1 < mail.len()), "{missing}");
    }
}

/// Alice says and captures things, and nothing of it has arrived. What waits for Bob is returned.
fn captured(seed: u64) -> (World, Conversation, Vec<pb::Delivery>) {
    let mut world = World::chatting(seed);
    let chat = world.alice.chat_with(&world.bob.account());
    world.bob.say(&handle("alice"), "mine").unwrap();
    world.settle();
    world.alice.now += LATER;
    world.settle();
    world.bob.news();
    let (bob, alice) = (world.bob.account(), &mut world.alice);
    let theirs: Vec<_> = alice.messages(chat).into_iter().filter(|message| message.sender == bob).collect();
    assert_eq!(theirs.len(), 2);
    for (kind, of) in [
        (CaptureKind::Screenshot, &theirs[..1]),
        (CaptureKind::RecordingStart, &theirs[1..]),
        (CaptureKind::Screenshot, &theirs[..]),
        (CaptureKind::RecordingStart, &theirs[..]),
    ] {
        let capture =
            Capture { kind, detector: CaptureDetector::Platform, observed_at: alice.now, detection: None };
        let screen = Screen::of(of).unwrap();
        alice.step(|engine, step| engine.report_capture(step, &screen, &capture)).unwrap().unwrap();
        alice.now += LATER;
    }
    alice.say(&handle("bob"), "that is all").unwrap();
    alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    let waiting = world.relay.waiting(&world.bob.address());
    assert_eq!(waiting.len(), 5);
    (world, chat, waiting)
}

/// What somebody was told of captures: how, and of which of their messages.
fn told(client: &mut Client) -> BTreeSet<(CaptureKind, u64)> {
    let events = client.news().into_iter();
    let captured = events.filter_map(|event| match event {
        Event::Captured { kind, indexes, .. } => Some(indexes.into_iter().map(move |index| (kind, index))),
        _ => None,
    });
    captured.flatten().collect()
}

fn notices(client: &mut Client, chat: Conversation) -> usize {
    client.messages(chat).iter().filter(|message| matches!(message.body, Body::Capture(_))).count()
}

#[test]
fn t7_in_whatever_order_notices_come_they_tell_of_the_same() {
    let (mut world, chat, mail) = captured(631);
    let before = world.bob.store.clone();
    let mail: Vec<&pb::Delivery> = mail.iter().collect();
    let expected = told(&mut given(&before, &mut world.relay, &mail));
    assert_eq!(expected.len(), 4, "both messages, in both ways");
    for order in orders(&mail) {
        let mut bob = given(&before, &mut world.relay, &order);
        assert!((2..=4).contains(&notices(&mut bob, chat)));
        assert!(!bob.events.iter().any(|event| matches!(event, Event::Refused { .. })));
        assert_eq!(told(&mut bob), expected);
    }
}

#[test]
fn t7_a_notice_that_comes_again_is_a_replay_and_one_that_is_dropped_leaves_a_gap() {
    let (mut world, _, mail) = captured(632);
    let before = world.bob.store.clone();
    let all: Vec<&pb::Delivery> = mail.iter().collect();
    let mut bob = given(&before, &mut world.relay, &all);
    assert_replays_change_nothing(&mut bob, &mut world.relay, &mail);
    assert_gaps_are_told(&before, &mut world.relay, &mail);
}
