//! The arguments of what is said about messages: the same in threads, chats and groups.

use super::{How, What, handle};
use aside_identity::Handle;
use clap::{Args, Subcommand};

/// What to say about a message. N is its number, as `aside inbox` shows it.
#[derive(Subcommand)]
pub(crate) enum Said<P: Args> {
    /// Answer a message.
    Reply {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
        #[command(flatten)]
        what: Box<What>,
        #[command(flatten)]
        how: How,
    },
    /// React to a message.
    React {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
        /// How: an emoji; an empty one takes the reaction back.
        #[arg(required_unless_present = "remove")]
        emoji: Option<String>,
        /// Take the reaction back.
        #[arg(long, conflicts_with = "emoji")]
        remove: bool,
    },
    /// Word a text of your own anew.
    Edit {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
        /// The new wording.
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Take a message of your own back. Whoever has read it has read it.
    Unsend {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
    },
    /// Delete a message here, whoever wrote it. Nobody is told, and nobody else's copy goes.
    Rm {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
    },
    /// Pass a message on, without who wrote it. Nothing that was said encrypted goes into a thread.
    Forward {
        #[command(flatten)]
        place: P,
        /// Its number, as the inbox shows it: 12 or #12.
        #[arg(value_name = "N", value_parser = number)]
        number: u64,
        #[command(flatten)]
        to: Destination,
        #[command(flatten)]
        how: How,
    },
}

impl<P: Args> Said<P> {
    pub(crate) const fn place(&self) -> &P {
        match self {
            Self::Reply { place, .. }
            | Self::React { place, .. }
            | Self::Edit { place, .. }
            | Self::Unsend { place, .. }
            | Self::Rm { place, .. }
            | Self::Forward { place, .. } => place,
        }
    }

    pub(crate) const fn number(&self) -> u64 {
        match self {
            Self::Reply { number, .. }
            | Self::React { number, .. }
            | Self::Edit { number, .. }
            | Self::Unsend { number, .. }
            | Self::Rm { number, .. }
            | Self::Forward { number, .. } => *number,
        }
    }

    /// The new wording of a text.
    pub(crate) fn wording(&self) -> Option<&str> {
        match self {
            Self::Edit { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Nothing of it leaves this device.
    pub(crate) const fn stays_here(&self) -> bool {
        matches!(self, Self::Rm { .. })
    }

    /// What a message is answered with.
    pub(crate) const fn answer(&self) -> Option<&What> {
        match self {
            Self::Reply { what, .. } => Some(what),
            _ => None,
        }
    }

    pub(crate) const fn how(&self) -> How {
        match self {
            Self::Reply { how, .. } | Self::Forward { how, .. } => *how,
            _ => How::PLAINLY,
        }
    }

    pub(crate) const fn destination(&self) -> Option<&Destination> {
        match self {
            Self::Forward { to, .. } => Some(to),
            _ => None,
        }
    }
}

/// A thread or a chat.
#[derive(Args)]
pub(crate) struct With {
    /// With whom, for example @bob.
    #[arg(value_parser = handle)]
    pub(crate) with: Handle,
}

/// A group.
#[derive(Args)]
pub(crate) struct Of {
    /// In which group.
    pub(crate) group: String,
}

/// Where to; it has to be said, so that nothing goes by default where the relay can read it.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Destination {
    /// Into the plaintext thread with somebody. The relay can read it.
    #[arg(long, value_name = "WHO", value_parser = handle)]
    pub(crate) to_thread: Option<Handle>,
    /// Into the encrypted chat with somebody.
    #[arg(long, value_name = "WHO", value_parser = handle)]
    pub(crate) to_chat: Option<Handle>,
    /// Into a group.
    #[arg(long, value_name = "GROUP")]
    pub(crate) to_group: Option<String>,
}

pub(crate) fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits
        .parse()
        .map_err(|_| "the number of a message is what the inbox shows before it, like #12".to_owned())
}
