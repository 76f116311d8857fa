//! The encrypted channel from one device to the members of a group.

use super::Opened;
use crate::Shield;
use aside_content::{GroupFrame, Refused, Stamp};
use aside_group::{CannotSend, Received, SendingChain};
use aside_identity::Address;
use aside_primitives::Entropy;
use aside_wire::{Malformed, pb};

/// Why a frame cannot be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CannotSeal {
    /// The chain cannot send.
    #[error(transparent)]
    Chain(#[from] CannotSend),
    /// The frame is too large.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Pads, commits, encrypts and signs a group's frame. The chain has moved on: persist it before the envelope leaves.
///
/// # Errors
/// [`CannotSeal`]; the chain has not changed.
pub fn seal(
    entropy: &mut (impl Entropy + ?Sized),
    chain: &mut SendingChain,
    sender: &Address,
    stamp: &Stamp,
    frame: &GroupFrame,
) -> Result<pb::Envelope, CannotSeal> {
    let payload = frame.seal_with(sender, stamp, |padded, commit| {
        chain.encrypt(entropy, padded, commit).map_err(CannotSeal::Chain)
    })?;
    Ok(pb::Envelope { kind: pb::EnvelopeKind::Group.into(), payload })
}

/// Opens what a chain decrypted, and checks the commitment, before anything is acted on.
///
/// # Errors
/// [`Refused`]; the chain must then not be advanced.
pub fn open(received: &Received, sender: &Address) -> Result<(Opened<GroupFrame>, Stamp), Refused> {
    let (frame, stamp) =
        GroupFrame::open(&received.plaintext, sender, &received.franking_key, &received.commitment)?;
    Ok((Opened { frame, shield: Shield::GROUP }, stamp))
}
