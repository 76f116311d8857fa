//! Size classes of frames; the layout is that of [`aside_wire::padding`].

use crate::Refused;

pub use aside_wire::padding::{SMALLEST_CLASS, class_of, pad};

/// The frame in a padded plaintext; everything after it must be zeros up to exactly its class (CON-9, threat W10).
///
/// # Errors
/// [`Refused::Padding`].
pub fn unpad(padded: &[u8]) -> Result<&[u8], Refused> {
    aside_wire::padding::unpad(padded).map_err(|_| Refused::Padding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w10_wrong_padding_is_refused_as_padding() {
        let mut padded = pad(b"frame").unwrap();
        assert_eq!(unpad(&padded), Ok(b"frame".as_slice()));
        padded[511] = 1;
        assert_eq!(unpad(&padded), Err(Refused::Padding));
    }
}
