//! Finding messages by the words in them. The index is kept with the messages, in the same transactions.
//!
//! Its keys are `conversation 33 | word | 0 | newest first 8`, so that the messages with a word stand in one row, the newest
//! ahead, and the rows of several words are compared without being read whole.

use super::{Engine, Step, inbox::View, requests::is_request, timed};
use crate::{
    conversation::{Conversation, Message},
    group::Standing,
    records::{self, Indexed, Records, index, message_key},
    search::{Words, findable, unicode, words},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body,
    derived::{Derived, Made, made},
};
use std::collections::{BTreeSet, VecDeque};

/// The key of the record that says how far the index is built. Kinds of conversations begin at 1.
const BUILT: &[u8] = &[0];
/// Behind it, the conversations begin.
const FIRST: &[u8] = &[0, 0xFF];
/// How texts become words; another number builds the index anew, as another version of Unicode does.
const FORMAT: u32 = 1;
/// Messages taken into the index, or rows out of it, in one step.
const STEP: usize = 512;
/// Words with one beginning that are looked at: of two letters, few languages have so many.
const BEGINNINGS: usize = 4_096;
/// Places read ahead in the row of a word.
const AHEAD: usize = 32;

impl Engine {
    /// The messages that have all these words, the newest first; the last word may be the beginning of one. Requests that
    /// nobody has accepted are not searched.
    ///
    /// [`Engine::build_index`] has to have said that there is nothing more, or older ones may be missing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search(
        &self,
        step: &Step<'_>,
        typed: &str,
        within: Option<Conversation>,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let view = View::of(step)?;
        let View { tx, .. } = view;
        let wanted = Words::read(typed);
        if wanted.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let places = match within {
            Some(conversation) => vec![conversation],
            None => indexed_conversations(tx)?,
        };
        let mut found = BTreeSet::new();
        for conversation in places {
            if !self.is_readable(tx, conversation)? {
                continue;
            }
            for place in matches(tx, &conversation, &wanted, limit)? {
                found.insert((place, conversation));
            }
            while found.len() > limit {
                found.pop_last();
            }
        }
        self.find_timed(&view, &wanted, within, &mut found)?;
        while found.len() > limit {
            found.pop_last();
        }
        let mut messages = Vec::new();
        for (place, conversation) in found {
            let index = !place;
            let key = message_key(&conversation, index);
            if let Some(record) = tx.read::<records::StoredMessage>(Table::Message, &key)? {
                messages.push(self.message(&view, conversation, index, &record)?);
            }
        }
        Ok(messages)
    }

    /// Finds messages that go some time: all of them are read.
    fn find_timed(
        &self,
        view: &View<'_>,
        wanted: &Words,
        within: Option<Conversation>,
        found: &mut BTreeSet<(u64, Conversation)>,
    ) -> Result<(), StoreError> {
        view.tx.walk(Table::Due, &[], None, |key, _| {
            let damaged = || StoreError::Damaged("what is due");
            let place = key.get(8..).ok_or_else(damaged)?;
            let (conversation, number) = place.split_at_checked(33).ok_or_else(damaged)?;
            let conversation = Conversation::from_key(conversation).ok_or_else(damaged)?;
            if within.is_some_and(|within| within != conversation)
                || !self.is_readable(view.tx, conversation)?
            {
                return Ok(());
            }
            let record = view.tx.read::<records::StoredMessage>(Table::Message, place)?;
            let Some(record) = record.filter(|record| !view.is_gone(record)) else { return Ok(()) };
            let body = self.wording(view.tx, conversation, &record)?;
            if body.is_some_and(|body| wanted.are_in(&words(&findable(&body)))) {
                found.insert((!index(number)?, conversation));
            }
            Ok(())
        })
    }

    /// Takes some of the messages into the index that came before there was one. Returns whether there is more to do.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn build_index(&self, step: &mut Step<'_>) -> Result<bool, StoreError> {
        let made_by = format!("{FORMAT} {}", unicode());
        let mut built = step.tx.read::<Indexed>(Table::Term, BUILT)?.unwrap_or_default();
        if built.made_by != made_by {
            let stale = step.tx.scan(Table::Term, &[], Some(FIRST), STEP)?;
            for (key, _) in &stale {
                step.tx.delete(Table::Term, key)?;
            }
            if stale.len() < STEP {
                built = Indexed { made_by, ..Default::default() };
                step.tx.write(Table::Term, BUILT, &built)?;
            }
            return Ok(true);
        }
        if built.done {
            return Ok(false);
        }
        let page = step.tx.scan(Table::Message, &[], Some(&built.after), STEP)?;
        for (key, record) in &page {
            let damaged = || StoreError::Damaged("key of a message");
            let (place, number) = key.split_at_checked(33).ok_or_else(damaged)?;
            let conversation = Conversation::from_key(place).ok_or_else(damaged)?;
            self.index_message(step.tx, conversation, index(number)?, &records::decode(record)?)?;
        }
        built.done = page.len() < STEP;
        built.after = page.into_iter().next_back().map_or(built.after, |(last, _)| last);
        step.tx.write(Table::Term, BUILT, &built)?;
        Ok(!built.done)
    }

    /// Takes a message into the index, as it is worded now.
    pub(crate) fn index_message(
        &self,
        tx: &mut dyn Transaction,
        conversation: Conversation,
        index: u64,
        record: &records::StoredMessage,
    ) -> Result<(), StoreError> {
        // What goes is found by reading it: no word of it stands anywhere else (EXP-31).
        let body = match made(Derived::SearchIndex, timed::stage(record)) {
            Some(Made::AsItIs) => self.wording(tx, conversation, record)?,
            _ => None,
        };
        body.map_or(Ok(()), |body| index_body(tx, conversation, index, &body))
    }

    /// Takes a message out of the index, before it changes or goes.
    pub(crate) fn unindex_message(
        &self,
        tx: &mut dyn Transaction,
        conversation: Conversation,
        index: u64,
        record: &records::StoredMessage,
    ) -> Result<(), StoreError> {
        let body = if timed::is_timed(record) { None } else { self.wording(tx, conversation, record)? };
        let Some(body) = body else { return Ok(()) };
        for word in words(&findable(&body)) {
            tx.delete(Table::Term, &term_key(&conversation, &word, !index))?;
        }
        Ok(())
    }

    /// What a message says now.
    fn wording(
        &self,
        tx: &dyn Transaction,
        conversation: Conversation,
        record: &records::StoredMessage,
    ) -> Result<Option<Body>, StoreError> {
        match self.marks(tx, conversation, record)?.text {
            Some(text) => Ok(Some(Body::Text(text))),
            None => timed::said(tx, conversation, record),
        }
    }

    /// Whether the person here reads this conversation: not before they have accepted it.
    fn is_readable(&self, tx: &dyn Transaction, conversation: Conversation) -> Result<bool, StoreError> {
        if let Conversation::Group(group) = conversation {
            return Ok(self.group_standing(tx, &group)? != Some(Standing::Invited));
        }
        Ok(!is_request(tx, conversation)?)
    }
}

/// Takes what a message says into the index.
pub(crate) fn index_body(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    index: u64,
    body: &Body,
) -> Result<(), StoreError> {
    for word in words(&findable(body)) {
        tx.put(Table::Term, &term_key(&conversation, &word, !index), &[])?;
    }
    Ok(())
}

/// Every conversation that has something in the index.
fn indexed_conversations(tx: &dyn Transaction) -> Result<Vec<Conversation>, StoreError> {
    let mut found = Vec::new();
    let mut after = FIRST.to_vec();
    loop {
        let next = tx.scan(Table::Term, &[], Some(&after), 1)?;
        let Some((key, _)) = next.first() else { return Ok(found) };
        let place = key.get(..33).ok_or(StoreError::Damaged("search index"))?;
        found.push(Conversation::from_key(place).ok_or(StoreError::Damaged("search index"))?);
        after = [place, &[0xFF; 96]].concat();
    }
}

/// The places of a conversation that have all words, at most `limit`: where the rows of all of them meet.
fn matches(
    tx: &dyn Transaction,
    conversation: &Conversation,
    wanted: &Words,
    limit: usize,
) -> Result<Vec<u64>, StoreError> {
    let mut rows: Vec<Either> =
        wanted.whole.iter().map(|word| Either(vec![Row::new(conversation, word)])).collect();
    if let Some(beginning) = &wanted.beginning {
        rows.push(Either::of_beginning(tx, conversation, beginning)?);
    }
    let (mut found, mut place) = (Vec::new(), 0);
    'places: while found.len() < limit {
        for row in &mut rows {
            match row.seek(tx, place)? {
                None => break 'places,
                Some(next) => place = next,
            }
        }
        // A row that came before another one has moved has to move after it.
        let mut meet = true;
        for row in &mut rows {
            meet &= row.seek(tx, place)? == Some(place);
        }
        if meet {
            found.push(place);
            place = place.saturating_add(1);
        }
    }
    Ok(found)
}

/// The rows of several words of which one is enough.
struct Either(Vec<Row>);

impl Either {
    /// All words of a conversation that begin so.
    fn of_beginning(
        tx: &dyn Transaction,
        conversation: &Conversation,
        beginning: &str,
    ) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged("search index");
        let prefix = [conversation.key().as_slice(), beginning.as_bytes()].concat();
        let mut rows = Vec::new();
        let mut after = None;
        while rows.len() < BEGINNINGS {
            let next = tx.scan(Table::Term, &prefix, after.as_deref(), 1)?;
            let Some((key, _)) = next.into_iter().next() else { break };
            let end = key.len().checked_sub(8).ok_or_else(damaged)?;
            let row = key.get(..end).ok_or_else(damaged)?.to_vec();
            after = Some([row.as_slice(), &[0xFF; 8]].concat());
            rows.push(Row { prefix: row, ahead: VecDeque::new(), over: false });
        }
        Ok(Self(rows))
    }

    /// The first place at `from` or behind it.
    fn seek(&mut self, tx: &dyn Transaction, from: u64) -> Result<Option<u64>, StoreError> {
        let mut first: Option<u64> = None;
        for row in &mut self.0 {
            if let Some(place) = row.seek(tx, from)? {
                first = Some(first.map_or(place, |first| first.min(place)));
            }
        }
        Ok(first)
    }
}

/// The places of one word in one conversation.
struct Row {
    prefix: Vec<u8>,
    ahead: VecDeque<u64>,
    /// Nothing comes behind what was read ahead.
    over: bool,
}

impl Row {
    fn new(conversation: &Conversation, word: &str) -> Self {
        Self { prefix: row_key(conversation, word), ahead: VecDeque::new(), over: false }
    }

    fn seek(&mut self, tx: &dyn Transaction, from: u64) -> Result<Option<u64>, StoreError> {
        while self.ahead.front().is_some_and(|place| *place < from) {
            self.ahead.pop_front();
        }
        if self.ahead.is_empty() && !self.over {
            let before = from.checked_sub(1).map(|before| [&self.prefix[..], &before.to_be_bytes()].concat());
            let page = tx.scan(Table::Term, &self.prefix, before.as_deref(), AHEAD)?;
            self.over = page.len() < AHEAD;
            for (key, _) in page {
                self.ahead.push_back(index(key.get(self.prefix.len()..).unwrap_or_default())?);
            }
        }
        Ok(self.ahead.front().copied())
    }
}

/// conversation 33 | word | 0
fn row_key(conversation: &Conversation, word: &str) -> Vec<u8> {
    [conversation.key().as_slice(), word.as_bytes(), &[0]].concat()
}

/// conversation 33 | word | 0 | place 8: the greatest number less the index of the message.
fn term_key(conversation: &Conversation, word: &str, place: u64) -> Vec<u8> {
    [row_key(conversation, word).as_slice(), &place.to_be_bytes()].concat()
}
