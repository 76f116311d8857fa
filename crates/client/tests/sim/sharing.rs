//! What people wish may be done with what they write, and what is said silently.

use crate::{
    client::{Halt, text},
    crowd::{ALICE, BOB, Crowd},
    forge,
    world::{World, handle},
};
use aside_client::{Conversation, Error, Event, Manner, Message, Misuse};
use aside_content::{Body, Sharing};
use aside_wire::Reject;

fn last(messages: Vec<Message>) -> Message {
    messages.into_iter().last().unwrap()
}

fn chat(world: &mut World) -> Conversation {
    world.alice.chat_with(&world.bob.account())
}

/// Bob's newest wish as Alice knows it.
fn wish(world: &mut World) -> Sharing {
    let chat = chat(world);
    world.alice.step(|engine, step| engine.sharing_wish(step.tx, chat)).unwrap()
}

fn wishes(world: &mut World, wish: impl FnOnce(Sharing) -> Sharing) -> Result<(), Halt> {
    world.bob.step(|engine, step| engine.set_sharing(step, &handle("alice"), wish))
}

fn misuse<T>(result: Result<T, Halt>) -> Option<Misuse> {
    match result {
        Err(Halt::Client(Error::Misuse(misuse))) => Some(misuse),
        _ => None,
    }
}

// CON-28
#[test]
fn con_28_the_newest_wish_of_each_person_counts() {
    let mut world = World::chatting(81);
    let chat = chat(&mut world);
    assert_eq!(wish(&mut world), Sharing::ANYTHING);
    wishes(&mut world, |old| Sharing { forward: false, ..old }).unwrap();
    wishes(&mut world, |old| Sharing { export: false, ..old }).unwrap();
    world.alice.news();
    world.settle();
    assert_eq!(wish(&mut world), Sharing { forward: false, save: true, export: false, version: 2 });
    let told =
        |event: &Event| matches!(event, Event::SharingChanged { conversation, .. } if *conversation == chat);
    assert_eq!(world.alice.news().iter().filter(|event| told(event)).count(), 2);
    let own = world.bob.step(|engine, step| engine.own_sharing(step.tx, chat)).unwrap();
    assert_eq!(own, wish(&mut world));
    // Alice has wished for nothing, and a wish is no message.
    let of_alice = world.bob.step(|engine, step| engine.sharing_wish(step.tx, chat)).unwrap();
    assert_eq!(of_alice, Sharing::ANYTHING);
    assert!(world.alice.messages(chat).iter().all(|message| matches!(message.body, Body::Text(_))));

    // An older one that comes late, and another with the same number, change nothing.
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    let (to, from) = (world.alice.address(), world.bob.address());
    for (version, counts) in [(1, false), (2, false), (9, true), (8, false)] {
        let late = Body::of(Sharing { version, ..Sharing::ANYTHING }).unwrap();
        let frame = forge::frame(&mut world.bob, late);
        let envelope = forge::encrypt(&mut world.bob, &to, id, frame, |_| ());
        world.relay.deliver(&to, &from, &envelope);
        world.alice.sync(&mut world.relay);
        let told = world.alice.news().iter().filter(|event| told(event)).count();
        assert_eq!(told == 1, counts, "{version}");
        assert_eq!(wish(&mut world).forward, version >= 8, "{version}");
    }
    world.alice.reboot();
    assert_eq!(wish(&mut world).version, 9);
}

// CON-29
#[test]
fn con_29_nothing_of_somebody_who_wishes_so_is_forwarded_out_of_the_chat() {
    let mut world = World::chatting(82);
    let chat = chat(&mut world);
    world.alice.open_chat(&handle("carol")).unwrap();
    world.settle();
    let elsewhere = world.alice.chat_with(&world.carol.account());
    let messages = world.alice.messages(chat);
    let theirs = messages.iter().find(|message| message.sender == world.bob.account()).unwrap().index;
    let mine = messages.iter().find(|message| message.sender == world.alice.account()).unwrap().index;
    let forward = |world: &mut World, which, to| {
        world.alice.step(|engine, step| engine.forward(step, (chat, which), to))
    };
    forward(&mut world, theirs, elsewhere).unwrap();
    wishes(&mut world, |old| Sharing { forward: false, ..old }).unwrap();
    world.settle();
    let waiting = world.alice.waiting();
    let refused = forward(&mut world, theirs, elsewhere);
    assert_eq!(misuse(refused), Some(Misuse::NotToBeForwarded(handle("bob"))));
    assert_eq!(world.alice.waiting(), waiting);
    // What she wrote herself is hers, and within the chat nothing is made known.
    forward(&mut world, mine, elsewhere).unwrap();
    forward(&mut world, theirs, chat).unwrap();
    wishes(&mut world, |old| Sharing { forward: true, ..old }).unwrap();
    world.settle();
    forward(&mut world, theirs, elsewhere).unwrap();
}

// CON-15, CON-28
#[test]
fn a_wish_is_said_where_both_talk_and_nowhere_else() {
    let mut world = World::new(83);
    let wish = |old| Sharing { export: false, ..old };
    assert_eq!(misuse(wishes(&mut world, wish)), Some(Misuse::NoChat(handle("alice"))));
    world.bob.open_chat(&handle("alice")).unwrap();
    assert_eq!(misuse(wishes(&mut world, wish)), Some(Misuse::NotAnswered(handle("alice"))));
    world.settle();
    let alice_too = world.alice.step(|engine, step| engine.set_sharing(step, &handle("bob"), wish));
    assert_eq!(misuse(alice_too), Some(Misuse::NotAccepted(handle("bob"))));
    // In a chat that was not accepted, and in one that is not there.
    let Conversation::Chat(requested) = world.bob.chat_with(&world.alice.account()) else { panic!("a chat") };
    let (to, from) = (world.alice.address(), world.bob.address());
    for chat in [requested, aside_content::ChatId::new([9; 32])] {
        let body = Body::of(Sharing { version: 1, ..Sharing::ANYTHING }).unwrap();
        let frame = forge::frame(&mut world.bob, body);
        let envelope = forge::encrypt(&mut world.bob, &to, chat, frame, |_| ());
        world.alice.news();
        world.relay.deliver(&to, &from, &envelope);
        world.alice.sync(&mut world.relay);
        assert_eq!(world.alice.refusals(), [Reject::Policy]);
    }
    world.alice.accept_chat(&handle("bob")).unwrap();
    world.settle();
    wishes(&mut world, wish).unwrap();
    let thread = world.bob.step(|engine, step| engine.thread_with(step, &handle("alice"))).unwrap();
    let body = Body::of(Sharing { version: 1, ..Sharing::ANYTHING }).unwrap();
    let in_thread = world.bob.step(|engine, step| engine.say_in(step, thread, body));
    assert_eq!(misuse(in_thread), Some(Misuse::NotThere));
}

// CON-30
#[test]
fn con_30_what_is_said_silently_is_kept_and_not_announced() {
    let silent = Manner { silent: true, ..Manner::default() };
    let mut world = World::chatting(84);
    let chat = chat(&mut world);
    let announced = |world: &mut World, message: &Message| {
        world.bob.step(|engine, step| {
            Ok::<_, Error>((engine.is_to_be_announced(step.tx, message)?, engine.is_muted(step.tx, message)?))
        })
    };
    for manner in [Manner::default(), silent] {
        let body = Body::text("in the night").unwrap();
        world.alice.step(|engine, step| engine.say_as(step, chat, body, manner)).unwrap();
        world.bob.news();
        world.settle();
        let message = last(world.bob.messages(chat));
        assert_eq!((text(&message.body).as_str(), message.silent), ("in the night", manner.silent));
        assert_eq!(last(world.alice.messages(chat)).silent, manner.silent);
        assert_eq!(announced(&mut world, &message).unwrap(), (!manner.silent, false));
        let events = world.bob.news();
        assert!(
            events.iter().any(|event| matches!(event, Event::Message(it) if **it == message)),
            "{events:?}"
        );
    }
    let thread = world.alice.step(|engine, step| engine.thread_with(step, &handle("bob"))).unwrap();
    let aloud = Body::text("for the relay too").unwrap();
    let refused = world.alice.step(|engine, step| engine.say_as(step, thread, aloud, silent));
    assert_eq!(misuse(refused), Some(Misuse::Silent));
    assert_eq!(world.alice.messages(thread), []);

    let (mut crowd, group) = Crowd::group(85, 2);
    let group = Conversation::Group(group);
    let body = Body::text("in the night").unwrap();
    crowd.people[ALICE].step(|engine, step| engine.say_as(step, group, body, silent)).unwrap();
    crowd.settle();
    let message = last(crowd.people[BOB].messages(group));
    assert!(message.silent);
    let told = crowd.people[BOB].step(|engine, step| engine.is_to_be_announced(step.tx, &message));
    assert!(!told.unwrap());
}
