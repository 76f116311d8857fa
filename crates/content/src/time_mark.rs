//! How far time has come for certain, on a device whose clock anybody can set.

/// How far the clock of a device may go ahead of what is confirmed, or behind it, before it counts as wrong.
const TOLERANCE_MS: u64 = 60 * 60 * 1000;

/// What a device keeps of the time, in milliseconds since 1970-01-01 UTC (TIM-1). A device that is new knows nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct TimeMark {
    /// What has passed for certain: it was counted, or clock and relay agree on it.
    pub confirmed: u64,
    /// The newest time a relay has told.
    pub heard: u64,
    /// What counts as passed when something is destroyed; it never falls.
    pub mark: u64,
}

/// What there is to be seen of the time at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Observation {
    /// What the clock of the device says.
    pub wall: u64,
    /// What was confirmed at an earlier observation of this process, and what a clock that nobody can set has counted
    /// since; 0 if this is its first.
    pub counted: u64,
    /// What the relay has just told; 0 if nothing.
    pub told: u64,
}

impl TimeMark {
    /// Takes in what is to be seen (TIM-2).
    ///
    /// Clock and relay have to agree, as either alone may be anywhere. A clock a little ahead is believed.
    #[must_use]
    pub fn observe(self, seen: Observation) -> Self {
        let confirmed = self.confirmed.max(seen.counted).max(seen.wall.min(seen.told));
        let believed = seen.wall.min(confirmed.saturating_add(TOLERANCE_MS));
        Self { confirmed, heard: self.heard.max(seen.told), mark: self.mark.max(confirmed).max(believed) }
    }

    /// What is due by this time is shown no more (TIM-3). A clock set back below what is confirmed is no witness any more;
    /// what the relay tells is enough to hide then.
    #[must_use]
    pub fn hides_by(self, wall: u64) -> u64 {
        let is_set_back = wall.saturating_add(TOLERANCE_MS) < self.confirmed;
        let heard = if is_set_back { self.heard } else { 0 };
        self.mark.max(wall).max(heard)
    }

    /// What is due by this time is destroyed (TIM-4).
    #[must_use]
    pub const fn destroys_by(self) -> u64 {
        self.mark
    }
}

#[cfg(test)]
#[path = "time_mark_tests.rs"]
mod tests;
