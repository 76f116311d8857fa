//! What happened, for whoever shows it.

use crate::{Conversation, Message};
use aside_identity::{AccountKey, Address};
use aside_wire::{Reject, pb::RefusalCode};

/// Something a person or an operator may want to know.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A message arrived in a thread or an accepted chat.
    Message(Box<Message>),
    /// Somebody asks to talk encrypted.
    ChatRequested {
        /// Who.
        peer: AccountKey,
    },
    /// The other person wants the chat too.
    ChatAccepted {
        /// Who.
        peer: AccountKey,
    },
    /// A frame of the sender before this one was dropped, or arrives later.
    Gap {
        /// Where.
        conversation: Conversation,
        /// Whose.
        sender: AccountKey,
    },
    /// Something received was refused; nothing of it was kept.
    Refused {
        /// Who sent it, as the relay says.
        sender: Address,
        /// Why.
        reason: Reject,
    },
    /// The relay's mailbox went back: it was restored from an older copy, or it lied about a number before.
    MailboxSetBack,
    /// The relay offered device lists that contradict what is known: it lies, or the account was taken over.
    ListRefused {
        /// Whose.
        peer: AccountKey,
        /// Why.
        reason: Reject,
    },
    /// A message of one's own is on the relay's disk.
    Accepted {
        /// Its conversation.
        conversation: Conversation,
        /// Its index.
        index: u64,
    },
    /// A message of one's own was refused for good.
    Failed {
        /// Its conversation.
        conversation: Conversation,
        /// Its index.
        index: u64,
        /// Why.
        code: RefusalCode,
    },
}
