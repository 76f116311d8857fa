//! Where a client keeps everything: ordered records in a transaction.
//!
//! The engine asks for four operations and nothing else, so that any ordered key-value store can serve. Each step
//! of the engine runs in one transaction; it is committed whole or not at all, and nothing leaves the device
//! before (threats H13, R11).

mod key_file;
mod memory;
mod sqlite;

pub use memory::MemoryStore;
pub use sqlite::{Remains, SqliteStore};

/// A family of records. The numbers are part of the stored format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum Table {
    /// The own account and device; one record.
    Own = 1,
    /// Counters by name.
    Counter = 2,
    /// People by account key.
    Peer = 3,
    /// Account keys by handle.
    Handle = 4,
    /// Private prekeys by kind and id.
    Prekey = 5,
    /// Sessions by account, device and session id.
    Session = 6,
    /// Accepted handshakes by hash.
    Handshake = 7,
    /// Threads and chats by id.
    Conversation = 8,
    /// Chats by account and chat id.
    PeerChat = 9,
    /// Hash of the last frame by conversation, account and device.
    LastFrame = 10,
    /// Messages by conversation and index.
    Message = 11,
    /// Indexes of messages by conversation, account and message id.
    MessageId = 12,
    /// What waits to be accepted by the relay, by index.
    Outbox = 13,
    /// Groups by id.
    Group = 14,
    /// Group ids by log id.
    GroupLog = 15,
    /// Log keys by group and log key id.
    LogKey = 16,
    /// Entries of logs by group and sequence.
    GroupEntry = 17,
    /// Own sending chains by group.
    SendingChain = 18,
    /// Other devices' sending chains by key id.
    ReceivingChain = 19,
    /// Key ids of those by account, device, group and key id.
    ChainOwner = 20,
    /// Group messages that cannot be judged yet, by index.
    Held = 21,
    /// What the logs make of groups, by id.
    GroupState = 22,
    /// What is said about messages, by conversation, author, message id, kind and account.
    Mark = 23,
    /// Receipts that wait to be sent, by chat and message id.
    Receipt = 24,
    /// When the receipts of a chat are due, by chat.
    ReceiptsDue = 25,
    /// What others are told of what the person here does, by account; of those who have no record, under nothing.
    Telling = 26,
    /// Who may write to the person here; one record.
    Settings = 27,
    /// Who is reached only encrypted, by account key.
    EncryptedOnly = 28,
    /// Words in messages, by conversation and word, the newest message first; nothing stands in the records.
    Term = 30,
    /// Conversations that archives have told of, and people in them, by conversation and account.
    Imported = 31,
    /// What the person here keeps for themselves: templates, lists of people, and who answers where; by kind and name.
    Desk = 32,
    /// What is to be said later, by number.
    Scheduled = 33,
    /// People who have asked and were not answered, by account.
    Request = 36,
    /// Keys of messages that expire, sealed, by page.
    KeyPage = 37,
    /// The keys that those pages are sealed under, by page.
    PageKey = 38,
    /// Messages by the time at which they are gone, conversation and index; nothing stands in the records.
    Due = 40,
    /// What was told of captures a moment ago, by conversation and kind; what others have told, by conversation, 0, author,
    /// message id and account; and which detections were reported, under 0 and id.
    Capture = 41,
    /// Keys of view-once messages that have not come, by group, account and message id.
    ViewKey = 42,
    /// What authors have said about messages before they came, by conversation, author and message id.
    Early = 43,
    /// What could not be opened, and when this device began anew, by account and device.
    Healing = 44,
    /// What was sent to a device and can be sent again, by account, device and number.
    Sent = 45,
    /// The last of those numbers, by account and device.
    SentNumber = 46,
    /// How far the store has come; one record.
    Generation = 47,
}

/// The store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A record does not decode: the file is damaged, or not ours.
    #[error("the profile is damaged ({0}); restore it from a backup, or register again in a new profile")]
    Damaged(&'static str),
    /// Written by a later version.
    #[error("the profile was written by a later version of this program (format {0}); use that version")]
    Newer(u32),
    /// The underlying store failed.
    #[error("the profile cannot be read or written: {0}")]
    Failed(String),
}

/// One key and its record.
pub type Row = (Vec<u8>, Vec<u8>);

/// Reads and writes within one step.
pub trait Transaction {
    /// The record under a key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Creates or replaces a record.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&mut self, table: Table, key: &[u8], record: &[u8]) -> Result<(), StoreError>;

    /// Removes a record, overwriting its bytes; nothing happens if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError>;

    /// At most `limit` records whose keys start with `prefix` and come after the key `after`, in ascending order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;
}

/// A store that runs steps.
pub trait Store {
    /// Runs `step` in one transaction: committed durably if it returns `Ok`, undone otherwise.
    ///
    /// # Errors
    /// What `step` returned, or [`StoreError`] if the transaction could not begin or commit.
    fn step<T, E: From<StoreError>>(
        &mut self,
        step: impl FnOnce(&mut dyn Transaction) -> Result<T, E>,
    ) -> Result<T, E>;
}
