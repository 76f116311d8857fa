//! The 80-byte header of a session message, in the clear; it travels encrypted.
//!
//! ```text
//! ratchet key 32 | previous count 3 | number 3 | salt 8 | KEM control 2 | KEM chunk 32
//!
//! control = epoch mod 128, 7 bits | kind, 2 bits | index, 6 bits | adopts, 1 bit
//! kind    = 0 held | 1 chunk of a key | 2 chunk of a ciphertext
//! ```

use crate::{Malformed, packet::KEM_CIPHERTEXT_BYTES};
use core::fmt;

/// Length of a header in bytes, the same in every phase (SES-4).
pub const HEADER_BYTES: usize = 80;
/// Length of the chunk of a KEM object in bytes.
pub const CHUNK_BYTES: usize = 32;
/// The greatest value of the two counters: 2^24 − 1 (SES-10).
pub const COUNTER_MAX: u32 = 0x00FF_FFFF;
/// Length of an encapsulation key in bytes.
pub const KEM_KEY_BYTES: usize = 1184;
/// Chunks of an encapsulation key.
pub const KEY_CHUNKS: usize = KEM_KEY_BYTES / CHUNK_BYTES;
/// Chunks of a KEM ciphertext.
pub const CIPHERTEXT_CHUNKS: usize = KEM_CIPHERTEXT_BYTES / CHUNK_BYTES;

/// The fields of a header. Integers are big-endian.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The sender's current ratchet key (X25519), 32 bytes.
    pub ratchet_key: [u8; 32],
    /// How many messages the sender's previous chain had, at most [`COUNTER_MAX`].
    pub previous: u32,
    /// The number of this message in its chain, from 0, at most [`COUNTER_MAX`].
    pub number: u32,
    /// Fresh random bytes that make the payload's nonce.
    pub salt: [u8; 8],
    /// The KEM epoch of the chain; seven bits travel.
    pub epoch: u8,
    /// The chain began with the secret of the epoch before.
    pub adopts: bool,
    /// What this message carries of the KEM exchange.
    pub slot: Slot,
}

/// What a header carries of the KEM exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// Which chunks of the peer's object arrived: bit `n` stands for chunk `n`.
    Held(u64),
    /// A chunk of the encapsulation key of the epoch.
    Key(Chunk),
    /// A chunk of its ciphertext.
    Ciphertext(Chunk),
}

/// One chunk of a KEM object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Its place, from 0.
    pub index: u8,
    /// Its bytes.
    pub bytes: [u8; CHUNK_BYTES],
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("index", &self.index).finish_non_exhaustive()
    }
}

impl Header {
    /// The 80 bytes; `None` if a field exceeds its bits.
    #[must_use]
    pub fn encode(&self) -> Option<[u8; HEADER_BYTES]> {
        let mut bytes = [0; HEADER_BYTES];
        let mut rest = bytes.as_mut_slice();
        let mut put = |part: &[u8]| {
            let (head, tail) = core::mem::take(&mut rest).split_at_mut_checked(part.len())?;
            head.copy_from_slice(part);
            rest = tail;
            Some(())
        };
        let (kind, index, chunk) = self.slot.encode()?;
        let control = u16::from(self.epoch) << 9 | kind << 7 | u16::from(index) << 1 | u16::from(self.adopts);
        if self.epoch >= EPOCHS {
            return None;
        }
        put(&self.ratchet_key)?;
        put(&counter(self.previous)?)?;
        put(&counter(self.number)?)?;
        put(&self.salt)?;
        put(&control.to_be_bytes())?;
        put(&chunk)?;
        Some(bytes)
    }

    /// Splits the fixed layout and checks the control field (SES-17).
    ///
    /// # Errors
    /// [`Malformed`] if the control field says what no sender says.
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, Malformed> {
        let layout = Malformed::Encoding("header");
        let (ratchet_key, rest) = bytes.split_first_chunk::<32>().ok_or(layout)?;
        let (previous, rest) = rest.split_first_chunk::<3>().ok_or(layout)?;
        let (number, rest) = rest.split_first_chunk::<3>().ok_or(layout)?;
        let (salt, rest) = rest.split_first_chunk::<8>().ok_or(layout)?;
        let (control, chunk) = rest.split_first_chunk::<2>().ok_or(layout)?;
        let control = u16::from_be_bytes(*control);
        let [epoch, index] = [control >> 9, control >> 1 & 0x3F].map(|bits| u8::try_from(bits).unwrap_or(0));
        let slot = Slot::decode(control >> 7 & 3, index, chunk.try_into().map_err(|_| layout)?);
        Ok(Self {
            ratchet_key: *ratchet_key,
            previous: u24(*previous),
            number: u24(*number),
            salt: *salt,
            epoch,
            adopts: control & 1 == 1,
            slot: slot.ok_or(Malformed::Field("control"))?,
        })
    }
}

/// The values that the seven bits of an epoch take.
const EPOCHS: u8 = 128;

impl Slot {
    fn encode(&self) -> Option<(u16, u8, [u8; CHUNK_BYTES])> {
        let (kind, chunk) = match self {
            Self::Held(held) => {
                let mut bytes = [0; CHUNK_BYTES];
                bytes.iter_mut().zip(held.to_be_bytes()).for_each(|(place, byte)| *place = byte);
                (0, Chunk { index: 0, bytes })
            }
            Self::Key(chunk) => (1, *chunk),
            Self::Ciphertext(chunk) => (2, *chunk),
        };
        Self::decode(kind, chunk.index, chunk.bytes)?;
        Some((kind, chunk.index, chunk.bytes))
    }

    fn decode(kind: u16, index: u8, bytes: [u8; CHUNK_BYTES]) -> Option<Self> {
        let below = |count: usize| (usize::from(index) < count).then_some(Chunk { index, bytes });
        match kind {
            0 => {
                let (held, rest) = bytes.split_first_chunk::<8>()?;
                let held = u64::from_be_bytes(*held);
                let fits = held >> KEY_CHUNKS == 0 && index == 0 && rest.iter().all(|byte| *byte == 0);
                fits.then_some(Self::Held(held))
            }
            1 => below(KEY_CHUNKS).map(Self::Key),
            2 => below(CIPHERTEXT_CHUNKS).map(Self::Ciphertext),
            _ => None,
        }
    }
}

fn counter(value: u32) -> Option<[u8; 3]> {
    match value.to_be_bytes() {
        [0, a, b, c] => Some([a, b, c]),
        _ => None,
    }
}

fn u24([a, b, c]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, a, b, c])
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
