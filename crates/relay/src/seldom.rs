//! What anybody can make happen often is logged seldom: a log that is full says nothing.

use crate::limits::SELDOM;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// How often something happened since it was said last.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Since>);

#[derive(Debug, Default)]
struct Since {
    said: Option<Instant>,
    times: u64,
}

impl Seldom {
    /// Counts once more; how often by now, if it is to be said again.
    pub(crate) fn count(&self) -> Option<u64> {
        // Nothing here leaves it half changed.
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.times = since.times.saturating_add(1);
        if since.said.is_some_and(|said| said.elapsed() < SELDOM) {
            return None;
        }
        since.said = Some(Instant::now());
        Some(std::mem::take(&mut since.times))
    }
}

#[cfg(test)]
#[path = "seldom_tests.rs"]
mod tests;
