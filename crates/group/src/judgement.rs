//! Whether a message fits the log: the head it names, and who sent it.

use crate::{Group, Head, Role, limits::LATE_MS};
use aside_identity::Address;
use aside_primitives::Digest;
use aside_wire::Reject;

/// An entry that another has followed, as the receiver remembers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Superseded {
    /// Its hash.
    pub hash: Digest,
    /// When the entry after it was applied here, in milliseconds since 1970-01-01 UTC by this device's clock.
    pub at: u64,
}

/// How the head a message names compares with the own one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is the own head.
    Current,
    /// It is one before, and not for long.
    Behind,
    /// It is not known here yet: hold the message, fetch the log, and send nothing to the group meanwhile (GRP-31).
    Ahead,
}

/// Why a message does not fit the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// The sender's log is another one: somebody shows members different groups. People must be told (GRP-30, threat
    /// G2).
    #[error("the sender has another log of this group")]
    Fork,
    /// It names an entry that was followed by another too long ago, or an older one than the sender has named before
    /// (GRP-32).
    #[error("the message names a head of the log that is too old")]
    OldHead,
    /// It names an entry that is not known here yet.
    #[error("the message names a head of the log that is not known")]
    UnknownHead,
    /// The sender was not a member at that entry, or not with this device (GRP-33).
    #[error("the sender was not in the group")]
    NotMember,
    /// Its sending chain belongs to another epoch (GRP-33).
    #[error("the sending chain is not of the epoch")]
    OldChain,
    /// Only the owner and admins wrote at that entry (GRP-33).
    #[error("only the owner and admins write here")]
    NotEntitled,
}

impl Unfit {
    /// The word of the registry.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::Fork => Reject::Fork,
            Self::OldHead | Self::OldChain => Reject::Stale,
            Self::UnknownHead => Reject::TooFar,
            Self::NotMember => Reject::NotMember,
            Self::NotEntitled => Reject::Policy,
        }
    }
}

impl Group {
    /// Compares the head that an opened message names with the own log (GRP-30 to GRP-32). `superseded` is what is
    /// remembered of the entry named, if another has followed it; `last_of_sender` the highest sequence that an accepted
    /// message of the same device has named, 0 if none has.
    ///
    /// # Errors
    /// [`Unfit::Fork`] or [`Unfit::OldHead`].
    pub fn judge_head(
        &self,
        named: &Head,
        superseded: Option<&Superseded>,
        last_of_sender: u64,
        now: u64,
    ) -> Result<Standing, Unfit> {
        let own =
            if named.sequence == self.sequence { Some(self.head) } else { superseded.map(|old| old.hash) };
        if named.sequence <= self.sequence && own.is_some_and(|own| own != named.hash) {
            return Err(Unfit::Fork);
        }
        if named.sequence < last_of_sender {
            return Err(Unfit::OldHead);
        }
        if named.sequence >= self.sequence {
            let current = named.sequence == self.sequence;
            return Ok(if current { Standing::Current } else { Standing::Ahead });
        }
        let in_time = superseded.is_some_and(|old| now.saturating_sub(old.at) <= LATE_MS);
        if in_time { Ok(Standing::Behind) } else { Err(Unfit::OldHead) }
    }

    /// Judges a message by the group as it was at the entry the message names, not as it is now (GRP-33, threat G9).
    /// `chain_epoch` is that of the sending chain that opened it.
    ///
    /// # Errors
    /// [`Unfit`], with the reason.
    pub fn judge(&self, sequence: u64, sender: &Address, chain_epoch: u64) -> Result<(), Unfit> {
        if sequence > self.sequence {
            return Err(Unfit::UnknownHead);
        }
        let role = self.role_at(&sender.account, sequence).ok_or(Unfit::NotMember)?;
        // Which devices there were before the list now recorded, the chain's epoch tells.
        let recorded = self.member(&sender.account).filter(|member| sequence >= member.list_since);
        if recorded.is_some_and(|member| member.device(sender.device).is_none()) {
            return Err(Unfit::NotMember);
        }
        if self.epoch_at(sequence) != Some(chain_epoch) {
            return Err(Unfit::OldChain);
        }
        if self.announce_only_at(sequence) && role == Role::Member {
            return Err(Unfit::NotEntitled);
        }
        Ok(())
    }
}
