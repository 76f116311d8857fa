//! A store in one SQLite file.
//!
//! Several processes may use the same profile: a step takes the write lock before it reads, so that no two steps
//! see the same ratchet state.

use super::{Row, Store, StoreError, Table, Transaction};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::{path::Path, time::Duration};

/// The format of the file, in `user_version`.
const FORMAT: u32 = 1;
/// How long a step waits for another process's step.
const BUSY: Duration = Duration::from_secs(10);

/// One file with all records of a profile.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
}

impl SqliteStore {
    /// Opens or creates the file, readable by its owner only.
    ///
    /// # Errors
    /// [`StoreError`] if the file is no profile, damaged, or of a later version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        // Erased records are overwritten, temporary results stay in memory, and an acknowledged step is on disk.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
                 PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;",
            )
            .map_err(failed)?;
        let mut store = Self { connection };
        store.migrate()?;
        Ok(store)
    }

    fn migrate(&mut self) -> Result<(), StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let format: u32 =
            transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        match format {
            0 => transaction
                .execute_batch(
                    "CREATE TABLE record (
                         family INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
                         PRIMARY KEY (family, key)
                     ) WITHOUT ROWID;
                     PRAGMA user_version = 1;",
                )
                .map_err(failed)?,
            FORMAT => {}
            newer => return Err(StoreError::Newer(newer)),
        }
        transaction.commit().map_err(failed)
    }
}

impl Store for SqliteStore {
    fn step<T, E: From<StoreError>>(
        &mut self,
        step: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let mut step_transaction = SqliteTransaction(transaction);
        let result = step(&mut step_transaction)?;
        step_transaction.0.commit().map_err(failed)?;
        Ok(result)
    }
}

struct SqliteTransaction<'a>(rusqlite::Transaction<'a>);

impl Transaction for SqliteTransaction<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0
            .prepare_cached("SELECT value FROM record WHERE family = ?1 AND key = ?2")
            .and_then(|mut statement| {
                statement.query_row(params![family(table), key], |row| row.get(0)).optional()
            })
            .map_err(failed)
    }

    fn put(&mut self, table: Table, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO record (family, key, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (family, key) DO UPDATE SET value = excluded.value",
            )
            .and_then(|mut statement| statement.execute(params![family(table), key, record]))
            .map(|_| ())
            .map_err(failed)
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.0
            .prepare_cached("DELETE FROM record WHERE family = ?1 AND key = ?2")
            .and_then(|mut statement| statement.execute(params![family(table), key]))
            .map(|_| ())
            .map_err(failed)
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        // Keys that start with the prefix are those up to the prefix followed by the greatest bytes.
        let beyond = [prefix, &[0xFF; 128]].concat();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // One lower bound: of two, SQLite begins at the first and reads everything up to the second, page after page.
        let (sql, from) = match after {
            Some(after) if after >= prefix => (
                "SELECT key, value FROM record
                  WHERE family = ?1 AND key > ?2 AND key <= ?3 ORDER BY key LIMIT ?4",
                after,
            ),
            _ => (
                "SELECT key, value FROM record
                  WHERE family = ?1 AND key >= ?2 AND key <= ?3 ORDER BY key LIMIT ?4",
                prefix,
            ),
        };
        let mut statement = self.0.prepare_cached(sql).map_err(failed)?;
        statement
            .query_map(params![family(table), from, beyond, limit], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(failed)
    }
}

#[expect(clippy::as_conversions, reason = "the discriminant of a fieldless enum")]
fn family(table: Table) -> u8 {
    table as u8
}

fn failed(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            StoreError::Damaged("database")
        }
        _ => StoreError::Failed(error.to_string()),
    }
}

#[cfg(unix)]
fn create_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map(|_| ())
        .map_err(|error| StoreError::Failed(format!("{}: {error}", path.display())))
}

#[cfg(not(unix))]
fn create_private(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
