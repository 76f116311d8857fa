//! The real engine, held against `test-vectors/leakage.json`: whatever a relay gets of it stands there, field by field. The ledger
//! is made from conversations that other implementations play, too; who adds a field to a request fails here with its name.

use crate::{
    client::Client,
    crowd::{ALICE, BOB, CAROL, Crowd},
    relay::Relay,
    world::{World, handle},
};
use aside_client::{Capture, Conversation, Manner, Screen};
use aside_conformance::{
    leakage::{Ledger, Varies},
    seen::{self, Field, Seen},
};
use aside_content::{
    Answer, Body, CaptureDetector, CaptureKind, Form, FormField, FormFieldKind, Kind, Presence, Profile,
    Sharing, Text,
};
use aside_group::Role;
use aside_identity::{Address, GroupId, Reach};
use aside_wire::{ExpiryTerms, pb::request};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Longer than receipts wait.
const SOON: u64 = 6_000;
const HOUR: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 3_600 };
const DAY: u32 = 86_400;

/// A request as the relay sees it on the connection of its sender.
fn look(by: &Address, request: &request::Body) -> Seen {
    let bytes = seen::encode(1, request.clone());
    let device = (by.account.as_bytes().as_slice(), by.device.number());
    seen::see(Some(device), &bytes).expect("a request that a relay takes")
}

/// What a request carries, and where the ledger says what is seen of it.
fn places(seen: &Seen) -> &'static [&'static str] {
    let first = |end: &str| seen.fields.iter().any(|field| field.path.ends_with(end));
    match seen.request {
        "send" if first(".thread.content") => &["thread"],
        "send" => &["chat", "members"],
        "transient" => &["transient"],
        "fan_out" => &["group"],
        "append_entry" => &["log"],
        _ => &[],
    }
}

/// Holds everything that was asked of a relay against the ledger.
struct Auditor {
    ledger: Ledger,
    /// What came of each field that is another one in each request.
    fresh: BTreeMap<String, BTreeSet<Vec<u8>>>,
    /// The requests looked at so far: the same again is a repetition.
    known: BTreeSet<Vec<u8>>,
    findings: Vec<String>,
}

impl Auditor {
    fn new() -> Self {
        let ledger = Ledger::load().unwrap();
        Self { ledger, fresh: BTreeMap::new(), known: BTreeSet::new(), findings: Vec::new() }
    }

    /// What came of something that somebody did; the last that they said is of this kind in that place.
    fn note(&mut self, done: &str, by: &Client, about: Option<(&str, u32)>, relay: &mut Relay) {
        let asked = std::mem::take(&mut relay.asked);
        let carries = |seen: &Seen| !places(seen).is_empty();
        let last = asked.iter().rposition(|(from, body)| *from == by.address() && carries(&look(from, body)));
        assert!(about.is_none() || last.is_some(), "{done}: nothing was said");
        for (number, (from, body)) in asked.iter().enumerate() {
            let seen = look(from, body);
            let about = about.filter(|_| Some(number) == last);
            self.lines(done, &seen, about);
            if self.known.insert(seen::encode(1, body.clone())) {
                seen.fields.iter().for_each(|field| self.field(done, field));
            }
        }
    }

    /// Every line is one that the kind shows, or if that is not said, anything that stands in its place.
    fn lines(&mut self, done: &str, seen: &Seen, about: Option<(&str, u32)>) {
        let places = places(seen);
        let allowed: BTreeSet<&str> = match about {
            Some((place, kind)) => {
                assert!(places.contains(&place), "{done}: a {} is no {place}", seen.request);
                self.ledger.lines(place, kind).expect("a kind of the ledger")
            }
            None => {
                let kinds = self
                    .ledger
                    .places
                    .iter()
                    .filter(|row| places.contains(&row.place.as_str()))
                    .flat_map(|row| row.kinds.iter().flat_map(|kind| &kind.also).chain(&row.always));
                kinds.map(String::as_str).collect()
            }
        };
        if places.is_empty() {
            return;
        }
        let lines = seen.fields.iter().map(Field::line).filter(|line| !allowed.contains(line.as_str()));
        self.findings.extend(lines.map(|line| format!("{done}: `{line}`")));
    }

    /// The field is in the ledger, with this class and length, or this value; and another one if it is fresh there.
    fn field(&mut self, done: &str, field: &Field) {
        if let Some(finding) = self.ledger.finding(field) {
            return self.findings.push(format!("{done}: {finding}"));
        }
        let row = self.ledger.row(&field.path).unwrap();
        let value = field.told.value();
        let drawn = ["bytes", "sealed"].contains(&row.tells.as_str());
        if drawn && row.varies == Varies::Fresh {
            let others = self.fresh.entry(field.path.clone()).or_default();
            if !others.insert(value) {
                self.findings.push(format!("{done}: `{}` comes twice", field.path));
            }
        }
    }

    fn finish(self) {
        let list = self.findings.join("\n  ");
        assert!(self.findings.is_empty(), "a relay sees what is not in the ledger:\n  {list}");
        // What is drawn was looked at.
        assert!(self.fresh.values().map(BTreeSet::len).max().unwrap_or_default() > 5);
    }
}

fn chat(world: &mut World) -> Conversation {
    world.alice.chat_with(&world.bob.account())
}

fn own(client: &mut Client, conversation: Conversation) -> u64 {
    let by = client.account();
    client.messages(conversation).into_iter().rfind(|message| message.sender == by).unwrap().index
}

fn theirs(client: &mut Client, conversation: Conversation) -> aside_client::Message {
    let own = client.account();
    client.messages(conversation).into_iter().rfind(|message| message.sender != own).unwrap()
}

/// Alice says something of a kind in her chat with Bob.
fn says(world: &mut World, kind: u32, content: &impl Message) {
    let (chat, body) = (chat(world), Body::decode(Kind(kind), &content.encode_to_vec()).unwrap());
    world.alice.step(|engine, step| engine.say_in(step, chat, body)).unwrap();
}

fn shoot(client: &mut Client, conversation: Conversation) {
    let screen = Screen::of(&[theirs(client, conversation)]).unwrap();
    let capture = Capture {
        kind: CaptureKind::Screenshot,
        detector: CaptureDetector::Platform,
        observed_at: client.now,
        detection: None,
    };
    let told = client.step(|engine, step| engine.report_capture(step, &screen, &capture)).unwrap();
    assert_eq!(told, Ok(1));
}

/// What Alice does, and where what she says stands and of which kind it is.
type Act = (&'static str, Option<(&'static str, u32)>, fn(&mut World));

const fn in_chat(kind: u32) -> Option<(&'static str, u32)> {
    Some(("chat", kind))
}

const ACTS: &[Act] = &[
    ("hello in the thread", Some(("thread", 1)), |world| {
        world.alice.say_openly(&handle("bob"), "hello").unwrap();
    }),
    ("a text", in_chat(1), |world| {
        world.alice.say(&handle("bob"), "first").unwrap();
    }),
    ("a long text", in_chat(1), |world| {
        world.alice.say(&handle("bob"), &"x".repeat(600)).unwrap();
    }),
    ("a silent text", in_chat(1), |world| {
        let (chat, body) = (chat(world), Body::text("quiet").unwrap());
        let silent = Manner { silent: true, ..Manner::default() };
        world.alice.step(|engine, step| engine.say_as(step, chat, body, silent)).unwrap();
    }),
    ("a reply", in_chat(10), |world| {
        let (chat, body) = (chat(world), Body::text("an answer").unwrap());
        let which = theirs(&mut world.alice, chat).index;
        world.alice.step(|engine, step| engine.reply(step, chat, which, body)).unwrap();
    }),
    ("a reaction", in_chat(11), |world| {
        let chat = chat(world);
        let which = theirs(&mut world.alice, chat).index;
        world.alice.step(|engine, step| engine.react(step, chat, which, "👍")).unwrap();
    }),
    ("a profile", in_chat(9), |world| {
        let (chat, account) = (chat(world), world.carol.account());
        let body = Body::of(Profile { account, handle: handle("carol"), name: "Carol".into() }).unwrap();
        world.alice.step(|engine, step| engine.say_in(step, chat, body)).unwrap();
    }),
    ("a picture", in_chat(6), |world| {
        let attachment = aside_wire::pb::Attachment {
            id: vec![1; 32],
            key: vec![2; 32],
            size: 119_300,
            hash: vec![3; 32],
            media_type: "image/jpeg".into(),
        };
        let photo = aside_wire::pb::Media {
            kind: 1,
            attachment: Some(attachment),
            thumbnail: vec![4; 40],
            fallback: "[photo]".into(),
            ..Default::default()
        };
        says(world, 6, &photo);
    }),
    ("a reference", in_chat(8), |world| {
        let link = aside_wire::pb::Reference {
            kind: 4,
            target: "https://example.org/page".into(),
            preview: None,
            fallback: "[link]".into(),
        };
        says(world, 8, &link);
    }),
    ("a form", in_chat(20), |world| {
        let options = vec!["good".into(), "bad".into()];
        let kind = FormFieldKind::Choice;
        let field =
            FormField { id: "stars".into(), label: "How was it?".into(), kind, options, required: true };
        let (chat, body) =
            (chat(world), Body::of(Form { title: "Your visit".into(), fields: vec![field] }).unwrap());
        world.bob.step(|engine, step| engine.say_in(step, chat, body)).unwrap();
        world.settle();
        world.relay.asked.clear();
        let answer = vec![Answer { field: "stars".into(), value: "good".into() }];
        let which = theirs(&mut world.alice, chat).index;
        // The answer is what is looked at.
        world.alice.step(|engine, step| engine.choose(step, chat, which, answer)).unwrap();
    }),
    ("another wording", in_chat(12), |world| {
        let (chat, text) = (chat(world), Text::new("worded anew").unwrap());
        world.alice.say(&handle("bob"), "first").unwrap();
        world.settle();
        let which = own(&mut world.alice, chat);
        world.alice.step(|engine, step| engine.edit(step, chat, which, text)).unwrap();
    }),
    ("a message taken back", in_chat(13), |world| {
        let chat = chat(world);
        let which = own(&mut world.alice, chat);
        world.alice.step(|engine, step| engine.unsend(step, chat, which)).unwrap();
    }),
    ("a forward", in_chat(14), |world| {
        let chat = chat(world);
        world.bob.say(&handle("alice"), "pass it on").unwrap();
        world.settle();
        let which = theirs(&mut world.alice, chat).index;
        world.alice.step(|engine, step| engine.forward(step, (chat, which), chat)).unwrap();
    }),
    ("receipts", in_chat(24), |world| {
        let chat = chat(world);
        let which = theirs(&mut world.alice, chat).index;
        world.alice.step(|engine, step| engine.mark_shown(step, chat, which)).unwrap();
        world.alice.now += SOON;
    }),
    ("a wish", in_chat(27), |world| {
        let wish = |old| Sharing { forward: false, ..old };
        world.alice.step(|engine, step| engine.set_sharing(step, &handle("bob"), wish)).unwrap();
    }),
    ("that somebody writes", Some(("transient", 25)), |world| {
        let sealed = world.alice.step(|engine, step| engine.typing(step, &handle("bob"), true)).unwrap();
        assert_eq!(world.alice.indicate(&mut world.relay, sealed), 1);
    }),
    ("that somebody is there", Some(("transient", 26)), |world| {
        world.alice.step(|engine, step| engine.set_presence(step, true)).unwrap();
        let sealed = world.alice.step(|engine, step| engine.presence(step, Presence::Available)).unwrap();
        assert_eq!(world.alice.indicate(&mut world.relay, sealed), 1);
    }),
    ("a capture", in_chat(33), |world| {
        let chat = chat(world);
        shoot(&mut world.alice, chat);
    }),
    ("a timer", in_chat(29), |world| {
        let chat = chat(world);
        world.alice.step(|engine, step| engine.set_expiry(step, chat, HOUR)).unwrap();
    }),
    ("a text that goes", in_chat(1), |world| {
        world.alice.say(&handle("bob"), "for an hour").unwrap();
    }),
    ("that it goes sooner", in_chat(30), |world| {
        let chat = chat(world);
        let which = own(&mut world.alice, chat);
        let minute = ExpiryTerms::AfterSend { duration_s: 60 };
        world.alice.step(|engine, step| engine.shorten(step, chat, which, minute)).unwrap();
    }),
    ("a reaction to what goes", in_chat(11), |world| {
        let chat = chat(world);
        world.bob.say(&handle("alice"), "me too").unwrap();
        world.settle();
        let which = theirs(&mut world.alice, chat).index;
        world.alice.step(|engine, step| engine.react(step, chat, which, "👍")).unwrap();
    }),
    ("a capture of what goes", in_chat(33), |world| {
        let chat = chat(world);
        shoot(&mut world.alice, chat);
    }),
    ("that messages stay", in_chat(29), |world| {
        let chat = chat(world);
        world.alice.step(|engine, step| engine.set_expiry(step, chat, ExpiryTerms::Off)).unwrap();
    }),
    ("a message that opens once", in_chat(31), |world| {
        let (chat, body) = (chat(world), Body::text("x".repeat(300)).unwrap());
        let manner = Manner { terms: Some(ExpiryTerms::Once { unread_cap_s: DAY }), ..Manner::default() };
        world.alice.step(|engine, step| engine.say_as(step, chat, body, manner)).unwrap();
    }),
    ("a declaration", in_chat(28), |world| {
        world.alice.step(|engine, step| engine.declare_encrypted_only(step, &handle("bob"))).unwrap();
    }),
    ("the end of a chat", in_chat(5), |world| {
        world.alice.step(|engine, step| engine.close_chat(step, &handle("bob"))).unwrap();
    }),
    ("another request", in_chat(2), |world| world.alice.open_chat(&handle("bob")).unwrap()),
    ("settings", None, |world| {
        world
            .alice
            .step(|engine, step| engine.set_level(step, aside_client::engine::Matter::Groups, Reach::Nobody))
            .unwrap();
    }),
];

// LEA-1, LEA-2, LEA-4; threat W8
#[test]
fn lea_1_of_two_people_a_relay_sees_nothing_that_is_not_in_the_ledger() {
    let mut world = World::new(641);
    let mut auditor = Auditor::new();
    world.settle();
    world.relay.asked.clear();
    world.alice.open_chat(&handle("bob")).unwrap();
    world.settle();
    auditor.note("a request", &world.alice, Some(("chat", 2)), &mut world.relay);
    world.bob.accept_chat(&handle("alice")).unwrap();
    world.settle();
    auditor.note("an acceptance", &world.bob, Some(("chat", 3)), &mut world.relay);
    world.bob.say(&handle("alice"), "second").unwrap();
    world.settle();
    auditor.note("an answer", &world.bob, Some(("chat", 1)), &mut world.relay);
    for (done, about, act) in ACTS {
        act(&mut world);
        world.settle();
        let about = if *done == "a form" { Some(("chat", 21)) } else { *about };
        auditor.note(done, &world.alice, about, &mut world.relay);
    }
    auditor.finish();
}

type GroupAct = (&'static str, usize, Option<(&'static str, u32)>, fn(&mut Crowd, &GroupId));

const GROUP_ACTS: &[GroupAct] = &[
    ("people who are taken in", ALICE, None, |crowd, group| {
        crowd.add(ALICE, group, &["bob", "carol"]).unwrap()
    }),
    ("their answers", BOB, None, |crowd, group| {
        for who in [BOB, CAROL] {
            crowd.people[who].step(|engine, step| engine.accept_group(step, group)).unwrap();
        }
    }),
    ("a text", ALICE, Some(("group", 1)), |crowd, group| {
        crowd.say(ALICE, group, "first").unwrap();
    }),
    ("a reaction", BOB, Some(("group", 11)), |crowd, group| {
        let conversation = Conversation::Group(*group);
        let bob = &mut crowd.people[BOB];
        let which = theirs(bob, conversation).index;
        bob.step(|engine, step| engine.react(step, conversation, which, "👍")).unwrap();
    }),
    ("a timer", ALICE, Some(("log", 7)), |crowd, group| {
        let terms = ExpiryTerms::AfterSend { duration_s: 3 * DAY };
        crowd.people[ALICE].step(|engine, step| engine.set_group_expiry(step, group, terms)).unwrap();
    }),
    ("that captures are told of", ALICE, Some(("log", 8)), |crowd, group| {
        crowd.people[ALICE].step(|engine, step| engine.set_group_capture(step, group, true)).unwrap();
    }),
    ("a text that goes", ALICE, Some(("group", 1)), |crowd, group| {
        crowd.say(ALICE, group, "second").unwrap();
    }),
    ("that it goes sooner", ALICE, Some(("group", 30)), |crowd, group| {
        let conversation = Conversation::Group(*group);
        let alice = &mut crowd.people[ALICE];
        let which = own(alice, conversation);
        let terms = ExpiryTerms::AfterSend { duration_s: 60 };
        alice.step(|engine, step| engine.shorten(step, conversation, which, terms)).unwrap();
    }),
    ("a capture", BOB, Some(("group", 33)), |crowd, group| {
        shoot(&mut crowd.people[BOB], Conversation::Group(*group));
    }),
    ("a message that opens once", ALICE, None, |crowd, group| {
        let body = Body::text("once").unwrap();
        let manner = Manner { terms: Some(ExpiryTerms::Once { unread_cap_s: DAY }), ..Manner::default() };
        let conversation = Conversation::Group(*group);
        crowd.people[ALICE].step(|engine, step| engine.say_as(step, conversation, body, manner)).unwrap();
    }),
    ("a message taken back", ALICE, Some(("group", 13)), |crowd, group| {
        let conversation = Conversation::Group(*group);
        let alice = &mut crowd.people[ALICE];
        let which = own(alice, conversation);
        alice.step(|engine, step| engine.unsend(step, conversation, which)).unwrap();
    }),
    ("another name", ALICE, Some(("log", 6)), |crowd, group| {
        crowd.people[ALICE].step(|engine, step| engine.rename_group(step, group, "Neighbours")).unwrap();
    }),
    ("another role", ALICE, Some(("log", 5)), |crowd, group| {
        crowd.promote(ALICE, group, BOB, Role::Admin).unwrap();
    }),
    ("somebody who is put out", ALICE, None, |crowd, group| crowd.remove(ALICE, group, CAROL).unwrap()),
    ("what is said after it", ALICE, Some(("group", 1)), |crowd, group| {
        crowd.say(ALICE, group, "third").unwrap();
    }),
    ("somebody who leaves", BOB, None, |crowd, group| {
        crowd.people[BOB].step(|engine, step| engine.leave_group(step, group)).unwrap();
    }),
];

// LEA-1, LEA-4; threats W8, G2
#[test]
fn lea_1_of_a_group_a_relay_sees_nothing_that_is_not_in_the_ledger() {
    let mut crowd = Crowd::new(642);
    let mut auditor = Auditor::new();
    crowd.relay.asked.clear();
    let group = crowd.people[ALICE].step(|engine, step| engine.create_group(step, "Friends", false)).unwrap();
    crowd.settle();
    auditor.note("a group", &crowd.people[ALICE], Some(("log", 1)), &mut crowd.relay);
    for (done, who, about, act) in GROUP_ACTS {
        act(&mut crowd, &group);
        crowd.settle();
        auditor.note(done, &crowd.people[*who], *about, &mut crowd.relay);
    }
    auditor.finish();
}

/// What the relay sees of the only request that Alice makes.
fn only(world: &mut World, act: &dyn Fn(&mut World)) -> Vec<String> {
    world.relay.asked.clear();
    act(world);
    world.settle();
    let asked = std::mem::take(&mut world.relay.asked);
    let own: Vec<_> = asked.iter().filter(|(from, _)| *from == world.alice.address()).collect();
    let [(from, body)] = own.as_slice() else { panic!("one request, not {}", own.len()) };
    look(from, body).fields.iter().map(Field::line).collect()
}

// LEA-2, CAP-10, EXP-8, CNV-3
#[test]
fn lea_2_a_reaction_a_capture_a_timer_a_text_and_a_question_are_one_to_a_relay() {
    let mut world = World::chatting(643);
    world.bob.say(&handle("alice"), "look").unwrap();
    world.settle();
    world.alice.now += SOON;
    world.settle();
    let act = |name: &str| ACTS.iter().find(|(done, ..)| *done == name).unwrap().2;
    let text = only(&mut world, &act("a text"));
    assert!(text.iter().any(|line| line.ends_with(".ciphertext sealed 512")), "{text:?}");
    for name in ["a reaction", "a capture", "a message taken back", "a timer"] {
        assert_eq!(only(&mut world, &act(name)), text, "{name}");
    }
    // A chat ends, and somebody asks anew, in the session that is there.
    for name in ["the end of a chat", "another request"] {
        assert_eq!(only(&mut world, &act(name)), text, "{name}");
    }
}

/// Whatever stands in the ledger looks alike, but for its size, its time and whether a session is new.
#[test]
fn lea_2_by_the_ledger_no_kind_of_a_chat_shows_a_field_that_a_text_does_not() {
    let ledger = Ledger::load().unwrap();
    for (place, from) in
        [("chat", "chat"), ("group", "group"), ("members", "chat"), ("transient", "transient")]
    {
        let model = if place == "transient" { 25 } else { 1 };
        let paths = |place: &str, kind| -> BTreeSet<String> {
            let lines = ledger.lines(place, kind).unwrap();
            lines.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
        };
        let text = paths(from, model);
        let kinds = &ledger.places.iter().find(|row| row.place == place).unwrap().kinds;
        assert!(kinds.len() > 1, "{place}");
        for kind in kinds {
            let more: Vec<_> = paths(place, kind.kind).difference(&text).cloned().collect();
            assert!(more.is_empty(), "{place}: kind {}, {}: {more:?}", kind.kind, kind.name);
            let sizes = ledger.lines(place, kind.kind).unwrap();
            let classes = sizes.iter().filter_map(|line| line.split_once(".ciphertext sealed "));
            for (_, class) in classes {
                let class: usize = class.parse().unwrap();
                assert!(class.is_power_of_two() && class >= 512, "{place}: {}: {class}", kind.name);
            }
        }
    }
}
