//! Files at the relay, which nobody reads without what stands here.

use alloc::{format, string::String};
use aside_primitives::Digest;
use aside_wire::{Malformed, array, limits::MEDIA_TYPE_BYTES, pb};
use zeroize::{Zeroize, Zeroizing};

/// Where a file lies, and what opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Names it.
    pub id: [u8; 32],
    /// Opens it.
    pub key: Zeroizing<[u8; 32]>,
    /// Bytes of the plaintext, not 0.
    pub size: u64,
    /// Hash of the ciphertext.
    pub hash: Digest,
    /// Such as `image/jpeg`, 1 to 128 bytes of printable ASCII.
    pub media_type: String,
}

impl Attachment {
    pub(crate) fn check(&self) -> Result<(), Malformed> {
        if self.size == 0 {
            return Err(Malformed::Field("size"));
        }
        let printable = self.media_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !(1..=MEDIA_TYPE_BYTES).contains(&self.media_type.len()) || !printable {
            return Err(Malformed::Field("media_type"));
        }
        Ok(())
    }

    pub(crate) fn fields(&self) -> pb::Attachment {
        pb::Attachment {
            id: self.id.to_vec(),
            key: self.key.to_vec(),
            size: self.size,
            hash: self.hash.as_bytes().to_vec(),
            media_type: self.media_type.clone(),
        }
    }

    pub(crate) fn read(fields: pb::Attachment) -> Result<Self, Malformed> {
        let key = Zeroizing::new(fields.key);
        Ok(Self {
            id: array(&fields.id, "id")?,
            key: Zeroizing::new(array(&key, "key")?),
            size: fields.size,
            hash: Digest(array(&fields.hash, "hash")?),
            media_type: fields.media_type,
        })
    }

    /// "120 kB".
    pub(crate) fn size_text(&self) -> String {
        match self.size {
            size @ ..1_000 => format!("{size} B"),
            size @ ..1_000_000 => format!("{} kB", size.div_ceil(1_000)),
            size => format!("{} MB", size.div_ceil(1_000_000)),
        }
    }
}

/// Wipes the key in the fields of an attachment.
pub(crate) fn wipe(fields: &mut Option<pb::Attachment>) {
    if let Some(fields) = fields {
        fields.key.zeroize();
    }
}
