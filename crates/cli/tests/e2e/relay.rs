//! A relay in a process of its own, which can be killed.
//!
//! Cargo names the programs of this package to its tests, not those of others, and a program found in the target
//! directory may be an old one. So this test binary starts itself again as the relay, which links the relay of this
//! very build. The relay's own program is tested where it lives, in the same way.

use crate::person::{eventually, soon};
use aside_relay::{Config, Entry, Relay, StartError, stored};
use std::{
    env,
    ffi::OsString,
    fs,
    io::Read,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// Where the process started as a relay finds its directory and port.
const DATA: &str = "ASIDE_E2E_RELAY_DATA";
const PORT: &str = "ASIDE_E2E_RELAY_PORT";
/// The test that is the relay when these are set.
const ITSELF: &str = "relay::a_killed_relay_comes_back_at_its_address";
/// A port that was free may be taken for a moment while its relay is down.
const BINDING: Duration = Duration::from_secs(30);

/// A relay in a process of its own.
pub(crate) struct RelayProcess {
    pub(crate) url: String,
    data: PathBuf,
    pub(crate) port: u16,
    child: Child,
}

impl RelayProcess {
    /// Starts on a free port.
    pub(crate) async fn start(data: &Path) -> Self {
        Self::start_at(data, 0).await
    }

    /// Starts on a certain port, and waits until it listens.
    pub(crate) async fn start_at(data: &Path, port: u16) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([ITSELF, "--exact", "--nocapture"])
            .env(DATA, data)
            .env(PORT, port.to_string())
            // It ends when this pipe does, also when the test is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = soon(lines.next_line()).await.unwrap().expect("the relay did not start");
            if let Some(port) = line.strip_prefix("relay on port ") {
                break port.parse().unwrap();
            }
        };
        Self { url: format!("ws://127.0.0.1:{port}"), data: data.to_owned(), port, child }
    }

    /// Like a power switch: SIGKILL.
    pub(crate) async fn kill(&mut self) {
        soon(self.child.kill()).await.unwrap();
    }

    /// Starts again at the same address after [`Self::kill`].
    pub(crate) async fn restart(&mut self) {
        *self = Self::start_at(&self.data, self.port).await;
    }

    /// Gives an account another handle, behind the relay's back.
    pub(crate) async fn rename(&mut self, from: &str, to: &str) {
        self.edit(|database| {
            let renamed = database.execute("UPDATE account SET handle = ?2 WHERE handle = ?1", [from, to]);
            assert_eq!(renamed.unwrap(), 1);
        })
        .await;
    }

    /// Changes its data while it does not run.
    pub(crate) async fn edit(&mut self, change: impl FnOnce(&rusqlite::Connection)) {
        self.kill().await;
        let database = rusqlite::Connection::open(self.data.join("relay.db")).unwrap();
        change(&database);
        drop(database);
        self.restart().await;
    }

    /// Where its data is.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Goes on with an older copy of its data, like an operator after a broken disk.
    pub(crate) async fn restore(&mut self, copy: &Path) {
        self.kill().await;
        fs::remove_dir_all(&self.data).unwrap();
        copy_folder(copy, &self.data);
        self.restart().await;
    }

    /// A copy of its data while it does not run.
    pub(crate) async fn copy_to(&mut self, copy: &Path) {
        self.kill().await;
        copy_folder(&self.data, copy);
        self.restart().await;
    }

    /// Everything in its mailboxes.
    pub(crate) fn stored(&self) -> Vec<Entry> {
        stored(&self.data).unwrap()
    }

    /// Waits until so many messages are in its mailboxes.
    pub(crate) async fn holds(&self, count: usize) {
        eventually(|| (self.stored().len() == count).then_some(())).await;
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// The relay, in the process that is one.
async fn serve(data: OsString) {
    let port = env::var(PORT).unwrap().parse().unwrap();
    let mut config = Config::new(data);
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let started = Instant::now();
    let relay = loop {
        match Relay::bind(config.clone()).await {
            Err(StartError::Listen { .. }) if started.elapsed() < BINDING => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            bound => break bound.unwrap(),
        }
    };
    // The test's name may stand on the line already.
    println!("\nrelay on port {}", relay.local_addr().port());
    let parent_is_gone = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
    relay.serve(async { drop(parent_is_gone.await) }).await;
}

#[tokio::test]
async fn a_killed_relay_comes_back_at_its_address() {
    if let Some(data) = env::var_os(DATA) {
        return serve(data).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut relay = RelayProcess::start(folder.path()).await;
    let address = relay.url.clone();
    relay.kill().await;
    relay.restart().await;
    assert_eq!(relay.url, address);
}
