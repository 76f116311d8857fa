//! Accounts, messages and prekeys as the store gets them: verified elsewhere, so any bytes will do.

use aside_identity::{DeviceId, Handle, PrekeyKind};
use aside_relay::{
    Refused,
    store::{
        Account, Append, Capacity, Channel, Enqueue, FanOut, KeyUse, Log, Mailbox, Page, Parcel, Passed,
        PublicKey, Registration, Store, StoreError, Stored, Upload, UploadedPrekey, Watch,
    },
};
use std::time::Duration;

/// Small, so that a test can fill it.
pub(crate) const CAPACITY: Capacity = Capacity { messages: 3_000, bytes: 100_000 };
/// A day in milliseconds.
pub(crate) const DAY: u64 = 24 * 60 * 60 * 1000;
/// The time in these tests; the count of what has passed began elsewhere.
pub(crate) const NOW: u64 = 1_800_000_000_000;
/// What has passed in these tests.
pub(crate) const PASSED: Passed = Passed(1_000_000_000_000);
/// A log.
pub(crate) const LOG: Log = Log([0x10; 32]);
pub(crate) const EVERYTHING: Page = Page { messages: usize::MAX, bytes: usize::MAX };

pub(crate) fn device(number: u32) -> DeviceId {
    DeviceId::parse(number).unwrap()
}

/// The first device of the account made of this byte.
pub(crate) fn mailbox(account: u8) -> Mailbox {
    Mailbox { account: Account([account; 32]), device: device(1) }
}

/// 32 bytes that differ in every argument.
pub(crate) fn key(account: u8, kind: u8, id: u32) -> [u8; 32] {
    let mut key = [account; 32];
    key[0] = kind;
    key[1..5].copy_from_slice(&id.to_be_bytes());
    key
}

/// An account of `devices` devices.
pub(crate) fn registration(handle: &str, account: u8, devices: u32) -> Registration {
    let keys = (1..=devices).map(|number| PublicKey {
        device: device(number),
        key_use: KeyUse::DeviceSigning,
        key: key(account, 1, number),
    });
    Registration {
        handle: Handle::parse(handle).unwrap(),
        account: Account([account; 32]),
        devices: (1..=devices).map(device).collect(),
        keys: keys.collect(),
        list: vec![account; 100],
    }
}

/// Alice (1) with one device and Bob (2) with one.
pub(crate) async fn alice_and_bob(store: &dyn Store) {
    store.register(registration("alice", 1, 1)).await.unwrap();
    store.register(registration("bob", 2, 1)).await.unwrap();
}

/// A message to a single device.
pub(crate) fn letter(from: u8, to: u8, client_id: u64, text: &[u8]) -> Enqueue {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&client_id.to_be_bytes());
    Enqueue {
        sender: mailbox(from),
        generation: 0,
        client_id: id,
        recipient: Account([to; 32]),
        channel: Channel::Thread,
        list_version: 1,
        parcels: vec![Parcel { device: device(1), envelope: text.to_vec() }],
        now: NOW,
        passed: PASSED,
        until: after(30),
    }
}

/// So many days after [`PASSED`].
pub(crate) fn after(days: u64) -> Passed {
    Passed(PASSED.0 + days * DAY)
}

/// A message to many.
pub(crate) fn circular(from: u8, client_id: u64, recipients: &[Mailbox], text: &[u8]) -> FanOut {
    let Enqueue { sender, generation, client_id, now, passed, until, .. } =
        letter(from, from, client_id, b"");
    let (recipients, envelope) = (recipients.to_vec(), text.to_vec());
    FanOut { sender, generation, client_id, recipients, envelope, now, passed, until }
}

/// An entry, told to these with the entry itself.
pub(crate) fn entry(from: u8, client_id: u64, position: u64, recipients: &[Mailbox], text: &[u8]) -> Append {
    let notice = circular(from, client_id, recipients, text);
    Append { log: LOG, position, entry: text.to_vec(), notice }
}

pub(crate) fn prekey(account: u8, kind: PrekeyKind, id: u32) -> UploadedPrekey {
    let kind = if kind == PrekeyKind::Signed { 3 } else { 4 };
    UploadedPrekey {
        id,
        not_after: NOW + 30 * DAY,
        agreement_key: key(account, kind, id),
        bytes: format!("{kind} {id}").into_bytes(),
    }
}

pub(crate) fn upload(account: u8, signed: Option<u32>, one_time: impl IntoIterator<Item = u32>) -> Upload {
    Upload {
        owner: mailbox(account),
        signed: signed.map(|id| prekey(account, PrekeyKind::Signed, id)),
        one_time: one_time.into_iter().map(|id| prekey(account, PrekeyKind::OneTime, id)).collect(),
        now: NOW,
    }
}

pub(crate) async fn all(store: &dyn Store, mailbox: Mailbox) -> Vec<Stored> {
    store.fetch_after(mailbox, 0, EVERYTHING, PASSED).await.unwrap()
}

/// The word of a refusal.
pub(crate) fn word<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> &'static str {
    match outcome {
        Err(StoreError::Refused(Refused { code, .. })) => {
            code.as_str_name().trim_start_matches("REFUSAL_CODE_")
        }
        other => panic!("not a refusal: {other:?}"),
    }
}

/// Waits until a watch that has just begun is quiet: it may return without cause.
pub(crate) async fn settled(watch: &Watch) {
    while tokio::time::timeout(Duration::from_millis(100), watch.changed()).await.is_ok() {}
}
