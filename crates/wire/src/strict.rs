//! Strict decoding of protobuf: bounded, complete, canonical.

use crate::Reject;
use prost::Message;

/// Why bytes do not decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// More bytes than a message of this kind may have (ENV-2).
    #[error("{0}: too many bytes")]
    TooLarge(&'static str),
    /// More fields than a message of this kind may have (ENV-3).
    #[error("{0}: too many fields")]
    TooManyFields(&'static str),
    /// Not protobuf, or of the wrong wire types (ENV-4).
    #[error("{0}: not a valid encoding")]
    Encoding(&'static str),
    /// Decodes, but is not the canonical encoding: an unknown or repeated field, a long varint, another order
    /// (ENV-5).
    #[error("{0}: not the canonical encoding")]
    NotCanonical(&'static str),
    /// A required field is missing, has the wrong length, or is out of range (ENV-6).
    #[error("field {0} is missing or out of range")]
    Field(&'static str),
    /// A version or suite that is not spoken here (ENV-7).
    #[error("version or suite is not supported")]
    Version,
}

impl Malformed {
    /// The word of the registry.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::TooLarge(_) | Self::TooManyFields(_) => Reject::Limit,
            Self::Version => Reject::Version,
            Self::Encoding(_) | Self::NotCanonical(_) | Self::Field(_) => Reject::Malformed,
        }
    }
}

/// A message that may be decoded, with its limits.
pub trait Strict: Message + Default {
    /// The name of the message, for errors.
    const NAME: &'static str;
    /// The most bytes it may have.
    const MAX_BYTES: usize;
    /// The most fields it may have, and each of its nested messages.
    const MAX_FIELDS: usize;
    /// The members of its oneof: messages with repeated fields of their own, whose fields are counted too.
    const NESTED: &'static [u32] = &[];
}

/// Decodes a message and accepts only its one canonical encoding (ENV-2 to ENV-5).
///
/// The limits are applied before anything is allocated. Canonical (ENV-1) means: re-encoding gives the same bytes. That
/// refuses unknown, repeated and out-of-order fields, defaults written out, long varints and values that overflow.
///
/// # Errors
/// [`Malformed`], with the reason.
pub fn decode<M: Strict>(bytes: &[u8]) -> Result<M, Malformed> {
    if bytes.len() > M::MAX_BYTES {
        return Err(Malformed::TooLarge(M::NAME));
    }
    scan::<M>(bytes, M::NESTED)?;
    let message = M::decode(bytes).map_err(|_| Malformed::Encoding(M::NAME))?;
    if message.encode_to_vec() != bytes {
        return Err(Malformed::NotCanonical(M::NAME));
    }
    Ok(message)
}

/// A field of exactly `N` bytes (ENV-6).
///
/// # Errors
/// [`Malformed::Field`] with the name given.
pub fn array<const N: usize>(bytes: &[u8], field: &'static str) -> Result<[u8; N], Malformed> {
    bytes.try_into().map_err(|_| Malformed::Field(field))
}

/// Walks the fields without decoding them, so that the limits hold before memory is spent.
fn scan<M: Strict>(mut rest: &[u8], nested: &[u32]) -> Result<(), Malformed> {
    let malformed = Malformed::Encoding(M::NAME);
    let mut fields = 0usize;
    let mut bodies = 0usize;
    while !rest.is_empty() {
        fields = fields.saturating_add(1);
        if fields > M::MAX_FIELDS {
            return Err(Malformed::TooManyFields(M::NAME));
        }
        let key = varint(&mut rest).ok_or(malformed)?;
        let tag = u32::try_from(key >> 3).map_err(|_| malformed)?;
        let length = match key & 7 {
            0 => {
                varint(&mut rest).ok_or(malformed)?;
                continue;
            }
            2 => usize::try_from(varint(&mut rest).ok_or(malformed)?).map_err(|_| malformed)?,
            // No message of this protocol has fixed-width fields or groups.
            _ => return Err(malformed),
        };
        let (field, after) = rest.split_at_checked(length).ok_or(malformed)?;
        if nested.contains(&tag) {
            bodies = bodies.saturating_add(1);
            scan::<M>(field, &[])?;
        }
        rest = after;
    }
    // The decoder would merge them, and their repeated fields would add up beyond the limit.
    if bodies > 1 { Err(Malformed::NotCanonical(M::NAME)) } else { Ok(()) }
}

/// The first field of this number with bytes, in a message whose type is not known; looks at `most` fields.
///
/// Nothing is decoded and nothing allocated, and what stands behind the field is not looked at.
#[must_use]
pub fn find(mut rest: &[u8], number: u32, most: usize) -> Option<&[u8]> {
    for _ in 0..most {
        let key = varint(&mut rest)?;
        match key & 7 {
            0 => _ = varint(&mut rest)?,
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                let (field, after) = rest.split_at_checked(length)?;
                if key >> 3 == u64::from(number) {
                    return Some(field);
                }
                rest = after;
            }
            _ => return None,
        }
    }
    None
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7F);
        // The tenth byte has room for one bit.
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
#[path = "strict_tests.rs"]
mod tests;
