//! Real clients, which resume by themselves: the driver that the `aside` command has.

use crate::{node::Node, proxy::Proxy, running::soon};
use aside_client::{
    Event,
    driver::{Client, Notice},
};
use aside_content::Body;
use aside_identity::Handle;
use std::{cell::RefCell, path::Path, time::Duration};
use tokio::time::sleep;

const LETTERS: u64 = 5;
/// Between two looks of somebody who waits.
const LOOK: Duration = Duration::from_millis(50);

fn handle(name: &str) -> Handle {
    Handle::parse(name).unwrap()
}

/// Two people with a thread and a chat.
async fn two(folder: &Path, url: &str) -> [Client; 2] {
    let mut alice = Client::register(&folder.join("alice"), &handle("alice"), url).await.unwrap();
    let mut bob = Client::register(&folder.join("bob"), &handle("bob"), url).await.unwrap();
    alice.look_up(&handle("bob")).await.unwrap();
    bob.look_up(&handle("alice")).await.unwrap();
    alice.step(|engine, step| engine.open_chat(step, &handle("bob"))).unwrap();
    bob.step(|engine, step| engine.send_to_thread(step, &handle("alice"), "hello")).unwrap();
    for _ in 0..2 {
        alice.catch_up(&mut |_| ()).await.unwrap();
        bob.catch_up(&mut |_| ()).await.unwrap();
    }
    bob.step(|engine, step| engine.accept_chat(step, &handle("alice"))).unwrap();
    for client in [&mut bob, &mut alice] {
        client.catch_up(&mut |_| ()).await.unwrap();
    }
    [alice, bob]
}

/// Alice writes in turn in the thread and encrypted, before, while and after something is done; Bob only listens.
async fn prove(proxy: &Proxy, disturbances: usize, mut disturb: impl AsyncFnMut(usize, bool)) {
    let folder = tempfile::tempdir().unwrap();
    let [mut alice, mut bob] = two(folder.path(), &proxy.url).await;
    let heard = RefCell::new(Vec::new());
    let mut interrupted = 0;
    let mut notice = |notice| match notice {
        Notice::Event(Event::Message(message)) => {
            let Body::Text(text) = message.body else { panic!("no text") };
            heard.borrow_mut().push(text.as_str().parse::<u64>().unwrap());
        }
        Notice::Disconnected(_) => interrupted += 1,
        _ => (),
    };
    let writing = async {
        let mut number = 0;
        for disturbance in 0..disturbances {
            write(&mut alice, &mut number);
            flush(&mut alice).await;
            disturb(disturbance, true).await;
            write(&mut alice, &mut number);
            // It fails, and what was written waits.
            let _ = alice.flush(&mut |_| ()).await;
            disturb(disturbance, false).await;
            flush(&mut alice).await;
            while heard.borrow().len() < usize::try_from(number).unwrap() {
                sleep(LOOK).await;
            }
        }
        number
    };
    let number = tokio::select! {
        number = soon(writing) => number,
        ended = bob.listen(&mut notice) => panic!("Bob gave up: {:?}", ended.is_ok()),
    };
    let mut heard = heard.into_inner();
    // Each conversation in its order, and each message once.
    for rest in [0, 1] {
        assert!(heard.iter().filter(|number| **number % 2 == rest).is_sorted());
    }
    heard.sort_unstable();
    assert!(heard.into_iter().eq(1..=number));
    println!("clients: {number} letters, {interrupted} times without a connection: each came once");
}

fn write(alice: &mut Client, number: &mut u64) {
    for _ in 0..LETTERS {
        *number += 1;
        let text = number.to_string();
        alice
            .step(|engine, step| match number.is_multiple_of(2) {
                true => engine.send_to_thread(step, &handle("bob"), &text).map(drop),
                false => engine.send_to_chat(step, &handle("bob"), &text).map(drop),
            })
            .unwrap();
    }
}

/// Until nothing waits; people try again.
async fn flush(alice: &mut Client) {
    while !matches!(alice.flush(&mut |_| ()).await, Ok(report) if report.waiting == 0) {
        sleep(LOOK).await;
    }
}

#[tokio::test]
async fn t8_clients_resume_by_themselves_when_the_relay_is_killed_and_the_proxy_leads_elsewhere() {
    let mut node = Node::start(None).await;
    let proxy = Proxy::start(node.url()).await;
    prove(&proxy, 3, async |_, before| {
        if before {
            node.kill().await;
        } else {
            node.start_again().await;
            proxy.lead_to(node.url());
        }
    })
    .await;
    node.kill().await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn t8_clients_resume_by_themselves_at_the_other_node() {
    let cluster = aside_testkit::postgres::Cluster::start().unwrap();
    let first = Node::start(Some(cluster.create_database().unwrap())).await;
    let second = first.start_beside().await;
    let proxy = Proxy::start(first.url()).await;
    let mut nodes = [first, second];
    // Killed, and only later noticed by the proxy; then led elsewhere for no reason.
    prove(&proxy, 4, async |number, before| match (number % 2, before) {
        (0, true) => nodes[number / 2].kill().await,
        (0, false) => {
            proxy.lead_to(nodes[1 - number / 2].url());
            nodes[number / 2].start_again().await;
        }
        (_, true) => (),
        (_, false) => proxy.lead_to(nodes[1 - number / 2].url()),
    })
    .await;
}
