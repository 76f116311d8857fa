//! `envelope/packet.json`.

use super::{
    Result,
    forge::held,
    sheet::{Sheet, bytes_of, note},
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
    let (offers, adopts) = (1u16 << 9 | 1 << 7 | 36 << 1, 5u16 << 9 | 1);
    let bitmap = held(u64::MAX >> 30);
    for (id, comment, previous, number, control, chunk) in [
        ("header-first", "The first message of a first chain.", 0u32, 0u32, 1u16 << 9, [0; 32]),
        ("header-chunk", "The last chunk of a key.", 7, 8, offers, [0xC7; 32]),
        ("header-counters", "Each counter in three bytes, big-endian.", 0x0A_0B0C, 0x01_0203, adopts, bitmap),
        ("header-greatest-counters", "2^24 - 1 is the greatest count.", 0xFF_FFFF, 0xFF_FFFF, adopts, bitmap),
    ] {
        let input = Fields::new()
            .bytes("ratchet_key", [0xE2; 32])
            .number("previous", previous)
            .number("number", number)
            .bytes("salt", material("salt", 8))
            .number("control", control)
            .bytes("chunk", chunk);
        let out = sheet.accept(note(id, "SES-4 SES-10", comment), "header.encode", input)?;
        let note = note(format!("{id}-split"), "SES-4 SES-17", comment);
        sheet.accept(note, "header.decode", Fields::new().bytes("header", bytes_of(&out, "header")?))?;
    }
    for (id, comment, epoch, kind, index, adopts) in [
        ("first", "The control field of a first message.", 1u32, 0u32, 0u32, false),
        ("adopts", "The lowest bit says that the chain adopts.", 2, 0, 0, true),
        ("last-chunk-of-a-key", "Kind 1, number 36.", 127, 1, 36, false),
        ("last-chunk-of-a-ciphertext", "Kind 2, number 33.", 127, 2, 33, true),
        ("epoch-128", "128 epochs are told apart: the next one travels as 0.", 128, 0, 0, true),
        (
            "epoch-129",
            "Epoch 129 travels as 1 and looks like it; the transcript tells them apart.",
            129,
            0,
            0,
            false,
        ),
        ("greatest-epoch", "The lowest seven bits of the epoch.", u32::MAX, 0, 0, true),
    ] {
        let input = Fields::new().number("epoch", epoch).number("kind", kind).number("index", index);
        let note = note(format!("header-control-{id}"), "SES-4", comment);
        sheet.accept(note, "header.control", input.flag("adopts", adopts))?;
    }
    controls(sheet)
}

/// Control fields and chunks at their bounds, and past them.
fn controls(sheet: &mut Sheet) -> Result<()> {
    let kind = |kind: u16, index: u16| 3u16 << 9 | kind << 7 | index << 1;
    let full = [0xC7; 32];
    let header = |control: u16, chunk: [u8; 32]| {
        let counters = [0, 0, 1, 0, 0, 2];
        let bytes = [[0xE2; 32].as_slice(), &counters, b"salt    ", &control.to_be_bytes(), &chunk].concat();
        Fields::new().bytes("header", bytes)
    };
    for (id, comment, control, chunk) in [
        ("key-chunk-0", "The first chunk of a key.", kind(1, 0), full),
        ("key-chunk-36", "The last chunk of a key.", kind(1, 36), full),
        ("ciphertext-chunk-0", "The first chunk of a ciphertext.", kind(2, 0), full),
        ("ciphertext-chunk-33", "The last chunk of a ciphertext.", kind(2, 33), full),
        ("held-nothing", "Nothing has arrived.", kind(0, 0), held(0)),
        ("held-all", "All 37 chunks of a key.", kind(0, 0), held(u64::MAX >> 27)),
        ("epoch-0", "Epoch 128, 256 or so on.", 0, held(0)),
    ] {
        sheet.accept(
            note(format!("header-{id}"), "SES-17", comment),
            "header.decode",
            header(control, chunk),
        )?;
    }
    let mut last = held(1);
    last.iter_mut().last().into_iter().for_each(|byte| *byte = 1);
    let mut ninth = held(1);
    ninth.iter_mut().skip(8).take(1).for_each(|byte| *byte = 0x80);
    for (id, comment, control, chunk) in [
        ("kind-3", "There is no kind 3.", kind(3, 0), [0; 32]),
        ("key-chunk-37", "A key has 37 chunks.", kind(1, 37), full),
        ("key-chunk-63", "The greatest number that fits.", kind(1, 63), full),
        ("ciphertext-chunk-34", "A ciphertext has 34 chunks.", kind(2, 34), full),
        ("ciphertext-chunk-36", "The number of a key's last chunk.", kind(2, 36), full),
        ("ciphertext-chunk-63", "The greatest number that fits.", kind(2, 63), full),
        ("held-with-a-number", "Held is no chunk and has no number.", kind(0, 1), held(0)),
        ("held-bit-37", "No object has a chunk 37.", kind(0, 0), held(1 << 37)),
        ("held-bit-63", "No object has a chunk 63.", kind(0, 0), held(1 << 63)),
        ("held-last-byte", "Zeros follow held, to the end.", kind(0, 0), last),
        ("held-ninth-byte", "Zeros follow held, from the ninth byte on.", kind(0, 0), ninth),
    ] {
        let note = note(format!("header-{id}"), "SES-17", comment).threat("R12").catches(&["ignore-control"]);
        sheet.refuse(note, "header.decode", header(control, chunk), "malformed")?;
    }
    Ok(())
}
