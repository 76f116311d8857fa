//! What texts in content may have in them.

use aside_wire::{Malformed, is_line, limits::LINK_BYTES};
use core::ops::RangeInclusive;

/// A line: a number of bytes, without control characters and without those that turn the direction of a text, so that
/// a label cannot pass for something else on a screen (CON-18).
pub(crate) fn line(text: &str, bytes: RangeInclusive<usize>, field: &'static str) -> Result<(), Malformed> {
    if bytes.contains(&text.len()) && is_line(text) { Ok(()) } else { Err(Malformed::Field(field)) }
}

/// A text of any characters.
pub(crate) fn prose(text: &str, most: usize, field: &'static str) -> Result<(), Malformed> {
    bytes(text.as_bytes(), most, field)
}

/// No more than so many bytes.
pub(crate) fn bytes(bytes: &[u8], most: usize, field: &'static str) -> Result<(), Malformed> {
    if bytes.len() <= most { Ok(()) } else { Err(Malformed::Field(field)) }
}

/// An address or an identifier of 1 to 2,048 printable characters of ASCII.
pub(crate) fn address(text: &str, field: &'static str) -> Result<(), Malformed> {
    let fits = (1..=LINK_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(()) } else { Err(Malformed::Field(field)) }
}

/// An address that can be opened without running anything (CON-19).
pub(crate) fn link(text: &str, field: &'static str) -> Result<(), Malformed> {
    address(text, field)?;
    match text.strip_prefix("https://") {
        Some(rest) if !rest.is_empty() => Ok(()),
        _ => Err(Malformed::Field(field)),
    }
}
