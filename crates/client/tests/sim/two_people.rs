//! The ordinary course of things.

use crate::{
    client::{Client, Halt},
    relay::Relay,
    world::{World, handle},
};
use aside_client::{ChatState, Conversation, Delivery, Error, Event, Misuse, Protection, store::SqliteStore};

#[test]
fn a_thread_a_chat_and_texts_both_ways() {
    let mut world = World::new(1);
    let (alice, bob) = (handle("alice"), handle("bob"));
    world.alice.say_openly(&bob, "in the open").unwrap();
    world.settle();
    let thread = world.alice.thread_with(&world.bob.account());
    assert_eq!(world.bob.received(thread), ["in the open"]);
    assert!(world.relay.has_read("in the open"), "the relay reads threads, and the search finds it");

    world.alice.open_chat(&bob).unwrap();
    world.settle();
    let chat = world.alice.chat_with(&world.bob.account());
    assert_eq!(world.alice.chats_with(&world.bob.account()), [(chat, ChatState::Opened)]);
    assert_eq!(world.bob.chats_with(&world.alice.account()), [(chat, ChatState::Requested)]);
    let peer = world.alice.account();
    assert!(world.bob.news().contains(&Event::ChatRequested { peer }));
    let early = world.bob.say(&alice, "too early");
    assert!(matches!(early, Err(Halt::Client(Error::Misuse(Misuse::NotAccepted(_))))));

    world.bob.accept_chat(&alice).unwrap();
    world.settle();
    let peer = world.bob.account();
    assert!(world.alice.news().contains(&Event::ChatAccepted { peer }));
    world.alice.say(&bob, "a secret question").unwrap();
    world.bob.say(&alice, "a secret answer").unwrap();
    world.settle();
    assert_eq!(world.bob.received(chat), ["a secret question"]);
    assert_eq!(world.alice.received(chat), ["a secret answer"]);
    assert!(!world.relay.has_read("a secret"));

    for client in [&mut world.alice, &mut world.bob] {
        for message in client.messages(chat) {
            assert_eq!(message.shield.protection(), Protection::Pairwise);
            assert!(message.accepted_at.is_some());
        }
        for message in client.messages(thread) {
            assert_eq!(message.shield.protection(), Protection::None);
        }
        assert_eq!(client.conversations().len(), 2);
        assert_eq!(client.waiting(), 0);
    }
}

#[test]
fn what_is_written_while_the_other_is_away_waits_for_them() {
    let mut world = World::chatting(2);
    let chat = world.alice.chat_with(&world.bob.account());
    for text in ["one", "two", "three"] {
        world.alice.say(&handle("bob"), text).unwrap();
    }
    assert_eq!(world.alice.waiting(), 3);
    let queued = world.alice.messages(chat).pop().unwrap();
    assert_eq!((queued.delivery, queued.accepted_at), (Delivery::Queued, None));
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.messages(chat).pop().unwrap().delivery, Delivery::Accepted);
    assert_eq!(world.relay.waiting(&world.bob.address()).len(), 3);
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.received(chat), ["first", "one", "two", "three"]);
    assert_eq!(world.bob.conversations()[0].unread, 4);
    let newest = world.bob.messages(chat).pop().unwrap().index;
    world.bob.step(|engine, step| engine.mark_shown(step, chat, newest)).unwrap();
    assert_eq!(world.bob.conversations()[0].unread, 0);
}

#[test]
fn a_hundred_texts_each_way_arrive_once_and_in_order() {
    let mut world = World::chatting(3);
    let chat = world.alice.chat_with(&world.bob.account());
    for number in 0..100 {
        world.alice.say(&handle("bob"), &format!("from alice {number}")).unwrap();
        world.bob.say(&handle("alice"), &format!("from bob {number}")).unwrap();
        match number % 7 {
            0 => world.alice.sync(&mut world.relay),
            3 => world.bob.sync(&mut world.relay),
            _ => {}
        }
    }
    world.settle();
    let expected = |name: &str, first: &str| -> Vec<String> {
        std::iter::once(first.into()).chain((0..100).map(|number| format!("from {name} {number}"))).collect()
    };
    assert_eq!(world.bob.received(chat), expected("alice", "first"));
    assert_eq!(world.alice.received(chat), expected("bob", "second"));
    for client in [&mut world.alice, &mut world.bob] {
        assert!(
            !client.news().iter().any(|event| matches!(event, Event::Gap { .. } | Event::Refused { .. }))
        );
    }
}

#[test]
fn two_who_open_at_once_end_up_in_the_same_chat() {
    let mut world = World::new(4);
    let (alice, bob) = (handle("alice"), handle("bob"));
    world.alice.open_chat(&bob).unwrap();
    world.bob.open_chat(&alice).unwrap();
    world.settle();
    world.alice.say(&bob, "crossed").unwrap();
    world.bob.say(&alice, "indeed").unwrap();
    world.settle();
    let (of_alice, of_bob) = (world.bob.account(), world.alice.account());
    let chats = world.alice.chats_with(&of_alice);
    assert_eq!(chats, world.bob.chats_with(&of_bob));
    assert!(chats.iter().all(|(_, state)| *state == ChatState::Accepted));
    let with_texts: Vec<Conversation> =
        chats.into_iter().map(|(chat, _)| chat).filter(|chat| !world.alice.texts(*chat).is_empty()).collect();
    let [chat] = with_texts.as_slice() else { panic!("one chat, not {with_texts:?}") };
    assert_eq!(world.alice.received(*chat), ["indeed"]);
    assert_eq!(world.bob.received(*chat), ["crossed"]);
}

#[test]
fn the_same_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mut relay = Relay::default();
    let path = |name: &str| dir.path().join(name);
    let mut people = [("alice", 1), ("bob", 2)].map(|(name, seed)| {
        let client = Client::create(SqliteStore::open(&path(name)).unwrap(), name, seed);
        relay.register(name, client.account(), client.engine.list().as_bytes());
        client
    });
    for client in &mut people {
        client.sync(&mut relay);
    }
    let [mut alice, mut bob] = people;
    alice.resolve(&relay, &handle("bob"));
    alice.open_chat(&handle("bob")).unwrap();
    alice.say(&handle("bob"), "on disk").unwrap();
    alice.sync(&mut relay);
    drop(alice);
    bob.sync(&mut relay);
    bob.accept_chat(&handle("alice")).unwrap();
    bob.say(&handle("alice"), "also here").unwrap();
    bob.sync(&mut relay);
    let mut alice = Client::load(SqliteStore::open(&path("alice")).unwrap(), 3);
    alice.sync(&mut relay);
    let chat = alice.chat_with(&bob.account());
    assert_eq!(alice.received(chat), ["also here"]);
    assert_eq!(bob.received(chat), ["on disk"]);
}

#[test]
fn con_5_the_id_of_a_chat_follows_from_the_draw_alone() {
    let world = World::new(9);
    let [one, same, other] = [1, 1, 2].map(|seed| {
        let mut alice = Client::load(world.alice.store.clone(), seed);
        alice.open_chat(&handle("bob")).unwrap();
        alice.chat_with(&world.bob.account())
    });
    assert_eq!(one, same);
    assert_ne!(one, other);
}
