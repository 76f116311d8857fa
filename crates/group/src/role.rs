//! Roles: what a member may do.

use aside_wire::{Malformed, pb};

/// What a member may do; each role may do what those below it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Writes, unless only the owner and admins do.
    Member,
    /// Changes the group.
    Admin,
    /// Cannot be removed; there is exactly one (GRP-9).
    Owner,
}

impl Role {
    /// Whether this role changes the group (GRP-5).
    #[must_use]
    pub const fn administers(self) -> bool {
        matches!(self, Self::Admin | Self::Owner)
    }

    pub(crate) fn decode(number: i32) -> Result<Self, Malformed> {
        match pb::GroupRole::try_from(number) {
            Ok(pb::GroupRole::Member) => Ok(Self::Member),
            Ok(pb::GroupRole::Admin) => Ok(Self::Admin),
            Ok(pb::GroupRole::Owner) => Ok(Self::Owner),
            Ok(pb::GroupRole::Unspecified) | Err(_) => Err(Malformed::Field("role")),
        }
    }

    pub(crate) fn encode(self) -> i32 {
        match self {
            Self::Member => pb::GroupRole::Member,
            Self::Admin => pb::GroupRole::Admin,
            Self::Owner => pb::GroupRole::Owner,
        }
        .into()
    }
}
