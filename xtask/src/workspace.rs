//! The workspace, and cargo run in it.

use crate::Failure;
use std::{
    ffi::OsString,
    io::{BufRead, BufReader, IsTerminal},
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// The build folder of a crate that is no member of the workspace, inside that of the workspace: one place to cache.
pub(crate) fn target_folder(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target"));
    root().join(target).join(name)
}

/// A cargo command in the workspace, with the environment a person's shell would give it.
///
/// `cargo run` describes this crate to us in variables. Passed on, they would make build scripts that watch
/// them run again, and each `cargo xtask` undo the cache of a plain `cargo build`.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
            .iter()
            .any(|own| name.starts_with(own))
        {
            command.env_remove(&*name);
        }
    }
    if std::io::stdout().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

/// A git command in the workspace.
pub(crate) fn git(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command, its output going where ours goes.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let line = describe(&command);
    finished(&line, status(command)?)
}

/// Runs a command whose exit code means more than success.
pub(crate) fn status(mut command: Command) -> Result<ExitStatus, Failure> {
    let line = announce(&command);
    command.status().map_err(|error| format!("`{line}` did not start: {error}").into())
}

/// Runs a command, passing its output through line by line and showing each line to `read`, without colours.
pub(crate) fn read_along(mut command: Command, mut read: impl FnMut(&str)) -> Result<(), Failure> {
    let line = announce(&command);
    // One pipe for both streams keeps their order.
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().map_err(|error| format!("`{line}` did not start: {error}"))?;
    // The command holds the writing ends: the pipe would never end.
    drop(command);
    for bytes in BufReader::new(reader).split(b'\n') {
        let bytes = bytes?;
        let text = String::from_utf8_lossy(&bytes);
        println!("{text}");
        read(&plain(&text));
    }
    finished(&line, child.wait()?)
}

/// Runs a command quietly and returns what it wrote to its standard output.
pub(crate) fn capture(mut command: Command) -> Result<String, Failure> {
    let line = describe(&command);
    command.env("CARGO_TERM_COLOR", "never");
    let output = command.output().map_err(|error| format!("`{line}` did not start: {error}"))?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    finished(&line, output.status)?;
    Ok(String::from_utf8(output.stdout)?)
}

/// The packages of the workspace.
pub(crate) fn members() -> Result<Vec<String>, Failure> {
    let list =
        capture(cargo(&["tree", "--workspace", "--depth", "0", "--prefix", "none", "--format", "{p}"]))?;
    Ok(list.lines().filter_map(package_name).map(str::to_owned).collect())
}

/// The name in a line of `cargo tree --format {p}`: `name v1.2.3 (path)`.
pub(crate) fn package_name(line: &str) -> Option<&str> {
    line.split_whitespace().next()
}

fn announce(command: &Command) -> String {
    let line = describe(command);
    println!("   $ {line}");
    line
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

fn finished(line: &str, status: ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})").into()) }
}

/// A line without its colours: sequences from ESC `[` to a letter.
fn plain(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some((_, after)) = part.split_once(|c: char| c.is_ascii_alphabetic()) {
            text.push_str(after);
        }
    }
    text
}

#[cfg(test)]
#[path = "workspace_tests.rs"]
mod tests;
