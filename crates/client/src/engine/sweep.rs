//! What is due is destroyed: a tombstone stays, which says that there was something and nothing of what it was.

use super::{
    Engine, Step,
    forget::forget_marks,
    timed::{self, EXPIRED, OPENED},
    vault::{self, KeyRef},
};
use crate::{
    conversation::Conversation,
    error::Error,
    event::Event,
    records::{Outgoing, Records, StoredMessage, decode, index},
    store::{StoreError, Table, Transaction},
};
use std::collections::BTreeSet;

/// Messages in one step: the pages of that many keys are written anew.
const STEP: usize = 256;
/// Where the place of a message begins in the key of what is due.
const DEADLINE_BYTES: usize = 8;

/// What a sweep has done.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Swept {
    /// Of which messages nothing is left.
    pub events: Vec<Event>,
    /// There is more to do.
    pub more: bool,
}

impl Engine {
    /// Destroys what is due: keys, content, and what was said about it (EXP-30, EXP-41). Whoever drives the engine does so
    /// before anything is shown, whenever something is due, and again while there is more.
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn sweep(&self, step: &mut Step<'_>) -> Result<Swept, Error> {
        let by = self.destroys_by(step.tx)?;
        let mut swept = Swept::default();
        if self.next_expiry(step.tx)?.is_none_or(|next| next > by) {
            return Ok(swept);
        }
        let (mut keys, mut buried, mut seen) = (Vec::new(), BTreeSet::new(), 0usize);
        for (key, _) in step.tx.scan(Table::Due, &[], None, STEP)? {
            let damaged = || StoreError::Damaged("what is due");
            let (deadline, place) = key.split_at_checked(DEADLINE_BYTES).ok_or_else(damaged)?;
            if index(deadline)? > by {
                break;
            }
            seen = seen.saturating_add(1);
            let (conversation, number) = split(place).ok_or_else(damaged)?;
            match step.tx.read::<StoredMessage>(Table::Message, place)? {
                Some(mut record) => {
                    keys.extend(KeyRef::from_stored(core::mem::take(&mut record.key)));
                    bury(step.tx, conversation, place, &mut record)?;
                    buried.insert(place.to_vec());
                    swept.events.push(Event::Expired { conversation, index: index(number)? });
                }
                None => step.tx.delete(Table::Due, &key)?,
            }
        }
        if !buried.is_empty() {
            keys.extend(waiting_about(step.tx, &buried)?);
        }
        vault::erase(step.tx, step.entropy, &keys)?;
        swept.more = seen == STEP;
        Ok(swept)
    }

    /// When something is due next, in milliseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_expiry(&self, tx: &dyn Transaction) -> Result<Option<u64>, StoreError> {
        let next = tx.scan(Table::Due, &[], None, 1)?;
        let deadline = next.first().map(|(key, _)| index(key.get(..DEADLINE_BYTES).unwrap_or_default()));
        deadline.transpose()
    }
}

/// The keys of what waits to be sent about messages that are gone: it is dropped where it is to be sent (EXP-9).
fn waiting_about(tx: &dyn Transaction, gone: &BTreeSet<Vec<u8>>) -> Result<Vec<KeyRef>, StoreError> {
    let mut keys = Vec::new();
    tx.walk(Table::Outbox, &[], None, |_, entry| {
        let entry: Outgoing = decode(entry)?;
        if gone.contains(&entry.about) {
            keys.extend(KeyRef::from_stored(entry.key));
        }
        Ok(())
    })?;
    Ok(keys)
}

/// Leaves a tombstone in the place of a message; its key is not among what is done here.
pub(crate) fn bury(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    place: &[u8],
    record: &mut StoredMessage,
) -> Result<(), StoreError> {
    forget_marks(tx, conversation, record)?;
    let was_opened = timed::life(record)?.is_some_and(|life| life.openings_left() == Some(0));
    timed::not_due(tx, place, record)?;
    record.gone = if was_opened { OPENED } else { EXPIRED };
    record.life.clear();
    record.content.clear();
    tx.write(Table::Message, place, record)
}

fn split(place: &[u8]) -> Option<(Conversation, &[u8])> {
    let (conversation, number) = place.split_at_checked(33)?;
    Some((Conversation::from_key(conversation)?, number))
}
