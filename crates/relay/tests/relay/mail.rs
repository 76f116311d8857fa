//! Sending, delivering, acknowledging.

use crate::{
    client::Client,
    held::stored,
    person::{self, Person},
    running::{Running, relay, soon},
};
use aside_relay::limits;
use aside_wire::pb::{self, request::Body};
use futures_util::{FutureExt, future::join_all};

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

#[tokio::test]
// RLY-9.
async fn t8_a_repeated_send_is_delivered_once_also_after_it_was_acknowledged() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    let first = from.send(bob.letter(1, b"once")).await.unwrap();
    // The answer was lost with the connection.
    let mut from = Client::enter(&running.url, &alice).await;
    assert_eq!(from.send(bob.letter(1, b"once")).await, Ok(first));
    let newest = to.subscribe().await;
    assert_eq!(to.delivery().await.sequence, newest);
    to.acknowledge(newest).await.unwrap();
    assert_eq!(from.send(bob.letter(1, b"once")).await, Ok(first));
    assert!(stored(folder.path()).unwrap().is_empty());
}

#[tokio::test]
// RLY-22.
async fn pipelined_sends_keep_their_order() {
    let (_folder, running) = relay().await;
    let bob = Person::new("bob");
    let mut to = Client::join(&running.url, &bob).await;
    to.subscribe().await;
    let senders = ["alice", "carol"].map(|name| {
        let (url, bob) = (&running.url, &bob);
        async move {
            let mut from = Client::join(url, &Person::new(name)).await;
            let mut ids = Vec::new();
            // More than the relay takes in at a time.
            for number in 0..200u64 {
                ids.push(from.post(Body::Send(bob.letter(number, &number.to_be_bytes()))).await);
            }
            for id in ids {
                assert!(from.answer(id).await.is_ok());
            }
        }
    });
    let receiving = async {
        let mut seen = std::collections::HashMap::<_, u64>::new();
        for sequence in 1..=400 {
            let delivery = to.delivery().await;
            assert_eq!(delivery.sequence, sequence);
            let next = seen.entry(delivery.sender).or_default();
            assert_eq!(person::payload(&delivery.envelope), next.to_be_bytes());
            *next += 1;
            to.post(Body::Acknowledge(pb::Acknowledge { up_to: sequence })).await;
        }
    };
    soon(futures_util::future::join(join_all(senders), receiving)).await;
}

#[tokio::test]
// RLY-12.
async fn the_window_waits_for_acknowledgements() {
    let (_folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    let window = u64::try_from(limits::WINDOW_MESSAGES).unwrap();
    for number in 1..=window + 10 {
        from.post(Body::Send(bob.letter(number, b"x"))).await;
    }
    from.send(bob.letter(window + 11, b"x")).await.unwrap();
    assert_eq!(to.subscribe().await, window + 11);
    for sequence in 1..=window {
        assert_eq!(to.delivery().await.sequence, sequence);
    }
    // A question that is answered after all that is in flight: no further delivery overtook it.
    for _ in 0..3 {
        to.ask(Body::Resolve(pb::Resolve { handle: "alice".into() })).await.unwrap();
    }
    assert!(to.delivered.is_empty());
    to.acknowledge(1).await.unwrap();
    assert_eq!(to.delivery().await.sequence, window + 1);
    assert!(to.delivery().now_or_never().is_none());
    to.acknowledge(window + 1).await.unwrap();
    for sequence in window + 2..=window + 11 {
        assert_eq!(to.delivery().await.sequence, sequence);
    }
}

#[tokio::test]
// RLY-11, RLY-13.
async fn a_subscriber_cut_off_in_the_middle_resumes_after_its_last_acknowledgement() {
    const LETTERS: u64 = 700;
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    // While Alice goes on writing, Bob reads some, acknowledges less, and is cut off without a goodbye.
    let writing = async {
        for number in 1..=LETTERS {
            from.send(bob.letter(number, &number.to_be_bytes())).await.unwrap();
        }
    };
    let reading = async {
        let mut acknowledged = 0;
        for round in 1.. {
            let mut to = Client::enter(&running.url, &bob).await;
            to.subscribe().await;
            let last = LETTERS.min(acknowledged + 20 + 7 * round % 50);
            for sequence in acknowledged + 1..=last {
                let delivery = to.delivery().await;
                assert_eq!(delivery.sequence, sequence, "after {acknowledged}");
                assert_eq!(person::payload(&delivery.envelope), sequence.to_be_bytes());
            }
            acknowledged = if last == LETTERS { last } else { last - round % 13 };
            to.acknowledge(acknowledged).await.unwrap();
            if acknowledged == LETTERS {
                break;
            }
        }
    };
    soon(async { tokio::join!(writing, reading) }).await;
    assert!(stored(folder.path()).unwrap().is_empty());
    let mut to = Client::enter(&running.url, &bob).await;
    assert_eq!(to.subscribe().await, LETTERS);
    assert!(to.delivery().now_or_never().is_none());
}

#[tokio::test]
async fn two_connections_of_a_device_both_get_everything() {
    let (_folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut first = Client::join(&running.url, &bob).await;
    let mut second = Client::enter(&running.url, &bob).await;
    first.subscribe().await;
    second.subscribe().await;
    for number in 1..=3 {
        from.send(bob.letter(number, b"x")).await.unwrap();
        assert_eq!(first.delivery().await.sequence, number);
        assert_eq!(second.delivery().await.sequence, number);
    }
    drop(first);
    from.send(bob.letter(4, b"x")).await.unwrap();
    assert_eq!(second.delivery().await.sequence, 4);
}

#[tokio::test]
// RLY-10, RLY-21.
async fn wrong_sends_are_refused_with_their_reason() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    let letter = || bob.letter(1, b"x");
    type Change = fn(&mut pb::Send);
    let cases: [(Change, &str); 15] = [
        (|send| send.list_version = 2, "STALE_DEVICES"),
        (|send| send.list_version = 0, "STALE_DEVICES"),
        (|send| send.recipient = vec![7; 32], "UNKNOWN_ACCOUNT"),
        (|send| send.recipient.truncate(31), "MALFORMED"),
        (|send| send.client_id.truncate(15), "MALFORMED"),
        (|send| send.parcels.clear(), "MALFORMED"),
        (|send| send.parcels[0].device_id = 2, "MALFORMED"),
        (|send| send.parcels[0].device_id = 0, "MALFORMED"),
        (|send| send.parcels[0].device_id = 128, "MALFORMED"),
        (|send| send.parcels.push(send.parcels[0].clone()), "MALFORMED"),
        (|send| send.parcels = vec![send.parcels[0].clone(); 9], "LIMIT"),
        (|send| send.parcels[0].envelope.truncate(4), "MALFORMED"),
        // Those of groups are fanned out.
        (|send| send.parcels[0].envelope = b"\x08\x03\x12\x01x".to_vec(), "MALFORMED"),
        (|send| send.parcels[0].envelope = b"\x08\x04\x12\x01x".to_vec(), "MALFORMED"),
        (|send| send.parcels[0].envelope = person::envelope(&vec![0; 70_000]), "LIMIT"),
    ];
    for (change, word) in cases {
        let mut send = letter();
        change(&mut send);
        assert_eq!(from.send(send).await, Err(word));
    }
    assert!(stored(folder.path()).unwrap().is_empty());
    // None of them used up the client id.
    from.send(letter()).await.unwrap();
    assert_eq!(stored(folder.path()).unwrap().len(), 1);
}

#[tokio::test]
// RLY-14.
async fn a_full_mailbox_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = aside_relay::Config::new(folder.path());
    config.mailbox.messages = 2;
    let running = Running::start_with(config).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    from.send(bob.letter(1, b"x")).await.unwrap();
    from.send(bob.letter(2, b"x")).await.unwrap();
    assert_eq!(from.send(bob.letter(3, b"x")).await, Err("MAILBOX_FULL"));
    assert_eq!(to.acknowledge(3).await, Err("MALFORMED"));
    to.acknowledge(2).await.unwrap();
    from.send(bob.letter(3, b"x")).await.unwrap();
}

#[tokio::test]
async fn the_ledger_shows_what_the_relay_has() {
    let (folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    let accepted_at = from.send(bob.letter(1, b"in the clear")).await.unwrap();
    // Beside the running relay, and without it.
    let beside = stored(folder.path()).unwrap();
    running.stop().await;
    let entries = stored(folder.path()).unwrap();
    assert_eq!(beside, entries);
    let [entry] = entries.as_slice() else { panic!("one message") };
    assert_eq!(entry.mailbox.account.0.to_vec(), bob.key());
    assert_eq!(entry.message.sender.account.0.to_vec(), alice.key());
    assert_eq!((entry.message.sequence, entry.message.accepted_at), (1, accepted_at));
    assert_eq!(person::payload(&entry.message.envelope), b"in the clear");
}
