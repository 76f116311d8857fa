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
        let low_order = matches!(refused, KeyRefused::SmallOrder | KeyRefused::NonContributory);
        Self::refused(Reject::Key, low_order.then_some(Bug::AcceptLowOrder))
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
            [Reason::Signature] => Self::refused(Reject::Signature, Some(Bug::SkipEntrySignature)),
            reasons if reasons.iter().all(role) => Self::refused(Reject::Policy, Some(Bug::SkipRoles)),
            _ => rejected.reject().into(),
        }
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
