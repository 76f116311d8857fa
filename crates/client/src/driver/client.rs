//! A profile on disk and what can be done with it.

use super::{
    Clock, DriverError, RelayIdentity,
    clock::Watch,
    connection::Connection,
    error::is_transient,
    link::{Goal, Link, Notice, Report},
};
use crate::{
    Error, Event, Misuse,
    engine::{Engine, Login, Need, Step},
    store::{Remains, SqliteStore, Store, StoreError},
};
use aside_content::Presence;
use aside_identity::{AccountKey, Capabilities, Handle, proof::Challenge};
use aside_primitives::Entropy;
use aside_wire::pb::{self, RefusalCode, reply, request};
use getrandom::SysRng;
use std::{path::Path, time::Duration};

/// The file of a profile, in its directory.
pub const PROFILE_FILE: &str = "profile.db";
/// Logins in a row at the most: each is overtaken only by another process that logs in at the same moment.
const LOGINS: usize = 8;
/// The first and the longest pause between attempts to reconnect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// One profile: an account's device with its store.
#[derive(Debug)]
pub struct Client {
    store: SqliteStore,
    engine: Engine,
    clock: Clock,
    watch: Watch,
}

impl Client {
    /// Opens the profile in a directory.
    ///
    /// # Errors
    /// [`Misuse::NotRegistered`] if there is none, or what is wrong with the store.
    pub fn open(directory: &Path) -> Result<Self, DriverError> {
        let file = directory.join(PROFILE_FILE);
        if !file.exists() {
            return Err(Misuse::NotRegistered.into());
        }
        let mut store = SqliteStore::open(&file)?;
        let engine = store.step(|tx| Engine::load(tx))?.ok_or(Misuse::NotRegistered)?;
        let registered = store.step(|tx| engine.relay_state(tx))?.registered;
        let (clock, watch) = (Clock::default(), Watch::default());
        if registered { Ok(Self { store, engine, clock, watch }) } else { Err(Misuse::NotRegistered.into()) }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, watch: Watch::default(), ..self }
    }

    /// Creates a profile in a directory and registers its account under a handle.
    ///
    /// A registration that was interrupted goes on where it was; a handle that is taken leaves nothing behind.
    ///
    /// # Errors
    /// [`DriverError`], with the remedy.
    pub async fn register(directory: &Path, handle: &Handle, url: &str) -> Result<Self, DriverError> {
        Self::register_able(directory, handle, url, Engine::OFFERED).await
    }

    /// The same for a device that can do what is said, or is a program; its certificate says so (CON-32, CAP-15).
    ///
    /// # Errors
    /// As [`Client::register`].
    pub async fn register_able(
        directory: &Path,
        handle: &Handle,
        url: &str,
        capabilities: Capabilities,
    ) -> Result<Self, DriverError> {
        let file = directory.join(PROFILE_FILE);
        if file.exists()
            && let Ok(client) = Self::open(directory)
        {
            return Err(Misuse::AlreadyRegistered(client.engine.handle().clone()).into());
        }
        // The relay first: an address that does not answer should not leave a profile.
        let mut connection = Connection::open(url).await?;
        create_directory(directory)?;
        let mut store = SqliteStore::open(&file)?;
        let engine = begin(&mut store, handle, url, capabilities)?;
        let mut client = Self { store, engine, clock: Clock::default(), watch: Watch::default() };
        let registered = client.register_at(&mut connection).await;
        if let Err(DriverError::Refused(RefusalCode::HandleTaken | RefusalCode::BadHandle)) = registered {
            client.step(|engine, step| engine.discard(step))?;
        }
        registered?;
        if client.log_in(&mut connection, true).await? != Login::Done {
            connection = client.connect().await?;
        }
        connection.close().await;
        Ok(client)
    }

    async fn register_at(&mut self, connection: &mut Connection) -> Result<(), DriverError> {
        let relay = connection.relay().clone();
        let list = self.engine.list().as_bytes().to_vec();
        let signature = challenge(&relay).register(self.engine.account_key(), self.engine.handle(), &list);
        let register = pb::Register {
            handle: self.engine.handle().as_str().to_owned(),
            account_key: self.engine.address().account.as_bytes().to_vec(),
            device_list: list,
            signature: signature.0.to_vec(),
        };
        connection.ask_and_wait(request::Body::Register(register)).await?;
        Ok(self.step(|engine, step| Ok(engine.on_registered(step, &relay.key)?))?)
    }

    /// Proves who is on the connection and how far the store has come, and gives the relay the prekeys it lacks.
    async fn log_in(&mut self, connection: &mut Connection, goes_on: bool) -> Result<Login, DriverError> {
        let relay = connection.relay().clone();
        let pinned = self.step(|engine, step| Ok(engine.relay_state(step.tx)?))?.key;
        if pinned.is_some_and(|pinned| pinned != relay.key) {
            return Err(DriverError::WrongRelay(self.engine.relay_url().to_owned()));
        }
        self.step(|engine, step| Ok(engine.on_parameters(step, relay.parameters.as_ref())?))?;
        let address = self.engine.address();
        let store = self.step(|engine, step| engine.present_store(step, goes_on))?;
        let signature = challenge(&relay).login(&address, &store, self.engine.device_key());
        let login = pb::Login {
            account_key: address.account.as_bytes().to_vec(),
            device_id: address.device.number(),
            signature: signature.0.to_vec(),
            store: Some(store.to_wire()),
        };
        let status = match connection.ask_and_wait(request::Body::Login(login)).await {
            Ok(reply::Body::LoggedIn(status)) => status,
            Ok(_) => return Err(unexpected()),
            Err(DriverError::Refused(RefusalCode::StaleStore)) => {
                return Ok(self.step(|engine, step| engine.on_stale_store(step, &store))?);
            }
            Err(error) => return Err(error),
        };
        let login = self.step(|engine, step| engine.on_logged_in(step, &store, &status))?;
        if login != Login::Done {
            return Ok(login);
        }
        self.publish_on(connection).await?;
        if let Some(upload) = self.step(|engine, step| engine.upkeep(step, &status))? {
            let publish = pb::PublishPrekeys { signed_prekey: upload.signed, one_time: upload.one_time };
            match connection.ask_and_wait(request::Body::PublishPrekeys(publish)).await {
                // RLY-110: what the relay holds serves on, and the next login tries again.
                Ok(_) | Err(DriverError::Refused(RefusalCode::Rate)) => (),
                Err(error) => return Err(error),
            }
        }
        Ok(Login::Done)
    }

    pub(super) async fn connect(&mut self) -> Result<Connection, DriverError> {
        self.connect_as(true).await
    }

    /// A login that is overtaken by another process of this profile is tried again, and so is one of a store that has
    /// begun anew.
    async fn connect_as(&mut self, mut goes_on: bool) -> Result<Connection, DriverError> {
        for _ in 0..LOGINS {
            let mut connection = Connection::open(self.engine.relay_url()).await?;
            match self.log_in(&mut connection, goes_on).await? {
                Login::Done => return Ok(connection),
                Login::Again => connection.close().await,
                Login::TooSoon => return Err(DriverError::StaleStore),
            }
            goes_on = false;
        }
        Err(DriverError::StaleStore)
    }

    /// Sends what waits in the outbox and reports what became of it.
    ///
    /// # Errors
    /// [`DriverError`] if the relay cannot be reached or the connection ends; the outbox keeps what was not accepted.
    pub async fn flush(&mut self, notice: &mut dyn FnMut(Notice)) -> Result<Report, DriverError> {
        let connection = self.connect().await?;
        self.run(connection, Goal::Flush, notice).await
    }

    /// Fetches everything the relay holds at this moment, and sends what waits.
    ///
    /// # Errors
    /// [`DriverError`] if the relay cannot be reached or the connection ends; what was fetched is kept.
    pub async fn catch_up(&mut self, notice: &mut dyn FnMut(Notice)) -> Result<Report, DriverError> {
        let connection = self.connect().await?;
        self.run(connection, Goal::CatchUp, notice).await
    }

    /// Stays connected, fetches and sends as things come, and reconnects, until the future is dropped.
    ///
    /// Dropping it loses nothing: every step is committed before it is answered for.
    ///
    /// # Errors
    /// [`DriverError`] only for what another attempt would not mend: a damaged profile, another relay, a refusal.
    pub async fn listen(&mut self, notice: &mut dyn FnMut(Notice)) -> Result<(), DriverError> {
        let mut pause = PAUSES.0;
        let mut is_told = false;
        loop {
            let ended = match self.connect().await {
                Ok(connection) => {
                    pause = PAUSES.0;
                    if !core::mem::replace(&mut is_told, true) {
                        notice(Notice::Connected);
                    }
                    self.run(connection, Goal::Forever, notice).await.err()
                }
                Err(error) => Some(error),
            };
            if ended.is_some() {
                is_told = false;
            }
            match ended {
                // It has lasted for long enough: the next login moves the generation on (HEA-35).
                None => {}
                Some(
                    error @ (DriverError::Unreachable { .. } | DriverError::Closed(_) | DriverError::Silent),
                ) => notice(Notice::Disconnected(error.to_string())),
                Some(DriverError::Refused(code)) if is_transient(code) || code == RefusalCode::StaleStore => {
                    notice(Notice::Disconnected(DriverError::Refused(code).to_string()));
                }
                Some(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(PAUSES.1);
        }
    }

    async fn run(
        &mut self,
        mut connection: Connection,
        goal: Goal,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<Report, DriverError> {
        if let Some(event) = self.step(|engine, step| Ok(engine.tell_restored(step)?))? {
            notice(Notice::Event(event));
        }
        let mut report = Report::default();
        let mut logins = 0;
        loop {
            let mut link = Link::new(connection, goal).after(report);
            match link.run(self, notice).await {
                Ok(report) => {
                    link.close().await;
                    return Ok(report);
                }
                // Another process of this profile has logged in, or another copy (RLY-49).
                Err(DriverError::Refused(RefusalCode::StaleStore)) if logins < LOGINS => {
                    logins = logins.saturating_add(1);
                    report = link.report();
                    link.close().await;
                    connection = self.connect_as(false).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks the relay who has a handle, and pins the answer.
    ///
    /// # Errors
    /// [`DriverError::UnknownHandle`], [`DriverError::AccountChanged`] if it contradicts what is pinned, or what is
    /// wrong with the connection.
    pub async fn look_up(&mut self, handle: &Handle) -> Result<(), DriverError> {
        let mut connection = self.connect().await?;
        let resolve = pb::Resolve { handle: handle.as_str().to_owned() };
        let mut asked = request::Body::Resolve(resolve);
        loop {
            let devices = match connection.ask_and_wait(asked).await {
                Ok(reply::Body::Devices(devices)) => devices,
                Ok(_) => return Err(unexpected()),
                Err(DriverError::Refused(RefusalCode::UnknownHandle)) => {
                    return Err(DriverError::UnknownHandle(handle.clone()));
                }
                Err(error) => return Err(error),
            };
            let learned = self.step(|engine, step| engine.on_devices(step, Some(handle), &devices))?;
            if let Some(Event::ListRefused { reason, .. }) = learned.events.first() {
                return Err(DriverError::AccountChanged { handle: handle.clone(), reason: *reason });
            }
            match learned.more.map(super::link::question) {
                Some(more) => asked = more,
                None => break,
            }
        }
        connection.close().await;
        Ok(())
    }

    /// Asks the relay for the handles of accounts that are known by their keys only, as members of a group are, and pins
    /// the answers. Whoever the relay does not know stays without one.
    ///
    /// # Errors
    /// [`DriverError`] if the relay cannot be reached or the connection ends.
    pub async fn look_up_accounts(&mut self, accounts: &[AccountKey]) -> Result<(), DriverError> {
        let mut connection = self.connect().await?;
        for account in accounts {
            let mut wanted = Some(Need::Devices { account: *account, known: 0 });
            while let Some(need) = wanted {
                wanted = match connection.ask_and_wait(super::link::question(need)).await {
                    Ok(reply::Body::Devices(devices)) => {
                        self.step(|engine, step| engine.on_devices(step, None, &devices))?.more
                    }
                    Ok(_) => return Err(unexpected()),
                    Err(DriverError::Refused(RefusalCode::UnknownAccount)) => None,
                    Err(error) => return Err(error),
                };
            }
        }
        connection.close().await;
        Ok(())
    }

    /// Says to somebody that the person here is writing to them, or has stopped. Returns whether anything went out.
    ///
    /// # Errors
    /// [`DriverError`] if the relay cannot be reached or the connection ends; nothing is said later then.
    pub async fn say_typing(&mut self, to: &Handle, started: bool) -> Result<bool, DriverError> {
        let sealed = self.step(|engine, step| engine.typing(step, to, started))?;
        self.hand_over(sealed.into_iter().collect()).await
    }

    /// Says to people whether the person here is there, if they want that to be known. Returns how many were told, if they
    /// are there themselves.
    ///
    /// # Errors
    /// [`DriverError`] if the relay cannot be reached or the connection ends; nothing is said later then.
    pub async fn say_presence(&mut self, state: Presence) -> Result<usize, DriverError> {
        let sealed = self.step(|engine, step| engine.presence(step, state))?;
        let count = sealed.len();
        self.hand_over(sealed).await.map(|told| if told { count } else { 0 })
    }

    /// Whatever the relay answers, an indicator is over.
    async fn hand_over(&mut self, indicators: Vec<pb::Transient>) -> Result<bool, DriverError> {
        if indicators.is_empty() {
            return Ok(false);
        }
        let mut connection = self.connect().await?;
        for indicator in indicators {
            match connection.ask_and_wait(request::Body::Transient(indicator)).await {
                Ok(_) | Err(DriverError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        connection.close().await;
        Ok(true)
    }

    /// Runs one step of the engine in one transaction.
    ///
    /// # Errors
    /// What the step returned; nothing of it happened then.
    pub fn step<T>(
        &mut self,
        step: impl FnOnce(&Engine, &mut Step<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let engine = &self.engine;
        let (now, due) = (self.clock.now(), self.watch.due(&self.clock));
        let (confirmed, done) = self.store.step(|tx| {
            let entropy: &mut dyn Entropy = &mut SysRng;
            let mut this = Step { tx, now, entropy };
            let confirmed = due.map(|look| engine.observe_time(&mut this, look.counted)).transpose()?;
            Ok::<_, Error>((confirmed, step(engine, &mut this)?))
        })?;
        if let Some((look, confirmed)) = due.zip(confirmed) {
            self.watch.looked(look, confirmed);
        }
        Ok(done)
    }

    /// Destroys what is due. Whoever shows something does so before, and a connection does it whenever something is due
    /// (EXP-30).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn sweep(&mut self) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        let mut looks_again = true;
        loop {
            let (swept, next) =
                self.step(|engine, step| Ok((engine.sweep(step)?, engine.next_expiry(step.tx)?)))?;
            events.extend(swept.events);
            if swept.more {
                continue;
            }
            // What fell due since the engine has looked at the time is seen to be due.
            let is_due = next.is_some_and(|next| next <= self.clock.now());
            if !is_due || !looks_again {
                return Ok(events);
            }
            looks_again = false;
            self.watch.look_again();
        }
    }

    /// What of erased records can still be found in the files of the profile.
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub fn remains(&mut self) -> Result<Remains, Error> {
        Ok(self.store.remains()?)
    }

    pub(crate) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The engine, for what it knows without the store.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// The account of an interrupted registration under the same handle, or a new one.
fn begin(
    store: &mut SqliteStore,
    handle: &Handle,
    url: &str,
    capabilities: Capabilities,
) -> Result<Engine, Error> {
    store.step(|tx| {
        let mut step = Step { tx, now: Clock::default().now(), entropy: &mut SysRng };
        if let Some(engine) = Engine::load(step.tx)? {
            if engine.handle() == handle && engine.relay_url() == url {
                return Ok(engine);
            }
            engine.discard(&mut step)?;
        }
        Engine::create_able(&mut step, handle, url, capabilities)
    })
}

fn challenge(relay: &RelayIdentity) -> Challenge<'_> {
    Challenge { relay_name: &relay.name, relay_key: &relay.key, nonce: &relay.nonce }
}

pub(crate) fn unexpected() -> DriverError {
    aside_wire::Malformed::Field("body").into()
}

#[cfg(unix)]
fn create_directory(directory: &Path) -> Result<(), DriverError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| StoreError::Failed(format!("{}: {error}", directory.display())).into())
}

#[cfg(not(unix))]
fn create_directory(directory: &Path) -> Result<(), DriverError> {
    std::fs::create_dir_all(directory)
        .map_err(|error| StoreError::Failed(format!("{}: {error}", directory.display())).into())
}
