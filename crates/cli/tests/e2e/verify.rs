//! Safety numbers at the terminal, and a handle that changes hands.

use crate::{
    person::{Person, objects},
    relay::RelayProcess,
};

#[tokio::test]
async fn d5_both_screens_show_one_number_and_only_that_one_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    let at_alice = objects(&alice.run(&["verify", "@bob", "--json"]).await.done()).remove(0);
    let at_bob = objects(&bob.run(&["verify", "@alice", "--json"]).await.done()).remove(0);
    assert_eq!(at_alice["digits"], at_bob["digits"]);
    assert_eq!(at_alice["state"], "unverified");

    let number = at_bob["digits"].as_str().unwrap();
    let mut other = number.to_owned();
    let changed = if other.starts_with('7') { "8" } else { "7" };
    other.replace_range(0..1, changed);
    alice.run(&["verify", "@bob", "--confirm", &other]).await.failed(3, &["numbers differ"]);
    alice.run(&["verify", "@bob", "--confirm", "123"]).await.failed(3, &["60 digits"]);
    let verified = alice.run(&["verify", "@bob", "--confirm", number]).await.done();
    assert!(verified.contains("You have compared it"));
    alice.run(&["send", "@bob", "hello"]).await.done();
    assert!(alice.run(&["inbox", "--all"]).await.done().contains("verified"));
}

#[tokio::test]
async fn h11_a_handle_that_changes_hands_is_shown_and_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("relay");
    let mut relay = RelayProcess::start(&data).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["send", "@bob", "to the first"]).await.done();
    // An operator gives the handle to a newcomer's account.
    let newcomer = Person::registered(&folder.path().join("other"), "newcomer", &relay.url).await;
    relay.rename("bob", "gone").await;
    relay.rename("newcomer", "bob").await;
    newcomer.knows(&alice).await;

    alice.run(&["whois", "@bob"]).await.failed(3, &["not the account known here"]);
    alice.run(&["send", "@bob", "to whom?"]).await.failed(3, &["another account", "--accept-new-key"]);
    let shown = alice.run(&["verify", "@bob"]).await.done();
    assert!(shown.contains("BLOCKED"));
    alice.run(&["verify", "@bob", "--accept-new-key"]).await.done();
    alice.run(&["send", "@bob", "to the second"]).await.done();
    assert!(!bob.run(&["inbox"]).await.done().contains("second"));
    assert!(newcomer.run(&["inbox"]).await.done().contains("to the second"));
}
