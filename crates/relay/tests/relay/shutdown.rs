//! The end of a relay, and what it leaves.

use crate::{
    client::Client,
    person::Person,
    running::{Running, relay, soon},
};
use aside_relay::{Config, Relay, StartError, stored};
use aside_wire::pb::request::Body;
use futures_util::StreamExt;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

#[tokio::test]
// RLY-17.
async fn a_shutdown_answers_what_was_taken_in_and_says_goodbye() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut idle = Client::join(&running.url, &bob).await;
    idle.subscribe().await;
    for number in 1..=500 {
        from.post(Body::Send(bob.letter(number, b"x"))).await;
    }
    let (_, accepted) = soon(futures_util::future::join(running.stop(), async {
        let mut accepted = 0;
        while let Some(reply) = from.read().await {
            accepted += usize::from(reply.id != 0);
        }
        accepted
    }))
    .await;
    // Whatever it took in was answered: nothing is stored that the sender does not know of.
    assert_eq!(stored(folder.path()).unwrap().len(), accepted);
    let goodbye = loop {
        match soon(idle.socket.next()).await {
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code),
            Some(Ok(_)) => (),
            _ => break None,
        }
    };
    assert_eq!(goodbye, Some(CloseCode::Away));
}

#[tokio::test]
async fn two_relays_cannot_share_a_directory() {
    let (folder, running) = relay().await;
    let second = Relay::bind(Config::new(folder.path())).await;
    assert!(matches!(second, Err(StartError::Locked { .. })));
    running.stop().await;
    Running::start(folder.path()).await.stop().await;
}

#[cfg(unix)]
#[tokio::test]
// RLY-19.
async fn what_the_relay_creates_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/er");
    let running = Running::start(&data).await;
    Client::join(&running.url, &Person::new("alice")).await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for file in std::fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["lock", "relay.db", "relay.db-shm", "relay.db-wal", "relay.key"]);
}

#[tokio::test]
// RLY-19.
async fn a_damaged_key_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("relay.key"), [7; 31]).unwrap();
    assert!(matches!(Relay::bind(Config::new(folder.path())).await, Err(StartError::BadKey { .. })));
    assert_eq!(std::fs::read(folder.path().join("relay.key")).unwrap(), [7; 31]);
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
// RLY-18.
async fn the_log_names_nobody() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // While there is only one subscriber, a place that first logs on the thread of another test is off for all threads.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());

    let (_folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    assert!(from.send(bob.letter(1, b"confidential")).await.is_ok());
    to.subscribe().await;
    to.delivery().await;
    assert_eq!(to.register(&Person::new("alice")).await, Err("HANDLE_TAKEN"));
    assert_eq!(from.take_prekeys(&bob).await.err(), Some("NO_PREKEYS"));
    running.stop().await;

    // Only the relay's lines: the client's library logs too.
    let bytes = log.0.lock().unwrap().clone();
    let text: String = String::from_utf8(bytes)
        .unwrap()
        .lines()
        .filter(|line| line.contains("aside_relay"))
        .collect::<Vec<_>>()
        .join("\n")
        .to_lowercase();
    assert!(text.contains("logged in") && text.contains("handle_taken"), "{text}");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let keys = [alice.key(), bob.key(), alice.keys.signing.verifying_key().as_bytes().to_vec()];
    let secret =
        keys.iter().flat_map(|key| [hex(&key[..4]), format!("{:?}", &key[..4]).replace(['[', ']'], "")]);
    for word in secret.chain(["alice".into(), "bob".into(), "confidential".into(), "127.0.0.1".into()]) {
        assert!(!text.contains(&word), "{word} in {text}");
    }
}
