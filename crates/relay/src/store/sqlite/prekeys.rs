//! Prekeys: published by their owner, handed out once.

use super::{
    accounts::{Seen, duplicate, remember_key},
    row::{find, int, uint},
};
use crate::{
    refused::Refused,
    store::{Bundle, KeyUse, Mailbox, PrekeyStatus, StoreError, Upload, UploadedPrekey},
};
use aside_identity::PrekeyKind;
use aside_wire::{limits::ONE_TIME_PREKEYS, pb::RefusalCode};
use rusqlite::{Connection, OptionalExtension};

/// Stores prekeys. A repeated upload changes nothing, so that a lost answer can be asked for again; in particular a
/// one-time prekey that was handed out does not come back (RLY-7, threat H5).
pub(super) fn publish(db: &Connection, upload: &Upload) -> Result<u32, StoreError> {
    let owner = find(db, &upload.owner)?;
    if let Some(signed) = &upload.signed {
        replace_signed(db, owner, signed)?;
    }
    for prekey in &upload.one_time {
        add_one_time(db, owner, prekey)?;
    }
    let held = count(db, owner, upload.now)?;
    if usize::try_from(held).is_ok_and(|held| held <= ONE_TIME_PREKEYS) {
        Ok(held)
    } else {
        Err(Refused::new(RefusalCode::Limit, "more one-time prekeys than a relay holds for a device").into())
    }
}

fn replace_signed(db: &Connection, owner: i64, prekey: &UploadedPrekey) -> Result<(), StoreError> {
    let place = KeyUse::Prekey(PrekeyKind::Signed);
    if remember_key(db, owner, place, prekey.id, &prekey.agreement_key)? == Seen::Before {
        // Either nothing changes, or an older or altered prekey would come back.
        let stored = db
            .prepare_cached("SELECT 1 FROM signed_prekey WHERE mailbox = ?1 AND prekey = ?2")?
            .exists((owner, &prekey.bytes))?;
        return if stored { Ok(()) } else { Err(duplicate()) };
    }
    db.prepare_cached(
        "INSERT OR REPLACE INTO signed_prekey (mailbox, not_after, prekey) VALUES (?1, ?2, ?3)",
    )?
    .execute((owner, int(prekey.not_after), &prekey.bytes))?;
    Ok(())
}

fn add_one_time(db: &Connection, owner: i64, prekey: &UploadedPrekey) -> Result<(), StoreError> {
    let place = KeyUse::Prekey(PrekeyKind::OneTime);
    if remember_key(db, owner, place, prekey.id, &prekey.agreement_key)? == Seen::Before {
        let other = db
            .prepare_cached("SELECT 1 FROM one_time_prekey WHERE mailbox = ?1 AND id = ?2 AND prekey <> ?3")?
            .exists((owner, prekey.id, &prekey.bytes))?;
        return if other { Err(duplicate()) } else { Ok(()) };
    }
    db.prepare_cached(
        "INSERT INTO one_time_prekey (mailbox, id, not_after, prekey) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((owner, prekey.id, int(prekey.not_after), &prekey.bytes))?;
    Ok(())
}

/// The signed prekey and the oldest one-time prekey, which is removed in the same statement (RLY-7, threat H5).
pub(super) fn take(db: &Connection, owner: &Mailbox, now: u64) -> Result<Bundle, StoreError> {
    let owner = find(db, owner)?;
    let signed = signed(db, owner, now)?;
    let one_time = db
        .prepare_cached(
            "DELETE FROM one_time_prekey WHERE one_time_prekey = \
             (SELECT one_time_prekey FROM one_time_prekey WHERE mailbox = ?1 AND not_after >= ?2 \
             ORDER BY one_time_prekey LIMIT 1) RETURNING prekey",
        )?
        .query_row((owner, int(now)), |row| row.get(0))
        .optional()?;
    Ok(Bundle { signed, one_time })
}

/// The signed prekey, and no other.
pub(super) fn signed_alone(db: &Connection, owner: &Mailbox, now: u64) -> Result<Bundle, StoreError> {
    let owner = find(db, owner)?;
    Ok(Bundle { signed: signed(db, owner, now)?, one_time: None })
}

fn signed(db: &Connection, owner: i64, now: u64) -> Result<Vec<u8>, StoreError> {
    let signed = db
        .prepare_cached("SELECT prekey FROM signed_prekey WHERE mailbox = ?1 AND not_after >= ?2")?
        .query_row((owner, int(now)), |row| row.get(0))
        .optional()?;
    Ok(signed.ok_or(Refused::new(RefusalCode::NoPrekeys, "the device has no signed prekey"))?)
}

/// What is held for a device.
pub(super) fn status(db: &Connection, owner: &Mailbox, now: u64) -> Result<PrekeyStatus, StoreError> {
    let owner = find(db, owner)?;
    let signed_not_after = db
        .prepare_cached("SELECT not_after FROM signed_prekey WHERE mailbox = ?1")?
        .query_row([owner], |row| uint(row, 0))
        .optional()?
        .unwrap_or(0);
    Ok(PrekeyStatus { one_time: count(db, owner, now)?, signed_not_after })
}

fn count(db: &Connection, owner: i64, now: u64) -> Result<u32, rusqlite::Error> {
    db.prepare_cached("SELECT count(*) FROM one_time_prekey WHERE mailbox = ?1 AND not_after >= ?2")?
        .query_row((owner, int(now)), |row| row.get(0))
}
