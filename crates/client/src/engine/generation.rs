//! How far the store has come, told to the relay at each login, and what happens when it turns out to be an older copy
//! (threat R4).
//!
//! All processes of one profile share the record, and a step is one transaction: what any of them has told the relay stands
//! in the store before. So if the relay knows something else than the store, the store is not the one that was there last.

use super::{Engine, Step, compose::leave_outbox, outgoing::conversation, repeating::forget_sent_chains};
use crate::{
    conversation::Conversation,
    error::Error,
    event::Event,
    records::{self, Outgoing as Entry, Records, decode, fixed},
    store::{StoreError, Table, Transaction},
};
use aside_content::Kind;
use aside_identity::Generation;
use aside_wire::pb;

/// The key of the only record in [`Table::Generation`].
const KEY: &[u8] = b"generation";
/// The highest number taken in before the cursor was set back.
const RECEIVED: &str = "received";
/// Other copies have logged in less often than this; a relay that says more would use up the numbers with one word.
const AHEAD: u64 = 1 << 32;
/// Between two restores that nobody here has asked for: a relay that lies about it is worth new sessions once an hour
/// (HEA-34).
const PAUSE_MS: u64 = 60 * 60 * 1000;

/// What became of a login.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Login {
    /// The connection speaks for this device.
    Done,
    /// It is to be tried on a new connection, with what the store says now.
    Again,
    /// The store is an older copy, or the relay says so, and it has begun anew less than an hour ago.
    TooSoon,
}

impl Engine {
    /// What a login says of the store. It goes on from the one before if that was answered and `goes_on` is set; a process
    /// that logs in again because it was overtaken does not set it, so that two processes do not chase each other.
    ///
    /// **Commit before it is sent** (RLY-50).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn present_store(&self, step: &mut Step<'_>, goes_on: bool) -> Result<Generation, Error> {
        let record = read(step.tx)?;
        let generation = match &record {
            None => Generation::first(step.entropy)?,
            Some(record) if record.answered && goes_on => generation(record)?.next(step.entropy)?,
            Some(record) => return Ok(generation(record)?),
        };
        keep(step.tx, &generation, &record.unwrap_or_default())?;
        Ok(generation)
    }

    /// The relay has let this device in (RLY-46).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn on_logged_in(
        &self,
        step: &mut Step<'_>,
        presented: &Generation,
        status: &pb::LoggedIn,
    ) -> Result<Login, Error> {
        let Some(mut record) = read(step.tx)? else { return Ok(Login::Again) };
        let is_newest = generation(&record)? == *presented;
        // What was acknowledged was stored here before (RLY-23), so a store that lacks it is older (HEA-31).
        if !presented.restored && status.acknowledged > received(step.tx)? {
            return if is_newest { self.restore_by_itself(step, &record) } else { Ok(Login::Again) };
        }
        if presented.restored {
            note_received(step.tx, status.acknowledged)?;
        }
        if is_newest {
            record.answered = true;
            record.restored = false;
            if presented.restored {
                // Other copies may have come further; the relay knows how far (RLY-47).
                let most = record.number.saturating_add(AHEAD);
                record.number = record.number.max(status.generation.min(most));
            }
            step.tx.write(Table::Generation, KEY, &record)?;
        }
        Ok(Login::Done)
    }

    /// The relay says that the store is an older copy, or another one. If another process of this profile has logged in
    /// meanwhile, it speaks of what is no news; otherwise the store begins anew (HEA-30).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn on_stale_store(&self, step: &mut Step<'_>, presented: &Generation) -> Result<Login, Error> {
        match read(step.tx)? {
            Some(record) if generation(&record)? == *presented => self.restore_by_itself(step, &record),
            _ => Ok(Login::Again),
        }
    }

    /// A clock that was set back makes no hour longer.
    fn restore_by_itself(&self, step: &mut Step<'_>, record: &records::Generation) -> Result<Login, Error> {
        let passed = step.now.checked_sub(record.restored_at);
        if passed.is_some_and(|passed| passed < PAUSE_MS) {
            return Ok(Login::TooSoon);
        }
        self.restore(step)?;
        Ok(Login::Again)
    }

    /// Begins anew, because the store was restored from a backup or copied: whatever it would seal with may have been
    /// used elsewhere since (HEA-30 to HEA-33). What people have said and what waits to be sent stays.
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn restore(&self, step: &mut Step<'_>) -> Result<(), Error> {
        self.retire_all_sessions(step)?;
        self.end_prekeys(step)?;
        for (key, _) in step.tx.scan(Table::SendingChain, &[], None, usize::MAX)? {
            step.tx.delete(Table::SendingChain, &key)?;
        }
        forget_sent_chains(step.tx)?;
        self.unseal(step)?;
        read_logs_first(step.tx)?;
        let mut record = read(step.tx)?.unwrap_or_default();
        let generation = match record.number {
            0 => Generation { restored: true, ..Generation::first(step.entropy)? },
            _ => generation(&record)?.anew(step.entropy)?,
        };
        record.restored_at = step.now;
        record.untold = true;
        Ok(keep(step.tx, &generation, &record)?)
    }

    /// What was sealed is sealed anew before it goes out, under the same client id: what the relay has already, it does not
    /// store again (HEA-33). A change of a group is sealed under the key of its log and stays; a chain that was to be
    /// handed over is gone.
    fn unseal(&self, step: &mut Step<'_>) -> Result<(), Error> {
        for (key, record) in step.tx.scan(Table::Outbox, &[], None, usize::MAX)? {
            let mut entry: Entry = decode(&record)?;
            let in_group = matches!(conversation(&entry)?, Conversation::Group(_));
            if in_group && !entry.peer.is_empty() && Kind(entry.kind) == Kind::SENDER_KEY {
                leave_outbox(step, &key, &entry)?;
            } else if !entry.change && (entry.sealed.is_some() || entry.group_request.is_some()) {
                (entry.sealed, entry.group_request) = (None, None);
                step.tx.write(Table::Outbox, &key, &entry)?;
            }
        }
        Ok(())
    }

    /// That the store has begun anew, once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tell_restored(&self, step: &mut Step<'_>) -> Result<Option<Event>, StoreError> {
        let Some(mut record) = read(step.tx)?.filter(|record| record.untold) else { return Ok(None) };
        record.untold = false;
        step.tx.write(Table::Generation, KEY, &record)?;
        Ok(Some(Event::StoreRestored))
    }
}

/// Raises the highest number that was taken in.
pub(crate) fn note_received(tx: &mut dyn Transaction, sequence: u64) -> Result<(), StoreError> {
    if sequence > tx.counter(RECEIVED)? {
        tx.set_counter(RECEIVED, sequence)?;
    }
    Ok(())
}

/// The highest number that was ever taken in (HEA-31).
fn received(tx: &dyn Transaction) -> Result<u64, StoreError> {
    Ok(tx.counter(RECEIVED)?.max(tx.counter("cursor")?))
}

/// Somebody may have been put out since: before a new chain is handed to anybody, the log is read (HEA-32).
fn read_logs_first(tx: &mut dyn Transaction) -> Result<(), StoreError> {
    for (key, record) in tx.scan(Table::Group, &[], None, usize::MAX)? {
        let mut record: records::Group = decode(&record)?;
        if !record.segment.is_empty() {
            record.wanted = true;
            record.unread = true;
            tx.write(Table::Group, &key, &record)?;
        }
    }
    Ok(())
}

fn read(tx: &dyn Transaction) -> Result<Option<records::Generation>, StoreError> {
    tx.read(Table::Generation, KEY)
}

fn generation(record: &records::Generation) -> Result<Generation, StoreError> {
    Ok(Generation {
        number: record.number,
        token: fixed(&record.token)?,
        previous: fixed(&record.previous)?,
        restored: record.restored,
    })
}

fn keep(
    tx: &mut dyn Transaction,
    generation: &Generation,
    before: &records::Generation,
) -> Result<(), StoreError> {
    let record = records::Generation {
        number: generation.number,
        token: generation.token.to_vec(),
        previous: generation.previous.to_vec(),
        restored: generation.restored,
        answered: false,
        ..before.clone()
    };
    tx.write(Table::Generation, KEY, &record)
}
