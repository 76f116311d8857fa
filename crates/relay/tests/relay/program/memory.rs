//! Threat T1: what a client sends cannot make the relay hold more than its limits.

use crate::{
    client::Client,
    person::{LOG, Person, entry},
    program::process::Process,
};
use aside_wire::{
    limits::{FRAME_BYTES, LOG_ENTRY_BYTES},
    pb::{self, request::Body},
};
use prost::Message as _;
use std::fs;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::MaybeTlsStream;

/// The most memory the process has ever had, in KiB.
fn peak(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.child.id().unwrap())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
// RLY-2.
async fn t1_a_frame_of_a_gigabyte_costs_the_relay_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    drop(Client::connect(&process.url).await);
    let before = peak(&process);
    for _ in 0..4 {
        let mut client = Client::connect(&process.url).await;
        let MaybeTlsStream::Plain(stream) = client.socket.get_mut() else { panic!("no TLS here") };
        let mut header = vec![0x82, 0xFF];
        header.extend_from_slice(&(1u64 << 30).to_be_bytes());
        header.extend_from_slice(&[0; 4]);
        stream.write_all(&header).await.unwrap();
        // As much of it as the relay lets us send.
        for _ in 0..1024 {
            if stream.write_all(&[0xAA; 1 << 16]).await.is_err() {
                break;
            }
        }
        assert!(client.read().await.is_none(), "the connection is closed");
    }
    let grown = peak(&process) - before;
    assert!(grown < 4 * 1024, "grown by {grown} KiB");
    process.kill().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
// RLY-12, RLY-15.
async fn t1_a_client_that_never_reads_costs_the_relay_little() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let mut from = Client::join(&process.url, &alice).await;
    Client::join(&process.url, &bob).await;
    // 12 MB of mail that Bob's subscribed connections do not read.
    for number in 0..200 {
        from.send(bob.letter(number, &[7; 60_000])).await.unwrap();
    }
    let before = peak(&process);
    let mut idle = Vec::new();
    for _ in 0..8 {
        let mut client = Client::enter(&process.url, &bob).await;
        client.post(Body::Subscribe(pb::Subscribe {})).await;
        idle.push(client);
    }
    // And a flood of the largest frames from somebody who does not read the refusals.
    let mut flood = Client::enter(&process.url, &bob).await;
    let mut frame = pb::Request { id: 1, body: None }.encode_to_vec();
    frame.resize(FRAME_BYTES, 0xFF);
    while flood.raw(frame.clone()).await.is_ok() {}
    from.send(bob.letter(999, b"still well")).await.unwrap();
    let grown = peak(&process) - before;
    assert!(grown < 24 * 1024, "grown by {grown} KiB");
    process.kill().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
// RLY-15.
async fn t1_a_client_that_asks_for_entries_and_never_reads_them_costs_the_relay_little() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let alice = Person::new("alice");
    let mut client = Client::join(&process.url, &alice).await;
    for position in 1..=3 {
        client.append(entry(position, position, &[], &vec![7; LOG_ENTRY_BYTES])).await.unwrap();
    }
    let before = peak(&process);
    let mut idle = Vec::new();
    for _ in 0..8 {
        let mut client = Client::enter(&process.url, &alice).await;
        // 20 MB of answers each, far more than the sockets hold.
        for _ in 0..100 {
            client.post(Body::FetchEntries(pb::FetchEntries { log: LOG.to_vec(), from: 1 })).await;
        }
        idle.push(client);
    }
    for _ in 0..20 {
        assert_eq!(client.entries(&LOG, 1).await.unwrap().0, 3);
    }
    let grown = peak(&process) - before;
    assert!(grown < 16 * 1024, "grown by {grown} KiB");
    process.kill().await;
}
