//! Every implementation of `interop/`, and that of this workspace, by the conformance runner.

mod python;
mod typescript;

use crate::{
    Failure,
    step::{self, Outcome},
    workspace::{self, cargo, root, target_folder},
};
use std::{
    io::Write as _,
    num::NonZero,
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

pub(crate) const REMEDY: &str = "mend what the score card names; `cargo xtask interop --only NAME` repeats one implementation, and \
     `cargo run -p aside-conformance -- show ID` shows a vector";

/// Conversations of each implementation with that of this workspace.
const CONVERSATIONS: &str = "200";
/// Conversations of the others with each other.
const FEWER: &str = "50";

/// An implementation.
struct Implementation {
    name: &'static str,
    /// What is there once it exists, from the root of the workspace.
    exists: &'static str,
    /// Makes what it needs below `target/interop`, and returns the command of its shim.
    prepare: fn() -> Result<String, Failure>,
}

const IMPLEMENTATIONS: &[Implementation] = &[
    Implementation { name: "rust", exists: "crates/conformance", prepare: || Ok(built("aside-shim")) },
    Implementation { name: "python", exists: "interop/python/shim.py", prepare: python::prepare },
    Implementation {
        name: "typescript",
        exists: "interop/typescript/package.json",
        prepare: typescript::prepare,
    },
];

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let only = options.iter().skip_while(|option| **option != "--only").nth(1).copied();
    if let Some(only) = only
        && !IMPLEMENTATIONS.iter().any(|implementation| implementation.name == only)
    {
        return Err(format!("there is no implementation `{only}`").into());
    }
    step::alone("interop", "all implementations by the conformance runner", || score_all(only))
}

/// All of them.
pub(crate) fn check() -> Result<Outcome, Failure> {
    score_all(None)
}

fn score_all(only: Option<&str>) -> Result<Outcome, Failure> {
    workspace::run(cargo(&["build", "--quiet", "--package", "aside-conformance", "--bins"]))?;
    let mut shims = Vec::new();
    for implementation in IMPLEMENTATIONS.iter().filter(|there| root().join(there.exists).exists()) {
        // Rust is who the others talk to.
        if only.is_none_or(|only| only == implementation.name || implementation.name == "rust") {
            shims.push((implementation.name, (implementation.prepare)()?));
        }
    }
    let asked = shims.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    let mut runs: Vec<_> = asked.map(|(_, shim)| vec!["--strict", "--impl", shim]).collect();
    for (place, (_, one)) in shims.iter().enumerate() {
        for (_, other) in shims.iter().skip(place.saturating_add(1)) {
            let count = if place == 0 { CONVERSATIONS } else { FEWER };
            runs.push(vec!["--impl", one, "--against", other, "--seed", "1", "--conversations", count]);
        }
    }
    run_all(&runs)
}

/// As many at a time as there are processors; what each says is shown when it ends.
fn run_all(runs: &[Vec<&str>]) -> Result<Outcome, Failure> {
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some(arguments) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !run_one(arguments) {
                failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    match failed.into_inner() {
        0 => Ok(Outcome::Done),
        count => Err(format!("{count} of {} runs failed", runs.len()).into()),
    }
}

fn run_one(arguments: &[&str]) -> bool {
    let mut command = Command::new(target_folder("debug").join("aside-conformance"));
    command.arg("run").args(arguments).current_dir(root());
    let result = command.output();
    // Held to the end, so that two do not mix.
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "   $ aside-conformance run {}", arguments.join(" "));
    match result {
        Ok(output) => {
            let _ = out.write_all(&[output.stdout, output.stderr].concat());
            output.status.success()
        }
        Err(error) => {
            let _ = writeln!(out, "it did not start: {error}");
            false
        }
    }
}

/// A program that cargo has built, quoted.
fn built(name: &str) -> String {
    quoted(&target_folder("debug").join(name))
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}
