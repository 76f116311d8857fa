//! `content/attachments.json`.

use super::{
    Result,
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_wire::limits::ATTACHMENT_PIECE_BYTES;

pub(super) fn attachments() -> Result<File> {
    let about = "Files: padded, and encrypted in pieces under a key of their own.";
    let mut sheet = Sheet::new(Level::Content, "spec/attachments.md", about);
    let input = |length: usize| Fields::new().bytes("file", vec![0x5A; length]);
    let piece = ATTACHMENT_PIECE_BYTES;
    for (length, comment) in [
        (1, "The smallest file is not padded."),
        (9, "One zero behind it."),
        (1_000, "To the next 32 bytes."),
        (piece - 1, "One piece."),
        (piece, "One piece that is full is the last."),
        (piece + 1, "The second piece is the last."),
        (2 * piece, "A file of full pieces ends with a full one."),
        (9 * piece + 1, "Padding within the last piece. From 4 MiB on there may be pieces of padding alone."),
    ] {
        let note = note(format!("attachment-{length}"), "CON-31", comment).threat("B2");
        sheet.accept(note, "attachment.seal", input(length))?;
    }
    let comment = "There is nothing to encrypt.";
    let note = note("attachment-0", "CON-31", comment).threat("B2");
    sheet.refuse(note, "attachment.seal", input(0), "malformed")?;
    Ok(sheet.finish())
}
