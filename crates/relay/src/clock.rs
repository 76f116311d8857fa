//! The relay's clock, and how it counts the time that passes; the store takes both as arguments.

use crate::store::Passed;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01 UTC; 0 before that.
pub(crate) fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// Counts on while the relay runs, whatever its clock is set to meanwhile (RLY-43).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing {
    at_start: Passed,
    start: Instant,
}

impl Passing {
    /// Goes on from where the store has come.
    pub(crate) fn from(at_start: Passed) -> Self {
        Self { at_start, start: Instant::now() }
    }

    /// How far it has come.
    pub(crate) fn now(&self) -> Passed {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Passed(self.at_start.0.saturating_add(elapsed))
    }
}
