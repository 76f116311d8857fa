//! What a relay can see of the messages and logs it holds: everything in their rows, listed.

use crate::{
    data_dir::database,
    store::{Log, Mailbox, OpenError, Stored, read_all, read_logs},
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

/// One entry of a log, exactly as the relay has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Which log.
    pub log: Log,
    /// Where in it.
    pub position: u64,
    /// As it was appended.
    pub entry: Vec<u8>,
}

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

/// Lists all entries of all logs in a data directory, like [`stored`].
///
/// # Errors
/// [`LedgerError`] if the database cannot be read.
pub fn logged(data_dir: &Path) -> Result<Vec<Logged>, LedgerError> {
    let entries = read_logs(&database(data_dir))?;
    Ok(entries.into_iter().map(|(log, position, entry)| Logged { log, position, entry }).collect())
}
