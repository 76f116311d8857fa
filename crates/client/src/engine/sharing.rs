//! What the people of a chat wish may be done with what they write. Nothing enforces it; this client keeps to it.

use super::{Engine, Step};
use crate::{
    ChatState,
    conversation::{Conversation, Message},
    error::{Error, Misuse},
    event::Event,
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, Kind, Sharing};
use aside_identity::{AccountKey, Handle};

impl Engine {
    /// Tells the other person of a chat what may be done with what is written here, from now on and before.
    ///
    /// `wish` makes the new wish of the old one.
    ///
    /// # Errors
    /// [`Misuse::NotAnswered`], [`Misuse::NoChat`] or [`Misuse::NotAccepted`].
    pub fn set_sharing(
        &self,
        step: &mut Step<'_>,
        with: &Handle,
        wish: impl FnOnce(Sharing) -> Sharing,
    ) -> Result<(), Error> {
        let chat = self.chat_to_write_in(step.tx, with)?;
        let record = conversation(step.tx, chat)?.unwrap_or_default();
        if ChatState::from_number(record.chat_state) != Some(ChatState::Accepted) {
            return Err(Misuse::NotAnswered(with.clone()).into());
        }
        let before = sharing(&record.own_sharing)?;
        let sharing = Sharing { version: before.version.saturating_add(1), ..wish(before) };
        let body = Body::of(sharing).map_err(|_| Misuse::NotThere)?;
        self.say_in(step, chat, body).map(drop)
    }

    /// The newest wish of the other person of a chat; everything is allowed where none was said (CON-28). A program that
    /// lets something of theirs leave the chat asks here first (CON-29).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sharing_wish(&self, tx: &dyn Transaction, chat: Conversation) -> Result<Sharing, StoreError> {
        sharing(&conversation(tx, chat)?.unwrap_or_default().their_sharing)
    }

    /// The newest wish of the person here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_sharing(&self, tx: &dyn Transaction, chat: Conversation) -> Result<Sharing, StoreError> {
        sharing(&conversation(tx, chat)?.unwrap_or_default().own_sharing)
    }

    /// Takes in a wish, unless a newer one of the same person is known (CON-28).
    pub(crate) fn apply_sharing(
        &self,
        step: &mut Step<'_>,
        chat: Conversation,
        by: &AccountKey,
        wish: &Sharing,
    ) -> Result<Option<Event>, StoreError> {
        let Some(mut record) = conversation(step.tx, chat)? else { return Ok(None) };
        let kept = match *by == self.address().account {
            true => &mut record.own_sharing,
            false => &mut record.their_sharing,
        };
        if wish.version <= sharing(kept)?.version {
            return Ok(None);
        }
        *kept = Body::of(*wish).map_err(|_| StoreError::Damaged("wish for a chat"))?.encode();
        step.tx.write(Table::Conversation, &chat.key(), &record)?;
        Ok(Some(Event::SharingChanged { conversation: chat, by: *by }))
    }

    /// Whether a message may be passed on out of its conversation (CON-29).
    pub(crate) fn may_leave(&self, tx: &dyn Transaction, message: &Message) -> Result<(), Error> {
        let own = message.sender == self.address().account;
        if own || self.sharing_wish(tx, message.conversation)?.forward {
            return Ok(());
        }
        let handle =
            self.handle_of(tx, &message.sender)?.ok_or(StoreError::Damaged("peer of a conversation"))?;
        Err(Misuse::NotToBeForwarded(handle).into())
    }
}

fn conversation(
    tx: &dyn Transaction,
    conversation: Conversation,
) -> Result<Option<records::Conversation>, StoreError> {
    tx.read(Table::Conversation, &conversation.key())
}

/// A wish as it is kept.
fn sharing(kept: &[u8]) -> Result<Sharing, StoreError> {
    if kept.is_empty() {
        return Ok(Sharing::ANYTHING);
    }
    match Body::decode(Kind::SHARING, kept) {
        Ok(Body::Sharing(sharing)) => Ok(*sharing),
        _ => Err(StoreError::Damaged("wish for a chat")),
    }
}
