//! The arguments of `aside capture`, and what a device can notice.

use super::{
    desk::{When, when},
    handle, number,
};
use aside_content::CaptureKind;
use aside_identity::Handle;
use clap::{Args, ValueEnum};

/// What surrounds a device can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Ability {
    /// Tell it of screenshots.
    Screenshot,
    /// Tell it of screenshots and recordings.
    Recording,
    /// Keep what is seen once from being captured.
    ViewOnce,
}

/// A capture, as the system tells an app of it.
#[derive(Args)]
pub(crate) struct Captured {
    /// What was on the screen: the encrypted chat with whom, for example @bob.
    #[arg(value_parser = handle, required_unless_present = "group")]
    pub(crate) with: Option<Handle>,
    /// Or which group.
    #[arg(long, conflicts_with = "with")]
    pub(crate) group: Option<String>,
    /// How.
    #[arg(long, default_value = "screenshot")]
    pub(crate) kind: Way,
    /// Which messages, by their numbers in the inbox; without it, the last eight that were shown.
    #[arg(long, value_name = "N", value_parser = number, num_args = 1..)]
    pub(crate) messages: Vec<u64>,
    /// When, if it was not now: at a time like 2026-12-24T18:00:00+01:00.
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(crate) at: Option<When>,
    /// The number under which the system knows it, of 32 hexadecimal digits: told again, it counts once.
    #[arg(long, value_name = "ID", value_parser = detection)]
    pub(crate) id: Option<[u8; 16]>,
}

/// How messages are captured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Way {
    /// A picture of the screen.
    Screenshot,
    /// A recording has begun, or they have come into one.
    Recording,
    /// It has ended.
    RecordingStop,
    /// They were saved.
    Saved,
}

impl Way {
    pub(crate) const fn kind(self) -> CaptureKind {
        match self {
            Self::Screenshot => CaptureKind::Screenshot,
            Self::Recording => CaptureKind::RecordingStart,
            Self::RecordingStop => CaptureKind::RecordingStop,
            Self::Saved => CaptureKind::Saved,
        }
    }
}

fn detection(digits: &str) -> Result<[u8; 16], &'static str> {
    super::content::id(digits).ok_or("an id has 32 hexadecimal digits")
}
