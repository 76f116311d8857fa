//! Requirement numbers such as `SES-21`, found in text.

use std::fmt;

/// Chapter and count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number {
    pub(super) prefix: String,
    pub(super) count: u32,
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.prefix, self.count)
    }
}

/// Every number in a line; `SES-2 to SES-4` names three.
pub(super) fn numbers(line: &str) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    let mut end = 0usize;
    for (at, _) in line.match_indices('-') {
        let Some((number, start, after)) = number_at(line, at) else { continue };
        if let Some(last) = found.last().filter(|last| last.prefix == number.prefix).cloned()
            && line.get(end..start) == Some(" to ")
        {
            let between = last.count.saturating_add(1)..number.count;
            found.extend(between.map(|count| Number { prefix: last.prefix.clone(), count }));
        }
        end = after;
        found.push(number);
    }
    found
}

/// The number whose hyphen stands at `at`, with where it starts and ends.
fn number_at(line: &str, at: usize) -> Option<(Number, usize, usize)> {
    let start = at.checked_sub(3)?;
    let prefix = line.get(start..at)?;
    let digits: String = line.get(at..)?.chars().skip(1).take_while(char::is_ascii_digit).collect();
    let end = at.checked_add(1)?.checked_add(digits.len())?;
    let joined = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let stands_alone =
        !line.get(..start)?.ends_with(joined) && !line.get(end..)?.starts_with(char::is_alphanumeric);
    let is_prefix = prefix.bytes().all(|byte| byte.is_ascii_uppercase());
    let count = digits.parse().ok()?;
    (stands_alone && is_prefix).then(|| (Number { prefix: prefix.to_owned(), count }, start, end))
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
