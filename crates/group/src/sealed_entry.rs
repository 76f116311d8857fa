//! A log entry as the relay keeps it.

use crate::{CannotSend, LogId, LogKey, LogKeyId, Refused};
use alloc::vec::Vec;
use aside_primitives::{Draw, Entropy, Secret, aead, entropy, kdf, label};
use aside_wire::{
    Malformed, SUITE,
    group_packet::{ENTRY_SALT_BYTES, KEY_ID_BYTES, LogEntryPacket},
    limits::GROUP_ENTRY_BYTES,
    padding::{pad, unpad},
};
use zeroize::Zeroizing;

/// Length of the length-prefixed label in the associated data, in bytes.
const LABEL_BYTES: usize = 4 + label::GROUP_LOG_ENTRY.as_bytes().len();
/// Length of the associated data in bytes: label, suite, log, key id.
const ASSOCIATED_BYTES: usize = LABEL_BYTES + 4 + 32 + KEY_ID_BYTES;
/// The nonce: every entry has a key of its own (GRP-17).
const NONCE: [u8; aead::NONCE_BYTES] = [0; aead::NONCE_BYTES];

/// Encrypts an entry, encoded and signed, padded to a size class (GRP-17).
///
/// # Errors
/// [`CannotSend::TooLong`] if no entry has so many bytes, or the source of randomness failed.
pub fn seal(
    entropy: &mut (impl Entropy + ?Sized),
    key: &LogKey,
    log: &LogId,
    entry: &[u8],
) -> Result<Vec<u8>, CannotSend> {
    if entry.len() > GROUP_ENTRY_BYTES {
        return Err(CannotSend::TooLong);
    }
    let padded = Zeroizing::new(pad(entry).map_err(|_| CannotSend::TooLong)?);
    let salt = entropy::public(entropy, Draw("log entry salt"))?;
    let id = key.id();
    let mut blob = LogEntryPacket::begin(id.as_bytes(), &salt, padded.len());
    let payload_at = blob.len();
    blob.extend_from_slice(&padded);
    let (_, payload) = blob.split_at_mut_checked(payload_at).ok_or(CannotSend::TooLong)?;
    let tag = aead::seal(&entry_key(key, &salt), &NONCE, &associated(log, &id), payload)
        .map_err(|_| CannotSend::TooLong)?;
    blob.extend_from_slice(&tag);
    Ok(blob)
}

/// Decrypts an entry; its signature is not looked at (GRP-16).
///
/// # Errors
/// [`Refused`]: layout, another key's, not authentic, padding that is not exact, more bytes than an entry has
/// (GRP-40).
pub fn open(blob: &[u8], key: &LogKey, log: &LogId) -> Result<Vec<u8>, Refused> {
    let packet = LogEntryPacket::parse(blob)?;
    let id = key.id();
    if packet.key_id != id.as_bytes() {
        return Err(Refused::OtherKey);
    }
    let mut padded = Zeroizing::new(packet.ciphertext.to_vec());
    aead::open(&entry_key(key, packet.salt), &NONCE, &associated(log, &id), &mut padded, packet.tag)
        .map_err(|_| Refused::Mac)?;
    let entry = unpad(&padded)?;
    if entry.len() > GROUP_ENTRY_BYTES {
        return Err(Malformed::TooLarge("log entry").into());
    }
    Ok(entry.to_vec())
}

/// The log key that an encrypted entry names.
///
/// # Errors
/// [`Refused::Malformed`] if it breaks the layout.
pub fn key_id_of(blob: &[u8]) -> Result<LogKeyId, Refused> {
    Ok(LogKeyId::new(*LogEntryPacket::parse(blob)?.key_id))
}

/// The key of one entry (GRP-17).
fn entry_key(key: &LogKey, salt: &[u8; ENTRY_SALT_BYTES]) -> Secret<32> {
    let [entry_key] = kdf::derive(salt, &[key.expose()], label::GROUP_LOG_ENTRY_KEY);
    entry_key
}

/// Label, suite, log, key id.
fn associated(log: &LogId, id: &LogKeyId) -> [u8; ASSOCIATED_BYTES] {
    let label = label::GROUP_LOG_ENTRY.as_bytes();
    let length = u32::try_from(label.len()).unwrap_or(u32::MAX).to_be_bytes();
    let suite = SUITE.to_be_bytes();
    let parts: [&[u8]; 5] = [&length, label, &suite, log.as_bytes(), id.as_bytes()];
    let mut associated = [0; ASSOCIATED_BYTES];
    for (place, byte) in associated.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *byte;
    }
    associated
}
