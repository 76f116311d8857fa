//! What a frame says: the content of one of the kinds. Unknown ones are kept, never dropped.

use crate::{
    CaptureNotice, Card, Checked, Choice, Content, Edit, EncryptedOnly, ExpiryPolicy, Form, Forward,
    Handover, Kind, Media, MessageId, Presence, Profile, Reaction, Receipts, Reference, Refused, Reply,
    Retry, Sharing, Shorten, Sticker, Target, Text, ThreadId, ViewOnce, checked::AnyContent, fallback,
    rules::is_message,
};
use alloc::{format, string::String, vec::Vec};
use aside_wire::{Malformed, array, decode, pb};
use core::fmt;
use prost::Message;
use zeroize::Zeroizing;

/// What a frame says.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A text of 1 to 16,384 bytes, and the people named in it.
    Text(Text),
    /// Asks the recipient to talk encrypted, in the chat whose id the frame carries.
    ChatOpen {
        /// The plaintext thread it stands beside.
        beside: Option<ThreadId>,
    },
    /// Accepts the chat whose id the frame carries.
    ChatAccept,
    /// Declines the chat whose id the frame carries.
    ChatDecline,
    /// Ends the chat whose id the frame carries.
    ChatClose,
    /// A picture, a video, a voice message or a file.
    Media(Checked<Media>),
    /// A sticker.
    Sticker(Checked<Sticker>),
    /// Something published elsewhere.
    Reference(Checked<Reference>),
    /// Somebody's profile.
    Profile(Checked<Profile>),
    /// An answer to one message.
    Reply(Checked<Reply>),
    /// A reaction to one message.
    Reaction(Checked<Reaction>),
    /// Another wording of a text.
    Edit(Checked<Edit>),
    /// Takes back the sender's own message with this id.
    Unsend(MessageId),
    /// Something said elsewhere.
    Forward(Checked<Forward>),
    /// What two members of a group tell each other alone: legal in a [`ChatFrame`](crate::ChatFrame) whose
    /// conversation is the *group's* id, and nowhere else (CON-14). Nothing is decoded here; keys are among it, so it
    /// is wiped.
    Group {
        /// One of 16 to 19, or 32.
        kind: Kind,
        /// Its content, as received.
        content: Zeroizing<Vec<u8>>,
    },
    /// Questions.
    Form(Checked<Form>),
    /// Answers to a form, or an action of a card.
    Choice(Checked<Choice>),
    /// An order, a parcel or a payment.
    Card(Checked<Card>),
    /// Who answers from here: a program or a person.
    Handover(Checked<Handover>),
    /// What became of messages.
    Receipts(Checked<Receipts>),
    /// The sender is writing, or stopped.
    Typing {
        /// They are writing.
        started: bool,
    },
    /// Whether the sender is there.
    Presence(Presence),
    /// What may be done with what is said.
    Sharing(Checked<Sharing>),
    /// The sender can be reached only encrypted.
    EncryptedOnly(Checked<EncryptedOnly>),
    /// How long what is said from here on lives.
    ExpiryPolicy(Checked<ExpiryPolicy>),
    /// A message of the sender lives shorter than it said.
    Shorten(Checked<Shorten>),
    /// A message that can be opened once.
    ViewOnce(Checked<ViewOnce>),
    /// Messages were captured.
    Capture(Checked<CaptureNotice>),
    /// Messages could not be opened.
    Retry(Checked<Retry>),
    /// A kind of a later version: kept, and shown by its fallback.
    Unknown {
        /// Its number.
        kind: Kind,
        /// Its content, as received.
        content: Vec<u8>,
    },
}

impl Body {
    /// A text that names nobody.
    ///
    /// # Errors
    /// [`Malformed::Field`] if it is empty or longer than 16,384 bytes.
    pub fn text(text: impl Into<String>) -> Result<Self, Malformed> {
        Text::new(text).map(Self::Text)
    }

    /// Content of a kind with fields.
    ///
    /// # Errors
    /// Those of [`Checked::new`].
    pub fn of<T: Content>(content: T) -> Result<Self, Malformed>
    where
        Self: From<Checked<T>>,
    {
        Checked::new(content).map(Self::from)
    }

    /// The kind's number.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::TEXT,
            Self::ChatOpen { .. } => Kind::CHAT_OPEN,
            Self::ChatAccept => Kind::CHAT_ACCEPT,
            Self::ChatDecline => Kind::CHAT_DECLINE,
            Self::ChatClose => Kind::CHAT_CLOSE,
            Self::Unsend(_) => Kind::UNSEND,
            Self::Typing { .. } => Kind::TYPING,
            Self::Presence(_) => Kind::PRESENCE,
            Self::Group { kind, .. } | Self::Unknown { kind, .. } => *kind,
            _ => self.checked().map_or(Kind(0), AnyContent::kind),
        }
    }

    /// The message that it refers to. One that is taken back is named by [`Body::Unsend`], those of receipts by
    /// [`Receipts::message_ids`].
    #[must_use]
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Reply(reply) => Some(&reply.target),
            Self::Reaction(reaction) => Some(&reaction.target),
            Self::Edit(edit) => Some(&edit.target),
            Self::Choice(choice) => Some(&choice.target),
            _ => None,
        }
    }

    /// It is a message of its own in the conversation, and not something about another one or about the conversation.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        is_message(self.kind())
    }

    /// Plain text for terminals, notifications and previews. What the sender wrote for it counts only if the kind is
    /// not known here (CON-17).
    #[must_use]
    pub fn fallback_text(&self) -> String {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::ChatOpen { .. } => "[asks to talk encrypted]".into(),
            Self::ChatAccept => "[talks encrypted from here]".into(),
            Self::ChatDecline => "[does not want to talk encrypted]".into(),
            Self::ChatClose => "[ended the chat]".into(),
            Self::Unsend(_) => "[message taken back]".into(),
            Self::Typing { started: true } => "[is writing]".into(),
            Self::Typing { started: false } => "[stopped writing]".into(),
            Self::Presence(Presence::Available) => "[is there]".into(),
            Self::Presence(Presence::Recently) => "[was there recently]".into(),
            Self::Presence(Presence::Away) => "[is not there]".into(),
            Self::Unknown { kind, .. } => match self.sent_fallback() {
                Some(text) => text.into(),
                None => format!("[not supported here: content kind {}]", kind.0),
            },
            _ => self.checked().map_or_else(String::new, AnyContent::fallback_text),
        }
    }

    /// What the sender wrote for readers who do not know the kind, 1 to 512 bytes; `None` if the kind is known, or nothing
    /// that counts is there (CON-17).
    #[must_use]
    pub fn sent_fallback(&self) -> Option<&str> {
        match self {
            Self::Unknown { content, .. } => fallback::of_unknown(content),
            _ => None,
        }
    }

    /// The content in the canonical encoding of its kind. Of [`Body::Group`] and of whatever has an attachment it is to
    /// be wiped.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.encode(),
            Self::ChatOpen { beside } => {
                let beside = beside.map(|thread| thread.as_bytes().to_vec()).unwrap_or_default();
                pb::ChatOpen { beside }.encode_to_vec()
            }
            Self::ChatAccept | Self::ChatDecline | Self::ChatClose => Vec::new(),
            Self::Unsend(id) => pb::Unsend { message_id: id.as_bytes().to_vec() }.encode_to_vec(),
            Self::Typing { started } => pb::Typing { started: *started }.encode_to_vec(),
            Self::Presence(presence) => presence.fields().encode_to_vec(),
            Self::Group { content, .. } => content.to_vec(),
            Self::Unknown { content, .. } => content.clone(),
            _ => self.checked().map_or_else(Vec::new, AnyContent::encode),
        }
    }

    /// What of the content every recipient gets, and the hash of the frame is over: all of it but the key of what is opened
    /// once (EXP-21).
    pub(crate) fn encode_shared(&self) -> Vec<u8> {
        match self {
            Self::ViewOnce(once) => once.encode_without_key(),
            other => other.encode(),
        }
    }

    /// Decodes the content of a kind (CON-8).
    ///
    /// # Errors
    /// [`Refused::Malformed`] or [`Refused::Key`] if the content of a known kind breaks its rules.
    pub fn decode(kind: Kind, content: &[u8]) -> Result<Self, Refused> {
        Ok(match kind {
            Kind(0) => return Err(Malformed::Field("kind").into()),
            Kind::TEXT => Self::Text(Text::decode(content)?),
            Kind::CHAT_OPEN => {
                let pb::ChatOpen { beside } = decode(content)?;
                let beside = match beside.as_slice() {
                    [] => None,
                    bytes => Some(ThreadId::new(array(bytes, "beside")?)),
                };
                Self::ChatOpen { beside }
            }
            Kind::CHAT_ACCEPT => decode::<pb::ChatAccept>(content).map(|_| Self::ChatAccept)?,
            Kind::CHAT_DECLINE => decode::<pb::ChatDecline>(content).map(|_| Self::ChatDecline)?,
            Kind::CHAT_CLOSE => decode::<pb::ChatClose>(content).map(|_| Self::ChatClose)?,
            Kind::UNSEND => {
                let pb::Unsend { message_id } = decode(content)?;
                Self::Unsend(MessageId::new(array(&message_id, "message_id")?))
            }
            Kind::TYPING => {
                let pb::Typing { started } = decode(content)?;
                Self::Typing { started }
            }
            Kind::PRESENCE => Self::Presence(Presence::read(decode(content)?)?),
            kind if kind.is_between_members() => {
                Self::Group { kind, content: Zeroizing::new(content.to_vec()) }
            }
            kind if kind.is_known() => return Self::decode_checked(kind, content),
            kind => Self::Unknown { kind, content: content.to_vec() },
        })
    }
}

/// The kinds whose content has fields of its own.
macro_rules! checked {
    ($($variant:ident: $name:ident,)+) => {
        impl Body {
            fn checked(&self) -> Option<&dyn AnyContent> {
                match self {
                    $(Self::$variant(content) => Some(content),)+
                    _ => None,
                }
            }

            fn decode_checked(kind: Kind, content: &[u8]) -> Result<Self, Refused> {
                match kind {
                    $(<$name as Content>::KIND => Checked::<$name>::decode(content).map(Self::$variant),)+
                    _ => Err(Malformed::Field("kind").into()),
                }
            }
        }

        $(impl From<Checked<$name>> for Body {
            fn from(content: Checked<$name>) -> Self {
                Self::$variant(content)
            }
        })+
    };
}

checked! {
    Media: Media,
    Sticker: Sticker,
    Reference: Reference,
    Profile: Profile,
    Reply: Reply,
    Reaction: Reaction,
    Edit: Edit,
    Forward: Forward,
    Form: Form,
    Choice: Choice,
    Card: Card,
    Handover: Handover,
    Receipts: Receipts,
    Sharing: Sharing,
    EncryptedOnly: EncryptedOnly,
    ExpiryPolicy: ExpiryPolicy,
    Shorten: Shorten,
    ViewOnce: ViewOnce,
    Capture: CaptureNotice,
    Retry: Retry,
}

/// Says what it is, never what it says.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::ChatOpen { .. } => f.write_str("ChatOpen"),
            Self::ChatAccept => f.write_str("ChatAccept"),
            Self::ChatDecline => f.write_str("ChatDecline"),
            Self::ChatClose => f.write_str("ChatClose"),
            Self::Unsend(id) => write!(f, "Unsend({id:?})"),
            Self::Typing { .. } => f.write_str("Typing"),
            Self::Presence(_) => f.write_str("Presence"),
            Self::Group { kind, content } => write!(f, "Group({kind:?}, {} bytes)", content.len()),
            Self::Unknown { kind, content } => write!(f, "Unknown({kind:?}, {} bytes)", content.len()),
            other => other.checked().map_or(Ok(()), |content| content.fmt(f)),
        }
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
