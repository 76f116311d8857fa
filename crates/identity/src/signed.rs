//! `Signed { body, signature }`: verified over the bytes received, before they are parsed (IDN-1).

use crate::Refused;
use alloc::vec::Vec;
use aside_primitives::{Label, Signature, SigningKey, sign::SignatureInvalid};
use aside_wire::{Malformed, array, decode, pb};
use prost::Message;

/// Signs a body and returns the encoded [`pb::Signed`].
pub(crate) fn sign(key: &SigningKey, label: Label, body: Vec<u8>) -> Vec<u8> {
    let signature = key.sign(label, &body).0.to_vec();
    pb::Signed { body, signature }.encode_to_vec()
}

/// A decoded [`pb::Signed`] whose signature has not been verified yet.
pub(crate) struct Unverified {
    body: Vec<u8>,
    signature: Signature,
}

impl Unverified {
    pub(crate) fn decode(bytes: &[u8], max_bytes: usize) -> Result<Self, Refused> {
        if bytes.len() > max_bytes {
            return Err(Malformed::TooLarge("Signed").into());
        }
        let pb::Signed { body, signature } = decode(bytes)?;
        Ok(Self { body, signature: Signature(array(&signature, "signature")?) })
    }

    /// Like [`Self::decode`], for a statement that may be larger than the general bound of [`pb::Signed`], which is that
    /// of a device list.
    pub(crate) fn decode_large(bytes: &[u8], max_bytes: usize) -> Result<Self, Refused> {
        if bytes.len() > max_bytes {
            return Err(Malformed::TooLarge("Signed").into());
        }
        let signed = pb::Signed::decode(bytes).map_err(|_| Malformed::Encoding("Signed"))?;
        if signed.encode_to_vec() != bytes {
            return Err(Malformed::NotCanonical("Signed").into());
        }
        let signature = Signature(array(&signed.signature, "signature")?);
        Ok(Self { body: signed.body, signature })
    }

    /// Releases the body if its signer's key verifies it.
    pub(crate) fn verify(
        self,
        signer: impl FnOnce(&[u8], &Signature) -> Result<(), SignatureInvalid>,
    ) -> Result<Vec<u8>, Refused> {
        signer(&self.body, &self.signature)?;
        Ok(self.body)
    }
}
