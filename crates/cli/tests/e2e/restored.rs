//! A relay that goes on with an older copy of its data.

use crate::{
    person::{Person, messages, texts},
    relay::RelayProcess,
};

#[tokio::test]
async fn rly_25_mail_arrives_after_the_relay_was_restored_from_an_older_copy() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = RelayProcess::start(&folder.path().join("relay")).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["send", "@bob", "one"]).await.done();
    alice.run(&["chat", "open", "@bob"]).await.done();
    let copy = folder.path().join("copy");
    relay.copy_to(&copy).await;
    alice.run(&["chat", "send", "@bob", "two"]).await.done();
    alice.run(&["send", "@bob", "three"]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();

    // The relay gives the next messages numbers that Bob has seen before, and old ones a second time.
    relay.restore(&copy).await;
    alice.run(&["send", "@bob", "four"]).await.done();
    alice.run(&["chat", "send", "@bob", "five"]).await.done();
    bob.run(&["inbox"]).await.done();
    alice.run(&["send", "@bob", "six"]).await.done();
    alice.run(&["chat", "send", "@bob", "seven"]).await.done();
    bob.run(&["inbox"]).await.done();

    let all = messages(&bob.run(&["inbox", "--all", "--json"]).await.done());
    assert_eq!(texts(&all, "thread"), ["one", "three", "four", "six"]);
    assert_eq!(texts(&all, "chat"), ["two", "five", "seven"]);
}
