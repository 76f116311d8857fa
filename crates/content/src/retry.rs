//! Messages that could not be opened, named to whoever has sent them.

use crate::{Checked, Content, Kind, Refused};
use alloc::{string::String, vec::Vec};
use aside_primitives::{hash::hash, label};
use aside_wire::{Malformed, array, limits::RETRY_MESSAGES, pb};

/// Names a message as it travelled: the beginning of the hash of the session message, 16 bytes (HEA-12).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CiphertextId(pub [u8; 16]);

impl CiphertextId {
    /// The id of a session message, byte for byte as it came or went.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        let digest = hash(label::CIPHERTEXT, &[message]);
        let mut id = [0; 16];
        id.iter_mut().zip(digest.as_bytes()).for_each(|(place, byte)| *place = *byte);
        Self(id)
    }
}

/// The sender has begun anew, and could not open these messages of the recipient (HEA-11). They are asked for again.
#[derive(Clone, PartialEq, Eq)]
pub struct Retry {
    /// Up to 16, in ascending order. None says only that the session is a new one.
    pub messages: Vec<CiphertextId>,
}

impl Retry {
    /// Decodes what stands between two members of a group.
    ///
    /// # Errors
    /// [`Refused::Malformed`].
    pub fn decode(content: &[u8]) -> Result<Self, Refused> {
        Checked::<Self>::decode(content).map(Checked::into_content)
    }
}

impl Content for Retry {
    const KIND: Kind = Kind::RETRY;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::Retry;

    fn check(&self) -> Result<(), Malformed> {
        let few = self.messages.len() <= RETRY_MESSAGES;
        let ascending = self.messages.is_sorted_by(|one, next| one < next);
        if few && ascending { Ok(()) } else { Err(Malformed::Field("messages")) }
    }

    fn fallback_text(&self) -> String {
        "[asks for messages again]".into()
    }

    fn fields(&self, _: String) -> pb::Retry {
        pb::Retry { messages: self.messages.iter().map(|CiphertextId(id)| id.to_vec()).collect() }
    }

    fn read(fields: pb::Retry) -> Result<(Self, String), Refused> {
        let ids = fields.messages.iter().map(|id| array(id, "messages").map(CiphertextId));
        Ok((Self { messages: ids.collect::<Result<_, _>>()? }, String::new()))
    }
}
