//! One message for many mailboxes: stored once, numbered in each.

use super::{
    refusals::require_accepted,
    row::{addresses, int, uint},
    session::call,
    writer::{Done, Locks, Writer},
};
use crate::{
    limits::KEPT_FREE,
    store::{Answer, Capacity, FanOut, FannedOut, Mailbox, Missed, StoreError},
};
use aside_wire::pb::RefusalCode;
use std::collections::BTreeSet;
use tokio_postgres::Row;

/// Stores a message for everybody who exists and has room (RLY-29).
pub(super) fn fan_out(writer: &Writer, message: FanOut, capacity: Capacity) -> Answer<FannedOut> {
    let FanOut { sender, generation, client_id, recipients, envelope, now, passed, until } = message;
    let (sender_key, sender_device) = (sender.account.0.to_vec(), super::row::number(sender.device));
    let (keys, devices) = addresses(&recipients);
    let call = call!(
        "SELECT * FROM fan_out($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        sender_key,
        sender_device,
        int(generation),
        client_id.to_vec(),
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
    let locks = move |locks: &mut Locks| lock(locks, sender, &named);
    writer.submit(call, recipients.len(), locks, move |row| fanned_out(row, &recipients))
}

/// Everything that changes with it.
pub(super) fn lock(locks: &mut Locks, sender: Mailbox, recipients: &[Mailbox]) {
    locks.store(sender);
    recipients.iter().for_each(|recipient| locks.mailbox(*recipient));
}

/// Reads what became of it.
pub(super) fn fanned_out(row: &Row, recipients: &[Mailbox]) -> Result<Done<FannedOut>, StoreError> {
    require_accepted(row)?;
    let accepted_at = uint(row, 1)?;
    let rows: Option<Vec<i64>> = row.try_get(2)?;
    let places = |column| {
        let places: Option<Vec<i32>> = row.try_get(column)?;
        Ok::<BTreeSet<i32>, StoreError>(places.unwrap_or_default().into_iter().collect())
    };
    let (unknown, crowded) = (places(3)?, places(4)?);
    let (mut missed, mut wake) = (Vec::new(), Vec::new());
    for (place, mailbox) in (1..).zip(recipients) {
        if unknown.contains(&place) {
            missed.push(Missed { mailbox: *mailbox, code: RefusalCode::UnknownAccount });
        } else if crowded.contains(&place) {
            missed.push(Missed { mailbox: *mailbox, code: RefusalCode::MailboxFull });
        } else if rows.is_some() {
            // Otherwise it is a repetition.
            wake.push(*mailbox);
        }
    }
    Ok(Done { answer: FannedOut { accepted_at, missed }, wake, rows: rows.unwrap_or_default() })
}
