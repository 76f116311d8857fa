//! Checks that the table of the manual leads to a page for everything that people do.

use crate::page::{Part, parts};
use std::{collections::BTreeMap, error::Error, fs, path::Path};

/// The numbers of the features there are.
const FEATURES: std::ops::RangeInclusive<u32> = 1..=67;

pub(crate) fn check(readme: &Path) -> Result<(), Box<dyn Error>> {
    let folder = readme.parent().ok_or("no folder")?;
    let readme = fs::read_to_string(readme)?;
    let table = rows(&readme)?;
    let expected: Vec<u32> = FEATURES.collect();
    if !table.keys().eq(expected.iter()) {
        return Err(format!("the table has the rows {:?}", table.keys()).into());
    }
    for (number, place) in &table {
        // What is not there says why instead.
        for page in pages_of(place) {
            let text = fs::read_to_string(folder.join(page)).map_err(|error| format!("{page}: {error}"))?;
            let plays = |part: &Part<'_>| matches!(part, Part::Typed { command, .. } if command.starts_with("aside "));
            if !parts(&text).iter().any(plays) {
                return Err(format!("{page} plays nothing").into());
            }
            if !marks(&text).any(|mark| mark == format!("F{number:02}")) {
                return Err(format!("{page} does not say that it plays F{number:02}").into());
            }
        }
    }
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().into_string().map_err(|_| "a name that is no text")?;
        if name != "README.md" && !table.values().any(|place| pages_of(place).any(|page| page == name)) {
            return Err(format!("no row of the table leads to {name}").into());
        }
    }
    Ok(())
}

/// `| F01 | what | [page](page.md) |`
fn rows(readme: &str) -> Result<BTreeMap<u32, &str>, Box<dyn Error>> {
    let mut rows = BTreeMap::new();
    for line in readme.lines().filter_map(|line| line.strip_prefix("| F")) {
        let mut cells = line.split(" | ");
        let number: u32 = cells.next().ok_or("a row without a number")?.parse()?;
        let place = cells.nth(1).ok_or_else(|| format!("F{number} leads nowhere"))?;
        let place = place.trim_end_matches('|').trim();
        if place.is_empty() || rows.insert(number, place).is_some() {
            return Err(format!("F{number} leads nowhere, or twice").into());
        }
    }
    Ok(rows)
}

/// The pages that a row leads to.
fn pages_of(place: &str) -> impl Iterator<Item = &str> {
    let links = place.split("](").skip(1).filter_map(|link| link.split_once(')'));
    links.map(|(page, _)| page).filter(|page| !page.contains('/'))
}

/// A page names the features that it plays in a comment: `<!-- F01 F02 -->`.
fn marks(page: &str) -> impl Iterator<Item = &str> {
    page.lines()
        .filter_map(|line| line.strip_prefix("<!-- ")?.strip_suffix(" -->"))
        .flat_map(|marks| marks.split_whitespace())
}
