//! Threat T1: the memory that requests share is never held by those who wait for it.

use crate::{
    client::Client,
    person::{Person, name},
    running::{Running, soon},
};
use aside_relay::{Config, limits};
use aside_wire::pb::{self, request::Body};
use futures_util::{SinkExt, StreamExt, future::join_all};
use prost::Message as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

/// Shorter than every timeout of the relay that could end it.
const MOMENT: Duration = Duration::from_secs(15);
/// Connections whose requests are larger together than what all of them may take.
const MALLORYS: usize = 7;

/// A large message to nobody; the store refuses it.
fn large(number: u64) -> Vec<u8> {
    let nobody = Person::new("nobody");
    let parcel = |device_id| pb::Parcel { device_id, envelope: crate::person::envelope(&[7; 60_000]) };
    let letter = pb::Send {
        client_id: name(number),
        parcels: (1..=4).map(parcel).collect(),
        ..nobody.letter(number, b"")
    };
    pb::Request { id: number, body: Some(Body::Send(letter)) }.encode_to_vec()
}

#[tokio::test]
// RLY-100.
async fn t1_whoever_fills_the_memory_for_requests_freezes_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    config.rates = config.rates.times(1_000);
    let running = Running::start_with(config).await;
    let alice = Person::new("alice");
    let mut quiet = Client::join(&running.url, &alice).await;
    let mut mallorys = Vec::new();
    for number in 0..MALLORYS {
        mallorys.push(Client::join(&running.url, &Person::new(&format!("mallory{number}"))).await);
    }

    // While another program holds the database, nothing is answered.
    let blocker = rusqlite::Connection::open(folder.path().join("relay.db")).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let number = u64::try_from(limits::PIPELINE).unwrap();
    let frames: Arc<Vec<_>> = Arc::new((1..=number).map(|number| large(number).into()).collect());
    assert!(MALLORYS * frames.iter().map(length).sum::<usize>() > 64 << 20);
    let posted = Arc::new(AtomicUsize::new(0));
    let floods = mallorys.into_iter().map(|mallory| {
        let (frames, posted) = (Arc::clone(&frames), Arc::clone(&posted));
        tokio::spawn(async move {
            let (mut sink, mut stream) = mallory.socket.split();
            let posting = async {
                for frame in frames.iter() {
                    sink.send(Message::Binary(Clone::clone(frame))).await.unwrap();
                    posted.fetch_add(1, Ordering::Relaxed);
                }
            };
            let reading = async {
                let mut answers = 0;
                while answers < number {
                    answers += u64::from(stream.next().await.unwrap().unwrap().is_binary());
                }
            };
            tokio::join!(posting, reading);
        })
    });
    let floods: Vec<_> = floods.collect();
    // Until all of them are held back.
    let mut before = usize::MAX;
    while posted.load(Ordering::Relaxed) != before {
        before = posted.load(Ordering::Relaxed);
        sleep(Duration::from_millis(500)).await;
    }
    blocker.execute_batch("COMMIT").unwrap();

    let answered = timeout(MOMENT, quiet.send(alice.letter(1, b"still here"))).await;
    assert!(answered.expect("the relay is frozen").is_ok());
    for flood in soon(join_all(floods)).await {
        flood.unwrap();
    }
}

fn length(frame: &tokio_tungstenite::tungstenite::Bytes) -> usize {
    frame.len()
}
