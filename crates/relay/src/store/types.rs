//! The nouns of the store. Everything in them was verified before.

use crate::limits;
use aside_identity::{DeviceId, Handle, PrekeyKind, Rules};
use aside_wire::pb::RefusalCode;

/// An account's key as a name, 32 bytes; whether such an account exists is the store's to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(pub [u8; 32]);

impl From<&aside_identity::AccountKey> for Account {
    fn from(key: &aside_identity::AccountKey) -> Self {
        Self(*key.as_bytes())
    }
}

/// A moment by the time that has passed, in milliseconds since 1970 as the relay counts them (RLY-43); not what the clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed(pub u64);

/// Names the mailbox of one device, and the device itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox {
    /// The account.
    pub account: Account,
    /// Its device.
    pub device: DeviceId,
}

// An account's key is an identity: it never reaches a log through `{:?}` (RLY-18).
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account(…)")
    }
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailbox(…)")
    }
}

/// How much a mailbox may hold (RLY-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// So many messages.
    pub messages: u64,
    /// So many bytes of envelopes.
    pub bytes: u64,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { messages: limits::MAILBOX_MESSAGES, bytes: limits::MAILBOX_BYTES }
    }
}

/// What a public key was uploaded for; keys of the same device with the same use and id are the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Signs for the account.
    Account,
    /// Signs for the device.
    DeviceSigning,
    /// The device's part in handshakes.
    DeviceAgreement,
    /// The agreement half of a prekey.
    Prekey(PrekeyKind),
}

impl KeyUse {
    /// The number in the database.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Account => 0,
            Self::DeviceSigning => 1,
            Self::DeviceAgreement => 2,
            Self::Prekey(PrekeyKind::Signed) => 3,
            Self::Prekey(PrekeyKind::OneTime) => 4,
        }
    }
}

/// A device's long-lived public key.
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// The device; for an account key, its first one.
    pub device: DeviceId,
    /// What it is for.
    pub key_use: KeyUse,
    /// 32 bytes.
    pub key: [u8; 32],
}

/// A verified registration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The name claimed.
    pub handle: Handle,
    /// For this account.
    pub account: Account,
    /// The devices of the first list, ascending.
    pub devices: Vec<DeviceId>,
    /// All keys of the account and those devices.
    pub keys: Vec<PublicKey>,
    /// The encoded list of version 1.
    pub list: Vec<u8>,
}

/// Device lists of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The handle that points to it.
    pub handle: String,
    /// The account.
    pub account: Account,
    /// Encoded lists, ascending by version.
    pub lists: Vec<Vec<u8>>,
}

/// What a login is told of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedIn {
    /// The generation that counts from here on.
    pub generation: u64,
    /// The highest number acknowledged.
    pub acknowledged: u64,
}

/// A verified prekey.
#[derive(Debug, Clone)]
pub struct UploadedPrekey {
    /// Unique per device and kind.
    pub id: u32,
    /// Milliseconds since 1970-01-01 UTC.
    pub not_after: u64,
    /// The X25519 half.
    pub agreement_key: [u8; 32],
    /// Encoded as it was uploaded.
    pub bytes: Vec<u8>,
}

/// Verified prekeys of one device.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The device.
    pub owner: Mailbox,
    /// Replaces the signed prekey there.
    pub signed: Option<UploadedPrekey>,
    /// Added to those there.
    pub one_time: Vec<UploadedPrekey>,
    /// Prekeys that end before this do not count.
    pub now: u64,
}

/// What a device published, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrekeyStatus {
    /// One-time prekeys that can still be handed out.
    pub one_time: u32,
    /// End of the signed prekey; 0 for none.
    pub signed_not_after: u64,
}

/// Prekeys handed out together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The signed prekey, encoded.
    pub signed: Vec<u8>,
    /// A one-time prekey that was removed from the store, encoded; `None` if there was none left.
    pub one_time: Option<Vec<u8>>,
}

/// Verified settings.
#[derive(Debug, Clone)]
pub struct PublishedSettings {
    /// Whose they are.
    pub account: Account,
    /// Higher than that of the settings before.
    pub version: u64,
    /// What they say.
    pub rules: Rules,
    /// Encoded as they were published.
    pub bytes: Vec<u8>,
}

/// A verified declaration.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// Who wants to be reached only encrypted.
    pub declarer: Account,
    /// By whom.
    pub peer: Account,
    /// Higher than that of the declaration before.
    pub version: u64,
    /// Encoded as it was signed.
    pub bytes: Vec<u8>,
}

/// How a message for one account travels, as far as the relay can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// In the clear.
    Thread,
    /// In a pairwise session: of a chat, or what members of a group hand each other.
    Session,
}

/// A message to be stored.
#[derive(Debug, Clone)]
pub struct Enqueue {
    /// The device logged in.
    pub sender: Mailbox,
    /// The generation of its store when it logged in.
    pub generation: u64,
    /// Its name for this message.
    pub client_id: [u8; 16],
    /// The account it goes to.
    pub recipient: Account,
    /// What its envelopes are.
    pub channel: Channel,
    /// The device list the parcels were made for.
    pub list_version: u64,
    /// One for each device of that list, ascending.
    pub parcels: Vec<Parcel>,
    /// The time of acceptance.
    pub now: u64,
    /// How far the count of time has come, by which its name is forgotten (RLY-115).
    pub passed: Passed,
    /// When it is over if nobody has fetched it (RLY-42).
    pub until: Passed,
}

/// One envelope with its device.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Device of the recipient.
    pub device: DeviceId,
    /// Encoded.
    pub envelope: Vec<u8>,
}

/// One message for many mailboxes.
#[derive(Debug, Clone)]
pub struct FanOut {
    /// The device logged in.
    pub sender: Mailbox,
    /// The generation of its store when it logged in.
    pub generation: u64,
    /// Its name for this message.
    pub client_id: [u8; 16],
    /// Whose devices get it, ascending; the sender is not among them.
    pub recipients: Vec<Mailbox>,
    /// Encoded.
    pub envelope: Vec<u8>,
    /// The time of acceptance.
    pub now: u64,
    /// How far the count of time has come, by which its name is forgotten (RLY-115).
    pub passed: Passed,
    /// When it is over for whoever has not fetched it (RLY-42).
    pub until: Passed,
}

/// How an account is reached that the sender may hand something to in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The version of its current device list.
    pub list_version: u64,
    /// Whether its devices get nothing at present (RLY-60); nobody is told (RLY-61).
    pub is_suspended: bool,
}

/// What became of a message for many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FannedOut {
    /// When it was first accepted.
    pub accepted_at: u64,
    /// Who does not get it, in the order of the recipients; empty for a repetition (RLY-29).
    pub missed: Vec<Missed>,
}

/// A device that does not get a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// The device.
    pub mailbox: Mailbox,
    /// `UNKNOWN_ACCOUNT` or `MAILBOX_FULL`.
    pub code: RefusalCode,
}

/// Names a log, 32 bytes; whoever knows them may read and append.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Log(pub [u8; 32]);

// Like an account's key (RLY-18).
impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log(…)")
    }
}

/// An entry for a log.
#[derive(Debug, Clone)]
pub struct Append {
    /// Where to.
    pub log: Log,
    /// One above the newest; 1 begins the log.
    pub position: u64,
    /// As it came.
    pub entry: Vec<u8>,
    /// By whom, under which name, and who is told.
    pub notice: FanOut,
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries {
    /// The newest position; 0 for a log that was never begun.
    pub newest: u64,
    /// Without gaps, from the position asked for.
    pub entries: Vec<Vec<u8>>,
}

/// How much to read at a time. A page has at least one message or entry if there is one.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// At most so many messages or entries.
    pub messages: usize,
    /// At most so many bytes of envelopes or entries.
    pub bytes: usize,
}

/// A message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its position, ascending from 1.
    pub sequence: u64,
    /// The device that sent it.
    pub sender: Mailbox,
    /// When it was accepted.
    pub accepted_at: u64,
    /// When it is over.
    pub until: Passed,
    /// The encoded envelope.
    pub envelope: Vec<u8>,
}

/// An account as its operator sees it: nothing of whom it writes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSummary {
    /// The account.
    pub account: Account,
    /// When it was suspended.
    pub suspended_at: Option<u64>,
    /// When its handle, which was released, is free (RLY-62).
    pub free_at: Option<Passed>,
    /// What each of its mailboxes may hold; `None` for what all others may.
    pub capacity: Option<Capacity>,
    /// Its devices, ascending.
    pub devices: Vec<DeviceSummary>,
}

/// A device as its operator sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceSummary {
    /// The device.
    pub device: DeviceId,
    /// Messages in its mailbox.
    pub messages: u64,
    /// Bytes of envelopes in it.
    pub bytes: u64,
    /// One-time prekeys to hand out, also such as have ended.
    pub one_time_prekeys: u64,
}

/// What a store holds, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Accounts, without those released.
    pub accounts: u64,
    /// Of them, suspended.
    pub suspended: u64,
    /// Handles that were released and are not free yet.
    pub released: u64,
    /// Devices of those accounts.
    pub devices: u64,
    /// Messages in all mailboxes, with those that are to be deleted.
    pub messages: u64,
    /// Bytes of envelopes in all mailboxes; one that was fanned out counts in each.
    pub bytes: u64,
    /// When the oldest of them was accepted.
    pub oldest: Option<u64>,
    /// Logs.
    pub logs: u64,
    /// Entries of all logs.
    pub entries: u64,
    /// One-time prekeys.
    pub one_time_prekeys: u64,
    /// Bytes on disk.
    pub disk: u64,
    /// Bytes of those that are free within the files.
    pub free: u64,
}

/// A transient message on its way to another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOn {
    /// Whose connections get it.
    pub to: Mailbox,
    /// The encoded delivery.
    pub delivery: Vec<u8>,
}
