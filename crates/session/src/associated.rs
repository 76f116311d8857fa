//! Associated data, assembled on the stack.

use crate::{Role, transient::Kind};
use aside_primitives::{Digest, Label};
use aside_wire::{
    SUITE,
    header::HEADER_BYTES,
    packet::{COMMITMENT_BYTES, TAG_BYTES},
};

/// Room for the longest label and all fixed fields.
const CAPACITY: usize = 192;

/// At most [`CAPACITY`] bytes of associated data.
pub(crate) struct Associated {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Associated {
    /// Label, suite, session id, direction, commitment, header (SES-12, SES-31).
    pub(crate) fn payload(
        kind: Kind,
        session: &Digest,
        sender: Role,
        commitment: &[u8; COMMITMENT_BYTES],
        header: &[u8; HEADER_BYTES],
    ) -> Self {
        let mut associated = Self::start(kind.payload_label(), session, sender);
        associated.push(commitment);
        associated.push(header);
        associated
    }

    /// Label, suite, session id, direction, all bytes of the payload's tag (SES-13, SES-31).
    pub(crate) fn header(kind: Kind, session: &Digest, sender: Role, payload_tag: &[u8; TAG_BYTES]) -> Self {
        let mut associated = Self::start(kind.header_label(), session, sender);
        associated.push(payload_tag);
        associated
    }

    fn start(label: Label, session: &Digest, sender: Role) -> Self {
        let mut associated = Self { bytes: [0; CAPACITY], length: 0 };
        let label = label.as_bytes();
        associated.push(&u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes());
        associated.push(label);
        associated.push(&SUITE.to_be_bytes());
        associated.push(session.as_bytes());
        associated.push(&[sender.direction()]);
        associated
    }

    fn push(&mut self, part: &[u8]) {
        let end = self.length.saturating_add(part.len());
        debug_assert!(end <= CAPACITY, "every part has a fixed length");
        if let Some(place) = self.bytes.get_mut(self.length..end) {
            place.copy_from_slice(part);
            self.length = end;
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
