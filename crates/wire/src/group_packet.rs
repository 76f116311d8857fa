//! The fixed layouts of a group: its messages, and the entries of its log as the relay keeps them.
//!
//! ```text
//! 0x13 | key id 16 | iteration 2 | salt 8 | commitment 32 | ciphertext n | tag 16 | signature 64
//! 0x14 | log key id 16 | salt 32 | ciphertext n | tag 16
//! ```

use crate::{
    Malformed,
    limits::PLAINTEXT_BYTES,
    packet::{COMMITMENT_BYTES, TAG_BYTES},
};
use alloc::vec::Vec;

/// First byte of a group message: version 1, kind 3 (GRP-40).
pub const KIND_GROUP_MESSAGE: u8 = 0x13;
/// First byte of an encrypted log entry: version 1, kind 4 (GRP-40).
pub const KIND_LOG_ENTRY: u8 = 0x14;

/// Length of the name of a sending chain or of a log key in bytes.
pub const KEY_ID_BYTES: usize = 16;
/// Length of the salt of a group message in bytes.
pub const MESSAGE_SALT_BYTES: usize = 8;
/// Length of the salt of an encrypted log entry in bytes.
pub const ENTRY_SALT_BYTES: usize = 32;
/// Length of a signature in bytes.
pub const SIGNATURE_BYTES: usize = 64;

/// What a group message adds to a plaintext, in bytes.
pub const MESSAGE_OVERHEAD_BYTES: usize =
    1 + KEY_ID_BYTES + 2 + MESSAGE_SALT_BYTES + COMMITMENT_BYTES + TAG_BYTES + SIGNATURE_BYTES;
/// What an encrypted log entry adds to a plaintext, in bytes.
pub const ENTRY_OVERHEAD_BYTES: usize = 1 + KEY_ID_BYTES + ENTRY_SALT_BYTES + TAG_BYTES;

/// A group message, borrowed from the bytes received.
#[derive(Clone, Copy)]
pub struct GroupPacket<'a> {
    /// Names the sending chain.
    pub key_id: &'a [u8; KEY_ID_BYTES],
    /// Number of the message in the chain, from 0.
    pub iteration: u16,
    /// Drawn for this message.
    pub salt: &'a [u8; MESSAGE_SALT_BYTES],
    /// The franking commitment, in the clear.
    pub commitment: &'a [u8; COMMITMENT_BYTES],
    /// The encrypted payload.
    pub ciphertext: &'a [u8],
    /// The tag of the payload.
    pub tag: &'a [u8; TAG_BYTES],
    /// By the chain's signing key.
    pub signature: &'a [u8; SIGNATURE_BYTES],
}

impl<'a> GroupPacket<'a> {
    /// Splits a message. Only version, kind and lengths are checked here (GRP-40).
    ///
    /// # Errors
    /// [`Malformed`], with the reason.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let layout = Malformed::Encoding("group message");
        if bytes.len() > PLAINTEXT_BYTES.saturating_add(MESSAGE_OVERHEAD_BYTES) {
            return Err(Malformed::TooLarge("group message"));
        }
        let rest = after_kind(bytes, KIND_GROUP_MESSAGE, layout)?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>().ok_or(layout)?;
        let (iteration, rest) = rest.split_first_chunk::<2>().ok_or(layout)?;
        let (salt, rest) = rest.split_first_chunk::<MESSAGE_SALT_BYTES>().ok_or(layout)?;
        let (commitment, rest) = rest.split_first_chunk::<COMMITMENT_BYTES>().ok_or(layout)?;
        let (rest, signature) = rest.split_last_chunk::<SIGNATURE_BYTES>().ok_or(layout)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(layout)?;
        let iteration = u16::from_be_bytes(*iteration);
        Ok(Self { key_id, iteration, salt, commitment, ciphertext, tag, signature })
    }

    /// What stands before the ciphertext, with room for all that follows, so that nothing is copied later.
    #[must_use]
    pub fn begin(
        key_id: &[u8; KEY_ID_BYTES],
        iteration: u16,
        salt: &[u8; MESSAGE_SALT_BYTES],
        commitment: &[u8; COMMITMENT_BYTES],
        ciphertext_bytes: usize,
    ) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ciphertext_bytes.saturating_add(MESSAGE_OVERHEAD_BYTES));
        bytes.push(KIND_GROUP_MESSAGE);
        bytes.extend_from_slice(key_id);
        bytes.extend_from_slice(&iteration.to_be_bytes());
        bytes.extend_from_slice(salt);
        bytes.extend_from_slice(commitment);
        bytes
    }

    /// Joins the fields into the bytes of a message.
    #[must_use]
    pub fn join(&self) -> Vec<u8> {
        let Self { key_id, iteration, salt, commitment, ciphertext, tag, signature } = self;
        let mut bytes = Self::begin(key_id, *iteration, salt, commitment, ciphertext.len());
        bytes.extend_from_slice(ciphertext);
        bytes.extend_from_slice(*tag);
        bytes.extend_from_slice(*signature);
        bytes
    }
}

/// An encrypted log entry, borrowed from the bytes received.
#[derive(Clone, Copy)]
pub struct LogEntryPacket<'a> {
    /// Names the log key.
    pub key_id: &'a [u8; KEY_ID_BYTES],
    /// Drawn for this entry.
    pub salt: &'a [u8; ENTRY_SALT_BYTES],
    /// The encrypted entry.
    pub ciphertext: &'a [u8],
    /// Its tag.
    pub tag: &'a [u8; TAG_BYTES],
}

impl<'a> LogEntryPacket<'a> {
    /// Splits an encrypted entry. Only version, kind and lengths are checked here (GRP-40).
    ///
    /// # Errors
    /// [`Malformed`], with the reason.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let layout = Malformed::Encoding("log entry");
        if bytes.len() > PLAINTEXT_BYTES.saturating_add(ENTRY_OVERHEAD_BYTES) {
            return Err(Malformed::TooLarge("log entry"));
        }
        let rest = after_kind(bytes, KIND_LOG_ENTRY, layout)?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>().ok_or(layout)?;
        let (salt, rest) = rest.split_first_chunk::<ENTRY_SALT_BYTES>().ok_or(layout)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(layout)?;
        Ok(Self { key_id, salt, ciphertext, tag })
    }

    /// What stands before the ciphertext, with room for all that follows, so that nothing is copied later.
    #[must_use]
    pub fn begin(
        key_id: &[u8; KEY_ID_BYTES],
        salt: &[u8; ENTRY_SALT_BYTES],
        ciphertext_bytes: usize,
    ) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ciphertext_bytes.saturating_add(ENTRY_OVERHEAD_BYTES));
        bytes.push(KIND_LOG_ENTRY);
        bytes.extend_from_slice(key_id);
        bytes.extend_from_slice(salt);
        bytes
    }

    /// Joins the fields into the bytes of an encrypted entry.
    #[must_use]
    pub fn join(&self) -> Vec<u8> {
        let Self { key_id, salt, ciphertext, tag } = self;
        let mut bytes = Self::begin(key_id, salt, ciphertext.len());
        bytes.extend_from_slice(ciphertext);
        bytes.extend_from_slice(*tag);
        bytes
    }
}

/// What follows the first byte, which names version and kind.
fn after_kind(bytes: &[u8], kind: u8, layout: Malformed) -> Result<&[u8], Malformed> {
    match bytes.split_first() {
        Some((first, rest)) if *first == kind => Ok(rest),
        Some((first, _)) if *first >> 4 != 1 => Err(Malformed::Version),
        _ => Err(layout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    fn numbered(first: u8, length: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        bytes[0] = first;
        bytes
    }

    // GRP-40
    #[test]
    fn w5_a_message_is_its_parts_in_the_order_of_the_layout() {
        let bytes = numbered(0x13, 139 + 5);
        let packet = GroupPacket::parse(&bytes).unwrap();
        assert_eq!(packet.key_id, &bytes[1..17]);
        assert_eq!(packet.iteration, 0x1112);
        assert_eq!(packet.salt, &bytes[19..27]);
        assert_eq!(packet.commitment, &bytes[27..59]);
        assert_eq!(packet.ciphertext, &bytes[59..64]);
        assert_eq!(packet.tag, &bytes[64..80]);
        assert_eq!(packet.signature, &bytes[80..144]);
        assert_eq!(packet.join(), bytes);
        assert_eq!(packet.join().capacity(), bytes.len());
    }

    // GRP-40
    #[test]
    fn w5_an_entry_is_its_parts_in_the_order_of_the_layout() {
        let bytes = numbered(0x14, 65 + 5);
        let packet = LogEntryPacket::parse(&bytes).unwrap();
        assert_eq!(packet.key_id, &bytes[1..17]);
        assert_eq!(packet.salt, &bytes[17..49]);
        assert_eq!(packet.ciphertext, &bytes[49..54]);
        assert_eq!(packet.tag, &bytes[54..70]);
        assert_eq!(packet.join(), bytes);
        assert_eq!(packet.join().capacity(), bytes.len());
    }

    // GRP-40
    #[test]
    fn w2_lengths_are_exact_and_other_kinds_and_versions_are_told_apart() {
        let message = |bytes: &[u8]| GroupPacket::parse(bytes).err();
        let entry = |bytes: &[u8]| LogEntryPacket::parse(bytes).err();
        let layout = Malformed::Encoding("group message");
        assert_eq!(message(&numbered(0x13, 139)), None);
        assert_eq!(message(&numbered(0x13, 138)), Some(layout));
        assert_eq!(message(&vec![0x13; PLAINTEXT_BYTES + 139]), None);
        assert_eq!(message(&vec![0x13; PLAINTEXT_BYTES + 140]), Some(Malformed::TooLarge("group message")));
        let layout_of_entry = Malformed::Encoding("log entry");
        assert_eq!(entry(&numbered(0x14, 65)), None);
        assert_eq!(entry(&numbered(0x14, 64)), Some(layout_of_entry));
        assert_eq!(entry(&vec![0x14; PLAINTEXT_BYTES + 65]), None);
        assert_eq!(entry(&vec![0x14; PLAINTEXT_BYTES + 66]), Some(Malformed::TooLarge("log entry")));

        for first in 0..=255 {
            let refused = |layout| if first >> 4 == 1 { layout } else { Malformed::Version };
            let expected = (first != 0x13).then(|| refused(layout));
            assert_eq!(message(&numbered(first, 200)), expected, "{first:#x}");
            let expected = (first != 0x14).then(|| refused(layout_of_entry));
            assert_eq!(entry(&numbered(first, 200)), expected, "{first:#x}");
        }
        assert_eq!((message(&[]), entry(&[])), (Some(layout), Some(layout_of_entry)));
    }
}
