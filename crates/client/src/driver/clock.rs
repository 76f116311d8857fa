//! What time it is for a client.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How long a listener waits at most before it looks whether something is due.
const LOOK: Duration = Duration::from_secs(1);
/// The same for a clock that somebody else moves.
const LOOK_AT_FILE: Duration = Duration::from_millis(20);

/// How often the engine looks at the time.
const OBSERVE_MS: u64 = 1000;

/// The clock of the system, or for tests one that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct Clock {
    file: Option<PathBuf>,
    /// What nobody can set counts from here.
    started: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self { file: None, started: Instant::now() }
    }
}

impl Clock {
    /// For tests: the first line of the file says what time it is, in milliseconds since 1970-01-01 UTC, the second what a
    /// clock that nobody can set would have counted, in milliseconds; without it, both are one. It is read each time.
    #[must_use]
    pub fn of_file(file: PathBuf) -> Self {
        Self { file: Some(file), ..Self::default() }
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now(&self) -> u64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.told(0).unwrap_or(now)
    }

    /// Milliseconds that have passed since some moment, whatever anybody sets the clock to.
    #[must_use]
    pub fn counted(&self) -> u64 {
        let counted = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.told(1).or_else(|| self.told(0)).unwrap_or(counted)
    }

    /// What a line of the file says.
    fn told(&self, line: usize) -> Option<u64> {
        let told = fs::read_to_string(self.file.as_ref()?).ok()?;
        told.lines().nth(line)?.trim().parse().ok()
    }

    /// How long to wait before looking again at something that is due at a time.
    #[must_use]
    pub fn until(&self, due: u64) -> Duration {
        let look = if self.file.is_some() { LOOK_AT_FILE } else { LOOK };
        Duration::from_millis(due.saturating_sub(self.now())).min(look)
    }
}

/// Counts on from what the engine has confirmed of the time, and says when it is to look again (TIM-2).
#[derive(Default, Debug)]
pub(crate) struct Watch {
    /// The last look, and what was confirmed then.
    last: Option<(Look, u64)>,
    /// Somebody has to know exactly.
    at_once: bool,
}

/// When the engine looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// What was confirmed, and has been counted since.
    pub(crate) counted: u64,
    wall: u64,
    at: u64,
}

impl Watch {
    /// A look, unless the engine has looked just now.
    pub(crate) fn due(&self, clock: &Clock) -> Option<Look> {
        let (wall, at) = (clock.now(), clock.counted());
        let Some((last, confirmed)) = &self.last else { return Some(Look { counted: 0, wall, at }) };
        let passed = at.saturating_sub(last.at);
        let is_due = self.at_once || passed >= OBSERVE_MS || wall.abs_diff(last.wall) >= OBSERVE_MS;
        is_due.then(|| Look { counted: confirmed.saturating_add(passed), wall, at })
    }

    /// The engine has looked, and this is confirmed.
    pub(crate) const fn looked(&mut self, look: Look, confirmed: u64) {
        self.last = Some((look, confirmed));
        self.at_once = false;
    }

    /// The next look is due at once.
    pub(crate) const fn look_again(&mut self) {
        self.at_once = true;
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
    #[test]
    fn tim_2_a_watch_counts_what_nobody_can_set() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let clock = Clock::of_file(file.path().to_owned());
        let tells = |told: &str| fs::write(file.path(), told).unwrap();
        tells("9000000\n500\n");
        let mut watch = Watch::default();
        let counted = |watch: &Watch| watch.due(&clock).map(|look| look.counted);
        // What was counted before it began is none of its business.
        assert_eq!(counted(&watch), Some(0));
        watch.looked(watch.due(&clock).unwrap(), 7_000);
        assert_eq!(counted(&watch), None);
        tells("9000999\n1499\n");
        assert_eq!(counted(&watch), None);
        tells("9001000\n1499\n");
        assert_eq!(counted(&watch), Some(7_999));
        tells("9000000\n1500\n");
        assert_eq!(counted(&watch), Some(8_000));
        // Set back, it is looked at too; a clock that counts backwards counts nothing.
        tells("8000000\n100\n");
        assert_eq!(counted(&watch), Some(7_000));
        // Without a second line the two are one.
        tells("9000000");
        let mut watch = Watch::default();
        watch.looked(watch.due(&clock).unwrap(), 7_000);
        tells("9060000");
        assert_eq!(counted(&watch), Some(67_000));
    }

    #[test]
    fn what_the_clock_of_the_system_counts_goes_on() {
        let clock = Clock::default();
        let before = clock.counted();
        std::thread::sleep(Duration::from_millis(2));
        assert!((before + 1..before + 60_000).contains(&clock.counted()));
    }
}
