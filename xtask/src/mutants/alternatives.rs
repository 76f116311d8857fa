//! Many mutants in one build: each function with its mutants as alternatives, of which a number chooses one at run time.

use std::collections::BTreeSet;

/// A place in a file, counted from 1, as cargo-mutants and the compiler do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// From a place up to another, which is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
pub(super) struct Span {
    pub(super) start: Position,
    pub(super) end: Position,
}

impl Span {
    fn holds(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// What one alternative changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alternative<'a> {
    /// What chooses it; not 0.
    pub(super) number: usize,
    /// The function around it.
    pub(super) function: Span,
    pub(super) span: Span,
    pub(super) replacement: &'a str,
}

/// A file with its alternatives.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) text: String,
    /// The numbers by the lines of the new text: first, last.
    pub(super) lines: Vec<(usize, usize, usize)>,
    /// Each number with that of its function: the lowest in it.
    pub(super) functions: Vec<(usize, usize)>,
    /// What stands in a function whose body was not found.
    pub(super) left_out: Vec<usize>,
}

impl Written {
    /// The alternative on a line.
    pub(super) fn on(&self, line: usize) -> Option<usize> {
        let found = self.lines.iter().find(|(first, last, _)| (*first..=*last).contains(&line));
        found.map(|(_, _, number)| *number)
    }
}

/// Writes the alternatives into a file; `chosen` is the function that has the number, called with the lowest number of
/// those beside it.
pub(super) fn write(source: &str, alternatives: &[Alternative<'_>], chosen: &str) -> Written {
    let all: BTreeSet<Span> = alternatives.iter().map(|one| one.function).collect();
    let outermost = all.iter().filter(|span| !all.iter().any(|other| other != *span && other.holds(span)));
    let mut written = Written::default();
    let mut done = 0;
    for function in outermost {
        let own: Vec<_> = alternatives.iter().filter(|one| function.holds(&one.function)).collect();
        let (from, to) = (offset(source, function.start), offset(source, function.end));
        let text = source.get(from..to).unwrap_or_default();
        let Some(head) = Head::of(text) else {
            written.left_out.extend(own.iter().map(|one| one.number));
            continue;
        };
        written.text.push_str(source.get(done..from).unwrap_or_default());
        written.text.push_str(&head.text);
        let name = own.iter().map(|one| one.number).min().unwrap_or_default();
        written.text.push_str(&format!("{{ match {chosen}({name}) {{\n"));
        let body_from = from.saturating_add(head.length);
        for one in own {
            let (start, end) = (offset(source, one.span.start), offset(source, one.span.end));
            let before = source.get(body_from..start);
            let (Some(before), Some(after)) = (before, source.get(end..to)) else {
                written.left_out.push(one.number);
                continue;
            };
            let first = line_count(&written.text);
            written.text.push_str(&format!("{} => {before}{}{after}\n", one.number, one.replacement));
            written.lines.push((first, line_count(&written.text).saturating_sub(1), one.number));
            written.functions.push((one.number, name));
        }
        written.text.push_str(&format!("_ => {}\n}} }}", source.get(body_from..to).unwrap_or_default()));
        done = to;
    }
    written.text.push_str(source.get(done..).unwrap_or_default());
    written
}

/// A file with one change in it.
pub(super) fn replace(source: &str, span: Span, replacement: &str) -> String {
    let (start, end) = (offset(source, span.start), offset(source, span.end));
    let (before, after) = (source.get(..start), source.get(end..));
    [before.unwrap_or_default(), replacement, after.unwrap_or_default()].concat()
}

/// The name of the constant around a place.
pub(super) fn constant(source: &str, span: Span) -> Option<&str> {
    let (_, after) = source.get(..offset(source, span.start))?.rsplit_once("const ")?;
    after.split(':').next()
}

/// Where the line after the last line break is, from 1.
fn line_count(text: &str) -> usize {
    text.matches('\n').count().saturating_add(1)
}

/// Bytes before a position.
fn offset(source: &str, position: Position) -> usize {
    let lines = source.split_inclusive('\n').take(position.line.saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    let line = source.get(before..).unwrap_or_default();
    before.saturating_add(line.chars().take(position.column.saturating_sub(1)).map(char::len_utf8).sum())
}

/// What stands before the body of a function.
struct Head {
    /// Without `const`: an alternative is chosen at run time.
    text: String,
    /// Up to the brace.
    length: usize,
}

impl Head {
    /// Reads up to the first brace after `fn` that is in no bracket. A function without a name that is known beforehand
    /// returns what only its body tells; such bodies differ in type.
    fn of(function: &str) -> Option<Self> {
        let (mut depth, mut word, mut constant, mut named) = (0usize, String::new(), None, false);
        let mut rest = function.char_indices().peekable();
        while let Some((place, c)) = rest.next() {
            if c.is_alphanumeric() || c == '_' {
                word.push(c);
                continue;
            }
            match core::mem::take(&mut word).as_str() {
                "const" if !named => constant = place.checked_sub("const".len()),
                "fn" => named = true,
                "impl" if named && depth == 0 => return None,
                _ => {}
            }
            match c {
                '/' if rest.peek().is_some_and(|(_, next)| *next == '/') => {
                    while rest.next_if(|(_, c)| *c != '\n').is_some() {}
                }
                '"' => while rest.next().is_some_and(|(_, c)| c != '"') {},
                '(' | '[' => depth = depth.saturating_add(1),
                ')' | ']' => depth = depth.saturating_sub(1),
                '{' if named && depth == 0 => {
                    let mut text = function.get(..place)?.to_owned();
                    if let Some(constant) = constant {
                        text.replace_range(constant..constant.saturating_add("const".len()), "     ");
                    }
                    return Some(Self { text, length: place });
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
#[path = "alternatives_tests.rs"]
mod tests;
