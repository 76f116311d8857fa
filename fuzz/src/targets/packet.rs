//! The fixed layouts.

use aside_wire::{
    header::{HEADER_BYTES, Header},
    packet::{Handshake, KIND_FIRST_MESSAGE, KIND_MESSAGE, KIND_TRANSIENT, Packet},
};

/// Parsing never panics, and the parts joined give the bytes again.
pub fn packet(data: &[u8]) {
    if let Some(bytes) = data.first_chunk::<HEADER_BYTES>()
        && let Ok(header) = Header::decode(bytes)
    {
        assert_eq!(header.encode().as_ref(), Some(bytes));
    }
    let Ok(packet) = Packet::parse(data) else { return };
    let mut joined = Vec::with_capacity(data.len());
    match &packet.handshake {
        None if packet.transient => joined.push(KIND_TRANSIENT),
        None => joined.push(KIND_MESSAGE),
        Some(handshake) => {
            joined.push(KIND_FIRST_MESSAGE);
            joined.extend_from_slice(&rejoined(handshake));
        }
    }
    for part in
        [packet.header.as_slice(), packet.header_tag, packet.commitment, packet.ciphertext, packet.tag]
    {
        joined.extend_from_slice(part);
    }
    assert_eq!(joined, data);
}

fn rejoined(handshake: &Handshake<'_>) -> Vec<u8> {
    assert!((1..=127).contains(&handshake.device_id));
    assert_ne!(handshake.signed_prekey, 0);
    Handshake::join(
        handshake.account_key,
        handshake.device_id,
        handshake.ephemeral,
        handshake.signed_prekey,
        handshake.one_time_prekey,
        handshake.ciphertext,
    )
}
