//! What is deleted: behind a cursor, and when its time is over.

use super::{administration, fan_out::release_body, row::int, writer::Effects};
use crate::{
    limits::{CLIENT_ID_MS, SWEEP_ROWS},
    store::{Passed, StoreError},
};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// One step of everything that is deleted by time or after an acknowledgement; whether more remains.
pub(super) fn sweep(
    db: &Connection,
    now: u64,
    passed: Passed,
    effects: &mut Effects,
) -> Result<bool, StoreError> {
    note(db, now, passed)?;
    administration::wake_suspended(db, now, effects)?;
    let left = administration::clear_released(db, passed)?;
    let behind: Option<i64> = db
        .prepare_cached("SELECT mailbox FROM mailbox WHERE swept < acknowledged LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    if let Some(mailbox) = behind {
        delete_acknowledged(db, mailbox)?;
    }
    let over = delete_over(db, passed)?;
    // RLY-115: by the count, which no clock moves while the relay runs.
    let forgotten = db
        .prepare_cached(
            "DELETE FROM accepted WHERE (sender, client_id) IN \
             (SELECT sender, client_id FROM accepted WHERE passed < ?1 LIMIT ?2)",
        )?
        .execute((int(passed.0.saturating_sub(CLIENT_ID_MS)), SWEEP_ROWS))?;
    let expired = db
        .prepare_cached(
            "DELETE FROM one_time_prekey WHERE one_time_prekey IN \
             (SELECT one_time_prekey FROM one_time_prekey WHERE not_after < ?1 LIMIT ?2)",
        )?
        .execute((int(now.min(passed.0)), SWEEP_ROWS))?;
    give_back(db)?;
    Ok(left || behind.is_some() || over > 0 || forgotten > 0 || expired > 0)
}

/// Gives free pages back to the file system, a few at a time: a mailbox that filled once often fills again.
fn give_back(db: &Connection) -> Result<(), rusqlite::Error> {
    let mut statement = db.prepare("PRAGMA incremental_vacuum(1024)")?;
    let mut pages = statement.query([])?;
    // Each step frees one page.
    while pages.next()?.is_some() {}
    Ok(())
}

/// Notes how far the count of time has come, and what the clock says at that moment (RLY-43).
fn note(db: &Connection, now: u64, passed: Passed) -> Result<(), rusqlite::Error> {
    db.prepare_cached("UPDATE run SET passed = max(passed, ?1), noted = ?2")?
        .execute((int(passed.0), int(now)))
        .map(drop)
}

/// Deletes up to [`SWEEP_ROWS`] messages behind the cursor, oldest first.
pub(super) fn delete_acknowledged(db: &Connection, mailbox: i64) -> Result<(), rusqlite::Error> {
    let deleted = db
        .prepare_cached(
            "DELETE FROM message WHERE message IN (SELECT message FROM message WHERE mailbox = ?1 \
             AND sequence <= (SELECT acknowledged FROM mailbox WHERE mailbox = ?1) ORDER BY sequence LIMIT ?2) \
             RETURNING sequence, length(envelope), body",
        )?
        .query_map((mailbox, SWEEP_ROWS), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(i64, i64, Option<i64>)>, _>>()?;
    let mut bytes: i64 = deleted.iter().map(|(_, bytes, _)| bytes).sum();
    for body in deleted.iter().filter_map(|(_, _, body)| *body) {
        bytes = bytes.saturating_add(release_body(db, body)?);
    }
    let count = i64::try_from(deleted.len()).unwrap_or(i64::MAX);
    // Fewer than a full step: nothing is left behind the cursor.
    let last = match u32::try_from(count) {
        Ok(count) if count >= SWEEP_ROWS => deleted.iter().map(|(sequence, ..)| *sequence).max(),
        _ => None,
    };
    db.prepare_cached(
        "UPDATE mailbox SET messages = messages - ?2, bytes = bytes - ?3, swept = coalesce(?4, acknowledged) \
         WHERE mailbox = ?1",
    )?
    .execute((mailbox, count, bytes, last))
    .map(drop)
}

/// Looks at one end of an index; how much waits for its time does not matter.
pub(super) const DELETE_OVER: &str = "\
    DELETE FROM message WHERE message IN \
    (SELECT message FROM message WHERE until <= ?1 ORDER BY until LIMIT ?2) RETURNING mailbox, length(envelope), body";

/// Deletes up to [`SWEEP_ROWS`] messages whose time is over, and returns how many (RLY-42).
fn delete_over(db: &Connection, passed: Passed) -> Result<usize, rusqlite::Error> {
    let deleted = db
        .prepare_cached(DELETE_OVER)?
        .query_map((int(passed.0), SWEEP_ROWS), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(i64, i64, Option<i64>)>, _>>()?;
    // A body is over in all its mailboxes at once, and gone after the first look at it.
    let mut bodies = BTreeMap::new();
    let mut rooms = BTreeMap::<i64, (i64, i64)>::new();
    for (mailbox, length, body) in &deleted {
        let length = match body {
            None => *length,
            Some(body) => match bodies.get(body) {
                Some(length) => *length,
                None => *bodies.entry(*body).or_insert(release_body(db, *body)?),
            },
        };
        let room = rooms.entry(*mailbox).or_default();
        *room = (room.0.saturating_add(1), room.1.saturating_add(length));
    }
    let mut give = db.prepare_cached(
        "UPDATE mailbox SET messages = messages - ?2, bytes = bytes - ?3 WHERE mailbox = ?1",
    )?;
    for (mailbox, (messages, bytes)) in rooms {
        give.execute((mailbox, messages, bytes))?;
    }
    Ok(deleted.len())
}
