//! What this relay and others on the same database tell each other: that a mailbox got something, and what is not stored.
//!
//! Each relay listens on a channel of its own, and says in a small table which devices are connected to it. After a commit,
//! and beside it, whoever wrote looks there and tells those relays, once for all that was committed meanwhile. The look
//! comes after the commit, and a device that has just been entered looks into its mailbox once more: so one of the two
//! sees the other. What gets lost with a connection is found by a slow poll.

use super::{
    ServerError,
    open::COUNT,
    row::addresses,
    server::Server,
    session::{PATIENCE, Purpose, Session, call},
};
use crate::{
    hub::Hub,
    limits::{HANDED_ON, NODE_LEASE_SECONDS, NODE_TICK},
    store::{Account, HandedOn, Mailbox},
};
use aside_identity::DeviceId;
use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc::{self, Receiver, Sender, UnboundedReceiver, UnboundedSender},
    time::{Interval, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_postgres::Notification;
use tracing::{info, warn};

/// Between attempts to come back.
const RETRY: Duration = Duration::from_millis(500);
/// Transient messages handed on in one statement.
const AT_ONCE: usize = 32;
/// A notification has less than 8,000 bytes.
const WORD_BYTES: usize = 7_900;

/// Where what was committed is told to others. When the last one is dropped, the node leaves.
#[derive(Debug, Clone)]
pub(super) struct Wakes {
    rows: UnboundedSender<Vec<i64>>,
    lane: Sender<HandedOn>,
    nodes: Arc<AtomicU32>,
}

impl Wakes {
    /// How many nodes were there when this one said last that it is.
    pub(super) fn nodes(&self) -> u32 {
        self.nodes.load(Ordering::Relaxed)
    }

    /// Mailboxes got something.
    pub(super) fn wake(&self, rows: Vec<i64>) {
        if !rows.is_empty() {
            // An error means that the relay is ending.
            let _ = self.rows.send(rows);
        }
    }

    /// For whoever is connected elsewhere, now or never (RLY-33).
    pub(super) fn hand_on(&self, handed: HandedOn) {
        let _ = self.lane.try_send(handed);
    }
}

/// This relay among those on the database.
pub(super) struct Node {
    id: i64,
    server: Server,
    hub: Arc<Hub>,
    session: Session,
    told: UnboundedReceiver<Notification>,
    news: UnboundedReceiver<Mailbox>,
    rows: UnboundedReceiver<Vec<i64>>,
    lane: Receiver<HandedOn>,
    handed_on: Sender<HandedOn>,
    nodes: Arc<AtomicU32>,
    /// Devices that are entered, by their rows, with the next number known.
    entered: HashMap<i64, (Mailbox, i64)>,
    places: HashMap<Mailbox, i64>,
}

/// What the node is made of.
pub(super) struct Parts {
    /// Positive, drawn at random.
    pub(super) id: i64,
    pub(super) server: Server,
    pub(super) hub: Arc<Hub>,
    /// Counts time already.
    pub(super) session: Session,
    pub(super) told: UnboundedReceiver<Notification>,
    pub(super) news: UnboundedReceiver<Mailbox>,
}

impl Node {
    /// Enters this relay.
    pub(super) async fn enter(parts: Parts) -> Result<(Self, Wakes, Receiver<HandedOn>), ServerError> {
        let Parts { id, server, hub, session, told, news } = parts;
        let ((rows, told_rows), (lane, told_lane)) = (mpsc::unbounded_channel(), mpsc::channel(HANDED_ON));
        let (handed_on, arriving) = mpsc::channel(HANDED_ON);
        let nodes = Arc::new(AtomicU32::new(1));
        let mut node = Self {
            id,
            server,
            hub,
            session,
            told,
            news,
            rows: told_rows,
            lane: told_lane,
            handed_on,
            nodes: Arc::clone(&nodes),
            entered: HashMap::new(),
            places: HashMap::new(),
        };
        in_time(node.begin()).await?;
        Ok((node, Wakes { rows, lane, nodes }, arriving))
    }

    /// Runs until nobody can commit anything any more.
    pub(super) async fn run(mut self) {
        let mut tick = interval(NODE_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            match self.step(&mut tick).await {
                Ok(true) => (),
                Ok(false) => break,
                Err(failure) => {
                    warn!(%failure, "lost the other relays");
                    if !self.come_back().await {
                        return;
                    }
                    info!("found the other relays again");
                }
            }
        }
        // Leases end by themselves too.
        let _ = in_time(async { Ok(self.session.call(&call!("SELECT leave($1)", self.id)).await?) }).await;
    }

    /// One thing that happened; whether there will be more.
    async fn step(&mut self, tick: &mut Interval) -> Result<bool, ServerError> {
        let (mut rows, mut lane, mut news) = (Vec::new(), Vec::new(), Vec::new());
        tokio::select! {
            got = self.rows.recv_many(&mut rows, 1024) => {
                if got == 0 {
                    return Ok(false);
                }
                in_time(self.wake_others(rows.concat())).await?;
            }
            _ = self.lane.recv_many(&mut lane, AT_ONCE), if !self.lane.is_closed() => in_time(self.hand_on(lane)).await?,
            _ = self.news.recv_many(&mut news, 1024) => in_time(self.update(news)).await?,
            notification = self.told.recv() => match notification {
                Some(notification) => self.listen(notification.payload()),
                None => return Err(ServerError::Silent),
            },
            _ = tick.tick() => in_time(self.renew()).await?,
        }
        Ok(true)
    }

    /// Begins on a session, also on one after another.
    async fn begin(&mut self) -> Result<(), ServerError> {
        self.session.run(&format!("LISTEN aside_{:x}", self.id)).await?;
        self.stay().await?;
        self.enter_all().await
    }

    /// Enters everybody who is connected, and lets all of them look into their mailboxes.
    async fn enter_all(&mut self) -> Result<(), ServerError> {
        self.entered.clear();
        self.places.clear();
        self.update(self.hub.watched()).await
    }

    /// Tries until there is a session again; `false` if nobody needs one any more.
    async fn come_back(&mut self) -> bool {
        loop {
            sleep(RETRY).await;
            while self.rows.try_recv().is_ok() || self.lane.try_recv().is_ok() {}
            if self.rows.is_closed() {
                return false;
            }
            let (told, hearing) = mpsc::unbounded_channel();
            if let Ok(session) = Session::open(&self.server, Purpose::Fleeting, Some(told)).await {
                (self.session, self.told) = (session, hearing);
                let beginning = async {
                    self.session.call(&call!(COUNT)).await?;
                    self.begin().await
                };
                if in_time(beginning).await.is_ok() {
                    return true;
                }
            }
        }
    }

    async fn wake_others(&mut self, mut rows: Vec<i64>) -> Result<(), ServerError> {
        rows.sort_unstable();
        rows.dedup();
        self.ask("SELECT wake($1, $2)", |id| call!("SELECT wake($1, $2)", id, rows)).await
    }

    async fn hand_on(&mut self, lane: Vec<HandedOn>) -> Result<(), ServerError> {
        let (keys, devices) = addresses(lane.iter().map(|handed| &handed.to));
        let words: Vec<String> = lane.iter().map(HandedOn::word).collect();
        if words.iter().any(|word| word.len() > WORD_BYTES) {
            return Ok(());
        }
        const HAND_ON: &str = "SELECT hand_on($1, $2, $3, $4)";
        self.ask(HAND_ON, |id| call!(HAND_ON, id, keys, devices, words)).await
    }

    async fn ask(
        &mut self,
        sql: &'static str,
        call: impl FnOnce(i64) -> super::session::Call,
    ) -> Result<(), ServerError> {
        self.session.prepare(sql).await?;
        self.session.call(&call(self.id)).await?;
        Ok(())
    }

    /// Enters and strikes out devices, by what is so now.
    async fn update(&mut self, mut news: Vec<Mailbox>) -> Result<(), ServerError> {
        news.sort_unstable();
        news.dedup();
        let (here, gone): (Vec<_>, Vec<_>) =
            news.into_iter().partition(|mailbox| self.hub.is_watched(mailbox));
        let gone: Vec<i64> = gone.iter().filter_map(|mailbox| self.places.remove(mailbox)).collect();
        if !gone.is_empty() {
            self.entered.retain(|row, _| !gone.contains(row));
            self.session.call(&call!("SELECT unwatch($1, $2)", self.id, gone)).await?;
        }
        let fresh: Vec<_> = here.into_iter().filter(|mailbox| !self.places.contains_key(mailbox)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        const WATCH: &str = "SELECT * FROM watch($1, $2, $3)";
        self.session.prepare(WATCH).await?;
        let (keys, devices) = addresses(&fresh);
        for found in self.session.call(&call!(WATCH, self.id, keys, devices)).await? {
            let place = usize::try_from(found.try_get::<_, i64>(0)?).unwrap_or(0);
            if let Some(mailbox) = place.checked_sub(1).and_then(|place| fresh.get(place)) {
                let row = found.try_get(1)?;
                self.entered.insert(row, (*mailbox, found.try_get(2)?));
                self.places.insert(*mailbox, row);
            }
        }
        // What was committed before they were entered was told to nobody.
        for mailbox in &fresh {
            self.hub.wake(mailbox);
        }
        Ok(())
    }

    /// Says that it is there; whether that was known.
    async fn stay(&mut self) -> Result<bool, ServerError> {
        let renewal = call!("SELECT * FROM renew($1, $2)", self.id, NODE_LEASE_SECONDS);
        let renewed = self.session.call(&renewal).await?;
        let Some(row) = renewed.first() else { return Ok(false) };
        self.nodes.store(u32::try_from(row.try_get::<_, i32>(1)?).unwrap_or(1).max(1), Ordering::Relaxed);
        Ok(row.try_get(0)?)
    }

    /// Stays entered, and looks for what nobody told.
    async fn renew(&mut self) -> Result<(), ServerError> {
        if !self.stay().await? {
            // The database has forgotten it.
            return self.enter_all().await;
        }
        let (rows, known): (Vec<i64>, Vec<i64>) =
            self.entered.iter().map(|(row, (_, next))| (*row, *next)).unzip();
        if rows.is_empty() {
            return Ok(());
        }
        for changed in self.session.call(&call!("SELECT * FROM changed($1, $2)", rows, known)).await? {
            if let Some((mailbox, next)) = self.entered.get_mut(&changed.try_get(0)?) {
                *next = changed.try_get(1)?;
                self.hub.wake(mailbox);
            }
        }
        Ok(())
    }

    /// What another relay tells.
    fn listen(&self, word: &str) {
        if let Some(rows) = word.strip_prefix('w') {
            for row in rows.split(' ') {
                let mailbox = i64::from_str_radix(row, 16).ok().and_then(|row| self.entered.get(&row));
                if let Some((mailbox, _)) = mailbox {
                    self.hub.wake(mailbox);
                }
            }
        } else if let Some(handed) = word.strip_prefix('t').and_then(HandedOn::read) {
            // Nothing waits for room (RLY-33).
            let _ = self.handed_on.try_send(handed);
        }
    }
}

/// A server that says nothing any more is lost like one that hangs up.
async fn in_time<T>(asked: impl Future<Output = Result<T, ServerError>>) -> Result<T, ServerError> {
    timeout(PATIENCE, asked).await.map_err(|_| ServerError::Silent)?
}

impl HandedOn {
    /// In letters, which is all that a notification carries.
    fn word(&self) -> String {
        let Self { to: Mailbox { account, device }, delivery } = self;
        let mut word = String::with_capacity(delivery.len().saturating_add(33).saturating_mul(2));
        let number = u8::try_from(device.number()).unwrap_or(0);
        for byte in account.0.iter().chain([&number]).chain(delivery) {
            // Writing to a string does not fail.
            let _ = write!(word, "{byte:02x}");
        }
        word
    }

    fn read(word: &str) -> Option<Self> {
        let (digits, []) = word.as_bytes().as_chunks::<2>() else { return None };
        let bytes = digits
            .iter()
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect::<Option<Vec<u8>>>()?;
        let (key, rest) = bytes.split_first_chunk::<32>()?;
        let (device, delivery) = rest.split_first()?;
        let device = DeviceId::parse(u32::from(*device)).ok()?;
        Some(Self { to: Mailbox { account: Account(*key), device }, delivery: delivery.to_vec() })
    }
}

#[cfg(test)]
#[path = "wakes_tests.rs"]
mod tests;
