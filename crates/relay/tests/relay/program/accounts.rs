//! What an operator decides about accounts from another terminal, while the relay runs.

use crate::{
    client::Client,
    held::arguments,
    person::Person,
    program::process::{Process, command, run},
};
use serde_json::Value;
use std::{ffi::OsStr, path::Path};

/// Runs a command on a data directory; exit code and both outputs.
pub(crate) async fn operate(data: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let store = arguments(data);
    let words = words.iter().copied().chain(store.iter().map(String::as_str)).map(OsStr::new);
    run(command(words.chain([OsStr::new("--data"), data.as_os_str()]))).await
}

/// The same, which succeeds, and answers with JSON.
pub(crate) async fn asked(data: &Path, words: &[&str]) -> Value {
    let (code, out, err) = operate(data, &[words, &["--json"]].concat()).await;
    assert_eq!(code, Some(0), "{words:?}: {err}");
    serde_json::from_str(&out).unwrap()
}

#[tokio::test]
async fn an_account_is_administered_while_the_relay_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let process = Process::start(data).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&process.url, &alice).await;
    Client::join(&process.url, &bob).await;
    from.send(bob.letter(1, b"text")).await.unwrap();

    let shown = asked(data, &["account", "show", "@bob"]).await;
    let (handle, suspended) = (&shown["handle"], &shown["suspended_at"]);
    assert_eq!((handle.as_str(), suspended.is_null()), (Some("bob"), true));
    assert_eq!(shown["devices"][0]["messages"], 1);
    asked(data, &["account", "suspend", "alice"]).await;
    assert_eq!(from.send(bob.letter(2, b"text")).await, Err("SUSPENDED"));
    asked(data, &["account", "unsuspend", "alice"]).await;
    asked(data, &["account", "capacity", "bob", "--messages", "2", "--bytes", "100000"]).await;
    from.send(bob.letter(2, b"text")).await.unwrap();
    assert_eq!(from.send(bob.letter(3, b"text")).await, Err("MAILBOX_FULL"));
    asked(data, &["account", "capacity", "bob", "--default"]).await;
    from.send(bob.letter(3, b"text")).await.unwrap();
    let released = asked(data, &["account", "release", "bob", "--days", "30"]).await;
    assert!(released["free_at"].as_u64().is_some());
    assert_eq!(from.send(bob.letter(4, b"text")).await, Err("UNKNOWN_ACCOUNT"));
    asked(data, &["account", "release", "bob", "--undo"]).await;
    from.send(bob.letter(4, b"text")).await.unwrap();

    let (code, out, err) = operate(data, &["account", "show", "nobody"]).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("no account has this handle"), "{err}");
    let (_, out, _) = operate(data, &["account", "show", "bob"]).await;
    assert!(out.contains("in good standing") && out.contains("4 messages"), "{out}");
    process.terminate().await;
}
