//! Groups through the engine: what people see, and what neither the relay nor a member can make them see.

use crate::{
    client::Halt,
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE, MALLORY},
    store::rows,
};
use aside_client::{Event, Standing, store::Table};
use aside_group::Role;
use aside_wire::{Reject, group_packet::GroupPacket, pb};
use prost::Message;
use std::sync::Arc;

#[test]
fn everybody_reads_what_is_said_once_and_in_order() {
    let (mut crowd, group) = Crowd::group(1, 4);
    for round in 0..3 {
        for who in [ALICE, BOB, CAROL, DAVE] {
            crowd.say(who, &group, &format!("{who} says {round}")).unwrap();
        }
        crowd.settle();
    }
    for who in [ALICE, BOB, CAROL, DAVE] {
        let received = crowd.received(who, &group);
        assert_eq!(received.len(), 9, "{who}: {received:?}");
        for other in [ALICE, BOB, CAROL, DAVE].into_iter().filter(|other| *other != who) {
            let theirs: Vec<_> =
                received.iter().filter(|text| text.starts_with(&format!("{other} "))).collect();
            assert_eq!(
                theirs,
                [0, 1, 2].map(|round| format!("{other} says {round}")).iter().collect::<Vec<_>>()
            );
        }
        assert_eq!(crowd.head(who, &group), crowd.head(ALICE, &group));
        let alarms = crowd.news(who).into_iter().filter(|event| {
            matches!(event, Event::Refused { .. } | Event::GroupForked { .. } | Event::Gap { .. })
        });
        assert_eq!(alarms.collect::<Vec<_>>(), []);
    }
}

// GRP-38
#[test]
fn an_invitation_is_a_request_and_nothing_goes_out_before_it_is_accepted() {
    let mut crowd = Crowd::new(2);
    let group = crowd.people[ALICE].step(|engine, step| engine.create_group(step, "Friends", false)).unwrap();
    crowd.settle();
    crowd.add(ALICE, &group, &["bob"]).unwrap();
    crowd.settle();
    crowd.say(ALICE, &group, "welcome").unwrap();
    let sent = |crowd: &Crowd| (crowd.relay.sends.len(), crowd.relay.fanned_out.len());
    crowd.settle_but(&[BOB]);
    let before = sent(&crowd);
    crowd.sync(BOB);
    assert_eq!(sent(&crowd), before);
    let news = crowd.news(BOB);
    assert!(news.iter().any(|event| matches!(event, Event::GroupInvited { .. })));
    assert!(!news.iter().any(|event| matches!(event, Event::Message(_))), "{news:?}");
    assert_eq!(crowd.standing(BOB, &group), Some(Standing::Invited));
    assert!(crowd.say(BOB, &group, "too early").is_err());
    crowd.people[BOB].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    assert_eq!(crowd.received(BOB, &group), ["welcome"]);
    crowd.say(BOB, &group, "thanks").unwrap();
    crowd.settle();
    assert_eq!(crowd.received(ALICE, &group), ["thanks"]);
}

// GRP-18, GRP-34, GRP-35; threat G3
#[test]
fn g3_who_was_removed_reads_nothing_newer_and_who_joins_nothing_older() {
    let (mut crowd, group) = Crowd::group(3, 4);
    crowd.say(ALICE, &group, "before").unwrap();
    crowd.settle();
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.settle();
    assert_eq!(crowd.standing(DAVE, &group), Some(Standing::Out));
    let captured = crowd.relay.fanned_out.len();
    for who in [ALICE, BOB, CAROL] {
        crowd.say(who, &group, "after").unwrap();
    }
    crowd.settle();
    // The relay hands the ciphertexts to Dave all the same: he has no chain of that epoch.
    let later: Vec<_> = crowd.relay.fanned_out[captured..].to_vec();
    assert_eq!(later.len(), 3);
    let dave = crowd.people[DAVE].address();
    for (from, fan_out) in &later {
        assert!(!fan_out.recipients.iter().any(|to| to.account_key == dave.account.as_bytes()));
        crowd.relay.deliver(&dave, from, &fan_out.envelope);
    }
    crowd.sync(DAVE);
    assert_eq!(crowd.received(DAVE, &group), ["before"]);
    assert!(crowd.say(DAVE, &group, "still here").is_err());
    assert_eq!(crowd.received(BOB, &group), ["before", "after", "after"]);

    crowd.add(ALICE, &group, &["mallory"]).unwrap();
    crowd.settle();
    crowd.people[MALLORY].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    let mallory = crowd.people[MALLORY].address();
    for (from, fan_out) in &crowd.relay.fanned_out.clone() {
        crowd.relay.deliver(&mallory, from, &fan_out.envelope);
    }
    crowd.settle();
    assert!(crowd.received(MALLORY, &group).is_empty());
    crowd.say(BOB, &group, "hello").unwrap();
    crowd.settle();
    assert_eq!(crowd.received(MALLORY, &group), ["hello"]);
}

#[test]
fn who_was_removed_can_be_taken_in_again() {
    let (mut crowd, group) = Crowd::group(4, 3);
    crowd.say(BOB, &group, "before").unwrap();
    crowd.say(CAROL, &group, "before, too").unwrap();
    crowd.settle();
    crowd.remove(ALICE, &group, CAROL).unwrap();
    crowd.settle();
    crowd.say(BOB, &group, "without Carol").unwrap();
    crowd.settle();
    crowd.add(ALICE, &group, &["carol"]).unwrap();
    crowd.settle();
    assert_eq!(crowd.standing(CAROL, &group), Some(Standing::Invited));
    crowd.people[CAROL].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    crowd.say(BOB, &group, "with Carol").unwrap();
    crowd.say(CAROL, &group, "back again").unwrap();
    crowd.settle();
    assert_eq!(crowd.received(CAROL, &group), ["before", "with Carol"]);
    // What was said without her is no gap, and neither is what she did not say meanwhile.
    for who in [BOB, CAROL] {
        let news = crowd.news(who);
        assert!(!news.iter().any(|event| matches!(event, Event::Gap { .. })), "{news:?}");
    }
    assert_eq!(crowd.received(BOB, &group), ["before, too", "back again"]);
    assert_eq!(crowd.head(CAROL, &group), crowd.head(ALICE, &group));
}

#[test]
fn who_was_offline_catches_up() {
    let (mut crowd, group) = Crowd::group(5, 4);
    crowd.add(ALICE, &group, &["mallory"]).unwrap();
    crowd.settle_but(&[CAROL]);
    crowd.people[MALLORY].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.settle_but(&[CAROL]);
    crowd.say(MALLORY, &group, "one").unwrap();
    crowd.say(BOB, &group, "two").unwrap();
    crowd.settle_but(&[CAROL]);
    crowd.settle();
    let mut received = crowd.received(CAROL, &group);
    received.sort();
    assert_eq!(received, ["one", "two"]);
    assert_eq!(crowd.head(CAROL, &group), crowd.head(ALICE, &group));
    crowd.say(CAROL, &group, "three").unwrap();
    crowd.settle();
    assert_eq!(crowd.received(MALLORY, &group), ["two", "three"]);
}

// GRP-36; threat G12
#[test]
fn g12_two_admins_who_remove_each_other_end_in_one_group() {
    for first in [BOB, CAROL] {
        let (mut crowd, group) = Crowd::group(6, 4);
        crowd.promote(ALICE, &group, BOB, Role::Admin).unwrap();
        crowd.promote(ALICE, &group, CAROL, Role::Admin).unwrap();
        crowd.settle();
        crowd.remove(BOB, &group, CAROL).unwrap();
        crowd.remove(CAROL, &group, BOB).unwrap();
        let second = BOB + CAROL - first;
        crowd.settle_but(&[second]);
        crowd.settle();
        assert_eq!(crowd.standing(first, &group), Some(Standing::Joined));
        assert_eq!(crowd.standing(second, &group), Some(Standing::Out));
        for who in [first, DAVE] {
            assert_eq!(crowd.head(who, &group), crowd.head(ALICE, &group));
        }
        crowd.say(first, &group, "alone now").unwrap();
        crowd.settle();
        assert_eq!(crowd.received(DAVE, &group), ["alone now"]);
        assert!(crowd.received(second, &group).is_empty());
    }
}

// GRP-15, GRP-16
#[test]
fn garbage_at_the_head_holds_up_nobody() {
    let (mut crowd, group) = Crowd::group(7, 3);
    let log = crowd.relay.logs.keys().next().unwrap().clone();
    for garbage in [vec![], vec![0; 700], vec![0x14; 1200]] {
        crowd.relay.logs.get_mut(&log).unwrap().push(garbage);
    }
    crowd.add(ALICE, &group, &["dave"]).unwrap();
    crowd.settle();
    let news = crowd.news(BOB);
    assert!(news.iter().any(|event| matches!(event, Event::GroupEntrySkipped { .. })), "{news:?}");
    for who in [BOB, CAROL, DAVE] {
        assert_eq!(crowd.head(who, &group), crowd.head(ALICE, &group));
    }
    crowd.people[DAVE].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    crowd.say(DAVE, &group, "in").unwrap();
    crowd.settle();
    assert_eq!(crowd.received(BOB, &group), ["in"]);
}

// GRP-30; threat G2
#[test]
fn g2_a_relay_that_shows_two_groups_is_noticed_with_the_first_message() {
    let (mut crowd, group) = Crowd::group(8, 3);
    crowd.promote(ALICE, &group, BOB, Role::Admin).unwrap();
    crowd.settle();
    let log = crowd.relay.logs.keys().next().unwrap().clone();
    let common = crowd.relay.logs[&log].clone();
    // Alice's change goes to her and Carol, Bob's to him alone.
    crowd.relay.silent_logs = true;
    crowd.people[ALICE].step(|engine, step| engine.rename_group(step, &group, "Left")).unwrap();
    crowd.sync(ALICE);
    let left = std::mem::replace(crowd.relay.logs.get_mut(&log).unwrap(), common);
    crowd.people[BOB].step(|engine, step| engine.rename_group(step, &group, "Right")).unwrap();
    crowd.sync(BOB);
    crowd.say(BOB, &group, "to the right").unwrap();
    crowd.sync(BOB);
    crowd.relay.logs.insert(log, left);
    crowd.sync(ALICE);
    let news = crowd.news(ALICE);
    assert!(news.iter().any(|event| matches!(event, Event::GroupForked { .. })), "{news:?}");
    assert!(crowd.received(ALICE, &group).is_empty());
}

// GRP-31, GRP-39; threat G1
#[test]
fn a_hidden_removal_forbids_to_write_until_a_member_has_handed_it_over() {
    let (mut crowd, group) = Crowd::group(9, 4);
    // The relay hides every entry from now on.
    let log = crowd.relay.logs.keys().next().unwrap().clone();
    let shown = crowd.relay.logs[&log].len();
    crowd.relay.silent_logs = true;
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.sync(ALICE);
    crowd.relay.lie_about_entries = Some(Arc::new(move |entries| {
        entries.newest = shown.try_into().unwrap();
        entries.entries.clear();
    }));
    crowd.say(ALICE, &group, "Dave must not read this").unwrap();
    crowd.sync(ALICE);
    crowd.settle_but(&[ALICE]);
    // Bob has heard of a newer head: he writes nothing on the old one.
    let before = crowd.relay.fanned_out.len();
    crowd.say(BOB, &group, "neither this").unwrap();
    crowd.settle_but(&[ALICE]);
    assert_eq!(crowd.relay.fanned_out.len(), before);
    assert!(crowd.received(BOB, &group).is_empty());
    // Alice is there again, and hands the entries over.
    crowd.settle();
    assert_eq!(crowd.received(BOB, &group), ["Dave must not read this"]);
    assert_eq!(crowd.received(CAROL, &group), ["Dave must not read this", "neither this"]);
    assert_eq!(crowd.head(BOB, &group), crowd.head(ALICE, &group));
    assert!(crowd.received(DAVE, &group).is_empty());
}

// GRP-31
#[test]
fn a_claim_that_nobody_makes_good_silences_for_an_hour_at_most() {
    let (mut crowd, group) = Crowd::group(10, 3);
    crowd.relay.silent_logs = true;
    let log = crowd.relay.logs.keys().next().unwrap().clone();
    let shown = crowd.relay.logs[&log].clone();
    crowd.people[ALICE].step(|engine, step| engine.rename_group(step, &group, "Newer")).unwrap();
    crowd.say(ALICE, &group, "on a newer head").unwrap();
    crowd.sync(ALICE);
    crowd.relay.logs.insert(log, shown);
    crowd.sync(BOB);
    crowd.say(BOB, &group, "waits").unwrap();
    let before = crowd.relay.fanned_out.len();
    crowd.sync(BOB);
    assert_eq!(crowd.relay.fanned_out.len(), before);
    crowd.people[BOB].now += 61 * 60 * 1000;
    crowd.sync(BOB);
    assert_eq!(crowd.relay.fanned_out.len(), before + 1);
    assert!(crowd.news(BOB).iter().any(|event| matches!(event, Event::GroupClaimDropped { .. })));
}

// GRP-33; threat G9
#[test]
fn who_was_demoted_writes_no_announcements() {
    let (mut crowd, group) = Crowd::group(11, 3);
    crowd.people[ALICE].step(|engine, step| engine.set_group_announce(step, &group, true)).unwrap();
    crowd.promote(ALICE, &group, BOB, Role::Admin).unwrap();
    crowd.settle();
    crowd.say(BOB, &group, "as an admin").unwrap();
    crowd.settle();
    assert_eq!(crowd.received(CAROL, &group), ["as an admin"]);
    assert!(matches!(crowd.say(CAROL, &group, "as a member"), Err(Halt::Client(_))));
    crowd.promote(ALICE, &group, BOB, Role::Member).unwrap();
    crowd.settle();
    assert!(crowd.say(BOB, &group, "no more").is_err());
}

// GRP-20; threats G7, G8
#[test]
fn g7_a_message_under_another_name_than_its_chain_is_refused() {
    let (mut crowd, group) = Crowd::group(12, 3);
    crowd.say(BOB, &group, "mine").unwrap();
    crowd.settle();
    let (_, fan_out) = crowd.relay.fanned_out.last().unwrap().clone();
    let (alice, carol) = (crowd.people[ALICE].address(), crowd.people[CAROL].address());
    crowd.relay.deliver(&alice, &carol, &fan_out.envelope);
    crowd.hush();
    crowd.sync(ALICE);
    assert_eq!(crowd.people[ALICE].refusals(), [Reject::Policy]);
    assert_eq!(crowd.received(ALICE, &group), ["mine"]);
}

// GRP-35
#[test]
fn chains_of_an_epoch_that_has_ended_go_after_two_days() {
    let (mut crowd, group) = Crowd::group(13, 4);
    for who in [ALICE, CAROL, DAVE] {
        crowd.say(who, &group, "hello").unwrap();
    }
    crowd.settle();
    let chains = |crowd: &Crowd| rows(&crowd.people[BOB].store.inner, Table::ReceivingChain).len();
    assert_eq!(chains(&crowd), 3);
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.settle();
    crowd.say(ALICE, &group, "without Dave").unwrap();
    crowd.settle();
    // Dave's chain goes with him: every message of it was received. Alice has handed out her next one.
    assert_eq!(chains(&crowd), 3);
    crowd.people[BOB].now += 49 * 60 * 60 * 1000;
    let status = crowd.relay.status(&crowd.people[BOB].address());
    crowd.people[BOB].step(|engine, step| engine.upkeep(step, &status)).unwrap();
    assert_eq!(chains(&crowd), 1);
    crowd.say(ALICE, &group, "still here").unwrap();
    crowd.settle();
    assert_eq!(crowd.received(BOB, &group).last().unwrap(), "still here");
}

// GRP-18; threat G4
#[test]
fn g4_a_chain_serves_a_week_and_a_thousand_messages() {
    let (mut crowd, group) = Crowd::group(14, 2);
    let key_id = |crowd: &Crowd| {
        let (_, fan_out) = crowd.relay.fanned_out.last().unwrap();
        let envelope = pb::Envelope::decode(fan_out.envelope.as_slice()).unwrap();
        let packet = GroupPacket::parse(&envelope.payload).unwrap();
        (*packet.key_id, packet.iteration)
    };
    crowd.say(ALICE, &group, "the first").unwrap();
    crowd.settle();
    let (first, iteration) = key_id(&crowd);
    assert_eq!(iteration, 0);
    for number in 1..1000 {
        crowd.say(ALICE, &group, &number.to_string()).unwrap();
    }
    crowd.settle();
    assert_eq!(key_id(&crowd), (first, 999));
    crowd.say(ALICE, &group, "one more").unwrap();
    crowd.settle();
    let (second, iteration) = key_id(&crowd);
    assert!(second != first && iteration == 0);
    crowd.people[ALICE].now += 7 * 24 * 60 * 60 * 1000;
    crowd.say(ALICE, &group, "a week later").unwrap();
    crowd.settle();
    assert!(key_id(&crowd).0 != second);
    assert_eq!(crowd.received(BOB, &group).len(), 1002);
}

// GRP-20, GRP-29; threat G6
#[test]
fn g6_every_bit_of_a_group_message_counts() {
    let (mut crowd, group) = Crowd::group(15, 2);
    crowd.say(ALICE, &group, "mine").unwrap();
    crowd.settle_but(&[BOB]);
    let (alice, bob) = (crowd.people[ALICE].address(), crowd.people[BOB].address());
    let (_, fan_out) = crowd.relay.fanned_out.last().unwrap().clone();
    let honest = crowd.relay.mail(&bob).pop_back().unwrap();
    crowd.sync(BOB);
    crowd.hush();
    let payload = pb::Envelope::decode(fan_out.envelope.as_slice()).unwrap().payload;
    for at in (1..payload.len()).step_by(7) {
        let mut payload = payload.clone();
        payload[at] ^= 1;
        let envelope = pb::Envelope { kind: pb::EnvelopeKind::Group.into(), payload };
        crowd.relay.deliver(&bob, &alice, &envelope.encode_to_vec());
    }
    crowd.sync(BOB);
    assert!(crowd.received(BOB, &group).is_empty());
    crowd.relay.redeliver(&bob, &honest);
    crowd.sync(BOB);
    assert_eq!(crowd.received(BOB, &group), ["mine"]);
}
