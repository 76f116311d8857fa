//! Groups of Aside beside the bare primitives, Megolm, and two implementations of MLS.

pub mod bare;
pub mod megolm;
pub mod mls_rs;
pub mod openmls;
pub mod ours;

/// Length of the text of a measured message in bytes.
pub const TEXT_BYTES: usize = 256;

/// What it costs to take somebody into a group and to put them out again, in microseconds of computing.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    /// Taking in, for who does it: until the own state has changed and the newcomer's message is made.
    pub add: f64,
    /// The same, for another member.
    pub added: f64,
    /// For the newcomer: until the group's state is known and verified.
    pub join: f64,
    /// Putting out, for who does it: until the own state has changed and everybody can be sent a new key.
    pub remove: f64,
    /// The same, for another member.
    pub removed: f64,
}

/// What one message of a group adds to [`TEXT_BYTES`], in bytes.
#[must_use]
pub fn overhead_bytes(message: &[u8]) -> usize {
    message.len().saturating_sub(TEXT_BYTES)
}
