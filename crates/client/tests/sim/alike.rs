//! Everything that is said looks the same to the relay: what asks for no more room than a short text is handed over like one,
//! to the byte. Held against the text, not against numbers.

use crate::{
    client::Client,
    crowd::{ALICE, BOB, Crowd},
    relay::Relay,
    world::{World, handle},
};
use aside_client::{Capture, Conversation, Manner, Screen};
use aside_content::{Body, CaptureDetector, CaptureKind, Text};
use aside_identity::GroupId;
use aside_wire::{
    ExpiryTerms,
    limits::CAPTURE_REFS,
    pb::{self, Keep, request},
};
use prost::Message;

/// Longer than receipts wait.
const SOON: u64 = 6_000;

/// All that a relay can tell of a request beside what was drawn for it: its name, recipients, class of time and lengths, and
/// the envelope's kind and first byte.
#[derive(PartialEq, Eq, Debug, Clone)]
struct Shape {
    name: &'static str,
    to: Vec<Vec<u8>>,
    list_version: u64,
    keep: i32,
    envelopes: Vec<(i32, u8, usize)>,
    bytes: usize,
}

fn envelope(bytes: &[u8]) -> (i32, u8, usize) {
    let pb::Envelope { kind, payload } = pb::Envelope::decode(bytes).unwrap();
    (kind, payload[0], payload.len())
}

fn shape(request: &request::Body) -> Shape {
    match request {
        request::Body::Send(send) => {
            // Every field is named, so that none is added without this.
            let pb::Send { client_id, recipient, list_version, parcels, keep } = send;
            assert_eq!(client_id.len(), 16);
            Shape {
                name: "Send",
                to: vec![recipient.clone()],
                list_version: *list_version,
                keep: *keep,
                envelopes: parcels.iter().map(|parcel| envelope(&parcel.envelope)).collect(),
                bytes: send.encoded_len(),
            }
        }
        request::Body::FanOut(fan_out) => {
            let pb::FanOut { client_id, recipients, envelope: sealed, keep } = fan_out;
            assert_eq!(client_id.len(), 16);
            Shape {
                name: "FanOut",
                to: recipients.iter().map(Message::encode_to_vec).collect(),
                list_version: 0,
                keep: *keep,
                envelopes: vec![envelope(sealed)],
                bytes: fan_out.encoded_len(),
            }
        }
        _ => panic!("what is said goes out in a send or a fan-out"),
    }
}

/// The shapes of all that somebody has asked for since the last look.
fn shapes_of(relay: &mut Relay, who: &Client) -> Vec<Shape> {
    let asked = std::mem::take(&mut relay.asked);
    let own = asked.iter().filter(|(from, _)| *from == who.address());
    own.map(|(_, request)| shape(request)).collect()
}

fn chat(world: &mut World) -> Conversation {
    world.alice.chat_with(&world.bob.account())
}

/// The newest message that somebody has written.
fn newest(client: &mut Client, conversation: Conversation, by: &Client) -> u64 {
    let by = by.account();
    client.messages(conversation).into_iter().rfind(|message| message.sender == by).unwrap().index
}

fn own(client: &mut Client, conversation: Conversation) -> u64 {
    let by = client.account();
    client.messages(conversation).into_iter().rfind(|message| message.sender == by).unwrap().index
}

/// Something that Alice says in her chat with Bob.
type Act = (&'static str, fn(&mut World));

const FORWARD: &str = "a message passed on";

const ACTS: [Act; 8] = [
    ("a silent text", |world| {
        let (chat, body) = (chat(world), Body::text("quiet").unwrap());
        let silent = Manner { silent: true, ..Manner::default() };
        world.alice.step(|engine, step| engine.say_as(step, chat, body, silent)).unwrap();
    }),
    ("a reaction", |world| {
        let chat = chat(world);
        let which = newest(&mut world.alice, chat, &world.bob);
        world.alice.step(|engine, step| engine.react(step, chat, which, "👍")).unwrap();
    }),
    ("a reaction taken back", |world| {
        let chat = chat(world);
        let which = newest(&mut world.alice, chat, &world.bob);
        world.alice.step(|engine, step| engine.react(step, chat, which, "")).unwrap();
    }),
    ("a reply", |world| {
        let chat = chat(world);
        let (which, body) = (newest(&mut world.alice, chat, &world.bob), Body::text("an answer").unwrap());
        world.alice.step(|engine, step| engine.reply(step, chat, which, body)).unwrap();
    }),
    ("another wording", |world| {
        let (chat, text) = (chat(world), Text::new("worded anew").unwrap());
        world.alice.say(&handle("bob"), "first").unwrap();
        world.settle();
        world.relay.asked.clear();
        let which = own(&mut world.alice, chat);
        world.alice.step(|engine, step| engine.edit(step, chat, which, text)).unwrap();
    }),
    ("a message taken back", |world| {
        let chat = chat(world);
        let which = own(&mut world.alice, chat);
        world.alice.step(|engine, step| engine.unsend(step, chat, which)).unwrap();
    }),
    ("receipts", |world| {
        let chat = chat(world);
        world.bob.say(&handle("alice"), "seen?").unwrap();
        world.settle();
        world.relay.asked.clear();
        let which = newest(&mut world.alice, chat, &world.bob);
        world.alice.step(|engine, step| engine.mark_shown(step, chat, which)).unwrap();
        world.alice.now += SOON;
    }),
    (FORWARD, |world| {
        let chat = chat(world);
        let which = newest(&mut world.alice, chat, &world.bob);
        world.alice.step(|engine, step| engine.forward(step, (chat, which), chat)).unwrap();
    }),
];

// RLY-44
#[test]
fn lea_2_whatever_is_said_in_a_chat_looks_like_a_text() {
    let hour = ExpiryTerms::AfterSend { duration_s: 3_600 };
    for (terms, keep) in [(ExpiryTerms::Off, Keep::Longest), (hour, Keep::Day)] {
        let mut world = World::chatting(611);
        let chat = chat(&mut world);
        world.alice.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
        world.settle();
        world.relay.asked.clear();
        world.alice.say(&handle("bob"), "a text").unwrap();
        world.settle();
        let [text] = shapes_of(&mut world.relay, &world.alice).try_into().unwrap();
        assert_eq!(text.keep, i32::from(keep));
        for (what, act) in ACTS {
            // What goes is passed on nowhere.
            if terms == ExpiryTerms::Off || what != FORWARD {
                act(&mut world);
                world.settle();
                assert_eq!(shapes_of(&mut world.relay, &world.alice), std::slice::from_ref(&text), "{what}");
            }
        }
        // A message that lives shorter is one like any other, and so is the word of that.
        if terms != ExpiryTerms::Off {
            let body = Body::text("shorter").unwrap();
            let minute = ExpiryTerms::AfterSend { duration_s: 60 };
            let manner = Manner { silent: false, terms: Some(minute) };
            world.alice.step(|engine, step| engine.say_as(step, chat, body, manner)).unwrap();
            let which = own(&mut world.alice, chat);
            world.alice.step(|engine, step| engine.shorten(step, chat, which, minute)).unwrap();
            world.settle();
            assert_eq!(shapes_of(&mut world.relay, &world.alice), [text.clone(), text]);
        }
    }
}

type GroupAct = (&'static str, fn(&mut Crowd, Conversation));

const GROUP_ACTS: [GroupAct; 4] = [
    ("another wording", |crowd, group| {
        let alice = &mut crowd.people[ALICE];
        let (which, text) = (own(alice, group), Text::new("worded anew").unwrap());
        alice.step(|engine, step| engine.edit(step, group, which, text)).unwrap();
    }),
    ("a reaction", |crowd, group| {
        let (people, bob) = crowd.people.split_at_mut(BOB);
        let which = newest(&mut people[ALICE], group, &bob[0]);
        people[ALICE].step(|engine, step| engine.react(step, group, which, "👍")).unwrap();
    }),
    ("a reply", |crowd, group| {
        let (people, bob) = crowd.people.split_at_mut(BOB);
        let (which, body) = (newest(&mut people[ALICE], group, &bob[0]), Body::text("an answer").unwrap());
        people[ALICE].step(|engine, step| engine.reply(step, group, which, body)).unwrap();
    }),
    ("a message taken back", |crowd, group| {
        let alice = &mut crowd.people[ALICE];
        let which = own(alice, group);
        alice.step(|engine, step| engine.unsend(step, group, which)).unwrap();
    }),
];

/// Takes a picture of what others have written in a conversation, the newest of it.
fn capture(client: &mut Client, conversation: Conversation, most: usize) {
    let own = client.account();
    let mut messages = client.messages(conversation);
    messages.retain(|message| message.sender != own);
    let from = messages.len().saturating_sub(most);
    let screen = Screen::of(&messages[from..]).unwrap();
    let capture = Capture {
        kind: CaptureKind::RecordingStart,
        detector: CaptureDetector::Platform,
        observed_at: client.now,
        detection: None,
    };
    let told = client.step(|engine, step| engine.report_capture(step, &screen, &capture)).unwrap();
    assert_eq!(told, Ok(most));
    // The next one is another burst.
    client.now += SOON;
}

// CAP-10; the notice that names the most is as long as the one that names the least.
#[test]
fn cap_10_in_a_chat_a_notice_looks_like_a_text() {
    let mut world = World::chatting(613);
    let chat = chat(&mut world);
    for number in 0..CAPTURE_REFS {
        world.bob.say(&handle("alice"), &format!("number {number}")).unwrap();
    }
    world.settle();
    // Receipts for them go out before.
    world.alice.now += SOON;
    world.settle();
    world.relay.asked.clear();
    world.alice.say(&handle("bob"), "a text").unwrap();
    world.settle();
    let [text] = shapes_of(&mut world.relay, &world.alice).try_into().unwrap();
    for most in [1, CAPTURE_REFS] {
        capture(&mut world.alice, chat, most);
        world.settle();
        assert_eq!(shapes_of(&mut world.relay, &world.alice), std::slice::from_ref(&text), "{most}");
    }
    // Whoever is told of it says nothing because of that (CAP-14).
    assert!(shapes_of(&mut world.relay, &world.bob).is_empty());
}

// CAP-10; also where messages vanish.
#[test]
fn cap_10_in_a_group_a_notice_looks_like_a_text() {
    let (mut crowd, group) = Crowd::group(614, 3);
    crowd.people[ALICE].step(|engine, step| engine.set_group_capture(step, &group, true)).unwrap();
    for (duration_s, keep) in [(86_400, Keep::Day), (86_401, Keep::Week)] {
        let terms = ExpiryTerms::AfterSend { duration_s };
        crowd.people[ALICE].step(|engine, step| engine.set_group_expiry(step, &group, terms)).unwrap();
        crowd.settle();
        for _ in 0..CAPTURE_REFS {
            talk(&mut crowd, &group);
        }
        crowd.relay.asked.clear();
        crowd.say(ALICE, &group, "a text").unwrap();
        crowd.settle();
        let [text] = shapes_of(&mut crowd.relay, &crowd.people[ALICE]).try_into().unwrap();
        assert_eq!(text.keep, i32::from(keep));
        for most in [1, CAPTURE_REFS] {
            capture(&mut crowd.people[ALICE], Conversation::Group(group), most);
            crowd.settle();
            let shapes = shapes_of(&mut crowd.relay, &crowd.people[ALICE]);
            assert_eq!(shapes, std::slice::from_ref(&text), "{most}");
        }
    }
}

fn talk(crowd: &mut Crowd, group: &GroupId) {
    crowd.say(ALICE, group, "a text").unwrap();
    crowd.say(BOB, group, "another").unwrap();
    crowd.settle();
}

#[test]
fn lea_2_whatever_is_said_in_a_group_looks_like_a_text() {
    let (mut crowd, group) = Crowd::group(612, 3);
    talk(&mut crowd, &group);
    crowd.relay.asked.clear();
    crowd.say(ALICE, &group, "a text").unwrap();
    crowd.settle();
    let [text] = shapes_of(&mut crowd.relay, &crowd.people[ALICE]).try_into().unwrap();
    for (what, act) in GROUP_ACTS {
        act(&mut crowd, Conversation::Group(group));
        crowd.settle();
        assert_eq!(shapes_of(&mut crowd.relay, &crowd.people[ALICE]), std::slice::from_ref(&text), "{what}");
    }
}
