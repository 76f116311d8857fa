//! What groups keep no longer than it serves: chains of ended epochs, and who was in once.

use super::{Known, chains::wipe_ended_chains, entry_key};
use crate::{
    engine::{Engine, Step},
    error::Error,
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_group::limits::LATE_MS;
use aside_identity::GroupId;

impl Engine {
    /// Forgets what no message can be judged by any more (GRP-32, GRP-35).
    pub(crate) fn tidy_groups(&self, step: &mut Step<'_>) -> Result<(), Error> {
        wipe_ended_chains(step)?;
        for (key, _) in step.tx.scan(Table::Group, &[], None, usize::MAX)? {
            let id = GroupId::new(records::fixed(&key)?);
            let Some(mut known) = Known::load(step.tx, id)? else { continue };
            let settled = settled(step.tx, &known, step.now)?;
            let Some(state) = &mut known.state else { continue };
            let before = state.clone();
            state.forget_before(settled);
            if *state != before {
                known.moved = true;
                known.keep(step.tx)?;
            }
        }
        Ok(())
    }
}

/// The newest entry on which messages are stale: its successor has been known for two days.
fn settled(tx: &dyn Transaction, known: &Known, now: u64) -> Result<u64, StoreError> {
    let mut sequence = known.sequence();
    while sequence > 0 {
        let record = tx.read::<records::GroupEntry>(Table::GroupEntry, &entry_key(&known.id, sequence))?;
        if record.is_none_or(|record| record.judged_at.saturating_add(LATE_MS) < now) {
            break;
        }
        sequence = sequence.saturating_sub(1);
    }
    Ok(sequence)
}
