//! Frames: one structure for every channel, two types so that channels do not mix.

use crate::{
    Body, ChatId, Expiry, Kind, MessageId, Place, Refused, ThreadId,
    rules::{allowed, is_message},
};
use alloc::vec::Vec;
use aside_identity::{Address, ListReference};
use aside_primitives::{
    Digest, Draw, Entropy, EntropyFailed, Secret, commit::Commitment, entropy, hash::hash, label,
};
use aside_wire::{Malformed, array, decode, pb};
use prost::Message;
use zeroize::Zeroizing;

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
    /// The sender asks for no alert. Never in a thread (CON-3).
    pub silent: bool,
    /// The terms on which the message lives; `None` of what is no message, and in a thread (EXP-1, EXP-2).
    pub expiry: Option<Expiry>,
    /// Part of the frame's hash alone; `None` in a thread (CON-40).
    pub salt: Option<Salt>,
}

/// 16 bytes drawn for one frame, so that its hash tells nothing of what it said once that is gone (CON-40).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Salt(pub [u8; 16]);

impl Salt {
    /// Draws a new one.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn draw(entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        entropy::public(entropy, Draw("frame salt")).map(Self)
    }
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
/// There is no way from a chat to here (CON-2):
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

/// A frame of an encrypted chat, or of what two members of a group tell each other alone ([`Body::Group`]). It has no
/// encoding of its own: only [`ChatFrame::seal_with`] lets its bytes out, padded, to be encrypted at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChatFrame {
    /// The chat.
    pub chat: ChatId,
    /// What it says.
    pub frame: Frame,
}

impl ThreadFrame {
    /// The canonical encoding, as the relay will see it.
    ///
    /// # Errors
    /// [`Malformed::Field`] if the kind may not stand in a thread (CON-14, CON-15), no alert is asked for, or it has terms or a
    /// salt.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        if !allowed(self.frame.body.kind(), Place::Thread) {
            return Err(Malformed::Field("kind"));
        }
        if self.frame.silent {
            return Err(Malformed::Field("silent"));
        }
        if self.frame.expiry.is_some() || self.frame.salt.is_some() {
            return Err(Malformed::Field("expiry"));
        }
        Ok(self.frame.fields(self.thread.as_bytes()).encode_to_vec())
    }

    /// Decodes a frame that came through a plaintext channel (CON-3, CON-14, CON-15).
    ///
    /// # Errors
    /// [`Refused`]; a frame with the fields of an encrypted one is [`Refused::WrongConversation`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Refused> {
        let fields: pb::Frame = decode(bytes)?;
        if of_a_chat(&fields) || of_a_group(&fields) || fields.silent || is_encrypted(&fields) {
            return Err(Refused::WrongConversation);
        }
        let thread = ThreadId::new(array(&fields.conversation, "conversation")?);
        let frame = Frame::decode(fields)?;
        if !allowed(frame.body.kind(), Place::Thread) {
            return Err(Refused::WrongConversation);
        }
        Ok(Self { thread, frame })
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
    /// [`Malformed::TooLarge`] if the content does not fit the largest size class; [`Malformed::Field`] without a salt, or
    /// with terms that this content cannot have; or what `encrypt` returned.
    pub fn seal_with<T, E: From<Malformed>>(
        &self,
        sender: &Address,
        context: &Context,
        encrypt: impl FnOnce(&[u8], &dyn Fn(&Secret<32>) -> Commitment) -> Result<T, E>,
    ) -> Result<T, E> {
        self.frame.check_encrypted()?;
        let list = |list: &ListReference| {
            Some(pb::ListReference { version: list.version, hash: list.hash.as_bytes().to_vec() })
        };
        let fields = pb::Frame {
            sender_list: list(&context.sender_list),
            recipient_list: list(&context.recipient_list),
            generation: context.generation,
            ..self.frame.fields(self.chat.as_bytes())
        };
        with_padded(fields, |padded| encrypt(padded, &|key| self.commitment(key, sender)))
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
        if of_a_group(&fields) || fields.salt.is_empty() {
            return Err(Refused::WrongConversation);
        }
        let (Some(sender_list), Some(recipient_list)) = (&fields.sender_list, &fields.recipient_list) else {
            return Err(Refused::WrongConversation);
        };
        let context = Context {
            sender_list: list_reference(sender_list)?,
            recipient_list: list_reference(recipient_list)?,
            generation: Some(fields.generation).filter(|n| *n != 0).ok_or(Malformed::Field("generation"))?,
        };
        let chat = ChatId::new(array(&fields.conversation, "conversation")?);
        let frame = Self { chat, frame: Frame::decode(fields)? };
        frame.frame.check_terms()?;
        if frame.commitment(franking_key, sender) != *commitment {
            return Err(Refused::Commitment);
        }
        Ok((frame, context))
    }

    /// The franking commitment of this frame by this sender (CON-10).
    #[must_use]
    pub fn commitment(&self, franking_key: &Secret<32>, sender: &Address) -> Commitment {
        self.frame.commitment(self.chat.as_bytes(), franking_key, sender)
    }

    /// Hash of this frame, which the next one of this device in this chat names.
    #[must_use]
    pub fn hash(&self) -> Digest {
        self.frame.hash(self.chat.as_bytes())
    }
}

impl Frame {
    /// The fields of a frame of every conversation.
    pub(crate) fn fields(&self, conversation: &[u8; 32]) -> pb::Frame {
        pb::Frame {
            conversation: conversation.to_vec(),
            message_id: self.message_id.as_bytes().to_vec(),
            sent_at: self.sent_at,
            kind: self.body.kind().0,
            content: self.body.encode(),
            previous: self.previous.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default(),
            silent: self.silent,
            expiry: self.expiry.map(pb::Expiry::from),
            salt: self.salt.map(|Salt(salt)| salt.to_vec()).unwrap_or_default(),
            ..Default::default()
        }
    }

    /// What an encrypted frame has beside its content: a salt, and terms that fit it.
    pub(crate) fn check_encrypted(&self) -> Result<(), Malformed> {
        if self.salt.is_none() {
            return Err(Malformed::Field("salt"));
        }
        self.check_terms()
    }

    /// Only messages live on terms, and what is opened once says so twice (EXP-1, EXP-20).
    pub(crate) fn check_terms(&self) -> Result<(), Malformed> {
        let fits = match (&self.body, self.expiry) {
            (Body::ViewOnce(_), terms) => terms.is_some_and(|expiry| expiry.is_view_once()),
            (_, None) => true,
            (body, Some(expiry)) => is_message(body.kind()) && !expiry.is_view_once(),
        };
        if fits { Ok(()) } else { Err(Malformed::Field("expiry")) }
    }

    pub(crate) fn decode(fields: pb::Frame) -> Result<Self, Refused> {
        let content = Zeroizing::new(fields.content);
        let previous = match fields.previous.as_slice() {
            [] => None,
            bytes => Some(Digest(array(bytes, "previous")?)),
        };
        let salt = match fields.salt.as_slice() {
            [] => None,
            bytes => Some(Salt(array(bytes, "salt")?)),
        };
        Ok(Self {
            message_id: MessageId::new(array(&fields.message_id, "message_id")?),
            sent_at: fields.sent_at,
            body: Body::decode(Kind(fields.kind), &content)?,
            previous,
            silent: fields.silent,
            expiry: fields.expiry.as_ref().map(Expiry::try_from).transpose()?,
            salt,
        })
    }

    /// The franking commitment of this frame in this conversation by this sender (CON-10).
    pub(crate) fn commitment(
        &self,
        conversation: &[u8; 32],
        franking_key: &Secret<32>,
        sender: &Address,
    ) -> Commitment {
        let Self { message_id, sent_at, body, previous: _, silent: _, expiry, salt: _ } = self;
        let content = Zeroizing::new(body.encode());
        Commitment::compute(
            franking_key,
            label::COMMITMENT,
            &[
                conversation,
                message_id.as_bytes(),
                sender.account.as_bytes(),
                &[sender.device.byte()],
                &sent_at.to_be_bytes(),
                &body.kind().0.to_be_bytes(),
                &content,
                covered(expiry.as_ref()).as_slice(),
            ],
        )
    }

    /// `H(conversation, message id, sent time, kind, content, previous, terms, salt)` (CON-7).
    pub(crate) fn hash(&self, conversation: &[u8; 32]) -> Digest {
        let previous = self.previous.as_ref().map(|hash| hash.as_bytes().as_slice());
        let content = Zeroizing::new(self.body.encode_shared());
        let salt = self.salt.as_ref().map(|Salt(salt)| salt.as_slice());
        hash(
            label::PREVIOUS_FRAME,
            &[
                conversation,
                self.message_id.as_bytes(),
                &self.sent_at.to_be_bytes(),
                &self.body.kind().0.to_be_bytes(),
                &content,
                previous.unwrap_or_default(),
                covered(self.expiry.as_ref()).as_slice(),
                salt.unwrap_or_default(),
            ],
        )
    }
}

/// The terms as hash and commitment cover them; nothing if there are none.
fn covered(expiry: Option<&Expiry>) -> Vec<u8> {
    expiry.map(|expiry| expiry.covered().to_vec()).unwrap_or_default()
}

/// Encodes and pads a frame for `encrypt`, and wipes every copy of what it says.
pub(crate) fn with_padded<T, E: From<Malformed>>(
    fields: pb::Frame,
    encrypt: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T, E> {
    let encoded = Zeroizing::new(fields.encode_to_vec());
    drop(Zeroizing::new(fields.content));
    encrypt(&Zeroizing::new(crate::padding::pad(&encoded)?))
}

/// It has a field that only frames of chats have (CON-3).
pub(crate) const fn of_a_chat(fields: &pb::Frame) -> bool {
    fields.sender_list.is_some() || fields.recipient_list.is_some() || fields.generation != 0
}

/// It has a field that only encrypted frames have (CON-3).
fn is_encrypted(fields: &pb::Frame) -> bool {
    fields.expiry.is_some() || !fields.salt.is_empty()
}

/// It has a field that only frames of groups have (CON-3).
pub(crate) const fn of_a_group(fields: &pb::Frame) -> bool {
    fields.group_sequence != 0 || !fields.group_head.is_empty()
}

fn list_reference(list: &pb::ListReference) -> Result<ListReference, Malformed> {
    let version = Some(list.version).filter(|version| *version != 0).ok_or(Malformed::Field("version"))?;
    Ok(ListReference { version, hash: Digest(array(&list.hash, "hash")?) })
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
