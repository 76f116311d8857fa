//! What a person reads.

use super::{
    Engine, Origin, Step,
    marks::Marks,
    receipts::became,
    requests::is_request,
    timed::{self, OPENED},
};
use crate::{
    ChatState,
    conversation::{Conversation, Delivery, Gone, Lifetime, Message, Summary},
    error::Error,
    records::{self, Records, decode, fixed, index, message_id_key, message_key},
    shield::Shield,
    store::{Row, StoreError, Table, Transaction},
};
use aside_content::{Body, Kind, MessageId, rules::is_message};
use aside_identity::AccountKey;
use aside_wire::pb::RefusalCode;
use std::collections::VecDeque;

impl Engine {
    /// All threads and chats, with the number of messages not shown yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn conversations(&self, step: &Step<'_>) -> Result<Vec<Summary>, StoreError> {
        let View { tx, .. } = View::of(step)?;
        let mut summaries = Vec::new();
        for (key, record) in tx.scan(Table::Conversation, &[], None, usize::MAX)? {
            let conversation =
                Conversation::from_key(&key).ok_or(StoreError::Damaged("key of a conversation"))?;
            if matches!(conversation, Conversation::Group(_)) {
                continue;
            }
            let record: records::Conversation = decode(&record)?;
            let peer = records::account(&record.peer)?;
            let handle = self.handle_of(tx, &peer)?.ok_or(StoreError::Damaged("peer of a conversation"))?;
            let state = ChatState::from_number(record.chat_state);
            let mut unread = 0usize;
            each_new(tx, conversation, record.shown, |message| {
                unread = unread.saturating_add(usize::from(message.sender == record.peer));
                Ok(())
            })?;
            let identity = self.identity_state(tx, &peer)?;
            let (answerer, labels) = (self.answerer(tx, conversation, &peer)?, self.labels(tx, &peer)?);
            let requested = is_request(tx, conversation)?;
            let summary =
                Summary { conversation, peer, handle, identity, state, requested, unread, answerer, labels };
            // Of several chats with one person the oldest first.
            let is_chat = matches!(conversation, Conversation::Chat(_));
            summaries.push(((summary.handle.clone(), is_chat, record.since, conversation), summary));
        }
        summaries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(summaries.into_iter().map(|(_, summary)| summary).collect())
    }

    /// At most `limit` messages of a conversation after an index, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn messages(
        &self,
        step: &Step<'_>,
        conversation: Conversation,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let view = View::of(step)?;
        let after = message_key(&conversation, after);
        let rows = view.tx.scan(Table::Message, &conversation.key(), Some(&after), limit)?;
        rows.iter().map(|row| self.message_of(&view, conversation, row)).collect()
    }

    /// The last `limit` messages of a conversation before an index, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn messages_before(
        &self,
        step: &Step<'_>,
        conversation: Conversation,
        before: u64,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let view = View::of(step)?;
        let View { tx, .. } = view;
        let wanted = u64::try_from(limit).unwrap_or(u64::MAX);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let before = before.min(tx.counter("message")?.saturating_add(1));
        let mut width = wanted.max(1);
        // The store reads forwards only, so the stretch before the index grows until it holds enough.
        loop {
            let after = before.saturating_sub(width).saturating_sub(1);
            let mut last = VecDeque::new();
            let mut seen = 0u64;
            let from = message_key(&conversation, after);
            let end = message_key(&conversation, before);
            tx.walk_while(Table::Message, &conversation.key(), Some(&from), |key, record| {
                if key >= end.as_slice() {
                    return Ok(false);
                }
                seen = seen.saturating_add(1);
                if last.len() == limit {
                    last.pop_front();
                }
                last.push_back((key.to_vec(), record.to_vec()));
                Ok(true)
            })?;
            if seen >= wanted || after == 0 {
                return last.into_iter().map(|row| self.message_of(&view, conversation, &row)).collect();
            }
            width = width.saturating_mul(4);
        }
    }

    /// The message that another one answers, as it is here; `None` if it is not, or is not the one that was meant (CON-20,
    /// threat C8).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn answered(&self, step: &Step<'_>, answer: &Message) -> Result<Option<Message>, StoreError> {
        let view = View::of(step)?;
        let View { tx, .. } = view;
        let target = match &answer.body {
            Body::Reply(reply) => &reply.target,
            Body::Choice(choice) => &choice.target,
            _ => return Ok(None),
        };
        let conversation = answer.conversation;
        let key = message_id_key(&conversation, &target.author, &target.message_id);
        let Some(place) = tx.get(Table::MessageId, &key)? else { return Ok(None) };
        let index = index(&place)?;
        let record = tx.read::<records::StoredMessage>(Table::Message, &message_key(&conversation, index))?;
        match record.filter(|record| record.hash == target.hash.as_bytes()) {
            Some(record) => self.message(&view, conversation, index, &record).map(Some),
            None => Ok(None),
        }
    }

    /// Whom a thread or a chat is with; `None` if it is not known here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn peer_of(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
    ) -> Result<Option<AccountKey>, StoreError> {
        let record = tx.read::<records::Conversation>(Table::Conversation, &conversation.key())?;
        // A group has no peer.
        let peer = record.map(|record| record.peer).filter(|peer| !peer.is_empty());
        peer.map(|peer| records::account(&peer)).transpose()
    }

    /// The index up to which a conversation was shown.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn shown(&self, tx: &dyn Transaction, conversation: Conversation) -> Result<u64, StoreError> {
        let record = tx.read::<records::Conversation>(Table::Conversation, &conversation.key())?;
        Ok(record.map_or(0, |record| record.shown))
    }

    /// Remembers that a conversation was shown up to an index. It never goes back. Whoever wrote what was shown is told,
    /// in time, if that is wanted (CNV-20 to CNV-23).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn mark_shown(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        up_to: u64,
    ) -> Result<(), Error> {
        let key = conversation.key();
        if let Some(mut record) = step.tx.read::<records::Conversation>(Table::Conversation, &key)?
            && record.shown < up_to
        {
            let before = std::mem::replace(&mut record.shown, up_to);
            step.tx.write(Table::Conversation, &key, &record)?;
            self.start_clocks(step, conversation, (before, up_to))?;
            if let Conversation::Chat(_) = conversation {
                self.note_read(step, conversation, &records::account(&record.peer)?, (before, up_to))?;
            }
        }
        Ok(())
    }

    /// How many frames wait for the relay, those left out that this device sends by itself: nobody waits for those.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting(&self, tx: &dyn Transaction) -> Result<usize, StoreError> {
        let mut waiting = 0usize;
        tx.walk(Table::Outbox, &[], None, |_, entry| {
            let entry: records::Outgoing = decode(entry)?;
            let by_itself = entry.again || matches!(Kind(entry.kind), Kind::RECEIPTS | Kind::RETRY);
            waiting = waiting.saturating_add(usize::from(!by_itself));
            Ok(())
        })?;
        Ok(waiting)
    }

    fn message_of(
        &self,
        view: &View<'_>,
        conversation: Conversation,
        (key, record): &Row,
    ) -> Result<Message, StoreError> {
        let index = index(key.get(conversation.key().len()..).unwrap_or_default())?;
        self.message(view, conversation, index, &decode(record)?)
    }

    pub(crate) fn message(
        &self,
        view: &View<'_>,
        conversation: Conversation,
        index: u64,
        record: &records::StoredMessage,
    ) -> Result<Message, StoreError> {
        let sender = records::account(&record.sender)?;
        let message_id = MessageId::new(fixed(&record.message_id)?);
        let lifetime = view.lifetime(conversation, record)?;
        let marks = match lifetime.is_open() {
            true => self.marks(view.tx, conversation, record)?,
            false => Marks::default(),
        };
        let body = match &marks.text {
            Some(text) => Body::Text(text.clone()),
            None => view.body(conversation, record, lifetime)?.unwrap_or(Body::Unsend(message_id)),
        };
        let refusal = RefusalCode::try_from(record.refusal).map_err(|_| StoreError::Damaged("refusal"))?;
        let delivery = match (sender == self.address().account, refusal) {
            (false, _) => Delivery::Received,
            (true, _) if record.imported => Delivery::Accepted,
            (true, RefusalCode::Unspecified) => became(record),
            (true, code) => Delivery::Failed(code),
        };
        let known = |at: u64| Some(at).filter(|at| *at != 0);
        Ok(Message {
            conversation,
            index,
            sender,
            message_id,
            sent_at: record.sent_at,
            accepted_at: known(record.accepted_at),
            waits_until: known(record.waits_until),
            delivered_at: known(record.delivered_at),
            read_at: known(record.read_at),
            viewed_at: known(record.viewed_at),
            body,
            lifetime,
            // ARC-8
            shield: if record.imported { Shield::IMPORTED } else { conversation.shield() },
            delivery,
            reactions: marks.reactions,
            edited: marks.text.is_some(),
            silent: record.silent,
            automated: record.automated,
            superseded: record.superseded,
            answers: marks.answers,
            origin: Origin::of(
                self,
                conversation,
                (sender, message_id),
                is_message(Kind(record.kind)) && lifetime.is_open(),
            ),
        })
    }
}

/// What can be read at one time: every way to a message leads through here (EXP-30).
pub(crate) struct View<'a> {
    pub(crate) tx: &'a dyn Transaction,
    /// What is due by then is not shown.
    by: u64,
}

impl<'a> View<'a> {
    pub(crate) fn of(step: &'a Step<'_>) -> Result<Self, StoreError> {
        Ok(Self { tx: step.tx, by: step.hides_by()? })
    }

    /// Nothing of it is shown any more, whether it is destroyed yet or not.
    pub(crate) fn is_gone(&self, record: &records::StoredMessage) -> bool {
        record.gone != 0 || record.deadline.is_some_and(|deadline| deadline <= self.by)
    }

    fn lifetime(
        &self,
        conversation: Conversation,
        record: &records::StoredMessage,
    ) -> Result<Lifetime, StoreError> {
        if self.is_gone(record) {
            return Ok(Lifetime::Gone(if record.gone == OPENED { Gone::Opened } else { Gone::Expired }));
        }
        let Some(life) = timed::life(record)? else { return Ok(Lifetime::Stays) };
        // Its key was destroyed, or did not come along with a copy of the store.
        if timed::mark_key(self.tx, record)?.is_none() {
            return Ok(Lifetime::Gone(Gone::Expired));
        }
        let deadline = record.deadline;
        Ok(match (life.openings_left(), Kind(record.kind)) {
            (Some(openings), Kind::VIEW_ONCE) => {
                let openings = self.openings(conversation, record, openings)?;
                Lifetime::Closed { openings, deadline }
            }
            _ => Lifetime::Goes { bounds: life.bounds(), deadline, read: life.is_read() },
        })
    }

    /// How often it can be opened here, where it may not have its key.
    fn openings(
        &self,
        conversation: Conversation,
        record: &records::StoredMessage,
        left: usize,
    ) -> Result<usize, StoreError> {
        let said = timed::said(self.tx, conversation, record)?;
        let has_key = matches!(said, Some(Body::ViewOnce(once)) if once.key.is_some());
        Ok(if has_key { left } else { 0 })
    }

    fn body(
        &self,
        conversation: Conversation,
        record: &records::StoredMessage,
        lifetime: Lifetime,
    ) -> Result<Option<Body>, StoreError> {
        if lifetime.is_open() { timed::said(self.tx, conversation, record) } else { Ok(None) }
    }
}

/// Looks at the messages of a conversation that were not shown yet, one after the other.
pub(crate) fn each_new(
    tx: &dyn Transaction,
    conversation: Conversation,
    shown: u64,
    mut each: impl FnMut(&records::StoredMessage) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let after = message_key(&conversation, shown);
    tx.walk(Table::Message, &conversation.key(), Some(&after), |_, record| {
        let message: records::StoredMessage = decode(record)?;
        // What an archive has brought was read elsewhere, and nobody waits for a policy or a notice (CAP-13).
        // Of what has gone nobody missed anything that could be read.
        let is_there = counts(Kind(message.kind)) && message.gone == 0;
        if message.imported || !is_there { Ok(()) } else { each(&message) }
    })
}

/// It is a message, or one that was taken back, and nothing else that has its place in a conversation.
const fn counts(kind: Kind) -> bool {
    is_message(kind) || matches!(kind, Kind::UNSEND)
}
