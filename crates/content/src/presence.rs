//! Whether somebody is there.

use aside_wire::{Malformed, pb};

/// Whether somebody is there; coarse on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// Now.
    Available,
    /// Not long ago.
    Recently,
    /// Not there.
    Away,
}

impl Presence {
    pub(crate) fn fields(self) -> pb::Presence {
        let state = match self {
            Self::Available => pb::PresenceState::Available,
            Self::Recently => pb::PresenceState::Recently,
            Self::Away => pb::PresenceState::Away,
        };
        pb::Presence { state: state.into() }
    }

    pub(crate) fn read(fields: pb::Presence) -> Result<Self, Malformed> {
        match pb::PresenceState::try_from(fields.state) {
            Ok(pb::PresenceState::Available) => Ok(Self::Available),
            Ok(pb::PresenceState::Recently) => Ok(Self::Recently),
            Ok(pb::PresenceState::Away) => Ok(Self::Away),
            _ => Err(Malformed::Field("state")),
        }
    }
}
