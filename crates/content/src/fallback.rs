//! What is shown of content whose kind is not known (CON-17).

use alloc::string::String;
use aside_wire::{Malformed, limits::FALLBACK_BYTES, strict::find};

/// The field that it has in every kind.
const FIELD: u32 = 15;
/// Fields looked at before giving up: more than any kind has.
const MAX_FIELDS: usize = 128;

/// As much of a text as a fallback holds.
pub(crate) fn cut(mut text: String) -> String {
    const MORE: char = '…';
    if text.len() > FALLBACK_BYTES {
        let room = FALLBACK_BYTES.saturating_sub(MORE.len_utf8());
        text.truncate(text.floor_char_boundary(room));
        text.push(MORE);
    }
    text
}

/// Of 1 to 512 bytes.
pub(crate) fn check(text: &str) -> Result<(), Malformed> {
    if text.is_empty() || text.len() > FALLBACK_BYTES { Err(Malformed::Field("fallback")) } else { Ok(()) }
}

/// The fallback in the content of a kind that is not known, if it has one.
pub(crate) fn of_unknown(content: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(find(content, FIELD, MAX_FIELDS)?).ok()?;
    check(text).ok().map(|()| text)
}

#[cfg(test)]
#[path = "fallback_tests.rs"]
mod tests;
