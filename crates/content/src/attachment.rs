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
    id: [u8; 32],
    key: Secret<32>,
    size: u64,
    place: u64,
    hash: Transcript,
}

/// [`ATTACHMENT_PIECE_BYTES`] as lengths of files count.
const PIECE: u64 = 64 * 1024;
const _: () = assert!(ATTACHMENT_PIECE_BYTES == 64 * 1024);

impl AttachmentSealer {
    /// Begins a file of `size` bytes under a new key.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn new(entropy: &mut (impl Entropy + ?Sized), size: u64) -> Result<Self, EntropyFailed> {
        let key = entropy::secret(entropy, Draw("attachment key"))?;
        let id = entropy::public(entropy, Draw("attachment id"))?;
        Ok(Self { id, key, size, place: 0, hash: Transcript::new(label::ATTACHMENT_HASH) })
    }

    /// How many pieces it has, those of padding alone too.
    #[must_use]
    pub const fn pieces(&self) -> u64 {
        padded(self.size).div_ceil(PIECE)
    }

    /// Encrypts the next piece in place, padded and with its tag behind it. It holds the next
    /// [`ATTACHMENT_PIECE_BYTES`] of the file, or what is left of them, at last nothing.
    ///
    /// # Errors
    /// [`Malformed`] if it has another length, or there is no next piece.
    pub fn seal(&mut self, piece: &mut Vec<u8>) -> Result<(), Malformed> {
        let wrong = Malformed::Field("piece");
        let left = |of: u64| usize::try_from(of.saturating_sub(self.place.saturating_mul(PIECE)).min(PIECE));
        let (plain, whole) = (left(self.size), left(padded(self.size)));
        let is_next = plain == Ok(piece.len()) && self.place < self.pieces();
        let whole = whole.ok().filter(|_| is_next).ok_or(wrong)?;
        piece.resize(whole, 0);
        let place = self.place;
        self.place = place.saturating_add(1);
        let is_last = self.place == self.pieces();
        let mut nonce = [0; NONCE_BYTES];
        let bytes = place.to_be_bytes().into_iter().chain([0, 0, 0, u8::from(is_last)]);
        nonce.iter_mut().zip(bytes).for_each(|(byte, of_place)| *byte = of_place);
        let tag = aead::seal(&self.key, &nonce, label::ATTACHMENT.as_bytes(), piece).map_err(|_| wrong)?;
        piece.extend_from_slice(&tag);
        self.hash.add(piece);
        Ok(())
    }

    /// What stands for the file, once its last piece is encrypted.
    ///
    /// # Errors
    /// [`Malformed`] before that, and of a file without bytes or a type that is no type.
    pub fn finish(self, media_type: &str) -> Result<Attachment, Malformed> {
        if self.place < self.pieces() {
            return Err(Malformed::Field("piece"));
        }
        let attachment = Attachment {
            id: self.id,
            key: Zeroizing::new(*self.key.expose()),
            size: self.size,
            hash: self.hash.finish(),
            media_type: media_type.into(),
        };
        attachment.check().map(|()| attachment)
    }
}

/// The length to which a file is padded: of its bits only the highest differ, so that it says little about the file,
/// and is 12% longer at the most.
const fn padded(size: u64) -> u64 {
    let Some(highest) = size.checked_ilog2() else { return size };
    let Some(kept) = highest.checked_ilog2() else { return size };
    let low = (1u64 << (highest - kept - 1)) - 1;
    match size.checked_add(low) {
        Some(sum) => sum & !low,
        None => u64::MAX,
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
