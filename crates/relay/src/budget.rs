//! The memory that requests may take until they are decided, and whose it is (RLY-15, RLY-100).

use crate::{
    limits::{ACCOUNT_KIB, REQUEST_KIB, STRANGERS_KIB},
    store::Account,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What all connections have together.
pub(crate) struct Budget {
    all: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    accounts: Mutex<HashMap<Account, Party>>,
}

/// The part of one account, while it has connections.
struct Party {
    part: Arc<Semaphore>,
    connections: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { all: kib(REQUEST_KIB), strangers: kib(STRANGERS_KIB), accounts: Mutex::default() }
    }
}

impl Budget {
    /// For a connection of nobody known; all of them share one part.
    pub(crate) fn of_strangers(self: &Arc<Self>) -> Purse {
        Purse { part: Arc::clone(&self.strangers), account: None, budget: Arc::clone(self) }
    }

    /// For a connection of an account; all of them share one part.
    pub(crate) fn of(self: &Arc<Self>, account: Account) -> Purse {
        let part = self.with(|accounts| {
            let party =
                accounts.entry(account).or_insert_with(|| Party { part: kib(ACCOUNT_KIB), connections: 0 });
            party.connections = party.connections.saturating_add(1);
            Arc::clone(&party.part)
        });
        Purse { part, account: Some(account), budget: Arc::clone(self) }
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<Account, Party>) -> T) -> T {
        // Nothing here leaves the map half changed.
        act(&mut self.accounts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn kib(number: u32) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::try_from(number).unwrap_or(Semaphore::MAX_PERMITS)))
}

/// What one connection takes shares from.
pub(crate) struct Purse {
    part: Arc<Semaphore>,
    account: Option<Account>,
    budget: Arc<Budget>,
}

/// Room for one request, which is free again when this is dropped.
pub(crate) struct Share {
    _of_part: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Purse {
    /// Whether nobody is known to hold it.
    pub(crate) const fn is_strangers(&self) -> bool {
        self.account.is_none()
    }

    /// A share for so many bytes, if there is room and nobody waits for it.
    pub(crate) fn try_take(&self, bytes: usize) -> Option<Share> {
        let wanted = wanted(bytes);
        let of_part = Arc::clone(&self.part).try_acquire_many_owned(wanted).ok()?;
        let of_all = Arc::clone(&self.budget.all).try_acquire_many_owned(wanted).ok()?;
        Some(Share { _of_part: of_part, _of_all: of_all })
    }

    /// A share for so many bytes when there is room. Whoever waits for its part has nothing yet that others wait for.
    pub(crate) fn take(&self, bytes: usize) -> impl Future<Output = Option<Share>> + use<> {
        let (part, all, wanted) = (Arc::clone(&self.part), Arc::clone(&self.budget.all), wanted(bytes));
        async move {
            // Neither is ever closed.
            let of_part = part.acquire_many_owned(wanted).await.ok()?;
            let of_all = all.acquire_many_owned(wanted).await.ok()?;
            Some(Share { _of_part: of_part, _of_all: of_all })
        }
    }
}

impl Drop for Purse {
    fn drop(&mut self) {
        let Some(account) = &self.account else { return };
        self.budget.with(|accounts| {
            if let Some(party) = accounts.get_mut(account) {
                party.connections = party.connections.saturating_sub(1);
                if party.connections == 0 {
                    accounts.remove(account);
                }
            }
        });
    }
}

/// In KiB; no part is smaller than the largest frame.
fn wanted(bytes: usize) -> u32 {
    u32::try_from(bytes / 1024).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
