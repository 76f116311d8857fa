//! How long commits take, and how much goes into one.

use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use std::time::Duration;

/// What a store counts of its commits; a clone counts with the others.
#[derive(Debug, Clone)]
pub struct Commits {
    pub(crate) seconds: Histogram,
    pub(crate) jobs: Histogram,
}

impl Default for Commits {
    fn default() -> Self {
        Self {
            // From 100 µs to 3 s, and 1 to 1,024.
            seconds: Histogram::new(exponential_buckets(0.0001, 2.0, 16)),
            jobs: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
        }
    }
}

impl Commits {
    /// Counts one commit.
    pub(crate) fn count(&self, took: Duration, jobs: usize) {
        self.seconds.observe(took.as_secs_f64());
        self.jobs.observe(f64::from(u32::try_from(jobs).unwrap_or(u32::MAX)));
    }
}
