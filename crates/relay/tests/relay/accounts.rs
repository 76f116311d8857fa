//! Registration, login, handles, prekeys.

use crate::{
    client::Client,
    person::{NEVER, Person},
    running::{Running, relay},
};
use aside_identity::{DeviceId, DeviceKeys, PrekeyKind, PrekeySecret, proof::Challenge};
use aside_primitives::{Draw, SigningKey};
use aside_relay::limits;
use aside_wire::pb::{self, reply, request::Body};
use futures_util::future::join_all;
use getrandom::SysRng;
use std::collections::HashSet;

#[tokio::test]
// RLY-3.
async fn a_registration_can_be_repeated_and_not_stolen() {
    let (_folder, running) = relay().await;
    let alice = Person::new("alice");
    let mut client = Client::connect(&running.url).await;
    client.register(&alice).await.unwrap();
    client.register(&alice).await.unwrap();
    assert_eq!(client.register(&Person::new("alice")).await, Err("HANDLE_TAKEN"));
    let mut renamed = Person::new("alicia");
    renamed.account = SigningKey::from_seed(&alice.account.to_seed());
    (renamed.list, renamed.certificate) = (alice.list.clone(), alice.certificate.clone());
    assert_eq!(client.register(&renamed).await, Err("ACCOUNT_EXISTS"));
}

#[tokio::test]
// RLY-3.
async fn wrong_registrations_are_refused_with_their_reason() {
    let (_folder, running) = relay().await;
    let alice = Person::new("alice");
    let other = Person::new("alice");
    let next = alice.list.issue_next(&alice.account, 2, alice.list.certificates()).unwrap();
    type Change<'a> = Box<dyn Fn(&mut pb::Register) + 'a>;
    let tests: [(&str, Change<'_>); 12] = [
        ("BAD_HANDLE", Box::new(|register| register.handle = "@alice".into())),
        ("BAD_HANDLE", Box::new(|register| register.handle = "Alice".into())),
        ("BAD_HANDLE", Box::new(|register| register.handle = "a'; DROP TABLE account; --".into())),
        ("BAD_HANDLE", Box::new(|register| register.handle.clear())),
        ("SIGNATURE", Box::new(|register| register.handle = "bob".into())),
        ("SIGNATURE", Box::new(|register| register.signature[0] ^= 1)),
        ("MALFORMED", Box::new(|register| register.signature.truncate(63))),
        ("MALFORMED", Box::new(|register| register.account_key = vec![0; 32])),
        ("SIGNATURE", Box::new(|register| register.account_key = other.key())),
        ("SIGNATURE", Box::new(|register| register.device_list = other.list.as_bytes().to_vec())),
        ("SIGNATURE", Box::new(|register| register.device_list = next.as_bytes().to_vec())),
        ("SIGNATURE", Box::new(|register| register.device_list.clear())),
    ];
    for (word, change) in tests {
        let mut client = Client::connect(&running.url).await;
        let mut register = alice.registration(&client.challenge());
        change(&mut register);
        assert_eq!(client.ask(Body::Register(register)).await.err(), Some(word));
    }
}

#[tokio::test]
// RLY-3.
async fn a_first_list_is_the_accounts_own_and_has_version_one() {
    let (_folder, running) = relay().await;
    let mut client = Client::connect(&running.url).await;
    let alice = Person::new("alice");
    let mut second = Person::new("alice");
    second.list = second.list.issue_next(&second.account, 2, second.list.certificates()).unwrap();
    assert_eq!(client.register(&second).await, Err("MALFORMED"));
    let mut stolen = Person::new("alice");
    stolen.list = alice.list.clone();
    assert_eq!(client.register(&stolen).await, Err("SIGNATURE"));
}

#[tokio::test]
// RLY-6.
async fn p11_the_same_keys_under_two_accounts_are_refused() {
    let (_folder, running) = relay().await;
    let mut client = Client::connect(&running.url).await;
    let bob = Person::new("bob");
    client.register(&bob).await.unwrap();
    // A broken source of randomness gave Carol's device the keys of Bob's.
    let keys = DeviceKeys::from_seeds(&bob.keys.signing.to_seed(), &bob.keys.agreement.to_seed());
    let account = SigningKey::generate(&mut SysRng, Draw("account")).unwrap();
    assert_eq!(client.register(&Person::with_keys("carol", account, keys)).await, Err("DUPLICATE_KEY"));
    // Or her account the key of her device.
    let keys = DeviceKeys::generate(&mut SysRng).unwrap();
    let account = SigningKey::from_seed(&keys.signing.to_seed());
    assert_eq!(client.register(&Person::with_keys("carol", account, keys)).await, Err("DUPLICATE_KEY"));
}

#[tokio::test]
// RLY-1, RLY-4, RLY-19.
async fn t9_a_login_is_bound_to_connection_name_and_key() {
    let (folder, running) = relay().await;
    let alice = Person::new("alice");
    let mut client = Client::connect(&running.url).await;
    client.register(&alice).await.unwrap();
    let login = alice.login(&client.challenge());

    // Overheard, and replayed on another connection.
    let mut thief = Client::connect(&running.url).await;
    assert_ne!(client.nonce, thief.nonce);
    assert_eq!(thief.ask(Body::Login(login.clone())).await.err(), Some("SIGNATURE"));
    // Signed for a relay of another name or key that passed our challenge on, or for an older challenge of ours.
    let key = SigningKey::generate(&mut SysRng, Draw("relay")).unwrap().verifying_key();
    let forgeries = [
        Challenge { relay_name: "evil.example", ..thief.challenge() },
        Challenge { relay_key: &key, ..thief.challenge() },
        Challenge { nonce: &client.nonce, ..thief.challenge() },
    ]
    .map(|challenge| alice.login(&challenge));
    for forgery in forgeries {
        assert_eq!(thief.ask(Body::Login(forgery)).await.err(), Some("SIGNATURE"));
    }
    assert_eq!(thief.ask(Body::Subscribe(pb::Subscribe {})).await.err(), Some("NOT_LOGGED_IN"));
    assert!(client.ask(Body::Login(login)).await.is_ok());

    // The relay's key and name are its own: they outlive it.
    running.stop().await;
    let running = Running::start(folder.path()).await;
    let again = Client::connect(&running.url).await;
    assert_eq!((&again.relay_key, &again.name), (&client.relay_key, &client.name));
}

#[tokio::test]
// RLY-4.
async fn t9_a_login_is_bound_to_account_and_device() {
    let (_folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut client = Client::connect(&running.url).await;
    client.register(&alice).await.unwrap();
    client.register(&bob).await.unwrap();
    let login = alice.login(&client.challenge());
    let forgeries = [
        ("SIGNATURE", pb::Login { account_key: bob.key(), ..login.clone() }),
        ("SIGNATURE", pb::Login { device_id: 2, ..login.clone() }),
        ("UNKNOWN_ACCOUNT", pb::Login { account_key: vec![7; 32], ..login.clone() }),
    ];
    for (word, forgery) in forgeries {
        assert_eq!(client.ask(Body::Login(forgery)).await.err(), Some(word));
    }
    assert!(client.ask(Body::Login(login.clone())).await.is_ok());
    // A connection speaks for one device.
    assert_eq!(client.ask(Body::Login(login)).await.err(), Some("MALFORMED"));
}

#[tokio::test]
// RLY-5.
async fn everything_but_register_and_login_needs_a_login() {
    let (_folder, running) = relay().await;
    let alice = Person::new("alice");
    let mut client = Client::connect(&running.url).await;
    client.register(&alice).await.unwrap();
    let requests = [
        Body::PublishPrekeys(alice.prekeys(1..2)),
        Body::Resolve(pb::Resolve { handle: "alice".into() }),
        Body::FetchDevices(pb::FetchDevices { account_key: alice.key(), known_version: 0 }),
        Body::FetchPrekeys(pb::FetchPrekeys { account_key: alice.key(), device_id: 1 }),
        Body::Send(alice.letter(1, b"x")),
        Body::Subscribe(pb::Subscribe {}),
        Body::Acknowledge(pb::Acknowledge { up_to: 0 }),
    ];
    for request in requests {
        assert_eq!(client.ask(request).await.err(), Some("NOT_LOGGED_IN"));
    }
    client.log_in(&alice).await.unwrap();
}

#[tokio::test]
// RLY-15.
async fn attempts_are_counted() {
    let (_folder, running) = relay().await;
    let mut client = Client::connect(&running.url).await;
    let alice = Person::new("alice");
    for _ in 0..limits::LOGINS {
        assert_eq!(client.log_in(&alice).await.err(), Some("UNKNOWN_ACCOUNT"));
    }
    for number in 0..limits::REGISTRATIONS {
        client.register(&Person::new(&format!("person{number}"))).await.unwrap();
    }
    assert_eq!(client.register(&alice).await, Err("RATE"));
    assert_eq!(client.log_in(&alice).await.err(), Some("RATE"));
}

#[tokio::test]
async fn a_handle_leads_to_devices() {
    let (_folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut client = Client::join(&running.url, &alice).await;
    Client::join(&running.url, &bob).await;
    for request in [
        Body::Resolve(pb::Resolve { handle: "bob".into() }),
        Body::FetchDevices(pb::FetchDevices { account_key: bob.key(), known_version: 0 }),
    ] {
        let Ok(reply::Body::Devices(devices)) = client.ask(request).await else { panic!("no devices") };
        assert_eq!((devices.handle.as_str(), devices.account_key), ("bob", bob.key()));
        assert_eq!(devices.lists, [bob.list.as_bytes().to_vec()]);
    }
    let mut resolve =
        async |handle: &str| client.ask(Body::Resolve(pb::Resolve { handle: handle.into() })).await.err();
    assert_eq!(resolve("nobody").await, Some("UNKNOWN_HANDLE"));
    assert_eq!(resolve("@bob").await, Some("BAD_HANDLE"));
    assert_eq!(resolve("' OR 1=1; --").await, Some("BAD_HANDLE"));
    let known = Body::FetchDevices(pb::FetchDevices { account_key: bob.key(), known_version: 1 });
    let Ok(reply::Body::Devices(devices)) = client.ask(known).await else { panic!("no devices") };
    assert!(devices.lists.is_empty());
    let unknown = Body::FetchDevices(pb::FetchDevices { account_key: vec![7; 32], known_version: 0 });
    assert_eq!(client.ask(unknown).await.err(), Some("UNKNOWN_ACCOUNT"));
}

#[tokio::test]
// RLY-7.
async fn h5_a_hundred_clients_fetch_a_hundred_different_prekeys() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = aside_relay::Config::new(folder.path());
    let many = aside_relay::Rate { burst: 1_000, each: std::time::Duration::from_secs(1) };
    (config.rates.bundles_of_one, config.rates.one_time) = (many, many);
    let running = Running::start_with(config).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut owner = Client::join(&running.url, &bob).await;
    Client::join(&running.url, &alice).await;
    let uploaded = bob.prekeys(1..101);
    assert_eq!(owner.publish(uploaded.clone()).await, Ok(100));

    let fetches = (0..10).map(|_| async {
        let mut client = Client::enter(&running.url, &alice).await;
        let mut fetched = Vec::new();
        for _ in 0..10 {
            let prekeys = client.take_prekeys(&bob).await.unwrap();
            assert!(prekeys.signed_prekey == uploaded.signed_prekey);
            fetched.push(prekeys.one_time);
        }
        fetched
    });
    let fetched: HashSet<_> = join_all(fetches).await.into_iter().flatten().collect();
    assert!(fetched == uploaded.one_time.into_iter().collect());

    // H2: drained, but Bob can still be written to, and learns at the next login that he should refill.
    let mut client = Client::enter(&running.url, &alice).await;
    assert!(client.take_prekeys(&bob).await.unwrap().one_time.is_empty());
    let again = Client::connect(&running.url).await.log_in(&bob).await.unwrap();
    assert_eq!((again.one_time_prekeys, again.signed_prekey_not_after), (0, NEVER));
}

#[tokio::test]
// RLY-20.
async fn wrong_prekeys_are_refused_with_their_reason() {
    let (_folder, running) = relay().await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut client = Client::join(&running.url, &alice).await;
    let expired =
        |kind| PrekeySecret::generate(&mut SysRng, &alice.certificate, &alice.keys, kind, 9, 1).unwrap().1;
    let none = pb::PublishPrekeys { signed_prekey: vec![], one_time: vec![] };
    let mut damaged = alice.prekey(PrekeyKind::OneTime, 3);
    *damaged.last_mut().unwrap() ^= 1;
    let mut foreign = Person::new("alice");
    foreign.certificate = alice.certificate.clone();
    let tests = [
        ("SIGNATURE", bob.prekeys(1..2)),
        ("SIGNATURE", foreign.prekeys(1..2)),
        ("SIGNATURE", pb::PublishPrekeys { one_time: vec![damaged], ..none.clone() }),
        (
            "MALFORMED",
            pb::PublishPrekeys { signed_prekey: alice.prekey(PrekeyKind::OneTime, 1), ..none.clone() },
        ),
        (
            "MALFORMED",
            pb::PublishPrekeys { one_time: vec![alice.prekey(PrekeyKind::Signed, 1)], ..none.clone() },
        ),
        ("MALFORMED", pb::PublishPrekeys { signed_prekey: expired(PrekeyKind::Signed), ..none.clone() }),
        ("MALFORMED", pb::PublishPrekeys { one_time: vec![expired(PrekeyKind::OneTime)], ..none.clone() }),
        ("MALFORMED", pb::PublishPrekeys { one_time: vec![vec![]], ..none.clone() }),
        ("LIMIT", pb::PublishPrekeys { one_time: vec![vec![]; 101], ..none.clone() }),
        ("LIMIT", pb::PublishPrekeys { one_time: vec![vec![0; 2000]], ..none.clone() }),
        (
            "DUPLICATE_KEY",
            pb::PublishPrekeys {
                one_time: vec![alice.prekey(PrekeyKind::OneTime, 1), alice.prekey(PrekeyKind::OneTime, 1)],
                ..none.clone()
            },
        ),
    ];
    for (number, (word, prekeys)) in tests.into_iter().enumerate() {
        assert_eq!(client.publish(prekeys).await, Err(word), "case {number}");
    }
    assert_eq!(client.take_prekeys(&alice).await.err(), Some("NO_PREKEYS"));
    assert_eq!(client.take_prekeys(&bob).await.err(), Some("UNKNOWN_ACCOUNT"));
    let second =
        pb::FetchPrekeys { account_key: alice.key(), device_id: DeviceId::parse(2).unwrap().number() };
    assert_eq!(client.ask(Body::FetchPrekeys(second)).await.err(), Some("UNKNOWN_ACCOUNT"));
    assert_eq!(client.publish(none).await, Ok(0));
}
