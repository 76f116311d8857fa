//! What is to be written to a connection, in order and bounded.

use crate::limits::{OUTBOX_BYTES, OUTBOX_FRAMES, OUTBOX_TRANSIENTS};
use axum::extract::ws::{Message, WebSocket};
use futures_util::{SinkExt, stream::SplitSink};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tracing::debug;

/// So many bytes are handed to the socket at a time; the client must take them within the write timeout.
const FLUSH_BYTES: usize = 64 * 1024;

/// The connection is gone, or its client does not read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gone;

/// The sending end.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    frames: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

/// A frame with its share of the room, which is free again when the frame is written.
type Waiting = (Message, OwnedSemaphorePermit);

impl Outbox {
    pub(super) fn new() -> (Self, Frames) {
        let (frames, receiver) = mpsc::channel(OUTBOX_FRAMES);
        let room = usize::try_from(OUTBOX_BYTES).unwrap_or(Semaphore::MAX_PERMITS);
        (Self { frames, room: Arc::new(Semaphore::new(room)) }, Frames(receiver))
    }

    /// Waits for room (RLY-15). If the writing end is gone, so is what took the room.
    pub(super) async fn put(&self, frame: Message) -> Result<(), Gone> {
        let bytes = u32::try_from(length(&frame)).unwrap_or(u32::MAX).min(OUTBOX_BYTES);
        let share = Arc::clone(&self.room).acquire_many_owned(bytes).await.map_err(|_| Gone)?;
        self.frames.send((frame, share)).await.map_err(|_| Gone)
    }

    /// Puts a transient frame if there is room now and half of it stays free, and drops it otherwise (RLY-33).
    pub(super) fn offer(&self, frame: Message) {
        if self.frames.capacity() <= OUTBOX_FRAMES.saturating_sub(OUTBOX_TRANSIENTS) {
            return;
        }
        let bytes = u32::try_from(length(&frame)).unwrap_or(u32::MAX).min(OUTBOX_BYTES);
        if let Ok(share) = Arc::clone(&self.room).try_acquire_many_owned(bytes) {
            // A failure means that it was filled, or the connection ended, at this moment.
            let _ = self.frames.try_send((frame, share));
        }
    }

    /// Whether it is the same connection's.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.frames.same_channel(&other.frames)
    }
}

/// The writing end.
pub(super) struct Frames(mpsc::Receiver<Waiting>);

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
        (first, share): Waiting,
        sink: &mut SplitSink<WebSocket, Message>,
    ) -> Result<(), axum::Error> {
        let mut bytes = length(&first);
        let mut shares = vec![share];
        sink.feed(first).await?;
        while bytes < FLUSH_BYTES {
            let Ok((next, share)) = self.0.try_recv() else { break };
            bytes = bytes.saturating_add(length(&next));
            shares.push(share);
            sink.feed(next).await?;
        }
        sink.flush().await
    }
}

#[cfg(test)]
impl Frames {
    /// Takes a frame out instead of writing it.
    pub(super) fn next_waiting(&mut self) -> Option<Message> {
        self.0.try_recv().ok().map(|(frame, _)| frame)
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

fn length(frame: &Message) -> usize {
    match frame {
        Message::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}
