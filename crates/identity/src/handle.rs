//! Handles: names that a relay lets point to accounts.

use alloc::string::String;
use aside_wire::{Malformed, limits::HANDLE_BYTES};
use core::fmt;

/// A handle without its `@`: 2 to 32 of `a–z`, `0–9`, `_` and `.`, starting with a letter (IDN-13).
///
/// ```
/// use aside_identity::Handle;
///
/// let alice = Handle::parse("@alice")?;
/// assert_eq!(alice.as_str(), "alice");
/// assert_eq!(alice.to_string(), "@alice");
/// assert!(Handle::parse("@Alice").is_err());
/// # Ok::<(), aside_wire::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Handle(String);

impl Handle {
    /// Reads a handle with or without `@`.
    ///
    /// # Errors
    /// [`Malformed::Field`] if it breaks the rules.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let name = text.strip_prefix('@').unwrap_or(text);
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

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}
