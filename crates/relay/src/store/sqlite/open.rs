//! Opening the database: pragmas, checks, migrations.

use super::{OpenError, row::uint};
use crate::{
    limits::{CHECKED_BYTES, LOG_PAGES},
    store::Passed,
};
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use std::{fs, path::Path, time::Duration};

/// Marks the file as a relay's database: "AsdR".
const APPLICATION_ID: i64 = 0x4173_6452;

/// What begins every database.
const HEADER_BYTES: u64 = 100;

/// For another process to finish a transaction.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// The steps from an empty database to the current schema; step n leads to schema n.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
];

/// Opens the one connection that writes: checks the file, brings the schema up to date.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    // SQLite takes the rest of a file that was cut off for an empty one.
    if fs::metadata(path).is_ok_and(|file| (1..HEADER_BYTES).contains(&file.len())) {
        return Err(OpenError::Corrupt("it was cut off".into()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_CREATE)?;
    configure(&connection)?;
    // Nothing is written before these two: a file that is refused is left as it was.
    identify(&connection)?;
    let is_current = schema(&connection)? == newest_schema();
    // What changes all of it is preceded by a look at all of it.
    if !is_current || !is_large(path) {
        check(&connection)?;
    }
    if is_empty(&connection)? {
        // Only possible before the first table.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Durable before it is acknowledged, no matter what the default is (RLY-8).
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What a savepoint would restore stays in memory; one job changes a few thousand pages at most.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // The pages that many mailboxes keep busy, in KiB.
    connection.pragma_update(None, "cache_size", -16_384)?;
    // What is changed over and over, like the ends of busy mailboxes, is copied back the less often.
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    // What was deleted is overwritten, not only unlinked (RLY-13).
    connection.pragma_update(None, "secure_delete", true)?;
    migrate(&mut connection)?;
    // While nobody counted, time went by as the clock says, but never backwards (RLY-43).
    connection.execute(
        "UPDATE run SET opened = max(opened + 1, now), passed = passed + max(0, now - noted), noted = now \
         FROM (SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now)",
        [],
    )?;
    Ok(connection)
}

/// How far the count of time has come.
pub(super) fn passed(connection: &Connection) -> Result<Passed, rusqlite::Error> {
    connection.query_row("SELECT passed FROM run", [], |row| uint(row, 0)).map(Passed)
}

/// Opens a connection that reads, beside the one that writes.
pub(super) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a connection that writes a little, beside a relay that runs or without one. What only one may do (count the time,
/// move the schema on, number mail) it leaves alone.
pub(super) fn administrator(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    require_current(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    // Emptying the log is the relay's, which knows when it is quiet.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

/// The schema this relay writes.
pub(super) fn newest_schema() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema of a database.
pub(super) fn schema(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn configure(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    // Otherwise a partial index makes SQLite plan a statement anew for each value it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Whether it takes too long to look through before it serves; [`super::inspection`] does it then.
pub(super) fn is_large(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() > CHECKED_BYTES)
}

/// Refuses a damaged database before anything is built on it.
pub(super) fn check(connection: &Connection) -> Result<(), OpenError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    match verdict.lines().last() {
        Some("ok") => Ok(()),
        finding => Err(OpenError::Corrupt(finding.unwrap_or("the check says nothing").into())),
    }
}

/// Refuses what this relay must not touch, before anything is changed.
pub(super) fn identify(connection: &Connection) -> Result<(), OpenError> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID && !is_empty(connection)? {
        return Err(OpenError::Foreign);
    }
    let (found, known) = (schema(connection)?, newest_schema());
    if found > known { Err(OpenError::Newer { found, known }) } else { Ok(()) }
}

/// Moves the schema forward, never back.
fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let done = usize::try_from(schema(connection)?).map_err(|_| OpenError::Foreign)?;
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(
            None,
            "user_version",
            i64::try_from(step).unwrap_or(0).saturating_add(1),
        )?;
        transaction.commit()?;
    }
    Ok(())
}

fn is_empty(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt(error.to_string()),
            Some(ErrorCode::NotADatabase) => Self::Corrupt("it is not a database file".into()),
            _ => Self::Database(error),
        }
    }
}

/// Refuses a schema that this relay does not read.
pub(super) fn require_current(connection: &Connection) -> Result<(), OpenError> {
    identify(connection)?;
    if schema(connection)? == newest_schema() { Ok(()) } else { Err(OpenError::Foreign) }
}
