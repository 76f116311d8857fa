//! Latencies and what they amount to.

use std::time::Duration;

/// Latencies of many operations of one kind.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Adds one.
    pub fn push(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Puts them in order.
    #[must_use]
    pub fn sorted(mut self) -> Sorted {
        self.0.sort_unstable();
        Sorted(self.0)
    }
}

impl Extend<Self> for Latencies {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, others: T) {
        for other in others {
            self.0.extend(other.0);
        }
    }
}

impl FromIterator<Duration> for Latencies {
    fn from_iter<T: IntoIterator<Item = Duration>>(latencies: T) -> Self {
        Self(latencies.into_iter().collect())
    }
}

/// Latencies in ascending order.
#[derive(Debug, Clone)]
pub struct Sorted(Vec<Duration>);

impl Sorted {
    /// So many of a thousand are not above this; zero if there are none at all.
    #[must_use]
    pub fn per_mille(&self, share: usize) -> Duration {
        let rank = self.0.len().saturating_mul(share).div_ceil(1000).saturating_sub(1);
        self.0.get(rank).copied().unwrap_or_default()
    }

    /// The middle one.
    #[must_use]
    pub fn median(&self) -> Duration {
        self.per_mille(500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_latency_that_was_measured() {
        let sorted = (1..=200).rev().map(Duration::from_millis).collect::<Latencies>().sorted();
        let of = |share| sorted.per_mille(share).as_millis();
        assert_eq!((of(500), of(900), of(990), of(1000)), (100, 180, 198, 200));
        assert_eq!(Latencies::default().sorted().median(), Duration::ZERO);
        assert_eq!(
            [Duration::from_secs(1)].into_iter().collect::<Latencies>().sorted().per_mille(990).as_secs(),
            1
        );
    }
}
