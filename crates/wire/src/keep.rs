//! How long a relay keeps mail that its device does not fetch.

use crate::{Malformed, pb::Keep};

/// The class that a request names (ENV-6, RLY-42).
///
/// # Errors
/// [`Malformed`] if there is no such class.
pub fn parse(number: i32) -> Result<Keep, Malformed> {
    Keep::try_from(number).map_err(|_| Malformed::Field("keep"))
}

/// The days of a class; `None` for as long as the operator allows.
#[must_use]
pub const fn days(keep: Keep) -> Option<u16> {
    match keep {
        Keep::Longest => None,
        Keep::Week => Some(7),
        Keep::Day => Some(1),
    }
}
