//! Requirements and the places that cite them.

use super::{
    number::{Number, numbers},
    page::Page,
    requirements::{self, Requirement},
};
use std::collections::BTreeSet;

/// Citations here prove nothing: the comments are copies of those in `proto/`.
const GENERATED: &str = "/generated/";

/// Citations of nothing, requirements that nothing cites, exemptions that are not needed any more.
///
/// Only the prefixes of chapters that exist count; `SHA-256` is no citation. What the `reqs` of a test vector name has to
/// exist, whatever its prefix.
pub(super) fn check(chapters: &[Page], code: &[Page], protos: &[Page], vectors: &[Page]) -> Vec<String> {
    let requirements = requirements::all(chapters);
    let defined: BTreeSet<&Number> = requirements.iter().map(|requirement| &requirement.number).collect();
    let prefixes: BTreeSet<&str> = defined.iter().map(|number| number.prefix.as_str()).collect();
    let mut found = Vec::new();
    let mut cited: BTreeSet<Number> = BTreeSet::new();

    let in_code = code.iter().filter(|page| !page.path.contains(GENERATED));
    for page in in_code.chain(protos).chain(chapters) {
        for (line, text) in (1..).zip(page.text.lines()) {
            let text = if page.path.ends_with(".md") { text.to_owned() } else { comment_and_test_name(text) };
            for number in numbers(&text) {
                if prefixes.contains(number.prefix.as_str()) && !defined.contains(&number) {
                    found.push(format!("{}:{line}: {number} is not defined", page.path));
                }
                if page.path.ends_with(".rs") {
                    cited.insert(number);
                }
            }
        }
    }

    for (path, line, number) in in_vectors(vectors) {
        if !defined.contains(&number) {
            found.push(format!("{path}:{line}: {number} is not defined"));
        }
        cited.insert(number);
    }

    let exempt = requirements::exemptions(chapters);
    for requirement in &requirements {
        let number = &requirement.number;
        if !cited.contains(number) && !exempt.iter().any(|exemption| exemption.number == *number) {
            found.push(format!(
                "{}:{}: {number} is cited nowhere in crates/ or test-vectors/",
                requirement.path, requirement.line
            ));
        }
    }
    for exemption in exempt.iter().filter(|exemption| cited.contains(&exemption.number)) {
        found.push(format!(
            "{}:{}: {} is cited, so it is not unproven",
            exemption.path, exemption.line, exemption.number
        ));
    }
    found
}

/// How many of the requirements a test or a test vector cites.
pub(super) fn in_tests(requirements: &[Requirement], code: &[Page], vectors: &[Page]) -> usize {
    let tests = code.iter().filter(|page| page.path.contains("/tests/") || page.path.ends_with("_tests.rs"));
    let cited: BTreeSet<Number> = tests
        .flat_map(|page| page.text.lines())
        .flat_map(|line| numbers(&comment_and_test_name(line)))
        .chain(in_vectors(vectors).into_iter().map(|(_, _, number)| number))
        .collect();
    requirements.iter().filter(|requirement| cited.contains(&requirement.number)).count()
}

/// The numbers in the lists `"reqs": […]` of test vectors, with path and line.
fn in_vectors(vectors: &[Page]) -> Vec<(&str, usize, Number)> {
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

/// What of a line of code can cite: its comment, and the name of a test such as `ses_21_…`.
fn comment_and_test_name(line: &str) -> String {
    let mut text = line.split_once("//").map(|(_, comment)| comment.to_owned()).unwrap_or_default();
    if let Some(name) = line.trim_start().strip_prefix("fn ") {
        let mut parts = name.split('_');
        if let (Some(prefix), Some(count)) = (parts.next(), parts.next()) {
            text.push_str(&format!(" {}-{count}", prefix.to_uppercase()));
        }
    }
    text
}

#[cfg(test)]
#[path = "citations_tests.rs"]
mod tests;
