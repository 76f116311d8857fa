//! What chapters quote: parts of `proto/`, and bytes that a program prints.

use super::page::Page;

/// ```` ```proto ```` blocks that are not parts of a file of `proto/`.
pub(super) fn check_proto(chapters: &[Page], protos: &[Page]) -> Vec<String> {
    let sources: Vec<&str> = protos.iter().map(|page| page.text.as_str()).collect();
    unknown(chapters, "proto", &sources, "is not part of proto/")
}

/// ```` ```hex ```` blocks that are not parts of the output of a worked example.
pub(super) fn check_hex(chapters: &[Page], outputs: &[String]) -> Vec<String> {
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let mut found = unknown(chapters, "hex", &outputs, "is not part of a worked example's output");
    for chapter in chapters {
        for (first, block) in chapter.blocks("hex") {
            for (line, text) in (first..).zip(block.lines()).filter(|(_, text)| !ends_in_bytes(text)) {
                found.push(format!("{}:{line}: \"{text}\" does not end in bytes", chapter.path));
            }
        }
    }
    found
}

/// A line has a name, or none, and then whole bytes in lower-case hex; or it says what it leaves out.
fn ends_in_bytes(line: &str) -> bool {
    let is_hex = |word: &str| {
        word.len().is_multiple_of(2) && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    line.contains('…') || line.starts_with("draw ") || line.rsplit(' ').next().is_some_and(is_hex)
}

fn unknown(chapters: &[Page], language: &str, sources: &[&str], complaint: &str) -> Vec<String> {
    let mut found = Vec::new();
    for chapter in chapters {
        for (line, block) in chapter.blocks(language) {
            if !sources.iter().any(|source| has_lines(source, &block)) {
                found.push(format!("{}:{line}: the {language} block {complaint}", chapter.path));
            }
        }
    }
    found
}

/// Whether whole lines of `text` are `block`, which ends in a line break. An empty block quotes nothing.
fn has_lines(text: &str, block: &str) -> bool {
    !block.trim().is_empty() && format!("\n{text}\n").contains(&format!("\n{block}"))
}

#[cfg(test)]
#[path = "quotes_tests.rs"]
mod tests;
