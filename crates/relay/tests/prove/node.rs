//! A node that is started again and again.

use crate::{entering::Nodes, process::Process};
use std::path::Path;
use tempfile::TempDir;

pub(crate) struct Node {
    data: TempDir,
    /// Where the messages are, if not in the folder.
    store: Option<String>,
    process: Option<Process>,
}

impl Node {
    pub(crate) async fn start(store: Option<String>) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), store).await
    }

    /// Another node of the same relay: it has the same key.
    #[cfg(feature = "postgres")]
    pub(crate) async fn start_beside(&self) -> Self {
        let data = tempfile::tempdir().unwrap();
        std::fs::copy(self.data.path().join("relay.key"), data.path().join("relay.key")).unwrap();
        Self::start_in(data, self.store.clone()).await
    }

    async fn start_in(data: TempDir, store: Option<String>) -> Self {
        let process = Some(start(data.path(), store.as_deref()).await);
        Self { data, store, process }
    }

    pub(crate) fn url(&self) -> &str {
        &self.process.as_ref().unwrap().url
    }

    pub(crate) async fn kill(&mut self) {
        self.process.take().unwrap().kill().await;
    }

    pub(crate) async fn start_again(&mut self) {
        self.process = Some(start(self.data.path(), self.store.as_deref()).await);
    }

    /// Kills it, and tells the clients when it is back, which is elsewhere.
    pub(crate) async fn kill_and_start(&mut self, number: usize, nodes: &Nodes) {
        nodes.is_down(number);
        self.kill().await;
        self.start_again().await;
        nodes.is_at(number, self.url());
    }
}

async fn start(data: &Path, store: Option<&str>) -> Process {
    // People do more here than people do.
    let mut more = vec!["--rate-factor", "1000"];
    more.extend(store.iter().flat_map(|url| ["--store", url]));
    Process::start_with(data, &more).await
}
