//! Mailboxes: enqueue, fetch, acknowledge.

use super::{
    administration::own,
    declarations, generations,
    row::{device, find, int, len, mailbox, uint},
    settings::reached,
    sweep::delete_acknowledged,
    writer::Effects,
};
use crate::{
    limits::KEPT_FREE,
    refused::Refused,
    store::{Capacity, Channel, Enqueue, Mailbox, Page, Passed, StoreError, Stored},
};
use aside_identity::DeviceId;
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, OptionalExtension, Row};

/// Stores the parcels of a message in all mailboxes of its recipient, or in none (RLY-21).
pub(super) fn enqueue(
    db: &Connection,
    send: &Enqueue,
    capacity: Capacity,
    effects: &mut Effects,
) -> Result<u64, StoreError> {
    let sender = generations::sender(db, &send.sender, send.generation, &send.client_id)?;
    // First of all, so that a repetition is answered like the original whatever has changed since (RLY-9).
    if let Some(accepted_at) = sender.accepted_at {
        return Ok(accepted_at);
    }
    let rooms = recipient(db, send, sender.account, capacity)?;
    // RLY-21: one parcel for each device of the list, in its order.
    if !rooms.iter().map(|room| room.device).eq(send.parcels.iter().map(|parcel| parcel.device)) {
        return Err(
            Refused::new(RefusalCode::Malformed, "the parcels are not one per device, ascending").into()
        );
    }
    // All is looked at before anything is written: what is refused leaves nothing to be undone.
    if !rooms.iter().zip(&send.parcels).all(|(room, parcel)| room.takes(len(&parcel.envelope))) {
        return Err(Refused::new(RefusalCode::MailboxFull, "the recipient's mailbox is full").into());
    }
    for (room, parcel) in rooms.into_iter().zip(&send.parcels) {
        count(db, room.mailbox, room.next, len(&parcel.envelope))?;
        db.prepare_cached(
            "INSERT INTO message (mailbox, sequence, sender, accepted_at, until, envelope) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            room.mailbox,
            room.next,
            sender.mailbox,
            int(send.now),
            int(send.until.0),
            &parcel.envelope,
        ))?;
        effects.wake.push(Mailbox { account: send.recipient, device: room.device });
    }
    accept(db, sender.mailbox, &send.client_id, (send.now, send.passed))?;
    Ok(send.now)
}

/// Remembers a client id (RLY-9).
pub(super) fn accept(
    db: &Connection,
    sender: i64,
    client_id: &[u8; 16],
    (now, passed): (u64, Passed),
) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "INSERT INTO accepted (sender, client_id, accepted_at, passed) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((sender, client_id, int(now), int(passed.0)))
    .map(drop)
}

/// A mailbox with its next number, and how much it may still hold.
pub(super) struct Room {
    pub(super) mailbox: i64,
    device: DeviceId,
    pub(super) next: i64,
    messages: i64,
    bytes: i64,
}

impl Room {
    /// Whether there is room for a message of this length (RLY-14).
    pub(super) const fn takes(&self, bytes: i64) -> bool {
        self.messages > 0 && self.bytes >= bytes
    }

    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            mailbox: row.get(0)?,
            device: device(row, 1)?,
            next: row.get(2)?,
            messages: row.get(3)?,
            bytes: row.get(4)?,
        })
    }
}

// What a [`Room`] is read from. The first number of a run is not below the time of its start, so that a relay that goes on with an older
// copy of its data does not give a number again (RLY-26).

const ROOMS: &str = "\
    SELECT mailbox, device, iif(renumbered = opened, next_sequence, max(next_sequence, opened)), \
    coalesce(room_messages, ?2) - messages, coalesce(room_bytes, ?3) - bytes \
    FROM mailbox JOIN run WHERE account = ?1 ORDER BY device";

// Of what passes no settings, which leaves a part of the mailbox free (RLY-112).
const ROOM: &str = "\
    SELECT mailbox, device, iif(renumbered = opened, next_sequence, max(next_sequence, opened)), \
    coalesce(room_messages, ?3) - coalesce(room_messages, ?3) / ?5 - messages, \
    coalesce(room_bytes, ?4) - coalesce(room_bytes, ?4) / ?5 - bytes \
    FROM mailbox JOIN account USING (account) JOIN run \
    WHERE account.key = ?1 AND mailbox.device = ?2 AND released_at IS NULL";

/// The mailboxes of the recipient, if the sender is let in (RLY-36, RLY-39) and knows its current devices (RLY-10).
fn recipient(
    db: &Connection,
    send: &Enqueue,
    sender: i64,
    capacity: Capacity,
) -> Result<Vec<Room>, StoreError> {
    // First, so that whoever is not let in learns nothing else.
    let (account, version) = reached(db, &send.sender.account, &send.recipient, send.channel)?;
    if send.channel == Channel::Thread {
        declarations::require_none(db, sender, account)?;
    }
    if version != send.list_version {
        return Err(Refused::new(RefusalCode::StaleDevices, "not the current device list").into());
    }
    let rooms = db
        .prepare_cached(ROOMS)?
        .query_map((account, int(capacity.messages), int(capacity.bytes)), Room::read)?
        .collect::<Result<_, _>>()?;
    Ok(rooms)
}

/// The mailbox of one device, if there is one, with the room that fan-outs and notices have there.
pub(super) fn room(
    db: &Connection,
    address: &Mailbox,
    capacity: Capacity,
) -> Result<Option<Room>, rusqlite::Error> {
    let (key, device) = (address.account.0, address.device.number());
    db.prepare_cached(ROOM)?
        .query_row((key, device, int(capacity.messages), int(capacity.bytes), int(KEPT_FREE)), Room::read)
        .optional()
}

/// Counts a message with its number (RLY-11).
pub(super) fn count(db: &Connection, mailbox: i64, number: i64, bytes: i64) -> Result<(), rusqlite::Error> {
    // Apart from the reading: a statement that also answers (`RETURNING`, `FROM`) builds a table for it, at ten times the cost.
    db.prepare_cached(
        "UPDATE mailbox SET next_sequence = ?2 + 1, renumbered = (SELECT opened FROM run), \
         messages = messages + 1, bytes = bytes + ?3 WHERE mailbox = ?1",
    )?
    .execute((mailbox, number, bytes))
    .map(drop)
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
