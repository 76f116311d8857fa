//! R4: which copy of a store is let in, and what it may send.

use crate::{
    client::Client,
    person::{Person, circular, entry},
    running::{Running, relay},
};
use aside_identity::{Generation, generation::Recorded};
use aside_wire::pb::{self, reply, request::Body};
use getrandom::SysRng;

async fn log_in(
    url: &str,
    person: &Person,
    store: &Generation,
) -> (Client, Result<pb::LoggedIn, &'static str>) {
    let mut client = Client::connect(url).await;
    let answer = again(&mut client, person, store).await;
    (client, answer)
}

async fn again(
    client: &mut Client,
    person: &Person,
    store: &Generation,
) -> Result<pb::LoggedIn, &'static str> {
    let login = person.login_with(&client.challenge(), store);
    client.ask(Body::Login(login)).await.map(|answer| match answer {
        reply::Body::LoggedIn(logged_in) => logged_in,
        _ => panic!("another answer than LoggedIn"),
    })
}

async fn registered(url: &str, names: &[&str]) -> Vec<Person> {
    let mut client = Client::connect(url).await;
    let mut people = Vec::new();
    for name in names {
        let person = Person::new(name);
        client.register(&person).await.unwrap();
        people.push(person);
    }
    people
}

#[tokio::test]
// RLY-46, RLY-47.
async fn r4_a_stale_store_gets_in_only_as_a_restored_one_and_its_prekeys_are_forgotten() {
    let (_folder, running) = relay().await;
    let people = registered(&running.url, &["alice", "bob"]).await;
    let [alice, bob] = people.as_slice() else { panic!("two each") };
    let backup = Generation::first(&mut SysRng).unwrap();
    let (mut first, answer) = log_in(&running.url, alice, &backup).await;
    assert_eq!(answer.unwrap().generation, 1);
    first.ask(Body::PublishPrekeys(alice.prekeys(1..11))).await.unwrap();
    let on = backup.next(&mut SysRng).unwrap();
    // Another process of the store, whose answer is lost, and then the same again.
    for _ in 0..2 {
        let (_, answer) = log_in(&running.url, alice, &on).await;
        let answer = answer.unwrap();
        assert_eq!((answer.generation, answer.one_time_prekeys), (2, 10));
    }

    let (mut stale, answer) = log_in(&running.url, alice, &backup).await;
    assert_eq!(answer.err(), Some("STALE_STORE"));
    assert_eq!(stale.ask(Body::Subscribe(pb::Subscribe {})).await.err(), Some("NOT_LOGGED_IN"));
    let other = backup.next(&mut SysRng).unwrap();
    assert_eq!(again(&mut stale, alice, &other).await.err(), Some("STALE_STORE"));
    let (mut bobs, _) = log_in(&running.url, bob, &backup).await;
    let fetch = pb::FetchPrekeys { account_key: alice.key(), device_id: 1 };
    assert!(bobs.ask(Body::FetchPrekeys(fetch.clone())).await.is_ok());

    let restored = backup.anew(&mut SysRng).unwrap();
    let answer = again(&mut stale, alice, &restored).await.unwrap();
    assert_eq!((answer.generation, answer.one_time_prekeys, answer.signed_prekey_not_after), (3, 0, 0));
    assert_eq!(bobs.ask(Body::FetchPrekeys(fetch.clone())).await.err(), Some("NO_PREKEYS"));
    // The answer was lost: what was published since stays.
    let mut prekeys = alice.prekeys(0..0);
    prekeys.signed_prekey = alice.prekey(aside_identity::PrekeyKind::Signed, 77);
    stale.ask(Body::PublishPrekeys(prekeys)).await.unwrap();
    let (_, answer) = log_in(&running.url, alice, &restored).await;
    assert_ne!(answer.unwrap().signed_prekey_not_after, 0);
    // Now it is the other copy that is stale.
    let (_, answer) = log_in(&running.url, alice, &on.next(&mut SysRng).unwrap()).await;
    assert_eq!(answer.err(), Some("STALE_STORE"));
}

#[tokio::test]
// RLY-46: what is known outlives the relay.
async fn r4_a_relay_remembers_how_far_a_store_has_come() {
    let (folder, running) = relay().await;
    let people = registered(&running.url, &["alice"]).await;
    let backup = Generation::first(&mut SysRng).unwrap();
    let on = backup.next(&mut SysRng).unwrap();
    for store in [&backup, &on] {
        log_in(&running.url, &people[0], store).await.1.unwrap();
    }
    running.stop().await;
    let running = Running::start(folder.path()).await;
    assert_eq!(log_in(&running.url, &people[0], &backup).await.1.err(), Some("STALE_STORE"));
    assert_eq!(log_in(&running.url, &people[0], &on).await.1.unwrap().generation, 2);
}

#[tokio::test]
// RLY-48.
async fn r4_a_store_that_is_ahead_of_the_relay_gets_in() {
    let (_folder, running) = relay().await;
    let people = registered(&running.url, &["alice"]).await;
    let mut store = Generation::first(&mut SysRng).unwrap();
    log_in(&running.url, &people[0], &store).await.1.unwrap();
    for _ in 0..5 {
        store = store.next(&mut SysRng).unwrap();
    }
    let (_, answer) = log_in(&running.url, &people[0], &store).await;
    assert_eq!(answer.unwrap().generation, 6);
    let known = Recorded { number: 6, token: store.token };
    assert!(store.after(Some(&known)).is_some());
}

#[tokio::test]
// RLY-49.
async fn r4_who_was_overtaken_sends_nothing_until_it_has_logged_in_again() {
    let (_folder, running) = relay().await;
    let people = registered(&running.url, &["alice", "bob"]).await;
    let [alice, bob] = people.as_slice() else { panic!("two each") };
    let store = Generation::first(&mut SysRng).unwrap();
    let (mut listening, _) = log_in(&running.url, alice, &store).await;
    assert!(listening.send(bob.letter(1, b"one")).await.is_ok());
    let on = store.next(&mut SysRng).unwrap();
    let (mut sending, _) = log_in(&running.url, alice, &on).await;
    assert_eq!(listening.send(bob.letter(2, b"two")).await, Err("STALE_STORE"));
    assert_eq!(listening.fan_out(circular(3, &[bob], b"three")).await.err(), Some("STALE_STORE"));
    assert_eq!(listening.append(entry(4, 1, &[bob], b"four")).await.err(), Some("STALE_STORE"));
    assert!(sending.send(bob.letter(5, b"five")).await.is_ok());
    // Another process of the same store says what the store says by now.
    let (mut listening, _) = log_in(&running.url, alice, &on).await;
    for client in [&mut listening, &mut sending] {
        assert!(client.send(bob.letter(2, b"two")).await.is_ok());
    }
}

#[tokio::test]
// RLY-46: what is signed is what counts.
async fn r4_nobody_can_say_for_a_device_that_its_store_was_restored() {
    let (_folder, running) = relay().await;
    let people = registered(&running.url, &["alice"]).await;
    let store = Generation::first(&mut SysRng).unwrap();
    let mut client = Client::connect(&running.url).await;
    let login = people[0].login_with(&client.challenge(), &store);
    let told = store.to_wire();
    let forgeries = [
        ("SIGNATURE", Some(pb::StoreGeneration { restored: true, ..told.clone() })),
        ("SIGNATURE", Some(pb::StoreGeneration { number: 2, ..told.clone() })),
        ("MALFORMED", Some(pb::StoreGeneration { token: vec![1; 15], ..told })),
        ("MALFORMED", None),
    ];
    for (word, store) in forgeries {
        let forged = pb::Login { store, ..login.clone() };
        assert_eq!(client.ask(Body::Login(forged)).await.err(), Some(word));
    }
    assert!(client.ask(Body::Login(login)).await.is_ok());
}
