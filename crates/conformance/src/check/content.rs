//! Operations of the content chapter.

use super::{identity::account, inputs::Inputs, stop::Stop, tape::Tape};
use crate::value::Fields;
use aside_content::{
    AttachmentSealer, Body, ChatFrame, ChatId, Expiry, Frame, GroupFrame, Kind, MessageId, Observation, Salt,
    ThreadFrame, ThreadId, TimeMark,
    padding::{pad, unpad},
};
use aside_identity::{AccountKey, Address, DeviceId};
use aside_primitives::{Digest, commit::Commitment};
use aside_wire::{decode, limits::ATTACHMENT_PIECE_BYTES, pb};
use prost::Message;

pub(super) fn run(op: &str, input: &Inputs, tape: &mut Tape) -> Result<Option<Fields>, Stop> {
    let out = Fields::new();
    Ok(Some(match op {
        "pad" => out.bytes("padded", pad(input.bytes("frame")?)?),
        "unpad" => out.bytes("frame", unpad(input.bytes("padded")?)?),
        "attachment.seal" => attachment(input.bytes("file")?, tape)?,
        "time.observe" => observe(input)?,
        "thread_id" => {
            let accounts = input.list("accounts")?;
            let [one, other] = accounts.as_slice() else { return Err("a thread has two accounts".into()) };
            let thread = ThreadId::between(&AccountKey::parse(one)?, &AccountKey::parse(other)?);
            out.bytes("thread_id", thread.as_bytes())
        }
        "thread_frame.decode" => {
            let frame = ThreadFrame::decode(input.bytes("frame")?)?;
            shown(frame.thread.as_bytes(), &frame.frame)
        }
        "chat_frame.open" => {
            let key = input.secret("franking_key")?;
            let commitment = Commitment(input.array("commitment")?);
            let (frame, context) =
                ChatFrame::open(input.bytes("padded")?, &sender(input)?, &key, &commitment)?;
            shown(frame.chat.as_bytes(), &frame.frame)
                .number("sender_list", context.sender_list.version)
                .bytes("sender_list_hash", context.sender_list.hash)
                .number("recipient_list", context.recipient_list.version)
                .bytes("recipient_list_hash", context.recipient_list.hash)
                .number("generation", context.generation)
        }
        "group_frame.open" => {
            let key = input.secret("franking_key")?;
            let commitment = Commitment(input.array("commitment")?);
            let (frame, stamp) =
                GroupFrame::open(input.bytes("padded")?, &sender(input)?, &key, &commitment)?;
            shown(frame.group.as_bytes(), &frame.frame)
                .number("group_sequence", stamp.sequence)
                .bytes("group_head", stamp.head)
        }
        "frame.commitment" => {
            let chat = ChatFrame { chat: ChatId::new(input.array("conversation")?), frame: frame(input)? };
            out.bytes("commitment", chat.commitment(&input.secret("franking_key")?, &sender(input)?).0)
        }
        "frame.hash" => {
            let thread =
                ThreadFrame { thread: ThreadId::new(input.array("conversation")?), frame: frame(input)? };
            out.bytes("hash", thread.hash())
        }
        _ => return Ok(None),
    }))
}

fn observe(input: &Inputs) -> Result<Fields, Stop> {
    let kept =
        TimeMark { confirmed: input.u64("confirmed")?, mark: input.u64("mark")?, heard: input.u64("heard")? };
    let wall = input.u64("wall")?;
    let seen = Observation { wall, counted: input.u64("counted")?, told: input.u64("told")? };
    let after = kept.observe(seen);
    Ok(Fields::new()
        .number("confirmed", after.confirmed)
        .number("mark", after.mark)
        .number("heard", after.heard)
        .number("hides_by", after.hides_by(wall))
        .number("destroys_by", after.destroys_by()))
}

/// Encrypts a file as whoever sends it does.
fn attachment(file: &[u8], tape: &mut Tape) -> Result<Fields, Stop> {
    let size = u64::try_from(file.len()).map_err(|error| error.to_string())?;
    let mut sealer = AttachmentSealer::new(tape, size).map_err(|error| error.to_string())?;
    let pieces = sealer.pieces();
    let (mut chunks, mut length) = (file.chunks(ATTACHMENT_PIECE_BYTES), 0usize);
    for _ in 0..pieces {
        let mut piece = chunks.next().unwrap_or_default().to_vec();
        sealer.seal(&mut piece)?;
        length = length.saturating_add(piece.len());
    }
    let length = u64::try_from(length).map_err(|error| error.to_string())?;
    let attachment = sealer.finish("application/octet-stream")?;
    Ok(Fields::new()
        .bytes("id", attachment.id)
        .bytes("key", *attachment.key)
        .number("pieces", pieces)
        .number("length", length)
        .bytes("hash", attachment.hash))
}

pub(super) fn sender(input: &Inputs) -> Result<Address, Stop> {
    Ok(Address { account: account(input)?, device: DeviceId::parse(input.u32("device_id")?)? })
}

fn frame(input: &Inputs) -> Result<Frame, Stop> {
    let previous = Some(input.bytes("previous")?).filter(|previous| !previous.is_empty());
    let expiry = Some(input.bytes("expiry")?).filter(|expiry| !expiry.is_empty());
    let expiry: Option<pb::Expiry> = expiry.map(decode).transpose()?;
    let expiry = expiry.as_ref().map(Expiry::try_from).transpose()?;
    let salt = match input.bytes("salt")? {
        [] => None,
        _ => Some(Salt(input.array("salt")?)),
    };
    Ok(Frame {
        message_id: MessageId::new(input.array("message_id")?),
        sent_at: input.u64("sent_at")?,
        body: Body::decode(Kind(input.u32("kind")?), input.bytes("content")?)?,
        previous: previous
            .map(|previous| Digest::from_slice(previous).ok_or("previous is no hash"))
            .transpose()?,
        silent: false,
        expiry,
        salt,
    })
}

pub(super) fn shown(conversation: &[u8; 32], frame: &Frame) -> Fields {
    Fields::new()
        .bytes("conversation", conversation)
        .bytes("message_id", frame.message_id.as_bytes())
        .number("sent_at", frame.sent_at)
        .number("kind", frame.body.kind().0)
        .bytes("content", frame.body.encode())
        .bytes("previous", frame.previous.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default())
        .bytes(
            "expiry",
            frame.expiry.map(|terms| pb::Expiry::from(terms).encode_to_vec()).unwrap_or_default(),
        )
        .bytes("salt", frame.salt.map(|Salt(salt)| salt.to_vec()).unwrap_or_default())
}
