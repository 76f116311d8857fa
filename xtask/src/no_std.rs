//! Builds the protocol crates for a target that has no standard library, clock, files or sockets.

use crate::{
    Failure, layers,
    step::{self, Outcome},
    workspace::{self, capture, cargo},
};
use std::{ffi::OsString, path::Path, process::Command};

/// In order of preference: the first has no std at all, the second one that does nothing.
const TARGETS: &[&str] = &["wasm32v1-none", "wasm32-unknown-unknown"];

/// The task.
pub(crate) fn run(_options: &[&str]) -> Result<(), Failure> {
    step::alone("no-std", "the protocol crates build without the standard library", check)
}

/// Builds, or says which target to install.
pub(crate) fn check() -> Result<Outcome, Failure> {
    let Some(target) = TARGETS.iter().find(|target| installed(target)) else {
        let reason = format!("no target {}; `rustup target add` installs one", TARGETS.join(" or "));
        return Ok(Outcome::Skipped(reason));
    };
    let members = workspace::members()?;
    let mut command = cargo(&["build", "--target", target]);
    for name in members.iter().filter(|name| layers::layer(name).is_some_and(|layer| layer.no_std)) {
        command.args(["-p", name]);
    }
    workspace::run(command)?;
    Ok(Outcome::Done)
}

/// Whether the compiler has the libraries of a target; works without rustup too.
fn installed(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let mut command = Command::new(rustc);
    command.args(["--print", "target-libdir", "--target", target]).current_dir(workspace::root());
    capture(command).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}
