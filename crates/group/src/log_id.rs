//! The name of a segment of a group's log at the relay.

use crate::{LogKey, key_id::write_short};
use aside_identity::GroupId;
use aside_primitives::{hash::hash, label};
use core::fmt;

/// Names a segment of a group's log at the relay, 32 bytes: the entries under one log key, from position 1. A hash over the
/// key, so that who does not have it can neither fetch nor append, and whoever has gone fills a segment that nobody reads
/// any more (GRP-41).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId([u8; 32]);

impl LogId {
    /// The segment of a group's log that this key encrypts.
    #[must_use]
    pub fn of(group: &GroupId, key: &LogKey) -> Self {
        Self(hash(label::GROUP_LOG_ID, &[group.as_bytes(), key.expose()]).0)
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
