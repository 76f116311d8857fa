//! The guide for implementers, against the vectors and the program that it quotes.

use super::{chapters, page::Page};
use std::collections::BTreeSet;

const GUIDE: &str = "spec/IMPLEMENTING.md";
/// The section with the stages, each with a heading of its own.
const STAGES: &str = "Stages";
/// How a stage lists the operations that are new with it, and its files.
const OPERATIONS: &str = "Operations: ";
const FILES: &str = "Files: ";
/// The section whose last column names vectors.
const MISTAKES: &str = "Mistakes others have made";
/// The program that stands in the guide.
const SHIM: &str = "interop/python/example_shim.py";

/// Files that are in no stage or in two, lists of operations that are not exact, vectors that are not there, and a shim that is
/// another than the one quoted.
pub(super) fn check(chapters: &[Page], vectors: &[Page], programs: &[Page]) -> Vec<String> {
    let Some(guide) = chapters.iter().find(|page| page.path == GUIDE) else {
        return vec![format!("{GUIDE} is missing")];
    };
    let mut found = stages(guide, vectors);
    let ids: BTreeSet<&str> = vectors.iter().flat_map(|file| values(&file.text, "id")).collect();
    for row in guide.table(MISTAKES).unwrap_or_default() {
        // The table takes the outermost marks off its cells.
        let cell = row.last().map(|cell| cell.replace('`', "")).unwrap_or_default();
        found.extend(
            cell.split(", ")
                .filter(|id| !ids.contains(id))
                .map(|id| format!("{GUIDE}: there is no vector `{id}`")),
        );
    }
    let program = programs.iter().find(|page| page.path == SHIM).map_or("", |page| page.text.as_str());
    if !guide.blocks("python").iter().any(|(_, block)| block == program) {
        found.push(format!("{GUIDE}: the shim is not {SHIM}, word for word"));
    }
    found
}

fn stages(guide: &Page, vectors: &[Page]) -> Vec<String> {
    let section = chapters::section(guide, STAGES);
    let mut found = Vec::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut placed: BTreeSet<String> = BTreeSet::new();
    for stage in section.split("\n### ").skip(1) {
        let title = stage.lines().next().unwrap_or_default();
        let mut operations: BTreeSet<&str> = BTreeSet::new();
        for name in listed(stage, FILES) {
            match vectors.iter().find(|file| file.path.strip_prefix("test-vectors/") == Some(&name)) {
                Some(file) => operations.extend(values(&file.text, "op")),
                None => found.push(format!("{GUIDE}, {title}: there is no file `{name}`")),
            }
            if !placed.insert(name.clone()) {
                found.push(format!("{GUIDE}, {title}: `{name}` stands in two stages"));
            }
        }
        let new: BTreeSet<&str> = operations.difference(&known).copied().collect();
        let said = listed(stage, OPERATIONS);
        let said: BTreeSet<&str> = said.iter().map(String::as_str).collect();
        found.extend(new.difference(&said).map(|op| format!("{GUIDE}, {title}: `{op}` is missing")));
        found.extend(said.difference(&new).map(|op| format!("{GUIDE}, {title}: `{op}` is not new there")));
        known.extend(operations);
    }
    for file in vectors.iter().filter(|file| file.path.matches('/').count() > 1) {
        let name = file.path.trim_start_matches("test-vectors/");
        if !placed.contains(name) {
            found.push(format!("{GUIDE}: `{name}` is in no stage"));
        }
    }
    found
}

/// The code spans of the paragraph of a stage that begins so.
fn listed(stage: &str, mark: &str) -> Vec<String> {
    let paragraph =
        stage.split("\n\n").find_map(|paragraph| paragraph.strip_prefix(mark)).unwrap_or_default();
    paragraph.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The values of a field of vectors.
fn values<'a>(text: &'a str, field: &str) -> impl Iterator<Item = &'a str> {
    let mark = format!("\"{field}\": \"");
    text.lines()
        .filter_map(move |line| line.split_once(&mark)?.1.split('"').next())
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
#[path = "guide_tests.rs"]
mod tests;
