//! Accounts that their operator has stopped, from another process, while the relay runs.

use crate::{
    client::Client,
    held::placed,
    person::{Person, circular, recipients},
    running::{Running, relay, soon},
};
use aside_identity::Handle;
use aside_relay::{Config, operate, store::Store};
use aside_wire::pb::{self, reply, request::Body};
use prost::Message as _;
use std::path::Path;

/// As the program does it.
async fn operator<T>(folder: &Path, act: impl AsyncFnOnce(&dyn Store) -> T) -> T {
    let (store, closed) = operate::store(&placed(Config::new(folder))).await.unwrap();
    let outcome = act(store.as_ref()).await;
    drop(store);
    soon(closed.wait()).await;
    outcome
}

async fn suspend(folder: &Path, handle: &str, at: Option<u64>) {
    let handle = Handle::parse(handle).unwrap();
    operator(folder, async |store| store.suspend(handle, at).await.unwrap()).await;
}

/// Each request that a device can make, but a subscription.
fn requests(me: &Person, other: &Person) -> Vec<Body> {
    let entry = pb::AppendEntry {
        client_id: vec![9; 16],
        log: vec![5; 32],
        position: 1,
        entry: b"entry".to_vec(),
        recipients: recipients(&[other]),
    };
    vec![
        Body::Send(other.letter(1, b"text")),
        Body::FanOut(circular(2, &[other], b"text")),
        Body::AppendEntry(entry),
        Body::Acknowledge(pb::Acknowledge { up_to: 1 }),
        Body::PublishPrekeys(me.prekeys(1..3)),
        Body::FetchPrekeys(pb::FetchPrekeys { account_key: other.key(), device_id: 1 }),
        Body::Resolve(pb::Resolve { handle: other.handle.as_str().into() }),
        Body::FetchDevices(pb::FetchDevices { account_key: other.key(), known_version: 0 }),
        Body::FetchEntries(pb::FetchEntries { log: vec![5; 32], from: 1 }),
        Body::FetchSettings(pb::FetchSettings {}),
        Body::PublishSettings(pb::PublishSettings { settings: Vec::new() }),
        Body::Declare(pb::Declare { declaration: Vec::new() }),
        Body::Transient(pb::Transient { recipient: other.key(), list_version: 1, parcels: Vec::new() }),
        Body::Subscribe(pb::Subscribe {}),
    ]
}

#[tokio::test]
// RLY-60.
async fn a_suspended_account_is_stopped_on_the_connection_that_is_there() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut to = Client::join(&running.url, &alice).await;
    let mut from = Client::join(&running.url, &bob).await;
    from.send(alice.letter(7, b"before")).await.unwrap();
    suspend(folder.path(), "bob", Some(1)).await;
    for request in requests(&bob, &alice) {
        assert_eq!(from.ask(request).await.err(), Some("SUSPENDED"));
    }
    to.subscribe().await;
    assert_eq!(to.delivery().await.sequence, 1, "what it had sent");
    assert!(to.delivered.is_empty());

    suspend(folder.path(), "bob", None).await;
    from.send(alice.letter(1, b"text")).await.unwrap();
    running.stop().await;
}

#[tokio::test]
// RLY-60.
async fn a_suspended_account_cannot_log_in_and_only_it_is_told() {
    let (folder, running) = relay().await;
    let (bob, mallory) = (Person::new("bob"), Person::new("mallory"));
    drop(Client::join(&running.url, &bob).await);
    suspend(folder.path(), "bob", Some(1)).await;
    assert_eq!(Client::connect(&running.url).await.log_in(&bob).await.err(), Some("SUSPENDED"));

    // Whoever has not the key learns what they learn of anybody.
    let mut client = Client::connect(&running.url).await;
    let mut login = bob.login(&client.challenge());
    login.signature = mallory.login(&client.challenge()).signature;
    assert_eq!(client.ask(Body::Login(login)).await.err(), Some("SIGNATURE"));

    suspend(folder.path(), "bob", None).await;
    Client::connect(&running.url).await.log_in(&bob).await.unwrap();
    running.stop().await;
}

#[tokio::test]
// RLY-60.
async fn nothing_is_delivered_to_a_suspended_account_and_its_connection_ends() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    to.subscribe().await;
    suspend(folder.path(), "bob", Some(1)).await;
    from.send(bob.letter(1, b"text")).await.unwrap();
    assert!(to.read().await.is_none());

    // It waits for its time (RLY-61).
    suspend(folder.path(), "bob", None).await;
    let mut to = Client::enter(&running.url, &bob).await;
    to.subscribe().await;
    assert_eq!(to.delivery().await.sequence, 1);
    running.stop().await;
}

#[tokio::test]
// RLY-60.
async fn a_suspended_account_hears_no_transient_message_on_a_connection_that_is_still_there() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    from.send(bob.letter(1, b"text")).await.unwrap();
    to.subscribe().await;
    // It listens.
    assert_eq!(to.delivery().await.sequence, 1);
    let typing = |mark| {
        let payload = vec![0x15, mark];
        let envelope = pb::Envelope { kind: pb::EnvelopeKind::Pairwise.into(), payload }.encode_to_vec();
        let parcels = vec![pb::Parcel { device_id: 1, envelope }];
        Body::Transient(pb::Transient { recipient: bob.key(), list_version: 1, parcels })
    };
    suspend(folder.path(), "bob", Some(1)).await;
    // RLY-61: the sender is told the same.
    assert!(matches!(from.ask(typing(1)).await, Ok(reply::Body::TransientTaken(_))));
    suspend(folder.path(), "bob", None).await;
    from.ask(typing(2)).await.unwrap();
    // Where nodes tell each other of a suspension, the connection may have ended by now, without having heard anything.
    match to.read().await.map(|reply| reply.body) {
        Some(Some(reply::Body::TransientDelivery(heard))) => assert_eq!(heard.envelope.last(), Some(&2)),
        Some(_) => panic!("something else"),
        None => (),
    }
    running.stop().await;
}

/// What the relay answers others about Bob.
async fn seen(running: &Running, alice: &Person, bob: &Person) -> Vec<Vec<u8>> {
    let mut client = Client::enter(&running.url, alice).await;
    let mut answers = Vec::new();
    for body in [
        Body::Resolve(pb::Resolve { handle: "bob".into() }),
        Body::FetchDevices(pb::FetchDevices { account_key: bob.key(), known_version: 0 }),
        Body::FetchPrekeys(pb::FetchPrekeys { account_key: bob.key(), device_id: 1 }),
        Body::FanOut(circular(3, &[bob], b"text")),
    ] {
        let body = match client.ask(body).await.unwrap() {
            reply::Body::FannedOut(answer) => {
                reply::Body::FannedOut(pb::FannedOut { accepted_at: 0, ..answer })
            }
            body => body,
        };
        answers.push(pb::Reply { id: 1, body: Some(body) }.encode_to_vec());
    }
    answers
}

#[tokio::test]
// RLY-61.
async fn t4_others_see_nothing_of_a_suspension() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    Client::join(&running.url, &alice).await;
    let mut owner = Client::join(&running.url, &bob).await;
    owner.publish(bob.prekeys(0..0)).await.unwrap();
    let before = seen(&running, &alice, &bob).await;
    suspend(folder.path(), "bob", Some(1)).await;
    assert!(seen(&running, &alice, &bob).await == before, "the same bytes");
    running.stop().await;
}

#[tokio::test]
// RLY-62.
async fn a_released_handle_is_not_given_to_the_next_who_asks() {
    let (folder, running) = relay().await;
    let (alice, bob, mallory) = (Person::new("alice"), Person::new("bob"), Person::new("bob"));
    let mut client = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    let handle = || Handle::parse("bob").unwrap();
    operator(folder.path(), async |store| store.release(handle(), 1, 1_000_000).await.unwrap()).await;
    let resolve = || Body::Resolve(pb::Resolve { handle: "bob".into() });
    assert_eq!(client.ask(resolve()).await.err(), Some("UNKNOWN_HANDLE"));
    assert_eq!(client.send(bob.letter(1, b"text")).await.err(), Some("UNKNOWN_ACCOUNT"));
    assert_eq!(Client::connect(&running.url).await.register(&mallory).await.err(), Some("HANDLE_TAKEN"));
    assert_eq!(Client::connect(&running.url).await.log_in(&bob).await.err(), Some("UNKNOWN_ACCOUNT"));
    operator(folder.path(), async |store| store.reinstate(handle()).await.unwrap()).await;
    Client::connect(&running.url).await.log_in(&bob).await.unwrap();
    running.stop().await;
}
