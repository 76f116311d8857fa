//! Somebody who is blocked: nothing of theirs is kept, nothing goes out to them, and they cannot tell.

use crate::{
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE},
    world::{World, handle},
};
use aside_client::Conversation;

// CNV-11
#[test]
fn nothing_of_somebody_blocked_is_kept_and_they_cannot_tell() {
    let mut world = World::chatting(41);
    // The relay lets everything through; what it refuses is the affair of the settings.
    world.relay.is_lax = true;
    let chat = world.bob.chat_with(&world.alice.account());
    world.bob.step(|engine, step| engine.set_blocked(step, &handle("alice"), true)).unwrap();
    let before = world.bob.messages(chat).len();
    let sent = world.relay.sends.len();
    world.alice.say(&handle("bob"), "do you hear me?").unwrap();
    world.alice.say_openly(&handle("bob"), "or so?").unwrap();
    world.settle();
    // To Alice it looks as if he had not looked yet: her two sends were accepted, and nothing came back.
    assert_eq!(world.relay.sends.len(), sent + 2);
    assert_eq!(world.alice.waiting(), 0);
    assert_eq!(world.bob.news(), []);
    assert_eq!(world.bob.messages(chat).len(), before);
    assert_eq!(world.bob.messages(world.bob.thread_with(&world.alice.account())), []);
    assert!(world.bob.say(&handle("alice"), "no").is_err());
    assert!(world.bob.say_openly(&handle("alice"), "no").is_err());

    world.bob.step(|engine, step| engine.set_blocked(step, &handle("alice"), false)).unwrap();
    world.alice.say(&handle("bob"), "and now?").unwrap();
    world.settle();
    assert_eq!(world.bob.received(chat).last().unwrap(), "and now?");
}

#[test]
fn what_somebody_muted_or_blocked_writes_is_not_announced() {
    let (mut crowd, group) = Crowd::group(42, 3);
    crowd.people[BOB].step(|engine, step| engine.set_muted(step, &handle("carol"), true)).unwrap();
    crowd.say(ALICE, &group, "loud").unwrap();
    crowd.say(CAROL, &group, "quiet").unwrap();
    crowd.settle();
    let messages = crowd.people[BOB].messages(Conversation::Group(group));
    let announced: Vec<_> = messages
        .iter()
        .map(|message| {
            let text = crate::client::text(&message.body);
            let told = crowd.people[BOB].step(|engine, step| engine.is_to_be_announced(step.tx, message));
            (text, told.unwrap())
        })
        .collect();
    assert_eq!(announced, [("loud".to_owned(), true), ("quiet".to_owned(), false)]);
}

#[test]
fn the_keys_of_a_group_are_taken_from_an_admin_who_is_blocked() {
    let (mut crowd, group) = Crowd::group(44, 4);
    crowd.people[BOB].step(|engine, step| engine.set_blocked(step, &handle("alice"), true)).unwrap();
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.settle();
    assert!(!crowd.info(BOB, &group).behind);
    crowd.say(BOB, &group, "under the next key").unwrap();
    crowd.settle();
    let said = crowd.people[CAROL].received(Conversation::Group(group));
    assert_eq!(said, ["under the next key"]);
}

#[test]
fn nobody_blocked_takes_one_into_a_group() {
    let mut crowd = Crowd::new(43);
    crowd.people[BOB].step(|engine, step| engine.set_blocked(step, &handle("alice"), true)).unwrap();
    let group = crowd.people[ALICE].step(|engine, step| engine.create_group(step, "Friends", false)).unwrap();
    crowd.add(ALICE, &group, &["bob"]).unwrap();
    crowd.settle();
    assert_eq!(crowd.standing(BOB, &group), None);
    assert_eq!(crowd.news(BOB), []);
}
