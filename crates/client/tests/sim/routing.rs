//! R13, H10, R8, T7: a frame counts once, where it was meant to be, from whom it was.

use crate::{
    client::Client,
    forge,
    observer::sessions,
    store::dump,
    world::{World, handle},
};
use aside_client::{ChatState, Conversation, Event, engine::Busy, store::Table};
use aside_content::{Body, ChatId, ThreadId};
use aside_identity::Address;
use aside_wire::{
    Reject,
    pb::{self, request},
};

fn chat_id(conversation: Conversation) -> ChatId {
    match conversation {
        Conversation::Chat(chat) => chat,
        _ => panic!("a chat"),
    }
}

fn text(text: &str) -> Body {
    Body::text(text).unwrap()
}

/// Delivers, and asserts that it is refused for this reason and changes nothing.
fn assert_refused(world: &mut World, from: Address, envelope: &[u8], reason: Reject) {
    let but_cursor = |client: &Client| -> Vec<_> {
        let rows = dump(&client.store.inner).into_iter();
        // What cannot be opened of somebody who was accepted is asked for.
        rows.filter(|(table, _)| ![Table::Counter, Table::Healing].contains(table)).collect()
    };
    let before = but_cursor(&world.alice);
    world.relay.deliver(&world.alice.address(), &from, envelope);
    world.alice.receive(&mut world.relay, &mut Default::default()).unwrap();
    assert_eq!(world.alice.refusals(), [reason]);
    assert!(but_cursor(&world.alice) == before, "something has changed");
}

/// An accepted chat between Alice and Carol beside the one between Alice and Bob.
fn three() -> (World, ChatId, ChatId) {
    let mut world = World::chatting(80);
    world.alice.open_chat(&handle("carol")).unwrap();
    world.settle();
    world.carol.accept_chat(&handle("alice")).unwrap();
    world.settle();
    world.alice.news();
    let with_bob = world.alice.chat_with(&world.bob.account());
    let with_carol = world.alice.chat_with(&world.carol.account());
    (world, chat_id(with_bob), chat_id(with_carol))
}

#[test]
fn r13_a_frame_for_another_conversation_is_refused() {
    let (mut world, with_bob, with_carol) = three();
    let alice = world.alice.address();
    let thread = ThreadId::between(&world.alice.account(), &world.bob.account());
    let unknown = ChatId::new([9; 32]);
    for (chat, body) in [
        (with_carol, text("smuggled")),
        (with_carol, Body::ChatOpen { beside: None }),
        (with_carol, Body::ChatAccept),
        (unknown, text("smuggled")),
        (unknown, Body::ChatAccept),
        (ChatId::new(*thread.as_bytes()), text("smuggled")),
    ] {
        let frame = forge::frame(&mut world.bob, body);
        let envelope = forge::encrypt(&mut world.bob, &alice, chat, frame, |_| {});
        let from = world.bob.address();
        assert_refused(&mut world, from, &envelope, Reject::Policy);
    }
    world.bob.say(&handle("alice"), "still there").unwrap();
    world.settle();
    assert_eq!(world.alice.received(Conversation::Chat(with_bob)), ["second", "still there"]);
}

#[test]
fn r13_a_stranger_cannot_speak_in_somebody_elses_chat() {
    let mut world = World::chatting(81);
    let (alice, carol) = (world.alice.address(), world.carol.address());
    let chat = world.alice.chat_with(&world.bob.account());
    let prekeys = world.relay.prekeys(&alice).unwrap();
    world.carol.step(|engine, step| engine.on_prekeys(step, &alice, &prekeys)).unwrap().unwrap();
    for body in [text("it is me"), Body::ChatAccept, Body::ChatOpen { beside: None }] {
        let frame = forge::frame(&mut world.carol, body);
        let envelope = forge::encrypt(&mut world.carol, &alice, chat_id(chat), frame, |_| {});
        assert_refused(&mut world, carol, &envelope, Reject::Policy);
    }
}

#[test]
fn r13_a_session_has_one_generation_and_a_new_one_does_not_leap() {
    let (mut world, with_bob, _) = three();
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let frame = forge::frame(&mut world.bob, text("another generation"));
    let envelope = forge::encrypt(&mut world.bob, &alice, with_bob, frame, |c| c.generation += 1);
    assert_refused(&mut world, bob, &envelope, Reject::Policy);

    let prekeys = world.relay.prekeys(&alice).unwrap();
    world.bob.step(|engine, step| engine.on_prekeys(step, &alice, &prekeys)).unwrap().unwrap();
    let frame = forge::frame(&mut world.bob, text("far ahead"));
    let envelope = forge::encrypt(&mut world.bob, &alice, with_bob, frame, |c| c.generation = u32::MAX);
    assert_refused(&mut world, bob, &envelope, Reject::Policy);
}

#[test]
fn h10_an_own_message_that_comes_back_is_refused() {
    let mut world = World::chatting(82);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    world.alice.say(&handle("bob"), "an echo").unwrap();
    world.alice.sync(&mut world.relay);
    let own = world.relay.waiting(&bob).pop().unwrap().envelope;
    assert_refused(&mut world, alice, &own, Reject::Policy);
    assert_refused(&mut world, bob, &own, Reject::NoSession);

    let mut world = World::new(83);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.sync(&mut world.relay);
    let own = world.relay.waiting(&bob).pop().unwrap().envelope;
    assert_refused(&mut world, alice, &own, Reject::Policy);
    assert_refused(&mut world, bob, &own, Reject::UnknownPrekey);
}

#[test]
fn h10_a_message_under_another_name_is_refused() {
    let (mut world, _, _) = three();
    let (alice, carol) = (world.alice.address(), world.carol.address());
    world.bob.say(&handle("alice"), "from bob").unwrap();
    world.bob.sync(&mut world.relay);
    let envelope = world.relay.mail(&alice).pop_back().unwrap().envelope;
    assert_refused(&mut world, carol, &envelope, Reject::NoSession);
}

/// Bob has written these, and they wait for Alice.
fn written(texts: &[&str]) -> (World, Conversation) {
    let mut world = World::chatting(84);
    for text in texts {
        world.bob.say(&handle("alice"), text).unwrap();
    }
    world.bob.sync(&mut world.relay);
    let chat = world.alice.chat_with(&world.bob.account());
    (world, chat)
}

fn gaps(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Gap { .. })).count()
}

#[test]
fn t7_a_dropped_frame_is_missed() {
    let (mut world, chat) = written(&["one", "two", "three"]);
    let alice = world.alice.address();
    world.relay.mail(&alice).remove(1);
    world.alice.sync(&mut world.relay);
    let events = world.alice.news();
    let sender = world.bob.account();
    assert!(events.contains(&Event::Gap { conversation: chat, sender }));
    assert_eq!(gaps(&events), 1);
    assert_eq!(world.alice.received(chat), ["second", "one", "three"]);
}

#[test]
fn t7_a_dropped_frame_is_missed_in_a_thread_too() {
    let mut world = World::new(85);
    for text in ["one", "two", "three"] {
        world.bob.say_openly(&handle("alice"), text).unwrap();
    }
    world.bob.sync(&mut world.relay);
    world.relay.mail(&world.alice.address()).remove(0);
    world.alice.sync(&mut world.relay);
    assert_eq!(gaps(&world.alice.news()), 1);
}

#[test]
fn t7_frames_out_of_order_all_open_and_are_noticed() {
    let (mut world, chat) = written(&["one", "two", "three"]);
    let alice = world.alice.address();
    world.relay.swap(&alice, 0, 2);
    world.alice.sync(&mut world.relay);
    let events = world.alice.news();
    assert!(gaps(&events) >= 2);
    assert!(!events.iter().any(|event| matches!(event, Event::Refused { .. })));
    assert_eq!(world.alice.received(chat), ["second", "three", "two", "one"]);
}

#[test]
fn t7_a_text_before_the_acceptance_it_follows_accepts_and_neither_is_refused() {
    let mut world = World::new(86);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    world.bob.accept_chat(&handle("alice")).unwrap();
    world.bob.say(&handle("alice"), "hello").unwrap();
    world.bob.sync(&mut world.relay);
    let alice = world.alice.address();
    world.relay.swap(&alice, 0, 1);
    world.alice.sync(&mut world.relay);
    let events = world.alice.news();
    assert!(gaps(&events) >= 1);
    assert!(!events.iter().any(|event| matches!(event, Event::Refused { .. })));
    let accepted = events.iter().filter(|event| matches!(event, Event::ChatAccepted { .. }));
    assert_eq!(accepted.count(), 1);
    let bob = world.bob.account();
    let chat = world.alice.chat_with(&bob);
    assert_eq!(world.alice.chats_with(&bob), [(chat, ChatState::Accepted)]);
    assert_eq!(world.alice.received(chat), ["hello"]);
}

#[test]
fn r8_a_replay_is_shown_once_and_named() {
    let (mut world, chat) = written(&["once"]);
    let alice = world.alice.address();
    let delivery = world.relay.waiting(&alice).pop().unwrap();
    world.alice.sync(&mut world.relay);
    for _ in 0..3 {
        world.relay.redeliver(&alice, &delivery);
    }
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.refusals(), [Reject::Replay; 3]);
    // Delivered again under its own number after it was acknowledged: known, and nothing to report.
    world.relay.mail(&alice).push_front(delivery);
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.news(), []);
    assert_eq!(world.alice.received(chat), ["second", "once"]);
}

#[test]
fn r8_a_message_encrypted_twice_is_shown_once() {
    let mut world = World::chatting(87);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let chat = world.alice.chat_with(&bob.account);
    let frame = forge::frame(&mut world.bob, text("twice"));
    let [one, two] =
        [0, 1].map(|_| forge::encrypt(&mut world.bob, &alice, chat_id(chat), frame.clone(), |_| {}));
    world.relay.deliver(&alice, &bob, &one);
    world.alice.sync(&mut world.relay);
    world.alice.news();
    assert_refused(&mut world, bob, &two, Reject::Replay);
    assert_eq!(world.alice.received(chat), ["second", "twice"]);
}

#[test]
fn r8_a_thread_message_delivered_twice_is_shown_once() {
    let mut world = World::new(88);
    world.bob.say_openly(&handle("alice"), "twice").unwrap();
    world.bob.sync(&mut world.relay);
    let alice = world.alice.address();
    let delivery: pb::Delivery = world.relay.waiting(&alice).pop().unwrap();
    world.alice.sync(&mut world.relay);
    world.alice.news();
    let from = world.bob.address();
    assert_refused(&mut world, from, &delivery.envelope, Reject::Replay);
    let thread = world.alice.thread_with(&from.account);
    assert_eq!(world.alice.received(thread), ["twice"]);
}

#[test]
fn r2_sessions_and_chats_that_one_person_can_start_are_bounded() {
    let mut world = World::chatting(89);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let mut refused = 0;
    for number in 0..40 {
        let prekeys = world.relay.prekeys(&alice).unwrap();
        world.bob.step(|engine, step| engine.on_prekeys(step, &alice, &prekeys)).unwrap().unwrap();
        let frame = forge::frame(&mut world.bob, Body::ChatOpen { beside: None });
        let envelope = forge::encrypt(&mut world.bob, &alice, ChatId::new([number; 32]), frame, |_| {});
        world.relay.deliver(&alice, &bob, &envelope);
        world.alice.receive(&mut world.relay, &mut Default::default()).unwrap();
        refused += world.alice.refusals().len();
    }
    assert_eq!(world.alice.chats_with(&bob.account).len() + refused, 41);
    assert!(world.alice.chats_with(&bob.account).len() <= 16);
    assert!(sessions(&world.alice.store.inner, &bob).len() <= 8);
    // Neither costs the person the chat they have.
    world.bob.say(&handle("alice"), "after all that").unwrap();
    world.alice.say(&handle("bob"), "well").unwrap();
    world.settle();
    assert_eq!(world.alice.refusals(), []);
}

#[test]
fn what_was_written_later_waits_behind_what_was_put_off() {
    let mut world = World::new(77);
    for name in ["bob", "carol"] {
        world.alice.resolve(&world.relay, &handle(name));
    }
    for (to, text) in [("bob", "first"), ("bob", "second"), ("carol", "hello")] {
        world.alice.step(|engine, step| engine.send_to_thread(step, &handle(to), text)).unwrap();
    }
    let recipients = |world: &mut World, busy: &Busy| {
        let outgoing = world.alice.step(|engine, step| engine.outgoing(step, busy, 9)).unwrap();
        outgoing
            .ready
            .into_iter()
            .map(|outbound| match outbound.request {
                request::Body::Send(send) => (outbound.place, send.recipient),
                _ => panic!("a send"),
            })
            .collect::<Vec<_>>()
    };
    let all = recipients(&mut world, &Busy::default());
    assert_eq!(all.len(), 3);
    let put_off = Busy { put_off: [all[0].0].into(), ..Busy::default() };
    assert_eq!(recipients(&mut world, &put_off), all[2..]);
    // What is merely in flight holds nothing back: the relay keeps the order of a connection.
    let in_flight = Busy { in_flight: [all[0].0].into(), ..Busy::default() };
    assert_eq!(recipients(&mut world, &in_flight), all[1..]);
}
