//! The runner against the shim of this workspace, as processes.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use aside_conformance::{
    files, load,
    run::{Command, Exemptions, Pick, Plan, Score, Shim, Verdict, play},
};
use std::time::Duration;

fn score(options: &str, only: &[&str]) -> Score {
    let files = load::all_in(&files::folder()).unwrap();
    let command = format!("'{}' {options}", env!("CARGO_BIN_EXE_aside-shim"));
    let mut shim = Shim::start(Command::parse(&command).unwrap(), Duration::from_secs(10)).unwrap();
    let pick = Pick { only: only.iter().map(|text| (*text).to_owned()).collect(), levels: Vec::new() };
    let plan = Plan { files: &files, pick, exemptions: Exemptions::default(), strict: true };
    let score = play(&plan, &mut shim, |_| {});
    assert!(shim.finish(), "it ends with its input");
    score
}

// CNF-1, CNF-5, CNF-7, CNF-9
#[test]
fn the_crates_of_this_workspace_pass_every_vector_through_their_shim() {
    let score = score("", &[]);
    let counts = score.counts(None);
    assert!(score.is_good(), "{:?}", score.failures().next());
    assert!(counts.of(Verdict::Pass) == counts.all() && counts.all() > 3000, "{counts:?}");
}

#[test]
fn a_shim_with_a_mistake_fails_what_catches_it() {
    let score = score("--bug accept-replay", &["session/order.json"]);
    let mut failing: Vec<_> = score.failures().map(|finding| finding.id.as_str()).collect();
    let file = load::file("session/order.json").unwrap();
    let catching =
        file.vectors.iter().filter(|vector| vector.catches.iter().any(|bug| bug == "accept-replay"));
    let mut wanted: Vec<_> = catching.map(|vector| vector.id.as_str()).collect();
    failing.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(failing, wanted);
    assert!(score.failures().all(|finding| finding.verdict == Verdict::Fail));
}

#[test]
fn cnf_10_without_a_tape_the_shim_draws_for_itself() {
    let line = r#"{"id":1,"do":"step","op":"attachment.seal","in":{"file":"5a"}}"#;
    let mut replies = Vec::new();
    aside_conformance::shim::serve(format!("{line}\n{line}\n").as_bytes(), &mut replies, None).unwrap();
    let text = String::from_utf8(replies).unwrap();
    let [one, other] = text.lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(one.contains("\"ok\"") && other.contains("\"ok\""), "{one}");
    assert_ne!(one, other);
}
