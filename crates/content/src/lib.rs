//! What people say: frames, content kinds, padding, commitments.
//!
//! A [`Frame`] is the unit of every conversation (CON-1). A [`ThreadFrame`] goes through a plaintext thread, a
//! [`ChatFrame`] through an encrypted chat, a [`GroupFrame`] through a group; they are different types with different
//! identifiers, and none converts into another (CON-2).
//!
//! The clauses cited as `CON-n` are those of `spec/content.md`.
#![no_std]

extern crate alloc;

pub mod body;
pub mod frame;
pub mod group_frame;
pub mod id;
pub mod padding;
pub mod text;

pub use body::{Body, Kind};
pub use frame::{ChatFrame, Context, Frame, ThreadFrame};
pub use group_frame::{GroupFrame, Stamp};
pub use id::{ChatId, MessageId, ThreadId};
pub use text::{Mention, Text};

use aside_primitives::KeyRefused;
use aside_wire::{Malformed, Reject};

/// Why a frame of somebody else was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The bytes do not decode.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A key in it is refused.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// The padding is not zeros, or not to a size class (CON-9).
    #[error("the padding is wrong")]
    Padding,
    /// The franking commitment does not match the frame (CON-11).
    #[error("the commitment does not match")]
    Commitment,
    /// A field or the kind belongs to another kind of conversation (CON-3, CON-14).
    #[error("the frame belongs to another kind of conversation")]
    WrongConversation,
}

impl Refused {
    /// The word of the registry.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::Malformed(malformed) => malformed.reject(),
            Self::Key(_) => Reject::Key,
            Self::Padding => Reject::Malformed,
            Self::Commitment => Reject::Commitment,
            Self::WrongConversation => Reject::Policy,
        }
    }
}
