//! Which kind may stand where (CON-15), and within which other (CON-16).

use crate::Kind;

/// Where a frame stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In a plaintext thread.
    Thread,
    /// In an encrypted chat.
    Chat,
    /// In a chat, on the lane of what is delivered now or never.
    Transient,
    /// In a group.
    Group,
    /// Between two members of a group, over a session, with the group's id as its conversation.
    Members,
}

impl Place {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Thread, Self::Chat, Self::Transient, Self::Group, Self::Members];
}

/// Whether a frame of this kind may stand there. A kind that is not known here may stand where people talk.
#[must_use]
pub const fn allowed(kind: Kind, place: Place) -> bool {
    match kind {
        Kind::TEXT
        | Kind::MEDIA
        | Kind::STICKER
        | Kind::REFERENCE
        | Kind::PROFILE
        | Kind::REPLY
        | Kind::REACTION
        | Kind::EDIT
        | Kind::UNSEND
        | Kind::FORWARD
        | Kind::FORM
        | Kind::CHOICE
        | Kind::CARD => matches!(place, Place::Thread | Place::Chat | Place::Group),
        Kind::SHORTEN | Kind::VIEW_ONCE | Kind::CAPTURE => matches!(place, Place::Chat | Place::Group),
        Kind::HANDOVER => matches!(place, Place::Thread | Place::Chat),
        Kind::CHAT_OPEN
        | Kind::CHAT_ACCEPT
        | Kind::CHAT_DECLINE
        | Kind::CHAT_CLOSE
        | Kind::RECEIPTS
        | Kind::SHARING
        | Kind::ENCRYPTED_ONLY
        | Kind::EXPIRY_POLICY => matches!(place, Place::Chat),
        Kind::RETRY => matches!(place, Place::Chat | Place::Members),
        Kind::TYPING | Kind::PRESENCE => matches!(place, Place::Transient),
        kind if kind.is_between_members() => matches!(place, Place::Members),
        _ => matches!(place, Place::Thread | Place::Chat | Place::Group),
    }
}

/// Whether a frame of this kind is a message of its own in its conversation, and not something about another one or about
/// the conversation. One of a kind that is not known here is.
#[must_use]
pub const fn is_message(kind: Kind) -> bool {
    match kind {
        Kind(0) => false,
        Kind::REPLY
        | Kind::FORWARD
        | Kind::FORM
        | Kind::CHOICE
        | Kind::CARD
        | Kind::HANDOVER
        | Kind::VIEW_ONCE => true,
        kind => may_be_forwarded(kind),
    }
}

/// Whether a message of this kind can be an answer to another. A kind that is not known here can.
#[must_use]
pub const fn may_answer(kind: Kind) -> bool {
    may_be_forwarded(kind) || matches!(kind, Kind::FORWARD)
}

/// Whether a message of this kind can be such that it is opened once. A kind that is not known here can.
#[must_use]
pub const fn may_be_viewed_once(kind: Kind) -> bool {
    may_answer(kind) || matches!(kind, Kind::REPLY)
}

/// Whether a message of this kind can be forwarded. A kind that is not known here can.
#[must_use]
pub const fn may_be_forwarded(kind: Kind) -> bool {
    match kind {
        Kind(0) => false,
        Kind::TEXT | Kind::MEDIA | Kind::STICKER | Kind::REFERENCE | Kind::PROFILE => true,
        kind => !kind.is_known(),
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
