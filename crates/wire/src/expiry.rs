//! How long messages live.

use crate::{Malformed, limits::EXPIRY_SECONDS, pb};

/// What starts the clock of a message, and how long it runs (GRP-11). Every time is 1 to [`EXPIRY_SECONDS`] seconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExpiryTerms {
    /// Messages stay.
    Off,
    /// They go some time after the relay has accepted them.
    AfterSend {
        /// How long after.
        duration_s: u32,
    },
    /// They go some time after somebody has read them.
    AfterRead {
        /// How long after.
        duration_s: u32,
        /// When an unread one goes.
        unread_cap_s: u32,
    },
    /// They can be opened once.
    Once {
        /// When an unread one goes.
        unread_cap_s: u32,
    },
    /// They can be opened once and once again.
    OnceWithReplay {
        /// When an unread one goes.
        unread_cap_s: u32,
    },
}

impl ExpiryTerms {
    /// The terms of a mode and its two times; 0 where the mode has none.
    ///
    /// # Errors
    /// [`Malformed::Field`] for a mode that is not known, a time out of range, and a time the mode does not have.
    pub fn decode(mode: i32, duration_s: u32, unread_cap_s: u32) -> Result<Self, Malformed> {
        let mode = pb::ExpiryMode::try_from(mode).map_err(|_| Malformed::Field("mode"))?;
        let terms = match mode {
            pb::ExpiryMode::Off => Self::Off,
            pb::ExpiryMode::AfterSend => Self::AfterSend { duration_s },
            pb::ExpiryMode::AfterRead => Self::AfterRead { duration_s, unread_cap_s },
            pb::ExpiryMode::Once => Self::Once { unread_cap_s },
            pb::ExpiryMode::OnceWithReplay => Self::OnceWithReplay { unread_cap_s },
        };
        if terms.encode() != (mode, duration_s, unread_cap_s) || !terms.is_in_range() {
            return Err(Malformed::Field("expiry"));
        }
        Ok(terms)
    }

    /// The mode and its two times, as [`Self::decode`] takes them.
    #[must_use]
    pub const fn encode(self) -> (pb::ExpiryMode, u32, u32) {
        match self {
            Self::Off => (pb::ExpiryMode::Off, 0, 0),
            Self::AfterSend { duration_s } => (pb::ExpiryMode::AfterSend, duration_s, 0),
            Self::AfterRead { duration_s, unread_cap_s } => {
                (pb::ExpiryMode::AfterRead, duration_s, unread_cap_s)
            }
            Self::Once { unread_cap_s } => (pb::ExpiryMode::Once, 0, unread_cap_s),
            Self::OnceWithReplay { unread_cap_s } => (pb::ExpiryMode::OnceWithReplay, 0, unread_cap_s),
        }
    }

    /// Whether each of its times can be said.
    #[must_use]
    pub fn is_in_range(self) -> bool {
        let fits = |seconds| (1..=EXPIRY_SECONDS).contains(&seconds);
        match self {
            Self::Off => true,
            Self::AfterSend { duration_s } => fits(duration_s),
            Self::AfterRead { duration_s, unread_cap_s } => fits(duration_s) && fits(unread_cap_s),
            Self::Once { unread_cap_s } | Self::OnceWithReplay { unread_cap_s } => fits(unread_cap_s),
        }
    }
}

impl TryFrom<pb::GroupSetExpiry> for ExpiryTerms {
    type Error = Malformed;

    fn try_from(terms: pb::GroupSetExpiry) -> Result<Self, Malformed> {
        Self::decode(terms.mode, terms.duration_s, terms.unread_cap_s)
    }
}

impl From<ExpiryTerms> for pb::GroupSetExpiry {
    fn from(terms: ExpiryTerms) -> Self {
        let (mode, duration_s, unread_cap_s) = terms.encode();
        Self { mode: mode.into(), duration_s, unread_cap_s }
    }
}

#[cfg(test)]
#[path = "expiry_tests.rs"]
mod tests;
