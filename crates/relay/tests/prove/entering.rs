//! Where the nodes of a relay are now, for clients that look for one that answers.

use crate::{line::Line, person::Person};
use std::time::Duration;
use tokio::{sync::watch, time::sleep};

/// Between two attempts of a client.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// The addresses of the nodes; none for one that is down.
pub(crate) struct Nodes(watch::Sender<Vec<Option<String>>>);

impl Nodes {
    pub(crate) fn new(urls: &[&str]) -> Self {
        Self(watch::Sender::new(urls.iter().map(|url| Some((*url).to_owned())).collect()))
    }

    pub(crate) fn is_at(&self, node: usize, url: &str) {
        self.0.send_modify(|urls| urls[node] = Some(url.to_owned()));
    }

    pub(crate) fn is_down(&self, node: usize) {
        self.0.send_modify(|urls| urls[node] = None);
    }

    /// Where a client goes: to the node of its number, or to another if that is down.
    async fn near(&self, number: usize) -> String {
        let mut urls = self.0.subscribe();
        let urls = urls.wait_for(|urls| urls.iter().any(Option::is_some)).await.unwrap();
        let (after, before) = (urls.iter().skip(number % urls.len()), urls.iter());
        after.chain(before).flatten().next().unwrap().clone()
    }

    /// Connects and logs in, however long it takes.
    pub(crate) async fn enter(&self, number: usize, person: &Person) -> Line {
        loop {
            let url = self.near(number).await;
            if let Some(line) = Line::open(&url, person).await {
                return line;
            }
            sleep(PAUSE).await;
        }
    }
}
