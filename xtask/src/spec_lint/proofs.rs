//! What proves requirements: vectors that name them, and tests that do. Whatever nothing proves has a reason in a table.

use super::{
    number::{Number, numbers},
    page::Page,
    requirements,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

const UNPROVEN: &str = "spec/unproven.md";
/// The table there.
const TABLE: &str = "Unproven";
/// The least that a reason can be.
const REASON: usize = 20;
/// How a chapter begins to list what no vector proves.
const WITHOUT: &str = "Without a vector: ";

/// Requirements that nothing proves, reasons that are missing or not needed, and lists of chapters that are not exact.
pub(super) fn check(chapters: &[Page], code: &[Page], vectors: &[Page]) -> Vec<String> {
    let in_vectors: BTreeSet<Number> = of_vectors(vectors).into_iter().map(|(_, _, number)| number).collect();
    let in_tests: BTreeSet<Number> = code.iter().flat_map(of_tests).collect();
    let mut reasons = reasons(chapters);
    let mut found = Vec::new();
    for requirement in requirements::all(chapters) {
        let number = &requirement.number;
        let proven = in_vectors.contains(number) || in_tests.contains(number);
        let place = format!("{}:{}", requirement.path, requirement.line);
        match (proven, reasons.remove(number)) {
            (false, None) => found.push(format!(
                "{place}: no vector has {number} in its reqs, no test is named after it, and {UNPROVEN} does not say why"
            )),
            (true, Some(_)) => found.push(format!("{UNPROVEN}: {number} is proven, so it does not belong here")),
            (false, Some(reason)) if reason.len() < REASON => {
                found.push(format!("{UNPROVEN}: {number} has no reason"));
            }
            _ => {}
        }
    }
    found.extend(reasons.keys().map(|number| format!("{UNPROVEN}: {number} is not defined")));
    for chapter in chapters {
        found.extend(without_vectors(chapter, &in_vectors));
    }
    found
}

/// How many requirements vectors prove, and how many only tests.
pub(super) fn count(chapters: &[Page], code: &[Page], vectors: &[Page]) -> (usize, usize) {
    let in_vectors: BTreeSet<Number> = of_vectors(vectors).into_iter().map(|(_, _, number)| number).collect();
    let in_tests: BTreeSet<Number> = code.iter().flat_map(of_tests).collect();
    let requirements = requirements::all(chapters);
    let (by_vectors, others): (Vec<_>, Vec<_>) =
        requirements.iter().partition(|requirement| in_vectors.contains(&requirement.number));
    (by_vectors.len(), others.iter().filter(|requirement| in_tests.contains(&requirement.number)).count())
}

/// The reasons of the table, by number.
fn reasons(chapters: &[Page]) -> BTreeMap<Number, String> {
    let table = chapters.iter().find(|page| page.path == UNPROVEN).and_then(|page| page.table(TABLE));
    let mut reasons = BTreeMap::new();
    for row in table.unwrap_or_default() {
        let mut cells = row.into_iter();
        let (Some(first), reason) = (cells.next(), cells.next().unwrap_or_default()) else { continue };
        reasons.extend(numbers(&first).into_iter().map(|number| (number, reason.clone())));
    }
    reasons
}

/// A chapter says which of its requirements no vector proves, exactly.
fn without_vectors(chapter: &Page, in_vectors: &BTreeSet<Number>) -> Option<String> {
    let requirements = requirements::all(std::slice::from_ref(chapter));
    let missing: BTreeSet<Number> = requirements
        .into_iter()
        .map(|requirement| requirement.number)
        .filter(|number| !in_vectors.contains(number))
        .collect();
    let paragraphs = chapter.text.split("\n\n").filter(|paragraph| paragraph.starts_with(WITHOUT));
    let said: BTreeSet<Number> =
        paragraphs.flat_map(|paragraph| numbers(&paragraph.replace('\n', " "))).collect();
    (said != missing).then(|| {
        let list = if missing.is_empty() { "(no such line)".to_owned() } else { listed(&missing) };
        format!("{}: the right line is \"{WITHOUT}{list}.\"", chapter.path)
    })
}

/// `SES-4, SES-11 to SES-13`.
fn listed(numbers: &BTreeSet<Number>) -> String {
    let mut runs: Vec<(Number, u32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((first, last))
                if first.prefix == number.prefix && last.saturating_add(1) == number.count =>
            {
                *last = number.count
            }
            _ => runs.push((number.clone(), number.count)),
        }
    }
    let shown = runs.into_iter().map(|(first, last)| match last.saturating_sub(first.count) {
        0 => first.to_string(),
        1 => format!("{first}, {}-{last}", first.prefix),
        _ => format!("{first} to {}-{last}", first.prefix),
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The numbers in the lists `"reqs": […]` of test vectors, with path and line.
pub(super) fn of_vectors(vectors: &[Page]) -> Vec<(&str, usize, Number)> {
    let mut found = Vec::new();
    for page in vectors {
        let mut open = false;
        for (line, text) in (1..).zip(page.text.lines()) {
            let list = match text.split_once("\"reqs\":") {
                Some((_, list)) => list,
                None if open => text,
                None => continue,
            };
            let (inside, end) = list.split_once(']').map_or((list, false), |(inside, _)| (inside, true));
            open = !end;
            found.extend(numbers(inside).into_iter().map(|number| (page.path.as_str(), line, number)));
        }
    }
    found
}

/// The numbers that tests of a file of Rust prove: in their names (`ses_21_…`), and in the comments directly above them. A
/// comment with an example that must not compile is a test of itself.
fn of_tests(page: &Page) -> Vec<Number> {
    let mut found = Vec::new();
    // What stands directly above the line: comments and attributes, among them that of a test.
    let mut comments: Vec<Number> = Vec::new();
    let mut is_test = false;
    let cases = cases(&page.text);
    for line in page.text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("//") {
            comments.extend(numbers(comment));
            if comment.ends_with("```compile_fail") {
                found.append(&mut comments);
            }
        } else if line.starts_with("#[") {
            is_test |= line == "#[test]" || line.contains("::test]") || line.contains("::test(");
        } else {
            if let Some(name) = name_of(line)
                && (is_test || cases.contains(name))
            {
                found.append(&mut comments);
                found.extend(in_name(name));
            }
            comments.clear();
            is_test = false;
        }
    }
    found
}

/// What a list `cases! { … }` runs on every store.
fn cases(text: &str) -> HashSet<&str> {
    let lists = text.split("cases! {").skip(1).filter_map(|list| list.split('}').next());
    lists.flat_map(str::split_whitespace).collect()
}

/// The name of the function that begins in a line.
fn name_of(line: &str) -> Option<&str> {
    line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?.split('(').next()
}

/// The numbers at the beginning of the name of a test: one for `ses_21_it_holds`, two for `ses_21_ses_22_it_holds`.
pub(super) fn in_name(name: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut parts = name.split('_');
    while let (Some(prefix), Some(count)) = (parts.next(), parts.next()) {
        let is_prefix = prefix.len() == 3 && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
        let Ok(count) = count.parse() else { break };
        if !is_prefix {
            break;
        }
        found.push(Number { prefix: prefix.to_uppercase(), count });
    }
    found
}

#[cfg(test)]
#[path = "proofs_tests.rs"]
mod tests;
