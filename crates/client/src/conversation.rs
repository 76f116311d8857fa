//! Conversations and messages as a person sees them.

use crate::{
    Shield,
    engine::{IdentityState, Origin},
};
use aside_content::{Body, Bounds, ChatId, ChatState, MessageId, ThreadId, derived::Stage};
use aside_identity::{AccountKey, GroupId, Handle};
use aside_wire::ExpiryTerms;
use aside_wire::pb::RefusalCode;

/// A thread, a chat or a group. Three kinds of thing; none becomes another (CNV-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Conversation {
    /// Plaintext: the relay can read it.
    Thread(ThreadId),
    /// Encrypted between the devices of two people.
    Chat(ChatId),
    /// Encrypted among the members of a group.
    Group(GroupId),
}

impl Conversation {
    /// kind 1 | id 32: the key of its records. A peer chooses the id of a chat, and may choose that of a thread; the
    /// kind keeps what belongs to the one out of the other (CNV-1).
    pub(crate) fn key(&self) -> [u8; 33] {
        let (kind, id) = match self {
            Self::Thread(id) => (1, id.as_bytes()),
            Self::Chat(id) => (2, id.as_bytes()),
            Self::Group(id) => (3, id.as_bytes()),
        };
        let mut key = [kind; 33];
        for (place, byte) in key.iter_mut().skip(1).zip(id) {
            *place = *byte;
        }
        key
    }

    /// The conversation of a key.
    pub(crate) fn from_key(key: &[u8]) -> Option<Self> {
        let (kind, id) = key.split_first()?;
        let id = id.try_into().ok()?;
        match kind {
            1 => Some(Self::Thread(ThreadId::new(id))),
            2 => Some(Self::Chat(ChatId::new(id))),
            3 => Some(Self::Group(GroupId::new(id))),
            _ => None,
        }
    }

    /// What a message of this conversation is protected by. A thread gives nothing, whatever a record says.
    pub(crate) const fn shield(&self) -> Shield {
        match self {
            Self::Thread(_) => Shield::NONE,
            Self::Chat(_) => Shield::PAIRWISE,
            Self::Group(_) => Shield::GROUP,
        }
    }
}

/// A conversation in the inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Which one.
    pub conversation: Conversation,
    /// The other person.
    pub peer: AccountKey,
    /// The other person's handle.
    pub handle: Handle,
    /// What is known of the other person's identity.
    pub identity: IdentityState,
    /// For a chat, how far it has come.
    pub state: Option<ChatState>,
    /// The person here has not accepted it yet: nothing of it goes out, and nothing is shown but that it is there.
    pub requested: bool,
    /// Messages not shown yet.
    pub unread: usize,
    /// Who answers there, as the other person has said last (CON-34).
    pub answerer: Option<Answerer>,
    /// What the person here has put on the other.
    pub labels: Vec<String>,
}

/// Who answers in a conversation, as whoever answers says. That a device is a program, its certificate says (CON-32).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answerer {
    /// A person.
    Person,
    /// A program.
    Program,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// Received from the peer.
    Received,
    /// Waits in the outbox.
    Queued,
    /// On the relay's disk.
    Accepted,
    /// It has arrived at a device of the peer, who says so.
    Delivered,
    /// It was read; the peer says so.
    Read,
    /// It was listened to or watched; the peer says so.
    Viewed,
    /// Refused by the relay for good.
    Failed(RefusalCode),
}

/// A message of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Where it belongs.
    pub conversation: Conversation,
    /// Its place: later messages of this device's view have greater indexes.
    pub index: u64,
    /// Who wrote it.
    pub sender: AccountKey,
    /// The sender's identifier for it.
    pub message_id: MessageId,
    /// Milliseconds since 1970-01-01 UTC by the sender's clock.
    pub sent_at: u64,
    /// The same by the relay's clock, once it is known.
    pub accepted_at: Option<u64>,
    /// Until when the relay keeps it for devices that do not fetch it, by the relay's clock; then it is over, delivered or not.
    pub waits_until: Option<u64>,
    /// When it arrived at a device of the peer, as the peer says.
    pub delivered_at: Option<u64>,
    /// When it was read: here, or as the peer says.
    pub read_at: Option<u64>,
    /// When it was listened to or watched: here, or as the peer says.
    pub viewed_at: Option<u64>,
    /// What it says. Of one that is gone, or is to be opened first, as if it had been taken back: see `lifetime`.
    pub body: Body,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// How it was protected.
    pub shield: Shield,
    /// What became of it.
    pub delivery: Delivery,
    /// Who has reacted to it, and how.
    pub reactions: Vec<(AccountKey, String)>,
    /// The body is a later wording of its author's.
    pub edited: bool,
    /// Whoever wrote it asks for no alert.
    pub silent: bool,
    /// The certificate of the device that sent it says that it is a program (CON-32).
    pub automated: bool,
    /// For what was decided about how long messages live: another counts that was decided at the same time (EXP-3).
    pub superseded: bool,
    /// For a form or a card: who has answered it, and the index of the answer that counts (CON-37).
    pub answers: Vec<(AccountKey, u64)>,
    /// What a capture of it would name: nobody but the store can make a message (CAP-2).
    pub(crate) origin: Origin,
}

/// How long a message lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Lifetime {
    /// It stays.
    Stays,
    /// It goes.
    Goes {
        /// What bounds its life.
        bounds: Bounds,
        /// When it is gone, in milliseconds since 1970-01-01 UTC; `None` while the relay has not accepted it.
        deadline: Option<u64>,
        /// It was read here. Of one's own it is never said: an author has read what they wrote.
        read: bool,
    },
    /// It is to be opened, and then gone.
    Closed {
        /// How often it can still be opened here; 0 for one's own, and where this device did not get its key.
        openings: usize,
        /// When it is gone though nobody opens it.
        deadline: Option<u64>,
    },
    /// Nothing is left of it.
    Gone(Gone),
}

impl Lifetime {
    /// How far it is, for what may be made of it.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        match self {
            Self::Stays => Stage::Stays,
            Self::Goes { .. } => Stage::Goes,
            Self::Closed { .. } => Stage::Closed,
            Self::Gone(_) => Stage::Gone,
        }
    }

    /// What it says may be shown as long as it is there.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Stays | Self::Goes { .. })
    }
}

/// Why nothing is left of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// Its time is over.
    Expired,
    /// It was opened.
    Opened,
}

/// How something is said.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Manner {
    /// No alert is asked for; not in a thread, where the relay could read that too.
    pub silent: bool,
    /// Shorter terms than those of the conversation; longer ones change nothing (EXP-4). Not in a thread.
    pub terms: Option<ExpiryTerms>,
}
