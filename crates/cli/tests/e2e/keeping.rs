//! Mail that nobody fetched in its time.

use crate::{
    person::{Person, messages, texts},
    relay::RelayProcess,
};
use std::time::{Duration, Instant};

const DAY: u64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn rly_42_who_was_away_for_too_long_waits_for_nothing_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = RelayProcess::start(&folder.path().join("relay")).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["chat", "open", "@bob"]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();
    alice.run(&["inbox"]).await.done();
    for text in ["one", "two", "three"] {
        alice.run(&["chat", "send", "@bob", text]).await.done();
    }
    alice.run(&["send", "@bob", "four"]).await.done();
    relay.holds(4).await;

    // The relay was off for a day less than it keeps mail, and then for two more.
    let off = async |relay: &mut RelayProcess, days: u64| {
        let change = format!("UPDATE run SET noted = noted - {}", days * DAY);
        relay.edit(|database| assert_eq!(database.execute(&change, []).unwrap(), 1)).await;
    };
    off(&mut relay, 29).await;
    relay.holds(4).await;
    off(&mut relay, 2).await;
    relay.holds(0).await;
    // Bob's mailbox has given numbers that never come.
    let asked = Instant::now();
    bob.run(&["inbox"]).await.done();
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());

    alice.run(&["chat", "send", "@bob", "five"]).await.done();
    alice.run(&["send", "@bob", "six"]).await.done();
    let found = bob.run(&["inbox"]).await;
    assert_eq!(found.code, Some(0), "{found:?}");
    // In the chat and in the thread.
    assert_eq!(found.err.matches("a message before one of these is missing").count(), 2, "{found:?}");
    let all = messages(&bob.run(&["inbox", "--all", "--json"]).await.done());
    assert_eq!(texts(&all, "chat"), ["five"]);
    assert_eq!(texts(&all, "thread"), ["six"]);
    // And Bob answers in the same session.
    bob.run(&["chat", "send", "@alice", "seven"]).await.done();
    alice.run(&["inbox"]).await.done();
    let all = messages(&alice.run(&["inbox", "--all", "--json"]).await.done());
    assert_eq!(texts(&all, "chat"), ["one", "two", "three", "five", "seven"]);
}
