//! The sender keys of the group crate through its public types.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod contents;
mod forged;
mod loss;
mod rotation;
mod salamander;
mod schedules;
mod sealed_entry;
mod state;
mod world;
