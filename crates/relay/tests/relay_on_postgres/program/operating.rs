//! What an operator does from another terminal, when the database is on a server.

use crate::{
    client::Client,
    held::change,
    person::Person,
    program::{
        accounts::{asked, operate},
        process::{Process, command, run},
    },
};
use std::fs;

#[tokio::test]
async fn the_database_is_counted_and_its_files_are_left_to_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (code, _, err) = operate(data, &["db", "stats"]).await;
    assert!(code == Some(1) && err.contains("A relay makes its tables when it starts"), "{err}");
    let process = Process::start(data).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&process.url, &alice).await;
    Client::join(&process.url, &bob).await;
    for number in 0..3 {
        from.send(bob.letter(number, b"text")).await.unwrap();
    }
    let counted = asked(data, &["db", "stats"]).await;
    assert_eq!((&counted["accounts"], &counted["messages"]), (&2.into(), &3.into()));
    for words in [&["db", "check"][..], &["db", "backup", "x"], &["db", "restore", "x"], &["db", "vacuum"]] {
        let (code, out, err) = operate(data, words).await;
        assert_eq!((code, out.as_str()), (Some(1), ""), "{words:?}");
        assert!(err.contains("on a server") && err.contains("pg_"), "{err}");
    }
    // Who only looks counts no time and numbers no mail.
    from.send(bob.letter(3, b"text")).await.unwrap();
    let mut to = Client::enter(&process.url, &bob).await;
    to.subscribe().await;
    for number in 1..=4 {
        assert_eq!(to.delivery().await.sequence, number);
    }
    process.terminate().await;
}

#[tokio::test]
async fn doctor_says_what_is_wrong_with_the_server_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let doctor = async || {
        let (code, out, _) = operate(&data, &["doctor", "--listen", "127.0.0.1:0"]).await;
        (code, out)
    };
    let (code, out) = doctor().await;
    for word in ["first start makes the tables", "first start draws it", "clock"] {
        assert!(code == Some(0) && out.contains(word), "{word} is not in {out}");
    }
    assert!(!data.exists(), "it only looks");
    Process::start(&data).await.terminate().await;
    let (code, out) = doctor().await;
    assert!(code == Some(0) && out.contains("keeps what it reports") && !out.contains("MiB"), "{out}");

    let key = fs::read(data.join("relay.key")).unwrap();
    fs::write(data.join("relay.key"), [7; 32]).unwrap();
    let (code, out) = doctor().await;
    assert!(code == Some(1) && out.contains("relay with another key"), "{out}");
    fs::remove_file(data.join("relay.key")).unwrap();
    let (code, out) = doctor().await;
    assert!(code == Some(1) && out.contains("missing beside a database"), "{out}");
    fs::write(data.join("relay.key"), key).unwrap();
    change(&data, "UPDATE run SET noted = 4000000000000");
    let (code, out) = doctor().await;
    assert!(code == Some(1) && out.contains("set it"), "{out}");
    change(&data, "UPDATE schema_version SET version = 99");
    let (code, out) = doctor().await;
    assert!(code == Some(1) && out.contains("schema 99"), "{out}");

    let (code, out, _) =
        run(command(["doctor", "--store", "postgres://relay:hush@127.0.0.1:1/aside", "--data", "x"])).await;
    assert!(code == Some(1) && out.contains("cannot be reached") && !out.contains("hush"), "{out}");
}
