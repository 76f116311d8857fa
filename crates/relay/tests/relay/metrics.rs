//! What an operator reads: numbers of everything, names of nobody.

use crate::{
    client::Client,
    held::away,
    person::Person,
    running::{Running, get, soon},
};
use aside_relay::{Config, limits};
use tokio::{net::TcpStream, task::yield_now, time::sleep};

/// A relay that shows its numbers.
async fn relay() -> (tempfile::TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { metrics: Some("127.0.0.1:0".parse().unwrap()), ..Config::new(folder.path()) };
    let running = Running::start_with(config).await;
    (folder, running)
}

/// The number of a line that begins like this.
fn number(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name} is not in {text}")).rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
// RLY-18.
async fn everything_is_counted_and_nobody_is_named() {
    let (_folder, running) = relay().await;
    let address = running.metrics.unwrap();
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&running.url, &alice).await;
    let mut to = Client::join(&running.url, &bob).await;
    for number in 0..10 {
        from.send(bob.letter(number, &[7; 500])).await.unwrap();
    }
    assert_eq!(from.send(Person::new("carol").letter(99, b"text")).await, Err("UNKNOWN_ACCOUNT"));
    to.subscribe().await;
    for _ in 0..10 {
        to.delivery().await;
    }
    to.acknowledge(5).await.unwrap();
    let text = get(address, "/metrics").await;
    assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("# EOF\n"), "{text}");
    for (name, expected) in [
        ("aside_relay_connections", 2.0),
        ("aside_relay_requests_total{kind=\"send\"}", 11.0),
        ("aside_relay_requests_total{kind=\"acknowledge\"}", 1.0),
        ("aside_relay_refusals_total{kind=\"send\",code=\"UNKNOWN_ACCOUNT\"}", 1.0),
        ("aside_relay_deliveries_total", 10.0),
    ] {
        assert_eq!(number(&text, name), expected, "{name}");
    }
    assert!(number(&text, "aside_relay_received_bytes_total") > 5_000.0);
    assert!(number(&text, "aside_relay_delivered_bytes_total") > 5_000.0);
    assert!(number(&text, "aside_relay_commit_seconds_count") >= 1.0);
    assert!(number(&text, "aside_relay_batch_jobs_sum") >= 12.0);
    for name in ["messages_waiting", "oldest_message_seconds", "disk_bytes", "accounts_suspended"] {
        number(&text, &format!("aside_relay_{name}"));
    }
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for name in ["alice", "bob", &hex(&alice.key()), &hex(&bob.key())] {
        assert!(!text.contains(name), "{name}");
    }
    drop((from, to));
    assert!(get(running.address, "/metrics").await.starts_with("HTTP/1.1 404 "), "not for the public");
    running.stop().await;
}

#[tokio::test]
async fn a_relay_is_not_ready_while_its_store_fails_and_while_it_shuts_down() {
    let (folder, running) = relay().await;
    let (address, metrics) = (running.address, running.metrics.unwrap());
    for at in [address, metrics] {
        assert!(get(at, "/ready").await.starts_with("HTTP/1.1 200 "));
    }
    let away = away(folder.path());
    // Nobody is told what was seen longer ago.
    sleep(limits::HEALTH_FRESH).await;
    assert!(get(metrics, "/ready").await.starts_with("HTTP/1.1 503 "));
    drop(away);
    soon(async { while !get(metrics, "/ready").await.starts_with("HTTP/1.1 200 ") {} }).await;

    // A client that takes its time holds up the end; whoever looks meanwhile is told.
    let slow = Client::connect(&running.url).await;
    let stopping = tokio::spawn(running.stop());
    while TcpStream::connect(address).await.is_ok() {
        yield_now().await;
    }
    let answer = get(metrics, "/ready").await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("shutting down"), "{answer}");
    drop(slow);
    stopping.await.unwrap();
}
