//! Content kinds. Unknown ones are kept, never dropped.

use crate::ThreadId;
use alloc::{string::String, vec::Vec};
use aside_wire::{Malformed, array, decode, limits::TEXT_BYTES, pb};
use core::fmt;
use prost::Message;

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
}

/// What a frame says.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A text of 1 to 16,384 bytes.
    Text(String),
    /// Asks the recipient to talk encrypted, in the chat whose id the frame carries.
    ChatOpen {
        /// The plaintext thread it stands beside.
        beside: Option<ThreadId>,
    },
    /// Accepts the chat whose id the frame carries.
    ChatAccept,
    /// A kind of a later version: kept, and shown as "not supported here".
    Unknown {
        /// Its number.
        kind: Kind,
        /// Its content, as received.
        content: Vec<u8>,
    },
}

impl Body {
    /// A text.
    ///
    /// # Errors
    /// [`Malformed::Field`] if it is empty or longer than 16,384 bytes.
    pub fn text(text: impl Into<String>) -> Result<Self, Malformed> {
        let text = text.into();
        if text.is_empty() || text.len() > TEXT_BYTES {
            return Err(Malformed::Field("text"));
        }
        Ok(Self::Text(text))
    }

    /// The kind's number.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::TEXT,
            Self::ChatOpen { .. } => Kind::CHAT_OPEN,
            Self::ChatAccept => Kind::CHAT_ACCEPT,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// The content in the canonical encoding of its kind.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Text(body) => pb::Text { body: body.clone(), mentions: Vec::new() }.encode_to_vec(),
            Self::ChatOpen { beside } => {
                let beside = beside.map(|thread| thread.as_bytes().to_vec()).unwrap_or_default();
                pb::ChatOpen { beside }.encode_to_vec()
            }
            Self::ChatAccept => pb::ChatAccept {}.encode_to_vec(),
            Self::Unknown { content, .. } => content.clone(),
        }
    }

    /// Decodes the content of a kind (CON-8).
    ///
    /// # Errors
    /// [`Malformed`] if the content of a known kind breaks its rules.
    pub fn decode(kind: Kind, content: &[u8]) -> Result<Self, Malformed> {
        match kind {
            Kind(0) => Err(Malformed::Field("kind")),
            Kind::TEXT => Self::text(decode::<pb::Text>(content)?.body),
            Kind::CHAT_OPEN => {
                let pb::ChatOpen { beside } = decode(content)?;
                let beside = match beside.as_slice() {
                    [] => None,
                    bytes => Some(ThreadId::new(array(bytes, "beside")?)),
                };
                Ok(Self::ChatOpen { beside })
            }
            Kind::CHAT_ACCEPT => decode::<pb::ChatAccept>(content).map(|_| Self::ChatAccept),
            _ => Ok(Self::Unknown { kind, content: content.to_vec() }),
        }
    }
}

/// Says what it is, never what it says.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::ChatOpen { .. } => f.write_str("ChatOpen"),
            Self::ChatAccept => f.write_str("ChatAccept"),
            Self::Unknown { kind, content } => write!(f, "Unknown({kind:?}, {} bytes)", content.len()),
        }
    }
}
