//! A store in one SQLite file.
//!
//! Several processes may use the same profile: a step takes the write lock before it reads, so that no two steps
//! see the same ratchet state.
//!
//! The page keys are the exception: they stand in a file of their own beside it, and the database says only where.

use super::{
    Row, Store, StoreError, Table, Transaction,
    key_file::{KeyFile, may_crash},
};
use aside_primitives::Secret;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

/// The format of the file, in `user_version`.
const FORMAT: u32 = 1;
/// What the name of the file with the page keys has after that of the database.
const KEYS: &str = "-keys";
/// How long a step waits for another process's step.
const BUSY: Duration = Duration::from_secs(10);

/// One file with all records of a profile, and one with its page keys.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    keys: KeyFile,
    /// The journal may hold records that were erased.
    stale_journal: bool,
}

/// What of erased records can still be found in the files of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Remains {
    /// Page keys that belong to no page.
    pub page_keys: usize,
    /// Pages that name a page key which is not there.
    pub locked_pages: usize,
    /// Length of the journal in bytes.
    pub journal_bytes: u64,
}

impl SqliteStore {
    /// Opens or creates the files, readable by their owner only.
    ///
    /// # Errors
    /// [`StoreError`] if the file is no profile, damaged, or of a later version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        // Erased records are overwritten, temporary results stay in memory, and an acknowledged step is on disk.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
                 PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;",
            )
            .map_err(failed)?;
        migrate(&mut connection)?;
        let keys = open_keys(&mut connection, path)?;
        let mut store = Self { connection, keys, stale_journal: true };
        store.finish_erasing(Sweep::Always)?;
        Ok(store)
    }

    /// What is left of erased records, once everything was done about them that can be done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remains(&mut self) -> Result<Remains, StoreError> {
        self.stale_journal = true;
        self.finish_erasing(Sweep::Always)?;
        let transaction = begin(&mut self.connection)?;
        let named = named(&transaction)?;
        let page_keys = self.keys.left_over(&named)?.len();
        let mut locked_pages = 0usize;
        for slot in &named {
            locked_pages = locked_pages.saturating_add(usize::from(self.keys.read(*slot)?.is_none()));
        }
        let journal = transaction.path().map(|path| PathBuf::from(format!("{path}-wal")));
        let length = journal.and_then(|journal| journal.metadata().ok()).map(|metadata| metadata.len());
        Ok(Remains { page_keys, locked_pages, journal_bytes: length.unwrap_or(0) })
    }

    /// Overwrites the page keys that belong to nobody any more (EXP-44), and empties the journal (EXP-46).
    fn finish_erasing(&mut self, sweep: Sweep) -> Result<(), StoreError> {
        let transaction = begin(&mut self.connection)?;
        sweep.run(&transaction, &self.keys)?;
        transaction.commit().map_err(failed)?;
        if self.stale_journal {
            // Another process that reads holds it up; then it is tried again after the next step.
            let busy: bool = self
                .connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
                .map_err(failed)?;
            self.stale_journal = busy;
        }
        Ok(())
    }
}

impl Store for SqliteStore {
    fn step<T, E: From<StoreError>>(
        &mut self,
        step: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = begin(&mut self.connection)?;
        Sweep::IfInUse.run(&transaction, &self.keys)?;
        let mut working = SqliteTransaction {
            transaction,
            keys: &self.keys,
            fresh: BTreeMap::new(),
            taken: None,
            retires: false,
            erases: false,
        };
        let result = step(&mut working)?;
        let erases = working.commit()?;
        self.stale_journal |= erases;
        if self.stale_journal {
            // The step is done whatever becomes of this; the next one begins with what is left.
            let _ = self.finish_erasing(Sweep::IfInUse);
        }
        Ok(result)
    }
}

/// When to overwrite what belongs to nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sweep {
    Always,
    /// If slots were changed: by a step that has retired one, has kept its last, or came to no end.
    IfInUse,
}

impl Sweep {
    fn run(self, transaction: &rusqlite::Transaction<'_>, keys: &KeyFile) -> Result<(), StoreError> {
        if self == Self::Always || keys.is_in_use()? {
            keys.sweep(&named(transaction)?)?;
        }
        Ok(())
    }
}

struct SqliteTransaction<'a> {
    transaction: rusqlite::Transaction<'a>,
    keys: &'a KeyFile,
    /// Page keys of this step by slot; they reach the file just before the step is committed.
    fresh: BTreeMap<u64, Secret<32>>,
    /// Slots that are not free, once that was looked up; those of retired keys stay taken for this step.
    taken: Option<BTreeSet<u64>>,
    /// A key in the file goes with this step.
    retires: bool,
    /// Something was deleted that must not live on in the journal.
    erases: bool,
}

impl SqliteTransaction<'_> {
    /// Returns whether something was erased.
    fn commit(self) -> Result<bool, StoreError> {
        if self.retires || !self.fresh.is_empty() {
            self.keys.begin()?;
        }
        if !self.fresh.is_empty() {
            self.keys.fill(&self.fresh)?;
        }
        may_crash()?;
        self.transaction.commit().map_err(failed)?;
        Ok(self.retires || self.erases)
    }

    fn get_page_key(&self, page: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(slot) = self.slot(page)? else {
            return Ok(None);
        };
        if let Some(key) = self.fresh.get(&slot) {
            return Ok(Some(key.expose().to_vec()));
        }
        Ok(self.keys.read(slot)?.map(|key| key.expose().to_vec()))
    }

    fn put_page_key(&mut self, page: &[u8], key: &[u8]) -> Result<(), StoreError> {
        let key = Secret::from_slice(key).ok_or(StoreError::Damaged("page key"))?;
        self.retire_page_key(page)?;
        let taken = match self.taken.take() {
            Some(taken) => taken,
            None => named(&self.transaction)?,
        };
        let slot = (0..).find(|slot| !taken.contains(slot)).unwrap_or(u64::MAX);
        self.taken.insert(taken).insert(slot);
        self.put_record(Table::PageKey, page, &slot.to_be_bytes())?;
        self.fresh.insert(slot, key);
        Ok(())
    }

    /// What is in the file stays there until the step is committed.
    fn retire_page_key(&mut self, page: &[u8]) -> Result<(), StoreError> {
        let Some(slot) = self.slot(page)? else {
            return Ok(());
        };
        if self.fresh.remove(&slot).is_none() {
            // Before the row goes, so that the slot is not handed out again in this step.
            if self.taken.is_none() {
                self.taken = Some(named(&self.transaction)?);
            }
            self.retires = true;
        }
        self.delete_record(Table::PageKey, page)
    }

    fn slot(&self, page: &[u8]) -> Result<Option<u64>, StoreError> {
        self.get_record(Table::PageKey, page)?.map(|record| as_slot(&record)).transpose()
    }

    fn get_record(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.transaction
            .prepare_cached("SELECT value FROM record WHERE family = ?1 AND key = ?2")
            .and_then(|mut statement| {
                statement.query_row(params![family(table), key], |row| row.get(0)).optional()
            })
            .map_err(failed)
    }

    fn put_record(&self, table: Table, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO record (family, key, value) VALUES (?1, ?2, ?3)
                 ON CONFLICT (family, key) DO UPDATE SET value = excluded.value",
            )
            .and_then(|mut statement| statement.execute(params![family(table), key, record]))
            .map(|_| ())
            .map_err(failed)
    }

    fn delete_record(&self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached("DELETE FROM record WHERE family = ?1 AND key = ?2")
            .and_then(|mut statement| statement.execute(params![family(table), key]))
            .map(|_| ())
            .map_err(failed)
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match table {
            Table::PageKey => self.get_page_key(key),
            _ => self.get_record(table, key),
        }
    }

    fn put(&mut self, table: Table, key: &[u8], record: &[u8]) -> Result<(), StoreError> {
        match table {
            Table::PageKey => self.put_page_key(key, record),
            _ => self.put_record(table, key, record),
        }
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.erases |= matches!(table, Table::Message | Table::Scheduled);
        match table {
            Table::PageKey => self.retire_page_key(key),
            _ => self.delete_record(table, key),
        }
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
        let mut statement = self.transaction.prepare_cached(sql).map_err(failed)?;
        let rows: Vec<Row> = statement
            .query_map(params![family(table), from, beyond, limit], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(failed)?;
        if table != Table::PageKey {
            return Ok(rows);
        }
        let mut keys = Vec::new();
        for (page, _) in rows {
            // A page whose key is not there is listed with nothing.
            let key = self.get_page_key(&page)?.unwrap_or_default();
            keys.push((page, key));
        }
        Ok(keys)
    }
}

fn begin(connection: &mut Connection) -> Result<rusqlite::Transaction<'_>, StoreError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = begin(connection)?;
    let format: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
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

/// Under the write lock, so that of several processes one makes the file.
fn open_keys(connection: &mut Connection, path: &Path) -> Result<KeyFile, StoreError> {
    let transaction = begin(connection)?;
    let mut name = path.as_os_str().to_owned();
    name.push(KEYS);
    let keys = KeyFile::open(Path::new(&name))?;
    transaction.commit().map_err(failed)?;
    Ok(keys)
}

/// The slots of the key file that the database names.
fn named(transaction: &rusqlite::Transaction<'_>) -> Result<BTreeSet<u64>, StoreError> {
    let mut statement =
        transaction.prepare_cached("SELECT value FROM record WHERE family = ?1").map_err(failed)?;
    let slots: Vec<Vec<u8>> = statement
        .query_map(params![family(Table::PageKey)], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(failed)?;
    slots.iter().map(|slot| as_slot(slot)).collect()
}

fn as_slot(record: &[u8]) -> Result<u64, StoreError> {
    record.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::Damaged("page key"))
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
pub(super) fn create_private(path: &Path) -> Result<(), StoreError> {
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
pub(super) fn create_private(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
