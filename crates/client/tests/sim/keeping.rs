//! How long the relay is asked to keep what is said, and what becomes of whoever was away for longer.

use crate::{
    client::Fuse,
    crowd::{ALICE, BOB, CAROL, Crowd},
    relay::Relay,
    world::{World, handle},
};
use aside_client::{Conversation, Event};
use aside_content::Text;
use aside_identity::{GroupId, Pace, Parameters};
use aside_wire::{
    ExpiryTerms,
    pb::{Keep, request},
};

const DAY_S: u32 = 24 * 60 * 60;

/// What everything that was asked since the last look asks for, by the name of its request.
fn asked(relay: &mut Relay) -> Vec<(&'static str, Keep)> {
    let keep = |keep| Keep::try_from(keep).unwrap();
    let asked = std::mem::take(&mut relay.asked).into_iter();
    let kept = asked.filter_map(|(_, request)| match request {
        request::Body::Send(send) => Some(("Send", keep(send.keep))),
        request::Body::FanOut(fan_out) => Some(("FanOut", keep(fan_out.keep))),
        _ => None,
    });
    kept.collect()
}

fn expire(crowd: &mut Crowd, group: &GroupId, terms: ExpiryTerms) {
    crowd.people[ALICE].step(|engine, step| engine.set_group_expiry(step, group, terms)).unwrap();
    crowd.settle();
    crowd.relay.asked.clear();
}

#[test]
fn rly_44_a_group_asks_for_what_its_log_says_and_for_the_longest_for_its_keys() {
    let (mut crowd, group) = Crowd::group(601, 3);
    let conversation = Conversation::Group(group);
    for (terms, class) in [
        (ExpiryTerms::AfterSend { duration_s: 30 }, Keep::Day),
        (ExpiryTerms::AfterRead { duration_s: 30, unread_cap_s: 2 * DAY_S }, Keep::Week),
        (ExpiryTerms::AfterSend { duration_s: 30 * DAY_S }, Keep::Longest),
        (ExpiryTerms::AfterRead { duration_s: 9 * DAY_S, unread_cap_s: DAY_S }, Keep::Day),
        (ExpiryTerms::Off, Keep::Longest),
    ] {
        expire(&mut crowd, &group, terms);
        let first = crowd.say(ALICE, &group, "first").unwrap();
        crowd.settle();
        // Keys go ahead of what is said, and are wanted for longer than it.
        let (last, ahead) = asked(&mut crowd.relay).split_last().map(|(a, b)| (*a, b.to_vec())).unwrap();
        assert!(ahead.iter().all(|(name, keep)| (*name, *keep) == ("Send", Keep::Longest)), "{ahead:?}");
        assert_eq!(last, ("FanOut", class));
        let text = Text::new("worded anew").unwrap();
        let alice = &mut crowd.people[ALICE];
        alice.step(|engine, step| engine.edit(step, conversation, first, text)).unwrap();
        alice.step(|engine, step| engine.react(step, conversation, first, "👍")).unwrap();
        alice.step(|engine, step| engine.unsend(step, conversation, first)).unwrap();
        crowd.settle();
        assert_eq!(asked(&mut crowd.relay), [("FanOut", class); 3]);
    }
}

#[test]
fn rly_44_what_waits_asks_for_what_counted_when_it_was_said() {
    let (mut crowd, group) = Crowd::group(602, 2);
    // Said while nothing expires; the change is known here before anything leaves.
    crowd.say(BOB, &group, "for good").unwrap();
    let terms = ExpiryTerms::AfterSend { duration_s: 30 };
    crowd.people[ALICE].step(|engine, step| engine.set_group_expiry(step, &group, terms)).unwrap();
    crowd.settle_but(&[BOB]);
    let waiting = crowd.people[BOB].address();
    assert_eq!(crowd.relay.waiting(&waiting).len(), 1);
    crowd.people[BOB].receive(&mut crowd.relay, &mut Default::default()).unwrap();
    crowd.relay.asked.clear();
    crowd.settle();
    assert_eq!(asked(&mut crowd.relay).last(), Some(&("FanOut", Keep::Longest)));
}

#[test]
fn rly_42_whoever_was_away_misses_what_is_over_is_told_so_and_reads_on() {
    let (mut crowd, group) = Crowd::group(603, 3);
    expire(&mut crowd, &group, ExpiryTerms::AfterSend { duration_s: DAY_S });
    crowd.say(ALICE, &group, "before").unwrap();
    crowd.settle();
    for text in ["one", "two"] {
        crowd.say(ALICE, &group, text).unwrap();
        crowd.settle_but(&[CAROL]);
    }
    crowd.relay.days_pass(1);
    crowd.say(ALICE, &group, "three").unwrap();
    crowd.settle_but(&[CAROL]);
    crowd.hush();
    crowd.settle();
    assert_eq!(crowd.received(BOB, &group), ["before", "one", "two", "three"]);
    assert_eq!(crowd.received(CAROL, &group), ["before", "three"]);
    let gaps = crowd.news(CAROL).into_iter().filter(|event| matches!(event, Event::Gap { .. }));
    assert_eq!(gaps.count(), 1);
}

#[test]
fn rly_45_a_session_finds_its_way_past_more_than_it_can_skip() {
    let mut world = World::chatting(604);
    let chat = world.alice.chat_with(&world.bob.account());
    let terms = ExpiryTerms::AfterSend { duration_s: 3_600 };
    world.alice.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
    for _ in 0..1_100 {
        world.alice.say(&handle("bob"), "nobody is here").unwrap();
    }
    world.alice.flush(&mut world.relay, &mut Fuse::default()).unwrap();
    let to_bob = world.bob.address();
    assert_eq!(world.relay.waiting(&to_bob).len(), 1_101);
    world.relay.days_pass(1);
    // The policy, which is number 0 of the chain, and numbers 499 and 999.
    assert_eq!(world.relay.waiting(&to_bob).len(), 3);
    world.alice.say(&handle("bob"), "hello again").unwrap();
    world.settle();
    assert!(world.bob.refusals().is_empty());
    assert_eq!(world.bob.received(chat).last().unwrap(), "hello again");
    world.bob.say(&handle("alice"), "hello").unwrap();
    world.settle();
    assert_eq!(world.alice.received(chat).last().unwrap(), "hello");
}

#[test]
// RLY-75.
fn a_client_knows_until_when_what_it_sent_waits() {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    let mut world = World::chatting(620);
    let chat = world.alice.chat_with(&world.bob.account());
    let waits = |world: &mut World| {
        world.alice.say(&handle("bob"), "hello").unwrap();
        world.settle();
        let sent = world.alice.messages(chat).into_iter().next_back().unwrap();
        (sent.waits_until.unwrap() - sent.accepted_at.unwrap()) / DAY_MS
    };
    // The relay says nothing; the class of the conversation is shorter than what it says; what it says is shorter.
    assert_eq!(waits(&mut world), 30);
    let says = |world: &mut World, keep_days| {
        let pace = Pace { burst: 1, each_us: 1 };
        let (frame_bytes, mailbox_messages, mailbox_bytes) = (1, 1, 1);
        let [sends, sends_to_one, fanned_out, fanned_to_one, transients] = [pace; 5];
        let said = Parameters {
            issued_at: 0,
            keep_days,
            mailbox_messages,
            mailbox_bytes,
            frame_bytes,
            sends,
            sends_to_one,
            fanned_out,
            fanned_to_one,
            transients,
        };
        world.alice.step(|engine, step| engine.on_parameters(step, Some(&said))).unwrap();
    };
    says(&mut world, 365);
    assert_eq!(waits(&mut world), 365);
    says(&mut world, 3);
    assert_eq!(waits(&mut world), 3);
    let terms = ExpiryTerms::AfterSend { duration_s: 30 };
    world.alice.step(|engine, step| engine.set_expiry(step, chat, terms)).unwrap();
    world.settle();
    assert_eq!(waits(&mut world), 1);
}
