//! What came of a vector.

use crate::vector::Level;
use serde::Serialize;
use std::fmt;

/// What came of a vector.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As the vector says.
    Pass,
    /// Refused, with another word.
    Weak,
    /// Not as the vector says.
    Fail,
    /// Not implemented, though the level is claimed.
    Skip,
    /// Something went wrong in the shim.
    Fault,
    /// No reply in time.
    Hang,
    /// The shim ended, or closed its input or output.
    Crash,
    /// What came is no reply to this request.
    Garbage,
    /// The run was given up before.
    NotRun,
    /// Did not pass, and need not.
    Exempt,
    /// The level is not claimed.
    NotClaimed,
}

impl Verdict {
    /// All of them, in the order of a score card.
    pub const ALL: &'static [Self] = &[
        Self::Pass,
        Self::Weak,
        Self::Fail,
        Self::Skip,
        Self::Fault,
        Self::Hang,
        Self::Crash,
        Self::Garbage,
        Self::NotRun,
        Self::Exempt,
        Self::NotClaimed,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Weak => "weak",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Fault => "fault",
            Self::Hang => "hang",
            Self::Crash => "crash",
            Self::Garbage => "garbage",
            Self::NotRun => "not run",
            Self::Exempt => "exempt",
            Self::NotClaimed => "not claimed",
        }
    }

    /// Whether the run fails with it.
    #[must_use]
    pub const fn is_failure(self, strict: bool) -> bool {
        match self {
            Self::Pass | Self::Exempt | Self::NotClaimed => false,
            Self::Weak => strict,
            Self::Fail
            | Self::Skip
            | Self::Fault
            | Self::Hang
            | Self::Crash
            | Self::Garbage
            | Self::NotRun => true,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What came of one vector, and what an implementer needs to know to mend it.
#[derive(Serialize, Clone, Debug)]
pub struct Finding {
    /// The vector.
    pub id: String,
    /// Its file in `test-vectors/`.
    pub file: &'static str,
    /// Its level.
    pub level: Level,
    /// What came of it.
    pub verdict: Verdict,
    /// The step of a script at which it ended, or was refused with another word first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The operation of this step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// What was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What came, or why nothing came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// Why the outcome is what it is.
    pub comment: String,
    /// The requirements that it proves.
    pub reqs: Vec<String>,
    /// The reason of an exemption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt: Option<String>,
    /// The last lines that the shim wrote to its standard error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stderr: Vec<String>,
}
