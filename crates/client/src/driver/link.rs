//! The exchange on one connection: requests in flight, deliveries in order, until a goal is reached.

use super::{
    Client, DriverError,
    allowance::Allowance,
    client::unexpected,
    connection::{Answer, Connection, code},
    error::is_transient,
};
use crate::{
    Event,
    engine::{Busy, Incoming, Need, Refusal, Statement},
};
use aside_content::Presence;
use aside_wire::{
    Malformed, Reject,
    pb::{self, RefusalCode, reply, request},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// Messages sent and not answered yet, at the most.
const WINDOW: usize = 32;
/// Deliveries taken in within one transaction, at the most.
const BATCH: usize = 64;
/// Deliveries held at the most while something is asked: twice what a relay sends without acknowledgement.
const DELIVERIES: usize = 512;
/// How often a message is sealed again on one connection because the devices have changed.
const STALE_TRIES: u32 = 3;
/// How often a listener looks whether another process has left something in the outbox.
const OUTBOX_LOOK: Duration = Duration::from_secs(5);
/// How long it waits at least, also if something is due that cannot be said at once.
const SHORTEST_LOOK: Duration = Duration::from_millis(20);
/// How long a listener stays on one connection.
const RENEWAL: Duration = Duration::from_secs(60 * 60);
/// How often a listener asks the engine whether people are to be told that somebody is there.
const PRESENCE_LOOK: Duration = Duration::from_secs(10);

/// When to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// When nothing more can be sent.
    Flush,
    /// When everything was fetched that was there, and nothing more can be sent.
    CatchUp,
    /// Never.
    Forever,
}

/// What a listener hears.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Something happened.
    Event(Event),
    /// The relay is there.
    Connected,
    /// The relay is not there; another attempt follows.
    Disconnected(String),
}

/// What an exchange came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Messages the relay has accepted.
    pub accepted: usize,
    /// Messages that will never be accepted.
    pub failed: usize,
    /// Frames that still wait, and why, if a reason is known.
    pub waiting: usize,
    /// Why something waits.
    pub reason: Option<Waiting>,
}

/// Why something waits in the outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Waiting {
    /// The relay refused for now.
    Refused(RefusalCode),
    /// The keys or devices the relay handed out for the recipient are refused.
    KeysRefused(Reject),
}

/// Why a listener waits no longer.
enum Pause {
    Answered(Answer),
    /// Something is to be said.
    Due,
    /// Nothing has come for long.
    Idle,
}

/// What a request in flight was about.
enum Asked {
    Send(u64),
    Need(Need),
    Statement(Statement),
    /// An indicator: whatever the answer, it is forgotten.
    Transient,
    Other,
}

/// The exchange.
pub(crate) struct Link {
    connection: Connection,
    began: Instant,
    goal: Goal,
    asked: BTreeMap<u64, Asked>,
    /// Places of the outbox that are not to be sent now.
    busy: Busy,
    /// Needs that were asked on this connection; asking again would bring the same answer.
    answered: BTreeSet<Need>,
    /// Needs that the relay would not answer now; the outbox waits for another connection.
    put_off: BTreeSet<Need>,
    stale: BTreeMap<u64, u32>,
    /// Needs to be asked, with the places of the outbox that wait for them.
    wanted: Vec<(Need, u64)>,
    /// Statements that the relay has refused on this connection, and what is to be asked because of that.
    refused: Vec<Statement>,
    newer: Vec<Need>,
    deliveries: VecDeque<pb::Delivery>,
    /// What the first delivery waits for.
    blocked_on: Option<Need>,
    waiting: Option<u64>,
    cursor: u64,
    /// What is committed here lies at the relay still: the last connection ended before it was acknowledged.
    unacknowledged: bool,
    look_at_outbox: bool,
    /// When the engine was asked last whether people are to be told that somebody is there.
    told_presence: Option<Instant>,
    /// What the relay says that it takes at present.
    allowance: Allowance,
    report: Report,
}

impl Link {
    pub(crate) fn new(connection: Connection, goal: Goal) -> Self {
        let sends = connection.relay().parameters.as_ref().map(|said| said.sends);
        Self {
            connection,
            began: Instant::now(),
            allowance: Allowance::new(sends),
            goal,
            asked: BTreeMap::new(),
            busy: Busy::default(),
            answered: BTreeSet::new(),
            put_off: BTreeSet::new(),
            stale: BTreeMap::new(),
            wanted: Vec::new(),
            refused: Vec::new(),
            newer: Vec::new(),
            deliveries: VecDeque::new(),
            blocked_on: None,
            waiting: None,
            cursor: 0,
            unacknowledged: false,
            look_at_outbox: true,
            told_presence: None,
            report: Report::default(),
        }
    }

    /// Goes on from what came before.
    pub(crate) fn after(self, before: Report) -> Self {
        Self {
            report: Report { accepted: before.accepted, failed: before.failed, ..Report::default() },
            ..self
        }
    }

    /// What it has come to so far.
    pub(crate) fn report(&self) -> Report {
        self.report.clone()
    }

    pub(crate) async fn close(self) {
        self.connection.close().await;
    }

    /// Works until the goal is reached.
    pub(crate) async fn run(
        &mut self,
        client: &mut Client,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<Report, DriverError> {
        self.cursor = client.step(|engine, step| Ok(engine.cursor(step.tx)?))?;
        if self.goal != Goal::Flush {
            let id = self.connection.ask(request::Body::Subscribe(pb::Subscribe {})).await?;
            self.asked.insert(id, Asked::Other);
        }
        loop {
            self.take_in(client, notice).await?;
            self.send_out(client, notice).await?;
            self.be_there(client).await?;
            client.sweep()?.into_iter().for_each(|event| notice(Notice::Event(event)));
            if self.is_done() || (is_worn(self.goal, self.began.elapsed()) && self.asked.is_empty()) {
                self.report.waiting = client.step(|engine, step| Ok(engine.waiting(step.tx)?))?;
                return Ok(self.report.clone());
            }
            if let Some(answer) = self.wait(client).await? {
                self.on_answer(client, answer, notice)?;
                while self.deliveries.len() < BATCH
                    && let Some(answer) = self.connection.ready()?
                {
                    self.on_answer(client, answer, notice)?;
                }
            }
        }
    }

    fn is_done(&self) -> bool {
        let idle = self.asked.is_empty() && !self.look_at_outbox;
        let caught_up = self.waiting.is_some_and(|waiting| self.cursor >= waiting);
        match self.goal {
            Goal::Flush => idle,
            Goal::CatchUp => idle && caught_up && self.deliveries.is_empty(),
            Goal::Forever => false,
        }
    }

    /// The next reply; `None` when it is time for a look at the outbox.
    async fn wait(&mut self, client: &mut Client) -> Result<Option<Answer>, DriverError> {
        if self.goal != Goal::Forever {
            return self.connection.answer().await.map(Some);
        }
        match self.wait_until_due(client).await? {
            Pause::Answered(answer) => Ok(Some(answer)),
            Pause::Due => {
                self.look_at_outbox = true;
                Ok(None)
            }
            Pause::Idle => {
                self.connection.keep_alive().await?;
                // Another process may have written; what had to wait gets another chance too.
                self.look_at_outbox = true;
                self.answered.clear();
                self.put_off.clear();
                self.busy.put_off.clear();
                Ok(None)
            }
        }
    }

    /// Waits for a reply, until something is to be said, or until it is time for a look.
    async fn wait_until_due(&mut self, client: &mut Client) -> Result<Pause, DriverError> {
        let idle_at = Instant::now() + OUTBOX_LOOK;
        loop {
            let due = client.step(|engine, step| {
                // What is over by the clock alone waits until that is confirmed.
                let expiry = engine.next_expiry(step.tx)?.filter(|expiry| *expiry > step.now);
                let receipts = engine.next_receipts(step.tx, step.now)?;
                let healing = engine.next_healing(step.tx, step.now)?;
                let due = [engine.next_due(step.tx)?, receipts, healing, expiry];
                Ok(due.into_iter().flatten().min())
            })?;
            let until_due = due.map_or(OUTBOX_LOOK, |due| client.clock().until(due)).max(SHORTEST_LOOK);
            let pause = idle_at.saturating_duration_since(Instant::now()).min(until_due);
            match tokio::time::timeout(pause, self.connection.next()).await {
                Ok(answer) => return answer.map(Pause::Answered),
                Err(_) if due.is_some_and(|due| due <= client.clock().now()) => return Ok(Pause::Due),
                Err(_) if Instant::now() >= idle_at => return Ok(Pause::Idle),
                Err(_) => {}
            }
        }
    }

    /// Takes the deliveries in, a batch in one transaction, and acknowledges what is committed.
    async fn take_in(
        &mut self,
        client: &mut Client,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<(), DriverError> {
        if self.unacknowledged {
            self.acknowledge().await?;
        }
        while self.blocked_on.is_none() && !self.deliveries.is_empty() {
            let (deliveries, answered) = (&self.deliveries, &self.answered);
            let (taken, events, need) = client.step(|engine, step| {
                let mut taken = 0usize;
                let mut events = Vec::new();
                for delivery in deliveries.iter().take(BATCH) {
                    let mut incoming = engine.on_delivery(step, delivery, true)?;
                    // A need that the relay has answered already will not be met by asking again.
                    if matches!(&incoming, Incoming::Needs(need) if answered.contains(need)) {
                        incoming = engine.on_delivery(step, delivery, false)?;
                    }
                    match incoming {
                        Incoming::Done(happened) => events.extend(happened),
                        Incoming::Needs(need) => return Ok((taken, events, Some(need))),
                    }
                    taken = taken.saturating_add(1);
                }
                Ok((taken, events, None))
            })?;
            for delivery in self.deliveries.drain(..taken) {
                self.cursor = self.cursor.max(delivery.sequence);
            }
            // A delivery may leave something to be asked or handed over without anything to show.
            self.look_at_outbox |= taken > 0;
            events.into_iter().for_each(|event| notice(Notice::Event(event)));
            if taken > 0 {
                self.acknowledge().await?;
            }
            if let Some(need) = need {
                self.blocked_on = Some(need);
                self.ask_for(need).await?;
            }
        }
        Ok(())
    }

    async fn acknowledge(&mut self) -> Result<(), DriverError> {
        self.unacknowledged = false;
        let acknowledge = pb::Acknowledge { up_to: self.cursor };
        let id = self.connection.ask(request::Body::Acknowledge(acknowledge)).await?;
        self.asked.insert(id, Asked::Other);
        Ok(())
    }

    /// Seals and sends, commit first.
    async fn send_out(
        &mut self,
        client: &mut Client,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<(), DriverError> {
        for (need, _) in self.wanted.clone() {
            self.ask_for(need).await?;
        }
        while self.look_at_outbox {
            self.look_at_outbox = false;
            self.publish(client).await?;
            let sending = self.asked.values().filter_map(Asked::place).count();
            // RLY-75: what would only be refused waits here.
            let room = WINDOW.saturating_sub(sending).min(self.allowance.room(Instant::now()));
            if room == 0 {
                return Ok(());
            }
            self.busy.hopeless = self.answered.union(&self.put_off).copied().collect();
            let busy = &self.busy;
            let outgoing = client.step(|engine, step| engine.outgoing(step, busy, room))?;
            let failed = outgoing.events.iter().filter(|event| matches!(event, Event::Failed { .. })).count();
            self.report.failed = self.report.failed.saturating_add(failed);
            outgoing.events.into_iter().for_each(|event| notice(Notice::Event(event)));
            for outbound in outgoing.ready {
                self.busy.in_flight.insert(outbound.place);
                let id = self.connection.ask(outbound.request).await?;
                self.allowance.take(Instant::now());
                self.asked.insert(id, Asked::Send(outbound.place));
            }
            for need in outgoing.needs {
                if !self.put_off.contains(&need) {
                    self.ask_for(need).await?;
                }
            }
        }
        Ok(())
    }

    /// What was signed meanwhile, here or by another process, goes before what people say.
    async fn publish(&mut self, client: &mut Client) -> Result<(), DriverError> {
        for need in core::mem::take(&mut self.newer) {
            self.ask_for(need).await?;
        }
        for statement in client.step(|engine, step| engine.statements(step))? {
            let asked =
                self.asked.values().any(|asked| matches!(asked, Asked::Statement(s) if *s == statement));
            if !asked && !self.refused.contains(&statement) {
                let id = self.connection.ask(statement.request()).await?;
                self.asked.insert(id, Asked::Statement(statement));
            }
        }
        Ok(())
    }

    /// Whoever listens is there; the engine knows whom to tell, and when.
    async fn be_there(&mut self, client: &mut Client) -> Result<(), DriverError> {
        let told_lately = self.told_presence.is_some_and(|told| told.elapsed() < PRESENCE_LOOK);
        if self.goal != Goal::Forever || told_lately {
            return Ok(());
        }
        self.told_presence = Some(Instant::now());
        for transient in client.step(|engine, step| engine.presence(step, Presence::Available))? {
            let id = self.connection.ask(request::Body::Transient(transient)).await?;
            self.asked.insert(id, Asked::Transient);
        }
        Ok(())
    }

    async fn ask_for(&mut self, need: Need) -> Result<(), DriverError> {
        let asking = self.asked.values().any(|asked| matches!(asked, Asked::Need(n) if *n == need));
        if !asking && !self.answered.contains(&need) {
            let id = self.connection.ask(question(need)).await?;
            self.asked.insert(id, Asked::Need(need));
        }
        Ok(())
    }

    fn on_answer(
        &mut self,
        client: &mut Client,
        (id, body): Answer,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<(), DriverError> {
        if let reply::Body::Delivery(delivery) = body {
            // An honest relay stops at its window and waits for acknowledgements (RLY-12).
            if self.deliveries.len() >= DELIVERIES {
                return Err(Malformed::TooLarge("deliveries").into());
            }
            self.deliveries.push_back(delivery);
            return Ok(());
        }
        if let reply::Body::TransientDelivery(delivery) = body {
            let event = client.step(|engine, step| engine.on_transient(step, &delivery))?;
            event.into_iter().for_each(|event| notice(Notice::Event(event)));
            return Ok(());
        }
        match (self.asked.remove(&id), body) {
            (Some(Asked::Send(place)), body) => self.on_send(client, place, &body, notice),
            (Some(Asked::Need(need)), body) => self.on_need(client, need, &body, notice),
            (Some(Asked::Statement(statement)), reply::Body::Refusal(refusal)) => {
                let code = code(&refusal);
                let need =
                    client.step(|engine, step| Ok(engine.on_statement_refused(step, &statement, code)?))?;
                self.refused.push(statement);
                self.newer.extend(need);
                self.look_at_outbox = true;
                Ok(())
            }
            (Some(Asked::Statement(statement)), _) => {
                Ok(client.step(|engine, step| Ok(engine.on_stated(step, &statement)?))?)
            }
            (Some(Asked::Other), reply::Body::Subscribed(subscribed)) => {
                self.waiting = Some(subscribed.waiting);
                let before = self.cursor;
                if client.step(|engine, step| Ok(engine.on_subscribed(step, before, subscribed.newest)?))? {
                    self.cursor = 0;
                    notice(Notice::Event(Event::MailboxSetBack));
                }
                // The relay refuses numbers it never gave; one set back by a backup must not stop everything else.
                self.unacknowledged = (1..=subscribed.newest).contains(&self.cursor);
                Ok(())
            }
            (Some(Asked::Transient), _) => Ok(()),
            (_, reply::Body::Refusal(refusal)) => Err(DriverError::Refused(code(&refusal))),
            _ => Ok(()),
        }
    }

    fn on_send(
        &mut self,
        client: &mut Client,
        place: u64,
        body: &reply::Body,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<(), DriverError> {
        self.busy.in_flight.remove(&place);
        let refusal = match body {
            reply::Body::Accepted(accepted) => {
                let events =
                    client.step(|engine, step| engine.on_accepted(step, place, accepted.accepted_at))?;
                self.report.accepted = self.report.accepted.saturating_add(1);
                self.look_at_outbox = true;
                events.into_iter().for_each(|event| notice(Notice::Event(event)));
                return Ok(());
            }
            reply::Body::FannedOut(answer) => {
                let events = client.step(|engine, step| engine.on_fanned_out(step, place, answer))?;
                self.report.accepted = self.report.accepted.saturating_add(1);
                self.look_at_outbox = true;
                events.into_iter().for_each(|event| notice(Notice::Event(event)));
                return Ok(());
            }
            reply::Body::Refusal(refusal) => match code(refusal) {
                ended @ (RefusalCode::StaleStore | RefusalCode::Suspended) => {
                    return Err(DriverError::Refused(ended));
                }
                code => code,
            },
            _ => return Err(unexpected()),
        };
        match client.step(|engine, step| engine.on_refused(step, place, refusal))? {
            Refusal::Later => {
                self.busy.put_off.insert(place);
                self.report.reason = Some(Waiting::Refused(refusal));
            }
            Refusal::Ask(need) => {
                self.busy.put_off.insert(place);
                let tries = self.stale.entry(place).or_default();
                *tries = tries.saturating_add(1);
                if *tries <= STALE_TRIES {
                    self.answered.remove(&need);
                    self.wanted.push((need, place));
                } else {
                    self.report.reason = Some(Waiting::Refused(refusal));
                }
            }
            Refusal::Over(events) => {
                self.look_at_outbox = true;
                events.into_iter().for_each(|event| notice(Notice::Event(event)));
            }
            Refusal::Final(event) => {
                self.report.failed = self.report.failed.saturating_add(usize::from(event.is_some()));
                self.look_at_outbox = true;
                event.into_iter().for_each(|event| notice(Notice::Event(event)));
            }
        }
        Ok(())
    }

    fn on_need(
        &mut self,
        client: &mut Client,
        need: Need,
        body: &reply::Body,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<(), DriverError> {
        if let reply::Body::Refusal(refusal) = body
            && is_transient(code(refusal))
        {
            // What waits for it is not judged without it: it stays unacknowledged, for another connection (RLY-27).
            if self.blocked_on == Some(need) {
                return Err(DriverError::Refused(code(refusal)));
            }
            self.put_off.insert(need);
            self.report.reason = Some(Waiting::Refused(code(refusal)));
            return Ok(());
        }
        self.answered.insert(need);
        if self.blocked_on == Some(need) {
            self.blocked_on = None;
        }
        let busy = &mut self.busy;
        self.wanted.retain(|(wanted, place)| *wanted != need || !busy.put_off.remove(place));
        let mut refused = None;
        match (need, body) {
            (Need::Devices { .. }, reply::Body::Devices(devices)) => {
                let learned = client.step(|engine, step| engine.on_devices(step, None, devices))?;
                learned.events.into_iter().for_each(|event| notice(Notice::Event(event)));
                self.look_at_outbox = true;
            }
            (Need::Prekeys(device), reply::Body::Prekeys(prekeys)) => {
                match client.step(|engine, step| engine.on_prekeys(step, &device, prekeys))? {
                    Ok(()) => {
                        self.answered.remove(&need);
                        self.look_at_outbox = true;
                    }
                    Err(reason) => refused = Some(Waiting::KeysRefused(reason)),
                }
            }
            (Need::Settings, reply::Body::Settings(settings)) => {
                client.step(|engine, step| Ok(engine.on_settings(step, settings)?))?;
                self.look_at_outbox = true;
            }
            (Need::Entries { log, from }, reply::Body::Entries(entries)) => {
                let events = client.step(|engine, step| engine.on_entries(step, &log, from, entries))?;
                events.into_iter().for_each(|event| notice(Notice::Event(event)));
                self.answered.remove(&need);
                self.look_at_outbox = true;
            }
            (Need::Prekeys(device), reply::Body::Refusal(refusal))
                if code(refusal) == RefusalCode::Unreachable =>
            {
                let events = client.step(|engine, step| engine.on_unreachable(step, &device.account))?;
                self.report.failed = self.report.failed.saturating_add(events.len());
                events.into_iter().for_each(|event| notice(Notice::Event(event)));
                self.look_at_outbox = true;
            }
            (_, reply::Body::Refusal(refusal)) => refused = Some(Waiting::Refused(code(refusal))),
            _ => return Err(unexpected()),
        }
        if refused.is_some() {
            self.report.reason = refused;
        }
        Ok(())
    }
}

impl Asked {
    const fn place(&self) -> Option<u64> {
        match self {
            Self::Send(place) => Some(*place),
            Self::Need(_) | Self::Statement(_) | Self::Transient | Self::Other => None,
        }
    }
}

/// The request that asks for what is needed.
pub(crate) fn question(need: Need) -> request::Body {
    match need {
        Need::Devices { account, known } => request::Body::FetchDevices(pb::FetchDevices {
            account_key: account.as_bytes().to_vec(),
            known_version: known,
        }),
        Need::Prekeys(device) => request::Body::FetchPrekeys(pb::FetchPrekeys {
            account_key: device.account.as_bytes().to_vec(),
            device_id: device.device.number(),
        }),
        Need::Settings => request::Body::FetchSettings(pb::FetchSettings {}),
        Need::Entries { log, from } => {
            request::Body::FetchEntries(pb::FetchEntries { log: log.as_bytes().to_vec(), from })
        }
    }
}

/// Whether a listener is to log in again: a copy made since its login is told from it only by another one (HEA-35).
fn is_worn(goal: Goal, lasted: Duration) -> bool {
    goal == Goal::Forever && lasted >= RENEWAL
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
