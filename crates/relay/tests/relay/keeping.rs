//! Mail that nobody fetches, over real connections.

use crate::{
    client::Client,
    held::{stored, was_off},
    person::{Person, circular, entry, payload},
    running::{Running, relay},
};
use aside_relay::Config;
use aside_wire::pb::{self, Keep, reply, request::Body};
use futures_util::FutureExt;

const DAY: u64 = 24 * 60 * 60 * 1000;

fn lasting(to: &Person, client_id: u64, keep: i32) -> pb::Send {
    pb::Send { keep, ..to.letter(client_id, &client_id.to_be_bytes()) }
}

/// What a person finds, as the numbers in it.
async fn found(url: &str, person: &Person, count: usize) -> Vec<u64> {
    let mut client = Client::enter(url, person).await;
    // The tail of the mailbox may be over: nobody waits for it.
    let waiting = match client.ask(Body::Subscribe(pb::Subscribe {})).await {
        Ok(reply::Body::Subscribed(subscribed)) => subscribed.waiting,
        _ => panic!("not subscribed"),
    };
    let (mut numbers, mut last) = (Vec::new(), 0);
    for _ in 0..count {
        let delivery = client.delivery().await;
        last = delivery.sequence;
        let text = payload(&delivery.envelope);
        numbers.push(u64::from_be_bytes(text.try_into().unwrap()));
    }
    assert_eq!(last, waiting);
    // Answered after all that is on its way.
    for _ in 0..3 {
        client.ask(Body::Resolve(pb::Resolve { handle: "alice".into() })).await.unwrap();
    }
    assert!(client.delivery().now_or_never().is_none(), "more than {count}");
    numbers
}

#[tokio::test]
async fn rly_42_mail_waits_as_long_as_its_sender_says() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    for (number, keep) in (0..).zip([Keep::Longest, Keep::Week, Keep::Day].map(i32::from)) {
        from.send(lasting(&bob, number, keep)).await.unwrap();
        let fan_out = circular(10 + number, &[&bob], &(10 + number).to_be_bytes());
        from.fan_out(pb::FanOut { keep, ..fan_out }).await.unwrap();
    }
    running.stop().await;
    for (days, left) in
        [(0, vec![0, 10, 1, 11, 2, 12]), (1, vec![0, 10, 1, 11]), (6, vec![0, 10]), (23, vec![])]
    {
        was_off(folder.path(), days * DAY);
        let running = Running::start(folder.path()).await;
        assert_eq!(found(&running.url, &bob, left.len()).await, left);
        running.stop().await;
    }
    // The relay has swept by then.
    assert!(stored(folder.path()).unwrap().is_empty());
}

#[tokio::test]
async fn rly_42_no_sender_goes_beyond_what_the_operator_allows() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { keep: "3".parse().unwrap(), ..Config::new(folder.path()) };
    let running = Running::start_with(config).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    for (number, keep) in (1..).zip([Keep::Longest, Keep::Week, Keep::Day]) {
        from.send(lasting(&bob, number, keep.into())).await.unwrap();
    }
    from.append(entry(9, 1, &[&bob], b"an entry")).await.unwrap();
    let all = stored(folder.path()).unwrap();
    // Counted from the first, which has three days.
    let start = all[0].message.until.0 - 3 * DAY;
    let days: Vec<_> = all.iter().map(|one| (one.message.until.0 - start) / DAY).collect();
    assert_eq!(days, [3, 3, 1, 3]);
    running.stop().await;
}

#[tokio::test]
// RLY-42.
async fn env_6_a_time_that_has_no_name_is_malformed() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    for keep in [3, 4, 255, i32::MAX, -1, i32::MIN] {
        assert_eq!(from.send(lasting(&bob, 1, keep)).await, Err("MALFORMED"), "{keep}");
        let fan_out = pb::FanOut { keep, ..circular(2, &[&bob], b"x") };
        assert_eq!(from.fan_out(fan_out).await.err(), Some("MALFORMED"), "{keep}");
    }
    assert!(stored(folder.path()).unwrap().is_empty());
    // The connection goes on, and the ids are free.
    from.send(lasting(&bob, 1, 2)).await.unwrap();
}
