//! Two shims that talk to each other.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use aside_conformance::{
    check::bug::Bug,
    run::{Command, CrossPlan, CrossScore, Scene, Shim, converse, cross_card},
};
use std::time::Duration;

fn start(options: &str) -> Shim {
    let command = format!("'{}' {options}", env!("CARGO_BIN_EXE_aside-shim"));
    Shim::start(Command::parse(&command).unwrap(), Duration::from_secs(20)).unwrap()
}

fn play(options: &str, seed: u64, conversations: u64) -> CrossScore {
    let plan = CrossPlan { conversations, from: 0, seed };
    converse(&mut start(""), &mut start(options), plan, |_| {})
}

// CNF-10
#[test]
fn the_same_seed_is_the_same_plan_and_all_goes_well() {
    let [one, again, other] = [1, 1, 2].map(|seed| play("", seed, 50));
    for score in [&one, &again, &other] {
        assert!(score.is_good(), "{}", cross_card(score));
        assert_eq!(score.played.values().sum::<u64>(), 50);
        assert_eq!(score.played.get(&Scene::Epochs), Some(&1));
    }
    assert_eq!((&one.played, one.steps), (&again.played, again.steps));
    assert_ne!(one.steps, other.steps);
    assert_eq!(one.played.len(), 6, "{:?}", one.played);
}

/// What two who are honest with each other come across.
#[test]
fn mistakes_show_themselves_between_two() {
    for bug in [
        Bug::SkipMac,
        Bug::AcceptReplay,
        Bug::KeepUsedPrekeys,
        Bug::ForgetHandshakes,
        Bug::KeepSending,
        Bug::StepTwice,
        Bug::SkipGroupSignature,
        Bug::AcceptExpiredPrekey,
    ] {
        let score = play(&format!("--bug {}", bug.name()), 1, 40);
        assert!(!score.broken.is_empty(), "{}", bug.name());
    }
}

#[test]
fn a_failure_says_where_and_what_was_before() {
    let score = play("--bug accept-replay", 1, 20);
    let first = score.broken.first().unwrap();
    assert!(
        first.what.contains("(aside-rust), ") && first.what.contains("expected refused with `replay`"),
        "{first:?}"
    );
    assert!(first.before.len() > 2 && first.before.last().unwrap().contains("accepted"), "{first:?}");
    let alone = CrossPlan { conversations: 1, from: first.conversation, seed: 1 };
    let again = converse(&mut start(""), &mut start("--bug accept-replay"), alone, |_| {});
    assert_eq!(again.broken.first().unwrap().conversation, first.conversation);
}

#[test]
fn a_shim_that_breaks_down_is_given_up() {
    let score = play("--misbehave exit --at begin", 1, 50);
    assert_eq!(score.broken.len(), 3);
    assert!(cross_card(&score).contains("crash: it ended (exit status: 3)"), "{}", cross_card(&score));
    assert!(cross_card(&score).contains("given up: 3 breakdowns in a row"));
    assert!(!score.is_good());
}

// CNF-4
#[test]
fn a_refusal_that_changes_the_state_is_a_failure() {
    let score = play(r#"--misbehave other-state --at '"op":"decrypt"'"#, 1, 20);
    assert!(
        score.broken.iter().any(|broken| broken.what.contains("as before, got state")),
        "{}",
        cross_card(&score)
    );
}
