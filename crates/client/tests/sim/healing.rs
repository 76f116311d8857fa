//! What cannot be opened heals by itself, within two round trips, once an hour, and for nobody who was not accepted.

use crate::{
    client::{Client, Fuse},
    crowd::{ALICE, BOB, Crowd},
    forge,
    observer::sessions,
    relay::Relay,
    world::{World, handle},
};
use aside_client::{
    Conversation, Event, Gone, Lifetime, Trouble,
    engine::{Busy, Need},
    store::{Store, StoreError, Table, Transaction},
};
use aside_content::{Body, ChatId, CiphertextId, Kind, Retry};
use aside_identity::Address;
use aside_testkit::TestRng;
use aside_wire::{ExpiryTerms, Reject, packet::Packet};
use prost::Message;
use std::collections::BTreeSet;

const SECOND: u64 = 1000;
const HOUR: u64 = 60 * 60 * SECOND;
const DAY: u64 = 24 * HOUR;

/// Time passes for everybody.
fn pass(world: &mut World, ms: u64) {
    for client in [&mut world.alice, &mut world.bob, &mut world.carol] {
        client.now += ms;
    }
    world.relay.time = world.relay.time.max(world.alice.now);
}

/// Everything moves, and what waits a few seconds does so too.
fn settle(world: &mut World) {
    for _ in 0..4 {
        world.settle();
        pass(world, 6 * SECOND);
    }
    world.settle();
}

/// A client loses its sessions with a device, and which handshakes it has accepted.
fn forget_sessions(client: &mut Client, with: &Address) {
    let gone: Result<(), StoreError> = client.store.step(|tx| {
        for (key, ..) in sessions(tx, with) {
            tx.delete(Table::Session, &key)?;
        }
        for (key, _) in tx.scan(Table::Handshake, &[], None, usize::MAX)? {
            tx.delete(Table::Handshake, &key)?;
        }
        Ok(())
    });
    gone.unwrap();
}

/// Handshakes that somebody has made, told apart by their bytes.
fn handshakes(relay: &Relay, of: &Address) -> usize {
    let mut seen = BTreeSet::new();
    for (from, _, payload) in relay.pairwise_payloads() {
        if from == *of
            && let Some(handshake) = Packet::parse(&payload).unwrap().handshake
        {
            seen.insert(handshake.bytes.to_vec());
        }
    }
    seen.len()
}

fn unopened(events: &[Event]) -> Vec<Trouble> {
    let trouble = |event: &Event| match event {
        Event::Unopened { trouble, .. } => Some(*trouble),
        _ => None,
    };
    events.iter().filter_map(trouble).collect()
}

fn chat(world: &mut World) -> Conversation {
    world.alice.chat_with(&world.bob.account())
}

// HEA-11, HEA-13, HEA-15, HEA-20
#[test]
fn r7_who_has_lost_the_session_gets_what_was_said_meanwhile() {
    let mut world = World::chatting(200);
    settle(&mut world);
    let chat = chat(&mut world);
    let alice = world.alice.address();
    forget_sessions(&mut world.bob, &alice);
    world.alice.say(&handle("bob"), "into the void").unwrap();
    world.alice.say(&handle("bob"), "and once more").unwrap();
    world.settle();
    let events = world.bob.news();
    assert_eq!(unopened(&events), [Trouble::NoSession; 2]);
    assert!(!events.iter().any(|event| matches!(event, Event::Refused { .. })));
    let [shown] = world.bob.step(|engine, step| engine.unopened(step.tx)).unwrap().try_into().unwrap();
    assert_eq!((shown.device, shown.count, shown.trouble), (alice, 2, Some(Trouble::NoSession)));
    assert!(shown.asks_at.is_some());
    assert_eq!(world.bob.received(chat), ["first"]);

    let sent = world.relay.sends.len();
    settle(&mut world);
    assert_eq!(world.bob.received(chat), ["first", "into the void", "and once more"]);
    let events = world.bob.news();
    assert!(events.contains(&Event::Healed { device: alice, count: 2 }), "{events:?}");
    assert_eq!(world.bob.step(|engine, step| engine.unopened(step.tx)).unwrap(), []);
    let bob = world.bob.address();
    assert!(world.alice.news().contains(&Event::SessionReplaced { device: bob }));
    assert_eq!(handshakes(&world.relay, &bob), 1);
    // The request, two messages, and receipts: nothing goes round and round.
    assert!(world.relay.sends.len() - sent <= 6, "{}", world.relay.sends.len() - sent);
    // With the times and the order that they had.
    let times: Vec<u64> = world.bob.messages(chat).iter().map(|message| message.sent_at).collect();
    assert!(times.is_sorted());
}

// HEA-7
#[test]
fn r8_a_replay_heals_nothing_and_alarms_nobody() {
    let mut world = World::chatting(201);
    let bob = world.bob.address();
    world.alice.say(&handle("bob"), "once").unwrap();
    world.alice.sync(&mut world.relay);
    let delivery = world.relay.waiting(&bob).pop().unwrap();
    world.bob.sync(&mut world.relay);
    for _ in 0..3 {
        world.relay.redeliver(&bob, &delivery);
    }
    settle(&mut world);
    assert_eq!(world.bob.refusals(), [Reject::Replay; 3]);
    assert_eq!(handshakes(&world.relay, &bob), 0);
    assert_eq!(world.bob.step(|engine, step| engine.unopened(step.tx)).unwrap(), []);
}

/// Every delivery to a device with its last byte flipped.
fn damage(relay: &mut Relay, to: &Address) -> usize {
    let mail = relay.mail(to);
    for delivery in mail.iter_mut() {
        *delivery.envelope.last_mut().unwrap() ^= 1;
    }
    mail.len()
}

// HEA-8: of a stranger, of somebody who asks, and of somebody who is blocked.
#[test]
fn t5_rubbish_of_whoever_was_not_accepted_provokes_nothing_at_all() {
    let mut world = World::new(202);
    let alice = world.alice.address();
    let bob = world.bob.address();
    let quiet = |world: &mut World, name: &str| {
        let (asked, sends) = (world.relay.asked.len(), world.relay.sends.len());
        for _ in 0..4 {
            world.bob.receive(&mut world.relay, &mut Fuse::default()).unwrap();
            world.bob.flush(&mut world.relay, &mut Fuse::default()).unwrap();
            pass(world, 6 * SECOND);
        }
        assert_eq!((world.relay.asked.len(), world.relay.sends.len()), (asked, sends), "{name}");
        let events = world.bob.news();
        assert!(events.iter().all(|event| matches!(event, Event::Refused { .. })), "{name}: {events:?}");
        assert_eq!(world.bob.step(|engine, step| engine.unopened(step.tx)).unwrap(), []);
    };
    // A stranger.
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.sync(&mut world.relay);
    let whole = world.relay.waiting(&bob);
    assert_eq!(damage(&mut world.relay, &bob), 1);
    quiet(&mut world, "a stranger");
    // Somebody who asks.
    world.relay.redeliver(&bob, &whole[0]);
    world.bob.receive(&mut world.relay, &mut Fuse::default()).unwrap();
    world.bob.news();
    world.alice.say(&handle("bob"), "well?").unwrap();
    world.alice.sync(&mut world.relay);
    damage(&mut world.relay, &bob);
    quiet(&mut world, "somebody who asks");
    // Somebody who was accepted and then blocked.
    world.bob.accept_chat(&handle("alice")).unwrap();
    settle(&mut world);
    world.bob.step(|engine, step| engine.set_blocked(step, &handle("alice"), true)).unwrap();
    world.bob.sync(&mut world.relay);
    let chat = chat(&mut world);
    let frame = forge::frame(&mut world.alice, Body::text("still there?").unwrap());
    let id = ChatId::new(forge::id(chat));
    let envelope = forge::encrypt(&mut world.alice, &bob, id, frame, |_| {});
    world.relay.deliver(&bob, &alice, &envelope);
    damage(&mut world.relay, &bob);
    quiet(&mut world, "somebody who is blocked");
}

// HEA-9, HEA-20
#[test]
fn r7_whatever_a_relay_damages_costs_one_handshake_an_hour() {
    let mut world = World::chatting(203);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let begin = world.alice.now;
    let mut told = 0;
    // Three hours, and everything to Bob is damaged.
    for number in 0..180 {
        world.alice.say(&handle("bob"), &format!("text {number}")).unwrap();
        world.alice.sync(&mut world.relay);
        damage(&mut world.relay, &bob);
        world.bob.sync(&mut world.relay);
        let events = world.bob.news();
        for event in events {
            if let Event::Unopened { asks_at, .. } = event {
                told += 1;
                assert!(asks_at <= world.bob.now + HOUR + 5 * SECOND);
            }
        }
        pass(&mut world, 60 * SECOND);
    }
    let hours = usize::try_from((world.alice.now - begin).div_ceil(HOUR)).unwrap();
    let made = handshakes(&world.relay, &bob);
    assert!((1..=hours).contains(&made), "{made} handshakes in {hours} hours");
    assert!(handshakes(&world.relay, &alice) <= 1);
    assert!(told >= 180, "each is told");
    // Once it stops, they talk.
    pass(&mut world, HOUR);
    settle(&mut world);
    world.alice.say(&handle("bob"), "at last").unwrap();
    settle(&mut world);
    let chat = chat(&mut world);
    assert_eq!(world.bob.received(chat).last().unwrap(), "at last");
    assert_eq!(world.bob.step(|engine, step| engine.unopened(step.tx)).unwrap(), []);
}

// HEA-9: of both sides anything may be lost or damaged for a while.
#[test]
fn r7_after_losses_and_damage_on_both_sides_two_round_trips_converge() {
    for seed in 0..24 {
        let mut world = World::chatting(300 + seed);
        let mut rng = TestRng::new(seed);
        let (alice, bob) = (world.alice.address(), world.bob.address());
        for number in 0..8 {
            world.alice.say(&handle("bob"), &format!("a{number}")).unwrap();
            world.bob.say(&handle("alice"), &format!("b{number}")).unwrap();
            world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
            world.bob.flush(&mut world.relay, &mut Fuse::default()).unwrap();
            for to in [alice, bob] {
                world.relay.mail(&to).retain_mut(|delivery| match rng.below(4) {
                    0 => false,
                    1 => {
                        let length = u64::try_from(delivery.envelope.len()).unwrap();
                        let at = usize::try_from(rng.below(length - 8)).unwrap() + 8;
                        delivery.envelope[at] ^= 0x40;
                        true
                    }
                    _ => true,
                });
            }
            world.alice.receive(&mut world.relay, &mut Fuse::default()).unwrap();
            world.bob.receive(&mut world.relay, &mut Fuse::default()).unwrap();
            match rng.below(3) {
                0 => forget_sessions(&mut world.alice, &bob),
                1 => forget_sessions(&mut world.bob, &alice),
                _ => {}
            }
        }
        // Two round trips, with what is to wait for its seconds.
        settle(&mut world);
        settle(&mut world);
        for (from, to, text) in [("alice", "bob", "from alice"), ("bob", "alice", "from bob")] {
            let client = if from == "alice" { &mut world.alice } else { &mut world.bob };
            client.say(&handle(to), text).unwrap();
        }
        world.settle();
        let chat = chat(&mut world);
        assert_eq!(world.bob.received(chat).last().unwrap(), "from alice", "seed {seed}");
        assert_eq!(world.alice.received(chat).last().unwrap(), "from bob", "seed {seed}");
    }
}

// HEA-2, HEA-5
#[test]
fn r5_a_clone_that_begins_a_session_is_told_of_and_left_sessions_send_nothing() {
    let mut world = World::chatting(204);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let mut clone = Client::load(world.bob.store.clone(), 9);
    clone.now = world.bob.now;
    clone.step(|engine, step| engine.retire_all_sessions(step)).unwrap();
    clone.say(&handle("alice"), "I am Bob").unwrap();
    clone.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    world.alice.sync(&mut world.relay);
    let events = world.alice.news();
    assert!(events.contains(&Event::SessionReplaced { device: bob }));
    // In Alice's store one session sends, and what Bob has is left: his words still arrive, and hers do not go there.
    let retired = |client: &Client, with: &Address| {
        let rows = client.store.inner.scan(Table::Session, &key(with), None, 9).unwrap();
        rows.iter().filter(|(_, record)| is_retired(record)).count()
    };
    assert_eq!(sessions(&world.alice.store.inner, &bob).len(), 2);
    assert_eq!(retired(&world.alice, &bob), 1);
    world.bob.say(&handle("alice"), "and who is that?").unwrap();
    world.bob.sync(&mut world.relay);
    world.alice.sync(&mut world.relay);
    let chat = chat(&mut world);
    assert_eq!(world.alice.received(chat).last().unwrap(), "and who is that?");
    world.alice.say(&handle("bob"), "hm").unwrap();
    settle(&mut world);
    assert!(
        world.bob.news().contains(&Event::SessionReplaced { device: alice })
            || handshakes(&world.relay, &bob) > 1
    );
}

fn key(device: &Address) -> Vec<u8> {
    [device.account.as_bytes().as_slice(), &[device.device.byte()]].concat()
}

/// A stored session, as far as this test reads it.
#[derive(Clone, PartialEq, Message)]
struct SessionRecord {
    #[prost(uint64, optional, tag = "3")]
    retired_at: Option<u64>,
}

fn is_retired(record: &[u8]) -> bool {
    SessionRecord::decode(record).unwrap().retired_at.is_some()
}

// R6: nothing but a whole handshake of the device makes a session, and nobody else can ask.
#[test]
fn r6_what_only_the_transport_vouches_for_begins_nothing() {
    let mut world = World::chatting(205);
    let (alice, bob, carol) = (world.alice.address(), world.bob.address(), world.carol.address());
    world.carol.open_chat(&handle("alice")).unwrap();
    world.carol.sync(&mut world.relay);
    let of_carol = world.relay.waiting(&alice).pop().unwrap();
    world.relay.acknowledge(&alice, u64::MAX - 1);
    let before = sessions(&world.alice.store.inner, &bob).len();
    // The relay says that it comes from Bob.
    world.relay.deliver(&alice, &bob, &of_carol.envelope);
    world.alice.sync(&mut world.relay);
    assert_eq!(sessions(&world.alice.store.inner, &bob).len(), before);
    assert_eq!(unopened(&world.alice.news()), [Trouble::UnknownPrekey]);
    assert!(sessions(&world.alice.store.inner, &carol).is_empty());
    settle(&mut world);
    world.bob.say(&handle("alice"), "here I am").unwrap();
    settle(&mut world);
    let chat = chat(&mut world);
    assert_eq!(world.alice.received(chat).last().unwrap(), "here I am");
}

// R9 in the engine: both lose everything at once, and both ask at once.
#[test]
fn r9_both_have_lost_the_session_and_both_begin_anew() {
    for seed in 0..6 {
        let mut world = World::chatting(210 + seed);
        let (alice, bob) = (world.alice.address(), world.bob.address());
        world.alice.say(&handle("bob"), "lost by bob").unwrap();
        world.bob.say(&handle("alice"), "lost by alice").unwrap();
        world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
        world.bob.flush(&mut world.relay, &mut Fuse::default()).unwrap();
        forget_sessions(&mut world.alice, &bob);
        forget_sessions(&mut world.bob, &alice);
        settle(&mut world);
        let chat = chat(&mut world);
        assert_eq!(world.bob.received(chat), ["first", "lost by bob"], "seed {seed}");
        assert_eq!(world.alice.received(chat), ["second", "lost by alice"], "seed {seed}");
        assert!(handshakes(&world.relay, &alice) <= 2 && handshakes(&world.relay, &bob) <= 1);
    }
}

// HEA-16
#[test]
fn h5_a_relay_that_was_set_back_hands_out_used_prekeys_and_it_heals() {
    let mut world = World::chatting(220);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let before = world.relay.clone();
    // Sessions begin with the prekeys of both.
    for _ in 0..3 {
        forget_sessions(&mut world.alice, &bob);
        forget_sessions(&mut world.bob, &alice);
        world.alice.say(&handle("bob"), "a").unwrap();
        settle(&mut world);
        world.bob.say(&handle("alice"), "b").unwrap();
        settle(&mut world);
        pass(&mut world, HOUR);
        settle(&mut world);
    }
    for device in [alice, bob] {
        let mut set_back = before.clone();
        *world.relay.one_time_prekeys(&device) = set_back.one_time_prekeys(&device).clone();
    }
    world.bob.news();
    forget_sessions(&mut world.alice, &bob);
    world.alice.say(&handle("bob"), "with a prekey that was used").unwrap();
    world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    world.bob.receive(&mut world.relay, &mut Fuse::default()).unwrap();
    assert_eq!(unopened(&world.bob.news()), [Trouble::UnknownPrekey]);
    // Bob fills up at the next login, though enough are there.
    let held = world.relay.one_time_prekeys(&bob).len();
    assert!((50..100).contains(&held));
    world.bob.sync(&mut world.relay);
    assert_eq!(world.relay.one_time_prekeys(&bob).len(), 100);
    settle(&mut world);
    // The prekeys of Alice that the relay hands out may be used, too: Bob begins without one.
    let payloads = world.relay.pairwise_payloads();
    let begun = payloads.iter().rev().filter(|(from, to, _)| *from == bob && *to == alice);
    let mut handshakes = begun.filter_map(|(.., payload)| Packet::parse(payload).unwrap().handshake);
    assert_eq!(handshakes.next().unwrap().one_time_prekey, None);
    let chat = chat(&mut world);
    assert_eq!(world.bob.received(chat).last().unwrap(), "with a prekey that was used");
    world.bob.say(&handle("alice"), "healed").unwrap();
    settle(&mut world);
    assert_eq!(world.alice.received(chat).last().unwrap(), "healed");
}

/// The names of everything that went from one device to another.
fn sent_ids(relay: &Relay, from: &Address, to: &Address) -> BTreeSet<CiphertextId> {
    let payloads = relay.pairwise_payloads().into_iter();
    payloads
        .filter(|(a, b, _)| a == from && b == to)
        .map(|(.., payload)| CiphertextId::of(&payload))
        .collect()
}

/// Bob asks Alice for these again, in the session that they have.
fn ask(world: &mut World, ids: impl IntoIterator<Item = CiphertextId>) {
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let chat = ChatId::new(forge::id(world.bob.chat_with(&alice.account)));
    let messages: Vec<CiphertextId> = ids.into_iter().collect();
    for messages in messages.chunks(16) {
        let body = Body::of(Retry { messages: messages.to_vec() }).unwrap();
        let frame = forge::frame(&mut world.bob, body);
        let envelope = forge::encrypt(&mut world.bob, &alice, chat, frame, |_| {});
        world.relay.deliver(&alice, &bob, &envelope);
    }
    world.alice.sync(&mut world.relay);
}

// HEA-13: what has arrived, was taken back, was deleted or has gone is not sent again, whatever is asked for.
#[test]
fn what_is_over_or_has_arrived_is_not_sent_again() {
    let mut world = World::chatting(230);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    settle(&mut world);
    let chat = chat(&mut world);
    let sends = |world: &World| world.relay.sends.iter().filter(|(from, _)| *from == alice).count();
    // Bob has said that it arrived: an answer that nothing comes, and nothing else.
    let before = sends(&world);
    let ids = sent_ids(&world.relay, &alice, &bob);
    ask(&mut world, ids);
    let opened = world.bob.received(chat);
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.received(chat), opened);
    assert_eq!(
        sends(&world),
        before + 2,
        "the opening of the chat, for which there are no receipts, and that nothing comes"
    );
    world.bob.news();

    // What goes out now reaches nobody, and is then taken back or deleted.
    let since = sent_ids(&world.relay, &alice, &bob);
    let back = world.alice.say(&handle("bob"), "taken back").unwrap();
    let gone = world.alice.say(&handle("bob"), "deleted").unwrap();
    let kept = world.alice.say(&handle("bob"), "kept").unwrap();
    world.alice.sync(&mut world.relay);
    world.relay.mail(&bob).clear();
    let ids: Vec<CiphertextId> = sent_ids(&world.relay, &alice, &bob).difference(&since).copied().collect();
    assert_eq!(ids.len(), 3);
    world.alice.step(|engine, step| engine.unsend(step, chat, back)).unwrap();
    world.alice.step(|engine, step| engine.delete(step, chat, gone)).unwrap();
    world.alice.sync(&mut world.relay);
    world.relay.mail(&bob).clear();
    ask(&mut world, ids.clone());
    world.bob.sync(&mut world.relay);
    let texts = world.bob.received(chat);
    assert!(
        texts.contains(&"kept".into()) && !texts.iter().any(|text| text == "deleted" || text == "taken back")
    );
    let _ = kept;
    // And what was sent again cannot be had by its old name.
    let before = world.relay.sends.len();
    ask(&mut world, ids);
    let only_an_answer = world.relay.sends.len() - before;
    assert_eq!(only_an_answer, 1);
}

/// Alice says something that reaches nobody; returns what names it.
fn lost(world: &mut World, say: impl FnOnce(&mut Client)) -> Vec<CiphertextId> {
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let since = sent_ids(&world.relay, &alice, &bob);
    say(&mut world.alice);
    world.alice.sync(&mut world.relay);
    world.relay.mail(&bob).clear();
    sent_ids(&world.relay, &alice, &bob).difference(&since).copied().collect()
}

/// How much Alice sends to the relay when Bob asks for these.
fn answers(world: &mut World, ids: Vec<CiphertextId>) -> usize {
    let alice = world.alice.address();
    let sends = |world: &World| world.relay.sends.iter().filter(|(from, _)| *from == alice).count();
    let before = sends(world);
    ask(world, ids);
    sends(world) - before
}

/// Whether a text stands somewhere in what a client has kept to send it again.
fn keeps(client: &Client, text: &str) -> bool {
    let rows = client.store.inner.scan(Table::Sent, &[], None, usize::MAX).unwrap();
    rows.iter().any(|(_, record)| record.windows(text.len()).any(|part| part == text.as_bytes()))
}

// HEA-13: a later wording goes with the message that it is of.
#[test]
fn the_wording_of_what_was_taken_back_or_deleted_is_neither_kept_nor_sent_again() {
    for is_taken_back in [true, false] {
        let mut world = World::chatting(233);
        settle(&mut world);
        let chat = chat(&mut world);
        let message = world.alice.say(&handle("bob"), "in other words").unwrap();
        settle(&mut world);
        let wording = aside_content::Text::new("a later wording").unwrap();
        let ids = lost(&mut world, |alice| {
            alice.step(|engine, step| engine.edit(step, chat, message, wording)).unwrap();
        });
        assert_eq!(ids.len(), 1);
        assert!(keeps(&world.alice, "a later wording"));
        match is_taken_back {
            true => world.alice.step(|engine, step| engine.unsend(step, chat, message)).unwrap(),
            false => world.alice.step(|engine, step| engine.delete(step, chat, message)).unwrap(),
        }
        assert!(!keeps(&world.alice, "a later wording"));
        world.alice.sync(&mut world.relay);
        assert_eq!(answers(&mut world, ids), 1, "that nothing comes");
    }
}

// HEA-1: a session whose state was set back, and nobody was told.
#[test]
fn r4_a_state_that_was_set_back_unnoticed_does_not_stay_deaf() {
    let mut world = World::chatting(236);
    settle(&mut world);
    let (alice, chat) = (world.alice.address(), chat(&mut world));
    for n in 0..40 {
        world.alice.say(&handle("bob"), &format!("a key in chunks, {n}")).unwrap();
    }
    world.alice.sync(&mut world.relay);
    world.bob.receive(&mut world.relay, &mut Fuse::default()).unwrap();
    let copy = world.bob.store.inner.scan(Table::Session, &key(&alice), None, 9).unwrap();
    for n in 0..40 {
        world.bob.say(&handle("alice"), &format!("a ciphertext in chunks, {n}")).unwrap();
    }
    world.settle();
    let set_back: Result<(), StoreError> = world
        .bob
        .store
        .step(|tx| copy.iter().try_for_each(|(key, record)| tx.put(Table::Session, key, record)));
    set_back.unwrap();
    world.bob.news();
    for n in 0..2 {
        world.alice.say(&handle("bob"), &format!("do you hear me? {n}")).unwrap();
    }
    settle(&mut world);
    assert!(unopened(&world.bob.news()).contains(&Trouble::NoSession));
    let texts = world.bob.received(chat);
    assert!((0..2).all(|n| texts.contains(&format!("do you hear me? {n}"))), "{texts:?}");
}

// HEA-8: what was queued before, too.
#[test]
fn nothing_is_sent_again_to_whoever_was_blocked_meanwhile() {
    let mut world = World::chatting(235);
    settle(&mut world);
    let bob = world.bob.address();
    let ids = lost(&mut world, |alice| {
        alice.say(&handle("bob"), "before").unwrap();
    });
    let chat = ChatId::new(forge::id(world.bob.chat_with(&world.alice.account())));
    let frame = forge::frame(&mut world.bob, Body::of(Retry { messages: ids }).unwrap());
    let to = world.alice.address();
    let envelope = forge::encrypt(&mut world.bob, &to, chat, frame, |_| {});
    world.relay.deliver(&to, &bob, &envelope);
    world.alice.receive(&mut world.relay, &mut Fuse::default()).unwrap();
    assert_eq!(world.alice.store.inner.scan(Table::Outbox, &[], None, 9).unwrap().len(), 1);
    world.alice.step(|engine, step| engine.set_blocked(step, &handle("bob"), true)).unwrap();
    let before = world.relay.sends.len();
    world.alice.sync(&mut world.relay);
    assert_eq!(world.relay.sends.len(), before);
}

#[derive(Clone, PartialEq, Message)]
struct KeptRecord {
    #[prost(uint32, tag = "6")]
    kind: u32,
}

/// Own chains of groups that are kept as they were handed over.
fn chains_kept(client: &Client) -> usize {
    let rows = client.store.inner.scan(Table::Sent, &[], None, usize::MAX).unwrap();
    let kinds = rows.iter().map(|(_, record)| KeptRecord::decode(record.as_slice()).unwrap().kind);
    kinds.filter(|kind| *kind == Kind::SENDER_KEY.0).count()
}

// HEA-12, HEA-32: they would open everything that was said with them.
#[test]
fn r4_chains_that_were_handed_over_are_kept_for_as_long_as_they_are_of_use() {
    for is_restored in [true, false] {
        let (mut crowd, group) = Crowd::group(46, 3);
        crowd.say(ALICE, &group, "hello").unwrap();
        crowd.settle();
        let alice = &mut crowd.people[ALICE];
        assert_eq!(chains_kept(alice), 2);
        if is_restored {
            alice.step(|engine, step| engine.restore(step)).unwrap();
        } else {
            // As long as somebody holds what was said with them (GRP-34).
            alice.now += 47 * HOUR;
            crowd.sync(ALICE);
            assert_eq!(chains_kept(&crowd.people[ALICE]), 2);
            crowd.people[ALICE].now += 2 * HOUR;
            crowd.sync(ALICE);
        }
        assert_eq!(chains_kept(&crowd.people[ALICE]), 0);
    }
}

// HEA-14
#[test]
fn r7_nothing_is_sent_again_more_than_twice() {
    let mut world = World::chatting(231);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    settle(&mut world);
    let mut known = sent_ids(&world.relay, &alice, &bob);
    world.alice.say(&handle("bob"), "again and again").unwrap();
    world.alice.sync(&mut world.relay);
    let mut copies = 0;
    for _ in 0..5 {
        world.relay.mail(&bob).clear();
        let all = sent_ids(&world.relay, &alice, &bob);
        let fresh: Vec<CiphertextId> = all.difference(&known).copied().collect();
        known = all;
        let before = world.relay.mail(&bob).len();
        ask(&mut world, fresh);
        copies += world.relay.mail(&bob).len() - before;
    }
    // Two copies, and then that nothing comes: of that nothing is sent again, for it may be lost.
    assert!((3..=7).contains(&copies), "{copies}");
    let chat = chat(&mut world);
    assert_eq!(world.bob.received(chat).len(), 1);
}

// R11, T8: whichever step of the healing is the last before a crash.
#[test]
fn r11_a_crash_at_any_point_of_healing_loses_nothing() {
    let run = |burns_at: Option<u32>| {
        let mut world = World::chatting(240);
        let (alice, bob) = (world.alice.address(), world.bob.address());
        forget_sessions(&mut world.bob, &alice);
        world.alice.say(&handle("bob"), "to be healed").unwrap();
        world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
        let mut fuse = Fuse { passed: 0, burns_at: burns_at.into_iter().collect() };
        for _ in 0..4 {
            for who in [0, 1] {
                let client = if who == 0 { &mut world.bob } else { &mut world.alice };
                while client.sync_until(&mut world.relay, &mut fuse).is_err() {
                    client.reboot();
                }
            }
            pass(&mut world, 6 * SECOND);
        }
        settle(&mut world);
        let chat = chat(&mut world);
        assert_eq!(world.bob.received(chat), ["first", "to be healed"], "{burns_at:?}");
        assert!(handshakes(&world.relay, &bob) <= 1, "{burns_at:?}");
        fuse.passed
    };
    let points = run(None);
    assert!(points > 20, "{points}");
    for point in 1..=points {
        run(Some(point));
    }
}

// HEA-3
#[test]
fn r4_retired_sessions_open_what_is_under_way_and_the_next_word_begins_anew() {
    let mut world = World::chatting(241);
    let bob = world.bob.address();
    world.alice.say(&handle("bob"), "under way").unwrap();
    world.alice.sync(&mut world.relay);
    world.bob.step(|engine, step| engine.retire_all_sessions(step)).unwrap();
    world.bob.say(&handle("alice"), "anew").unwrap();
    settle(&mut world);
    let chat = chat(&mut world);
    assert_eq!(world.bob.received(chat).last().unwrap(), "under way");
    assert_eq!(world.alice.received(chat).last().unwrap(), "anew");
    assert!(world.alice.news().contains(&Event::SessionReplaced { device: bob }));
    assert_eq!(handshakes(&world.relay, &bob), 1);
}

// HEA-11 and HEA-15 among members of a group: what they hand each other is sent again, and opens what was held.
#[test]
fn r7_a_chain_that_could_not_be_opened_comes_again_and_opens_what_waited() {
    let (mut crowd, group) = Crowd::group(71, 3);
    let alice = crowd.people[ALICE].address();
    forget_sessions(&mut crowd.people[BOB], &alice);
    crowd.say(ALICE, &group, "the first that Alice says here").unwrap();
    crowd.settle();
    assert!(!unopened(&crowd.news(BOB)).is_empty());
    assert!(crowd.received(BOB, &group).is_empty());
    for _ in 0..3 {
        for person in &mut crowd.people {
            person.now += 6 * SECOND;
        }
        crowd.settle();
    }
    assert_eq!(crowd.received(BOB, &group), ["the first that Alice says here"]);
    assert!(crowd.news(BOB).iter().any(|event| matches!(event, Event::Healed { .. })));
}

// HEA-8: whoever is in no group and no chat with the person here.
#[test]
fn t5_whoever_has_left_the_group_provokes_nothing() {
    let (mut crowd, group) = Crowd::group(72, 3);
    let (alice, bob) = (crowd.people[ALICE].address(), crowd.people[BOB].address());
    crowd.say(ALICE, &group, "hello").unwrap();
    crowd.settle();
    let mut mail = crowd.relay.pairwise_payloads().into_iter();
    let (.., payload) = mail.rfind(|(from, to, _)| *from == alice && *to == bob).unwrap();
    crowd.remove(BOB, &group, ALICE).unwrap_err();
    crowd.people[BOB].step(|engine, step| engine.leave_group(step, &group)).unwrap();
    crowd.settle();
    crowd.news(BOB);
    let mut rubbish = payload;
    *rubbish.last_mut().unwrap() ^= 1;
    let kind = aside_wire::pb::EnvelopeKind::Pairwise.into();
    let envelope = aside_wire::pb::Envelope { kind, payload: rubbish }.encode_to_vec();
    crowd.relay.deliver(&bob, &alice, &envelope);
    crowd.people[BOB].receive(&mut crowd.relay, &mut Fuse::default()).unwrap();
    let events = crowd.news(BOB);
    assert!(matches!(events.as_slice(), [Event::Refused { .. }]), "{events:?}");
}

/// A chat in which everything goes after an hour.
fn hourly(seed: u64) -> (World, Conversation) {
    let mut world = World::chatting(seed);
    let chat = chat(&mut world);
    let terms = ExpiryTerms::AfterSend { duration_s: 3600 };
    world.alice.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
    settle(&mut world);
    (world, chat)
}

// HEA-13, HEA-15: on the terms it had, while it lives; and what is said about it goes with it.
#[test]
fn what_goes_is_sent_again_on_its_terms_and_not_once_it_is_over() {
    for late in [false, true] {
        let (mut world, chat) = hourly(232);
        let (alice, bob) = (world.alice.address(), world.bob.address());
        forget_sessions(&mut world.bob, &alice);
        let index = world.alice.say(&handle("bob"), "for an hour").unwrap();
        let sent_at = world.alice.now;
        world.alice.sync(&mut world.relay);
        world.alice.step(|engine, step| engine.react(step, chat, index, "👍")).unwrap();
        world.alice.sync(&mut world.relay);
        world.bob.receive(&mut world.relay, &mut Fuse::default()).unwrap();
        assert!(!unopened(&world.bob.news()).is_empty());
        if late {
            pass(&mut world, 2 * HOUR);
            world.alice.step(|engine, step| engine.sweep(step)).unwrap();
            let stored = crate::store::dump(&world.alice.store.inner);
            let holds = |word: &[u8]| stored.iter().any(|(_, (_, row))| crate::relay::contains(row, word));
            assert!(!holds("👍".as_bytes()) && !holds(b"for an hour"));
        }
        settle(&mut world);
        let messages = world.bob.messages(chat);
        let last =
            messages.iter().find(|message| message.sent_at == sent_at && message.sender == alice.account);
        if late {
            assert!(last.is_none_or(|last| matches!(last.lifetime, Lifetime::Gone(Gone::Expired))));
            assert_eq!(handshakes(&world.relay, &bob), 1, "it was asked for all the same");
        } else {
            let last = last.unwrap();
            assert!(matches!(last.lifetime, Lifetime::Goes { .. }));
            assert_eq!(last.reactions.len(), 1);
        }
    }
}

// HEA-19, EPO-12
#[test]
fn a_session_that_has_not_moved_for_a_month_is_left_if_there_are_prekeys() {
    let mut world = World::chatting(233);
    settle(&mut world);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    pass(&mut world, 31 * DAY);
    let before = handshakes(&world.relay, &alice);
    // The relay has nothing to begin with: rather in the old session than not at all.
    world.alice.say(&handle("bob"), "in the old one").unwrap();
    let busy = Busy { hopeless: [Need::Prekeys(bob)].into(), ..Busy::default() };
    let outgoing = world.alice.step(|engine, step| engine.outgoing(step, &busy, 9)).unwrap();
    assert_eq!((outgoing.ready.len(), outgoing.needs.len()), (1, 0));
    world.bob.sync(&mut world.relay);
    world.alice.sync(&mut world.relay);
    assert_eq!(handshakes(&world.relay, &alice), before);
    for text in ["in a new one", "in the same"] {
        world.alice.say(&handle("bob"), text).unwrap();
        settle(&mut world);
    }
    assert_eq!(handshakes(&world.relay, &alice), before + 1);
    let chat = chat(&mut world);
    assert_eq!(world.bob.received(chat), ["first", "in the old one", "in a new one", "in the same"]);
    assert!(world.bob.news().contains(&Event::SessionReplaced { device: alice }));
    assert_eq!(unopened(&world.bob.news()), []);
}

// HEA-22: what was under way in the old session is asked for in the new one, without another.
#[test]
fn r7_what_was_under_way_when_it_began_costs_no_second_session() {
    let mut world = World::chatting(234);
    settle(&mut world);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    forget_sessions(&mut world.bob, &alice);
    let say = |world: &mut World, text: &str| {
        world.alice.say(&handle("bob"), text).unwrap();
        world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    };
    say(&mut world, "one");
    world.bob.receive(&mut world.relay, &mut Fuse::default()).unwrap();
    pass(&mut world, 6 * SECOND);
    world.bob.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    // Before Alice hears of the new session.
    say(&mut world, "two");
    settle(&mut world);
    let chat = chat(&mut world);
    let mut received = world.bob.received(chat);
    received.sort();
    assert_eq!(received, ["first", "one", "two"]);
    assert_eq!(handshakes(&world.relay, &bob), 1);
    assert_eq!(world.bob.step(|engine, step| engine.unopened(step.tx)).unwrap(), []);
}

#[test]
fn hea_18_that_nothing_comes_is_said_once_and_not_answered() {
    let mut world = World::chatting(236);
    settle(&mut world);
    assert_eq!(answers(&mut world, vec![CiphertextId([7; 16])]), 1, "what nobody has sent");
    let sent = world.relay.sends.len();
    settle(&mut world);
    assert_eq!(world.relay.sends.len(), sent);
}

#[test]
fn hea_21_who_lacks_the_session_that_sends_gets_another_whatever_its_rank() {
    let mut ranks = BTreeSet::new();
    for seed in 0..8 {
        let mut world = World::chatting(250 + seed);
        settle(&mut world);
        let (alice, bob) = (world.alice.address(), world.bob.address());
        let newest = |client: &Client, with: &Address| {
            let all = sessions(&client.store.inner, with).into_iter();
            all.map(|(_, session, generation)| (generation, session.id().0))
                .max_by_key(|(generation, _)| *generation)
                .unwrap()
        };
        // Alice begins anew, and Bob never hears of it.
        world.alice.step(|engine, step| engine.retire_all_sessions(step)).unwrap();
        let ids = lost(&mut world, |alice| {
            alice.say(&handle("bob"), "lost").unwrap();
        });
        let sending = newest(&world.alice, &bob);
        pass(&mut world, 2 * HOUR);
        // So does Bob, with the same generation, and asks for what he has seen of hers.
        world.bob.step(|engine, step| engine.retire_all_sessions(step)).unwrap();
        world.bob.say(&handle("alice"), "anew").unwrap();
        world.bob.flush(&mut world.relay, &mut Fuse::default()).unwrap();
        let begun = newest(&world.bob, &alice);
        assert_eq!(begun.0, sending.0);
        ask(&mut world, ids);
        settle(&mut world);
        let is_first = begun.1 < sending.1;
        assert_eq!(newest(&world.alice, &bob).0, sending.0 + u32::from(!is_first), "seed {seed}");
        let chat = chat(&mut world);
        assert_eq!(world.alice.received(chat), ["second", "anew"], "seed {seed}");
        assert_eq!(world.bob.received(chat), ["first", "lost"], "seed {seed}");
        ranks.insert(is_first);
    }
    assert_eq!(ranks.len(), 2, "a first and a lower rank");
}
