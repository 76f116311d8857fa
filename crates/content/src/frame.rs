//! Frames: one structure for every channel, two types so that channels do not mix.

use crate::{Body, ChatId, Kind, MessageId, Refused, ThreadId};
use alloc::vec::Vec;
use aside_identity::{Address, ListReference};
use aside_primitives::{Digest, Secret, commit::Commitment, hash::hash, label};
use aside_wire::{Malformed, array, decode, pb};
use prost::Message;

/// What every frame says, whatever its conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Drawn by the sender.
    pub message_id: MessageId,
    /// Milliseconds since 1970-01-01 UTC by the sender's clock.
    pub sent_at: u64,
    /// The content.
    pub body: Body,
    /// Hash of the sender device's previous frame in this conversation; `None` in the first (CON-7).
    pub previous: Option<Digest>,
}

/// What only an encrypted frame says: which devices each side believes the other to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// The sender's own device list.
    pub sender_list: ListReference,
    /// The recipient's device list as the sender knows it.
    pub recipient_list: ListReference,
    /// Generation of the session, from 1.
    pub generation: u32,
}

/// A frame of a plaintext thread; the relay can read it.
///
/// There is no way from a chat to here:
///
/// ```compile_fail
/// use aside_content::{ChatFrame, ThreadFrame};
/// fn downgrade(chat: ChatFrame) -> ThreadFrame {
///     chat.into()
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThreadFrame {
    /// The thread.
    pub thread: ThreadId,
    /// What it says.
    pub frame: Frame,
}

/// A frame of an encrypted chat. It has no encoding of its own: only [`ChatFrame::seal_with`] lets its bytes out,
/// padded, to be encrypted at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChatFrame {
    /// The chat.
    pub chat: ChatId,
    /// What it says.
    pub frame: Frame,
}

impl ThreadFrame {
    /// The canonical encoding, as the relay will see it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.frame.encode(self.thread.as_bytes(), None).encode_to_vec()
    }

    /// Decodes a frame that came through a plaintext channel (CON-3).
    ///
    /// # Errors
    /// [`Refused`]; a frame with the fields of an encrypted one is [`Refused::WrongConversation`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        let fields: pb::Frame = decode(bytes)?;
        if fields.sender_list.is_some() || fields.recipient_list.is_some() || fields.generation != 0 {
            return Err(Refused::WrongConversation);
        }
        let thread = ThreadId::new(array(&fields.conversation, "conversation")?);
        Ok(Self { thread, frame: Frame::decode(&fields)? })
    }

    /// Hash of this frame, which the next one of this device in this thread names.
    #[must_use]
    pub fn hash(&self) -> Digest {
        self.frame.hash(self.thread.as_bytes())
    }
}

impl ChatFrame {
    /// Encodes, pads and hands the bytes to `encrypt`, together with the commitment for the franking key that the
    /// session has for them (CON-10).
    ///
    /// # Errors
    /// [`Malformed::TooLarge`] if the content does not fit the largest size class; or what `encrypt` returned.
    pub fn seal_with<T, E: From<Malformed>>(
        &self,
        sender: &Address,
        context: &Context,
        encrypt: impl FnOnce(&[u8], &dyn Fn(&Secret<32>) -> Commitment) -> Result<T, E>,
    ) -> Result<T, E> {
        let encoded = self.frame.encode(self.chat.as_bytes(), Some(context)).encode_to_vec();
        let padded = crate::padding::pad(&encoded)?;
        encrypt(&padded, &|franking_key| self.commitment(franking_key, sender))
    }

    /// Opens what a session decrypted: padding, layout, then the commitment, before anything is acted on or shown
    /// (CON-9 to CON-11, threats F1, F2).
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn open(
        padded: &[u8],
        sender: &Address,
        franking_key: &Secret<32>,
        commitment: &Commitment,
    ) -> Result<(Self, Context), Refused> {
        let fields: pb::Frame = decode(crate::padding::unpad(padded)?)?;
        let (Some(sender_list), Some(recipient_list)) = (&fields.sender_list, &fields.recipient_list) else {
            return Err(Refused::WrongConversation);
        };
        let context = Context {
            sender_list: list_reference(sender_list)?,
            recipient_list: list_reference(recipient_list)?,
            generation: Some(fields.generation).filter(|n| *n != 0).ok_or(Malformed::Field("generation"))?,
        };
        let chat = ChatId::new(array(&fields.conversation, "conversation")?);
        let frame = Self { chat, frame: Frame::decode(&fields)? };
        if frame.commitment(franking_key, sender) != *commitment {
            return Err(Refused::Commitment);
        }
        Ok((frame, context))
    }

    /// The franking commitment of this frame by this sender (CON-10).
    #[must_use]
    pub fn commitment(&self, franking_key: &Secret<32>, sender: &Address) -> Commitment {
        let Frame { message_id, sent_at, body, previous: _ } = &self.frame;
        Commitment::compute(
            franking_key,
            label::COMMITMENT,
            &[
                self.chat.as_bytes(),
                message_id.as_bytes(),
                sender.account.as_bytes(),
                &[sender.device.byte()],
                &sent_at.to_be_bytes(),
                &body.kind().0.to_be_bytes(),
                &body.encode(),
            ],
        )
    }

    /// Hash of this frame, which the next one of this device in this chat names.
    #[must_use]
    pub fn hash(&self) -> Digest {
        self.frame.hash(self.chat.as_bytes())
    }
}

impl Frame {
    fn encode(&self, conversation: &[u8; 32], context: Option<&Context>) -> pb::Frame {
        let list = |list: &ListReference| pb::ListReference {
            version: list.version,
            hash: list.hash.as_bytes().to_vec(),
        };
        pb::Frame {
            conversation: conversation.to_vec(),
            message_id: self.message_id.as_bytes().to_vec(),
            sent_at: self.sent_at,
            kind: self.body.kind().0,
            content: self.body.encode(),
            previous: self.previous.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default(),
            sender_list: context.map(|context| list(&context.sender_list)),
            recipient_list: context.map(|context| list(&context.recipient_list)),
            generation: context.map_or(0, |context| context.generation),
            group_sequence: 0,
            group_head: Vec::new(),
        }
    }

    fn decode(fields: &pb::Frame) -> Result<Self, Refused> {
        let previous = match fields.previous.as_slice() {
            [] => None,
            bytes => Some(Digest(array(bytes, "previous")?)),
        };
        Ok(Self {
            message_id: MessageId::new(array(&fields.message_id, "message_id")?),
            sent_at: fields.sent_at,
            body: Body::decode(Kind(fields.kind), &fields.content)?,
            previous,
        })
    }

    /// `H(conversation, message id, sent time, kind, content, previous)` (CON-7).
    fn hash(&self, conversation: &[u8; 32]) -> Digest {
        let previous = self.previous.as_ref().map(|hash| hash.as_bytes().as_slice());
        hash(
            label::PREVIOUS_FRAME,
            &[
                conversation,
                self.message_id.as_bytes(),
                &self.sent_at.to_be_bytes(),
                &self.body.kind().0.to_be_bytes(),
                &self.body.encode(),
                previous.unwrap_or_default(),
            ],
        )
    }
}

fn list_reference(list: &pb::ListReference) -> Result<ListReference, Malformed> {
    let version = Some(list.version).filter(|version| *version != 0).ok_or(Malformed::Field("version"))?;
    Ok(ListReference { version, hash: Digest(array(&list.hash, "hash")?) })
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
