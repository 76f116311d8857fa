//! `envelope/packet.json`.

use super::{
    Result,
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_wire::{
    limits::ENVELOPE_BYTES,
    packet::{HANDSHAKE_BYTES, Handshake, KEM_CIPHERTEXT_BYTES},
};

pub(super) fn packet() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        "spec/session.md",
        "The fixed layouts of session messages, handshakes and headers.",
    );
    let message = |kind: u8, length: usize| [vec![kind], material("message", length)].concat();
    let packet = |bytes: &[u8]| Fields::new().bytes("message", bytes);
    let comment = "Kind, header 80, tag 16, commitment 32, payload 5, tag 16.";
    sheet.accept(
        note("packet-message", "SES-2 SES-3", comment),
        "packet.parse",
        packet(&message(0x11, 149)),
    )?;
    let comment = "The payload may be empty.";
    sheet.accept(
        note("packet-empty-payload", "SES-3", comment),
        "packet.parse",
        packet(&message(0x11, 144)),
    )?;
    let comment = "The parts of a transient message are those of a message.";
    sheet.accept(
        note("packet-transient", "SES-2 SES-3", comment),
        "packet.parse",
        packet(&message(0x15, 149)),
    )?;
    let first = |handshake: &[u8]| [vec![0x12], handshake.to_vec(), material("message", 149)].concat();
    let honest = handshake_bytes();
    let comment = "With its handshake before the header.";
    sheet.accept(
        note("packet-first-message", "SES-2 SES-3", comment),
        "packet.parse",
        packet(&first(&honest)),
    )?;
    let short = first(&honest).get(..1306).unwrap_or_default().to_vec();
    for (id, reqs, comment, bytes, word) in [
        ("packet-empty", "SES-3", "No first byte.", Vec::new(), "malformed"),
        ("packet-kind-alone", "SES-3", "Nothing behind the first byte.", vec![0x11], "malformed"),
        (
            "packet-one-byte-short",
            "SES-3",
            "The tag of an empty payload has 15 bytes.",
            message(0x11, 143),
            "malformed",
        ),
        (
            "packet-first-message-without-handshake",
            "SES-3",
            "A handshake does not fit.",
            message(0x12, 149),
            "malformed",
        ),
        ("packet-first-message-one-byte-short", "SES-3", "The last tag has 15 bytes.", short, "malformed"),
        ("packet-kind-0", "SES-2", "No such kind in version 1.", message(0x10, 149), "malformed"),
        ("packet-kind-3", "SES-2", "No such kind in version 1.", message(0x13, 149), "malformed"),
        (
            "packet-transient-one-byte-short",
            "SES-3",
            "The tag of an empty payload has 15 bytes.",
            message(0x15, 143),
            "malformed",
        ),
        ("packet-kind-6", "SES-2", "No such kind in version 1.", message(0x16, 149), "malformed"),
        ("packet-kind-15", "SES-2", "No such kind in version 1.", message(0x1F, 149), "malformed"),
        ("packet-version-0", "SES-2", "Another version.", message(0x01, 149), "version"),
        ("packet-version-2", "SES-2", "A later version may mean anything.", message(0x21, 149), "version"),
        ("packet-version-15", "SES-2", "A later version may mean anything.", message(0xF1, 149), "version"),
    ] {
        let threat = if word == "version" { "H8" } else { "W6" };
        sheet.refuse(note(id, reqs, comment).threat(threat), "packet.parse", packet(&bytes), word)?;
    }
    for (id, more, word) in [("packet-at-the-limit", 0, None), ("packet-over-the-limit", 1, Some("limit"))] {
        let length = ENVELOPE_BYTES.saturating_sub(1).saturating_add(more);
        let bytes = Value::List(vec![Value::bytes(&[0x11]), Value::repetition(0x5A, length)]);
        let input = Fields::new().with("message", bytes);
        let note = note(id, "SES-3", "A session message has at most 67,584 bytes.").threat("W2");
        match word {
            None => sheet.accept(note, "packet.parse", input).map(|_| ())?,
            Some(word) => sheet.refuse(note, "packet.parse", input, word)?,
        }
    }
    handshakes(&mut sheet, &honest)?;
    headers(&mut sheet)?;
    Ok(sheet.finish())
}

/// A handshake whose fields can be told apart.
fn handshake_bytes() -> Vec<u8> {
    Handshake::join(&[0xA1; 32], 1, &[0xE1; 32], 1, Some(7), &[0xCC; KEM_CIPHERTEXT_BYTES])
}

fn handshakes(sheet: &mut Sheet, honest: &[u8]) -> Result<()> {
    let input = |bytes: &[u8]| Fields::new().bytes("handshake", bytes);
    let with = |at: usize, value: &[u8]| {
        let mut bytes = honest.to_vec();
        if let Some(place) = bytes.get_mut(at..at.saturating_add(value.len())) {
            place.copy_from_slice(value);
        }
        bytes
    };
    let comment = "Suite 1, 32, 1, 32, 4, 4 and 1,088 bytes.";
    sheet.accept(note("handshake-layout", "HSK-2 HSK-16", comment), "handshake.parse", input(honest))?;
    let comment = "0 says that there is no one-time prekey.";
    let without = with(70, &[0; 4]);
    sheet.accept(
        note("handshake-layout-without-one-time-prekey", "HSK-16", comment),
        "handshake.parse",
        input(&without),
    )?;
    let comment = "The greatest device id.";
    sheet.accept(
        note("handshake-layout-device-127", "HSK-16", comment),
        "handshake.parse",
        input(&with(33, &[127])),
    )?;
    debug_assert_eq!(honest.len(), HANDSHAKE_BYTES);
    for (id, reqs, comment, bytes, word) in [
        ("handshake-layout-suite-0", "HSK-2", "There is no suite 0.", with(0, &[0]), "version"),
        ("handshake-layout-suite-2", "HSK-2", "A suite that is not spoken here.", with(0, &[2]), "version"),
        ("handshake-layout-device-0", "HSK-16", "A device id is 1 to 127.", with(33, &[0]), "malformed"),
        ("handshake-layout-device-128", "HSK-16", "A device id is 1 to 127.", with(33, &[128]), "malformed"),
        ("handshake-layout-device-255", "HSK-16", "A device id is 1 to 127.", with(33, &[255]), "malformed"),
        ("handshake-layout-signed-prekey-0", "HSK-16", "No prekey has id 0.", with(66, &[0; 4]), "malformed"),
    ] {
        let threat = if word == "version" { "H8" } else { "H9" };
        sheet.refuse(note(id, reqs, comment).threat(threat), "handshake.parse", input(&bytes), word)?;
    }
    Ok(())
}

fn headers(sheet: &mut Sheet) -> Result<()> {
    // Epoch 1, a chunk of the key with index 36; epoch 5 of a chain that adopts, of which 34 chunks are held.
    let (offers, held) = (1u16 << 9 | 1 << 7 | 36 << 1, 5u16 << 9 | 1);
    let mut bitmap = [0; 32];
    bitmap.iter_mut().zip((u64::MAX >> 30).to_be_bytes()).for_each(|(place, byte)| *place = byte);
    for (id, comment, previous, number, control, chunk) in [
        ("header-first", "The first message of a first chain.", 0u32, 0u32, 1u16 << 9, [0; 32]),
        ("header-chunk", "The last chunk of a key.", 7, 8, offers, [0xC7; 32]),
        ("header-counters", "Each counter in three bytes, big-endian.", 0x0A_0B0C, 0x01_0203, held, bitmap),
        ("header-greatest-counters", "2^24 - 1 is the greatest count.", 0xFF_FFFF, 0xFF_FFFF, held, bitmap),
    ] {
        let input = Fields::new()
            .bytes("ratchet_key", [0xE2; 32])
            .number("previous", previous)
            .number("number", number)
            .bytes("salt", material("salt", 8))
            .number("control", control)
            .bytes("chunk", chunk);
        sheet.accept(note(id, "SES-4 SES-10", comment), "header.encode", input)?;
    }
    Ok(())
}
