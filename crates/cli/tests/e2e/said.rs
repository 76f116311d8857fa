//! What is said about messages: answers, reactions, later wordings, what is taken back and passed on; and who is
//! blocked or muted.

use crate::{
    crowd::{ALICE, BOB, CAROL, Crowd},
    person::{Person, messages, texts},
};
use serde_json::Value;

/// A kind of conversation: the arguments before a command's name and those behind it, for Alice and for Bob.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    before: &'static [&'static str],
    pub(crate) alice: &'static str,
    bob: &'static str,
}

pub(crate) const KINDS: [Kind; 3] = [
    Kind { name: "thread", before: &[], alice: "@bob", bob: "@alice" },
    Kind { name: "chat", before: &["chat"], alice: "@bob", bob: "@alice" },
    Kind { name: "group", before: &["group"], alice: "Friends", bob: "Friends" },
];

impl Kind {
    pub(crate) fn words<'a>(&'a self, command: &'a str, place: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
        [self.before, &[command, place], rest].concat()
    }
}

/// Alice, Bob and Carol with a group of theirs, and a chat of Alice and Bob.
pub(crate) async fn everywhere() -> Crowd {
    let crowd = Crowd::new().await.of(3).await.befriended().await;
    let [alice, bob, _] = crowd.people.as_slice() else { panic!("three people") };
    alice.run(&["send", "@bob", "Hello."]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["send", "@alice", "Hello."]).await.done();
    alice.run(&["chat", "open", "@bob"]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();
    for person in [alice, bob] {
        person.run(&["inbox"]).await.done();
    }
    crowd
}

/// The message with a text in the history of somebody.
async fn message(person: &Person, conversation: &str, text: &str) -> Value {
    let found = |message: &Value| message["conversation"] == conversation && message["text"] == text;
    person.history().await.into_iter().find(found).unwrap_or_else(|| panic!("{text} in the {conversation}"))
}

async fn number(person: &Person, conversation: &str, text: &str) -> String {
    message(person, conversation, text).await["index"].to_string()
}

#[tokio::test]
async fn people_answer_react_word_anew_and_take_back_in_threads_chats_and_groups() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    for kind in &KINDS {
        alice.run(&kind.words("send", kind.alice, &["Dinner on Friday?"])).await.done();
        bob.run(&["inbox"]).await.done();
        let at_bob = number(bob, kind.name, "Dinner on Friday?").await;
        let at_alice = number(alice, kind.name, "Dinner on Friday?").await;
        bob.run(&kind.words("react", kind.bob, &[&at_bob, "👍"])).await.done();
        let told = alice.run(&["inbox"]).await.done();
        assert!(told.contains(&format!("@bob reacted 👍 to #{at_alice}\n")), "{told}");
        let dinner = message(alice, kind.name, "Dinner on Friday?").await;
        assert_eq!(dinner["reactions"][0]["emoji"], "👍");
        assert_eq!(dinner["reactions"][0]["handle"], "@bob");
        assert!(alice.run(&["inbox", "--all"]).await.done().contains("Dinner on Friday?\n  👍 @bob\n"));
        bob.run(&kind.words("react", kind.bob, &[&at_bob, "--remove"])).await.done();
        let told = alice.run(&["inbox"]).await.done();
        assert!(told.contains(&format!("@bob took the reaction to #{at_alice} back\n")), "{told}");
        assert_eq!(message(alice, kind.name, "Dinner on Friday?").await["reactions"], Value::Array(vec![]));

        bob.run(&kind.words("reply", kind.bob, &[&at_bob, "With pleasure."])).await.done();
        let shown = alice.run(&["inbox"]).await.done();
        assert!(shown.contains("@bob: With pleasure.\n  ↪ to @alice: Dinner on Friday?\n"), "{shown}");
        let answer = message(alice, kind.name, "With pleasure.").await;
        assert_eq!(answer["kind"], "reply");
        assert_eq!(answer["reply_to"]["index"].to_string(), at_alice);
        assert_eq!(answer["reply_to"]["text"], "Dinner on Friday?");
        assert_eq!(answer["reply_to"]["from"], "@alice");

        alice.run(&kind.words("edit", kind.alice, &[&at_alice, "Dinner on Sunday?"])).await.done();
        let told = bob.run(&["inbox"]).await.done();
        assert!(told.contains(&format!("@alice worded #{at_bob} anew: Dinner on Sunday?\n")), "{told}");
        assert_eq!(message(bob, kind.name, "Dinner on Sunday?").await["edited"], true);
        let all = bob.run(&["inbox", "--all"]).await.done();
        assert!(all.contains("@alice (edited): Dinner on Sunday?"), "{all}");
        // An answer goes with the wording that is here.
        assert!(all.contains("  ↪ to @alice: Dinner on Sunday?\n"), "{all}");

        alice.run(&kind.words("unsend", kind.alice, &[&format!("#{at_alice}")])).await.done();
        let told = bob.run(&["inbox"]).await.done();
        assert!(told.contains(&format!("@alice took #{at_bob} back\n")), "{told}");
        let all = bob.run(&["inbox", "--all"]).await.done();
        assert!(all.contains("@alice [taken back]\n"), "{all}");
        assert!(all.contains("↪ to @alice: [taken back]"), "{all}");
        assert!(!all.contains("Sunday"), "{all}");
    }
}

#[tokio::test]
async fn what_cannot_be_said_about_a_message_is_refused_and_nothing_goes_out() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    for kind in &KINDS {
        alice.run(&kind.words("send", kind.alice, &["Hers."])).await.done();
        bob.run(&["inbox"]).await.done();
        let hers = number(bob, kind.name, "Hers.").await;
        let tries: [(&str, &[&str]); 4] = [
            ("reply", &["999", "x"]),
            ("react", &["999", "👍"]),
            ("edit", &["999", "x"]),
            ("unsend", &["999"]),
        ];
        for (command, rest) in tries {
            let refused = bob.run(&kind.words(command, kind.bob, rest)).await;
            refused.failed(3, &["no such message", "aside inbox --all"]);
        }
        let not_his = "of your own";
        bob.run(&kind.words("edit", kind.bob, &[&hers, "His."])).await.failed(3, &[not_his]);
        bob.run(&kind.words("unsend", kind.bob, &[&hers])).await.failed(3, &[not_his]);
        bob.run(&kind.words("reply", kind.bob, &[&hers, ""])).await.failed(3, &["1 to 16,384 bytes"]);
        let long = "👍".repeat(9);
        bob.run(&kind.words("react", kind.bob, &[&hers, &long])).await.failed(3, &["the emoji has 36 bytes"]);
        for number in ["x", "-1", "", "1.5"] {
            let wrong = bob.run(&kind.words("unsend", kind.bob, &["--", number])).await;
            assert_eq!(wrong.code, Some(2), "{wrong:?}");
        }
        // Neither reaction nor --remove.
        assert_eq!(bob.run(&kind.words("react", kind.bob, &[&hers])).await.code, Some(2));
        assert_eq!(bob.run(&kind.words("forward", kind.bob, &[&hers])).await.code, Some(2));
    }
    // A number of another conversation is none of this one.
    let secret = number(bob, "chat", "Hers.").await;
    bob.run(&["reply", "@alice", &secret, "in the open"]).await.failed(3, &["no such message"]);
    let all = alice.history().await;
    assert!(!all.iter().any(|message| message["from"] == "@bob" && message["text"] != "Hello."), "{all:?}");
    assert_eq!(bob.run(&["outbox"]).await.done(), "Everything is on the relay.\n");
}

// CNV-5; threat C1
#[tokio::test]
async fn c1_nothing_said_encrypted_is_forwarded_into_a_thread() {
    let crowd = everywhere().await;
    let (alice, bob, carol) = (&crowd.people[ALICE], &crowd.people[BOB], &crowd.people[CAROL]);
    for kind in &KINDS[1..] {
        alice.run(&kind.words("send", kind.alice, &["A secret."])).await.done();
        let secret = number(alice, kind.name, "A secret.").await;
        let into = async |[option, to]: [&str; 2]| {
            alice.run(&kind.words("forward", kind.alice, &[&secret, option, to])).await
        };
        into(["--to-thread", "@bob"]).await.failed(3, &["into a thread that the relay can read"]);
        into(["--to-thread", "@carol"]).await.failed(3, &["no thread with @carol yet", "aside send @carol"]);
        into(["--to-chat", "@carol"]).await.failed(3, &["aside chat open @carol"]);
        into(["--to-group", "Friends"]).await.done();
    }
    bob.run(&["inbox"]).await.done();
    let history = bob.history().await;
    assert_eq!(texts(&history, "thread"), ["Hello.", "Hello."]);
    carol.run(&["inbox"]).await.done();
    let forwarded = texts(&carol.history().await, "group");
    assert_eq!(forwarded.iter().filter(|text| *text == "[forwarded] A secret.").count(), 2, "{forwarded:?}");
    // The other way round it may go.
    let open = number(alice, "thread", "Hello.").await;
    alice.run(&["forward", "@bob", &open, "--to-chat", "@bob"]).await.done();
    bob.run(&["inbox"]).await.done();
    assert_eq!(message(bob, "chat", "[forwarded] Hello.").await["kind"], "forward");
}

#[tokio::test]
async fn a_listener_is_told_what_is_said_about_messages() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    let hello = number(alice, "thread", "Hello.").await;
    let at_bob = number(bob, "thread", "Hello.").await;
    let mut json = alice.start(&["listen", "--json"], "").await;
    json.object("connected").await;
    bob.run(&["react", "@alice", &at_bob, "👎"]).await.done();
    let changed = json.object("message_changed").await;
    assert_eq!((&changed["by"], &changed["notify"]), (&"@bob".into(), &true.into()));
    assert_eq!(changed["message"]["index"].to_string(), hello);
    assert_eq!(changed["message"]["reactions"][0]["emoji"], "👎");
    json.kill().await;

    let mut words = alice.start(&["listen"], "").await;
    assert!(words.line().await.starts_with("Listening"));
    bob.run(&["react", "@alice", &at_bob, "🎉"]).await.done();
    assert_eq!(words.line().await, format!("thread with @bob: @bob reacted 🎉 to #{hello}"));
    words.kill().await;
}

#[tokio::test]
async fn nothing_of_somebody_blocked_is_kept_and_what_somebody_muted_writes_is_not_announced() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    let blocked = bob.run(&["block", "@alice", "--json"]).await.done();
    assert!(blocked.contains("\"blocked\":true"), "{blocked}");
    alice.run(&["send", "@bob", "Do you hear me?"]).await.done();
    alice.run(&["chat", "send", "@bob", "Or so?"]).await.done();
    assert_eq!(bob.run(&["inbox"]).await.done(), "Nothing new.\n");
    assert!(bob.run(&["inbox", "--all"]).await.done().contains(", blocked by you)"));
    for words in [&["send", "@alice", "x"][..], &["chat", "send", "@alice", "x"]] {
        bob.run(words).await.failed(3, &["you have blocked @alice", "aside unblock @alice"]);
    }
    bob.run(&["unblock", "@alice"]).await.done();
    alice.run(&["send", "@bob", "And now?"]).await.done();
    let inbox = bob.run(&["inbox", "--json"]).await;
    assert_eq!(texts(&messages(&inbox.out), "thread"), ["And now?"]);
    assert!(inbox.err.contains("missing or late"), "{inbox:?}");
    let all = bob.history().await;
    assert!(!texts(&all, "thread").contains(&"Do you hear me?".to_owned()), "{all:?}");
    assert_eq!(texts(&all, "chat"), [""; 0]);

    bob.run(&["mute", "@alice"]).await.done();
    let mut listening = bob.start(&["listen"], "").await;
    assert!(listening.line().await.starts_with("Listening"));
    alice.run(&["send", "@bob", "Quiet."]).await.done();
    crowd.run(CAROL, &["send", "Friends", "Loud."]).await.done();
    let line = listening.line().await;
    assert!(line.contains("@carol: Loud."), "{line}");
    listening.kill().await;
    // It stays new.
    let inbox = bob.run(&["inbox"]).await.done();
    assert!(inbox.contains("Quiet.") && inbox.contains(", muted)"), "{inbox}");
    bob.run(&["unmute", "@alice"]).await.done();

    bob.run(&["block", "@bob"]).await.failed(3, &["your own handle"]);
    bob.run(&["mute", "@nobody"]).await.failed(3, &["nobody has the handle @nobody"]);
}

#[tokio::test]
async fn a_text_cannot_pose_as_what_others_say_about_it() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    alice.run(&["send", "@bob", "(edited): trick\n  👍 @bob\n↪ to @bob: never said"]).await.done();
    bob.run(&["inbox"]).await.done();
    let all = bob.run(&["inbox", "--all"]).await.done();
    let forged = |line: &str| line.starts_with("  👍") || line.starts_with("  ↪");
    assert!(!all.lines().any(forged), "{all}");
    let trick =
        bob.history().await.into_iter().find(|message| message["text"].as_str().unwrap().contains("trick"));
    let index = trick.unwrap()["index"].to_string();
    bob.run(&["react", "@alice", &index, "\u{202e}👍 @carol  x"]).await.failed(3, &["cannot be said there"]);
    bob.run(&["react", "@alice", &index, "👍 @carol  x"]).await.done();
    alice.run(&["inbox"]).await.done();
    let all = alice.run(&["inbox", "--all"]).await.done();
    assert!(all.lines().any(|line| line == "  \"👍 @carol  x\" @bob"), "{all}");
}
