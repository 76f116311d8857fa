//! A relay in this process.

use crate::held::placed;
use aside_relay::{Config, Relay};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// Longer than anything here takes, also on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for a future, but not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it should have happened by now")
}

/// What `/health` answers, with its headers.
pub(crate) async fn health(address: SocketAddr) -> String {
    get(address, "/health").await
}

/// What a path answers, with its headers.
pub(crate) async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

/// A relay in this process.
pub(crate) struct Running {
    pub url: String,
    pub address: SocketAddr,
    /// Where its metrics are.
    pub metrics: Option<SocketAddr>,
    /// Has it look at its certificate.
    pub renewal: Arc<Notify>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// A relay in the folder, as it comes.
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::start_with(Config::new(folder)).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        let relay = Relay::bind(placed(config)).await.unwrap();
        let (url, address, renewal) = (relay.url(), relay.local_addr(), relay.renewal());
        let metrics = relay.metrics_addr();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(relay.serve(async { stopped.await.unwrap_or(()) }));
        Self { url, address, metrics, renewal, stop, task }
    }

    /// Shuts down gracefully and waits for the end.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        soon(self.task).await.unwrap();
    }
}

/// A folder and a relay in it.
pub(crate) async fn relay() -> (TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path()).await;
    (folder, running)
}
