//! When a chain ends: by number, by age, by a cut.

use crate::world::{EPOCH, GROUP, World, receive, refused};
use aside_group::{
    CannotSend, SendingChain,
    limits::{CHAIN_MESSAGES, CHAIN_MS, CLOCK_SLACK_MS},
};
use aside_testkit::{Broken, person::NOW};

// GRP-18, GRP-27
#[test]
fn g4_after_a_thousand_messages_only_a_new_chain_sends_on() {
    let mut world = World::new(1);
    let (mut chain, mut at_bob) = world.pair();
    assert_eq!(CHAIN_MESSAGES, 1_000);
    assert!(!at_bob.is_finished());
    for _ in 0..CHAIN_MESSAGES {
        assert!(!chain.is_spent(NOW));
        let message = world.send(&mut chain, b"text");
        assert!(receive(&mut at_bob, &world.alice, &message).is_ok());
    }
    assert!(chain.is_spent(NOW) && at_bob.is_finished());
    let before = chain.export();
    let refusal = chain.encrypt(&mut world.rng, b"one more", |_| panic!("there is no key for it"));
    assert_eq!(refusal, Err(CannotSend::Exhausted));
    assert_eq!(chain.hand_over().unwrap_err(), CannotSend::Exhausted);
    assert_eq!(chain.export(), before);

    // The new chain has another name, which Bob does not know yet.
    let mut next = world.chain();
    assert_ne!(next.key_id(), chain.key_id());
    let mut at_bob_next = world.join(&next);
    let message = world.send(&mut next, b"text");
    refused(&mut at_bob, &world.alice, &message, "no_session");
    let second = world.send(&mut next, b"text");
    assert!(receive(&mut at_bob_next, &world.alice, &second).is_ok());
}

// GRP-18
#[test]
fn g4_a_chain_is_spent_after_seven_days_or_when_its_age_is_unknown() {
    let chain = World::new(2).chain();
    assert!(!chain.is_spent(NOW) && !chain.is_spent(NOW + CHAIN_MS - 1));
    assert!(chain.is_spent(NOW + CHAIN_MS) && chain.is_spent(u64::MAX));
    // A clock that was set back by some hours changes nothing; by more than a day, it does.
    assert!(!chain.is_spent(NOW - CLOCK_SLACK_MS));
    assert!(chain.is_spent(NOW - CLOCK_SLACK_MS - 1) && chain.is_spent(0));
}

// GRP-34
#[test]
fn a_chain_opens_nothing_from_before_it_was_handed_over() {
    let mut world = World::new(3);
    let (mut chain, mut at_bob) = world.pair();
    let before = world.send_many(&mut chain, 3);
    let mut at_carol = world.join(&chain);
    let after = world.send(&mut chain, b"after");
    for message in &before {
        refused(&mut at_carol, &world.alice, message, "no_session");
    }
    assert_eq!(receive(&mut at_carol, &world.alice, &after), Ok(b"after".to_vec()));
    for message in &before {
        refused(&mut at_carol, &world.alice, message, "no_session");
        assert!(receive(&mut at_bob, &world.alice, message).is_ok());
    }
    assert_eq!(at_carol.key_id(), at_bob.key_id());
}

// GRP-27, GRP-35
#[test]
fn g3_nothing_beyond_a_cut_is_accepted_however_it_was_kept() {
    let mut world = World::new(4);
    let (mut chain, mut at_bob) = world.pair();
    let messages = world.send_many(&mut chain, 8);
    receive(&mut at_bob, &world.alice, &messages[5]).unwrap();
    assert_eq!(at_bob.next(), 6);
    at_bob.cut(3);
    for late in &messages[3..] {
        refused(&mut at_bob, &world.alice, late, "too_far");
    }
    // A cut does not move back.
    at_bob.cut(7);
    refused(&mut at_bob, &world.alice, &messages[3], "too_far");
    for (n, in_time) in messages[..3].iter().enumerate() {
        assert!(!at_bob.is_finished(), "{n}");
        assert!(receive(&mut at_bob, &world.alice, in_time).is_ok());
    }
    assert!(at_bob.is_finished());
    // A change that was planned before the cut does not apply after it.
    let mut again = world.join(&chain);
    let message = world.send(&mut chain, b"text");
    let packet = aside_wire::group_packet::GroupPacket::parse(&message).unwrap();
    let (_, advance) = again.decrypt(&world.alice, &packet).unwrap();
    again.cut(0);
    let cut = again.export();
    assert!(again.advance(advance).is_err());
    assert_eq!(again.export(), cut);
    assert!(again.is_finished());
}

#[test]
fn p11_without_randomness_nothing_is_sent_and_nothing_changes() {
    let mut world = World::new(5);
    let mut chain = world.chain();
    let before = chain.export();
    for mut broken in [Broken::Failing, Broken::Zeros] {
        assert!(SendingChain::generate(&mut broken, GROUP, world.alice, EPOCH, NOW).is_err());
        let refusal = chain.encrypt(&mut broken, b"text", |_| panic!("no salt, no commitment"));
        assert!(matches!(refusal, Err(CannotSend::Entropy(_))));
    }
    let long = vec![0; aside_wire::limits::PLAINTEXT_BYTES + 1];
    let refusal = chain.encrypt(&mut world.rng, &long, |_| panic!("too long"));
    assert_eq!(refusal, Err(CannotSend::TooLong));
    assert_eq!(chain.export(), before);
}
