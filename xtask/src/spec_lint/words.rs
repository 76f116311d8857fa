//! What chapters take from the registry: reject words, refusal codes, labels; and the names of random draws.

use super::{chapters, page::Page};
use std::collections::BTreeSet;

const REGISTRY: &str = "spec/registry.md";
/// The heads of table columns that hold reject words or refusal codes.
const COLUMNS: &[&str] = &["word", "code"];
/// What stands before a word where a chapter says that something is refused with it.
const REFUSALS: &[&str] = &["refuse with `", "refuse it with `", "refused with `", "stop with `"];
const DRAWN: &str = "Randomness drawn";

/// Words, codes and labels that the registry does not have; draws that are not listed where they are made, or that vectors have
/// and no chapter.
pub(super) fn check(chapters: &[Page], vectors: &[Page]) -> Vec<String> {
    let Some(registry) = chapters.iter().find(|page| page.path == REGISTRY) else {
        return vec![format!("{REGISTRY} is missing")];
    };
    let column = |heading: &str, column: usize| -> BTreeSet<String> {
        let rows = registry.table(heading).unwrap_or_default();
        rows.into_iter().filter_map(|row| row.into_iter().nth(column)).collect()
    };
    let labels = column("Labels", 0);
    let mut words = column("Reject words", 0);
    words.extend(column("Refusal codes", 1));

    let mut found = Vec::new();
    let mut listed: BTreeSet<(String, usize)> = BTreeSet::new();
    for chapter in chapters.iter().filter(|page| page.path != REGISTRY) {
        let unknown = |line, word: &str| format!("{}:{line}: `{word}` is not in {REGISTRY}", chapter.path);
        found.extend(
            refusals(chapter)
                .into_iter()
                .filter(|(_, word)| !words.contains(word))
                .map(|(line, word)| unknown(line, &word)),
        );
        found.extend(
            labels_of(chapter)
                .into_iter()
                .filter(|(_, label)| !labels.contains(label))
                .map(|(line, label)| unknown(line, &label)),
        );
        let here = drawn(&chapters::section(chapter, DRAWN));
        for (line, text) in (1..).zip(chapter.text.lines()) {
            for draw in calls(text).into_iter().filter(|draw| !here.contains(draw)) {
                found.push(format!(
                    "{}:{line}: `{}` {} is not listed under \"{DRAWN}\"",
                    chapter.path, draw.0, draw.1
                ));
            }
        }
        listed.extend(here);
    }
    let mut told: BTreeSet<(String, usize)> = BTreeSet::new();
    for file in vectors {
        for draw in of_tapes(&file.text) {
            if !listed.contains(&draw) && told.insert(draw.clone()) {
                found.push(format!(
                    "{}: no chapter lists the draw `{}` {} under \"{DRAWN}\"",
                    file.path, draw.0, draw.1
                ));
            }
        }
    }
    found
}

/// The words of refusals in tables and in sentences, with their lines.
fn refusals(chapter: &Page) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut column = None;
    for (line, text) in (1..).zip(chapter.text.lines()) {
        if text.starts_with('|') {
            let cells: Vec<&str> = text.trim_matches('|').split(" | ").map(str::trim).collect();
            match column {
                None => column = Some(cells.iter().position(|cell| COLUMNS.contains(cell))),
                Some(Some(place)) => {
                    let cell = cells.get(place).copied().unwrap_or_default();
                    found.extend(spans(cell).map(|word| (line, word.to_owned())));
                }
                Some(None) => {}
            }
        } else {
            column = None;
        }
        for mark in REFUSALS {
            let words = text.split(mark).skip(1).filter_map(|rest| rest.split('`').next());
            found.extend(words.map(|word| (line, word.to_owned())));
        }
    }
    found
}

/// The code spans of a text.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The labels in quotation marks or code spans.
fn labels_of(chapter: &Page) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(chapter.text.lines()) {
        for rest in text.split(['"', '`']).filter(|part| part.starts_with("aside/1 ") && part.len() > 8) {
            found.push((line, rest.to_owned()));
        }
    }
    found
}

/// What a section lists: a name in a code span, and behind it how many bytes.
fn drawn(section: &str) -> BTreeSet<(String, usize)> {
    let section = section.replace('\n', " ");
    let parts: Vec<&str> = section.split('`').collect();
    let pairs = parts.chunks(2).zip(parts.iter().skip(2).step_by(2));
    let mut found = BTreeSet::new();
    for (chunk, after) in pairs {
        let digits: String = after.trim_start().chars().take_while(char::is_ascii_digit).collect();
        if let (Some(name), Ok(length)) = (chunk.get(1), digits.parse()) {
            found.insert(((*name).to_owned(), length));
        }
    }
    found
}

/// `draw("name", 32)` in pseudo-code.
fn calls(line: &str) -> Vec<(String, usize)> {
    let calls = line.split("draw(\"").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("\", ")?;
        Some((name.to_owned(), rest.split(')').next()?.parse().ok()?))
    });
    calls.collect()
}

/// The draws on the tapes of a file: `"draw": "name"` and the length of the bytes behind it.
fn of_tapes(text: &str) -> BTreeSet<(String, usize)> {
    let draws = text.split("\"draw\": \"").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once('"')?;
        let (_, bytes) = rest.split('}').next()?.split_once("\"bytes\": \"")?;
        Some((name.to_owned(), bytes.split('"').next()?.len().checked_div(2)?))
    });
    draws.collect()
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
