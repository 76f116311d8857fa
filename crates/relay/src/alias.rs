//! Short names for the log that mean nothing outside one run of the relay.

use crate::store::Mailbox;
use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hash},
    sync::LazyLock,
};

/// Eight hex digits that stand for a device in this process's log; another run gives it other digits (RLY-18).
pub(crate) struct Alias(u64);

impl Alias {
    /// The alias of a device.
    pub(crate) fn of(mailbox: &Mailbox) -> Self {
        Self(salted(mailbox))
    }
}

fn salted(value: impl Hash) -> u64 {
    static SALT: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    SALT.hash_one(value) >> 32
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
