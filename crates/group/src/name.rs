//! Names of groups.

use alloc::{borrow::ToOwned, string::String};
use aside_wire::{Malformed, is_line, limits::GROUP_NAME_BYTES};
use core::fmt;

/// The name of a group: 1 to 128 bytes of UTF-8, without control characters and without those that turn the direction
/// of a text, so that a name cannot pass for something else on a screen (GRP-10).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GroupName(String);

impl GroupName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`Malformed`] if it is empty, too long, or contains a character that is not allowed.
    pub fn parse(name: &str) -> Result<Self, Malformed> {
        let allowed = !name.is_empty() && name.len() <= GROUP_NAME_BYTES && is_line(name);
        if allowed { Ok(Self(name.to_owned())) } else { Err(Malformed::Field("name")) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
