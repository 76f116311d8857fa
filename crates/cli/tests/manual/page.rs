//! A page of the manual: Markdown in which some blocks are terminals.

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// A line that is no business of the player's.
    Line(&'a str),
    /// A block that is a file in the folder of the terminals, in digits if it is `hex`.
    File { name: &'a str, content: String, is_hex: bool },
    /// What somebody types at a terminal. What follows up to the next one is what they see.
    Typed { who: &'a str, command: &'a str },
}

/// Takes a page apart. What terminals show is left out.
pub(crate) fn parts(page: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        parts.push(Part::Line(line));
        let block = lines.by_ref().take_while(|line| *line != "```");
        if line == "```console" {
            parts.extend(block.filter_map(typed));
        } else if let Some((language, name)) = line.strip_prefix("```").and_then(|info| info.split_once(' '))
        {
            let content = block.map(|line| format!("{line}\n")).collect();
            parts.push(Part::File { name, content, is_hex: language == "hex" });
        } else {
            continue;
        }
        parts.push(Part::Line("```"));
    }
    parts
}

fn typed(line: &str) -> Option<Part<'_>> {
    let (who, command) = line.split_once("$ ")?;
    let is_name = !who.is_empty() && who.chars().all(|letter| letter.is_ascii_lowercase());
    is_name.then_some(Part::Typed { who, command })
}
