//! The store in one SQLite file: write-ahead log, synchronous commits, one thread that writes.

mod accounts;
mod administration;
mod declarations;
mod fan_out;
mod generations;
mod inspection;
mod logs;
mod messages;
mod open;
mod prekeys;
mod readers;
mod row;
mod settings;
mod sweep;
pub(crate) mod upkeep;
mod writer;

use super::{
    Account, AccountSummary, Answer, Append, Bundle, Capacity, Commits, Declaration, Directory, Enqueue,
    Entries, FanOut, FannedOut, Log, LoggedIn, Mailbox, Page, Passed, PrekeyStatus, PublishedSettings,
    Reached, Registration, Statistics, Store, StoreFailed, Stored, Upload, Watch,
};
use crate::{hub::Hub, limits};
use aside_identity::{Generation, Handle};
use futures_util::{FutureExt, future::BoxFuture};
use inspection::Inspection;
use readers::Readers;
use rusqlite::Connection;
use std::{io, path::Path, sync::Arc};
use tokio::sync::oneshot;
use writer::{Clearing, Writer};

/// Why a database does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is damaged.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// A newer relay wrote it.
    #[error("the database has schema {found}, known are schemas up to {known}")]
    Newer {
        /// Its schema.
        found: i64,
        /// The newest schema known.
        known: i64,
    },
    /// Another program wrote it.
    #[error("the file is another program's database")]
    Foreign,
    /// SQLite cannot open it.
    #[error("the database cannot be opened: {0}")]
    Database(rusqlite::Error),
    /// No thread can be started for it.
    #[error("no thread can be started: {0}")]
    Thread(io::Error),
}

/// A store in one SQLite file. Dropping it lets what is queued finish in the background; [`Closed`] waits for that.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    hub: Arc<Hub>,
    capacity: Capacity,
    opened: Passed,
    inspection: Option<Inspection>,
}

/// Tells when a store that was dropped has finished its work and closed its file.
#[derive(Debug)]
pub struct Closed(oneshot::Receiver<()>);

impl Closed {
    /// When the sender says so.
    #[cfg(feature = "postgres")]
    pub(super) const fn when(ended: oneshot::Receiver<()>) -> Self {
        Self(ended)
    }

    /// Returns when the file is closed.
    pub async fn wait(self) {
        // An error means that the thread has ended too.
        let _ = self.0.await;
    }
}

impl SqliteStore {
    /// Opens or creates a database; blocks for as long as the check of a small one takes. A large one is looked through
    /// while it serves ([`Store::damage`]).
    ///
    /// # Errors
    /// [`OpenError`], with the reason.
    pub fn open(path: &Path, capacity: Capacity) -> Result<(Self, Closed), OpenError> {
        Self::over(open::writer(path)?, path, capacity)
    }

    /// With the connection that writes.
    fn over(connection: Connection, path: &Path, capacity: Capacity) -> Result<(Self, Closed), OpenError> {
        let opened = open::passed(&connection)?;
        let readers = (0..limits::READERS).map(|_| open::reader(path)).collect::<Result<Vec<_>, _>>()?;
        let hub = Arc::new(Hub::default());
        let (writer, ended) =
            Writer::start(connection, Arc::clone(&hub), Clearing::default()).map_err(OpenError::Thread)?;
        let readers = Readers::start(readers).map_err(OpenError::Thread)?;
        let inspection = match open::is_large(path) {
            true => Some(Inspection::start(open::reader(path)?).map_err(OpenError::Thread)?),
            false => None,
        };
        Ok((Self { writer, readers, hub, capacity, opened, inspection }, Closed(ended)))
    }

    /// Opens a database for its operator, whether a relay is using it or not. It must be of the current schema.
    ///
    /// # Errors
    /// [`OpenError`], with the reason.
    pub fn open_beside(path: &Path) -> Result<(Self, Closed), OpenError> {
        Self::over(open::administrator(path)?, path, Capacity::default())
    }

    /// How far the count of time had come when it was opened (RLY-43).
    #[must_use]
    pub const fn opened(&self) -> Passed {
        self.opened
    }
}

/// All messages of a database that may be in use, for [`crate::stored`].
pub(crate) fn read_all(path: &Path) -> Result<Vec<(Mailbox, Stored)>, OpenError> {
    let connection = open::reader(path)?;
    open::require_current(&connection)?;
    Ok(messages::all(&connection)?)
}

/// All entries of all logs of such a database.
pub(crate) fn read_logs(path: &Path) -> Result<Vec<(Log, u64, Vec<u8>)>, OpenError> {
    let connection = open::reader(path)?;
    open::require_current(&connection)?;
    Ok(logs::all(&connection)?)
}

impl From<rusqlite::Error> for super::StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(StoreFailed::Database(error.to_string()))
    }
}

impl Store for SqliteStore {
    fn register(&self, registration: Registration) -> Answer<()> {
        self.writer.submit(move |db, _| accounts::register(db, &registration))
    }

    fn resolve(&self, handle: Handle) -> Answer<Directory> {
        self.readers.submit(move |db| accounts::resolve(db, &handle))
    }

    fn lists_after(&self, account: Account, version: u64) -> Answer<Directory> {
        self.readers.submit(move |db| accounts::lists_after(db, account, version))
    }

    fn current_list(&self, account: Account) -> Answer<Vec<u8>> {
        self.readers.submit(move |db| accounts::current_list(db, account))
    }

    fn log_in(&self, device: Mailbox, store: Generation) -> Answer<LoggedIn> {
        self.writer.submit(move |db, _| generations::log_in(db, &device, &store))
    }

    fn publish_prekeys(&self, upload: Upload) -> Answer<u32> {
        self.writer.submit(move |db, _| prekeys::publish(db, &upload))
    }

    fn take_prekeys(&self, owner: Mailbox, now: u64) -> Answer<Bundle> {
        self.writer.submit(move |db, _| prekeys::take(db, &owner, now))
    }

    fn signed_prekey(&self, owner: Mailbox, now: u64) -> Answer<Bundle> {
        self.readers.submit(move |db| prekeys::signed_alone(db, &owner, now))
    }

    fn prekey_status(&self, owner: Mailbox, now: u64) -> Answer<PrekeyStatus> {
        self.readers.submit(move |db| prekeys::status(db, &owner, now))
    }

    fn publish_settings(&self, settings: PublishedSettings) -> Answer<()> {
        self.writer.submit(move |db, _| settings::publish(db, &settings))
    }

    fn settings(&self, account: Account) -> Answer<Vec<u8>> {
        self.readers.submit(move |db| settings::settings(db, &account))
    }

    fn session_reach(&self, sender: Account, recipient: Account) -> Answer<Reached> {
        self.readers.submit(move |db| settings::session_reach(db, &sender, &recipient))
    }

    fn declare(&self, declaration: Declaration) -> Answer<()> {
        self.writer.submit(move |db, _| declarations::declare(db, &declaration))
    }

    fn declarations_between(&self, one: Account, other: Account) -> Answer<Vec<Vec<u8>>> {
        self.readers.submit(move |db| declarations::between(db, &one, &other))
    }

    fn enqueue(&self, send: Enqueue) -> Answer<u64> {
        let capacity = self.capacity;
        self.writer.submit(move |db, effects| messages::enqueue(db, &send, capacity, effects))
    }

    fn fan_out(&self, message: FanOut) -> Answer<FannedOut> {
        let capacity = self.capacity;
        self.writer.submit(move |db, effects| fan_out::fan_out(db, &message, capacity, effects))
    }

    fn append_entry(&self, append: Append) -> Answer<FannedOut> {
        let capacity = self.capacity;
        self.writer.submit(move |db, effects| logs::append(db, &append, capacity, effects))
    }

    fn entries_from(&self, log: Log, position: u64, page: Page) -> Answer<Entries> {
        self.readers.submit(move |db| logs::entries_from(db, &log, position, page))
    }

    fn fetch_after(&self, mailbox: Mailbox, after: u64, page: Page, passed: Passed) -> Answer<Vec<Stored>> {
        self.readers.submit(move |db| messages::fetch_after(db, &mailbox, after, page, passed))
    }

    fn newest(&self, mailbox: Mailbox) -> Answer<u64> {
        self.readers.submit(move |db| messages::newest(db, &mailbox))
    }

    fn waiting(&self, mailbox: Mailbox, passed: Passed) -> Answer<u64> {
        self.readers.submit(move |db| messages::waiting(db, &mailbox, passed))
    }

    fn acknowledge_up_to(&self, mailbox: Mailbox, up_to: u64) -> Answer<()> {
        self.writer.submit(move |db, _| messages::acknowledge_up_to(db, &mailbox, up_to))
    }

    fn sweep(&self, now: u64, passed: Passed) -> Answer<bool> {
        self.writer.submit(move |db, effects| sweep::sweep(db, now, passed, effects))
    }

    fn standing(&self, account: Account) -> Answer<()> {
        self.readers.submit(move |db| administration::standing(db, &account))
    }

    fn suspend(&self, handle: Handle, at: Option<u64>) -> Answer<()> {
        self.writer.submit(move |db, effects| administration::suspend(db, &handle, at, effects))
    }

    fn release(&self, handle: Handle, now: u64, quarantine: u64) -> Answer<Passed> {
        self.writer.submit(move |db, effects| administration::release(db, &handle, now, quarantine, effects))
    }

    fn reinstate(&self, handle: Handle) -> Answer<()> {
        self.writer.submit(move |db, _| administration::reinstate(db, &handle))
    }

    fn set_capacity(&self, handle: Handle, capacity: Option<Capacity>) -> Answer<()> {
        self.writer.submit(move |db, _| administration::set_capacity(db, &handle, capacity))
    }

    fn account_summary(&self, handle: Handle) -> Answer<AccountSummary> {
        self.readers.submit(move |db| administration::account_summary(db, &handle))
    }

    fn commits(&self) -> Commits {
        self.writer.commits.clone()
    }

    fn statistics(&self) -> Answer<Statistics> {
        self.readers.submit(administration::statistics)
    }

    fn check(&self) -> Answer<()> {
        let read = self.readers.submit(|db| Ok(open::schema(db).map(drop)?));
        let write = self.writer.submit(|db, _| Ok(open::schema(db).map(drop)?));
        async { read.await.and(write.await) }.boxed()
    }

    fn watch(&self, mailbox: Mailbox) -> Watch {
        self.hub.watch(mailbox)
    }

    fn damage(&self) -> BoxFuture<'static, String> {
        match &self.inspection {
            Some(inspection) => inspection.damage().boxed(),
            None => std::future::pending().boxed(),
        }
    }
}

#[cfg(test)]
#[path = "sqlite_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "sqlite/power_tests.rs"]
mod power_tests;
