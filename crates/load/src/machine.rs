//! The machine it runs on, and what a process of it uses.

use crate::Failure;
use rustix::{
    param::clock_ticks_per_second,
    process::{Resource, Rlimit, getrlimit, setrlimit},
};
use std::{fs, num::NonZeroUsize, thread, time::Duration};

/// A line about the machine.
#[must_use]
pub fn describe() -> String {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|_| "unknown processor".into());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores of {model}, Linux {}", kernel.trim())
}

/// Memory that a process has now, in KiB.
///
/// # Errors
/// If the process or `/proc` is not there.
pub fn resident(process: u32) -> Result<u64, Failure> {
    let line = field(&format!("/proc/{process}/status"), "VmRSS")?;
    Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
}

/// Processor time that a process has used so far.
///
/// # Errors
/// If the process or `/proc` is not there.
pub fn processor_time(process: u32) -> Result<Duration, Failure> {
    ticks(process, 2)
}

/// The same with the processes it has begun, also those that have ended.
///
/// # Errors
/// If the process or `/proc` is not there.
pub fn processor_time_of_family(process: u32) -> Result<Duration, Failure> {
    let mut time = ticks(process, 4)?;
    for entry in fs::read_dir("/proc")? {
        let Some(child) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may end meanwhile.
        if parent(child).is_ok_and(|parent| parent == process) {
            time = time.saturating_add(ticks(child, 2).unwrap_or_default());
        }
    }
    Ok(time)
}

/// Who has begun a process.
///
/// # Errors
/// If the process or `/proc` is not there.
pub fn parent(process: u32) -> Result<u32, Failure> {
    stat(process)?.get(1).and_then(|word| word.parse().ok()).ok_or_else(|| "no parent".into())
}

/// Of user, system, user of ended children, system of ended children, so many.
fn ticks(process: u32, kinds: usize) -> Result<Duration, Failure> {
    let words = stat(process)?;
    let ticks = words.iter().skip(11).take(kinds).map(|word| word.parse::<u64>()).sum::<Result<u64, _>>()?;
    let millis = ticks.saturating_mul(1000).checked_div(clock_ticks_per_second()).unwrap_or_default();
    Ok(Duration::from_millis(millis))
}

/// Lets this process and its children have so many files open, within what the system allows.
///
/// # Errors
/// If that is not allowed.
pub fn allow_files(needed: u64) -> Result<(), Failure> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if maximum.is_some_and(|maximum| maximum < needed) {
        let most = maximum.unwrap_or_default();
        return Err(
            format!("{needed} open files are needed, the system allows {most}; raise `ulimit -Hn`").into()
        );
    }
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })?)
}

/// What stands behind the name, which may contain anything but stands in parentheses.
fn stat(process: u32) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    Ok(rest.split_whitespace().map(str::to_owned).collect())
}

/// The value of a line `name: value`.
fn field(path: &str, name: &str) -> Result<String, Failure> {
    let text = fs::read_to_string(path)?;
    let value = text.lines().filter_map(|line| line.split_once(':')).find(|(field, _)| field.trim() == name);
    Ok(value.map(|(_, value)| value.trim().to_owned()).ok_or_else(|| format!("{path} has no {name}"))?)
}
