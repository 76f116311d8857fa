//! Which time counts for what expires.

use super::{Engine, Step};
use crate::{
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Observation, TimeMark};

/// Where it stands among the counters.
const TIME: &[u8] = b"time";

impl Engine {
    /// Looks at the time: whoever drives the engine does so when it begins, when it wakes, and every second or so
    /// (TIM-2). Returns what is confirmed then.
    ///
    /// `counted` is what an earlier look of this process has returned and what a clock that nobody can set has counted
    /// since, in milliseconds; 0 for its first look.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn observe_time(&self, step: &mut Step<'_>, counted: u64) -> Result<u64, StoreError> {
        observe(step, counted, 0)
    }

    /// What is due by this time is not shown; `wall` is what the clock of the device says now (TIM-3).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn hides_by(&self, tx: &dyn Transaction, wall: u64) -> Result<u64, StoreError> {
        hides_by(tx, wall)
    }

    /// What is due by this time is destroyed (TIM-4).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn destroys_by(&self, tx: &dyn Transaction) -> Result<u64, StoreError> {
        destroys_by(tx)
    }
}

/// What is due by this time is destroyed (TIM-4).
pub(crate) fn destroys_by(tx: &dyn Transaction) -> Result<u64, StoreError> {
    Ok(kept(tx)?.destroys_by())
}

/// What is due by this time is not shown; `wall` is what the clock of the device says now (TIM-3).
pub(crate) fn hides_by(tx: &dyn Transaction, wall: u64) -> Result<u64, StoreError> {
    Ok(kept(tx)?.hides_by(wall))
}

/// When something happens here, for what follows from it: never by the bare word of a relay (EXP-12).
pub(crate) fn happens_at(tx: &dyn Transaction, wall: u64) -> Result<u64, StoreError> {
    Ok(kept(tx)?.destroys_by().max(wall))
}

/// The relay has told what time it is, or was (TIM-2).
pub(crate) fn relay_tells(step: &mut Step<'_>, time: u64) -> Result<(), StoreError> {
    observe(step, 0, time).map(drop)
}

fn observe(step: &mut Step<'_>, counted: u64, told: u64) -> Result<u64, StoreError> {
    let before = kept(step.tx)?;
    let after = before.observe(Observation { wall: step.now, counted, told });
    if after != before {
        let TimeMark { confirmed, mark, heard } = after;
        step.tx.write(Table::Counter, TIME, &records::Time { confirmed, mark, heard })?;
    }
    Ok(after.confirmed)
}

/// A profile that has none begins with nothing (TIM-1, TIM-5).
fn kept(tx: &dyn Transaction) -> Result<TimeMark, StoreError> {
    let record: records::Time = tx.read(Table::Counter, TIME)?.unwrap_or_default();
    Ok(TimeMark { confirmed: record.confirmed, mark: record.mark, heard: record.heard })
}
