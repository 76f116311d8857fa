//! The format: a file of vectors, a vector, a step.

use crate::value::{Fields, Value};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The state of a step after which there is no session.
pub const NO_SESSION: &str = "none";

/// One file of `test-vectors/`.
#[derive(Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What the file is, for a person.
    pub about: String,
    /// Where the schema is.
    #[serde(rename = "$schema")]
    pub schema: String,
    /// The level of conformance that the file belongs to (spec/conformance.md).
    pub level: Level,
    /// The chapter that the file proves.
    pub chapter: String,
    /// The devices that take part in the scripts of the file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub people: BTreeMap<String, Person>,
    /// The vectors.
    pub vectors: Vec<Vector>,
}

/// How much of the protocol an implementation has.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Primitives, identity, envelope.
    Wire,
    /// Handshake and session.
    Session,
    /// Frames.
    Content,
    /// The opt-in, and who may say what.
    Conversations,
    /// Messages that go.
    Expiry,
    /// Notices of captures.
    Capture,
    /// The log of a group, its sending chains.
    Group,
    /// Archives.
    Archive,
    /// Proofs towards a relay.
    Relay,
    /// Whole conversations, and what a relay sees of them.
    Transcripts,
}

impl Level {
    /// All of them, in the order of the specification.
    pub const ALL: &'static [Self] = &[
        Self::Wire,
        Self::Session,
        Self::Content,
        Self::Conversations,
        Self::Expiry,
        Self::Capture,
        Self::Group,
        Self::Archive,
        Self::Relay,
        Self::Transcripts,
    ];

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Session => "session",
            Self::Content => "content",
            Self::Conversations => "conversations",
            Self::Expiry => "expiry",
            Self::Capture => "capture",
            Self::Group => "group",
            Self::Archive => "archive",
            Self::Relay => "relay",
            Self::Transcripts => "transcripts",
        }
    }

    /// The level of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.name() == name)
    }

    /// The levels that it rests on (CNF-1), but for those that these rest on.
    #[must_use]
    pub const fn rests_on(self) -> &'static [Self] {
        match self {
            Self::Wire => &[],
            Self::Session | Self::Relay => &[Self::Wire],
            Self::Content => &[Self::Session],
            Self::Conversations | Self::Expiry | Self::Capture | Self::Group | Self::Archive => {
                &[Self::Content]
            }
            Self::Transcripts => {
                &[Self::Conversations, Self::Expiry, Self::Capture, Self::Group, Self::Relay]
            }
        }
    }

    /// Itself, and all that it rests on.
    #[must_use]
    pub fn with_base(self) -> Vec<Self> {
        let base = self.rests_on().iter().flat_map(|level| level.with_base());
        std::iter::once(self).chain(base).collect()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A device of a person, private keys included.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// 32 bytes: the seed of the account key.
    pub account_private: String,
    /// 32 bytes: the seed of the device's signing key.
    pub signing_private: String,
    /// 32 bytes: the device's agreement key.
    pub agreement_private: String,
    /// The encoded certificate.
    pub certificate: String,
    /// What the device has left with the relay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prekeys: Vec<PrekeyPair>,
}

/// A prekey, private half included.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct PrekeyPair {
    /// `signed` or `one-time`.
    pub kind: String,
    /// Its id.
    pub id: u32,
    /// 32 bytes: the X25519 half.
    pub agreement_private: String,
    /// 64 bytes: the ML-KEM half.
    pub kem_seed: String,
    /// The encoded `Signed`, as the relay has it.
    pub signed: String,
}

/// One vector: a single step, or a script of several.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Names the failure, or what works; unique over all files.
    pub id: String,
    /// Why the outcome is what it is.
    pub comment: String,
    /// The requirements that the vector proves.
    pub reqs: Vec<String>,
    /// The attack that it repeats, by its number in the project's list of known attacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threat: Option<String>,
    /// Mistakes of an implementation that this vector is to uncover.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catches: Vec<String>,
    /// The operation of a single step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// What goes in.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub input: Option<Fields>,
    /// The randomness drawn, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tape: Vec<Drawn>,
    /// What comes out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<Fields>,
    /// The word of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject: Option<String>,
    /// The steps of a script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// One draw of randomness.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// What it is for, as the specification names it.
    pub draw: String,
    /// The bytes, in hex.
    pub bytes: String,
}

/// One step of a script.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name, by which later steps refer to what came out of it; unique in the script.
    pub step: String,
    /// The person whose device acts; a name of `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The session that is used, made or wiped; none of an operation without state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The operation.
    pub op: String,
    /// What goes in.
    #[serde(rename = "in")]
    pub input: Fields,
    /// The randomness drawn, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tape: Vec<Drawn>,
    /// What comes out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out: Option<Fields>,
    /// The word of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reject: Option<String>,
    /// The state digest of the session afterwards, or [`NO_SESSION`]; none of an operation without state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Vector {
    /// The steps; a single step is a script of one.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let Some(op) = self.op.clone() else { return self.steps.clone() };
        vec![Step {
            step: self.id.clone(),
            actor: None,
            session: None,
            op,
            input: self.input.clone().unwrap_or_default(),
            tape: self.tape.clone(),
            out: self.out.clone(),
            reject: self.reject.clone(),
            state: None,
        }]
    }

    /// Whether something is refused in it.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.reject.is_some() || self.steps.iter().any(|step| step.reject.is_some())
    }
}

impl File {
    /// The text of the file.
    ///
    /// # Errors
    /// [`serde_json::Error`] if a number is too great for a vector.
    pub fn print(&self) -> Result<String, serde_json::Error> {
        // Through text, so that the order of the fields is that of the types above.
        let value: Value = serde_json::from_str(&serde_json::to_string(self)?)?;
        Ok(value.print())
    }
}
