//! What the files of `primitives/` share.

pub(super) const CHAPTER: &str = "spec/primitives.md";

/// `bytes` with one byte combined with a mask.
pub(super) fn flip(bytes: &[u8], at: usize, mask: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= mask;
    }
    bytes
}
