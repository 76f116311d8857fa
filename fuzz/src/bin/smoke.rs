//! Runs the targets without a fuzzer: what once failed, every seed, then mutations of them in a fixed order.
//!
//! `smoke [TARGET] [--seconds N]`; without a target all of them share the time. A failing input is written to
//! `fuzz/artifacts/TARGET/`, where `cargo fuzz run TARGET FILE` takes it; so does `smoke TARGET FILE`.

use aside_fuzz::{Mutator, TARGETS, Target};
use std::{
    env, fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// The time for all targets together if none is given.
const SECONDS: u64 = 10;

const USAGE: &str = "usage: smoke [TARGET [FILE]] [--seconds N]";

struct Options {
    targets: Vec<Target>,
    file: Option<PathBuf>,
    time: Duration,
}

fn main() -> ExitCode {
    match options(env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("smoke: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { targets: TARGETS.to_vec(), file: None, time: Duration::from_secs(SECONDS) };
    let mut named = false;
    while let Some(argument) = arguments.next() {
        if argument == "--seconds" {
            let seconds = arguments.next().and_then(|number| number.parse().ok()).ok_or(USAGE)?;
            options.time = Duration::from_secs(seconds);
        } else if named {
            options.file = Some(argument.into());
        } else {
            let names = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
            let found = TARGETS.iter().find(|target| target.name == argument);
            let target =
                found.ok_or_else(|| format!("no target `{argument}`; there are {}\n{USAGE}", names()))?;
            options.targets = vec![*target];
            named = true;
        }
    }
    Ok(options)
}

fn run(options: &Options) -> Result<(), String> {
    if let (Some(file), [target]) = (&options.file, options.targets.as_slice()) {
        let data = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        return attempt(target, &data);
    }
    let share = options.time / u32::try_from(options.targets.len().max(1)).unwrap_or(1);
    for target in &options.targets {
        let start = Instant::now();
        let runs = mutations(target, share)?;
        println!("{:<22} {runs:>8} inputs in {:.1} s", target.name, start.elapsed().as_secs_f64());
    }
    aside_fuzz::close();
    Ok(())
}

/// Every seed, whatever the time; then mutations until it is over. The order is the same each time, so a slower
/// machine only stops earlier.
fn mutations(target: &Target, time: Duration) -> Result<u64, String> {
    let mut seeds = (target.seeds)();
    seeds.extend(regressions(target).map_err(|error| format!("regressions: {error}"))?);
    for seed in &seeds {
        attempt(target, seed)?;
    }
    let start = Instant::now();
    let mut runs = u64::try_from(seeds.len()).unwrap_or(u64::MAX);
    let mut mutator = Mutator::new(1);
    while start.elapsed() < time && !seeds.is_empty() {
        let mut data = seeds[mutator.below(seeds.len())].clone();
        mutator.mutate(&mut data);
        attempt(target, &data)?;
        runs += 1;
    }
    Ok(runs)
}

/// Inputs that failed once, by name: `fuzz/regressions/TARGET/`.
fn regressions(target: &Target) -> io::Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(target.name);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    files.iter().map(fs::read).collect()
}

/// Runs one input; keeps it if it fails.
fn attempt(target: &Target, data: &[u8]) -> Result<(), String> {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(data))).is_ok() {
        return Ok(());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts").join(target.name);
    let file = folder.join("smoke");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, data))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    Err(format!("{} failed; the input is {}", target.name, file.display()))
}
