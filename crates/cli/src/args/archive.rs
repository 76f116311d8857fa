//! The arguments of what is done with what is kept here.

use clap::Subcommand;

/// What to do with what is kept here. None of it needs the relay.
#[derive(Subcommand)]
pub(crate) enum Kept {
    /// List the threads, chats and groups, and how much is new in each.
    Threads,
}
