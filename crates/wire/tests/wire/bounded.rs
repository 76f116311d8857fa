//! What hostile bytes cost in memory: a small multiple of their number, whatever they are (threat W2).

use crate::{
    sample::{DELIMITED, Field, VARINT, Value, all, encode, key, varint},
    schema::{DECODERS, Decoder},
};
use aside_wire::{
    Malformed,
    group_packet::{GroupPacket, LogEntryPacket},
    header::Header,
    limits::ENVELOPE_BYTES,
    packet::Packet,
};

/// The most memory held at once, in times the number of bytes decoded: the decoded copy, and the second encoding.
const FACTOR: u64 = 3;
/// What the structures themselves may take, however short the bytes: the slots of two full lists.
const SLOTS: u64 = 16 * 1024;

/// The most memory held at once while `check` runs, in bytes.
fn peak(check: impl FnOnce()) -> u64 {
    allocation_counter::measure(check).bytes_max
}

fn assert_bounded(decoder: &Decoder, what: &str, bytes: &[u8]) -> u64 {
    let peak = peak(|| _ = (decoder.check)(bytes));
    let length: u64 = bytes.len().try_into().unwrap();
    assert!(peak <= length * FACTOR + SLOTS, "{}: {what}: {peak} for {length} bytes", decoder.name);
    peak
}

/// `count` fields with the same key; the last is as long as the limit allows.
fn repeated(number: u32, body: &[u8], count: usize, max_bytes: usize) -> Vec<u8> {
    let key = varint(key(number, DELIMITED));
    let one = [&key[..], &varint(body.len().try_into().unwrap()), body].concat();
    let mut bytes = one.repeat(count.saturating_sub(1));
    let room = max_bytes.saturating_sub(bytes.len() + key.len() + 4);
    bytes.extend_from_slice(&key);
    bytes.extend_from_slice(&varint(room.try_into().unwrap()));
    bytes.resize(bytes.len() + room, 0xAA);
    bytes
}

/// Bytes as bad as the limits allow, for one type.
fn hostile(decoder: &Decoder, sample: &[Field]) -> Vec<(String, Vec<u8>)> {
    let (max_bytes, max_fields) = (decoder.max_bytes, decoder.max_fields);
    let mut all = Vec::new();
    for number in (1..=16).chain([500]) {
        for body in [&[][..], &[1], &[7; 9], &[7; 33]] {
            let bytes = repeated(number, body, max_fields.min(max_bytes / (body.len() + 2)), max_bytes);
            all.push((format!("field {number} of {} bytes, over and over", body.len()), bytes));
        }
        let numbers = [varint(key(number, VARINT)), varint(u64::MAX)].concat().repeat(max_fields);
        all.push((format!("number {number} over and over"), numbers));
    }
    for field in sample {
        let Value::Message(inner) = &field.value else { continue };
        let number = field.of.number;
        for element in inner.iter().map(|field| field.of.number).chain([15]) {
            for body in [&[][..], &[1], &[0x12, 0x00, 0x12, 0x00], &[7; 33]] {
                // A message with as many elements as are allowed, more such messages, and as many as fit.
                let room = max_bytes;
                for (messages, limit) in
                    [(1, max_fields), (2, max_fields), (max_fields, max_fields), (1, room)]
                {
                    let room = max_bytes / messages - 8;
                    let inner = repeated(element, body, limit.min(room / (body.len() + 2)), room);
                    let length: u64 = inner.len().try_into().unwrap();
                    let one = [varint(key(number, DELIMITED)), varint(length), inner].concat();
                    all.push((
                        format!("{messages} × field {number} full of field {element}"),
                        one.repeat(messages),
                    ));
                }
            }
        }
    }
    all.push(("its sample".to_owned(), encode(sample)));
    all
}

// ENV-2, ENV-3
#[test]
fn w2_memory_is_bounded_by_the_number_of_bytes() {
    let mut worst = 0;
    let mut frames = 0;
    for (decoder, sample) in all() {
        for (what, bytes) in hostile(decoder, &sample) {
            worst = worst.max(assert_bounded(decoder, &what, &bytes));
            frames += 1;
        }
    }
    assert!(frames > 3000, "{frames}");
    // The measurement works: a frame of 256 KiB that decodes is held twice.
    assert!(worst > 2 * 250 * 1024, "{worst}");
}

/// A message that is full to its limit in bytes and in elements is accepted, and bounded like any other.
#[test]
fn w2_an_honest_upload_is_held_twice() {
    let prekey = vec![0xAA; 1400];
    let mut body = Vec::new();
    for _ in 0..100 {
        body.extend([varint(key(2, DELIMITED)), varint(1400), prekey.clone()].concat());
    }
    let upload = [&[0x08, 0x01, 0x22][..], &varint(body.len().try_into().unwrap()), &body].concat();
    let decoder = DECODERS.iter().find(|decoder| decoder.name == "Request").unwrap();
    assert_eq!((decoder.decode)(&upload).map(|again| again.len()), Ok(upload.len()));
    assert_bounded(decoder, "upload", &upload);
}

// ENV-2
#[test]
fn w2_nothing_is_allocated_before_the_limits_hold() {
    for decoder in DECODERS {
        let long = [0x0A, 0x00].repeat(1024 * 1024);
        assert_eq!(peak(|| assert!(matches!((decoder.check)(&long), Err(Malformed::TooLarge(_))))), 0);
        let many = [0x0A, 0x00].repeat(decoder.max_fields + 1);
        if many.len() <= decoder.max_bytes {
            assert_eq!(
                peak(|| assert!(matches!((decoder.check)(&many), Err(Malformed::TooManyFields(_))))),
                0
            );
        }
    }
}

// SES-2, GRP-40
#[test]
fn w2_fixed_layouts_allocate_nothing() {
    for first in [0x11, 0x12, 0x15] {
        for length in [0, 1, 145, 146, 1307, 1308, ENVELOPE_BYTES, ENVELOPE_BYTES + 1] {
            let mut bytes = vec![1; length];
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            assert_eq!(peak(|| _ = Packet::parse(&bytes)), 0);
        }
    }
    for length in [1, 64, 65, 138, 139, 65_601, 65_675, ENVELOPE_BYTES] {
        let mut bytes = vec![0x13; length];
        assert_eq!(peak(|| _ = GroupPacket::parse(&bytes)), 0);
        bytes.fill(0x14);
        assert_eq!(peak(|| _ = LogEntryPacket::parse(&bytes)), 0);
    }
    assert_eq!(peak(|| assert!(Header::decode(&[0xFF; 80]).is_err())), 0);
}
