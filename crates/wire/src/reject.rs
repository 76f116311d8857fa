//! The closed list of words with which an implementation refuses something (spec, registry).

use core::fmt;

/// Why something received was refused. Vectors name these words; a peer is never told more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reject {
    /// The bytes break the layout.
    Malformed,
    /// The version or suite is not spoken here.
    Version,
    /// Something is larger or more numerous than allowed.
    Limit,
    /// A public key is refused.
    Key,
    /// A signature does not verify.
    Signature,
    /// A ciphertext does not authenticate.
    Mac,
    /// The franking commitment does not match the frame.
    Commitment,
    /// The key was used before.
    Replay,
    /// The number lies too far ahead of the chain.
    TooFar,
    /// The key was dropped unused, by age or number.
    KeyExpired,
    /// A counter has reached its end.
    Exhausted,
    /// No session can open this message.
    NoSession,
    /// The prekey named is not, or no longer, there.
    UnknownPrekey,
    /// Something is older than what is known already.
    Stale,
    /// Two signed statements contradict each other.
    Fork,
    /// Well formed, but not allowed here.
    Policy,
    /// Whoever made it is not in the group, or was not at that time.
    NotMember,
}

impl Reject {
    /// Every word, in the order of the registry.
    pub const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::Version,
        Self::Limit,
        Self::Key,
        Self::Signature,
        Self::Mac,
        Self::Commitment,
        Self::Replay,
        Self::TooFar,
        Self::KeyExpired,
        Self::Exhausted,
        Self::NoSession,
        Self::UnknownPrekey,
        Self::Stale,
        Self::Fork,
        Self::Policy,
        Self::NotMember,
    ];

    /// The word as it stands in the registry and in vectors.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Version => "version",
            Self::Limit => "limit",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Mac => "mac",
            Self::Commitment => "commitment",
            Self::Replay => "replay",
            Self::TooFar => "too_far",
            Self::KeyExpired => "key_expired",
            Self::Exhausted => "exhausted",
            Self::NoSession => "no_session",
            Self::UnknownPrekey => "unknown_prekey",
            Self::Stale => "stale",
            Self::Fork => "fork",
            Self::Policy => "policy",
            Self::NotMember => "not_member",
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
