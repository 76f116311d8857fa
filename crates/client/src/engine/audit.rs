//! Whether what has gone is gone: counted over everything that is stored.

use super::{
    Engine, Step,
    timed::id_key,
    vault::{self, KeyRef},
};
use crate::{
    conversation::Conversation,
    error::Error,
    records::{self, Records, StoredMessage, decode},
    store::{Remains, StoreError, Table, Transaction},
};
use std::collections::BTreeSet;

/// What is stored of messages that go some time, and of those that have gone.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Audit {
    /// Messages that go some time.
    pub living: usize,
    /// Of those, what is over by the clock. It is not shown, and destroyed once the time is confirmed (TIM-4).
    pub hidden: usize,
    /// Of those, what should be destroyed by now.
    pub overdue: usize,
    /// Of those, what no key is there for, so that nobody can read it.
    pub locked: usize,
    /// Messages that have gone.
    pub tombstones: usize,
    /// Of those, what has kept anything.
    pub unfinished: usize,
    /// Keys that belong to nothing.
    pub stray_keys: usize,
}

impl Audit {
    /// Nothing is left of what has gone.
    #[must_use]
    pub const fn is_clean(&self, remains: &Remains) -> bool {
        let Self { hidden, overdue, unfinished, stray_keys, .. } = self;
        let Remains { page_keys, journal_bytes, .. } = remains;
        *hidden == 0
            && *overdue == 0
            && *unfinished == 0
            && *stray_keys == 0
            && *page_keys == 0
            && *journal_bytes == 0
    }
}

impl Engine {
    /// Counts what is left of messages that should be gone. It reads everything.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit(&self, step: &Step<'_>) -> Result<Audit, Error> {
        let tx: &dyn Transaction = step.tx;
        let (hides_by, destroys_by) = (self.hides_by(tx, step.now)?, self.destroys_by(tx)?);
        let held = vault::held(tx)?;
        let mut named = BTreeSet::new();
        let mut audit = Audit::default();
        tx.walk(Table::Message, &[], None, |place, record| {
            let record: StoredMessage = decode(record)?;
            let key = KeyRef::from_stored(record.key);
            named.extend(key);
            if record.gone != 0 {
                audit.tombstones = audit.tombstones.saturating_add(1);
                let is_finished = is_empty(tx, place, &record)?;
                audit.unfinished = audit.unfinished.saturating_add(usize::from(!is_finished));
            } else if let Some(key) = key {
                let is_over = |by| record.deadline.is_some_and(|deadline| deadline <= by);
                audit.living = audit.living.saturating_add(1);
                audit.hidden = audit.hidden.saturating_add(usize::from(is_over(hides_by)));
                audit.overdue = audit.overdue.saturating_add(usize::from(is_over(destroys_by)));
                audit.locked = audit.locked.saturating_add(usize::from(!held.contains(&key)));
            }
            Ok(())
        })?;
        tx.walk(Table::Outbox, &[], None, |_, record| {
            named.extend(KeyRef::from_stored(decode::<records::Outgoing>(record)?.key));
            Ok(())
        })?;
        tx.walk(Table::Scheduled, &[], None, |_, record| {
            named.extend(KeyRef::from_stored(decode::<records::Scheduled>(record)?.key));
            Ok(())
        })?;
        tx.walk(Table::ViewKey, &[], None, |_, record| {
            named.extend(KeyRef::from_stored(decode::<records::ViewKey>(record)?.key));
            Ok(())
        })?;
        audit.stray_keys = held.difference(&named).count();
        Ok(audit)
    }
}

/// A tombstone that is one.
fn is_empty(tx: &dyn Transaction, place: &[u8], record: &StoredMessage) -> Result<bool, StoreError> {
    let damaged = || StoreError::Damaged("message");
    let conversation = place.split_last_chunk::<8>().ok_or_else(damaged)?.0;
    let conversation = Conversation::from_key(conversation).ok_or_else(damaged)?;
    let marks = tx.scan(Table::Mark, &id_key(conversation, record)?, None, 1)?;
    Ok(record.content.is_empty() && record.key == 0 && record.life.is_empty() && marks.is_empty())
}
