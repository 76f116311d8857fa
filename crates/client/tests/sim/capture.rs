//! Captures: who is told, of what, once; and what of a notice is shown, to whom, and what not.

use crate::{
    client::{Client, Fuse, Halt},
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE, MALLORY},
    forge,
    relay::contains,
    store::{Faulty, dump, rows},
    world::{World, handle},
};
use aside_client::{
    Capture, ChatState, Conversation, Error, Event, Manner, Message, Misuse, Nobody, Screen,
    store::{Remains, Table},
};
use aside_content::{
    Body, CaptureDetector, CaptureKind, CaptureNotice, Kind, MessageId, Reaction, Reply, Target, Text,
};
use aside_identity::{Capabilities, CaptureDetection, Certificate, DeviceId, DeviceKeys, GroupId};
use aside_primitives::Digest;
use aside_testkit::person::NOW;
use aside_wire::{
    ExpiryTerms, Reject,
    pb::{self, RefusalCode},
};
use prost::Message as _;
use std::collections::BTreeSet;

const SCREENSHOT: Capture = Capture {
    kind: CaptureKind::Screenshot,
    detector: CaptureDetector::Platform,
    observed_at: NOW,
    detection: None,
};

/// Everything of a conversation on one screen.
fn screen(client: &mut Client, conversation: Conversation) -> Screen {
    Screen::of(&client.messages(conversation)).unwrap()
}

fn report(client: &mut Client, screen: &Screen, capture: &Capture) -> Result<Result<usize, Nobody>, Halt> {
    client.step(|engine, step| engine.report_capture(step, screen, capture))
}

fn shoot(client: &mut Client, conversation: Conversation) -> Result<usize, Nobody> {
    let screen = screen(client, conversation);
    report(client, &screen, &SCREENSHOT).unwrap()
}

fn misuse<T>(result: Result<T, Halt>) -> Option<Misuse> {
    match result {
        Err(Halt::Client(Error::Misuse(misuse))) => Some(misuse),
        _ => None,
    }
}

/// What a client was told of captures since the last time.
fn told(client: &mut Client) -> Vec<(CaptureKind, Vec<u64>)> {
    let captured = |event| match event {
        Event::Captured { kind, indexes, .. } => Some((kind, indexes)),
        _ => None,
    };
    client.news().into_iter().filter_map(captured).collect()
}

/// The notices in the transcript.
fn notices(client: &mut Client, conversation: Conversation) -> Vec<Message> {
    let mut messages = client.messages(conversation);
    messages.retain(|message| matches!(message.body, Body::Capture(_)));
    messages
}

/// The messages that are no notices.
fn written(client: &mut Client, conversation: Conversation) -> Vec<Message> {
    let mut messages = client.messages(conversation);
    messages.retain(|message| !matches!(message.body, Body::Capture(_)));
    messages
}

/// The chat of Alice and Bob, and the index of what Alice has written there.
fn chatting(seed: u64) -> (World, Conversation, u64) {
    let mut world = World::chatting(seed);
    let chat = world.alice.chat_with(&world.bob.account());
    let own = world.alice.account();
    let mine = world.alice.messages(chat).into_iter().find(|message| message.sender == own).unwrap().index;
    world.alice.news();
    (world, chat, mine)
}

/// A group of the first `count` people in which members are told of captures, and everybody but the last has written.
fn group(seed: u64, count: usize) -> (Crowd, GroupId, Conversation) {
    let (mut crowd, group) = Crowd::group(seed, count);
    crowd.people[ALICE].step(|engine, step| engine.set_group_capture(step, &group, true)).unwrap();
    crowd.settle();
    for who in 0..count - 1 {
        crowd.say(who, &group, "a word").unwrap();
    }
    crowd.settle();
    crowd.hush();
    (crowd, group, Conversation::Group(group))
}

fn notice(kind: CaptureKind, refs: impl IntoIterator<Item = MessageId>) -> Body {
    let mut refs: Vec<_> = refs.into_iter().collect();
    refs.sort();
    Body::of(CaptureNotice { kind, refs, observed_at: NOW, detector: CaptureDetector::Platform }).unwrap()
}

/// What Bob's client says to Alice's, whatever it is.
fn say_as_bob(world: &mut World, chat: Conversation, body: Body) {
    let Conversation::Chat(id) = chat else { panic!("a chat") };
    let (to, from) = (world.alice.address(), world.bob.address());
    let frame = forge::frame(&mut world.bob, body);
    let envelope = forge::encrypt(&mut world.bob, &to, id, frame, |_| ());
    world.relay.deliver(&to, &from, &envelope);
    world.alice.sync(&mut world.relay);
}

// CAP-2, CAP-11
#[test]
fn v26_a_notice_names_what_was_on_the_screen_to_whoever_wrote_it() {
    let (mut world, chat, mine) = chatting(401);
    assert_eq!(shoot(&mut world.bob, chat), Ok(1));
    world.settle();
    assert_eq!(told(&mut world.alice), [(CaptureKind::Screenshot, vec![mine])]);
    let [notice] = notices(&mut world.alice, chat).try_into().unwrap();
    assert_eq!(notice.sender, world.bob.account());
    assert_eq!(world.alice.step(|engine, step| engine.captured(step.tx, &notice)).unwrap(), [mine]);
    // Whoever captures has nothing to read.
    assert_eq!(notices(&mut world.bob, chat), []);

    // In a group, everybody who has the message sees it, whoever wrote it; to whoever came later it says nothing.
    let (mut crowd, id, group) = group(402, 4);
    crowd.add(ALICE, &id, &["mallory"]).unwrap();
    crowd.settle();
    crowd.people[MALLORY].step(|engine, step| engine.accept_group(step, &id)).unwrap();
    crowd.settle();
    crowd.hush();
    assert_eq!(shoot(&mut crowd.people[DAVE], group), Ok(3));
    crowd.settle();
    for who in [ALICE, BOB, CAROL] {
        let told = told(&mut crowd.people[who]);
        let [(CaptureKind::Screenshot, indexes)] = told.as_slice() else { panic!("a screenshot") };
        assert_eq!(indexes.len(), 3, "{who}");
        assert_eq!(notices(&mut crowd.people[who], group).len(), 1);
    }
    assert_eq!(told(&mut crowd.people[MALLORY]), []);
    assert_eq!(crowd.people[MALLORY].messages(group), []);
}

// CAP-10
#[test]
fn v26_the_notice_goes_to_every_device_as_a_text_does() {
    let (mut world, chat, _) = chatting(403);
    shoot(&mut world.bob, chat).unwrap();
    world.settle();
    world.bob.say(&handle("alice"), "hello").unwrap();
    world.settle();
    let bob = world.bob.address();
    let sends: Vec<_> = world.relay.sends.iter().filter(|(from, _)| *from == bob).collect();
    let [.., (_, notice), (_, text)] = sends.as_slice() else { panic!("two sends") };
    let shape = |send: &pb::Send| {
        let parcels = send.parcels.iter().map(|parcel| (parcel.device_id, parcel.envelope.len()));
        (send.recipient.clone(), send.list_version, send.keep, parcels.collect::<Vec<_>>())
    };
    // The relay has nothing by which to tell one from the other.
    assert_eq!(shape(notice), shape(text));

    let (mut crowd, id, group) = group(404, 3);
    shoot(&mut crowd.people[CAROL], group).unwrap();
    crowd.settle();
    crowd.say(CAROL, &id, "hello").unwrap();
    crowd.settle();
    let carol = crowd.people[CAROL].address();
    let sent: Vec<_> = crowd.relay.fanned_out.iter().filter(|(from, _)| *from == carol).collect();
    let [.., (_, notice), (_, text)] = sent.as_slice() else { panic!("two messages") };
    let shape = |sent: &pb::FanOut| (sent.envelope.len(), sent.recipients.clone(), sent.keep);
    assert!(shape(notice) == shape(text));
}

// CAP-9
#[test]
fn c2_a_capture_while_nobody_is_connected_is_told_after_all() {
    let (mut world, chat, mine) = chatting(405);
    shoot(&mut world.bob, chat).unwrap();
    world.bob.reboot();
    world.alice.sync(&mut world.relay);
    assert_eq!(told(&mut world.alice), []);
    world.bob.now += 3 * 24 * 60 * 60 * 1000;
    world.bob.reboot();
    world.settle();
    assert_eq!(told(&mut world.alice), [(CaptureKind::Screenshot, vec![mine])]);
}

// CAP-8, CAP-9
#[test]
fn c2_v28_a_notice_survives_whatever_the_relay_and_the_process_do() {
    let run = |burns_at: BTreeSet<u32>| {
        let (mut world, chat, mine) = chatting(406);
        let detection = Some([7; 16]);
        let mut fuse = Fuse { burns_at, ..Default::default() };
        let World { relay, alice, bob, .. } = &mut world;
        for code in [RefusalCode::Unavailable, RefusalCode::Rate, RefusalCode::MailboxFull] {
            // The app reports it at each start, until it knows that it was taken.
            let screen = screen(bob, chat);
            report(bob, &screen, &Capture { detection, ..SCREENSHOT }).unwrap().ok();
            bob.now += 10_000;
            relay.refuse_sends = Some(code);
            bob.sync_until(relay, &mut fuse).or_else(crashed).unwrap();
            bob.reboot();
        }
        relay.refuse_sends = None;
        while let Err(halt) = bob.sync_until(relay, &mut fuse) {
            crashed(halt).unwrap();
            bob.reboot();
        }
        alice.sync(relay);
        assert_eq!(told(alice), [(CaptureKind::Screenshot, vec![mine])]);
        assert_eq!(notices(alice, chat).len(), 1);
        fuse.passed
    };
    let points = run(BTreeSet::new());
    assert!(points > 10, "{points} points");
    for point in 1..=points {
        run(BTreeSet::from([point]));
    }
}

fn crashed(halt: Halt) -> Result<(), Halt> {
    match halt {
        Halt::Crashed => Ok(()),
        other => Err(other),
    }
}

// CAP-11, CAP-14
#[test]
fn c2_what_names_nothing_that_is_here_leaves_nothing_at_all() {
    let (mut world, chat, _) = chatting(407);
    let of = |world: &mut World, own: bool| {
        let alice = world.alice.account();
        let messages = world.alice.messages(chat);
        messages.iter().find(|message| (message.sender == alice) == own).unwrap().message_id
    };
    let (mine, his) = (of(&mut world, true), of(&mut world, false));
    // What is still to be said of earlier messages.
    world.alice.now += 60_000;
    world.settle();
    world.alice.news();
    let lies = [
        vec![MessageId::new([9; 16])],
        // Somebody may capture what they wrote themselves.
        vec![his],
        vec![MessageId::new([0; 16]), his, MessageId::new([255; 16])],
    ];
    let tables = [
        Table::Message,
        Table::MessageId,
        Table::Mark,
        Table::Capture,
        Table::Outbox,
        Table::Receipt,
        Table::ReceiptsDue,
    ];
    for refs in lies {
        let before = tables.map(|table| rows(&world.alice.store.inner, table));
        let sent = world.relay.sends.len();
        say_as_bob(&mut world, chat, notice(CaptureKind::Screenshot, refs));
        assert_eq!(tables.map(|table| rows(&world.alice.store.inner, table)), before);
        assert!(world.alice.news().iter().all(|event| matches!(event, Event::Gap { .. })));
        world.alice.now += 60_000;
        world.settle();
        assert_eq!(world.relay.sends.len(), sent);
    }
    // Of what is named, only what is here and not his is shown.
    say_as_bob(&mut world, chat, notice(CaptureKind::Screenshot, [mine, his, MessageId::new([9; 16])]));
    let [notice] = notices(&mut world.alice, chat).try_into().unwrap();
    let Body::Capture(kept) = notice.body else { panic!("a notice") };
    assert_eq!(kept.refs, [mine]);
}

#[test]
fn c2_a_third_party_cannot_tell_of_what_it_could_not_see() {
    let (mut world, chat, mine) = chatting(408);
    let id = world.alice.messages(chat).into_iter().find(|message| message.index == mine).unwrap().message_id;
    // Carol talks with Alice, too, and somebody has told her the id.
    world.carol.open_chat(&handle("alice")).unwrap();
    world.settle();
    let theirs = world.carol.chat_with(&world.alice.account());
    let say = |world: &mut World, chat| {
        let Conversation::Chat(id_of_chat) = chat else { panic!("a chat") };
        let (to, from) = (world.alice.address(), world.carol.address());
        let frame = forge::frame(&mut world.carol, notice(CaptureKind::Screenshot, [id]));
        let envelope = forge::encrypt(&mut world.carol, &to, id_of_chat, frame, |_| ());
        world.alice.news();
        world.relay.deliver(&to, &from, &envelope);
        world.alice.sync(&mut world.relay);
    };
    // In a request (V23), in the chat of others, and in a chat that nobody has opened.
    let nowhere = Conversation::Chat(aside_content::ChatId::new([3; 32]));
    for place in [theirs, chat, nowhere] {
        say(&mut world, place);
        assert_eq!(world.alice.refusals(), [Reject::Policy]);
    }
    world.alice.accept_chat(&handle("carol")).unwrap();
    world.settle();
    say(&mut world, theirs);
    assert_eq!(told(&mut world.alice), []);
    assert_eq!(notices(&mut world.alice, theirs), []);
    assert_eq!(notices(&mut world.alice, chat), []);
}

// CAP-6, CAP-8, CAP-12
#[test]
fn v22_a_capture_that_is_reported_twice_is_told_once() {
    let (mut world, chat, mine) = chatting(409);
    let screen = screen(&mut world.bob, chat);
    let before = world.relay.sends.len();
    // Two sources of one platform, one after the other.
    assert_eq!(report(&mut world.bob, &screen, &SCREENSHOT).unwrap(), Ok(1));
    world.bob.now += 40;
    assert_eq!(report(&mut world.bob, &screen, &SCREENSHOT).unwrap(), Err(Nobody::Told));
    world.bob.sync(&mut world.relay);
    // Also when the first has gone.
    world.bob.now += 1_900;
    assert_eq!(report(&mut world.bob, &screen, &SCREENSHOT).unwrap(), Err(Nobody::Told));
    world.settle();
    assert_eq!(world.relay.sends.len(), before + 1);
    assert_eq!(told(&mut world.alice), [(CaptureKind::Screenshot, vec![mine])]);

    // The app's own id counts for ever, also after a restart, and for another screen.
    let seen = Capture { kind: CaptureKind::RecordingStart, detection: Some([1; 16]), ..SCREENSHOT };
    assert_eq!(report(&mut world.bob, &screen, &seen).unwrap(), Ok(1));
    world.bob.reboot();
    world.bob.now += 60 * 60 * 1000;
    assert_eq!(report(&mut world.bob, &screen, &seen).unwrap(), Err(Nobody::Told));
    assert_eq!(
        report(&mut world.bob, &screen, &Capture { detection: Some([2; 16]), ..seen }).unwrap(),
        Ok(1)
    );
    world.settle();
    // A second capture of the same message says nothing new to whoever is told.
    assert_eq!(told(&mut world.alice), [(CaptureKind::RecordingStart, vec![mine])]);
    assert_eq!(notices(&mut world.alice, chat).len(), 2);
}

// CAP-6
#[test]
fn v22_a_burst_is_one_notice_as_long_as_it_waits() {
    let (mut world, chat, _) = chatting(410);
    for number in 0..9 {
        world.alice.say(&handle("bob"), &format!("number {number}")).unwrap();
    }
    world.settle();
    world.alice.news();
    let alice = world.alice.account();
    let mut messages = world.bob.messages(chat);
    messages.retain(|message| message.sender == alice);
    let waiting = world.bob.waiting();
    let part = |world: &mut World, range: core::ops::Range<usize>| {
        let screen = Screen::of(&messages[range]).unwrap();
        report(&mut world.bob, &screen, &SCREENSHOT).unwrap()
    };
    // Somebody scrolls and captures.
    assert_eq!(part(&mut world, 0..3), Ok(3));
    world.bob.now += 900;
    assert_eq!(part(&mut world, 2..6), Ok(3));
    assert_eq!(world.bob.waiting(), waiting + 1);
    // A recording is another thing.
    let screen = Screen::of(&messages[..1]).unwrap();
    let recording = Capture { kind: CaptureKind::RecordingStart, ..SCREENSHOT };
    assert_eq!(report(&mut world.bob, &screen, &recording).unwrap(), Ok(1));
    // What was said after it names its hash: it stays as it is.
    assert_eq!(part(&mut world, 6..7), Ok(1));
    assert_eq!(world.bob.waiting(), waiting + 3);
    world.bob.now += 2_000;
    assert_eq!(part(&mut world, 0..10), Ok(10));
    assert_eq!(world.bob.waiting(), waiting + 5);
    world.settle();
    let indexes: Vec<_> = world.alice.news();
    assert!(!indexes.iter().any(|event| matches!(event, Event::Gap { .. })), "{indexes:?}");
    let told: Vec<_> = notices(&mut world.alice, chat)
        .into_iter()
        .map(|notice| match notice.body {
            Body::Capture(told) => (told.kind, told.refs.len()),
            _ => panic!("a notice"),
        })
        .collect();
    assert_eq!(told.iter().map(|(_, count)| count).sum::<usize>(), 11);
    assert_eq!(
        told[..3],
        [(CaptureKind::Screenshot, 6), (CaptureKind::RecordingStart, 1), (CaptureKind::Screenshot, 1)]
    );
}

// CAP-6, CAP-9
#[test]
fn v22_v28_what_is_sealed_stays_and_what_comes_later_is_told_besides() {
    let (mut world, chat, mine) = chatting(423);
    world.alice.say(&handle("bob"), "another").unwrap();
    world.settle();
    world.alice.news();
    let alice = world.alice.account();
    let mut theirs = world.bob.messages(chat);
    theirs.retain(|message| message.sender == alice);
    let screens = [Screen::of(&theirs[..1]).unwrap(), Screen::of(&theirs[1..]).unwrap()];
    assert_eq!(report(&mut world.bob, &screens[0], &SCREENSHOT).unwrap(), Ok(1));
    // It is sealed, and the relay does not take it.
    world.relay.refuse_sends = Some(RefusalCode::Unavailable);
    world.bob.sync(&mut world.relay);
    assert_eq!(report(&mut world.bob, &screens[1], &SCREENSHOT).unwrap(), Ok(1));
    world.relay.refuse_sends = None;
    world.settle();
    let events = world.alice.news();
    assert!(
        !events.iter().any(|event| matches!(event, Event::Gap { .. } | Event::Refused { .. })),
        "{events:?}"
    );
    let named = events.iter().filter_map(|event| match event {
        Event::Captured { indexes, .. } => Some(indexes.clone()),
        _ => None,
    });
    let last = written(&mut world.alice, chat).pop().unwrap().index;
    assert_eq!(named.collect::<Vec<_>>(), [vec![mine], vec![last]]);
}

// CAP-12
#[test]
fn v22_c2_who_says_the_same_again_and_again_says_it_once() {
    let (mut world, chat, mine) = chatting(411);
    let id = world.alice.messages(chat).into_iter().find(|message| message.index == mine).unwrap().message_id;
    for _ in 0..20 {
        for kind in CaptureKind::ALL {
            say_as_bob(&mut world, chat, notice(*kind, [id]));
        }
    }
    assert_eq!(told(&mut world.alice).len(), CaptureKind::ALL.len());
    assert_eq!(notices(&mut world.alice, chat).len(), CaptureKind::ALL.len());
}

// CAP-2, CAP-3
#[test]
fn v23_a_capture_of_another_screen_is_told_to_nobody() {
    let (mut world, chat, _) = chatting(412);
    world.bob.open_chat(&handle("carol")).unwrap();
    world.settle();
    world.carol.accept_chat(&handle("bob")).unwrap();
    world.settle();
    world.carol.say(&handle("bob"), "what Carol writes").unwrap();
    world.carol.say_openly(&handle("bob"), "in the clear").unwrap();
    world.settle();
    world.alice.news();
    let with_carol = world.bob.chat_with(&world.carol.account());
    assert_eq!(shoot(&mut world.bob, with_carol), Ok(1));
    world.settle();
    assert_eq!(told(&mut world.carol).len(), 1);
    assert_eq!(told(&mut world.alice), []);
    assert_eq!(notices(&mut world.alice, chat), []);

    // A thread promises nothing, and what was never shown as a chat cannot be captured as one.
    let thread = world.bob.thread_with(&world.carol.account());
    let of_thread = screen(&mut world.bob, thread);
    let waiting = world.bob.waiting();
    assert_eq!(misuse(report(&mut world.bob, &of_thread, &SCREENSHOT)), Some(Misuse::NothingPromised));
    // Nor is what another account of this program has read told by this one.
    let hers = screen(&mut world.carol, with_carol);
    assert_eq!(misuse(report(&mut world.bob, &hers, &SCREENSHOT)), Some(Misuse::OtherViewer));
    assert_eq!(world.bob.waiting(), waiting);
}

// CAP-3, CNV-4
#[test]
fn v24_nothing_is_told_of_a_request_nor_where_the_chat_has_ended_or_is_blocked() {
    let mut world = World::new(413);
    world.alice.open_chat(&handle("bob")).unwrap();
    world.alice.say(&handle("bob"), "do you want to talk?").unwrap();
    world.settle();
    let chat = world.bob.chat_with(&world.alice.account());
    assert_eq!(world.bob.chats_with(&world.alice.account()), [(chat, ChatState::Requested)]);
    let before = dump(&world.bob.store.inner);
    assert_eq!(shoot(&mut world.bob, chat), Err(Nobody::Scene));
    assert!(dump(&world.bob.store.inner) == before);
    world.settle();
    world.alice.sync(&mut world.relay);
    assert_eq!(told(&mut world.alice), []);
    assert_eq!(world.alice.chats_with(&world.bob.account()), [(chat, ChatState::Opened)]);

    world.bob.accept_chat(&handle("alice")).unwrap();
    world.bob.step(|engine, step| engine.set_blocked(step, &handle("alice"), true)).unwrap();
    assert_eq!(shoot(&mut world.bob, chat), Err(Nobody::Scene));
    world.bob.step(|engine, step| engine.set_blocked(step, &handle("alice"), false)).unwrap();
    world.bob.step(|engine, step| engine.close_chat(step, &handle("alice"))).unwrap();
    assert_eq!(shoot(&mut world.bob, chat), Err(Nobody::Scene));
}

// CAP-2
#[test]
fn v24_a_screen_shows_one_conversation() {
    let (mut crowd, _, group) = group(414, 3);
    crowd.people[BOB].open_chat(&handle("alice")).unwrap();
    crowd.settle();
    crowd.people[ALICE].accept_chat(&handle("bob")).unwrap();
    crowd.settle();
    crowd.people[ALICE].say(&handle("bob"), "between us").unwrap();
    crowd.settle();
    crowd.hush();
    let alice = crowd.account(ALICE);
    let chat = crowd.people[BOB].chat_with(&alice);
    let mut both = crowd.people[BOB].messages(group);
    both.extend(crowd.people[BOB].messages(chat));
    assert_eq!(Screen::of(&both).unwrap_err(), Misuse::SeveralConversations);
    // What is said of the chat is no member's business, and the other way round.
    shoot(&mut crowd.people[BOB], chat).unwrap();
    crowd.settle();
    assert_eq!(told(&mut crowd.people[ALICE]).len(), 1);
    assert_eq!(notices(&mut crowd.people[ALICE], group), []);
    assert_eq!(told(&mut crowd.people[CAROL]), []);
    assert_eq!(crowd.people[CAROL].messages(group).len(), 2);
}

// CAP-2
#[test]
fn v25_nobody_can_be_told_without_a_screen() {
    let (mut world, chat, mine) = chatting(415);
    assert_eq!(Screen::of(&[]).unwrap_err(), Misuse::NothingOnScreen);
    let id = world.alice.messages(chat).into_iter().find(|message| message.index == mine).unwrap().message_id;
    let named = notice(CaptureKind::Screenshot, [id]);
    let disguised = Body::Unknown { kind: Kind::CAPTURE, content: named.encode() };
    for body in [named, disguised] {
        let said = world.bob.step(|engine, step| engine.say_in(step, chat, body.clone()));
        assert_eq!(misuse(said), Some(Misuse::NotThere));
        let said = world.bob.step(|engine, step| {
            engine.say_as(step, chat, body.clone(), Manner { silent: true, ..Manner::default() })
        });
        assert_eq!(misuse(said), Some(Misuse::NotThere));
        let later = world.bob.step(|engine, step| {
            engine.schedule(step, chat, (body.clone(), Manner::default()), NOW + 1_000_000)
        });
        assert_eq!(misuse(later), Some(Misuse::NotThere));
    }
    // A message whose fields were changed names what was read all the same.
    let mut messages = world.bob.messages(chat);
    for message in &mut messages {
        message.conversation = Conversation::Chat(aside_content::ChatId::new([1; 32]));
        message.message_id = MessageId::new([1; 16]);
    }
    assert_eq!(Screen::of(&messages).unwrap(), screen(&mut world.bob, chat));
}

// CAP-5
#[test]
fn v25_who_captures_only_what_they_wrote_tells_nobody() {
    let (mut world, chat, mine) = chatting(416);
    let bob = world.bob.account();
    let own: Vec<_> = world.bob.messages(chat).into_iter().filter(|message| message.sender == bob).collect();
    let screen = Screen::of(&own).unwrap();
    assert_eq!(report(&mut world.bob, &screen, &SCREENSHOT).unwrap(), Err(Nobody::OwnAlone));
    // Nor is the place of what was taken back anything that somebody has written.
    world.alice.step(|engine, step| engine.unsend(step, chat, mine)).unwrap();
    world.settle();
    assert_eq!(shoot(&mut world.bob, chat), Err(Nobody::OwnAlone));
    assert_eq!(world.bob.waiting(), 0);
}

// CAP-4
#[test]
fn v27_a_notice_that_names_nothing_does_not_exist() {
    let (mut world, chat, _) = chatting(417);
    let empty = CaptureNotice {
        kind: CaptureKind::Screenshot,
        refs: vec![],
        observed_at: NOW,
        detector: CaptureDetector::Platform,
    };
    assert!(Body::of(empty).is_err());
    let fields = pb::CaptureNotice { kind: 1, refs: vec![], observed_at: NOW, detector: 1 };
    let body = Body::Unknown { kind: Kind::CAPTURE, content: fields.encode_to_vec() };
    say_as_bob(&mut world, chat, body);
    assert_eq!(world.alice.refusals(), [Reject::Malformed]);
    assert_eq!(notices(&mut world.alice, chat), []);
}

// CAP-13, CNV-20
#[test]
fn cap_13_a_notice_is_no_message() {
    let (mut world, chat, mine) = chatting(418);
    world.carol.open_chat(&handle("alice")).unwrap();
    world.settle();
    world.alice.accept_chat(&handle("carol")).unwrap();
    world.settle();
    let elsewhere = world.alice.chat_with(&world.carol.account());
    let unread = |world: &mut World| {
        let chats = world.alice.conversations();
        chats.into_iter().find(|summary| summary.conversation == chat).unwrap().unread
    };
    let before = unread(&mut world);
    shoot(&mut world.bob, chat).unwrap();
    world.settle();
    let [notice] = notices(&mut world.alice, chat).try_into().unwrap();
    assert_eq!(unread(&mut world), before);
    let index = notice.index;
    let text = || Body::text("what for?").unwrap();
    let alice = &mut world.alice;
    for refused in [
        misuse(alice.step(|engine, step| engine.reply(step, chat, index, text()))),
        misuse(alice.step(|engine, step| engine.react(step, chat, index, "👍"))),
        misuse(alice.step(|engine, step| engine.unsend(step, chat, index))),
        misuse(alice.step(|engine, step| engine.edit(step, chat, index, Text::new("no").unwrap()))),
        misuse(alice.step(|engine, step| engine.forward(step, (chat, index), elsewhere))),
    ] {
        assert_eq!(refused, Some(Misuse::NoMessage));
    }
    // Reading it is not told, and it is no part of a screen.
    let sent = world.relay.sends.len();
    world.alice.step(|engine, step| engine.mark_shown(step, chat, index)).unwrap();
    world.alice.now += 60_000;
    let about_earlier = rows(&world.alice.store.inner, Table::Receipt);
    assert!(about_earlier.iter().all(|(key, _)| !key.ends_with(notice.message_id.as_bytes())));
    world.settle();
    let after = world.relay.sends.len();
    assert!(after <= sent + 1);
    let alone = Screen::of([&notice]).unwrap();
    assert_eq!(report(&mut world.alice, &alone, &SCREENSHOT).unwrap(), Err(Nobody::OwnAlone));

    // Whoever sent it cannot take it back, reword it or react to it.
    let target = Target { message_id: notice.message_id, author: world.bob.account(), hash: Digest([3; 32]) };
    for body in [
        Body::Unsend(notice.message_id),
        Body::of(Reaction { target, emoji: "👍".into(), counter: 1 }).unwrap(),
        Body::of(Reply { target, body: text() }).unwrap(),
    ] {
        say_as_bob(&mut world, chat, body);
    }
    let [kept] = notices(&mut world.alice, chat).try_into().unwrap();
    assert_eq!(kept, notice);
    let reply = written(&mut world.alice, chat).into_iter().next_back().unwrap();
    assert_eq!(world.alice.step(|engine, step| engine.answered(step, &reply)).unwrap(), None);

    // It is deleted here like anything else, and what it named can be taken back and stays named.
    world.alice.step(|engine, step| engine.unsend(step, chat, mine)).unwrap();
    assert_eq!(world.alice.step(|engine, step| engine.captured(step.tx, &notice)).unwrap(), [mine]);
    world.alice.step(|engine, step| engine.delete(step, chat, index)).unwrap();
    assert_eq!(notices(&mut world.alice, chat), []);
}

// CAP-3
#[test]
fn cap_3_a_group_decides_whether_its_members_are_told() {
    let (mut crowd, id, group) = group(419, 3);
    crowd.people[ALICE].step(|engine, step| engine.set_group_capture(step, &id, false)).unwrap();
    crowd.settle();
    assert_eq!(shoot(&mut crowd.people[BOB], group), Err(Nobody::Scene));
    // What was on its way when the log changed has no effect any more.
    crowd.people[ALICE].step(|engine, step| engine.set_group_capture(step, &id, true)).unwrap();
    crowd.settle();
    crowd.hush();
    assert_eq!(shoot(&mut crowd.people[BOB], group), Ok(1));
    crowd.people[BOB].flush(&mut crowd.relay, &mut Fuse::default()).unwrap();
    crowd.people[ALICE].step(|engine, step| engine.set_group_capture(step, &id, false)).unwrap();
    crowd.people[ALICE].flush(&mut crowd.relay, &mut Fuse::default()).unwrap();
    crowd.settle();
    assert_eq!(told(&mut crowd.people[ALICE]), []);
    assert_eq!(notices(&mut crowd.people[ALICE], group), []);
}

// CAP-7, CAP-16
#[test]
fn cap_16_an_export_is_told_by_the_client_that_does_it() {
    let (mut world, chat, _) = chatting(420);
    for number in 0..70 {
        world.alice.say(&handle("bob"), &format!("number {number}")).unwrap();
    }
    world.alice.say_openly(&handle("bob"), "in the clear").unwrap();
    world.settle();
    world.alice.news();
    let mut archive = Vec::new();
    let exported = world
        .bob
        .step(|engine, step| {
            engine.export(step, None, &mut |part: &[u8]| {
                archive.extend_from_slice(part);
                Ok::<_, Error>(())
            })
        })
        .unwrap();
    assert!(contains(&archive, b"number 69"));
    assert_eq!(exported.told, 64);
    world.settle();
    let told = told(&mut world.alice);
    assert!(told.iter().all(|(kind, indexes)| *kind == CaptureKind::Exported && indexes.len() == 8));
    let named: BTreeSet<_> = told.iter().flat_map(|(_, indexes)| indexes).copied().collect();
    let newest: BTreeSet<_> =
        written(&mut world.alice, chat).iter().rev().take(64).map(|message| message.index).collect();
    assert_eq!(named, newest);
    // A notice is no message, and leaves in no archive.
    let count = world
        .alice
        .step(|engine, step| engine.export(step, Some(&[chat]), &mut |_: &[u8]| Ok::<_, Error>(())));
    assert_eq!(count.unwrap().messages, 72);
}

// CAP-15
#[test]
fn cap_15_a_chat_and_a_group_can_notice_what_their_weakest_device_can() {
    use CaptureDetection::{None, Screenshot, ScreenshotAndRecording};
    let (mut crowd, id, group) = group(421, 3);
    crowd.people[ALICE].open_chat(&handle("bob")).unwrap();
    crowd.settle();
    let bob = crowd.account(BOB);
    let chat = crowd.people[ALICE].chat_with(&bob);
    // A number names the same keys for ever (IDN-19).
    let claim = |crowd: &mut Crowd, who: usize, claims: &[(u32, CaptureDetection)]| {
        let client = &mut crowd.people[who];
        let account = client.engine.account_key();
        let certificates: Vec<_> = claims
            .iter()
            .map(|(number, capture)| {
                let keys = DeviceKeys::generate(&mut client.rng).unwrap();
                let able = Capabilities { capture: *capture, ..Capabilities::NONE };
                Certificate::issue(account, DeviceId::parse(*number).unwrap(), &keys, 1, able)
            })
            .collect();
        let lists = crowd.relay.lists(&client.engine.address().account);
        let newest =
            aside_identity::DeviceList::verify(lists.last().unwrap(), &client.engine.address().account)
                .unwrap();
        lists.push(newest.issue_next(account, 1, &certificates).unwrap().as_bytes().to_vec());
        let account = client.account();
        let devices = crowd.relay.devices(&account, newest.reference().version).unwrap();
        crowd.people[ALICE].step(|engine, step| engine.on_devices(step, Option::None, &devices)).unwrap();
    };
    let can = |crowd: &mut Crowd, conversation| {
        crowd.people[ALICE].step(|engine, step| engine.can_notice(step.tx, conversation)).unwrap()
    };
    assert_eq!(can(&mut crowd, chat), None);
    claim(&mut crowd, BOB, &[(2, ScreenshotAndRecording)]);
    assert_eq!((can(&mut crowd, chat), can(&mut crowd, group)), (ScreenshotAndRecording, None));
    claim(&mut crowd, CAROL, &[(2, Screenshot)]);
    assert_eq!((can(&mut crowd, chat), can(&mut crowd, group)), (ScreenshotAndRecording, Screenshot));
    claim(&mut crowd, BOB, &[(3, Screenshot), (4, None), (5, ScreenshotAndRecording)]);
    assert_eq!((can(&mut crowd, chat), can(&mut crowd, group)), (None, None));
    // Of a thread, and of a group that one is not in, nothing is claimed.
    let thread = crowd.people[ALICE].thread_with(&bob);
    assert_eq!(can(&mut crowd, thread), None);
    let at_mallory =
        crowd.people[MALLORY].step(|engine, step| engine.can_notice(step.tx, Conversation::Group(id)));
    assert_eq!(at_mallory.unwrap(), None);
}

// CAP-2; threat C3
#[test]
fn c3_a_capture_of_what_was_opened_once_is_told() {
    let (mut world, chat, _) = chatting(422);
    let able = Capabilities { protected_viewer: true, ..Capabilities::NONE };
    let mut dave = Client::create_able(Faulty::default(), "dave", 422, able);
    world.relay.register("dave", dave.account(), dave.engine.list().as_bytes());
    dave.sync(&mut world.relay);
    dave.resolve(&world.relay, &handle("alice"));
    world.alice.resolve(&world.relay, &handle("dave"));
    dave.open_chat(&handle("alice")).unwrap();
    dave.sync(&mut world.relay);
    world.settle();
    world.alice.accept_chat(&handle("dave")).unwrap();
    let with_dave = world.alice.chat_with(&dave.account());
    let manner = Manner { terms: Some(ExpiryTerms::Once { unread_cap_s: 3_600 }), ..Manner::default() };
    let body = Body::text("look").unwrap();
    let which = world.alice.step(|engine, step| engine.say_as(step, with_dave, body, manner)).unwrap();
    world.settle();
    dave.sync(&mut world.relay);
    world.alice.now += 60_000;
    world.settle();
    world.alice.news();
    // Not before it is opened: what is on the screen then is that there is something.
    assert_eq!(shoot(&mut dave, with_dave), Err(Nobody::OwnAlone));
    let index = dave.messages(with_dave).pop().unwrap().index;
    let opened = dave.step(|engine, step| engine.open_once(step, with_dave, index)).unwrap();
    let screen = Screen::viewing(&opened).unwrap();
    assert_eq!(report(&mut dave, &screen, &SCREENSHOT).unwrap(), Ok(1));
    dave.sync(&mut world.relay);
    world.alice.sync(&mut world.relay);
    assert_eq!(told(&mut world.alice), [(CaptureKind::Screenshot, vec![which])]);
    assert_eq!(notices(&mut world.alice, chat), []);
}

// CAP-11, CAP-12
#[test]
fn c2_a_notice_of_a_message_that_goes_leaves_it_readable() {
    let (mut world, chat, mine) = chatting(417);
    let minute = ExpiryTerms::AfterSend { duration_s: 60 };
    // One that was to stay, and one that goes anyway; with a notice before the shortening and after.
    world.alice.step(|engine, step| engine.set_expiry(step, chat, minute)).unwrap();
    let goes = world.alice.say(&handle("bob"), "goes").unwrap();
    world.settle();
    assert_eq!(shoot(&mut world.bob, chat), Ok(2));
    world.settle();
    for which in [mine, goes] {
        world.alice.step(|engine, step| engine.shorten(step, chat, which, minute)).unwrap();
    }
    world.settle();
    world.bob.now += 6_000;
    assert_eq!(shoot(&mut world.bob, chat), Ok(2));
    world.settle();
    assert_eq!(notices(&mut world.alice, chat).len(), 1);
    for which in [mine, goes] {
        let messages = world.alice.messages(chat);
        assert!(messages.iter().any(|message| message.index == which && message.lifetime.is_open()));
    }
}

// CAP-11, CAP-12, EXP-41
#[test]
fn c2_what_was_captured_before_it_went_is_told_and_brings_nothing_back() {
    let (mut world, chat, _) = chatting(424);
    let minute = Manner { terms: Some(ExpiryTerms::AfterSend { duration_s: 60 }), ..Manner::default() };
    let body = Body::text("pangolin").unwrap();
    let which = world.alice.step(|engine, step| engine.say_as(step, chat, body, minute)).unwrap();
    world.settle();
    let messages = world.bob.messages(chat);
    let message = messages.iter().rfind(|message| message.body == Body::text("pangolin").unwrap()).unwrap();
    let screen = Screen::of([message]).unwrap();
    // Offline, until it has gone on both sides.
    assert_eq!(report(&mut world.bob, &screen, &SCREENSHOT).unwrap(), Ok(1));
    for client in [&mut world.alice, &mut world.bob] {
        client.now += 120_000;
        assert_eq!(client.step(|engine, step| engine.sweep(step)).unwrap().events.len(), 1);
    }
    world.settle();
    assert_eq!(told(&mut world.alice), [(CaptureKind::Screenshot, vec![which])]);
    say_as_bob(&mut world, chat, notice(CaptureKind::Screenshot, [message.message_id]));
    assert_eq!(told(&mut world.alice), []);
    assert_eq!(notices(&mut world.alice, chat).len(), 1);
    let audit = world.alice.step(|engine, step| engine.audit(step)).unwrap();
    assert!(audit.is_clean(&Remains::default()), "{audit:?}");
}
