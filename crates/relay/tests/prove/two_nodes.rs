//! Two nodes of one relay, which share nothing but the database.

use crate::{
    client::Client,
    entering::Nodes,
    line::{Gone, Line},
    node::Node,
    person::{Person, entry, letter_in_session, payload},
    rounds::Rounds,
    running::{PATIENCE, soon},
    world::World,
};
use aside_testkit::postgres::{Cluster, Stop};
use aside_wire::pb::{self, reply, request::Body};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use tokio::{task::spawn_blocking, time::timeout};

/// The slowest of some, on a loaded machine: half of what it takes without being told (`NODE_TICK`).
const AT_ONCE: Duration = Duration::from_secs(5);
const LETTERS: u64 = 40;
const SOME: u32 = 6;
/// Longer than a node lives here.
const LIFE: Duration = Duration::from_millis(600);

async fn two() -> (Cluster, [Node; 2]) {
    let cluster = Cluster::start().unwrap();
    let first = Node::start(Some(cluster.create_database().unwrap())).await;
    let second = first.start_beside().await;
    (cluster, [first, second])
}

#[tokio::test]
async fn what_is_sent_at_one_node_comes_at_the_other_at_once() {
    let (_cluster, [one, other]) = two().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(one.url(), &alice).await;
    let mut to = Client::join(other.url(), &bob).await;
    to.subscribe().await;
    let mut times = Vec::new();
    for number in 1..=LETTERS {
        let begun = Instant::now();
        from.send(bob.letter(number, &number.to_be_bytes())).await.unwrap();
        assert_eq!(to.delivery().await.sequence, number);
        let time = begun.elapsed();
        assert!(time < AT_ONCE, "{time:?}");
        times.push(time);
        to.acknowledge(number).await.unwrap();
    }
    times.sort();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("two_nodes: from send to delivery: median {median:?}, slowest of {LETTERS} {slowest:?}");
}

#[tokio::test]
// RLY-87.
async fn nodes_find_each_other_again_after_the_database() {
    let (mut cluster, [one, other]) = two().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    Client::join(one.url(), &alice).await;
    Client::join(other.url(), &bob).await;
    let restarted = spawn_blocking(move || {
        cluster.stop(Stop::Kill).unwrap();
        cluster.start_again().unwrap();
        cluster
    });
    let _cluster = restarted.await.unwrap();
    let nodes = Nodes::new(&[one.url(), other.url()]);
    let (mut at_once, mut number) = (0, 0);
    let told = async {
        // Not by the luck of looking at the right moment.
        while at_once < SOME {
            let (mut from, mut to) = (nodes.enter(0, &alice).await, nodes.enter(1, &bob).await);
            let subscribed = to.ask(Body::Subscribe(pb::Subscribe {})).await;
            while matches!(subscribed, Ok(reply::Body::Subscribed(_))) && at_once < SOME {
                number += 1;
                let Ok(time) = pass(&mut from, &mut to, &bob, number).await else { break };
                at_once = if time < AT_ONCE { at_once + 1 } else { 0 };
            }
        }
    };
    soon(told).await;
}

/// How long a letter takes.
async fn pass(from: &mut Line, to: &mut Line, recipient: &Person, number: u64) -> Result<Duration, Gone> {
    let begun = Instant::now();
    let letter = recipient.letter(number, &number.to_be_bytes());
    let reply::Body::Accepted(_) = from.ask(Body::Send(letter)).await? else { return Err(Gone) };
    loop {
        let Some(reply::Body::Delivery(delivery)) = to.next().await?.body else { return Err(Gone) };
        if payload(&delivery.envelope) == number.to_be_bytes() {
            return Ok(begun.elapsed());
        }
    }
}

#[tokio::test]
// RLY-32, RLY-33.
async fn what_is_transient_comes_from_the_other_node() {
    let (_cluster, [one, other]) = two().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(one.url(), &alice).await;
    let mut to = Client::join(other.url(), &bob).await;
    to.subscribe().await;
    // The first node learns where Bob is.
    from.send(bob.letter(1, b"hello")).await.unwrap();
    to.delivery().await;
    // It may be lost, and then people say it again.
    let heard = async {
        loop {
            let pb::Send { recipient, list_version, mut parcels, .. } =
                letter_in_session(&bob, 0, &[0x15; 656]);
            parcels[0].envelope = typing();
            let transient = pb::Transient { recipient, list_version, parcels };
            let taken = from.ask(Body::Transient(transient)).await;
            assert!(matches!(taken, Ok(reply::Body::TransientTaken(_)) | Err("RATE")));
            match timeout(Duration::from_secs(1), to.read()).await {
                Ok(Some(pb::Reply { id: 0, body: Some(reply::Body::TransientDelivery(delivery)) })) => {
                    return delivery;
                }
                Ok(other) => panic!("{:?}", other.is_some()),
                Err(_) => (),
            }
        }
    };
    let delivery = timeout(PATIENCE, heard).await.unwrap();
    assert_eq!((delivery.sender, delivery.envelope), (alice.key(), typing()));
}

/// An encrypted indicator, as far as a relay can tell.
fn typing() -> Vec<u8> {
    use prost::Message;
    let payload = vec![0x15; 657];
    pb::Envelope { kind: pb::EnvelopeKind::Pairwise.into(), payload }.encode_to_vec()
}

#[tokio::test]
// RLY-7, RLY-28.
async fn a_log_and_prekeys_are_the_same_at_both_nodes() {
    let (_cluster, [one, other]) = two().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut at_one = Client::join(one.url(), &alice).await;
    let mut at_other = Client::join(other.url(), &bob).await;
    for position in 1..=10u64 {
        let (first, second) = tokio::join!(
            at_one.append(entry(position, position, &[&bob], b"of Alice")),
            at_other.append(entry(position, position, &[&alice], b"of Bob")),
        );
        let answers = [first.err(), second.err()];
        assert!(answers.contains(&None) && answers.contains(&Some("LOG_MOVED")), "{position}: {answers:?}");
    }
    let log = at_one.entries(&crate::person::LOG, 1).await.unwrap();
    assert_eq!(log.0, 10);
    assert_eq!(log, at_other.entries(&crate::person::LOG, 1).await.unwrap());

    at_one.publish(alice.prekeys(1..41)).await.unwrap();
    let mut second = Client::enter(one.url(), &bob).await;
    let mut handed_out = HashSet::new();
    for _ in 0..20 {
        let (first, second) = tokio::join!(at_other.take_prekeys(&alice), second.take_prekeys(&alice));
        assert!(handed_out.insert(first.unwrap().one_time) && handed_out.insert(second.unwrap().one_time));
    }
    assert!(!handed_out.contains(&[][..]));
    assert!(at_other.take_prekeys(&alice).await.unwrap().one_time.is_empty());
}

#[tokio::test]
// RLY-7, RLY-8, RLY-9, RLY-11, RLY-22, RLY-28, RLY-29.
async fn t8_a_node_that_is_killed_loses_nothing_and_its_clients_go_on_at_the_other() {
    let (_cluster, mut both) = two().await;
    let mut rounds = Rounds::new();
    let mut world = World::new(&[both[0].url(), both[1].url()]).await;
    let mut done = 0;
    while done < rounds.number {
        let some = 10.min(rounds.number - done);
        world
            .while_used(async |nodes| {
                for _ in 0..some {
                    let number = rounds.one_of(2);
                    rounds.moment(LIFE).await;
                    nodes.is_down(number);
                    both[number].kill().await;
                    // Meanwhile everybody is at the other.
                    rounds.moment(LIFE).await;
                    both[number].start_again().await;
                    nodes.is_at(number, both[number].url());
                }
            })
            .await;
        done += some;
        let tally = world.settle().await;
        println!("two_nodes: {done} nodes killed: {tally}");
        assert!(tally.wrong.is_empty(), "seed {}, {done} nodes killed: {tally}", rounds.seed);
    }
    for node in &mut both {
        soon(node.kill()).await;
    }
}
