//! What has changed, by git.

use super::folder;
use crate::{
    Failure,
    workspace::{self, capture, git},
};
use std::collections::BTreeSet;

/// Names under which the main branch may be known, the published one first.
const MAIN: [&str; 3] = ["origin/HEAD", "origin/main", "main"];

/// The files of some crates that have changed.
pub(super) struct Changed {
    /// From the folder of the workspace.
    pub(super) files: Vec<String>,
    /// Since when, in words.
    pub(super) since: String,
    /// Drawn from the name of the newest commit.
    pub(super) number: u32,
}

/// What differs from the main branch. On the main branch itself, what the last commit to these crates changed.
pub(super) fn files(packages: &[&str]) -> Result<Changed, Failure> {
    let folders: Vec<String> = packages.iter().map(|package| format!("{}/src", folder(package))).collect();
    let of = |arguments: &[&str]| -> Result<String, Failure> {
        let mut command = git(arguments);
        command.arg("--").args(&folders);
        capture(command)
    };
    let newest = capture(git(&["rev-parse", "HEAD"]))?;
    let number = newest.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default();
    let base = match MAIN.iter().find(|name| exists(name)) {
        Some(name) => capture(git(&["merge-base", name, "HEAD"]))?,
        None => newest,
    };
    let base = base.trim();
    let differ = of(&["diff", "--name-only", base])? + &of(&["ls-files", "--others", "--exclude-standard"])?;
    let files = sources(&differ);
    if !files.is_empty() {
        let short = base.get(..9).unwrap_or(base);
        return Ok(Changed { files, since: format!("changed since {short}"), number });
    }
    let last = of(&["log", "-1", "--format=%h"])?;
    let last = last.trim();
    let files = sources(&of(&["show", "--name-only", "--format=", last])?);
    Ok(Changed { files, since: format!("changed by {last}, the last commit to these crates"), number })
}

/// The files with code of a list. Tests stand beside it: whoever changes `chain_tests.rs` changes what is noticed in `chain.rs`.
fn sources(list: &str) -> Vec<String> {
    let files: BTreeSet<String> = list
        .lines()
        .filter(|name| name.ends_with(".rs"))
        .map(|name| name.replace("_tests.rs", ".rs"))
        .filter(|name| workspace::root().join(name).is_file())
        .collect();
    files.into_iter().collect()
}

fn exists(name: &str) -> bool {
    crate::toolchain::succeeds(git(&["rev-parse", "--verify", name]))
}
