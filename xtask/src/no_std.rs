//! Builds the protocol crates for targets that have no standard library, clock, files or sockets.

use crate::{
    Failure, layers,
    step::{self, Outcome},
    toolchain,
    workspace::{self, capture, cargo},
};
use std::{ffi::OsString, path::Path, process::Command};

/// The first has no std at all; the second has one that does nothing, and is what browsers take.
const TARGETS: [&str; 2] = ["wasm32v1-none", "wasm32-unknown-unknown"];

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("no-std", "the protocol crates build without the standard library", check)
}

/// Builds for each target, installing those that are missing.
pub(crate) fn check() -> Result<Outcome, Failure> {
    let mut missing = Vec::new();
    for target in TARGETS {
        match available(target) {
            Ok(()) => build(target)?,
            Err(reason) => missing.push(format!("{target} is missing: {reason}")),
        }
    }
    Ok(if missing.is_empty() { Outcome::Done } else { Outcome::Skipped(missing.join("; ")) })
}

fn build(target: &str) -> Result<(), Failure> {
    let members = workspace::members()?;
    let mut command = cargo(&["build", "--target", target]);
    for name in members.iter().filter(|name| layers::layer(name).is_some_and(|layer| layer.no_std)) {
        command.args(["-p", name]);
    }
    workspace::run(command)
}

/// Sees to it that the compiler has the libraries of a target, or says why it cannot have them.
fn available(target: &str) -> Result<(), String> {
    if installed(target) {
        return Ok(());
    }
    toolchain::add_target(target)?;
    // A compiler that rustup did not bring looks elsewhere.
    if installed(target) { Ok(()) } else { Err("the compiler is not one that rustup manages".into()) }
}

/// Whether the compiler has the libraries of a target; works without rustup too.
fn installed(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let mut command = Command::new(rustc);
    command.args(["--print", "target-libdir", "--target", target]).current_dir(workspace::root());
    capture(command).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}
