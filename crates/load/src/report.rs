//! What was measured, and whether it is good enough.

use serde_json::{Value, json};
use std::{fmt, time::Duration};

/// What a figure must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Not less.
    AtLeast(f64),
    /// Not more.
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

/// One number.
#[derive(Debug, Clone)]
pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    bound: Option<Bound>,
}

/// What one scenario found.
#[derive(Debug, Clone)]
pub struct Report {
    name: &'static str,
    about: String,
    figures: Vec<Figure>,
}

impl Report {
    /// A scenario without figures yet.
    #[must_use]
    pub const fn new(name: &'static str, about: String) -> Self {
        Self { name, about, figures: Vec::new() }
    }

    /// Adds a number.
    pub fn put(&mut self, name: &str, value: f64, unit: &'static str) {
        self.figures.push(Figure { name: name.into(), value, unit, bound: None });
    }

    /// Adds a number that has a target.
    pub fn judge(&mut self, name: &str, value: f64, unit: &'static str, bound: Bound) {
        self.figures.push(Figure { name: name.into(), value, unit, bound: Some(bound) });
    }

    /// Whether every target is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.figures.iter().all(Figure::is_met)
    }

    /// For a program.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let figures = self.figures.iter().map(|figure| {
            let bound = figure.bound.map(|bound| match bound {
                Bound::AtLeast(bound) => json!({ "at_least": bound }),
                Bound::AtMost(bound) => json!({ "at_most": bound }),
            });
            json!({
                "name": figure.name, "value": figure.value, "unit": figure.unit,
                "target": bound, "met": figure.is_met(),
            })
        });
        json!({ "scenario": self.name, "about": self.about, "met": self.is_met(), "figures": figures.collect::<Vec<_>>() })
    }
}

impl Figure {
    fn is_met(&self) -> bool {
        self.bound.is_none_or(|bound| bound.holds(self.value))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.about)?;
        for figure in &self.figures {
            let Figure { name, value, unit, bound } = figure;
            write!(f, "  {name:<46} {:>12} {unit:<8}", number(*value))?;
            let verdict = if figure.is_met() { "ok" } else { "MISSED" };
            match bound {
                None => writeln!(f)?,
                Some(Bound::AtLeast(bound)) => writeln!(f, " at least {} {verdict}", number(*bound))?,
                Some(Bound::AtMost(bound)) => writeln!(f, " at most {} {verdict}", number(*bound))?,
            }
        }
        Ok(())
    }
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => {
            let digits = format!("{value:.0}");
            let mut grouped = String::new();
            for (place, digit) in digits.chars().enumerate() {
                if place > 0
                    && digits.len().saturating_sub(place).is_multiple_of(3)
                    && !grouped.ends_with('-')
                {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            grouped
        }
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// In milliseconds.
#[must_use]
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// In microseconds each.
#[must_use]
pub fn us_each(duration: Duration, count: usize) -> f64 {
    ratio(duration.as_secs_f64() * 1e6, float(count))
}

/// How many in a second.
#[must_use]
pub fn rate(count: usize, duration: Duration) -> f64 {
    ratio(float(count), duration.as_secs_f64())
}

/// A quotient; 0 if there is nothing to divide by.
#[must_use]
pub fn ratio(dividend: f64, divisor: f64) -> f64 {
    if divisor > 0.0 { dividend / divisor } else { 0.0 }
}

/// A count as a number to divide; those here are far below 2^32.
#[must_use]
pub fn float(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let texts = [1_234_567.8, 999.4, 45.67, 3.162, 0.5, -1234.0].map(number);
        assert_eq!(texts, ["1,234,568", "999", "45.7", "3.16", "0.50", "-1,234"]);
    }

    #[test]
    fn a_report_is_met_if_every_target_is() {
        let mut report = Report::new("sends", "something".into());
        report.judge("rate", 100.0, "/s", Bound::AtLeast(100.0));
        report.judge("p50", 4.0, "ms", Bound::AtMost(5.0));
        report.put("p99", 1e9, "ms");
        assert!(report.is_met());
        report.judge("memory", 41.0, "kB", Bound::AtMost(40.0));
        assert!(!report.is_met());
        assert!(report.to_string().contains("at most 40.0 MISSED"));
        assert_eq!(report.to_json()["figures"][3]["met"], false);
    }
}
