//! Archives.

use crate::world::world;
use aside_archive::{Item, LENGTH_BYTES, MAGIC, MAGIC_BYTES, Reader, Refused, Writer, length};
use aside_primitives::{hash::hash, label};
use aside_wire::pb;
use prost::Message;

/// What is read to its end was signed as it stands, and is written as it was read; with the key of the maker, any records
/// that a reader takes are written as they were.
///
/// Input: an archive; or, behind a zero, records that Alice's device signs, whatever they are.
pub fn archive(data: &[u8]) {
    if let Ok(items) = read(data) {
        same(&items, data);
    }
    let Some((0, records)) = data.split_first() else { return };
    let signed = [MAGIC.as_slice(), records, &seal(records)].concat();
    if let Ok(items) = read(&signed) {
        same(&items, &signed);
        let mut changed = signed;
        if let Some(last) = changed.last_mut() {
            *last ^= 1;
        }
        assert!(read(&changed).is_err(), "a signature with another bit");
    }
}

fn read(archive: &[u8]) -> Result<Vec<Item>, Refused> {
    let (head, mut rest) = archive.split_first_chunk::<MAGIC_BYTES>().ok_or(Refused::Order)?;
    let mut reader = Reader::begin(head)?;
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (prefix, behind) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or(Refused::Order)?;
        let (record, after) = behind.split_at_checked(length(*prefix)?).ok_or(Refused::Order)?;
        items.push(reader.take(record)?);
        rest = after;
    }
    reader.finish()?;
    Ok(items)
}

/// Written again, it has the same bytes up to the signature.
fn same(items: &[Item], archive: &[u8]) {
    let Some(Item::Manifest(manifest)) = items.first() else { panic!("no manifest") };
    let (mut writer, mut bytes) = Writer::begin(manifest);
    for item in &items[1..] {
        bytes.extend(match item {
            Item::Place(place) => writer.place(place),
            Item::Person(person) => writer.person(person),
            Item::Message(message) => writer.message(message),
            Item::Mark(mark) => writer.mark(mark),
            Item::Manifest(_) => panic!("a second manifest"),
            Item::End => break,
        });
    }
    assert!(archive.starts_with(&bytes), "not the bytes that were read");
    assert!(matches!(items.last(), Some(Item::End)));
}

/// The end behind records, with their lengths, as Alice's device signs it.
fn seal(mut rest: &[u8]) -> Vec<u8> {
    let mut parts = vec![MAGIC.as_slice()];
    while let Some((prefix, behind)) = rest.split_first_chunk::<LENGTH_BYTES>() {
        let Some((record, after)) = length(*prefix).ok().and_then(|length| behind.split_at_checked(length))
        else {
            break;
        };
        parts.push(record);
        rest = after;
    }
    let digest = hash(label::ARCHIVE_HASH, &parts);
    let signature = world().alice.keys.signing.sign(label::ARCHIVE, digest.as_bytes());
    let body = pb::ArchiveSeal { signature: signature.0.to_vec() }.encode_to_vec();
    let length = u32::try_from(body.len() + 1).expect("an end is short");
    [length.to_be_bytes().as_slice(), &[6], &body].concat()
}
