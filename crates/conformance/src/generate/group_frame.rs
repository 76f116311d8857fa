//! `content/frames.json`: frames of groups, and what their members hand each other.

use super::{
    Result,
    chat_frame::opened,
    frames::{accept_with_commitment, chat, once, sender, thread},
    people::{Cast, NOW},
    proto,
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::{Fields, Value},
};
use aside_content::padding::pad;
use aside_wire::pb;
use prost::Message;

const OPEN: &str = "group_frame.open";

/// An honest frame of a group.
pub(super) fn group() -> pb::Frame {
    pb::Frame {
        conversation: material("group id", 32),
        group_sequence: 7,
        group_head: material("group head", 32),
        salt: chat().salt,
        ..thread()
    }
}

/// The kinds that go over a session only, each with a name, its number and honest content.
pub(super) fn between_members() -> [(&'static str, u32, Vec<u8>); 4] {
    let head = material("group head", 32);
    let sender_key = pb::SenderKey {
        epoch: 5,
        sequence: 7,
        head: head.clone(),
        iteration: 3,
        chain_key: material("group chain key", 32),
        signing_key: material("group signing key", 32),
        log_key: material("group log key", 32),
    };
    let invite = pb::GroupInvite { sequence: 7, head, log_keys: vec![material("group log key", 32)] };
    let request = pb::GroupLogRequest { after: 6 };
    let entries = pb::GroupLogEntries { entries: vec![material("group entry", 200)] };
    [
        ("sender-key", 16, sender_key.encode_to_vec()),
        ("group-invite", 17, invite.encode_to_vec()),
        ("group-log-request", 18, request.encode_to_vec()),
        ("group-log-entries", 19, entries.encode_to_vec()),
    ]
}

pub(super) fn group_frames(sheet: &mut Sheet) -> Result<()> {
    let comment = "What a chat's frame says of lists, a group's says of the log.";
    let honest = note("group-frame-text", "CON-1 CON-9 CON-11 CON-13", comment);
    let commitment = accept_with_commitment(sheet, honest, OPEN, "group-frame-text", &group())?;
    for (id, reqs, comment, frame) in [
        (
            "group-frame-first",
            "CON-7",
            "The first of its device: no frame before it.",
            pb::Frame { previous: Vec::new(), ..group() },
        ),
        (
            "group-frame-at-the-first-entry",
            "CON-13",
            "Sequences begin with 1.",
            pb::Frame { group_sequence: 1, ..group() },
        ),
        (
            "group-frame-once-without-key",
            "EXP-22",
            "The keys go from member to member.",
            once(false, group()),
        ),
        (
            "group-frame-of-unknown-kind",
            "CON-8 CON-10",
            "Kept, and answered for like any other.",
            pb::Frame { kind: 4_000, content: vec![0xFF; 3], ..group() },
        ),
    ] {
        accept_with_commitment(sheet, note(id, reqs, comment), OPEN, id, &frame)?;
    }
    let comment = "The stamp is not among what is committed to: the log says whether it is true.";
    let restamped = pb::Frame { group_sequence: 8, group_head: material("other head", 32), ..group() };
    let input = opened(&pad(&restamped.encode_to_vec())?, &sender()?, &commitment);
    sheet.accept(note("group-frame-with-another-stamp", "CON-10", comment), OPEN, input)?;
    channels(sheet, &commitment)?;
    layout(sheet, &commitment)?;
    commitments(sheet, &commitment)
}

/// An honest frame with one change.
fn lie(edit: &dyn Fn(&mut pb::Frame)) -> pb::Frame {
    let mut frame = group();
    edit(&mut frame);
    frame
}

/// What was made for another channel.
fn channels(sheet: &mut Sheet, commitment: &[u8]) -> Result<()> {
    let sender = sender()?;
    let moved = |frame: pb::Frame| pb::Frame { conversation: group().conversation, ..frame };
    for (id, comment, frame) in [
        ("group-frame-of-a-thread", "It says nothing of the log.", moved(thread())),
        ("group-frame-of-a-chat", "It speaks of lists, and not of the log.", moved(chat())),
        ("group-frame-empty", "Nothing is there.", pb::Frame::default()),
        (
            "group-frame-with-sender-list",
            "A field of another channel.",
            lie(&|f| f.sender_list = chat().sender_list),
        ),
        (
            "group-frame-with-recipient-list",
            "A field of another channel.",
            lie(&|f| f.recipient_list = chat().recipient_list),
        ),
        ("group-frame-without-salt", "Its hash could be tried out.", lie(&|f| f.salt.clear())),
        ("group-frame-with-generation", "A field of another channel.", lie(&|f| f.generation = 1)),
    ] {
        let input = opened(&pad(&frame.encode_to_vec())?, &sender, commitment);
        sheet.refuse(note(id, "CON-3", comment).threat("C1"), OPEN, input, "policy")?;
    }
    for (name, kind, content) in between_members() {
        let comment = "What members hand each other goes over a session.";
        let frame = pb::Frame { kind, content, ..group() };
        let note = note(format!("group-frame-{name}"), "CON-14", comment).threat("G7");
        sheet.refuse(note, OPEN, opened(&pad(&frame.encode_to_vec())?, &sender, commitment), "policy")?;
    }
    Ok(())
}

fn layout(sheet: &mut Sheet, commitment: &[u8]) -> Result<()> {
    let sender = sender()?;
    for (id, reqs, threat, comment, frame) in [
        ("group-frame-sequence-0", "ENV-6", "W7", "Sequences begin with 1.", lie(&|f| f.group_sequence = 0)),
        ("group-frame-without-head", "ENV-6", "W7", "A field is missing.", lie(&|f| f.group_head.clear())),
        (
            "group-frame-head-31-bytes",
            "ENV-6",
            "W6",
            "A hash has 32 bytes.",
            lie(&|f| f.group_head.truncate(31)),
        ),
        ("group-frame-head-33-bytes", "ENV-6", "W6", "A hash has 32 bytes.", lie(&|f| f.group_head.push(0))),
        (
            "group-frame-without-conversation",
            "ENV-6",
            "W7",
            "A field is missing.",
            lie(&|f| f.conversation.clear()),
        ),
        (
            "group-frame-conversation-31-bytes",
            "ENV-6",
            "W6",
            "A group id has 32 bytes.",
            lie(&|f| f.conversation.truncate(31)),
        ),
        (
            "group-frame-conversation-33-bytes",
            "ENV-6",
            "W6",
            "A group id has 32 bytes.",
            lie(&|f| f.conversation.push(0)),
        ),
        (
            "group-frame-message-id-15-bytes",
            "ENV-6",
            "W6",
            "A message id has 16 bytes.",
            lie(&|f| f.message_id.truncate(15)),
        ),
        ("group-frame-kind-0", "CON-8", "W7", "No kind has the number 0.", lie(&|f| f.kind = 0)),
        (
            "group-frame-empty-text",
            "CON-8",
            "W7",
            "A text has at least one byte.",
            lie(&|f| f.content.clear()),
        ),
    ] {
        let input = opened(&pad(&frame.encode_to_vec())?, &sender, commitment);
        sheet.refuse(note(id, reqs, comment).threat(threat), OPEN, input, "malformed")?;
    }
    let comment = "The frame as it is, without length and zeros.";
    let bare = note("group-frame-not-padded", "CON-9", comment).threat("W8").catches(&["ignore-padding"]);
    sheet.refuse(bare, OPEN, opened(&group().encode_to_vec(), &sender, commitment), "malformed")
}

fn commitments(sheet: &mut Sheet, commitment: &[u8]) -> Result<()> {
    let sender = sender()?;
    let carol = Cast::new("carol")?;
    let honest = pad(&group().encode_to_vec())?;
    let padded = |edit: &dyn Fn(&mut pb::Frame)| pad(&lie(edit).encode_to_vec());
    let other_sender = |name: &str, value: Value| {
        sender.iter().fold(Fields::new(), |all, (other, there)| {
            all.with(other, if other == name { value.clone() } else { there.clone() })
        })
    };
    for (id, comment, input) in [
        ("group-frame-commitment-of-zeros", "A commitment to nothing.", opened(&honest, &sender, &[0; 32])),
        (
            "group-frame-commitment-other-franking-key",
            "The key of another message.",
            opened(&honest, &other_sender("franking_key", Value::bytes(&[9; 32])), commitment),
        ),
        (
            "group-frame-commitment-other-account",
            "Carol passes on what Alice committed to.",
            opened(
                &honest,
                &other_sender("account_key", Value::bytes(carol.certificate.account.as_bytes())),
                commitment,
            ),
        ),
        (
            "group-frame-commitment-other-device",
            "Another device of Alice.",
            opened(&honest, &other_sender("device_id", Value::Number(2)), commitment),
        ),
        (
            "group-frame-commitment-other-group",
            "Moved to another group.",
            opened(&padded(&|f| f.conversation = vec![3; 32])?, &sender, commitment),
        ),
        (
            "group-frame-commitment-other-message-id",
            "Another message id.",
            opened(&padded(&|f| f.message_id = vec![3; 16])?, &sender, commitment),
        ),
        (
            "group-frame-commitment-other-time",
            "A millisecond later.",
            opened(&padded(&|f| f.sent_at = NOW + 1)?, &sender, commitment),
        ),
        (
            "group-frame-commitment-other-text",
            "Another text.",
            opened(&padded(&|f| f.content = proto::bytes(1, "ho"))?, &sender, commitment),
        ),
    ] {
        let note = note(id, "CON-10 CON-11", comment).threat("F2").catches(&["skip-commitment"]);
        sheet.refuse(note, OPEN, input, "commitment")?;
    }
    Ok(())
}
