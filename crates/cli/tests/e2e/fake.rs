//! Something that answers at an address and is no relay, or no good one.

use aside_wire::{
    VERSION,
    pb::{self, reply},
};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_tungstenite::{accept_async, tungstenite::Message};

/// A server that says one thing to everybody.
pub(crate) struct Fake {
    pub(crate) url: String,
    /// Frames that clients have sent it.
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

/// What it says.
#[derive(Clone)]
pub(crate) enum Greeting {
    /// Bytes over bare TCP, after the client's first ones; then the connection ends.
    Bytes(&'static str),
    /// One WebSocket message.
    Frame(Vec<u8>),
}

impl Fake {
    /// Listens on a port, 0 for a free one.
    pub(crate) async fn start(port: u16, greeting: Greeting) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                greet(stream, &greeting, &counter).await;
            }
        });
        Self { url, asked, task }
    }

    /// Frees the port; says how many frames it was sent.
    pub(crate) async fn stop(self) -> usize {
        self.task.abort();
        // It was aborted on purpose.
        let _ = self.task.await;
        self.asked.load(Ordering::Relaxed)
    }
}

async fn greet(mut stream: TcpStream, greeting: &Greeting, asked: &AtomicUsize) {
    match greeting {
        Greeting::Bytes(bytes) => {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(bytes.as_bytes()).await;
        }
        Greeting::Frame(frame) => {
            let Ok(mut socket) = accept_async(stream).await else { return };
            // A client that hangs up early is as good as one that listens.
            let _ = socket.send(Message::Binary(frame.clone().into())).await;
            while let Some(Ok(message)) = socket.next().await {
                if message.is_binary() {
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

/// A challenge as a relay of this version would send it; the key is a valid one.
pub(crate) fn challenge() -> pb::Challenge {
    // The base point of the curve is nobody's key, and well-formed.
    let mut relay_key = vec![0x66; 32];
    relay_key[0] = 0x58;
    let parameters = Vec::new();
    pb::Challenge {
        version: VERSION,
        relay_name: "localhost".to_owned(),
        relay_key,
        nonce: vec![7; 32],
        parameters,
    }
}

/// A reply as it travels.
pub(crate) fn frame(body: reply::Body) -> Vec<u8> {
    pb::Reply { id: 0, body: Some(body) }.encode_to_vec()
}
