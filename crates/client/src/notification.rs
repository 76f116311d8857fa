//! What of a message may stand outside the conversation: in a notification, on a locked screen, in a list.
//!
//! Systems keep notifications in places that no client can clear, and show them to whoever holds the device. So of what goes
//! after a time, or can be opened once, nothing but that it is there (threat C6).

use crate::{Conversation, Event, Message};
use aside_content::{
    Body,
    derived::{Derived, Made, made},
};
use aside_identity::AccountKey;

/// What a notification of a message, or its preview in a list, may say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// Where the message belongs. With `index` it names the notification, to make it anew or withdraw it.
    pub conversation: Conversation,
    /// The message's index there.
    pub index: u64,
    /// Who wrote it.
    pub sender: AccountKey,
    /// What it says; `None` if only that there is a message may be said.
    pub text: Option<String>,
    /// Whoever wrote it asks for no alert.
    pub silent: bool,
}

impl Message {
    /// What may be said of it outside its conversation; `None` if there is nothing to tell of any more.
    ///
    /// What somebody has said about it since, and what it answers, is not in it either (EXP-32).
    #[must_use]
    pub fn notification(&self) -> Option<Notification> {
        let taken_back = matches!(self.body, Body::Unsend(_)) && self.lifetime.is_open();
        let text = match made(Derived::Notification, self.lifetime.stage())? {
            _ if taken_back => return None,
            Made::Nothing => return None,
            Made::AsItIs => Some(self.body.fallback_text()),
            _ => None,
        };
        let Self { conversation, index, sender, silent, .. } = *self;
        Some(Notification { conversation, index, sender, text, silent })
    }
}

impl Event {
    /// The message whose notification is to be made anew after this, and withdrawn if there is no message any more.
    #[must_use]
    pub const fn revises(&self) -> Option<(Conversation, u64)> {
        match self {
            Self::Expired { conversation, index }
            | Self::Shortened { conversation, index, .. }
            | Self::Changed { conversation, index, .. } => Some((*conversation, *index)),
            _ => None,
        }
    }
}
