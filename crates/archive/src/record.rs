//! The layout around records: `magic 16 | (length 4 | kind 1 | body)*`.

use crate::Refused;
use alloc::vec::Vec;
use aside_wire::{Malformed, limits::ARCHIVE_RECORD_BYTES};

/// What every archive of this version begins with, 16 bytes.
pub const MAGIC: &[u8; MAGIC_BYTES] = b"aside archive 1\n";
/// How many bytes that is.
pub const MAGIC_BYTES: usize = 16;
/// Bytes of the length before each record, big-endian.
pub const LENGTH_BYTES: usize = 4;

/// Which record it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Manifest,
    Conversation,
    Person,
    Message,
    Mark,
    Seal,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Manifest, Self::Conversation, Self::Person, Self::Message, Self::Mark, Self::Seal];

    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Manifest => 1,
            Self::Conversation => 2,
            Self::Person => 3,
            Self::Message => 4,
            Self::Mark => 5,
            Self::Seal => 6,
        }
    }
}

/// How long the record is that stands behind these four bytes (ARC-2).
///
/// # Errors
/// [`Malformed::TooLarge`] before anything is allocated for it, or [`Malformed::Field`] if it is empty.
pub fn length(prefix: [u8; LENGTH_BYTES]) -> Result<usize, Refused> {
    match usize::try_from(u32::from_be_bytes(prefix)) {
        Ok(0) => Err(Malformed::Field("record").into()),
        Ok(length) if length <= ARCHIVE_RECORD_BYTES => Ok(length),
        _ => Err(Malformed::TooLarge("record").into()),
    }
}

/// Takes a record apart.
pub(crate) fn parse(record: &[u8]) -> Result<(Kind, &[u8]), Refused> {
    if record.len() > ARCHIVE_RECORD_BYTES {
        return Err(Malformed::TooLarge("record").into());
    }
    let (byte, body) = record.split_first().ok_or(Malformed::Field("record"))?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.byte() == *byte).ok_or(Malformed::Field("record"))?;
    Ok((kind, body))
}

/// A record without its length.
pub(crate) fn encode(kind: Kind, body: &[u8]) -> Vec<u8> {
    [&[kind.byte()], body].concat()
}

/// The same with its length before it, as it stands in an archive.
pub(crate) fn framed(record: &[u8]) -> Vec<u8> {
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), record].concat()
}
