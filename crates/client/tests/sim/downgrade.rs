//! C1: whatever a relay does, a chat stays a chat, and nothing typed into it goes out in the clear.

use crate::{
    client::Client,
    forge,
    world::{World, handle},
};
use aside_client::{ChatState, Conversation, Delivery, Event, Protection};
use aside_content::{Body, ChatId, ThreadId};
use aside_identity::AccountKey;
use aside_wire::{
    Reject,
    pb::{self, RefusalCode},
};
use prost::Message;
use std::sync::Arc;

const CANARY: &str = "typed into the chat";

/// Both write into the chat, and the relay must not be able to read it.
fn assert_still_encrypted(world: &mut World) {
    let chat = world.alice.chat_with(&world.bob.account());
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.bob.say(&handle("alice"), CANARY).unwrap();
    world.settle();
    assert!(world.bob.received(chat).contains(&CANARY.to_owned()));
    assert!(world.alice.received(chat).contains(&CANARY.to_owned()));
    assert_never_read(world);
}

fn assert_never_read(world: &mut World) {
    assert!(!world.relay.has_read(CANARY));
    let peers = [world.bob.account(), world.alice.account()];
    for (client, peer) in [&mut world.alice, &mut world.bob].into_iter().zip(peers) {
        let chats = client.chats_with(&peer);
        assert!(matches!(chats.as_slice(), [(_, ChatState::Accepted)]), "{chats:?}");
        assert!(client.messages(chats[0].0).iter().all(|m| m.shield.protection() == Protection::Pairwise));
    }
}

/// A frame that no honest client would put into a thread.
fn plain_frame(client: &mut Client, thread: ThreadId, body: Body) -> Vec<u8> {
    let frame = forge::frame(client, body);
    forge::in_the_open(Conversation::Thread(thread), frame)
}

fn chat_id(conversation: Conversation) -> ChatId {
    match conversation {
        Conversation::Chat(chat) => chat,
        _ => panic!("a chat"),
    }
}

fn thread_id(one: &AccountKey, other: &AccountKey) -> ThreadId {
    ThreadId::between(one, other)
}

#[test]
fn c1_a_chat_message_relabelled_as_plaintext_is_refused_and_missed() {
    let mut world = World::chatting(50);
    world.alice.say(&handle("bob"), "relabelled").unwrap();
    world.alice.sync(&mut world.relay);
    let mail = &mut world.relay.mail(&world.bob.address())[0];
    let mut envelope = pb::Envelope::decode(mail.envelope.as_slice()).unwrap();
    envelope.kind = pb::EnvelopeKind::Thread.into();
    mail.envelope = envelope.encode_to_vec();
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.refusals(), [Reject::Malformed]);
    assert_eq!(world.bob.conversations().len(), 1);
    assert_still_encrypted(&mut world);
    assert!(world.bob.news().iter().any(|event| matches!(event, Event::Gap { .. })));
}

// CNV-2
#[test]
fn c1_plaintext_that_names_a_chat_is_refused() {
    let mut world = World::chatting(51);
    let chat = world.alice.chat_with(&world.bob.account());
    let before = world.bob.texts(chat);
    let thread = ThreadId::new(*chat_id(chat).as_bytes());
    let forged = plain_frame(&mut world.carol, thread, Body::text("forged").unwrap());
    world.relay.deliver(&world.bob.address(), &world.alice.address(), &forged);
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.refusals(), [Reject::Policy]);
    assert_eq!(world.bob.texts(chat), before);
    assert_eq!(world.bob.conversations().len(), 1);
    assert_still_encrypted(&mut world);
}

// CNV-2
#[test]
fn c1_nobody_opens_or_accepts_a_chat_in_the_clear() {
    let mut world = World::new(52);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    let chat = world.alice.chat_with(&world.bob.account());
    let between = thread_id(&world.alice.account(), &world.bob.account());
    let threads = [between, ThreadId::new(*chat_id(chat).as_bytes())];
    for thread in threads {
        for body in [Body::ChatAccept, Body::ChatOpen { beside: None }] {
            let forged = plain_frame(&mut world.carol, thread, body);
            world.relay.deliver(&world.alice.address(), &world.bob.address(), &forged);
        }
    }
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.refusals(), [Reject::Policy; 4]);
    assert_eq!(world.alice.chats_with(&world.bob.account()), [(chat, ChatState::Opened)]);
    assert_eq!(world.alice.conversations().len(), 1);
}

#[test]
fn c1_a_device_list_rolled_back_or_hidden_holds_messages_back_and_no_more() {
    let mut world = World::chatting(53);
    let bob = world.bob.account();
    let newer = forge::next_list(&mut world.bob);
    world.relay.lists(&bob).push(newer.as_bytes().to_vec());
    world.alice.resolve(&world.relay, &handle("bob"));
    assert_eq!(world.alice.list_version_of(&bob), 2);

    // Rolled back, and shown on every question.
    let withheld = world.relay.lists(&bob).pop().unwrap();
    let old = world.relay.lists(&bob).clone();
    world.relay.lie_about_devices = Some(Arc::new(move |devices| devices.lists.clone_from(&old)));
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.alice.sync(&mut world.relay);
    let refused = Event::ListRefused { peer: bob, reason: Reject::Stale };
    assert!(world.alice.news().contains(&refused));
    assert_eq!(world.alice.list_version_of(&bob), 2);

    // Hidden altogether.
    world.relay.lie_about_devices = Some(Arc::new(|devices| devices.lists.clear()));
    world.alice.sync(&mut world.relay);
    let chat = world.alice.chat_with(&bob);
    assert_eq!(world.alice.messages(chat).pop().unwrap().delivery, Delivery::Queued);
    assert_never_read(&mut world);

    world.relay.lie_about_devices = None;
    world.relay.lists(&bob).push(withheld);
    world.settle();
    assert_eq!(world.bob.received(chat), ["first", CANARY]);
    assert_never_read(&mut world);
}

#[test]
fn c1_a_handle_bound_to_another_account_is_seen_and_not_followed() {
    let mut world = World::chatting(54);
    let carol = world.carol.account();
    world.relay.rebind("bob", carol);
    world.alice.resolve(&world.relay, &handle("bob"));
    assert_eq!(world.alice.news(), [Event::ListRefused { peer: carol, reason: Reject::Fork }]);
    let pinned = world.alice.step(|engine, step| engine.peer_by_handle(step.tx, &handle("bob"))).unwrap();
    assert_eq!(pinned, Some(world.bob.account()));
    // Nothing goes out until the person decides, here against the relay's word.
    assert!(world.alice.say(&handle("bob"), CANARY).is_err());
    world.alice.step(|engine, step| engine.keep_old_account(step, &handle("bob"))).unwrap();
    assert_still_encrypted(&mut world);
    assert_eq!(world.carol.conversations().len(), 0);
}

#[test]
fn c1_a_handle_bound_to_an_account_never_seen_before_is_not_followed_either() {
    let mut world = World::chatting(61);
    let stranger: Client = Client::create(Default::default(), "someone", 62);
    world.relay.register("bob", stranger.account(), stranger.engine.list().as_bytes());
    world.alice.resolve(&world.relay, &handle("bob"));
    let peer = stranger.account();
    assert_eq!(world.alice.news(), [Event::ListRefused { peer, reason: Reject::Fork }]);
    let pinned = world.alice.step(|engine, step| engine.peer_by_handle(step.tx, &handle("bob"))).unwrap();
    assert_eq!(pinned, Some(world.bob.account()));
    assert_eq!(world.alice.list_version_of(&peer), 0);
    assert!(world.alice.say(&handle("bob"), CANARY).is_err());
    assert!(!world.relay.has_read(CANARY));
}

#[test]
fn c1_a_known_account_is_not_shown_under_another_name() {
    let mut world = World::chatting(55);
    let bob = world.bob.account();
    for name in ["bobby", "alice", "carol"] {
        world.relay.lie_about_devices = Some(Arc::new(move |devices| devices.handle = name.into()));
        let devices = world.relay.devices(&bob, 0).unwrap();
        let learned = world.alice.step(|engine, step| engine.on_devices(step, None, &devices)).unwrap();
        assert_eq!(learned.events, [Event::ListRefused { peer: bob, reason: Reject::Fork }], "{name}");
        assert_eq!(world.alice.conversations()[0].handle, handle("bob"));
    }
    world.relay.lie_about_devices = None;
    assert_still_encrypted(&mut world);
}

#[test]
fn c1_nobody_else_gets_the_own_handle() {
    let mut world = World::new(56);
    world.relay.rebind("alice", world.carol.account());
    let devices = world.relay.resolve("alice").unwrap();
    let mut stranger: Client = Client::create(Default::default(), "alice", 57);
    let learned = stranger.step(|engine, step| engine.on_devices(step, None, &devices)).unwrap();
    assert_eq!(learned.events.len(), 1);
    assert_eq!(stranger.list_version_of(&world.carol.account()), 0);
}

#[test]
fn c1_no_refusal_of_the_relay_makes_a_chat_speak_plainly() {
    for code in 0..=16 {
        let code = RefusalCode::try_from(code).unwrap();
        let mut world = World::chatting(58);
        world.relay.refuse_sends = Some(code);
        world.alice.say(&handle("bob"), CANARY).unwrap();
        world.alice.sync(&mut world.relay);
        let chat = world.alice.chat_with(&world.bob.account());
        let delivery = world.alice.messages(chat).pop().unwrap().delivery;
        assert!(matches!(delivery, Delivery::Queued | Delivery::Failed(_)), "{code:?}: {delivery:?}");
        let told = world.alice.news().iter().any(|event| matches!(event, Event::Failed { .. }));
        assert_eq!(told, delivery == Delivery::Failed(code));
        assert_never_read(&mut world);
        world.relay.refuse_sends = None;
        assert_still_encrypted(&mut world);
    }
}

#[test]
fn c1_an_opening_that_the_relay_refuses_for_good_is_reported() {
    let mut world = World::new(59);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.relay.refuse_sends = Some(RefusalCode::Limit);
    world.alice.sync(&mut world.relay);
    assert!(world.alice.news().iter().any(|event| matches!(event, Event::Failed { .. })));
}

#[test]
fn c1_a_chat_that_borrows_the_id_of_a_thread_stays_apart_from_it() {
    let mut world = World::chatting(60);
    let (alice, bob, carol) = (world.alice.account(), world.bob.account(), world.carol.account());
    for other in [bob, carol] {
        let thread = thread_id(&alice, &other);
        let borrowed = ChatId::new(*thread.as_bytes());
        let opening = forge::frame(&mut world.bob, Body::ChatOpen { beside: None });
        let envelope = forge::encrypt(&mut world.bob, &world.alice.address(), borrowed, opening, |_| {});
        world.relay.deliver(&world.alice.address(), &world.bob.address(), &envelope);
        world.alice.sync(&mut world.relay);
        world.alice.accept_chat(&handle("bob")).unwrap();

        let from = if other == bob { world.bob.address() } else { world.carol.address() };
        let forged = plain_frame(&mut world.carol, thread, Body::text("in the open").unwrap());
        world.relay.deliver(&world.alice.address(), &from, &forged);
        world.alice.sync(&mut world.relay);
        world.alice.sync(&mut world.relay);
        let in_chat = world.alice.messages(Conversation::Chat(borrowed));
        assert_eq!(in_chat, [], "what the relay can write never stands in a chat");
        let in_thread = world.alice.messages(Conversation::Thread(thread));
        assert_eq!(in_thread.len(), 1);
        assert_eq!(in_thread[0].shield.protection(), Protection::None);
        let of_chat = |(chat, state)| (chat == Conversation::Chat(borrowed)).then_some(state);
        assert_eq!(world.alice.chats_with(&bob).into_iter().find_map(of_chat), Some(ChatState::Accepted));
    }
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    assert!(!world.relay.has_read(CANARY));
}
