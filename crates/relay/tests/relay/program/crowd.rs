//! A thousand clients at once, and what they cost the relay.

use crate::{
    client::Client,
    person::{self, Person},
    program::process::Process,
    running::soon,
};
use aside_relay::stored;
use aside_wire::pb;
use futures_util::{StreamExt, future::join_all, stream};
use std::{env, fs};
use tokio::process::Command;

const CLIENTS: usize = 1_000;
/// Open files of either side, with what the rest of a test run may have open.
const FILES: u64 = 2_000;
const ITSELF: &str =
    "program::crowd::t1_a_thousand_clients_at_once_cost_little_and_each_gets_its_message_once";
const RAISED: &str = "ASIDE_RELAY_TEST_RAISED";

/// How many files this process may have open.
fn files() -> u64 {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(u64::MAX)
}

/// The memory the process has now, in KiB.
fn resident(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.child.id().unwrap())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Many steps at a time, but not a thread of the relay for each.
async fn a_few_at_a_time<T>(steps: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    stream::iter(steps).buffered(16).collect().await
}

#[tokio::test]
// RLY-12, RLY-15.
async fn t1_a_thousand_clients_at_once_cost_little_and_each_gets_its_message_once() {
    if files() < FILES {
        if env::var_os(RAISED).is_some() {
            println!("skipped: {} open files are allowed, {FILES} are needed", files());
            return;
        }
        // A shell can raise the soft limit.
        let raise = format!("ulimit -S -n {FILES}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &raise]).arg(env::current_exe().unwrap());
        let run = command.args([ITSELF, "--exact", "--nocapture"]).env(RAISED, "1").kill_on_drop(true);
        assert!(run.status().await.unwrap().success());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let people: Vec<_> = (0..CLIENTS).map(|number| Person::new(&format!("p{number}"))).collect();
    let process = Process::start(folder.path()).await;
    drop(Client::connect(&process.url).await);
    let fresh = resident(&process);

    // Registered, logged in and subscribed, all of them stay.
    let joining = people.iter().map(async |person| {
        let mut client = Client::join(&process.url, person).await;
        assert_eq!(client.subscribe().await, 0);
        client
    });
    let mut clients = a_few_at_a_time(joining).await;
    let each = (resident(&process) - fresh) / u64::try_from(CLIENTS).unwrap();
    println!("{each} KiB for each of {CLIENTS} connections");
    assert!(each < 64, "{each} KiB for each connection");

    // Everybody writes to a neighbour at the same time, and reads one message.
    let neighbour = |number: usize| (number + 1) % CLIENTS;
    let exchange = clients.iter_mut().enumerate().map(async |(number, client)| {
        let to = &people[neighbour(number)];
        client.send(to.letter(1, &number.to_be_bytes())).await.unwrap();
        let delivery = client.delivery().await;
        assert_eq!(delivery.sequence, 1);
        let from: [u8; 8] = person::payload(&delivery.envelope).try_into().unwrap();
        let from = usize::from_be_bytes(from);
        assert_eq!((neighbour(from), &delivery.sender), (number, &people[from].key()));
    });
    soon(join_all(exchange)).await;
    assert_eq!(stored(folder.path()).unwrap().len(), CLIENTS);
    let acknowledging = clients.iter_mut().map(async |client| {
        client.acknowledge(1).await.unwrap();
        assert!(client.delivered.is_empty(), "nothing comes twice");
    });
    soon(join_all(acknowledging)).await;
    assert!(stored(folder.path()).unwrap().is_empty());

    // Two of them read no more and get 30 MB each: the first warms the caches, the second shows what such a one costs.
    let mut before = 0;
    for (number, silent) in (2..).zip(&people[..2]) {
        before = resident(&process);
        let letter = silent.letter(number, &[9; 30_000]);
        let writing = clients.iter_mut().skip(2).map(|client| client.send(letter.clone()));
        for sent in a_few_at_a_time(writing).await {
            sent.unwrap();
        }
    }
    let grown = resident(&process).saturating_sub(before);
    println!("{grown} KiB for one that does not read");
    assert!(grown < 4 * 1024, "{grown} KiB for one that does not read");
    // The rest is well.
    clients[2].ask(pb::request::Body::Resolve(pb::Resolve { handle: "p0".into() })).await.unwrap();
    process.kill().await;
}
