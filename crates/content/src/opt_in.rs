//! The opt-in: how two people come to talk encrypted, and how they stop (CNV-3 to CNV-7, CNV-12 to CNV-14).
//!
//! A chat's state is its type: what may not be done in a state has no function there. Nothing here reads a store or a
//! clock, so that a model can try everything that a relay may do.
//!
//! ```text
//!   open ──► Opened ────── accept, or anything the peer says there ──────► Accepted
//!   peer opens ──► Requested ──────────────── accept ──────────────────────▲
//!   peer opens while another chat with them is Opened here ────────────────┘
//!   decline, close, or the peer does: every state ──► Ended, for good
//! ```
//!
//! Nothing can be written into a chat that was not opened here or accepted:
//!
//! ```compile_fail
//! use aside_content::opt_in::{Chat, Requested};
//! fn write(chat: &Chat<Requested>) {
//!     chat.writable();
//! }
//! ```

use crate::{Body, ChatId, ThreadId};
use aside_identity::AccountKey;
use aside_wire::Reject;

/// How far two people have come with an encrypted chat.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ChatState {
    /// Opened here; the peer has not answered.
    Opened,
    /// The peer asked; nothing goes out until the person here accepts.
    Requested,
    /// Both want it.
    Accepted,
    /// One of them does not want it, or not any more. It stays so; another chat can be opened.
    Ended,
}

impl ChatState {
    /// The number under which a client keeps it.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Opened => 1,
            Self::Requested => 2,
            Self::Accepted => 3,
            Self::Ended => 4,
        }
    }

    /// The state with this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Opened),
            2 => Some(Self::Requested),
            3 => Some(Self::Accepted),
            4 => Some(Self::Ended),
            _ => None,
        }
    }
}

/// Opened here; the peer has not answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Opened;
/// The peer asked; nothing goes out until the person here accepts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Requested;
/// Both want it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Accepted;
/// One of them does not want it, or not any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ended;

/// A chat in a state that its type says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Chat<State> {
    id: ChatId,
    peer: AccountKey,
    state: State,
}

impl<State> Chat<State> {
    /// The chat.
    pub const fn id(&self) -> ChatId {
        self.id
    }

    /// The other person.
    pub const fn peer(&self) -> AccountKey {
        self.peer
    }

    fn becomes<Next>(self, state: Next) -> Chat<Next> {
        Chat { id: self.id, peer: self.peer, state }
    }
}

/// A chat in which something can be written, and with whom. Only chats that were opened here or accepted give one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Writable {
    /// The chat.
    pub chat: ChatId,
    /// The other person.
    pub peer: AccountKey,
}

impl Chat<Opened> {
    /// Asks somebody to talk encrypted, in a chat with a fresh id (CNV-3, CON-5). What is to be said is what asks.
    #[must_use]
    pub const fn open(id: ChatId, peer: AccountKey, beside: Option<ThreadId>) -> (Self, Body) {
        (Self { id, peer, state: Opened }, Body::ChatOpen { beside })
    }

    /// Mail to somebody who is away is the point of the service, so it need not wait for the answer.
    #[must_use]
    pub const fn writable(&self) -> Writable {
        Writable { chat: self.id, peer: self.peer }
    }

    /// Takes the question back.
    #[must_use]
    pub fn close(self) -> (Chat<Ended>, Body) {
        (self.becomes(Ended), Body::ChatClose)
    }
}

impl Chat<Requested> {
    /// The other person's opt-in (CNV-4).
    #[must_use]
    pub fn accept(self) -> (Chat<Accepted>, Body) {
        (self.becomes(Accepted), Body::ChatAccept)
    }

    /// Wants nothing of it, and tells nobody (CNV-12).
    #[must_use]
    pub fn decline(self) -> Chat<Ended> {
        self.becomes(Ended)
    }

    /// Wants nothing of it, and says so.
    #[must_use]
    pub fn decline_openly(self) -> (Chat<Ended>, Body) {
        (self.becomes(Ended), Body::ChatDecline)
    }
}

impl Chat<Accepted> {
    /// Both want it.
    #[must_use]
    pub const fn writable(&self) -> Writable {
        Writable { chat: self.id, peer: self.peer }
    }

    /// Ends it.
    #[must_use]
    pub fn close(self) -> (Chat<Ended>, Body) {
        (self.becomes(Ended), Body::ChatClose)
    }
}

/// A chat in any state, as it comes from the store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AnyChat {
    /// See [`Opened`].
    Opened(Chat<Opened>),
    /// See [`Requested`].
    Requested(Chat<Requested>),
    /// See [`Accepted`].
    Accepted(Chat<Accepted>),
    /// See [`Ended`].
    Ended(Chat<Ended>),
}

/// What a frame of the peer's says, as far as it matters to the chat's state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Said {
    /// `ChatOpen`
    Open,
    /// `ChatAccept`
    Accept,
    /// `ChatDecline`
    Decline,
    /// `ChatClose`
    Close,
    /// A message of its own.
    Message,
    /// Another wording of a message of the peer's, that it is taken back or lives shorter, or how long messages live.
    Revision,
    /// Anything else: reactions, receipts.
    Other,
}

impl Said {
    /// What a body says.
    #[must_use]
    pub fn of(body: &Body) -> Self {
        match body {
            Body::ChatOpen { .. } => Self::Open,
            Body::ChatAccept => Self::Accept,
            Body::ChatDecline => Self::Decline,
            Body::ChatClose => Self::Close,
            Body::Edit(_) | Body::Unsend(_) | Body::ExpiryPolicy(_) | Body::Shorten(_) => Self::Revision,
            body if body.is_shown() => Self::Message,
            _ => Self::Other,
        }
    }
}

/// What becomes of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It has done what it does to the state.
    Noted,
    /// It is shown, or acts on what is shown.
    Shown,
    /// It is kept until the person here has decided, and not told of.
    Held,
}

/// What the person is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// The peer asks to talk encrypted.
    Requested,
    /// The peer wants the chat, too.
    Accepted,
    /// The peer does not want it, or not any more.
    Ended,
}

/// What a frame has led to.
#[derive(Clone, Debug)]
pub struct Received {
    /// The chat as it is now.
    pub chat: AnyChat,
    /// What becomes of the frame.
    pub taken: Taken,
    /// What the person is told.
    pub news: Option<News>,
    /// What is said back without asking the person: only that a chat is accepted which they have opened or accepted
    /// themselves.
    pub answer: Option<Body>,
}

impl AnyChat {
    /// The chat with this state.
    #[must_use]
    pub const fn of(id: ChatId, peer: AccountKey, state: ChatState) -> Self {
        match state {
            ChatState::Opened => Self::Opened(Chat { id, peer, state: Opened }),
            ChatState::Requested => Self::Requested(Chat { id, peer, state: Requested }),
            ChatState::Accepted => Self::Accepted(Chat { id, peer, state: Accepted }),
            ChatState::Ended => Self::Ended(Chat { id, peer, state: Ended }),
        }
    }

    /// The chat.
    #[must_use]
    pub const fn id(&self) -> ChatId {
        match self {
            Self::Opened(chat) => chat.id,
            Self::Requested(chat) => chat.id,
            Self::Accepted(chat) => chat.id,
            Self::Ended(chat) => chat.id,
        }
    }

    /// The other person.
    #[must_use]
    pub const fn peer(&self) -> AccountKey {
        match self {
            Self::Opened(chat) => chat.peer,
            Self::Requested(chat) => chat.peer,
            Self::Accepted(chat) => chat.peer,
            Self::Ended(chat) => chat.peer,
        }
    }

    /// Its state as a value.
    #[must_use]
    pub const fn state(&self) -> ChatState {
        match self {
            Self::Opened(_) => ChatState::Opened,
            Self::Requested(_) => ChatState::Requested,
            Self::Accepted(_) => ChatState::Accepted,
            Self::Ended(_) => ChatState::Ended,
        }
    }

    /// That something can be written in it, if so.
    #[must_use]
    pub const fn writable(&self) -> Option<Writable> {
        match self {
            Self::Opened(chat) => Some(chat.writable()),
            Self::Accepted(chat) => Some(chat.writable()),
            Self::Requested(_) | Self::Ended(_) => None,
        }
    }

    /// Ends it, whatever its state. What is to be said, if the peer knows of it.
    #[must_use]
    pub fn close(self) -> (Chat<Ended>, Option<Body>) {
        let (ended, body) = match self {
            Self::Opened(chat) => chat.close(),
            Self::Accepted(chat) => chat.close(),
            Self::Requested(chat) => return (chat.decline(), None),
            Self::Ended(chat) => return (chat, None),
        };
        (ended, Some(body))
    }

    /// The first frame of a chat that is not known here (CNV-7). If the person here has opened another chat with the same
    /// peer, both want to talk, and it is accepted (CNV-6).
    ///
    /// # Errors
    /// [`Reject::Policy`] for everything but an opening.
    pub fn first(id: ChatId, peer: AccountKey, said: Said, opened_another: bool) -> Result<Received, Reject> {
        if said != Said::Open {
            return Err(Reject::Policy);
        }
        let requested = Chat { id, peer, state: Requested };
        if !opened_another {
            let chat = Self::Requested(requested);
            return Ok(Received { chat, taken: Taken::Noted, news: Some(News::Requested), answer: None });
        }
        let (accepted, body) = requested.accept();
        let chat = Self::Accepted(accepted);
        Ok(Received { chat, taken: Taken::Noted, news: Some(News::Accepted), answer: Some(body) })
    }

    /// A frame of the peer's in this chat.
    ///
    /// # Errors
    /// [`Reject::Policy`] if it does not fit the state; the chat stays as it is (CNV-7).
    pub fn receive(self, said: Said) -> Result<Received, Reject> {
        let noted = |chat| Received { chat, taken: Taken::Noted, news: None, answer: None };
        let told = |chat, news| Received { news: Some(news), ..noted(chat) };
        match (self, said) {
            (Self::Ended(_), Said::Decline | Said::Close) => Ok(noted(self)),
            (Self::Ended(_), _) | (Self::Requested(_), Said::Accept | Said::Decline | Said::Other) => {
                Err(Reject::Policy)
            }
            (_, Said::Decline | Said::Close) => Ok(told(Self::Ended(self.close().0), News::Ended)),
            (Self::Requested(_), Said::Open) => Ok(noted(self)),
            (Self::Requested(_), Said::Message | Said::Revision) => {
                Ok(Received { taken: Taken::Held, ..noted(self) })
            }
            (Self::Opened(chat), said) => {
                let accepted = told(Self::Accepted(chat.becomes(Accepted)), News::Accepted);
                Ok(accepted.where_accepted(said))
            }
            (Self::Accepted(_), said) => Ok(noted(self).where_accepted(said)),
        }
    }
}

impl Received {
    /// What an accepted chat does with a frame that does not end it. Whoever opens it once more has lost what they knew of
    /// it, and is told (CNV-14).
    fn where_accepted(self, said: Said) -> Self {
        match said {
            Said::Open => Self { answer: Some(Body::ChatAccept), ..self },
            Said::Message | Said::Revision | Said::Other => Self { taken: Taken::Shown, ..self },
            Said::Accept | Said::Decline | Said::Close => self,
        }
    }
}

#[cfg(test)]
#[path = "opt_in_tests.rs"]
mod tests;
