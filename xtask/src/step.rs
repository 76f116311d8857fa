//! A step of a task: says what it does, then how it went and how long it took.

use crate::Failure;
use std::time::{Duration, Instant};

/// How a step that did not fail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it says.
    Done,
    /// It could not run here, and why. Not a failure.
    Skipped(String),
}

/// The failure of a task that has already said what failed.
#[derive(Debug)]
pub(crate) struct Reported;

impl std::fmt::Display for Reported {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("see above")
    }
}

impl std::error::Error for Reported {}

/// Runs one step between its announcement and its result.
pub(crate) fn timed(
    name: &str,
    about: &str,
    run: impl FnOnce() -> Result<Outcome, Failure>,
) -> (Result<Outcome, Failure>, Duration) {
    println!("== {name}: {about}");
    let start = Instant::now();
    let result = run();
    let time = start.elapsed();
    match &result {
        Ok(Outcome::Done) => println!("   ok, {:.1} s\n", time.as_secs_f64()),
        Ok(Outcome::Skipped(reason)) => println!("   skipped: {reason}\n"),
        Err(_) => println!("   FAILED after {:.1} s\n", time.as_secs_f64()),
    }
    (result, time)
}

/// A task that is one step.
pub(crate) fn alone(
    name: &str,
    about: &str,
    run: impl FnOnce() -> Result<Outcome, Failure>,
) -> Result<(), Failure> {
    timed(name, about, run).0.map(|_| ())
}
