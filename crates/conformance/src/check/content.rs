//! Operations of the content chapter.

use super::{identity::account, inputs::Inputs, stop::Stop};
use crate::value::Fields;
use aside_content::{
    Body, ChatFrame, ChatId, Frame, GroupFrame, Kind, MessageId, ThreadFrame, ThreadId,
    padding::{pad, unpad},
};
use aside_identity::{AccountKey, Address, DeviceId};
use aside_primitives::{Digest, commit::Commitment};

pub(super) fn run(op: &str, input: &Inputs) -> Result<Option<Fields>, Stop> {
    let out = Fields::new();
    Ok(Some(match op {
        "pad" => out.bytes("padded", pad(input.bytes("frame")?)?),
        "unpad" => out.bytes("frame", unpad(input.bytes("padded")?)?),
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

fn sender(input: &Inputs) -> Result<Address, Stop> {
    Ok(Address { account: account(input)?, device: DeviceId::parse(input.u32("device_id")?)? })
}

fn frame(input: &Inputs) -> Result<Frame, Stop> {
    let previous = Some(input.bytes("previous")?).filter(|previous| !previous.is_empty());
    Ok(Frame {
        message_id: MessageId::new(input.array("message_id")?),
        sent_at: input.u64("sent_at")?,
        body: Body::decode(Kind(input.u32("kind")?), input.bytes("content")?)?,
        previous: previous
            .map(|previous| Digest::from_slice(previous).ok_or("previous is no hash"))
            .transpose()?,
        silent: false,
    })
}

fn shown(conversation: &[u8; 32], frame: &Frame) -> Fields {
    Fields::new()
        .bytes("conversation", conversation)
        .bytes("message_id", frame.message_id.as_bytes())
        .number("sent_at", frame.sent_at)
        .number("kind", frame.body.kind().0)
        .bytes("content", frame.body.encode())
        .bytes("previous", frame.previous.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default())
}
