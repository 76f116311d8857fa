//! A script while it is written: each step is played as soon as it is added.

use super::{
    Result,
    people::NOW,
    sheet::{bytes_of, play},
};
use crate::{
    check::World,
    ops,
    value::{Fields, Value},
    vector::{Person, Step},
};
use std::collections::BTreeMap;

/// A script while it is written.
///
/// A session is named after its person: `alice`, `alice-2`.
pub(super) struct Script<'a> {
    id: String,
    people: Vec<String>,
    world: World<'a>,
    steps: Vec<Step>,
}

impl<'a> Script<'a> {
    pub(super) fn new(id: &str, people: &'a BTreeMap<String, Person>) -> Self {
        let names = people.keys().cloned().collect();
        Self { id: id.to_owned(), people: names, world: World::new(people, None), steps: Vec::new() }
    }

    pub(super) fn steps(self) -> Vec<Step> {
        self.steps
    }

    /// A step on a session, or one without state of the person whose name stands there.
    pub(super) fn add(
        &mut self,
        name: &str,
        session: &str,
        op: &str,
        input: Fields,
        word: Option<&str>,
    ) -> Result<Fields> {
        let named = self.people.iter().filter(|person| session.starts_with(person.as_str()));
        let actor =
            named.max_by_key(|person| person.len()).ok_or("a session is named after its person")?.clone();
        let in_session = ops::find(op).ok_or_else(|| format!("there is no operation `{op}`"))?.in_session;
        let step = Step {
            step: name.to_owned(),
            actor: Some(actor),
            session: in_session.then(|| session.to_owned()),
            op: op.to_owned(),
            input,
            tape: Vec::new(),
            out: None,
            reject: None,
            state: None,
        };
        let step = play(&mut self.world, step, &self.id, word)?;
        let out = step.out.clone().unwrap_or_default();
        self.steps.push(step);
        Ok(out)
    }

    /// Starts a session; 0 for no one-time prekey.
    pub(super) fn initiate(&mut self, session: &str, peer: &str, one_time_prekey: u32) -> Result<()> {
        let input = bundle(peer, one_time_prekey, NOW);
        self.add(&format!("{session}-initiates"), session, "initiate", input, None).map(|_| ())
    }

    /// Refuses to start a session.
    pub(super) fn refuse_to_initiate(
        &mut self,
        session: &str,
        peer: &str,
        now: u64,
        word: &str,
    ) -> Result<()> {
        let input = bundle(peer, 7, now);
        self.add(&format!("{session}-tries"), session, "initiate", input, Some(word)).map(|_| ())
    }

    /// Encrypts a text and returns the message.
    pub(super) fn encrypt(&mut self, name: &str, session: &str, text: &str) -> Result<Vec<u8>> {
        let out = self.add(name, session, "encrypt", Fields::new().bytes("plaintext", text), None)?;
        bytes_of(&out, "message")
    }

    /// Encrypts that many letters, by one of the two operations that encrypt.
    pub(super) fn encrypt_long(&mut self, name: &str, session: &str, op: &str, letters: usize) -> Result<()> {
        let input = Fields::new().with("plaintext", Value::repetition(b'a', letters));
        self.add(name, session, op, input, None).map(|_| ())
    }

    /// Decrypts in a session.
    pub(super) fn decrypt(&mut self, name: &str, session: &str, message: Value) -> Result<()> {
        self.add(name, session, "decrypt", Fields::new().with("message", message), None).map(|_| ())
    }

    /// Refuses in a session.
    pub(super) fn refuse(&mut self, name: &str, session: &str, message: Value, word: &str) -> Result<()> {
        self.add(name, session, "decrypt", Fields::new().with("message", message), Some(word)).map(|_| ())
    }

    /// Encrypts a transient text.
    pub(super) fn hint(&mut self, name: &str, session: &str, text: &str) -> Result<()> {
        let input = Fields::new().bytes("plaintext", text);
        self.add(name, session, "encrypt_transient", input, None).map(|_| ())
    }

    /// Decrypts a transient message in a session.
    pub(super) fn notice(&mut self, name: &str, session: &str, message: Value) -> Result<()> {
        let input = Fields::new().with("message", message);
        self.add(name, session, "decrypt_transient", input, None).map(|_| ())
    }

    /// Drops a transient message in a session.
    pub(super) fn ignore(&mut self, name: &str, session: &str, message: Value, word: &str) -> Result<()> {
        let input = Fields::new().with("message", message);
        self.add(name, session, "decrypt_transient", input, Some(word)).map(|_| ())
    }

    /// Receives as a device.
    pub(super) fn receive(&mut self, name: &str, session: &str, peer: &str, message: Value) -> Result<()> {
        let input = Fields::new().text("peer", peer).with("message", message);
        self.add(name, session, "receive", input, None).map(|_| ())
    }

    /// Refuses as a device.
    pub(super) fn turn_away(
        &mut self,
        name: &str,
        session: &str,
        peer: &str,
        message: Value,
        word: &str,
    ) -> Result<()> {
        let input = Fields::new().text("peer", peer).with("message", message);
        self.add(name, session, "receive", input, Some(word)).map(|_| ())
    }

    /// Copies a session.
    pub(super) fn copy(&mut self, name: &str, session: &str, of: &str) -> Result<()> {
        self.add(name, session, "copy", Fields::new().text("of", of), None).map(|_| ())
    }

    /// Rounds of `there` messages of `session` and `back` ones of `with`, all with no text.
    pub(super) fn rounds(
        &mut self,
        name: &str,
        [session, with]: [&str; 2],
        [there, back, rounds]: [u32; 3],
        lost: &[u64],
        reversed: bool,
    ) -> Result<()> {
        let input = Fields::new()
            .text("with", with)
            .bytes("plaintext", [])
            .number("there", there)
            .number("back", back)
            .number("rounds", rounds)
            .with("lost", Value::List(lost.iter().map(|number| Value::Number(*number)).collect()))
            .flag("reversed", reversed);
        self.add(name, session, "exchange", input, None).map(|_| ())
    }

    /// A burst of messages in one direction, all of which arrive in order.
    pub(super) fn burst(&mut self, name: &str, sides: [&str; 2], count: u32) -> Result<()> {
        self.rounds(name, sides, [count, 0, 1], &[], false)
    }

    /// Asks how a session is, and in which epoch.
    pub(super) fn health(&mut self, name: &str, session: &str, health: &str, epoch: u64) -> Result<()> {
        let out = self.add(name, session, "health", Fields::new(), None)?;
        let wanted = [Value::Text(health.to_owned()), Value::Number(epoch)];
        let there = ["health", "epoch"].map(|field| out.find(field).cloned());
        if there == wanted.map(Some) { Ok(()) } else { Err(format!("{name}: {out}").into()) }
    }

    /// Gives up sending in a session.
    pub(super) fn retire(&mut self, name: &str, session: &str) -> Result<()> {
        self.add(name, session, "retire", Fields::new(), None).map(|_| ())
    }

    /// Wipes a session.
    pub(super) fn forget(&mut self, name: &str, session: &str) -> Result<()> {
        self.add(name, session, "forget", Fields::new(), None).map(|_| ())
    }

    /// Alice's first message, received by Bob: the steps `alice-initiates`, `hello`, `bob-hears-hello`.
    pub(super) fn begin(&mut self) -> Result<Vec<u8>> {
        self.initiate("alice", "bob", 7)?;
        let hello = self.encrypt("hello", "alice", "hello")?;
        self.receive("bob-hears-hello", "bob", "alice", of("hello"))?;
        Ok(hello)
    }

    /// One message each way; the steps of [`Self::begin`] and `hi`, `alice-hears-hi`.
    pub(super) fn established(&mut self) -> Result<Vec<u8>> {
        let hello = self.begin()?;
        self.encrypt("hi", "bob", "hi")?;
        self.decrypt("alice-hears-hi", "alice", of("hi"))?;
        Ok(hello)
    }

    /// The private ratchet key that a step drew.
    pub(super) fn ratchet_of(&self, step: &str) -> Result<[u8; 32]> {
        self.drawn(step, "ratchet key")
    }

    /// Bytes that came out of a step.
    pub(super) fn out_bytes(&self, step: &str, field: &str) -> Result<Vec<u8>> {
        let found = self.steps.iter().find(|other| other.step == step).and_then(|step| step.out.as_ref());
        bytes_of(found.ok_or_else(|| format!("nothing came out of {step}"))?, field)
    }

    /// A number that came out of a step.
    pub(super) fn out_number(&self, step: &str, field: &str) -> Result<u64> {
        let found = self.steps.iter().find(|other| other.step == step).and_then(|step| step.out.as_ref());
        match found.and_then(|out| out.find(field)) {
            Some(Value::Number(number)) => Ok(*number),
            _ => Err(format!("{step} gave no number `{field}`").into()),
        }
    }

    /// What a step drew under a name.
    pub(super) fn drawn<const N: usize>(&self, step: &str, draw: &str) -> Result<[u8; N]> {
        let found = self.steps.iter().find(|other| other.step == step);
        let drawn = found.and_then(|step| step.tape.iter().find(|drawn| drawn.draw == draw));
        let bytes = drawn.and_then(|drawn| crate::hex::decode(&drawn.bytes));
        let bytes = bytes.ok_or_else(|| format!("{step} drew no {draw}"))?;
        bytes.try_into().map_err(|_| format!("a {draw} has another length").into())
    }
}

fn bundle(peer: &str, one_time_prekey: u32, now: u64) -> Fields {
    Fields::new()
        .text("peer", peer)
        .number("signed_prekey", 1u32)
        .number("one_time_prekey", one_time_prekey)
        .number("now", now)
}

/// The message of an earlier step.
pub(super) fn of(step: &str) -> Value {
    Value::Object(Fields::new().text("ref", &format!("{step}.message")))
}

/// The message of an earlier step with some of its bits the other way round.
pub(super) fn flipped(step: &str, at: usize, mask: &str) -> Value {
    let xor = Fields::new().number("at", offset(at)).text("mask", mask);
    Value::Object(Fields::new().text("ref", &format!("{step}.message")).with("xor", Value::Object(xor)))
}

/// A part of the message of an earlier step.
pub(super) fn part(step: &str, from: usize, to: Option<usize>) -> Value {
    let fields = Fields::new().text("ref", &format!("{step}.message")).number("from", offset(from));
    Value::Object(match to {
        Some(to) => fields.number("to", offset(to)),
        None => fields,
    })
}

fn offset(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}
