//! Tests of the tests: with a mistake made on purpose, exactly the vectors fail that say they catch it.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use aside_conformance::{
    check::{self, bug::Bug},
    files, load,
};
use std::collections::BTreeSet;

fn caught(bug: Bug) {
    let (mut failing, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    for name in files::ALL {
        let file = load::file(name).unwrap();
        failing.extend(check::run(&file, Some(bug)).into_iter().map(|failure| failure.id));
        let naming =
            file.vectors.iter().filter(|vector| vector.catches.iter().any(|name| name == bug.name()));
        wanted.extend(naming.map(|vector| vector.id.clone()));
    }
    assert!(!wanted.is_empty(), "no vector catches {}", bug.name());
    let missed: Vec<_> = wanted.difference(&failing).collect();
    let unnamed: Vec<_> = failing.difference(&wanted).collect();
    assert!(
        missed.is_empty() && unnamed.is_empty(),
        "missed: {missed:?}, fail without saying so: {unnamed:?}"
    );
}

#[test]
fn a_commitment_that_is_not_compared() {
    caught(Bug::SkipCommitment);
}

#[test]
fn keys_of_small_order_that_are_accepted() {
    caught(Bug::AcceptLowOrder);
}

#[test]
fn padding_that_is_not_looked_at() {
    caught(Bug::IgnorePadding);
}

#[test]
fn replays_that_are_accepted() {
    caught(Bug::AcceptReplay);
}

#[test]
fn headers_that_may_say_anything() {
    caught(Bug::IgnoreControl);
}

#[test]
fn marks_that_are_not_compared() {
    caught(Bug::IgnoreMark);
}

#[test]
fn adopting_what_nobody_answered() {
    caught(Bug::AdoptUnasked);
}

#[test]
fn entries_whose_signature_is_not_verified() {
    caught(Bug::SkipEntrySignature);
}

#[test]
fn entries_whose_role_is_not_asked_for() {
    caught(Bug::SkipRoles);
}

#[test]
fn decoding_that_is_not_strict() {
    caught(Bug::LenientDecoding);
}
