//! What an operator decides about accounts, and what a store holds in numbers.

use super::{
    row::{device, int, mailbox, uint},
    writer::Effects,
};
use crate::{
    limits::{OF_LATE_MS, SWEEP_ROWS},
    refused::Refused,
    store::{Account, AccountSummary, Capacity, DeviceSummary, Mailbox, Passed, Statistics, StoreError},
};
use aside_identity::Handle;
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, OptionalExtension};

/// Of whoever is not let in for now.
pub(super) const SUSPENDED: Refused =
    Refused::new(RefusalCode::Suspended, "the operator has suspended the account");
/// Of whoever is not there.
pub(super) const UNKNOWN_ACCOUNT: Refused =
    Refused::new(RefusalCode::UnknownAccount, "no such account or device");
const UNKNOWN_HANDLE: Refused = Refused::new(RefusalCode::UnknownHandle, "no account has this handle");

/// The mailbox of a device that asks for itself, unless its account is suspended (RLY-60).
pub(super) fn own(db: &Connection, device: &Mailbox) -> Result<i64, StoreError> {
    let found: Option<(i64, bool)> = db
        .prepare_cached(
            "SELECT mailbox, suspended_at IS NULL FROM mailbox JOIN account USING (account) \
             WHERE account.key = ?1 AND mailbox.device = ?2 AND released_at IS NULL",
        )?
        .query_row((device.account.0, device.device.number()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((row, true)) => Ok(row),
        Some(_) => Err(SUSPENDED.into()),
        None => Err(UNKNOWN_ACCOUNT.into()),
    }
}

/// Refuses what a suspended account asks for (RLY-60).
pub(super) fn standing(db: &Connection, account: &Account) -> Result<(), StoreError> {
    let good: Option<bool> = db
        .prepare_cached("SELECT suspended_at IS NULL FROM account WHERE key = ?1 AND released_at IS NULL")?
        .query_row([account.0], |row| row.get(0))
        .optional()?;
    match good {
        Some(true) => Ok(()),
        Some(false) => Err(SUSPENDED.into()),
        None => Err(UNKNOWN_ACCOUNT.into()),
    }
}

/// Suspends an account, or lifts that; the moment of the first of several suspensions stays.
pub(super) fn suspend(
    db: &Connection,
    handle: &Handle,
    at: Option<u64>,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let account = account_row(db, handle)?.ok_or(UNKNOWN_HANDLE)?;
    match at {
        Some(at) => {
            db.prepare_cached(
                "UPDATE account SET suspended_at = coalesce(suspended_at, ?2) WHERE account = ?1",
            )?
            .execute((account, int(at)))?;
            wake(db, account, effects)?;
        }
        None => {
            db.prepare_cached("UPDATE account SET suspended_at = NULL WHERE account = ?1")?
                .execute([account])?;
        }
    }
    Ok(())
}

/// Closes an account and keeps its handle from everybody for a time (RLY-62).
pub(super) fn release(
    db: &Connection,
    handle: &Handle,
    now: u64,
    quarantine: u64,
    effects: &mut Effects,
) -> Result<Passed, StoreError> {
    if let Some((_, free_at)) = released(db, handle)? {
        return Ok(free_at);
    }
    let account = account_row(db, handle)?.ok_or(UNKNOWN_HANDLE)?;
    let free_at = db
        .prepare_cached(
            "INSERT INTO released_handle (handle, account, free_at) SELECT ?1, ?2, passed + ?3 FROM run \
             RETURNING free_at",
        )?
        .query_row((handle.as_str(), account, int(quarantine)), |row| uint(row, 0))?;
    // No handle begins with a digit, so nobody can ask for this one.
    db.prepare_cached("UPDATE account SET released_at = ?2, handle = account WHERE account = ?1")?
        .execute((account, int(now)))?;
    wake(db, account, effects)?;
    Ok(Passed(free_at))
}

/// Gives a released handle back to its account.
pub(super) fn reinstate(db: &Connection, handle: &Handle) -> Result<(), StoreError> {
    let (account, _) = released(db, handle)?.ok_or(UNKNOWN_HANDLE)?;
    db.prepare_cached("DELETE FROM released_handle WHERE handle = ?1")?.execute([handle.as_str()])?;
    db.prepare_cached("UPDATE account SET released_at = NULL, handle = ?2 WHERE account = ?1")?
        .execute((account, handle.as_str()))?;
    Ok(())
}

/// Changes what the mailboxes of an account may hold.
pub(super) fn set_capacity(
    db: &Connection,
    handle: &Handle,
    capacity: Option<Capacity>,
) -> Result<(), StoreError> {
    let account = account_row(db, handle)?.ok_or(UNKNOWN_HANDLE)?;
    let room = (capacity.map(|room| int(room.messages)), capacity.map(|room| int(room.bytes)));
    db.prepare_cached("UPDATE mailbox SET room_messages = ?2, room_bytes = ?3 WHERE account = ?1")?
        .execute((account, room.0, room.1))?;
    Ok(())
}

/// Wakes the devices of accounts that another process has suspended or released.
pub(super) fn wake_suspended(db: &Connection, now: u64, effects: &mut Effects) -> Result<(), StoreError> {
    let since = int(now.saturating_sub(OF_LATE_MS));
    let devices = db
        .prepare_cached(
            "SELECT key, device FROM account JOIN mailbox USING (account) WHERE suspended_at > ?1 \
             UNION ALL SELECT key, device FROM released_handle JOIN account USING (account) \
             JOIN mailbox USING (account) WHERE released_at > ?1",
        )?
        .query_map([since], |row| mailbox(row, 0))?
        .collect::<Result<Vec<_>, _>>()?;
    effects.wake.extend(devices);
    Ok(())
}

/// One step of deleting what a released account left; then its handle is free. Whether more remains. Its keys stay, so
/// that nobody can use them again (RLY-6), and what it sent stays until it is fetched or over.
pub(super) fn clear_released(db: &Connection, passed: Passed) -> Result<bool, StoreError> {
    let due: Option<i64> = db
        .prepare_cached("SELECT account FROM released_handle WHERE free_at <= ?1 LIMIT 1")?
        .query_row([int(passed.0)], |row| row.get(0))
        .optional()?;
    let Some(account) = due else { return Ok(false) };
    let over = db
        .prepare_cached(
            "UPDATE message SET until = 0 WHERE message IN (SELECT message FROM message \
             WHERE mailbox IN (SELECT mailbox FROM mailbox WHERE account = ?1) AND until > 0 LIMIT ?2)",
        )?
        .execute((account, SWEEP_ROWS))?;
    if over == 0 {
        for table in [
            "DELETE FROM signed_prekey WHERE mailbox IN (SELECT mailbox FROM mailbox WHERE account = ?1)",
            "DELETE FROM one_time_prekey WHERE mailbox IN (SELECT mailbox FROM mailbox WHERE account = ?1)",
            "DELETE FROM listed WHERE account = ?1",
            "DELETE FROM settings WHERE account = ?1",
            "DELETE FROM declaration WHERE declarer = ?1",
            "DELETE FROM device_list WHERE account = ?1",
            "DELETE FROM released_handle WHERE account = ?1",
        ] {
            db.prepare_cached(table)?.execute([account])?;
        }
    }
    Ok(true)
}

/// The account of a handle, also of one that was released.
pub(super) fn account_summary(db: &Connection, handle: &Handle) -> Result<AccountSummary, StoreError> {
    let (account, free_at) = match released(db, handle)? {
        Some((account, free_at)) => (account, Some(free_at)),
        None => (account_row(db, handle)?.ok_or(UNKNOWN_HANDLE)?, None),
    };
    let (key, suspended_at) = db
        .prepare_cached("SELECT key, suspended_at FROM account WHERE account = ?1")?
        .query_row([account], |row| Ok((Account(row.get(0)?), optional(row, 1)?)))?;
    let mut capacity = None;
    let devices = db
        .prepare_cached(
            "SELECT device, messages, bytes, room_messages, room_bytes, \
             (SELECT count(*) FROM one_time_prekey WHERE one_time_prekey.mailbox = mailbox.mailbox) \
             FROM mailbox WHERE account = ?1 ORDER BY device",
        )?
        .query_map([account], |row| {
            let room = optional(row, 3)?.zip(optional(row, 4)?);
            capacity = room.map(|(messages, bytes)| Capacity { messages, bytes });
            Ok(DeviceSummary {
                device: device(row, 0)?,
                messages: uint(row, 1)?,
                bytes: uint(row, 2)?,
                one_time_prekeys: uint(row, 5)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(AccountSummary { account: key, suspended_at, free_at, capacity, devices })
}

/// Everything counted. The mailboxes know what is in them, so that messages need not be counted one by one.
pub(super) fn statistics(db: &Connection) -> Result<Statistics, StoreError> {
    let number = |sql| db.prepare_cached(sql)?.query_row([], |row| uint(row, 0));
    let (devices, messages, bytes) = db
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE released_at IS NULL), coalesce(sum(messages), 0), coalesce(sum(bytes), 0) \
             FROM mailbox JOIN account USING (account)",
        )?
        .query_row([], |row| Ok((uint(row, 0)?, uint(row, 1)?, uint(row, 2)?)))?;
    let page = number("SELECT page_size FROM pragma_page_size")?;
    Ok(Statistics {
        accounts: number("SELECT count(*) FROM account WHERE released_at IS NULL")?,
        suspended: number(
            "SELECT count(*) FROM account WHERE suspended_at IS NOT NULL AND released_at IS NULL",
        )?,
        released: number("SELECT count(*) FROM released_handle")?,
        devices,
        messages,
        bytes,
        oldest: db
            .prepare_cached("SELECT accepted_at FROM message ORDER BY message LIMIT 1")?
            .query_row([], |row| uint(row, 0))
            .optional()?,
        logs: number("SELECT count(*) FROM log")?,
        entries: number("SELECT coalesce(sum(newest), 0) FROM log")?,
        one_time_prekeys: number("SELECT count(*) FROM one_time_prekey")?,
        disk: number("SELECT page_count FROM pragma_page_count")?.saturating_mul(page),
        free: number("SELECT freelist_count FROM pragma_freelist_count")?.saturating_mul(page),
    })
}

/// The account of a handle that was not released.
fn account_row(db: &Connection, handle: &Handle) -> Result<Option<i64>, rusqlite::Error> {
    db.prepare_cached("SELECT account FROM account WHERE handle = ?1")?
        .query_row([handle.as_str()], |row| row.get(0))
        .optional()
}

/// The account that had a handle before it was released, and when that is free.
fn released(db: &Connection, handle: &Handle) -> Result<Option<(i64, Passed)>, rusqlite::Error> {
    db.prepare_cached("SELECT account, free_at FROM released_handle WHERE handle = ?1")?
        .query_row([handle.as_str()], |row| Ok((row.get(0)?, Passed(uint(row, 1)?))))
        .optional()
}

/// Wakes the devices of an account, so that they learn how it stands.
fn wake(db: &Connection, account: i64, effects: &mut Effects) -> Result<(), rusqlite::Error> {
    let devices = db
        .prepare_cached("SELECT key, device FROM account JOIN mailbox USING (account) WHERE account = ?1")?
        .query_map([account], |row| mailbox(row, 0))?
        .collect::<Result<Vec<_>, _>>()?;
    effects.wake.extend(devices);
    Ok(())
}

fn optional(row: &rusqlite::Row<'_>, column: usize) -> Result<Option<u64>, rusqlite::Error> {
    let value: Option<i64> = row.get(column)?;
    value.map(|_| uint(row, column)).transpose()
}
