use super::*;
use crate::Reject;

fn header(slot: Slot) -> Header {
    Header {
        ratchet_key: [1; 32],
        previous: 0x0A0B0C,
        number: COUNTER_MAX,
        salt: [2; 8],
        epoch: 0x55,
        adopts: true,
        slot,
    }
}

fn with_control(control: u16, chunk: [u8; CHUNK_BYTES]) -> Result<Slot, Malformed> {
    let mut bytes = header(Slot::Held(0)).encode().unwrap();
    bytes[46..48].copy_from_slice(&control.to_be_bytes());
    bytes[48..].copy_from_slice(&chunk);
    Header::decode(&bytes).map(|header| header.slot)
}

#[test]
fn every_field_survives_at_its_place() {
    let bytes = header(Slot::Key(Chunk { index: 36, bytes: [5; 32] })).encode().unwrap();
    assert_eq!(bytes[32..38], [0x0A, 0x0B, 0x0C, 0xFF, 0xFF, 0xFF]);
    assert_eq!(bytes[38..46], [2; 8]);
    // 1010101 01 100100 1
    assert_eq!(bytes[46..48], [0xAA, 0xC9]);
    assert_eq!(bytes[48..], [5; 32]);
    for slot in [
        Slot::Held(0x1F_FFFF_FFFF),
        Slot::Key(Chunk { index: 36, bytes: [5; 32] }),
        Slot::Ciphertext(Chunk { index: 33, bytes: [6; 32] }),
    ] {
        let bytes = header(slot).encode().unwrap();
        assert!(Header::decode(&bytes) == Ok(header(slot)));
    }
}

// SES-17
#[test]
fn a_control_field_that_no_sender_makes_is_malformed() {
    let zeros = [0; 32];
    let held = |bits: u64| {
        let mut chunk = zeros;
        chunk[..8].copy_from_slice(&bits.to_be_bytes());
        chunk
    };
    let mut trailing = zeros;
    trailing[31] = 1;
    let malformed = [
        (3 << 7, zeros),
        (1 << 7 | 37 << 1, zeros),
        (1 << 7 | 63 << 1, zeros),
        (2 << 7 | 34 << 1, zeros),
        (1 << 1, zeros),
        (0, held(1 << 37)),
        (0, held(1 << 63)),
        (0, trailing),
    ];
    for (control, chunk) in malformed {
        let refused = with_control(control, chunk).map(|_| ()).unwrap_err();
        assert_eq!(refused.reject(), Reject::Malformed, "{control:04x}");
    }
    assert!(with_control(0, held((1 << 37) - 1)) == Ok(Slot::Held((1 << 37) - 1)));
}

// SES-10
#[test]
fn p17_a_counter_that_does_not_fit_is_not_encoded() {
    let mut long = header(Slot::Held(0));
    long.number = COUNTER_MAX + 1;
    assert!(long.encode().is_none());
    let mut late = header(Slot::Held(0));
    late.epoch = 128;
    assert!(late.encode().is_none());
}
