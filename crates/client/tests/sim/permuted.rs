//! A relay that reorders, repeats and drops what is no message (threat T7): it ends the same, or the person is told.

use crate::{
    client::{Client, Fuse},
    forge,
    relay::Relay,
    store::{Faulty, dump, rows},
    world::{World, handle},
};
use aside_client::{Capture, Conversation, Event, Lifetime, Screen, store::Table};
use aside_content::{Body, CaptureDetector, CaptureKind, MessageId, Shorten};
use aside_wire::{ExpiryTerms, Reject, pb};
use std::collections::{BTreeMap, BTreeSet};

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

const HOUR: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 3_600 };
const DAY: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 86_400 };
const WEEK: ExpiryTerms = ExpiryTerms::AfterRead { duration_s: 60, unread_cap_s: 604_800 };
const MINUTE: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 60 };

/// What decides how long something lives, as somebody has it.
#[derive(PartialEq, Debug)]
struct Fates {
    in_force: ExpiryTerms,
    lives: BTreeMap<MessageId, (Lifetime, bool)>,
}

fn in_force(client: &mut Client, chat: Conversation) -> ExpiryTerms {
    client.step(|engine, step| engine.expiry(step.tx, chat)).unwrap()
}

fn fates(client: &mut Client, chat: Conversation) -> Fates {
    let in_force = in_force(client, chat);
    let messages = client.messages(chat).into_iter();
    let lives = messages
        .map(|message| (message.message_id, (message.lifetime, matches!(message.body, Body::Unsend(_)))));
    Fates { in_force, lives: lives.collect() }
}

/// Alice and Bob set policies at the same time; Alice sets another, writes, lets one message of hers live shorter and takes
/// another one back. Nothing of it has arrived. What waits for Bob is returned.
fn at_odds(seed: u64) -> (World, Conversation, Vec<pb::Delivery>) {
    let mut world = World::chatting(seed);
    let chat = world.alice.chat_with(&world.bob.account());
    let set = |client: &mut Client, terms| {
        client.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
    };
    set(&mut world.bob, WEEK);
    let alice = &mut world.alice;
    set(alice, HOUR);
    let one = alice.say(&handle("bob"), "one").unwrap();
    set(alice, DAY);
    alice.step(|engine, step| engine.shorten(step, chat, one, MINUTE)).unwrap();
    let two = alice.say(&handle("bob"), "two").unwrap();
    alice.step(|engine, step| engine.unsend(step, chat, two)).unwrap();
    alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    let waiting = world.relay.waiting(&world.bob.address());
    assert_eq!(waiting.len(), 6);
    (world, chat, waiting)
}

// EXP-3, EXP-11, EXP-17
#[test]
fn t7_in_whatever_order_things_come_the_same_policy_counts_and_messages_end_at_the_same_time() {
    let (mut world, chat, mail) = at_odds(621);
    let before = world.bob.store.clone();
    let mail: Vec<&pb::Delivery> = mail.iter().collect();
    let expected = fates(&mut given(&before, &mut world.relay, &mail), chat);
    assert_eq!(expected.in_force, DAY);
    let goes = |lifetime: &Lifetime| matches!(lifetime, Lifetime::Goes { deadline: Some(_), .. });
    assert_eq!(expected.lives.values().filter(|(lifetime, _)| goes(lifetime)).count(), 1, "{expected:?}");
    assert_eq!(expected.lives.values().filter(|(_, taken_back)| *taken_back).count(), 1);
    for order in orders(&mail) {
        let mut bob = given(&before, &mut world.relay, &order);
        assert_eq!(fates(&mut bob, chat), expected);
        assert!(bob.refusals().is_empty());
        assert!(rows(&bob.store.inner, Table::Early).is_empty());
    }
    // Alice comes to the same, though Bob's policy reaches her last.
    world.bob.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    world.alice.sync(&mut world.relay);
    assert_eq!(in_force(&mut world.alice, chat), DAY);
}

#[test]
fn t7_a_policy_or_shortening_that_comes_again_is_a_replay_and_one_that_is_dropped_leaves_a_gap() {
    let (mut world, chat, mail) = at_odds(622);
    let before = world.bob.store.clone();
    let all: Vec<&pb::Delivery> = mail.iter().collect();
    let mut bob = given(&before, &mut world.relay, &all);
    assert_replays_change_nothing(&mut bob, &mut world.relay, &mail);
    assert_gaps_are_told(&before, &mut world.relay, &mail);
    // Without the second policy, that of the greater account counts of the two first ones; without another, the second.
    let greater = if world.bob.account() > world.alice.account() { WEEK } else { HOUR };
    for missing in 0..mail.len() {
        let rest: Vec<_> =
            all.iter().enumerate().filter(|(n, _)| *n != missing).map(|(_, one)| *one).collect();
        let mut bob = given(&before, &mut world.relay, &rest);
        assert_eq!(in_force(&mut bob, chat), if missing == 2 { greater } else { DAY }, "{missing}");
    }
}

// EXP-17
#[test]
fn t7_what_is_said_of_messages_that_never_come_takes_little_room() {
    let mut world = World::chatting(623);
    let chat = world.alice.chat_with(&world.bob.account());
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    let (to, from) = (world.bob.address(), world.alice.address());
    for number in 0..300_u16 {
        let mut message_id = [0; 16];
        message_id[..2].copy_from_slice(&number.to_be_bytes());
        // The same one again takes no more room.
        for terms in [MINUTE, HOUR, WEEK] {
            let shorten = Shorten { message_id: MessageId::new(message_id), terms };
            let frame = forge::frame(&mut world.alice, Body::of(shorten).unwrap());
            let envelope = forge::encrypt(&mut world.alice, &to, id, frame, |_| ());
            world.relay.deliver(&to, &from, &envelope);
        }
        world.bob.sync(&mut world.relay);
    }
    let early = rows(&world.bob.store.inner, Table::Early);
    assert_eq!(early.len(), 256);
    assert!(early.iter().all(|(key, record)| key.len() + record.len() < 150));
    assert!(world.bob.refusals().is_empty());
}

// EXP-17
#[test]
fn t7_a_message_that_was_to_stay_goes_when_its_shortening_came_first() {
    let mut world = World::chatting(624);
    let chat = world.alice.chat_with(&world.bob.account());
    let alice = &mut world.alice;
    let one = alice.say(&handle("bob"), "one").unwrap();
    alice.step(|engine, step| engine.shorten(step, chat, one, WEEK)).unwrap();
    alice.step(|engine, step| engine.shorten(step, chat, one, HOUR)).unwrap();
    alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    let before = world.bob.store.clone();
    let mail = world.relay.waiting(&world.bob.address());
    let mail: Vec<&pb::Delivery> = mail.iter().collect();
    let mut expected = given(&before, &mut world.relay, &mail);
    // It begins where it was first seen, whatever the relay says of later (EXP-12).
    let deadline = mail[0].accepted_at.min(world.bob.now) + 3_600_000;
    let last = expected.messages(chat).pop().unwrap();
    assert!(matches!(last.lifetime, Lifetime::Goes { deadline: Some(at), .. } if at == deadline));
    let expected = fates(&mut expected, chat);
    for order in orders(&mail) {
        assert_eq!(fates(&mut given(&before, &mut world.relay, &order), chat), expected);
    }
}
