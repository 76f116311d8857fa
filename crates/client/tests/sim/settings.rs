//! Who may write: decided here, told the relay, and enforced here whatever the relay does.

use crate::{
    client::{Client, Fuse, Halt, text},
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE},
    forge,
    relay::{Relay, body},
    world::{World, handle},
};
use aside_client::{Conversation, Delivery, Error, Event, Levels, Matter, Misuse};
use aside_identity::{AccountKey, Reach, Rules, Settings};
use aside_wire::{
    Reject,
    pb::{self, RefusalCode},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

fn set(client: &mut Client, matter: Matter, reach: Reach) {
    client.step(|engine, step| engine.set_level(step, matter, reach)).unwrap();
}

fn set_all(client: &mut Client, reach: Reach) {
    for matter in [Matter::Threads, Matter::Chats, Matter::Groups] {
        set(client, matter, reach);
    }
}

fn block(client: &mut Client, who: &str, blocked: bool) {
    client.step(|engine, step| engine.set_blocked(step, &handle(who), blocked)).unwrap();
}

fn befriend(client: &mut Client, who: &str, contact: bool) {
    client.step(|engine, step| engine.set_contact(step, &handle(who), contact)).unwrap();
}

fn is_settled(client: &mut Client) -> bool {
    client.step(|engine, step| engine.is_settled(step.tx)).unwrap()
}

fn levels(client: &mut Client) -> Levels {
    client.step(|engine, step| engine.levels(step.tx)).unwrap()
}

/// What the relay has of somebody.
fn published(relay: &Relay, client: &Client) -> (u64, Rules) {
    let (_, bytes) = &relay.settings[&client.account()];
    let settings = Settings::verify(bytes, client.engine.list().certificates()).unwrap();
    (settings.version, settings.rules)
}

fn failures(client: &mut Client) -> Vec<RefusalCode> {
    let code = |event| match event {
        Event::Failed { code, .. } => Some(code),
        _ => None,
    };
    client.news().into_iter().filter_map(code).collect()
}

// F08
#[test]
fn cnv_44_what_is_decided_is_published_and_the_relay_refuses_who_is_excluded() {
    let mut world = World::new(100);
    world.settle();
    assert!(world.relay.settings.is_empty(), "who decides nothing publishes nothing");
    set(&mut world.bob, Matter::Threads, Reach::Contacts);
    befriend(&mut world.bob, "carol", true);
    assert!(!is_settled(&mut world.bob));
    world.settle();
    assert!(is_settled(&mut world.bob));
    let (version, rules) = published(&world.relay, &world.bob);
    assert_eq!((version, rules.threads, rules.chats), (1, Reach::Contacts, Reach::Everyone));
    assert_eq!(rules.contacts, [world.carol.account()]);

    world.alice.say_openly(&handle("bob"), "hello").unwrap();
    world.carol.say_openly(&handle("bob"), "hello").unwrap();
    world.settle();
    assert_eq!(failures(&mut world.alice), [RefusalCode::Unreachable]);
    assert_eq!(failures(&mut world.carol), []);
    assert_eq!(world.bob.conversations().len(), 1);
    // Chats are another matter.
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    assert_eq!(world.bob.chats_with(&world.alice.account()).len(), 1);

    // The same again is nothing new; less is a newer version, and so is more.
    befriend(&mut world.bob, "carol", true);
    world.settle();
    assert_eq!(published(&world.relay, &world.bob).0, 1);
    befriend(&mut world.bob, "carol", false);
    world.settle();
    assert_eq!(published(&world.relay, &world.bob).1.contacts, []);
    set(&mut world.bob, Matter::Threads, Reach::Everyone);
    world.settle();
    let (version, rules) = published(&world.relay, &world.bob);
    assert_eq!((version, rules.threads), (3, Reach::Everyone));
}

// F11, T6
#[test]
fn cnv_46_a_block_and_a_restriction_are_one_answer() {
    let mut answers = Vec::new();
    for blocked in [true, false] {
        let mut world = World::chatting(101);
        match blocked {
            true => block(&mut world.bob, "alice", true),
            false => set_all(&mut world.bob, Reach::Contacts),
        }
        world.settle();
        world.alice.say_openly(&handle("bob"), "in the thread").unwrap();
        world.alice.say(&handle("bob"), "in the chat").unwrap();
        world.settle();
        let peer = world.bob.account();
        let mut seen = Vec::new();
        for conversation in [world.alice.thread_with(&peer), world.alice.chat_with(&peer)] {
            let messages = world.alice.messages(conversation);
            seen.extend(messages.into_iter().map(|message| (text(&message.body), message.delivery)));
        }
        assert_eq!(seen.last().unwrap().1, Delivery::Failed(RefusalCode::Unreachable));
        answers.push((seen, world.alice.news(), world.alice.conversations()));
        assert_eq!(world.bob.news(), []);
    }
    assert_eq!(answers[0], answers[1]);
}

// F07, F64
#[test]
fn cnv_45_what_a_relay_lets_through_against_the_settings_is_refused_here() {
    for level in [Reach::Contacts, Reach::Nobody] {
        let mut world = World::chatting(102);
        let (alice, bob) = (world.alice.account(), world.bob.address());
        set_all(&mut world.bob, level);
        world.settle();
        world.relay.is_lax = true;
        let chat = world.bob.chat_with(&alice);
        let before = (world.bob.conversations(), world.bob.messages(chat), world.relay.sends.len());
        world.alice.say_openly(&handle("bob"), "in the thread").unwrap();
        world.alice.say(&handle("bob"), "in the chat").unwrap();
        world.carol.open_chat(&handle("bob")).unwrap();
        let group = world.alice.step(|engine, step| engine.create_group(step, "Friends", false)).unwrap();
        world.settle();
        world.alice.step(|engine, step| engine.add_to_group(step, &group, &[handle("bob")])).unwrap();
        world.settle();
        // Nothing is kept, nothing goes out, and here it can be seen that the relay does not do what it should.
        assert_eq!(world.bob.refusals(), [Reject::Policy; 3]);
        assert_eq!((world.bob.conversations(), world.bob.messages(chat)), (before.0, before.1));
        assert_eq!(world.bob.step(|engine, step| engine.groups(step.tx)).unwrap(), []);
        assert!(world.relay.sends[before.2..].iter().all(|(from, _)| *from != bob));

        // The session has gone on, so that they understand each other when they may again.
        set_all(&mut world.bob, Reach::Everyone);
        world.alice.say(&handle("bob"), "and now?").unwrap();
        world.settle();
        assert_eq!(world.bob.received(chat).last().unwrap(), "and now?");
    }
}

#[test]
fn cnv_45_nothing_goes_out_by_itself_to_whom_the_person_does_not_hear() {
    let mut world = World::chatting(111);
    world.alice.say(&handle("bob"), "read this").unwrap();
    world.settle();
    set(&mut world.bob, Matter::Chats, Reach::Nobody);
    world.bob.sync(&mut world.relay);
    let sends = world.relay.sends.len();
    let chat = world.bob.chat_with(&world.alice.account());
    world.bob.step(|engine, step| engine.mark_shown(step, chat, u64::MAX)).unwrap();
    world.bob.now += 60 * 60 * 1000;
    world.settle();
    assert_eq!(world.relay.sends.len(), sends);
    let typing = world.bob.step(|engine, step| engine.typing(step, &handle("alice"), true)).unwrap();
    assert!(typing.is_none());
}

#[test]
fn nobody_begins_a_chat_in_which_they_would_hear_no_answer() {
    let mut world = World::new(112);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    set(&mut world.bob, Matter::Chats, Reach::Contacts);
    let refused =
        |answer: Result<(), Halt>| matches!(answer, Err(Halt::Client(Error::Misuse(Misuse::NoAnswer(_)))));
    assert!(refused(world.bob.open_chat(&handle("carol"))));
    assert!(refused(world.bob.accept_chat(&handle("alice"))));
    befriend(&mut world.bob, "carol", true);
    befriend(&mut world.bob, "alice", true);
    world.bob.open_chat(&handle("carol")).unwrap();
    world.bob.accept_chat(&handle("alice")).unwrap();
}

#[test]
fn cnv_45_a_contact_is_heard_whatever_the_others_are() {
    let mut world = World::chatting(103);
    set_all(&mut world.bob, Reach::Contacts);
    befriend(&mut world.bob, "alice", true);
    world.settle();
    let chat = world.bob.chat_with(&world.alice.account());
    world.alice.say_openly(&handle("bob"), "in the thread").unwrap();
    world.alice.say(&handle("bob"), "in the chat").unwrap();
    world.settle();
    assert_eq!(failures(&mut world.alice), []);
    assert_eq!(world.bob.received(chat).last().unwrap(), "in the chat");
    assert_eq!(world.bob.received(world.bob.thread_with(&world.alice.account())), ["in the thread"]);
    // Whoever is blocked is not heard, contact or not.
    block(&mut world.bob, "alice", true);
    world.settle();
    world.alice.say(&handle("bob"), "still?").unwrap();
    world.settle();
    assert_eq!(failures(&mut world.alice), [RefusalCode::Unreachable]);
}

// RLY-41
#[test]
fn rly_41_whoever_is_in_a_group_with_one_is_not_shut_out_by_settings() {
    let (mut crowd, group) = Crowd::group(104, 3);
    set_all(&mut crowd.people[BOB], Reach::Nobody);
    block(&mut crowd.people[BOB], "carol", true);
    block(&mut crowd.people[BOB], "dave", true);
    crowd.sync(BOB);
    let (_, rules) = published(&crowd.relay, &crowd.people[BOB]);
    let companions = sorted(&[crowd.account(ALICE), crowd.account(CAROL)]);
    assert_eq!((rules.threads, rules.chats, rules.groups), (Reach::Nobody, Reach::Nobody, Reach::Contacts));
    assert_eq!((rules.contacts, rules.blocked), (companions, vec![crowd.account(DAVE)]));

    // The keys of the group go through, and what is said there; what is said to Bob alone is hidden from him.
    crowd.say(CAROL, &group, "in the group").unwrap();
    crowd.people[CAROL].open_chat(&handle("bob")).unwrap();
    crowd.people[ALICE].open_chat(&handle("bob")).unwrap();
    crowd.settle();
    let said = crowd.people[BOB].received(Conversation::Group(group));
    assert_eq!(said, ["in the group"]);
    assert_eq!(failures(&mut crowd.people[CAROL]), []);
    assert_eq!(crowd.people[BOB].conversations(), []);
    assert_eq!(crowd.people[BOB].refusals(), [], "what Bob's own settings had to let through is no alarm");

    // Out of the group, a block is a matter for the relay again.
    let carol = crowd.account(CAROL);
    crowd.remove(ALICE, &group, CAROL).unwrap();
    crowd.settle();
    crowd.sync(BOB);
    let (_, rules) = published(&crowd.relay, &crowd.people[BOB]);
    assert_eq!(rules.contacts, [crowd.account(ALICE)]);
    assert!(rules.blocked.contains(&carol));
}

#[test]
fn rly_41_whoever_joins_a_group_is_let_in_before_it_is_spoken_of() {
    let (mut crowd, group) = Crowd::group(105, 2);
    set_all(&mut crowd.people[BOB], Reach::Contacts);
    crowd.sync(BOB);
    assert_eq!(published(&crowd.relay, &crowd.people[BOB]).1.contacts, [crowd.account(ALICE)]);
    crowd.say(ALICE, &group, "changes nothing that the relay has to know").unwrap();
    crowd.settle();
    assert!(is_settled(&mut crowd.people[BOB]));
    crowd.add(ALICE, &group, &["carol"]).unwrap();
    crowd.settle();
    assert!(!is_settled(&mut crowd.people[BOB]));
    crowd.sync(BOB);
    let both = sorted(&[crowd.account(ALICE), crowd.account(CAROL)]);
    assert_eq!(published(&crowd.relay, &crowd.people[BOB]).1.contacts, both);
    // Who hears from everyone names nobody.
    set_all(&mut crowd.people[BOB], Reach::Everyone);
    crowd.sync(BOB);
    assert_eq!(published(&crowd.relay, &crowd.people[BOB]).1.contacts, []);
}

fn sorted(accounts: &[AccountKey]) -> Vec<AccountKey> {
    let mut accounts = accounts.to_vec();
    accounts.sort();
    accounts
}

// H13
#[test]
fn cnv_44_settings_survive_a_crash_at_every_point() {
    let mut points = 1;
    for crash in 1.. {
        let mut world = World::new(106);
        set_all(&mut world.bob, Reach::Contacts);
        let mut fuse = Fuse { passed: 0, burns_at: [crash].into() };
        let ended = world.bob.sync_until(&mut world.relay, &mut fuse);
        world.bob.reboot();
        world.bob.sync(&mut world.relay);
        let (version, rules) = published(&world.relay, &world.bob);
        assert_eq!((version, rules.threads), (1, Reach::Contacts), "crash at {crash}");
        assert!(is_settled(&mut world.bob));
        if !matches!(ended, Err(Halt::Crashed)) {
            break;
        }
        points = crash;
    }
    assert!(points > 4, "{points}");
}

#[test]
fn cnv_44_settings_go_out_before_anything_else() {
    let mut world = World::new(107);
    world.alice.say_openly(&handle("bob"), "hello").unwrap();
    block(&mut world.alice, "carol", true);
    let mut fuse = Fuse::default();
    world.alice.publish(&mut world.relay, &mut fuse).unwrap();
    assert_eq!(published(&world.relay, &world.alice).1.blocked, [world.carol.account()]);
    assert!(world.relay.sends.is_empty());
}

// RLY-41
#[test]
fn cnv_44_after_newer_settings_at_the_relay_the_next_ones_are_newer_still() {
    let mut world = World::new(108);
    set_all(&mut world.bob, Reach::Contacts);
    let older = world.bob.store.clone();
    for reach in [Reach::Nobody, Reach::Everyone, Reach::Nobody] {
        set_all(&mut world.bob, reach);
        world.settle();
    }
    let (version, _) = published(&world.relay, &world.bob);
    assert_eq!(version, 3);
    // The profile comes back from a backup that knows nothing of these.
    world.bob.store = older;
    world.bob.reboot();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    world.relay.lie_about_settings = Some(Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    world.bob.sync(&mut world.relay);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let (version, rules) = published(&world.relay, &world.bob);
    assert_eq!((version, rules.threads), (4, Reach::Contacts));
    assert!(is_settled(&mut world.bob));
}

#[test]
fn cnv_44_a_relay_that_lies_about_settings_changes_nothing_here() {
    let mut world = World::new(109);
    let keys = forge::device_keys(&mut world.carol);
    let carols = Settings::issue(world.carol.engine.certificate(), &keys, 9, body_of(Reach::Everyone));
    let carols = carols.unwrap().as_bytes().to_vec();
    set_all(&mut world.bob, Reach::Nobody);
    let lies: [Vec<u8>; 3] = [carols, vec![1, 2, 3], Vec::new()];
    for lie in lies {
        world.relay.refuse_statements = Some(RefusalCode::StaleStatement);
        world.relay.lie_about_settings = Some(Arc::new(move |answer| answer.settings.clone_from(&lie)));
        world.bob.sync(&mut world.relay);
        let threads = levels(&mut world.bob).threads;
        assert_eq!(
            (threads, is_settled(&mut world.bob)),
            (Reach::Nobody, false),
            "it waits for an honest relay"
        );
    }
    // Older settings of Bob's own, shown as the newest.
    world.relay.refuse_statements = None;
    world.relay.lie_about_settings = None;
    world.bob.sync(&mut world.relay);
    let (_, older) = world.relay.settings[&world.bob.account()].clone();
    set(&mut world.bob, Matter::Chats, Reach::Contacts);
    world.bob.sync(&mut world.relay);
    set(&mut world.bob, Matter::Chats, Reach::Everyone);
    world.relay.refuse_statements = Some(RefusalCode::StaleStatement);
    world.relay.lie_about_settings = Some(Arc::new(move |answer| answer.settings.clone_from(&older)));
    world.bob.sync(&mut world.relay);
    world.relay.refuse_statements = None;
    world.bob.sync(&mut world.relay);
    let (version, rules) = published(&world.relay, &world.bob);
    assert_eq!((version, rules.chats, rules.threads), (3, Reach::Everyone, Reach::Nobody));
}

fn body_of(reach: Reach) -> Rules {
    Rules { threads: reach, chats: reach, groups: reach, contacts: vec![], blocked: vec![] }
}

#[test]
fn cnv_44_every_statement_names_the_device_that_signs() {
    let mut world = World::new(110);
    block(&mut world.bob, "alice", true);
    world.settle();
    let (_, bytes) = &world.relay.settings[&world.bob.account()];
    let fields: pb::SettingsBody = body(bytes);
    assert_eq!(fields.device_id, world.bob.address().device.number());
    assert_eq!(fields.blocked, [world.alice.account().as_bytes()]);
}
