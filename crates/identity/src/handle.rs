//! Handles: names that a relay lets point to accounts.

use alloc::string::String;
use aside_wire::{Malformed, limits::HANDLE_BYTES};
use core::fmt;

/// A handle without its `@`: 2 to 32 of `a–z`, `0–9`, `_` and `.`, starting with a letter (IDN-13).
///
/// ```
/// use aside_identity::Handle;
///
/// let alice: Handle = "@alice".parse()?;
/// assert_eq!(alice, Handle::parse("alice")?);
/// assert!(Handle::parse("@alice").is_err());
/// assert_eq!(alice.as_str(), "alice");
/// assert_eq!(alice.to_string(), "@alice");
/// assert!("@Alice".parse::<Handle>().is_err());
/// # Ok::<(), aside_wire::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Handle(String);

impl Handle {
    /// Decodes a handle as it travels, without `@`. What a person types is read by [`str::parse`], which allows one.
    ///
    /// # Errors
    /// [`Malformed::Field`] if it breaks the rules.
    pub fn parse(name: &str) -> Result<Self, Malformed> {
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
        let valid = (2..=HANDLE_BYTES).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(letters);
        if valid { Ok(Self(name.into())) } else { Err(Malformed::Field("handle")) }
    }

    /// The name without `@`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::str::FromStr for Handle {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text.strip_prefix('@').unwrap_or(text))
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}
