//! Mailboxes: enqueue, fetch, acknowledge.

use super::{
    pool::Pool,
    refusals::require_accepted,
    row::{count, damaged, int, mailbox, number, uint},
    session::{Call, call},
    writer::{Done, Locks, Writer},
};
use crate::{
    limits::SWEEP_ROWS,
    store::{Answer, Capacity, Channel, Enqueue, Mailbox, Page, Passed, StoreError, Stored},
};
use tokio_postgres::Row;

/// Stores the parcels of a message in all mailboxes of its recipient, or in none (RLY-21).
pub(super) fn enqueue(writer: &Writer, send: Enqueue, capacity: Capacity) -> Answer<u64> {
    let Enqueue {
        sender,
        generation,
        client_id,
        recipient,
        channel,
        list_version,
        parcels,
        now,
        passed,
        until,
    } = send;
    let mailboxes: Vec<Mailbox> =
        parcels.iter().map(|parcel| Mailbox { account: recipient, device: parcel.device }).collect();
    let (devices, envelopes): (Vec<i32>, Vec<Vec<u8>>) =
        parcels.into_iter().map(|parcel| (number(parcel.device), parcel.envelope)).unzip();
    let call = call!(
        "SELECT * FROM enqueue($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        sender.account.0.to_vec(),
        number(sender.device),
        int(generation),
        client_id.to_vec(),
        recipient.0.to_vec(),
        channel == Channel::Session,
        int(list_version),
        devices,
        envelopes,
        int(now),
        int(passed.0),
        int(until.0),
        int(capacity.messages),
        int(capacity.bytes)
    );
    let changed = mailboxes.clone();
    let locks = move |locks: &mut Locks| {
        locks.store(sender);
        changed.iter().for_each(|mailbox| locks.mailbox(*mailbox));
    };
    writer.submit(call, mailboxes.len(), locks, move |row| {
        require_accepted(row)?;
        let answer = uint(row, 1)?;
        let rows: Option<Vec<i64>> = row.try_get(2)?;
        // None for a repetition.
        let wake = if rows.is_some() { mailboxes } else { Vec::new() };
        Ok(Done { answer, wake, rows: rows.unwrap_or_default() })
    })
}

/// Reads on in a mailbox; what is acknowledged or over is skipped even if it is not deleted yet (RLY-42).
pub(super) fn fetch_after(
    readers: &Pool,
    owner: &Mailbox,
    after: u64,
    page: Page,
    passed: Passed,
) -> Answer<Vec<Stored>> {
    let call = call!(
        "SELECT * FROM fetch_after($1, $2, $3, $4, $5, $6)",
        owner.account.0.to_vec(),
        number(owner.device),
        int(after),
        count(page.messages),
        count(page.bytes),
        int(passed.0)
    );
    readers.ask(call, |rows| rows.iter().map(|row| stored(row, 0)).collect())
}

/// A message from six columns.
pub(super) fn stored(row: &Row, column: usize) -> Result<Stored, StoreError> {
    let at = |place| column.saturating_add(place);
    Ok(Stored {
        sequence: uint(row, at(0))?,
        sender: mailbox(row, at(1))?,
        accepted_at: uint(row, at(3))?,
        until: Passed(uint(row, at(4))?),
        envelope: row.try_get(at(5))?,
    })
}

/// The highest sequence number given.
pub(super) fn newest(readers: &Pool, owner: &Mailbox) -> Answer<u64> {
    readers.ask(call!("SELECT newest($1, $2)", owner.account.0.to_vec(), number(owner.device)), one_number)
}

/// The highest number of what waits and is not over (RLY-42).
pub(super) fn waiting(readers: &Pool, owner: &Mailbox, passed: Passed) -> Answer<u64> {
    let call: Call =
        call!("SELECT waiting($1, $2, $3)", owner.account.0.to_vec(), number(owner.device), int(passed.0));
    readers.ask(call, one_number)
}

fn one_number(rows: Vec<Row>) -> Result<u64, StoreError> {
    uint(rows.first().ok_or_else(damaged)?, 0)
}

/// Moves the cursor and deletes a first step behind it; the sweep does the rest (RLY-13).
pub(super) fn acknowledge_up_to(writer: &Writer, owner: Mailbox, up_to: u64) -> Answer<()> {
    let call = call!(
        "SELECT acknowledge($1, $2, $3, $4)",
        owner.account.0.to_vec(),
        number(owner.device),
        int(up_to),
        i32::try_from(SWEEP_ROWS).unwrap_or(i32::MAX)
    );
    writer.submit(call, 0, move |locks| locks.mailbox(owner), |row| require_accepted(row).map(Done::quietly))
}
