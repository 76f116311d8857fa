//! The arguments of what others learn of what you do here.

use super::{handle, number};
use aside_client::ReceiptLevel;
use aside_content::Presence;
use aside_identity::Handle;
use clap::{Subcommand, ValueEnum};

/// What others learn of what you do here.
#[derive(Subcommand)]
pub(crate) enum Telling {
    /// Decide whether somebody is told that their messages arrived and were read; you see as much of yours.
    Receipts {
        /// Whom, for example @bob; without it, everybody of whom nothing else is said.
        #[arg(value_parser = handle)]
        who: Option<Handle>,
        /// How much; without it, shows what holds now.
        #[arg(requires = "who")]
        level: Option<Level>,
        /// How much for everybody of whom nothing else is said.
        #[arg(long, value_name = "LEVEL", conflicts_with = "who")]
        all: Option<Level>,
    },
    /// Say that you have listened to a voice message, or watched a video or a picture.
    Viewed {
        /// Whose, for example @bob.
        #[arg(value_parser = handle)]
        from: Handle,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
    },
    /// Tell somebody that you are writing to them, for five seconds.
    Typing {
        /// Whom, for example @bob.
        #[arg(value_parser = handle, required_unless_present_any = ["hide", "show"])]
        to: Option<Handle>,
        /// Tell them that you have stopped.
        #[arg(long, conflicts_with_all = ["hide", "show"])]
        stop: bool,
        /// From now on tell nobody, and do not show who writes to you.
        #[arg(long, conflicts_with_all = ["to", "show"])]
        hide: bool,
        /// From now on tell people again.
        #[arg(long, conflicts_with = "to")]
        show: bool,
    },
    /// Let those you talk encrypted with know when you are there, and see when they are.
    Presence {
        /// Switches it on or off, or says one of the others now; without it, that you are there.
        #[arg(default_value = "available")]
        what: There,
    },
}

/// Up to what somebody is told.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Level {
    /// That messages arrived, were read, and were listened to or watched.
    On,
    /// That messages arrived.
    Delivered,
    /// Nothing.
    Off,
    /// As everybody else.
    Default,
}

impl Level {
    pub(crate) const fn decided(self) -> Option<ReceiptLevel> {
        match self {
            Self::On => Some(ReceiptLevel::Everything),
            Self::Delivered => Some(ReceiptLevel::Delivered),
            Self::Off => Some(ReceiptLevel::Nothing),
            Self::Default => None,
        }
    }
}

/// Whether you are there.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum There {
    /// From now on others are told.
    On,
    /// From now on nobody is told, and you see of nobody whether they are there.
    Off,
    /// You are there now.
    Available,
    /// You were there not long ago.
    Recently,
    /// You are not there.
    Away,
}

impl There {
    /// What is said; `None` if it is switched on or off.
    pub(crate) const fn state(self) -> Option<Presence> {
        match self {
            Self::On | Self::Off => None,
            Self::Available => Some(Presence::Available),
            Self::Recently => Some(Presence::Recently),
            Self::Away => Some(Presence::Away),
        }
    }
}
