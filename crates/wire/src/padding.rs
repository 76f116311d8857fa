//! Size classes: on the wire, a short text looks like a reaction or a receipt, and one change of a group like another.

use crate::{Malformed, limits::PLAINTEXT_BYTES};
use alloc::vec::Vec;

/// What does not come from [`pad`].
const MALFORMED: Malformed = Malformed::Encoding("padding");
/// Length of the length before a frame, in bytes.
const PREFIX_BYTES: usize = 4;
/// The smallest class in bytes: holds every frame without content, and a text of about 200 bytes.
pub const SMALLEST_CLASS: usize = 512;

/// The size class of a frame: the smallest power of two from 512 to 65,536 that holds it (CON-9).
#[must_use]
pub fn class_of(frame_bytes: usize) -> Option<usize> {
    let class = frame_bytes.checked_add(PREFIX_BYTES)?.checked_next_power_of_two()?.max(SMALLEST_CLASS);
    (class <= PLAINTEXT_BYTES).then_some(class)
}

/// Length, frame, zeros up to the size class.
///
/// # Errors
/// [`Malformed::TooLarge`] if no class holds the frame.
pub fn pad(frame: &[u8]) -> Result<Vec<u8>, Malformed> {
    let too_large = Malformed::TooLarge("Frame");
    let class = class_of(frame.len()).ok_or(too_large)?;
    let mut padded = Vec::with_capacity(class);
    padded.extend_from_slice(&u32::try_from(frame.len()).map_err(|_| too_large)?.to_be_bytes());
    padded.extend_from_slice(frame);
    padded.resize(class, 0);
    Ok(padded)
}

/// The frame in a padded plaintext; everything after it must be zeros up to exactly its class (CON-9, threat W10).
///
/// # Errors
/// [`Malformed::Encoding`].
pub fn unpad(padded: &[u8]) -> Result<&[u8], Malformed> {
    let (length, rest) = padded.split_first_chunk::<PREFIX_BYTES>().ok_or(MALFORMED)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| MALFORMED)?;
    let (frame, zeros) = rest.split_at_checked(length).ok_or(MALFORMED)?;
    let exact = class_of(length) == Some(padded.len());
    if exact && zeros.iter().all(|byte| *byte == 0) { Ok(frame) } else { Err(MALFORMED) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, vec};

    #[test]
    fn w8_every_length_lands_in_a_class() {
        let classes: BTreeSet<_> = (0..=4096).map(|n| pad(&vec![7; n]).unwrap().len()).collect();
        assert_eq!(classes.into_iter().collect::<Vec<_>>(), [512, 1024, 2048, 4096, 8192]);
        assert!(pad(&vec![7; PLAINTEXT_BYTES - PREFIX_BYTES]).is_ok());
        assert!(pad(&vec![7; PLAINTEXT_BYTES]).is_err());
    }

    #[test]
    fn what_was_padded_is_found_again_and_nothing_else() {
        for length in [0, 1, 507, 508, 509, 5000] {
            let frame = vec![7; length];
            let padded = pad(&frame).unwrap();
            assert_eq!(unpad(&padded).unwrap(), frame);
            let mut dirty = padded.clone();
            if let Some(last) = dirty.last_mut().filter(|last| **last == 0) {
                *last = 1;
                assert_eq!(unpad(&dirty), Err(MALFORMED));
            }
            let mut next_class = padded.clone();
            next_class.resize(padded.len() * 2, 0);
            assert_eq!(unpad(&next_class), Err(MALFORMED));
        }
        assert_eq!(unpad(&[]), Err(MALFORMED));
        assert_eq!(unpad(&[0xFF; 512]), Err(MALFORMED));
    }
}
