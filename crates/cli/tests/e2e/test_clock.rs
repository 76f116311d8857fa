//! The clock that tests move: the program that is handed out does not know it.

use crate::{
    person::{Person, finish, messages},
    relay::RelayProcess,
};
use std::{
    env,
    ffi::OsString,
    fs,
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::process::Command;

/// `cargo xtask handed-out` names the program here that it has built as one that is handed out.
const HANDED_OUT: &str = "ASIDE_HANDED_OUT";
/// What the clock is ahead.
const AHEAD: Duration = Duration::from_secs(3 * 60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn c5_the_clock_that_tests_move_is_known_to_test_builds_alone() {
    let handed_out = env::var_os(HANDED_OUT);
    let program = handed_out.clone().unwrap_or_else(|| OsString::from(env!("CARGO_BIN_EXE_aside")));
    let folder = tempfile::tempdir().unwrap();
    let relay = RelayProcess::start(&folder.path().join("relay")).await;
    let clock = folder.path().join("clock");
    let told = (SystemTime::now() + AHEAD).duration_since(UNIX_EPOCH).unwrap().as_millis();
    fs::write(&clock, told.to_string()).unwrap();
    let run = async |person: &Person, arguments: &[&str]| {
        let mut command = Command::new(&program);
        // What a person runs takes nothing else from the test's surroundings.
        command.arg("--profile").arg(&person.profile).args(arguments).env("ASIDE_TEST_CLOCK", &clock);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).kill_on_drop(true);
        finish(command, "").await.done()
    };
    let (alice, bob) = (Person::new(folder.path(), "alice"), Person::new(folder.path(), "bob"));
    for person in [&alice, &bob] {
        run(person, &["register", &person.handle, "--relay", &relay.url]).await;
    }
    run(&alice, &["send", "@bob", "Hello."]).await;
    let sent = messages(&run(&alice, &["inbox", "--all", "--json"]).await);
    let sent_at = sent[0]["sent_at"].as_u64().unwrap();
    assert_eq!(u128::from(sent_at) == told, handed_out.is_none(), "{sent_at}");
}
