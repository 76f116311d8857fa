//! `transcripts/`: whole conversations, each step as its sender, its recipient and the relay see it.

mod business;
mod crossing;
mod declined;
mod first_contact;
mod group;
mod group_attacked;
mod group_going;
mod healing;
mod hostile;
mod once;
mod requests;
mod talk;
mod thread;
mod two_devices;
mod vanishing;

use super::{
    Result,
    people::{Cast, NOW, people},
    proto,
    script::Script,
    sheet::Sheet,
};
use crate::{
    value::{Fields, Value},
    vector::{Level, Person},
};
use aside_wire::pb;
use prost::Message;
use std::collections::BTreeMap;

pub(super) use business::business;
pub(super) use crossing::crossing;
pub(super) use declined::declined;
pub(super) use first_contact::first_contact;
pub(super) use group::group;
pub(super) use group_attacked::group_attacked;
pub(super) use group_going::group_going;
pub(super) use healing::healing;
pub(super) use hostile::hostile;
pub(super) use once::once;
pub(super) use requests::requests;
pub(super) use talk::talk;
pub(super) use thread::thread;
pub(super) use two_devices::two_devices;
pub(super) use vanishing::vanishing;

const CHAPTER: &str = "spec/leakage.md";
const LONGEST: &str = "KEEP_LONGEST";
const PAIRWISE: &str = "ENVELOPE_KIND_PAIRWISE";

/// A file of one conversation.
fn sheet(about: &str, cast: BTreeMap<String, Person>) -> Sheet {
    Sheet::new(Level::Transcripts, CHAPTER, about).with_people(cast)
}

/// A part of bytes that are put together.
#[derive(Clone)]
enum Part {
    Plain(Vec<u8>),
    /// What came out of a step, as `step.field`.
    Of(String),
    /// A part of that, from one byte to another.
    Within(String, u64, u64),
}

fn plain(bytes: impl AsRef<[u8]>) -> Part {
    Part::Plain(bytes.as_ref().to_vec())
}

fn out_of(step: &str, field: &str) -> Part {
    Part::Of(format!("{step}.{field}"))
}

impl Part {
    fn value(&self) -> Value {
        match self {
            Self::Plain(bytes) => Value::bytes(bytes),
            Self::Of(name) => Value::Object(Fields::new().text("ref", name)),
            Self::Within(name, from, to) => {
                Value::Object(Fields::new().text("ref", name).number("from", *from).number("to", *to))
            }
        }
    }
}

/// Bytes as a vector writes them.
fn joined(parts: &[Part]) -> Value {
    match parts {
        [] => Value::bytes(&[]),
        [only] => only.value(),
        parts => Value::List(parts.iter().map(Part::value).collect()),
    }
}

/// What came out of a step.
fn of(step: &str, field: &str) -> Value {
    out_of(step, field).value()
}

/// The fields of a `Target`: the message that a step made, and its author.
fn target(step: &str, author: &[u8]) -> Vec<Part> {
    let author = [[0x12, 32].as_slice(), author, &[0x1A, 32]].concat();
    vec![plain([0x0A, 16]), out_of(step, "message_id"), plain(author), out_of(step, "hash")]
}

/// How many bytes these fields have.
const TARGET_BYTES: u8 = 2 + 16 + 2 + 32 + 2 + 32;

/// A device that takes part.
struct Member {
    account: Vec<u8>,
    device: u32,
    /// The version of its account's device list, and the hash.
    list: (u64, Vec<u8>),
}

impl Member {
    fn new(cast: &Cast) -> Self {
        let list = cast.list.reference();
        Self {
            account: cast.certificate.account.as_bytes().to_vec(),
            device: cast.certificate.device.number(),
            list: (list.version, list.hash.as_bytes().to_vec()),
        }
    }
}

/// Something that is said in a chat.
#[derive(Clone)]
struct Said {
    /// The name of its steps.
    label: String,
    /// The session that it goes in, named after its person.
    by: String,
    /// The session of the other person.
    to: String,
    kind: u32,
    content: Vec<Part>,
    place: &'static str,
    /// `Expiry`, encoded, and how long the relay keeps it.
    expiry: Vec<u8>,
    terms: (u32, u32, u32),
    silent: bool,
    generation: u32,
}

/// In the chat of two people.
fn said(label: &str, by: &str, to: &str, kind: u32, content: impl AsRef<[u8]>) -> Said {
    Said {
        label: label.to_owned(),
        by: by.to_owned(),
        to: to.to_owned(),
        kind,
        content: if content.as_ref().is_empty() { Vec::new() } else { vec![plain(content)] },
        place: "chat",
        expiry: Vec::new(),
        terms: (0, 0, 0),
        silent: false,
        generation: 1,
    }
}

impl Said {
    fn of(self, content: Vec<Part>) -> Self {
        Self { content, ..self }
    }

    fn transient(self) -> Self {
        Self { place: "transient", ..self }
    }

    /// Between two members of a group.
    fn between(self) -> Self {
        Self { place: "members", ..self }
    }

    /// A message that goes: mode, duration, unread cap, and the policy that it follows.
    fn going(self, terms: (u32, u32, u32), policy: u64) -> Self {
        Self { expiry: expiry(terms, policy), terms, ..self }
    }

    /// Not the message itself lives so, but what is said in the conversation.
    fn among(self, terms: (u32, u32, u32)) -> Self {
        Self { terms, ..self }
    }
}

/// An encoded `Expiry`.
fn expiry((mode, duration_s, unread_cap_s): (u32, u32, u32), policy: u64) -> Vec<u8> {
    let mode = i32::try_from(mode).unwrap_or(i32::MAX);
    pb::Expiry { policy, mode, duration_s, unread_cap_s }.encode_to_vec()
}

/// The words of a `Text`.
fn text(words: &str) -> Vec<u8> {
    proto::bytes(1, words)
}

/// A target in a field 1, and what follows it.
fn about(step: &str, author: &[u8], rest: impl AsRef<[u8]>) -> Vec<Part> {
    let head = plain([0x0A, TARGET_BYTES]);
    [head].into_iter().chain(target(step, author)).chain([plain(rest)]).collect()
}

/// A reaction to what a step said; none takes it back.
fn reaction(label: &str, by: &str, to: &str, step: &str, author: &[u8], emoji: &str, counter: u64) -> Said {
    let emoji = if emoji.is_empty() { Vec::new() } else { proto::bytes(2, emoji) };
    said(label, by, to, 11, []).of(about(step, author, [emoji, proto::number(3, counter)].concat()))
}

/// A list of values, each put together.
fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::List(items.into())
}

/// A conversation while it is played. Sessions are named after their person.
struct Talk<'a, 'b> {
    script: &'a mut Script<'b>,
    members: BTreeMap<String, Member>,
    /// The id of the chat or group that is talked in.
    conversation: Vec<Part>,
    /// What it is called here.
    name: String,
    /// The request ids of each device.
    asked: BTreeMap<String, u64>,
    /// The step in which each device made its last frame here.
    previous: BTreeMap<(String, String), String>,
    now: u64,
    /// What each person has seen of the chat, as `opt_in.history` takes it.
    history: BTreeMap<String, Vec<String>>,
}

impl<'a, 'b> Talk<'a, 'b> {
    fn new(script: &'a mut Script<'b>, cast: &[(&str, &Cast)]) -> Self {
        let members = cast.iter().map(|(name, cast)| ((*name).to_owned(), Member::new(cast))).collect();
        Self {
            script,
            members,
            conversation: Vec::new(),
            name: String::new(),
            asked: BTreeMap::new(),
            previous: BTreeMap::new(),
            now: NOW,
            history: BTreeMap::new(),
        }
    }

    /// Whose device a session is of.
    fn person(&self, session: &str) -> Result<String> {
        let named = self.members.keys().filter(|name| session.starts_with(name.as_str()));
        Ok(named.max_by_key(|name| name.len()).ok_or("a session is named after its person")?.clone())
    }

    fn member(&self, session: &str) -> Result<&Member> {
        let person = self.person(session)?;
        self.members.get(&person).ok_or_else(|| "nobody has this name".into())
    }

    fn account(&self, session: &str) -> Result<Vec<u8>> {
        Ok(self.member(session)?.account.clone())
    }

    /// Goes on in this conversation.
    fn enter(&mut self, name: &str, conversation: Part) {
        name.clone_into(&mut self.name);
        self.conversation = vec![conversation];
        self.history.clear();
    }

    fn pure(&mut self, label: &str, by: &str, op: &str, input: Fields) -> Result<Fields> {
        let person = self.person(by)?;
        self.script.add(label, &person, op, input, None)
    }

    fn refuse(&mut self, label: &str, by: &str, op: &str, input: Fields, word: &str) -> Result<()> {
        self.script.add(label, by, op, input, Some(word)).map(|_| ())
    }

    /// Time passes.
    fn wait(&mut self, ms: u64) {
        self.now = self.now.saturating_add(ms);
    }

    /// Asks the relay for something, and looks at it from there: the steps `…-asks` and `…-seen`.
    fn ask(&mut self, label: &str, by: &str, request: &str, input: Fields) -> Result<()> {
        let person = self.person(by)?;
        let id = self.asked.entry(person).and_modify(|id| *id = id.saturating_add(1)).or_insert(1);
        let numbered = input
            .iter()
            .fold(Fields::new().number("id", *id), |all, (name, value)| all.with(name, value.clone()));
        let step = format!("{label}-asks");
        self.pure(&step, by, &format!("request.{request}"), numbered)?;
        let before_login = matches!(request, "register" | "login");
        self.see(&format!("{label}-seen"), by, &step, before_login)
    }

    /// What the relay sees of the request of a step.
    fn see(&mut self, label: &str, by: &str, step: &str, before_login: bool) -> Result<()> {
        let Member { account, device, .. } = self.member(by)?;
        let (account, device) = if before_login { (Vec::new(), 0) } else { (account.clone(), *device) };
        let input = Fields::new().bytes("account_key", account).number("device_id", device);
        self.pure(label, by, "relay.see", input.with("request", of(step, "request"))).map(|_| ())
    }

    /// How long the relay is asked to keep what is said on these terms.
    fn keep(&mut self, label: &str, by: &str, kind: u32, terms: (u32, u32, u32)) -> Result<String> {
        let (mode, duration, unread_cap) = terms;
        let input = Fields::new()
            .number("kind", kind)
            .number("mode", mode)
            .number("duration", duration)
            .number("unread_cap", unread_cap);
        match self.pure(&format!("{label}-keep"), by, "keep.choose", input)?.find("keep") {
            Some(Value::Text(keep)) => Ok(keep.clone()),
            _ => Err("a class of time is a text".into()),
        }
    }

    /// Finds somebody's device and its prekeys, and begins a session.
    fn begin(&mut self, session: &str, peer: &str, one_time_prekey: u32) -> Result<()> {
        let Member { account, device, .. } = self.member(peer)?;
        let input = Fields::new().bytes("account_key", account).number("device_id", *device);
        self.ask(&format!("{session}-prekeys"), session, "fetch_prekeys", input)?;
        self.script.initiate(session, &self.person(peer)?, one_time_prekey)
    }

    /// Makes the frame of something that is said, hands it to the relay, and looks at it from there: the steps
    /// `…`, `…-keep`, `…-asks` and `…-seen`. It does not arrive yet.
    fn send(&mut self, said: &Said) -> Result<()> {
        let Said { label, by, to, kind, .. } = said;
        self.seal(said)?;
        let Member { account, device, list, .. } = self.member(to)?;
        let input = Fields::new()
            .bytes("recipient", account)
            .number("list_version", list.0)
            .with("devices", Value::List(vec![Value::Number((*device).into())]));
        let payloads = Value::List(vec![of(label, "message")]);
        if said.place == "transient" {
            return self.ask(label, by, "transient", input.with("payloads", payloads));
        }
        let keep = match said.place {
            "members" => LONGEST.to_owned(),
            _ => self.keep(label, by, *kind, said.terms)?,
        };
        let input = input.text("channel", PAIRWISE).with("payloads", payloads).text("keep", &keep);
        self.ask(label, by, "send", input)
    }

    /// Makes the frame of something that is said, and encrypts it: one step.
    fn seal(&mut self, said: &Said) -> Result<()> {
        let place = (self.person(&said.by)?, format!("{} {}", self.name, said.place));
        let previous = self.previous.get(&place).map(|step| out_of(step, "hash"));
        let input = self.frame(said, &[], previous.as_slice())?.bytes("salt", []);
        self.script.add(&said.label, &said.by, "chat_frame.send", self.addressed(said, input)?, None)?;
        self.previous.insert(place, said.label.clone());
        Ok(())
    }

    fn frame(&self, said: &Said, message_id: &[Part], previous: &[Part]) -> Result<Fields> {
        Ok(Fields::new()
            .with("conversation", joined(&self.conversation))
            .with("message_id", joined(message_id))
            .number("sent_at", self.now)
            .number("kind", said.kind)
            .with("content", joined(&said.content))
            .with("previous", joined(previous))
            .bytes("expiry", &said.expiry)
            .flag("silent", said.silent))
    }

    fn addressed(&self, said: &Said, input: Fields) -> Result<Fields> {
        let (own, theirs) = (self.member(&said.by)?, self.member(&said.to)?);
        Ok(input
            .number("sender_list", own.list.0)
            .bytes("sender_list_hash", &own.list.1)
            .number("recipient_list", theirs.list.0)
            .bytes("recipient_list_hash", &theirs.list.1)
            .number("generation", said.generation)
            .text("place", said.place))
    }

    /// It arrives: the step `…-heard`.
    fn hear(&mut self, said: &Said) -> Result<()> {
        let input = self.arriving(said)?;
        self.script.add(&format!("{}-heard", said.label), &said.to, "chat_frame.receive", input, None)?;
        Ok(())
    }

    fn arriving(&self, said: &Said) -> Result<Fields> {
        let by = self.person(&said.by)?;
        Ok(Fields::new()
            .text("peer", &by)
            .with("message", of(&said.label, "message"))
            .text("place", said.place))
    }

    /// It is said and arrives.
    fn say(&mut self, said: &Said) -> Result<()> {
        self.send(said)?;
        self.wait(200);
        self.hear(said)?;
        self.wait(1_000);
        Ok(())
    }

    /// The chat as both see it after something that one of them did: the steps `…-alice` and `…-bob`, say.
    fn states(&mut self, label: &str, of: &[(&str, &str)]) -> Result<()> {
        for (person, event) in of {
            let events = self.history.entry((*person).to_owned()).or_default();
            if !event.is_empty() {
                events.push((*event).to_owned());
            }
            let events = events.join(" ");
            let input = Fields::new().text("events", &events);
            self.pure(&format!("{label}-{person}"), person, "opt_in.history", input)?;
        }
        Ok(())
    }

    /// What becomes of a frame of a kind, by who its sender is to whoever gets it.
    fn becomes(&mut self, label: &str, by: &str, said: &Said, sender: &str) -> Result<()> {
        let input = Fields::new().number("kind", said.kind).text("place", said.place).text("sender", sender);
        self.pure(label, by, "conversations.sender", input).map(|_| ())
    }

    /// Everything so far has been taken in by a device.
    fn acknowledge(&mut self, label: &str, by: &str, up_to: u64) -> Result<()> {
        self.ask(label, by, "acknowledge", Fields::new().number("up_to", up_to))
    }

    /// Somebody draws the id of a chat, which goes on from here.
    fn chat(&mut self, label: &str, by: &str) -> Result<()> {
        self.pure(label, by, "chat_id", Fields::new())?;
        self.enter(label, out_of(label, "chat_id"));
        Ok(())
    }

    /// It arrives and is refused.
    fn turn_away(&mut self, label: &str, said: &Said, word: &str) -> Result<()> {
        let input = self.arriving(said)?;
        self.refuse(label, &said.to, "chat_frame.receive", input, word)
    }

    /// What a chat refuses in the state in which it is on one side.
    fn does_not_fit(&mut self, label: &str, person: &str, event: &str) -> Result<()> {
        let so_far = self.history.get(person).map(|events| events.join(" ")).unwrap_or_default();
        let input = Fields::new().text("events", format!("{so_far} {event}").trim());
        self.refuse(label, person, "opt_in.history", input, "policy")
    }

    /// What is said in a thread, in the clear: the steps `…`, `…-asks`, `…-seen` and `…-heard`.
    fn say_openly(&mut self, said: &Said) -> Result<()> {
        let Said { label, by, to, .. } = said;
        let place = (self.person(by)?, format!("{} thread", self.name));
        let previous = self.previous.get(&place).map(|step| out_of(step, "hash"));
        let input = Fields::new()
            .with("conversation", joined(&self.conversation))
            .bytes("message_id", [])
            .number("sent_at", self.now)
            .number("kind", said.kind)
            .with("content", joined(&said.content))
            .with("previous", joined(previous.as_slice()));
        self.pure(label, by, "thread_frame.encode", input)?;
        self.previous.insert(place, label.clone());
        let Member { account, device, list: (version, _), .. } = self.member(to)?;
        let input = Fields::new()
            .bytes("recipient", account)
            .number("list_version", *version)
            .with("devices", list([Value::Number((*device).into())]))
            .text("channel", "ENVELOPE_KIND_THREAD")
            .with("payloads", list([of(label, "frame")]))
            .text("keep", LONGEST);
        self.ask(label, by, "send", input)?;
        self.wait(200);
        let input = Fields::new().with("frame", of(label, "frame"));
        self.pure(&format!("{label}-heard"), to, "thread_frame.decode", input)?;
        self.wait(1_000);
        Ok(())
    }

    /// Alice opens a chat with Bob, who accepts it.
    fn open(&mut self) -> Result<()> {
        self.begin("alice", "bob", 7)?;
        self.chat("chat", "alice")?;
        self.say(&said("opening", "alice", "bob", 2, []))?;
        self.states("opening", &[("alice", "open"), ("bob", "2")])?;
        self.say(&said("acceptance", "bob", "alice", 3, []))?;
        self.states("acceptance", &[("bob", "accept"), ("alice", "3")])
    }
}

/// Alice and Bob, who can both be written to.
fn couple() -> Result<(Cast, Cast)> {
    Ok((Cast::new("alice")?.with_prekeys("alice")?, Cast::bob()?))
}
