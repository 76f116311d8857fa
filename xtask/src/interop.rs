//! Every implementation of `interop/`, and that of this workspace, by the conformance runner.

mod python;
mod typescript;

use crate::{
    Failure,
    step::{self, Outcome},
    workspace::{self, cargo, root, target_folder},
};
use std::path::Path;

pub(crate) const REMEDY: &str = "mend what the score card names; `cargo xtask interop --only NAME` repeats one implementation, and \
     `cargo run -p aside-conformance -- show ID` shows a vector";

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
    let there = IMPLEMENTATIONS.iter().filter(|implementation| {
        only.is_none_or(|only| only == implementation.name) && root().join(implementation.exists).exists()
    });
    for implementation in there {
        let shim = (implementation.prepare)()?;
        score(&shim)?;
    }
    Ok(Outcome::Done)
}

fn score(shim: &str) -> Result<(), Failure> {
    let mut command = std::process::Command::new(target_folder("debug").join("aside-conformance"));
    command.args(["run", "--strict", "--impl", shim]).current_dir(root());
    workspace::run(command)
}

/// A program that cargo has built, quoted.
fn built(name: &str) -> String {
    quoted(&target_folder("debug").join(name))
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}
