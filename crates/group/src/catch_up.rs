//! Entries of the log from a member, when the relay does not give them (GRP-39).

use crate::Refused;
use alloc::vec::Vec;
use aside_wire::{
    Malformed, decode,
    limits::{ENTRIES_PER_REPLY, GROUP_ENTRY_BYTES, PLAINTEXT_BYTES},
    pb,
};
use prost::Message;

/// Room for entries in one answer, in bytes: what a frame leaves in the largest size class. The largest entry fits.
const ANSWER_BYTES: usize = PLAINTEXT_BYTES - 1024;
/// What each entry adds to its own bytes: a key and a length.
const FIELD_BYTES: usize = 4;

/// Asks a member for the entries after one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogRequest {
    /// The sequence known; 0 for none.
    pub after: u64,
}

impl LogRequest {
    /// The content of a frame of kind 18.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        pb::GroupLogRequest { after: self.after }.encode_to_vec()
    }

    /// Decodes the content of a frame of kind 18.
    ///
    /// # Errors
    /// [`Refused::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        let pb::GroupLogRequest { after } = decode(bytes)?;
        Ok(Self { after })
    }
}

/// Entries as they were signed, ascending. Whoever gets them verifies them like any other (GRP-39).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogEntries {
    entries: Vec<Vec<u8>>,
}

impl LogEntries {
    /// As many of the entries as fit one answer, in their order; `None` if there is none or the first is too large.
    #[must_use]
    pub fn fill(entries: impl IntoIterator<Item = Vec<u8>>) -> Option<Self> {
        let mut room = ANSWER_BYTES;
        let fits = |entry: &Vec<u8>| {
            let left = room.checked_sub(entry.len().saturating_add(FIELD_BYTES));
            room = left.unwrap_or_default();
            left.is_some() && is_entry(entry)
        };
        let entries: Vec<_> = entries.into_iter().take(ENTRIES_PER_REPLY).take_while(fits).collect();
        (!entries.is_empty()).then_some(Self { entries })
    }

    /// The content of a frame of kind 19.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        pb::GroupLogEntries { entries: self.entries }.encode_to_vec()
    }

    /// Decodes the content of a frame of kind 19.
    ///
    /// # Errors
    /// [`Refused::Malformed`]: there are 1 to 64 entries, none empty and none beyond its limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        let pb::GroupLogEntries { entries } = decode(bytes)?;
        if entries.is_empty() || !entries.iter().all(|entry| is_entry(entry)) {
            return Err(Malformed::Field("entries").into());
        }
        Ok(Self { entries })
    }

    /// The entries, ascending.
    #[must_use]
    pub fn into_entries(self) -> Vec<Vec<u8>> {
        self.entries
    }
}

/// Whether these bytes could be an entry.
fn is_entry(bytes: &[u8]) -> bool {
    (1..=GROUP_ENTRY_BYTES).contains(&bytes.len())
}
