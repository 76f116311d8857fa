//! The tests of the session crate through its public types.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod epochs;
mod golden;
mod handshake;
mod pair;
mod parties;
mod quantum;
mod ratchet;
mod schedules;
mod sessions;
mod transient;
