//! Why a device begins anew with another: all the reasons there are (HEA-1).

use aside_wire::Reject;

/// What is wrong with the sessions with a device. The list is closed: nothing else makes a device begin anew by itself, and
/// a [replay](Reject::Replay) is nothing wrong (threat R8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Trouble {
    /// No session opens a message of the device.
    NoSession,
    /// A message that begins a session does not authenticate.
    Mac,
    /// The key of a message was dropped before it came.
    KeyExpired,
    /// A message lies further ahead than a session skips.
    TooFar,
    /// A message names a prekey that is not here, or not any more (threat H5).
    UnknownPrekey,
    /// The device does not know the session that sends.
    Behind,
    /// The session has not healed for too long, or its KEM ratchet is broken (HEA-19).
    Worn,
    /// The own store was restored or copied (threat R4).
    Restored,
}

impl Trouble {
    /// All of them, in the order of the specification.
    pub const ALL: &[Self] = &[
        Self::NoSession,
        Self::Mac,
        Self::KeyExpired,
        Self::TooFar,
        Self::UnknownPrekey,
        Self::Behind,
        Self::Worn,
        Self::Restored,
    ];

    /// What a refusal says of the sessions; `None` if it says nothing of them.
    #[must_use]
    pub const fn of(reason: Reject) -> Option<Self> {
        match reason {
            Reject::NoSession => Some(Self::NoSession),
            Reject::Mac => Some(Self::Mac),
            Reject::KeyExpired => Some(Self::KeyExpired),
            Reject::TooFar => Some(Self::TooFar),
            Reject::UnknownPrekey => Some(Self::UnknownPrekey),
            _ => None,
        }
    }

    /// The word of the refusal.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::Mac => Reject::Mac,
            Self::KeyExpired => Reject::KeyExpired,
            Self::TooFar => Reject::TooFar,
            Self::UnknownPrekey => Reject::UnknownPrekey,
            Self::NoSession | Self::Behind | Self::Worn | Self::Restored => Reject::NoSession,
        }
    }

    /// The word of the specification.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoSession => "no_session",
            Self::Mac => "mac",
            Self::KeyExpired => "key_expired",
            Self::TooFar => "too_far",
            Self::UnknownPrekey => "unknown_prekey",
            Self::Behind => "behind",
            Self::Worn => "worn",
            Self::Restored => "restored",
        }
    }
}
