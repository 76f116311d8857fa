//! Throwaway PostgreSQL clusters: made in a temporary folder, durable like real ones, gone with the value.
//!
//! They listen on this machine only, with a password. As root, which PostgreSQL refuses, the server runs as `postgres` or `nobody`.
//! What a killed test run left behind is removed at once by a guard, or when the next cluster is made.

mod database;
mod folder;
mod guard;
mod programs;
mod server;

pub use database::{Database, VARIABLE};

use folder::Folder;
use programs::Programs;
use server::{Server, Signal};
use std::{
    fmt,
    fs::{self, OpenOptions, Permissions},
    hash::{BuildHasher, RandomState},
    io::{self, Write},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

const USER: &str = "aside";
/// Below the ports that connections take for themselves: a port must be free again after a restart.
const PORTS: std::ops::Range<u16> = 20_000..30_000;
/// Longer than anything here takes, also on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = on
full_page_writes = on
synchronous_commit = on
max_connections = 200
shared_buffers = 64MB
wal_level = replica
";

/// Why there is no cluster, or no database, for a person to read.
#[derive(Debug)]
pub struct Trouble(String);

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// How a server is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Connections are cut, what is under way is undone.
    Fast,
    /// Without any of that: the next start recovers.
    Immediate,
    /// The server and all its processes are killed.
    Kill,
}

/// A cluster with one server.
#[derive(Debug)]
pub struct Cluster {
    /// Ends before its folder goes.
    server: Option<Server>,
    programs: Programs,
    folder: Folder,
    port: u16,
    password: String,
}

/// The folder of the server's programs.
///
/// # Errors
/// There is no server on this machine, or nobody it could run as.
pub fn find() -> Result<PathBuf, Trouble> {
    Programs::find().map(|programs| programs.folder)
}

impl Cluster {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// There is no server on this machine, or it does not start.
    pub fn start() -> Result<Self, Trouble> {
        let programs = Programs::find()?;
        let folder = Folder::new()?;
        let password = format!("{:016x}{:016x}", random(), random());
        let secret = folder.path().join("password");
        fs::write(&secret, &password)?;
        programs.give(folder.path())?;
        programs.give(&secret)?;
        let mut initdb = programs.command("initdb", folder.path());
        initdb.args([
            "--username",
            USER,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        initdb.arg("--pwfile").arg(&secret).arg("--pgdata").arg(folder.data());
        programs::run(initdb)?;
        let mut cluster = Self { server: None, programs, folder, port: 0, password };
        cluster.set(SETTINGS)?;
        cluster.start_on_a_free_port()?;
        Ok(cluster)
    }

    /// Where a database is found.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// The port of this machine the server listens on, also after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// An empty database.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn create_database(&self) -> Result<String, Trouble> {
        database::create(&self.programs, &self.url("postgres"))
    }

    /// Runs a statement in the database `postgres`, and returns what it answers: a line for a row, columns between `|`.
    ///
    /// # Errors
    /// The server does not answer, or refuses the statement.
    pub fn query(&self, statement: &str) -> Result<String, Trouble> {
        database::query(&self.programs, &self.url("postgres"), statement)
    }

    /// Ends the server and waits for its end.
    ///
    /// # Errors
    /// It does not run, or does not end.
    pub fn stop(&mut self, how: Stop) -> Result<(), Trouble> {
        let server = self.server.take().ok_or_else(|| Trouble("the server does not run".into()))?;
        match how {
            Stop::Fast => server.end(Signal::Interrupt),
            Stop::Immediate => server.end(Signal::Quit),
            Stop::Kill => server.kill(),
        }
    }

    /// Starts the server again, on the same port, and waits until it is ready.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_again(&mut self) -> Result<(), Trouble> {
        self.server = Some(Server::start(&self.programs, &self.folder.data())?);
        Ok(())
    }

    /// Lets the server speak TLS, too, with a certificate and its key.
    ///
    /// # Errors
    /// The files cannot be read, or the server does not start with them.
    pub fn encrypt(&mut self, certificate: &Path, key: &Path) -> Result<(), Trouble> {
        for (from, name) in [(certificate, "server.crt"), (key, "server.key")] {
            let path = self.folder.data().join(name);
            fs::write(&path, fs::read(from)?)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            self.programs.give(&path)?;
        }
        self.set("ssl = on\n")?;
        self.stop(Stop::Fast)?;
        self.start_again()
    }

    /// A second server that follows this one; from now on no commit is answered that it has not made durable, too.
    ///
    /// # Errors
    /// It cannot be made, or does not follow.
    pub fn synchronous_standby(&self) -> Result<Self, Trouble> {
        let folder = Folder::new()?;
        self.programs.give(folder.path())?;
        let mut copy = self.programs.command("pg_basebackup", folder.path());
        let from = format!("{}?application_name=standby", self.url(""));
        copy.args(["--dbname", &from, "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"]);
        copy.arg("--no-sync").arg("--pgdata").arg(folder.data());
        programs::run(copy)?;
        let programs = self.programs.clone();
        let mut standby = Self { server: None, programs, folder, port: 0, password: self.password.clone() };
        standby.start_on_a_free_port()?;
        self.query("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (standby)'")?;
        self.query("SELECT pg_reload_conf()")?;
        until("the standby follows", || {
            Ok(self.query("SELECT sync_state FROM pg_stat_replication")?.trim() == "sync")
        })?;
        Ok(standby)
    }

    /// Cuts a standby off from its leader.
    ///
    /// # Errors
    /// It is none, or goes on.
    pub fn cut_off(&self) -> Result<(), Trouble> {
        self.query("ALTER SYSTEM SET primary_conninfo = ''")?;
        self.query("SELECT pg_reload_conf()")?;
        until("nothing comes any more", || {
            Ok(self.query("SELECT count(*) FROM pg_stat_wal_receiver")?.trim() == "0")
        })
    }

    /// Makes a standby the leader, and waits until it is.
    ///
    /// # Errors
    /// It is none, or does not become one.
    pub fn promote(&self) -> Result<(), Trouble> {
        let mut promote = self.programs.command("pg_ctl", self.folder.path());
        promote.args(["promote", "--wait", "--silent", "--pgdata"]).arg(self.folder.data());
        programs::run(promote).map(drop)
    }

    fn start_on_a_free_port(&mut self) -> Result<(), Trouble> {
        let mut last = Trouble("no free port".into());
        for _ in 0..5 {
            self.port = free_port()?;
            self.set(&format!("port = {}\n", self.port))?;
            match self.start_again() {
                Ok(()) => return Ok(()),
                // Somebody else was faster.
                Err(trouble) if trouble.0.contains("Address already in use") => last = trouble,
                Err(trouble) => return Err(trouble),
            }
        }
        Err(last)
    }

    /// Adds settings; the last of two counts.
    fn set(&self, settings: &str) -> Result<(), Trouble> {
        let path = self.folder.data().join("postgresql.conf");
        Ok(OpenOptions::new().append(true).open(path)?.write_all(settings.as_bytes())?)
    }
}

fn free_port() -> Result<u16, Trouble> {
    let count = u64::from(PORTS.end.saturating_sub(PORTS.start));
    (0..100)
        .filter_map(|_| u16::try_from(random().checked_rem(count)?).ok()?.checked_add(PORTS.start))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| Trouble("no free port".into()))
}

/// Waits until something is so.
fn until(what: &str, mut is: impl FnMut() -> Result<bool, Trouble>) -> Result<(), Trouble> {
    let end = Instant::now().checked_add(PATIENCE);
    while !is()? {
        if end.is_some_and(|end| Instant::now() > end) {
            return Err(Trouble(format!("waited in vain: {what}")));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// What each process is given anew by the system.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
#[path = "postgres_tests.rs"]
mod tests;
