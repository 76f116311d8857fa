//! A relay whose database goes away for a while.

use crate::{
    client::Client,
    held::{away, stored},
    person::{LOG, Person},
    running::{health, relay, soon},
};
use aside_relay::limits;
use std::time::{Duration, Instant};
use tokio::time::sleep;

#[tokio::test]
// RLY-8, RLY-9, RLY-24.
async fn rly_86_sends_are_refused_while_the_database_is_away_and_go_on_by_themselves() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    from.send(bob.letter(1, b"before")).await.unwrap();
    assert!(health(running.address).await.starts_with("HTTP/1.1 200 "));
    let mut to = Client::enter(&running.url, &bob).await;
    to.subscribe().await;
    to.delivery().await;
    let away = away(folder.path());
    sleep(limits::HEALTH_FRESH).await;
    for _ in 0..3 {
        assert_eq!(from.send(bob.letter(2, b"meanwhile")).await, Err("UNAVAILABLE"));
        assert!(health(running.address).await.starts_with("HTTP/1.1 503 "));
    }
    // The longer it fails, the longer it is left alone.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        assert_eq!(from.entries(&LOG, 1).await.err(), Some("UNAVAILABLE"));
    }
    drop(away);
    // The same connection; the same message is stored once.
    soon(async { while from.send(bob.letter(2, b"meanwhile")).await.is_err() {} }).await;
    soon(async { while !health(running.address).await.starts_with("HTTP/1.1 200 ") {} }).await;
    assert_eq!(stored(folder.path()).unwrap().len(), 2);
    // Who waits for mail was not sent away, although it could not be read for a while.
    to.delivery().await;
    running.stop().await;
}
