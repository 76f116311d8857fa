//! Mutation testing: cargo-mutants changes the code in one place after the other, and the tests of the crate must notice.
//!
//! What they need not notice stands in `survivors.md` of the crate, each with its reason. The list is exact: a survivor
//! that is not on it fails, and so does an entry whose change is noticed now or cannot be made any more.
//!
//! With `--vectors` it is the test vectors that must notice, without any test; what they do not stands in `unproven.md`.

mod alternatives;
mod changed;
mod mutant;
mod survivors;
mod tree;
mod vectors;

use crate::{
    Failure,
    step::{self, Outcome},
    tools,
    workspace::{self, capture, cargo, target_folder},
};
use mutant::Mutant;
use std::{fs, path::Path, process::Command};

/// What to do about a failure.
pub(crate) const REMEDY: &str = "write the test that notices the change, or add it to survivors.md of the crate with the reason why none can; `cargo xtask mutants PACKAGE` repeats this check";
/// What to do about a failure of the lists for the vectors.
pub(crate) const UNPROVEN_REMEDY: &str = "take out of unproven.md what is named above, and run `cargo xtask mutants --vectors` if the code has changed";
/// The crates whose tests are tested. Each must stand on its own.
const PACKAGES: &[&str] = &["aside-primitives", "aside-session"];
/// Not compiled here, and what only tests call.
const LEFT_OUT: &[&str] =
    &["crates/primitives/src/backend/aws_lc.rs", "crates/primitives/src/differential.rs"];
/// Another version finds other places to change, and the lists would not fit.
const VERSION: &str = "27.1.0";
/// The most changes tried in `cargo xtask test`, two to eight seconds each.
const BOUND: usize = 24;
/// Seconds after which the tests of a change are taken to hang, at least.
const TIMEOUT: &str = "60";

/// Which mutants are tried.
struct Choice<'a> {
    packages: Vec<&'a str>,
    /// Only those of these files, where any are named.
    files: Vec<String>,
    /// One of so many equal parts of them.
    shard: Option<(usize, usize)>,
}

/// How the mutants that were tried ended.
#[derive(Debug, Default)]
struct Report {
    survived: Vec<Mutant>,
    /// Noticed by a test, or refused by the compiler.
    noticed: Vec<Mutant>,
    /// Neither: a machine that is busy may have been too slow.
    timed_out: Vec<Mutant>,
}

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let (mut package, mut shard, mut changed) = (None, None, false);
    let (mut with_vectors, mut listed) = (false, false);
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        match option {
            "--vectors" => with_vectors = true,
            "--listed" => listed = true,
            "--shard" => shard = Some(part(options.next().copied().unwrap_or_default())?),
            "--changed" => changed = true,
            name => package = Some(name),
        }
    }
    let of = if with_vectors { vectors::PACKAGES } else { PACKAGES };
    let packages = match package {
        None => of.to_vec(),
        Some(name) if of.contains(&name) => vec![name],
        Some(name) => return Err(format!("{name} is none of {}", of.join(", ")).into()),
    };
    if with_vectors {
        return vectors::run(&packages, listed);
    }
    let about = "the tests notice whatever is changed in the code";
    step::alone("mutants", about, || {
        prepare()?;
        let files = if changed { changed::files(&packages)?.files } else { Vec::new() };
        if changed && files.is_empty() {
            return Ok(Outcome::Skipped("no file of these crates has changed".into()));
        }
        attempt(&Choice { packages, files, shard })
    })
}

/// The step of `cargo xtask test`: the files that changed, within a bound.
pub(crate) fn check() -> Result<Outcome, Failure> {
    prepare()?;
    let changed = changed::files(PACKAGES)?;
    println!("   {}: {}", changed.since, changed.files.join(", "));
    let mut choice = Choice { packages: PACKAGES.to_vec(), files: changed.files, shard: None };
    let count = known(&choice)?.iter().filter(|mutant| choice.files.contains(&mutant.file)).count();
    if count == 0 {
        return Ok(Outcome::Skipped("there is nothing to change in the files that have changed".into()));
    }
    let parts = count.div_ceil(BOUND);
    // Another part with each commit, and the same for everybody.
    let part = usize::try_from(changed.number).unwrap_or_default() % parts;
    println!("   {count} places to change in them; part {part} of {parts}, chosen by the commit");
    choice.shard = Some((part, parts));
    attempt(&choice)
}

/// The step of `cargo xtask test` about the vectors: the lists alone, since trying them takes too long.
pub(crate) fn check_lists() -> Result<Outcome, Failure> {
    vectors::check()
}

/// Reads `K/N`, where `K` counts from 0.
fn part(text: &str) -> Result<(usize, usize), Failure> {
    let part = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    match part {
        Some((k, n)) if k < n => Ok((k, n)),
        _ => Err("--shard takes K/N: part K, counted from 0, of N".into()),
    }
}

fn prepare() -> Result<(), Failure> {
    tools::need_version("mutants", "cargo-mutants", VERSION)?;
    tree::copy(&tree())
}

fn attempt(choice: &Choice<'_>) -> Result<Outcome, Failure> {
    let mut listed = Vec::new();
    for package in &choice.packages {
        listed.extend(survivors::of(&folder(package))?);
    }
    let known = known(choice)?;
    let report = test(choice)?;
    println!(
        "   {} noticed or refused, {} survived, {} timed out; {} survivors are listed",
        report.noticed.len(),
        report.survived.len(),
        report.timed_out.len(),
        listed.len()
    );
    let wrong = survivors::compare(&listed, &known, &report);
    if wrong.is_empty() { Ok(Outcome::Done) } else { Err(wrong.join("\n").into()) }
}

/// Every mutant of the crates.
fn known(choice: &Choice<'_>) -> Result<Vec<Mutant>, Failure> {
    let mut command = cargo_mutants(&choice.packages);
    command.args(["--list", "--line-col=false"]);
    Ok(capture(command)?.lines().filter_map(Mutant::read).collect())
}

/// Tries those that were chosen.
fn test(choice: &Choice<'_>) -> Result<Report, Failure> {
    let output = target_folder("mutants");
    let mut command = cargo_mutants(&choice.packages);
    command.args(["--in-place", "--no-shuffle", "--test-tool", "nextest", "--minimum-test-timeout", TIMEOUT]);
    command.arg("--output").arg(&output);
    for file in &choice.files {
        command.args(["--file", file]);
    }
    if let Some((part, parts)) = choice.shard {
        command.args(["--sharding", "round-robin", "--shard", &format!("{part}/{parts}")]);
    }
    command.args(["--", "--lib", "--tests"]);
    // One failing test is enough; and nobody looks for the line it failed in.
    command.env("NEXTEST_PROFILE", "mutants").env("CARGO_PROFILE_DEV_DEBUG", "0");
    let status = workspace::status(command)?;
    // 2 is a survivor, 3 a test that hung; the report has them.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        return Err(format!("cargo-mutants failed ({status})").into());
    }
    let read = |name: &str| read(&output.join("mutants.out").join(name));
    let mut noticed = read("caught.txt")?;
    noticed.extend(read("unviable.txt")?);
    Ok(Report { survived: read("missed.txt")?, noticed, timed_out: read("timeout.txt")? })
}

fn read(file: &Path) -> Result<Vec<Mutant>, Failure> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().filter_map(Mutant::read).collect())
}

/// cargo-mutants on the copy of the workspace, which it may change in place: always in one place, so that what was built
/// there is built once. In a build folder of its own: cargo would take the copy's crates for the workspace's own, changes
/// included.
fn cargo_mutants(packages: &[&str]) -> Command {
    let mut command = cargo(&["mutants", "--no-config", "--dir"]);
    command.arg(tree()).env("CARGO_TARGET_DIR", target_folder("mutants").join("build"));
    for package in packages {
        command.args(["--package", package]);
    }
    for file in LEFT_OUT {
        command.args(["--exclude", file]);
    }
    command
}

fn tree() -> std::path::PathBuf {
    target_folder("mutants").join("tree")
}

/// Where a package stands: `aside-wire` in `crates/wire`.
fn folder(package: &str) -> String {
    format!("crates/{}", package.trim_start_matches("aside-"))
}

#[cfg(test)]
#[path = "mutants_tests.rs"]
mod tests;
