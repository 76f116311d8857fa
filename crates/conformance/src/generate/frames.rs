//! `content/`: size classes, frames of both channels, commitments.

use super::{
    Result,
    people::{Cast, NOW},
    proto,
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_content::padding::pad;
use aside_wire::pb;
use prost::Message;

const CHAPTER: &str = "spec/content.md";

pub(super) fn padding() -> Result<File> {
    let about = "Padding: a length, a frame, and zeros up to one of eight size classes.";
    let mut sheet = Sheet::new(Level::Content, CHAPTER, about);
    for length in [0, 1, 508, 509, 1_020, 1_021, 4_092, 4_093, 32_764, 32_765, 65_532] {
        let comment = "The smallest class that holds four bytes and the frame.";
        let input = Fields::new().bytes("frame", vec![0x5A; length]);
        sheet.accept(note(format!("pad-{length}"), "CON-9", comment).threat("W8"), "pad", input)?;
    }
    let comment = "No class holds it.";
    let input = Fields::new().bytes("frame", vec![0x5A; 65_533]);
    sheet.refuse(note("pad-65533", "CON-9", comment), "pad", input, "limit")?;
    let input = |padded: &[u8]| Fields::new().bytes("padded", padded);
    let honest = pad(&[0x5A; 300])?;
    let comment = "What was padded is found again.";
    sheet.accept(note("unpad-honest", "CON-9", comment), "unpad", input(&honest))?;
    sheet.accept(note("unpad-empty-frame", "CON-9", "A frame of no bytes."), "unpad", input(&[0; 512]))?;
    let set = |at: usize, value: u8| {
        let mut padded = honest.clone();
        if let Some(byte) = padded.get_mut(at) {
            *byte = value;
        }
        padded
    };
    let resized = |length: usize| {
        let mut padded = honest.clone();
        padded.resize(length, 0);
        padded
    };
    let length = |length: u32, class: usize| [length.to_be_bytes().as_slice(), &vec![0; class - 4]].concat();
    for (id, comment, padded) in [
        ("unpad-first-zero-is-not", "Something is hidden behind the frame.", set(304, 1)),
        ("unpad-last-zero-is-not", "Something is hidden at the end.", set(511, 0x80)),
        ("unpad-next-class", "The frame fits a smaller class.", resized(1_024)),
        ("unpad-511-bytes", "No class has 511 bytes.", resized(511)),
        ("unpad-513-bytes", "No class has 513 bytes.", resized(513)),
        ("unpad-nothing", "Not even a length.", Vec::new()),
        ("unpad-three-bytes", "Not even a length.", vec![0; 3]),
        ("unpad-length-alone", "A length and no class.", vec![0; 4]),
        ("unpad-length-beyond-the-end", "The frame would end after the plaintext.", length(509, 512)),
        ("unpad-greatest-length", "2^32 - 1.", length(u32::MAX, 512)),
        ("unpad-little-endian-length", "300 in the other byte order.", length(300u32.swap_bytes(), 512)),
        ("unpad-768-bytes", "A multiple of 256 is no power of two.", length(600, 768)),
        ("unpad-131072-bytes", "Beyond the greatest class.", length(65_533, 131_072)),
    ] {
        let note = note(id, "CON-9", comment).threat("W10").catches(&["ignore-padding"]);
        sheet.refuse(note, "unpad", input(&padded), "malformed")?;
    }
    Ok(sheet.finish())
}

/// An honest frame of a chat.
fn chat() -> pb::Frame {
    let list = |version, name| Some(pb::ListReference { version, hash: material(name, 32) });
    pb::Frame {
        conversation: material("chat id", 32),
        message_id: material("message id", 16),
        sent_at: NOW,
        kind: 1,
        content: proto::bytes(1, "hi"),
        previous: material("previous frame", 32),
        sender_list: list(1, "list of alice"),
        recipient_list: list(2, "list of bob"),
        generation: 1,
    }
}

/// An honest frame of a thread.
fn thread() -> pb::Frame {
    pb::Frame {
        conversation: material("thread id", 32),
        sender_list: None,
        recipient_list: None,
        generation: 0,
        ..chat()
    }
}

/// Alice's device as sender, and her franking key.
fn sender() -> Result<Fields> {
    let alice = Cast::new("alice")?;
    Ok(Fields::new()
        .bytes("account_key", alice.certificate.account.as_bytes())
        .number("device_id", 1u32)
        .bytes("franking_key", material("franking key", 32)))
}

fn append(fields: Fields, more: &Fields) -> Fields {
    more.iter().fold(fields, |fields, (name, value)| fields.with(name, value.clone()))
}

/// What a frame says, as operations take it.
fn said(frame: &pb::Frame) -> Fields {
    Fields::new()
        .bytes("conversation", &frame.conversation)
        .bytes("message_id", &frame.message_id)
        .number("sent_at", frame.sent_at)
        .number("kind", frame.kind)
        .bytes("content", &frame.content)
        .bytes("previous", &frame.previous)
}

pub(super) fn frames() -> Result<File> {
    let about = "Frames: what is said in threads and chats, the hash that chains them, the commitment that answers for them.";
    let mut sheet = Sheet::new(Level::Content, CHAPTER, about);
    ids_and_hashes(&mut sheet)?;
    threads(&mut sheet)?;
    let commitment = chats(&mut sheet)?;
    chat_layout(&mut sheet, &commitment)?;
    commitments(&mut sheet, &commitment)?;
    Ok(sheet.finish())
}

fn ids_and_hashes(sheet: &mut Sheet) -> Result<()> {
    let (alice, bob) = (Cast::new("alice")?, Cast::new("bob")?);
    let keys = [*alice.certificate.account.as_bytes(), *bob.certificate.account.as_bytes()];
    let reversed = [*bob.certificate.account.as_bytes(), *alice.certificate.account.as_bytes()];
    for (id, keys) in [("thread-of-alice-and-bob", keys), ("thread-of-bob-and-alice", reversed)] {
        let comment = "The smaller key first: both have the same thread.";
        let input = Fields::new().bytes_list("accounts", keys);
        sheet.accept(note(id, "CON-4", comment), "thread_id", input)?;
    }
    let comment = "What the next frame of the device names.";
    sheet.accept(note("frame-hash", "CON-7", comment), "frame.hash", said(&chat()))?;
    let comment = "An absent previous is an empty part.";
    let first = pb::Frame { previous: Vec::new(), ..chat() };
    sheet.accept(note("frame-hash-of-the-first", "CON-7", comment), "frame.hash", said(&first))?;
    Ok(())
}

fn threads(sheet: &mut Sheet) -> Result<()> {
    let input = |bytes: &[u8]| Fields::new().bytes("frame", bytes);
    let decode = "thread_frame.decode";
    let comment = "No list reference, no generation, no padding.";
    sheet.accept(
        note("thread-frame-honest", "CON-1 CON-3", comment),
        decode,
        input(&thread().encode_to_vec()),
    )?;
    let comment = "Content of an unknown kind is kept as it is.";
    let unknown = pb::Frame { kind: 4_000, content: vec![0xFF; 3], ..thread() };
    sheet.accept(
        note("thread-frame-of-unknown-kind", "CON-8", comment),
        decode,
        input(&unknown.encode_to_vec()),
    )?;
    let lie = |edit: &dyn Fn(&mut pb::Frame)| {
        let mut frame = thread();
        edit(&mut frame);
        frame.encode_to_vec()
    };
    for (id, reqs, comment, bytes, word) in [
        ("thread-frame-of-a-chat", "CON-3", "Made for the other channel.", chat().encode_to_vec(), "policy"),
        (
            "thread-frame-with-sender-list",
            "CON-3",
            "A field of the other channel.",
            lie(&|f| f.sender_list = chat().sender_list),
            "policy",
        ),
        (
            "thread-frame-with-recipient-list",
            "CON-3",
            "A field of the other channel.",
            lie(&|f| f.recipient_list = chat().recipient_list),
            "policy",
        ),
        (
            "thread-frame-with-generation",
            "CON-3",
            "A field of the other channel.",
            lie(&|f| f.generation = 1),
            "policy",
        ),
        (
            "thread-frame-padded",
            "CON-3 ENV-4",
            "A frame of a thread is not padded.",
            pad(&thread().encode_to_vec())?,
            "limit",
        ),
        ("thread-frame-empty", "ENV-6", "Nothing is there.", Vec::new(), "malformed"),
        (
            "thread-frame-conversation-31-bytes",
            "ENV-6",
            "An id has 32 bytes.",
            lie(&|f| {
                f.conversation.pop();
            }),
            "malformed",
        ),
        (
            "thread-frame-without-message-id",
            "ENV-6",
            "A field is missing.",
            lie(&|f| f.message_id.clear()),
            "malformed",
        ),
        ("thread-frame-kind-0", "CON-8", "No kind has the number 0.", lie(&|f| f.kind = 0), "malformed"),
        (
            "thread-frame-empty-text",
            "CON-8",
            "A text has at least one byte.",
            lie(&|f| f.content.clear()),
            "malformed",
        ),
    ] {
        sheet.refuse(note(id, reqs, comment).threat("C1"), decode, input(&bytes), word)?;
    }
    Ok(())
}

/// Opens honest frames; returns the commitment of [`chat`].
fn chats(sheet: &mut Sheet) -> Result<Vec<u8>> {
    let sender = sender()?;
    let comment = "Over eight parts; the frame before it and the lists are not among them.";
    let input = append(said(&chat()), &sender);
    let out =
        sheet.accept(note("frame-commitment", "CON-10", comment).threat("F3"), "frame.commitment", input)?;
    let commitment = bytes_of(&out, "commitment")?;
    let all =
        |kind: u32, content: Vec<u8>, previous: Vec<u8>| pb::Frame { kind, content, previous, ..chat() };
    let longest = proto::bytes(1, vec![b'x'; 16_384]);
    for (id, reqs, comment, frame) in [
        ("chat-frame-text", "CON-1 CON-9 CON-11", "An ordinary text.", chat()),
        (
            "chat-frame-first",
            "CON-7",
            "The first of its device: no frame before it.",
            all(1, proto::bytes(1, "hi"), Vec::new()),
        ),
        ("chat-frame-longest-text", "CON-8", "16,384 bytes of text.", all(1, longest, Vec::new())),
        (
            "chat-frame-open",
            "CON-8",
            "Opens a chat beside a thread.",
            all(2, proto::bytes(1, [0xC6; 32]), Vec::new()),
        ),
        ("chat-frame-open-beside-nothing", "CON-8", "Content that is empty.", all(2, Vec::new(), Vec::new())),
        ("chat-frame-accept", "CON-8", "Content that is empty.", all(3, Vec::new(), Vec::new())),
        (
            "chat-frame-of-unknown-kind",
            "CON-8 CON-10",
            "Kept, and answered for like any other.",
            all(4_000, vec![0xFF; 3], Vec::new()),
        ),
    ] {
        let own = sheet.accept(
            note(format!("commitment-of-{id}"), "CON-10", "The commitment on the frame."),
            "frame.commitment",
            append(said(&frame), &sender),
        )?;
        let own = bytes_of(&own, "commitment")?;
        let input = opened(&pad(&frame.encode_to_vec())?, &sender, &own);
        sheet.accept(note(id, reqs, comment), "chat_frame.open", input)?;
    }
    Ok(commitment)
}

fn opened(padded: &[u8], sender: &Fields, commitment: &[u8]) -> Fields {
    append(Fields::new().bytes("padded", padded), sender).bytes("commitment", commitment)
}

fn chat_layout(sheet: &mut Sheet, commitment: &[u8]) -> Result<()> {
    let sender = sender()?;
    let lie = |edit: &dyn Fn(&mut pb::Frame)| {
        let mut frame = chat();
        edit(&mut frame);
        frame.encode_to_vec()
    };
    let list = |edit: &dyn Fn(&mut pb::ListReference)| {
        let mut frame = chat();
        if let Some(list) = &mut frame.sender_list {
            edit(list);
        }
        frame.encode_to_vec()
    };
    let too_long = proto::bytes(1, vec![b'x'; 16_385]);
    for (id, reqs, threat, comment, frame, word) in [
        (
            "chat-frame-of-a-thread",
            "CON-3",
            "C1",
            "Made for the other channel.",
            thread().encode_to_vec(),
            "policy",
        ),
        (
            "chat-frame-without-sender-list",
            "CON-3",
            "C1",
            "It does not say which devices there are.",
            lie(&|f| f.sender_list = None),
            "policy",
        ),
        (
            "chat-frame-without-recipient-list",
            "CON-3",
            "C1",
            "It does not say which devices there are.",
            lie(&|f| f.recipient_list = None),
            "policy",
        ),
        (
            "chat-frame-generation-0",
            "ENV-6",
            "W7",
            "Generations begin with 1.",
            lie(&|f| f.generation = 0),
            "malformed",
        ),
        (
            "chat-frame-list-version-0",
            "ENV-6",
            "W7",
            "Versions begin with 1.",
            list(&|l| l.version = 0),
            "malformed",
        ),
        (
            "chat-frame-list-hash-31-bytes",
            "ENV-6",
            "W6",
            "A hash has 32 bytes.",
            list(&|l| {
                l.hash.pop();
            }),
            "malformed",
        ),
        (
            "chat-frame-list-hash-missing",
            "ENV-6",
            "W7",
            "A field is missing.",
            list(&|l| l.hash.clear()),
            "malformed",
        ),
        ("chat-frame-empty", "CON-3", "W7", "Nothing is there.", Vec::new(), "policy"),
        (
            "chat-frame-without-conversation",
            "ENV-6",
            "W7",
            "A field is missing.",
            lie(&|f| f.conversation.clear()),
            "malformed",
        ),
        (
            "chat-frame-conversation-31-bytes",
            "ENV-6",
            "W6",
            "An id has 32 bytes.",
            lie(&|f| {
                f.conversation.pop();
            }),
            "malformed",
        ),
        (
            "chat-frame-conversation-33-bytes",
            "ENV-6",
            "W6",
            "An id has 32 bytes.",
            lie(&|f| f.conversation.push(0)),
            "malformed",
        ),
        (
            "chat-frame-without-message-id",
            "ENV-6",
            "W7",
            "A field is missing.",
            lie(&|f| f.message_id.clear()),
            "malformed",
        ),
        (
            "chat-frame-message-id-15-bytes",
            "ENV-6",
            "W6",
            "A message id has 16 bytes.",
            lie(&|f| {
                f.message_id.pop();
            }),
            "malformed",
        ),
        (
            "chat-frame-message-id-17-bytes",
            "ENV-6",
            "W6",
            "A message id has 16 bytes.",
            lie(&|f| f.message_id.push(0)),
            "malformed",
        ),
        (
            "chat-frame-previous-31-bytes",
            "ENV-6",
            "W6",
            "A hash has 32 bytes or none.",
            lie(&|f| {
                f.previous.pop();
            }),
            "malformed",
        ),
        ("chat-frame-kind-0", "CON-8", "W7", "No kind has the number 0.", lie(&|f| f.kind = 0), "malformed"),
        (
            "chat-frame-empty-text",
            "CON-8",
            "W7",
            "A text has at least one byte.",
            lie(&|f| f.content.clear()),
            "malformed",
        ),
        (
            "chat-frame-text-too-long",
            "CON-8",
            "W2",
            "A text has at most 16,384 bytes.",
            lie(&|f| f.content.clone_from(&too_long)),
            "malformed",
        ),
        (
            "chat-frame-text-not-utf-8",
            "CON-8 ENV-4",
            "W5",
            "Not UTF-8.",
            lie(&|f| f.content = proto::bytes(1, [0xFF])),
            "malformed",
        ),
        (
            "chat-frame-open-thread-31-bytes",
            "CON-8",
            "W6",
            "A thread id has 32 bytes.",
            lie(&|f| {
                f.kind = 2;
                f.content = proto::bytes(1, [1; 31]);
            }),
            "malformed",
        ),
        (
            "chat-frame-accept-with-content",
            "CON-8 ENV-2",
            "W3",
            "A kind without fields has no content.",
            lie(&|f| {
                f.kind = 3;
                f.content = vec![8, 1];
            }),
            "limit",
        ),
    ] {
        let input = opened(&pad(&frame)?, &sender, commitment);
        sheet.refuse(note(id, reqs, comment).threat(threat), "chat_frame.open", input, word)?;
    }
    lenient(sheet, &sender, commitment)
}

/// Frames with a second encoding, and padding with a secret.
fn lenient(sheet: &mut Sheet, sender: &Fields, commitment: &[u8]) -> Result<()> {
    let honest = chat().encode_to_vec();
    let text = pb::Frame { content: [proto::bytes(1, "hi"), proto::number(2, 1)].concat(), ..chat() };
    let long = pb::Frame { content: [vec![0x0A, 0x82, 0x00], b"hi".to_vec()].concat(), ..chat() };
    for (id, comment, frame, word, marked) in [
        (
            "chat-frame-content-with-extra-field",
            "More fields than a text has.",
            text.encode_to_vec(),
            "limit",
            false,
        ),
        (
            "chat-frame-content-with-long-length",
            "A second encoding of the same text.",
            long.encode_to_vec(),
            "malformed",
            true,
        ),
    ] {
        let reqs = if marked { "CON-8 ENV-5" } else { "CON-8 ENV-3" };
        let note = note(id, reqs, comment).threat("W3");
        let note = if marked { note.catches(&["lenient-decoding"]) } else { note };
        sheet.refuse(note, "chat_frame.open", opened(&pad(&frame)?, sender, commitment), word)?;
    }
    // The last field is the generation, 1, in two bytes.
    let written =
        [honest.strip_suffix(&[0x48, 1]).ok_or("a frame ends in its generation")?, &[0x48, 0x81, 0]].concat();
    let comment = "The generation in three bytes.";
    let note_ =
        note("chat-frame-with-long-varint", "ENV-5", comment).threat("W3").catches(&["lenient-decoding"]);
    sheet.refuse(note_, "chat_frame.open", opened(&pad(&written)?, sender, commitment), "malformed")?;
    let mut dirty = pad(&honest)?;
    if let Some(last) = dirty.last_mut() {
        *last = 1;
    }
    let comment = "A frame with a right commitment, and something behind it that no report would show.";
    let note_ = note("chat-frame-with-secret-in-the-padding", "CON-9", comment).threat("W10");
    let input = opened(&dirty, sender, commitment);
    sheet.refuse(note_.catches(&["ignore-padding"]), "chat_frame.open", input, "malformed")?;
    let comment = "The frame as it is, without length and zeros.";
    let note_ = note("chat-frame-not-padded", "CON-9", comment).threat("W8").catches(&["ignore-padding"]);
    sheet.refuse(note_, "chat_frame.open", opened(&honest, sender, commitment), "malformed")
}

fn commitments(sheet: &mut Sheet, commitment: &[u8]) -> Result<()> {
    let sender = sender()?;
    let carol = Cast::new("carol")?;
    let lie = |edit: &dyn Fn(&mut pb::Frame)| -> Result<Vec<u8>> {
        let mut frame = chat();
        edit(&mut frame);
        Ok(pad(&frame.encode_to_vec())?)
    };
    let honest = pad(&chat().encode_to_vec())?;
    let other_sender = |name: &str, value: Value| {
        sender.iter().fold(Fields::new(), |all, (other, there)| {
            all.with(other, if other == name { value.clone() } else { there.clone() })
        })
    };
    let flipped = |at: usize| {
        let mut bytes = commitment.to_vec();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1;
        }
        bytes
    };
    for (id, comment, input) in [
        ("chat-frame-commitment-first-bit", "One bit off.", opened(&honest, &sender, &flipped(0))),
        ("chat-frame-commitment-last-bit", "One bit off.", opened(&honest, &sender, &flipped(31))),
        ("chat-frame-commitment-of-zeros", "A commitment to nothing.", opened(&honest, &sender, &[0; 32])),
        (
            "chat-frame-commitment-other-franking-key",
            "The key of another message.",
            opened(&honest, &other_sender("franking_key", Value::bytes(&[9; 32])), commitment),
        ),
        (
            "chat-frame-commitment-other-account",
            "Carol passes on what Alice committed to.",
            opened(
                &honest,
                &other_sender("account_key", Value::bytes(carol.certificate.account.as_bytes())),
                commitment,
            ),
        ),
        (
            "chat-frame-commitment-other-device",
            "Another device of Alice.",
            opened(&honest, &other_sender("device_id", Value::Number(2)), commitment),
        ),
        (
            "chat-frame-commitment-other-chat",
            "Moved to another chat.",
            opened(&lie(&|f| f.conversation = vec![3; 32])?, &sender, commitment),
        ),
        (
            "chat-frame-commitment-other-message-id",
            "Another message id.",
            opened(&lie(&|f| f.message_id = vec![3; 16])?, &sender, commitment),
        ),
        (
            "chat-frame-commitment-other-time",
            "A millisecond later.",
            opened(&lie(&|f| f.sent_at = NOW + 1)?, &sender, commitment),
        ),
        (
            "chat-frame-commitment-other-kind",
            "The same content as another kind.",
            opened(&lie(&|f| f.kind = 4_000)?, &sender, commitment),
        ),
        (
            "chat-frame-commitment-other-text",
            "Another text.",
            opened(&lie(&|f| f.content = proto::bytes(1, "ho"))?, &sender, commitment),
        ),
    ] {
        let note = note(id, "CON-10 CON-11", comment).threat("F2").catches(&["skip-commitment"]);
        sheet.refuse(note, "chat_frame.open", input, "commitment")?;
    }
    Ok(())
}
