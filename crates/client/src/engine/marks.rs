//! What people say about messages: reactions, later wordings, and that one is taken back.

use super::{
    Engine, Step, early,
    forget::forget_marks,
    forms::{answer_index, forget_answer},
    repeating::forget_sent_about,
    stop::Stop,
    timed, vault,
};
use crate::{
    conversation::Conversation,
    error::Error,
    event::Event,
    records::{self, Mark, Records, index, mark_key, message_id_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, Fact, Kind, MessageId, Text, rules::is_message};
use aside_identity::AccountKey;
use aside_wire::Reject;

/// Which mark it is, in the key of its record.
const REACTION: u8 = 11;
const EDIT: u8 = 12;
/// Where it stands there: behind conversation, author and message id.
const MARK_KIND: usize = 33 + 32 + 16;
pub(crate) const ANSWER: u8 = 21;

/// Everything said about one message.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) reactions: Vec<(AccountKey, String)>,
    /// The latest wording, if there is a later one than the message's own.
    pub(crate) text: Option<Text>,
    /// Who has answered it, and the index of the answer that counts.
    pub(crate) answers: Vec<(AccountKey, u64)>,
}

/// A message with its place, as a mark speaks of it.
pub(crate) struct Marked {
    pub(crate) index: u64,
    pub(crate) record: records::StoredMessage,
}

impl Engine {
    /// Whether somebody may say this about a message: of another wording, that it is their own text (CON-25), and always
    /// that they mean the message that is here (CON-20, threat C8). What is said about a message that is not here has no
    /// effect, and no answer (threat T5).
    pub(crate) fn check_mark(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        by: &AccountKey,
        body: &Body,
    ) -> Result<(), Stop> {
        let Some(target) = body.target() else { return Ok(()) };
        if let Body::Choice(choice) = body {
            return self.check_choice(tx, conversation, by, choice);
        }
        if matches!(body, Body::Edit(_)) && target.author != *by {
            return Err(Reject::Policy.into());
        }
        let Some(marked) = find(tx, conversation, &target.author, &target.message_id)? else { return Ok(()) };
        let same = marked.record.hash == target.hash.as_bytes();
        let is_text = Kind(marked.record.kind) == Kind::TEXT || Kind(marked.record.kind) == Kind::UNSEND;
        if same && (is_text || !matches!(body, Body::Edit(_))) { Ok(()) } else { Err(Reject::Policy.into()) }
    }

    /// Takes in what somebody says about a message.
    pub(crate) fn apply_mark(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        by: &AccountKey,
        body: &Body,
    ) -> Result<Option<Event>, Error> {
        let (author, id, kind, counter, value) = match body {
            Body::Reaction(reaction) => {
                let value = reaction.emoji.clone().into_bytes();
                (reaction.target.author, reaction.target.message_id, REACTION, reaction.counter, value)
            }
            Body::Edit(edit) => {
                let value = Body::Text(edit.text.clone()).encode();
                (edit.target.author, edit.target.message_id, EDIT, edit.version.into(), value)
            }
            Body::Unsend(id) => return self.take_back(step, conversation, by, id),
            Body::Shorten(shorten) => return self.shorten_here(step, conversation, by, shorten),
            Body::Sharing(sharing) => return Ok(self.apply_sharing(step, conversation, by, sharing)?),
            _ => return Ok(None),
        };
        let Some(marked) = find(step.tx, conversation, &author, &id)? else { return Ok(None) };
        if !is_message(Kind(marked.record.kind)) || marked.record.gone != 0 {
            return Ok(None);
        }
        let key = mark_key(&message_id_key(&conversation, &author, &id), kind, by);
        let newest = step.tx.read::<Mark>(Table::Mark, &key)?.map_or(0, |mark| mark.counter);
        if counter <= newest {
            return Ok(None);
        }
        let value = match timed::mark_key(step.tx, &marked.record)? {
            Some(sealing) => vault::seal(&sealing, step.entropy, &key, &zeroize::Zeroizing::new(value))?,
            None if timed::is_timed(&marked.record) => return Ok(None),
            None => value,
        };
        let mark = Mark { counter, value };
        if kind == EDIT {
            self.unindex_message(step.tx, conversation, marked.index, &marked.record)?;
            step.tx.write(Table::Mark, &key, &mark)?;
            self.index_message(step.tx, conversation, marked.index, &marked.record)?;
        } else {
            step.tx.write(Table::Mark, &key, &mark)?;
        }
        Ok(Some(Event::Changed { conversation, index: marked.index, by: *by }))
    }

    /// Wipes a message, and what was said about it; its place stays (CON-25).
    fn take_back(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        author: &AccountKey,
        id: &MessageId,
    ) -> Result<Option<Event>, Error> {
        let Some(Marked { index, mut record }) = find(step.tx, conversation, author, id)? else {
            early::note(step.tx, conversation, (author, id), Fact::Gone)?;
            return Ok(None);
        };
        if !is_message(Kind(record.kind)) {
            return Ok(None);
        }
        self.unindex_message(step.tx, conversation, index, &record)?;
        forget_marks(step.tx, conversation, &record)?;
        forget_answer(step.tx, conversation, author, (index, &record))?;
        let place = message_key(&conversation, index);
        forget_sent_about(step.tx, &place)?;
        timed::destroy(step, &place, &mut record)?;
        record.gone = 0;
        let taken_back = Body::Unsend(*id);
        record.kind = taken_back.kind().0;
        record.content = taken_back.encode();
        step.tx.delete(Table::Message, &place)?;
        step.tx.write(Table::Message, &place, &record)?;
        Ok(Some(Event::Changed { conversation, index, by: *author }))
    }

    /// Everything said about a message.
    pub(crate) fn marks(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        record: &records::StoredMessage,
    ) -> Result<Marks, StoreError> {
        let prefix = timed::id_key(conversation, record)?;
        let damaged = || StoreError::Damaged("mark of a message");
        let mut marks = Marks::default();
        for (key, mark) in tx.scan(Table::Mark, &prefix, None, usize::MAX)? {
            let mark: Mark = records::decode(&mark)?;
            let (kind, by) = key.get(prefix.len()..).and_then(<[u8]>::split_first).ok_or_else(damaged)?;
            let Some(mark) = opened(tx, record.key, &key, mark)? else { continue };
            match *kind {
                REACTION if !mark.value.is_empty() => {
                    let emoji = String::from_utf8(mark.value).map_err(|_| damaged())?;
                    marks.reactions.push((records::account(by)?, emoji));
                }
                EDIT => match Body::decode(Kind::TEXT, &mark.value) {
                    Ok(Body::Text(text)) => marks.text = Some(text),
                    _ => return Err(damaged()),
                },
                ANSWER => match answer_index(&mark)? {
                    // Taken back.
                    0 => {}
                    index => marks.answers.push((records::account(by)?, index)),
                },
                _ => {}
            }
        }
        Ok(marks)
    }

    /// Seals what is stored of a message that was to stay, and what was said about it. The record is not stored.
    pub(crate) fn seal_with_marks(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        record: &mut records::StoredMessage,
    ) -> Result<(), Error> {
        let place = timed::id_key(conversation, record)?;
        let (kept, key) = vault::keep_key(step.tx, step.entropy)?;
        for (place, mark) in step.tx.scan(Table::Mark, &place, None, usize::MAX)? {
            let mut mark: Mark = records::decode(&mark)?;
            if has_words(&place) {
                mark.value = vault::seal(&key, step.entropy, &place, &zeroize::Zeroizing::new(mark.value))?;
                step.tx.write(Table::Mark, &place, &mark)?;
            }
        }
        let content = zeroize::Zeroizing::new(core::mem::take(&mut record.content));
        record.content = vault::seal(&key, step.entropy, &place, &content)?;
        record.key = kept.to_stored();
        Ok(())
    }

    /// The counter of the next mark of one's own on a message.
    pub(crate) fn next_counter(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        body: &Body,
    ) -> Result<u64, StoreError> {
        let Some(target) = body.target() else { return Ok(1) };
        let kind = if matches!(body, Body::Edit(_)) { EDIT } else { REACTION };
        let message = message_id_key(&conversation, &target.author, &target.message_id);
        let key = mark_key(&message, kind, &self.address().account);
        Ok(tx.read::<Mark>(Table::Mark, &key)?.map_or(0, |mark| mark.counter).saturating_add(1))
    }
}

/// Whether a mark says something that somebody wrote, which is sealed with its message; others are places and counts.
fn has_words(place: &[u8]) -> bool {
    matches!(place.get(MARK_KIND), Some(&(REACTION | EDIT)))
}

/// What was said about a message, opened with its key. `None` if the key is destroyed.
fn opened(tx: &dyn Transaction, key: u64, place: &[u8], mark: Mark) -> Result<Option<Mark>, StoreError> {
    if !has_words(place) {
        return Ok(Some(mark));
    }
    let value = timed::opened(tx, key, place, &mark.value)?;
    Ok(value.map(|value| Mark { counter: mark.counter, value: value.to_vec() }))
}

/// A message, if it is here.
pub(crate) fn find(
    tx: &dyn Transaction,
    conversation: Conversation,
    author: &AccountKey,
    id: &MessageId,
) -> Result<Option<Marked>, StoreError> {
    let Some(place) = tx.get(Table::MessageId, &message_id_key(&conversation, author, id))? else {
        return Ok(None);
    };
    let index = index(&place)?;
    let record = tx.read(Table::Message, &message_key(&conversation, index))?;
    Ok(record.map(|record| Marked { index, record }))
}
