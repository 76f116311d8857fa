//! A text file, and what of a Markdown page is prose.

/// A file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// From the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Page {
    /// The lines of the page with what stands in code blocks and code spans blanked out.
    pub(super) fn prose(&self) -> Vec<String> {
        let mut fence = None;
        let mut lines: Vec<String> = Vec::new();
        for line in self.text.lines() {
            let blank = match (fence, fence_of(line)) {
                (None, None) => false,
                (None, opening) => {
                    fence = opening;
                    true
                }
                (Some(open), Some(close)) if close == open => {
                    fence = None;
                    true
                }
                (Some(_), _) => true,
            };
            lines.push(if blank { String::new() } else { without_spans(line) });
        }
        lines
    }

    /// The contents of the code blocks with this information string, with the number of their first line.
    pub(super) fn blocks(&self, language: &str) -> Vec<(usize, String)> {
        let mut blocks = Vec::new();
        let mut open: Option<(bool, usize, String)> = None;
        for (line, text) in (1..).zip(self.text.lines()) {
            match (&mut open, fence_of(text)) {
                (None, Some(_)) => {
                    open = Some((text.trim_matches('`') == language, line + 1, String::new()));
                }
                (Some(_), Some(_)) => {
                    if let Some((true, first, block)) = open.take() {
                        blocks.push((first, block));
                    }
                    open = None;
                }
                (Some((_, _, block)), None) => {
                    block.push_str(text);
                    block.push('\n');
                }
                (None, None) => {}
            }
        }
        blocks
    }

    /// The cells of the table under a second-level heading, without its header; code marks and spaces are taken off.
    pub(super) fn table(&self, heading: &str) -> Option<Vec<Vec<String>>> {
        let start = format!("## {heading}");
        let mut lines = self.text.lines().skip_while(|line| *line != start);
        lines.next()?;
        let rows = lines
            .take_while(|line| !line.starts_with("## "))
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'))
            .skip(2);
        Some(rows.map(cells).collect())
    }
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').trim_end_matches('|');
    row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

/// The backticks of a line that opens or closes a code block. What follows them holds no backtick.
fn fence_of(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches('`');
    let marks = line.len().saturating_sub(rest.len());
    (marks >= 3 && !rest.contains('`')).then_some(marks)
}

/// A line without its code spans, each of which begins and ends with as many backticks.
fn without_spans(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, from_mark)) = rest.find('`').and_then(|at| rest.split_at_checked(at)) {
        text.push_str(before);
        let after = from_mark.trim_start_matches('`');
        let (mark, _) = from_mark.split_at(from_mark.len().saturating_sub(after.len()));
        rest = after.split_once(mark).map_or(after, |(_, behind)| behind);
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
