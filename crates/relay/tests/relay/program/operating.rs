//! What an operator does from another terminal: settings, doctor and database, while the relay runs.

use crate::{
    client::Client,
    person::Person,
    program::{
        accounts::{asked, operate},
        process::{Process, command, run},
    },
    running::soon,
};
use serde_json::Value;
use std::{ffi::OsStr, fs};

#[tokio::test]
async fn settings_come_from_flags_environment_and_file_and_are_told_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.toml");
    fs::write(&file, "name = \"relay.example.org\"\nkeep_days = 3\n[timeouts]\nlogin = 7\n").unwrap();
    let mut command = command([OsStr::new("config"), "--config".as_ref(), file.as_ref(), "--json".as_ref()]);
    command.env("ASIDE_RELAY_DATA", folder.path()).env("ASIDE_RELAY_KEEP_DAYS", "4");
    let (code, out, err) = run(command).await;
    assert_eq!(code, Some(0), "{err}");
    let all: Vec<Value> = serde_json::from_str(&out).unwrap();
    let of = |key: &str| {
        let entry = all.iter().find(|entry| entry["key"] == key).unwrap();
        (entry["value"].as_str().unwrap_or_default(), entry["from"].as_str().unwrap())
    };
    assert_eq!(of("name"), ("relay.example.org", "file, line 1"));
    assert_eq!(of("keep_days"), ("4", "environment"));
    assert_eq!(of("timeouts.login"), ("7", "file, line 4"));
    assert_eq!(of("listen"), ("127.0.0.1:8750", "default"));

    fs::write(&file, "name = \"relay.example.org\"\nkeep_for = 3\n").unwrap();
    let arguments = [OsStr::new("--config"), file.as_ref(), "--data".as_ref(), folder.path().as_ref()];
    let (code, out, err) = run(crate::program::process::command(arguments)).await;
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("relay.toml, line 2") && err.contains("keep_for"), "{err}");
}

#[tokio::test]
async fn whoever_has_read_enough_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = command(["config", "--data", "x"]);
    let output = soon(command.stdout(writer).spawn().unwrap().wait_with_output()).await.unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn a_backup_is_made_while_the_relay_runs_and_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("relay.backup"));
    let file = backup.to_str().unwrap();
    let process = Process::start(&data).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&process.url, &alice).await;
    Client::join(&process.url, &bob).await;
    for number in 0..50 {
        from.send(bob.letter(number, &[7; 2000])).await.unwrap();
    }
    // What is written meanwhile is no hindrance.
    let words = ["db", "backup", file];
    let (made, _) = soon(async {
        tokio::join!(asked(&data, &words), async {
            for number in 50..100 {
                from.send(bob.letter(number, b"meanwhile")).await.unwrap();
            }
        })
    })
    .await;
    assert!(made["bytes"].as_u64().unwrap() > 100_000);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let (code, _, err) = operate(&data, &["db", "backup", file]).await;
    assert!(code == Some(1) && err.contains("exists already"), "{err}");
    let (code, _, err) = operate(&data, &["db", "restore", file, "--replace"]).await;
    assert!(code == Some(1) && err.contains("another relay is using"), "{err}");
    from.send(bob.letter(200, b"after")).await.unwrap();
    assert_eq!(asked(&data, &["db", "stats"]).await["messages"], 101);
    assert!(asked(&data, &["db", "check"]).await["findings"].as_array().unwrap().is_empty());
    asked(&data, &["db", "vacuum"]).await;
    process.terminate().await;

    let (code, _, err) = operate(&data, &["db", "restore", file]).await;
    assert!(code == Some(1) && err.contains("--replace"), "{err}");
    let (code, out, err) = operate(&data, &["db", "restore", file, "--replace"]).await;
    assert_eq!(code, Some(0), "{err}");
    let out = out.replace('\n', " ");
    assert!(
        out.contains("One-time prekeys that were handed out since will be handed out again"),
        "H5: {out}"
    );
    let kept = aside_relay::stored(&data).unwrap().len();
    assert!((50..=100).contains(&kept), "{kept}");
    assert!(data.join("relay.db.old").is_file());

    let process = Process::start(&data).await;
    let mut to = Client::enter(&process.url, &bob).await;
    to.subscribe().await;
    assert_eq!(to.delivery().await.sequence, 1);
    process.terminate().await;

    // On a new machine, with the copy of the key.
    let other = folder.path().join("other");
    let (_, out, _) = operate(&other, &["db", "restore", file]).await;
    assert!(out.contains("There is no key"), "{out}");
    fs::copy(data.join("relay.key"), other.join("relay.key")).unwrap();
    let process = Process::start(&other).await;
    Client::enter(&process.url, &bob).await;
    process.terminate().await;
}

#[tokio::test]
async fn what_is_no_backup_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("relay.backup"));
    Process::start(&data).await.terminate().await;
    asked(&data, &["db", "backup", backup.to_str().unwrap()]).await;
    let (before, whole) = (fs::read(data.join("relay.db")).unwrap(), fs::read(&backup).unwrap());
    let refused = async |bytes: &[u8], words: &str| {
        fs::write(&backup, bytes).unwrap();
        let (code, _, err) = operate(&data, &["db", "restore", backup.to_str().unwrap(), "--replace"]).await;
        assert!(code == Some(1) && err.contains(words), "{words}: {err}");
        assert!(fs::read(data.join("relay.db")).unwrap() == before, "left as it was");
    };
    let mut damaged = whole.clone();
    damaged[4096 * 2..4096 * 8].fill(0xA5);
    refused(&damaged, "damaged").await;
    refused(b"mail", "").await;
    fs::write(&backup, &whole).unwrap();
    let connection = rusqlite::Connection::open(&backup).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    refused(&fs::read(&backup).unwrap(), "schema 99").await;
}

#[tokio::test]
async fn doctor_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let doctor = async |words: &[&str]| {
        let (code, out, _) = operate(&data, &[&["doctor"], words].concat()).await;
        (code, out)
    };
    let (_, out) = doctor(&["--listen", "127.0.0.1:0"]).await;
    for word in ["first start creates it", "first start draws it", "MiB free", "is free", "clock"] {
        assert!(out.contains(word), "{word} is not in {out}");
    }
    let (code, out) = doctor(&["--key", "none.key"]).await;
    assert!(code == Some(1) && out.contains("openssl rand 32"), "{out}");
    assert!(!data.exists(), "it only looks");

    let process = Process::start(&data).await;
    let address = process.url.strip_prefix("ws://").unwrap().split('/').next().unwrap().to_owned();
    let (_, out) = doctor(&["--listen", &address]).await;
    assert!(out.contains("the relay is running") && !out.contains("bad "), "{out}");
    process.terminate().await;

    let (code, out) = doctor(&["--listen", "0.0.0.0:0"]).await;
    assert!(code == Some(1) && out.contains("set --name"), "{out}");
    let (code, out) = doctor(&["--tls-cert", "none.pem", "--tls-key", "none.pem"]).await;
    assert!(code == Some(1) && out.contains("cannot read none.pem"), "{out}");
    let connection = rusqlite::Connection::open(data.join("relay.db")).unwrap();
    connection.execute("UPDATE run SET noted = 4000000000000", []).unwrap();
    let (code, out) = doctor(&[]).await;
    assert!(code == Some(1) && out.contains("set it"), "{out}");
    connection.execute("UPDATE run SET noted = 0", []).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let (code, out) = doctor(&[]).await;
    assert!(code == Some(1) && out.contains("schema 99"), "{out}");
    fs::write(data.join("relay.key"), b"short").unwrap();
    let (_, out) = doctor(&[]).await;
    assert!(out.contains("not 32 bytes"), "{out}");
    fs::remove_file(data.join("relay.key")).unwrap();
    let (_, out) = doctor(&[]).await;
    assert!(out.contains("missing beside a database"), "{out}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        let (code, out) = doctor(&[]).await;
        assert!(code == Some(1) && out.contains("chmod 700"), "{out}");
    }
}
