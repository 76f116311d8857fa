//! The arguments of what somebody decides about others: who may write, who is heard, who is told of.

use super::handle;
use aside_identity::Handle;
use clap::{Args, Subcommand, ValueEnum};

/// What to decide about others.
#[derive(Subcommand)]
pub(crate) enum Decision {
    /// Keep nothing more of what somebody writes, and write nothing to them. They are not told.
    Block(WhoOrList),
    /// Hear somebody again. What they wrote while they were blocked is lost.
    Unblock {
        /// Whom, for example @bob.
        #[arg(value_parser = handle)]
        who: Handle,
    },
    /// Do not tell of what somebody writes in `aside listen`. They are not told.
    Mute(WhoOrList),
    /// Tell of what somebody writes again.
    Unmute {
        /// Whom, for example @bob.
        #[arg(value_parser = handle)]
        who: Handle,
    },
    /// Say who your contacts are. Nobody is told but the relay, and that only if you hear from contacts alone.
    #[command(subcommand, arg_required_else_help = true)]
    Contacts(Contacts),
    /// Show or decide who may write to you.
    Privacy {
        #[command(subcommand)]
        decide: Option<Privacy>,
    },
}

/// Somebody, or all of them.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct WhoOrList {
    /// Whom, for example @bob.
    #[arg(value_parser = handle)]
    pub(crate) who: Option<Handle>,
    /// Show them all.
    #[arg(long)]
    pub(crate) list: bool,
}

/// What to do with contacts.
#[derive(Subcommand)]
pub(crate) enum Contacts {
    /// Call somebody a contact.
    Add {
        /// Whom, for example @bob.
        #[arg(value_parser = handle)]
        who: Handle,
    },
    /// Call somebody a contact no longer.
    Remove {
        /// Whom, for example @bob.
        #[arg(value_parser = handle)]
        who: Handle,
    },
    /// Show them all.
    List,
}

/// Who may write to you.
#[derive(Subcommand)]
pub(crate) enum Privacy {
    /// Decide from whom you want to hear.
    Set {
        /// Where.
        matter: Matter,
        /// From whom.
        reach: Reach,
    },
}

/// Where somebody may write.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Matter {
    /// In the plaintext thread.
    Threads,
    /// In encrypted chats.
    Chats,
    /// By taking you into a group.
    Groups,
}

/// Who may.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Reach {
    /// Everyone who is not blocked.
    Everyone,
    /// Your contacts.
    Contacts,
    /// Nobody.
    Nobody,
}
