//! What is to be written to a connection, in order and bounded.

use crate::limits::OUTBOX_FRAMES;
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, stream::SplitSink};
use std::time::Duration;
use tokio::{sync::mpsc, time::timeout};
use tracing::debug;

/// So many bytes are handed to the socket at a time; the client must take them within the write timeout.
const FLUSH_BYTES: usize = 64 * 1024;

/// The connection is gone, or its client does not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gone;

/// The sending end.
#[derive(Clone, Debug)]
pub(super) struct Outbox(mpsc::Sender<Message>);

impl Outbox {
    pub(super) fn new() -> (Self, Frames) {
        let (sender, receiver) = mpsc::channel(OUTBOX_FRAMES);
        (Self(sender), Frames(receiver))
    }

    /// Waits for room.
    pub(super) async fn put(&self, frame: Message) -> Result<(), Gone> {
        self.0.send(frame).await.map_err(|_| Gone)
    }
}

/// The writing end.
pub(super) struct Frames(mpsc::Receiver<Message>);

impl Frames {
    /// Writes until every sending end is dropped; `false` if the client did not take it all in time (RLY-15).
    pub(super) async fn write_to(
        mut self,
        mut sink: SplitSink<WebSocket, Message>,
        patience: Duration,
    ) -> bool {
        while let Some(first) = self.0.recv().await {
            match timeout(patience, self.flush(first, &mut sink)).await {
                Ok(Ok(())) => (),
                Ok(Err(_)) => return false,
                Err(_) => {
                    debug!("the client does not read");
                    return false;
                }
            }
        }
        matches!(timeout(patience, sink.close()).await, Ok(Ok(())))
    }

    /// Writes a frame, and with it what queued meanwhile.
    async fn flush(
        &mut self,
        first: Message,
        sink: &mut SplitSink<WebSocket, Message>,
    ) -> Result<(), axum::Error> {
        let mut bytes = length(&first);
        sink.feed(first).await?;
        while bytes < FLUSH_BYTES {
            let Ok(next) = self.0.try_recv() else { break };
            bytes = bytes.saturating_add(length(&next));
            sink.feed(next).await?;
        }
        sink.flush().await
    }
}

fn length(frame: &Message) -> usize {
    match frame {
        Message::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}
