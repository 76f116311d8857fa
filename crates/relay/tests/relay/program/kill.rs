//! Threat T8: what was acknowledged survives a killed relay, once and in order.

use crate::{
    client::{Client, word},
    person::{self, Person},
    program::process::Process,
};
use aside_relay::{logged, stored};
use aside_wire::pb::{self, EnvelopeKind, reply, request::Body};
use futures_util::future::join_all;
use prost::Message as _;
use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

const ROUNDS: usize = 5;
const SENDERS: u64 = 4;
/// Sends of one sender that are not answered yet.
const IN_FLIGHT: usize = 40;

/// A client that sends numbers and repeats what was not answered, like a real one.
struct Sender {
    person: Person,
    next: u64,
    /// Sent and not answered, in order.
    unanswered: VecDeque<u64>,
    /// Numbers with the time of acceptance, in order.
    accepted: Vec<(u64, u64)>,
}

impl Sender {
    /// Sends until the relay is gone; counts what is accepted.
    async fn flood(&mut self, url: &str, to: &Person, accepted: &AtomicUsize) {
        let mut client = Client::enter(url, &self.person).await;
        let mut repeat = self.unanswered.clone();
        loop {
            let in_flight = self.unanswered.len() - repeat.len();
            if in_flight < IN_FLIGHT {
                let number = repeat.pop_front().unwrap_or_else(|| {
                    self.next += 1;
                    self.unanswered.push_back(self.next);
                    self.next
                });
                let send = Body::Send(to.letter(number, &number.to_be_bytes()));
                let frame = pb::Request { id: number, body: Some(send) }.encode_to_vec();
                if client.raw(frame).await.is_err() {
                    return;
                }
                continue;
            }
            match client.read().await {
                Some(pb::Reply { id, body: Some(reply::Body::Accepted(answer)) }) => {
                    let place = self.unanswered.iter().position(|number| *number == id).unwrap();
                    self.unanswered.remove(place);
                    self.accepted.push((id, answer.accepted_at));
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
                Some(pb::Reply { body: Some(reply::Body::Refusal(refusal)), .. }) => {
                    panic!("{}", word(&refusal))
                }
                Some(_) => panic!("another answer"),
                None => return,
            }
        }
    }
}

/// Every accepted number is there, once, with the time it was accepted at; no sender's numbers go backwards.
fn check(folder: &Path, senders: &[Sender]) {
    let entries = stored(folder).unwrap();
    assert!(entries.is_sorted_by(|a, b| a.message.sequence < b.message.sequence));
    for sender in senders {
        let mut times = HashMap::new();
        let mut last = 0;
        let own =
            |entry: &&aside_relay::Entry| entry.message.sender.account.0.to_vec() == sender.person.key();
        for entry in entries.iter().filter(own) {
            let number = u64::from_be_bytes(person::payload(&entry.message.envelope).try_into().unwrap());
            assert!(number > last, "{number} after {last}: stored twice or out of order");
            last = number;
            times.insert(number, entry.message.accepted_at);
        }
        for (number, accepted_at) in &sender.accepted {
            assert_eq!(times.get(number), Some(accepted_at), "{number} was accepted and is lost");
        }
    }
}

#[tokio::test]
// RLY-8, RLY-9, RLY-11.
async fn t8_nothing_acknowledged_is_lost_when_the_relay_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let bob = Person::new("bob");
    let mut senders: Vec<_> = (0..SENDERS)
        .map(|number| Sender {
            person: Person::new(&format!("alice{number}")),
            next: 0,
            unanswered: VecDeque::new(),
            accepted: Vec::new(),
        })
        .collect();
    let mut process = Process::start(folder.path()).await;
    Client::join(&process.url, &bob).await;
    for sender in &senders {
        Client::join(&process.url, &sender.person).await;
    }

    for round in 1..=ROUNDS {
        let accepted = AtomicUsize::new(0);
        let url = process.url.clone();
        let flood = join_all(senders.iter_mut().map(|sender| sender.flood(&url, &bob, &accepted)));
        let killer = async {
            // In the middle of the flood, each time elsewhere.
            while accepted.load(Ordering::Relaxed) < 300 + round * 71 {
                tokio::task::yield_now().await;
            }
            process.kill().await;
        };
        crate::running::soon(async { tokio::join!(flood, killer) }).await;
        process = Process::start(folder.path()).await;
        check(folder.path(), &senders);
    }

    // Bob gets all of it, once and in order, over a connection of his own.
    let entries = stored(folder.path()).unwrap();
    let mut client = Client::enter(&process.url, &bob).await;
    assert_eq!(client.subscribe().await, entries.last().unwrap().message.sequence);
    for (place, entry) in entries.iter().enumerate() {
        let delivery = client.delivery().await;
        assert_eq!(
            (delivery.sequence, &delivery.envelope),
            (entry.message.sequence, &entry.message.envelope)
        );
        if place % 50 == 0 {
            client.acknowledge(delivery.sequence).await.unwrap();
        }
    }
    client.acknowledge(entries.last().unwrap().message.sequence).await.unwrap();
    assert!(stored(folder.path()).unwrap().is_empty());
    // And a repeated send is still known after all that.
    let sender = &senders[0];
    let mut client = Client::enter(&process.url, &sender.person).await;
    let (number, accepted_at) = sender.accepted[0];
    assert_eq!(client.send(bob.letter(number, &number.to_be_bytes())).await, Ok(accepted_at));
    assert!(stored(folder.path()).unwrap().is_empty());
    process.kill().await;
}

#[tokio::test]
// RLY-13.
async fn t8_an_acknowledgement_survives_a_killed_relay() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut process = Process::start(folder.path()).await;
    Client::join(&process.url, &alice).await;
    Client::join(&process.url, &bob).await;
    let mut last = 0;
    for round in 1..=3u64 {
        let mut from = Client::enter(&process.url, &alice).await;
        from.send(bob.letter(round, b"x")).await.unwrap();
        let mut to = Client::enter(&process.url, &bob).await;
        let newest = to.subscribe().await;
        // What was acknowledged does not come again, and its number is not used again.
        assert!(newest > last);
        assert_eq!(to.delivery().await.sequence, newest);
        to.acknowledge(newest).await.unwrap();
        last = newest;
        process.kill().await;
        process = Process::start(folder.path()).await;
    }
}

/// The entries in the notices of a mailbox, and the numbers of the messages between them, in order.
fn held(folder: &Path, of: &Person) -> (Vec<Vec<u8>>, Vec<u64>) {
    let (mut entries, mut numbers) = (Vec::new(), Vec::new());
    for entry in stored(folder).unwrap() {
        if entry.mailbox.account.0.to_vec() == of.key() {
            let envelope = pb::Envelope::decode(entry.message.envelope.as_slice()).unwrap();
            if envelope.kind == i32::from(EnvelopeKind::GroupEntry) {
                entries.push(pb::GroupLogEntry::decode(envelope.payload.as_slice()).unwrap().entry);
            } else {
                numbers.push(u64::from_be_bytes(envelope.payload.try_into().unwrap()));
            }
        }
    }
    (entries, numbers)
}

#[tokio::test]
// RLY-8, RLY-28, RLY-29.
async fn t8_a_killed_relay_has_an_entry_and_its_notices_or_neither_and_no_fan_out_by_halves() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, bob, carol) = (Person::new("alice"), Person::new("bob"), Person::new("carol"));
    let group = [&bob, &carol];
    let mut process = Process::start(folder.path()).await;
    for person in [&alice, &bob, &carol] {
        Client::join(&process.url, person).await;
    }
    let (mut appended, mut sent) = (0u64, 0u64);
    for round in 1..=6usize {
        let mut from = Client::enter(&process.url, &alice).await;
        // An append for every three messages, all under way at once; request ids begin with 2.
        let (first_position, first_number) = (appended + 1, sent + 1);
        let kinds: Vec<bool> = (0..80).map(|place| place % 4 == 0).collect();
        let (mut position, mut number) = (appended, sent);
        for is_entry in &kinds {
            from.post(if *is_entry {
                position += 1;
                Body::AppendEntry(person::entry(
                    1_000_000 + position,
                    position,
                    &group,
                    &position.to_be_bytes(),
                ))
            } else {
                number += 1;
                Body::FanOut(person::circular(number, &group, &number.to_be_bytes()))
            })
            .await;
        }
        let (mut entries, mut messages) = (0u64, 0u64);
        while entries + messages < u64::try_from(round * 11).unwrap() {
            match from.read().await.unwrap() {
                pb::Reply { id, body: Some(reply::Body::FannedOut(_)) } => {
                    let is_entry = kinds[usize::try_from(id).unwrap() - 2];
                    *(if is_entry { &mut entries } else { &mut messages }) += 1;
                }
                _ => panic!("another answer"),
            }
        }
        process.kill().await;
        process = Process::start(folder.path()).await;

        // What was answered is there, and what is there is whole: every mailbox has the log's entries and the same messages.
        let log: Vec<_> = logged(folder.path()).unwrap().into_iter().map(|entry| entry.entry).collect();
        let (notices, numbers) = held(folder.path(), &bob);
        assert_eq!(log, notices);
        assert!((1..).zip(&log).all(|(position, entry)| *entry == u64::to_be_bytes(position)));
        assert!(numbers.iter().copied().eq(1..=u64::try_from(numbers.len()).unwrap()));
        assert_eq!(held(folder.path(), &carol), (notices, numbers.clone()));
        (appended, sent) = (u64::try_from(log.len()).unwrap(), u64::try_from(numbers.len()).unwrap());
        assert!(appended + 1 >= first_position + entries && sent + 1 >= first_number + messages);
        // And the last one, asked for again, is known.
        let mut from = Client::enter(&process.url, &alice).await;
        let last = person::entry(1_000_000 + appended, appended, &group, &appended.to_be_bytes());
        from.append(last).await.unwrap();
        assert_eq!(logged(folder.path()).unwrap().len(), log.len());
    }
    process.kill().await;
}
