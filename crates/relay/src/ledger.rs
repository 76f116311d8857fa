//! What a relay can see of the messages it holds: everything in their rows, listed.

use crate::{
    data_dir::database,
    store::{Mailbox, OpenError, Stored, read_all},
};
use std::path::Path;

/// One stored message, exactly as the relay has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose mailbox it is in.
    pub mailbox: Mailbox,
    /// The rest of the row.
    pub message: Stored,
}

/// The ledger cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LedgerError(#[from] OpenError);

/// Lists all messages in a data directory, in order of acceptance, beside a running relay or without one. It only
/// reads, and blocks while it does; it is for demonstrations and tests, which show or prove with it what the relay
/// can read and what not.
///
/// # Errors
/// [`LedgerError`] if the database cannot be read.
pub fn stored(data_dir: &Path) -> Result<Vec<Entry>, LedgerError> {
    let messages = read_all(&database(data_dir))?;
    Ok(messages.into_iter().map(|(mailbox, message)| Entry { mailbox, message }).collect())
}
