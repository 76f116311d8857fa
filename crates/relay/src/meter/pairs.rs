//! What accounts do to one another: for pairs, of which there may be more than can be told apart.

use crate::{config::Rate, limits::PAIRS, refused::Refused};
use aside_wire::pb::RefusalCode;
use std::{
    array,
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hash},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// So many places count each pair; the emptiest of them counts.
const PLACES: usize = 2;

/// Counts for each pair, in a number of places that never grows. Two pairs may share one place, chosen by a hash that is keyed
/// anew at each start, and hardly ever both. Nobody fills places but by what they are allowed to do anyway, so names that
/// somebody has made up wear out nothing (RLY-15).
pub(super) struct Pairs {
    each: u64,
    most: u64,
    rows: [Row; PLACES],
    start: Instant,
}

struct Row {
    hasher: RandomState,
    /// When each place owes nothing any more, in nanoseconds after the start.
    until: Mutex<Vec<u64>>,
}

impl Pairs {
    pub(super) fn new(Rate { burst, each }: Rate) -> Self {
        let each = u64::try_from(each.as_nanos()).unwrap_or(u64::MAX);
        let row = |_| Row { hasher: RandomState::new(), until: Mutex::new(vec![0; PAIRS]) };
        Self {
            each,
            most: each.saturating_mul(u64::from(burst.max(1))),
            rows: array::from_fn(row),
            start: Instant::now(),
        }
    }

    /// Counts so many for each of the pairs, or for none.
    pub(super) fn count<P: Hash>(
        &self,
        pairs: impl Iterator<Item = P> + Clone,
        number: u64,
    ) -> Result<(), Refused> {
        self.count_at(self.start.elapsed(), pairs, number)
    }

    fn count_at<P: Hash>(
        &self,
        now: Duration,
        pairs: impl Iterator<Item = P> + Clone,
        number: u64,
    ) -> Result<(), Refused> {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let more = self.each.saturating_mul(number);
        let mut rows = self.rows.each_ref().map(|row| (&row.hasher, row.until()));
        let is_room = |pair: P| {
            rows.iter().any(|(hasher, until)| {
                let until = until.get(place(hasher, &pair)).copied().unwrap_or(0);
                until.saturating_sub(now).saturating_add(more) <= self.most
            })
        };
        if !pairs.clone().all(is_room) {
            return Err(Refused::new(RefusalCode::Rate, "this is done too often"));
        }
        for pair in pairs {
            for (hasher, until) in &mut rows {
                if let Some(until) = until.get_mut(place(hasher, &pair)) {
                    *until = now.max(*until).saturating_add(more);
                }
            }
        }
        Ok(())
    }
}

impl Row {
    fn until(&self) -> MutexGuard<'_, Vec<u64>> {
        // Nothing here leaves it half changed.
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(hasher: &RandomState, pair: &impl Hash) -> usize {
    let places = u64::try_from(PAIRS).unwrap_or(1).max(1);
    usize::try_from(hasher.hash_one(pair) % places).unwrap_or(0)
}

#[cfg(test)]
#[path = "pairs_tests.rs"]
mod tests;
