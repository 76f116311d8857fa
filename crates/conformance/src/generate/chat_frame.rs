//! `content/frames.json`: what is refused in a chat.

use super::{
    Result,
    frames::{append, chat, once, said, sender, thread},
    group_frame::group,
    people::{Cast, NOW},
    proto,
    sheet::{Sheet, bytes_of, note},
};
use crate::value::{Fields, Value};
use aside_content::padding::pad;
use aside_wire::pb;
use prost::Message;

pub(super) fn opened(padded: &[u8], sender: &Fields, commitment: &[u8]) -> Fields {
    append(Fields::new().bytes("padded", padded), sender).bytes("commitment", commitment)
}

pub(super) fn chat_layout(sheet: &mut Sheet, commitment: &[u8]) -> Result<()> {
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
    let recipients = |edit: &dyn Fn(&mut pb::ListReference)| {
        let mut frame = chat();
        frame.recipient_list.iter_mut().for_each(edit);
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
            "chat-frame-without-salt",
            "CON-3",
            "C1",
            "Its hash could be tried out.",
            lie(&|f| f.salt.clear()),
            "policy",
        ),
        (
            "chat-frame-salt-15-bytes",
            "ENV-6",
            "W6",
            "A salt has 16 bytes.",
            lie(&|f| f.salt.truncate(15)),
            "malformed",
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
            "chat-frame-of-a-group",
            "CON-3",
            "C1",
            "Made for another channel.",
            group().encode_to_vec(),
            "policy",
        ),
        (
            "chat-frame-with-group-sequence",
            "CON-3",
            "C1",
            "A field of another channel.",
            lie(&|f| f.group_sequence = 1),
            "policy",
        ),
        (
            "chat-frame-with-group-head",
            "CON-3",
            "C1",
            "A field of another channel.",
            lie(&|f| f.group_head = group().group_head),
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
        (
            "chat-frame-recipient-list-version-0",
            "ENV-6",
            "W7",
            "Versions begin with 1.",
            recipients(&|l| l.version = 0),
            "malformed",
        ),
        (
            "chat-frame-recipient-list-hash-31-bytes",
            "ENV-6",
            "W6",
            "A hash has 32 bytes.",
            recipients(&|l| l.hash.truncate(31)),
            "malformed",
        ),
        (
            "chat-frame-recipient-list-hash-missing",
            "ENV-6",
            "W7",
            "A field is missing.",
            recipients(&|l| l.hash.clear()),
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
    let text = pb::Frame { content: [proto::bytes(1, "hi"), proto::number(3, 1)].concat(), ..chat() };
    let long = pb::Frame { content: [vec![0x0A, 0x82, 0x00], b"hi".to_vec()].concat(), ..chat() };
    for (id, comment, frame) in [
        ("chat-frame-content-with-extra-field", "A field that a text does not have.", text),
        ("chat-frame-content-with-long-length", "A second encoding of the same text.", long),
    ] {
        let note = note(id, "CON-8 ENV-5", comment).threat("W3").catches(&["lenient-decoding"]);
        let input = opened(&pad(&frame.encode_to_vec())?, sender, commitment);
        sheet.refuse(note, "chat_frame.open", input, "malformed")?;
    }
    // The last field before the salt is the generation, 1, in two bytes.
    let salt = proto::bytes(14, chat().salt);
    let shorter = honest.strip_suffix([[0x48, 1].as_slice(), &salt].concat().as_slice());
    let written = [shorter.ok_or("a frame ends in generation and salt")?, &[0x48, 0x81, 0], &salt].concat();
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

pub(super) fn commitments(sheet: &mut Sheet, commitment: &[u8]) -> Result<()> {
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
    let without_key = sheet.accept(
        note("commitment-of-once-without-its-key", "CON-10", "The commitment on the frame without the key."),
        "frame.commitment",
        append(said(&once(false, chat())), &sender),
    )?;
    let without_key = bytes_of(&without_key, "commitment")?;
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
            "chat-frame-commitment-of-once-without-its-key",
            "The key was put into a frame that was committed to without one.",
            opened(&pad(&once(true, chat()).encode_to_vec())?, &sender, &without_key),
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
