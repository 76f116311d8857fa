//! Messages that go: what is stored of them, and that nothing is left.

use crate::{
    forge,
    store::{dump, rows},
    world::{World, handle},
};
use aside_client::{
    Conversation, Event, Gone, Lifetime, Manner, Message,
    engine::Busy,
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, ExpiryPolicy, Shorten, Text};
use aside_primitives::Digest;
use aside_wire::{ExpiryTerms, pb};

const MINUTE: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 60 };
const CANARY: &str = "pangolin";

/// Alice and Bob have a chat in which everything goes after a minute, and she has said something.
fn timed(seed: u64) -> (World, Conversation) {
    let mut world = World::chatting(seed);
    let chat = world.alice.chat_with(&world.bob.account());
    world.alice.step(|engine, step| engine.set_expiry(step, chat, MINUTE)).unwrap();
    world.alice.say(&handle("bob"), CANARY).unwrap();
    world.settle();
    (world, chat)
}

fn holds(world: &World, canary: &str) -> [bool; 2] {
    [&world.alice, &world.bob].map(|client| {
        let stored = dump(&client.store.inner);
        stored.iter().any(|(_, (_, record))| record.windows(canary.len()).any(|at| at == canary.as_bytes()))
    })
}

// EXP-3, EXP-30, EXP-40, EXP-41
#[test]
fn a_message_that_goes_is_stored_sealed_and_leaves_a_tombstone() {
    let (mut world, chat) = timed(601);
    let policy = world.bob.news().into_iter().any(|event| matches!(event, Event::ExpiryChanged { .. }));
    assert!(policy);
    for client in [&mut world.alice, &mut world.bob] {
        let messages = client.messages(chat);
        let last = messages.last().unwrap();
        assert_eq!(last.body, Body::text(CANARY).unwrap());
        assert!(matches!(last.lifetime, Lifetime::Goes { deadline: Some(_), .. }), "{last:?}");
        assert!(messages.iter().any(|message| matches!(message.body, Body::ExpiryPolicy(_))));
        let found = client.step(|engine, step| engine.search(step, CANARY, None, 9)).unwrap();
        assert_eq!(found.len(), 1);
    }
    assert_eq!(holds(&world, CANARY), [false, false]);

    for client in [&mut world.alice, &mut world.bob] {
        client.now += 60_000;
        let messages = client.messages(chat);
        let last = messages.last().unwrap();
        assert_eq!(last.lifetime, Lifetime::Gone(Gone::Expired));
        assert_eq!(last.body, Body::Unsend(last.message_id));
        assert!(client.step(|engine, step| engine.search(step, CANARY, None, 9)).unwrap().is_empty());
        let swept = client.step(|engine, step| engine.sweep(step)).unwrap();
        assert_eq!(swept.events, [Event::Expired { conversation: chat, index: last.index }]);
        for table in [Table::PageKey, Table::KeyPage, Table::Due] {
            assert_eq!(rows(&client.store.inner, table), [], "{table:?}");
        }
        assert_eq!(client.messages(chat).last().unwrap().lifetime, Lifetime::Gone(Gone::Expired));
    }
}

// EXP-4
#[test]
fn a_wish_for_one_message_is_only_ever_shorter() {
    let (mut world, chat) = timed(602);
    for (seconds, lives) in [(10, 10_000), (3600, 60_000)] {
        let terms = Some(ExpiryTerms::AfterSend { duration_s: seconds });
        let manner = Manner { terms, ..Manner::default() };
        let body = Body::text("wished").unwrap();
        world.alice.step(|engine, step| engine.say_as(step, chat, body, manner)).unwrap();
        world.settle();
        let last = world.bob.messages(chat).pop().unwrap();
        let Lifetime::Goes { deadline: Some(deadline), .. } = last.lifetime else { panic!("{last:?}") };
        let start = world.bob.now.min(last.accepted_at.unwrap().max(last.sent_at));
        assert_eq!(deadline - start, lives);
    }
}

// EXP-18
#[test]
fn exp_18_whoever_has_lost_everything_is_told_what_is_in_force() {
    let (mut world, chat) = timed(603);
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    let alice = world.alice.address();
    for (terms, expected) in [(MINUTE, 1), (ExpiryTerms::Off, 0)] {
        world.alice.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
        world.settle();
        let policies = |messages: Vec<Message>| {
            messages.iter().filter(|message| matches!(message.body, Body::ExpiryPolicy(_))).count()
        };
        let before = policies(world.bob.messages(chat));
        let frame = forge::frame(&mut world.bob, Body::ChatOpen { beside: None });
        let envelope = forge::encrypt(&mut world.bob, &alice, id, frame, |_| ());
        world.relay.deliver(&alice, &world.bob.address(), &envelope);
        world.settle();
        assert_eq!(policies(world.bob.messages(chat)) - before, expected, "{terms:?}");
    }
}

// EXP-6: what is gone here may be there elsewhere.
#[test]
fn what_is_gone_here_can_still_be_taken_back() {
    let (mut world, chat) = timed(604);
    let sent = world.alice.messages(chat).pop().unwrap();
    world.alice.now += 60_000;
    world.alice.step(|engine, step| engine.sweep(step)).unwrap();
    world.alice.step(|engine, step| engine.unsend(step, chat, sent.index)).unwrap();
    world.settle();
    let left = world.bob.messages(chat).into_iter().find(|message| message.message_id == sent.message_id);
    assert_eq!(left.unwrap().body, Body::Unsend(sent.message_id));
    assert_eq!(rows(&world.bob.store.inner, Table::KeyPage), []);
}

// EXP-3, EXP-8
#[test]
fn exp_8_of_two_decisions_at_once_the_other_is_shown_as_superseded_to_both() {
    let mut world = World::chatting(611);
    let chat = world.alice.chat_with(&world.bob.account());
    let hour = ExpiryTerms::AfterSend { duration_s: 3600 };
    for (client, terms) in [(&mut world.alice, MINUTE), (&mut world.bob, hour)] {
        client.news();
        client.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
    }
    world.settle();
    let winner = world.alice.account().max(world.bob.account());
    for client in [&mut world.alice, &mut world.bob] {
        let own = client.account();
        let messages = client.messages(chat);
        let policies = messages.iter().filter(|message| matches!(message.body, Body::ExpiryPolicy(_)));
        let policies: Vec<_> =
            policies.map(|message| (message.sender, message.superseded, message.index)).collect();
        assert_eq!(policies.len(), 2);
        for (sender, superseded, index) in policies {
            assert_eq!(superseded, sender != winner);
            let decided = client.step(|engine, step| engine.expiry_decided(step.tx, chat)).unwrap();
            assert!(superseded || decided == Some((winner, index)), "{decided:?}");
        }
        let told: Vec<_> = client.news().into_iter().collect();
        let told = told.iter().filter_map(|event| match event {
            Event::ExpiryChanged { by, in_force, .. } => Some((*by != own, *in_force == (*by == winner))),
            _ => None,
        });
        assert_eq!(told.collect::<Vec<_>>(), [(true, true)]);
    }
}

// EXP-6
#[test]
fn exp_6_a_shortening_is_told_as_what_it_is() {
    let (mut world, chat) = timed(612);
    let (own, index) = (world.alice.account(), world.alice.messages(chat).last().unwrap().index);
    let there = world.bob.messages(chat).last().unwrap().index;
    world.bob.news();
    let terms = ExpiryTerms::AfterSend { duration_s: 10 };
    world.alice.step(|engine, step| engine.shorten(step, chat, index, terms)).unwrap();
    world.settle();
    let news = world.bob.news();
    let told = Event::Shortened { conversation: chat, index: there, by: own };
    assert_eq!(news.iter().filter(|event| **event == told).count(), 1, "{news:?}");
    assert!(!news.iter().any(|event| matches!(event, Event::Changed { .. })), "{news:?}");
    let Lifetime::Goes { bounds, read, .. } = world.bob.messages(chat).last().unwrap().lifetime else {
        panic!("it is there");
    };
    assert_eq!((bounds.after_send_s, read), (Some(10), false));
    world.bob.step(|engine, step| engine.mark_shown(step, chat, there)).unwrap();
    let lifetime = world.bob.messages(chat).last().unwrap().lifetime;
    assert!(matches!(lifetime, Lifetime::Goes { read: true, .. }), "{lifetime:?}");
}

// EXP-9: what waits to be sent about a message goes with it, and holds up nothing.
#[test]
fn exp_9_an_edit_that_waits_goes_with_its_message() {
    let (mut world, chat) = timed(605);
    let sent = world.alice.messages(chat).pop().unwrap();
    let text = Text::new("pangolins").unwrap();
    world.alice.step(|engine, step| engine.edit(step, chat, sent.index, text)).unwrap();
    assert_eq!(holds(&world, CANARY), [false, false]);
    world.alice.now += 60_000;
    world.alice.step(|engine, step| engine.sweep(step)).unwrap();
    assert_eq!(rows(&world.alice.store.inner, Table::KeyPage), []);
    world.alice.say(&handle("bob"), "afterwards").unwrap();
    world.settle();
    assert_eq!(world.alice.waiting(), 0);
    let read = world.bob.messages(chat);
    assert!(read.iter().all(|message| !message.edited));
    assert!(read.iter().any(|message| message.body == Body::text("afterwards").unwrap()));
}

// EXP-8: what somebody says of a policy before it comes takes nothing of it away.
#[test]
fn exp_8_a_policy_is_neither_taken_back_nor_does_it_go() {
    let (mut world, chat) = timed(606);
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let policy = ExpiryPolicy { version: 2, terms: ExpiryTerms::Off, parent: Some(Digest([7; 32])) };
    let policy = forge::frame(&mut world.bob, Body::of(policy).unwrap());
    let shorten = Shorten { message_id: policy.message_id, terms: MINUTE };
    let before = [Body::of(shorten).unwrap(), Body::Unsend(policy.message_id)];
    let before = before.map(|body| forge::frame(&mut world.bob, body));
    for frame in before.into_iter().chain([policy]) {
        let envelope = forge::encrypt(&mut world.bob, &alice, id, frame, |_| ());
        world.relay.deliver(&alice, &bob, &envelope);
    }
    world.alice.sync(&mut world.relay);
    let last = world.alice.messages(chat).pop().unwrap();
    assert!(matches!(last.body, Body::ExpiryPolicy(_)), "{last:?}");
    assert_eq!(last.lifetime, Lifetime::Stays);
}

// EXP-12: a device that has lost its clock does not go by what the relay says alone.
#[test]
fn exp_12_a_relay_alone_makes_nothing_begin_late() {
    let (mut world, chat) = timed(607);
    let now = world.bob.now;
    world.alice.say(&handle("bob"), "late?").unwrap();
    world.alice.sync(&mut world.relay);
    let bob = world.bob.address();
    world.relay.mail(&bob).back_mut().unwrap().accepted_at = u64::MAX;
    world.bob.now = now - 3 * 3_600_000;
    world.bob.sync(&mut world.relay);
    let last = world.bob.messages(chat).pop().unwrap();
    world.bob.now = now;
    let again = world.bob.messages(chat).pop().unwrap();
    assert_eq!(again.message_id, last.message_id);
    let rows = rows(&world.bob.store.inner, Table::Due);
    let due = |key: &[u8]| u64::from_be_bytes(key[..8].try_into().unwrap());
    assert!(rows.iter().all(|(key, _)| due(key) < now + 3_600_000), "{rows:?}");
    assert!(!rows.is_empty());
}

// EXP-47: what was sealed for devices that are no more is sealed for nobody without its key, and holds up nothing.
#[test]
fn exp_47_what_cannot_be_sealed_anew_leaves_the_outbox() {
    let (mut world, _) = timed(608);
    world.alice.say(&handle("bob"), "never sent").unwrap();
    let sealed = |world: &mut World| {
        world.alice.step(|engine, step| engine.outgoing(step, &Busy::default(), 9)).map(|out| out.ready.len())
    };
    assert_eq!(sealed(&mut world).unwrap(), 1);
    // A copy of the profile without its page keys still sends what is sealed.
    let forget = |tx: &mut dyn Transaction| {
        for (key, _) in tx.scan(Table::PageKey, &[], None, usize::MAX)? {
            tx.delete(Table::PageKey, &key)?;
        }
        Ok::<_, StoreError>(())
    };
    world.alice.step(|_, step| forget(step.tx)).unwrap();
    assert_eq!(sealed(&mut world).unwrap(), 1);

    let devices = pb::Devices {
        handle: "bob".into(),
        account_key: world.bob.account().as_bytes().to_vec(),
        lists: vec![forge::other_device(&mut world.bob).as_bytes().to_vec()],
        declarations: Vec::new(),
    };
    world.alice.step(|engine, step| engine.on_devices(step, None, &devices)).unwrap();
    assert_eq!(sealed(&mut world).unwrap(), 0);
    let left = rows(&world.alice.store.inner, Table::Outbox).len();
    world.alice.reboot();
    assert_eq!(sealed(&mut world).unwrap(), 0);
    assert_eq!(
        rows(&world.alice.store.inner, Table::Outbox).len(),
        left,
        "only what waits for the new device"
    );
    assert!(!holds(&world, "never sent")[0]);
}
