//! Threat T8: a disk that is full.

use crate::{
    client::Client,
    person::{self, Person},
    program::process::Process,
};
use aside_relay::stored;

#[tokio::test]
// RLY-8, RLY-9.
async fn t8_files_that_cannot_grow_refuse_with_unavailable_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start_with_short_files(folder.path(), 2048).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&process.url, &alice).await;
    let mut to = Client::join(&process.url, &bob).await;
    to.subscribe().await;
    let letter = |number: u64| bob.letter(number, &[&number.to_be_bytes()[..], &[7; 8_000]].concat());
    let mut accepted = Vec::new();
    let refusal = loop {
        let number = u64::try_from(accepted.len()).unwrap();
        match from.send(letter(number)).await {
            Ok(at) => accepted.push(at),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal, "UNAVAILABLE");
    assert!(accepted.len() > 10, "{} accepted", accepted.len());
    // What was accepted is there, is read, and nothing of the refused one is.
    assert_eq!(stored(folder.path()).unwrap().len(), accepted.len());
    for sequence in 1..=u64::try_from(accepted.len()).unwrap() {
        assert_eq!(to.delivery().await.sequence, sequence);
    }
    drop((from, to));
    process.kill().await;

    // With space again, the client repeats everything that it is not sure of.
    let process = Process::start(folder.path()).await;
    let mut from = Client::enter(&process.url, &alice).await;
    let mut to = Client::enter(&process.url, &bob).await;
    for (number, at) in (0..).zip(&accepted) {
        assert_eq!(from.send(letter(number)).await, Ok(*at));
    }
    let refused = u64::try_from(accepted.len()).unwrap();
    let at = from.send(letter(refused)).await.unwrap();
    assert_eq!(from.send(letter(refused)).await, Ok(at));
    let newest = to.subscribe().await;
    for number in 0..=refused {
        let delivery = to.delivery().await;
        assert_eq!(person::payload(&delivery.envelope)[..8], number.to_be_bytes());
        assert_eq!(delivery.sequence == newest, number == refused);
    }
    to.acknowledge(newest).await.unwrap();
    assert!(stored(folder.path()).unwrap().is_empty());
    process.kill().await;
}
