//! The example of `spec/IMPLEMENTING.md` as a process: it passes what it claims.

use aside_conformance::{
    files, load,
    run::{Command, Exemptions, Pick, Plan, Shim, Verdict, play},
};
use std::time::Duration;

#[test]
fn the_shim_of_the_guide_passes_the_file_that_it_claims() {
    let files = load::all_in(&files::folder()).unwrap();
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../../interop/python/example_shim.py");
    let command = Command::parse(&format!("python3 '{program}'")).unwrap();
    let mut shim = Shim::start(command, Duration::from_secs(10)).unwrap();
    let plan = Plan { files: &files, pick: Pick::default(), exemptions: Exemptions::default(), strict: true };
    let score = play(&plan, &mut shim, |_| {});
    assert!(score.is_good(), "{:?}", score.failures().next());
    let claimed = load::file("primitives/hash.json").unwrap().vectors.len();
    assert_eq!(score.counts(None).of(Verdict::Pass), claimed);
}
