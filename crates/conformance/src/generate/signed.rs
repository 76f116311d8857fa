//! Signed structures over any body at all.

use aside_primitives::{Label, SigningKey, label};
use aside_wire::pb;
use prost::Message;

pub(super) const CHAPTER: &str = "spec/identity.md";

/// A signature over a body, as it stands in a message.
pub(super) fn signature(key: &SigningKey, label: Label, body: &[u8]) -> Vec<u8> {
    key.sign(label, body).0.to_vec()
}

/// An encoded `Signed` over any body at all.
pub(super) fn signed(key: &SigningKey, label: Label, body: &[u8]) -> Vec<u8> {
    pb::Signed { body: body.to_vec(), signature: signature(key, label, body) }.encode_to_vec()
}

/// An encoded certificate over any body at all, with both signatures right.
pub(super) fn certified(account: &SigningKey, device: &SigningKey, body: &[u8]) -> Vec<u8> {
    pb::Certificate {
        body: body.to_vec(),
        account_signature: signature(account, label::CERTIFICATE_ACCOUNT, body),
        device_signature: signature(device, label::CERTIFICATE_DEVICE, body),
    }
    .encode_to_vec()
}

pub(super) fn key_with_high_bit(key: &[u8]) -> Vec<u8> {
    let mut key = key.to_vec();
    if let Some(last) = key.last_mut() {
        *last |= 0x80;
    }
    key
}

pub(super) type Lie = (&'static str, &'static str, &'static str, &'static str, Vec<u8>, &'static str);
