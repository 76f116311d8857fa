//! What an operator does with the file as a whole: check, copy, shrink.

use super::{OpenError, open, row::uint};
use rusqlite::{Connection, OpenFlags};
use std::{path::Path, thread::sleep, time::Duration};

/// Pages given back in one step beside a running relay, so that nobody waits for long.
const STEP: &str = "PRAGMA incremental_vacuum(512)";
/// Between two such steps.
const PAUSE: Duration = Duration::from_millis(20);

/// Everything that is wrong with a database, beside a running relay or without one; nothing if it is well.
pub(crate) fn findings(path: &Path) -> Result<Vec<String>, OpenError> {
    let connection = open::reader(path)?;
    open::identify(&connection)?;
    let mut findings = texts(&connection, "PRAGMA integrity_check(20)")?;
    findings.retain(|finding| finding != "ok");
    let unowned = connection
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get::<_, i64>(0))?;
    if unowned > 0 {
        findings.push(format!("{unowned} rows belong to nothing"));
    }
    Ok(findings)
}

/// A quick look, as at each start.
pub(crate) fn quick(path: &Path) -> Result<(), OpenError> {
    let connection = open::reader(path)?;
    open::identify(&connection)?;
    open::check(&connection)
}

/// The schema of a database, and the newest that is known.
pub(crate) fn schemas(path: &Path) -> Result<(i64, i64), OpenError> {
    let connection = open::reader(path)?;
    open::identify(&connection)?;
    Ok((open::schema(&connection)?, open::newest_schema()))
}

/// What the clock said when a relay noted it last.
pub(crate) fn noted(path: &Path) -> Result<u64, OpenError> {
    let connection = open::reader(path)?;
    open::require_current(&connection)?;
    Ok(connection.query_row("SELECT noted FROM run", [], |row| uint(row, 0))?)
}

/// Copies a database as it is at one moment into an empty file, while it is written to.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), OpenError> {
    let connection = open::reader(from)?;
    open::identify(&connection)?;
    // The copy is another file.
    connection.pragma_update(None, "query_only", false)?;
    let to = to.to_str().ok_or_else(|| OpenError::Corrupt("the name of the copy is no text".into()))?;
    connection.execute("VACUUM INTO ?1", [to])?;
    Ok(())
}

/// Takes the log of a database that nobody else uses into its file, whatever its schema is; then there is no log.
pub(crate) fn fold(path: &Path) -> Result<(), OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    checkpoint(&connection)
}

/// Gives what is free back to the file system in small steps, beside a running relay.
pub(crate) fn give_back(path: &Path) -> Result<(), OpenError> {
    let connection = open::administrator(path)?;
    loop {
        let before = free(&connection)?;
        // Each step of the statement frees one page.
        let mut statement = connection.prepare(STEP)?;
        let mut pages = statement.query([])?;
        while pages.next()?.is_some() {}
        if before == 0 || free(&connection)? >= before {
            break;
        }
        sleep(PAUSE);
    }
    checkpoint(&connection)
}

/// Writes the whole file anew; for a database that nobody else uses.
pub(crate) fn rewrite(path: &Path) -> Result<(), OpenError> {
    let connection = open::administrator(path)?;
    connection.execute_batch("VACUUM")?;
    checkpoint(&connection)
}

fn free(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "freelist_count", |row| row.get(0))
}

fn checkpoint(connection: &Connection) -> Result<(), OpenError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>, rusqlite::Error> {
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}
