//! The transient lane.

use crate::{
    client::Client,
    held::stored,
    person::{Person, letter_in_session, name},
    running::{PATIENCE, Running, relay, soon},
};
use aside_identity::{Reach, Rules, Settings};
use aside_relay::{Config, Rate};
use aside_wire::{
    limits::TRANSIENT_BYTES,
    pb::{self, EnvelopeKind, reply, request::Body},
};
use futures_util::StreamExt;
use prost::Message as _;
use std::time::Duration;
use tokio::time::timeout;

/// Long enough for what must not come.
const MOMENT: Duration = Duration::from_millis(300);

fn envelope(kind: EnvelopeKind, first: u8, length: usize) -> Vec<u8> {
    let mut payload = vec![0xAB; length];
    payload[0] = first;
    pb::Envelope { kind: kind.into(), payload }.encode_to_vec()
}

/// What makes one that is refused.
type Damage<'a> = &'a dyn Fn(&mut pb::Transient);

/// To the first device.
fn transient(to: &Person, envelope: Vec<u8>) -> pb::Transient {
    pb::Transient {
        recipient: to.key(),
        list_version: 1,
        parcels: vec![pb::Parcel { device_id: 1, envelope }],
    }
}

/// One that is as it should be; the byte tells them apart.
pub(crate) fn typing(to: &Person, mark: u8) -> pb::Transient {
    let mut payload = vec![mark; 657];
    payload[0] = 0x15;
    let envelope = pb::Envelope { kind: EnvelopeKind::Pairwise.into(), payload };
    transient(to, envelope.encode_to_vec())
}

async fn hand_over(client: &mut Client, transient: pb::Transient) -> Result<(), &'static str> {
    client.ask(Body::Transient(transient)).await.map(|answer| {
        assert!(matches!(answer, reply::Body::TransientTaken(_)));
    })
}

/// The next transient delivery, if one comes soon: who sent it, and its mark.
async fn heard(client: &mut Client, patience: Duration) -> Option<(Vec<u8>, u32, u8)> {
    let delivery = match client.transients.pop_front() {
        Some(delivery) => delivery,
        None => match timeout(patience, client.read()).await.ok()?? {
            pb::Reply { id: 0, body: Some(reply::Body::TransientDelivery(delivery)) } => delivery,
            _ => panic!("something else"),
        },
    };
    let mark = *delivery.envelope.last().unwrap();
    Some((delivery.sender, delivery.sender_device, mark))
}

pub(crate) async fn two(running: &Running) -> ([Person; 2], [Client; 2]) {
    let people = ["alice", "bob"].map(Person::new);
    let from = Client::join(&running.url, &people[0]).await;
    let to = Client::join(&running.url, &people[1]).await;
    (people, [from, to])
}

#[tokio::test]
// RLY-32, RLY-33.
async fn a_transient_message_reaches_who_is_there_and_is_not_stored() {
    let (folder, running) = relay().await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    // Logged in is not enough.
    hand_over(&mut from, typing(&bob, 1)).await.unwrap();
    let mut second = Client::enter(&running.url, &bob).await;
    listen(&mut from, &mut to, &bob).await;
    listen(&mut from, &mut second, &bob).await;
    hand_over(&mut from, typing(&bob, 2)).await.unwrap();
    for client in [&mut to, &mut second] {
        assert_eq!(heard(client, PATIENCE).await, Some((alice.key(), 1, 2)));
    }
    // Nothing of it is in the mailbox, and no number is taken.
    assert_eq!(stored(folder.path()).unwrap().len(), 1);
    from.send(bob.letter(1, b"another letter")).await.unwrap();
    for client in [&mut to, &mut second] {
        assert_eq!(client.delivery().await.sequence, 2);
    }
    // A connection that has ended hears nothing, the other one does.
    drop(to);
    hand_over(&mut from, typing(&bob, 3)).await.unwrap();
    assert_eq!(heard(&mut second, PATIENCE).await, Some((alice.key(), 1, 3)));
}

/// Subscribes, and waits until that has taken hold: a letter comes, always the same one.
pub(crate) async fn listen(from: &mut Client, to: &mut Client, bob: &Person) {
    from.send(bob.letter(u64::MAX, b"a letter")).await.unwrap();
    to.subscribe().await;
    assert_eq!(to.delivery().await.sequence, 1);
}

#[tokio::test]
// RLY-32.
async fn t6_the_answer_says_nothing_about_the_recipient() {
    let (_folder, running) = relay().await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    let mut answers = Vec::new();
    let ask = async |from: &mut Client, transient: pb::Transient| {
        let request = pb::Request { id: 77, body: Some(Body::Transient(transient)) };
        from.raw(request.encode_to_vec()).await.unwrap();
        soon(from.socket.next()).await.unwrap().unwrap().into_data().to_vec()
    };
    // Away, then there.
    answers.push(ask(&mut from, typing(&bob, 1)).await);
    listen(&mut from, &mut to, &bob).await;
    answers.push(ask(&mut from, typing(&bob, 9)).await);
    assert_eq!(heard(&mut to, PATIENCE).await, Some((alice.key(), 1, 9)));
    // Nobody, another list, another device, shut out: none of it arrives.
    answers.push(ask(&mut from, typing(&Person::new("nobody"), 1)).await);
    answers.push(ask(&mut from, pb::Transient { list_version: 2, ..typing(&bob, 2) }).await);
    let mut elsewhere = typing(&bob, 3);
    elsewhere.parcels[0].device_id = 2;
    answers.push(ask(&mut from, elsewhere).await);
    for (version, rules) in [
        (1, Rules { blocked: vec![alice.certificate.account], ..level(Reach::Everyone) }),
        (2, level(Reach::Contacts)),
        (3, level(Reach::Nobody)),
    ] {
        publish(&mut to, &bob, version, rules).await;
        answers.push(ask(&mut from, typing(&bob, 4)).await);
    }
    assert_eq!(heard(&mut to, MOMENT).await, None);
    assert_eq!(answers.len(), 8);
    answers.dedup();
    assert_eq!(answers.len(), 1);
    publish(&mut to, &bob, 4, Rules { chats: Reach::Everyone, ..level(Reach::Nobody) }).await;
    hand_over(&mut from, typing(&bob, 5)).await.unwrap();
    assert_eq!(heard(&mut to, PATIENCE).await, Some((alice.key(), 1, 5)));
}

fn level(reach: Reach) -> Rules {
    Rules { threads: reach, chats: reach, groups: reach, contacts: Vec::new(), blocked: Vec::new() }
}

async fn publish(client: &mut Client, person: &Person, version: u64, rules: Rules) {
    let settings = Settings::issue(&person.certificate, &person.keys, version, rules).unwrap();
    let request = pb::PublishSettings { settings: settings.as_bytes().to_vec() };
    client.ask(Body::PublishSettings(request)).await.unwrap();
}

#[tokio::test]
// RLY-34.
async fn only_small_transient_session_messages_take_the_lane_and_no_send_carries_one() {
    let (_folder, running) = relay().await;
    let ([_, bob], [mut from, mut to]) = two(&running).await;
    listen(&mut from, &mut to, &bob).await;
    let made = |kind, first, length| transient(&bob, envelope(kind, first, length));
    use EnvelopeKind::{Group, GroupEntry, Pairwise, Thread, Unspecified};
    assert_eq!(hand_over(&mut from, made(Pairwise, 0x15, TRANSIENT_BYTES)).await, Ok(()));
    assert_eq!(heard(&mut to, PATIENCE).await.map(|(.., mark)| mark), Some(0xAB));
    assert_eq!(hand_over(&mut from, made(Pairwise, 0x15, TRANSIENT_BYTES + 1)).await, Err("LIMIT"));
    for first in [0x11, 0x12, 0x13, 0x14, 0x16, 0x25, 0] {
        assert_eq!(hand_over(&mut from, made(Pairwise, first, 657)).await, Err("MALFORMED"));
    }
    for kind in [Thread, Group, GroupEntry, Unspecified] {
        assert_eq!(hand_over(&mut from, made(kind, 0x15, 657)).await, Err("MALFORMED"));
    }
    let broken: [(Damage<'_>, _); 8] = [
        (&|transient| transient.recipient.push(0), "MALFORMED"),
        (&|transient| transient.parcels.clear(), "MALFORMED"),
        (&|transient| transient.parcels.push(transient.parcels[0].clone()), "MALFORMED"),
        (&|transient| transient.parcels[0].device_id = 0, "MALFORMED"),
        (&|transient| transient.parcels[0].device_id = 128, "MALFORMED"),
        (&|transient| transient.parcels[0].envelope.clear(), "MALFORMED"),
        (&|transient| transient.parcels[0].envelope.truncate(9), "MALFORMED"),
        (&|transient| transient.parcels = vec![transient.parcels[0].clone(); 9], "LIMIT"),
    ];
    for (number, (damage, code)) in broken.into_iter().enumerate() {
        let mut damaged = typing(&bob, 1);
        damage(&mut damaged);
        assert_eq!(hand_over(&mut from, damaged).await, Err(code), "{number}");
    }
    // In a send, it would be stored.
    let pb::Transient { recipient, list_version, parcels } = typing(&bob, 1);
    let stored = pb::Send { client_id: name(1), recipient, list_version, parcels, keep: 0 };
    assert_eq!(from.send(stored.clone()).await, Err("MALFORMED"));
    // A message is of one kind, before anything is looked up.
    let mut mixed = letter_in_session(&Person::new("nobody"), 2, b"x");
    mixed.parcels.extend(bob.letter(2, b"x").parcels);
    mixed.parcels[1].device_id = 2;
    assert_eq!(from.send(mixed).await, Err("MALFORMED"));
    assert_eq!(heard(&mut to, MOMENT).await, None);
}

#[tokio::test]
// RLY-30.
async fn t1_transient_messages_have_a_rate_over_all_connections() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    config.rates.transients = Rate { burst: 3, each: Duration::from_secs(3600) };
    let running = Running::start_with(config).await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    for number in 1..=3 {
        hand_over(&mut from, typing(&bob, number)).await.unwrap();
    }
    let mut again = Client::enter(&running.url, &alice).await;
    assert_eq!(hand_over(&mut again, typing(&bob, 4)).await, Err("RATE"));
    // Whatever it was for; and others have their own.
    assert_eq!(hand_over(&mut from, typing(&Person::new("nobody"), 4)).await, Err("RATE"));
    hand_over(&mut to, typing(&alice, 4)).await.unwrap();
}
