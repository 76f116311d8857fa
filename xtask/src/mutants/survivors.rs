//! The lists of survivors: what they say, and whether it is true.

use super::{Report, mutant::Mutant};
use crate::{Failure, workspace};
use std::{collections::BTreeMap, fs};

/// The list of a crate, by its folder.
pub(super) fn of(folder: &str) -> Result<Vec<Mutant>, Failure> {
    let file = format!("{folder}/survivors.md");
    let text =
        fs::read_to_string(workspace::root().join(&file)).map_err(|error| format!("{file}: {error}"))?;
    Ok(read(folder, &text).map_err(|error| format!("{file}, {error}"))?)
}

/// A list that gives one reason for several entries.
pub(super) fn grouped(folder: &str, name: &str) -> Result<Vec<Mutant>, Failure> {
    let file = format!("{folder}/{name}");
    let text =
        fs::read_to_string(workspace::root().join(&file)).map_err(|error| format!("{file}: {error}"))?;
    Ok(read_groups(folder, &text).map_err(|error| format!("{file}, {error}"))?)
}

/// Reads the mutant of an entry.
fn entry(folder: &str, line: &str) -> Option<Mutant> {
    let (file, change) = line.strip_prefix("- `")?.split_once("`: `")?;
    Some(Mutant { file: format!("{folder}/{file}"), change: change.strip_suffix('`')?.to_owned() })
}

/// Reads a list of groups: a heading `## `, the reason, and an entry a line. Text before the first heading is for people.
fn read_groups(folder: &str, text: &str) -> Result<Vec<Mutant>, String> {
    let mut listed = Vec::new();
    let (before, _) = text.split_once("\n## ").unwrap_or((text, ""));
    if before.lines().any(|line| line.starts_with("- ")) {
        return Err("an entry stands before the first group".into());
    }
    for group in text.split("\n## ").skip(1) {
        let heading = group.lines().next().unwrap_or_default();
        let (entries, words): (Vec<_>, Vec<_>) = group
            .lines()
            .skip(1)
            .filter(|line| !line.trim().is_empty())
            .partition(|line| line.starts_with("- "));
        if words.is_empty() || entries.is_empty() {
            return Err(format!("the group `{heading}` has no reason, or no entry"));
        }
        for line in entries {
            let read =
                entry(folder, line).ok_or_else(|| format!("this is not - `src/FILE`: `CHANGE`: {line}"))?;
            listed.push(read);
        }
    }
    Ok(listed)
}

/// Reads a list: ``- `src/FILE`: `CHANGE` `` and below it, indented, the reason. Text before the first is for people.
fn read(folder: &str, text: &str) -> Result<Vec<Mutant>, String> {
    let mut listed = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if !line.starts_with("- ") {
            continue;
        }
        let place = index.saturating_add(1);
        let mutant =
            entry(folder, line).ok_or_else(|| format!("line {place} is not: - `src/FILE`: `CHANGE`"))?;
        if lines.next_if(|(_, next)| next.starts_with("  ") && !next.trim().is_empty()).is_none() {
            return Err(format!("line {place} has no reason below it"));
        }
        listed.push(mutant);
    }
    Ok(listed)
}

/// What a list says and a run does not show, or the other way round.
///
/// A function may hold the same change twice, so they are counted. After a run of a part, an entry for what was not
/// tried stands.
pub(super) fn compare(listed: &[Mutant], known: &[Mutant], report: &Report) -> Vec<String> {
    let (known, noticed, survived) = (count(known), count(&report.noticed), count(&report.survived));
    let listed = count(listed);
    let of = |counts: &BTreeMap<&Mutant, usize>, mutant| counts.get(mutant).copied().unwrap_or_default();
    let mut wrong = Vec::new();
    for (mutant, count) in &survived {
        if *count > of(&listed, mutant) {
            wrong.push(format!("no test notices it, and it is not listed: {mutant}"));
        }
    }
    for (mutant, count) in &listed {
        let known = of(&known, mutant);
        if *count > known {
            wrong.push(format!("it is listed, and no such change can be made: {mutant}"));
        } else if *count > known.saturating_sub(of(&noticed, mutant)) {
            wrong.push(format!("it is listed, and noticed now: {mutant}"));
        }
    }
    wrong
}

fn count(mutants: &[Mutant]) -> BTreeMap<&Mutant, usize> {
    let mut counts = BTreeMap::new();
    for mutant in mutants {
        let count: &mut usize = counts.entry(mutant).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

#[cfg(test)]
#[path = "survivors_tests.rs"]
mod tests;
