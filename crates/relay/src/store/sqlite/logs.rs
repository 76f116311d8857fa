//! Logs: append at the end, read from anywhere. What an entry says is not the relay's to know.

use super::{
    fan_out::deliver,
    generations,
    messages::accept,
    row::{int, uint},
    writer::Effects,
};
use crate::{
    refused::Refused,
    store::{Append, Capacity, Entries, FannedOut, Log, Page, StoreError},
};
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, OptionalExtension};

/// Appends if the position is the next one, and delivers the notice with it (RLY-28).
pub(super) fn append(
    db: &Connection,
    append: &Append,
    capacity: Capacity,
    effects: &mut Effects,
) -> Result<FannedOut, StoreError> {
    let Append { log, position, entry, notice } = append;
    let sender = generations::sender(db, &notice.sender, notice.generation, &notice.client_id)?;
    // Before the position, which the first of them has moved (RLY-9).
    if let Some(accepted_at) = sender.accepted_at {
        return Ok(FannedOut { accepted_at, missed: Vec::new() });
    }
    let row = advance(db, log, *position)?
        .ok_or(Refused::new(RefusalCode::LogMoved, "not the position after the newest"))?;
    db.prepare_cached("INSERT INTO log_entry (log, position, entry) VALUES (?1, ?2, ?3)")?.execute((
        row,
        int(*position),
        entry,
    ))?;
    accept(db, sender.mailbox, &notice.client_id, (notice.now, notice.passed))?;
    Ok(deliver(db, sender.mailbox, notice, capacity, effects)?)
}

/// The log, whose newest position is the one given now; `None` if it was not the next.
fn advance(db: &Connection, log: &Log, position: u64) -> Result<Option<i64>, rusqlite::Error> {
    let mut statement = if position == 1 {
        db.prepare_cached(
            "INSERT INTO log (id, newest) VALUES (?1, ?2) ON CONFLICT DO NOTHING RETURNING log",
        )?
    } else {
        db.prepare_cached("UPDATE log SET newest = ?2 WHERE id = ?1 AND newest = ?2 - 1 RETURNING log")?
    };
    statement.query_row((log.0, int(position)), |row| row.get(0)).optional()
}

/// Entries from a position on, none beyond the newest that is reported with them.
pub(super) fn entries_from(
    db: &Connection,
    log: &Log,
    position: u64,
    page: Page,
) -> Result<Entries, StoreError> {
    let known: Option<(i64, u64)> = db
        .prepare_cached("SELECT log, newest FROM log WHERE id = ?1")?
        .query_row([log.0], |row| Ok((row.get(0)?, uint(row, 1)?)))
        .optional()?;
    let Some((row, newest)) = known else { return Ok(Entries { newest: 0, entries: Vec::new() }) };
    let mut statement = db.prepare_cached(
        "SELECT entry FROM log_entry WHERE log = ?1 AND position BETWEEN ?2 AND ?3 ORDER BY position LIMIT ?4",
    )?;
    let most = i64::try_from(page.messages).unwrap_or(i64::MAX);
    let mut rows = statement.query((row, int(position), int(newest), most))?;
    let mut entries: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0usize;
    while let Some(row) = rows.next()? {
        let entry: Vec<u8> = row.get(0)?;
        bytes = bytes.saturating_add(entry.len());
        if bytes > page.bytes && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(Entries { newest, entries })
}

/// Every entry of every log, by log and position.
pub(super) fn all(db: &Connection) -> Result<Vec<(Log, u64, Vec<u8>)>, rusqlite::Error> {
    db.prepare("SELECT id, position, entry FROM log_entry JOIN log USING (log) ORDER BY log, position")?
        .query_map([], |row| Ok((Log(row.get(0)?), uint(row, 1)?, row.get(2)?)))?
        .collect()
}
