//! A little of every scenario: whether the tool works, not how fast the relay is.

#![cfg(test)]

use aside_load::{
    ground::Grounds,
    program::Start,
    scenario::{SCENARIOS, Scenario},
    stand::{Stand, Target},
    workload::Workload,
};
use aside_relay::{Config, Rates, Relay};

async fn run(target: Target, wanted: impl Fn(&Scenario) -> bool) {
    let stand = Stand { target, workload: Workload::smoke(), grounds: Grounds::default() };
    for scenario in SCENARIOS.iter().filter(|scenario| wanted(scenario)) {
        let outcome = (scenario.run)(&stand).await;
        let report = outcome.unwrap_or_else(|failure| panic!("{}: {failure}", scenario.name));
        let text = report.to_string();
        assert!(text.lines().count() > 1, "{text}");
        assert_eq!(report.to_json()["scenario"], scenario.name);
    }
}

#[tokio::test]
async fn what_any_relay_can_be_asked_runs() {
    let folder = tempfile::tempdir().unwrap();
    // What people may do in a minute is not what is measured.
    let config = Config { rates: Rates::default().times(1_000_000), ..Config::new(folder.path()) };
    let relay = Relay::bind(config).await.unwrap();
    let target = Target::At(relay.url());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(relay.serve(async { stopped.await.unwrap_or(()) }));
    run(target, |scenario| !scenario.needs_own).await;
    drop(stop);
    serving.await.unwrap();
}

#[tokio::test]
async fn what_needs_a_relay_of_its_own_runs() {
    // Cargo builds the program with the tests of its crate, not for those of another.
    let here = std::env::current_exe().unwrap();
    let program = here.ancestors().nth(2).unwrap().join("aside-relay");
    if !program.is_file() {
        println!("skipped: build {} first", program.display());
        return;
    }
    let target = Target::Own(Start { program, arguments: Vec::new(), cores: None });
    run(target, |scenario| scenario.needs_own).await;
}
