//! Messages that cannot be opened: the device begins anew with whoever sent them and asks for them again. It does so for people
//! whom the person here has accepted, after a while, and once an hour (HEA-7 to HEA-11).

use super::{
    Engine, Step,
    group::Known,
    sessions::{SessionPlan, apply_session, keep_sessions, sessions},
};
use crate::{
    ChatState,
    engine::Matter,
    error::Error,
    event::Event,
    group::Standing,
    records::{Healing, Records, account, address_key, decode, fixed},
    store::{StoreError, Table, Transaction},
};
use aside_content::{
    Body, ChatId, CiphertextId, Kind, Retry,
    retry::{DELAY_MS, EACH_MS, asks_at, is_recent},
};
use aside_identity::{Address, DeviceId, GroupId};
use aside_primitives::{Draw, entropy};
use aside_session::{Trouble, sessions::Outcome};
use aside_wire::limits::RETRY_MESSAGES;

/// How often a device asks in a session that it has begun, until the peer has answered there (HEA-22).
const ASKS: u32 = 3;
/// What was never answered is forgotten: it has left the mailbox, too.
const FORGOTTEN_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// Messages of a device that could not be opened, and what is done about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unopened {
    /// Whose.
    pub device: Address,
    /// How many.
    pub count: u32,
    /// Since when, in milliseconds since 1970-01-01 UTC.
    pub since: u64,
    /// Why not, the last of them.
    pub trouble: Option<Trouble>,
    /// When they are asked for; `None` once they were.
    pub asks_at: Option<u64>,
}

/// Where something can be said to a device that no conversation shows.
enum Way {
    Chat(ChatId),
    Group(GroupId),
}

impl Engine {
    /// What could not be opened, and was not sent again so far.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unopened(&self, tx: &dyn Transaction) -> Result<Vec<Unopened>, StoreError> {
        let mut unopened = Vec::new();
        for (key, record) in tx.scan(Table::Healing, &[], None, usize::MAX)? {
            let record: Healing = decode(&record)?;
            if record.count > 0 {
                unopened.push(Unopened {
                    device: device(&key)?,
                    count: record.count,
                    since: record.since,
                    trouble: trouble(record.trouble),
                    asks_at: Some(record.due_at).filter(|at| *at > 0),
                });
            }
        }
        Ok(unopened)
    }

    /// A message of a device cannot be opened. Of somebody who was not accepted nothing follows (HEA-8, threat T5).
    pub(crate) fn on_unopened(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        (trouble, message): (Trouble, CiphertextId),
    ) -> Result<Vec<Event>, Error> {
        let key = address_key(sender);
        let known = step.tx.read::<Healing>(Table::Healing, &key)?;
        let is_planned = known.as_ref().is_some_and(|known| known.due_at > 0);
        if !is_planned && self.way_to(step.tx, sender)?.is_none() {
            return Ok(Vec::new());
        }
        let mut record = known.unwrap_or_default();
        if record.count == 0 {
            record.since = step.now;
        }
        record.count = record.count.saturating_add(1);
        record.trouble = number(trouble);
        let id = message.0.to_vec();
        if record.messages.len() < RETRY_MESSAGES && !record.messages.contains(&id) {
            record.messages.push(id);
        }
        if trouble == Trouble::UnknownPrekey {
            // The relay hands out prekeys that were used: those of both sides are to be doubted (HEA-16).
            record.doubtful = true;
        }
        // HEA-22: it was sent before the peer could know of the session that was begun.
        let is_late = record.due_at == 0 && record.asks > 0 && is_recent(record.asked_at, step.now);
        if is_late && record.asks < ASKS {
            (record.renewed, record.due_at) = (true, asks_at(step.now, 0, draw(step)?));
        }
        let asks_at = plan(step, &mut record)?;
        step.tx.write(Table::Healing, &key, &record)?;
        Ok(vec![Event::Unopened { device: *sender, trouble, asks_at }])
    }

    /// Stores the sessions after a message, and looks what its session says. Returns also whether that is the one that
    /// sends.
    pub(crate) fn take_session(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        plan: SessionPlan,
    ) -> Result<(Vec<Event>, bool), Error> {
        let outcome = apply_session(step, sender, plan)?;
        let key = address_key(sender);
        let known = step.tx.read::<Healing>(Table::Healing, &key)?;
        if known.is_none() && !outcome.replaces && !outcome.is_behind {
            return Ok((Vec::new(), outcome.sends));
        }
        let mut events = Vec::new();
        if outcome.replaces && self.way_to(step.tx, sender)?.is_some() {
            events.push(Event::SessionReplaced { device: *sender });
        }
        let mut record = known.unwrap_or_default();
        events.extend(self.note_session(step, sender, &outcome, &mut record)?);
        if record == Healing::default() {
            step.tx.delete(Table::Healing, &key)?;
        } else {
            step.tx.write(Table::Healing, &key, &record)?;
        }
        Ok((events, outcome.sends))
    }

    fn note_session(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        outcome: &Outcome,
        record: &mut Healing,
    ) -> Result<Option<Event>, Error> {
        if outcome.is_behind && self.way_to(step.tx, sender)?.is_some() {
            record.trouble = number(Trouble::Behind);
            record.renewed = false;
            plan(step, record)?;
            return Ok(None);
        }
        if !outcome.sends {
            return Ok(None);
        }
        // The peer has begun anew: what is to be asked for can be asked in that session.
        record.renewed |= outcome.is_new;
        if record.due_at > 0 || record.count == 0 {
            return Ok(None);
        }
        let count = record.count;
        (record.count, record.since, record.trouble, record.asks) = (0, 0, 0, 0);
        record.messages.clear();
        Ok(Some(Event::Healed { device: *sender, count }))
    }

    /// When messages are asked for next, in milliseconds since 1970-01-01 UTC; what is due by now is done with the next
    /// look at the outbox.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_healing(&self, tx: &dyn Transaction, now: u64) -> Result<Option<u64>, StoreError> {
        let mut soonest: Option<u64> = None;
        for (_, record) in tx.scan(Table::Healing, &[], None, usize::MAX)? {
            let due = decode::<Healing>(&record)?.due_at;
            if due > now {
                soonest = Some(soonest.map_or(due, |soonest| soonest.min(due)));
            }
        }
        Ok(soonest)
    }

    /// Begins anew where that is due, and asks for what could not be opened (HEA-11).
    pub(crate) fn heal(&self, step: &mut Step<'_>) -> Result<(), Error> {
        for (key, record) in step.tx.scan(Table::Healing, &[], None, usize::MAX)? {
            let mut record: Healing = decode(&record)?;
            // A clock that was set back must not hold it up for long.
            let latest =
                step.now.saturating_add(EACH_MS).saturating_add(DELAY_MS.0).saturating_add(DELAY_MS.1);
            let is_due = record.due_at > 0 && (record.due_at <= step.now || record.due_at > latest);
            if is_due {
                self.begin_anew(step, &device(&key)?, &mut record)?;
            }
            if is_forgotten(&record, step.now) {
                step.tx.delete(Table::Healing, &key)?;
            } else if is_due {
                step.tx.write(Table::Healing, &key, &record)?;
            }
        }
        Ok(())
    }

    fn begin_anew(&self, step: &mut Step<'_>, device: &Address, record: &mut Healing) -> Result<(), Error> {
        // The person may have decided otherwise since, or the device may be gone.
        let Some(way) = self.way_to(step.tx, device)? else {
            *record = Healing::default();
            return Ok(());
        };
        if !record.renewed {
            let mut sessions = sessions(step.tx, device)?;
            sessions.retire_all(step.now);
            keep_sessions(step.tx, device, step.now, &mut sessions)?;
            (record.asked_at, record.asks) = (step.now, 0);
        }
        (record.due_at, record.renewed) = (0, false);
        record.asks = record.asks.saturating_add(1);
        let mut messages = Vec::new();
        for id in &record.messages {
            messages.push(CiphertextId(fixed(id)?));
        }
        messages.sort_unstable();
        self.say_retry(step, device, way, messages)
    }

    fn say_retry(
        &self,
        step: &mut Step<'_>,
        to: &Address,
        way: Way,
        messages: Vec<CiphertextId>,
    ) -> Result<(), Error> {
        let retry = Body::of(Retry { messages }).map_err(|_| StoreError::Damaged("retry"))?;
        match way {
            Way::Chat(chat) => self.tell(step, &to.account, chat, retry),
            Way::Group(group) => self.queue_control(step, &group, &to.account, Kind::RETRY, &retry.encode()),
        }
    }

    /// Somebody could not open messages of this device: what can be is sent again. If nothing can, they are told that
    /// nothing comes (HEA-13, HEA-18).
    pub(crate) fn on_retry(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        retry: &Retry,
        came_in_sending: bool,
    ) -> Result<(), Error> {
        if retry.messages.is_empty()
            || (!came_in_sending && !self.leave_what_they_lack(step, sender, &retry.messages)?)
            || self.repeat(step, sender, &retry.messages)?
        {
            return Ok(());
        }
        match self.way_to(step.tx, sender)? {
            Some(way) => self.say_retry(step, sender, way, Vec::new()),
            None => Ok(()),
        }
    }

    /// If they could not open what was sealed in the very session that sends, nothing more is said in that (HEA-21). Returns
    /// whether it can be said now.
    fn leave_what_they_lack(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        messages: &[CiphertextId],
    ) -> Result<bool, Error> {
        let mut sessions = sessions(step.tx, sender)?;
        let Some(sending) = sessions.sending().map(|kept| *kept.session().id()) else { return Ok(true) };
        if !self.were_sealed_in(step.tx, (sender, &sending), messages)? {
            return Ok(true);
        }
        let key = address_key(sender);
        let mut record = step.tx.read::<Healing>(Table::Healing, &key)?.unwrap_or_default();
        let may_begin = !is_recent(record.asked_at, step.now);
        if may_begin {
            sessions.retire_all(step.now);
            keep_sessions(step.tx, sender, step.now, &mut sessions)?;
            record.asked_at = step.now;
        } else {
            (record.trouble, record.renewed) = (number(Trouble::Behind), false);
            plan(step, &mut record)?;
        }
        step.tx.write(Table::Healing, &key, &record)?;
        Ok(may_begin)
    }

    /// Whether this device has begun anew with another within the hour (HEA-9).
    pub(crate) fn began_lately(&self, step: &Step<'_>, device: &Address) -> Result<bool, StoreError> {
        let record = step.tx.read::<Healing>(Table::Healing, &address_key(device))?;
        Ok(record.is_some_and(|record| is_recent(record.asked_at, step.now)))
    }

    /// A session was begun here with a device that had one: that counts for the hour.
    pub(crate) fn note_begun(&self, step: &mut Step<'_>, device: &Address) -> Result<(), StoreError> {
        let key = address_key(device);
        let mut record = step.tx.read::<Healing>(Table::Healing, &key)?.unwrap_or_default();
        record.asked_at = step.now;
        step.tx.write(Table::Healing, &key, &record)
    }

    /// Whether the relay has handed out a prekey of either side that was used before (HEA-16).
    pub(crate) fn doubts_prekeys(&self, tx: &dyn Transaction, device: &Address) -> Result<bool, StoreError> {
        let record = tx.read::<Healing>(Table::Healing, &address_key(device))?;
        Ok(record.is_some_and(|record| trouble(record.trouble) == Some(Trouble::UnknownPrekey)))
    }

    /// How a device is told something by itself: in an accepted chat, or as a fellow member of a group; in no other way
    /// (HEA-8).
    fn way_to(&self, tx: &dyn Transaction, to: &Address) -> Result<Option<Way>, StoreError> {
        let account = to.account;
        let is_listed =
            self.peer(tx, &account)?.is_some_and(|peer| peer.list.certificate(to.device).is_some());
        if !is_listed || self.relation(tx, &account)?.blocked || !self.may_send_to(tx, &account)? {
            return Ok(None);
        }
        if let Some((chat, ChatState::Accepted)) = self.chat_with(tx, &account)?
            && self.hears(tx, &account, Matter::Chats)?
        {
            return Ok(Some(Way::Chat(chat)));
        }
        for (key, _) in tx.scan(Table::Group, &[], None, usize::MAX)? {
            let Some(known) = Known::load(tx, GroupId::new(fixed(&key)?))? else { continue };
            let is_fellow = known.state.as_ref().is_some_and(|state| state.device(to).is_some());
            if is_fellow && known.standing()? == Standing::Joined {
                return Ok(Some(Way::Group(known.id)));
            }
        }
        Ok(None)
    }
}

/// Whether the relay is to be filled up with prekeys although it has enough; it counts once (HEA-16).
pub(crate) fn take_doubts(tx: &mut dyn Transaction) -> Result<bool, StoreError> {
    let mut any = false;
    for (key, record) in tx.scan(Table::Healing, &[], None, usize::MAX)? {
        let mut record: Healing = decode(&record)?;
        if core::mem::take(&mut record.doubtful) {
            any = true;
            tx.write(Table::Healing, &key, &record)?;
        }
    }
    Ok(any)
}

/// Puts off what is to be done until nobody can tell from it when a message was taken in, and until the hour is over.
fn plan(step: &mut Step<'_>, record: &mut Healing) -> Result<u64, Error> {
    if record.due_at == 0 {
        record.due_at = asks_at(step.now, record.asked_at, draw(step)?);
    }
    Ok(record.due_at)
}

fn draw(step: &mut Step<'_>) -> Result<u64, Error> {
    let drawn: [u8; 8] = entropy::public(step.entropy, Draw("healing delay"))?;
    Ok(u64::from_be_bytes(drawn))
}

fn is_forgotten(record: &Healing, now: u64) -> bool {
    let waits = record.due_at > 0 || record.doubtful || is_recent(record.asked_at, now);
    !waits && (record.count == 0 || now.saturating_sub(record.since) > FORGOTTEN_MS)
}

fn device(key: &[u8]) -> Result<Address, StoreError> {
    let damaged = || StoreError::Damaged("device");
    let (of, number) = key.split_at_checked(32).ok_or_else(damaged)?;
    let number = number.first().copied().ok_or_else(damaged)?;
    let device = DeviceId::parse(number.into()).map_err(|_| damaged())?;
    Ok(Address { account: account(of)?, device })
}

/// 0 is no trouble.
fn number(trouble: Trouble) -> u32 {
    let place = Trouble::ALL.iter().position(|one| *one == trouble);
    place.and_then(|place| u32::try_from(place).ok()).map_or(0, |place| place.saturating_add(1))
}

fn trouble(number: u32) -> Option<Trouble> {
    let place = usize::try_from(number.checked_sub(1)?).ok()?;
    Trouble::ALL.get(place).copied()
}
