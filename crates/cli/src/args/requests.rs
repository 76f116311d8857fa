//! The arguments of what is done about people who ask.

use super::handle;
use aside_identity::Handle;
use clap::Subcommand;

/// What to answer to somebody who asks.
#[derive(Subcommand)]
pub(crate) enum Answer {
    /// Accept everything somebody has asked for.
    Accept {
        /// Whose request, for example @alice.
        #[arg(value_parser = handle)]
        from: Handle,
    },
    /// Delete what somebody has asked for and written. They can ask again.
    Decline {
        /// Whose request, for example @alice.
        #[arg(value_parser = handle)]
        from: Handle,
        /// Tell them, if they asked to talk encrypted. Otherwise they learn nothing.
        #[arg(long)]
        tell: bool,
    },
    /// Delete what somebody has asked for and written, and hear nothing more of them.
    Block {
        /// Whom, for example @mallory.
        #[arg(value_parser = handle)]
        from: Handle,
    },
}
