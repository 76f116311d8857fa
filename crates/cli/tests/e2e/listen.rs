//! `aside listen`: one JSON object a line, through everything, beside other commands of the same profile.

use crate::{
    person::{Person, Running, messages, texts},
    relay::RelayProcess,
};
use serde_json::Value;
use tempfile::TempDir;

/// A relay, Alice and Bob, and Bob listens.
struct Scene {
    folder: TempDir,
    relay: RelayProcess,
    alice: Person,
    bob: Person,
    listening: Running,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    let mut listening = bob.start(&["listen", "--json"], "").await;
    listening.object("connected").await;
    Scene { folder, relay, alice, bob, listening }
}

fn text(message: &Value) -> (&str, &str) {
    (message["conversation"].as_str().unwrap(), message["text"].as_str().unwrap())
}

#[tokio::test]
async fn a_listener_hears_every_kind_of_thing_as_json() {
    let Scene { folder: _folder, relay: _relay, alice, bob, mut listening } = scene().await;
    alice.run(&["send", "@bob", "two\nlines"]).await.done();
    let message = listening.object("message").await;
    assert_eq!(text(&message), ("thread", "two\nlines"));
    assert_eq!((&message["from"], &message["shield"]), (&"@alice".into(), &"none".into()));

    alice.run(&["chat", "open", "@bob"]).await.done();
    assert_eq!(listening.object("chat_request").await["from"], "@alice");
    alice.run(&["chat", "send", "@bob", "before you answer"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();
    alice.run(&["chat", "send", "@bob", "after"]).await.done();
    // What was held back until Bob accepted is not passed over.
    let first = listening.object("message").await;
    assert_eq!(text(&first), ("chat", "before you answer"));
    assert_eq!(first["shield"], "pairwise");
    assert_eq!(text(&listening.object("message").await), ("chat", "after"));
    // All of it was shown; nothing is new.
    assert_eq!(bob.run(&["inbox", "--json"]).await.done(), "");
    listening.kill().await;
}

#[tokio::test]
async fn a_listener_reconnects_when_the_relay_was_killed() {
    let Scene { folder: _folder, mut relay, alice, mut listening, .. } = scene().await;
    alice.run(&["whois", "@bob"]).await.done();
    for round in 1..=3 {
        relay.kill().await;
        let disconnected = listening.object("disconnected").await;
        assert!(disconnected["detail"].is_string());
        let words = format!("round {round}");
        alice.run(&["send", "@bob", &words]).await.failed(4, &["1 waiting in the outbox"]);
        relay.restart().await;
        listening.object("connected").await;
        alice.run(&["outbox", "--retry"]).await.done();
        assert_eq!(text(&listening.object("message").await), ("thread", words.as_str()));
    }
    listening.kill().await;
}

/// Three processes work on Bob's profile at a time: a listener, one that fetches, and one that answers.
#[tokio::test]
async fn one_profile_serves_several_commands_at_a_time() {
    const EACH: usize = 15;
    let Scene { folder: _folder, relay, alice, bob, mut listening } = scene().await;
    // So that the peer is known, and the relay busy with both.
    bob.run(&["send", "@alice", "Ready."]).await.done();
    alice.run(&["inbox"]).await.done();

    let numbered = |name: &str| (1..=EACH).map(|number| format!("{name} {number}")).collect::<Vec<_>>();
    let (from_alice, from_bob) = (numbered("alice"), numbered("bob"));
    let sending = async {
        for text in &from_alice {
            alice.run(&["send", "@bob", text]).await.done();
        }
    };
    let answering = async {
        for text in &from_bob {
            bob.run(&["send", "@alice", text]).await.done();
        }
    };
    let fetching = async {
        let mut shown = Vec::new();
        for _ in 0..EACH {
            shown.extend(messages(&bob.run(&["inbox", "--json"]).await.done()));
        }
        shown
    };
    let ((), (), mut shown) = tokio::join!(sending, answering, fetching);
    shown.extend(messages(&bob.run(&["inbox", "--json"]).await.done()));
    // A last message, so that the listener has caught up.
    alice.run(&["send", "@bob", "the last"]).await.done();
    loop {
        let message = listening.object("message").await;
        let last = message["text"] == "the last";
        shown.push(message);
        if last {
            break;
        }
    }
    listening.kill().await;
    relay.holds(EACH).await;

    // Kept once and in order, and never hidden: each was shown by one of them, at least.
    let mut expected = from_alice.clone();
    expected.push("the last".to_owned());
    let history = bob.history().await;
    let of = |who: &str| {
        let own: Vec<_> = history.iter().filter(|message| message["from"] == who).cloned().collect();
        texts(&own, "thread")
    };
    assert_eq!(of("@alice"), expected);
    assert_eq!(of("@bob")[1..], from_bob);
    let shown = texts(&shown, "thread");
    for text in &expected {
        assert!(shown.contains(text), "{text} was never shown");
    }
    let at_alice = texts(&messages(&alice.run(&["inbox", "--json"]).await.done()), "thread");
    let from_bob_at_alice: Vec<_> = at_alice.iter().filter(|text| text.starts_with("bob")).cloned().collect();
    assert_eq!(from_bob_at_alice, from_bob);
}
