//! The files of `test-vectors/`, each by its path in that folder.

use crate::vector::File;
use std::path::{Path, PathBuf};

/// All files, in the order in which an implementation meets them.
pub const ALL: &[&str] = &[
    "primitives/hash.json",
    "primitives/aead.json",
    "primitives/x25519.json",
    "primitives/ed25519.json",
    "primitives/ml-kem.json",
    "envelope/decode.json",
    "envelope/packet.json",
    "identity/certificate.json",
    "identity/device-list.json",
    "identity/prekey.json",
    "identity/handle.json",
    "handshake/schedule.json",
    "handshake/first-message.json",
    "session/schedule.json",
    "session/order.json",
    "session/forged.json",
    "session/limits.json",
    "session/transient.json",
    "session/epochs.json",
    "content/padding.json",
    "content/frames.json",
    "content/kinds.json",
    "content/declarations.json",
    "content/attachments.json",
    "content/time.json",
    "conversations/opt-in.json",
    "conversations/senders.json",
    "conversations/healing.json",
    "expiry/life.json",
    "expiry/policies.json",
    "expiry/stamps.json",
    "expiry/view-once.json",
    "capture/notices.json",
    "group/entries.json",
    "group/log.json",
    "group/keys.json",
    "group/messages.json",
    "group/judging.json",
    "archive/archive.json",
    "relay/proofs.json",
    "relay/keep.json",
    "relay/generations.json",
    "relay/parameters.json",
    "transcripts/requests.json",
    "transcripts/first-contact.json",
    "transcripts/talk.json",
    "transcripts/declined.json",
    "transcripts/thread.json",
    "transcripts/crossing.json",
    "transcripts/two-devices.json",
    "transcripts/vanishing.json",
    "transcripts/once.json",
    "transcripts/healing.json",
    "transcripts/hostile-relay.json",
    "transcripts/business.json",
    "transcripts/group.json",
    "transcripts/group-going.json",
    "transcripts/group-attacked.json",
];

/// The ledger of what a relay sees.
pub const LEDGER: &str = "leakage.json";

/// The schema.
pub const SCHEMA: &str = "schema.json";

/// `test-vectors/` of this workspace.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors")
}

/// A file, and its path in the folder.
#[derive(Debug)]
pub struct Named {
    /// One of [`ALL`].
    pub name: &'static str,
    /// What is in it.
    pub file: File,
}
