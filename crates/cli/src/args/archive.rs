//! The arguments of what is done with what is kept here.

use super::handle;
use aside_identity::Handle;
use clap::Subcommand;
use std::path::PathBuf;

/// What to do with what is kept here. None of it needs the relay.
#[derive(Subcommand)]
pub(crate) enum Kept {
    /// List the threads, chats and groups, and how much is new in each.
    Threads,
    /// Write what is kept here into a file that this device signs. The file is not encrypted.
    Export {
        /// The file; it must not be there yet.
        file: PathBuf,
        /// Only the thread and the chats with somebody, for example @bob.
        #[arg(value_parser = handle, conflicts_with = "group")]
        with: Option<Handle>,
        /// Only a group.
        #[arg(long)]
        group: Option<String>,
    },
    /// Take in what an archive of your own has and this device has not.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Destroy what is due. Every command does that before it shows anything.
    Gc {
        /// Count what is left: of what is gone, nothing may be.
        #[arg(long)]
        verify: bool,
    },
    /// Look at archives, whoever has made them.
    #[command(subcommand, arg_required_else_help = true)]
    Archive(Archive),
    /// Find messages by their words; the last word may be the beginning of one.
    Search {
        /// What to look for; a message has to have all words.
        #[arg(required = true, value_name = "WORD")]
        words: Vec<String>,
        /// Only in the thread and the chats with somebody, for example @bob.
        #[arg(long, value_name = "WHO", value_parser = handle, conflicts_with = "group")]
        with: Option<Handle>,
        /// Only in a group.
        #[arg(long)]
        group: Option<String>,
        /// At most so many, the newest.
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: usize,
    },
}

/// What to do with an archive.
#[derive(Subcommand)]
pub(crate) enum Archive {
    /// Check an archive, and show what is in it. Nothing of it is kept.
    Show {
        /// The file.
        file: PathBuf,
    },
}
