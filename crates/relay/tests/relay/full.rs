//! A store that cannot write: whoever asks is told, and nothing is lost or doubled.

use crate::{
    client::Client,
    person::{self, Person},
    running::{health, relay, soon},
};
use aside_relay::{limits, stored};
use rusqlite::Connection;
use tokio::time::sleep;

#[tokio::test]
// RLY-8, RLY-9.
async fn t8_a_store_that_cannot_write_refuses_with_unavailable_and_its_health_is_503() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    from.send(bob.letter(1, b"before")).await.unwrap();
    assert!(health(running.address).await.starts_with("HTTP/1.1 200 "));

    // Another program holds the database and does not let go.
    let other = Connection::open(folder.path().join("relay.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Nobody is told what was seen longer ago.
    sleep(limits::HEALTH_FRESH).await;
    let reading = async {
        let newest = to.subscribe().await;
        (newest, to.delivery().await.sequence)
    };
    let (refused, health_meanwhile, read) =
        soon(async { tokio::join!(from.send(bob.letter(2, b"during")), health(running.address), reading) })
            .await;
    assert_eq!(refused, Err("UNAVAILABLE"));
    assert!(health_meanwhile.starts_with("HTTP/1.1 503 "), "{health_meanwhile}");
    assert_eq!(read, (1, 1));
    assert_eq!(stored(folder.path()).unwrap().len(), 1);

    other.execute_batch("ROLLBACK").unwrap();
    sleep(limits::HEALTH_FRESH).await;
    assert!(health(running.address).await.starts_with("HTTP/1.1 200 "));
    let accepted = from.send(bob.letter(2, b"during")).await.unwrap();
    assert_eq!(from.send(bob.letter(2, b"during")).await, Ok(accepted));
    let delivery = to.delivery().await;
    assert_eq!((delivery.sequence, person::payload(&delivery.envelope)), (2, b"during".to_vec()));
    to.acknowledge(2).await.unwrap();
    assert!(stored(folder.path()).unwrap().is_empty());
}
