//! Mailboxes: enqueue, fetch, acknowledge.

use super::{
    pool::Pool,
    refusals::require_accepted,
    row::{count, damaged, int, mailbox, number, uint},
    session::{Call, call},
    writer::{Done, Locks, Work, Writer},
};
use crate::{
    limits::SWEEP_ROWS,
    store::{Answer, Capacity, Channel, Enqueue, Mailbox, Page, Parcel, Passed, StoreError, Stored},
};
use tokio_postgres::Row;

const ENQUEUE: &str = "SELECT * FROM enqueue($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
/// One after the other, in the order given.
const ENQUEUE_TOGETHER: &str = "\
    SELECT stored.* FROM unnest($1::bytea[], $2::integer[], $3::bigint[], $4::bytea[], $5::bytea[], $6::boolean[], \
    $7::bigint[], $8::integer[], $9::bytea[], $10::bigint[], $11::bigint[], $12::bigint[]) WITH ORDINALITY \
    AS given (sender, device, generation, client_id, recipient, in_session, list_version, owner, envelope, now, passed, until, place), \
    LATERAL enqueue(sender, device, generation, client_id, recipient, in_session, list_version, ARRAY[owner], \
    ARRAY[envelope], now, passed, until, $13, $14) AS stored ORDER BY place";

/// A send to an account with one device.
pub(super) struct Single {
    send: Enqueue,
    parcel: Parcel,
    capacity: Capacity,
}

impl Single {
    /// One statement for several, which answers with a row for each. The capacity is the same for all.
    pub(super) fn together(singles: &[&Self]) -> Call {
        fn column<T>(singles: &[&Single], value: impl Fn(&Single) -> T) -> Vec<T> {
            singles.iter().map(|single| value(single)).collect()
        }
        let capacity = singles.first().map_or_else(Capacity::default, |single| single.capacity);
        call!(
            ENQUEUE_TOGETHER,
            column(singles, |single| single.send.sender.account.0.to_vec()),
            column(singles, |single| number(single.send.sender.device)),
            column(singles, |single| int(single.send.generation)),
            column(singles, |single| single.send.client_id.to_vec()),
            column(singles, |single| single.send.recipient.0.to_vec()),
            column(singles, |single| single.send.channel == Channel::Session),
            column(singles, |single| int(single.send.list_version)),
            column(singles, |single| number(single.parcel.device)),
            column(singles, |single| single.parcel.envelope.clone()),
            column(singles, |single| int(single.send.now)),
            column(singles, |single| int(single.send.passed.0)),
            column(singles, |single| int(single.send.until.0)),
            int(capacity.messages),
            int(capacity.bytes)
        )
    }
}

/// Stores the parcels of a message in all mailboxes of its recipient, or in none (RLY-21).
pub(super) fn enqueue(writer: &Writer, mut send: Enqueue, capacity: Capacity) -> Answer<u64> {
    let (sender, recipient) = (send.sender, send.recipient);
    let mailboxes: Vec<Mailbox> =
        send.parcels.iter().map(|parcel| Mailbox { account: recipient, device: parcel.device }).collect();
    let work = match send.parcels.pop() {
        Some(parcel) if send.parcels.is_empty() => Work::Single(Box::new(Single { send, parcel, capacity })),
        last => {
            send.parcels.extend(last);
            Work::Alone(alone(send, capacity))
        }
    };
    let changed = mailboxes.clone();
    let locks = move |locks: &mut Locks| {
        locks.store(sender);
        changed.iter().for_each(|mailbox| locks.mailbox(*mailbox));
    };
    writer.submit(work, mailboxes.len(), locks, move |row| {
        require_accepted(row)?;
        let answer = uint(row, 1)?;
        let rows: Option<Vec<i64>> = row.try_get(2)?;
        // None for a repetition.
        let wake = if rows.is_some() { mailboxes } else { Vec::new() };
        Ok(Done { answer, wake, rows: rows.unwrap_or_default() })
    })
}

fn alone(send: Enqueue, capacity: Capacity) -> Call {
    let (devices, envelopes): (Vec<i32>, Vec<Vec<u8>>) =
        send.parcels.into_iter().map(|parcel| (number(parcel.device), parcel.envelope)).unzip();
    call!(
        ENQUEUE,
        send.sender.account.0.to_vec(),
        number(send.sender.device),
        int(send.generation),
        send.client_id.to_vec(),
        send.recipient.0.to_vec(),
        send.channel == Channel::Session,
        int(send.list_version),
        devices,
        envelopes,
        int(send.now),
        int(send.passed.0),
        int(send.until.0),
        int(capacity.messages),
        int(capacity.bytes)
    )
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
