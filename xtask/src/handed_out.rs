//! Looks at the command as people get it: what only tests may do, it must not.
//!
//! A release build takes minutes. What tells the two apart is one flag, and the crate that asks for it is the command's
//! own, so that crate alone is built with the flag of a release, upon the libraries of the tests.

use crate::{
    Failure, spec_lint,
    step::{self, Outcome},
    workspace::{self, cargo, root, target_folder},
};
use std::{env::consts::EXE_SUFFIX, fs};

/// What to do about a failure.
pub(crate) const REMEDY: &str = "let what only tests may do depend on `debug_assertions`, in crates/cli alone; `cargo xtask handed-out` repeats this check";
/// Where profiles are set.
const SETTINGS: &[&str] = &["Cargo.toml", ".cargo/config.toml"];
/// The flag, as a profile would set it.
const SETTING: &str = "debug-assertions";
/// The same, as code asks for it.
const CONDITION: &str = "debug_assertions";
/// The crate that may ask.
const COMMAND: &str = "crates/cli/";

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("handed-out", "the program people get lacks what only tests may do", check)
}

/// Builds the command and lets its own test look at it.
pub(crate) fn check() -> Result<Outcome, Failure> {
    for file in SETTINGS {
        if fs::read_to_string(root().join(file))?.contains(SETTING) {
            return Err(format!(
                "{file} sets `{SETTING}`: what is checked here would not be what a release is"
            )
            .into());
        }
    }
    let elsewhere = spec_lint::read(&root(), "crates", "rs")?;
    let mut elsewhere = elsewhere.iter().filter(|page| !page.path.starts_with(COMMAND));
    if let Some(page) = elsewhere.find(|page| page.text.contains(CONDITION)) {
        return Err(format!("{} asks for `{CONDITION}`, and is not built anew here", page.path).into());
    }
    let flags = ["--", "-C", "debug-assertions=off"];
    workspace::run(cargo(
        &[&["rustc", "--quiet", "-p", "aside-cli", "--bin", "aside"], &flags[..]].concat(),
    ))?;
    // The tests' own is put in its place with the next build.
    let name = format!("aside{EXE_SUFFIX}");
    let program = target_folder("handed-out").join(&name);
    fs::create_dir_all(target_folder("handed-out"))?;
    fs::copy(target_folder("debug").join(&name), &program)?;
    let mut test = cargo(&["nextest", "run", "-p", "aside-cli", "--test", "e2e", "test_clock::"]);
    test.env("ASIDE_HANDED_OUT", &program);
    workspace::run(test)?;
    Ok(Outcome::Done)
}
