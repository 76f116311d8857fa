//! Answers, reactions, later wordings and what is taken back, in every kind of conversation.

use crate::{
    client::text,
    crowd::{ALICE, BOB, CAROL, Crowd},
    forge,
    relay::contains,
    store::dump,
    world::{World, handle},
};
use aside_client::{Conversation, Error, Event, Message, Misuse};
use aside_content::{Body, Edit, Reaction, Reply, Target, Text};
use aside_primitives::Digest;
use aside_wire::Reject;

fn last(messages: Vec<Message>) -> Message {
    messages.into_iter().last().unwrap()
}

fn chat(world: &mut World) -> Conversation {
    world.alice.chat_with(&world.bob.account())
}

// CON-20, CON-24, CON-25
#[test]
fn people_answer_react_word_anew_and_take_back_wherever_they_talk() {
    let mut world = World::chatting(61);
    world.alice.say_openly(&handle("bob"), "first").unwrap();
    world.settle();
    let chat = chat(&mut world);
    for conversation in [chat, world.alice.thread_with(&world.bob.account())] {
        let own = world.alice.account();
        let first = world.alice.messages(conversation).into_iter().find(|message| message.sender == own);
        let first = first.unwrap();
        let at_bob = world.bob.messages(conversation);
        let theirs = at_bob.iter().find(|message| message.message_id == first.message_id).unwrap().index;
        let mine = first.index;
        let see = |world: &mut World| {
            let messages = world.alice.messages(conversation);
            messages.into_iter().find(|message| message.index == mine).unwrap()
        };
        world.bob.step(|engine, step| engine.react(step, conversation, theirs, "👍")).unwrap();
        world.bob.step(|engine, step| engine.react(step, conversation, theirs, "🎉")).unwrap();
        world.settle();
        assert_eq!(see(&mut world).reactions, [(world.bob.account(), "🎉".to_owned())]);
        world.bob.step(|engine, step| engine.react(step, conversation, theirs, "")).unwrap();
        world.settle();
        assert_eq!(see(&mut world).reactions, []);

        let answer = Body::text("an answer").unwrap();
        let answer = world.bob.step(|engine, step| engine.reply(step, conversation, theirs, answer)).unwrap();
        world.settle();
        let Body::Reply(reply) = last(world.alice.messages(conversation)).body else { panic!("a reply") };
        assert_eq!((reply.target.author, reply.target.message_id), (own, first.message_id));

        let edited = Text::new("worded anew").unwrap();
        world.alice.step(|engine, step| engine.edit(step, conversation, mine, edited)).unwrap();
        world.settle();
        for (person, index) in [(&mut world.alice, mine), (&mut world.bob, theirs)] {
            let messages = person.messages(conversation);
            let now = messages.iter().find(|message| message.index == index).unwrap();
            assert!(now.edited && text(&now.body) == "worded anew");
        }

        let not_hers = last(world.alice.messages(conversation)).index;
        assert!(world.alice.step(|engine, step| engine.unsend(step, conversation, not_hers)).is_err());
        world.bob.step(|engine, step| engine.unsend(step, conversation, answer)).unwrap();
        world.settle();
        for person in [&mut world.alice, &mut world.bob] {
            assert!(matches!(last(person.messages(conversation)).body, Body::Unsend(_)));
        }
    }
}

// CON-25
#[test]
fn what_is_taken_back_is_wiped_on_both_sides() {
    let mut world = World::chatting(62);
    let chat = chat(&mut world);
    let canary = "a canary that nobody is to find";
    world.alice.say(&handle("bob"), canary).unwrap();
    world.settle();
    let mine = last(world.alice.messages(chat)).index;
    world.alice.step(|engine, step| engine.unsend(step, chat, mine)).unwrap();
    world.settle();
    for person in [&world.alice, &world.bob] {
        let kept = dump(&person.store.inner);
        assert!(!kept.iter().any(|(_, (_, record))| contains(record, canary.as_bytes())));
    }
}

#[test]
fn a_group_sees_the_same_marks() {
    let (mut crowd, group) = Crowd::group(63, 3);
    let conversation = Conversation::Group(group);
    crowd.say(ALICE, &group, "what do you think?").unwrap();
    crowd.settle();
    for (who, emoji) in [(BOB, "👍"), (CAROL, "👎")] {
        let index = last(crowd.people[who].messages(conversation)).index;
        crowd.people[who].step(|engine, step| engine.react(step, conversation, index, emoji)).unwrap();
    }
    crowd.settle();
    let mut expected = vec![(crowd.account(BOB), "👍".to_owned()), (crowd.account(CAROL), "👎".to_owned())];
    expected.sort();
    for who in [ALICE, BOB, CAROL] {
        assert_eq!(last(crowd.people[who].messages(conversation)).reactions, expected);
    }
    let index = last(crowd.people[ALICE].messages(conversation)).index;
    crowd.people[ALICE].step(|engine, step| engine.unsend(step, conversation, index)).unwrap();
    crowd.settle();
    for who in [ALICE, BOB, CAROL] {
        assert!(matches!(last(crowd.people[who].messages(conversation)).body, Body::Unsend(_)));
    }
}

// CON-20, CON-25; threats C8, T5
#[test]
fn t5_c8_nobody_marks_what_is_not_there_or_what_is_not_theirs() {
    let mut world = World::chatting(64);
    let chat = chat(&mut world);
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    world.alice.say(&handle("bob"), "mine").unwrap();
    world.settle();
    let message = last(world.bob.messages(chat));
    let frame_hash = |world: &mut World| {
        let stored = crate::store::rows(&world.bob.store.inner, aside_client::store::Table::Message);
        let hash = stored.last().unwrap().1[stored.last().unwrap().1.len() - 32..].to_vec();
        Digest(hash.try_into().unwrap())
    };
    let target = Target {
        message_id: message.message_id,
        author: world.alice.account(),
        hash: frame_hash(&mut world),
    };
    let other = Target { hash: Digest([9; 32]), ..target };
    let unknown = Target { message_id: aside_content::MessageId::new([9; 16]), ..target };
    let react = |target| Body::of(Reaction { target, emoji: "👍".into(), counter: 1 }).unwrap();
    let reword = Body::of(Edit { target, version: 1, text: Text::new("not mine").unwrap() }).unwrap();
    let to = world.alice.address();
    for (body, expected) in [
        (react(other), Some(Reject::Policy)),
        (reword, Some(Reject::Policy)),
        (react(unknown), None),
        (Body::Unsend(message.message_id), None),
        (react(target), None),
    ] {
        let sends = world.relay.sends.len();
        let frame = forge::frame(&mut world.bob, body);
        let envelope = forge::encrypt(&mut world.bob, &to, id, frame, |_| ());
        let from = world.bob.address();
        world.relay.deliver(&to, &from, &envelope);
        world.alice.news();
        world.alice.sync(&mut world.relay);
        let refusals: Vec<_> = world
            .alice
            .news()
            .into_iter()
            .filter_map(|event| match event {
                Event::Refused { reason, .. } => Some(reason),
                _ => None,
            })
            .collect();
        assert_eq!(refusals, expected.into_iter().collect::<Vec<_>>());
        assert_eq!(world.relay.sends.len(), sends, "nothing is answered");
    }
    let message = last(world.alice.messages(chat));
    assert_eq!(text(&message.body), "mine");
    assert_eq!(message.reactions, [(world.bob.account(), "👍".to_owned())]);
}

// CON-20; threat C8
#[test]
fn c8_an_answer_goes_with_the_own_copy_of_what_was_meant_or_with_none() {
    let mut world = World::chatting(66);
    let chat = chat(&mut world);
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    world.alice.say(&handle("bob"), "mine").unwrap();
    world.settle();
    let mine = last(world.bob.messages(chat)).index;
    let answer = Body::text("an answer").unwrap();
    world.bob.step(|engine, step| engine.reply(step, chat, mine, answer)).unwrap();
    world.settle();
    let answered = |world: &mut World, message: &Message| {
        let answered = world.alice.step(|engine, step| engine.answered(step, message));
        answered.unwrap().map(|message| text(&message.body))
    };
    let answer = last(world.alice.messages(chat));
    assert_eq!(answered(&mut world, &answer), Some("mine".to_owned()));

    // An answer to something that comes later, and says something else than was meant.
    let later = forge::frame(&mut world.bob, Body::text("something else").unwrap());
    let target = Target { message_id: later.message_id, author: world.bob.account(), hash: Digest([9; 32]) };
    let early = Body::of(Reply { target, body: Body::text("early").unwrap() }).unwrap();
    let early = forge::frame(&mut world.bob, early);
    let (to, from) = (world.alice.address(), world.bob.address());
    for frame in [early, later] {
        let envelope = forge::encrypt(&mut world.bob, &to, id, frame, |_| ());
        world.relay.deliver(&to, &from, &envelope);
        world.alice.sync(&mut world.relay);
        let early =
            world.alice.messages(chat).into_iter().rfind(|message| matches!(message.body, Body::Reply(_)));
        assert_eq!(answered(&mut world, &early.unwrap()), None);
    }
    assert_eq!(text(&last(world.alice.messages(chat)).body), "something else");
}

// CNV-5; threat C1
#[test]
fn c1_nothing_said_encrypted_is_forwarded_into_a_thread() {
    let mut world = World::chatting(65);
    let chat = chat(&mut world);
    world.alice.say_openly(&handle("bob"), "in the open").unwrap();
    world.settle();
    let thread = world.alice.thread_with(&world.bob.account());
    let (secret, open) = (last(world.alice.messages(chat)).index, last(world.alice.messages(thread)).index);
    let sends = world.relay.sends.len();
    let refused = world.alice.step(|engine, step| engine.forward(step, (chat, secret), thread));
    assert!(matches!(refused, Err(crate::client::Halt::Client(Error::Misuse(Misuse::WouldLeaveEncryption)))));
    assert_eq!(world.relay.sends.len(), sends);
    world.alice.step(|engine, step| engine.forward(step, (thread, open), chat)).unwrap();
    world.settle();
    let Body::Forward(forward) = last(world.bob.messages(chat)).body else { panic!("a forward") };
    assert_eq!((forward.depth, text(&forward.body)), (1, "in the open".to_owned()));
}
