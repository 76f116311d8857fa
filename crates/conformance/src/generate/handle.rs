//! `identity/handle.json`.

use super::{
    Result,
    sheet::{Sheet, note},
    signed::CHAPTER,
};
use crate::{
    value::{Fields, Value},
    vector::{File, Level},
};

pub(super) fn handle() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "Handles: 2 to 32 of a few characters, so that none looks like another.",
    );
    let input = |handle: &str| Fields::new().with("handle", Value::Text(handle.to_owned()));
    let longest = "a".repeat(32);
    for (id, comment, handle) in [
        ("handle-two-letters", "The shortest.", "al"),
        ("handle-all-characters", "A letter, then anything that is allowed.", "alice_0.9"),
        ("handle-32-characters", "The longest.", &longest),
    ] {
        sheet.accept(note(id, "IDN-13", comment), "handle.parse", input(handle))?;
    }
    let too_long = "a".repeat(33);
    for (id, comment, handle) in [
        ("handle-empty", "At least two characters.", ""),
        ("handle-one-letter", "At least two characters.", "a"),
        ("handle-33-characters", "At most 32 characters.", &too_long),
        ("handle-with-at-sign", "It travels without the @.", "@alice"),
        ("handle-capital", "No capitals: they look alike.", "Alice"),
        ("handle-starts-with-digit", "The first is a letter.", "1alice"),
        ("handle-starts-with-dot", "The first is a letter.", ".alice"),
        ("handle-starts-with-underscore", "The first is a letter.", "_alice"),
        ("handle-with-hyphen", "Not among the characters.", "al-ice"),
        ("handle-with-space", "Not among the characters.", "al ice"),
        ("handle-with-zero-byte", "Not among the characters.", "al\0ice"),
        ("handle-with-umlaut", "ASCII only.", "\u{e4}lice"),
        ("handle-with-cyrillic-a", "Looks like alice and is not.", "\u{430}lice"),
        ("handle-with-combining-mark", "ASCII only.", "alice\u{301}"),
        ("handle-with-invisible-character", "Looks like alice and is not.", "ali\u{200b}ce"),
        ("handle-with-line-break", "Not among the characters.", "alice\n"),
    ] {
        sheet.refuse(note(id, "IDN-13", comment), "handle.parse", input(handle), "malformed")?;
    }
    Ok(sheet.finish())
}
