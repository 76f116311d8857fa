//! The arguments of `aside group`.

use super::{Business, How, Life, Of, Said, What, handle};
use aside_identity::Handle;
use clap::{Subcommand, ValueEnum};

/// What to do with a group. GROUP is its name, or the beginning of its id as `aside group list` shows it.
#[derive(Subcommand)]
pub(crate) enum Group {
    /// Make a group, of which you are the owner.
    Create {
        /// Its name.
        name: String,
        /// Whom to take in, for example @bob @carol.
        #[arg(value_parser = handle)]
        members: Vec<Handle>,
        /// Only the owner and admins write.
        #[arg(long)]
        announce: bool,
    },
    /// Take people in.
    Add {
        /// Into which group.
        group: String,
        /// Whom, for example @bob @carol.
        #[arg(value_parser = handle, required = true)]
        who: Vec<Handle>,
    },
    /// Put people out. They can read nothing that is sent afterwards.
    Remove {
        /// Of which group.
        group: String,
        /// Whom, as `aside group info` shows them.
        #[arg(required = true)]
        who: Vec<String>,
    },
    /// Leave a group, or decline the invitation to it.
    Leave {
        /// Which one.
        group: String,
    },
    /// Accept the invitation to a group.
    Accept {
        /// Which one.
        group: String,
    },
    /// Make somebody an admin, or hand the group over.
    Promote {
        /// In which group.
        group: String,
        /// Whom, as `aside group info` shows them.
        who: String,
        /// Make them the owner; you are an admin afterwards.
        #[arg(long)]
        owner: bool,
    },
    /// Make an admin a member like the others.
    Demote {
        /// In which group.
        group: String,
        /// Whom, as `aside group info` shows them.
        who: String,
    },
    /// Give a group another name.
    Rename {
        /// Which one.
        group: String,
        /// The new name.
        name: String,
    },
    /// Decide whether only the owner and admins write.
    Announce {
        /// In which group.
        group: String,
        /// They alone, or everybody.
        only: Switch,
    },
    /// Decide whether members tell of captures of what is written there. It is a courtesy; nothing prevents captures.
    Capture {
        /// In which group.
        group: String,
        /// They do, or not.
        notices: Switch,
    },
    /// Do not tell of a group's messages in `aside listen`. Nobody else learns it.
    Mute {
        /// Which one.
        group: String,
        /// Tell of those that mention you.
        #[arg(long)]
        but_mentions: bool,
    },
    /// Tell of a group's messages again.
    Unmute {
        /// Which one.
        group: String,
    },
    /// Show who is in a group, and a code by which members see whether they have the same group.
    Info {
        /// Which one.
        group: String,
        /// Show its changes too.
        #[arg(long)]
        history: bool,
    },
    /// Show all groups.
    List,
    /// Write in a group. A member named in the text, like @bob, is mentioned.
    Send {
        /// In which one.
        group: String,
        #[command(flatten)]
        what: Box<What>,
        #[command(flatten)]
        how: How,
    },
    #[command(flatten)]
    Said(Said<Of>),
    #[command(flatten)]
    Life(Life<Of>),
    #[command(flatten)]
    Business(Business<Of>),
}

/// On or off.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}
