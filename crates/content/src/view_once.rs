//! What can be opened once.

use crate::{Body, Content, Kind, Refused, rules::may_be_viewed_once};
use alloc::{string::String, vec::Vec};
use aside_primitives::{
    Secret,
    aead::{self, NONCE_BYTES, TAG_BYTES},
    commit::Commitment,
    kdf::expand_key,
    label,
};
use aside_wire::{Malformed, array, limits::VIEW_ONCE_BYTES, pb};
use prost::Message;
use zeroize::{Zeroize, Zeroizing};

/// Each view key encrypts one message, and nothing else.
const NONCE: [u8; NONCE_BYTES] = [0; NONCE_BYTES];
/// The kind's number stands before the content.
const KIND_BYTES: usize = 4;

/// A message that can be opened once, or once and once again, as its frame's terms say (EXP-20).
#[derive(Clone, PartialEq, Eq)]
pub struct ViewOnce {
    /// Its kind and content, encrypted.
    pub sealed: Vec<u8>,
    /// Commits to both, so that no two keys open it to two different messages.
    pub commitment: [u8; 32],
    /// Opens it; `None` where this device is not to have it, or has it from elsewhere.
    pub key: Option<Zeroizing<[u8; 32]>>,
}

impl ViewOnce {
    /// Encrypts a message under a key drawn for it alone; the key is among the fields.
    ///
    /// # Errors
    /// [`Malformed::Field`] if a message of this kind cannot be such; [`Malformed::TooLarge`].
    pub fn seal(body: &Body, key: &Secret<32>) -> Result<Self, Malformed> {
        if !may_be_viewed_once(body.kind()) {
            return Err(Malformed::Field("kind"));
        }
        let content = Zeroizing::new(body.encode());
        let [cipher, committing] = expand_key(key, label::VIEW_ONCE);
        let Commitment(commitment) = commitment(&committing, body.kind(), &content);
        let mut sealed = [body.kind().0.to_be_bytes().as_slice(), &content].concat();
        let tag = aead::seal(&cipher, &NONCE, &[], &mut sealed);
        sealed.extend(tag.map_err(|_| Malformed::TooLarge("sealed"))?);
        let once = Self { sealed, commitment, key: Some(Zeroizing::new(*key.expose())) };
        once.check().map(|()| once)
    }

    /// The message, opened with its key.
    ///
    /// # Errors
    /// [`Refused::Commitment`] if this is not the key, or it opens to what was not committed to; others if what it holds
    /// is malformed, or of a kind that cannot be such.
    pub fn open(&self, key: &Secret<32>) -> Result<Body, Refused> {
        let [cipher, committing] = expand_key(key, label::VIEW_ONCE);
        let split = self.sealed.split_last_chunk::<TAG_BYTES>();
        let (sealed, tag) = split.ok_or(Malformed::Field("sealed"))?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        aead::open(&cipher, &NONCE, &[], &mut opened, tag).map_err(|_| Refused::Commitment)?;
        let (kind, content) = opened.split_first_chunk::<KIND_BYTES>().ok_or(Malformed::Field("sealed"))?;
        let kind = Kind(u32::from_be_bytes(*kind));
        if commitment(&committing, kind, content) != Commitment(self.commitment) {
            return Err(Refused::Commitment);
        }
        if !may_be_viewed_once(kind) {
            return Err(Malformed::Field("kind").into());
        }
        Body::decode(kind, content)
    }

    /// The same for a device that is not to have the key.
    #[must_use]
    pub fn without_key(&self) -> Self {
        Self { key: None, ..self.clone() }
    }
}

fn commitment(key: &Secret<32>, kind: Kind, content: &[u8]) -> Commitment {
    Commitment::compute(key, label::VIEW_ONCE_COMMITMENT, &[&kind.0.to_be_bytes(), content])
}

impl Content for ViewOnce {
    const KIND: Kind = Kind::VIEW_ONCE;
    type Fields = pb::ViewOnce;

    fn check(&self) -> Result<(), Malformed> {
        let fits = (KIND_BYTES + TAG_BYTES..=VIEW_ONCE_BYTES).contains(&self.sealed.len());
        if fits { Ok(()) } else { Err(Malformed::Field("sealed")) }
    }

    fn fallback_text(&self) -> String {
        "[a message to be opened once]".into()
    }

    fn fields(&self, fallback: String) -> pb::ViewOnce {
        pb::ViewOnce {
            sealed: self.sealed.clone(),
            commitment: self.commitment.to_vec(),
            key: self.key.as_ref().map(|key| key.to_vec()).unwrap_or_default(),
            fallback,
        }
    }

    fn read(mut fields: pb::ViewOnce) -> Result<(Self, String), Refused> {
        let key = match fields.key.as_slice() {
            [] => None,
            bytes => Some(Zeroizing::new(array(bytes, "key")?)),
        };
        fields.key.zeroize();
        let commitment = array(&fields.commitment, "commitment")?;
        Ok((Self { sealed: fields.sealed, commitment, key }, fields.fallback))
    }

    fn wipe(fields: &mut pb::ViewOnce) {
        fields.key.zeroize();
    }
}

impl crate::Checked<ViewOnce> {
    /// The same with the fallback as its sender wrote it, for a device that is not to have the key.
    #[must_use]
    pub fn withheld(&self) -> Self {
        self.with(self.without_key())
    }

    /// The same for a device that has the key from elsewhere.
    #[must_use]
    pub fn with_key(&self, key: &Secret<32>) -> Self {
        self.with(ViewOnce { key: Some(Zeroizing::new(*key.expose())), ..self.without_key() })
    }

    pub(crate) fn encode_without_key(&self) -> Vec<u8> {
        self.without_key().fields(self.fallback().into()).encode_to_vec()
    }
}

#[cfg(test)]
#[path = "view_once_tests.rs"]
mod tests;
