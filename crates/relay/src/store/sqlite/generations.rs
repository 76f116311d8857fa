//! How far the store of each device has come.

use super::{
    administration::{own, own_with_generation},
    row::{int, uint},
};
use crate::{
    refused::Refused,
    store::{LoggedIn, Mailbox, StoreError},
};
use aside_identity::{Generation, generation::Recorded};
use aside_wire::pb::RefusalCode;
use rusqlite::Connection;

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

/// The row of a sender whose store has not been overtaken since it logged in (RLY-49).
pub(super) fn sender(db: &Connection, sender: &Mailbox, generation: u64) -> Result<i64, StoreError> {
    let (row, newest) = own_with_generation(db, sender)?;
    if newest <= generation { Ok(row) } else { Err(STALE.into()) }
}
