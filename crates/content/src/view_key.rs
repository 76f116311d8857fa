//! The key of a view-once message of a group.

use crate::{MessageId, Refused};
use alloc::vec::Vec;
use aside_primitives::Secret;
use aside_wire::{Malformed, array, decode, pb};
use prost::Message;
use zeroize::{Zeroize, Zeroizing};

/// Opens a view-once message that its sender has said in a group (EXP-22).
#[derive(PartialEq, Eq, Debug)]
pub struct ViewKey {
    /// The message; whoever hands over the key has written it.
    pub message_id: MessageId,
    /// 32 bytes; `None` for a device that is not to have it.
    pub key: Option<Secret<32>>,
}

impl ViewKey {
    /// The content of a frame of kind 32.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let key = self.key.as_ref().map(|key| key.expose().to_vec()).unwrap_or_default();
        let mut fields = pb::ViewKey { message_id: self.message_id.as_bytes().to_vec(), key };
        let encoded = Zeroizing::new(fields.encode_to_vec());
        fields.key.zeroize();
        encoded
    }

    /// Decodes the content of a frame of kind 32.
    ///
    /// # Errors
    /// [`Refused::Malformed`].
    pub fn decode(content: &[u8]) -> Result<Self, Refused> {
        let fields: pb::ViewKey = decode(content)?;
        let bytes = Zeroizing::new(fields.key);
        let key = match bytes.as_slice() {
            [] => None,
            bytes => Some(Secret::from_slice(bytes).ok_or(Malformed::Field("key"))?),
        };
        Ok(Self { message_id: MessageId::new(array(&fields.message_id, "message_id")?), key })
    }

    /// The same for a device that is not to have the key.
    #[must_use]
    pub const fn withheld(&self) -> Self {
        Self { message_id: self.message_id, key: None }
    }
}
