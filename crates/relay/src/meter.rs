//! How much each account did lately; in memory only, and forgotten once it no longer matters (RLY-30).

use crate::{
    config::{Rate, Rates},
    refused::Refused,
    store::{Account, Append, FanOut},
};
use aside_wire::pb::RefusalCode;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Counts for each account.
pub(crate) struct Meter {
    began: Instant,
    appends: Counter,
    appended_kib: Counter,
    logs: Counter,
    fanned_out: Counter,
    transients: Counter,
    statements: Counter,
}

impl Meter {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            began: Instant::now(),
            appends: Counter::new(rates.appends),
            appended_kib: Counter::new(rates.appended_kib),
            logs: Counter::new(rates.logs),
            fanned_out: Counter::new(rates.fanned_out),
            transients: Counter::new(rates.transients),
            statements: Counter::new(rates.statements),
        }
    }

    /// Counts an entry, the log that it begins, and whom it is told to.
    pub(crate) fn append(&self, append: &Append) -> Result<(), Refused> {
        let (account, now) = (append.notice.sender.account, self.began.elapsed());
        self.appends.count(account, 1, now)?;
        self.appended_kib.count(account, append.entry.len().div_ceil(1024), now)?;
        if append.position == 1 {
            self.logs.count(account, 1, now)?;
        }
        self.fan_out(&append.notice)
    }

    /// Counts the devices that a message goes to.
    pub(crate) fn fan_out(&self, message: &FanOut) -> Result<(), Refused> {
        self.fanned_out.count(message.sender.account, message.recipients.len(), self.began.elapsed())
    }

    /// Counts a transient message.
    pub(crate) fn transient(&self, sender: Account) -> Result<(), Refused> {
        self.transients.count(sender, 1, self.began.elapsed())
    }

    /// Counts settings or a declaration.
    pub(crate) fn statement(&self, account: Account) -> Result<(), Refused> {
        self.statements.count(account, 1, self.began.elapsed())
    }

    /// Forgets the accounts that may do everything again.
    pub(crate) fn forget(&self) {
        let now = self.began.elapsed();
        let Self { appends, appended_kib, logs, fanned_out, transients, statements, .. } = self;
        for counter in [appends, appended_kib, logs, fanned_out, transients, statements] {
            counter.forget(now);
        }
    }
}

/// One thing that is counted. Each account owes the time that what it did takes at the rate, and may owe no more than a
/// burst takes. Times are since the meter began.
struct Counter {
    rate: Rate,
    paid_at: Mutex<HashMap<Account, Duration>>,
}

impl Counter {
    fn new(rate: Rate) -> Self {
        Self { rate, paid_at: Mutex::default() }
    }

    fn count(&self, account: Account, number: usize, now: Duration) -> Result<(), Refused> {
        let Rate { burst, each } = self.rate;
        let mut paid_at = self.paid_at();
        let cost = each.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
        let owed_until = paid_at.get(&account).copied().unwrap_or_default().max(now).saturating_add(cost);
        if owed_until > now.saturating_add(each.saturating_mul(burst)) {
            return Err(Refused::new(RefusalCode::Rate, "the account does this too often"));
        }
        paid_at.insert(account, owed_until);
        Ok(())
    }

    fn forget(&self, now: Duration) {
        let mut paid_at = self.paid_at();
        paid_at.retain(|_, owed_until| *owed_until > now);
        paid_at.shrink_to_fit();
    }

    fn paid_at(&self) -> MutexGuard<'_, HashMap<Account, Duration>> {
        // Nothing here leaves the map half changed.
        self.paid_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
