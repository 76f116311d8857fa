//! A relay that lies to one person: somebody on their line changes what it answers, as long as they are told to.

use aside_wire::{
    decode,
    pb::{self, reply},
};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{accept_async, connect_async, tungstenite::Message};

type Lie = Box<dyn FnMut(&mut reply::Body) + Send>;

/// A line to a relay on which answers are changed.
pub(crate) struct Liar {
    pub(crate) url: String,
    lie: Arc<Mutex<Option<Lie>>>,
}

impl Liar {
    /// A line to the relay at an address, honest at first.
    pub(crate) async fn to(relay: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let lie = Arc::new(Mutex::new(None));
        let (relay, lies) = (format!("{relay}/v1/connect"), Arc::clone(&lie));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(stream, relay.clone(), Arc::clone(&lies)));
            }
        });
        Self { url, lie }
    }

    /// From now on every answer is changed like this.
    pub(crate) fn lies(&self, lie: impl FnMut(&mut reply::Body) + Send + 'static) {
        *self.lie.lock().unwrap() = Some(Box::new(lie));
    }

    /// The relay hides what was appended to logs from now on: it shows each as long as it is, and tells of nothing new.
    pub(crate) fn hides_entries_after(&self, shown: u64) {
        self.lies(move |body| match body {
            reply::Body::Entries(entries) => {
                let hidden = entries.newest.saturating_sub(shown);
                let left = entries.entries.len().saturating_sub(usize::try_from(hidden).unwrap());
                entries.newest = entries.newest.min(shown);
                entries.entries.truncate(left);
            }
            reply::Body::Delivery(delivery) => {
                change_notice(delivery, |notice| {
                    if notice.position > shown {
                        notice.position = 1;
                    }
                });
            }
            _ => {}
        });
    }

    /// The truth again.
    pub(crate) fn tells_the_truth(&self) {
        *self.lie.lock().unwrap() = None;
    }
}

/// Changes what a delivery tells of a log; whether it does.
pub(crate) fn change_notice(
    delivery: &mut pb::Delivery,
    change: impl FnOnce(&mut pb::GroupLogEntry),
) -> bool {
    let mut envelope: pb::Envelope = decode(&delivery.envelope).unwrap();
    if envelope.kind != i32::from(pb::EnvelopeKind::GroupEntry) {
        return false;
    }
    let mut notice: pb::GroupLogEntry = decode(&envelope.payload).unwrap();
    change(&mut notice);
    envelope.payload = notice.encode_to_vec();
    delivery.envelope = envelope.encode_to_vec();
    true
}

async fn forward(stream: TcpStream, relay: String, lie: Arc<Mutex<Option<Lie>>>) {
    let Ok((relay, _)) = connect_async(relay).await else { return };
    let Ok(client) = accept_async(stream).await else { return };
    let (mut to_client, mut from_client) = client.split();
    let (mut to_relay, mut from_relay) = relay.split();
    let up = async {
        while let Some(Ok(message)) = from_client.next().await {
            if to_relay.send(message).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        while let Some(Ok(mut message)) = from_relay.next().await {
            if let Message::Binary(bytes) = &message {
                let mut reply = pb::Reply::decode(bytes.clone()).unwrap();
                if let (Some(lie), Some(body)) = (lie.lock().unwrap().as_mut(), reply.body.as_mut()) {
                    lie(body);
                }
                message = Message::Binary(reply.encode_to_vec().into());
            }
            if to_client.send(message).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}
