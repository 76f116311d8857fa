//! What a relay of these tests holds: in a SQLite file.

use aside_relay::{Config, Entry, LedgerError, Logged};
use rusqlite::Connection;
use std::path::Path;

pub(crate) fn stored(folder: &Path) -> Result<Vec<Entry>, LedgerError> {
    aside_relay::stored(folder)
}

pub(crate) fn logged(folder: &Path) -> Result<Vec<Logged>, LedgerError> {
    aside_relay::logged(folder)
}

/// A relay as it comes stores there.
pub(crate) fn placed(config: Config) -> Config {
    config
}

/// What the program is told so that it stores there, too.
pub(crate) fn arguments(_folder: &Path) -> Vec<String> {
    Vec::new()
}

/// Says something to the database of the relay in a folder.
pub(crate) fn change(folder: &Path, statement: &str) {
    Connection::open(folder.join("relay.db")).unwrap().execute_batch(statement).unwrap();
}

/// The relay was off for so many milliseconds.
pub(crate) fn was_off(folder: &Path, milliseconds: u64) {
    change(folder, &format!("UPDATE run SET noted = noted - {milliseconds}"));
}

/// The store of a relay fails until this is dropped.
pub(crate) struct Away {
    _holding: Connection,
}

/// Lets it fail from now on.
pub(crate) fn away(folder: &Path) -> Away {
    let holding = Connection::open(folder.join("relay.db")).unwrap();
    holding.execute_batch("BEGIN IMMEDIATE").unwrap();
    Away { _holding: holding }
}
