//! F27: what a person deletes here is gone here, and nobody hears of it. And what is kept can be found by its words.

use crate::{
    client::Client,
    crowd::{ALICE, BOB, Crowd},
    relay::contains,
    store::dump,
    world::{World, handle},
};
use aside_client::{Conversation, Message};
use aside_content::Text;
use aside_wire::Reject;

const CANARY: &str = "xylophone";

fn last(client: &mut Client, conversation: Conversation) -> Message {
    client.messages(conversation).into_iter().last().unwrap()
}

/// Whether a word stands in a key or a record.
fn is_kept(client: &Client, word: &str) -> bool {
    let kept = dump(&client.store.inner);
    kept.iter().any(|(_, (key, record))| contains(key, word.as_bytes()) || contains(record, word.as_bytes()))
}

// ARC-10
#[test]
fn f27_what_is_deleted_is_gone_here_and_nobody_is_told() {
    let mut world = World::chatting(71);
    let chat = world.alice.chat_with(&world.bob.account());
    let thread = world.alice.thread_with(&world.bob.account());
    for conversation in [chat, thread] {
        let text = format!("a {CANARY} for both of us");
        match conversation {
            Conversation::Thread(_) => world.alice.say_openly(&handle("bob"), &text).unwrap(),
            _ => world.alice.say(&handle("bob"), &text).unwrap(),
        };
        world.settle();
        for person in [&mut world.alice, &mut world.bob] {
            let index = last(person, conversation).index;
            person.step(|engine, step| engine.react(step, conversation, index, "👍")).unwrap();
        }
        let mine = last(&mut world.alice, conversation).index;
        let reworded = Text::new(format!("another {CANARY}")).unwrap();
        world.alice.step(|engine, step| engine.edit(step, conversation, mine, reworded)).unwrap();
        world.settle();
        for person in [&mut world.alice, &mut world.bob] {
            assert!(is_kept(person, CANARY));
            let index = last(person, conversation).index;
            person.step(|engine, step| engine.delete(step, conversation, index)).unwrap();
            assert!(!is_kept(person, CANARY), "{conversation:?}");
            assert_eq!(person.waiting(), 0, "nothing goes out");
            assert!(person.step(|engine, step| engine.delete(step, conversation, index)).is_err());
        }
    }
}

// CON-6
#[test]
fn f27_a_copy_of_what_was_deleted_is_a_duplicate_and_what_is_said_about_it_is_lost() {
    let mut world = World::new(72);
    world.alice.say_openly(&handle("bob"), CANARY).unwrap();
    let fuse = &mut crate::client::Fuse::default();
    world.alice.flush(&mut world.relay, fuse).unwrap();
    let delivered = world.relay.waiting(&world.bob.address());
    world.settle();
    let thread = world.alice.thread_with(&world.bob.account());
    let index = last(&mut world.bob, thread).index;
    world.bob.step(|engine, step| engine.delete(step, thread, index)).unwrap();
    let mine = last(&mut world.alice, thread).index;
    world.alice.step(|engine, step| engine.edit(step, thread, mine, Text::new(CANARY).unwrap())).unwrap();
    world.settle();
    world.bob.news();
    let mut again = delivered.into_iter().next().unwrap();
    again.sequence = 1000;
    world
        .bob
        .step(|engine, step| engine.on_delivery(step, &again, true))
        .map(|incoming| {
            let aside_client::engine::Incoming::Done(events) = incoming else { panic!("{incoming:?}") };
            world.bob.events = events;
        })
        .unwrap();
    assert_eq!(world.bob.refusals(), [Reject::Replay]);
    assert_eq!(world.bob.messages(thread), []);
    assert!(!is_kept(&world.bob, CANARY));
}

#[test]
fn f27_a_group_is_no_exception() {
    let (mut crowd, group) = Crowd::group(73, 3);
    let conversation = Conversation::Group(group);
    crowd.say(ALICE, &group, CANARY).unwrap();
    crowd.settle();
    let index = last(&mut crowd.people[BOB], conversation).index;
    crowd.people[BOB].step(|engine, step| engine.delete(step, conversation, index)).unwrap();
    assert!(!is_kept(&crowd.people[BOB], CANARY));
    assert_eq!(crowd.people[ALICE].texts(conversation).last().unwrap().1, CANARY);
}

fn found(client: &mut Client, typed: &str) -> Vec<String> {
    let found = client.step(|engine, step| engine.search(step, typed, None, 10)).unwrap();
    found.into_iter().map(|message| crate::client::text(&message.body)).collect()
}

#[test]
fn messages_are_found_by_their_words_newest_first() {
    let mut world = World::chatting(74);
    let said = ["Dinner on Friday?", "Dinner at the RIVER on friday", "riverside walk", "nothing"];
    for text in said {
        world.alice.say(&handle("bob"), text).unwrap();
    }
    world.bob.say_openly(&handle("alice"), "friday in the thread").unwrap();
    world.settle();
    for person in [&mut world.alice, &mut world.bob] {
        assert_eq!(found(person, "dinner friday "), [said[1], said[0]]);
        assert_eq!(found(person, "riv"), [said[2], said[1]]);
        assert_eq!(found(person, "riv "), [""; 0]);
        assert_eq!(found(person, "RIVER dinner"), [said[1]]);
        assert_eq!(found(person, "dinner walk"), [""; 0]);
        assert_eq!(found(person, "fri").len(), 3);
        assert_eq!(found(person, " ?! "), [""; 0]);
        let peer = person.conversations()[0].peer;
        let thread = person.thread_with(&peer);
        let in_thread = |engine: &aside_client::Engine, step: &mut aside_client::Step<'_>| {
            engine.search(step, "friday", Some(thread), 10)
        };
        assert_eq!(person.step(in_thread).unwrap().len(), 1);
        let newest = person.step(|engine, step| engine.search(step, "friday", None, 1)).unwrap();
        assert_eq!(newest.len(), 1);
    }
}

#[test]
fn the_wording_that_counts_is_found_and_what_was_taken_back_is_not() {
    let mut world = World::chatting(75);
    let chat = world.alice.chat_with(&world.bob.account());
    world.alice.say(&handle("bob"), &format!("{CANARY} first")).unwrap();
    world.settle();
    let mine = last(&mut world.alice, chat).index;
    let reworded = Text::new("marimba first").unwrap();
    world.alice.step(|engine, step| engine.edit(step, chat, mine, reworded)).unwrap();
    world.settle();
    for person in [&mut world.alice, &mut world.bob] {
        assert_eq!(found(person, CANARY), [""; 0]);
        assert_eq!(found(person, "marimba"), ["marimba first"]);
    }
    world.alice.step(|engine, step| engine.unsend(step, chat, mine)).unwrap();
    world.settle();
    for person in [&mut world.alice, &mut world.bob] {
        assert!(!is_kept(person, CANARY) && !is_kept(person, "marimba"));
    }
}

// CNV-4
#[test]
fn a_request_is_found_when_it_was_accepted() {
    let mut world = World::new(76);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    assert_eq!(found(&mut world.bob, CANARY), [""; 0]);
    world.bob.accept_chat(&handle("alice")).unwrap();
    assert_eq!(found(&mut world.bob, CANARY), [CANARY]);
}

#[test]
fn a_profile_without_an_index_gets_one_step_by_step() {
    let mut world = World::chatting(77);
    let before = crate::store::rows(&world.alice.store.inner, aside_client::store::Table::Term);
    let dropped: Result<(), aside_client::store::StoreError> =
        aside_client::store::Store::step(&mut world.alice.store, |tx| {
            for (key, _) in &before {
                tx.delete(aside_client::store::Table::Term, key)?;
            }
            tx.put(aside_client::store::Table::Term, &[1; 50], b"of another version")
        });
    dropped.unwrap();
    assert_eq!(found(&mut world.alice, "first"), [""; 0]);
    while world.alice.step(|engine, step| engine.build_index(step)).unwrap() {}
    assert_eq!(found(&mut world.alice, "first"), ["first"]);
    let mut after = crate::store::rows(&world.alice.store.inner, aside_client::store::Table::Term);
    after.retain(|(key, _)| key.len() > 1);
    assert_eq!(after, before);
    assert!(!world.alice.step(|engine, step| engine.build_index(step)).unwrap());
}
