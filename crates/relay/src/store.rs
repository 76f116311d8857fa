//! What the relay remembers: a few coarse operations, each of them atomic.
//!
//! What stores, acknowledges or appends takes its place in the order of all that does (RLY-22) when its method is called,
//! not when its answer is awaited; anything else comes after what was answered before. Dropping the answer undoes nothing. An answer to a write arrives only after the write is durable
//! (RLY-8).

mod commits;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
mod types;

pub use commits::Commits;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresStore, ServerError};
pub use sqlite::{Closed, OpenError, SqliteStore};
pub(crate) use sqlite::{read_all, read_logs, upkeep};
pub use types::{
    Account, AccountSummary, Append, Bundle, Capacity, Channel, Declaration, DeviceSummary, Directory,
    Enqueue, Entries, FanOut, FannedOut, HandedOn, KeyUse, Log, LoggedIn, Mailbox, Missed, Page, Parcel,
    Passed, PrekeyStatus, PublicKey, PublishedSettings, Reached, Registration, Statistics, Stored, Upload,
    UploadedPrekey,
};

pub use crate::hub::Watch;
use crate::refused::Refused;
use aside_identity::{Generation, Handle};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::mpsc::Receiver;

/// Why an operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The request's fault.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The disk's or the database's fault.
    #[error(transparent)]
    Failed(#[from] StoreFailed),
}

/// The store could not do it, whatever was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFailed {
    /// The database failed: disk full, damaged, or a defect.
    #[error("the database failed: {0}")]
    Database(String),
    /// The store is shut down.
    #[error("the store is shut down")]
    Stopped,
}

/// The outcome of an operation that was started already.
pub type Answer<T> = BoxFuture<'static, Result<T, StoreError>>;

/// A durable store of accounts, prekeys and mailboxes. Times are milliseconds since 1970-01-01 UTC.
pub trait Store: Send + Sync + 'static {
    /// Claims a handle and stores the first device list; a repetition changes nothing and succeeds (RLY-3).
    fn register(&self, registration: Registration) -> Answer<()>;

    /// The account a handle points to, with its first device lists.
    fn resolve(&self, handle: Handle) -> Answer<Directory>;

    /// Device lists of an account with a version above the one given, ascending, at most
    /// [`aside_wire::limits::LISTS_PER_REPLY`] of them.
    fn lists_after(&self, account: Account, version: u64) -> Answer<Directory>;

    /// The current device list of an account, encoded.
    fn current_list(&self, account: Account) -> Answer<Vec<u8>>;

    /// Keeps how far the store of a device has come, unless it is stale; of a restored one all prekeys are forgotten (RLY-46,
    /// RLY-47, RLY-48).
    fn log_in(&self, device: Mailbox, store: Generation) -> Answer<LoggedIn>;

    /// Stores prekeys; answers how many one-time prekeys there are now (RLY-6, RLY-7).
    fn publish_prekeys(&self, upload: Upload) -> Answer<u32>;

    /// The signed prekey of a device, and one one-time prekey that nobody else gets (RLY-7).
    fn take_prekeys(&self, owner: Mailbox, now: u64) -> Answer<Bundle>;

    /// The signed prekey of a device alone (RLY-71).
    fn signed_prekey(&self, owner: Mailbox, now: u64) -> Answer<Bundle>;

    /// What the store holds of a device's prekeys.
    fn prekey_status(&self, owner: Mailbox, now: u64) -> Answer<PrekeyStatus>;

    /// Replaces the settings of an account by newer ones; a repetition changes nothing and succeeds (RLY-35).
    fn publish_settings(&self, settings: PublishedSettings) -> Answer<()>;

    /// The settings of an account, encoded; empty if none were published.
    fn settings(&self, account: Account) -> Answer<Vec<u8>>;

    /// How the recipient is reached, if its settings let the sender hand it something in a session (RLY-36).
    fn session_reach(&self, sender: Account, recipient: Account) -> Answer<Reached>;

    /// Stores a declaration for good; a repetition changes nothing and succeeds (RLY-38).
    fn declare(&self, declaration: Declaration) -> Answer<()>;

    /// What two accounts have declared to each other, encoded; that of the first one first.
    fn declarations_between(&self, one: Account, other: Account) -> Answer<Vec<Vec<u8>>>;

    /// Stores a message for all devices of its recipient or for none; answers when it was first accepted (RLY-8,
    /// RLY-9, RLY-10, RLY-14, RLY-21, RLY-36, RLY-39, RLY-49).
    fn enqueue(&self, send: Enqueue) -> Answer<u64>;

    /// Stores one message for many mailboxes, all those that exist and have room (RLY-8, RLY-9, RLY-29, RLY-49).
    fn fan_out(&self, message: FanOut) -> Answer<FannedOut>;

    /// Appends to a log and fans out the notice of it, both or neither (RLY-28, RLY-49).
    fn append_entry(&self, append: Append) -> Answer<FannedOut>;

    /// Entries of a log from a position on.
    fn entries_from(&self, log: Log, position: u64, page: Page) -> Answer<Entries>;

    /// Messages of a mailbox after a sequence number and after the acknowledged ones, ascending, without those that are
    /// over (RLY-11, RLY-42).
    fn fetch_after(&self, mailbox: Mailbox, after: u64, page: Page, passed: Passed) -> Answer<Vec<Stored>>;

    /// The highest sequence number given in a mailbox; 0 for none.
    fn newest(&self, mailbox: Mailbox) -> Answer<u64>;

    /// The highest number of what waits in a mailbox and is not over; 0 for none (RLY-42).
    fn waiting(&self, mailbox: Mailbox, passed: Passed) -> Answer<u64>;

    /// Moves the mailbox's cursor and deletes what lies behind it (RLY-13).
    fn acknowledge_up_to(&self, mailbox: Mailbox, up_to: u64) -> Answer<()>;

    /// Deletes a bounded number of rows that are past their time; answers whether more remain. Notes how far the count of
    /// time has come (RLY-43). Wakes the devices of accounts suspended of late, so that their connections end (RLY-60).
    fn sweep(&self, now: u64, passed: Passed) -> Answer<bool>;

    /// Succeeds unless the account is suspended or unknown (RLY-60). What `log_in`, `enqueue`, `fan_out`, `append_entry`,
    /// `fetch_after` and `acknowledge_up_to` do, they do only then.
    fn standing(&self, account: Account) -> Answer<()>;

    /// Suspends the account of a handle from this moment on, or lifts that with `None`; a repetition changes nothing and
    /// succeeds (RLY-60, RLY-61).
    fn suspend(&self, handle: Handle, at: Option<u64>) -> Answer<()>;

    /// Closes the account of a handle. Nobody can claim the handle until so many milliseconds have passed and what the
    /// account left is deleted. Answers when that is; a repetition changes nothing (RLY-62).
    fn release(&self, handle: Handle, now: u64, quarantine: u64) -> Answer<Passed>;

    /// Takes a release back, as long as the handle is not free (RLY-62).
    fn reinstate(&self, handle: Handle) -> Answer<()>;

    /// Lets the mailboxes of an account hold this; `None` for what all others may (RLY-14). What is there stays.
    fn set_capacity(&self, handle: Handle, capacity: Option<Capacity>) -> Answer<()>;

    /// The account of a handle, also of one that was released and is not free.
    fn account_summary(&self, handle: Handle) -> Answer<AccountSummary>;

    /// What the store holds, in numbers.
    fn statistics(&self) -> Answer<Statistics>;

    /// What is counted of its commits.
    fn commits(&self) -> Commits {
        Commits::default()
    }

    /// Succeeds if a transaction goes through.
    fn check(&self) -> Answer<()>;

    /// Watches a mailbox for new messages.
    fn watch(&self, mailbox: Mailbox) -> Watch;

    /// Returns with what is damaged, if that is found while it serves; otherwise never. A store whose server looks after that
    /// has nothing to say.
    fn damage(&self) -> BoxFuture<'static, String> {
        std::future::pending().boxed()
    }

    /// How many nodes of this relay work on the store now, with this one (RLY-113).
    fn nodes(&self) -> u32 {
        1
    }

    /// Hands what is not stored to the other nodes of this relay, at once or never (RLY-33). A store of one node has none.
    fn hand_on(&self, _handed: HandedOn) {}

    /// What other nodes hand on to this one; for the first who asks.
    fn handed_on(&self) -> Option<Receiver<HandedOn>> {
        None
    }
}
