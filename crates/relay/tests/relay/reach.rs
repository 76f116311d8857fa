//! Who may write to whom: settings and declarations.

use crate::{
    client::Client,
    person::{Person, circular, entry, letter_in_session},
    running::{Running, relay},
};
use aside_identity::{
    AccountKey, Capabilities, Certificate, Declaration, DeviceKeys, Reach, Rules, Settings,
};
use aside_primitives::{SigningKey, label};
use aside_relay::{Config, Rate};
use aside_wire::{
    limits::{FRAME_BYTES, REACH_ACCOUNTS},
    pb::{self, RefusalCode, reply, request::Body},
};
use futures_util::StreamExt;
use getrandom::SysRng;
use prost::Message as _;
use std::time::Duration;

const OPEN: Rules = level(Reach::Everyone);
const CLOSED: Rules = level(Reach::Nobody);

const fn level(reach: Reach) -> Rules {
    Rules { threads: reach, chats: reach, groups: reach, contacts: Vec::new(), blocked: Vec::new() }
}

fn names(people: &[&Person]) -> Vec<AccountKey> {
    let mut names: Vec<_> = people.iter().map(|person| person.certificate.account).collect();
    names.sort();
    names
}

fn settings(person: &Person, version: u64, rules: Rules) -> Vec<u8> {
    Settings::issue(&person.certificate, &person.keys, version, rules).unwrap().as_bytes().to_vec()
}

async fn publish(client: &mut Client, settings: Vec<u8>) -> Result<(), &'static str> {
    client.ask(Body::PublishSettings(pb::PublishSettings { settings })).await.map(|answer| {
        assert!(matches!(answer, reply::Body::SettingsPublished(_)));
    })
}

async fn fetch(client: &mut Client) -> Vec<u8> {
    match client.ask(Body::FetchSettings(pb::FetchSettings {})).await {
        Ok(reply::Body::Settings(pb::Settings { settings })) => settings,
        _ => panic!("no settings"),
    }
}

fn declaration(by: &Person, peer: &Person, version: u64) -> Vec<u8> {
    Declaration::issue(&by.certificate, &by.keys, peer.certificate.account, version)
        .unwrap()
        .as_bytes()
        .to_vec()
}

async fn declare(client: &mut Client, declaration: Vec<u8>) -> Result<(), &'static str> {
    client.ask(Body::Declare(pb::Declare { declaration })).await.map(|answer| {
        assert!(matches!(answer, reply::Body::Declared(_)));
    })
}

async fn devices(client: &mut Client, request: Body) -> pb::Devices {
    match client.ask(request).await {
        Ok(reply::Body::Devices(devices)) => devices,
        _ => panic!("no devices"),
    }
}

/// Alice and Bob, connected; Bob has prekeys.
async fn two(running: &Running) -> ([Person; 2], [Client; 2]) {
    let people = ["alice", "bob"].map(Person::new);
    let from = Client::join(&running.url, &people[0]).await;
    let mut to = Client::join(&running.url, &people[1]).await;
    to.publish(people[1].prekeys(1..9)).await.unwrap();
    (people, [from, to])
}

/// The answer to a request, as it travels.
async fn bytes_of_answer(client: &mut Client, body: Body) -> Vec<u8> {
    let request = pb::Request { id: 77, body: Some(body) };
    client.raw(request.encode_to_vec()).await.unwrap();
    client.socket.next().await.unwrap().unwrap().into_data().to_vec()
}

fn prekeys_of(person: &Person) -> Body {
    Body::FetchPrekeys(pb::FetchPrekeys { account_key: person.key(), device_id: 1 })
}

#[tokio::test]
// RLY-36, RLY-37.
async fn t6_blocked_no_contact_and_not_wanted_are_the_same_bytes() {
    let (_folder, running) = relay().await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    let friend = Person::new("carol");
    let blocked = Rules { blocked: names(&[&alice]), ..OPEN };
    let contacts = Rules { contacts: names(&[&friend]), ..level(Reach::Contacts) };
    let mut answers = Vec::new();
    for (version, rules) in [(1, blocked), (2, contacts), (3, CLOSED)] {
        publish(&mut to, settings(&bob, version, rules)).await.unwrap();
        for request in
            [Body::Send(bob.letter(1, b"x")), Body::Send(letter_in_session(&bob, 1, b"x")), prekeys_of(&bob)]
        {
            answers.push(bytes_of_answer(&mut from, request).await);
        }
    }
    let reply = pb::Reply::decode(answers[0].as_slice()).unwrap();
    let Some(reply::Body::Refusal(refusal)) = reply.body else { panic!("not refused") };
    assert_eq!(RefusalCode::try_from(refusal.code), Ok(RefusalCode::Unreachable));
    assert_eq!(answers.len(), 9);
    answers.dedup();
    assert_eq!(answers.len(), 1);
    // None of it reached Bob, and his prekeys are all there.
    assert_eq!(to.subscribe().await, 0);
    let status = Client::connect(&running.url).await.log_in(&bob).await.unwrap();
    assert_eq!(status.one_time_prekeys, 8);
}

#[tokio::test]
// RLY-36.
async fn h2_who_is_let_in_again_writes_and_gets_prekeys() {
    let (_folder, running) = relay().await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    publish(&mut to, settings(&bob, 1, CLOSED)).await.unwrap();
    assert_eq!(from.take_prekeys(&bob).await.err(), Some("UNREACHABLE"));
    let contacts = Rules { threads: Reach::Nobody, contacts: names(&[&alice]), ..level(Reach::Contacts) };
    publish(&mut to, settings(&bob, 2, contacts)).await.unwrap();
    assert!(!from.take_prekeys(&bob).await.unwrap().one_time.is_empty());
    from.send(letter_in_session(&bob, 1, b"x")).await.unwrap();
    assert_eq!(from.send(bob.letter(2, b"x")).await, Err("UNREACHABLE"));
    publish(&mut to, settings(&bob, 3, OPEN)).await.unwrap();
    from.send(bob.letter(2, b"x")).await.unwrap();
}

#[tokio::test]
// RLY-29: what a group sends comes to everybody whom it names.
async fn a_message_of_a_group_is_not_filtered() {
    let (_folder, running) = relay().await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    publish(&mut to, settings(&bob, 1, Rules { blocked: names(&[&alice]), ..CLOSED })).await.unwrap();
    assert!(from.fan_out(circular(1, &[&bob], b"x")).await.unwrap().missed.is_empty());
    assert!(from.append(entry(2, 1, &[&bob], b"y")).await.unwrap().missed.is_empty());
    to.subscribe().await;
    assert_eq!((to.delivery().await.sequence, to.delivery().await.sequence), (1, 2));
}

#[tokio::test]
// RLY-35.
async fn settings_survive_a_restart_and_older_ones_do_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path()).await;
    let ([_, bob], [mut from, mut to]) = two(&running).await;
    assert!(fetch(&mut to).await.is_empty());
    let (first, second) = (settings(&bob, 1, OPEN), settings(&bob, 2, CLOSED));
    publish(&mut to, first.clone()).await.unwrap();
    publish(&mut to, second.clone()).await.unwrap();
    assert_eq!(publish(&mut to, first.clone()).await, Err("STALE_STATEMENT"));
    assert_eq!(from.send(bob.letter(1, b"x")).await, Err("UNREACHABLE"));
    drop((from, to));
    running.stop().await;

    let running = Running::start(folder.path()).await;
    let mut to = Client::enter(&running.url, &bob).await;
    assert_eq!(fetch(&mut to).await, second);
    // The answer was lost, as far as the client knows.
    assert_eq!(publish(&mut to, second.clone()).await, Ok(()));
    assert_eq!(publish(&mut to, first).await, Err("STALE_STATEMENT"));
    assert_eq!(publish(&mut to, settings(&bob, 2, OPEN)).await, Err("STALE_STATEMENT"));
    let mut stranger = Client::join(&running.url, &Person::new("carol")).await;
    assert_eq!(stranger.send(bob.letter(1, b"x")).await, Err("UNREACHABLE"));
    assert!(fetch(&mut stranger).await.is_empty());
}

#[tokio::test]
// RLY-35.
async fn settings_that_the_device_did_not_sign_are_refused() {
    let (_folder, running) = relay().await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    let honest = settings(&bob, 1, CLOSED);
    // Somebody else's, by the account's own key, by a device that is in no list, under another label.
    assert_eq!(publish(&mut from, honest.clone()).await, Err("SIGNATURE"));
    let signed = pb::Signed::decode(honest.as_slice()).unwrap();
    let sign = |key: &SigningKey, label| {
        let signature = key.sign(label, &signed.body).0.to_vec();
        pb::Signed { signature, ..signed.clone() }.encode_to_vec()
    };
    let other = DeviceKeys::generate(&mut SysRng).unwrap();
    let unlisted = Certificate::issue(&bob.account, bob.certificate.device, &other, 1, Capabilities::NONE);
    for forged in [
        sign(&bob.account, label::SETTINGS),
        sign(&alice.keys.signing, label::SETTINGS),
        sign(&bob.keys.signing, label::PREKEY),
        Settings::issue(&unlisted, &other, 1, CLOSED).unwrap().as_bytes().to_vec(),
    ] {
        assert_eq!(publish(&mut to, forged).await, Err("SIGNATURE"));
    }
    // In Bob's name by Alice's device.
    let mut body = pb::SettingsBody::decode(signed.body.as_slice()).unwrap();
    let resign = |body: &pb::SettingsBody| {
        let body = body.encode_to_vec();
        let signature = alice.keys.signing.sign(label::SETTINGS, &body).0.to_vec();
        pb::Signed { body, signature }.encode_to_vec()
    };
    assert_eq!(publish(&mut from, resign(&body)).await, Err("SIGNATURE"));
    body.account_key = alice.key();
    assert_eq!(publish(&mut from, resign(&body)).await, Ok(()));
    body.version = 0;
    assert_eq!(publish(&mut from, resign(&body)).await, Err("MALFORMED"));
    assert_eq!(publish(&mut from, vec![7; 9]).await, Err("MALFORMED"));
    assert!(fetch(&mut to).await.is_empty());
}

#[tokio::test]
// RLY-35.
async fn the_longest_lists_are_taken_and_nothing_longer() {
    let (_folder, running) = relay().await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    let many = |count: usize| {
        let name = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&u64::try_from(number).unwrap().to_be_bytes());
            AccountKey::from_own_store(bytes)
        };
        (0..count).map(name).collect::<Vec<_>>()
    };
    let mut contacts = many(REACH_ACCOUNTS - 1);
    contacts.push(alice.certificate.account);
    contacts.sort();
    let full = Rules { contacts, blocked: many(REACH_ACCOUNTS), ..level(Reach::Contacts) };
    let longest = settings(&bob, 1, full);
    assert!(longest.len() > 136_000 && longest.len() < FRAME_BYTES);
    publish(&mut to, longest.clone()).await.unwrap();
    assert_eq!(fetch(&mut to).await, longest);
    from.send(bob.letter(1, b"x")).await.unwrap();

    let signed = pb::Signed::decode(longest.as_slice()).unwrap();
    let mut body = pb::SettingsBody::decode(signed.body.as_slice()).unwrap();
    body.version = 2;
    body.blocked.clear();
    body.contacts.push(vec![0xFF; 32]);
    let body = body.encode_to_vec();
    let signature = bob.keys.signing.sign(label::SETTINGS, &body).0.to_vec();
    let longer = pb::Signed { body, signature }.encode_to_vec();
    assert_eq!(publish(&mut to, longer).await, Err("LIMIT"));
    assert_eq!(publish(&mut to, vec![0; FRAME_BYTES - 100]).await, Err("LIMIT"));
}

#[tokio::test]
// RLY-30.
async fn t1_statements_have_a_rate() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path());
    config.rates.statements = Rate { burst: 3, each: Duration::from_secs(3600) };
    let running = Running::start_with(config).await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    publish(&mut to, settings(&bob, 1, CLOSED)).await.unwrap();
    declare(&mut to, declaration(&bob, &alice, 1)).await.unwrap();
    // What is refused costs as much: it was verified.
    assert_eq!(publish(&mut to, vec![7; 9]).await, Err("MALFORMED"));
    assert_eq!(publish(&mut to, settings(&bob, 2, OPEN)).await, Err("RATE"));
    assert_eq!(declare(&mut to, declaration(&bob, &alice, 2)).await, Err("RATE"));
    publish(&mut from, settings(&alice, 1, CLOSED)).await.unwrap();
}

#[tokio::test]
// RLY-38, RLY-39, RLY-40.
async fn a_declaration_ends_the_thread_in_both_directions_and_both_learn_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path()).await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    let carol = Person::new("carol");
    let mut third = Client::join(&running.url, &carol).await;
    from.send(bob.letter(1, b"before")).await.unwrap();
    let by_bob = declaration(&bob, &alice, 1);
    declare(&mut to, by_bob.clone()).await.unwrap();
    declare(&mut to, by_bob.clone()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(from.send(bob.letter(2, b"x")).await, Err("ENCRYPTED_ONLY"));
        assert_eq!(to.send(alice.letter(2, b"x")).await, Err("ENCRYPTED_ONLY"));
    }
    from.send(letter_in_session(&bob, 2, b"x")).await.unwrap();
    third.send(bob.letter(1, b"x")).await.unwrap();

    let by_alice = declaration(&alice, &bob, 1);
    declare(&mut from, by_alice.clone()).await.unwrap();
    let resolve = |handle: &str| Body::Resolve(pb::Resolve { handle: handle.into() });
    let of_bob = Body::FetchDevices(pb::FetchDevices { account_key: bob.key(), known_version: 1 });
    for request in [resolve("bob"), of_bob.clone()] {
        assert_eq!(devices(&mut from, request).await.declarations, [by_alice.clone(), by_bob.clone()]);
    }
    assert_eq!(devices(&mut to, resolve("alice")).await.declarations, [by_bob.clone(), by_alice]);
    for request in [resolve("bob"), of_bob.clone()] {
        assert!(devices(&mut third, request).await.declarations.is_empty());
    }
    let shown = devices(&mut from, of_bob).await.declarations.pop().unwrap();
    assert_eq!(Declaration::verify(&shown, &bob.certificate).unwrap().peer, alice.certificate.account);

    running.stop().await;
    let running = Running::start(folder.path()).await;
    let mut from = Client::enter(&running.url, &alice).await;
    assert_eq!(from.send(bob.letter(3, b"x")).await, Err("ENCRYPTED_ONLY"));
}

#[tokio::test]
// RLY-38.
async fn a_declaration_in_anothers_name_is_refused() {
    let (_folder, running) = relay().await;
    let ([alice, bob], [mut from, mut to]) = two(&running).await;
    let stranger = Person::new("carol");
    let honest = declaration(&bob, &alice, 2);
    assert_eq!(declare(&mut from, honest.clone()).await, Err("SIGNATURE"));
    let mut bent = honest.clone();
    *bent.last_mut().unwrap() ^= 1;
    assert_eq!(declare(&mut to, bent).await, Err("SIGNATURE"));
    assert_eq!(declare(&mut to, declaration(&bob, &stranger, 1)).await, Err("UNKNOWN_ACCOUNT"));
    assert_eq!(declare(&mut to, vec![7; 9]).await, Err("MALFORMED"));
    from.send(bob.letter(1, b"x")).await.unwrap();
    declare(&mut to, honest).await.unwrap();
    assert_eq!(declare(&mut to, declaration(&bob, &alice, 1)).await, Err("STALE_STATEMENT"));
}
