//! Files at the relay, which nobody reads without what stands here.

use alloc::{format, string::String, vec::Vec};
use aside_primitives::{
    Digest, Draw, Entropy, EntropyFailed, Secret,
    aead::{self, NONCE_BYTES},
    entropy,
    hash::Transcript,
    label,
};
use aside_wire::{
    Malformed, array,
    limits::{ATTACHMENT_PIECE_BYTES, MEDIA_TYPE_BYTES},
    pb,
};
use core::fmt;
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

/// Encrypts a file piece by piece, and makes what stands for it in a message (CON-31).
pub struct AttachmentSealer {
    key: Secret<32>,
    place: u64,
    size: u64,
    hash: Transcript,
}

impl AttachmentSealer {
    /// Begins a file under a new key.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn new(entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        let key = entropy::secret(entropy, Draw("attachment key"))?;
        Ok(Self { key, place: 0, size: 0, hash: Transcript::new(label::ATTACHMENT_HASH) })
    }

    /// Encrypts the next piece in place, with its tag behind it. Every piece but the last has
    /// [`ATTACHMENT_PIECE_BYTES`]; the last one has 1 byte at least.
    ///
    /// # Errors
    /// [`Malformed`] if it has another length.
    pub fn seal(&mut self, piece: &mut Vec<u8>, is_last: bool) -> Result<(), Malformed> {
        let fits = match is_last {
            true => (1..=ATTACHMENT_PIECE_BYTES).contains(&piece.len()),
            false => piece.len() == ATTACHMENT_PIECE_BYTES,
        };
        if !fits {
            return Err(Malformed::Field("piece"));
        }
        self.size = self.size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        let mut nonce = [0; NONCE_BYTES];
        let place = self.place.to_be_bytes().into_iter().chain([0, 0, 0, u8::from(is_last)]);
        nonce.iter_mut().zip(place).for_each(|(byte, of_place)| *byte = of_place);
        let tag = aead::seal(&self.key, &nonce, label::ATTACHMENT.as_bytes(), piece)
            .map_err(|_| Malformed::Field("piece"))?;
        piece.extend_from_slice(&tag);
        self.hash.add(piece);
        self.place = self.place.saturating_add(1);
        Ok(())
    }

    /// What stands for the file, once its last piece is encrypted.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn finish(
        self,
        entropy: &mut (impl Entropy + ?Sized),
        media_type: &str,
    ) -> Result<Attachment, EntropyFailed> {
        Ok(Attachment {
            id: entropy::public(entropy, Draw("attachment id"))?,
            key: Zeroizing::new(*self.key.expose()),
            size: self.size,
            hash: self.hash.finish(),
            media_type: media_type.into(),
        })
    }
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

/// Says how far it has come, never with which key.
impl fmt::Debug for AttachmentSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttachmentSealer({} bytes)", self.size)
    }
}

/// Wipes the key in the fields of an attachment.
pub(crate) fn wipe(fields: &mut Option<pb::Attachment>) {
    if let Some(fields) = fields {
        fields.key.zeroize();
    }
}

#[cfg(test)]
#[path = "attachment_tests.rs"]
mod tests;
