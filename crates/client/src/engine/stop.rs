//! Why a delivery is not taken in.

use super::Need;
use crate::{error::Error, event::Event, store::StoreError};
use aside_content::CiphertextId;
use aside_identity::GroupId;
use aside_session::Trouble;
use aside_wire::{Malformed, Reject};

/// Why a delivery is not taken in, or not yet.
pub(crate) enum Stop {
    /// It is refused. With an event, the person is to know what that means.
    Refuse(Reject, Option<Box<Event>>),
    /// No session opens it.
    Unopened(Trouble, CiphertextId),
    /// A message of a group that is judged by something that has not come. With a claim, a member speaks of a newer
    /// head.
    Hold { claim: Option<(GroupId, u64)> },
    /// Only the relay can tell what it is judged by.
    Need(Need),
    /// Nothing can be judged now.
    Error(Error),
}

impl Stop {
    pub(crate) fn alarm(reason: Reject, event: Event) -> Self {
        Self::Refuse(reason, Some(Box::new(event)))
    }

    /// The same of what a session did not open, if something is wrong with the session.
    pub(crate) fn unopened(self, message: &[u8]) -> Self {
        match &self {
            Self::Refuse(reason, None) => match Trouble::of(*reason) {
                Some(trouble) => Self::Unopened(trouble, CiphertextId::of(message)),
                None => self,
            },
            _ => self,
        }
    }
}

impl From<Reject> for Stop {
    fn from(reason: Reject) -> Self {
        Self::Refuse(reason, None)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Error(error.into())
    }
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        malformed.reject().into()
    }
}

impl From<aside_session::Refused> for Stop {
    fn from(refused: aside_session::Refused) -> Self {
        refused.reject().into()
    }
}

impl From<aside_content::Refused> for Stop {
    fn from(refused: aside_content::Refused) -> Self {
        refused.reject().into()
    }
}

impl From<aside_group::Refused> for Stop {
    fn from(refused: aside_group::Refused) -> Self {
        refused.reject().into()
    }
}
