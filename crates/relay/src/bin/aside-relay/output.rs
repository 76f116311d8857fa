//! What the program says.

use serde_json::Value;
use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// Why a command did not do what it should, in words.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Says why not, on standard error.
pub(crate) fn complain(failure: &str) {
    // Nothing can be done if even this cannot be written.
    let _ = writeln!(io::stderr(), "aside-relay: {failure}.");
}

/// Answers: one JSON object for programs, or lines for people.
pub(crate) fn answer(json: bool, object: &Value, lines: &[String]) -> Result<(), Failure> {
    match write(json, object, lines) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn write(json: bool, object: &Value, lines: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{object}")?;
    } else {
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    out.flush()
}

/// A name and a value, one below the other.
pub(crate) fn row(name: &str, value: impl Display) -> String {
    format!("{name:<26}{value}")
}

/// A time of the relay as text, UTC.
pub(crate) fn date(milliseconds: u64) -> String {
    let days = milliseconds / 86_400_000;
    let seconds = milliseconds / 1_000 % 86_400;
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", seconds / 3_600, seconds / 60 % 60)
}

/// Year, month and day of a number of days since 1970, after Howard Hinnant's `civil_from_days`.
const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days.saturating_add(719_468);
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let moved = (5 * of_year + 2) / 153;
    let day = of_year - (153 * moved + 2) / 5 + 1;
    let month = if moved < 10 { moved + 3 } else { moved - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_right_across_leap_years() {
        assert_eq!(super::date(0), "1970-01-01 00:00 UTC");
        assert_eq!(super::date(951_782_400_000), "2000-02-29 00:00 UTC");
        assert_eq!(super::date(1_709_251_199_000), "2024-02-29 23:59 UTC");
        assert_eq!(super::date(1_800_000_000_000), "2027-01-15 08:00 UTC");
    }
}
