//! One WebSocket connection: frames in, frames out.
//!
//! Three loops run side by side and end together: `reading` takes requests in order, `delivery` streams the mailbox,
//! `outbox` writes. `lane` leads past the mailboxes. They share no lock while they wait; a client that does not read stops its own connection only.

mod answers;
mod delivery;
mod frame;
mod lane;
mod outbox;
mod reading;

pub(crate) use lane::Lane;

use crate::{
    config::Timeouts,
    metrics::Metrics,
    requests::{Desk, Session},
    source::Source,
    unfinished::Unfinished,
};
use aside_primitives::{Draw, entropy};
use axum::extract::ws::WebSocket;
use delivery::Delivery;
use futures_util::StreamExt;
use getrandom::SysRng;
use outbox::Outbox;
use reading::Reading;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

/// For a client to close its side after ours; a reset could overtake our last frames.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a connection until it ends; `stop` asks it to answer what it took in and say goodbye.
pub(crate) async fn serve(
    socket: WebSocket,
    desk: Arc<Desk>,
    timeouts: Timeouts,
    source: Option<Source>,
    unfinished: Unfinished,
    stop: CancellationToken,
) {
    // Without randomness there is no challenge, and without a challenge no login means anything (RLY-1).
    let Ok(nonce) = entropy::public(&mut SysRng, Draw("challenge nonce")) else {
        error!("the operating system's random source failed");
        return;
    };
    let (sink, mut stream) = socket.split();
    desk.metrics.connections.inc();
    // Also when the relay cuts it off.
    let _present = Present(Arc::clone(&desk.metrics));
    let alive = CancellationToken::new();
    let (outbox, frames) = Outbox::new();
    let (acknowledged, acknowledgements) = watch::channel(0);
    let (subscribe, subscribed) = oneshot::channel();

    let delivery = Delivery::new(Arc::clone(&desk), outbox.clone(), acknowledgements);
    let session = Session::new(nonce, source, acknowledged);
    let reading = Reading::new(&desk, timeouts, session, outbox, subscribe, unfinished);
    let (ending, (), written) = tokio::join!(
        async {
            let ending = reading.run(&mut stream, &stop, &alive).await;
            alive.cancel();
            ending
        },
        async {
            tokio::select! {
                () = alive.cancelled() => (),
                () = delivery.run(subscribed) => alive.cancel(),
            }
        },
        async {
            let written = frames.write_to(sink, timeouts.write).await;
            alive.cancel();
            written
        },
    );
    debug!(%ending, "connection ended");
    if written {
        let _ = timeout(LINGER, async { while let Some(Ok(_)) = stream.next().await {} }).await;
    }
}

/// Counts a connection for as long as it is there.
struct Present(Arc<Metrics>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}
