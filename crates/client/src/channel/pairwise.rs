//! The encrypted channel between two devices.

use super::Opened;
use crate::Shield;
use aside_content::{ChatFrame, Context, Refused};
use aside_identity::Address;
use aside_primitives::Entropy;
use aside_session::{CannotSend, Received, Session};
use aside_wire::{Malformed, pb};

/// Why a frame cannot be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CannotSeal {
    /// The session cannot send.
    #[error(transparent)]
    Session(#[from] CannotSend),
    /// The frame is too large.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Pads, commits and encrypts a chat's frame. The session has moved on: persist it before the envelope leaves.
///
/// # Errors
/// [`CannotSeal`]; the session has not changed.
pub fn seal(
    entropy: &mut (impl Entropy + ?Sized),
    session: &mut Session,
    sender: &Address,
    context: &Context,
    frame: &ChatFrame,
) -> Result<pb::Envelope, CannotSeal> {
    let payload = frame.seal_with(sender, context, |padded, commit| {
        session.encrypt(entropy, padded, commit).map_err(CannotSeal::Session)
    })?;
    Ok(pb::Envelope { kind: pb::EnvelopeKind::Pairwise.into(), payload })
}

/// The same for an indicator: delivered now or dropped. Only the number of its chain moves on in the session.
///
/// # Errors
/// [`CannotSeal`]; the session has not changed, and the indicator is to be dropped.
pub fn seal_transient(
    entropy: &mut (impl Entropy + ?Sized),
    session: &mut Session,
    sender: &Address,
    context: &Context,
    frame: &ChatFrame,
) -> Result<pb::Envelope, CannotSeal> {
    let payload = frame.seal_with(sender, context, |padded, commit| {
        session.encrypt_transient(entropy, padded, commit).map_err(CannotSeal::Session)
    })?;
    Ok(pb::Envelope { kind: pb::EnvelopeKind::Pairwise.into(), payload })
}

/// Opens what a session decrypted, and checks the commitment, before anything is acted on.
///
/// # Errors
/// [`Refused`]; the session's transition must then not be applied.
pub fn open(received: &Received, sender: &Address) -> Result<(Opened<ChatFrame>, Context), Refused> {
    let (frame, context) =
        ChatFrame::open(&received.plaintext, sender, &received.franking_key, &received.commitment)?;
    Ok((Opened { frame, shield: Shield::PAIRWISE }, context))
}
