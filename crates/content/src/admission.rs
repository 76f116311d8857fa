//! Which frame is taken from whom, in which conversation (CNV-15). What is not named here is refused.

use crate::{
    Kind, Place,
    rules::{allowed, is_message},
};

/// What the sender of a frame is to the person here, in the conversation that the frame names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sender {
    /// Another device of the own account.
    Own,
    /// Somebody whom the person here has written to or accepted; of a chat, it was opened here or accepted.
    Accepted,
    /// Somebody who asks, and was not accepted yet.
    Requester,
    /// A member of the group that the frame names.
    Member,
    /// Anybody else.
    Stranger,
}

impl Sender {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Own, Self::Accepted, Self::Requester, Self::Member, Self::Stranger];
}

/// What becomes of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Admission {
    /// It is a message, and shown.
    Shown,
    /// It is kept until the person here has decided about the sender, and not told of.
    Held,
    /// It does what it says to the conversation or to a message.
    Acts,
    /// It is refused, and nothing changes.
    Refused,
}

/// What becomes of a frame of this kind.
#[must_use]
pub const fn admission(kind: Kind, place: Place, sender: Sender) -> Admission {
    // Frames of own devices come with linking; until then nobody else can have signed in as this account.
    if !allowed(kind, place) || matches!(sender, Sender::Own) {
        return Admission::Refused;
    }
    match (place, sender) {
        (Place::Thread, Sender::Accepted)
        | (Place::Chat, Sender::Accepted)
        | (Place::Group, Sender::Member) => of_somebody_wanted(kind),
        (Place::Thread, Sender::Requester | Sender::Stranger) | (Place::Chat, Sender::Requester) => {
            of_a_request(kind, sender)
        }
        // A stranger can ask, and nothing else.
        (Place::Chat, Sender::Stranger) => match kind {
            Kind::CHAT_OPEN => Admission::Acts,
            _ => Admission::Refused,
        },
        (Place::Transient, Sender::Accepted) | (Place::Members, Sender::Member) => Admission::Acts,
        // An invitation is a request, and a chain can come before the log that says that its owner is a member.
        (Place::Members, Sender::Accepted | Sender::Requester | Sender::Stranger) => match kind {
            Kind::SENDER_KEY | Kind::GROUP_INVITE => Admission::Acts,
            _ => Admission::Refused,
        },
        _ => Admission::Refused,
    }
}

const fn of_somebody_wanted(kind: Kind) -> Admission {
    if is_message(kind) { Admission::Shown } else { Admission::Acts }
}

const fn of_a_request(kind: Kind, sender: Sender) -> Admission {
    match (kind, sender) {
        (kind, _) if is_message(kind) => Admission::Held,
        // Whoever has asked can take back or mend what they asked with.
        (
            Kind::EDIT
            | Kind::UNSEND
            | Kind::CHAT_OPEN
            | Kind::CHAT_CLOSE
            | Kind::EXPIRY_POLICY
            | Kind::SHORTEN,
            Sender::Requester,
        ) => Admission::Acts,
        _ => Admission::Refused,
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
