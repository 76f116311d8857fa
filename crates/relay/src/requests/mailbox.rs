//! Receiving: subscribing to a mailbox and acknowledging what came from it.

use super::{Desk, Session};
use crate::store::{Mailbox, Store, StoreError};
use aside_wire::pb::{self, reply};
use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use std::sync::Arc;

/// Lets deliveries begin (RLY-11). The numbers are read before, so a client that has come so far has caught up.
pub(super) async fn subscribe(
    desk: &Desk,
    session: &mut Session,
    mailbox: Mailbox,
) -> Result<pb::Subscribed, StoreError> {
    session.subscribe()?;
    let newest = desk.store.newest(mailbox).await?;
    let waiting = desk.store.waiting(mailbox, desk.keeping.passing.now()).await?;
    Ok(pb::Subscribed { newest, waiting })
}

/// Moves the mailbox's cursor, and the delivery window of this connection with it (RLY-12, RLY-13).
pub(super) fn acknowledge(
    store: &Arc<dyn Store>,
    session: &Session,
    mailbox: Mailbox,
    request: &pb::Acknowledge,
) -> BoxFuture<'static, Result<reply::Body, StoreError>> {
    let acknowledged = Arc::clone(&session.acknowledged);
    let up_to = request.up_to;
    let answer = store.acknowledge_up_to(mailbox, up_to).map_ok(move |()| {
        acknowledged.send_if_modified(|known| {
            let forward = up_to > *known;
            if forward {
                *known = up_to;
            }
            forward
        });
        reply::Body::Acknowledged(pb::Acknowledged {})
    });
    answer.boxed()
}
