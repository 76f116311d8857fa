//! What answers is not the relay it should be: a clear word, nothing sent, nothing lost.

use crate::{
    fake::{Fake, Greeting, challenge, frame},
    person::{Person, messages, texts},
    relay::RelayProcess,
};
use aside_wire::pb::{self, reply};
use std::fs;

/// What answers in the relay's place, the exit code, and words of the error.
fn impostors() -> Vec<(Greeting, i32, &'static [&'static str])> {
    let good = frame(reply::Body::Challenge(challenge()));
    let challenge_of = |version| frame(reply::Body::Challenge(pb::Challenge { version, ..challenge() }));
    let unsigned = [[0x0A, 1, 1, 0x12, 64].as_slice(), &[7; 64]].concat();
    let unsigned = frame(reply::Body::Challenge(pb::Challenge { parameters: unsigned, ..challenge() }));
    let not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    vec![
        (Greeting::Bytes(not_found), 4, &["cannot be reached", "404", "is the address right?"]),
        (Greeting::Bytes(""), 4, &["cannot be reached", "is the address right?"]),
        (Greeting::Bytes("220 mail.example.org\r\n"), 4, &["cannot be reached", "is the address right?"]),
        (Greeting::Frame(challenge_of(0)), 1, &["version 0", "this client version 1", "update"]),
        (Greeting::Frame(challenge_of(2)), 1, &["version 2", "this client version 1", "update"]),
        (Greeting::Frame(good[..good.len() - 1].to_vec()), 1, &["not valid", "is it a relay"]),
        (Greeting::Frame(b"Hello, I am not a relay.".to_vec()), 1, &["not valid", "is it a relay"]),
        (Greeting::Frame(Vec::new()), 1, &["not valid", "is it a relay"]),
        (Greeting::Frame(frame(reply::Body::Accepted(pb::Accepted { accepted_at: 1 }))), 1, &["not valid"]),
        (Greeting::Frame(vec![0; 300 * 1024]), 1, &["not valid", "too many bytes"]),
        (Greeting::Frame(unsigned), 1, &["not what it signed", "nothing was sent"]),
        // Everything is right but the key.
        (Greeting::Frame(good), 3, &["not the one this profile was registered with", "nothing was sent"]),
    ]
}

// RLY-75, RLY-76.
#[tokio::test]
async fn an_impostor_is_named_gets_nothing_and_leaves_the_profile_unharmed() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = RelayProcess::start(&folder.path().join("relay")).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["whois", "@bob"]).await.done();
    bob.run(&["send", "@alice", "read me offline"]).await.done();
    relay.kill().await;

    let impostors = impostors();
    let mut expected = Vec::new();
    for (number, (greeting, code, words)) in impostors.iter().enumerate() {
        let fake = Fake::start(relay.port, greeting.clone()).await;
        expected.push(format!("message {number}"));
        let sent = alice.run(&["send", "@bob", &expected[number]]).await;
        sent.failed(*code, words);
        sent.failed(*code, &[&format!("{} waiting in the outbox", number + 1)]);
        alice.run(&["inbox"]).await.failed(*code, words);
        alice.run(&["whois", "@bob"]).await.failed(*code, words);
        assert_eq!(fake.stop().await, 0, "something was sent to {words:?}");
    }
    // A listener waits for the relay, but not at the wrong door.
    let (greeting, code, words) = impostors.last().unwrap();
    let fake = Fake::start(relay.port, greeting.clone()).await;
    alice.start(&["listen"], "").await.end().await.failed(*code, words);
    assert_eq!(fake.stop().await, 0);

    relay.restart().await;
    alice.run(&["outbox", "--retry"]).await.done();
    assert_eq!(texts(&messages(&bob.run(&["inbox", "--json"]).await.done()), "thread")[1..], expected);
    let got = texts(&messages(&alice.run(&["inbox", "--json"]).await.done()), "thread");
    assert_eq!(got.last().unwrap(), "read me offline");
}

#[tokio::test]
async fn another_relay_at_the_same_address_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = RelayProcess::start(&folder.path().join("relay")).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["whois", "@bob"]).await.done();
    relay.kill().await;

    let other_data = folder.path().join("other");
    let mut other = RelayProcess::start_at(&other_data, relay.port).await;
    let sent = alice.run(&["send", "@bob", "for the right relay only"]).await;
    sent.failed(3, &["1 waiting in the outbox", "not the one this profile was registered with"]);
    other.kill().await;
    assert!(other.stored().is_empty());
    for entry in fs::read_dir(&other_data).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(5).any(|window| window == b"right"));
    }

    relay.restart().await;
    alice.run(&["outbox", "--retry"]).await.done();
    assert_eq!(
        texts(&messages(&bob.run(&["inbox", "--json"]).await.done()), "thread"),
        ["for the right relay only"]
    );
}

#[tokio::test]
async fn a_registration_at_an_impostor_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    for (greeting, code, words) in impostors().iter().rev().skip(1) {
        let fake = Fake::start(0, greeting.clone()).await;
        let alice = Person::new(folder.path(), "alice");
        alice.run(&["register", "@alice", "--relay", &fake.url]).await.failed(*code, words);
        assert!(!alice.profile.exists());
        assert_eq!(fake.stop().await, 0);
    }
}
