//! Sequences of frames that are almost right, from people who are logged in and from people who are not, against a relay that
//! serves others meanwhile.

use crate::{
    client::Client,
    person::{LOG, Person, circular, entry, letter_in_session, payload},
    running::{Running, health, relay, soon},
};
use aside_relay::stored;
use aside_wire::pb::{self, reply, request::Body};
use futures_util::StreamExt;
use prost::Message as _;
use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio_tungstenite::tungstenite::Message;

/// Connections; the same frames each time.
const ROUNDS: u64 = 250;

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// The same bytes, or not quite.
    fn mutate(&mut self, mut bytes: Vec<u8>, others: &[Vec<u8>]) -> Vec<u8> {
        for _ in 0..self.below(4) {
            let place = self.below(bytes.len().max(1));
            match self.below(7) {
                0 if !bytes.is_empty() => bytes[place] ^= 1 << self.below(8),
                1 if !bytes.is_empty() => bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][self.below(5)],
                2 => bytes.truncate(place),
                3 => bytes.extend_from_within(place.min(bytes.len())..),
                4 => drop(bytes.splice(place..place, [0xFF; 9])),
                5 => {
                    let other = &others[self.below(others.len())];
                    bytes.truncate(place);
                    bytes.extend_from_slice(&other[self.below(other.len())..]);
                }
                _ => {
                    let length = self.below(300_000);
                    bytes.resize(length, 0x0A);
                }
            }
        }
        bytes
    }
}

/// Each request once, as an honest client would make it.
fn requests(client: &Client, own: &Person, other: &Person, round: u64) -> Vec<Vec<u8>> {
    let challenge = client.challenge();
    let account_key = other.key();
    let bodies = [
        Body::Register(own.registration(&challenge)),
        Body::Login(own.login(&challenge)),
        Body::PublishPrekeys(own.prekeys(1..3)),
        Body::Resolve(pb::Resolve { handle: "bob".into() }),
        Body::FetchDevices(pb::FetchDevices { account_key: account_key.clone(), known_version: 0 }),
        Body::FetchPrekeys(pb::FetchPrekeys { account_key, device_id: 1 }),
        Body::Send(other.letter(1_000 + round, b"a letter")),
        Body::Send(letter_in_session(other, 2_000 + round, b"in a session")),
        Body::Subscribe(pb::Subscribe {}),
        Body::Acknowledge(pb::Acknowledge { up_to: round }),
        Body::FanOut(circular(3_000 + round, &[other], b"to many")),
        Body::AppendEntry(entry(4_000 + round, 1 + round, &[other], b"an entry")),
        Body::FetchEntries(pb::FetchEntries { log: LOG.to_vec(), from: 1 }),
        Body::Transient(pb::Transient {
            recipient: other.key(),
            list_version: 1,
            parcels: other.letter(1, b"\x15").parcels,
        }),
        Body::PublishSettings(pb::PublishSettings { settings: vec![1; 200] }),
        Body::FetchSettings(pb::FetchSettings {}),
        Body::Declare(pb::Declare { declaration: vec![1; 200] }),
    ];
    (1..).zip(bodies).map(|(id, body)| pb::Request { id, body: Some(body) }.encode_to_vec()).collect()
}

/// Sends so many frames, then asks something; whether there was an answer, or the relay has closed the connection.
async fn harass(running: &Running, own: &Person, other: &Person, round: u64) -> bool {
    let mut chance = Chance(round);
    let mut client = Client::connect(&running.url).await;
    let requests = requests(&client, own, other, round);
    if !round.is_multiple_of(3) {
        client.log_in(own).await.unwrap();
    }
    for _ in 0..1 + chance.below(30) {
        let request = requests[chance.below(requests.len())].clone();
        let bytes = chance.mutate(request, &requests);
        if client.raw(bytes).await.is_err() {
            return false;
        }
    }
    let last = pb::Request { id: u64::MAX, body: Some(Body::FetchSettings(pb::FetchSettings {})) };
    if client.raw(last.encode_to_vec()).await.is_err() {
        return false;
    }
    loop {
        match soon(client.socket.next()).await {
            Some(Ok(Message::Binary(bytes))) => {
                let reply = pb::Reply::decode(bytes).expect("a relay says nothing that is not valid");
                if reply.id == u64::MAX {
                    return true;
                }
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
            Some(Ok(_)) => (),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
// RLY-2, RLY-13, RLY-16.
async fn t10_frames_that_are_almost_right_harm_nobody() {
    let panicked = Arc::new(AtomicBool::new(false));
    let (flag, before) = (Arc::clone(&panicked), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        flag.store(true, Ordering::SeqCst);
        before(info);
    }));
    let (folder, running) = relay().await;
    let [alice, bob, mallory] = ["alice", "bob", "mallory"].map(Person::new);
    Client::join(&running.url, &mallory).await;
    Client::join(&running.url, &bob).await;
    let mut from = Client::join(&running.url, &alice).await;
    for number in 1..=20 {
        from.send(bob.letter(number, &number.to_be_bytes())).await.unwrap();
    }
    let mut answered = 0;
    for round in 0..ROUNDS {
        answered += u32::from(harass(&running, &mallory, &bob, round).await);
        assert!(!panicked.load(Ordering::SeqCst), "round {round}");
    }
    // Most were cut off or answered; some of each, or this shows nothing.
    assert!(answered > 20 && u64::from(answered) < ROUNDS, "{answered}");

    // What Alice had sent is there, once and in order; and so is what comes.
    let owner = bob.key();
    let kept = stored(folder.path()).unwrap();
    let of_alice = kept.iter().filter(|entry| {
        entry.mailbox.account.0.to_vec() == owner && entry.message.sender.account.0.to_vec() == alice.key()
    });
    let texts: Vec<_> = of_alice.map(|entry| payload(&entry.message.envelope)).collect();
    assert!(
        texts.iter().map(Vec::as_slice).eq((1..=20u64)
            .map(u64::to_be_bytes)
            .collect::<Vec<_>>()
            .iter()
            .map(|text| text.as_slice()))
    );
    assert!(health(running.address).await.starts_with("HTTP/1.1 200 "));
    let mut to = Client::enter(&running.url, &bob).await;
    to.subscribe().await;
    assert_eq!(payload(&to.delivery().await.envelope), 1u64.to_be_bytes());
    assert!(matches!(from.ask(Body::Send(bob.letter(21, b"after"))).await, Ok(reply::Body::Accepted(_))));
    running.stop().await;
}
