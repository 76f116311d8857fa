//! One message of a conversation, as others refer to it.

use crate::{MessageId, Refused};
use aside_identity::AccountKey;
use aside_primitives::Digest;
use aside_wire::{Malformed, array, pb};

/// Names one message. The hash is that of its frame, so that nobody can be made to answer something else (CON-20,
/// threat C8).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// Its id.
    pub message_id: MessageId,
    /// Who wrote it.
    pub author: AccountKey,
    /// Hash of its frame (CON-7).
    pub hash: Digest,
}

impl Target {
    pub(crate) fn fields(&self) -> Option<pb::Target> {
        Some(pb::Target {
            message_id: self.message_id.as_bytes().to_vec(),
            author: self.author.as_bytes().to_vec(),
            hash: self.hash.as_bytes().to_vec(),
        })
    }

    pub(crate) fn read(fields: Option<pb::Target>) -> Result<Self, Refused> {
        let fields = fields.ok_or(Malformed::Field("target"))?;
        Ok(Self {
            message_id: MessageId::new(array(&fields.message_id, "message_id")?),
            author: AccountKey::parse(&fields.author)?,
            hash: Digest(array(&fields.hash, "hash")?),
        })
    }
}
