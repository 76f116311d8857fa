//! How much a relay says that it takes now (RLY-75).

use aside_identity::Pace;
use std::time::Duration;
use tokio::time::Instant;

/// Counts what is sent on a connection as the relay does: each message owes its time, and no more may be owed than the burst
/// takes.
pub(super) struct Allowance {
    pace: Option<Pace>,
    owed_until: Option<Instant>,
}

impl Allowance {
    /// As much as comes, if the relay does not say.
    pub(super) const fn new(pace: Option<Pace>) -> Self {
        Self { pace, owed_until: None }
    }

    /// How many messages may go now.
    pub(super) fn room(&self, now: Instant) -> usize {
        let Some(Pace { burst, each_us }) = self.pace.filter(|pace| pace.each_us > 0) else {
            return usize::MAX;
        };
        let owed = self.owed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let owed = owed.as_micros().div_ceil(each_us.into());
        usize::try_from(u128::from(burst).saturating_sub(owed)).unwrap_or(usize::MAX)
    }

    /// One of them has gone.
    pub(super) fn take(&mut self, now: Instant) {
        let Some(pace) = self.pace else { return };
        let from = self.owed_until.map_or(now, |until| until.max(now));
        self.owed_until = from.checked_add(Duration::from_micros(pace.each_us)).or(Some(from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    // RLY-75.
    fn a_client_sends_what_the_relay_takes_and_puts_off_the_rest() {
        let start = Instant::now();
        let mut allowance = Allowance::new(Some(Pace { burst: 3, each_us: 1_000_000 }));
        for left in [3, 2, 1] {
            assert_eq!(allowance.room(start), left);
            allowance.take(start);
        }
        assert_eq!(allowance.room(start), 0);
        assert_eq!(allowance.room(start + Duration::from_millis(999)), 0);
        assert_eq!(allowance.room(start + Duration::from_millis(1_000)), 1);
        assert_eq!(allowance.room(start + Duration::from_secs(99)), 3);
        for silent in [None, Some(Pace { burst: 1, each_us: 0 })] {
            let mut allowance = Allowance::new(silent);
            allowance.take(start);
            assert_eq!(allowance.room(start), usize::MAX);
        }
    }
}
