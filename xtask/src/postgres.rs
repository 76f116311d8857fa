//! The tests of the relay with PostgreSQL, on a server that lives as long as they run.

use crate::{
    Failure,
    counts::Counts,
    step::{self, Outcome},
    test::counted_of,
    toolchain::succeeds,
    workspace::{self, capture, cargo},
};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

pub(crate) const REMEDY: &str =
    "`cargo xtask postgres <part of a test's name>` repeats one test with a server of its own";
const SERVER: &[&str] = &["run", "--quiet", "-p", "aside-testkit", "--bin", "throwaway-postgres", "--"];
/// Where the tests find the server.
const VARIABLE: &str = "ASIDE_TEST_POSTGRES";
const FEATURE: &[&str] = &["-p", "aside-relay", "--features", "postgres"];
/// What the feature changes; the rest the step `tests` has run.
const CHANGED: &[&str] = &["-E", "not (binary(relay) | test(sqlite))"];

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    step::alone("postgres", "the tests of the relay with PostgreSQL", || all(options, &mut None))
}

/// The step of `cargo xtask test`.
pub(crate) fn check(counts: &mut Option<Counts>) -> Result<Outcome, Failure> {
    all(CHANGED, counts)
}

/// Lints what only this feature compiles, then runs the tests.
fn all(which: &[&str], counts: &mut Option<Counts>) -> Result<Outcome, Failure> {
    if let Err(reason) = need() {
        return Ok(Outcome::Skipped(reason));
    }
    let clippy = [&["clippy", "--quiet", "--all-targets"], FEATURE, &["--", "-D", "warnings"]].concat();
    workspace::run(cargo(&clippy))?;
    let server = Server::start()?;
    let mut command = cargo(&[&["nextest", "run"], FEATURE, which].concat());
    command.env(VARIABLE, &server.url);
    counted_of(command, Counts::of_nextest_filtered, counts)
}

/// Looks for PostgreSQL, and installs it from Debian if there is none; the error is why it cannot be had.
pub(crate) fn need() -> Result<(), String> {
    let present = || succeeds(cargo(&[SERVER, &["--find"]].concat()));
    if present() {
        return Ok(());
    }
    let failed = |failure: Failure| format!("PostgreSQL is missing: {failure}");
    println!("   PostgreSQL is missing; installing it from Debian takes a minute, once");
    // What is known of the packages may be too old, or nothing.
    let install = ["apt-get", "install", "-y", "--no-install-recommends", "postgresql"];
    for arguments in [&["apt-get", "update", "--quiet"][..], &install] {
        workspace::run(as_root(arguments).map_err(failed)?).map_err(failed)?;
    }
    if present() { Ok(()) } else { Err("PostgreSQL was installed and is not found".into()) }
}

/// A command with the rights to install something, if we have them without being asked for a password.
fn as_root(arguments: &[&str]) -> Result<Command, Failure> {
    let mut id = Command::new("id");
    id.arg("-u");
    let before: &[&str] = if capture(id)?.trim() == "0" { &["env"] } else { &["sudo", "-n", "env"] };
    let words = [before, &["DEBIAN_FRONTEND=noninteractive"], arguments].concat();
    let (program, rest) = words.split_first().ok_or("no command")?;
    let mut command = Command::new(program);
    command.args(rest);
    Ok(command)
}

/// A server that ends with this value, and also when this process is killed: its standard input ends then.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start() -> Result<Self, Failure> {
        let mut child = cargo(SERVER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut url)?;
        }
        let server = Self { child, url: url.trim().to_owned() };
        if server.url.is_empty() { Err("the server did not start".into()) } else { Ok(server) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It says itself what went wrong.
        let _ = self.child.wait();
    }
}
