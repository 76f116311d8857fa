//! The words of the functions in the database, as refusals.

use crate::{
    refused::Refused,
    store::{StoreError, StoreFailed},
};
use aside_wire::pb::RefusalCode;
use tokio_postgres::Row;

/// The SQLSTATE of a refusal that undoes its transaction.
pub(super) const RAISED: &str = "ASIDE";

/// The refusal that a word stands for.
pub(super) fn refused(word: &str) -> StoreError {
    let (code, detail) = match word {
        "no device" => (RefusalCode::UnknownAccount, "no such account or device"),
        "no account" => (RefusalCode::UnknownAccount, "no such account"),
        "no handle" => (RefusalCode::UnknownHandle, "no account has this handle"),
        "suspended" => (RefusalCode::Suspended, "the operator has suspended the account"),
        "stale store" => (RefusalCode::StaleStore, "an older or another copy of the store"),
        // One answer for whoever is blocked, no contact, or like everybody not wanted (RLY-37).
        "unreachable" => (RefusalCode::Unreachable, "the recipient is not to be reached"),
        "encrypted only" => (RefusalCode::EncryptedOnly, "declared to be reached only encrypted"),
        "stale devices" => (RefusalCode::StaleDevices, "not the current device list"),
        "parcels" => (RefusalCode::Malformed, "the parcels are not one per device, ascending"),
        "full" => (RefusalCode::MailboxFull, "the recipient's mailbox is full"),
        "moved" => (RefusalCode::LogMoved, "not the position after the newest"),
        "no number" => (RefusalCode::Malformed, "no message has this sequence number"),
        "no prekeys" => (RefusalCode::NoPrekeys, "the device has no signed prekey"),
        "handle taken" => (RefusalCode::HandleTaken, "the handle belongs to another account"),
        "other handle" => (RefusalCode::AccountExists, "the account has another handle"),
        "other list" => (RefusalCode::AccountExists, "the account has another device list"),
        "duplicate" => (RefusalCode::DuplicateKey, "a key or prekey id was uploaded before"),
        "too many prekeys" => (RefusalCode::Limit, "more one-time prekeys than a relay holds for a device"),
        "too many declarations" => (RefusalCode::Limit, "more declarations than are kept for an account"),
        // RLY-35, RLY-38.
        "stale statement" => {
            (RefusalCode::StaleStatement, "a statement of this version or a newer one is stored")
        }
        _ => return StoreFailed::Database("the database refuses with an unknown word".into()).into(),
    };
    Refused::new(code, detail).into()
}

/// Whether the first column of a row refuses.
pub(super) fn require_accepted(row: &Row) -> Result<(), StoreError> {
    match row.try_get::<_, Option<&str>>(0)? {
        Some(word) => Err(refused(word)),
        None => Ok(()),
    }
}
