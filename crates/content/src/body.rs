//! Content kinds. Unknown ones are kept, never dropped.

use crate::{Refused, Text, ThreadId};
use alloc::{string::String, vec::Vec};
use aside_wire::{Malformed, array, decode, pb};
use core::fmt;
use prost::Message;
use zeroize::Zeroizing;

/// The number of a content kind in the registry (CON-8).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Kind(pub u32);

impl Kind {
    /// A text.
    pub const TEXT: Self = Self(1);
    /// Asks the recipient to talk encrypted.
    pub const CHAT_OPEN: Self = Self(2);
    /// Accepts a chat.
    pub const CHAT_ACCEPT: Self = Self(3);
    /// Hands a sending chain to a member of a group.
    pub const SENDER_KEY: Self = Self(16);
    /// Tells somebody that they are in a group.
    pub const GROUP_INVITE: Self = Self(17);
    /// Asks a member for entries of a group's log.
    pub const GROUP_LOG_REQUEST: Self = Self(18);
    /// Answers with them.
    pub const GROUP_LOG_ENTRIES: Self = Self(19);

    /// It is among what two members of a group tell each other alone (CON-14).
    pub(crate) const fn is_between_members(self) -> bool {
        matches!(
            self,
            Self::SENDER_KEY | Self::GROUP_INVITE | Self::GROUP_LOG_REQUEST | Self::GROUP_LOG_ENTRIES
        )
    }
}

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
    /// What two members of a group tell each other alone: legal in a [`ChatFrame`](crate::ChatFrame) whose
    /// conversation is the *group's* id, and nowhere else (CON-14). Nothing is decoded here; keys are among it, so it
    /// is wiped.
    Group {
        /// One of 16 to 19.
        kind: Kind,
        /// Its content, as received.
        content: Zeroizing<Vec<u8>>,
    },
    /// A kind of a later version: kept, and shown as "not supported here".
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

    /// The kind's number.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::TEXT,
            Self::ChatOpen { .. } => Kind::CHAT_OPEN,
            Self::ChatAccept => Kind::CHAT_ACCEPT,
            Self::Group { kind, .. } | Self::Unknown { kind, .. } => *kind,
        }
    }

    /// The content in the canonical encoding of its kind. Of [`Body::Group`] it is to be wiped.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.encode(),
            Self::ChatOpen { beside } => {
                let beside = beside.map(|thread| thread.as_bytes().to_vec()).unwrap_or_default();
                pb::ChatOpen { beside }.encode_to_vec()
            }
            Self::ChatAccept => pb::ChatAccept {}.encode_to_vec(),
            Self::Group { content, .. } => content.to_vec(),
            Self::Unknown { content, .. } => content.clone(),
        }
    }

    /// Decodes the content of a kind (CON-8).
    ///
    /// # Errors
    /// [`Refused::Malformed`] or [`Refused::Key`] if the content of a known kind breaks its rules.
    pub fn decode(kind: Kind, content: &[u8]) -> Result<Self, Refused> {
        match kind {
            Kind(0) => Err(Malformed::Field("kind").into()),
            Kind::TEXT => Text::decode(content).map(Self::Text),
            Kind::CHAT_OPEN => {
                let pb::ChatOpen { beside } = decode(content)?;
                let beside = match beside.as_slice() {
                    [] => None,
                    bytes => Some(ThreadId::new(array(bytes, "beside")?)),
                };
                Ok(Self::ChatOpen { beside })
            }
            Kind::CHAT_ACCEPT => Ok(decode::<pb::ChatAccept>(content).map(|_| Self::ChatAccept)?),
            kind if kind.is_between_members() => {
                Ok(Self::Group { kind, content: Zeroizing::new(content.to_vec()) })
            }
            _ => Ok(Self::Unknown { kind, content: content.to_vec() }),
        }
    }
}

/// Says what it is, never what it says.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::ChatOpen { .. } => f.write_str("ChatOpen"),
            Self::ChatAccept => f.write_str("ChatAccept"),
            Self::Group { kind, content } => write!(f, "Group({kind:?}, {} bytes)", content.len()),
            Self::Unknown { kind, content } => write!(f, "Unknown({kind:?}, {} bytes)", content.len()),
        }
    }
}
