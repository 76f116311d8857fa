//! The form of chapters: which numbers they hold, their sections, and where their vectors are named.

use super::{page::Page, requirements};

const CONTENTS: &str = "spec/README.md";
/// The sections that every chapter has in this order; it may leave some out and have others between them.
const SECTIONS: &[&str] = &[
    "Names",
    "Layout",
    "Sending",
    "Randomness drawn",
    "Receiving",
    "State kept and wiped",
    "Limits",
    "Security",
    "Rationale",
    VECTORS,
];
const VECTORS: &str = "Vectors";
/// How a chapter begins.
const PURPOSE: &str = "**Purpose.** ";

/// Chapters that the table of contents gives other numbers than they have; sections that are missing or out of order; vector
/// files that no chapter names.
pub(super) fn check(chapters: &[Page], vectors: &[Page]) -> Vec<String> {
    let Some(table) =
        chapters.iter().find(|page| page.path == CONTENTS).and_then(|page| page.table("Chapters"))
    else {
        return vec![format!("{CONTENTS}: there is no table \"Chapters\"")];
    };
    let mut found = Vec::new();
    for chapter in chapters {
        let name = chapter.path.trim_start_matches("spec/");
        let row =
            table.iter().find(|row| row.first().is_some_and(|cell| cell.ends_with(&format!("]({name})"))));
        let numbers = row.and_then(|row| row.get(2)).map_or("", String::as_str);
        found.extend(other_numbers(chapter, numbers));
        if row.is_some() {
            found.extend(form(chapter, !matches!(numbers, "" | "–")));
        }
    }
    for file in vectors.iter().filter(|file| file.path.matches('/').count() > 1) {
        let link = format!("](../{})", file.path);
        if !chapters.iter().any(|chapter| section(chapter, VECTORS).contains(&link)) {
            found.push(format!("{}: no chapter names it under \"{VECTORS}\"", file.path));
        }
    }
    found
}

/// Requirements under another prefix than the contents say.
fn other_numbers(chapter: &Page, numbers: &str) -> Vec<String> {
    requirements::all(std::slice::from_ref(chapter))
        .into_iter()
        .filter(|requirement| requirement.number.prefix != numbers)
        .map(|requirement| {
            let (path, line, number) = (requirement.path, requirement.line, requirement.number);
            format!("{path}:{line}: {number} is none of this chapter's numbers in {CONTENTS}")
        })
        .collect()
}

/// What is wrong with the sections of a chapter.
fn form(chapter: &Page, has_requirements: bool) -> Vec<String> {
    let mut found = Vec::new();
    let prose = chapter.prose();
    let mut text = prose.iter().filter(|line| !line.trim().is_empty());
    let (title, purpose) = (text.next(), text.next());
    if !title.is_some_and(|line| line.starts_with("# "))
        || !purpose.is_some_and(|line| line.starts_with(PURPOSE))
    {
        found.push(format!("{}:1: a chapter begins with its title and \"{}\"", chapter.path, PURPOSE.trim()));
    }
    let mut last = 0;
    let mut named = false;
    for (line, text) in (1..).zip(&prose) {
        let Some(heading) = text.strip_prefix("## ") else { continue };
        named |= heading == VECTORS;
        let Some(place) = SECTIONS.iter().position(|section| *section == heading) else { continue };
        if place < last {
            found.push(format!("{}:{line}: \"{heading}\" stands too late", chapter.path));
        }
        last = last.max(place);
    }
    if has_requirements && !named {
        found.push(format!("{}: there is no section \"{VECTORS}\"", chapter.path));
    }
    found
}

/// The text below a second-level heading.
pub(super) fn section(chapter: &Page, heading: &str) -> String {
    let start = format!("## {heading}");
    let lines = chapter.text.lines().skip_while(|line| *line != start).skip(1);
    lines.take_while(|line| !line.starts_with("## ")).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
#[path = "chapters_tests.rs"]
mod tests;
