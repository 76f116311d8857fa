//! What a runner and a shim say to each other: one JSON object a line (spec/conformance.md, "The driver").

use crate::{
    value::Fields,
    vector::{Drawn, Person},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of what is said (CNF-5).
pub const VERSION: u64 = 1;

/// The longest line, its end not counted (CNF-11).
pub const LINE_BYTES: usize = 64 << 20;

/// A line to the shim.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Line {
    /// Counts up from 1, so that a stray reply is noticed.
    pub id: u64,
    /// What is asked for.
    #[serde(flatten)]
    pub request: Request,
}

/// What a runner asks for.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Request {
    /// Who are you?
    Hello {
        /// [`VERSION`].
        protocol: u64,
    },
    /// Forget sessions and devices: these are the people from now on.
    Begin {
        /// By their names.
        people: BTreeMap<String, Person>,
    },
    /// One step of a vector.
    Step(Step),
}

/// A step with its bytes evaluated.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The operation.
    pub op: String,
    /// The person whose device acts, in scripts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The session, in scripts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What goes in: bytes are plain hex here.
    #[serde(rename = "in")]
    pub input: Fields,
    /// What to draw; without it, the shim draws from its operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tape: Option<Vec<Drawn>>,
}

/// A line from the shim.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// That of the request.
    pub id: u64,
    /// What came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<Fields>,
    /// The word of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject: Option<String>,
    /// What is not implemented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<String>,
    /// What went wrong in the shim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// After a step of a script, the state digest of its session, or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The names of what was drawn, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<String>,
}

/// What a reply comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// What came out.
    Ok(Fields),
    /// Refused, with a word.
    Reject(String),
    /// Not implemented (CNF-8).
    Skip(String),
    /// Something went wrong in the shim.
    Fault(String),
}

impl Reply {
    /// A reply with this answer.
    #[must_use]
    pub fn new(id: u64, answer: Answer) -> Self {
        let mut reply = Self { id, ..Self::default() };
        match answer {
            Answer::Ok(out) => reply.ok = Some(out),
            Answer::Reject(word) => reply.reject = Some(word),
            Answer::Skip(what) => reply.skip = Some(what),
            Answer::Fault(what) => reply.fault = Some(what),
        }
        reply
    }

    /// The one answer in it; `None` if there is none, or more than one (CNF-6).
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        match (&self.ok, &self.reject, &self.skip, &self.fault) {
            (Some(out), None, None, None) => Some(Answer::Ok(out.clone())),
            (None, Some(word), None, None) => Some(Answer::Reject(word.clone())),
            (None, None, Some(what), None) => Some(Answer::Skip(what.clone())),
            (None, None, None, Some(what)) => Some(Answer::Fault(what.clone())),
            _ => None,
        }
    }
}

/// The answer to `hello`.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct Hello {
    /// What the implementation is called.
    pub name: String,
    /// The levels that it claims, by their names.
    pub levels: Vec<String>,
    /// Files that it claims without the rest of their level, by their paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What else it can do; nothing is asked for so far.
    #[serde(default)]
    pub features: Vec<String>,
}
