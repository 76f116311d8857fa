//! What people say: frames, content kinds, padding, commitments.
//!
//! A [`Frame`] is the unit of every conversation (CON-1). A [`ThreadFrame`] goes through a plaintext thread, a
//! [`ChatFrame`] through an encrypted chat, a [`GroupFrame`] through a group; they are different types with different
//! identifiers, and none converts into another (CON-2).
//!
//! [`opt_in`] is how a chat begins and ends, in types, and [`admission`](mod@admission) which frame is taken from whom.
//! [`Life`] is how long a message lives, [`Bounds`] what shortens that, and [`Policies`] what a chat has agreed on.
//!
//! The clauses cited as `CON-n` are those of `spec/content.md`, `spec/kinds.md` and `spec/attachments.md`, as `CNV-n` those
//! of `spec/conversations.md`, as `EXP-n` those of `spec/expiry.md` and `spec/erasure.md`, as `TIM-n` those of
//! `spec/time.md`.
#![no_std]

extern crate alloc;

pub mod admission;
pub mod attachment;
pub mod body;
pub mod bounds;
pub mod capture;
pub mod captured;
pub mod card;
pub mod checked;
pub mod choice;
pub mod derived;
pub mod edit;
pub mod encrypted_only;
pub mod expiry_policy;
mod fallback;
pub mod form;
pub mod forward;
pub mod frame;
pub mod group_frame;
pub mod handover;
pub mod id;
pub mod keep;
pub mod kind;
pub mod life;
pub mod media;
pub mod opt_in;
pub mod padding;
pub mod policy;
pub mod presence;
pub mod profile;
pub mod reaction;
pub mod receipts;
pub mod reference;
pub mod reply;
pub mod retry;
pub mod rules;
#[cfg(test)]
mod samples;
pub mod sharing;
pub mod shorten;
pub mod sticker;
pub mod target;
pub mod terms;
pub mod text;
pub mod time_mark;
pub mod view_key;
pub mod view_once;
mod wording;

pub use attachment::{Attachment, AttachmentSealer};
pub use body::Body;
pub use bounds::{Bounds, Openings};
pub use capture::{CaptureDetector, CaptureKind, CaptureNotice};
pub use card::{Amount, Card, CardAction, CardKind, CardLine};
pub use checked::{Checked, Content};
pub use choice::{Answer, Choice};
pub use edit::Edit;
pub use encrypted_only::EncryptedOnly;
pub use expiry_policy::ExpiryPolicy;
pub use form::{Form, FormField, FormFieldKind};
pub use forward::Forward;
pub use frame::{ChatFrame, Context, Frame, Salt, ThreadFrame};
pub use group_frame::{GroupFrame, Stamp};
pub use handover::Handover;
pub use id::{ChatId, MessageId, ThreadId};
pub use keep::keep;
pub use kind::Kind;
pub use life::{Fact, Life};
pub use media::{Media, MediaKind};
pub use opt_in::ChatState;
pub use policy::{Policies, Policy};
pub use presence::Presence;
pub use profile::Profile;
pub use reaction::Reaction;
pub use receipts::{ReceiptKind, Receipts};
pub use reference::{Preview, Reference, ReferenceKind};
pub use reply::Reply;
pub use retry::{CiphertextId, Retry};
pub use rules::Place;
pub use sharing::Sharing;
pub use shorten::Shorten;
pub use sticker::Sticker;
pub use target::Target;
pub use terms::Expiry;
pub use text::{Mention, Text};
pub use time_mark::{Observation, TimeMark};
pub use view_key::ViewKey;
pub use view_once::ViewOnce;

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
    /// A field or the kind belongs to another kind of conversation (CON-3, CON-14, CON-15).
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
