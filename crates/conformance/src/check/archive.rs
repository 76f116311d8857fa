//! The operation of the archive chapter.

use super::{inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_archive::{Item, LENGTH_BYTES, MAGIC_BYTES, Reader, Refused, length};

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    if op != "archive.read" {
        return Ok(None);
    }
    let (manifest, [places, people, messages, marks]) = read(input.bytes("archive")?)?;
    Ok(Some(
        Fields::new()
            .bytes("account_key", manifest.maker.account.as_bytes())
            .number("device_id", manifest.maker.device.number())
            .text("handle", manifest.handle.as_str())
            .number("created_at", manifest.created_at)
            .number("conversations", places)
            .number("people", people)
            .number("messages", messages)
            .number("marks", marks),
    ))
}

fn read(archive: &[u8]) -> Result<(aside_archive::Manifest, [u64; 4]), Refused> {
    let (head, mut rest) = archive.split_first_chunk::<MAGIC_BYTES>().ok_or(Refused::Order)?;
    let mut reader = Reader::begin(head)?;
    let [mut places, mut people, mut messages, mut marks] = [0u64; 4];
    while !rest.is_empty() {
        let (prefix, behind) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or(Refused::Order)?;
        let (record, after) = behind.split_at_checked(length(*prefix)?).ok_or(Refused::Order)?;
        let count = match reader.take(record)? {
            Item::Place(_) => &mut places,
            Item::Person(_) => &mut people,
            Item::Message(_) => &mut messages,
            Item::Mark(_) => &mut marks,
            Item::Manifest(_) | Item::End => {
                rest = after;
                continue;
            }
        };
        *count = count.saturating_add(1);
        rest = after;
    }
    Ok((reader.finish()?, [places, people, messages, marks]))
}
