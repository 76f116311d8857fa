//! The plaintext channel: the relay vouches for the sender, and can read.

use super::Opened;
use crate::Shield;
use aside_content::{Refused, ThreadFrame};
use aside_wire::{Malformed, pb};

/// The envelope of a thread's frame.
///
/// # Errors
/// [`Malformed`] if what it says goes over a session only.
pub fn seal(frame: &ThreadFrame) -> Result<pb::Envelope, Malformed> {
    Ok(pb::Envelope { kind: pb::EnvelopeKind::Thread.into(), payload: frame.encode()? })
}

/// Reads the payload of a thread's envelope.
///
/// # Errors
/// [`Refused`], with the reason.
pub fn open(payload: &[u8]) -> Result<Opened<ThreadFrame>, Refused> {
    Ok(Opened { frame: ThreadFrame::decode(payload)?, shield: Shield::NONE })
}
