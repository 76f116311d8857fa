//! `content/frames.json`: what works, and frames of threads.

use super::{
    Result,
    chat_frame::{chat_layout, commitments, opened},
    group_frame::{between_members, group, group_frames},
    mentions::mentions,
    people::{Cast, NOW},
    proto,
    sheet::{Note, Sheet, bytes_of, note},
    stamps::sealed,
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_content::padding::pad;
use aside_wire::pb;
use prost::Message;

pub(super) const CHAPTER: &str = "spec/content.md";

/// An honest frame of a chat.
pub(super) fn chat() -> pb::Frame {
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
        group_sequence: 0,
        group_head: Vec::new(),
        silent: false,
        expiry: None,
        salt: material("frame salt", 16),
    }
}

/// A minute after it was sent.
pub(super) fn minute() -> Option<pb::Expiry> {
    let mode = pb::ExpiryMode::AfterSend.into();
    Some(pb::Expiry { policy: 1, mode, duration_s: 60, unread_cap_s: 0 })
}

/// What is opened once, and within a minute; with its key, or without.
pub(super) fn once(with_key: bool, honest: pb::Frame) -> pb::Frame {
    let mode = pb::ExpiryMode::Once.into();
    let expiry = Some(pb::Expiry { policy: 0, mode, duration_s: 0, unread_cap_s: 60 });
    let mut content = sealed();
    if !with_key {
        content.key.clear();
    }
    pb::Frame { kind: 31, content: content.encode_to_vec(), expiry, ..honest }
}

/// An honest frame of a thread.
pub(super) fn thread() -> pb::Frame {
    pb::Frame {
        conversation: material("thread id", 32),
        sender_list: None,
        recipient_list: None,
        generation: 0,
        salt: Vec::new(),
        ..chat()
    }
}

/// Alice's device as sender, and her franking key.
pub(super) fn sender() -> Result<Fields> {
    let alice = Cast::new("alice")?;
    Ok(Fields::new()
        .bytes("account_key", alice.certificate.account.as_bytes())
        .number("device_id", 1u32)
        .bytes("franking_key", material("franking key", 32)))
}

pub(super) fn append(fields: Fields, more: &Fields) -> Fields {
    more.iter().fold(fields, |fields, (name, value)| fields.with(name, value.clone()))
}

/// What a frame says, as operations take it.
pub(super) fn said(frame: &pb::Frame) -> Fields {
    Fields::new()
        .bytes("conversation", &frame.conversation)
        .bytes("message_id", &frame.message_id)
        .number("sent_at", frame.sent_at)
        .number("kind", frame.kind)
        .bytes("content", &frame.content)
        .bytes("previous", &frame.previous)
        .bytes("expiry", frame.expiry.as_ref().map(Message::encode_to_vec).unwrap_or_default())
        .bytes("salt", &frame.salt)
}

pub(super) fn frames() -> Result<File> {
    let about = "Frames: what is said in threads, chats and groups, the hash that chains them, the commitment that answers for them.";
    let mut sheet = Sheet::new(Level::Content, CHAPTER, about);
    ids_and_hashes(&mut sheet)?;
    threads(&mut sheet)?;
    let commitment = chats(&mut sheet)?;
    chat_layout(&mut sheet, &commitment)?;
    commitments(&mut sheet, &commitment)?;
    mentions(&mut sheet, &commitment)?;
    group_frames(&mut sheet)?;
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
    let comment = "The terms are part of it.";
    let timed = pb::Frame { expiry: minute(), ..chat() };
    sheet.accept(note("frame-hash-with-terms", "CON-7", comment), "frame.hash", said(&timed))?;
    let comment = "The key is not part of it: devices that get it and others name the same frame.";
    let hashes = [("frame-hash-of-once", true), ("frame-hash-of-once-without-its-key", false)].map(
        |(id, with_key)| {
            let note = note(id, "CON-7 EXP-21", comment).threat("V19");
            let out = sheet.accept(note, "frame.hash", said(&once(with_key, chat())))?;
            bytes_of(&out, "hash")
        },
    );
    if let [Ok(with_key), Ok(without)] = &hashes
        && with_key != without
    {
        return Err("the key of what is opened once is part of the hash".into());
    }
    hashes.into_iter().collect::<Result<Vec<_>>>()?;
    let comment = "Another salt, another hash.";
    let salted = pb::Frame { salt: material("another salt", 16), ..chat() };
    sheet.accept(
        note("frame-hash-with-another-salt", "CON-7 CON-40", comment),
        "frame.hash",
        said(&salted),
    )?;
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
            "thread-frame-silent",
            "CON-3",
            "The relay alerts nobody of a thread differently.",
            lie(&|f| f.silent = true),
            "policy",
        ),
        (
            "thread-frame-with-salt",
            "CON-3",
            "A field of the encrypted channels.",
            lie(&|f| f.salt = chat().salt),
            "policy",
        ),
        (
            "thread-frame-with-terms",
            "CON-3",
            "The relay keeps what it likes: nothing is promised there.",
            lie(&|f| f.expiry = minute()),
            "policy",
        ),
        (
            "thread-frame-chat-close",
            "CON-15",
            "A kind of chats alone.",
            lie(&|f| (f.kind, f.content) = (5, Vec::new())),
            "policy",
        ),
        ("thread-frame-of-a-group", "CON-3", "Made for another channel.", group().encode_to_vec(), "policy"),
        (
            "thread-frame-with-group-sequence",
            "CON-3",
            "A field of another channel.",
            lie(&|f| f.group_sequence = 1),
            "policy",
        ),
        (
            "thread-frame-with-group-head",
            "CON-3",
            "A field of another channel.",
            lie(&|f| f.group_head = group().group_head),
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
    for (name, kind, content) in between_members() {
        let comment = "What members of a group hand each other goes over a session.";
        let frame = pb::Frame { kind, content, ..thread() };
        let note = note(format!("thread-frame-{name}"), "CON-14", comment).threat("G7");
        sheet.refuse(note, decode, input(&frame.encode_to_vec()), "policy")?;
    }
    Ok(())
}

/// Opens honest frames; returns the commitment of [`chat`].
fn chats(sheet: &mut Sheet) -> Result<Vec<u8>> {
    let sender = sender()?;
    let comment = "Over nine parts; the frame before it, the lists and the salt are not among them.";
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
        (
            "chat-frame-silent",
            "CON-3 CON-10",
            "It asks for no alert, which is not committed to.",
            pb::Frame { silent: true, ..chat() },
        ),
        (
            "chat-frame-with-terms",
            "CON-10",
            "It goes a minute after it was sent, which is committed to.",
            pb::Frame { expiry: minute(), ..chat() },
        ),
        ("chat-frame-accept", "CON-8", "Content that is empty.", all(3, Vec::new(), Vec::new())),
        ("chat-frame-once", "CON-10 EXP-20", "Committed to with its key.", once(true, chat())),
        ("chat-frame-once-without-key", "CON-10 EXP-21", "Committed to without one.", once(false, chat())),
        (
            "chat-frame-of-unknown-kind",
            "CON-8 CON-10",
            "Kept, and answered for like any other.",
            all(4_000, vec![0xFF; 3], Vec::new()),
        ),
    ] {
        accept_with_commitment(sheet, note(id, reqs, comment), "chat_frame.open", id, &frame)?;
    }
    for (name, kind, content) in between_members() {
        let comment = "What members of a group hand each other: over a session, under the id of the group.";
        let frame = pb::Frame { kind, content, conversation: group().conversation, ..chat() };
        let id = format!("chat-frame-{name}");
        accept_with_commitment(sheet, note(&id, "CON-14", comment), "chat_frame.open", &id, &frame)?;
    }
    Ok(commitment)
}

/// A frame that is opened, and before it the commitment that it is opened with.
pub(super) fn accept_with_commitment(
    sheet: &mut Sheet,
    note_: Note,
    open: &str,
    id: &str,
    frame: &pb::Frame,
) -> Result<Vec<u8>> {
    let sender = sender()?;
    let own = sheet.accept(
        note(format!("commitment-of-{id}"), "CON-10", "The commitment on the frame."),
        "frame.commitment",
        append(said(frame), &sender),
    )?;
    let own = bytes_of(&own, "commitment")?;
    sheet.accept(note_, open, opened(&pad(&frame.encode_to_vec())?, &sender, &own))?;
    Ok(own)
}
