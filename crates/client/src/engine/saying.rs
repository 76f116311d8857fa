//! Saying something in any conversation, and something about what was said there.

use super::{Engine, Step, compose::Composed};
use crate::{
    conversation::{Conversation, Lifetime, Manner},
    error::{Error, Misuse},
    opt_in::AnyChat,
    records::{self, Records, fixed, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, ChatFrame, Edit, Forward, GroupFrame, Kind, MessageId, Place, Reaction, Reply, Target, Text,
    ThreadFrame,
    derived::{Derived, made},
    rules::{allowed, is_message},
};
use aside_identity::AccountKey;
use aside_primitives::Digest;
use aside_wire::limits::EMOJI_BYTES;

impl Engine {
    /// Says something in a conversation. Returns the message's index, 0 for what is no message of its own.
    ///
    /// # Errors
    /// [`Misuse`] if it cannot be said there now. What is meant for a chat or a group has no way into a thread.
    pub fn say_in(&self, step: &mut Step<'_>, conversation: Conversation, body: Body) -> Result<u64, Error> {
        self.say_as(step, conversation, body, Manner::default())
    }

    /// The same in another manner.
    ///
    /// # Errors
    /// [`Misuse::Silent`] in a thread, or as [`Engine::say_in`].
    pub fn say_as(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        body: Body,
        manner: Manner,
    ) -> Result<u64, Error> {
        let peer = self.may_say(step.tx, conversation, &body, manner)?;
        let own = self.address().account;
        let mark = body.clone();
        let frame = self.frame(step, conversation, body, manner)?;
        let composed = match conversation {
            Conversation::Thread(thread) => Composed::Thread(ThreadFrame { thread, frame }),
            Conversation::Chat(chat) => Composed::Chat(ChatFrame { chat, frame }),
            Conversation::Group(group) => Composed::Group(GroupFrame { group, frame }),
        };
        let index = self.queue_composed(step, peer.as_ref(), &composed)?;
        self.apply_mark(step, conversation, &own, &mark)?;
        Ok(index)
    }

    /// Whom something would be said to now; `None` for a group.
    pub(crate) fn may_say(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        body: &Body,
        manner: Manner,
    ) -> Result<Option<AccountKey>, Error> {
        if manner.silent && matches!(conversation, Conversation::Thread(_)) {
            return Err(Misuse::Silent.into());
        }
        if manner.terms.is_some() && matches!(conversation, Conversation::Thread(_)) {
            return Err(Misuse::NothingGoes.into());
        }
        let place = match conversation {
            Conversation::Thread(_) => Place::Thread,
            Conversation::Chat(_) => Place::Chat,
            Conversation::Group(_) => Place::Group,
        };
        // Of a capture speaks only what has seen a screen (CAP-2).
        if !allowed(body.kind(), place) || body.kind() == Kind::CAPTURE {
            return Err(Misuse::NotThere.into());
        }
        self.audience(tx, conversation)
    }

    /// Answers a message.
    ///
    /// # Errors
    /// [`Misuse::NoMessage`], or as [`Engine::say_in`].
    pub fn reply(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        to: u64,
        body: Body,
    ) -> Result<u64, Error> {
        let reply = self.answer(step.tx, conversation, to, body)?;
        self.say_in(step, conversation, reply)
    }

    /// What is said to answer a message.
    ///
    /// # Errors
    /// [`Misuse::NoMessage`], or [`Misuse::NotThere`] if this is no answer.
    pub fn answer(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        to: u64,
        body: Body,
    ) -> Result<Body, Error> {
        let (target, _) = self.target(tx, conversation, to)?;
        Ok(Body::of(Reply { target, body }).map_err(|_| Misuse::NotThere)?)
    }

    /// Reacts to a message; an empty emoji takes the reaction back.
    ///
    /// # Errors
    /// [`Misuse::NoMessage`], or as [`Engine::say_in`].
    pub fn react(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        to: u64,
        emoji: &str,
    ) -> Result<(), Error> {
        let (target, _) = self.target(step.tx, conversation, to)?;
        Misuse::within("the emoji", emoji, EMOJI_BYTES)?;
        let reaction = |counter| Body::of(Reaction { target, emoji: emoji.to_owned(), counter });
        let first = reaction(1).map_err(|_| Misuse::NotThere)?;
        let counter = self.next_counter(step.tx, conversation, &first)?;
        self.say_in(step, conversation, reaction(counter).map_err(|_| Misuse::NotThere)?).map(|_| ())
    }

    /// Words a text of one's own anew.
    ///
    /// # Errors
    /// [`Misuse::NotYours`], [`Misuse::NoMessage`], or as [`Engine::say_in`].
    pub fn edit(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        which: u64,
        text: Text,
    ) -> Result<(), Error> {
        let (target, kind) = self.target(step.tx, conversation, which)?;
        if target.author != self.address().account || kind != Kind::TEXT {
            return Err(Misuse::NotYours.into());
        }
        let edit = |version| Body::of(Edit { target, version, text: text.clone() });
        let first = edit(1).map_err(|_| Misuse::Text)?;
        let counter = self.next_counter(step.tx, conversation, &first)?;
        let version = u32::try_from(counter).map_err(|_| Misuse::NotYours)?;
        self.say_in(step, conversation, edit(version).map_err(|_| Misuse::Text)?).map(|_| ())
    }

    /// Takes a message of one's own back. Whoever has read it has read it.
    ///
    /// # Errors
    /// [`Misuse::NotYours`], [`Misuse::NoMessage`], or as [`Engine::say_in`].
    pub fn unsend(&self, step: &mut Step<'_>, conversation: Conversation, which: u64) -> Result<(), Error> {
        let message_id = self.own_message(step.tx, conversation, which)?;
        self.say_in(step, conversation, Body::Unsend(message_id)).map(|_| ())
    }

    /// A message of one's own that others may still have, though nothing of it may be left here.
    pub(crate) fn own_message(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        index: u64,
    ) -> Result<MessageId, Error> {
        let record = tx.read::<records::StoredMessage>(Table::Message, &message_key(&conversation, index))?;
        let record = record.filter(|record| is_message(Kind(record.kind))).ok_or(Misuse::NoMessage)?;
        if record.sender != self.address().account.as_bytes() {
            return Err(Misuse::NotYours.into());
        }
        Ok(MessageId::new(fixed(&record.message_id)?))
    }

    /// Passes a message on, without who wrote it. Nothing that was said encrypted goes into a thread.
    ///
    /// # Errors
    /// Those of [`Engine::passed_on`], or as [`Engine::say_in`].
    pub fn forward(
        &self,
        step: &mut Step<'_>,
        from: (Conversation, u64),
        to: Conversation,
    ) -> Result<u64, Error> {
        let body = self.passed_on(step, from, to)?;
        self.say_in(step, to, body)
    }

    /// What is said to pass a message on.
    ///
    /// # Errors
    /// [`Misuse::WouldLeaveEncryption`], [`Misuse::NotToBeForwarded`], [`Misuse::Expiring`], [`Misuse::NoMessage`], or [`Misuse::NotThere`] if
    /// it cannot be forwarded.
    pub fn passed_on(
        &self,
        step: &Step<'_>,
        (from, which): (Conversation, u64),
        to: Conversation,
    ) -> Result<Body, Error> {
        let in_clear = |conversation| matches!(conversation, Conversation::Thread(_));
        if in_clear(to) && !in_clear(from) {
            return Err(Misuse::WouldLeaveEncryption.into());
        }
        self.target(step.tx, from, which)?;
        let messages = self.messages(step, from, which.saturating_sub(1), 1)?;
        let message = messages.into_iter().find(|message| message.index == which).ok_or(Misuse::NoMessage)?;
        // EXP-33, V16: elsewhere it would live on.
        if made(Derived::Forward, message.lifetime.stage()).is_none() {
            let is_gone = matches!(message.lifetime, Lifetime::Gone(_));
            return Err(if is_gone { Misuse::NoMessage } else { Misuse::Expiring }.into());
        }
        if from != to {
            self.may_leave(step.tx, &message)?;
        }
        let forward = Forward::of(&message.body).map_err(|_| Misuse::NotThere)?;
        Ok(Body::of(forward).map_err(|_| Misuse::NotThere)?)
    }

    /// Whom a conversation is with, if something can be said in it now; `None` for a group.
    pub(crate) fn audience(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
    ) -> Result<Option<AccountKey>, Error> {
        if let Conversation::Group(group) = conversation {
            let known = self.joined(tx, &group)?;
            let state = known.state.as_ref().ok_or(Misuse::NoGroup)?;
            let may_write = super::group::may_write(state, &self.address().account);
            return if may_write { Ok(None) } else { Err(Misuse::AnnounceOnly.into()) };
        }
        let record = tx.read::<records::Conversation>(Table::Conversation, &conversation.key())?;
        let record = record.ok_or(Misuse::NoMessage)?;
        let account = records::account(&record.peer)?;
        let handle = self.handle_of(tx, &account)?.ok_or(StoreError::Damaged("peer of a conversation"))?;
        let peer = self.reachable(tx, &handle)?;
        // The handle may be another account's by now, and what is meant for the one has no way to the other (CNV-9).
        if peer != account {
            return Err(Misuse::AccountChanged(handle).into());
        }
        let Conversation::Chat(id) = conversation else {
            self.may_write_in_the_clear(tx, &peer)?;
            return Ok(Some(peer));
        };
        match self.chat(tx, id, &peer)? {
            Some(AnyChat::Opened(chat)) => Ok(Some(chat.writable().peer)),
            Some(AnyChat::Accepted(chat)) => Ok(Some(chat.writable().peer)),
            Some(AnyChat::Requested(_)) => Err(Misuse::NotAccepted(handle).into()),
            Some(AnyChat::Ended(_)) => Err(Misuse::ChatEnded(handle).into()),
            None => Err(Misuse::NoChat(handle).into()),
        }
    }

    /// What names a message, and its kind. One that was taken back cannot be named any more.
    pub(crate) fn target(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        index: u64,
    ) -> Result<(Target, Kind), Error> {
        let record = tx.read::<records::StoredMessage>(Table::Message, &message_key(&conversation, index))?;
        // CAP-13
        let is_there = |record: &records::StoredMessage| is_message(Kind(record.kind)) && record.gone == 0;
        let record = record.filter(is_there).ok_or(Misuse::NoMessage)?;
        let target = Target {
            message_id: MessageId::new(fixed(&record.message_id)?),
            author: records::account(&record.sender)?,
            hash: Digest(fixed(&record.hash)?),
        };
        Ok((target, Kind(record.kind)))
    }
}
