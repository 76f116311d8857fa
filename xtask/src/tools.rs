//! The cargo subcommands the checks need; installs what is missing.

use crate::{
    Failure,
    step::Outcome,
    workspace::{cargo, run},
};
use std::process::Stdio;

/// Checks each tool, and installs the test runner if there is none.
pub(crate) fn check() -> Result<Outcome, Failure> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !present(tool) {
            return Err(format!("`cargo {tool}` is missing: run `rustup component add {component}`").into());
        }
    }
    if !present("nextest") {
        println!("   `cargo nextest` is missing; installing it takes some minutes, once");
        run(cargo(&["install", "cargo-nextest", "--locked"]))?;
    }
    Ok(Outcome::Done)
}

fn present(tool: &str) -> bool {
    let mut command = cargo(&[tool, "--version"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
