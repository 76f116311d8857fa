//! Answers that are still to come, and those that wait for room in the outbox.

use axum::extract::ws::Message;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{collections::VecDeque, pin::pin};

/// The answers to what a connection took in.
///
/// One that is there gives back its share of what all connections have together as soon as it is looked at. So they are looked
/// at whatever the connection waits for: another share, or a client that does not read (RLY-100).
#[derive(Default)]
pub(super) struct Answers {
    pending: FuturesUnordered<BoxFuture<'static, Message>>,
    there: VecDeque<Message>,
}

impl Answers {
    /// How many there are, come or not.
    pub(super) fn len(&self) -> usize {
        self.pending.len().saturating_add(self.there.len())
    }

    /// One more to wait for.
    pub(super) fn expect(&self, answer: BoxFuture<'static, Message>) {
        self.pending.push(answer);
    }

    /// The next answer; `None` if there is nothing to wait for.
    pub(super) async fn next(&mut self) -> Option<Message> {
        match self.there.pop_front() {
            Some(answer) => Some(answer),
            None => self.pending.next().await,
        }
    }

    /// Waits for something else.
    pub(super) async fn meanwhile<T>(&mut self, waiting: impl Future<Output = T>) -> T {
        let mut waiting = pin!(waiting);
        loop {
            tokio::select! {
                biased;
                done = waiting.as_mut() => return done,
                Some(answer) = self.pending.next() => self.there.push_back(answer),
            }
        }
    }

    /// Waits until nothing is pending, for a connection that nobody answers any more.
    pub(super) async fn settle(&mut self) {
        while self.pending.next().await.is_some() {}
    }
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
