//! What is deleted: behind a cursor, and when its time is over.

use super::{
    administration,
    pool::Pool,
    row::{damaged, int},
    session::{Session, call},
};
use crate::{
    hub::Hub,
    limits::{CLIENT_ID_MS, OF_LATE_MS, SWEEP_ROWS},
    store::{Answer, Passed, StoreError},
};
use futures_util::FutureExt;
use std::sync::Arc;

/// One step of everything that is deleted by time or after an acknowledgement; whether more remains. Mail goes in another
/// transaction than the rest, which waits for nothing and holds up nobody.
pub(super) fn sweep(keepers: &Pool, now: u64, passed: Passed, hub: Arc<Hub>) -> Answer<bool> {
    keepers.submit(move |session| {
        async move {
            let rows = i32::try_from(SWEEP_ROWS).unwrap_or(i32::MAX);
            session.call(&call!("SELECT note($1, $2)", int(now), int(passed.0))).await?;
            let late = int(now.saturating_sub(OF_LATE_MS));
            let suspended = session.call(&call!("SELECT * FROM suspended_since($1)", late)).await?;
            for mailbox in administration::devices(&suspended)? {
                hub.wake(&mailbox);
            }
            let left = step(session, call!("SELECT clear_released($1, $2)", int(passed.0), rows)).await?;
            let mail = step(session, call!("SELECT sweep_mail($1, $2)", int(passed.0), rows)).await?;
            // RLY-115: by the count, which no clock moves while a node runs.
            let before = int(passed.0.saturating_sub(CLIENT_ID_MS));
            let ended = int(now.min(passed.0));
            let ids = step(session, call!("SELECT sweep_ids($1, $2, $3)", before, ended, rows)).await?;
            Ok(left || mail || ids)
        }
        .boxed()
    })
}

async fn step(session: &mut Session, call: super::session::Call) -> Result<bool, StoreError> {
    Ok(session.call(&call).await?.first().ok_or_else(damaged)?.try_get(0)?)
}
