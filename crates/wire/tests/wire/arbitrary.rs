//! Arbitrary bytes: no decoder panics, and what decodes encodes to the same bytes.

use crate::{
    sample::{all, encode},
    schema::DECODERS,
};
use aside_wire::{
    group_packet::{GroupPacket, KIND_GROUP_MESSAGE, KIND_LOG_ENTRY, LogEntryPacket},
    header::{COUNTER_MAX, HEADER_BYTES, Header, Slot},
    limits::ENVELOPE_BYTES,
    packet::{
        HANDSHAKE_BYTES, Handshake, KIND_FIRST_MESSAGE, KIND_MESSAGE, KIND_TRANSIENT, OVERHEAD_BYTES, Packet,
    },
};
use proptest::{collection::vec, prelude::*, sample::Index};

/// One encoding, or none: for every type, whatever the bytes.
fn assert_strict(bytes: &[u8]) {
    for decoder in DECODERS {
        if let Ok(again) = (decoder.decode)(bytes) {
            assert_eq!(again, bytes, "{}", decoder.name);
        }
    }
}

/// Bytes that look like fields: small keys, short lengths, some varints of the greatest size.
fn fields() -> impl Strategy<Value = Vec<u8>> {
    let field = (1u8..16, 0u8..8, vec(any::<u8>(), 0..40)).prop_map(|(number, wire_type, body)| {
        let mut bytes = vec![number << 3 | wire_type];
        match wire_type {
            0 => bytes.extend(body.iter().take(11)),
            2 => bytes.push(body.len().try_into().unwrap()),
            _ => {}
        }
        bytes.extend(body);
        bytes
    });
    vec(field, 0..12).prop_map(|fields| fields.concat())
}

fn array<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    vec(any::<u8>(), N).prop_map(|bytes| bytes.try_into().unwrap())
}

/// The fields of a packet side by side are the bytes it was parsed from.
fn rejoined(packet: &Packet<'_>) -> Vec<u8> {
    let mut bytes = match &packet.handshake {
        None if packet.transient => vec![KIND_TRANSIENT],
        None => vec![KIND_MESSAGE],
        Some(handshake) => [&[KIND_FIRST_MESSAGE][..], handshake.bytes].concat(),
    };
    for part in [&packet.header[..], packet.header_tag, packet.commitment, packet.ciphertext, packet.tag] {
        bytes.extend_from_slice(part);
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn w5_arbitrary_bytes_decode_strictly_or_not_at_all(bytes in vec(any::<u8>(), 0..300)) {
        assert_strict(&bytes);
    }

    #[test]
    fn w5_arbitrary_fields_decode_strictly_or_not_at_all(bytes in fields()) {
        assert_strict(&bytes);
    }

    #[test]
    fn w5_a_changed_sample_decodes_strictly_or_not_at_all(
        which in any::<Index>(),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<Index>()),
    ) {
        thread_local! {
            static SAMPLES: Vec<Vec<u8>> = all().map(|(_, sample)| encode(&sample)).collect();
        }
        let mut bytes = SAMPLES.with(|samples| which.get(samples).clone());
        for (place, byte) in changes {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        assert_strict(&bytes);
    }

    #[test]
    fn w5_a_packet_is_its_parts_or_nothing(
        first in prop_oneof![Just(KIND_MESSAGE), Just(KIND_FIRST_MESSAGE), Just(KIND_TRANSIENT), any::<u8>()],
        suite in 0u8..3,
        bytes in vec(any::<u8>(), 0..1600),
    ) {
        let bytes = [&[first, suite][..], &bytes].concat();
        if let Ok(packet) = Packet::parse(&bytes) {
            prop_assert_eq!(rejoined(&packet), bytes);
        }
    }

    // GRP-40
    #[test]
    fn w5_a_packet_of_a_group_is_its_parts_or_nothing(
        first in prop_oneof![Just(KIND_GROUP_MESSAGE), Just(KIND_LOG_ENTRY), any::<u8>()],
        bytes in vec(any::<u8>(), 0..300),
    ) {
        let bytes = [&[first][..], &bytes].concat();
        let message = GroupPacket::parse(&bytes).ok();
        prop_assert_eq!(message.is_some(), first == KIND_GROUP_MESSAGE && bytes.len() >= 139);
        let entry = LogEntryPacket::parse(&bytes).ok();
        prop_assert_eq!(entry.is_some(), first == KIND_LOG_ENTRY && bytes.len() >= 65);
        if let Some(joined) = message.map(|message| message.join()).or(entry.map(|entry| entry.join())) {
            prop_assert_eq!(joined, bytes);
        }
    }

    #[test]
    fn w5_a_handshake_is_its_parts_or_nothing(
        bytes in array::<HANDSHAKE_BYTES>(),
        suite in 0u8..3,
        device: u8,
        prekey in prop_oneof![Just(0), any::<u32>()],
    ) {
        let mut bytes = bytes;
        bytes[0] = suite;
        bytes[33] = device;
        bytes[66..70].copy_from_slice(&prekey.to_be_bytes());
        match Handshake::parse(&bytes) {
            Ok(parsed) => {
                prop_assert!(suite == 1 && (1..=127).contains(&device) && prekey != 0);
                prop_assert_eq!(parsed.signed_prekey, prekey);
                let joined = Handshake::join(
                    parsed.account_key,
                    parsed.device_id,
                    parsed.ephemeral,
                    parsed.signed_prekey,
                    parsed.one_time_prekey,
                    parsed.ciphertext,
                );
                prop_assert_eq!(joined, bytes);
            }
            Err(_) => prop_assert!(suite != 1 || device == 0 || device > 127 || prekey == 0),
        }
    }

    #[test]
    fn w5_every_header_is_its_bytes(bytes in array::<HEADER_BYTES>()) {
        let decoded = Header::decode(&bytes);
        // Without a control field that means something, the rest is looked at with one that does.
        let mut bytes = bytes;
        let header = decoded.unwrap_or_else(|_| {
            bytes[46..].fill(0);
            Header::decode(&bytes).unwrap()
        });
        prop_assert!(header.previous <= COUNTER_MAX && header.number <= COUNTER_MAX);
        prop_assert_eq!(header.encode(), Some(bytes));
    }

    // SES-10
    #[test]
    fn p17_a_counter_is_encoded_whole_or_not_at_all(previous: u32, number: u32) {
        let header = Header {
            ratchet_key: [1; 32], previous, number, salt: [2; 8], epoch: 3, adopts: true, slot: Slot::Held(4),
        };
        match header.encode() {
            Some(bytes) => {
                let again = Header::decode(&bytes).unwrap();
                prop_assert_eq!((again.previous, again.number), (previous, number));
            }
            None => prop_assert!(previous > COUNTER_MAX || number > COUNTER_MAX),
        }
    }
}

// SES-10
#[test]
fn p17_the_greatest_counter_is_encoded_and_the_next_is_not() {
    let header = |previous, number| Header {
        ratchet_key: [1; 32],
        previous,
        number,
        salt: [2; 8],
        epoch: 3,
        adopts: true,
        slot: Slot::Held(4),
    };
    assert!(header(COUNTER_MAX, COUNTER_MAX).encode().is_some());
    for over in [COUNTER_MAX + 1, 1 << 25, u32::MAX] {
        assert!(header(over, 0).encode().is_none());
        assert!(header(0, over).encode().is_none());
    }
}

// SES-2, SES-3
#[test]
fn w6_a_packet_has_every_part_or_is_refused() {
    let shortest = |first: u8, more: usize| {
        let mut bytes = vec![1; OVERHEAD_BYTES + more];
        bytes[0] = first;
        bytes
    };
    for (first, more) in [(KIND_MESSAGE, 0), (KIND_FIRST_MESSAGE, HANDSHAKE_BYTES), (KIND_TRANSIENT, 0)] {
        let bytes = shortest(first, more);
        let packet = Packet::parse(&bytes).unwrap();
        assert!(packet.ciphertext.is_empty());
        assert_eq!(packet.transient, first == KIND_TRANSIENT);
        assert_eq!(rejoined(&packet), bytes);
        for length in 0..bytes.len() {
            assert!(Packet::parse(&bytes[..length]).is_err(), "{length} bytes");
        }
    }
    let mut long = shortest(KIND_MESSAGE, 0);
    long.resize(ENVELOPE_BYTES, 0);
    assert!(Packet::parse(&long).is_ok());
    long.push(0);
    assert_eq!(Packet::parse(&long).map(drop).map_err(|reason| reason.reject().word()), Err("limit"));
}

/// Whatever the contents, a message of the right shape parses: which part of it is false is for the tags to say, and
/// they say one thing.
#[test]
fn w10_a_packet_is_judged_by_its_shape_alone() {
    for fill in [0x00, 0x01, 0x7F, 0xFF] {
        let mut bytes = vec![fill; 400];
        bytes[0] = KIND_MESSAGE;
        assert!(Packet::parse(&bytes).is_ok());
    }
    for first in 0..=0xFF {
        let mut bytes = vec![1; 2000];
        bytes[0] = first;
        let word = Packet::parse(&bytes).map(drop).map_err(|reason| reason.reject().word());
        match first {
            KIND_MESSAGE | KIND_FIRST_MESSAGE | KIND_TRANSIENT => assert_eq!(word, Ok(())),
            0x10..=0x1F => assert_eq!(word, Err("malformed")),
            _ => assert_eq!(word, Err("version")),
        }
    }
}
