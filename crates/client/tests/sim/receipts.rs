//! Receipts: what is told of messages that were received, to whom, and what is believed of it.

use crate::{
    client::{Client, Fuse, Halt},
    forge,
    observer::assert_no_key_was_used_twice,
    store::{dump, rows},
    world::{World, handle},
};
use aside_client::{
    Conversation, Delivery, Error, Event, Message, Misuse, ReceiptLevel, engine::Busy, store::Table,
};
use aside_content::{
    Attachment, Body, ChatId, Edit, Media, MediaKind, MessageId, Reaction, ReceiptKind, Receipts, Target,
    Text,
};
use aside_primitives::Digest;
use aside_testkit::person::NOW;
use aside_wire::{Reject, pb::RefusalCode};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Longer than a receipt waits.
const LATER: u64 = 6_000;

fn chat(world: &mut World) -> (Conversation, ChatId) {
    match world.alice.chat_with(&world.bob.account()) {
        chat @ Conversation::Chat(id) => (chat, id),
        _ => panic!("a chat"),
    }
}

/// Time passes for everybody, and what is due goes out.
fn later(world: &mut World) {
    for client in [&mut world.alice, &mut world.bob, &mut world.carol] {
        client.now += LATER;
    }
    world.settle();
}

/// How much somebody has handed to the relay.
fn sent_by(world: &World, who: &Client) -> usize {
    world.relay.sends.iter().filter(|(from, _)| *from == who.address()).count()
}

fn show_all(client: &mut Client, conversation: Conversation) {
    let last = client.messages(conversation).last().map_or(0, |message| message.index);
    client.step(|engine, step| engine.mark_shown(step, conversation, last)).unwrap();
}

fn last(client: &mut Client, conversation: Conversation) -> Message {
    client.messages(conversation).pop().unwrap()
}

/// What came of everything a client has written in a conversation.
fn own(client: &mut Client, conversation: Conversation) -> Vec<Delivery> {
    let account = client.account();
    let messages = client.messages(conversation).into_iter();
    messages.filter(|message| message.sender == account).map(|message| message.delivery).collect()
}

fn receipts_heard(client: &mut Client) -> Vec<(ReceiptKind, usize)> {
    let kind = |event| match event {
        Event::Receipts { kind, indexes, .. } => Some((kind, indexes.len())),
        _ => None,
    };
    client.news().into_iter().filter_map(kind).collect()
}

/// Alice's client says anything at all in a chat, as Bob's relay delivers it.
fn forged(world: &mut World, chat: ChatId, body: Body) {
    let (from, to) = (world.alice.address(), world.bob.address());
    let frame = forge::frame(&mut world.alice, body);
    let envelope = forge::encrypt(&mut world.alice, &to, chat, frame, |_| ());
    world.relay.deliver(&to, &from, &envelope);
}

fn receipts(kind: ReceiptKind, ids: &[MessageId], at: u64) -> Body {
    let mut message_ids = ids.to_vec();
    message_ids.sort();
    Body::of(Receipts { kind, message_ids, at }).unwrap()
}

// CNV-21, CNV-24; feature F31, F30
#[test]
fn a_message_is_queued_accepted_delivered_and_read() {
    let mut world = World::chatting(201);
    let (chat, _) = chat(&mut world);
    later(&mut world);
    world.alice.news();
    let index = world.alice.say(&handle("bob"), "hello").unwrap();
    let state = |world: &mut World| {
        let messages = world.alice.messages(chat);
        messages.into_iter().find(|message| message.index == index).unwrap()
    };
    assert_eq!(state(&mut world).delivery, Delivery::Queued);
    world.settle();
    // Nothing goes out at once, or at a time that tells when it arrived.
    assert_eq!(state(&mut world).delivery, Delivery::Accepted);
    let due = world.bob.step(|engine, step| engine.next_receipts(step.tx, step.now)).unwrap().unwrap();
    assert!((world.bob.now + 1_000..world.bob.now + 5_000).contains(&due), "{due}");
    later(&mut world);
    let delivered = state(&mut world);
    assert_eq!(delivered.delivery, Delivery::Delivered);
    assert!((delivered.sent_at..=world.alice.now).contains(&delivered.delivered_at.unwrap()));
    assert_eq!(receipts_heard(&mut world.alice), [(ReceiptKind::Delivered, 1)]);
    assert_eq!(world.bob.step(|engine, step| engine.next_receipts(step.tx, step.now)).unwrap(), None);

    show_all(&mut world.bob, chat);
    show_all(&mut world.bob, chat);
    later(&mut world);
    let read = state(&mut world);
    assert_eq!((read.delivery, read.viewed_at), (Delivery::Read, None));
    assert!((read.delivered_at.unwrap()..=world.alice.now).contains(&read.read_at.unwrap()));
    // Both texts of Alice were read, and it is said once.
    assert_eq!(receipts_heard(&mut world.alice), [(ReceiptKind::Read, 2)]);
    let sends = world.relay.sends.len();
    later(&mut world);
    later(&mut world);
    assert_eq!(world.relay.sends.len(), sends, "a receipt is not receipted");
    assert_eq!(world.alice.news(), []);
    assert_eq!(world.alice.waiting() + world.bob.waiting(), 0);
}

// CNV-21: the delay differs, so that it does not give away when something arrived.
#[test]
fn receipts_wait_for_a_time_drawn_at_random() {
    let mut delays = BTreeSet::new();
    for seed in 0..16 {
        let mut world = World::chatting(300 + seed);
        later(&mut world);
        world.alice.say(&handle("bob"), "hello").unwrap();
        world.settle();
        delays.extend(world.bob.step(|engine, step| engine.next_receipts(step.tx, step.now)).unwrap());
    }
    assert!(delays.len() > 12, "{delays:?}");
    assert!(delays.last().unwrap() - delays.first().unwrap() > 1_500, "{delays:?}");
}

// CNV-21, CNV-22
#[test]
fn what_waits_goes_out_together_and_read_stands_for_delivered() {
    let mut world = World::chatting(202);
    let (chat, _) = chat(&mut world);
    later(&mut world);
    for number in 0..100 {
        world.alice.say(&handle("bob"), &format!("{number}")).unwrap();
    }
    world.settle();
    show_all(&mut world.bob, chat);
    let before = sent_by(&world, &world.bob);
    world.alice.news();
    later(&mut world);
    // 100 and the first text: 64 fit into one.
    assert_eq!(sent_by(&world, &world.bob), before + 2);
    assert_eq!(receipts_heard(&mut world.alice), [(ReceiptKind::Read, 64), (ReceiptKind::Read, 37)]);
    assert!(own(&mut world.alice, chat).iter().all(|delivery| *delivery == Delivery::Read));
    assert_eq!(rows(&world.bob.store.inner, Table::Receipt), []);
}

// CNV-22: times are told in whole minutes.
#[test]
fn no_receipt_tells_the_second() {
    let mut world = World::chatting(203);
    let (chat, _) = chat(&mut world);
    world.alice.say(&handle("bob"), "when?").unwrap();
    world.settle();
    world.alice.now += 95_123;
    world.bob.now += 95_123;
    show_all(&mut world.bob, chat);
    later(&mut world);
    assert_eq!(last(&mut world.alice, chat).read_at, Some(NOW + 60_000));
}

// CNV-20; threats T5, V30
#[test]
fn t5_v30_nothing_answers_strangers_marks_or_what_is_not_here() {
    let mut world = World::chatting(204);
    let (chat, id) = chat(&mut world);
    show_all(&mut world.bob, chat);
    later(&mut world);
    world.bob.say(&handle("alice"), "mine").unwrap();
    world.settle();
    later(&mut world);
    // Carol is a stranger: she has asked, and Bob has not answered. She writes, openly too.
    world.carol.open_chat(&handle("bob")).unwrap();
    world.carol.say(&handle("bob"), "anybody there?").unwrap();
    world.carol.say_openly(&handle("bob"), "or here?").unwrap();
    world.settle();
    let (request, thread) =
        (world.carol.chat_with(&world.bob.account()), world.bob.thread_with(&world.carol.account()));
    let Conversation::Chat(request_id) = request else { panic!("a chat") };

    let sent = sent_by(&world, &world.bob);
    let unknown = MessageId::new([7; 16]);
    let target = |author| Target { message_id: unknown, author, hash: Digest([7; 32]) };
    for author in [world.alice.account(), world.bob.account(), world.carol.account()] {
        let bodies = [
            Body::of(Reaction { target: target(author), emoji: "👍".into(), counter: 1 }).unwrap(),
            Body::of(Edit { target: target(author), version: 1, text: Text::new("x").unwrap() }).unwrap(),
            Body::Unsend(unknown),
            receipts(ReceiptKind::Delivered, &[unknown], NOW),
            receipts(ReceiptKind::Read, &[unknown], NOW),
            receipts(ReceiptKind::Viewed, &[unknown], NOW),
        ];
        for body in bodies {
            // From somebody Bob talks with, and from the stranger: in her request, and in a chat of others.
            forged(&mut world, id, body.clone());
            let (from, to) = (world.carol.address(), world.bob.address());
            for place in [request_id, id, ChatId::new([9; 32])] {
                let frame = forge::frame(&mut world.carol, body.clone());
                let envelope = forge::encrypt(&mut world.carol, &to, place, frame, |_| ());
                world.relay.deliver(&to, &from, &envelope);
            }
        }
    }
    later(&mut world);
    // A request that is looked at, a thread that is read: nothing either.
    show_all(&mut world.bob, request);
    show_all(&mut world.bob, thread);
    for _ in 0..3 {
        later(&mut world);
    }
    assert_eq!(sent_by(&world, &world.bob), sent, "not one byte");
    assert!(world.relay.transients.is_empty());
    assert_eq!(rows(&world.bob.store.inner, Table::Receipt), []);
    // It would have been seen: a message that is shown is answered.
    forged(&mut world, id, Body::text("known").unwrap());
    later(&mut world);
    later(&mut world);
    assert_eq!(sent_by(&world, &world.bob), sent + 1);
}

// CNV-20; feature F13
#[test]
fn a_request_learns_nothing_until_it_is_accepted_and_then_only_what_was_shown() {
    let mut world = World::new(205);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.say(&handle("bob"), "before you answer").unwrap();
    world.settle();
    let (chat, _) = chat(&mut world);
    show_all(&mut world.bob, chat);
    later(&mut world);
    assert_eq!(sent_by(&world, &world.bob), 0);
    world.bob.accept_chat(&handle("alice")).unwrap();
    later(&mut world);
    assert_eq!(sent_by(&world, &world.bob), 1, "the acceptance");
    assert_eq!(own(&mut world.alice, chat), [Delivery::Accepted]);
    world.alice.say(&handle("bob"), "and now").unwrap();
    world.settle();
    show_all(&mut world.bob, chat);
    later(&mut world);
    assert_eq!(last(&mut world.alice, chat).delivery, Delivery::Read);
}

// CNV-20; threat T5
#[test]
fn t5_nobody_blocked_muted_or_contested_is_told_even_what_waited() {
    type Change = fn(&mut World);
    let changes: [Change; 3] = [
        |world| world.bob.step(|engine, step| engine.set_blocked(step, &handle("alice"), true)).unwrap(),
        |world| world.bob.step(|engine, step| engine.set_muted(step, &handle("alice"), true)).unwrap(),
        |world| {
            world.relay.rebind("alice", world.carol.account());
            let devices = world.relay.resolve("alice").unwrap();
            let asked = handle("alice");
            world.bob.step(|engine, step| engine.on_devices(step, Some(&asked), &devices)).unwrap();
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for composed in [false, true] {
            let mut world = World::chatting(206);
            let (chat, _) = chat(&mut world);
            later(&mut world);
            world.alice.say(&handle("bob"), "hello").unwrap();
            world.settle();
            let sent = sent_by(&world, &world.bob);
            if composed {
                // It is in the outbox already, and the relay would not take it.
                world.bob.now += LATER;
                world.relay.refuse_sends = Some(RefusalCode::Rate);
                world.bob.sync(&mut world.relay);
                world.relay.refuse_sends = None;
                assert_eq!(rows(&world.bob.store.inner, Table::Outbox).len(), 1);
            }
            let sent = sent.max(sent_by(&world, &world.bob));
            change(&mut world);
            show_all(&mut world.bob, chat);
            later(&mut world);
            assert_eq!(sent_by(&world, &world.bob), sent, "{number} {composed}");
            assert_eq!(rows(&world.bob.store.inner, Table::Outbox), []);
            assert_eq!(rows(&world.bob.store.inner, Table::Receipt), []);
            assert_eq!(rows(&world.bob.store.inner, Table::ReceiptsDue), []);
        }
    }
}

// CNV-23; feature F30
#[test]
fn each_decides_how_much_is_told_and_sees_no_more_of_the_other() {
    use ReceiptLevel::{Delivered as Arrival, Everything, Nothing};
    let of = |tells: ReceiptLevel, sees: ReceiptLevel| match tells.min(sees) {
        Nothing => Delivery::Accepted,
        Arrival => Delivery::Delivered,
        Everything => Delivery::Read,
    };
    for tells in [Nothing, Arrival, Everything] {
        for sees in [Nothing, Arrival, Everything] {
            let mut world = World::chatting(207);
            let (chat, _) = chat(&mut world);
            let (alice, bob) = (handle("alice"), handle("bob"));
            // One for the person, the other for everybody else.
            world.bob.step(|engine, step| engine.set_receipts(step, Some(&alice), Some(tells))).unwrap();
            world.alice.step(|engine, step| engine.set_receipts(step, None, Some(sees))).unwrap();
            world.alice.say(&bob, "how much?").unwrap();
            world.settle();
            later(&mut world);
            show_all(&mut world.bob, chat);
            later(&mut world);
            assert_eq!(last(&mut world.alice, chat).delivery, of(tells, sees), "{tells:?} {sees:?}");
            let account = world.alice.account();
            let level = world.bob.step(|engine, step| engine.receipts_to(step.tx, Some(&account))).unwrap();
            assert_eq!(level, tells);
            world.bob.step(|engine, step| engine.set_receipts(step, Some(&alice), None)).unwrap();
            let level = world.bob.step(|engine, step| engine.receipts_to(step.tx, Some(&account))).unwrap();
            assert_eq!(level, Everything);
        }
    }
}

// CNV-23: whoever changes their mind in time is believed.
#[test]
fn what_waits_follows_the_decision_of_now() {
    use ReceiptLevel::{Delivered as Arrival, Nothing};
    for (level, expected) in [(Nothing, Delivery::Accepted), (Arrival, Delivery::Delivered)] {
        let mut world = World::chatting(208);
        let (chat, _) = chat(&mut world);
        later(&mut world);
        world.alice.say(&handle("bob"), "hello").unwrap();
        world.settle();
        show_all(&mut world.bob, chat);
        world.bob.step(|engine, step| engine.set_receipts(step, None, Some(level))).unwrap();
        later(&mut world);
        assert_eq!(last(&mut world.alice, chat).delivery, expected);
        // What was read while nothing was told is not told later.
        world.bob.step(|engine, step| engine.set_receipts(step, None, None)).unwrap();
        show_all(&mut world.bob, chat);
        later(&mut world);
        assert_eq!(last(&mut world.alice, chat).delivery, expected);
    }
}

// CNV-24; threat T5
#[test]
fn t5_receipts_count_for_the_own_messages_of_the_chat_and_never_go_back() {
    let mut world = World::chatting(209);
    let (chat, id) = chat(&mut world);
    world.alice.step(|engine, step| engine.set_receipts(step, None, Some(ReceiptLevel::Nothing))).unwrap();
    world.bob.now += 1_000_000;
    let index = world.bob.say(&handle("alice"), "mine").unwrap();
    world.settle();
    show_all(&mut world.bob, chat);
    later(&mut world);
    let mine = world.bob.messages(chat).into_iter().find(|message| message.index == index).unwrap();
    let (first, theirs) = {
        let messages = world.bob.messages(chat);
        let own = world.bob.account();
        let of =
            |mine: bool| messages.iter().find(|message| (message.sender == own) == mine).unwrap().clone();
        (of(true), of(false))
    };
    let see = |world: &mut World, message: &Message| {
        let messages = world.bob.messages(chat);
        let now = messages.into_iter().find(|now| now.index == message.index).unwrap();
        (now.delivery, now.delivered_at, now.read_at, now.viewed_at)
    };
    let before = dump(&world.bob.store.inner);
    let unknown = MessageId::new([7; 16]);

    // Alice's own message, one that is not here, and both from a stranger or in another chat.
    forged(&mut world, id, receipts(ReceiptKind::Read, &[theirs.message_id, unknown], NOW));
    world.carol.open_chat(&handle("bob")).unwrap();
    world.carol.sync(&mut world.relay);
    world.bob.sync(&mut world.relay);
    let (from, to) = (world.carol.address(), world.bob.address());
    let Conversation::Chat(request) = world.carol.chat_with(&to.account) else { panic!("a chat") };
    for place in [request, id] {
        let body = receipts(ReceiptKind::Read, &[mine.message_id, first.message_id], NOW);
        let frame = forge::frame(&mut world.carol, body);
        let envelope = forge::encrypt(&mut world.carol, &to, place, frame, |_| ());
        world.relay.deliver(&to, &from, &envelope);
    }
    world.bob.news();
    world.bob.sync(&mut world.relay);
    assert_eq!(world.bob.refusals(), [Reject::Policy, Reject::Policy]);
    let messages = |dump: Vec<(Table, _)>| -> Vec<_> {
        dump.into_iter().filter(|(table, _)| *table == Table::Message).collect()
    };
    assert_eq!(messages(dump(&world.bob.store.inner)), messages(before));

    // A time before it was sent, and one in the future.
    let deliver = |world: &mut World, kind, message: &Message, at| {
        forged(world, id, receipts(kind, &[message.message_id], at));
        world.bob.news();
        world.bob.sync(&mut world.relay);
        receipts_heard(&mut world.bob).len()
    };
    assert_eq!(deliver(&mut world, ReceiptKind::Delivered, &mine, 0), 1);
    assert_eq!(see(&mut world, &mine), (Delivery::Delivered, Some(mine.sent_at), None, None));
    world.bob.now += 7;
    let now = world.bob.now;
    assert_eq!(deliver(&mut world, ReceiptKind::Read, &mine, u64::MAX), 1);
    let read = (Delivery::Read, Some(mine.sent_at), Some(now), None);
    assert_eq!(see(&mut world, &mine), read);
    // Not again, not less, and nobody listens to a text.
    world.bob.now += 1_000;
    for kind in [ReceiptKind::Read, ReceiptKind::Delivered, ReceiptKind::Viewed] {
        assert_eq!(deliver(&mut world, kind, &mine, 5), 0);
        assert_eq!(see(&mut world, &mine), read);
    }
    // Read stands for delivered, and is not before it was.
    assert_eq!(deliver(&mut world, ReceiptKind::Read, &first, 0), 1);
    let at = Some(first.sent_at);
    assert_eq!(see(&mut world, &first), (Delivery::Read, at, at, None));
}

// CNV-25
#[test]
fn what_a_person_writes_is_not_held_up_by_receipts() {
    let mut world = World::chatting(210);
    let (chat, _) = chat(&mut world);
    later(&mut world);
    for number in 0..150 {
        world.alice.say(&handle("bob"), &format!("{number}")).unwrap();
    }
    world.settle();
    show_all(&mut world.bob, chat);
    world.bob.now += LATER;
    world.bob.say(&handle("alice"), "first of all").unwrap();
    let ready = |world: &mut World, busy: &Busy| {
        world.bob.step(|engine, step| engine.outgoing(step, busy, 32)).unwrap().ready
    };
    let outbox = |world: &World| rows(&world.bob.store.inner, Table::Outbox).len();
    // The text alone, until it is on its way to its end.
    assert_eq!((ready(&mut world, &Busy::default()).len(), outbox(&world)), (1, 1));
    let place = ready(&mut world, &Busy::default())[0].place;
    let busy = Busy { in_flight: BTreeSet::from([place]), ..Busy::default() };
    assert_eq!((ready(&mut world, &busy).len(), outbox(&world)), (0, 1));
    world.bob.step(|engine, step| engine.on_accepted(step, place, 1)).unwrap();
    // One batch of receipts, and a text that is written now goes after it at once.
    assert_eq!(ready(&mut world, &Busy::default()).len(), 1);
    world.bob.say(&handle("alice"), "second").unwrap();
    assert_eq!((ready(&mut world, &Busy::default()).len(), outbox(&world)), (2, 2));
    world.alice.news();
    later(&mut world);
    let heard: Vec<_> = receipts_heard(&mut world.alice);
    assert_eq!(heard.iter().map(|(_, count)| count).sum::<usize>(), 151);
    assert_eq!(world.alice.received(chat).last().unwrap(), "second");
    assert_eq!(rows(&world.bob.store.inner, Table::ReceiptsDue), []);
}

// CNV-25
#[test]
fn nothing_is_missing_between_receipts_and_texts() {
    let mut world = World::chatting(211);
    let (chat, _) = chat(&mut world);
    for round in 0..5 {
        world.alice.say(&handle("bob"), &format!("a {round}")).unwrap();
        world.bob.say(&handle("alice"), &format!("b {round}")).unwrap();
        world.settle();
        show_all(&mut world.bob, chat);
        world.bob.now += LATER;
        world.bob.say(&handle("alice"), &format!("c {round}")).unwrap();
        world.settle();
        world.alice.now += LATER;
        show_all(&mut world.alice, chat);
        world.settle();
    }
    for client in [&mut world.alice, &mut world.bob] {
        let wrong = |event: &Event| matches!(event, Event::Gap { .. } | Event::Refused { .. });
        assert!(!client.news().iter().any(wrong));
    }
}

#[test]
fn a_receipt_that_the_relay_will_never_take_is_nobodys_business() {
    let mut world = World::chatting(212);
    let (chat, _) = chat(&mut world);
    show_all(&mut world.bob, chat);
    world.bob.news();
    world.bob.now += LATER;
    world.relay.refuse_sends = Some(RefusalCode::Unavailable);
    world.bob.sync(&mut world.relay);
    assert_eq!(rows(&world.bob.store.inner, Table::Outbox).len(), 1);
    assert_eq!(world.bob.waiting(), 0, "nobody waits for it");
    world.relay.refuse_sends = Some(RefusalCode::Unreachable);
    world.bob.sync(&mut world.relay);
    assert_eq!(rows(&world.bob.store.inner, Table::Outbox), []);
    assert_eq!(world.bob.news(), []);
}

fn voice() -> Body {
    let attachment = Attachment {
        id: [1; 32],
        key: Zeroizing::new([2; 32]),
        size: 1,
        hash: Digest([3; 32]),
        media_type: "audio/opus".into(),
    };
    let voice = Media {
        kind: MediaKind::Voice,
        attachment,
        name: String::new(),
        width: 0,
        height: 0,
        duration_ms: 1,
        waveform: vec![1],
        thumbnail: vec![],
        caption: String::new(),
    };
    Body::of(voice).unwrap()
}

// CNV-22; feature F16
#[test]
fn a_voice_message_is_listened_to_and_a_text_is_not() {
    let mut world = World::chatting(213);
    let (chat, _) = chat(&mut world);
    world.alice.step(|engine, step| engine.say_in(step, chat, voice())).unwrap();
    world.settle();
    let theirs = world.bob.messages(chat);
    let (text, voice) =
        (theirs.iter().find(|m| m.sender == world.alice.account()).unwrap(), theirs.last().unwrap());
    let view =
        |world: &mut World, index| world.bob.step(|engine, step| engine.mark_viewed(step, chat, index));
    let refused = view(&mut world, text.index);
    assert!(matches!(refused, Err(Halt::Client(Error::Misuse(Misuse::NotMedia)))));
    let mine = theirs.iter().find(|m| m.sender == world.bob.account()).unwrap().index;
    for not_theirs in [mine, 9_999] {
        assert!(matches!(view(&mut world, not_theirs), Err(Halt::Client(Error::Misuse(Misuse::NoMessage)))));
    }
    view(&mut world, voice.index).unwrap();
    view(&mut world, voice.index).unwrap();
    world.alice.news();
    later(&mut world);
    let heard = last(&mut world.alice, chat);
    assert_eq!(heard.delivery, Delivery::Viewed);
    assert!(heard.delivered_at.is_some() && heard.read_at.is_some() && heard.viewed_at.is_some());
    let own: Vec<_> = receipts_heard(&mut world.alice);
    assert!(own.contains(&(ReceiptKind::Viewed, 1)), "{own:?}");
    // Whoever has listened has read.
    show_all(&mut world.bob, chat);
    later(&mut world);
    assert_eq!(receipts_heard(&mut world.alice), [(ReceiptKind::Read, 1)]);
}

/// Alice writes, Bob reads, and the receipts go out; every process end is followed by a restart.
fn exchange(burns_at: BTreeSet<u32>) -> u32 {
    let mut world = World::chatting(214);
    let (chat, _) = chat(&mut world);
    later(&mut world);
    // What went before has no witness.
    world.relay.sends.clear();
    for text in ["one", "two"] {
        world.alice.say(&handle("bob"), text).unwrap();
    }
    let mut fuse = Fuse { burns_at, ..Default::default() };
    let World { relay, alice, bob, .. } = &mut world;
    let mut run = |client: &mut Client| loop {
        client.keep_past();
        match client.sync_until(relay, &mut fuse) {
            Ok(()) => return,
            Err(Halt::Crashed) => client.reboot(),
            Err(halt) => panic!("{halt:?}"),
        }
    };
    run(alice);
    run(bob);
    bob.now += LATER;
    run(bob);
    show_all(bob, chat);
    bob.now += LATER;
    run(bob);
    alice.now += 2 * LATER;
    run(alice);
    assert_eq!(own(alice, chat), [Delivery::Read; 3]);
    assert!(!alice.news().iter().any(|event| matches!(event, Event::Gap { .. })));
    assert_no_key_was_used_twice(&world.relay, &[&world.alice, &world.bob]);
    fuse.passed
}

#[test]
fn t8_a_crash_at_any_point_loses_no_receipt() {
    let points = exchange(BTreeSet::new());
    for point in 1..=points {
        exchange(BTreeSet::from([point]));
    }
}
