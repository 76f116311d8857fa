//! The line between a client and its relay: it records what the client asks, and falls silent where it is told to.
//!
//! A silent line makes the worst moments repeatable: what was sent and never answered, what was delivered and never
//! acknowledged.

use crate::person::soon;
use aside_wire::pb::{self, reply, request};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use prost::Message as _;
use std::sync::{Arc, Mutex};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_tungstenite::{
    accept_async, connect_async,
    tungstenite::{Error, Message},
};

/// How many frames of a kind pass before the line falls silent in their direction.
#[derive(Clone, Copy)]
pub(crate) struct Quota {
    pub(crate) sends: usize,
    pub(crate) accepted: usize,
    pub(crate) deliveries: usize,
    pub(crate) acknowledgements: usize,
    /// Messages and changes of groups.
    pub(crate) fan_outs: usize,
    /// Answers to these.
    pub(crate) fanned_out: usize,
}

/// Everything passes.
pub(crate) const OPEN: Quota = Quota {
    sends: usize::MAX,
    accepted: usize::MAX,
    deliveries: usize::MAX,
    acknowledgements: usize::MAX,
    fan_outs: usize::MAX,
    fanned_out: usize::MAX,
};

/// A line that is listened in on.
pub(crate) struct Wiretap {
    pub(crate) url: String,
    line: Arc<Line>,
}

struct Line {
    relay: String,
    quota: Mutex<Quota>,
    sends: Mutex<Vec<pb::Send>>,
    silent: watch::Sender<bool>,
    /// Changes when all connections are to be cut.
    cut: watch::Sender<()>,
}

impl Wiretap {
    /// A line to the relay at an address.
    pub(crate) async fn to(relay: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let line = Arc::new(Line {
            relay: format!("{relay}/v1/connect"),
            quota: Mutex::new(OPEN),
            sends: Mutex::default(),
            silent: watch::Sender::new(false),
            cut: watch::Sender::new(()),
        });
        let accepting = Arc::clone(&line);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let line = Arc::clone(&accepting);
                tokio::spawn(async move { line.connect(stream).await });
            }
        });
        Self { url, line }
    }

    /// Cuts what is connected and sets the rules for what follows.
    pub(crate) fn rules(&self, quota: Quota) {
        *self.line.quota.lock().unwrap() = quota;
        self.line.cut.send_replace(());
        self.line.silent.send_replace(false);
    }

    /// Waits until the line has fallen silent.
    pub(crate) async fn silent(&self) {
        soon(self.line.silent.subscribe().wait_for(|silent| *silent)).await.unwrap();
    }

    /// Every message the client has sent, repetitions included.
    pub(crate) fn sends(&self) -> Vec<pb::Send> {
        self.line.sends.lock().unwrap().clone()
    }
}

impl Line {
    /// One connection, as long as both ends and the rules let it live.
    async fn connect(&self, stream: TcpStream) {
        let mut cut = self.cut.subscribe();
        // Without a relay there is nobody to connect to: the client sees the connection end.
        let Ok((relay, _)) = connect_async(&self.relay).await else { return };
        let Ok(client) = accept_async(stream).await else { return };
        let (to_relay, from_relay) = relay.split();
        let (to_client, from_client) = client.split();
        tokio::select! {
            _ = cut.changed() => {}
            () = self.pass(from_client, to_relay, |bytes| self.asks(bytes)) => {}
            () = self.pass(from_relay, to_client, |bytes| self.answers(bytes)) => {}
        }
    }

    /// Passes frames on in one direction until one may not; the rest is lost, until an end hangs up.
    async fn pass(
        &self,
        mut from: impl Stream<Item = Result<Message, Error>> + Unpin,
        mut to: impl Sink<Message, Error = Error> + Unpin,
        may_pass: impl Fn(&[u8]) -> bool,
    ) {
        let mut silent = false;
        while let Some(Ok(message)) = from.next().await {
            if let Message::Binary(bytes) = &message
                && !may_pass(bytes)
            {
                silent = true;
                self.silent.send_replace(true);
            }
            if !silent && to.send(message).await.is_err() {
                return;
            }
        }
    }

    fn asks(&self, bytes: &[u8]) -> bool {
        let mut quota = self.quota.lock().unwrap();
        match pb::Request::decode(bytes).unwrap().body {
            Some(request::Body::Send(send)) => {
                // What is not passed on has left the client all the same.
                self.sends.lock().unwrap().push(send);
                take(&mut quota.sends)
            }
            Some(request::Body::Acknowledge(_)) => take(&mut quota.acknowledgements),
            Some(request::Body::FanOut(_) | request::Body::AppendEntry(_)) => take(&mut quota.fan_outs),
            _ => true,
        }
    }

    fn answers(&self, bytes: &[u8]) -> bool {
        let mut quota = self.quota.lock().unwrap();
        match pb::Reply::decode(bytes).unwrap().body {
            Some(reply::Body::Accepted(_)) => take(&mut quota.accepted),
            Some(reply::Body::Delivery(_)) => take(&mut quota.deliveries),
            Some(reply::Body::FannedOut(_)) => take(&mut quota.fanned_out),
            _ => true,
        }
    }
}

fn take(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}
