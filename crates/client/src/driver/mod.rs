//! The driver: one profile, one relay, one WebSocket.
//!
//! It does what the engine asks for, in the engine's order: commit, then send; commit, then acknowledge.

mod allowance;
mod client;
mod clock;
mod connection;
mod error;
mod link;
mod statements;

pub use client::{Client, PROFILE_FILE};
pub use clock::Clock;
pub use error::{DriverError, explain};
pub use link::{Notice, Report, Waiting};

use aside_identity::Parameters;
use aside_primitives::VerifyingKey;

/// What a relay says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelayIdentity {
    /// Its public name.
    pub name: String,
    /// Its long-term key.
    pub key: VerifyingKey,
    /// What it allows, by its signature; `None` if it does not say.
    pub parameters: Option<Parameters>,
    pub(crate) nonce: [u8; 32],
}
