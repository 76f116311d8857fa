//! Threats T8 and R11 with real processes: Bob is offline while Alice sends; client and relay are killed at the worst
//! moments; nothing is lost, doubled, reordered or encrypted twice.

use crate::{
    person::{Outcome, Person, eventually, messages, texts},
    relay::RelayProcess,
    wiretap::{OPEN, Quota, Wiretap},
};
use aside_client::{Event, driver::Client, engine::Incoming};
use aside_relay::Entry;
use aside_wire::{decode, pb};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::RangeInclusive,
    path::Path,
};

/// Messages in each of the two conversations.
const EACH: usize = 100;
/// So many in a row go to one conversation, then as many to the other.
const ROW: usize = 5;

#[tokio::test]
async fn t8_bob_is_offline_and_gets_two_hundred_messages_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = RelayProcess::start(&folder.path().join("relay")).await;
    let (alice_line, bob_line) = (Wiretap::to(&relay.url).await, Wiretap::to(&relay.url).await);
    let alice = Person::registered(folder.path(), "alice", &alice_line.url).await;
    let bob = Person::registered(folder.path(), "bob", &bob_line.url).await;
    bob.knows(&alice).await;
    alice.knows(&bob).await;
    agree_on_a_chat(&alice, &bob).await;
    let before = alice_line.sends().len();

    // From here on Bob is offline. The first half is written while the relay is down too.
    relay.kill().await;
    write(&alice, 1..=EACH / 2, &|outcome| outcome.failed(4, &["waiting in the outbox"])).await;
    relay.restart().await;
    let mut held = 0;
    for quota in [
        // All in flight, and not one answer comes back.
        Quota { accepted: 0, ..OPEN },
        // The line breaks between two messages that were not sent before.
        Quota { sends: 40, ..OPEN },
        // Some answers come back.
        Quota { accepted: 9, ..OPEN },
    ] {
        alice_line.rules(quota);
        let retry = alice.start(&["outbox", "--retry"], "").await;
        alice_line.silent().await;
        held = grown(&relay, held).await;
        retry.kill().await;
    }
    // The relay dies instead: the client says so, and keeps what it does not know to be stored.
    alice_line.rules(Quota { accepted: 9, ..OPEN });
    let retry = alice.start(&["outbox", "--retry"], "").await;
    alice_line.silent().await;
    held = grown(&relay, held).await;
    relay.kill().await;
    retry.end().await.failed(4, &["waiting in the outbox", "aside outbox --retry"]);
    relay.restart().await;

    // The other half is written while the relay is there; again a client dies with its messages in the air.
    alice_line.rules(Quota { accepted: 5, ..OPEN });
    let (next, last) = (EACH / 2 + 1, EACH / 2 + ROW);
    let send = alice.start(&["send", "@bob", "-"], &lines("thread", next..=last)).await;
    alice_line.silent().await;
    grown(&relay, held).await;
    send.kill().await;
    alice_line.rules(OPEN);
    alice.run_with(&["chat", "send", "@bob", "-"], &lines("chat", next..=last)).await.done();
    write(&alice, last + 1..=EACH, &|outcome| drop(outcome.done())).await;
    assert_eq!(alice.run(&["outbox", "--retry"]).await.done(), "Everything is on the relay.\n");

    let entries = relay.stored();
    assert_eq!(entries.len(), 2 * EACH);
    no_key_was_used_twice(&alice_line.sends()[before..], &entries, &bob, folder.path());

    // Bob comes online, and nothing goes well for him either.
    let shown = fetch(&bob, &bob_line, &mut relay).await;
    all_there("shown", &shown);
    all_there("kept", &from_alice(bob.history().await));
    relay.holds(0).await;

    // And the two go on talking.
    bob.run(&["chat", "send", "@alice", "I have it all."]).await.done();
    assert_eq!(
        texts(&messages(&alice.run(&["inbox", "--json"]).await.done()), "chat").last().unwrap(),
        "I have it all."
    );
}

/// Both have a thread and an accepted chat, and nothing is under way.
async fn agree_on_a_chat(alice: &Person, bob: &Person) {
    alice.run(&["chat", "open", "@bob"]).await.done();
    bob.run(&["inbox"]).await.done();
    bob.run(&["chat", "accept", "@alice"]).await.done();
    alice.run(&["inbox"]).await.done();
}

/// Alice writes numbered messages, a few into one conversation, a few into the other.
async fn write(alice: &Person, numbers: RangeInclusive<usize>, check: &dyn Fn(Outcome)) {
    for first in numbers.clone().step_by(ROW) {
        let row = first..=(first + ROW - 1).min(*numbers.end());
        check(alice.run_with(&["send", "@bob", "-"], &lines("thread", row.clone())).await);
        check(alice.run_with(&["chat", "send", "@bob", "-"], &lines("chat", row)).await);
    }
}

fn lines(conversation: &str, numbers: RangeInclusive<usize>) -> String {
    numbers.map(|number| format!("{conversation} {number}\n")).collect()
}

/// Waits until more is on the relay than before, and says how much: not everything, but something in the middle.
async fn grown(relay: &RelayProcess, before: usize) -> usize {
    let now = eventually(|| Some(relay.stored().len()).filter(|now| *now > before)).await;
    assert!(now < 2 * EACH, "{now}");
    now
}

/// Bob fetches. Returns what he was shown, in the order of the commands.
async fn fetch(bob: &Person, line: &Wiretap, relay: &mut RelayProcess) -> Vec<Value> {
    // He is killed with some of it taken in,
    line.rules(Quota { deliveries: 70, ..OPEN });
    let inbox = bob.start(&["inbox", "--json"], "").await;
    line.silent().await;
    eventually(|| (relay.stored().len() < 2 * EACH).then_some(())).await;
    assert_eq!(inbox.kill().await, "");
    // then with more of it than the relay knows.
    line.rules(Quota { acknowledgements: 0, ..OPEN });
    let inbox = bob.start(&["inbox", "--json"], "").await;
    line.silent().await;
    assert_eq!(inbox.kill().await, "");
    // Then the relay dies, and he is shown what he has.
    line.rules(Quota { deliveries: 40, ..OPEN });
    let inbox = bob.start(&["inbox", "--json"], "").await;
    line.silent().await;
    relay.kill().await;
    let cut_off = inbox.end().await;
    cut_off.failed(4, &["relay"]);
    relay.restart().await;
    line.rules(OPEN);
    let rest = bob.run(&["inbox", "--json"]).await.done();
    [messages(&cut_off.out), messages(&rest)].concat()
}

fn from_alice(messages: Vec<Value>) -> Vec<Value> {
    messages.into_iter().filter(|message| message["from"] == "@alice").collect()
}

/// Each message once, each conversation in order, each under its own shield.
fn all_there(where_: &str, messages: &[Value]) {
    for (conversation, shield) in [("thread", "none"), ("chat", "pairwise")] {
        let expected: Vec<_> = (1..=EACH).map(|number| format!("{conversation} {number}")).collect();
        assert_eq!(texts(messages, conversation), expected, "{where_}");
        let shields = messages.iter().filter(|message| message["conversation"] == conversation);
        assert!(shields.into_iter().all(|message| message["shield"] == shield), "{where_}");
    }
    assert_eq!(messages.len(), 2 * EACH, "{where_}");
}

/// Threat R11. Two things together show it, over everything that left Alice's device, answered or not:
///
/// * no message was ever encrypted again: all attempts to send it, before and after each crash, carried the same
///   bytes;
/// * every ciphertext stands at a place of its own in the ratchet: Bob's session deletes a key when it opens a message
///   and refuses a second message under it as a replay, and it opens every one.
///
/// The second is tried on a copy of Bob's profile, delivery by delivery, without a relay.
fn no_key_was_used_twice(sends: &[pb::Send], stored: &[Entry], bob: &Person, folder: &Path) {
    let mut first_attempts: BTreeMap<&[u8], &[pb::Parcel]> = BTreeMap::new();
    for send in sends {
        let first = first_attempts.entry(&send.client_id).or_insert(&send.parcels);
        assert!(**first == send.parcels, "encrypted again");
    }
    assert_eq!(first_attempts.len(), 2 * EACH);
    assert!(sends.len() > 2 * EACH, "nothing was ever sent again, so this shows nothing");

    let on_the_wire: BTreeSet<_> =
        first_attempts.values().flat_map(|parcels| parcels.iter()).map(|parcel| &parcel.envelope).collect();
    let at_the_relay: BTreeSet<_> = stored.iter().map(|entry| &entry.message.envelope).collect();
    assert_eq!(on_the_wire, at_the_relay);
    let encrypted = |envelope: &&&Vec<u8>| {
        decode::<pb::Envelope>(envelope).unwrap().kind == i32::from(pb::EnvelopeKind::Pairwise)
    };
    assert_eq!(at_the_relay.iter().filter(encrypted).count(), EACH);

    let copy = folder.join("copy of bob");
    fs::create_dir(&copy).unwrap();
    for (path, bytes) in bob.files() {
        fs::write(copy.join(path.file_name().unwrap()), bytes).unwrap();
    }
    let mut client = Client::open(&copy).unwrap();
    for entry in stored {
        let message = &entry.message;
        let delivery = pb::Delivery {
            sequence: message.sequence,
            sender: message.sender.account.0.to_vec(),
            sender_device: message.sender.device.number(),
            accepted_at: message.accepted_at,
            envelope: message.envelope.clone(),
        };
        let incoming = client.step(|engine, step| engine.on_delivery(step, &delivery, true)).unwrap();
        let Incoming::Done(events) = incoming else { panic!("{incoming:?}") };
        // Neither refused nor out of order.
        assert!(matches!(events.as_slice(), [Event::Message(_)]), "{events:?}");
    }
}
