//! Licences, bans and sources of every dependency, by `deny.toml`.

use crate::{
    Failure,
    step::{self, Outcome},
    tools,
    workspace::{cargo, run as run_command},
};

pub(crate) const REMEDY: &str =
    "choose another dependency, or argue the rule in deny.toml; `cargo xtask deny` repeats this check";

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("deny", "every dependency may be used", check)
}

/// Advisories need a database from the network; the public CI checks them in a job of their own.
pub(crate) fn check() -> Result<Outcome, Failure> {
    tools::need("deny", "cargo-deny")?;
    run_command(cargo(&["deny", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Done)
}

#[cfg(test)]
#[path = "deny_tests.rs"]
mod tests;
