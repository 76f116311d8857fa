//! The name of a group's log at the relay.

use crate::key_id::write_short;
use aside_identity::GroupId;
use aside_primitives::{hash::hash, label};
use core::fmt;

/// Names a group's log at the relay, 32 bytes: a hash of the group's id, so that the relay does not learn the id, and so
/// that who does not know the group can neither fetch nor append.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId([u8; 32]);

impl LogId {
    /// The log of a group.
    #[must_use]
    pub fn of(group: &GroupId) -> Self {
        Self(hash(label::GROUP_LOG_ID, &[group.as_bytes()]).0)
    }

    /// The identifier in these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_short(f, "LogId", &self.0)
    }
}
