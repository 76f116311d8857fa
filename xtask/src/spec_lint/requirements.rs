//! Numbered paragraphs: one number, one requirement.

use super::{
    number::{Number, numbers},
    page::Page,
};
use std::collections::BTreeMap;

/// Where a requirement is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) number: Number,
    pub(super) path: String,
    pub(super) line: usize,
    /// How often it says MUST.
    musts: usize,
}

/// A requirement that a chapter says is not proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exemption {
    pub(super) number: Number,
    pub(super) path: String,
    pub(super) line: usize,
    has_reason: bool,
}

/// Everything the chapters define, in order.
pub(super) fn all(chapters: &[Page]) -> Vec<Requirement> {
    chapters.iter().flat_map(|chapter| scan(chapter).0).collect()
}

/// The lines `Unproven: SES-12 (reason)`.
pub(super) fn exemptions(chapters: &[Page]) -> Vec<Exemption> {
    let mut exemptions = Vec::new();
    for chapter in chapters {
        for (line, text) in (1..).zip(chapter.prose()) {
            let Some(list) = text.strip_prefix("Unproven: ") else { continue };
            let has_reason = list.split_once('(').is_some_and(|(_, reason)| reason.len() > 5);
            let path = chapter.path.clone();
            exemptions.extend(
                numbers(list.split('(').next().unwrap_or_default()).into_iter().map(|number| Exemption {
                    number,
                    path: path.clone(),
                    line,
                    has_reason,
                }),
            );
        }
    }
    exemptions
}

/// Requirements without exactly one MUST, MUST without a number, numbers used twice.
pub(super) fn check(chapters: &[Page]) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<Number, String> = BTreeMap::new();
    for chapter in chapters {
        let (requirements, stray) = scan(chapter);
        found.extend(
            stray
                .into_iter()
                .map(|line| format!("{}:{line}: a MUST outside a numbered paragraph", chapter.path)),
        );
        for Requirement { number, path, line, musts } in requirements {
            let place = format!("{path}:{line}");
            if musts != 1 {
                found.push(format!("{place}: {number} says MUST {musts} times; once is right"));
            }
            if let Some(first) = seen.insert(number.clone(), place.clone()) {
                found.push(format!("{place}: {number} is defined at {first} already"));
            }
        }
    }
    for Exemption { number, path, line, has_reason } in exemptions(chapters) {
        if !has_reason {
            found.push(format!("{path}:{line}: {number} is unproven without a reason"));
        }
        if !seen.contains_key(&number) {
            found.push(format!("{path}:{line}: {number} is not defined"));
        }
    }
    found
}

/// The requirements of a chapter, and the lines with a MUST outside them. A paragraph ends at an empty line.
fn scan(chapter: &Page) -> (Vec<Requirement>, Vec<usize>) {
    let mut requirements: Vec<Requirement> = Vec::new();
    let mut stray = Vec::new();
    let mut open = false;
    for (line, text) in (1..).zip(chapter.prose()) {
        if let Some(number) = defined(&text) {
            requirements.push(Requirement { number, path: chapter.path.clone(), line, musts: 0 });
            open = true;
        } else if text.trim().is_empty() {
            open = false;
        }
        let musts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == "MUST").count();
        match requirements.last_mut().filter(|_| open) {
            Some(requirement) => requirement.musts = requirement.musts.saturating_add(musts),
            None if musts > 0 => stray.push(line),
            None => {}
        }
    }
    (requirements, stray)
}

/// The number of a line that begins `**SES-21.**`.
fn defined(line: &str) -> Option<Number> {
    let (number, _) = line.strip_prefix("**")?.split_once(".**")?;
    let mut found = numbers(number);
    found.pop().filter(|only| found.is_empty() && only.to_string() == number)
}

#[cfg(test)]
#[path = "requirements_tests.rs"]
mod tests;
