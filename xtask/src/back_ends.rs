//! The tests of the protocol crates and every vector again, with AWS-LC in the place of the Rust libraries.

use crate::{
    Failure,
    counts::Counts,
    step::{self, Outcome},
    test::counted,
    workspace::{self, cargo},
};

pub(crate) const REMEDY: &str = "it needs a C compiler and nothing else; `cargo nextest run -p <crate> --features aws-lc-rs` repeats one crate";
/// Their own tests ask what the primitives give, and the vectors ask all that is above them.
const TESTS: &[&[&str]] = &[
    &["-p", "aside-primitives", "-p", "aside-identity", "-p", "aside-session"],
    &["-p", "aside-conformance", "--test", "vectors"],
];
const FEATURE: &[&str] = &["--features", "aws-lc-rs"];

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("back-ends", "the same tests and vectors with the second back end", || check(&mut None))
}

/// Lints what only this feature compiles, then runs the tests.
pub(crate) fn check(counts: &mut Option<Counts>) -> Result<Outcome, Failure> {
    let clippy = ["clippy", "--quiet", "-p", "aside-primitives", "--all-targets", "--all-features"];
    workspace::run(cargo(&[&clippy[..], &["--", "-D", "warnings"]].concat()))?;
    for tests in TESTS {
        counted(&[&["nextest", "run"], *tests, FEATURE].concat(), Counts::of_nextest, counts)?;
    }
    Ok(Outcome::Done)
}
