//! What a relay can make of a group when it lies: drop, repeat, reorder, replace, and show people different logs. It
//! cannot write an entry, for it has neither the log's key nor a member's.

use crate::{
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE, NAMES},
    liar::{Liar, change_notice},
    person::Outcome,
    relay::RelayProcess,
};
use aside_relay::logged;
use aside_wire::pb::reply;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

impl RelayProcess {
    /// How long the only log is.
    fn newest(&self) -> u64 {
        logged(self.data()).unwrap().iter().map(|entry| entry.position).max().unwrap()
    }

    /// Appends to the only log, behind everybody's back.
    async fn append(&mut self, entries: &[Vec<u8>]) {
        let newest = self.newest();
        self.edit(|database| {
            for (position, entry) in (i64::try_from(newest).unwrap() + 1..).zip(entries) {
                let appended = database.execute(
                    "INSERT INTO log_entry (log, position, entry) SELECT log, ?1, ?2 FROM log",
                    rusqlite::params![position, entry],
                );
                assert_eq!(appended.unwrap(), 1);
                database.execute("UPDATE log SET newest = ?1", [position]).unwrap();
            }
        })
        .await;
    }

    fn entry(&self, position: u64) -> Vec<u8> {
        logged(self.data()).unwrap().into_iter().find(|entry| entry.position == position).unwrap().entry
    }
}

/// It went well, but for words of warning.
fn warned(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for word in words {
        assert!(outcome.err.contains(word), "{word}: {outcome:?}");
    }
}

// GRP-15, GRP-16; threat G1
#[tokio::test]
async fn g1_what_no_member_made_counts_for_nobody_wherever_it_stands() {
    let mut crowd = Crowd::new().await.of(4).await;
    crowd.run(ALICE, &["create", "Friends", "@bob", "@carol"]).await.done();
    for who in [BOB, CAROL] {
        crowd.run(who, &["accept", "Friends"]).await.done();
    }
    // Garbage, entries of this very log a second time, and one with a bit turned.
    let (first, second) = (crowd.relay.entry(1), crowd.relay.entry(2));
    let mut turned = second.clone();
    turned[100] ^= 1;
    let ghosts = [vec![0], vec![0x14; 700], second, first, turned];
    crowd.relay.append(&ghosts).await;
    let ghosts = u64::try_from(ghosts.len()).unwrap();

    let before = crowd.info(ALICE, "Friends").await;
    warned(&crowd.run(ALICE, &["add", "Friends", "@dave"]).await, &["no valid change", "counts for nobody"]);
    warned(&crowd.fetch(BOB).await, &["no valid change"]);
    warned(&crowd.fetch(CAROL).await, &["no valid change"]);
    let after = crowd.info(BOB, "Friends").await;
    assert_eq!(after["changes"].as_u64(), before["changes"].as_u64().map(|changes| changes + 1));
    assert_eq!(crowd.relay.newest(), 2 + ghosts + 1);
    // Whoever comes later judges all of it alike.
    warned(&crowd.run(DAVE, &["accept", "Friends"]).await, &["no valid change"]);
    crowd.agree("Friends", &[ALICE, BOB, CAROL, DAVE]).await;
    crowd.say(DAVE, "I am in.").await;
    assert_eq!(crowd.heard(CAROL).await, ["I am in."]);
}

// GRP-15, GRP-31; threat G1
#[tokio::test]
async fn g1_a_forged_notice_puts_nobody_in_and_hides_a_change_until_the_next_message_at_most() {
    let mut crowd = Crowd::new().await.of(1).await;
    let line = Liar::to(&crowd.relay.url).await;
    crowd.joined_by_one_at(&line.url).await;
    let crowd = crowd.of(3).await.befriended().await;
    crowd.agree("Friends", &[ALICE, BOB, CAROL]).await;
    let before = crowd.info(BOB, "Friends").await;
    // The change that Bob is told of is another than the one that was made, and the log says so too.
    let forged = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&forged);
    line.lies(move |body| {
        let turn = |entry: &mut Vec<u8>| {
            counter.fetch_add(1, Ordering::SeqCst);
            *entry.last_mut().unwrap() ^= 1;
        };
        match body {
            reply::Body::Delivery(delivery) => {
                change_notice(delivery, |notice| turn(&mut notice.entry));
            }
            reply::Body::Entries(entries) => entries.entries.iter_mut().for_each(turn),
            _ => {}
        }
    });
    crowd.run(ALICE, &["rename", "Friends", "Renamed"]).await.done();
    warned(&crowd.fetch(BOB).await, &["no valid change"]);
    assert!(forged.load(Ordering::SeqCst) > 0);
    assert_eq!(crowd.info(BOB, "Friends").await, before);
    line.tells_the_truth();
    crowd.run(ALICE, &["send", "Renamed", "under the new name"]).await.done();
    // Bob asks Alice, she answers when she is there.
    crowd.fetch(BOB).await;
    crowd.fetch(ALICE).await;
    crowd.fetch(BOB).await;
    assert_eq!(crowd.heard(BOB).await, ["under the new name"]);
    crowd.agree("Renamed", &[ALICE, BOB]).await;
}

// GRP-30; threat G2
#[tokio::test]
async fn g2_two_people_who_are_shown_different_logs_learn_of_it_with_the_first_message() {
    let mut crowd = Crowd::new().await.of(3).await.befriended().await;
    crowd.run(ALICE, &["promote", "Friends", "@bob"]).await.done();
    crowd.say(BOB, "before").await;
    assert_eq!(crowd.heard(ALICE).await, ["before"]);
    let copy = crowd.folder.path().join("copy");
    crowd.relay.copy_to(&copy).await;
    crowd.run(ALICE, &["rename", "Friends", "Left"]).await.done();
    // Bob is shown the log without it, and goes on from there.
    crowd.relay.restore(&copy).await;
    crowd.run(BOB, &["rename", "Friends", "Right"]).await.done();
    crowd.run(BOB, &["send", "Right", "to the right"]).await.done();

    let inbox = crowd.fetch(ALICE).await;
    warned(
        &inbox,
        &[
            "ALARM: @bob has another history of the group \"Left\" than you",
            "aside group info (changes and check code must be equal)",
        ],
    );
    assert_eq!(crowd.heard(ALICE).await, ["before"]);
    // What they are told to compare is equal in number and differs in the code.
    let (left, right) = (crowd.info(ALICE, "Left").await, crowd.info(BOB, "Right").await);
    assert_eq!(left["changes"], right["changes"]);
    assert_ne!(left["check_code"], right["check_code"]);
    // A listener says so as well.
    crowd.run(BOB, &["send", "Right", "again"]).await.done();
    let mut listening = crowd.people[ALICE].start(&["listen", "--json"], "").await;
    let alarm = listening.object("group_forked").await;
    assert_eq!((&alarm["by"], &alarm["name"]), (&"@bob".into(), &"Left".into()));
    listening.kill().await;
}

// GRP-16, GRP-39; threat G2
#[tokio::test]
async fn g2_a_relay_that_goes_back_is_noticed_and_nothing_is_lost() {
    let mut crowd = Crowd::new().await.of(3).await.befriended().await;
    let copy = crowd.folder.path().join("copy");
    crowd.relay.copy_to(&copy).await;
    crowd.run(ALICE, &["rename", "Friends", "Second"]).await.done();
    crowd.fetch(BOB).await.done();
    // Carol has not seen the change that the relay forgets.
    crowd.relay.restore(&copy).await;
    let renamed = crowd.run(ALICE, &["rename", "Second", "Third"]).await;
    warned(&renamed, &["ALARM: the relay has less of the history of the group \"Third\" than before"]);
    assert!(renamed.out.contains("renamed the group from \"Second\" to \"Third\""), "{renamed:?}");
    crowd.run(ALICE, &["send", "Third", "Are you there?"]).await.done();
    for who in [BOB, CAROL, ALICE, BOB, CAROL] {
        assert_eq!(crowd.fetch(who).await.code, Some(0));
    }
    crowd.agree("Third", &[ALICE, BOB, CAROL]).await;
    for who in [BOB, CAROL] {
        assert_eq!(crowd.heard(who).await, ["Are you there?"], "{}", NAMES[who]);
    }
    crowd.run(CAROL, &["send", "Third", "Here."]).await.done();
    assert_eq!(crowd.heard(ALICE).await.last().unwrap(), "Here.");
}

// GRP-31, GRP-39; threat G1
#[tokio::test]
async fn g1_a_hidden_removal_forbids_to_write_until_a_member_has_handed_it_over() {
    let mut crowd = Crowd::new().await.of(1).await;
    let line = Liar::to(&crowd.relay.url).await;
    crowd.joined_by_one_at(&line.url).await;
    let crowd = crowd.of(4).await.befriended().await;
    crowd.say(BOB, "before").await;
    assert_eq!(crowd.heard(DAVE).await, ["before"]);
    line.hides_entries_after(crowd.relay.newest());
    crowd.run(ALICE, &["remove", "Friends", "@dave"]).await.done();
    crowd.say(ALICE, "Dave must not read this").await;

    // Bob has heard of a state that he does not know. He has not heard what was said in it, and says nothing.
    crowd.fetch(BOB).await.done();
    let before = crowd.relay.stored().len();
    let held = crowd.run(BOB, &["send", "Friends", "neither this"]).await;
    held.failed(4, &["a member speaks of changes of the group that are not known here yet"]);
    let outbox = crowd.people[BOB].run(&["outbox"]).await.done();
    assert!(outbox.contains("neither this  [not sent yet]"), "{outbox}");
    assert_eq!(crowd.info(BOB, "Friends").await["behind"], true);
    assert_eq!(crowd.relay.stored().len(), before);
    crowd.fetch(ALICE).await.done();
    let shown = crowd.fetch(BOB).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.out.contains("\"Friends\": @alice removed @dave"), "{shown:?}");
    assert_eq!(shown.err.matches("does not show how; a member has shown it instead").count(), 1, "{shown:?}");
    assert_eq!(crowd.heard(BOB).await, ["before", "neither this", "Dave must not read this"]);
    assert_eq!(crowd.heard(CAROL).await, ["before", "Dave must not read this", "neither this"]);
    assert_eq!(crowd.heard(DAVE).await, ["before"]);
    crowd.agree("Friends", &[ALICE, BOB, CAROL]).await;
}
