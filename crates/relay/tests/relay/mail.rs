//! Sending, delivering, acknowledging over real connections.

use crate::{
    client::Client,
    person::{self, Person},
    running::{Running, relay},
};

#[tokio::test]
async fn alice_writes_and_bob_reads_now_and_after_a_restart() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    assert_eq!(to.subscribe().await, 0);

    let accepted_at = from.send(bob.letter(1, b"hello")).await.unwrap();
    let delivery = to.delivery().await;
    assert_eq!((delivery.sequence, delivery.accepted_at), (1, accepted_at));
    assert_eq!((delivery.sender, delivery.sender_device), (alice.key(), 1));
    assert_eq!(person::payload(&delivery.envelope), b"hello");

    from.send(bob.letter(2, b"again")).await.unwrap();
    assert_eq!(to.delivery().await.sequence, 2);
    to.acknowledge(1).await.unwrap();
    drop((from, to));
    running.stop().await;

    let running = Running::start(folder.path()).await;
    let mut to = Client::enter(&running.url, &bob).await;
    assert_eq!(to.subscribe().await, 2);
    let delivery = to.delivery().await;
    assert_eq!((delivery.sequence, person::payload(&delivery.envelope)), (2, b"again".to_vec()));
}
