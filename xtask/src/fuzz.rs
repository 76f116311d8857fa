//! The fuzz targets: with libFuzzer where a nightly compiler is installed, otherwise with the runner of `fuzz/`.

use crate::{
    Failure,
    step::Outcome,
    toolchain::{has_nightly, nightly, succeeds},
    workspace::{self, cargo, run as run_command, target_folder},
};
use std::{path::PathBuf, process::Command};

/// How to repeat what failed.
pub(crate) const REMEDY: &str = "the failing input is named above; `cargo xtask fuzz TARGET` looks for more";
/// Seconds for one target if none are given.
const SECONDS: &str = "60";
/// Seconds for all targets together in `cargo xtask test`.
const SMOKE_SECONDS: &str = "12";
/// What `--aws-lc` adds.
const SECOND: &[&str] = &["--features", "aws-lc-rs"];
const NO_FEATURES: &[&str] = &[];
/// Inputs longer than this say nothing new: the largest structure is a device list.
const MAX_INPUT: &str = "8192";

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<(), Failure> {
    let (mut target, mut seconds, mut features) = (None, SECONDS, NO_FEATURES);
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        match option {
            "--aws-lc" => features = SECOND,
            "--seconds" => seconds = options.next().ok_or("--seconds takes a number")?,
            name => target = Some(name),
        }
    }
    if !has_nightly() {
        println!(
            "no nightly compiler (`rustup toolchain install nightly` installs one), which libFuzzer needs:"
        );
        println!("running the seeds and fixed mutations of them instead, {seconds} s in all");
        return smoke(features, &[target.as_slice(), &["--seconds", seconds]].concat());
    }
    if !has_cargo_fuzz() {
        println!("`cargo fuzz` is missing; installing it takes some minutes, once");
        run_command(cargo(&["install", "cargo-fuzz", "--locked"]))?;
    }
    let corpus = corpus();
    run_command(fuzz_binary("seeds", features, &[&corpus.to_string_lossy()]))?;
    let targets = match target {
        Some(name) => vec![name.to_owned()],
        None => workspace::capture(cargo_fuzz(&["list"]))?.lines().map(str::to_owned).collect(),
    };
    for target in targets {
        println!("== {target}: {seconds} s");
        run_command(one(&target, features, seconds))?;
    }
    Ok(())
}

/// The step of `cargo xtask test`.
pub(crate) fn check() -> Result<Outcome, Failure> {
    smoke(NO_FEATURES, &["--seconds", SMOKE_SECONDS])?;
    Ok(Outcome::Done)
}

fn smoke(features: &[&str], arguments: &[&str]) -> Result<(), Failure> {
    run_command(fuzz_binary("smoke", features, arguments))
}

/// A program of `fuzz/`, without libFuzzer, so that any compiler builds it.
fn fuzz_binary(name: &str, features: &[&str], arguments: &[&str]) -> Command {
    let mut command = cargo(&["run", "--quiet", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    command
        .args(features)
        .args(["--no-default-features", "--bin", name, "--target-dir"])
        .arg(target_folder("fuzz"));
    command.arg("--").args(arguments);
    command
}

fn one(target: &str, features: &[&str], seconds: &str) -> Command {
    let mut command = cargo_fuzz(&["run"]);
    command.args(features);
    command.arg("--target-dir").arg(target_folder("fuzz")).arg(target).arg(corpus().join(target));
    command.args(["--", "-dict=fuzz/aside.dict", "-timeout=20"]);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={MAX_INPUT}"));
    command
}

/// `cargo fuzz` under the nightly compiler.
fn cargo_fuzz(arguments: &[&str]) -> Command {
    let mut command = nightly(&["cargo", "fuzz"]);
    command.args(arguments).args(["--fuzz-dir", "fuzz"]);
    command
}

/// Inputs that are worth keeping on this machine; not committed.
fn corpus() -> PathBuf {
    workspace::root().join("fuzz").join("corpus")
}

fn has_cargo_fuzz() -> bool {
    succeeds(cargo(&["fuzz", "--version"]))
}
