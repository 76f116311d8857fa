//! The own prekeys: drawn here, handed out by the relay, wiped when they are due.

use super::{Engine, Step, healing::take_doubts, time::relay_tells};
use crate::{
    error::Error,
    records::{self, Records, decode, prekey_key},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{PrekeyKind, PrekeySecret};
use aside_primitives::{Draw, entropy};
use aside_wire::{limits::ONE_TIME_PREKEYS, pb};

/// A signed prekey is replaced after a week (IDN-14).
const ROTATION_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// A prekey serves for another 30 days, so that somebody offline for a month can still be reached, and is then wiped
/// (IDN-15).
const LIFETIME_MS: u64 = ROTATION_MS + 30 * 24 * 60 * 60 * 1000;
/// How long the prekeys of a restored store serve: as long as its sessions receive (HEA-36).
const AFTER_RESTORE_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// Stands for the time at which such a prekey was drawn.
const ENDED: u64 = 0;
/// Private signed prekeys kept here at the most: one a week for as long as they live, and room for a relay that lost
/// some.
const KEPT_SIGNED: usize = 32;
/// Private one-time prekeys kept here at the most: a relay that says again and again that it has none does not fill
/// the store. They go when they are used or due.
const KEPT_ONE_TIME: usize = 2000;
/// Below this many one-time prekeys at the relay, it is filled up again.
const REFILL_BELOW: u32 = 50;
/// By this many, however many are missing (RLY-77).
const REFILL: usize = 50;
/// No sooner than this after it was noticed, and later by chance (RLY-77, threat H3).
const REFILL_AFTER_MS: u64 = 10 * 60 * 1000;
/// By so much later at the most.
const REFILL_JITTER_MS: u64 = 50 * 60 * 1000;
/// The counter that says from when on.
const REFILL_FROM: &str = "refill from";

/// What the keys of signed prekeys start with.
const SIGNED: [u8; 1] = [1];
/// The keys of all one-time prekeys begin with it.
const ONE_TIME: [u8; 1] = [2];

/// Prekeys to publish. Their private halves are stored already.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Upload {
    /// The signed prekey; empty to keep the one at the relay.
    pub signed: Vec<u8>,
    /// One-time prekeys.
    pub one_time: Vec<Vec<u8>>,
}

impl Engine {
    /// What the relay should get, given what it holds; `None` if it has enough. Also wipes prekeys that are
    /// due, and tidies groups.
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn upkeep(&self, step: &mut Step<'_>, status: &pb::LoggedIn) -> Result<Option<Upload>, Error> {
        relay_tells(step, status.relay_time)?;
        self.wipe_prekeys(step)?;
        self.tidy_groups(step)?;
        self.tidy_sent(step)?;
        self.tidy_sessions(step)?;
        let mut upload = Upload::default();
        let signed = step.tx.scan(Table::Prekey, &SIGNED, None, KEPT_SIGNED)?.len();
        if signed < KEPT_SIGNED && !self.signed_prekey_is_current(step, status.signed_prekey_not_after)? {
            upload.signed = self.draw_prekey(step, PrekeyKind::Signed)?;
        }
        for _ in 0..self.missing(step, status.one_time_prekeys)? {
            upload.one_time.push(self.draw_prekey(step, PrekeyKind::OneTime)?);
        }
        let empty = upload.signed.is_empty() && upload.one_time.is_empty();
        Ok((!empty).then_some(upload))
    }

    /// How many one-time prekeys the relay gets now. A device that is new, or begins anew, and one that doubts what the relay
    /// holds fills it up at once; otherwise nobody can tell from a refill when the device was there.
    fn missing(&self, step: &mut Step<'_>, held: u32) -> Result<usize, Error> {
        let kept = step.tx.scan(Table::Prekey, &ONE_TIME, None, KEPT_ONE_TIME)?;
        let mut serving = false;
        for (_, record) in &kept {
            serving |= decode::<records::Prekey>(record)?.created_at != ENDED;
        }
        // HEA-16
        let at_once = take_doubts(step.tx)? || !serving;
        let is_low = held < REFILL_BELOW;
        let due = at_once || is_low && self.refill_is_due(step)?;
        if due || !is_low {
            step.tx.set_counter(REFILL_FROM, 0)?;
        }
        if !due || kept.len() >= KEPT_ONE_TIME {
            return Ok(0);
        }
        let room = ONE_TIME_PREKEYS.saturating_sub(usize::try_from(held).unwrap_or(ONE_TIME_PREKEYS));
        Ok(if at_once { room } else { room.min(REFILL) })
    }

    /// Whether the time has come that was drawn when it was noticed first (RLY-77).
    fn refill_is_due(&self, step: &mut Step<'_>) -> Result<bool, Error> {
        let from = step.tx.counter(REFILL_FROM)?;
        // A clock that was set back does not put it off for longer.
        let latest = step.now.saturating_add(REFILL_AFTER_MS).saturating_add(REFILL_JITTER_MS);
        if from != 0 && from <= latest {
            return Ok(from <= step.now);
        }
        let drawn = u64::from_be_bytes(entropy::public(step.entropy, Draw("refill pause"))?);
        let from = step.now.saturating_add(REFILL_AFTER_MS).saturating_add(drawn % REFILL_JITTER_MS);
        step.tx.set_counter(REFILL_FROM, from)?;
        Ok(false)
    }

    /// Whether the relay holds the newest signed prekey, and that one is young enough. Its age is what was noted here
    /// when it was drawn: a relay could keep an old one in use by its word.
    fn signed_prekey_is_current(&self, step: &Step<'_>, held_not_after: u64) -> Result<bool, StoreError> {
        let mut newest = records::Prekey::default();
        for (_, record) in step.tx.scan(Table::Prekey, &SIGNED, None, usize::MAX)? {
            let record: records::Prekey = decode(&record)?;
            if record.created_at >= newest.created_at {
                newest = record;
            }
        }
        let age = step.now.checked_sub(newest.created_at);
        Ok(newest.not_after == held_not_after && age.is_some_and(|age| age < ROTATION_MS))
    }

    /// Draws a prekey under a random free id (threat H3: ids tell nothing), stores it, returns the public half.
    fn draw_prekey(&self, step: &mut Step<'_>, kind: PrekeyKind) -> Result<Vec<u8>, Error> {
        let id = loop {
            let id = u32::from_be_bytes(entropy::public(step.entropy, Draw("prekey id"))?);
            if id != 0 && step.tx.get(Table::Prekey, &prekey_key(kind, id))?.is_none() {
                break id;
            }
        };
        let not_after = step.now.saturating_add(LIFETIME_MS);
        let (secret, published) =
            PrekeySecret::generate(step.entropy, &self.certificate, &self.keys, kind, id, not_after)?;
        let record = records::Prekey { secret: secret.export(), created_at: step.now, not_after };
        step.tx.write(Table::Prekey, &prekey_key(kind, id), &record)?;
        Ok(published)
    }

    /// Wipes prekeys past their date, and the memory of handshakes on them.
    fn wipe_prekeys(&self, step: &mut Step<'_>) -> Result<(), StoreError> {
        for (key, record) in step.tx.scan(Table::Prekey, &[], None, usize::MAX)? {
            if decode::<records::Prekey>(&record)?.not_after < step.now {
                step.tx.delete(Table::Prekey, &key)?;
            }
        }
        for (key, record) in step.tx.scan(Table::Handshake, &[], None, usize::MAX)? {
            let signed = decode::<records::Handshake>(&record)?.signed_prekey;
            if step.tx.get(Table::Prekey, &prekey_key(PrekeyKind::Signed, signed))?.is_none() {
                step.tx.delete(Table::Handshake, &key)?;
            }
        }
        Ok(())
    }

    /// The store was restored: the relay has forgotten the public halves, and the private ones go as soon as what was
    /// begun with them has arrived (HEA-36). Those of an earlier restore go now, so that a relay that lies fills no store.
    pub(crate) fn end_prekeys(&self, step: &mut Step<'_>) -> Result<(), StoreError> {
        for (key, record) in step.tx.scan(Table::Prekey, &[], None, usize::MAX)? {
            let mut record: records::Prekey = decode(&record)?;
            if record.created_at == ENDED {
                step.tx.delete(Table::Prekey, &key)?;
            } else {
                record.created_at = ENDED;
                record.not_after = record.not_after.min(step.now.saturating_add(AFTER_RESTORE_MS));
                step.tx.write(Table::Prekey, &key, &record)?;
            }
        }
        Ok(())
    }

    pub(crate) fn prekey(
        &self,
        tx: &dyn Transaction,
        kind: PrekeyKind,
        id: u32,
    ) -> Result<Option<PrekeySecret>, StoreError> {
        let Some(record) = tx.read::<records::Prekey>(Table::Prekey, &prekey_key(kind, id))? else {
            return Ok(None);
        };
        PrekeySecret::import(&record.secret).map(Some).map_err(|_| StoreError::Damaged("prekey"))
    }
}

#[cfg(test)]
#[path = "prekeys_tests.rs"]
mod tests;
