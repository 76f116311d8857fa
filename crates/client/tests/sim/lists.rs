//! D2: a device list only moves forward, and whoever is behind fetches before they believe.

use crate::{
    client::Client,
    forge,
    observer::sessions,
    store::dump,
    world::{World, handle},
};
use aside_client::{Event, engine::Incoming, engine::Need};
use aside_content::{Body, ChatId};
use aside_identity::{Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, ListReference};
use aside_primitives::Digest;
use aside_wire::{
    Reject,
    limits::LISTS_PER_REPLY,
    pb::{self, Delivery},
};
use std::sync::Arc;

/// The list after `list`, issued at `time`.
fn after(list: &DeviceList, of: &Client, time: u64) -> DeviceList {
    list.issue_next(of.engine.account_key(), time, list.certificates()).unwrap()
}

fn offer(world: &mut World, lists: &[&DeviceList]) -> Vec<Event> {
    let devices = pb::Devices {
        handle: "bob".into(),
        account_key: world.bob.account().as_bytes().to_vec(),
        lists: lists.iter().map(|list| list.as_bytes().to_vec()).collect(),
        declarations: Vec::new(),
    };
    world.alice.step(|engine, step| engine.on_devices(step, None, &devices)).unwrap().events
}

#[test]
fn d2_a_list_that_goes_back_forks_leaps_or_is_somebody_elses_changes_nothing() {
    let mut world = World::chatting(70);
    let first = world.bob.engine.list().clone();
    let second = after(&first, &world.bob, 1);
    let third = after(&second, &world.bob, 2);
    let fork = after(&first, &world.bob, 3);
    let after_fork = after(&fork, &world.bob, 4);
    let carols = world.carol.engine.list().clone();
    assert_eq!(offer(&mut world, &[&second]), []);
    let peer = world.bob.account();
    let before = dump(&world.alice.store.inner);
    for (lists, reason) in [
        ([&first].as_slice(), Reject::Stale),
        (&[&fork], Reject::Fork),
        (&[&after_fork], Reject::Fork),
        (&[&third, &fork], Reject::Stale),
        (&[&third, &second], Reject::Stale),
        (&[&carols], Reject::Signature),
    ] {
        assert_eq!(offer(&mut world, lists), [Event::ListRefused { peer, reason }]);
        assert_eq!(dump(&world.alice.store.inner), before);
    }
    let leap = after(&third, &world.bob, 5);
    assert_eq!(offer(&mut world, &[&leap]), [Event::ListRefused { peer, reason: Reject::Fork }]);
    assert_eq!(offer(&mut world, &[&third, &leap]), []);
    assert_eq!(world.alice.list_version_of(&peer), 4);
}

#[test]
fn d2_the_first_list_of_an_unknown_account_is_list_one() {
    let mut world = World::new(71);
    let mut stranger = Client::create(Default::default(), "someone", 72);
    std::mem::swap(&mut world.alice, &mut stranger);
    let second = after(world.bob.engine.list(), &world.bob, 1);
    assert_eq!(offer(&mut world, &[&second]).len(), 1);
    assert_eq!(offer(&mut world, &[]).len(), 1);
    assert_eq!(world.alice.list_version_of(&world.bob.account()), 0);
}

#[test]
fn d2_an_answer_about_another_handle_than_the_one_asked_for_is_refused() {
    let world = World::new(73);
    let devices = world.relay.resolve("bob").unwrap();
    let asked = handle("carol");
    let mut stranger: Client = Client::create(Default::default(), "someone", 74);
    let learned = stranger.step(|engine, step| engine.on_devices(step, Some(&asked), &devices)).unwrap();
    assert_eq!(learned.events.len(), 1);
    assert_eq!(stranger.list_version_of(&world.bob.account()), 0);
}

/// A text of Bob's that says what `edit` makes of his lists, as Alice gets it.
fn says(world: &mut World, edit: impl FnOnce(&mut aside_content::Context)) -> Vec<u8> {
    let chat = match world.bob.chat_with(&world.alice.account()) {
        aside_client::Conversation::Chat(chat) => chat,
        _ => ChatId::new([0; 32]),
    };
    let frame = forge::frame(&mut world.bob, Body::text("hello").unwrap());
    forge::encrypt(&mut world.bob, &world.alice.address(), chat, frame, edit)
}

fn deliver(world: &mut World, envelope: &[u8]) -> Delivery {
    world.relay.deliver(&world.alice.address(), &world.bob.address(), envelope);
    world.relay.waiting(&world.alice.address()).pop().unwrap()
}

// IDN-16
#[test]
fn d2_a_sender_with_a_newer_list_waits_for_it_and_a_relay_that_hides_it_gains_nothing() {
    let mut world = World::chatting(75);
    let bob = world.bob.account();
    let second = forge::next_list(&mut world.bob);
    let envelope = says(&mut world, |_| {});
    let delivery = deliver(&mut world, &envelope);
    let before = dump(&world.alice.store.inner);
    let judged = world.alice.step(|engine, step| engine.on_delivery(step, &delivery, true)).unwrap();
    assert_eq!(judged, Incoming::Needs(Need::Devices { account: bob, known: 1 }));
    assert_eq!(dump(&world.alice.store.inner), before);

    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.refusals(), [Reject::Stale]);
    let chat = world.alice.chat_with(&bob);
    assert_eq!(world.alice.received(chat), ["second"]);

    world.relay.lists(&bob).push(second.as_bytes().to_vec());
    let envelope = says(&mut world, |_| {});
    deliver(&mut world, &envelope);
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.refusals(), []);
    assert_eq!(world.alice.received(chat), ["second", "hello"]);
    assert_eq!(world.alice.list_version_of(&bob), 2);
}

// IDN-16
#[test]
fn d2_a_sender_who_names_other_lists_than_the_known_ones_is_refused() {
    type Edit = fn(&mut aside_content::Context);
    let edits: [(Edit, Reject); 4] = [
        (|context| context.sender_list.hash = Digest([7; 32]), Reject::Fork),
        (|context| context.recipient_list.hash = Digest([7; 32]), Reject::Fork),
        (
            |context| context.recipient_list = ListReference { version: u64::MAX, hash: Digest([7; 32]) },
            Reject::Fork,
        ),
        (|context| context.sender_list.version = u64::MAX, Reject::Stale),
    ];
    for (edit, reason) in edits {
        let mut world = World::chatting(76);
        let envelope = says(&mut world, edit);
        deliver(&mut world, &envelope);
        world.alice.sync(&mut world.relay);
        assert_eq!(world.alice.refusals(), [reason]);
        let chat = world.alice.chat_with(&world.bob.account());
        assert_eq!(world.alice.received(chat), ["second"]);
    }
}

// CNV-19
#[test]
fn d2_a_removed_device_loses_its_sessions() {
    let mut world = World::chatting(77);
    let (bob, device) = (world.bob.account(), world.bob.address());
    let account = world.bob.engine.account_key();
    let keys = DeviceKeys::generate(&mut world.alice.rng).unwrap();
    let second = DeviceId::parse(2).unwrap();
    let certificate = Certificate::issue(account, second, &keys, 1, Capabilities::NONE);
    let next = world.bob.engine.list().issue_next(account, 1, &[certificate]).unwrap();
    assert_eq!(sessions(&world.alice.store.inner, &device).len(), 1);
    let changed = Event::DevicesChanged { peer: bob, added: 1, removed: 1 };
    assert_eq!(offer(&mut world, &[&next]), [changed]);
    assert_eq!(sessions(&world.alice.store.inner, &device).len(), 0);

    world.relay.lists(&bob).push(next.as_bytes().to_vec());
    let sent = world.relay.sends.len();
    world.alice.say(&handle("bob"), "for the new device").unwrap();
    world.alice.sync(&mut world.relay);
    assert_eq!(world.relay.sends.len(), sent);
    // What the old device says is not believed either.
    let envelope = says(&mut world, |_| {});
    deliver(&mut world, &envelope);
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.refusals(), [Reject::Stale]);
}

#[test]
fn d2_a_relay_that_repeats_a_list_is_not_asked_for_ever() {
    let mut world = World::new(78);
    let list = world.bob.engine.list().as_bytes().to_vec();
    world.relay.lie_about_devices =
        Some(Arc::new(move |devices| devices.lists = vec![list.clone(); LISTS_PER_REPLY]));
    let devices = world.relay.resolve("bob").unwrap();
    let learned = world.alice.step(|engine, step| engine.on_devices(step, None, &devices)).unwrap();
    assert_eq!((learned.events, learned.more), (vec![], None));
}
