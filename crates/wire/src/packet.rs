//! The fixed layout of a session message, with or without a handshake before it.
//!
//! ```text
//! 0x11 | sealed header 96 | commitment 32 | ciphertext n | tag 16
//! 0x12 | handshake 1,162  | sealed header 96 | commitment 32 | ciphertext n | tag 16
//! 0x15 | sealed header 96 | commitment 32 | ciphertext n | tag 16
//!
//! handshake = suite 1 | account key 32 | device id 1 | ephemeral key 32
//!           | signed prekey id 4 | one-time prekey id 4 (0: none) | KEM ciphertext 1,088
//! ```

use crate::{Malformed, SUITE, header::HEADER_BYTES, limits::ENVELOPE_BYTES};
use alloc::vec::Vec;

/// Length of a tag in bytes.
pub const TAG_BYTES: usize = 16;
/// Length of an encrypted header with its tag in bytes.
pub const SEALED_HEADER_BYTES: usize = HEADER_BYTES + TAG_BYTES;
/// Length of a franking commitment in bytes.
pub const COMMITMENT_BYTES: usize = 32;
/// Length of a KEM ciphertext in bytes.
pub const KEM_CIPHERTEXT_BYTES: usize = 1088;
/// Length of a handshake in bytes.
pub const HANDSHAKE_BYTES: usize = 1 + 32 + 1 + 32 + 4 + 4 + KEM_CIPHERTEXT_BYTES;
/// What a session adds to a plaintext, in bytes.
pub const OVERHEAD_BYTES: usize = 1 + SEALED_HEADER_BYTES + COMMITMENT_BYTES + TAG_BYTES;

/// First byte of a message of an established session: version 1, kind 1 (SES-2).
pub const KIND_MESSAGE: u8 = 0x11;
/// First byte of a message that carries its handshake: version 1, kind 2 (SES-2).
pub const KIND_FIRST_MESSAGE: u8 = 0x12;
/// First byte of a transient message of an established session: version 1, kind 5 (SES-2).
pub const KIND_TRANSIENT: u8 = 0x15;

/// The fields of a handshake, borrowed from the bytes received.
#[derive(Clone, Copy)]
pub struct Handshake<'a> {
    /// All of it, for the hash by which it is recognised.
    pub bytes: &'a [u8; HANDSHAKE_BYTES],
    /// The initiator's account key.
    pub account_key: &'a [u8; 32],
    /// The initiator's device, 1 to 127.
    pub device_id: u8,
    /// The initiator's ephemeral key.
    pub ephemeral: &'a [u8; 32],
    /// The responder's signed prekey that was used.
    pub signed_prekey: u32,
    /// The responder's one-time prekey that was used.
    pub one_time_prekey: Option<u32>,
    /// Encapsulated to the one-time prekey, or to the signed one if there is none.
    pub ciphertext: &'a [u8; KEM_CIPHERTEXT_BYTES],
}

impl<'a> Handshake<'a> {
    /// Splits the fixed layout and checks suite (HSK-2), device id and prekey ids (HSK-16).
    ///
    /// # Errors
    /// [`Malformed`], with the reason.
    pub fn parse(bytes: &'a [u8; HANDSHAKE_BYTES]) -> Result<Self, Malformed> {
        let layout = Malformed::Encoding("handshake");
        let (suite, rest) = bytes.split_first().ok_or(layout)?;
        if u32::from(*suite) != SUITE {
            return Err(Malformed::Version);
        }
        let (account_key, rest) = rest.split_first_chunk::<32>().ok_or(layout)?;
        let (device_id, rest) = rest.split_first().ok_or(layout)?;
        let (ephemeral, rest) = rest.split_first_chunk::<32>().ok_or(layout)?;
        let (signed_prekey, rest) = rest.split_first_chunk::<4>().ok_or(layout)?;
        let (one_time_prekey, rest) = rest.split_first_chunk::<4>().ok_or(layout)?;
        let signed_prekey = u32::from_be_bytes(*signed_prekey);
        if !(1..=127).contains(device_id) {
            return Err(Malformed::Field("device_id"));
        }
        if signed_prekey == 0 {
            return Err(Malformed::Field("signed_prekey"));
        }
        Ok(Self {
            bytes,
            account_key,
            device_id: *device_id,
            ephemeral,
            signed_prekey,
            one_time_prekey: Some(u32::from_be_bytes(*one_time_prekey)).filter(|id| *id != 0),
            ciphertext: rest.try_into().map_err(|_| layout)?,
        })
    }

    /// Joins the fields of a handshake into its bytes.
    #[must_use]
    pub fn join(
        account_key: &[u8; 32],
        device_id: u8,
        ephemeral: &[u8; 32],
        signed_prekey: u32,
        one_time_prekey: Option<u32>,
        ciphertext: &[u8; KEM_CIPHERTEXT_BYTES],
    ) -> Vec<u8> {
        let suite = u8::try_from(SUITE).unwrap_or(u8::MAX);
        let mut bytes = Vec::with_capacity(HANDSHAKE_BYTES);
        bytes.push(suite);
        bytes.extend_from_slice(account_key);
        bytes.push(device_id);
        bytes.extend_from_slice(ephemeral);
        bytes.extend_from_slice(&signed_prekey.to_be_bytes());
        bytes.extend_from_slice(&one_time_prekey.unwrap_or(0).to_be_bytes());
        bytes.extend_from_slice(ciphertext);
        bytes
    }
}

/// A session message, borrowed from the bytes received.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    /// Whether it is a transient message: delivered now or dropped, and never with a handshake.
    pub transient: bool,
    /// Present while the initiator has no answer yet.
    pub handshake: Option<Handshake<'a>>,
    /// The encrypted header, 80 bytes.
    pub header: &'a [u8; HEADER_BYTES],
    /// The tag of the header.
    pub header_tag: &'a [u8; TAG_BYTES],
    /// The franking commitment, in the clear.
    pub commitment: &'a [u8; COMMITMENT_BYTES],
    /// The encrypted payload.
    pub ciphertext: &'a [u8],
    /// The tag of the payload.
    pub tag: &'a [u8; TAG_BYTES],
}

impl<'a> Packet<'a> {
    /// Splits a message. Only lengths, version, suite and ids are checked here (SES-2, SES-3).
    ///
    /// # Errors
    /// [`Malformed`], with the reason.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let layout = Malformed::Encoding("session message");
        if bytes.len() > ENVELOPE_BYTES {
            return Err(Malformed::TooLarge("session message"));
        }
        let (kind, rest) = bytes.split_first().ok_or(layout)?;
        let (handshake, rest) = match *kind {
            KIND_MESSAGE | KIND_TRANSIENT => (None, rest),
            KIND_FIRST_MESSAGE => {
                let (handshake, rest) = rest.split_first_chunk::<HANDSHAKE_BYTES>().ok_or(layout)?;
                (Some(Handshake::parse(handshake)?), rest)
            }
            other if other >> 4 != 1 => return Err(Malformed::Version),
            _ => return Err(layout),
        };
        let (header, rest) = rest.split_first_chunk::<HEADER_BYTES>().ok_or(layout)?;
        let (header_tag, rest) = rest.split_first_chunk::<TAG_BYTES>().ok_or(layout)?;
        let (commitment, rest) = rest.split_first_chunk::<COMMITMENT_BYTES>().ok_or(layout)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(layout)?;
        let transient = *kind == KIND_TRANSIENT;
        Ok(Self { transient, handshake, header, header_tag, commitment, ciphertext, tag })
    }
}
