//! What is more than a text: the same in threads, chats and groups.

use crate::{
    crowd::{ALICE, BOB, Crowd},
    person::messages,
    said::{KINDS, everywhere},
};
use aside_client::{Error, driver::Client};
use aside_content::{Body, Forward, Kind, Profile};
use aside_identity::{AccountKey, Handle};
use serde_json::{Value, json};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::TcpListener;

const PACK: &str = "07070707070707070707070707070707";
const STICKER: &str = "00000000000000000000000000000001";

// CON-22; features F18, F23
#[tokio::test]
async fn f23_nobody_is_asked_how_a_link_looks() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("https://{}/page", listener.local_addr().unwrap());
    let visitors = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&visitors);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut listening = bob.start(&["listen", "--json"], "").await;
    listening.object("connected").await;
    for kind in &KINDS {
        let say = async |what: &[&str]| alice.run(&kind.words("send", kind.alice, what)).await.done();
        say(&[&link]).await;
        assert_eq!(listening.object("message").await["content"], Value::Null);
        say(&["--ref", "link", &link, "--title", "A title"]).await;
        let shown = listening.object("message").await;
        assert_eq!(shown["content"]["target"], *link);
        assert_eq!(shown["content"]["preview"]["title"], "A title");
    }
    listening.kill().await;
    bob.run(&["inbox", "--all"]).await.done();
    assert_eq!(visitors.load(Ordering::SeqCst), 0);
    // Had somebody come, they would have been counted.
    tokio::net::TcpStream::connect(link.trim_start_matches("https://").trim_end_matches("/page"))
        .await
        .unwrap();
    crate::person::eventually(|| (visitors.load(Ordering::SeqCst) == 1).then_some(())).await;
}

// Features F12, F15 to F19, F52
#[tokio::test]
async fn everything_goes_everywhere_and_answers_too() {
    let crowd = everywhere().await;
    let (alice, bob) = (&crowd.people[ALICE], &crowd.people[BOB]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.txt");
    fs::write(&file, "milk").unwrap();
    let (file, sticker) = (file.to_str().unwrap(), format!("{PACK}/{STICKER}"));
    for kind in &KINDS {
        let answered = alice.run(&kind.words("send", kind.alice, &["Well?", "--json"])).await.done();
        let number = messages(&answered)[0]["index"].to_string();
        let things: [(&[&str], Value); 5] = [
            (&["--file", file, "A list"], json!({ "kind": "media", "media": "file", "caption": "A list" })),
            (&["--sticker", &sticker, "--emoji", "👋"], json!({ "kind": "sticker", "pack": PACK })),
            (&["--ref", "story", "story:1"], json!({ "kind": "reference", "target": "story:1" })),
            (&["--profile-of", "@carol", "--name", "Caro"], json!({ "handle": "@carol", "name": "Caro" })),
            (&["--ref", "reel", "reel:1", "--react", "🔥"], json!({ "reference": "reel" })),
        ];
        for (arguments, expected) in &things {
            let said = alice
                .run(&kind.words("send", kind.alice, &[arguments, &["--json"][..]].concat()))
                .await
                .done();
            let replied = alice
                .run(&kind.words(
                    "reply",
                    kind.alice,
                    &[&[number.as_str()], *arguments, &["--json"]].concat(),
                ))
                .await
                .done();
            let received = messages(&bob.run(&["inbox", "--json"]).await.done());
            let last_two = &received[received.len() - 2..];
            for (message, own) in last_two.iter().zip([&said, &replied]) {
                let own = &messages(own)[0];
                assert_eq!(message["id"], own["id"]);
                for (field, value) in expected.as_object().unwrap() {
                    assert_eq!(message["content"][field], *value, "{message}");
                    assert_eq!(own["content"][field], *value, "{own}");
                }
            }
            assert_eq!(last_two[1]["reply_to"]["text"], "Well?");
            assert_eq!(
                last_two[0]["reactions"].as_array().unwrap().len(),
                usize::from(arguments.contains(&"🔥"))
            );
        }
        // What is said to it at once answers it.
        alice
            .run(&kind.words("send", kind.alice, &["--ref", "story", "story:2", "What a view!"]))
            .await
            .done();
        let received = messages(&bob.run(&["inbox", "--json"]).await.done());
        let answer = received.last().unwrap();
        assert_eq!(
            (&answer["text"], &answer["reply_to"]["text"]),
            (&json!("What a view!"), &json!("[story] story:2"))
        );

        let silent = alice.run(&kind.words("send", kind.alice, &["--silent", "Sleep well."])).await;
        if kind.name == "thread" {
            silent.failed(3, &["only in a chat or a group"]);
            continue;
        }
        silent.done();
        let received = messages(&bob.run(&["inbox", "--json"]).await.done());
        let flags = ["silent", "notify"].map(|flag| received.last().unwrap()[flag].clone());
        assert_eq!(flags, [json!(true), json!(false)]);
    }
    assert_eq!(alice.run(&["outbox"]).await.done(), "Everything is on the relay.\n");
}

#[tokio::test]
async fn nothing_goes_out_of_what_cannot_be_sent() {
    let crowd = everywhere().await;
    let alice = &crowd.people[ALICE];
    let folder = tempfile::tempdir().unwrap();
    let (empty, long) = (folder.path().join("empty"), "x".repeat(5_000));
    fs::write(&empty, "").unwrap();
    let empty = empty.to_str().unwrap();
    let program = env!("CARGO_BIN_EXE_aside");
    for (what, why) in [
        (&["--file", empty][..], "empty is empty"),
        (&["--file", "/dev/zero"], "no file"),
        (&["--file", program, "-"], "standard input"),
        (&["--file", program, &long], "the caption has 5,000 bytes, and at most 4,096 can be sent"),
        (&["--file", program, "--thumbnail", program], "the thumbnail has"),
        (&["--voice", program], "no recording"),
        (&["--ref", "page", "x"], "a post, a reel, a story or a link"),
        (&["--ref", "link", "http://example.org"], "begins with https://"),
        (&["--ref", "post", "two words"], "without spaces"),
        (&["--ref", "post", "x", "--title", "\u{202e}x"], "the title cannot be sent like this"),
        (&["--profile-of", "@nobody"], "nobody has the handle @nobody"),
        (&["--ref", "post", "x", &"y".repeat(16_385)], "the text has 16,385 bytes"),
    ] {
        for kind in &KINDS {
            alice.run(&kind.words("send", kind.alice, what)).await.failed(3, &[why]);
        }
    }
    assert_eq!(alice.run(&["outbox"]).await.done(), "Everything is on the relay.\n");
    assert!(alice.history().await.iter().all(|message| message["content"] == Value::Null));
}

// Feature F12; threat C8
#[tokio::test]
async fn f12_a_profile_is_shown_by_the_name_known_here_whatever_the_sender_calls_it() {
    let crowd = Crowd::new().await.of(3).await;
    let alice = &crowd.people[ALICE];
    alice.run(&["whois", "@carol"]).await.done();
    let handle = |name: &str| Handle::parse(name).unwrap();
    let folder = crowd.folder.path().join("mallory");
    let mut mallory = Client::register(&folder, &handle("mallory"), &crowd.relay.url).await.unwrap();
    for name in ["alice", "bob", "carol"] {
        mallory.look_up(&handle(name)).await.unwrap();
    }
    alice.run(&["send", "@mallory", "Whom do you know?"]).await.done();
    mallory.catch_up(&mut |_| {}).await.unwrap();
    let [own, bob, carol] = mallory
        .step(|engine, step| {
            let account = |name| Ok::<_, Error>(engine.peer_by_handle(step.tx, &handle(name))?.unwrap());
            Ok([engine.address().account, account("bob")?, account("carol")?])
        })
        .unwrap();
    let claims =
        [(own, "carol"), (bob, "alice"), (carol, "caroline"), (carol, "carol"), (bob, "bob"), (bob, "carol")];
    mallory
        .step(|engine, step| {
            let thread = engine.thread_with(step, &handle("alice"))?;
            let mut said: Vec<_> = claims
                .iter()
                .map(|(account, called)| {
                    let handle = handle(called);
                    Body::of(Profile { account: *account, handle, name: "\"] #9".into() }).unwrap()
                })
                .collect();
            said.push(Body::of(Forward::of(&said[0]).unwrap()).unwrap());
            let fallback = b"\x7a\x03yes";
            said.push(Body::Unknown { kind: Kind(4000), content: fallback.to_vec() });
            for body in said {
                engine.say_in(step, thread, body)?;
            }
            Ok(())
        })
        .unwrap();
    mallory.flush(&mut |_| {}).await.unwrap();
    let inbox = alice.run(&["inbox"]).await.done();
    let said: Vec<_> = inbox.lines().filter_map(|line| Some(line.split_once("@mallory: ")?.1)).collect();
    let key = |account: AccountKey| {
        account.as_bytes()[..4].iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    let called = ", called \"'] #9\"]";
    assert_eq!(said[0], format!("[profile @mallory, whom the sender calls @carol{called}"));
    assert_eq!(said[1], format!("[profile account {}, NOT the @alice known here{called}", key(bob)));
    assert_eq!(said[2], format!("[profile @carol, whom the sender calls @caroline{called}"));
    assert_eq!(said[3], format!("[profile @carol{called}"));
    assert_eq!(said[4], format!("[profile @bob, account {}; not known here yet{called}", key(bob)));
    assert_eq!(said[5], format!("[profile account {}, NOT the @carol known here{called}", key(bob)));
    assert_eq!(said[6], format!("[forwarded] {}", said[0]));
    assert_eq!(said[7], "[of a kind that is not known here (4000), said to be:] yes");

    for (text, excerpt) in [("Who?", "[profile]"), ("What?", "[not known here] yes")] {
        let which = if text == "Who?" { 2 } else { claims.len() + 3 };
        alice.run(&["reply", "@mallory", &which.to_string(), text]).await.done();
        let all = alice.run(&["inbox", "--all"]).await.done();
        assert!(all.contains(&format!("{text}\n  ↪ to @mallory: {excerpt}\n")), "{all}");
    }
}
