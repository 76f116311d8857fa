//! The store in a PostgreSQL database that several relays may share: group commit, one round trip for a batch.
//!
//! One session writes what passes through mailboxes (`writer`), a few others do what has a transaction of its own and
//! what is read (`pool`), and one hears of the other relays (`wakes`). All of them are on the primary.

mod accounts;
mod administration;
mod declarations;
mod fan_out;
mod generations;
mod line;
mod logs;
mod messages;
mod open;
mod passfile;
mod pool;
mod prekeys;
mod refusals;
mod row;
mod server;
mod session;
mod settings;
mod sweep;
mod wakes;
mod writer;

use super::{
    Account, AccountSummary, Answer, Append, Bundle, Capacity, Closed, Commits, Declaration, Directory,
    Enqueue, Entries, FanOut, FannedOut, HandedOn, Log, LoggedIn, Mailbox, Page, Passed, PrekeyStatus,
    PublishedSettings, Reached, Registration, Statistics, Store, Stored, Upload, Watch,
};
use crate::{hub::Hub, limits};
use administration::Alarm;
use aside_identity::{Generation, Handle};
use futures_util::FutureExt;
use line::Line;
use pool::Pool;
use server::Server;
use session::{Purpose, Session, call};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    sync::{
        mpsc::{self, Receiver, UnboundedReceiver},
        oneshot,
    },
    task::JoinSet,
};
use tokio_postgres::Notification;
use wakes::{Node, Parts, Wakes};
use writer::{Done, Writer};

/// Why a database on a server is not used; each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The URL names no server and database.
    #[error("the store's URL is not of the form postgres://USER@HOST/DATABASE")]
    BadUrl,
    /// The password file cannot be used.
    #[error("the password file {} cannot be used: {reason}", path.display())]
    Passfile {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The server asks for a password, and there is none.
    #[error(
        "the database server wants a password. Set PGPASSWORD, or PGPASSFILE to a file with a line host:port:database:user:password that only this user can read"
    )]
    NoPassword,
    /// Nobody answers, or nobody gets in.
    #[error(
        "the database server cannot be reached: {0}. Check that it runs, and user, password and database"
    )]
    Unreachable(String),
    /// Nothing would tell the server from somebody in between.
    #[error("no encrypted connection to the database server is possible: {0}")]
    NoTls(String),
    /// It stopped answering.
    #[error("the database server does not answer")]
    Silent,
    /// Its settings would lose what is acknowledged.
    #[error("the database server is not safe to use: {0}. Change that in its configuration")]
    Unsafe(&'static str),
    /// It follows another server.
    #[error(
        "the database server is a standby. Name the primary, or several hosts with target_session_attrs=read-write"
    )]
    Standby,
    /// A newer relay wrote it.
    #[error(
        "the database has schema {found}, but this relay knows schemas up to {known}. Start the newer relay again, or restore the backup made before the upgrade"
    )]
    Newer {
        /// Its schema.
        found: i32,
        /// The newest schema known.
        known: i32,
    },
    /// A relay never used it.
    #[error("the database is empty. A relay makes its tables when it starts; is this the store of one?")]
    Empty,
    /// An older relay wrote it.
    #[error("the database has schema {0}, which is brought up to date when a relay starts. Start it first")]
    Older(i32),
    /// It is another program's.
    #[error("the database has tables of another program. Make one for the relay alone")]
    Foreign,
    /// It belongs to a relay with another key.
    #[error(
        "the database belongs to a relay with another key. All nodes of a relay use one key: copy relay.key from another node, or name it with --key"
    )]
    OtherKey,
    /// The server refuses a statement.
    #[error("the database refuses: {0}")]
    Refused(String),
}

impl ServerError {
    fn of_connecting(error: tokio_postgres::Error) -> Self {
        let described = session::describe(&error);
        let cause = std::error::Error::source(&error).filter(|_| error.as_db_error().is_none());
        // It has no kind of its own.
        if cause.is_some_and(|cause| cause.to_string() == "password missing") {
            return Self::NoPassword;
        }
        if let Some(cause) = cause.filter(|cause| cause.to_string().contains("peer certificate")) {
            return Self::NoTls(format!(
                "{cause}. It must be good for the host in the URL, by what this machine trusts or by SSL_CERT_FILE alone"
            ));
        }
        Self::Unreachable(cause.map_or_else(|| described.clone(), |cause| format!("{described}: {cause}")))
    }
}

impl From<tokio_postgres::Error> for ServerError {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.as_db_error().is_some() {
            Self::Refused(session::describe(&error))
        } else {
            Self::of_connecting(error)
        }
    }
}

/// A store in a PostgreSQL database. Dropping it lets what is queued finish in the background; [`Closed`] waits for
/// that.
#[derive(Debug)]
pub struct PostgresStore {
    writer: Writer,
    readers: Pool,
    keepers: Pool,
    wakes: Wakes,
    handed_on: Mutex<Option<Receiver<HandedOn>>>,
    hub: Arc<Hub>,
    capacity: Capacity,
    opened: Passed,
}

impl PostgresStore {
    /// Opens a database or makes its tables, for the relay with this public key. `url` is `postgres://USER@HOST/DATABASE`.
    ///
    /// # Errors
    /// [`ServerError`], with the reason and what to do.
    pub async fn open(url: &str, key: &[u8; 32], capacity: Capacity) -> Result<(Self, Closed), ServerError> {
        let server = Server::parse(url)?;
        let (told, hearing) = mpsc::unbounded_channel();
        let node = Session::open(&server, Purpose::Fleeting, Some(told)).await?;
        let mut durable = Session::open(&server, Purpose::Durable, None).await?;
        open::migrate(&durable).await?;
        open::require_key(&durable, key).await?;
        let opened = open::count(&node).await?;
        writer::begin_run(&mut durable).await?;
        Self::over(server, [node, durable], hearing, opened, capacity).await
    }

    async fn over(
        server: Server,
        [node, durable]: [Session; 2],
        hearing: UnboundedReceiver<Notification>,
        opened: Passed,
        capacity: Capacity,
    ) -> Result<(Self, Closed), ServerError> {
        let (hub, news) = Hub::with_news();
        let hub = Arc::new(hub);
        let id = id()?;
        let parts =
            Parts { id, server: server.clone(), hub: Arc::clone(&hub), session: node, told: hearing, news };
        let (node, wakes, handed_on) = Node::enter(parts).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(node.run());
        let (writer, writing) =
            Writer::new(Line::new(server.clone(), durable), Arc::clone(&hub), wakes.clone());
        tasks.spawn(writing);
        let readers = Pool::start(lines(&server, limits::POSTGRES_READERS).await?, &mut tasks);
        let keepers = Pool::start(lines(&server, limits::POSTGRES_KEEPERS).await?, &mut tasks);
        let (closing, closed) = oneshot::channel();
        tokio::spawn(async move {
            while tasks.join_next().await.is_some() {}
            let _ = closing.send(());
        });
        let handed_on = Mutex::new(Some(handed_on));
        Ok((Self { writer, readers, keepers, wakes, handed_on, hub, capacity, opened }, Closed::when(closed)))
    }

    /// Opens a database beside the relays that use it, for a few acts of its operator. What only they do (count the time, make
    /// tables, number mail) it leaves alone.
    ///
    /// # Errors
    /// [`ServerError`], with the reason and what to do.
    pub async fn open_beside(url: &str) -> Result<(Self, Closed), ServerError> {
        let server = Server::parse(url)?;
        let (told, hearing) = mpsc::unbounded_channel();
        let node = Session::open(&server, Purpose::Fleeting, Some(told)).await?;
        let durable = Session::open(&server, Purpose::Durable, None).await?;
        open::require_current(&durable).await?;
        let opened = open::passed(&node).await?;
        Self::over(server, [node, durable], hearing, opened, Capacity::default()).await
    }

    /// What [`Self::open`] would find in a database, which is left as it is; nothing if it is empty. If a key is named, it must
    /// be that of the relay.
    pub(crate) async fn look(url: &str, key: Option<&[u8; 32]>) -> Result<Option<open::Found>, ServerError> {
        let session = Session::open(&Server::parse(url)?, Purpose::Fleeting, None).await?;
        open::look(&session, key).await
    }

    /// How far the count of time had come when it was opened (RLY-43).
    #[must_use]
    pub const fn opened(&self) -> Passed {
        self.opened
    }

    fn alarm(&self) -> Alarm {
        Alarm { hub: Arc::clone(&self.hub), wakes: self.wakes.clone() }
    }
}

/// What the other nodes call this one: positive, and another one after each start.
fn id() -> Result<i64, ServerError> {
    let drawn =
        aside_primitives::entropy::public::<8>(&mut getrandom::SysRng, aside_primitives::Draw("node"));
    let drawn =
        drawn.map_err(|_| ServerError::Refused("the operating system's random source failed".into()))?;
    Ok(i64::from_be_bytes(drawn) & i64::MAX)
}

async fn lines(server: &Server, count: usize) -> Result<Vec<Line>, ServerError> {
    let mut lines = Vec::with_capacity(count);
    for _ in 0..count {
        lines.push(Line::new(server.clone(), Session::open(server, Purpose::Durable, None).await?));
    }
    Ok(lines)
}

impl Store for PostgresStore {
    fn register(&self, registration: Registration) -> Answer<()> {
        accounts::register(&self.keepers, registration)
    }

    fn resolve(&self, handle: Handle) -> Answer<Directory> {
        accounts::resolve(&self.readers, &handle)
    }

    fn lists_after(&self, account: Account, version: u64) -> Answer<Directory> {
        accounts::lists_after(&self.readers, account, version)
    }

    fn current_list(&self, account: Account) -> Answer<Vec<u8>> {
        accounts::current_list(&self.readers, account)
    }

    fn log_in(&self, device: Mailbox, store: Generation) -> Answer<LoggedIn> {
        generations::log_in(&self.keepers, device, store)
    }

    fn publish_prekeys(&self, upload: Upload) -> Answer<u32> {
        prekeys::publish(&self.keepers, upload)
    }

    fn take_prekeys(&self, owner: Mailbox, now: u64) -> Answer<Bundle> {
        prekeys::take(&self.writer, owner, now)
    }

    fn signed_prekey(&self, owner: Mailbox, now: u64) -> Answer<Bundle> {
        prekeys::signed(&self.readers, &owner, now)
    }

    fn prekey_status(&self, owner: Mailbox, now: u64) -> Answer<PrekeyStatus> {
        prekeys::status(&self.readers, &owner, now)
    }

    fn publish_settings(&self, settings: PublishedSettings) -> Answer<()> {
        settings::publish(&self.keepers, settings)
    }

    fn settings(&self, account: Account) -> Answer<Vec<u8>> {
        settings::settings(&self.readers, &account)
    }

    fn session_reach(&self, sender: Account, recipient: Account) -> Answer<Reached> {
        settings::session_reach(&self.readers, &sender, &recipient)
    }

    fn declare(&self, declaration: Declaration) -> Answer<()> {
        declarations::declare(&self.keepers, declaration)
    }

    fn declarations_between(&self, one: Account, other: Account) -> Answer<Vec<Vec<u8>>> {
        declarations::between(&self.readers, one, other)
    }

    fn enqueue(&self, send: Enqueue) -> Answer<u64> {
        messages::enqueue(&self.writer, send, self.capacity)
    }

    fn fan_out(&self, message: FanOut) -> Answer<FannedOut> {
        fan_out::fan_out(&self.writer, message, self.capacity)
    }

    fn append_entry(&self, append: Append) -> Answer<FannedOut> {
        logs::append(&self.writer, append, self.capacity)
    }

    fn entries_from(&self, log: Log, position: u64, page: Page) -> Answer<Entries> {
        logs::entries_from(&self.readers, &log, position, page)
    }

    fn fetch_after(&self, mailbox: Mailbox, after: u64, page: Page, passed: Passed) -> Answer<Vec<Stored>> {
        messages::fetch_after(&self.readers, &mailbox, after, page, passed)
    }

    fn newest(&self, mailbox: Mailbox) -> Answer<u64> {
        messages::newest(&self.readers, &mailbox)
    }

    fn waiting(&self, mailbox: Mailbox, passed: Passed) -> Answer<u64> {
        messages::waiting(&self.readers, &mailbox, passed)
    }

    fn acknowledge_up_to(&self, mailbox: Mailbox, up_to: u64) -> Answer<()> {
        messages::acknowledge_up_to(&self.writer, mailbox, up_to)
    }

    fn sweep(&self, now: u64, passed: Passed) -> Answer<bool> {
        sweep::sweep(&self.keepers, now, passed, Arc::clone(&self.hub))
    }

    fn standing(&self, account: Account) -> Answer<()> {
        administration::standing(&self.readers, &account)
    }

    fn suspend(&self, handle: Handle, at: Option<u64>) -> Answer<()> {
        administration::suspend(&self.keepers, &handle, at, self.alarm())
    }

    fn release(&self, handle: Handle, now: u64, quarantine: u64) -> Answer<Passed> {
        administration::release(&self.keepers, &handle, now, quarantine, self.alarm())
    }

    fn reinstate(&self, handle: Handle) -> Answer<()> {
        administration::reinstate(&self.keepers, &handle)
    }

    fn set_capacity(&self, handle: Handle, capacity: Option<Capacity>) -> Answer<()> {
        administration::set_capacity(&self.keepers, &handle, capacity)
    }

    fn account_summary(&self, handle: Handle) -> Answer<AccountSummary> {
        administration::account_summary(&self.readers, &handle)
    }

    fn statistics(&self) -> Answer<Statistics> {
        administration::statistics(&self.readers)
    }

    fn commits(&self) -> Commits {
        self.writer.commits.clone()
    }

    fn check(&self) -> Answer<()> {
        let read = self.readers.ask(call!("SELECT 1"), |_| Ok(()));
        // A few bytes in the server's log: they are on disk, and with the standbys, when it is answered.
        let write = call!("SELECT pg_logical_emit_message(true, 'aside', '')");
        let write = self.writer.submit(write, 0, |_| (), |_| Ok(Done::quietly(())));
        async { read.await.and(write.await) }.boxed()
    }

    fn watch(&self, mailbox: Mailbox) -> Watch {
        self.hub.watch(mailbox)
    }

    fn nodes(&self) -> u32 {
        self.wakes.nodes()
    }

    fn hand_on(&self, handed: HandedOn) {
        self.wakes.hand_on(handed);
    }

    fn handed_on(&self) -> Option<Receiver<HandedOn>> {
        self.handed_on.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
