//! How far the store of each device has come.

use super::{
    pool::Pool,
    refusals::refused,
    row::{bytes, damaged, int, number, uint},
    session::{Session, call},
};
use crate::store::{Answer, LoggedIn, Mailbox, StoreError};
use aside_identity::{Generation, generation::Recorded};
use futures_util::FutureExt;

const KNOWN: &str = "\
    SELECT generation, token, acknowledged, suspended_at FROM account JOIN mailbox USING (account) \
    JOIN store USING (mailbox) WHERE key = $1 AND device = $2 AND released_at IS NULL";
const KEEP: &str = "SELECT keep_store($1, $2, $3, $4, $5, $6, $7)";

/// Compares what a login says of its store with what is known, and keeps it, in one step (RLY-46 to RLY-48): it is kept only
/// if what it was compared with is still what is known. A restored store has no private prekeys any more, so the public
/// ones go too (RLY-47).
pub(super) fn log_in(keepers: &Pool, device: Mailbox, store: Generation) -> Answer<LoggedIn> {
    keepers.submit(move |session| async move { decide(session, &device, &store).await }.boxed())
}

async fn decide(session: &mut Session, device: &Mailbox, store: &Generation) -> Result<LoggedIn, StoreError> {
    session.prepare(KNOWN).await?;
    session.prepare(KEEP).await?;
    loop {
        let address = || (device.account.0.to_vec(), number(device.device));
        let rows = session.call(&call!(KNOWN, address().0, address().1)).await?;
        let row = rows.first().ok_or_else(|| refused("no device"))?;
        if row.try_get::<_, Option<i64>>(3)?.is_some() {
            return Err(refused("suspended"));
        }
        let (known_number, acknowledged) = (uint(row, 0)?, uint(row, 2)?);
        let token: Option<&[u8]> = row.try_get(1)?;
        let known = match token {
            Some(_) => Some(Recorded { number: known_number, token: bytes(row, 1)? }),
            None => None,
        };
        let kept = store.after(known.as_ref()).ok_or_else(|| refused("stale store"))?;
        let answer = LoggedIn { generation: kept.number, acknowledged };
        if Some(kept) == known {
            return Ok(answer);
        }
        let ((key, device), token) = (address(), token.map(<[u8]>::to_vec));
        let (number, drawn) = (int(kept.number), kept.token.to_vec());
        let keep = call!(KEEP, key, device, int(known_number), token, number, drawn, store.restored);
        if session.call(&keep).await?.first().ok_or_else(damaged)?.try_get(0)? {
            return Ok(answer);
        }
        // Another login came between.
    }
}
