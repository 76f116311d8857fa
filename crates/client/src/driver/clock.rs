//! What time it is for a client.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long a listener waits at most before it looks whether something is due.
const LOOK: Duration = Duration::from_secs(1);
/// The same for a clock that somebody else moves.
const LOOK_AT_SHIFT: Duration = Duration::from_millis(20);

/// The clock of the system, or for tests one that is moved.
#[derive(Clone, Default, Debug)]
pub struct Clock {
    shift: Option<PathBuf>,
}

impl Clock {
    /// For tests: as many milliseconds ahead of the system as the file says, which is read each time.
    #[must_use]
    pub const fn shifted(file: PathBuf) -> Self {
        Self { shift: Some(file) }
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now(&self) -> u64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let shift = self.shift.as_ref().and_then(|file| fs::read_to_string(file).ok());
        now.saturating_add(shift.and_then(|shift| shift.trim().parse().ok()).unwrap_or_default())
    }

    /// How long to wait before looking again at something that is due at a time.
    #[must_use]
    pub fn until(&self, due: u64) -> Duration {
        let look = if self.shift.is_some() { LOOK_AT_SHIFT } else { LOOK };
        Duration::from_millis(due.saturating_sub(self.now())).min(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_clock_moves_with_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let clock = Clock::shifted(file.path().to_owned());
        let before = Clock::default().now();
        assert!((before..before + 60_000).contains(&clock.now()));
        fs::write(file.path(), "3600000").unwrap();
        assert!((before + 3_600_000..before + 3_660_000).contains(&clock.now()));
        assert_eq!(clock.until(before), Duration::ZERO);
        assert_eq!(clock.until(u64::MAX), LOOK_AT_SHIFT);
        assert_eq!(Clock::default().until(u64::MAX), LOOK);
    }
}
