//! Somebody between client and relay who changes answers for a while. What they do ends with them: mail that the
//! relay holds arrives afterwards.

use crate::person::soon;
use aside_client::driver::Client;
use aside_content::Body;
use aside_identity::Handle;
use aside_relay::{Config, Relay, stored};
use aside_wire::pb::{self, RefusalCode, reply};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{accept_async, connect_async, tungstenite::Message};

/// Changes a reply, and may add one behind it.
type Change = fn(&mut pb::Reply) -> Option<pb::Reply>;

/// Alice's connection goes through somebody in between, Bob's does not.
struct Stage {
    folder: tempfile::TempDir,
    meddling: Arc<AtomicBool>,
    alice: Client,
    bob: Client,
}

impl Stage {
    async fn new(change: Change) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = Relay::bind(Config::new(folder.path().join("relay"))).await.unwrap();
        let url = relay.url();
        tokio::spawn(relay.serve(std::future::pending()));
        let meddling = Arc::new(AtomicBool::new(false));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let between = format!("ws://{}", listener.local_addr().unwrap());
        let (real, switch) = (url.clone(), Arc::clone(&meddling));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(stream, real.clone(), Arc::clone(&switch), change));
            }
        });
        let register = async |name: &str, url: &str| {
            Client::register(&folder.path().join(name), &handle(name), url).await.unwrap()
        };
        let alice = register("alice", &between).await;
        let mut bob = register("bob", &url).await;
        bob.look_up(&handle("alice")).await.unwrap();
        Self { folder, meddling, alice, bob }
    }

    async fn bob_writes(&mut self, text: &str) {
        self.bob.step(|engine, step| engine.send_to_thread(step, &handle("alice"), text)).unwrap();
        self.bob.flush(&mut |_| {}).await.unwrap();
    }

    /// Alice fetches while somebody meddles; whatever comes of it.
    async fn alice_fetches_through_a_liar(&mut self) {
        self.meddling.store(true, Ordering::SeqCst);
        let _ = soon(self.alice.catch_up(&mut |_| {})).await;
        self.meddling.store(false, Ordering::SeqCst);
    }

    async fn alice_has(&mut self, expected: &[&str]) {
        soon(self.alice.catch_up(&mut |_| {})).await.unwrap();
        let messages = self
            .alice
            .step(|engine, step| {
                let mut all = Vec::new();
                for summary in engine.conversations(step)? {
                    all.extend(engine.messages(step, summary.conversation, 0, 99)?);
                }
                Ok(all)
            })
            .unwrap();
        let expected: Vec<_> = expected.iter().map(|text| Body::text(*text).unwrap()).collect();
        assert_eq!(messages.into_iter().map(|message| message.body).collect::<Vec<_>>(), expected);
        assert!(stored(&self.folder.path().join("relay")).unwrap().is_empty());
    }
}

fn handle(name: &str) -> Handle {
    Handle::parse(name).unwrap()
}

async fn forward(stream: TcpStream, real: String, meddling: Arc<AtomicBool>, change: Change) {
    let (mut to_client, mut from_client) = accept_async(stream).await.unwrap().split();
    let (mut to_relay, mut from_relay) = connect_async(real).await.unwrap().0.split();
    let up = async {
        while let Some(Ok(message)) = from_client.next().await {
            if to_relay.send(message).await.is_err() {
                break;
            }
        }
    };
    let down = async {
        while let Some(Ok(message)) = from_relay.next().await {
            let mut replies = vec![message];
            if let (Message::Binary(bytes), true) = (&replies[0], meddling.load(Ordering::SeqCst)) {
                let mut reply = pb::Reply::decode(bytes.clone()).unwrap();
                let added = change(&mut reply);
                let frames = [Some(reply), added].into_iter().flatten();
                replies = frames.map(|reply| Message::Binary(reply.encode_to_vec().into())).collect();
            }
            for reply in replies {
                if to_client.send(reply).await.is_err() {
                    return;
                }
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

#[tokio::test]
async fn rly_27_a_relay_that_cannot_answer_for_a_moment_destroys_no_mail() {
    let mut stage = Stage::new(|reply| {
        if matches!(reply.body, Some(reply::Body::Devices(_))) {
            let refusal = pb::Refusal { code: RefusalCode::Unavailable.into(), detail: String::new() };
            reply.body = Some(reply::Body::Refusal(refusal));
        }
        None
    })
    .await;
    // Alice has never heard of Bob: his devices have to be asked for.
    stage.bob_writes("first contact").await;
    stage.alice_fetches_through_a_liar().await;
    stage.alice_has(&["first contact"]).await;
}

#[tokio::test]
async fn rly_25_a_number_that_was_never_given_destroys_no_mail() {
    let mut stage = Stage::new(|reply| {
        let delivery = pb::Delivery {
            sequence: u64::MAX,
            sender: vec![1; 32],
            sender_device: 1,
            accepted_at: 1,
            envelope: vec![1],
        };
        let invented = pb::Reply { id: 0, body: Some(reply::Body::Delivery(delivery)) };
        matches!(reply.body, Some(reply::Body::Subscribed(_))).then_some(invented)
    })
    .await;
    stage.bob_writes("one").await;
    stage.alice_has(&["one"]).await;
    stage.alice_fetches_through_a_liar().await;
    stage.bob_writes("two").await;
    stage.bob_writes("three").await;
    stage.alice_has(&["one", "two", "three"]).await;
}
