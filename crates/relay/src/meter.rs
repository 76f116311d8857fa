//! How much each account and each source did lately; in memory only, and forgotten once it no longer matters (RLY-30,
//! RLY-70 to RLY-73).

mod pairs;

use crate::{
    config::{Rate, Rates},
    limits::{COUNTED, FANNED_UNIT},
    refused::Refused,
    source::Source,
    store::{Account, Append, Channel, Enqueue, FanOut, Mailbox},
};
use aside_wire::pb::RefusalCode;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};
use pairs::Pairs;
use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Counts for each account and each source.
pub(crate) struct Meter {
    appends: Counter,
    appended_kib: Counter,
    logs: Counter,
    fanned_out: Counter,
    fanned_to_one: Pairs,
    transients: Counter,
    statements: Counter,
    sends: Counter,
    sends_to_one: Pairs,
    sent_kib: Counter,
    contacts: Counter,
    known: Known,
    resolves: Counter,
    bundles: Counter,
    bundles_of_one: Counter,
    one_time: Counter,
    published: Counter,
    registrations: Counter,
    connections: Counter,
}

impl Meter {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            appends: Counter::new(rates.appends),
            appended_kib: Counter::new(rates.appended_kib),
            logs: Counter::new(rates.logs),
            fanned_out: Counter::new(rates.fanned_out),
            fanned_to_one: Pairs::new(rates.fanned_to_one),
            transients: Counter::new(rates.transients),
            statements: Counter::new(rates.statements),
            sends: Counter::new(rates.sends),
            sends_to_one: Pairs::new(rates.sends_to_one),
            sent_kib: Counter::new(rates.sent_kib),
            contacts: Counter::new(rates.contacts),
            // Each counts once while the first is not forgotten.
            known: Known::new(rates.contacts.each.saturating_mul(rates.contacts.burst)),
            resolves: Counter::new(rates.resolves),
            bundles: Counter::new(rates.bundles),
            bundles_of_one: Counter { full: Full::Skips, ..Counter::new(rates.bundles_of_one) },
            one_time: Counter::new(rates.one_time),
            published: Counter::new(rates.published),
            registrations: Counter::new(rates.registrations),
            connections: Counter::new(rates.connections),
        }
    }

    /// Counts an entry, the log that it begins, and whom it is told to.
    pub(crate) fn append(&self, append: &Append) -> Result<(), Refused> {
        let account = append.notice.sender.account;
        self.fan_to_each(&append.notice)?;
        self.appends.count(&account, 1)?;
        self.appended_kib.count(&account, kib(append.entry.len()))?;
        if append.position == 1 {
            self.logs.count(&account, 1)?;
        }
        self.fanned_out.count(&account, append.notice.recipients.len())
    }

    /// Counts the devices that a message goes to, and what is stored of it.
    pub(crate) fn fan_out(&self, message: &FanOut) -> Result<(), Refused> {
        let account = message.sender.account;
        self.fan_to_each(message)?;
        self.fanned_out.count(&account, message.recipients.len())?;
        self.sent_kib.count(&account, kib(message.envelope.len()))
    }

    /// Counts what goes to each account, which no settings keep out (RLY-111).
    fn fan_to_each(&self, message: &FanOut) -> Result<(), Refused> {
        let accounts = message.recipients.chunk_by(|left, right| left.account == right.account);
        let to = accounts.filter_map(|devices| devices.first()).map(|device| device.account);
        self.fanned_to_one.count(to.map(|to| (message.sender.account, to)), units(message.envelope.len()))
    }

    /// Counts a message, what is stored of it, and whoever is written to in the clear for the first time in a while (RLY-72).
    pub(crate) fn send(&self, message: &Enqueue) -> Result<(), Refused> {
        let (account, recipient) = (message.sender.account, message.recipient);
        let bytes =
            message.parcels.iter().fold(0usize, |sum, parcel| sum.saturating_add(parcel.envelope.len()));
        let longest = message.parcels.iter().map(|parcel| parcel.envelope.len()).max().unwrap_or(0);
        self.sends_to_one.count([(account, recipient)].iter(), units(longest))?;
        self.sends.count(&account, 1)?;
        self.sent_kib.count(&account, kib(bytes))?;
        let is_contact = message.channel == Channel::Thread && account != recipient;
        if is_contact && !self.known.has(&(account, recipient)) {
            self.contacts.count(&account, 1)?;
            self.known.learn(&(account, recipient));
        }
        Ok(())
    }

    /// There is no such account: nobody is known who can be made up (RLY-114).
    pub(crate) fn unlearn(&self, sender: Account, recipient: Account) {
        self.known.unlearn(&(sender, recipient));
    }

    /// Counts a transient message.
    pub(crate) fn transient(&self, sender: Account) -> Result<(), Refused> {
        self.transients.count(&sender, 1)
    }

    /// Counts settings or a declaration.
    pub(crate) fn statement(&self, account: Account) -> Result<(), Refused> {
        self.statements.count(&account, 1)
    }

    /// Counts a handle that is looked up, whether there is one or not (RLY-73).
    pub(crate) fn resolve(&self, account: Account) -> Result<(), Refused> {
        self.resolves.count(&account, 1)
    }

    /// Counts the prekeys that an account asks for, of one device and of all (RLY-71).
    pub(crate) fn bundle(&self, asker: Account, of: Mailbox) -> Result<(), Refused> {
        self.bundles_of_one.count(&(asker, of), 1)?;
        self.bundles.count(&asker, 1)
    }

    /// Whether a one-time prekey of the device may go, too (RLY-71), when so many nodes hand them out (RLY-113).
    pub(crate) fn one_time(&self, of: Mailbox, nodes: u32) -> bool {
        let share = nodes.clamp(1, self.one_time.burst.get());
        self.one_time.count(&of, usize::try_from(share).unwrap_or(1)).is_ok()
    }

    /// Counts the prekeys that a device publishes (RLY-110).
    pub(crate) fn publish(&self, owner: Mailbox, number: usize) -> Result<(), Refused> {
        self.published.count(&owner, number)
    }

    /// Counts an attempt to register (RLY-70).
    pub(crate) fn registration(&self, source: Source) -> Result<(), Refused> {
        self.registrations.count(&source, 1)
    }

    /// Counts a connection (RLY-70).
    pub(crate) fn connection(&self, source: Source) -> Result<(), Refused> {
        self.connections.count(&source, 1)
    }

    /// Forgets whoever may do everything again.
    pub(crate) fn forget(&self) {
        let Self { appends, appended_kib, logs, fanned_out, transients, statements, .. } = self;
        let Self { sends, sent_kib, contacts, resolves, .. } = self;
        let Self { bundles, bundles_of_one, one_time, published, registrations, connections, .. } = self;
        for counter in [appends, appended_kib, logs, fanned_out, transients, statements] {
            counter.forget();
        }
        for counter in [sends, sent_kib, contacts, resolves] {
            counter.forget();
        }
        for counter in [bundles, bundles_of_one, one_time, published, registrations, connections] {
            counter.forget();
        }
        self.known.forget();
    }
}

fn kib(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

/// As how many messages one of this length counts.
fn units(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(FANNED_UNIT).max(1)).unwrap_or(u64::MAX)
}

/// One thing that is counted for each account, source or pair of them, under a keyed hash. Nobody may do more than a burst
/// at once, and each thing done is forgotten after the time that it takes at the rate.
struct Counter<C: Clock = DefaultClock> {
    limiter: Limiter<C>,
    hasher: RandomState,
    burst: NonZeroU32,
    full: Full,
}

/// What becomes of whoever comes when there is no room for another count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Full {
    /// They share some: of accounts and sources, of which nobody has many.
    Shares,
    /// They are not counted: pairs can be made up, and each of the two is counted by itself (RLY-114).
    Skips,
}

type Limiter<C> = RateLimiter<u64, DashMapStateStore<u64>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// So many counts are shared by whoever comes when there is no room for another.
const SHARED: u64 = 1024;

impl Counter {
    fn new(rate: Rate) -> Self {
        Self::with_clock(rate, DefaultClock::default())
    }
}

impl<C: Clock> Counter<C> {
    fn with_clock(rate: Rate, clock: C) -> Self {
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        // A rate of nothing between two is one without a limit.
        let quota = Quota::with_period(rate.each.max(Duration::from_nanos(1)))
            .map_or_else(|| Quota::per_second(burst), |quota| quota.allow_burst(burst));
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), clock);
        Self { limiter, hasher: RandomState::new(), burst, full: Full::Shares }
    }

    fn count(&self, who: &impl Hash, number: usize) -> Result<(), Refused> {
        let Some(number) = NonZeroU32::new(u32::try_from(number).unwrap_or(u32::MAX)) else { return Ok(()) };
        let Some(key) = self.key(who) else { return Ok(()) };
        match self.limiter.check_key_n(&key, number) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Refused::new(RefusalCode::Rate, "this is done too often")),
        }
    }

    fn key(&self, who: &impl Hash) -> Option<u64> {
        let key = self.hasher.hash_one(who);
        match self.full {
            _ if self.limiter.len() < COUNTED => Some(key),
            Full::Shares => Some(key % SHARED),
            Full::Skips => None,
        }
    }

    fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Who was written to by whom lately.
struct Known {
    time: Duration,
    until: Mutex<HashMap<u64, Instant>>,
    hasher: RandomState,
}

impl Known {
    fn new(time: Duration) -> Self {
        Self { time, until: Mutex::default(), hasher: RandomState::new() }
    }

    fn has(&self, pair: &(Account, Account)) -> bool {
        let until = self.until();
        match until.get(&self.hasher.hash_one(pair)) {
            Some(until) => *until > Instant::now(),
            // There is no telling any more, and to count each message would stop everybody (RLY-114).
            None => until.len() >= COUNTED,
        }
    }

    fn learn(&self, pair: &(Account, Account)) {
        let mut until = self.until();
        if let (true, Some(end)) = (until.len() < COUNTED, Instant::now().checked_add(self.time)) {
            until.insert(self.hasher.hash_one(pair), end);
        }
    }

    fn unlearn(&self, pair: &(Account, Account)) {
        self.until().remove(&self.hasher.hash_one(pair));
    }

    fn forget(&self) {
        let now = Instant::now();
        let mut until = self.until();
        until.retain(|_, until| *until > now);
        until.shrink_to_fit();
    }

    fn until(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        // Nothing here leaves the map half changed.
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
