//! What a line of text may have in it.

/// Whether a text has neither control characters nor those that turn the direction of a text, so that a name or a label
/// cannot pass for something else on a screen (CON-18, GRP-10). It may be empty.
#[must_use]
pub fn is_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || turns(c))
}

const fn turns(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
