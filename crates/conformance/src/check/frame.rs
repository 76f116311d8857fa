//! Operations that make frames and open them: all the way from what is said to what travels, and back.

use super::{
    content::{self, shown},
    inputs::Inputs,
    kind,
    session::cannot_send,
    stop::Stop,
    tape::Tape,
};
use crate::value::Fields;
use aside_content::{
    Body, ChatFrame, ChatId, Context, Expiry, Frame, GroupFrame, Kind, MessageId, Place, Salt, Stamp,
    ThreadFrame, ThreadId, rules::allowed,
};
use aside_group::{ChainHandover, ReceivingChain, SendingChain};
use aside_identity::{Address, GroupId, ListReference};
use aside_primitives::{Digest, Secret, VerifyingKey, commit::Commitment};
use aside_session::{Received, Session};
use aside_wire::{Reject, decode, group_packet::GroupPacket, pb};

pub(super) fn run(op: &str, input: &Inputs, tape: &mut Tape) -> Result<Option<Fields>, Stop> {
    Ok(Some(match op {
        "chat_id" => {
            let id = ChatId::draw(tape).map_err(|error| error.to_string())?;
            Fields::new().bytes("chat_id", id.as_bytes())
        }
        "thread_frame.encode" => {
            let frame = Frame { silent: false, expiry: None, salt: None, ..said(input, tape)? };
            let frame = ThreadFrame { thread: ThreadId::new(input.array("conversation")?), frame };
            may_stand(frame.frame.body.kind(), Place::Thread)?;
            made(&frame.frame, frame.hash()).bytes("frame", frame.encode()?)
        }
        "group_frame.send" => send_in_group(input, tape)?,
        "group_frame.receive" => receive_in_group(input)?,
        _ => return Ok(None),
    }))
}

pub(super) fn place(input: &Inputs) -> Result<Place, Stop> {
    match kind::place(input.text("place")?)? {
        place @ (Place::Chat | Place::Transient | Place::Members) => Ok(place),
        Place::Thread | Place::Group => Err("nothing goes there in a session".into()),
    }
}

fn may_stand(kind: Kind, place: Place) -> Result<(), Stop> {
    if allowed(kind, place) { Ok(()) } else { Err(Reject::Policy.into()) }
}

/// What every frame says, its message id drawn if none is given.
fn said(input: &Inputs, tape: &mut Tape) -> Result<Frame, Stop> {
    let message_id = match input.bytes("message_id")? {
        [] => MessageId::draw(tape).map_err(|error| error.to_string())?,
        _ => MessageId::new(input.array("message_id")?),
    };
    let previous = Some(input.bytes("previous")?).filter(|previous| !previous.is_empty());
    Ok(Frame {
        message_id,
        sent_at: input.u64("sent_at")?,
        body: Body::decode(Kind(input.u32("kind")?), input.bytes("content")?)?,
        previous: previous
            .map(|previous| Digest::from_slice(previous).ok_or("previous is no hash"))
            .transpose()?,
        silent: false,
        expiry: None,
        salt: None,
    })
}

/// The frame of a chat or a group, its salt drawn if none is given.
fn said_encrypted(input: &Inputs, tape: &mut Tape) -> Result<Frame, Stop> {
    let frame = said(input, tape)?;
    let salt = match input.bytes("salt")? {
        [] => Salt::draw(tape).map_err(|error| error.to_string())?,
        _ => Salt(input.array("salt")?),
    };
    let expiry = Some(input.bytes("expiry")?).filter(|expiry| !expiry.is_empty());
    let expiry: Option<pb::Expiry> = expiry.map(decode).transpose()?;
    let expiry = expiry.as_ref().map(Expiry::try_from).transpose()?;
    Ok(Frame { silent: input.flag("silent")?, expiry, salt: Some(salt), ..frame })
}

fn made(frame: &Frame, hash: Digest) -> Fields {
    let out = Fields::new().bytes("message_id", frame.message_id.as_bytes()).bytes("hash", hash);
    match frame.salt {
        Some(Salt(salt)) => out.bytes("salt", salt),
        None => out,
    }
}

/// Makes a frame and encrypts it in a session.
pub(super) fn send(
    session: &mut Session,
    sender: &Address,
    input: &Inputs,
    tape: &mut Tape,
) -> Result<Fields, Stop> {
    let place = place(input)?;
    let frame = said_encrypted(input, tape)?;
    may_stand(frame.body.kind(), place)?;
    let frame = ChatFrame { chat: ChatId::new(input.array("conversation")?), frame };
    let context = Context {
        sender_list: list(input, "sender_list")?,
        recipient_list: list(input, "recipient_list")?,
        generation: input.u32("generation")?,
    };
    let message = frame.seal_with(sender, &context, |padded, commit| {
        let sealed = match place {
            Place::Transient => session.encrypt_transient(tape, padded, commit),
            _ => session.encrypt(tape, padded, commit),
        };
        sealed.map_err(cannot_send)
    })?;
    Ok(made(&frame.frame, frame.hash()).bytes("message", message))
}

fn list(input: &Inputs, name: &str) -> Result<ListReference, Stop> {
    Ok(ListReference { version: input.u64(name)?, hash: Digest(input.array(&format!("{name}_hash"))?) })
}

/// The frame in what a session opened.
pub(super) fn opened(received: &Received, sender: &Address, place: Place) -> Result<Fields, Stop> {
    let Received { plaintext, franking_key, commitment, .. } = received;
    let (frame, context) = ChatFrame::open(plaintext, sender, franking_key, commitment)?;
    may_stand(frame.frame.body.kind(), place)?;
    Ok(shown(frame.chat.as_bytes(), &frame.frame)
        .flag("silent", frame.frame.silent)
        .number("sender_list", context.sender_list.version)
        .bytes("sender_list_hash", context.sender_list.hash)
        .number("recipient_list", context.recipient_list.version)
        .bytes("recipient_list_hash", context.recipient_list.hash)
        .number("generation", context.generation)
        .bytes("hash", frame.hash()))
}

fn send_in_group(input: &Inputs, tape: &mut Tape) -> Result<Fields, Stop> {
    let frame = said_encrypted(input, tape)?;
    let frame = GroupFrame { group: GroupId::new(input.array("conversation")?), frame };
    may_stand(frame.frame.body.kind(), Place::Group)?;
    let stamp = Stamp { sequence: input.u64("group_sequence")?, head: Digest(input.array("group_head")?) };
    let sender = content::sender(input)?;
    let mut chain = chain(input, &frame.group, &sender)?;
    let message = frame.seal_with(&sender, &stamp, |padded, commit| {
        let sealed = chain.encrypt(tape, padded, commit);
        sealed.map_err(|error| Stop::Defect(error.to_string()))
    })?;
    let next = chain.hand_over().map_err(|error| error.to_string())?;
    Ok(made(&frame.frame, frame.hash()).bytes("message", message).bytes("chain_key", next.chain_key.expose()))
}

/// A sending chain that has sent as many messages as it says.
fn chain(input: &Inputs, group: &GroupId, owner: &Address) -> Result<SendingChain, Stop> {
    let iteration = u16::try_from(input.u32("iteration")?).map_err(|_| "in.iteration is too great")?;
    let stored = [
        [1].as_slice(),
        group.as_bytes(),
        owner.account.as_bytes(),
        &[owner.device.byte()],
        &input.u64("epoch")?.to_be_bytes(),
        &input.array::<32>("signing_private")?,
        &input.array::<32>("chain_key")?,
        &iteration.to_be_bytes(),
        &[0; 8],
    ];
    SendingChain::import(&stored.concat()).map_err(|error| Stop::Defect(error.to_string()))
}

fn receive_in_group(input: &Inputs) -> Result<Fields, Stop> {
    let owner = content::sender(input)?;
    let handover = ChainHandover {
        iteration: u16::try_from(input.u32("iteration")?).map_err(|_| "in.iteration is too great")?,
        chain_key: input.secret::<32>("chain_key")?,
        signing_key: VerifyingKey::parse(input.bytes("signing_key")?)?,
    };
    let group = GroupId::new(input.array("group")?);
    let chain = ReceivingChain::accept(group, owner, input.u64("epoch")?, handover);
    let packet = GroupPacket::parse(input.bytes("message")?)?;
    let (received, _) = chain.decrypt(&owner, &packet)?;
    let (key, commitment): (&Secret<32>, &Commitment) = (&received.franking_key, &received.commitment);
    let (frame, stamp) = GroupFrame::open(&received.plaintext, &owner, key, commitment)?;
    // A chain is of one group, and so is what comes by it.
    if frame.group != group {
        return Err(Reject::Policy.into());
    }
    Ok(shown(frame.group.as_bytes(), &frame.frame)
        .flag("silent", frame.frame.silent)
        .number("group_sequence", stamp.sequence)
        .bytes("group_head", stamp.head)
        .number("iteration", received.iteration)
        .bytes("hash", frame.hash()))
}
