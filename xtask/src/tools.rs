//! The cargo subcommands the checks need; installs what is missing.

use crate::{
    Failure,
    step::Outcome,
    workspace::{cargo, run},
};
use std::process::Stdio;

/// Checks each tool, and installs those that are missing.
pub(crate) fn check() -> Result<Outcome, Failure> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !present(tool) {
            return Err(format!("`cargo {tool}` is missing: run `rustup component add {component}`").into());
        }
    }
    need("nextest", "cargo-nextest")?;
    need("deny", "cargo-deny")?;
    Ok(Outcome::Done)
}

/// Installs a cargo subcommand that is missing.
pub(crate) fn need(subcommand: &str, package: &str) -> Result<(), Failure> {
    if present(subcommand) {
        return Ok(());
    }
    println!("   `cargo {subcommand}` is missing; installing it takes some minutes, once");
    run(cargo(&["install", package, "--locked"]))
}

fn present(tool: &str) -> bool {
    let mut command = cargo(&[tool, "--version"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
