//! Numbered paragraphs: one number, one requirement, on one actor, with its reason.

use super::{
    number::{Number, numbers},
    page::Page,
};
use std::collections::{BTreeMap, BTreeSet};

const NOTATION: &str = "spec/notation.md";
/// Whom a requirement can bind is said there.
const ACTORS: &str = "Actors";
/// What a reason begins with.
const REASON: &str = "because";

/// Where a requirement is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) number: Number,
    pub(super) path: String,
    pub(super) line: usize,
    /// Its paragraph without the number, in one line.
    text: String,
}

/// Everything the chapters define, in order.
pub(super) fn all(chapters: &[Page]) -> Vec<Requirement> {
    chapters.iter().flat_map(|chapter| scan(chapter).0).collect()
}

/// Requirements without exactly one MUST, an actor or a reason, MUST without a number, numbers used twice.
pub(super) fn check(chapters: &[Page]) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<Number, String> = BTreeMap::new();
    let actors = actors(chapters);
    if actors.is_empty() {
        found.push(format!("{NOTATION}: there is no table \"{ACTORS}\""));
    }
    for chapter in chapters {
        let (requirements, stray) = scan(chapter);
        found.extend(
            stray
                .into_iter()
                .map(|line| format!("{}:{line}: a MUST outside a numbered paragraph", chapter.path)),
        );
        for requirement in requirements {
            let place = format!("{}:{}", requirement.path, requirement.line);
            let number = &requirement.number;
            found.extend(
                form(&requirement.text, &actors).into_iter().map(|what| format!("{place}: {number} {what}")),
            );
            if let Some(first) = seen.insert(number.clone(), place.clone()) {
                found.push(format!("{place}: {number} is defined at {first} already"));
            }
        }
    }
    found
}

/// The first column of the table of actors, which may name several in a row.
fn actors(chapters: &[Page]) -> BTreeSet<String> {
    let table = chapters.iter().find(|page| page.path == NOTATION).and_then(|page| page.table(ACTORS));
    let cells = table.into_iter().flatten().filter_map(|row| row.into_iter().next());
    cells.flat_map(|cell| cell.split(", ").map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// What is wrong with the text of a requirement.
fn form(text: &str, actors: &BTreeSet<String>) -> Option<String> {
    let musts = words(text).filter(|word| *word == "MUST").count();
    if musts != 1 {
        return Some(format!("says MUST {musts} times; once is right"));
    }
    let (before, after) = text.split_once("MUST")?;
    let ends = [". ", ".) "];
    let start = ends
        .iter()
        .filter_map(|end| Some(before.rfind(end)?.saturating_add(end.len())))
        .max()
        .unwrap_or_default();
    let end = ends.iter().filter_map(|end| after.find(end)).min().unwrap_or(after.len());
    let (clause, rest) = (before.get(start..)?, after.get(..end)?);
    let subject = clause.rsplit(", ").next().unwrap_or_default();
    if !words(subject).any(|word| actors.contains(word)) {
        return Some(format!("binds \"{}\", and that is no actor", subject.trim()));
    }
    let reason = words(clause).chain(words(rest)).any(|word| word == REASON);
    (!reason).then(|| format!("has no \"{REASON}\" in its sentence"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The requirements of a chapter, and the lines with a MUST outside them. A paragraph ends at an empty line.
fn scan(chapter: &Page) -> (Vec<Requirement>, Vec<usize>) {
    let mut requirements: Vec<Requirement> = Vec::new();
    let mut stray = Vec::new();
    let mut open = false;
    for (line, text) in (1..).zip(chapter.prose()) {
        let mut text = text.as_str();
        if let Some((number, rest)) = defined(text) {
            let (path, first) = (chapter.path.clone(), String::new());
            requirements.push(Requirement { number, path, line, text: first });
            text = rest;
            open = true;
        } else if text.trim().is_empty() {
            open = false;
        }
        match requirements.last_mut().filter(|_| open) {
            Some(requirement) => {
                requirement.text.push_str(text.trim());
                requirement.text.push(' ');
            }
            None if words(text).any(|word| word == "MUST") => stray.push(line),
            None => {}
        }
    }
    (requirements, stray)
}

/// The number of a line that begins `**SES-21.**`, and what follows it.
fn defined(line: &str) -> Option<(Number, &str)> {
    let (number, rest) = line.strip_prefix("**")?.split_once(".**")?;
    let mut found = numbers(number);
    let only = found.pop().filter(|only| found.is_empty() && only.to_string() == number)?;
    Some((only, rest))
}

#[cfg(test)]
#[path = "requirements_tests.rs"]
mod tests;
