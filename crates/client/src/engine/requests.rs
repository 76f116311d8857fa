//! People who ask: what somebody writes whom the person here has not written to is kept, and not told of as a message, until
//! they have decided (CNV-16 to CNV-18).

use super::{Engine, IdentityState, Step, relations::Relation, stop::Stop, timed, verification::change};
use crate::{
    ChatState,
    admission::Sender,
    conversation::Conversation,
    error::{Error, Misuse},
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::{ChatId, ThreadId};
use aside_identity::{AccountKey, Handle};
use aside_wire::Reject;

/// Messages that are kept of one person who was not accepted: enough to say who one is and what one wants.
const HELD_PER_PERSON: u32 = 64;
/// People who can wait for an answer at a time: more than anybody reads, and less than fills a disk.
const PEOPLE_ASKING: usize = 1024;

/// Somebody who has asked, and was not answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Who.
    pub peer: AccountKey,
    /// Their handle, as the relay says.
    pub handle: Handle,
    /// What is known of their identity.
    pub identity: IdentityState,
    /// They have written in the thread.
    pub thread: Option<Conversation>,
    /// They ask to talk encrypted.
    pub chat: Option<Conversation>,
}

impl Request {
    const fn asks(&self) -> bool {
        self.thread.is_some() || self.chat.is_some()
    }
}

impl Engine {
    /// Everybody who has asked for something and was not answered. Nobody learns that they were looked at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn requests(&self, tx: &dyn Transaction) -> Result<Vec<Request>, StoreError> {
        let mut requests = Vec::new();
        for (key, _) in tx.scan(Table::Request, &[], None, usize::MAX)? {
            let peer = records::account(&key)?;
            let Some(handle) = self.handle_of(tx, &peer)? else { continue };
            let request = self.request(tx, peer, handle)?;
            if request.asks() && !self.relation(tx, &peer)?.blocked {
                requests.push(request);
            }
        }
        requests.sort_by(|one, other| one.handle.cmp(&other.handle));
        Ok(requests)
    }

    fn request(&self, tx: &dyn Transaction, peer: AccountKey, handle: Handle) -> Result<Request, StoreError> {
        let identity = self.identity_state(tx, &peer)?;
        let thread = Conversation::Thread(ThreadId::between(&self.address().account, &peer));
        let wrote = tx.get(Table::Conversation, &thread.key())?.is_some();
        let accepted = self.relation(tx, &peer)?.accepted;
        let chat = self.requested_chat(tx, &peer)?.map(|chat| Conversation::Chat(chat.id()));
        Ok(Request { peer, handle, identity, thread: Some(thread).filter(|_| wrote && !accepted), chat })
    }

    /// Accepts everything that somebody has asked for.
    ///
    /// # Errors
    /// [`Misuse::NoRequestAtAll`] if they have not asked for anything.
    pub fn accept_request(&self, step: &mut Step<'_>, from: &Handle) -> Result<Request, Error> {
        let request = self.request_of(step.tx, from)?;
        self.reachable(step.tx, from)?;
        accept_person(step.tx, &request.peer)?;
        if request.chat.is_some() {
            self.accept_chat(step, from)?;
        }
        Ok(request)
    }

    /// Wants nothing of what somebody has asked for; what they wrote is deleted. They are told only if it is to be `openly`,
    /// and if they asked for a chat (CNV-12). They can ask again.
    ///
    /// # Errors
    /// [`Misuse::NoRequestAtAll`] if they have not asked for anything.
    pub fn decline_request(
        &self,
        step: &mut Step<'_>,
        from: &Handle,
        openly: bool,
    ) -> Result<Request, Error> {
        let request = self.request_of(step.tx, from)?;
        while self.requested_chat(step.tx, &request.peer)?.is_some() {
            self.decline_chat(step, from, openly)?;
        }
        if let Some(thread) = request.thread {
            forget_messages(step, &thread)?;
            step.tx.delete(Table::Conversation, &thread.key())?;
        }
        step.tx.delete(Table::Request, request.peer.as_bytes())?;
        Ok(request)
    }

    /// Frees the place among those who ask once nothing of theirs is left to decide about (CNV-17).
    pub(crate) fn settle_request(
        &self,
        tx: &mut dyn Transaction,
        peer: &AccountKey,
    ) -> Result<(), StoreError> {
        let Some(handle) = self.handle_of(tx, peer)? else { return Ok(()) };
        if !self.request(tx, *peer, handle)?.asks() {
            tx.delete(Table::Request, peer.as_bytes())?;
        }
        Ok(())
    }

    fn request_of(&self, tx: &dyn Transaction, from: &Handle) -> Result<Request, Error> {
        let peer = match self.pinned(tx, from) {
            // Who has not been heard of has not asked either, as far as can be told here.
            Err(Error::Misuse(Misuse::UnknownPeer(handle))) => {
                return Err(Misuse::NoRequestAtAll(handle).into());
            }
            peer => peer?,
        };
        let request = self.request(tx, peer, from.clone())?;
        if request.asks() { Ok(request) } else { Err(Misuse::NoRequestAtAll(from.clone()).into()) }
    }

    /// What the sender of a frame of the thread is.
    pub(crate) fn sender_in_thread(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
    ) -> Result<Sender, StoreError> {
        let Relation { accepted, .. } = self.relation(tx, account)?;
        let thread = Conversation::Thread(ThreadId::between(&self.address().account, account));
        Ok(match (accepted, tx.get(Table::Conversation, &thread.key())?) {
            (true, _) => Sender::Accepted,
            (false, Some(_)) => Sender::Requester,
            (false, None) => Sender::Stranger,
        })
    }
}

/// Whether a thread or a chat was not accepted yet, so that nothing of it is shown, found or exported (CNV-16).
pub(crate) fn is_request(tx: &dyn Transaction, conversation: Conversation) -> Result<bool, StoreError> {
    let record = tx.read::<records::Conversation>(Table::Conversation, &conversation.key())?;
    let Some(record) = record else { return Ok(false) };
    if let Conversation::Thread(_) = conversation {
        let peer = tx.read::<records::Peer>(Table::Peer, &record.peer)?;
        return Ok(!peer.is_some_and(|peer| peer.accepted));
    }
    Ok(ChatState::from_number(record.chat_state) == Some(ChatState::Requested))
}

/// Whether something more of somebody can be kept who was not accepted (CNV-17, threat T6).
pub(crate) fn room_to_ask(tx: &dyn Transaction, account: &AccountKey) -> Result<(), Stop> {
    let held = match tx.read::<records::Request>(Table::Request, account.as_bytes())? {
        Some(request) => request.held,
        None if tx.scan(Table::Request, &[], None, PEOPLE_ASKING)?.len() >= PEOPLE_ASKING => {
            return Err(Reject::Limit.into());
        }
        None => 0,
    };
    if held < HELD_PER_PERSON { Ok(()) } else { Err(Reject::Limit.into()) }
}

/// Remembers that somebody has asked; returns whether that is new.
pub(crate) fn note_request(
    tx: &mut dyn Transaction,
    account: &AccountKey,
    held: u32,
) -> Result<bool, StoreError> {
    let known = tx.read::<records::Request>(Table::Request, account.as_bytes())?;
    let before = known.as_ref().map_or(0, |request| request.held);
    let request = records::Request { held: before.saturating_add(held) };
    tx.write(Table::Request, account.as_bytes(), &request)?;
    Ok(known.is_none())
}

/// The person here has written to somebody, or accepted what they asked.
pub(crate) fn accept_person(tx: &mut dyn Transaction, account: &AccountKey) -> Result<(), StoreError> {
    tx.delete(Table::Request, account.as_bytes())?;
    change(tx, account, |record| record.accepted = true)
}

/// Deletes a chat with everything that was said there. Its id means nothing here any more.
pub(crate) fn forget_chat(step: &mut Step<'_>, peer: &AccountKey, id: ChatId) -> Result<(), Error> {
    let chat = Conversation::Chat(id);
    forget_messages(step, &chat)?;
    let tx = &mut *step.tx;
    for (key, _) in tx.scan(Table::LastFrame, &chat.key(), None, usize::MAX)? {
        tx.delete(Table::LastFrame, &key)?;
    }
    tx.delete(Table::Conversation, &chat.key())?;
    Ok(tx.delete(Table::PeerChat, &[peer.as_bytes().as_slice(), id.as_bytes()].concat())?)
}

/// Deletes what was said in a conversation, and what was said about it.
fn forget_messages(step: &mut Step<'_>, conversation: &Conversation) -> Result<(), Error> {
    for (key, record) in step.tx.scan(Table::Message, &conversation.key(), None, usize::MAX)? {
        timed::destroy(step, &key, &mut records::decode(&record)?)?;
    }
    let tx = &mut *step.tx;
    for table in [Table::Message, Table::MessageId, Table::Mark, Table::Term, Table::Capture, Table::Early] {
        for (key, _) in tx.scan(table, &conversation.key(), None, usize::MAX)? {
            tx.delete(table, &key)?;
        }
    }
    Ok(())
}
