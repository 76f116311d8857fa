//! The 80-byte header of a session message, in the clear; it travels encrypted.
//!
//! ```text
//! ratchet key 32 | previous count 3 | number 3 | salt 8 | KEM control 2 | KEM chunk 32
//! ```

/// Length of a header in bytes, the same in every phase (SES-4).
pub const HEADER_BYTES: usize = 80;
/// Length of the chunk of a KEM object in bytes.
pub const CHUNK_BYTES: usize = 32;
/// The greatest value of the two counters: 2^24 − 1 (SES-10).
pub const COUNTER_MAX: u32 = 0x00FF_FFFF;

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
    /// State of the KEM ratchet.
    pub control: u16,
    /// A chunk of the current KEM object, or zeros.
    pub chunk: [u8; CHUNK_BYTES],
}

impl Header {
    /// The 80 bytes; `None` if a counter exceeds [`COUNTER_MAX`].
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
        put(&self.ratchet_key)?;
        put(&counter(self.previous)?)?;
        put(&counter(self.number)?)?;
        put(&self.salt)?;
        put(&self.control.to_be_bytes())?;
        put(&self.chunk)?;
        Some(bytes)
    }

    /// Every 80 bytes are a header; what they mean is checked by the session.
    #[must_use]
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let (ratchet_key, rest) = bytes.split_first_chunk::<32>()?;
        let (previous, rest) = rest.split_first_chunk::<3>()?;
        let (number, rest) = rest.split_first_chunk::<3>()?;
        let (salt, rest) = rest.split_first_chunk::<8>()?;
        let (control, rest) = rest.split_first_chunk::<2>()?;
        Some(Self {
            ratchet_key: *ratchet_key,
            previous: u24(*previous),
            number: u24(*number),
            salt: *salt,
            control: u16::from_be_bytes(*control),
            chunk: rest.try_into().ok()?,
        })
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
mod tests {
    use super::*;

    #[test]
    fn every_field_survives_at_its_place() {
        let header = Header {
            ratchet_key: [1; 32],
            previous: 0x0A0B0C,
            number: COUNTER_MAX,
            salt: [2; 8],
            control: 0x0304,
            chunk: [5; 32],
        };
        let bytes = header.encode().unwrap();
        assert_eq!(bytes[32..38], [0x0A, 0x0B, 0x0C, 0xFF, 0xFF, 0xFF]);
        assert_eq!(bytes[38..48], [2, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
        assert!(Header::decode(&bytes).unwrap() == header);
    }

    // SES-10
    #[test]
    fn p17_a_counter_that_does_not_fit_is_not_encoded() {
        let header = Header {
            ratchet_key: [0; 32],
            previous: 0,
            number: COUNTER_MAX + 1,
            salt: [0; 8],
            control: 0,
            chunk: [0; 32],
        };
        assert!(header.encode().is_none());
    }
}
