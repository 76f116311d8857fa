//! Errors by blame: the peer's bytes, or the caller.

use aside_primitives::{EntropyFailed, KeyRefused, sign::SignatureInvalid};
use aside_wire::{Malformed, Reject};

/// Why a message, or something a member handed over, was refused. No state has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The bytes break the layout.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A key is refused.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// It names another chain, or another log key, than the one it was tried with.
    #[error("the message or entry names another key")]
    OtherKey,
    /// It came from another device than the one that owns the chain (GRP-23).
    #[error("the message came from a device that does not own the chain")]
    WrongSender,
    /// The chain's signing key did not make it.
    #[error(transparent)]
    Signature(#[from] SignatureInvalid),
    /// Its number lies beyond the end of the chain (GRP-27).
    #[error("the message lies beyond the end of its chain")]
    TooFar,
    /// It was sent before the chain was handed to this device (GRP-34).
    #[error("the message was sent before its chain was handed over")]
    BeforeHandOver,
    /// Its key was used before: it is a duplicate.
    #[error("the message was received before")]
    Replay,
    /// The key does not open it.
    #[error("the message or entry does not authenticate")]
    Mac,
}

impl Refused {
    /// The word of the registry.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::Malformed(malformed) => malformed.reject(),
            Self::Key(_) => Reject::Key,
            Self::OtherKey | Self::BeforeHandOver => Reject::NoSession,
            Self::WrongSender => Reject::Policy,
            Self::Signature(_) => Reject::Signature,
            Self::TooFar => Reject::TooFar,
            Self::Replay => Reject::Replay,
            Self::Mac => Reject::Mac,
        }
    }
}

/// Why a message or an entry cannot be made. No state has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotSend {
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyFailed),
    /// The chain has used all its numbers; start a new one (GRP-18).
    #[error("the sending chain is exhausted")]
    Exhausted,
    /// It is longer than an envelope holds.
    #[error("the plaintext is too long")]
    TooLong,
}

/// An [`Advance`](crate::Advance) was applied to a chain that has moved on since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the change was derived from another state of the chain")]
pub struct StaleAdvance;

/// An exported chain does not import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Written by a version that this one does not read.
    #[error("the chain has version {0}, which is not supported")]
    Version(u8),
    /// Damaged.
    #[error("the chain is damaged")]
    Damaged,
}
