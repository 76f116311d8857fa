//! Why an entry is not valid: every reason, for people and for the registry.

use alloc::vec::Vec;
use aside_identity::Refused;
use aside_wire::{Malformed, Reject};
use core::fmt;

/// An entry is not valid. It changes nothing and is skipped (GRP-15).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    reasons: Vec<Reason>,
}

impl Rejected {
    /// Every reason in the order of the specification, each once; never empty.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// The word of the first reason.
    #[must_use]
    pub fn reject(&self) -> Reject {
        // There is always a first.
        self.reasons.first().map_or(Reject::Policy, |reason| reason.reject())
    }
}

impl From<Reason> for Rejected {
    fn from(reason: Reason) -> Self {
        Self { reasons: [reason].into() }
    }
}

impl From<Malformed> for Rejected {
    fn from(malformed: Malformed) -> Self {
        Reason::Malformed(malformed).into()
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, reason) in self.reasons.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{reason}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Rejected {}

/// One reason why an entry is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It does not decode (GRP-40).
    #[error("it cannot be read: {0}")]
    Malformed(Malformed),
    /// The device it names did not sign it (GRP-1).
    #[error("the device it names did not sign it")]
    Signature,
    /// It is the first entry where another was expected, or the other way round (GRP-2).
    #[error("a log has one first entry, and begins with it")]
    First,
    /// It belongs to another group (GRP-2).
    #[error("it belongs to another group")]
    AnotherGroup,
    /// The log is past it (GRP-3).
    #[error("the group has changed since it was made")]
    Stale,
    /// It does not follow the newest entry (GRP-3).
    #[error("it does not follow the group's newest entry")]
    Fork,
    /// Who made it is not in the group (GRP-4).
    #[error("whoever made it is not in the group")]
    NotMember,
    /// Its device is not one the group knows (GRP-4, GRP-12).
    #[error("it was made on a device that the group does not know")]
    NotDevice,
    /// The role does not allow it (GRP-5).
    #[error("whoever made it may not do this")]
    NotEntitled,
    /// A device list in it is refused (GRP-6, GRP-12).
    #[error("a device list in it is refused: {0}")]
    List(Refused),
    /// The device lists are not in the order of their accounts (GRP-6).
    #[error("the people in it are not in order")]
    ListOrder,
    /// Somebody is a member already (GRP-6).
    #[error("somebody it adds is in the group already")]
    AlreadyMember,
    /// The group would have too many devices (GRP-6, GRP-12).
    #[error("the group would have too many devices")]
    TooManyDevices,
    /// Somebody it is about is not a member (GRP-7, GRP-9).
    #[error("somebody it is about is not in the group")]
    NobodyThere,
    /// The owner is neither removed nor given another role (GRP-7, GRP-9).
    #[error("the owner stays the owner until passing it on")]
    OwnerStays,
    /// Who wants to go leaves (GRP-7).
    #[error("nobody removes themselves")]
    RemovesItself,
    /// The owner passes the group on before leaving (GRP-8).
    #[error("the owner cannot leave before passing the group on")]
    OwnerLeaves,
    /// It would change nothing (GRP-9).
    #[error("it would change nothing")]
    NoChange,
    /// The log's key must be replaced first (GRP-13).
    #[error("somebody who left still has the log's key; it must be replaced first")]
    Exposed,
    /// The new log key is not new (GRP-14).
    #[error("the new log key is not new")]
    KeyKnown,
    /// The log has had all the keys it may have (GRP-14).
    #[error("the log has had as many keys as it may have")]
    TooManyKeys,
    /// It was encrypted with another log key than the one due (GRP-16).
    #[error("it was encrypted with another key than the log's")]
    WrongLogKey,
}

impl Reason {
    /// The word of the registry.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::Malformed(malformed) => malformed.reject(),
            Self::Signature => Reject::Signature,
            Self::Stale => Reject::Stale,
            Self::Fork => Reject::Fork,
            Self::NotMember | Self::NotDevice => Reject::NotMember,
            Self::List(refused) => refused.reject(),
            Self::ListOrder => Reject::Malformed,
            Self::TooManyDevices | Self::TooManyKeys => Reject::Limit,
            Self::First
            | Self::AnotherGroup
            | Self::NotEntitled
            | Self::AlreadyMember
            | Self::NobodyThere
            | Self::OwnerStays
            | Self::RemovesItself
            | Self::OwnerLeaves
            | Self::NoChange
            | Self::Exposed
            | Self::KeyKnown
            | Self::WrongLogKey => Reject::Policy,
        }
    }
}

/// Collects reasons.
#[derive(Default)]
pub(crate) struct Reasons(Vec<Reason>);

impl Reasons {
    pub(crate) fn add(&mut self, reason: Reason) {
        if !self.0.contains(&reason) {
            self.0.push(reason);
        }
    }

    pub(crate) fn when(&mut self, holds: bool, reason: Reason) {
        if holds {
            self.add(reason);
        }
    }

    /// The value, if nothing speaks against it.
    pub(crate) fn none_or<T>(self, value: T) -> Result<T, Rejected> {
        if self.0.is_empty() { Ok(value) } else { Err(Rejected { reasons: self.0 }) }
    }
}
