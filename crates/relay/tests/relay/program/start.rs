//! Starting, and each way of not starting.

use crate::{
    client::Client,
    person::Person,
    program::process::{Process, command, run},
};
use std::{ffi::OsStr, fs, net::TcpListener, path::Path};

/// Exit code 1 and one line that holds all of these.
async fn refuses(data: &Path, listen: &str, words: &[&str]) {
    let arguments = [OsStr::new("--data"), data.as_os_str(), "--listen".as_ref(), listen.as_ref()];
    let (code, out, err) = run(command(arguments)).await;
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    for word in words.iter().chain(&["aside-relay: "]) {
        assert!(err.contains(word), "{word:?} is not in {err:?}");
    }
}

#[tokio::test]
async fn it_tells_its_address_and_key_and_ends_politely() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    assert!(process.url.starts_with("ws://127.0.0.1:") && process.url.ends_with("/v1/connect"));
    let client = Client::connect(&process.url).await;
    let hex: String = client.relay_key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((process.key.as_str(), client.name.as_str()), (hex.as_str(), "localhost"));
    drop(client);
    assert_eq!(process.terminate().await, Some(0));
}

#[tokio::test]
async fn help_and_version_explain() {
    let (code, out, _) = run(command(["--help"])).await;
    assert_eq!(code, Some(0));
    for word in [
        "--data <DIR>",
        "ASIDE_RELAY_DATA",
        "127.0.0.1:8750",
        "--name",
        "--log-format",
        "--keep-days",
        "ASIDE_RELAY_KEEP_DAYS",
        "/health",
        "Exit codes",
    ] {
        assert!(out.contains(word), "{word} is not in {out}");
    }
    let (code, out, _) = run(command(["--version"])).await;
    assert_eq!((code, out), (Some(0), format!("aside-relay {}\n", env!("CARGO_PKG_VERSION"))));
    for wrong in [
        vec![],
        vec!["--data", "x", "--name", "Not A Name"],
        vec!["--data", "x", "--listen", "here"],
        vec!["--data", "x", "--keep-days", "0"],
        vec!["--data", "x", "--keep-days", "366"],
    ] {
        let (code, out, err) = run(command(wrong)).await;
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    refuses(folder.path(), &address, &["cannot listen on", &address, "--listen"]).await;
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    refuses(&file.join("data"), "127.0.0.1:0", &["data directory", "file/data", "--data"]).await;
}

#[tokio::test]
async fn a_directory_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let first = Process::start(folder.path()).await;
    refuses(folder.path(), "127.0.0.1:0", &["another relay is using"]).await;
    // The lock does not outlive its process, however that ends.
    first.kill().await;
    Process::start(folder.path()).await.kill().await;
}

#[tokio::test]
async fn a_damaged_database_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    Client::join(&process.url, &Person::new("alice")).await;
    process.terminate().await;
    let path = folder.path().join("relay.db");
    let whole = fs::read(&path).unwrap();
    for damage in [0..100, 4096 * 2..4096 * 8] {
        let mut bytes = whole.clone();
        bytes[damage].fill(0xA5);
        fs::write(&path, &bytes).unwrap();
        refuses(folder.path(), "127.0.0.1:0", &["relay.db is damaged", "backup", ".recover"]).await;
        assert!(fs::read(&path).unwrap() == bytes, "left as it was, for a rescue");
    }
    // As it was before, it is fine.
    fs::write(&path, &whole).unwrap();
    Process::start(folder.path()).await.kill().await;
}

#[tokio::test]
async fn a_newer_database_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    Process::start(folder.path()).await.terminate().await;
    let connection = rusqlite::Connection::open(folder.path().join("relay.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    refuses(folder.path(), "127.0.0.1:0", &["schema 99", "newer relay", "backup"]).await;
}

#[tokio::test]
async fn the_environment_and_the_log_format_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command([""; 0]);
    command.env("ASIDE_RELAY_DATA", folder.path().join("in the environment"));
    command.env("ASIDE_RELAY_NAME", "relay.example.org").env("ASIDE_RELAY_LISTEN", "127.0.0.1:0");
    command.env("ASIDE_RELAY_LOG_FORMAT", "json");
    let mut child = command.spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(stdout));
    let line = crate::running::soon(lines.next_line()).await.unwrap().unwrap();
    let client = Client::connect(line.strip_prefix("listening on ").unwrap()).await;
    assert_eq!(client.name, "relay.example.org");
    drop(client);
    let id = child.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    let output = crate::running::soon(child.wait_with_output()).await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(
        log.lines().count() > 0
            && log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok())
    );
}
