//! The places that cite requirements.

use super::{
    number::{Number, numbers},
    page::Page,
    proofs, requirements,
};
use std::collections::BTreeSet;

/// Copies of the comments in `proto/`.
const GENERATED: &str = "/generated/";

/// Citations of nothing.
///
/// Only the prefixes of chapters that exist count; `SHA-256` is no citation. What the `reqs` of a test vector name has to
/// exist, whatever its prefix.
///
/// `others` are texts in which a number cites wherever it stands.
pub(super) fn check(chapters: &[Page], code: &[Page], others: &[Page], vectors: &[Page]) -> Vec<String> {
    let requirements = requirements::all(chapters);
    let defined: BTreeSet<&Number> = requirements.iter().map(|requirement| &requirement.number).collect();
    let prefixes: BTreeSet<&str> = defined.iter().map(|number| number.prefix.as_str()).collect();
    let mut found = Vec::new();

    let in_code = code.iter().filter(|page| !page.path.contains(GENERATED));
    for page in in_code.chain(others) {
        for (line, text) in (1..).zip(page.text.lines()) {
            let cited = if page.path.ends_with(".rs") { in_comment_or_name(text) } else { numbers(text) };
            for number in cited {
                if prefixes.contains(number.prefix.as_str()) && !defined.contains(&number) {
                    found.push(format!("{}:{line}: {number} is not defined", page.path));
                }
            }
        }
    }
    for (path, line, number) in proofs::of_vectors(vectors) {
        if !defined.contains(&number) {
            found.push(format!("{path}:{line}: {number} is not defined"));
        }
    }
    found
}

/// What of a line of Rust can cite: its comment, and the name of a test such as `ses_21_…`.
fn in_comment_or_name(line: &str) -> Vec<Number> {
    let mut found = line.split_once("//").map(|(_, comment)| numbers(comment)).unwrap_or_default();
    if let Some(name) = line.trim_start().trim_start_matches("async ").strip_prefix("fn ") {
        found.extend(proofs::in_name(name));
    }
    found
}

#[cfg(test)]
#[path = "citations_tests.rs"]
mod tests;
