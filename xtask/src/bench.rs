//! Our figures beside the bare primitives and peers.

use crate::{
    Failure,
    workspace::{cargo, run as run_command, target_folder},
};

/// Asks for the second back end.
const SECOND: &str = "--aws-lc";

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let mut command = cargo(&["run", "--release", "--manifest-path", "bench/Cargo.toml"]);
    command.arg("--target-dir").arg(target_folder("bench"));
    if options.contains(&SECOND) {
        command.args(["--features", "aws-lc-rs"]);
    }
    command.arg("--").args(options.iter().filter(|option| **option != SECOND));
    run_command(command)
}
