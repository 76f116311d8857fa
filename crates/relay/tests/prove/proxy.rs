//! A proxy at one address, which leads to one node or another.

use std::net::SocketAddr;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

pub(crate) struct Proxy {
    pub(crate) url: String,
    target: watch::Sender<SocketAddr>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxied = format!("ws://{}/v1/connect", listener.local_addr().unwrap());
        let target = watch::Sender::new(address(url));
        let targets = target.subscribe();
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(forward(client, targets.clone()));
            }
        });
        Self { url: proxied, target, task }
    }

    /// From now on elsewhere; connections to where it led before are cut.
    pub(crate) fn lead_to(&self, url: &str) {
        self.target.send_replace(address(url));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("ws://").split('/').next().unwrap().parse().unwrap()
}

async fn forward(mut client: TcpStream, mut targets: watch::Receiver<SocketAddr>) {
    let target = *targets.borrow_and_update();
    let Ok(mut node) = TcpStream::connect(target).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut node) => (),
        _ = targets.changed() => (),
    }
}
