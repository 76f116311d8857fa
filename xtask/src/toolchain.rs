//! What rustup brings: targets, the nightly compiler and its components. Installs what is missing.

use crate::workspace::{self, run};
use std::process::{Command, Stdio};

/// A command of the nightly compiler.
pub(crate) fn nightly(arguments: &[&str]) -> Command {
    let mut command = rustup(&["run", "nightly"]);
    command.args(arguments);
    // Set by the cargo that runs this task; they would bring back its compiler.
    for own in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "CARGO_TARGET_DIR"] {
        command.env_remove(own);
    }
    command
}

/// Whether there is a nightly compiler.
pub(crate) fn has_nightly() -> bool {
    succeeds(nightly(&["rustc", "--version"]))
}

/// Installs the libraries of a target, or says why it cannot.
pub(crate) fn add_target(target: &str) -> Result<(), String> {
    with_rustup(&["target", "add", target])
}

/// Installs components of the nightly compiler, and that compiler if it is missing, or says why it cannot.
pub(crate) fn add_nightly(components: &[&str]) -> Result<(), String> {
    if has_nightly() {
        return with_rustup(&[&["component", "add", "--toolchain", "nightly"], components].concat());
    }
    let list = components.join(",");
    with_rustup(&["toolchain", "install", "nightly", "--profile", "minimal", "--component", &list])
}

fn with_rustup(arguments: &[&str]) -> Result<(), String> {
    let call = arguments.join(" ");
    if !succeeds(rustup(&["--version"])) {
        return Err(format!("there is no rustup, which would install it with `rustup {call}`"));
    }
    run(rustup(arguments)).map_err(|error| error.to_string())
}

fn rustup(arguments: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(arguments).current_dir(workspace::root());
    command
}

/// Whether a command runs and succeeds; what it writes does not matter.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
