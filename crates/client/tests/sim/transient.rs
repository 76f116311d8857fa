//! Typing and presence: for whoever is there now, kept nowhere, answered never.

use crate::{
    client::Client,
    crowd::{ALICE, Crowd, NAMES},
    forge,
    observer::{SessionRecord, sessions},
    store::{dump, rows},
    world::{World, handle},
};
use aside_client::{
    Conversation, Event,
    channel::pairwise,
    store::{Row, Store, StoreError, Table},
};
use aside_content::{
    Body, ChatFrame, ChatId, Context, Frame, Kind, Presence, Reaction, ReceiptKind, Receipts, Target,
};
use aside_identity::Address;
use aside_primitives::Digest;
use aside_wire::pb;
use prost::Message;
use std::collections::BTreeSet;

/// Alice and Bob in a chat in which Alice has written last, so that her session can carry what is transient.
fn ready(seed: u64) -> (World, Conversation, ChatId) {
    let mut world = World::chatting(seed);
    world.alice.say(&handle("bob"), "third").unwrap();
    world.settle();
    world.bob.news();
    let chat = world.alice.chat_with(&world.bob.account());
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    (world, chat, id)
}

fn type_to_bob(world: &mut World, started: bool) -> usize {
    let bob = handle("bob");
    let sealed = world.alice.step(|engine, step| engine.typing(step, &bob, started)).unwrap();
    world.alice.indicate(&mut world.relay, sealed)
}

fn be(client: &mut Client, relay: &mut crate::relay::Relay, state: Presence) -> usize {
    let sealed = client.step(|engine, step| engine.presence(step, state)).unwrap();
    client.indicate(relay, sealed)
}

/// The tables in which two states of a store differ.
fn changed(before: &[(Table, Row)], after: &[(Table, Row)]) -> BTreeSet<Table> {
    let rows = |of: &[(Table, Row)]| of.iter().cloned().collect::<BTreeSet<_>>();
    rows(before).symmetric_difference(&rows(after)).map(|(table, _)| *table).collect()
}

// CNV-26, CNV-27, CNV-28; feature F33
#[test]
fn who_is_there_sees_that_somebody_writes_and_nothing_is_kept() {
    let (mut world, conversation, _) = ready(231);
    let (at_alice, at_bob) = (dump(&world.alice.store.inner), dump(&world.bob.store.inner));
    let sends = world.relay.sends.len();
    assert_eq!(type_to_bob(&mut world, true), 1);
    let by = world.alice.account();
    let until = Some(world.bob.now + 5_000);
    let typing = |until| Event::Typing { conversation, by, until };
    assert_eq!(world.bob.hear(&mut world.relay), [typing(until)]);
    assert_eq!(type_to_bob(&mut world, false), 1);
    assert_eq!(world.bob.hear(&mut world.relay), [typing(None)]);
    world.settle();
    assert_eq!(world.relay.sends.len(), sends);
    // The sessions, and when Alice said so last.
    let at_alice = changed(&at_alice, &dump(&world.alice.store.inner));
    assert_eq!(at_alice, BTreeSet::from([Table::Session, Table::Telling]));
    assert_eq!(changed(&at_bob, &dump(&world.bob.store.inner)), BTreeSet::from([Table::Session]));
    // The chat goes on as if nothing had been, lost indicators included (CNV-27).
    for _ in 0..3 {
        world.alice.now += 4_000;
        assert_eq!(type_to_bob(&mut world, true), 1);
        world.relay.heard(&world.bob.address());
    }
    world.alice.say(&handle("bob"), "here it is").unwrap();
    world.settle();
    assert_eq!(world.bob.received(conversation).last().unwrap(), "here it is");
    assert!(!world.bob.news().iter().any(|event| matches!(event, Event::Gap { .. } | Event::Refused { .. })));
}

// CNV-29
#[test]
fn typing_is_said_again_after_three_seconds_and_stopping_once() {
    let (mut world, ..) = ready(232);
    assert_eq!(type_to_bob(&mut world, false), 0, "nothing to stop");
    assert_eq!(type_to_bob(&mut world, true), 1);
    world.alice.now += 2_999;
    assert_eq!(type_to_bob(&mut world, true), 0);
    assert_eq!(type_to_bob(&mut world, false), 1);
    assert_eq!(type_to_bob(&mut world, false), 0);
    assert_eq!(type_to_bob(&mut world, true), 0, "stopping does not start it anew");
    world.alice.now += 1;
    assert_eq!(type_to_bob(&mut world, true), 1);
    // A clock that was set back is not waited for.
    world.alice.now -= 1_000_000;
    assert_eq!(type_to_bob(&mut world, true), 1);
}

// CNV-26; threat T5
#[test]
fn t5_typing_goes_to_nobody_but_accepted_people_who_are_wanted() {
    type Change = fn(&mut World);
    let changes: [(Change, bool); 4] = [
        (
            |world| world.alice.step(|engine, step| engine.set_blocked(step, &handle("bob"), true)).unwrap(),
            true,
        ),
        (
            |world| world.alice.step(|engine, step| engine.set_muted(step, &handle("bob"), true)).unwrap(),
            false,
        ),
        (|world| world.alice.step(|engine, step| engine.set_typing(step, false)).unwrap(), false),
        (
            |world| {
                world.relay.rebind("bob", world.carol.account());
                let devices = world.relay.resolve("bob").unwrap();
                let asked = handle("bob");
                world.alice.step(|engine, step| engine.on_devices(step, Some(&asked), &devices)).unwrap();
            },
            true,
        ),
    ];
    for (change, is_error) in changes {
        let (mut world, ..) = ready(233);
        change(&mut world);
        let before = dump(&world.alice.store.inner);
        let sealed = world.alice.step(|engine, step| engine.typing(step, &handle("bob"), true));
        assert_eq!(sealed.is_err(), is_error);
        assert!(sealed.unwrap_or_default().is_none());
        assert_eq!(changed(&before, &dump(&world.alice.store.inner)), BTreeSet::new());
    }
    // A chat that only one of them wants, from either side, and none.
    let mut world = World::new(233);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.say(&handle("bob"), "hello").unwrap();
    world.settle();
    for (from, to) in [(&mut world.alice, "bob"), (&mut world.bob, "alice"), (&mut world.carol, "alice")] {
        assert!(from.step(|engine, step| engine.typing(step, &handle(to), true)).unwrap().is_none());
    }
}

// CNV-26, SES-30
#[test]
fn what_no_session_can_carry_now_is_dropped_and_nothing_is_fetched_for_it() {
    let (mut world, ..) = ready(234);
    // Bob has not written since Alice has: his session would have to turn.
    let alice = handle("alice");
    let type_to_alice = |world: &mut World| {
        world.bob.step(|engine, step| engine.typing(step, &alice, true)).unwrap().is_some()
    };
    assert!(!type_to_alice(&mut world));
    // The receipt turns it.
    world.bob.now += 6_000;
    world.settle();
    assert!(type_to_alice(&mut world));
    // Without a session, no prekey is spent.
    let device = world.alice.address();
    let gone: Result<(), StoreError> = world.bob.store.step(|tx| {
        for (key, ..) in sessions(tx, &device) {
            tx.delete(Table::Session, &key)?;
        }
        Ok(())
    });
    gone.unwrap();
    world.bob.now += 6_000;
    let prekeys = world.relay.one_time_prekeys(&device).len();
    assert!(!type_to_alice(&mut world));
    world.bob.flush(&mut world.relay, &mut Default::default()).unwrap();
    assert_eq!(world.relay.one_time_prekeys(&device).len(), prekeys);
}

/// Seals anything at all for the transient lane, as Alice.
pub(crate) fn forged(
    client: &mut Client,
    to: &Address,
    chat: ChatId,
    frame: Frame,
    edit: impl FnOnce(&mut Context),
) -> Vec<u8> {
    let own = client.address();
    let list = client.engine.list().reference();
    let known = client.engine.list_of(&client.store.inner, &to.account).unwrap().unwrap().reference();
    let (store, rng) = (&mut client.store, &mut client.rng);
    let sealed: Result<Vec<u8>, StoreError> = store.step(|tx| {
        let kept = sessions(tx, to).into_iter().max_by_key(|(_, _, generation)| *generation);
        let (key, mut session, generation) = kept.expect("a session");
        let mut context = Context { sender_list: list, recipient_list: known, generation };
        edit(&mut context);
        let frame = ChatFrame { chat, frame };
        let envelope = pairwise::seal_transient(rng, &mut session, &own, &context, &frame).unwrap();
        let record = SessionRecord { state: session.export().to_vec(), generation };
        tx.put(Table::Session, &key, &record.encode_to_vec())?;
        Ok(envelope.encode_to_vec())
    });
    sealed.unwrap()
}

// CNV-27, CNV-28; threat T5
#[test]
fn t5_whatever_is_wrong_with_an_indicator_it_is_dropped_without_a_trace() {
    let (mut world, _, id) = ready(235);
    world.alice.step(|engine, step| engine.set_presence(step, true)).unwrap();
    let (alice, bob) = (world.alice.address(), world.bob.address());
    let typing = || Body::Typing { started: true };
    let frame = |world: &mut World, body| forge::frame(&mut world.alice, body);
    let mut wrong: Vec<(&str, Vec<u8>)> = Vec::new();

    let unknown = Target {
        message_id: aside_content::MessageId::new([7; 16]),
        author: bob.account,
        hash: Digest([7; 32]),
    };
    let read = Receipts { kind: ReceiptKind::Read, message_ids: vec![unknown.message_id], at: 0 };
    for body in [
        Body::text("a message").unwrap(),
        Body::of(Reaction { target: unknown, emoji: "👍".into(), counter: 1 }).unwrap(),
        Body::of(read).unwrap(),
        Body::ChatAccept,
        Body::ChatOpen { beside: None },
        Body::Unknown { kind: Kind(4000), content: vec![1] },
        // Bob does not show his presence, and sees nobody's.
        Body::Presence(Presence::Available),
    ] {
        let frame = frame(&mut world, body);
        wrong.push(("kind", forged(&mut world.alice, &bob, id, frame, |_| ())));
    }
    let other = frame(&mut world, typing());
    wrong.push(("chat", forged(&mut world.alice, &bob, ChatId::new([9; 32]), other, |_| ())));
    for now in [world.alice.now - 60_001, world.alice.now + 60_001, 0, u64::MAX] {
        let old = Frame { sent_at: now, ..frame(&mut world, typing()) };
        wrong.push(("age", forged(&mut world.alice, &bob, id, old, |_| ())));
    }
    let edits: [fn(&mut Context); 5] = [
        |context| context.generation += 1,
        |context| context.sender_list.version += 1,
        |context| context.sender_list.hash = Digest([9; 32]),
        |context| context.recipient_list.version += 1,
        |context| context.recipient_list.hash = Digest([9; 32]),
    ];
    for edit in edits {
        let body = frame(&mut world, typing());
        wrong.push(("context", forged(&mut world.alice, &bob, id, body, edit)));
    }
    // A message of the chat on the lane, and bytes that are none.
    let message = frame(&mut world, Body::text("mail").unwrap());
    wrong.push(("mail", forge::encrypt(&mut world.alice, &bob, id, message, |_| ())));
    let good = frame(&mut world, typing());
    let good = forged(&mut world.alice, &bob, id, good, |_| ());
    for length in [0, 1, 20, good.len() - 1] {
        wrong.push(("short", good[..length].to_vec()));
    }
    for place in [10, 60, good.len() - 1] {
        let mut flipped = good.clone();
        flipped[place] ^= 1;
        wrong.push(("flipped", flipped));
    }
    for kind in [pb::EnvelopeKind::Thread, pb::EnvelopeKind::Group, pb::EnvelopeKind::Unspecified] {
        let envelope = pb::Envelope::decode(good.as_slice()).unwrap();
        wrong.push(("envelope", pb::Envelope { kind: kind.into(), ..envelope }.encode_to_vec()));
    }

    let before = dump(&world.bob.store.inner);
    let sends = world.relay.sends.len();
    let hear = |world: &mut World, sender: &[u8], device, envelope: &[u8]| {
        let (sender, envelope) = (sender.to_vec(), envelope.to_vec());
        let delivery = pb::TransientDelivery { sender, sender_device: device, envelope };
        world.bob.step(|engine, step| engine.on_transient(step, &delivery)).unwrap()
    };
    for (what, envelope) in &wrong {
        assert_eq!(hear(&mut world, alice.account.as_bytes(), 1, envelope), None, "{what}");
    }
    let carol = world.carol.account();
    for (sender, device) in [
        (carol.as_bytes().as_slice(), 1),
        (bob.account.as_bytes(), 1),
        (&[0; 32], 1),
        (&[7; 31], 1),
        (alice.account.as_bytes(), 2),
        (alice.account.as_bytes(), 0),
        (alice.account.as_bytes(), 128),
    ] {
        assert_eq!(hear(&mut world, sender, device, &good), None);
    }
    assert_eq!(dump(&world.bob.store.inner), before, "not a byte is stored");
    world.settle();
    assert_eq!(world.relay.sends.len(), sends, "and nothing goes out");
    assert!(world.relay.transients.is_empty());

    // The good one counts, once.
    assert!(hear(&mut world, alice.account.as_bytes(), 1, &good).is_some());
    assert_eq!(hear(&mut world, alice.account.as_bytes(), 1, &good), None);
    // In the mailbox, where it would have waited, it is refused.
    let stored = frame(&mut world, typing());
    let stored = forged(&mut world.alice, &bob, id, stored, |_| ());
    world.relay.deliver(&bob, &alice, &stored);
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.refusals(), [aside_wire::Reject::Malformed]);
}

// CNV-27
#[test]
fn whom_the_person_does_not_want_to_hear_of_is_not_heard_of() {
    type Change = fn(&mut World);
    let changes: [Change; 3] = [
        |world| world.bob.step(|engine, step| engine.set_blocked(step, &handle("alice"), true)).unwrap(),
        |world| world.bob.step(|engine, step| engine.set_muted(step, &handle("alice"), true)).unwrap(),
        |world| world.bob.step(|engine, step| engine.set_typing(step, false)).unwrap(),
    ];
    for change in changes {
        let (mut world, ..) = ready(236);
        change(&mut world);
        let before = dump(&world.bob.store.inner);
        assert_eq!(type_to_bob(&mut world, true), 1);
        assert_eq!(world.bob.hear(&mut world.relay), []);
        assert_eq!(dump(&world.bob.store.inner), before);
    }
}

// CNV-23, CNV-26, CNV-29; feature F32
#[test]
fn presence_is_off_until_it_is_wanted_and_then_goes_both_ways() {
    let (mut world, ..) = ready(237);
    let World { relay, alice, bob, .. } = &mut world;
    assert_eq!(be(alice, relay, Presence::Available), 0);
    alice.step(|engine, step| engine.set_presence(step, true)).unwrap();
    assert_eq!(be(alice, relay, Presence::Available), 1);
    assert_eq!(bob.hear(relay), [], "who hides it does not see it");
    bob.step(|engine, step| engine.set_presence(step, true)).unwrap();
    assert_eq!(be(alice, relay, Presence::Available), 0, "too soon");
    alice.now += 60_000;
    assert_eq!(be(alice, relay, Presence::Available), 1);
    bob.now = alice.now;
    let presence = |state| Event::Presence { by: alice.account(), state, until: bob.now + 120_000 };
    let expected = [Presence::Available, Presence::Recently, Presence::Away].map(presence);
    let mut heard = bob.hear(relay);
    for state in [Presence::Recently, Presence::Away] {
        assert_eq!(be(alice, relay, state), 1);
        heard.extend(bob.hear(relay));
    }
    assert_eq!(heard, expected);
    alice.step(|engine, step| engine.set_presence(step, false)).unwrap();
    assert_eq!(be(alice, relay, Presence::Available), 0);
}

// CNV-26
#[test]
fn presence_goes_to_accepted_people_and_not_to_who_asks() {
    let mut crowd = Crowd::new(238);
    let talk = |crowd: &mut Crowd, with: usize, accepted: bool| {
        crowd.people[with].open_chat(&handle("alice")).unwrap();
        crowd.settle();
        if accepted {
            crowd.people[ALICE].accept_chat(&handle(NAMES[with])).unwrap();
            crowd.people[ALICE].say(&handle(NAMES[with]), "hello").unwrap();
            crowd.settle();
            crowd.people[with].say(&handle("alice"), "hello").unwrap();
            crowd.settle();
            crowd.people[ALICE].say(&handle(NAMES[with]), "well?").unwrap();
            crowd.settle();
        }
    };
    for with in 1..6 {
        talk(&mut crowd, with, with < 5);
    }
    let blocked = handle(NAMES[1]);
    let muted = handle(NAMES[2]);
    let Crowd { relay, people } = &mut crowd;
    let alice = &mut people[ALICE];
    alice.step(|engine, step| engine.set_presence(step, true)).unwrap();
    alice.step(|engine, step| engine.set_blocked(step, &blocked, true)).unwrap();
    alice.step(|engine, step| engine.set_muted(step, &muted, true)).unwrap();
    assert_eq!(be(alice, relay, Presence::Available), 2);
    let told: BTreeSet<_> =
        relay.transients.iter().map(|(_, transient)| transient.recipient.clone()).collect();
    let expected = [3, 4].map(|with: usize| people[with].account().as_bytes().to_vec());
    assert_eq!(told, BTreeSet::from(expected));
}

/// The lengths of what somebody handed over.
fn lengths(world: &World, from: &Address) -> Vec<usize> {
    let payloads = world.relay.pairwise_payloads().into_iter();
    payloads.filter(|(sender, ..)| sender == from).map(|(_, _, payload)| payload.len()).collect()
}

// CON-9, CNV-26; threat W8
#[test]
fn w8_texts_marks_receipts_and_indicators_look_alike() {
    let (mut world, chat, _) = ready(239);
    let bob = world.bob.address();
    world.bob.now += 6_000;
    world.settle();
    let before = lengths(&world, &bob).len();
    let theirs = world.bob.messages(chat).pop().unwrap().index;
    world.bob.step(|engine, step| engine.react(step, chat, theirs, "👍")).unwrap();
    let mine = world.bob.say(&handle("alice"), "a short text").unwrap();
    let text = aside_content::Text::new("another").unwrap();
    world.bob.step(|engine, step| engine.edit(step, chat, mine, text)).unwrap();
    world.bob.step(|engine, step| engine.unsend(step, chat, mine)).unwrap();
    world.bob.step(|engine, step| engine.mark_shown(step, chat, theirs)).unwrap();
    world.settle();
    world.bob.now += 6_000;
    world.settle();
    let lengths = lengths(&world, &bob);
    assert_eq!(lengths.len() - before, 5, "with the receipt");
    assert_eq!(BTreeSet::from_iter(lengths[before..].iter().copied()).len(), 1, "{lengths:?}");

    let World { relay, bob, .. } = &mut world;
    bob.step(|engine, step| engine.set_presence(step, true)).unwrap();
    let alice = handle("alice");
    for started in [true, false] {
        let sealed = bob.step(|engine, step| engine.typing(step, &alice, started)).unwrap();
        assert_eq!(bob.indicate(relay, sealed), 1);
    }
    for state in [Presence::Available, Presence::Recently, Presence::Away] {
        assert_eq!(be(bob, relay, state), 1);
    }
    let envelopes = relay.transients.iter().flat_map(|(_, transient)| &transient.parcels);
    let indicators: Vec<_> = envelopes.map(|parcel| parcel.envelope.len()).collect();
    assert_eq!(indicators.len(), 5);
    assert_eq!(BTreeSet::from_iter(indicators).len(), 1);
    assert_eq!(rows(&bob.store.inner, Table::Outbox), []);
}
