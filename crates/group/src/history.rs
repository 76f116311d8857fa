//! What something was at each entry of a log.

use alloc::{vec, vec::Vec};

/// Values, each from a sequence on until the next; at least one, ascending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct History<T>(Vec<(u64, T)>);

impl<T: Copy> History<T> {
    pub(crate) fn new(sequence: u64, value: T) -> Self {
        Self(vec![(sequence, value)])
    }

    /// `None` if there is none, or if they do not ascend.
    pub(crate) fn restore(values: Vec<(u64, T)>) -> Option<Self> {
        let ascending = values.is_sorted_by(|a, b| a.0 < b.0);
        (ascending && !values.is_empty()).then_some(Self(values))
    }

    /// The value from `sequence` on. An entry changes each thing once, so sequences ascend.
    pub(crate) fn push(&mut self, sequence: u64, value: T) {
        self.0.push((sequence, value));
    }

    /// What holds at a sequence, and since when.
    pub(crate) fn at(&self, sequence: u64) -> Option<(u64, T)> {
        let after = self.0.partition_point(|(since, _)| *since <= sequence);
        self.0.get(after.checked_sub(1)?).copied()
    }

    /// What holds now, and since when.
    pub(crate) fn now(&self) -> Option<(u64, T)> {
        self.0.last().copied()
    }

    pub(crate) fn all(&self) -> &[(u64, T)] {
        &self.0
    }

    /// Drops what nobody asks for who asks about `sequence` or later.
    pub(crate) fn forget_before(&mut self, sequence: u64) {
        let after = self.0.partition_point(|(since, _)| *since <= sequence);
        self.0.drain(..after.saturating_sub(1));
    }
}
