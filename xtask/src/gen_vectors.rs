//! Writes `test-vectors/`, or compares what is there with what would be written.
//!
//! The generator is a program of `aside-conformance` and not a part of this one, so that tasks run while a crate does
//! not compile.

use crate::{
    Failure,
    step::{self, Outcome},
    workspace::{self, cargo},
};

/// The program that is the only writer of test vectors.
const GENERATOR: &[&str] =
    &["run", "--quiet", "--package", "aside-conformance", "--example", "generate", "--"];
/// What to do about a difference.
pub(crate) const REMEDY: &str =
    "run `cargo xtask gen-vectors`, look at the difference, and commit what it writes";

/// That a relay sees more than before, and that it is meant (LEA-1).
const SHOWS_MORE: &str = "--shows-more";

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    if options.contains(&"--check") {
        return step::alone("gen-vectors", "the committed test vectors are those of the code", check);
    }
    let shows_more: &[&str] = if options.contains(&SHOWS_MORE) { &[SHOWS_MORE] } else { &[] };
    step::alone("gen-vectors", "write the test vectors", || generate(shows_more))
}

/// Compares what would be generated with what is there, byte for byte.
pub(crate) fn check() -> Result<Outcome, Failure> {
    generate(&["--check"])
}

fn generate(options: &[&str]) -> Result<Outcome, Failure> {
    workspace::run(cargo(&[GENERATOR, options].concat()))?;
    Ok(Outcome::Done)
}
