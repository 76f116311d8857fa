//! KEM objects in chunks: which of them the peer has, and those that arrived.

use alloc::boxed::Box;
use aside_wire::header::{CHUNK_BYTES, CIPHERTEXT_CHUNKS, Chunk, KEY_CHUNKS};

/// A set of chunks: bit `n` stands for chunk `n`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Held(pub(crate) u64);

impl Held {
    /// All of `count` chunks.
    pub(crate) const fn all(count: usize) -> Self {
        Self(!(u64::MAX << count))
    }

    const fn bit(index: u8) -> u64 {
        1 << (index & 63)
    }

    pub(crate) const fn has(self, index: u8) -> bool {
        self.0 & Self::bit(index) != 0
    }

    const fn add(&mut self, index: u8) {
        self.0 |= Self::bit(index);
    }

    /// Whether there is none beyond `count`.
    pub(crate) const fn fits(self, count: usize) -> bool {
        self.0 & !Self::all(count).0 == 0
    }
}

/// An own object on its way to the peer.
#[derive(Debug)]
pub(crate) struct Outgoing<const BYTES: usize> {
    pub(crate) bytes: Box<[u8; BYTES]>,
    /// What the peer has told to have.
    pub(crate) held: Held,
    /// Where the search for the next chunk begins.
    pub(crate) next: u8,
}

impl<const BYTES: usize> Outgoing<BYTES> {
    pub(crate) const COUNT: usize = BYTES / CHUNK_BYTES;

    pub(crate) fn new(bytes: [u8; BYTES]) -> Self {
        Self { bytes: Box::new(bytes), held: Held::default(), next: 0 }
    }

    /// The lowest chunk from `next` on, around the end, that the peer is not known to have (EPO-4).
    pub(crate) fn chunk(&self) -> Option<Chunk> {
        let count = u8::try_from(Self::COUNT).unwrap_or(u8::MAX);
        let index = (self.next..count).chain(0..self.next).find(|index| !self.held.has(*index))?;
        let (chunks, _) = self.bytes.as_chunks::<CHUNK_BYTES>();
        chunks.get(usize::from(index)).map(|bytes| Chunk { index, bytes: *bytes })
    }

    /// After a chunk was sent.
    pub(crate) fn sent(&mut self, index: u8) {
        let count = u8::try_from(Self::COUNT).unwrap_or(u8::MAX);
        let next = index.saturating_add(1);
        self.next = if next < count { next } else { 0 };
    }

    /// The peer tells what it has. It never has less than before, also where that is heard later.
    pub(crate) const fn note_held(&mut self, held: u64) {
        self.held.0 |= held;
    }

    /// Whether the peer has all of it.
    pub(crate) fn is_held(&self) -> bool {
        self.held == Held::all(Self::COUNT)
    }
}

/// An object of the peer, as far as it has arrived.
#[derive(Debug)]
pub(crate) struct Incoming<const BYTES: usize> {
    pub(crate) bytes: Box<[u8; BYTES]>,
    pub(crate) held: Held,
}

impl<const BYTES: usize> Default for Incoming<BYTES> {
    fn default() -> Self {
        Self { bytes: Box::new([0; BYTES]), held: Held::default() }
    }
}

/// A chunk came with two values.
pub(crate) struct Contradiction;

impl<const BYTES: usize> Incoming<BYTES> {
    pub(crate) const COUNT: usize = BYTES / CHUNK_BYTES;

    /// Takes a chunk; what is there stays.
    pub(crate) fn take(&mut self, chunk: &Chunk) -> Result<(), Contradiction> {
        let (places, _) = self.bytes.as_chunks_mut::<CHUNK_BYTES>();
        let place = places.get_mut(usize::from(chunk.index)).ok_or(Contradiction)?;
        if !self.held.has(chunk.index) {
            *place = chunk.bytes;
            self.held.add(chunk.index);
        } else if *place != chunk.bytes {
            return Err(Contradiction);
        }
        Ok(())
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.held == Held::all(Self::COUNT)
    }

    /// The chunks that are there, in order.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &[u8; CHUNK_BYTES]> {
        let (chunks, _) = self.bytes.as_chunks::<CHUNK_BYTES>();
        (0u8..).zip(chunks).filter(|(index, _)| self.held.has(*index)).map(|(_, chunk)| chunk)
    }
}

const _: () = assert!(KEY_CHUNKS < 64 && CIPHERTEXT_CHUNKS < 64);

#[cfg(test)]
#[path = "pieces_tests.rs"]
mod tests;
