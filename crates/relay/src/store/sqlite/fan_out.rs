//! One message for many mailboxes: stored once, numbered in each.

use super::{
    generations,
    messages::{accept, count, room},
    row::{int, len},
    writer::Effects,
};
use crate::store::{Capacity, FanOut, FannedOut, Mailbox, Missed, StoreError};
use aside_wire::pb::RefusalCode;
use rusqlite::Connection;

/// Stores a message for everybody who exists and has room (RLY-29).
pub(super) fn fan_out(
    db: &Connection,
    message: &FanOut,
    capacity: Capacity,
    effects: &mut Effects,
) -> Result<FannedOut, StoreError> {
    let sender = generations::sender(db, &message.sender, message.generation, &message.client_id)?;
    // RLY-9. Who missed it is not kept, because to whom it went is not.
    if let Some(accepted_at) = sender.accepted_at {
        return Ok(FannedOut { accepted_at, missed: Vec::new() });
    }
    accept(db, sender.mailbox, &message.client_id, (message.now, message.passed))?;
    Ok(deliver(db, sender.mailbox, message, capacity, effects)?)
}

/// Puts a new message into the mailboxes.
pub(super) fn deliver(
    db: &Connection,
    sender: i64,
    message: &FanOut,
    capacity: Capacity,
    effects: &mut Effects,
) -> Result<FannedOut, rusqlite::Error> {
    let mut missed = Vec::new();
    let mut body = None;
    for recipient in &message.recipients {
        match place(db, recipient, len(&message.envelope), capacity)? {
            Err(code) => missed.push(Missed { mailbox: *recipient, code }),
            Ok((mailbox, sequence)) => {
                let body = match body {
                    Some(body) => body,
                    None => *body.insert(store_body(db, &message.envelope)?),
                };
                db.prepare_cached(
                    "INSERT INTO message (mailbox, sequence, sender, accepted_at, until, envelope, body) \
                     VALUES (?1, ?2, ?3, ?4, ?5, x'', ?6)",
                )?
                .execute((
                    mailbox,
                    sequence,
                    sender,
                    int(message.now),
                    int(message.until.0),
                    body,
                ))?;
                effects.wake.push(*recipient);
            }
        }
    }
    Ok(FannedOut { accepted_at: message.now, missed })
}

/// The mailbox of a device with its next number, or why it gets none.
fn place(
    db: &Connection,
    recipient: &Mailbox,
    bytes: i64,
    capacity: Capacity,
) -> Result<Result<(i64, i64), RefusalCode>, rusqlite::Error> {
    let Some(room) = room(db, recipient, capacity)? else { return Ok(Err(RefusalCode::UnknownAccount)) };
    if !room.takes(bytes) {
        return Ok(Err(RefusalCode::MailboxFull));
    }
    count(db, room.mailbox, room.next, bytes)?;
    Ok(Ok((room.mailbox, room.next)))
}

fn store_body(db: &Connection, envelope: &[u8]) -> Result<i64, rusqlite::Error> {
    db.prepare_cached("INSERT INTO body (envelope) VALUES (?1) RETURNING body")?
        .query_row([envelope], |row| row.get(0))
}

/// Looks at one place of an index; how many still name the body does not matter.
pub(super) const DELETE_UNNAMED: &str =
    "DELETE FROM body WHERE body = ?1 AND NOT EXISTS (SELECT 1 FROM message WHERE message.body = ?1)";

/// The size of a body, which goes if nothing names it any more.
pub(super) fn release_body(db: &Connection, body: i64) -> Result<i64, rusqlite::Error> {
    let bytes = db
        .prepare_cached("SELECT length(envelope) FROM body WHERE body = ?1")?
        .query_row([body], |row| row.get(0))?;
    db.prepare_cached(DELETE_UNNAMED)?.execute([body])?;
    Ok(bytes)
}
