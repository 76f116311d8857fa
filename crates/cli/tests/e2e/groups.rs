//! `aside group` among five people: what they see, what they cannot, and what is refused.

use crate::{
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE, MALLORY},
    person::{Person, Running, objects},
    wiretap::{OPEN, Quota, Wiretap},
};

#[tokio::test]
async fn five_people_and_a_group_of_theirs() {
    let crowd = Crowd::new().await.of(5).await;
    let created =
        crowd.run(ALICE, &["create", "Friends", "@bob", "@carol", "@dave", "@mallory"]).await.done();
    assert!(created.contains("You have made the group \"Friends\"."), "{created}");
    assert!(created.contains("@alice added @bob, @carol, @dave and @mallory"), "{created}");
    // An invitation is a request until it is accepted.
    for who in [BOB, CAROL, DAVE, MALLORY] {
        let inbox = crowd.fetch(who).await.done();
        assert!(inbox.contains("@alice has taken you into the group \"Friends\" (5 people)"), "{inbox}");
        crowd.run(who, &["send", "Friends", "x"]).await.failed(3, &["accept it", "aside group accept"]);
        let accepted = crowd.run(who, &["accept", "Friends"]).await.done();
        assert!(accepted.contains("You are in the group \"Friends\" now (5 people)"), "{accepted}");
    }
    crowd.say(ALICE, "Welcome!").await;
    crowd.say(BOB, "Thanks.").await;
    for who in [CAROL, DAVE, MALLORY] {
        let inbox = crowd.fetch(who).await.done();
        assert!(inbox.contains("\"Friends\"  (group, end-to-end encrypted, 5 people, 2 new)"), "{inbox}");
        assert!(inbox.contains("@alice: Welcome!") && inbox.contains("@bob: Thanks."), "{inbox}");
    }

    // Mallory is put out: she can neither read nor write.
    let removed = crowd.run(ALICE, &["remove", "Friends", "@mallory"]).await.done();
    assert_eq!(removed, "\"Friends\": @alice removed @mallory\n");
    crowd.say(BOB, "She is gone.").await;
    assert_eq!(crowd.fetch(MALLORY).await.done(), "@alice removed you from the group \"Friends\".\n");
    assert_eq!(crowd.heard(MALLORY).await, ["Welcome!", "Thanks."]);
    crowd.run(MALLORY, &["send", "Friends", "I am not"]).await.failed(3, &["not in this group"]);
    crowd.run(MALLORY, &["add", "Friends", "@bob"]).await.failed(3, &["not in this group"]);
    // She is taken in again, and reads from there on.
    crowd.run(ALICE, &["add", "Friends", "@mallory"]).await.done();
    assert!(crowd.fetch(MALLORY).await.done().contains("To accept: aside group accept"));
    crowd.run(MALLORY, &["accept", "Friends"]).await.done();
    crowd.say(CAROL, "Welcome back.").await;
    assert_eq!(crowd.heard(MALLORY).await, ["Welcome!", "Thanks.", "Welcome back."]);

    // Dave was offline all the time.
    crowd.run(ALICE, &["rename", "Friends", "Close friends"]).await.done();
    crowd.run(ALICE, &["promote", "Close friends", "@bob"]).await.done();
    assert_eq!(crowd.heard(DAVE).await, ["Welcome!", "Thanks.", "She is gone.", "Welcome back."]);
    let everybody = [ALICE, BOB, CAROL, DAVE, MALLORY];
    for who in everybody {
        crowd.fetch(who).await.done();
    }
    crowd.agree("Close friends", &everybody).await;
    let history = crowd.run(DAVE, &["info", "Close friends", "--history"]).await.done();
    for words in [
        "@alice removed @mallory",
        "renamed the group from \"Friends\" to \"Close friends\"",
        "made @bob an admin",
        "check code",
        "    @dave (you)  member",
    ] {
        assert!(history.contains(words), "{words}: {history}");
    }

    roles(&crowd).await;
    for who in everybody {
        crowd.fetch(who).await.done();
    }
    crowd.agree("Close friends", &[ALICE, BOB, CAROL, MALLORY]).await;
}

/// Bob is an admin; who may write is narrowed, roles come and go, the owner hands over, Dave leaves.
async fn roles(crowd: &Crowd) {
    const GROUP: &str = "Close friends";
    crowd.run(BOB, &["announce", GROUP, "on"]).await.done();
    crowd.run(CAROL, &["send", GROUP, "May I?"]).await.failed(3, &["only the owner and the admins write"]);
    crowd.run(BOB, &["send", GROUP, "An announcement."]).await.done();
    crowd.run(ALICE, &["demote", GROUP, "@bob"]).await.done();
    crowd.run(BOB, &["send", GROUP, "Another."]).await.failed(3, &["only the owner and the admins write"]);
    crowd.run(BOB, &["announce", GROUP, "off"]).await.failed(3, &["your role does not allow it"]);
    crowd.run(ALICE, &["announce", GROUP, "off"]).await.done();
    crowd.run(CAROL, &["send", GROUP, "I may."]).await.done();
    assert!(!crowd.heard(ALICE).await.contains(&"Another.".to_owned()));

    let handed = crowd.run(ALICE, &["promote", GROUP, "@carol", "--owner"]).await.done();
    assert!(handed.contains("@alice made @carol the owner"), "{handed}");
    crowd.run(ALICE, &["leave", GROUP]).await.done();
    crowd.run(ALICE, &["send", GROUP, "x"]).await.failed(3, &["not in this group"]);
    crowd.run(CAROL, &["add", GROUP, "@alice"]).await.done();
    crowd.run(ALICE, &["accept", GROUP]).await.done();
    assert_eq!(
        crowd.run(DAVE, &["leave", GROUP]).await.done().lines().last().unwrap(),
        "\"Close friends\": @dave left"
    );
    crowd.run(ALICE, &["send", GROUP, "Without Dave."]).await.done();
    assert!(crowd.heard(CAROL).await.contains(&"Without Dave.".to_owned()));
    assert!(!crowd.heard(DAVE).await.contains(&"Without Dave.".to_owned()));
}

#[tokio::test]
async fn a_listener_hears_of_groups_what_the_person_wants_to_hear() {
    let crowd = Crowd::new().await.of(3).await;
    let bob = &crowd.people[BOB];
    let mut json = bob.start(&["listen", "--json"], "").await;
    json.object("connected").await;
    crowd.run(ALICE, &["create", "Friends", "@bob", "@carol"]).await.done();
    let invited = json.object("group_invited").await;
    assert_eq!((&invited["name"], &invited["by"]), (&"Friends".into(), &"@alice".into()));
    crowd.run(BOB, &["accept", "Friends"]).await.done();
    crowd.say(ALICE, "Welcome @bob, and @carol.").await;
    let message = json.object("message").await;
    assert_eq!(message["conversation"], "group");
    assert_eq!((&message["shield"], &message["group_name"]), (&"group".into(), &"Friends".into()));
    assert_eq!((&message["from"], &message["text"]), (&"@alice".into(), &"Welcome @bob, and @carol.".into()));
    assert_eq!(message["mentions"][0]["handle"], "@bob");
    assert_eq!(message["mentions"].as_array().unwrap().len(), 2);
    assert_eq!(message["notify"], true);
    crowd.run(ALICE, &["remove", "Friends", "@carol"]).await.done();
    let changed = json.object("group_changed").await;
    assert_eq!((&changed["change"], &changed["by"]), (&"removed".into(), &"@alice".into()));
    assert_eq!(changed["who"][0]["handle"], "@carol");

    // Muted but for mentions: told by the mention, and by the word "notify" otherwise.
    crowd.run(BOB, &["mute", "Friends", "--but-mentions"]).await.done();
    crowd.say(ALICE, "nothing for you").await;
    assert_eq!(json.object("message").await["notify"], false);
    crowd.say(ALICE, "but this, @bob").await;
    assert_eq!(json.object("message").await["notify"], true);
    json.kill().await;
    // It may have had no time to remember what it showed.
    crowd.fetch(BOB).await.done();

    let mut words = bob.start(&["listen"], "").await;
    assert!(words.line().await.starts_with("Listening as @bob."));
    crowd.say(ALICE, "neither this").await;
    crowd.say(ALICE, "@bob look").await;
    assert!(words.line().await.ends_with("@alice: @bob look"));
    crowd.run(BOB, &["unmute", "Friends"]).await.done();
    crowd.say(ALICE, "again").await;
    assert!(words.line().await.ends_with("@alice: again"));
    crowd.run(ALICE, &["remove", "Friends", "@bob"]).await.done();
    assert_eq!(words.line().await, "@alice removed you from the group \"Friends\".");
    words.kill().await;
    // What it passed over is still new, and in order.
    let inbox = crowd.fetch(BOB).await.done();
    let place = |text: &str| inbox.find(text).unwrap_or_else(|| panic!("{text}: {inbox}"));
    assert!(place("neither this") < place("@bob look") && place("@bob look") < place("again"));
    assert_eq!(crowd.fetch(BOB).await.done(), "Nothing new.\n");
}

#[tokio::test]
async fn what_cannot_be_done_with_a_group_is_said_and_changes_nothing() {
    let crowd = Crowd::new().await.of(4).await;
    let long = "x".repeat(129);
    for name in ["", "two\nlines", "turned \u{202e}", &long] {
        crowd.run(ALICE, &["create", name]).await.failed(3, &["1 to 128 bytes and no control characters"]);
    }
    crowd.run(ALICE, &["create", "Nobody", "@nobody"]).await.failed(3, &["nobody has the handle @nobody"]);
    crowd.run(ALICE, &["create", "Myself", "@alice"]).await.failed(3, &["your own handle"]);
    assert!(crowd.run(ALICE, &["list"]).await.done().starts_with("No groups."));

    crowd.run(ALICE, &["create", "Friends", "@bob", "@carol"]).await.done();
    crowd.run(BOB, &["accept", "Friends"]).await.done();
    let id = crowd.info(ALICE, "Friends").await["group"].as_str().unwrap().to_owned();
    let before = (crowd.group_of(ALICE).await, crowd.group_of(BOB).await);
    let refused: &[(usize, &[&str], &[&str])] = &[
        (ALICE, &["send", "Fiends", "x"], &["no group here is called \"Fiends\"", "aside group list"]),
        (ALICE, &["send", &id[..3], "x"], &["no group here is called"]),
        (ALICE, &["send", "Friends", ""], &["1 to 16,384 bytes"]),
        (ALICE, &["rename", "Friends", ""], &["1 to 128 bytes"]),
        (ALICE, &["rename", "Friends", &long], &["1 to 128 bytes"]),
        (ALICE, &["rename", "Friends", "a\tb"], &["no control characters"]),
        (ALICE, &["rename", "Friends", "Friends"], &["it is like this already"]),
        (ALICE, &["announce", "Friends", "off"], &["it is like this already"]),
        (ALICE, &["add", "Friends", "@bob"], &["is in it already"]),
        (ALICE, &["add", "Friends", "@dave", "@bob"], &["is in it already"]),
        (ALICE, &["add", "Friends", "@nobody"], &["nobody has the handle"]),
        (ALICE, &["add", "Friends", "@alice"], &["your own handle"]),
        (ALICE, &["remove", "Friends", "@dave"], &["@dave is not in the group \"Friends\""]),
        (ALICE, &["remove", "Friends", "@alice"], &["leave it instead"]),
        (ALICE, &["promote", "Friends", "@alice"], &["its owner stays the owner"]),
        (ALICE, &["demote", "Friends", "@bob"], &["it is like this already"]),
        (ALICE, &["leave", "Friends"], &["make somebody else the owner first"]),
        (ALICE, &["accept", "Friends"], &["you are in the group \"Friends\" already"]),
        (BOB, &["add", "Friends", "@dave"], &["your role does not allow it"]),
        (BOB, &["remove", "Friends", "@carol"], &["your role does not allow it"]),
        (BOB, &["rename", "Friends", "Mine"], &["your role does not allow it"]),
        (BOB, &["promote", "Friends", "@bob"], &["your role does not allow it"]),
        (CAROL, &["rename", "Friends", "Mine"], &["accept"]),
        (DAVE, &["info", "Friends"], &["no group here is called"]),
        (DAVE, &["send", &id, "x"], &["no group here is called"]),
    ];
    for (who, arguments, words) in refused {
        crowd.run(*who, arguments).await.failed(3, words);
    }
    for (arguments, words) in [
        (&["announce", "Friends", "perhaps"][..], "on, off"),
        (&["add", "Friends", "Bob!"], "2 to 32 of a-z"),
        (&["add", "Friends"], "WHO"),
    ] {
        let wrong = crowd.run(ALICE, arguments).await;
        assert_eq!(wrong.code, Some(2));
        assert!(wrong.err.contains(words), "{wrong:?}");
    }
    assert_eq!((crowd.group_of(ALICE).await, crowd.group_of(BOB).await), before);
    for who in [ALICE, BOB, CAROL] {
        assert_eq!(crowd.people[who].run(&["outbox"]).await.done(), "Everything is on the relay.\n");
    }

    // Somebody else's group of the same name takes nothing away: it has to be said which one is meant.
    crowd.run(DAVE, &["create", "Friends", "@alice"]).await.done();
    let ambiguous = crowd.run(ALICE, &["send", "Friends", "which?"]).await;
    assert_eq!(ambiguous.code, Some(3), "{ambiguous:?}");
    assert!(ambiguous.err.contains(&id[..8]), "{ambiguous:?}");
    assert!(ambiguous.err.contains("(\"Friends\", 2 people, invited)"), "{ambiguous:?}");
    crowd.run(ALICE, &["send", &id[..8], "this one"]).await.done();
    assert_eq!(crowd.heard(BOB).await, ["this one"]);
    assert_eq!(crowd.heard(DAVE).await, [""; 0]);
}

#[tokio::test]
async fn names_and_texts_of_others_cannot_play_tricks() {
    let crowd = Crowd::new().await.of(2).await;
    let name = "x\" (4 people). @carol";
    crowd.run(ALICE, &["create", name, "@bob"]).await.done();
    let inbox = crowd.fetch(BOB).await.done();
    assert!(inbox.contains("the group \"x' (4 people). @carol\" (2 people)."), "{inbox}");
    crowd.run(BOB, &["accept", name]).await.done();
    crowd.run(ALICE, &["send", name, "one\u{1b}[2J\r\n@bob: I owe you\u{202e}"]).await.done();
    let shown = crowd.fetch(BOB).await.done();
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert!(!shown.contains('\u{202e}') && !shown.lines().any(|line| line.starts_with("@bob:")), "{shown}");
}

#[tokio::test]
async fn while_the_relay_is_down_what_is_done_waits_in_the_outbox() {
    let mut crowd = Crowd::new().await.of(3).await.befriended().await;
    crowd.relay.kill().await;
    crowd.run(ALICE, &["send", "Friends", "later"]).await.failed(4, &["1 waiting", "aside outbox --retry"]);
    crowd.run(ALICE, &["rename", "Friends", "Offline"]).await.failed(4, &["2 waiting", "cannot be reached"]);
    crowd.run(ALICE, &["add", "Friends", "@dave"]).await.failed(4, &["nothing was done", "@dave"]);
    let outbox = crowd.people[ALICE].run(&["outbox"]).await.done();
    assert!(outbox.contains("to \"Friends\": group") && outbox.contains("later  [not sent yet]"), "{outbox}");
    assert!(outbox.contains("2 waiting"), "{outbox}");
    crowd.relay.restart().await;
    crowd.people[ALICE].run(&["outbox", "--retry"]).await.done();
    assert_eq!(crowd.heard(BOB).await, ["later"]);
    crowd.fetch(CAROL).await.done();
    crowd.agree("Offline", &[ALICE, BOB, CAROL]).await;
}

/// Threats T8 and R11 for groups: the relay is killed when it has something and has not said so, and when it has not.
#[tokio::test]
async fn a_relay_killed_in_the_middle_doubles_and_loses_nothing() {
    let mut crowd = Crowd::new().await;
    let line = Wiretap::to(&crowd.relay.url).await;
    crowd.joined_by_one_at(&line.url).await;
    let mut crowd = crowd.of(4).await.befriended().await;
    let (mut said, mut names) = (Vec::new(), vec!["Friends".to_owned()]);
    // The relay has it, and nobody hears so.
    let unanswered = Quota { fanned_out: 0, ..OPEN };
    // It never gets there.
    let unsent = Quota { fan_outs: 0, ..OPEN };
    for (sending, changing) in [
        (unanswered, unanswered),
        (unsent, unsent),
        (Quota { fan_outs: 7, ..OPEN }, unanswered),
        (Quota { fanned_out: 3, ..OPEN }, unsent),
    ] {
        let lines: Vec<_> = (0..10).map(|n| format!("{}", said.len() + n)).collect();
        said.extend(lines.clone());
        line.rules(sending);
        let name = names.last().unwrap();
        let send = crowd.people[ALICE].start(&["group", "send", name, "-"], &lines.join("\n")).await;
        cut_off(&mut crowd, &line, send).await;

        let newer = format!("Friends {}", names.len());
        line.rules(changing);
        let rename = crowd.people[ALICE].start(&["group", "rename", name, &newer], "").await;
        cut_off(&mut crowd, &line, rename).await;
        names.push(newer);
        // Made once: one change a name, behind the one that took the others in.
        assert_eq!(crowd.info(ALICE, names.last().unwrap()).await["changes"], names.len() + 1);
    }
    let name = names.last().unwrap();
    for who in [BOB, CAROL, DAVE] {
        assert_eq!(crowd.heard(who).await, said, "{who}");
    }
    crowd.agree(name, &[ALICE, BOB, CAROL, DAVE]).await;
}

/// The relay is killed while a command waits for its answer, comes back, and gets the rest.
async fn cut_off(crowd: &mut Crowd, line: &Wiretap, running: Running) {
    line.silent().await;
    crowd.relay.kill().await;
    let ended = running.end().await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    crowd.relay.restart().await;
    line.rules(OPEN);
    assert_eq!(crowd.people[ALICE].run(&["outbox", "--retry"]).await.done(), "Everything is on the relay.\n");
}

#[tokio::test]
async fn the_list_and_the_info_are_json_too() {
    let crowd = Crowd::new().await.of(2).await.befriended().await;
    let list = objects(&crowd.run(BOB, &["list", "--json"]).await.done());
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["type"], &list[0]["standing"]), (&"group".into(), &"joined".into()));
    let told = objects(&crowd.run(BOB, &["info", "Friends", "--history", "--json"]).await.done());
    assert_eq!(told[0]["people"][0]["role"], "owner");
    assert_eq!(told[1]["change"], "added");
    let stranger = Person::registered(crowd.folder.path(), "carol", &crowd.relay.url).await;
    assert_eq!(stranger.run(&["group", "list", "--json"]).await.done(), "");
}
