//! Streams a mailbox to a subscribed connection.

use super::{
    frame,
    outbox::{Gone, Outbox},
};
use crate::{
    limits::{PAGE_BYTES, PAGE_MESSAGES, STORE_PATIENCE, STORE_PAUSE, WINDOW_BYTES, WINDOW_MESSAGES},
    requests::Desk,
    store::{Mailbox, Page, Store, StoreError, Stored},
};
use std::{collections::VecDeque, sync::Arc};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep},
};
use tracing::{error, info};

/// The delivering loop of a connection.
pub(super) struct Delivery {
    desk: Arc<Desk>,
    outbox: Outbox,
    acknowledged: watch::Receiver<u64>,
    window: Window,
}

impl Delivery {
    pub(super) fn new(desk: Arc<Desk>, outbox: Outbox, acknowledged: watch::Receiver<u64>) -> Self {
        Self { desk, outbox, acknowledged, window: Window::default() }
    }

    /// Waits for the subscription, then delivers until the connection is gone or the store fails.
    pub(super) async fn run(mut self, subscribed: oneshot::Receiver<Mailbox>) {
        let Ok(mailbox) = subscribed.await else {
            return std::future::pending().await;
        };
        let _listening = self.desk.lane.listen(mailbox, self.outbox.clone());
        if let Err(Gone) = self.stream(mailbox).await {}
    }

    /// Delivers everything after the mailbox's cursor in ascending order, then what arrives (RLY-11).
    async fn stream(&mut self, mailbox: Mailbox) -> Result<(), Gone> {
        // The watch begins before the first look, so that nothing arrives unseen between the two.
        let store = Arc::clone(&self.desk.store);
        let watch = store.watch(mailbox);
        let mut after = 0;
        loop {
            self.window.release(*self.acknowledged.borrow_and_update());
            let Some(page) = self.window.room() else {
                // RLY-12: the client has to acknowledge something first.
                self.acknowledged.changed().await.map_err(|_| Gone)?;
                continue;
            };
            let messages = self.read(store.as_ref(), mailbox, after, page).await?;
            if messages.is_empty() {
                watch.changed().await;
                continue;
            }
            for message in messages {
                after = message.sequence;
                self.window.take(message.sequence, message.envelope.len());
                let bytes = u64::try_from(message.envelope.len()).unwrap_or(u64::MAX);
                self.outbox.put(frame::delivery(message)).await?;
                self.desk.metrics.deliveries.inc();
                self.desk.metrics.delivered_bytes.inc_by(bytes);
            }
        }
    }

    /// Reads on, for a while also after the store has failed: if all clients that are there were sent away, they would come back
    /// together.
    async fn read(
        &self,
        store: &dyn Store,
        mailbox: Mailbox,
        after: u64,
        page: Page,
    ) -> Result<Vec<Stored>, Gone> {
        let begun = Instant::now();
        loop {
            // What is over is not read, even before it is deleted (RLY-42).
            let passed = self.desk.keeping.passing.now();
            match store.fetch_after(mailbox, after, page, passed).await {
                Ok(messages) => return Ok(messages),
                Err(StoreError::Refused(refused)) => {
                    // RLY-60.
                    info!(%refused, "nothing is delivered any more");
                    return Err(Gone);
                }
                Err(StoreError::Failed(failure)) if begun.elapsed() >= STORE_PATIENCE => {
                    error!(%failure, "a mailbox cannot be read");
                    return Err(Gone);
                }
                Err(StoreError::Failed(_)) => sleep(STORE_PAUSE).await,
            }
        }
    }
}

/// What was delivered on this connection and is not acknowledged yet (RLY-12).
#[derive(Default)]
struct Window {
    in_flight: VecDeque<(u64, usize)>,
    bytes: usize,
}

impl Window {
    fn take(&mut self, sequence: u64, bytes: usize) {
        self.in_flight.push_back((sequence, bytes));
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn release(&mut self, up_to: u64) {
        while let Some((_, bytes)) = self.in_flight.pop_front_if(|(sequence, _)| *sequence <= up_to) {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    /// How much may be read now.
    fn room(&self) -> Option<Page> {
        let messages = WINDOW_MESSAGES.checked_sub(self.in_flight.len()).filter(|room| *room > 0)?;
        let bytes = WINDOW_BYTES.checked_sub(self.bytes).filter(|room| *room > 0)?;
        Some(Page { messages: messages.min(PAGE_MESSAGES), bytes: bytes.min(PAGE_BYTES) })
    }
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
