//! Errors by blame: the peer's bytes, or the caller.

use aside_primitives::{EntropyFailed, KeyRefused};
use aside_wire::{Malformed, Reject};

/// Why a message of the peer was refused. The session has not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The bytes break the layout.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A key is refused.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// No key of this session opens it.
    #[error("the message does not authenticate in this session")]
    Mac,
    /// Its key was used before: it is a duplicate.
    #[error("the message was received before")]
    Replay,
    /// It lies further ahead than a session skips.
    #[error("the message is too far ahead")]
    TooFar,
    /// Its key was kept for a while and dropped.
    #[error("the key of the message was dropped")]
    KeyExpired,
    /// There is no session for it, and it carries no handshake to start one.
    #[error("the message belongs to no session")]
    NoHandshake,
    /// The handshake was not made for these keys.
    #[error("the handshake names another prekey or device")]
    WrongHandshake,
    /// The generation is not that of the session, or too far above those known (SES-28).
    #[error("the generation of the session cannot be that")]
    Generation,
}

impl Refused {
    /// A header has opened, and says of its chain what this state does not know: one side has lost its own, or lies. The session
    /// is to be left (HEA-1).
    #[must_use]
    pub const fn contradicts(self) -> bool {
        let Self::Malformed(Malformed::Field(field)) = self else { return false };
        matches!(field.as_bytes(), b"ratchet_key" | b"previous" | b"adopts" | b"mark")
    }

    /// The word of the registry.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::Malformed(malformed) => malformed.reject(),
            Self::Key(_) => Reject::Key,
            Self::Mac => Reject::Mac,
            Self::Replay => Reject::Replay,
            Self::TooFar => Reject::TooFar,
            Self::KeyExpired => Reject::KeyExpired,
            Self::NoHandshake => Reject::NoSession,
            Self::WrongHandshake => Reject::UnknownPrekey,
            Self::Generation => Reject::Policy,
        }
    }
}

/// Why a message cannot be sent. The session has not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotSend {
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyFailed),
    /// A peer's key gives no agreement.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// A prekey of the bundle is of the wrong kind, or another device's (HSK-17).
    #[error("the bundle mixes keys of different devices or kinds")]
    WrongBundle,
    /// The chain has used all its numbers; start a new session (SES-10, threat P17).
    #[error("the sending chain is exhausted")]
    Exhausted,
    /// A transient message has no chain to go with: the peer has not answered yet, or the next message turns the
    /// ratchet first. Drop it (SES-30).
    #[error("no message of the sending chain has gone out yet")]
    NotYet,
    /// The session only receives any more; another one took its place (SES-37).
    #[error("the session only receives")]
    Retired,
    /// The plaintext is longer than an envelope holds.
    #[error("the plaintext is too long")]
    TooLong,
    /// A device does not talk to itself in a session (HSK-3, threat H10).
    #[error("a session needs two different devices")]
    OwnDevice,
}

/// A [`Transition`](crate::Transition) was applied to a session that has moved on since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the transition was derived from another state of the session")]
pub struct StaleTransition;

/// Exported state does not import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Written by a version that this one does not read.
    #[error("the session state has version {0}, which is not supported")]
    Version(u8),
    /// Damaged.
    #[error("the session state is damaged")]
    Damaged,
}
