//! Accounts, handles and device lists.

use super::row::{find, int};
use crate::{
    refused::Refused,
    store::{Account, Directory, KeyUse, Mailbox, Registration, StoreError},
};
use aside_identity::Handle;
use aside_wire::{limits::LISTS_PER_REPLY, pb::RefusalCode};
use rusqlite::{Connection, OptionalExtension};

const UNKNOWN_ACCOUNT: Refused = Refused::new(RefusalCode::UnknownAccount, "no such account");

/// Claims a handle for an account (RLY-3, RLY-6).
pub(super) fn register(db: &Connection, registration: &Registration) -> Result<(), StoreError> {
    if is_repetition(db, registration)? {
        return Ok(());
    }
    let Registration { handle, account, devices, keys, list } = registration;
    // Also one that was released, for its time (RLY-62).
    let taken = db
        .prepare_cached(
            "SELECT 1 FROM account WHERE handle = ?1 UNION ALL SELECT 1 FROM released_handle WHERE handle = ?1",
        )?
        .exists([handle.as_str()])?;
    if taken {
        return Err(Refused::new(RefusalCode::HandleTaken, "the handle belongs to another account").into());
    }
    let row: i64 = db
        .prepare_cached(
            "INSERT INTO account (key, handle, list_version) VALUES (?1, ?2, 1) RETURNING account",
        )?
        .query_row((account.0, handle.as_str()), |row| row.get(0))?;
    db.prepare_cached("INSERT INTO device_list (account, version, list) VALUES (?1, 1, ?2)")?
        .execute((row, list))?;
    for device in devices {
        db.prepare_cached(
            "INSERT INTO mailbox (account, device, renumbered) SELECT ?1, ?2, opened FROM run",
        )?
        .execute((row, device.number()))?;
    }
    for key in keys {
        let mailbox = find(db, &Mailbox { account: *account, device: key.device })?;
        if remember_key(db, mailbox, key.key_use, 0, &key.key)? == Seen::Before {
            return Err(duplicate());
        }
    }
    Ok(())
}

/// Whether the same registration is there already, so that a lost answer can be asked for again.
fn is_repetition(db: &Connection, registration: &Registration) -> Result<bool, StoreError> {
    let exists = |detail| Refused::new(RefusalCode::AccountExists, detail);
    let known: Option<(String, Vec<u8>)> = db
        .prepare_cached(
            "SELECT handle, list FROM account JOIN device_list USING (account) WHERE key = ?1 AND version = 1",
        )?
        .query_row([registration.account.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        None => Ok(false),
        Some((handle, _)) if handle != registration.handle.as_str() => {
            Err(exists("the account has another handle").into())
        }
        Some((_, list)) if list != registration.list => {
            Err(exists("the account has another device list").into())
        }
        Some(_) => Ok(true),
    }
}

/// Whether a key is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nobody uploaded it before.
    Never,
    /// This device uploaded this key for this use under this id.
    Before,
}

/// Remembers a public key for ever; refuses one that has another owner, use or id (RLY-6, threat P11).
pub(super) fn remember_key(
    db: &Connection,
    mailbox: i64,
    key_use: KeyUse,
    id: u32,
    key: &[u8; 32],
) -> Result<Seen, StoreError> {
    let place = (mailbox, key_use.number(), id);
    let inserted = db
        .prepare_cached(
            "INSERT INTO seen_key (mailbox, key_use, id, key) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute((place.0, place.1, place.2, key))?;
    if inserted == 1 {
        return Ok(Seen::Never);
    }
    let same = db
        .prepare_cached(
            "SELECT 1 FROM seen_key WHERE key = ?4 AND mailbox = ?1 AND key_use = ?2 AND id = ?3",
        )?
        .exists((place.0, place.1, place.2, key))?;
    if same { Ok(Seen::Before) } else { Err(duplicate()) }
}

/// A key has two owners, uses or ids.
pub(super) fn duplicate() -> StoreError {
    Refused::new(RefusalCode::DuplicateKey, "a key or prekey id was uploaded before").into()
}

/// The account of a handle.
pub(super) fn resolve(db: &Connection, handle: &Handle) -> Result<Directory, StoreError> {
    let account = db
        .prepare_cached("SELECT key FROM account WHERE handle = ?1")?
        .query_row([handle.as_str()], |row| row.get(0))
        .optional()?
        .ok_or(Refused::new(RefusalCode::UnknownHandle, "no account has this handle"))?;
    lists_after(db, Account(account), 0)
}

/// Device lists with a version above the one given.
pub(super) fn lists_after(db: &Connection, account: Account, version: u64) -> Result<Directory, StoreError> {
    let (row, handle): (i64, String) = db
        .prepare_cached("SELECT account, handle FROM account WHERE key = ?1 AND released_at IS NULL")?
        .query_row([account.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or(UNKNOWN_ACCOUNT)?;
    let lists = db
        .prepare_cached(
            "SELECT list FROM device_list WHERE account = ?1 AND version > ?2 ORDER BY version LIMIT ?3",
        )?
        .query_map((row, int(version), i64::try_from(LISTS_PER_REPLY).unwrap_or(1)), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(Directory { handle, account, lists })
}

/// The list that counts.
pub(super) fn current_list(db: &Connection, account: Account) -> Result<Vec<u8>, StoreError> {
    let list = db
        .prepare_cached(
            "SELECT list FROM account JOIN device_list USING (account) \
             WHERE key = ?1 AND version = list_version AND released_at IS NULL",
        )?
        .query_row([account.0], |row| row.get(0))
        .optional()?;
    Ok(list.ok_or(UNKNOWN_ACCOUNT)?)
}
