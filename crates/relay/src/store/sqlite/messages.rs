//! Mailboxes: enqueue, fetch, acknowledge.

use super::{
    administration::own,
    declarations, generations,
    row::{device, find, int, len, mailbox, uint},
    settings::require_reach,
    sweep::delete_acknowledged,
    writer::Effects,
};
use crate::{
    refused::Refused,
    store::{Capacity, Channel, Enqueue, Mailbox, Page, Parcel, Passed, StoreError, Stored},
};
use aside_identity::DeviceId;
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, OptionalExtension};

/// Stores the parcels of a message in all mailboxes of its recipient, or in none (RLY-21).
pub(super) fn enqueue(
    db: &Connection,
    send: &Enqueue,
    capacity: Capacity,
    effects: &mut Effects,
) -> Result<u64, StoreError> {
    let sender = generations::sender(db, &send.sender, send.generation)?;
    // First of all, so that a repetition is answered like the original whatever has changed since (RLY-9).
    if let Some(accepted_at) = accepted_before(db, sender, &send.client_id)? {
        return Ok(accepted_at);
    }
    let mailboxes = recipient(db, send)?;
    // RLY-21: one parcel for each device of the list, in its order.
    if !mailboxes.iter().map(|(_, device)| *device).eq(send.parcels.iter().map(|parcel| parcel.device)) {
        return Err(
            Refused::new(RefusalCode::Malformed, "the parcels are not one per device, ascending").into()
        );
    }
    for ((row, device), parcel) in mailboxes.into_iter().zip(&send.parcels) {
        append(db, row, sender, parcel, send, capacity)?;
        effects.wake.push(Mailbox { account: send.recipient, device });
    }
    // Last, so that what is refused leaves nothing to be undone.
    accept(db, sender, &send.client_id, send.now)?;
    Ok(send.now)
}

/// When the same client id was accepted before.
pub(super) fn accepted_before(
    db: &Connection,
    sender: i64,
    client_id: &[u8; 16],
) -> Result<Option<u64>, rusqlite::Error> {
    db.prepare_cached("SELECT accepted_at FROM accepted WHERE sender = ?1 AND client_id = ?2")?
        .query_row((sender, client_id), |row| uint(row, 0))
        .optional()
}

/// Remembers a client id (RLY-9).
pub(super) fn accept(
    db: &Connection,
    sender: i64,
    client_id: &[u8; 16],
    now: u64,
) -> Result<(), rusqlite::Error> {
    db.prepare_cached("INSERT INTO accepted (sender, client_id, accepted_at) VALUES (?1, ?2, ?3)")?
        .execute((sender, client_id, int(now)))
        .map(drop)
}

/// The mailboxes of the recipient, if the sender is let in (RLY-36, RLY-39) and knows its current devices (RLY-10).
fn recipient(db: &Connection, send: &Enqueue) -> Result<Vec<(i64, DeviceId)>, StoreError> {
    let (account, version): (i64, u64) = db
        .prepare_cached("SELECT account, list_version FROM account WHERE key = ?1 AND released_at IS NULL")?
        .query_row([send.recipient.0], |row| Ok((row.get(0)?, uint(row, 1)?)))
        .optional()?
        .ok_or(Refused::new(RefusalCode::UnknownAccount, "no such account"))?;
    // First, so that whoever is not let in learns nothing else.
    require_reach(db, &send.sender.account, &send.recipient, account, send.channel)?;
    if send.channel == Channel::Thread {
        declarations::require_none(db, &send.sender.account, account)?;
    }
    if version != send.list_version {
        return Err(Refused::new(RefusalCode::StaleDevices, "not the current device list").into());
    }
    let mailboxes = db
        .prepare_cached("SELECT mailbox, device FROM mailbox WHERE account = ?1 ORDER BY device")?
        .query_map([account], |row| Ok((row.get(0)?, device(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(mailboxes)
}

/// Puts a parcel into a mailbox, if there is room (RLY-14).
fn append(
    db: &Connection,
    mailbox: i64,
    sender: i64,
    parcel: &Parcel,
    send: &Enqueue,
    capacity: Capacity,
) -> Result<(), StoreError> {
    let sequence = next_number(db, mailbox, len(&parcel.envelope), capacity)?
        .ok_or(Refused::new(RefusalCode::MailboxFull, "the recipient's mailbox is full"))?;
    db.prepare_cached(
        "INSERT INTO message (mailbox, sequence, sender, accepted_at, until, envelope) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((mailbox, sequence, sender, int(send.now), int(send.until.0), &parcel.envelope))?;
    Ok(())
}

/// Takes the next sequence number and counts the message, if there is room (RLY-11, RLY-14). The first number of a run
/// is not below the time of its start, so that a relay that goes on with an older copy of its data does not give a
/// number again (RLY-26).
pub(super) fn next_number(
    db: &Connection,
    mailbox: i64,
    bytes: i64,
    capacity: Capacity,
) -> Result<Option<i64>, rusqlite::Error> {
    // Two statements: one that also answers (`RETURNING`, `FROM`) builds a table for it, at ten times the cost.
    let number: Option<i64> = db
        .prepare_cached(
            "SELECT iif(renumbered = opened, next_sequence, max(next_sequence, opened)) FROM mailbox JOIN run \
             WHERE mailbox = ?1 AND messages < coalesce(room_messages, ?3) AND bytes + ?2 <= coalesce(room_bytes, ?4)",
        )?
        .query_row((mailbox, bytes, int(capacity.messages), int(capacity.bytes)), |row| row.get(0))
        .optional()?;
    if let Some(number) = number {
        db.prepare_cached(
            "UPDATE mailbox SET next_sequence = ?2 + 1, renumbered = (SELECT opened FROM run), \
                 messages = messages + 1, bytes = bytes + ?3 WHERE mailbox = ?1",
        )?
        .execute((mailbox, number, bytes))?;
    }
    Ok(number)
}

/// Walks the index of one mailbox from where the reader is; the size of the rest does not matter.
pub(super) const FETCH_AFTER: &str = "\
    SELECT sequence, account.key, sender.device, accepted_at, until, coalesce(body.envelope, message.envelope) \
    FROM message \
    JOIN mailbox AS sender ON sender.mailbox = message.sender JOIN account USING (account) \
    LEFT JOIN body ON body.body = message.body \
    WHERE message.mailbox = ?1 \
    AND sequence > max(?2, (SELECT acknowledged FROM mailbox WHERE mailbox = ?1)) AND until > ?4 \
    ORDER BY sequence LIMIT ?3";

/// Reads on in a mailbox; what is acknowledged or over is skipped even if it is not deleted yet (RLY-42).
pub(super) fn fetch_after(
    db: &Connection,
    address: &Mailbox,
    after: u64,
    page: Page,
    passed: Passed,
) -> Result<Vec<Stored>, StoreError> {
    let row = own(db, address)?;
    let mut statement = db.prepare_cached(FETCH_AFTER)?;
    let most = i64::try_from(page.messages).unwrap_or(i64::MAX);
    let mut rows = statement.query((row, int(after), most, int(passed.0)))?;
    let mut messages = Vec::new();
    let mut bytes = 0usize;
    while let Some(row) = rows.next()? {
        let stored = Stored {
            sequence: uint(row, 0)?,
            sender: mailbox(row, 1)?,
            accepted_at: uint(row, 3)?,
            until: Passed(uint(row, 4)?),
            envelope: row.get(5)?,
        };
        bytes = bytes.saturating_add(stored.envelope.len());
        if bytes > page.bytes && !messages.is_empty() {
            break;
        }
        messages.push(stored);
    }
    Ok(messages)
}

/// The highest sequence number given.
pub(super) fn newest(db: &Connection, address: &Mailbox) -> Result<u64, StoreError> {
    let mailbox = find(db, address)?;
    Ok(db
        .prepare_cached("SELECT next_sequence - 1 FROM mailbox WHERE mailbox = ?1")?
        .query_row([mailbox], |row| uint(row, 0))?)
}

/// Walks the index of one mailbox from its end, over what is over and not deleted yet.
pub(super) const WAITING: &str = "\
    SELECT sequence FROM message WHERE mailbox = ?1 \
    AND sequence > (SELECT acknowledged FROM mailbox WHERE mailbox = ?1) AND until > ?2 \
    ORDER BY sequence DESC LIMIT 1";

/// The highest number of what waits and is not over (RLY-42).
pub(super) fn waiting(db: &Connection, address: &Mailbox, passed: Passed) -> Result<u64, StoreError> {
    let mailbox = find(db, address)?;
    let highest =
        db.prepare_cached(WAITING)?.query_row((mailbox, int(passed.0)), |row| uint(row, 0)).optional()?;
    Ok(highest.unwrap_or(0))
}

/// Moves the cursor and deletes a first step behind it; [`sweep`] does the rest (RLY-13).
pub(super) fn acknowledge_up_to(db: &Connection, address: &Mailbox, up_to: u64) -> Result<(), StoreError> {
    let mailbox = own(db, address)?;
    // A number that was never given would acknowledge mail that is still to come.
    let moved: Option<i64> = db
        .prepare_cached(
            "UPDATE mailbox SET acknowledged = max(acknowledged, ?2) WHERE mailbox = ?1 AND ?2 < next_sequence \
             RETURNING acknowledged",
        )?
        .query_row((mailbox, int(up_to)), |row| row.get(0))
        .optional()?;
    if moved.is_none() {
        return Err(Refused::new(RefusalCode::Malformed, "no message has this sequence number").into());
    }
    delete_acknowledged(db, mailbox)?;
    Ok(())
}

/// Every message with its mailbox, in order of acceptance.
pub(super) fn all(db: &Connection) -> Result<Vec<(Mailbox, Stored)>, rusqlite::Error> {
    db.prepare(
        "SELECT owner.key, place.device, sequence, author.key, sender.device, accepted_at, until, \
         coalesce(body.envelope, message.envelope) FROM message LEFT JOIN body ON body.body = message.body \
         JOIN mailbox AS place ON place.mailbox = message.mailbox JOIN account AS owner ON owner.account = place.account \
         JOIN mailbox AS sender ON sender.mailbox = message.sender \
         JOIN account AS author ON author.account = sender.account ORDER BY message",
    )?
    .query_map([], |row| {
        let stored = Stored {
            sequence: uint(row, 2)?,
            sender: mailbox(row, 3)?,
            accepted_at: uint(row, 5)?,
            until: Passed(uint(row, 6)?),
            envelope: row.get(7)?,
        };
        Ok((mailbox(row, 0)?, stored))
    })?
    .collect()
}
