//! What a person does: write, open a chat, accept one. It works offline; the outbox keeps it.

use super::{
    Engine, Step,
    early::{self, Early},
    forms::note_answer,
    handover::note_answerer,
    requests::{accept_person, forget_chat},
    search::index_body,
    time::destroys_by,
    timed::{self, Content, EXPIRED},
    view_once::own_copy,
};
use crate::{
    ChatState,
    conversation::{Conversation, Manner},
    error::{Error, Misuse},
    opt_in::{self, AnyChat},
    records::{self, Records, last_frame_key, message_id_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, ChatFrame, ChatId, Frame, GroupFrame, MessageId, Salt, ThreadFrame, ThreadId, keep,
};
use aside_identity::{AccountKey, Address, Handle};
use aside_primitives::{Digest, Draw, entropy};
use aside_wire::pb;
use zeroize::Zeroizing;

impl Engine {
    /// Writes a text into the plaintext thread with somebody. Returns the message's index.
    ///
    /// # Errors
    /// [`Misuse`] if the text or the person cannot be used.
    pub fn send_to_thread(&self, step: &mut Step<'_>, to: &Handle, text: &str) -> Result<u64, Error> {
        let thread = self.thread_with(step, to)?;
        let body = Body::text(text).map_err(|_| Misuse::of_text(text))?;
        self.say_in(step, thread, body)
    }

    /// The plaintext thread with somebody. There always is one.
    ///
    /// # Errors
    /// [`Misuse`] if nothing can be said to the person.
    pub fn thread_with(&self, step: &mut Step<'_>, to: &Handle) -> Result<Conversation, Error> {
        let peer = self.reachable(step.tx, to)?;
        let thread = Conversation::Thread(ThreadId::between(&self.address().account, &peer));
        self.keep_conversation(step, thread, &peer, None)?;
        accept_person(step.tx, &peer)?;
        Ok(thread)
    }

    /// Writes a text into the encrypted chat with somebody. Returns the message's index.
    ///
    /// # Errors
    /// [`Misuse::NoChat`] or [`Misuse::NotAccepted`]; there is no way from here into a thread.
    pub fn send_to_chat(&self, step: &mut Step<'_>, to: &Handle, text: &str) -> Result<u64, Error> {
        let chat = self.chat_to_write_in(step.tx, to)?;
        let body = Body::text(text).map_err(|_| Misuse::of_text(text))?;
        self.say_in(step, chat, body)
    }

    /// The encrypted chat in which the person here writes to somebody.
    ///
    /// # Errors
    /// [`Misuse::NoChat`] or [`Misuse::NotAccepted`], or others if nothing can be said to the person.
    pub fn chat_to_write_in(&self, tx: &dyn Transaction, to: &Handle) -> Result<Conversation, Error> {
        let peer = self.reachable(tx, to)?;
        match self.chat_with(tx, &peer)? {
            Some((chat, ChatState::Opened | ChatState::Accepted)) => Ok(Conversation::Chat(chat)),
            Some((_, ChatState::Requested)) => Err(Misuse::NotAccepted(to.clone()).into()),
            Some((_, ChatState::Ended)) => Err(Misuse::ChatEnded(to.clone()).into()),
            None => Err(Misuse::NoChat(to.clone()).into()),
        }
    }

    /// Asks somebody to talk encrypted (CNV-3).
    ///
    /// # Errors
    /// [`Misuse::ChatExists`] if there is a chat; a request of theirs is accepted instead. [`Misuse::NoAnswer`] if the own
    /// settings would refuse what comes back.
    pub fn open_chat(&self, step: &mut Step<'_>, with: &Handle) -> Result<ChatId, Error> {
        let peer = self.reachable(step.tx, with)?;
        self.would_hear(step.tx, with)?;
        match self.chat_with(step.tx, &peer)? {
            Some((_, ChatState::Requested)) => return self.accept_chat(step, with),
            Some((_, ChatState::Opened | ChatState::Accepted)) => {
                return Err(Misuse::ChatExists(with.clone()).into());
            }
            Some((_, ChatState::Ended)) | None => {}
        }
        let thread = ThreadId::between(&self.address().account, &peer);
        let (opened, question) = opt_in::Chat::open(ChatId::draw(step.entropy)?, peer, Some(thread));
        self.keep_chat(step, &AnyChat::Opened(opened))?;
        accept_person(step.tx, &peer)?;
        self.tell(step, &peer, opened.id(), question)?;
        Ok(opened.id())
    }

    /// Accepts a chat that somebody asked for (CNV-4).
    ///
    /// # Errors
    /// [`Misuse::NoRequest`] if there is none.
    pub fn accept_chat(&self, step: &mut Step<'_>, from: &Handle) -> Result<ChatId, Error> {
        let peer = self.reachable(step.tx, from)?;
        let Some(chat) = self.requested_chat(step.tx, &peer)? else {
            return Err(Misuse::NoRequest(from.clone()).into());
        };
        self.would_hear(step.tx, from)?;
        let id = chat.id();
        let outdated = self.take_outdated(step, id)?;
        let (accepted, word) = chat.accept();
        self.keep_chat(step, &AnyChat::Accepted(accepted))?;
        accept_person(step.tx, &peer)?;
        if outdated < NOBODY_LEFT {
            self.tell(step, &peer, id, word)?;
        }
        if outdated > 0 {
            self.ask_again(step, &peer, id, outdated == NOBODY_LEFT)?;
        }
        Ok(id)
    }

    /// How far the devices that asked for a chat are gone; it counts once.
    fn take_outdated(&self, step: &mut Step<'_>, chat: ChatId) -> Result<u32, StoreError> {
        let key = Conversation::Chat(chat).key();
        let Some(mut record) = step.tx.read::<records::Conversation>(Table::Conversation, &key)? else {
            return Ok(0);
        };
        let outdated = core::mem::take(&mut record.outdated);
        step.tx.write(Table::Conversation, &key, &record)?;
        Ok(outdated)
    }

    /// Opens a chat for devices that know nothing of it. If no other is left, their word is awaited again.
    fn ask_again(
        &self,
        step: &mut Step<'_>,
        peer: &AccountKey,
        chat: ChatId,
        nobody_left: bool,
    ) -> Result<(), Error> {
        if nobody_left {
            self.keep_chat(step, &AnyChat::of(chat, *peer, ChatState::Opened))?;
        }
        let beside = Some(ThreadId::between(&self.address().account, peer));
        self.tell(step, peer, chat, Body::ChatOpen { beside })?;
        self.decide_again(step, chat)
    }

    /// Wants nothing of a chat that somebody asked for, with everything they wrote there. They are told only if it is to be
    /// `openly` (CNV-12).
    ///
    /// # Errors
    /// [`Misuse::NoRequest`] if there is none.
    pub fn decline_chat(&self, step: &mut Step<'_>, from: &Handle, openly: bool) -> Result<(), Error> {
        let peer = self.pinned(step.tx, from)?;
        let Some(chat) = self.requested_chat(step.tx, &peer)? else {
            return Err(Misuse::NoRequest(from.clone()).into());
        };
        let id = chat.id();
        if openly {
            self.reachable(step.tx, from)?;
            let (_, word) = chat.decline_openly();
            self.tell(step, &peer, id, word)?;
        }
        forget_chat(step, &peer, id)?;
        Ok(self.settle_request(step.tx, &peer)?)
    }

    /// Ends the chat with somebody, for good. What waits to be sent there still goes first.
    ///
    /// # Errors
    /// [`Misuse::NoChat`] if there is none that was opened here or accepted.
    pub fn close_chat(&self, step: &mut Step<'_>, with: &Handle) -> Result<(), Error> {
        let peer = self.pinned(step.tx, with)?;
        let chats = self.chats(step.tx, &peer)?.into_iter().filter(|chat| chat.chat.writable().is_some());
        let mut closed = false;
        for chat in chats {
            let (ended, word) = chat.chat.close();
            let id = ended.id();
            self.keep_chat(step, &AnyChat::Ended(ended))?;
            word.map_or(Ok(()), |word| self.tell(step, &peer, id, word))?;
            closed = true;
        }
        if closed { Ok(()) } else { Err(Misuse::NoChat(with.clone()).into()) }
    }

    /// Asks for every chat with somebody again whose devices have changed: a new device knows of none (CNV-14). Those that
    /// no device of theirs is left to have accepted wait for their word again.
    pub(crate) fn open_again(
        &self,
        step: &mut Step<'_>,
        peer: &AccountKey,
        nobody_left: bool,
    ) -> Result<(), Error> {
        if self.relation(step.tx, peer)?.blocked {
            return Ok(());
        }
        for Chat { chat, .. } in self.chats(step.tx, peer)? {
            match chat {
                AnyChat::Opened(_) | AnyChat::Accepted(_) => {
                    self.ask_again(step, peer, chat.id(), nobody_left)?;
                }
                // Nothing goes out before the person has decided (CNV-4); then it does.
                AnyChat::Requested(_) => {
                    let key = Conversation::Chat(chat.id()).key();
                    let record = step.tx.read::<records::Conversation>(Table::Conversation, &key)?;
                    let mut record = record.ok_or(StoreError::Damaged("chat"))?;
                    record.outdated = record.outdated.max(if nobody_left { NOBODY_LEFT } else { 1 });
                    step.tx.write(Table::Conversation, &key, &record)?;
                }
                AnyChat::Ended(_) => {}
            }
        }
        Ok(())
    }

    /// The newest chat that somebody has asked for.
    pub(crate) fn requested_chat(
        &self,
        tx: &dyn Transaction,
        peer: &AccountKey,
    ) -> Result<Option<opt_in::Chat<opt_in::Requested>>, StoreError> {
        let newest = |chat: &Chat| match chat.chat {
            AnyChat::Requested(requested) => Some((chat.age(), requested)),
            _ => None,
        };
        let chats = self.chats(tx, peer)?;
        Ok(chats.iter().filter_map(newest).max_by_key(|(age, _)| *age).map(|(_, chat)| chat))
    }

    /// The chat to write in: an accepted one before one that waits, of several the newest. Its age is the relay's
    /// time of the opening, which both sides know, so that they choose the same one when both opened (CNV-6).
    pub(crate) fn chat_with(
        &self,
        tx: &dyn Transaction,
        peer: &AccountKey,
    ) -> Result<Option<(ChatId, ChatState)>, StoreError> {
        let rank = |chat: &Chat| match chat.chat {
            AnyChat::Ended(_) => 0,
            AnyChat::Requested(_) => 1,
            AnyChat::Opened(_) => 2,
            AnyChat::Accepted(_) => 3,
        };
        let chats = self.chats(tx, peer)?;
        let chosen = chats.into_iter().max_by_key(|chat| (rank(chat), chat.age()));
        Ok(chosen.map(|chat| (chat.id, chat.chat.state())))
    }

    fn chats(&self, tx: &dyn Transaction, peer: &AccountKey) -> Result<Vec<Chat>, StoreError> {
        let mut chats = Vec::new();
        for (key, _) in tx.scan(Table::PeerChat, peer.as_bytes(), None, usize::MAX)? {
            let id = ChatId::new(records::fixed(key.get(32..).unwrap_or_default())?);
            let key = Conversation::Chat(id).key();
            let record = tx.read::<records::Conversation>(Table::Conversation, &key)?;
            let record = record.ok_or(StoreError::Damaged("chat"))?;
            let state = ChatState::from_number(record.chat_state).ok_or(StoreError::Damaged("chat state"))?;
            chats.push(Chat { id, chat: AnyChat::of(id, *peer, state), since: record.since });
        }
        Ok(chats)
    }

    /// A chat, if it is one with this person.
    pub(crate) fn chat(
        &self,
        tx: &dyn Transaction,
        id: ChatId,
        peer: &AccountKey,
    ) -> Result<Option<AnyChat>, StoreError> {
        let record = tx.read::<records::Conversation>(Table::Conversation, &Conversation::Chat(id).key())?;
        let theirs = record.filter(|record| record.peer == peer.as_bytes());
        let state = theirs.and_then(|record| ChatState::from_number(record.chat_state));
        Ok(state.map(|state| AnyChat::of(id, *peer, state)))
    }

    pub(crate) fn keep_chat(&self, step: &mut Step<'_>, chat: &AnyChat) -> Result<(), StoreError> {
        self.keep_conversation(step, Conversation::Chat(chat.id()), &chat.peer(), Some(chat.state()))
    }

    /// Creates a conversation, or moves a chat on.
    pub(crate) fn keep_conversation(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        peer: &AccountKey,
        state: Option<ChatState>,
    ) -> Result<(), StoreError> {
        let key = conversation.key();
        let mut record = step
            .tx
            .read::<records::Conversation>(Table::Conversation, &key)?
            .unwrap_or_else(|| records::Conversation { since: step.now, ..Default::default() });
        record.peer = peer.as_bytes().to_vec();
        record.chat_state = state.map_or(0, ChatState::number);
        step.tx.write(Table::Conversation, &key, &record)?;
        if let Conversation::Chat(chat) = conversation {
            let key = [peer.as_bytes().as_slice(), chat.as_bytes()].concat();
            step.tx.put(Table::PeerChat, &key, &[])?;
        }
        Ok(())
    }

    /// Says something that is no message in a chat, whatever its state.
    pub(crate) fn tell(
        &self,
        step: &mut Step<'_>,
        peer: &AccountKey,
        chat: ChatId,
        body: Body,
    ) -> Result<(), Error> {
        let frame = self.frame(step, Conversation::Chat(chat), body, Manner::default())?;
        self.queue_composed(step, Some(peer), &Composed::Chat(ChatFrame { chat, frame })).map(drop)
    }

    pub(crate) fn frame(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        body: Body,
        manner: Manner,
    ) -> Result<Frame, Error> {
        let expiry = self.terms_for(step.tx, conversation, &body, manner)?;
        let key = last_frame_key(&conversation, &self.address());
        let previous = step.tx.get(Table::LastFrame, &key)?;
        let previous = previous.map(|hash| records::fixed(&hash).map(Digest)).transpose()?;
        let in_clear = matches!(conversation, Conversation::Thread(_));
        let salt = if in_clear { None } else { Some(Salt::draw(step.entropy)?) };
        let message_id = MessageId::draw(step.entropy)?;
        let body = self.enclose(step, conversation, (body, message_id), expiry)?;
        Ok(Frame { message_id, sent_at: step.now, body, previous, silent: manner.silent, expiry, salt })
    }

    /// Puts a frame into the outbox, and into the conversation if it is something to read.
    pub(crate) fn queue_composed(
        &self,
        step: &mut Step<'_>,
        peer: Option<&AccountKey>,
        composed: &Composed,
    ) -> Result<u64, Error> {
        if let (Composed::Thread(_), Some(peer)) = (composed, peer) {
            self.may_write_in_the_clear(step.tx, peer)?;
        }
        let (conversation, frame, hash) = composed.parts();
        let own = self.address();
        step.tx.put(Table::LastFrame, &last_frame_key(&conversation, &own), hash.as_bytes())?;
        let message_index = if has_place(&frame.body) {
            keep_message(step, conversation, (&own, self.is_automated()), (frame, &hash), None)?
        } else {
            0
        };
        let client_id: [u8; 16] = entropy::public(step.entropy, Draw("client id"))?;
        let about = self.timed_target(step.tx, conversation, &frame.body)?.unwrap_or_default();
        let is_timed = !about.is_empty() || frame.expiry.is_some_and(|expiry| expiry.is_timed());
        let content = Content::of(step, is_timed, frame.message_id.as_bytes(), frame.body.encode())?;
        let outgoing = records::Outgoing {
            peer: peer.map(|peer| peer.as_bytes().to_vec()).unwrap_or_default(),
            conversation: conversation.key().to_vec(),
            message_id: frame.message_id.as_bytes().to_vec(),
            sent_at: frame.sent_at,
            kind: frame.body.kind().0,
            content: content.bytes,
            key: content.key,
            about,
            previous: frame.previous.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default(),
            client_id: client_id.to_vec(),
            message_index,
            silent: frame.silent,
            expiry: frame.expiry.map(pb::Expiry::from),
            salt: frame.salt.map(|Salt(salt)| salt.to_vec()).unwrap_or_default(),
            keep: keep(frame.body.kind(), self.expiry(step.tx, conversation)?).into(),
            ..Default::default()
        };
        queue_entry(step.tx, Lane::Person, &outgoing)?;
        Ok(message_index)
    }
}

/// No device is left of those that asked for a chat.
const NOBODY_LEFT: u32 = 2;

/// A chat with somebody.
struct Chat {
    id: ChatId,
    chat: AnyChat,
    since: u64,
}

impl Chat {
    fn age(&self) -> (u64, ChatId) {
        (self.since, self.id)
    }
}

/// What goes out first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lane {
    /// What others need before they can read what people say.
    Control,
    /// What people say and do.
    Person,
}

/// Places of the lane of people begin here, so that the outbox is read with the other lane first.
const PERSON_LANE: u64 = 1 << 62;

/// Puts something at the end of its lane of the outbox.
pub(crate) fn queue_entry(
    tx: &mut dyn Transaction,
    lane: Lane,
    entry: &records::Outgoing,
) -> Result<(), StoreError> {
    let number = tx.next("outbox")?;
    let place = match lane {
        Lane::Control => number,
        Lane::Person => number | PERSON_LANE,
    };
    tx.write(Table::Outbox, &place.to_be_bytes(), entry)
}

/// A frame on its way into the outbox: of one kind of conversation or another.
pub(crate) enum Composed {
    Thread(ThreadFrame),
    Chat(ChatFrame),
    Group(GroupFrame),
}

impl Composed {
    pub(crate) fn parts(&self) -> (Conversation, &Frame, Digest) {
        match self {
            Self::Thread(frame) => (Conversation::Thread(frame.thread), &frame.frame, frame.hash()),
            Self::Chat(frame) => (Conversation::Chat(frame.chat), &frame.frame, frame.hash()),
            Self::Group(frame) => (Conversation::Group(frame.group), &frame.frame, frame.hash()),
        }
    }
}

/// Whether it has a place of its own in its conversation: a message, or something that people look for where it was said.
pub(crate) fn has_place(body: &Body) -> bool {
    body.is_shown() || matches!(body, Body::ExpiryPolicy(_))
}

/// Takes something out of the outbox, and destroys the key it was kept under.
pub(crate) fn leave_outbox(step: &mut Step<'_>, key: &[u8], entry: &records::Outgoing) -> Result<(), Error> {
    step.tx.delete(Table::Outbox, key)?;
    // The key of what is sent again is that of a message.
    if entry.again { Ok(()) } else { timed::destroy_key(step, entry.key) }
}

/// Stores a message at the end of its conversation and returns its index. Of one from elsewhere the relay says when it has
/// accepted it.
pub(crate) fn keep_message(
    step: &mut Step<'_>,
    conversation: Conversation,
    (sender, automated): (&Address, bool),
    (frame, hash): (&Frame, &Digest),
    accepted_at: Option<u64>,
) -> Result<u64, Error> {
    let index = step.tx.next("message")?;
    let place = message_key(&conversation, index);
    let id_key = message_id_key(&conversation, &sender.account, &frame.message_id);
    let now = step.happens_at()?;
    // Only what comes from elsewhere has been spoken of before it came, and only a message can be (EXP-8).
    let is_spoken_of = accepted_at.is_some() && frame.body.is_shown();
    let early = early::take(step.tx, &id_key)?;
    let early = if is_spoken_of { early } else { Early::default() };
    if early.is_taken_back() {
        return keep_taken_back(step, (place, &id_key), sender, (frame, hash), (index, accepted_at));
    }
    let life = timed::beginning(frame, accepted_at.map(|at| (at, now)));
    let life = early.shorten(life, frame.sent_at, (accepted_at.unwrap_or_default(), now))?;
    // EXP-16: what comes too late leaves nothing but that it came. By the clock of the device alone it would be lost to one that
    // is ahead.
    let is_over = match &life {
        Some(life) => life.is_gone(destroys_by(step.tx)?),
        None => false,
    };
    let content = match is_over {
        true => Content { key: 0, bytes: Vec::new() },
        false => {
            let content = if accepted_at.is_some() {
                Zeroizing::new(frame.body.encode())
            } else {
                own_copy(&frame.body)
            };
            Content::of(step, life.is_some(), &id_key, content.to_vec())?
        }
    };
    let mut record = records::StoredMessage {
        sender: sender.account.as_bytes().to_vec(),
        sender_device: sender.device.number(),
        message_id: frame.message_id.as_bytes().to_vec(),
        sent_at: frame.sent_at,
        accepted_at: accepted_at.unwrap_or_default(),
        kind: frame.body.kind().0,
        content: content.bytes,
        key: content.key,
        gone: if is_over { EXPIRED } else { 0 },
        refusal: 0,
        hash: hash.as_bytes().to_vec(),
        silent: frame.silent,
        automated,
        ..Default::default()
    };
    if let Some(life) = life.as_ref().filter(|_| !is_over) {
        timed::live(step.tx, &place, &mut record, life)?;
    }
    step.tx.write(Table::Message, &place, &record)?;
    step.tx.put(Table::MessageId, &id_key, &index.to_be_bytes())?;
    if is_over {
        return Ok(index);
    }
    if life.is_none() {
        index_body(step.tx, conversation, index, &frame.body)?;
    }
    note_answer(step.tx, conversation, &sender.account, frame, index)?;
    note_answerer(step.tx, conversation, &sender.account, frame)?;
    Ok(index)
}

/// What was taken back before it came leaves its place, as if it had come before (EXP-17).
fn keep_taken_back(
    step: &mut Step<'_>,
    (place, id_key): (Vec<u8>, &[u8]),
    sender: &Address,
    (frame, hash): (&Frame, &Digest),
    (index, accepted_at): (u64, Option<u64>),
) -> Result<u64, Error> {
    let taken_back = Body::Unsend(frame.message_id);
    let record = records::StoredMessage {
        sender: sender.account.as_bytes().to_vec(),
        sender_device: sender.device.number(),
        message_id: frame.message_id.as_bytes().to_vec(),
        sent_at: frame.sent_at,
        accepted_at: accepted_at.unwrap_or_default(),
        kind: taken_back.kind().0,
        content: taken_back.encode(),
        hash: hash.as_bytes().to_vec(),
        silent: frame.silent,
        ..Default::default()
    };
    step.tx.write(Table::Message, &place, &record)?;
    step.tx.put(Table::MessageId, id_key, &index.to_be_bytes())?;
    Ok(index)
}
