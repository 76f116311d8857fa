//! The arguments of what a person keeps for themselves: templates, lists, labels, what is to be sent later.

use super::handle;
use aside_identity::Handle;
use clap::{Subcommand, ValueEnum};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What a person keeps for themselves. Nobody else learns of it.
#[derive(Subcommand)]
pub(crate) enum Desk {
    /// Keep texts that you write again and again; to use one: aside send @bob --template NAME.
    #[command(subcommand, arg_required_else_help = true)]
    Template(Template),
    /// Keep lists of people to write to one by one. Nobody on a list sees it.
    #[command(subcommand, arg_required_else_help = true)]
    List(List),
    /// Write the same to everybody on a list, each in a message of their own.
    Broadcast {
        /// Which list.
        #[arg(long, value_name = "NAME")]
        list: String,
        /// Where: in threads, which the relay can read, or in accepted encrypted chats. Nothing goes elsewhere.
        #[arg(long = "in", value_name = "WHERE")]
        room: Room,
        /// The text.
        #[arg(allow_hyphen_values = true, required_unless_present = "template")]
        text: Option<String>,
        /// A template instead.
        #[arg(long, value_name = "NAME", conflicts_with = "text")]
        template: Option<String>,
    },
    /// Put labels on people, such as "complaint". They never learn of it.
    Label {
        /// Whom, for example @bob.
        #[arg(value_parser = handle, required_unless_present = "list")]
        who: Option<Handle>,
        /// The label.
        #[arg(requires = "who")]
        label: Option<String>,
        /// Take it off again; without a label, all of them.
        #[arg(long, requires = "who")]
        remove: bool,
        /// Show who has labels.
        #[arg(long, conflicts_with = "who")]
        list: bool,
    },
    /// Show what will be sent later, and what could not be sent when it was due.
    Scheduled {
        #[command(subcommand)]
        act: Option<Scheduled>,
    },
}

/// What to do with templates.
#[derive(Subcommand)]
pub(crate) enum Template {
    /// Keep a text under a name, instead of an older one.
    Add {
        /// Its name.
        name: String,
        /// The text; {handle} in it stands for the handle of whoever it is sent to.
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Show all templates.
    List,
    /// Throw a template away.
    Rm {
        /// Its name.
        name: String,
    },
}

/// What to do with lists.
#[derive(Subcommand)]
pub(crate) enum List {
    /// Make a list.
    Create {
        /// Its name.
        name: String,
        /// Whom to put on it, for example @alice @bob.
        #[arg(value_parser = handle)]
        who: Vec<Handle>,
    },
    /// Put people on a list.
    Add {
        /// Its name.
        name: String,
        /// Whom.
        #[arg(value_parser = handle, required = true)]
        who: Vec<Handle>,
    },
    /// Take people off a list.
    Remove {
        /// Its name.
        name: String,
        /// Whom.
        #[arg(value_parser = handle, required = true)]
        who: Vec<Handle>,
    },
    /// Show all lists and who is on them.
    Show,
    /// Throw a list away.
    Rm {
        /// Its name.
        name: String,
    },
}

/// What to do with what is to be sent later.
#[derive(Subcommand)]
pub(crate) enum Scheduled {
    /// Do not send it.
    Cancel {
        /// Its number, as `aside scheduled` shows it.
        number: u64,
    },
}

/// Where to say something to everybody on a list.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Room {
    /// In the plaintext threads.
    Threads,
    /// In the encrypted chats.
    Chats,
}

/// A time to come, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// Since 1970-01-01 UTC.
    At(u64),
    /// From now.
    In(u64),
}

impl When {
    pub(crate) const fn at(self, now: u64) -> u64 {
        match self {
            Self::At(at) => at,
            Self::In(wait) => now.saturating_add(wait),
        }
    }
}

pub(super) fn when(text: &str) -> Result<When, String> {
    let after = text.strip_prefix('+').map(|wait| {
        let (number, unit) = wait.split_at_checked(wait.len().saturating_sub(1))?;
        let seconds: u64 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(seconds)?.checked_mul(1000).map(When::In)
    });
    let parsed = after.unwrap_or_else(|| {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        at.unix_timestamp_nanos().checked_div(1_000_000)?.try_into().ok().map(When::At)
    });
    parsed.ok_or_else(|| {
        "a time is like 2026-12-24T18:00:00+01:00, or +90s, +30m, +2h or +7d from now".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_with_a_zone_or_a_while_from_now() {
        assert_eq!(when("+2h"), Ok(When::In(7_200_000)));
        assert_eq!(when("+90s"), Ok(When::In(90_000)));
        assert_eq!(when("1970-01-01T01:00:01+01:00"), Ok(When::At(1000)));
        assert_eq!(when("1970-01-01T00:00:01.5Z"), Ok(When::At(1500)));
        assert_eq!(When::In(5).at(10), 15);
        let wrong = ["+", "+2", "+h", "2h", "+-2h", "tomorrow", "2026-12-24", "2026-12-24T18:00:00", "+2é"];
        for wrong in wrong.into_iter().chain(["+99999999999999999999d", "1960-01-01T00:00:00Z"]) {
            assert!(when(wrong).is_err(), "{wrong}");
        }
    }
}
