//! The cargo subcommands the checks need; installs what is missing.

use crate::{
    Failure,
    step::Outcome,
    toolchain::succeeds,
    workspace::{capture, cargo, run},
};

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

/// Installs a cargo subcommand in one version: another finds other things in the same code.
pub(crate) fn need_version(subcommand: &str, package: &str, version: &str) -> Result<(), Failure> {
    if present(subcommand)
        && capture(cargo(&[subcommand, "--version"]))?.split_whitespace().any(|word| word == version)
    {
        return Ok(());
    }
    println!("   `cargo {subcommand}` {version} is missing; installing it takes some minutes, once");
    run(cargo(&["install", package, "--version", version, "--locked"]))
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
    succeeds(cargo(&[tool, "--version"]))
}
