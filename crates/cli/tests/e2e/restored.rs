//! A relay or a profile that goes on with an older copy of its data.

use crate::{
    person::{Person, messages, texts},
    relay::RelayProcess,
};
use std::{fs, path::Path};

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

/// Everything in the profile of one person, as a backup or a clone has it, for another process.
fn cloned(person: &Person, folder: &Path) -> Person {
    let name = person.handle.trim_start_matches('@');
    let clone = Person::new(folder, name);
    fs::create_dir_all(&clone.profile).unwrap();
    for (path, bytes) in person.files() {
        fs::write(clone.profile.join(path.file_name().unwrap()), bytes).unwrap();
    }
    clone
}

async fn chatting(folder: &Path, url: &str) -> (Person, Person) {
    let bob = Person::registered(folder, "bob", url).await;
    let alice = Person::registered(folder, "alice", url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["chat", "open", "@bob"]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();
    alice.run(&["inbox"]).await.done();
    alice.run(&["chat", "send", "@bob", "one"]).await.done();
    bob.run(&["inbox"]).await.done();
    (alice, bob)
}

const TOLD: &str = "this profile is an older copy";

#[tokio::test]
// RLY-46, HEA-30.
async fn r4_of_a_cloned_profile_the_second_login_is_noticed_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let (alice, bob) = chatting(folder.path(), &relay.url).await;
    let clone = cloned(&alice, &folder.path().join("clone"));

    alice.run(&["chat", "send", "@bob", "two"]).await.done();
    bob.run(&["inbox"]).await.done();
    let noticed = clone.run(&["chat", "send", "@bob", "three"]).await;
    assert!(noticed.code == Some(0) && noticed.err.contains(TOLD), "{noticed:?}");
    // It is told once.
    clone.run(&["chat", "send", "@bob", "four"]).await.done();
    let read = bob.run(&["inbox"]).await;
    assert!(!read.err.contains("refused"), "{read:?}");
    bob.run(&["chat", "send", "@alice", "five"]).await.done();
    clone.run(&["inbox"]).await.done();
    // Now the original is the one that lags behind.
    let noticed = alice.run(&["chat", "send", "@bob", "six"]).await;
    assert!(noticed.code == Some(0) && noticed.err.contains(TOLD), "{noticed:?}");
    // Two that go on like this are stopped within the hour, with what can be done.
    let stopped = clone.run(&["chat", "send", "@bob", "seven"]).await;
    assert!(stopped.code != Some(0) && stopped.err.contains("aside restored"), "{stopped:?}");
    let by_hand = clone.run(&["restored"]).await;
    assert!(by_hand.code == Some(0) && by_hand.err.contains(TOLD), "{by_hand:?}");

    // What the copies have said does not follow one from the other, and so it is shown.
    let read = bob.run(&["inbox"]).await;
    assert!(read.code == Some(0) && !read.err.contains("refused"), "{read:?}");
    let all = bob.history().await;
    assert_eq!(texts(&all, "chat"), ["one", "two", "three", "four", "five", "six", "seven"]);
    assert_eq!(texts(&clone.history().await, "chat"), ["one", "three", "four", "five", "seven"]);
}

#[tokio::test]
// RLY-46, RLY-50.
async fn r4_processes_that_share_a_profile_are_no_clones_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let (alice, bob) = chatting(folder.path(), &relay.url).await;
    let listening = alice.start(&["listen", "--json"], "").await;
    let said: Vec<String> = (0..8).map(|number| format!("line {number}")).collect();
    for two in said.chunks(2) {
        let [first, second] = two else { panic!("two each") };
        let (first, second) = (["chat", "send", "@bob", first], ["chat", "send", "@bob", second]);
        let third = ["chat", "send", "@alice", "and here"];
        let at_once = tokio::join!(alice.run(&first), alice.run(&second), bob.run(&third));
        for outcome in [at_once.0, at_once.1, at_once.2] {
            outcome.done();
        }
    }
    listening.kill().await;
    bob.run(&["inbox"]).await.done();
    let mut received = texts(&bob.history().await, "chat");
    received.retain(|text| text.starts_with("line"));
    received.sort();
    assert_eq!(received, said);
    // Whoever comes last is not told of a copy either.
    alice.run(&["inbox"]).await.done();
    let mine = texts(&alice.history().await, "chat");
    assert_eq!(mine.iter().filter(|text| *text == "and here").count(), 4);
}
