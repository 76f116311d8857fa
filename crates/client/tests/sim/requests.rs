//! People who ask, and how chats end: nothing is shown or said before the person here has decided, and what has ended stays
//! so.

use crate::{
    client::Client,
    forge,
    store::dump,
    world::{World, handle},
};
use aside_client::{ChatState, Conversation, Delivery, Event, Request, store::Table};
use aside_content::{Body, ChatId, ExpiryPolicy, MessageId};
use aside_primitives::Digest;
use aside_wire::{
    ExpiryTerms, Reject,
    pb::{self, RefusalCode},
};

fn requests(client: &mut Client) -> Vec<Request> {
    client.step(|engine, step| engine.requests(step.tx)).unwrap()
}

fn is_message(event: &Event) -> bool {
    matches!(event, Event::Message(_))
}

fn decline(client: &mut Client, from: &str, openly: bool) {
    client.step(|engine, step| engine.decline_chat(step, &handle(from), openly)).unwrap();
}

fn close(client: &mut Client, with: &str) {
    client.step(|engine, step| engine.close_chat(step, &handle(with))).unwrap();
}

// CNV-16
#[test]
fn what_a_stranger_writes_in_the_open_is_held_until_it_is_accepted() {
    let mut world = World::new(1);
    let thread = world.bob.thread_with(&world.alice.account());
    world.alice.say_openly(&handle("bob"), "hello").unwrap();
    world.alice.say_openly(&handle("bob"), "again").unwrap();
    world.settle();
    let news = world.bob.news();
    assert_eq!(news, [Event::ThreadRequested { peer: world.alice.account() }]);
    let [request] = &requests(&mut world.bob)[..] else { panic!("one request") };
    assert_eq!((request.thread, request.chat), (Some(thread), None));
    assert!(world.bob.conversations()[0].requested);

    world.bob.step(|engine, step| engine.accept_request(step, &handle("alice"))).unwrap();
    assert_eq!(requests(&mut world.bob), []);
    assert!(!world.bob.conversations()[0].requested);
    assert_eq!(world.bob.received(thread), ["hello", "again"]);
    world.alice.say_openly(&handle("bob"), "and now").unwrap();
    world.settle();
    assert!(world.bob.news().iter().any(is_message));
}

// CNV-16: the first answer accepts, as does writing first.
#[test]
fn writing_to_somebody_accepts_them() {
    let mut world = World::new(2);
    world.alice.say_openly(&handle("bob"), "hello").unwrap();
    world.settle();
    assert!(!world.bob.news().iter().any(is_message));
    world.bob.say_openly(&handle("alice"), "hello yourself").unwrap();
    assert_eq!(requests(&mut world.bob), []);
    world.settle();
    assert!(world.alice.news().iter().any(is_message), "whoever wrote first hears the answer");
}

// CNV-18
#[test]
fn what_is_declined_leaves_no_byte_and_tells_nobody() {
    let mut world = World::new(3);
    world.alice.say_openly(&handle("bob"), "buy my remarkable things").unwrap();
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.say(&handle("bob"), "more remarkable things").unwrap();
    world.settle();
    let sent = world.relay.sends.len();
    let request =
        world.bob.step(|engine, step| engine.decline_request(step, &handle("alice"), false)).unwrap();
    assert!(request.thread.is_some() && request.chat.is_some());
    world.settle();
    assert_eq!(world.relay.sends.len(), sent, "nothing goes out");
    assert_eq!(requests(&mut world.bob), []);
    assert_eq!(world.bob.conversations(), []);
    for (table, (_, record)) in dump(&world.bob.store.inner) {
        let said = record.windows(10).any(|window| window == b"remarkable");
        assert!(!said, "it is still in {table:?}");
    }
    // What comes in the chat that was declined is refused; they can ask again.
    world.bob.news();
    world.alice.say(&handle("bob"), "are you there?").unwrap();
    world.settle();
    assert_eq!(world.bob.refusals(), [Reject::Policy]);
    world.alice.say_openly(&handle("bob"), "please").unwrap();
    world.settle();
    assert_eq!(requests(&mut world.bob).len(), 1);
}

// CNV-17, threat T6: a flood of one stranger costs them everything and the person here a bounded number of rows.
#[test]
fn t6_of_ten_thousand_messages_of_a_stranger_sixty_four_are_kept() {
    let mut world = World::new(4);
    world.alice.say_openly(&handle("bob"), "spam").unwrap();
    world.alice.sync(&mut world.relay);
    let (from, to) = (world.alice.address(), world.bob.address());
    let thread = world.alice.thread_with(&to.account);
    world.relay.mail(&to).clear();
    for _ in 0..10_000 {
        let frame = forge::frame(&mut world.alice, Body::text("spam").unwrap());
        let envelope = forge::in_the_open(thread, frame);
        world.relay.deliver(&to, &from, &envelope);
    }
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.messages(thread).len(), 64);
    let refusals = world.bob.refusals();
    assert_eq!(refusals.len(), 10_000 - 64);
    assert!(refusals.iter().all(|reason| *reason == Reject::Limit));
    assert_eq!(world.bob.waiting(), 0, "and nothing is answered");
    let rows = dump(&world.bob.store.inner).iter().filter(|(table, _)| *table == Table::MessageId).count();
    assert_eq!(rows, 64);
}

// T5, V30: a stranger's reaction, edit or unsending about a message that nobody knows leads to no byte, in or out.
#[test]
fn t5_v30_what_a_stranger_says_about_unknown_messages_is_not_answered() {
    let mut world = World::new(5);
    let (from, to) = (world.alice.address(), world.bob.address());
    let thread = world.bob.thread_with(&from.account);
    let but_cursor = |client: &Client| -> Vec<_> {
        let rows = dump(&client.store.inner).into_iter();
        rows.filter(|(table, _)| *table != Table::Counter).collect()
    };
    let before = but_cursor(&world.bob);
    for body in forge::marks_of(MessageId::new([9; 16]), &from.account) {
        let frame = forge::frame(&mut world.alice, body);
        let envelope = forge::in_the_open(thread, frame);
        world.relay.deliver(&to, &from, &envelope);
    }
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.refusals(), [Reject::Policy; 3]);
    assert_eq!(world.bob.waiting(), 0);
    assert!(but_cursor(&world.bob) == before, "something has changed");
}

/// How many people count as waiting for an answer.
fn asking(client: &Client) -> usize {
    dump(&client.store.inner).iter().filter(|(table, _)| *table == Table::Request).count()
}

// CNV-14, CNV-11: a new device of somebody is asked again for the chats there are, unless they are blocked.
#[test]
fn cnv_14_a_new_device_is_asked_for_the_chats_there_are_unless_its_owner_is_blocked() {
    for blocked in [false, true] {
        let mut world = World::chatting(11);
        world.alice.step(|engine, step| engine.set_blocked(step, &handle("bob"), blocked)).unwrap();
        world.alice.sync(&mut world.relay);
        let next = forge::other_device(&mut world.bob);
        let devices = pb::Devices {
            handle: "bob".into(),
            account_key: world.bob.account().as_bytes().to_vec(),
            lists: vec![next.as_bytes().to_vec()],
            declarations: Vec::new(),
        };
        let learned = world.alice.step(|engine, step| engine.on_devices(step, None, &devices)).unwrap();
        let peer = world.bob.account();
        assert_eq!(learned.events, [Event::DevicesChanged { peer, added: 1, removed: 1 }]);
        assert_eq!(world.alice.waiting(), usize::from(!blocked));
        let [(_, state)] = world.alice.chats_with(&peer)[..] else { panic!("one chat") };
        assert_eq!(state, if blocked { ChatState::Accepted } else { ChatState::Opened });
    }
}

// CNV-14: a request outlives the device that made it; accepting it asks the new one.
#[test]
fn cnv_14_accepting_what_a_lost_device_asked_opens_the_chat_for_the_new_one() {
    let mut world = World::new(12);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    let next = forge::other_device(&mut world.alice);
    let devices = pb::Devices {
        handle: "alice".into(),
        account_key: world.alice.account().as_bytes().to_vec(),
        lists: vec![next.as_bytes().to_vec()],
        declarations: Vec::new(),
    };
    world.bob.step(|engine, step| engine.on_devices(step, None, &devices)).unwrap();
    assert_eq!(world.bob.waiting(), 0, "nothing goes out before he decides");
    world.bob.accept_chat(&handle("alice")).unwrap();
    let [(_, state)] = world.bob.chats_with(&world.alice.account())[..] else { panic!("one chat") };
    assert_eq!(state, ChatState::Opened, "he waits for the word of the new device");
    assert_eq!(world.bob.waiting(), 1);
}

// CNV-12
#[test]
fn a_chat_is_declined_without_a_word_or_openly() {
    for openly in [false, true] {
        let mut world = World::new(6);
        world.alice.open_chat(&handle("bob")).unwrap();
        world.alice.say(&handle("bob"), "shall we?").unwrap();
        world.settle();
        let sent = world.relay.sends.len();
        decline(&mut world.bob, "alice", openly);
        world.settle();
        assert_eq!(world.relay.sends.len(), sent + usize::from(openly));
        assert_eq!(world.bob.conversations(), []);
        assert_eq!(asking(&world.bob), 0);
        let peer = world.bob.account();
        let ended = world.alice.news().contains(&Event::ChatEnded { peer });
        assert_eq!(ended, openly);
        let [(_, state)] = world.alice.chats_with(&peer)[..] else { panic!("one chat") };
        assert_eq!(state, if openly { ChatState::Ended } else { ChatState::Opened });
    }
}

// CNV-13, threat C1: what waits for a chat that has ended fails, and goes nowhere else.
#[test]
fn c1_what_waits_for_an_ended_chat_fails_and_stays_out_of_the_thread() {
    let mut world = World::chatting(7);
    let chat = world.alice.chat_with(&world.bob.account());
    close(&mut world.bob, "alice");
    world.bob.sync(&mut world.relay);
    world.alice.say(&handle("bob"), "typed for the chat").unwrap();
    world.alice.receive(&mut world.relay, &mut Default::default()).unwrap();
    let last = world.alice.messages(chat).pop().unwrap();
    assert_eq!(last.delivery, Delivery::Failed(RefusalCode::Unreachable));
    assert_eq!(world.alice.waiting(), 0);
    assert!(world.alice.say(&handle("bob"), "more").is_err());
    world.settle();
    assert!(!world.relay.has_read("typed for the chat"));
    // It stays ended, whatever old or new frames say.
    for body in [Body::text("still here").unwrap(), Body::ChatAccept, Body::ChatOpen { beside: None }] {
        let frame = forge::frame(&mut world.bob, body);
        let to = world.alice.address();
        let id = ChatId::new(forge::id(chat));
        let envelope = forge::encrypt(&mut world.bob, &to, id, frame, |_| {});
        let from = world.bob.address();
        world.relay.deliver(&to, &from, &envelope);
    }
    world.alice.news();
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.refusals(), [Reject::Policy; 3]);
    // Another chat is another chat.
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    world.bob.accept_chat(&handle("alice")).unwrap();
    world.settle();
    world.alice.say(&handle("bob"), "a new one").unwrap();
    world.settle();
    let newest = world.bob.chats_with(&world.alice.account());
    let said: Vec<_> = newest.iter().flat_map(|(chat, _)| world.bob.received(*chat)).collect();
    assert_eq!(said, ["first", "a new one"]);
}

#[test]
fn a_request_that_is_taken_back_leaves_nothing() {
    let mut world = World::new(8);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.say(&handle("bob"), "shall we?").unwrap();
    close(&mut world.alice, "bob");
    world.settle();
    assert_eq!(world.bob.conversations(), []);
    assert_eq!(requests(&mut world.bob), []);
    assert_eq!(asking(&world.bob), 0);
    let peer = world.alice.account();
    assert!(world.bob.news().contains(&Event::ChatEnded { peer }));
    assert!(matches!(world.alice.conversations()[0].conversation, Conversation::Chat(_)));
}

// CNV-16: whoever asks can mend and take back what they asked with, and nothing of it is told.
#[test]
fn a_requester_can_take_back_what_was_held() {
    let mut world = World::new(9);
    world.alice.say_openly(&handle("bob"), "regretted").unwrap();
    let thread = world.alice.thread_with(&world.bob.account());
    world.settle();
    let index = world.alice.messages(thread)[0].index;
    world.alice.step(|engine, step| engine.unsend(step, thread, index)).unwrap();
    world.bob.news();
    world.settle();
    assert_eq!(world.bob.news(), []);
    assert_eq!(world.bob.messages(thread)[0].body.kind(), aside_content::Kind::UNSEND);
}

// CNV-17, threat T6: what somebody who asks decides takes room like what they write.
#[test]
fn t6_of_the_policies_of_somebody_who_asks_as_many_are_kept_as_of_their_messages() {
    let mut world = World::new(13);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    let Conversation::Chat(id) = world.alice.chat_with(&world.bob.account()) else { panic!("a chat") };
    let (from, to) = (world.alice.address(), world.bob.address());
    world.bob.news();
    for version in 1..=200 {
        let parent = (version > 1).then_some(Digest([7; 32]));
        let terms = ExpiryTerms::AfterSend { duration_s: 60 };
        let policy = Body::of(ExpiryPolicy { version, terms, parent }).unwrap();
        let frame = forge::frame(&mut world.alice, policy);
        let envelope = forge::encrypt(&mut world.alice, &to, id, frame, |_| ());
        world.relay.deliver(&to, &from, &envelope);
    }
    world.bob.sync(&mut world.relay);
    let rows = dump(&world.bob.store.inner).iter().filter(|(table, _)| *table == Table::MessageId).count();
    assert_eq!(rows, 64);
    assert_eq!(world.bob.refusals(), [Reject::Limit; 200 - 64]);
}
