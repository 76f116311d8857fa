//! What people type: what cannot be done is said in one line with its remedy, and changes nothing.

use crate::{
    person::{Person, aside, finish, messages, texts},
    relay::RelayProcess,
    wiretap::{OPEN, Quota, Wiretap},
};

/// The longest text in bytes.
const LONGEST: usize = 16_384;

#[tokio::test]
async fn a_command_without_arguments_shows_help_and_wrong_usage_exits_with_2() {
    for arguments in [&[][..], &["chat"], &["group"]] {
        let shown = finish(aside(arguments), "").await;
        assert_eq!(shown.code, Some(2));
        assert!(shown.err.contains("Usage: aside") && shown.err.contains("Commands:"), "{shown:?}");
    }
    let help = finish(aside(["--help"]), "").await.done();
    let mut commands =
        vec!["register", "whois", "verify", "send", "reply", "react", "edit", "unsend", "forward"];
    commands
        .extend(["chat", "group", "block", "unblock", "mute", "unmute", "inbox", "outbox", "listen", "demo"]);
    for command in commands {
        let line = |line: &str| line.trim_start().starts_with(&format!("{command} "));
        assert!(help.lines().any(line), "{command}");
        assert!(finish(aside([command, "--help"]), "").await.done().contains("Usage: aside"));
    }
    assert!(help.contains("Exit codes:"));
    for bad in ["bob smith", "Bob!", "b", "", "1bob", "@", "bob@relay", &"b".repeat(33)] {
        let refused = finish(aside(["send", bad, "text"]), "").await;
        assert_eq!(refused.code, Some(2), "{bad}");
        assert!(refused.err.contains("2 to 32 of a-z, 0-9"), "{refused:?}");
    }
}

#[tokio::test]
async fn without_an_account_every_command_says_how_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = Person::new(folder.path(), "nobody");
    for arguments in [
        &["send", "@bob", "text"][..],
        &["chat", "open", "@bob"],
        &["chat", "accept", "@bob"],
        &["chat", "send", "@bob", "text"],
        &["group", "create", "Friends", "@bob"],
        &["group", "list"],
        &["group", "send", "Friends", "text"],
        &["reply", "@bob", "1", "text"],
        &["chat", "react", "@bob", "1", "👍"],
        &["group", "edit", "Friends", "1", "text"],
        &["unsend", "@bob", "1"],
        &["chat", "forward", "@bob", "1", "--to-chat", "@carol"],
        &["block", "@bob"],
        &["mute", "@bob"],
        &["inbox"],
        &["outbox"],
        &["listen"],
        &["whois", "@bob"],
    ] {
        nobody.run(arguments).await.failed(5, &["aside register @HANDLE --relay URL"]);
    }
    for (address, code) in [("http://127.0.0.1:1", 2), ("127.0.0.1:1", 2), ("ws://127.0.0.1:1", 4)] {
        nobody.run(&["register", "@nobody", "--relay", address]).await.failed(code, &["address"]);
    }
    assert!(!nobody.profile.exists());
}

#[tokio::test]
async fn handles_that_are_taken_unknown_or_ones_own_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;

    // Taken: and the same directory serves for another handle.
    let bob = Person::new(folder.path(), "bob");
    let register = |handle| ["register", handle, "--relay", &relay.url];
    bob.run(&register("@alice")).await.failed(3, &["taken", "choose another"]);
    bob.run(&["inbox"]).await.failed(5, &["aside register"]);
    bob.run(&register("@bob")).await.done();
    bob.run(&register("@carol")).await.failed(3, &["belongs to @bob", "--profile"]);
    assert!(alice.run(&["whois", "bob"]).await.done().starts_with("@bob\n"));

    for arguments in [
        &["send", "@carol", "text"][..],
        &["chat", "open", "@carol"],
        &["whois", "@carol"],
        &["verify", "@carol"],
    ] {
        alice.run(arguments).await.failed(3, &["nobody has the handle @carol"]);
    }
    for arguments in [&["send", "@alice", "text"][..], &["chat", "open", "@alice"], &["verify", "@alice"]] {
        alice.run(arguments).await.failed(3, &["your own handle"]);
    }
    assert_eq!(alice.run(&["outbox"]).await.done(), "Everything is on the relay.\n");
    assert!(relay.stored().is_empty());
}

#[tokio::test]
async fn a_chat_is_asked_for_once_and_accepted_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    bob.run(&["whois", "@alice"]).await.done();

    alice.run(&["chat", "send", "@bob", "text"]).await.failed(3, &["open one first", "aside chat open @bob"]);
    bob.run(&["chat", "accept", "@alice"]).await.failed(3, &["has not asked", "aside inbox"]);
    alice.run(&["chat", "open", "@bob"]).await.done();
    alice.run(&["chat", "open", "@bob"]).await.failed(3, &["already", "aside chat send @bob TEXT"]);
    assert!(bob.run(&["inbox"]).await.done().contains("To accept: aside chat accept @alice"));
    bob.run(&["chat", "send", "@alice", "text"]).await.failed(3, &["accept it", "aside chat accept @alice"]);
    bob.run(&["chat", "accept", "@alice"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.failed(3, &["has not asked"]);
    // Nothing of what was refused went anywhere, least of all into the thread.
    assert_eq!(alice.history().await, bob.history().await);
    assert!(alice.history().await.is_empty());
}

#[tokio::test]
async fn texts_have_limits_and_cannot_play_tricks() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["chat", "open", "@bob"]).await.done();

    let (longest, too_long) = ("x".repeat(LONGEST), "x".repeat(LONGEST + 1));
    for channel in [&["send", "@bob"][..], &["chat", "send", "@bob"]] {
        let say = async |text: &str| alice.run(&[channel, &[text]].concat()).await;
        say("").await.failed(3, &["1 to 16,384 bytes"]);
        let how_long = "the text has 16,385 bytes, and at most 16,384 can be sent";
        say(&too_long).await.failed(3, &[how_long]);
        say(&longest).await.done();
        // Of several lines, one cannot be sent: none is.
        let lines = format!("first\n{too_long}\nlast\n");
        let refused = alice.run_with(&[channel, &["-"]].concat(), &lines).await;
        refused.failed(3, &[how_long]);
    }
    assert_eq!(alice.run(&["outbox"]).await.done(), "Everything is on the relay.\n");

    let trick = "one\u{1b}[2J\r@bob: I owe you\n@bob: everything\u{202e}\u{9b}31m";
    alice.run(&["send", "@bob", trick]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.failed(3, &["aside inbox"]);
    let shown = bob.run(&["inbox"]).await.done();
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert!(!shown.contains('\u{202e}'));
    let line = shown.lines().find(|line| line.contains("one")).unwrap();
    assert!(line.contains("@alice: one") && line.contains("I owe you"), "{line}");
    assert!(!shown.lines().any(|line| line.trim_start().is_empty() || line.starts_with("@bob:")), "{shown}");
    // JSON escapes it, and loses nothing.
    let history = texts(&bob.history().await, "thread");
    assert_eq!(history, [longest.as_str(), trick]);
    bob.run(&["chat", "accept", "@alice"]).await.done();
    assert_eq!(texts(&bob.history().await, "chat"), [longest.as_str()]);
}

#[tokio::test]
async fn while_the_relay_is_down_everything_waits_in_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = RelayProcess::start(&folder.path().join("relay")).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["whois", "@bob"]).await.done();
    relay.kill().await;

    alice.run(&["send", "@carol", "text"]).await.failed(4, &["nothing was done", "@carol"]);
    let waits = async |arguments: &[&str], count: usize| {
        let count = format!("{count} waiting in the outbox");
        alice.run(arguments).await.failed(4, &[&count, "aside outbox --retry", "cannot be reached"]);
    };
    waits(&["send", "@bob", "in the thread"], 1).await;
    waits(&["chat", "open", "@bob"], 2).await;
    waits(&["chat", "send", "@bob", "in the chat"], 3).await;
    waits(&["outbox", "--retry"], 3).await;
    let outbox = alice.run(&["outbox"]).await.done();
    assert!(outbox.contains("in the thread") && outbox.contains("in the chat"), "{outbox}");
    assert!(outbox.contains("[not sent yet]") && outbox.contains("3 waiting"), "{outbox}");
    // What is here can be read.
    let inbox = alice.run(&["inbox", "--all"]).await;
    inbox.failed(4, &["cannot be reached"]);
    assert!(inbox.out.contains("in the thread"), "{inbox:?}");

    relay.restart().await;
    assert_eq!(alice.run(&["outbox", "--retry"]).await.done(), "Everything is on the relay.\n");
    bob.run(&["inbox"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();
    let history = bob.history().await;
    assert_eq!(texts(&history, "thread"), ["in the thread"]);
    assert_eq!(texts(&history, "chat"), ["in the chat"]);
}

/// Bob has a message safe, and is cut off before he can say so: the relay must hear of it the next time.
#[tokio::test]
async fn a_lost_acknowledgement_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let line = Wiretap::to(&relay.url).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let bob = Person::registered(folder.path(), "bob", &line.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["send", "@bob", "once"]).await.done();

    line.rules(Quota { acknowledgements: 0, ..OPEN });
    let inbox = bob.start(&["inbox"], "").await;
    line.silent().await;
    inbox.kill().await;
    assert_eq!(relay.stored().len(), 1);
    line.rules(OPEN);
    assert_eq!(texts(&messages(&bob.run(&["inbox", "--json"]).await.done()), "thread"), ["once"]);
    assert!(relay.stored().is_empty());
}

/// `aside inbox | head -1`
#[tokio::test]
async fn a_reader_that_leaves_is_no_reason_to_complain() {
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let alice = Person::registered(folder.path(), "alice", &relay.url).await;
    let bob = Person::registered(folder.path(), "bob", &relay.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    alice.run(&["send", "@bob", "still here"]).await.done();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut inbox = bob.command(&["inbox"]);
    inbox.stdout(writer);
    let outcome = finish(inbox, "").await;
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(1), ""));
    // It was not shown, so it is still new.
    assert_eq!(texts(&messages(&bob.run(&["inbox", "--json"]).await.done()), "thread"), ["still here"]);
}
