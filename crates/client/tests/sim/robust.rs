//! What cannot be understood is kept or refused, and never stops what comes after it.

use crate::{
    client::{Client, Fuse},
    forge,
    relay::contains,
    store::{Faulty, dump, rows},
    world::{World, handle},
};
use aside_client::{
    Conversation, Error, Event,
    channel::plain,
    engine::{Engine, Step},
    store::{MemoryStore, Table, Transaction},
};
use aside_content::{Body, ChatId, Frame, Kind, ThreadFrame, ThreadId};
use aside_testkit::TestRng;
use aside_wire::pb::{self, LoggedIn};
use prost::Message;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn chat_id(conversation: Conversation) -> ChatId {
    match conversation {
        Conversation::Chat(chat) => chat,
        _ => panic!("a chat"),
    }
}

#[test]
fn a_kind_of_a_later_version_is_kept_and_readable() {
    let mut world = World::chatting(90);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let later = Body::Unknown { kind: Kind(4000), content: vec![1, 2, 3] };
    let chat = world.alice.chat_with(&bob.account);
    let frame = forge::frame(&mut world.bob, later.clone());
    let closed = forge::encrypt(&mut world.bob, &alice, chat_id(chat), frame.clone(), |_| {});
    let thread = ThreadId::between(&alice.account, &bob.account);
    let frame = Frame { salt: None, ..frame };
    let open = plain::seal(&ThreadFrame { thread, frame }).unwrap().encode_to_vec();
    for envelope in [closed, open] {
        world.relay.deliver(&alice, &bob, &envelope);
    }
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.refusals(), []);
    for conversation in [chat, Conversation::Thread(thread)] {
        assert_eq!(world.alice.messages(conversation).pop().unwrap().body, later);
    }
}

#[test]
fn extreme_times_are_just_numbers() {
    let mut world = World::chatting(91);
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let chat = world.alice.chat_with(&bob.account);
    for time in [0, 1, u64::MAX] {
        let mut frame = forge::frame(&mut world.bob, Body::text(time.to_string()).unwrap());
        frame.sent_at = time;
        let envelope = forge::encrypt(&mut world.bob, &alice, chat_id(chat), frame, |_| {});
        world.relay.deliver(&alice, &bob, &envelope);
        world.relay.mail(&alice).back_mut().unwrap().accepted_at = time;
    }
    world.alice.sync(&mut world.relay);
    assert_eq!(world.alice.received(chat), ["second", "0", "1", &u64::MAX.to_string()]);
    // A relay that has no clock does not make a message look unsent.
    world.alice.say(&handle("bob"), "timeless").unwrap();
    let outgoing = world.alice.step(|engine, step| engine.outgoing(step, &Default::default(), 1)).unwrap();
    let place = outgoing.ready[0].place;
    world.alice.step(|engine, step| engine.on_accepted(step, place, 0)).unwrap();
    assert_eq!(world.alice.sent(chat), ["first", "timeless"]);
}

/// Mail that no honest relay and no honest peer would hand over.
fn garbage(world: &World, rng: &mut TestRng, good: &[u8]) -> Vec<pb::Delivery> {
    let (bob, carol) = (world.bob.address(), world.carol.address());
    let mut envelopes: Vec<Vec<u8>> = vec![vec![], vec![0], vec![0xFF; 64], vec![0x12; 70_000]];
    for kind in [-1, 0, 1, 2, 3, i32::MAX] {
        for payload in [vec![], vec![0x11], vec![0x12; 1], vec![0x11; 145], vec![0x12; 1400], vec![0x22; 200]]
        {
            envelopes.push(pb::Envelope { kind, payload }.encode_to_vec());
        }
    }
    for length in 0..good.len().min(300) {
        envelopes.push(good[..length].to_vec());
    }
    for _ in 0..200 {
        let mut flipped = good.to_vec();
        let place = usize::try_from(rng.below(u64::try_from(good.len()).unwrap())).unwrap();
        flipped[place] ^= 1 << rng.below(8);
        envelopes.push(flipped);
    }
    envelopes.push([good, &[0]].concat());
    let of = |sender: &[u8], device, envelope: &[u8]| pb::Delivery {
        sequence: 0,
        sender: sender.to_vec(),
        sender_device: device,
        accepted_at: u64::MAX,
        envelope: envelope.to_vec(),
    };
    let mut mail: Vec<_> = envelopes.iter().map(|envelope| of(bob.account.as_bytes(), 1, envelope)).collect();
    for sender in [vec![], vec![0; 32], vec![0xFF; 32], vec![7; 31], carol.account.as_bytes().to_vec()] {
        for device in [0, 1, 127, 128, u32::MAX] {
            mail.push(of(&sender, device, good));
        }
    }
    for device in [0, 2, 127, 128, u32::MAX] {
        mail.push(of(bob.account.as_bytes(), device, good));
    }
    mail
}

#[test]
fn w5_garbage_of_every_sort_is_refused_and_blocks_nothing() {
    for first in [true, false] {
        let mut world = if first { World::new(92) } else { World::chatting(93) };
        let alice = world.alice.address();
        if first {
            world.bob.open_chat(&handle("alice")).unwrap();
        } else {
            world.bob.say(&handle("alice"), "good").unwrap();
        }
        world.bob.sync(&mut world.relay);
        let good = world.relay.mail(&alice).pop_back().unwrap();
        let before = dump(&world.alice.store.inner);
        let mail = garbage(&world, &mut TestRng::new(94), &good.envelope);
        for delivery in &mail {
            world.relay.redeliver(&alice, delivery);
        }
        world.alice.receive(&mut world.relay, &mut Fuse::default()).unwrap();
        let reported = world.alice.news();
        let refused = |event: &Event| matches!(event, Event::Refused { .. } | Event::Unopened { .. });
        assert!(reported.iter().all(refused));
        // What cannot be opened of somebody who was accepted is asked for.
        let own = [Table::Counter, Table::Healing];
        let but_cursor =
            |dump: Vec<(Table, _)>| dump.into_iter().filter(move |(table, _)| !own.contains(table));
        assert!(but_cursor(dump(&world.alice.store.inner)).eq(but_cursor(before)));

        world.relay.redeliver(&alice, &good);
        world.alice.receive(&mut world.relay, &mut Fuse::default()).unwrap();
        assert_eq!(world.alice.refusals(), []);
        let bob = world.bob.account();
        let chat = world.alice.chat_with(&bob);
        assert_eq!(world.alice.received(chat).len(), if first { 0 } else { 2 });
    }
}

const CANARY: &str = "typed into the chat";

/// Uses everything in a store. `Err` is what a person would be told.
fn use_all(store: MemoryStore, mail: &pb::Delivery, chat: Conversation) -> Result<(), Error> {
    let mut store = Faulty { inner: store, ..Default::default() };
    let tx: &mut dyn Transaction = &mut store.inner;
    let mut rng = TestRng::new(95);
    let Some(engine) = Engine::load(tx)? else { return Ok(()) };
    let step = &mut Step { tx, now: aside_testkit::person::NOW, entropy: &mut rng };
    let mut results: Vec<Result<(), Error>> = vec![
        engine.conversations(step).map(drop).map_err(Into::into),
        engine.messages(step, chat, 0, 9).map(drop).map_err(Into::into),
        engine.relay_state(step.tx).map(drop).map_err(Into::into),
        engine.waiting(step.tx).map(drop).map_err(Into::into),
        engine.list_of(step.tx, &engine.address().account).map(drop).map_err(Into::into),
    ];
    let outgoing = engine.outgoing(step, &Default::default(), 9);
    for outbound in outgoing.iter().flat_map(|outgoing| &outgoing.ready) {
        let request = pb::Request { id: 1, body: Some(outbound.request.clone()) };
        assert!(!contains(&request.encode_to_vec(), CANARY.as_bytes()), "it would leave in the clear");
    }
    results.push(outgoing.map(drop));
    results.push(engine.on_accepted(step, 1 | 1 << 62, 1).map(drop));
    results.push(engine.on_delivery(step, mail, true).map(drop));
    let full = LoggedIn { one_time_prekeys: 100, ..Default::default() };
    results.push(engine.upkeep(step, &full).map(drop));
    results.push(engine.send_to_chat(step, &handle("bob"), "more").map(drop));
    results.push(engine.send_to_thread(step, &handle("bob"), "more").map(drop));
    results.push(engine.open_chat(step, &handle("bob")).map(drop));
    results.into_iter().collect()
}

#[test]
fn w5_a_damaged_record_is_an_error_and_no_panic_and_never_lets_a_chat_out() {
    let mut world = World::chatting(96);
    world.bob.say(&handle("alice"), "good").unwrap();
    world.bob.sync(&mut world.relay);
    let mail = world.relay.waiting(&world.alice.address()).pop().unwrap();
    world.alice.say(&handle("bob"), CANARY).unwrap();
    let chat = world.alice.chat_with(&world.bob.account());
    let store = world.alice.store.inner.clone();
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut panicked = Vec::new();
    let mut errors = 0;
    let mut rng = TestRng::new(97);
    for (table, (key, record)) in dump(&store) {
        for damaged in damage(table, &record, &mut rng) {
            let mut store = store.clone();
            store.put(table, &key, &damaged).unwrap();
            match catch_unwind(AssertUnwindSafe(|| use_all(store, &mail, chat))) {
                Ok(result) => errors += usize::from(matches!(result, Err(Error::Store(_)))),
                Err(_) => panicked.push((table, damaged)),
            }
        }
    }
    std::panic::set_hook(quiet);
    assert!(panicked.is_empty(), "{:?}", panicked.first());
    assert!(errors > 100, "damage is noticed: {errors}");
}

/// Truncated, extended, cleared, and with single bits flipped: all of them where the text still lies in the clear.
fn damage(table: Table, record: &[u8], rng: &mut TestRng) -> Vec<Vec<u8>> {
    if table == Table::Prekey && rng.below(10) != 0 {
        return vec![];
    }
    let half = record.len() / 2;
    let mut all = vec![vec![], record[..half].to_vec(), [record, &[0xFF]].concat(), vec![0xFF; record.len()]];
    let every = table == Table::Outbox;
    for byte in 0..if every { record.len() } else { 0 } {
        // Two bits are what lies between the kind of a chat and that of a thread.
        let mut flipped = record.to_vec();
        flipped[byte] ^= 3;
        all.push(flipped);
    }
    for bit in 0..record.len() * 8 {
        if every || rng.below(400) == 0 {
            let mut flipped = record.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            all.push(flipped);
        }
    }
    all
}

// IDN-14
#[test]
fn a_relay_cannot_keep_an_old_signed_prekey_in_use_by_its_word() {
    let mut world = World::new(98);
    let signed = |client: &Client| -> usize {
        rows(&client.store.inner, Table::Prekey).iter().filter(|(key, _)| key[0] == 1).count()
    };
    let told = |not_after| LoggedIn {
        one_time_prekeys: 100,
        signed_prekey_not_after: not_after,
        ..Default::default()
    };
    let honest = world.relay.status(&world.alice.address()).signed_prekey_not_after;
    let upkeep = |client: &mut Client, not_after: u64| {
        let upload = client.step(|engine, step| engine.upkeep(step, &told(not_after))).unwrap();
        upload.is_some_and(|upload| !upload.signed.is_empty())
    };
    assert!(!upkeep(&mut world.alice, honest));
    world.alice.now += 8 * aside_testkit::person::DAY;
    assert!(upkeep(&mut world.alice, u64::MAX));
    assert_eq!(signed(&world.alice), 2);
}
