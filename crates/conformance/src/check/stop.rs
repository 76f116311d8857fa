//! Why an operation came to no result.

use super::bug::Bug;
use aside_primitives::{KeyRefused, sign::SignatureInvalid};
use aside_wire::{Malformed, Reject};

/// Why an operation came to no result.
pub(crate) enum Stop {
    /// The crates refused.
    Refused(Refusal),
    /// The vector cannot be run.
    Defect(String),
}

/// A refusal, and the mistake that would have let it pass.
#[derive(Clone, Copy)]
pub(crate) struct Refusal {
    pub(crate) word: Reject,
    pub(crate) passes_with: Option<Bug>,
}

impl Stop {
    pub(crate) const fn refused(word: Reject, passes_with: Option<Bug>) -> Self {
        Self::Refused(Refusal { word, passes_with })
    }
}

impl Stop {
    /// The same, and a signature that does not verify passes with this mistake.
    pub(crate) fn signature_with(self, bug: Bug) -> Self {
        match self {
            Self::Refused(Refusal { word: Reject::Signature, .. }) => {
                Self::refused(Reject::Signature, Some(bug))
            }
            other => other,
        }
    }
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Defect(what)
    }
}

impl From<&str> for Stop {
    fn from(what: &str) -> Self {
        Self::Defect(what.to_owned())
    }
}

impl From<Reject> for Stop {
    fn from(word: Reject) -> Self {
        Self::refused(word, None)
    }
}

impl From<KeyRefused> for Stop {
    fn from(refused: KeyRefused) -> Self {
        let passes_with = match refused {
            KeyRefused::SmallOrder | KeyRefused::NonContributory => Some(Bug::AcceptLowOrder),
            KeyRefused::NonCanonical => Some(Bug::AcceptOtherEncodings),
            _ => None,
        };
        Self::refused(Reject::Key, passes_with)
    }
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        let passes_with = match malformed {
            Malformed::NotCanonical(_) => Some(Bug::LenientDecoding),
            Malformed::Field("control") => Some(Bug::IgnoreControl),
            Malformed::Field("mark") => Some(Bug::IgnoreMark),
            Malformed::Field("adopts") => Some(Bug::AdoptUnasked),
            _ => None,
        };
        Self::refused(malformed.reject(), passes_with)
    }
}

impl From<SignatureInvalid> for Stop {
    fn from(_: SignatureInvalid) -> Self {
        Reject::Signature.into()
    }
}

impl From<aside_identity::Refused> for Stop {
    fn from(refused: aside_identity::Refused) -> Self {
        use aside_identity::Refused;
        match refused {
            Refused::Malformed(malformed) => malformed.into(),
            Refused::Key(key) => key.into(),
            Refused::PrekeyExpired => Self::refused(Reject::Stale, Some(Bug::AcceptExpiredPrekey)),
            Refused::WrongOwner => Self::refused(Reject::Policy, Some(Bug::AcceptOtherOwner)),
            Refused::Stale => Self::refused(Reject::Stale, Some(Bug::AcceptListRollback)),
            Refused::Fork => Self::refused(Reject::Fork, Some(Bug::AcceptListFork)),
            other => other.reject().into(),
        }
    }
}

impl From<aside_session::Refused> for Stop {
    fn from(refused: aside_session::Refused) -> Self {
        use aside_session::Refused;
        match refused {
            Refused::Malformed(malformed) => malformed.into(),
            Refused::Key(key) => key.into(),
            Refused::Replay => Self::refused(Reject::Replay, Some(Bug::AcceptReplay)),
            Refused::TooFar => Self::refused(Reject::TooFar, Some(Bug::SkipTheBound)),
            Refused::Mac => Self::refused(Reject::Mac, Some(Bug::SkipMac)),
            other => other.reject().into(),
        }
    }
}

impl From<aside_group::Refused> for Stop {
    fn from(refused: aside_group::Refused) -> Self {
        use aside_group::Refused;
        match refused {
            Refused::Malformed(malformed) => malformed.into(),
            Refused::Key(key) => key.into(),
            Refused::Replay => Self::refused(Reject::Replay, Some(Bug::AcceptReplay)),
            Refused::TooFar => Self::refused(Reject::TooFar, Some(Bug::SkipTheBound)),
            Refused::WrongSender => Self::refused(Reject::Policy, Some(Bug::AcceptOtherSender)),
            Refused::Signature(_) => Self::refused(Reject::Signature, Some(Bug::SkipGroupSignature)),
            Refused::Mac => Self::refused(Reject::Mac, Some(Bug::SkipMac)),
            other => other.reject().into(),
        }
    }
}

impl From<aside_group::Rejected> for Stop {
    fn from(rejected: aside_group::Rejected) -> Self {
        use aside_group::Reason;
        let role = |reason: &Reason| {
            matches!(reason, Reason::NotEntitled | Reason::OwnerStays | Reason::OwnerLeaves)
        };
        match rejected.reasons() {
            [Reason::Malformed(malformed)] => (*malformed).into(),
            [Reason::Stale | Reason::Fork] => Self::refused(rejected.reject(), Some(Bug::AcceptGaps)),
            [Reason::NotMember | Reason::NotDevice] => {
                Self::refused(Reject::NotMember, Some(Bug::AcceptOutsider))
            }
            [Reason::Signature] => Self::refused(Reject::Signature, Some(Bug::SkipEntrySignature)),
            reasons if reasons.iter().all(role) => Self::refused(Reject::Policy, Some(Bug::SkipRoles)),
            _ => rejected.reject().into(),
        }
    }
}

impl From<aside_group::Unfit> for Stop {
    fn from(unfit: aside_group::Unfit) -> Self {
        use aside_group::Unfit;
        let old = matches!(unfit, Unfit::OldHead | Unfit::OldChain);
        Self::refused(unfit.reject(), old.then_some(Bug::AcceptOldHead))
    }
}

impl From<aside_archive::Refused> for Stop {
    fn from(refused: aside_archive::Refused) -> Self {
        use aside_archive::Refused;
        match refused {
            Refused::Malformed(malformed) => malformed.into(),
            Refused::Key(key) => key.into(),
            Refused::List(refused) => refused.into(),
            Refused::Content(refused) => refused.into(),
            Refused::Order => Self::refused(Reject::Malformed, Some(Bug::AcceptCutArchive)),
            other => other.reject().into(),
        }
    }
}

impl From<aside_content::Refused> for Stop {
    fn from(refused: aside_content::Refused) -> Self {
        use aside_content::Refused;
        match refused {
            Refused::Malformed(malformed) => malformed.into(),
            Refused::Key(key) => key.into(),
            Refused::Padding => Self::refused(Reject::Malformed, Some(Bug::IgnorePadding)),
            Refused::Commitment => Self::refused(Reject::Commitment, Some(Bug::SkipCommitment)),
            other => other.reject().into(),
        }
    }
}
