//! How far the store of each device has come.

use super::{
    administration::{SUSPENDED, UNKNOWN_ACCOUNT, own},
    row::{int, uint},
};
use crate::{
    refused::Refused,
    store::{LoggedIn, Mailbox, StoreError},
};
use aside_identity::{Generation, generation::Recorded};
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, OptionalExtension};

const STALE: Refused = Refused::new(RefusalCode::StaleStore, "an older or another copy of the store");

/// Compares what a login says of its store with what is known, and keeps it, in one step (RLY-46 to RLY-48). A restored store
/// has no private prekeys any more, so the public ones go too (RLY-47).
pub(super) fn log_in(db: &Connection, device: &Mailbox, store: &Generation) -> Result<LoggedIn, StoreError> {
    let row = own(db, device)?;
    let (number, token, acknowledged): (u64, Option<[u8; 16]>, u64) = db
        .prepare_cached("SELECT generation, token, acknowledged FROM mailbox WHERE mailbox = ?1")?
        .query_row([row], |row| Ok((uint(row, 0)?, row.get(1)?, uint(row, 2)?)))?;
    let known = token.map(|token| Recorded { number, token });
    let kept = store.after(known.as_ref()).ok_or(STALE)?;
    if Some(kept) != known {
        db.prepare_cached("UPDATE mailbox SET generation = ?2, token = ?3 WHERE mailbox = ?1")?.execute((
            row,
            int(kept.number),
            kept.token,
        ))?;
        if store.restored {
            db.prepare_cached("DELETE FROM signed_prekey WHERE mailbox = ?1")?.execute([row])?;
            db.prepare_cached("DELETE FROM one_time_prekey WHERE mailbox = ?1")?.execute([row])?;
        }
    }
    Ok(LoggedIn { generation: kept.number, acknowledged })
}

/// A device that sends something.
pub(super) struct Sender {
    /// Its mailbox.
    pub(super) mailbox: i64,
    /// Its account.
    pub(super) account: i64,
    /// When it sent the same before (RLY-9).
    pub(super) accepted_at: Option<u64>,
}

/// A device that asks for itself, how it stands, and whether it sent the same before.
pub(super) const FIND_SENDER: &str = "\
    SELECT mailbox, account, generation, suspended_at IS NULL, \
    (SELECT accepted_at FROM accepted WHERE sender = mailbox AND client_id = ?3) \
    FROM mailbox JOIN account USING (account) \
    WHERE account.key = ?1 AND mailbox.device = ?2 AND released_at IS NULL";

/// The rows of a sender whose store has not been overtaken since it logged in (RLY-49), unless its account is suspended
/// (RLY-60).
pub(super) fn sender(
    db: &Connection,
    sender: &Mailbox,
    generation: u64,
    client_id: &[u8; 16],
) -> Result<Sender, StoreError> {
    let found = db
        .prepare_cached(FIND_SENDER)?
        .query_row((sender.account.0, sender.device.number(), client_id), |row| {
            let accepted_at: Option<i64> = row.get(4)?;
            let rows = Sender {
                mailbox: row.get(0)?,
                account: row.get(1)?,
                accepted_at: accepted_at.and_then(|time| u64::try_from(time).ok()),
            };
            Ok((rows, uint(row, 2)?, row.get(3)?))
        })
        .optional()?;
    match found {
        Some((_, _, false)) => Err(SUSPENDED.into()),
        Some((rows, newest, true)) if newest <= generation => Ok(rows),
        Some(_) => Err(STALE.into()),
        None => Err(UNKNOWN_ACCOUNT.into()),
    }
}
