//! The leakage ledger: what a relay sees of everything that is done, held against `spec/leakage.md`. Who changes what a
//! relay sees changes the ledger, on purpose.

use crate::{
    client::Client,
    crowd::{ALICE, BOB, CAROL, Crowd, NAMES},
    relay::Relay,
    world::{World, handle},
};
use aside_client::{Capture, Conversation, Manner, Screen, engine::Matter};
use aside_content::{Body, CaptureDetector, CaptureKind, Presence, Profile, Sharing, Text};
use aside_identity::{AccountKey, Address, GroupId, Reach};
use aside_wire::{
    ExpiryTerms,
    pb::{self, EnvelopeKind, request},
};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

const LEDGER: &str = include_str!("../../../../spec/leakage.md");
const PROTO: &str = concat!(
    include_str!("../../../../proto/aside/v1/relay.proto"),
    include_str!("../../../../proto/aside/v1/identity.proto"),
    include_str!("../../../../proto/aside/v1/content.proto"),
);
/// What a request holds that the relay reads.
const PARTS: [&str; 10] = [
    "StoreGeneration",
    "Envelope",
    "Parcel",
    "Recipient",
    "CertificateBody",
    "Capabilities",
    "DeviceListBody",
    "PrekeyBody",
    "SettingsBody",
    "EncryptedOnlyBody",
];
/// Longer than receipts wait.
const SOON: u64 = 6_000;

/// The rows of the first table under a heading, without head and marks.
fn table(heading: &str) -> Vec<String> {
    let (_, rest) = LEDGER.split_once(&format!("\n## {heading}\n")).expect("the heading");
    let rows = rest.lines().skip_while(|line| !line.starts_with('|')).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
}

/// The names of the fields of a message.
fn fields(message: &str) -> Vec<&'static str> {
    let (_, rest) = PROTO.split_once(&format!("\nmessage {message} {{")).expect("the message");
    let body = rest.split("\n}").next().unwrap_or_default();
    let field = |line: &'static str| line.trim().split_once(" = ").filter(|_| !line.contains("//"));
    let fields = body.split('}').next().unwrap_or_default().lines().filter_map(field);
    fields.filter_map(|(name, _)| name.split(' ').next_back()).collect()
}

/// What each request is named in `relay.proto`.
fn requests() -> Vec<&'static str> {
    let (_, rest) = PROTO.split_once("\nmessage Request {").expect("requests");
    let body = rest.split('}').next().unwrap_or_default();
    let member = |line: &'static str| line.strip_prefix("    ")?.split_once(' ').map(|(name, _)| name);
    body.lines().filter_map(member).collect()
}

#[test]
fn lea_1_every_field_of_every_request_stands_in_the_ledger() {
    let expected: Vec<(String, String)> = requests()
        .into_iter()
        .chain(PARTS)
        .map(|name| {
            let fields: Vec<_> = fields(name).into_iter().map(|field| format!("`{field}`")).collect();
            (format!("`{name}`"), if fields.is_empty() { "–".to_owned() } else { fields.join(", ") })
        })
        .collect();
    let rows = table("Requests");
    let listed: Vec<_> = rows
        .iter()
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 4, "{row}");
            (cells[0].to_owned(), cells[1].to_owned())
        })
        .collect();
    assert_eq!(listed, expected);
    // Around the body there is nothing but its number.
    assert_eq!((fields("Request").len(), fields("Request")[0]), (requests().len() + 1, "id"));
}

/// Writes down what a relay sees.
struct View {
    names: BTreeMap<AccountKey, &'static str>,
    /// Logs in the order in which they were seen.
    logs: Vec<Vec<u8>>,
    client_ids: BTreeSet<Vec<u8>>,
    /// Whether the rows say how long the relay is asked to keep it; if not, it is as long as it allows.
    says_how_long: bool,
    rows: Vec<String>,
}

/// What a relay sees of a request.
struct Seen {
    name: &'static str,
    to: String,
    keep: &'static str,
    kind: String,
    bytes: String,
}

impl Seen {
    fn new(name: &'static str, to: String, kind: String, bytes: String) -> Self {
        Self { name, to, keep: "–", kind, bytes }
    }

    fn kept(self, keep: i32) -> Self {
        let keep = pb::Keep::try_from(keep).unwrap().as_str_name().trim_start_matches("KEEP_");
        Self { keep, ..self }
    }
}

impl View {
    fn of<'a>(people: impl IntoIterator<Item = (&'static str, &'a Client)>) -> Self {
        let names = people.into_iter().map(|(name, client)| (client.account(), name)).collect();
        Self { names, logs: Vec::new(), client_ids: BTreeSet::new(), says_how_long: false, rows: Vec::new() }
    }

    /// What came of something that was done.
    fn note(&mut self, done: &str, relay: &mut Relay) {
        let asked = std::mem::take(&mut relay.asked);
        if asked.is_empty() {
            let keep = if self.says_how_long { " – |" } else { "" };
            self.rows.push(format!("| {done} | – | – | – |{keep} – | – |"));
        }
        for (n, (by, request)) in (0..).zip(asked) {
            let Seen { name, to, keep, kind, bytes } = self.see(&request);
            assert!(self.says_how_long || ["LONGEST", "–"].contains(&keep), "{done}: {keep}");
            let done = if n == 0 { done } else { "" };
            let keep = if self.says_how_long { format!(" {keep} |") } else { String::new() };
            self.rows
                .push(format!("| {done} | {} | `{name}` | {to} |{keep} {kind} | {bytes} |", self.by(&by)));
        }
    }

    fn by(&self, address: &Address) -> &'static str {
        self.names[&address.account]
    }

    fn name(&self, account: &[u8]) -> &'static str {
        self.names[&AccountKey::parse(account).unwrap()]
    }

    fn log(&mut self, log: &[u8]) -> String {
        let known = self.logs.iter().position(|known| known == log);
        let place = known.unwrap_or_else(|| {
            self.logs.push(log.to_vec());
            self.logs.len() - 1
        });
        format!("log {}", place + 1)
    }

    /// Ids are drawn, so that they tell nothing.
    fn draw(&mut self, client_id: Vec<u8>) {
        assert_eq!(client_id.len(), 16);
        assert!(self.client_ids.insert(client_id), "a client id that comes twice");
    }

    /// All of it. Every field is named, so that none is added without this.
    fn see(&mut self, request: &request::Body) -> Seen {
        let none = || "–".to_owned();
        match request.clone() {
            request::Body::Send(pb::Send { client_id, recipient, list_version, parcels, keep }) => {
                self.draw(client_id);
                assert_eq!(list_version, 1);
                let (kind, bytes) = parcels_of(&parcels);
                Seen::new("Send", self.name(&recipient).to_owned(), kind, bytes).kept(keep)
            }
            request::Body::Transient(pb::Transient { recipient, list_version, parcels }) => {
                assert_eq!(list_version, 1);
                let (kind, bytes) = parcels_of(&parcels);
                Seen::new("Transient", self.name(&recipient).to_owned(), kind, bytes)
            }
            request::Body::FanOut(pb::FanOut { client_id, recipients, envelope, keep }) => {
                self.draw(client_id);
                let (kind, bytes) = envelope_of(&envelope);
                Seen::new("FanOut", self.recipients(&recipients), kind, bytes.to_string()).kept(keep)
            }
            request::Body::AppendEntry(pb::AppendEntry { client_id, log, position, entry, recipients }) => {
                self.draw(client_id);
                let to = format!("{} at {position}; {}", self.log(&log), self.recipients(&recipients));
                Seen::new("AppendEntry", to, format!("`{:02x}`", entry[0]), entry.len().to_string())
            }
            request::Body::FetchDevices(pb::FetchDevices { account_key, known_version }) => {
                let to = format!("{}, after {known_version}", self.name(&account_key));
                Seen::new("FetchDevices", to, none(), none())
            }
            request::Body::FetchPrekeys(pb::FetchPrekeys { account_key, device_id }) => {
                assert_eq!(device_id, 1);
                Seen::new("FetchPrekeys", self.name(&account_key).to_owned(), none(), none())
            }
            request::Body::FetchEntries(pb::FetchEntries { log, from }) => {
                Seen::new("FetchEntries", format!("{} from {from}", self.log(&log)), none(), none())
            }
            request::Body::Declare(pb::Declare { declaration }) => {
                Seen::new("Declare", none(), none(), declaration.len().to_string())
            }
            request::Body::PublishSettings(pb::PublishSettings { settings }) => {
                Seen::new("PublishSettings", none(), none(), settings.len().to_string())
            }
            request::Body::PublishPrekeys(pb::PublishPrekeys { signed_prekey, one_time }) => {
                let bytes = one_time.iter().chain([&signed_prekey]).map(Vec::len).sum::<usize>();
                Seen::new("PublishPrekeys", none(), none(), bytes.to_string())
            }
            request::Body::FetchSettings(pb::FetchSettings {}) => {
                Seen::new("FetchSettings", none(), none(), none())
            }
            _ => panic!("a request that the simulated relay does not know"),
        }
    }

    fn recipients(&self, recipients: &[pb::Recipient]) -> String {
        let mut names: Vec<_> = recipients
            .iter()
            .map(|pb::Recipient { account_key, devices }| {
                assert_eq!(devices, &[1]);
                self.name(account_key)
            })
            .collect();
        names.sort_unstable();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    }
}

/// Channel and bytes of parcels, one for each device of the recipient: here one.
fn parcels_of(parcels: &[pb::Parcel]) -> (String, String) {
    let [pb::Parcel { device_id: 1, envelope }] = parcels else { panic!("one parcel") };
    let (kind, bytes) = envelope_of(envelope);
    (kind, bytes.to_string())
}

/// Channel, first byte unless it can be read anyway, and bytes of a payload.
fn envelope_of(envelope: &[u8]) -> (String, usize) {
    let pb::Envelope { kind, payload } = pb::Envelope::decode(envelope).unwrap();
    let kind = EnvelopeKind::try_from(kind).unwrap();
    let name = kind.as_str_name().trim_start_matches("ENVELOPE_KIND_");
    let mark = if kind == EnvelopeKind::Thread { String::new() } else { format!(" `{:02x}`", payload[0]) };
    (format!("`{name}`{mark}"), payload.len())
}

fn assert_listed(heading: &str, seen: &[String]) {
    let listed = table(heading);
    assert!(listed == seen, "\"{heading}\" of spec/leakage.md is another one:\n{}", seen.join("\n"));
}

fn last(client: &mut Client, conversation: Conversation) -> u64 {
    client.messages(conversation).pop().unwrap().index
}

/// The newest own message.
fn mine(client: &mut Client, conversation: Conversation) -> u64 {
    let own = client.account();
    client.messages(conversation).into_iter().rfind(|message| message.sender == own).unwrap().index
}

/// The chat of Alice and Bob.
fn chat(world: &mut World) -> Conversation {
    world.alice.chat_with(&world.bob.account())
}

type Act = (&'static str, fn(&mut World));

const ACTS: [Act; 24] = [
    ("Alice writes *hello* in the thread", |world| {
        world.alice.say_openly(&handle("bob"), "hello").unwrap();
    }),
    ("Bob answers", |world| {
        world.bob.say_openly(&handle("alice"), "hello, Alice").unwrap();
    }),
    ("Alice opens a chat", |world| world.alice.open_chat(&handle("bob")).unwrap()),
    ("Bob accepts it", |world| world.bob.accept_chat(&handle("alice")).unwrap()),
    ("Alice writes a short text", |world| {
        world.alice.say(&handle("bob"), "first").unwrap();
    }),
    ("Bob writes a short text", |world| {
        world.bob.say(&handle("alice"), "second").unwrap();
    }),
    ("Bob writes 600 letters", |world| {
        world.bob.say(&handle("alice"), &"x".repeat(600)).unwrap();
    }),
    ("Alice writes silently", |world| {
        let chat = chat(world);
        let body = Body::text("third").unwrap();
        let silent = Manner { silent: true, ..Manner::default() };
        world.alice.step(|engine, step| engine.say_as(step, chat, body, silent)).unwrap();
    }),
    ("Bob reacts", |world| {
        let chat = chat(world);
        let which = last(&mut world.bob, chat);
        world.bob.step(|engine, step| engine.react(step, chat, which, "👍")).unwrap();
    }),
    ("Bob replies", |world| {
        let chat = chat(world);
        let (which, body) = (last(&mut world.bob, chat), Body::text("an answer").unwrap());
        world.bob.step(|engine, step| engine.reply(step, chat, which, body)).unwrap();
    }),
    ("Alice edits", |world| {
        let chat = chat(world);
        let (which, text) = (mine(&mut world.alice, chat), Text::new("worded anew").unwrap());
        world.alice.step(|engine, step| engine.edit(step, chat, which, text)).unwrap();
    }),
    ("Alice unsends", |world| {
        let chat = chat(world);
        let which = mine(&mut world.alice, chat);
        world.alice.step(|engine, step| engine.unsend(step, chat, which)).unwrap();
    }),
    ("Alice shows Carol's profile", |world| {
        let (chat, account) = (chat(world), world.carol.account());
        let body = Body::of(Profile { account, handle: handle("carol"), name: "Carol".into() }).unwrap();
        world.alice.step(|engine, step| engine.say_in(step, chat, body)).unwrap();
    }),
    ("Alice forwards from the thread", |world| {
        let (chat, thread) = (chat(world), world.alice.thread_with(&world.bob.account()));
        let which = last(&mut world.alice, thread);
        world.alice.step(|engine, step| engine.forward(step, (thread, which), chat)).unwrap();
    }),
    ("Six seconds pass: all of it has arrived", |world| {
        world.alice.now += SOON;
        world.bob.now += SOON;
    }),
    ("Bob reads; six seconds pass", |world| {
        let chat = chat(world);
        let which = last(&mut world.bob, chat);
        world.bob.step(|engine, step| engine.mark_shown(step, chat, which)).unwrap();
        world.settle();
        world.bob.now += SOON;
    }),
    ("Alice wishes that nothing is forwarded", |world| {
        let wish = |old| Sharing { forward: false, ..old };
        world.alice.step(|engine, step| engine.set_sharing(step, &handle("bob"), wish)).unwrap();
    }),
    ("Alice is writing", |world| {
        let bob = handle("bob");
        let sealed = world.alice.step(|engine, step| engine.typing(step, &bob, true)).unwrap();
        assert_eq!(world.alice.indicate(&mut world.relay, sealed), 1);
    }),
    ("Alice is there", |world| {
        world.alice.step(|engine, step| engine.set_presence(step, true)).unwrap();
        let sealed = world.alice.step(|engine, step| engine.presence(step, Presence::Available)).unwrap();
        assert_eq!(world.alice.indicate(&mut world.relay, sealed), 1);
    }),
    ("Alice wants to hear from Bob only encrypted", |world| {
        world.alice.step(|engine, step| engine.declare_encrypted_only(step, &handle("bob"))).unwrap();
    }),
    ("Alice closes the chat", |world| {
        world.alice.step(|engine, step| engine.close_chat(step, &handle("bob"))).unwrap();
    }),
    ("Alice opens a chat with Carol", |world| world.alice.open_chat(&handle("carol")).unwrap()),
    ("Carol declines without a word", |world| {
        world.carol.step(|engine, step| engine.decline_chat(step, &handle("alice"), false)).unwrap();
    }),
    ("Carol wants to hear from nobody in groups", |world| {
        world.carol.step(|engine, step| engine.set_level(step, Matter::Groups, Reach::Nobody)).unwrap();
    }),
];

// LEA-1 to LEA-4; threats W8, T5
#[test]
fn lea_1_the_relay_sees_of_two_people_what_the_ledger_says() {
    let mut world = World::new(501);
    world.settle();
    world.relay.asked.clear();
    let people = [("Alice", &world.alice), ("Bob", &world.bob), ("Carol", &world.carol)];
    let mut view = View::of(people);
    for (done, act) in ACTS {
        act(&mut world);
        world.settle();
        view.note(done, &mut world.relay);
    }
    assert_listed("Two people as the relay sees them", &view.rows);
}

type GroupAct = (&'static str, fn(&mut Crowd, &GroupId));

const GROUP_ACTS: [GroupAct; 11] = [
    ("Alice adds Bob and Carol", |crowd, group| crowd.add(ALICE, group, &NAMES[1..3]).unwrap()),
    ("Bob and Carol accept", |crowd, group| {
        for who in [BOB, CAROL] {
            crowd.people[who].step(|engine, step| engine.accept_group(step, group)).unwrap();
        }
    }),
    ("Alice writes her first message", |crowd, group| {
        crowd.say(ALICE, group, "first").unwrap();
    }),
    ("Alice writes again", |crowd, group| {
        crowd.say(ALICE, group, "second").unwrap();
    }),
    ("Bob reacts, the first he says here", |crowd, group| {
        let conversation = Conversation::Group(*group);
        let which = last(&mut crowd.people[BOB], conversation);
        crowd.people[BOB].step(|engine, step| engine.react(step, conversation, which, "👍")).unwrap();
    }),
    ("Alice unsends", |crowd, group| {
        let conversation = Conversation::Group(*group);
        let which = mine(&mut crowd.people[ALICE], conversation);
        crowd.people[ALICE].step(|engine, step| engine.unsend(step, conversation, which)).unwrap();
    }),
    ("Alice renames the group", |crowd, group| {
        crowd.people[ALICE].step(|engine, step| engine.rename_group(step, group, "Neighbours")).unwrap();
    }),
    ("Six seconds pass", |crowd, _| {
        for person in &mut crowd.people {
            person.now += SOON;
        }
    }),
    ("Alice removes Carol", |crowd, group| crowd.remove(ALICE, group, CAROL).unwrap()),
    ("Alice writes once more", |crowd, group| {
        crowd.say(ALICE, group, "third").unwrap();
    }),
    ("Bob leaves", |crowd, group| {
        crowd.people[BOB].step(|engine, step| engine.leave_group(step, group)).unwrap();
    }),
];

// LEA-3; threat W9
#[test]
fn w9_what_repeats_is_as_long_as_what_does_not() {
    let mut world = World::chatting(503);
    let varied: String = (0..6_000_u32).map(|n| char::from_digit(n * n * 7 / 13 % 36, 36).unwrap()).collect();
    world.alice.say_openly(&handle("bob"), "first").unwrap();
    world.settle();
    let mut lengths = Vec::new();
    for text in ["x".repeat(6_000), varied] {
        world.relay.sends.clear();
        world.alice.say(&handle("bob"), &text).unwrap();
        world.alice.say_openly(&handle("bob"), &text).unwrap();
        world.settle();
        let parcels = world.relay.sends.iter().flat_map(|(_, send)| &send.parcels);
        lengths.push(parcels.map(|parcel| parcel.envelope.len()).collect::<Vec<_>>());
    }
    assert_eq!(lengths[0].len(), 2);
    assert!(lengths[0].iter().all(|length| *length > 6_000));
    assert_eq!(lengths[0], lengths[1]);
}

// LEA-1 to LEA-4; threat W8
#[test]
fn lea_1_the_relay_sees_of_a_group_what_the_ledger_says() {
    let mut crowd = Crowd::new(502);
    crowd.relay.asked.clear();
    let names = ["Alice", "Bob", "Carol"];
    let mut view = View::of(names.into_iter().zip(&crowd.people));
    let group = crowd.people[ALICE].step(|engine, step| engine.create_group(step, "Friends", false)).unwrap();
    crowd.settle();
    view.note("Alice makes a group", &mut crowd.relay);
    for (done, act) in GROUP_ACTS {
        act(&mut crowd, &group);
        crowd.settle();
        view.note(done, &mut crowd.relay);
    }
    assert_listed("A group as the relay sees it", &view.rows);
}

/// The newest message of somebody else.
fn theirs(client: &mut Client, conversation: Conversation) -> aside_client::Message {
    let own = client.account();
    client.messages(conversation).into_iter().rfind(|message| message.sender != own).unwrap()
}

/// Somebody takes a picture of the newest message of somebody else.
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

type GoingAct = (&'static str, fn(&mut Crowd, Conversation, &GroupId));

const GOING_ACTS: [GoingAct; 11] = [
    ("Alice decides that messages of the chat go after an hour", |crowd, chat, _| {
        let terms = ExpiryTerms::AfterSend { duration_s: 3_600 };
        crowd.people[ALICE].step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
    }),
    ("Alice writes a short text", |crowd, _, _| {
        crowd.people[ALICE].say(&handle("bob"), "first").unwrap();
    }),
    ("Bob reacts", |crowd, chat, _| {
        let bob = &mut crowd.people[BOB];
        let which = theirs(bob, chat).index;
        bob.step(|engine, step| engine.react(step, chat, which, "👍")).unwrap();
    }),
    ("Bob takes a picture of the screen", |crowd, chat, _| shoot(&mut crowd.people[BOB], chat)),
    ("Alice lets her text live for a minute", |crowd, chat, _| {
        let terms = ExpiryTerms::AfterSend { duration_s: 60 };
        let alice = &mut crowd.people[ALICE];
        let which = mine(alice, chat);
        alice.step(|engine, step| engine.shorten(step, chat, which, terms)).unwrap();
    }),
    ("Alice wishes that nothing is forwarded", |crowd, _, _| {
        let wish = |old| Sharing { forward: false, ..old };
        crowd.people[ALICE].step(|engine, step| engine.set_sharing(step, &handle("bob"), wish)).unwrap();
    }),
    ("Alice decides that messages stay", |crowd, chat, _| {
        crowd.people[ALICE].step(|engine, step| engine.set_expiry(step, chat, ExpiryTerms::Off)).unwrap();
    }),
    ("Alice writes again", |crowd, _, _| {
        crowd.people[ALICE].say(&handle("bob"), "second").unwrap();
    }),
    ("Alice decides that messages of a group go after three days", |crowd, _, group| {
        let terms = ExpiryTerms::AfterSend { duration_s: 3 * 86_400 };
        crowd.people[ALICE].step(|engine, step| engine.set_group_expiry(step, group, terms)).unwrap();
    }),
    ("Alice writes there, the first she says", |crowd, _, group| {
        crowd.say(ALICE, group, "third").unwrap();
    }),
    ("Bob takes a picture of the screen, the first he says", |crowd, _, group| {
        shoot(&mut crowd.people[BOB], Conversation::Group(*group));
    }),
];

// LEA-1, LEA-2, CAP-10, RLY-44
#[test]
fn lea_1_the_relay_sees_of_messages_that_go_what_the_ledger_says() {
    let (mut crowd, group) = Crowd::group(504, 3);
    crowd.people[ALICE].step(|engine, step| engine.set_group_capture(step, &group, true)).unwrap();
    crowd.people[ALICE].open_chat(&handle("bob")).unwrap();
    crowd.settle();
    crowd.people[BOB].accept_chat(&handle("alice")).unwrap();
    crowd.settle();
    let bob = crowd.account(BOB);
    let chat = crowd.people[ALICE].chat_with(&bob);
    crowd.relay.asked.clear();
    let mut view = View::of(["Alice", "Bob", "Carol"].into_iter().zip(&crowd.people));
    view.says_how_long = true;
    for (done, act) in GOING_ACTS {
        act(&mut crowd, chat, &group);
        crowd.settle();
        view.note(done, &mut crowd.relay);
    }
    assert_listed("Messages that go as the relay sees them", &view.rows);
}
