//! `envelope/decode.json`.

use super::{
    Result, proto,
    samples::{Sample, samples},
    sheet::{Sheet, note},
};
use crate::{
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_wire::limits::GROUP_DEVICES;

pub(super) const CHAPTER: &str = "spec/envelope.md";

pub(super) fn decode() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "Strict decoding of every message type: one canonical encoding, and limits before anything is allocated.",
    );
    for sample in samples() {
        every_lie(&mut sheet, &sample)?;
    }
    for (id, reqs, comment, message, bytes, word) in particular() {
        let threat = if word == "limit" { "W2" } else { "W5" };
        sheet.refuse(
            note(format!("decode-{id}"), reqs, comment).threat(threat),
            "decode",
            input(message, &bytes),
            word,
        )?;
    }
    for (id, comment, message, bytes) in non_canonical() {
        let note = note(format!("decode-{id}"), "ENV-5", comment).threat("W3").catches(&["lenient-decoding"]);
        sheet.refuse(note, "decode", input(message, &bytes), "malformed")?;
    }
    let comment = "A type without fields is encoded as nothing.";
    sheet.accept(
        note("decode-chat-accept-canonical", "ENV-1", comment),
        "decode",
        input("ChatAccept", &[]),
    )?;
    let comment = "Whatever a type without fields has in it is too much.";
    let one_byte = note("decode-chat-accept-one-byte", "ENV-2", comment);
    sheet.refuse(one_byte, "decode", input("ChatAccept", &[8]), "limit")?;
    let comment = "An element of a repeated field is there although it is empty.";
    sheet.accept(
        note("decode-group-add-empty-elements", "ENV-1", comment),
        "decode",
        input("GroupAdd", &proto::bytes(1, []).repeat(2)),
    )?;
    let comment = "Every field has its default; that required ones are missing is for ENV-6.";
    sheet.accept(
        note("decode-list-reference-empty", "ENV-5", comment),
        "decode",
        input("ListReference", &[]),
    )?;
    Ok(sheet.finish())
}

fn input(message: &str, bytes: &[u8]) -> Fields {
    Fields::new().text("message", message).bytes("bytes", bytes)
}

/// What can be done to any message.
fn every_lie(sheet: &mut Sheet, sample: &Sample) -> Result<()> {
    let Sample { message, name, fields, default, max_fields, .. } = sample;
    let honest = fields.concat();
    let first = fields.first().ok_or("an example has fields")?;
    let rest = fields.get(1..).unwrap_or_default().concat();
    let comment = "Fields in order, defaults left out, varints in the fewest bytes.";
    sheet.accept(
        note(format!("decode-{name}-canonical"), "ENV-1 ENV-5", comment),
        "decode",
        input(message, &honest),
    )?;

    // The key of the first field takes one byte.
    let (key, behind) = first.split_first().ok_or("a field has a key")?;
    let long_key = [proto::long_varint((*key).into()), behind.to_vec(), rest.clone()].concat();
    let single = max_fields == &1;
    let mut reversed = fields.clone();
    reversed.reverse();
    let mut lenient = vec![
        (
            "unknown-field",
            "A field that this version does not have.",
            [honest.clone(), proto::number(100, 1)].concat(),
        ),
        ("long-varint", "The key of the first field in one byte more than it takes.", long_key),
    ];
    if let Some(default) = default {
        let comment = "The first field with its default, which is left out.";
        lenient.push(("default-written", comment, [default.clone(), rest].concat()));
    }
    // In a message with one field, a second one is too many.
    if fields.len() > 1 {
        lenient.push(("wrong-order", "The fields in descending order.", reversed.concat()));
    }
    for (lie, comment, bytes) in lenient {
        if fields.len() >= *max_fields && lie == "unknown-field" {
            if single {
                continue;
            }
            let note =
                note(format!("decode-{name}-unknown-field"), "ENV-3", "One field more than the type has.");
            sheet.refuse(note.threat("W3"), "decode", input(message, &bytes), "limit")?;
            continue;
        }
        let note = note(format!("decode-{name}-{lie}"), "ENV-1 ENV-5", comment).threat("W3");
        sheet.refuse(note.catches(&["lenient-decoding"]), "decode", input(message, &bytes), "malformed")?;
    }
    let (_, short) = honest.split_last().ok_or("an example has bytes")?;
    for (lie, comment, bytes, word) in [
        ("truncated", "The last byte is missing.", short.to_vec(), "malformed"),
        (
            "fixed-width-field",
            "A wire type that no message here has.",
            [proto::fixed32(1), honest.clone()].concat(),
            "malformed",
        ),
        (
            "group",
            "A wire type that no message here has.",
            [proto::group(1), honest.clone()].concat(),
            "malformed",
        ),
        (
            "trailing-zero",
            "A byte behind the end; 0 is no key of a field.",
            [honest.clone(), vec![0]].concat(),
            if fields.len() >= *max_fields { "limit" } else { "malformed" },
        ),
    ] {
        let reqs = if word == "limit" { "ENV-3" } else { "ENV-4" };
        let note = note(format!("decode-{name}-{lie}"), reqs, comment).threat("W6");
        sheet.refuse(note, "decode", input(message, &bytes), word)?;
    }
    if default.is_some() {
        let twice = [first.clone(), honest.clone()].concat();
        let too_many = fields.len() >= *max_fields;
        let (reqs, word) = if too_many { ("ENV-3", "limit") } else { ("ENV-5", "malformed") };
        let comment = "The first field stands twice; a lenient decoder takes the last or merges them.";
        let double = note(format!("decode-{name}-field-twice"), reqs, comment).threat("W3");
        let double = if too_many { double } else { double.catches(&["lenient-decoding"]) };
        sheet.refuse(double, "decode", input(message, &twice), word)?;
    }
    too_much(sheet, sample)
}

/// More than the limits of the type.
fn too_much(sheet: &mut Sheet, sample: &Sample) -> Result<()> {
    let Sample { message, name, max_bytes, max_fields, .. } = sample;
    let comment = "One byte more than the limit of the type, refused before anything is decoded.";
    let too_long = Fields::new()
        .text("message", message)
        .with("bytes", Value::repetition(0x0A, max_bytes.saturating_add(1)));
    let note_ = note(format!("decode-{name}-too-long"), "ENV-2", comment).threat("W2");
    sheet.refuse(note_, "decode", too_long, "limit")?;
    let comment = "One empty field more than the limit of the type; each would cost memory.";
    let empty = proto::bytes(15, []).repeat(max_fields.saturating_add(1));
    if empty.len() <= *max_bytes {
        let note = note(format!("decode-{name}-too-many-fields"), "ENV-3", comment).threat("W2");
        sheet.refuse(note, "decode", input(message, &empty), "limit")?;
    }
    Ok(())
}

/// Id, requirement, comment, message type, bytes, word.
type Refused = (&'static str, &'static str, &'static str, &'static str, Vec<u8>, &'static str);

/// Limits inside of requests and replies, and what no decoder of Protocol Buffers accepts.
fn particular() -> Vec<Refused> {
    use proto::{bytes, number};
    let uploads = bytes(2, []).repeat(GROUP_DEVICES.saturating_add(5));
    let lists = bytes(3, []).repeat(GROUP_DEVICES.saturating_add(5));
    let ten_and_more = [[0xFF; 10].as_slice(), &[0x01]].concat();
    vec![
        (
            "request-nested-too-many-fields",
            "ENV-3",
            "The fields of the nested body are counted by themselves.",
            "Request",
            [number(1, 1), bytes(4, uploads)].concat(),
            "limit",
        ),
        (
            "reply-nested-too-many-fields",
            "ENV-3",
            "The fields of the nested body are counted by themselves.",
            "Reply",
            [number(1, 1), bytes(7, lists)].concat(),
            "limit",
        ),
        (
            "request-nested-not-protobuf",
            "ENV-4",
            "The nested body ends inside of a field.",
            "Request",
            [number(1, 1), bytes(5, [0x0A, 5, b'a'])].concat(),
            "malformed",
        ),
        (
            "text-not-utf-8",
            "ENV-4",
            "A string that is not UTF-8.",
            "Text",
            bytes(1, [0xC3, 0x28]),
            "malformed",
        ),
        (
            "list-reference-varint-without-end",
            "ENV-4",
            "A varint has at most ten bytes.",
            "ListReference",
            [vec![8], ten_and_more].concat(),
            "malformed",
        ),
        (
            "list-reference-varint-beyond-64-bits",
            "ENV-4",
            "The tenth byte of a varint has room for one bit.",
            "ListReference",
            [vec![8], vec![0xFF; 9], vec![0x02]].concat(),
            "malformed",
        ),
        (
            "list-reference-length-beyond-the-end",
            "ENV-4",
            "A field that says it is longer than what is left.",
            "ListReference",
            vec![0x12, 0x7F, 0xAA],
            "malformed",
        ),
        (
            "chat-open-number-for-bytes",
            "ENV-4",
            "The hash as a number, and not as bytes.",
            "ChatOpen",
            number(1, 1),
            "malformed",
        ),
        (
            "reply-to-number-for-a-message",
            "ENV-4",
            "What is replied to as a number, and not as a message.",
            "ReplyTo",
            [number(1, 1), number(2, 1)].concat(),
            "malformed",
        ),
        (
            "list-reference-other-wire-type",
            "ENV-4",
            "The version as bytes, and not as a number.",
            "ListReference",
            bytes(1, [1]),
            "malformed",
        ),
    ]
}

/// What decodes, and encodes to something else.
fn non_canonical() -> Vec<(&'static str, &'static str, &'static str, Vec<u8>)> {
    use proto::{bytes, number};
    let body = |number_of_device: Vec<u8>, capabilities: Vec<u8>| {
        [number(1, 1), number_of_device, bytes(7, capabilities)].concat()
    };
    vec![
        (
            "certificate-body-device-id-beyond-32-bits",
            "2^32 + 1 in a uint32, of which lenient decoders make 1.",
            "CertificateBody",
            body(number(3, (1 << 32) + 1), Vec::new()),
        ),
        (
            "certificate-body-bool-5",
            "A flag is 1 or absent.",
            "CertificateBody",
            body(number(3, 1), number(1, 5)),
        ),
        (
            "certificate-body-nested-default-written",
            "A flag is 1 or absent, in nested messages too.",
            "CertificateBody",
            body(number(3, 1), number(1, 0)),
        ),
        (
            "certificate-body-nested-unknown-field",
            "A capability that this version does not have.",
            "CertificateBody",
            body(number(3, 1), number(6, 1)),
        ),
        (
            "certificate-body-nested-message-twice",
            "Lenient decoders merge the two.",
            "CertificateBody",
            [number(1, 1), bytes(7, []), bytes(7, number(1, 1))].concat(),
        ),
        (
            "request-two-bodies",
            "Of a oneof, lenient decoders take the last.",
            "Request",
            [number(1, 1), bytes(9, []), bytes(10, number(1, 7))].concat(),
        ),
        (
            "reply-two-bodies",
            "Of a oneof, lenient decoders take the last.",
            "Reply",
            [number(1, 1), bytes(4, []), bytes(11, [])].concat(),
        ),
        (
            "list-reference-long-value",
            "The example of the chapter: 1 in two bytes.",
            "ListReference",
            vec![0x08, 0x81, 0x00, 0x12, 0x01, 0xAA],
        ),
        (
            "list-reference-long-length",
            "The length of a field in two bytes.",
            "ListReference",
            vec![0x08, 0x01, 0x12, 0x81, 0x00, 0xAA],
        ),
        (
            "frame-list-reference-out-of-order",
            "The rule holds in nested messages too.",
            "Frame",
            bytes(7, [bytes(2, [0xC4; 32]), number(1, 1)].concat()),
        ),
    ]
}
