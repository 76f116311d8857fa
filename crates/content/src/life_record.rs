//! The life of a message as a device stores it: at most 86 bytes, never on the wire.

use super::{Life, Opening, Side};
use crate::{Bounds, MessageId, bounds::Openings};
use alloc::vec::Vec;
use aside_wire::limits::EXPIRY_SECONDS;

const AUTHOR: u8 = 1;
const GONE: u8 = 2;
const AFTER_SEND: u8 = 4;
const AFTER_READ: u8 = 8;
const UNREAD_CAP: u8 = 16;
const START: u8 = 32;
const READ: u8 = 64;

/// The bytes are not those of a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the life of a message")]
pub struct NotALife;

impl Life {
    /// What [`Self::import`] takes: flags 1 | openings 1 | floor 8 | what the flags say is there, in their order |
    /// each opening as at 8, id 16.
    ///
    /// Of `openings` the lower two bits say how many count, the others how many are known.
    #[must_use]
    pub fn export(&self) -> Vec<u8> {
        let Bounds { after_send_s, after_read_s, unread_cap_s, openings } = self.bounds;
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let flags = flag(self.side == Side::Author, AUTHOR)
            | flag(self.gone, GONE)
            | flag(after_send_s.is_some(), AFTER_SEND)
            | flag(after_read_s.is_some(), AFTER_READ)
            | flag(unread_cap_s.is_some(), UNREAD_CAP)
            | flag(self.start.is_some(), START)
            | flag(self.read.is_some(), READ);
        let most = match openings {
            None => 0,
            Some(Openings::Once) => 1,
            Some(Openings::Twice) => 2,
        };
        let known = u8::try_from(self.openings.len()).unwrap_or(u8::MAX);
        let mut bytes = Vec::from([flags, most | known << 2]);
        bytes.extend(self.floor.to_be_bytes());
        [after_send_s, after_read_s, unread_cap_s]
            .into_iter()
            .flatten()
            .for_each(|seconds| bytes.extend(seconds.to_be_bytes()));
        [self.start, self.read].into_iter().flatten().for_each(|at| bytes.extend(at.to_be_bytes()));
        for Opening { at, id } in &self.openings {
            bytes.extend(at.to_be_bytes());
            bytes.extend(id.as_bytes());
        }
        bytes
    }

    /// A life as [`Self::export`] wrote it.
    ///
    /// # Errors
    /// [`NotALife`] for bytes that it does not write.
    pub fn import(bytes: &[u8]) -> Result<Self, NotALife> {
        let life = Reader(bytes).life().ok_or(NotALife)?;
        if life.export() == bytes { Ok(life) } else { Err(NotALife) }
    }

    fn is_possible(&self) -> bool {
        let fits = |seconds| (1..=EXPIRY_SECONDS).contains(&seconds);
        let Bounds { after_send_s, after_read_s, unread_cap_s, openings: _ } = self.bounds;
        let times = [after_send_s, after_read_s, unread_cap_s].into_iter().flatten().all(fits);
        let (first, ids) = (self.openings.first(), self.openings.windows(2));
        let ascending = self.openings.is_sorted();
        let apart = !ids.into_iter().any(|pair| matches!(pair, [one, next] if one.id == next.id));
        let read = first.is_none_or(|first| self.read.is_some_and(|read| read <= first.at));
        let side = match self.side {
            Side::Author => self.read.is_none() && self.openings.is_empty(),
            Side::Reader => self.start.is_some(),
        };
        times && ascending && apart && read && side
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn life(mut self) -> Option<Life> {
        let [flags, openings] = self.take()?;
        let is_set = |flag| flags & flag != 0;
        let floor = self.at()?;
        let seconds = |reader: &mut Self, flag| {
            if is_set(flag) { reader.take().map(u32::from_be_bytes).map(Some) } else { Some(None) }
        };
        let bounds = Bounds {
            after_send_s: seconds(&mut self, AFTER_SEND)?,
            after_read_s: seconds(&mut self, AFTER_READ)?,
            unread_cap_s: seconds(&mut self, UNREAD_CAP)?,
            openings: match openings & 3 {
                0 => None,
                1 => Some(Openings::Once),
                2 => Some(Openings::Twice),
                _ => return None,
            },
        };
        let start = if is_set(START) { Some(self.at()?) } else { None };
        let read = if is_set(READ) { Some(self.at()?) } else { None };
        let openings = (0..openings >> 2)
            .map(|_| Some(Opening { at: self.at()?, id: MessageId::new(self.take()?) }))
            .collect::<Option<Vec<_>>>()?;
        let side = if is_set(AUTHOR) { Side::Author } else { Side::Reader };
        let life = Life { side, bounds, floor, start, read, openings, gone: is_set(GONE) };
        (self.0.is_empty() && life.openings.len() <= 2 && life.is_possible()).then_some(life)
    }

    fn at(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }
}
