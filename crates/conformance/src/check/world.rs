//! What a script plays in: people with their devices, and the sessions between them.

use super::{
    archive,
    bug::{Bug, Mistakes},
    bytes::Outputs,
    capture, content, conversations, expiry, frame, generation, group, group_log, healing, identity,
    inputs::Inputs,
    keep, kind, primitives, relay, request, schedule,
    session::{Device, Live},
    stop::{Refusal, Stop},
    tape::Tape,
    wire,
};
use crate::{
    hex,
    ops::{self, Op},
    value::Fields,
    vector::{NO_SESSION, Person, Step},
};
use aside_wire::Reject;
use std::collections::{BTreeMap, BTreeSet};

/// What came of a step.
pub(crate) struct Outcome {
    /// What came out, or the word.
    pub(crate) answer: Result<Fields, Reject>,
    /// The state digest of the session named, or [`NO_SESSION`].
    pub(crate) state: String,
}

/// People, devices, sessions, and what came out of the steps so far.
pub(crate) struct World<'a> {
    people: &'a BTreeMap<String, Person>,
    mistakes: Mistakes,
    pub(super) devices: BTreeMap<String, Device>,
    pub(super) sessions: BTreeMap<String, Live>,
    outputs: Outputs,
}

impl<'a> World<'a> {
    pub(crate) fn new(people: &'a BTreeMap<String, Person>, bug: Option<Bug>) -> Self {
        let mistakes = Mistakes::new(bug);
        Self {
            people,
            mistakes,
            devices: BTreeMap::new(),
            sessions: BTreeMap::new(),
            outputs: Outputs::new(),
        }
    }

    /// The mistakes that came into question so far: any other would have changed nothing.
    pub(crate) fn met(&self) -> BTreeSet<Bug> {
        self.mistakes.met()
    }

    /// Runs one step. A refusal that changes any session is an error, whatever the vector says.
    pub(crate) fn step(&mut self, step: &Step, tape: &mut Tape) -> Result<Outcome, String> {
        let op = ops::find(&step.op).ok_or_else(|| format!("there is no operation `{}`", step.op))?;
        let inputs = Inputs::new(op, &step.input, &self.outputs, &self.mistakes)?;
        let before = self.digests();
        let answer = match self.run(op, step, &inputs, tape) {
            Ok(out) => Ok(out),
            Err(Stop::Refused(Refusal { passes_with: Some(bug), .. })) if self.mistakes.make(bug) => {
                Ok(Fields::new())
            }
            Err(Stop::Refused(Refusal { word, .. })) => Err(word),
            Err(Stop::Defect(what)) => return Err(what),
        };
        if answer.is_err() && before != self.digests() {
            return Err("a refusal changed the state".to_owned());
        }
        if let Ok(out) = &answer {
            self.outputs.insert(step.step.clone(), out.clone());
        }
        let session = step.session.as_ref().and_then(|name| self.sessions.get(name));
        Ok(Outcome { answer, state: session.map_or(NO_SESSION.to_owned(), Live::digest) })
    }

    fn run(&mut self, op: &Op, step: &Step, inputs: &Inputs, tape: &mut Tape) -> Result<Fields, Stop> {
        if op.in_session {
            return self.in_session(step, inputs, tape);
        }
        if let Some(out) = primitives::run(op.name, inputs, tape)? {
            return Ok(out);
        }
        if let Some(out) = identity::run(op.name, inputs, tape)? {
            return Ok(out);
        }
        if let Some(out) = group::run(op.name, inputs, tape)? {
            return Ok(out);
        }
        if let Some(out) = content::run(op.name, inputs, tape)? {
            return Ok(out);
        }
        if let Some(out) = expiry::run(op.name, inputs, tape)? {
            return Ok(out);
        }
        if let Some(out) = frame::run(op.name, inputs, tape)? {
            return Ok(out);
        }
        if let Some(out) = request::run(op.name, inputs, tape)? {
            return Ok(out);
        }
        for run in [
            archive::run,
            wire::run,
            schedule::run,
            kind::run,
            conversations::run,
            capture::run,
            group_log::run,
            relay::run,
            healing::run,
            keep::run,
            generation::run,
        ] {
            if let Some(out) = run(op.name, inputs)? {
                return Ok(out);
            }
        }
        Err(format!("`{}` is in the table, and nothing runs it", op.name).into())
    }

    /// The person of a name.
    pub(super) fn person(&self, name: &str) -> Result<&'a Person, Stop> {
        self.people.get(name).ok_or_else(|| Stop::Defect(format!("there is no `{name}` among the people")))
    }

    fn digests(&self) -> Vec<String> {
        self.sessions.values().map(Live::digest).collect()
    }
}

impl Live {
    fn digest(&self) -> String {
        hex::encode(self.session.digest().as_bytes())
    }
}
