//! How long mail waits for its device (RLY-42).

use crate::{clock::Passing, config::KeepDays, limits::DAY_MS, store::Passed};
use aside_wire::{keep::days, pb::Keep};

/// What the operator allows, and the count of time it goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    /// The count.
    pub(crate) passing: Passing,
    longest: KeepDays,
}

impl Keeping {
    pub(crate) const fn new(passing: Passing, longest: KeepDays) -> Self {
        Self { passing, longest }
    }

    /// When mail that is accepted now is over.
    pub(crate) fn until(&self, keep: Keep) -> Passed {
        let longest = self.longest.number();
        let days = days(keep).map_or(longest, |days| days.min(longest));
        Passed(self.passing.now().0.saturating_add(u64::from(days).saturating_mul(DAY_MS)))
    }
}

#[cfg(test)]
#[path = "keeping_tests.rs"]
mod tests;
