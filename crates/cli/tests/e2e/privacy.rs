//! Who may write: what somebody who is shut out gets to see, and what does not depend on the relay being there.

use crate::{
    person::{Person, objects},
    relay::RelayProcess,
};
use tempfile::TempDir;

/// Alice and Bob at a relay of their own, so that two worlds can be compared letter by letter.
struct World {
    relay: RelayProcess,
    alice: Person,
    bob: Person,
    _folder: TempDir,
}

impl World {
    async fn new(have_talked: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = RelayProcess::start(&folder.path().join("relay")).await;
        let alice = Person::registered(folder.path(), "alice", &relay.url).await;
        let bob = Person::registered(folder.path(), "bob", &relay.url).await;
        if have_talked {
            alice.run(&["send", "@bob", "Hello."]).await.done();
            alice.run(&["chat", "open", "@bob"]).await.done();
            bob.run(&["inbox"]).await.done();
            bob.run(&["chat", "accept", "@alice"]).await.done();
            bob.run(&["chat", "send", "@alice", "Hello."]).await.done();
            alice.run(&["inbox"]).await.done();
            bob.run(&["inbox"]).await.done();
        }
        Self { relay, alice, bob, _folder: folder }
    }

    /// Everything that Alice can try, and what it answers. Numbers are keys, times and ports.
    async fn experience(&self) -> Vec<(Option<i32>, String, String)> {
        let tries: [&[&str]; 14] = [
            &["send", "@bob", "In the thread."],
            &["chat", "open", "@bob"],
            &["chat", "send", "@bob", "In the chat."],
            &["chat", "send", "@bob", "In the chat again."],
            &["reply", "@bob", "1", "An answer."],
            &["react", "@bob", "1", "👍"],
            &["chat", "react", "@bob", "2", "👍"],
            &["group", "create", "Friends", "@bob"],
            &["outbox"],
            &["outbox", "--retry"],
            &["inbox"],
            &["inbox", "--all"],
            &["whois", "@bob"],
            &["outbox", "--json"],
        ];
        let mut seen = Vec::new();
        for words in tries {
            let outcome = self.alice.run(words).await;
            seen.push((outcome.code, without_numbers(&outcome.out), without_numbers(&outcome.err)));
        }
        seen
    }
}

/// The text with every word of digits, hex or Base64 that has a digit in it left out.
fn without_numbers(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let mut left = String::new();
    for piece in text.split_inclusive(|c| !is_word(c)) {
        let word = piece.trim_end_matches(|c| !is_word(c));
        let numeric = word.bytes().any(|byte| byte.is_ascii_digit()) || is_hex(word);
        left.push_str(if numeric { piece.get(word.len()..).unwrap_or_default() } else { piece });
    }
    left
}

fn is_hex(word: &str) -> bool {
    matches!(word.len(), 4 | 8 | 32 | 64) && word.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
}

// F11
#[tokio::test]
async fn cnv_46_whoever_is_blocked_sees_what_whoever_is_excluded_sees() {
    for have_talked in [false, true] {
        let (blocked, excluded) = (World::new(have_talked).await, World::new(have_talked).await);
        if !have_talked {
            // Blocking needs a name; it does not need to have been written to.
            blocked.bob.run(&["whois", "@alice"]).await.done();
        }
        blocked.bob.run(&["block", "@alice"]).await.done();
        for matter in ["threads", "chats", "groups"] {
            excluded.bob.run(&["privacy", "set", matter, "contacts"]).await.done();
        }
        let (one, other) = (blocked.experience().await, excluded.experience().await);
        assert_eq!(one, other);
        let refused = "not sent: the recipient does not take your messages at present";
        assert!(one.iter().any(|(_, out, _)| out.contains(refused)), "{one:#?}");
        assert!(one[13].1.contains("\"refusal\":\"unreachable\""), "{}", one[13].1);
        for world in [&blocked, &excluded] {
            let inbox = world.bob.run(&["inbox"]).await;
            assert_eq!((inbox.code, inbox.out.as_str(), inbox.err.as_str()), (Some(0), "Nothing new.\n", ""));
        }
    }
}

#[tokio::test]
async fn cnv_44_a_block_while_the_relay_is_away_counts_here_and_goes_out_first() {
    let mut world = World::new(true).await;
    world.relay.kill().await;
    let words = ["counts here already", "next connection"];
    world.bob.run(&["block", "@alice"]).await.failed(4, &words);
    world.relay.restart().await;
    // Whatever he does next tells the relay.
    world.bob.run(&["inbox"]).await.done();
    let refused = world.alice.run(&["send", "@bob", "Are you there?"]).await;
    refused.failed(3, &["aside outbox"]);
}

// F47
#[tokio::test]
async fn cnv_40_after_chat_only_nothing_goes_in_the_clear_from_either_side() {
    let mut world = World::new(true).await;
    let (alice, bob) = (&world.alice, &world.bob);
    alice.run(&["chat", "only", "@bob"]).await.done();
    alice.run(&["send", "@bob", "x"]).await.failed(3, &["aside chat send @bob"]);
    // Bob has not heard of it; the relay refuses, and that is how he learns.
    bob.run(&["send", "@alice", "canary in the clear"]).await.failed(3, &["aside outbox"]);
    let outbox = bob.run(&["outbox"]).await.done();
    assert!(
        outbox.contains("canary in the clear  [not sent: it must be said in an encrypted chat;"),
        "{outbox}"
    );
    bob.run(&["send", "@alice", "x"])
        .await
        .failed(3, &["everything is said encrypted", "aside chat open @alice"]);
    bob.run(&["reply", "@alice", "1", "x"]).await.failed(3, &["everything is said encrypted"]);
    let told = bob.run(&["privacy"]).await.done();
    assert!(told.contains("With @alice only encrypted: they have said so.\n"), "{told}");
    bob.run(&["chat", "send", "@alice", "In the chat."]).await.done();
    let read = alice.run(&["inbox"]).await.done();
    assert!(read.contains("In the chat.") && !read.contains("canary"), "{read}");
    world.relay.kill().await;
    world.relay.restart().await;
    let (alice, bob) = (&world.alice, &world.bob);
    for (person, to) in [(bob, "@alice"), (alice, "@bob")] {
        person.run(&["send", to, "x"]).await.failed(3, &["everything is said encrypted"]);
    }
}

// C1
#[tokio::test]
async fn cnv_43_what_a_forgetful_relay_lets_through_in_the_clear_is_an_alarm_and_is_not_kept() {
    let mut world = World::new(true).await;
    world.alice.run(&["chat", "only", "@bob"]).await.done();
    let forget = |database: &rusqlite::Connection| {
        assert_eq!(database.execute("DELETE FROM declaration", []).unwrap(), 1);
    };
    world.relay.edit(forget).await;
    let (alice, bob) = (&world.alice, &world.bob);
    // Bob has not fetched what Alice has said in the chat.
    bob.run(&["send", "@alice", "canary in the clear"]).await.done();
    let inbox = alice.run(&["inbox"]).await;
    assert_eq!((inbox.code, inbox.out.as_str()), (Some(0), "Nothing new.\n"), "{}", inbox.err);
    assert!(inbox.err.contains("ALARM: a message in the clear came from @bob"), "{}", inbox.err);
    assert!(!alice.run(&["inbox", "--all"]).await.out.contains("canary"));
    // The chat tells him, whatever the relay has forgotten.
    let told = bob.run(&["inbox"]).await.done();
    assert!(told.contains("@alice can be reached only encrypted from now on."), "{told}");
    bob.run(&["send", "@alice", "x"]).await.failed(3, &["everything is said encrypted"]);
}

// RLY-41
#[tokio::test]
async fn rly_41_a_listener_tells_the_relay_of_new_members_by_itself() {
    let world = World::new(true).await;
    let folder = world.alice.profile.parent().unwrap().to_owned();
    let carol = Person::registered(&folder, "carol", &world.relay.url).await;
    let bob = &world.bob;
    bob.run(&["contacts", "add", "@alice"]).await.done();
    // The listener looks up members that it does not know, on a connection of its own.
    bob.run(&["whois", "@carol"]).await.done();
    for matter in ["threads", "chats", "groups"] {
        bob.run(&["privacy", "set", matter, "contacts"]).await.done();
    }
    world.alice.run(&["group", "create", "Friends", "@bob"]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["group", "accept", "Friends"]).await.done();
    let mut listening = bob.start(&["listen", "--json"], "").await;
    listening.object("connected").await;
    world.alice.run(&["group", "add", "Friends", "@carol"]).await.done();
    listening.object("group_changed").await;
    while objects(&bob.run(&["privacy", "--json"]).await.done())[0]["published"] != true {}
    carol.run(&["inbox"]).await.done();
    carol.run(&["group", "accept", "Friends"]).await.done();
    carol.run(&["group", "send", "Friends", "Can you read this?"]).await.done();
    let message = listening.object("message").await;
    assert_eq!(message["text"], "Can you read this?");
    listening.kill().await;
}
