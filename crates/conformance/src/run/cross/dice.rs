//! What chance decides, the same each time for a seed.

use crate::check::material;

/// What chance decides in one conversation.
#[derive(Debug)]
pub(super) struct Dice {
    name: String,
    thrown: u64,
}

impl Dice {
    pub(super) fn new(seed: u64, conversation: u64) -> Self {
        Self { name: format!("cross-play/{seed}/{conversation}"), thrown: 0 }
    }

    /// Bytes that nobody chose.
    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        self.thrown = self.thrown.saturating_add(1);
        material(&format!("{}/{}", self.name, self.thrown), length)
    }

    /// A number below a bound above 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let bytes = self.bytes(8);
        let number = bytes.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        number.checked_rem(bound).unwrap_or(0)
    }

    /// A number of a range, both ends included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low.saturating_add(self.below(high.saturating_sub(low).saturating_add(1)))
    }

    /// So many times of a hundred.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A place in something of this length.
    pub(super) fn place(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(length)).unwrap_or(0)
    }

    /// One of several.
    pub(super) fn of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.place(list.len()))
    }
}
