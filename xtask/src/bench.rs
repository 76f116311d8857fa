//! Our figures beside the bare primitives and peers.

use crate::{
    Failure,
    workspace::{cargo, run as run_command, target_folder},
};

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let mut command = cargo(&["run", "--release", "--manifest-path", "bench/Cargo.toml"]);
    command.arg("--target-dir").arg(target_folder("bench")).arg("--").args(options);
    run_command(command)
}
