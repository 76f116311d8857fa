//! Many clients of a relay at once.

use crate::{
    Failure,
    workspace::{cargo, run as run_command},
};

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    // The relay first: the tool finds it beside itself.
    run_command(cargo(&["build", "--release", "-p", "aside-relay"]))?;
    let mut command = cargo(&["run", "--release", "-p", "aside-load", "--"]);
    command.args(options);
    run_command(command)
}
