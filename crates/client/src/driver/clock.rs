//! What time it is for a client.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long a listener waits at most before it looks whether something is due.
const LOOK: Duration = Duration::from_secs(1);
/// The same for a clock that somebody else moves.
const LOOK_AT_FILE: Duration = Duration::from_millis(20);

/// The clock of the system, or for tests one that stands still until it is moved.
#[derive(Clone, Default, Debug)]
pub struct Clock {
    file: Option<PathBuf>,
}

impl Clock {
    /// For tests: the file says what time it is, in milliseconds since 1970-01-01 UTC, and is read each time.
    #[must_use]
    pub const fn of_file(file: PathBuf) -> Self {
        Self { file: Some(file) }
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now(&self) -> u64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let told = self.file.as_ref().and_then(|file| fs::read_to_string(file).ok());
        told.and_then(|told| told.trim().parse().ok()).unwrap_or(now)
    }

    /// How long to wait before looking again at something that is due at a time.
    #[must_use]
    pub fn until(&self, due: u64) -> Duration {
        let look = if self.file.is_some() { LOOK_AT_FILE } else { LOOK };
        Duration::from_millis(due.saturating_sub(self.now())).min(look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_a_file_says_what_the_file_says() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let clock = Clock::of_file(file.path().to_owned());
        let before = Clock::default().now();
        assert!((before..before + 60_000).contains(&clock.now()));
        fs::write(file.path(), "3600000").unwrap();
        assert_eq!(clock.now(), 3_600_000);
        assert_eq!(clock.until(3_600_000), Duration::ZERO);
        assert_eq!(clock.until(3_600_001), Duration::from_millis(1));
        assert_eq!(clock.until(u64::MAX), LOOK_AT_FILE);
        assert_eq!(Clock::default().until(u64::MAX), LOOK);
    }
}
