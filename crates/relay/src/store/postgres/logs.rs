//! Logs: append at the end, read from anywhere. What an entry says is not the relay's to know.

use super::{
    fan_out::{fanned_out, lock},
    pool::Pool,
    row::{addresses, count, damaged, int, number, uint},
    session::call,
    writer::{Locks, Writer},
};
use crate::{
    limits::KEPT_FREE,
    store::{Answer, Append, Capacity, Entries, FanOut, FannedOut, Log, Page},
};

/// Appends if the position is the next one, and delivers the notice with it (RLY-28).
pub(super) fn append(writer: &Writer, append: Append, capacity: Capacity) -> Answer<FannedOut> {
    let Append { log, position, entry, notice } = append;
    let FanOut { sender, generation, client_id, recipients, envelope, now, passed, until } = notice;
    let (keys, devices) = addresses(&recipients);
    let call = call!(
        "SELECT * FROM append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        sender.account.0.to_vec(),
        number(sender.device),
        int(generation),
        client_id.to_vec(),
        log.0.to_vec(),
        int(position),
        entry,
        keys,
        devices,
        envelope,
        int(now),
        int(passed.0),
        int(until.0),
        int(capacity.messages),
        int(capacity.bytes),
        int(KEPT_FREE)
    );
    let named = recipients.clone();
    let locks = move |locks: &mut Locks| {
        lock(locks, sender, &named);
        locks.log(&log);
    };
    writer.submit(call, recipients.len(), locks, move |row| fanned_out(row, &recipients))
}

/// Entries from a position on, none beyond the newest that is reported with them.
pub(super) fn entries_from(readers: &Pool, log: &Log, position: u64, page: Page) -> Answer<Entries> {
    let call = call!(
        "SELECT * FROM entries_from($1, $2, $3, $4)",
        log.0.to_vec(),
        int(position),
        count(page.messages),
        count(page.bytes)
    );
    readers.ask(call, |rows| {
        let row = rows.first().ok_or_else(damaged)?;
        Ok(Entries { newest: uint(row, 0)?, entries: row.try_get(1)? })
    })
}
