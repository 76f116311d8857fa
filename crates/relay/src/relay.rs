//! A relay that listens.

mod door;
mod health;
mod numbers;

#[cfg(feature = "postgres")]
use crate::store::PostgresStore;
use crate::{
    clock::{Passing, now},
    config::Config,
    connection::Lane,
    data_dir::{DataDir, StartError, touch_private},
    keeping::Keeping,
    limits,
    meter::Meter,
    metrics::Metrics,
    place::Place,
    relay_key::load_or_create,
    requests::Desk,
    seldom::Seldom,
    store::{Capacity, Closed, HandedOn, OpenError, Passed, SqliteStore, Store},
    tls::{Reloaded, Tls},
};
use aside_primitives::{SigningKey, VerifyingKey};
use aside_wire::pb::TransientDelivery;
use door::Door;
use health::Health;
use prost::Message;
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc::Receiver},
    task::spawn_blocking,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use tracing::{error, info, warn};

/// A relay bound to its address and data directory, ready to [`Self::serve`].
pub struct Relay {
    listener: TcpListener,
    address: SocketAddr,
    config: Config,
    key: VerifyingKey,
    parameters: Vec<u8>,
    store: Arc<dyn Store>,
    passing: Passing,
    closed: Closed,
    dir: DataDir,
    numbers: Option<TcpListener>,
    tls: Option<Arc<Tls>>,
    renewal: Arc<Notify>,
}

impl Relay {
    /// Locks the data directory, opens or creates what is in it, and binds the address.
    ///
    /// # Errors
    /// [`StartError`], whose message says what to do.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let unusable = |failure| StartError::DataDir {
            path: config.data_dir.clone(),
            source: io::Error::other(failure),
        };
        let (dir, key) = {
            let config = config.clone();
            spawn_blocking(move || enter(&config)).await.map_err(unusable)??
        };
        let parameters = config.parameters(now()).sign(config.name.as_str(), &key);
        let key = key.verifying_key();
        let Opened { store, closed, passed } = match &config.store {
            Place::DataDir | Place::Sqlite(_) => {
                let (path, capacity) = (dir.database(), config.mailbox);
                spawn_blocking(move || open_file(path, capacity)).await.map_err(unusable)??
            }
            Place::Postgres(url) => open_server(&config, url, &key).await?,
        };
        let tls = Tls::open(&config)?.map(Arc::new);
        let refused = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let numbers = match config.metrics {
            Some(address) => Some(
                TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?,
            ),
            None => None,
        };
        let passing = Passing::from(passed);
        let renewal = Arc::default();
        Ok(Self {
            listener,
            address,
            config,
            key,
            parameters,
            store,
            passing,
            closed,
            dir,
            numbers,
            tls,
            renewal,
        })
    }

    /// The address it listens on, with the real port.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address of its metrics, with the real port.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.numbers.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Where clients connect: `ws://ADDRESS/v1/connect`, with `wss` if it has a certificate.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}/v1/connect", self.address)
    }

    /// Whoever is notified of this looks at the certificate at once, and not within [`crate::Timeouts::certificate`].
    #[must_use]
    pub fn renewal(&self) -> Arc<Notify> {
        Arc::clone(&self.renewal)
    }

    /// The relay's long-term key, which clients may remember.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Serves until `shutdown` ends, then answers what was accepted, closes every connection and the store. If the
    /// future is dropped instead, connections are cut; nothing accepted is lost.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        // It was logged.
        let _ = self.run(shutdown).await;
    }

    /// The same, and says whether something else ended it.
    ///
    /// # Errors
    /// [`StartError::Corrupt`] if the database turned out to be damaged: the sooner the relay stops, the less it accepts that is
    /// lost with the file.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
        let Self {
            listener,
            config,
            key,
            parameters,
            store,
            passing,
            closed,
            dir,
            numbers,
            tls,
            renewal,
            ..
        } = self;
        let meter = Arc::new(Meter::new(&config.rates));
        let metrics = Arc::new(Metrics::new(&store.commits()));
        let desk = Desk {
            store: Arc::clone(&store),
            name: config.name.clone(),
            key,
            parameters,
            budget: Arc::default(),
            lane: Arc::default(),
            meter: Arc::clone(&meter),
            keeping: Keeping::new(passing, config.keep),
            metrics: Arc::clone(&metrics),
        };
        let desk = Arc::new(desk);
        let tasks = TaskTracker::new();
        let (stop, kill) = (CancellationToken::new(), CancellationToken::new());
        if let Some(handed_on) = store.handed_on() {
            let (lane, stop) = (Arc::clone(&desk.lane), stop.clone());
            tasks.spawn(async move { stop.run_until_cancelled(take_over(handed_on, lane)).await });
        }
        let well = Health::new(Arc::clone(&desk.store), stop.clone());
        let door =
            Door::new(desk, &config, well.clone(), tls.clone(), tasks.clone(), stop.clone(), kill.clone());
        // Whatever ends this function ends the connections too.
        let _guards = (stop.clone().drop_guard(), kill.clone().drop_guard());

        let (damage, sweeper, counting) = (store.damage(), stop.clone(), Arc::clone(&metrics));
        tasks.spawn(async move {
            sweeper.run_until_cancelled(sweep(store, meter, passing, counting)).await;
        });
        // Until the very end: whoever looks learns that it shuts down.
        let numbers = numbers.map(|listener| {
            AbortOnDropHandle::new(tokio::spawn(numbers::serve(listener, Arc::clone(&metrics), well)))
        });
        if let Some(tls) = tls {
            let (renewer, pause) = (stop.clone(), config.timeouts.certificate);
            tasks.spawn(async move {
                renewer.run_until_cancelled(renew(tls, pause, renewal, metrics)).await;
            });
        }
        let ending = tokio::select! {
            () = shutdown => Ok(()),
            () = accept(&listener, &door) => Ok(()),
            detail = damage => Err(StartError::Corrupt { path: dir.database(), detail }),
        };
        if let Err(damage) = &ending {
            error!(%damage, "the relay stops");
        }

        info!("shutting down");
        drop(listener);
        tasks.close();
        stop.cancel();
        if timeout(limits::SHUTDOWN_TIMEOUT, tasks.wait()).await.is_err() {
            warn!("some clients did not take their answers in time");
        }
        kill.cancel();
        tasks.wait().await;
        if let Some(numbers) = numbers {
            // It holds the store too.
            numbers.abort();
            let _ = numbers.await;
        }
        drop(door);
        closed.wait().await;
        drop(dir);
        ending
    }
}

/// Accepts connections for ever.
async fn accept(listener: &TcpListener, door: &Door) {
    let failed = Seldom::default();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => door.admit(stream, peer.ip()),
            Err(failure) => {
                // Out of file descriptors, most likely: closing connections helps, spinning does not.
                if let Some(times) = failed.count() {
                    warn!(times, %failure, "connections could not be accepted");
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Gives what other nodes hand on to whoever is connected here (RLY-33).
async fn take_over(mut handed_on: Receiver<HandedOn>, lane: Arc<Lane>) {
    while let Some(HandedOn { to, delivery }) = handed_on.recv().await {
        // Another node made it.
        if let Ok(delivery) = TransientDelivery::decode(delivery.as_slice()) {
            lane.offer(&to, delivery);
        }
    }
}

/// Deletes what is past its time, in small steps, for ever.
async fn sweep(store: Arc<dyn Store>, meter: Arc<Meter>, passing: Passing, metrics: Arc<Metrics>) {
    let mut tick = interval(limits::SWEEP_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        meter.forget();
        if let Ok(counted) = store.statistics().await {
            metrics.hold(&counted, now());
        }
        loop {
            match store.sweep(now(), passing.now()).await {
                Ok(true) => (),
                Ok(false) => break,
                Err(failure) => {
                    warn!(%failure, "expired rows could not be deleted");
                    break;
                }
            }
        }
    }
}

/// Takes new certificates as they come, for ever. One that does not hold leaves the old one in its place.
async fn renew(tls: Arc<Tls>, pause: Duration, renewal: Arc<Notify>, metrics: Arc<Metrics>) {
    let mut tick = interval(pause);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // They were read a moment ago.
    tick.reset();
    loop {
        metrics.certificate_end.set(tls.not_after() / 1000);
        tokio::select! {
            _ = tick.tick() => (),
            () = renewal.notified() => (),
        }
        let files = Arc::clone(&tls);
        match spawn_blocking(move || files.reload(now())).await {
            Ok(Ok(Reloaded::Unchanged)) | Err(_) => (),
            Ok(Ok(Reloaded::New)) => info!("new connections get the new certificate"),
            Ok(Err(failure)) => error!(%failure, "the old certificate serves on"),
        }
    }
}

/// Locks the data directory and reads the key.
fn enter(config: &Config) -> Result<(DataDir, SigningKey), StartError> {
    if let Place::Sqlite(store) = &config.store
        && *store != config.data_dir
    {
        return Err(StartError::TwoDirs { path: config.data_dir.clone(), store: store.clone() });
    }
    let dir = DataDir::open(&config.data_dir)?;
    let key = load_or_create(&dir, config.key_file.as_deref())?;
    Ok((dir, key))
}

/// A store of whatever kind.
struct Opened {
    store: Arc<dyn Store>,
    closed: Closed,
    passed: Passed,
}

fn open_file(path: PathBuf, capacity: Capacity) -> Result<Opened, StartError> {
    // SQLite gives its other files the same mode.
    touch_private(&path).map_err(|source| StartError::DataDir { path: path.clone(), source })?;
    let (store, closed) = SqliteStore::open(&path, capacity).map_err(|error| match error {
        OpenError::Corrupt(detail) => StartError::Corrupt { path: path.clone(), detail },
        OpenError::Newer { found, known } => StartError::NewerSchema { path: path.clone(), found, known },
        OpenError::Foreign => StartError::Foreign { path: path.clone() },
        OpenError::Database(source) => StartError::Database { path: path.clone(), source },
        OpenError::Thread(source) => StartError::DataDir { path: path.clone(), source },
    })?;
    Ok(Opened { passed: store.opened(), store: Arc::new(store), closed })
}

#[cfg(feature = "postgres")]
async fn open_server(config: &Config, url: &str, key: &VerifyingKey) -> Result<Opened, StartError> {
    let (store, closed) = PostgresStore::open(url, key.as_bytes(), config.mailbox)
        .await
        .map_err(|reason| StartError::Server { place: config.store.to_string(), reason })?;
    Ok(Opened { passed: store.opened(), store: Arc::new(store), closed })
}

#[cfg(not(feature = "postgres"))]
async fn open_server(config: &Config, _: &str, _: &VerifyingKey) -> Result<Opened, StartError> {
    Err(StartError::NoPostgres { place: config.store.to_string() })
}
