//! A client on a [`Relay`]: the loop a driver runs, with points at which it can crash.

use crate::{
    relay::{Answer, Relay},
    store::Faulty,
};
use aside_client::{
    ChatState, Conversation, Delivery, Engine, Error, Event, Message, Step, Summary,
    engine::{Busy, Incoming, Login, Need, Refusal, Statement, Upload},
    store::{Store, Transaction},
};
use aside_content::{Body, ThreadId};
use aside_identity::{AccountKey, Address, Capabilities, Handle};
use aside_testkit::{TestRng, person::NOW};
use aside_wire::{
    Reject,
    pb::{self, request},
};
use std::collections::{BTreeMap, BTreeSet};

/// Why a step did not happen.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The process ended at a chosen point.
    Crashed,
    /// The store is an older copy, and has begun anew a moment ago.
    TooSoon,
    /// The engine or the store said no.
    Client(Error),
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Client(error.into())
    }
}

/// Counts points, and ends the process at one of them.
#[derive(Default)]
pub(crate) struct Fuse {
    pub(crate) passed: u32,
    pub(crate) burns_at: BTreeSet<u32>,
}

impl Fuse {
    fn point(&mut self) -> Result<(), Halt> {
        self.passed += 1;
        if self.burns_at.contains(&self.passed) { Err(Halt::Crashed) } else { Ok(()) }
    }
}

pub(crate) struct Client<S: Store = Faulty> {
    pub(crate) store: S,
    pub(crate) engine: Engine,
    pub(crate) rng: TestRng,
    /// What the clock of the device says; also what nobody can set counts by it, unless `sleeps`.
    pub(crate) now: u64,
    /// Set, the clock goes on or is set and nothing counts.
    pub(crate) sleeps: bool,
    /// What was confirmed of the time, and what the clock said then.
    looked: Option<(u64, u64)>,
    /// Everything the steps reported, after their commit.
    pub(crate) events: Vec<Event>,
    /// Why prekey bundles were refused.
    pub(crate) refused_prekeys: Vec<Reject>,
    /// The store before each delivery.
    pub(crate) past: Vec<S>,
}

impl<S: Store + Clone> Client<S> {
    pub(crate) fn keep_past(&mut self) {
        self.past.push(self.store.clone());
    }
}

impl<S: Store> Client<S> {
    pub(crate) fn create(store: S, handle: &str, seed: u64) -> Self {
        Self::create_able(store, handle, seed, Capabilities::NONE)
    }

    pub(crate) fn create_able(mut store: S, handle: &str, seed: u64, able: Capabilities) -> Self {
        let mut rng = TestRng::new(seed);
        let handle = Handle::parse(handle).unwrap();
        let create = |step: &mut Step<'_>| Engine::create_able(step, &handle, "memory", able);
        let engine = store.step(|tx| create(&mut Step { tx, now: NOW, entropy: &mut rng })).unwrap();
        Self::with(store, engine, rng)
    }

    /// What a restart finds.
    pub(crate) fn load(mut store: S, seed: u64) -> Self {
        let engine = store.step(|tx| Engine::load(tx)).unwrap().unwrap();
        Self::with(store, engine, TestRng::new(seed))
    }

    fn with(store: S, engine: Engine, rng: TestRng) -> Self {
        let mut client = Self {
            store,
            engine,
            rng,
            now: NOW,
            sleeps: false,
            looked: None,
            events: vec![],
            refused_prekeys: vec![],
            past: vec![],
        };
        client.look().unwrap();
        client
    }

    /// Loses everything that is not in the store.
    pub(crate) fn reboot(&mut self) {
        self.engine = self.store.step(|tx| Engine::load(tx)).unwrap().unwrap();
        self.looked = None;
        self.look().unwrap();
    }

    pub(crate) fn address(&self) -> Address {
        self.engine.address()
    }

    pub(crate) fn account(&self) -> AccountKey {
        self.engine.address().account
    }

    pub(crate) fn step<T, E: Into<Halt>>(
        &mut self,
        step: impl FnOnce(&Engine, &mut Step<'_>) -> Result<T, E>,
    ) -> Result<T, Halt> {
        self.step_at(&mut Fuse::default(), step)
    }

    /// Looks at the time if the clock has moved, as a driver does.
    fn look(&mut self) -> Result<(), Halt> {
        let Self { store, engine, rng, now, sleeps, looked, .. } = self;
        if looked.is_none_or(|(_, then)| then != *now) {
            let counted = looked.map_or(0, |(confirmed, then)| {
                confirmed + if *sleeps { 0 } else { now.saturating_sub(then) }
            });
            let step = |tx: &mut dyn Transaction| {
                engine.observe_time(&mut Step { tx, now: *now, entropy: rng }, counted)
            };
            *looked = Some((store.step(step)?, *now));
        }
        Ok(())
    }

    /// One step, with a point before its commit.
    fn step_at<T, E: Into<Halt>>(
        &mut self,
        fuse: &mut Fuse,
        step: impl FnOnce(&Engine, &mut Step<'_>) -> Result<T, E>,
    ) -> Result<T, Halt> {
        self.look()?;
        let Self { store, engine, rng, now, .. } = self;
        store.step(|tx| {
            let result = step(engine, &mut Step { tx, now: *now, entropy: rng }).map_err(Into::into)?;
            fuse.point()?;
            Ok(result)
        })
    }

    // What the person does.

    pub(crate) fn open_chat(&mut self, with: &Handle) -> Result<(), Halt> {
        self.step(|engine, step| engine.open_chat(step, with)).map(|_| ())
    }

    pub(crate) fn accept_chat(&mut self, from: &Handle) -> Result<(), Halt> {
        self.step(|engine, step| engine.accept_chat(step, from)).map(|_| ())
    }

    pub(crate) fn say(&mut self, to: &Handle, text: &str) -> Result<u64, Halt> {
        self.step(|engine, step| engine.send_to_chat(step, to, text))
    }

    pub(crate) fn say_openly(&mut self, to: &Handle, text: &str) -> Result<u64, Halt> {
        self.step(|engine, step| engine.send_to_thread(step, to, text))
    }

    pub(crate) fn resolve(&mut self, relay: &Relay, handle: &Handle) {
        if let Some(devices) = relay.resolve_for(&self.account(), handle.as_str()) {
            let learned = self.step(|engine, step| engine.on_devices(step, Some(handle), &devices)).unwrap();
            self.events.extend(learned.events);
        }
    }

    // What the driver does.

    /// Runs the connection until nothing moves any more.
    pub(crate) fn sync(&mut self, relay: &mut Relay) {
        self.sync_until(relay, &mut Fuse::default()).unwrap();
    }

    pub(crate) fn sync_until(&mut self, relay: &mut Relay, fuse: &mut Fuse) -> Result<(), Halt> {
        let status = self.log_in(relay, fuse)?;
        self.publish(relay, fuse)?;
        let upload = self.step_at(fuse, |engine, step| engine.upkeep(step, &status))?;
        fuse.point()?;
        if let Some(upload) = upload {
            let Upload { signed, one_time } = upload.clone();
            let request = pb::PublishPrekeys { signed_prekey: signed, one_time };
            relay.asked.push((self.address(), request::Body::PublishPrekeys(request)));
            relay.publish(&self.address(), upload);
        }
        loop {
            let received = self.receive(relay, fuse)?;
            let sent = self.flush(relay, fuse)?;
            if !received && !sent {
                return Ok(());
            }
        }
    }

    /// Proves how far the store has come, as often as it takes.
    fn log_in(&mut self, relay: &mut Relay, fuse: &mut Fuse) -> Result<pb::LoggedIn, Halt> {
        let mut goes_on = true;
        loop {
            // Of a source of its own, so that what follows draws the same with and without logins.
            let drawn =
                std::mem::replace(&mut self.rng, TestRng::new(u64::try_from(relay.logins.len()).unwrap()));
            let store = self.step_at(fuse, |engine, step| engine.present_store(step, goes_on));
            self.rng = drawn;
            let store = store?;
            fuse.point()?;
            let answer = relay.log_in(&self.address(), &store);
            fuse.point()?;
            let login = match &answer {
                Some(status) => {
                    self.step_at(fuse, |engine, step| engine.on_logged_in(step, &store, status))?
                }
                None => self.step_at(fuse, |engine, step| engine.on_stale_store(step, &store))?,
            };
            match (login, answer) {
                (Login::Done, Some(status)) => {
                    let told = self.step_at(fuse, |engine, step| engine.tell_restored(step))?;
                    self.events.extend(told);
                    return Ok(status);
                }
                (Login::TooSoon, _) => return Err(Halt::TooSoon),
                _ => goes_on = false,
            }
        }
    }

    /// Hands over what was signed.
    pub(crate) fn publish(&mut self, relay: &mut Relay, fuse: &mut Fuse) -> Result<(), Halt> {
        let mut refused: Vec<Statement> = Vec::new();
        loop {
            let mut statements = self.step_at(fuse, |engine, step| engine.statements(step))?;
            fuse.point()?;
            statements.retain(|statement| !refused.contains(statement));
            let Some(statement) = statements.into_iter().next() else { return Ok(()) };
            let answer = relay.state(&self.address(), &statement.request());
            fuse.point()?;
            match answer {
                Ok(()) => self.step_at(fuse, |engine, step| engine.on_stated(step, &statement))?,
                Err(code) => {
                    let need = self
                        .step_at(fuse, |engine, step| engine.on_statement_refused(step, &statement, code))?;
                    if let Some(need) = need {
                        self.ask(relay, need, fuse)?;
                    }
                    refused.push(statement);
                }
            }
        }
    }

    /// Takes in the mailbox. Returns whether there was anything.
    pub(crate) fn receive(&mut self, relay: &mut Relay, fuse: &mut Fuse) -> Result<bool, Halt> {
        let waiting = relay.waiting(&self.address());
        for delivery in &waiting {
            fuse.point()?;
            self.take_in(relay, delivery, fuse)?;
            fuse.point()?;
            let up_to = self.step(|engine, step| engine.cursor(step.tx))?;
            relay.acknowledge(&self.address(), up_to);
            fuse.point()?;
        }
        Ok(!waiting.is_empty())
    }

    fn take_in(&mut self, relay: &mut Relay, delivery: &pb::Delivery, fuse: &mut Fuse) -> Result<(), Halt> {
        let mut may_ask = true;
        loop {
            match self.step_at(fuse, |engine, step| engine.on_delivery(step, delivery, may_ask))? {
                Incoming::Done(events) => {
                    self.events.extend(events);
                    return Ok(());
                }
                Incoming::Needs(need) => may_ask = self.ask(relay, need, fuse)?,
            }
        }
    }

    /// Seals and sends until nothing more can be sent. Returns whether anything was.
    pub(crate) fn flush(&mut self, relay: &mut Relay, fuse: &mut Fuse) -> Result<bool, Halt> {
        let mut any = false;
        let mut busy = Busy::default();
        let mut tries = BTreeMap::new();
        loop {
            let outgoing = self.step_at(fuse, |engine, step| engine.outgoing(step, &busy, 16))?;
            fuse.point()?;
            self.events.extend(outgoing.events);
            let mut moved = false;
            for need in outgoing.needs {
                if busy.hopeless.contains(&need) {
                    continue;
                }
                // Once nothing more comes of it, what waits for it holds up nobody else.
                if !self.ask(relay, need, fuse)? {
                    busy.hopeless.insert(need);
                }
                moved = true;
            }
            for outbound in outgoing.ready {
                let answer = relay.answer(&self.address(), &outbound.request);
                fuse.point()?;
                let place = outbound.place;
                match answer {
                    Ok(Answer::Accepted(accepted_at)) => {
                        let accepted =
                            self.step_at(fuse, |engine, step| engine.on_accepted(step, place, accepted_at))?;
                        self.events.extend(accepted);
                        (moved, any) = (true, true);
                    }
                    Ok(Answer::FannedOut(answer)) => {
                        let accepted =
                            self.step_at(fuse, |engine, step| engine.on_fanned_out(step, place, &answer))?;
                        self.events.extend(accepted);
                        (moved, any) = (true, true);
                    }
                    Err(code) => {
                        match self.step_at(fuse, |engine, step| engine.on_refused(step, place, code))? {
                            // A few times even if nothing new is said, as a driver does.
                            Refusal::Ask(need) => {
                                let again = tries.entry(place).or_insert(0);
                                *again += 1;
                                moved |= self.ask(relay, need, fuse)? || *again < 4;
                            }
                            Refusal::Over(events) => {
                                self.events.extend(events);
                                moved = true;
                            }
                            Refusal::Final(event) => {
                                self.events.extend(event);
                                moved = true;
                            }
                            Refusal::Later => {}
                        }
                        break;
                    }
                }
                fuse.point()?;
            }
            if !moved {
                return Ok(any);
            }
        }
    }

    /// Asks the relay. Returns whether anything new was learned.
    fn ask(&mut self, relay: &mut Relay, need: Need, fuse: &mut Fuse) -> Result<bool, Halt> {
        relay.asked.push((self.address(), request_for(need)));
        match need {
            Need::Devices { account, known } => {
                let Some(devices) = relay.devices_for(Some(&self.account()), &account, known) else {
                    return Ok(false);
                };
                let learned = self.step_at(fuse, |engine, step| engine.on_devices(step, None, &devices))?;
                self.events.extend(learned.events);
                let list = self.step(|engine, step| engine.list_of(step.tx, &account))?;
                Ok(list.is_some_and(|list| list.reference().version > known))
            }
            Need::Prekeys(device) => {
                let Some(prekeys) = relay.prekeys(&device) else { return Ok(false) };
                let started =
                    self.step_at(fuse, |engine, step| engine.on_prekeys(step, &device, &prekeys))?;
                fuse.point()?;
                Ok(started.map_err(|reason| self.refused_prekeys.push(reason)).is_ok())
            }
            Need::Settings => {
                let settings = relay.settings_of(&self.account());
                self.step_at(fuse, |engine, step| engine.on_settings(step, &settings))?;
                Ok(true)
            }
            Need::Entries { log, from } => {
                let entries = relay.entries(log.as_bytes(), from);
                let got = !entries.entries.is_empty();
                let events =
                    self.step_at(fuse, |engine, step| engine.on_entries(step, &log, from, &entries))?;
                self.events.extend(events);
                fuse.point()?;
                Ok(got)
            }
        }
    }

    /// Hands indicators over, and forgets them.
    pub(crate) fn indicate(
        &mut self,
        relay: &mut Relay,
        sealed: impl IntoIterator<Item = pb::Transient>,
    ) -> usize {
        let sealed = sealed.into_iter().map(|transient| relay.hand_on(&self.address(), &transient));
        sealed.count()
    }

    /// Takes in the indicators of now.
    pub(crate) fn hear(&mut self, relay: &mut Relay) -> Vec<Event> {
        let mut events = Vec::new();
        for delivery in relay.heard(&self.address()) {
            events.extend(self.step(|engine, step| engine.on_transient(step, &delivery)).unwrap());
        }
        events
    }

    // What the person sees.

    pub(crate) fn conversations(&mut self) -> Vec<Summary> {
        self.step(|engine, step| engine.conversations(step)).unwrap()
    }

    pub(crate) fn messages(&mut self, conversation: Conversation) -> Vec<Message> {
        self.step(|engine, step| engine.messages(step, conversation, 0, usize::MAX)).unwrap()
    }

    pub(crate) fn thread_with(&self, peer: &AccountKey) -> Conversation {
        Conversation::Thread(ThreadId::between(&self.account(), peer))
    }

    pub(crate) fn chats_with(&mut self, peer: &AccountKey) -> Vec<(Conversation, ChatState)> {
        let of_peer =
            |summary: Summary| Some((summary.conversation, summary.state?)).filter(|_| summary.peer == *peer);
        self.conversations().into_iter().filter_map(of_peer).collect()
    }

    /// The only chat with somebody.
    pub(crate) fn chat_with(&mut self, peer: &AccountKey) -> Conversation {
        match self.chats_with(peer).as_slice() {
            [(chat, _)] => *chat,
            chats => panic!("one chat, not {chats:?}"),
        }
    }

    /// The texts of a conversation, with who wrote them.
    pub(crate) fn texts(&mut self, conversation: Conversation) -> Vec<(AccountKey, String)> {
        self.messages(conversation).into_iter().map(|message| (message.sender, text(&message.body))).collect()
    }

    /// The texts received in a conversation.
    pub(crate) fn received(&mut self, conversation: Conversation) -> Vec<String> {
        let own = self.account();
        let received = |(sender, text)| Some(text).filter(|_| sender != own);
        self.texts(conversation).into_iter().filter_map(received).collect()
    }

    /// The own texts of a conversation that the relay has.
    pub(crate) fn sent(&mut self, conversation: Conversation) -> Vec<String> {
        let messages = self.messages(conversation).into_iter();
        messages
            .filter(|m| !matches!(m.delivery, Delivery::Received | Delivery::Queued | Delivery::Failed(_)))
            .map(|m| text(&m.body))
            .collect()
    }

    pub(crate) fn waiting(&mut self) -> usize {
        self.step(|engine, step| engine.waiting(step.tx)).unwrap()
    }

    pub(crate) fn list_version_of(&mut self, account: &AccountKey) -> u64 {
        let list = self.step(|engine, step| engine.list_of(step.tx, account)).unwrap();
        list.map_or(0, |list| list.reference().version)
    }

    /// Takes what was reported since the last time.
    pub(crate) fn news(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Takes the reasons for which something received was refused.
    pub(crate) fn refusals(&mut self) -> Vec<Reject> {
        let reason = |event| match event {
            Event::Refused { reason, .. } => Some(reason),
            Event::Unopened { trouble, .. } => Some(trouble.reject()),
            _ => None,
        };
        self.news().into_iter().filter_map(reason).collect()
    }
}

/// What a driver asks.
fn request_for(need: Need) -> request::Body {
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

pub(crate) fn text(body: &Body) -> String {
    match body {
        Body::Text(text) => text.as_str().to_owned(),
        other => format!("{other:?}"),
    }
}
