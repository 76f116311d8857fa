//! Test counts, read from the summary lines of the test runners.

use std::{fmt, ops::AddAssign};

/// How many tests ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: u64,
    /// Failed, timed out, or did not start.
    failed: u64,
    skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl Counts {
    /// Reads nextest's line: `Summary [ 1.2s] 9/12 tests run: 7 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
    pub(crate) fn of_nextest(line: &str) -> Option<Self> {
        let summary = line.trim_start().strip_prefix("Summary [")?;
        let (_, list) = summary.split_once("tests run: ").or_else(|| summary.split_once("test run: "))?;
        Some(Self::of_list(&without_parentheses(list), ','))
    }

    /// The same where a filter leaves out what another step runs, which counts as skipped here and is not.
    pub(crate) fn of_nextest_filtered(line: &str) -> Option<Self> {
        Some(Self { skipped: 0, ..Self::of_nextest(line)? })
    }

    /// Reads libtest's line: `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`.
    pub(crate) fn of_libtest(line: &str) -> Option<Self> {
        let (_, list) = line.strip_prefix("test result: ")?.split_once(". ")?;
        Some(Self::of_list(list, ';'))
    }

    /// Reads `<number> <word>` between separators. A word that is not known to be good counts as failed.
    fn of_list(list: &str, separator: char) -> Self {
        let mut counts = Self::default();
        for item in list.split(separator) {
            let Some((number, word)) = item.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            let count = match word {
                "passed" | "measured" => &mut counts.passed,
                "skipped" | "ignored" | "filtered out" => &mut counts.skipped,
                _ => &mut counts.failed,
            };
            *count = count.saturating_add(number);
        }
        counts
    }
}

/// `7 passed (1 slow, 2 leaky), 1 failed` → `7 passed, 1 failed`: what is in parentheses is counted before them.
fn without_parentheses(list: &str) -> String {
    let mut parts = list.split(" (");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(')').map_or("", |(_, after)| after));
    }
    text
}

#[cfg(test)]
#[path = "counts_tests.rs"]
mod tests;
