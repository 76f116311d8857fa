//! F03: a hundred thousand messages open without being held in memory. What is measured is what this thread has allocated at
//! once, beside the pages that SQLite caches.

use aside_client::{
    Conversation, Engine, Error, Step,
    channel::plain,
    engine::Incoming,
    store::{SqliteStore, Store, StoreError},
};
use aside_content::{Body, Frame, MessageId, ThreadFrame, ThreadId};
use aside_identity::{AccountKey, Handle};
use aside_testkit::{TestRng, person::NOW};
use aside_wire::pb;
use prost::Message;
use std::time::{Duration, Instant};

const MESSAGES: u64 = 100_000;
/// As many as the driver takes in within one transaction.
const BATCH: u64 = 64;
/// A page of messages, and room for what else a step needs. All of them together have 20 times as much and more.
const ROOM: u64 = 2 * 1024 * 1024;
/// Generous: a loaded machine, unoptimised code.
const PATIENCE: Duration = Duration::from_secs(300);

struct Alice {
    store: SqliteStore,
    engine: Engine,
    rng: TestRng,
    _folder: tempfile::TempDir,
}

impl Alice {
    fn step<T>(&mut self, step: impl FnOnce(&Engine, &mut Step<'_>) -> Result<T, Error>) -> T {
        let Self { store, engine, rng, .. } = self;
        store.step(|tx| step(engine, &mut Step { tx, now: NOW, entropy: rng })).unwrap()
    }

    fn read<T>(&mut self, read: impl FnOnce(&Engine, &mut Step<'_>) -> Result<T, StoreError>) -> T {
        self.step(|engine, step| Ok(read(engine, step)?))
    }
}

fn people() -> (Alice, AccountKey, Conversation) {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = TestRng::new(1);
    let account = |store: &mut SqliteStore, name: &str, rng: &mut TestRng| {
        let handle = Handle::parse(name).unwrap();
        store.step(|tx| Engine::create(&mut Step { tx, now: NOW, entropy: rng }, &handle, "memory")).unwrap()
    };
    let mut store = SqliteStore::open(&folder.path().join("alice.db")).unwrap();
    let engine = account(&mut store, "alice", &mut rng);
    let mut elsewhere = SqliteStore::open(&folder.path().join("bob.db")).unwrap();
    let bob = account(&mut elsewhere, "bob", &mut rng);
    let devices = pb::Devices {
        account_key: bob.address().account.as_bytes().to_vec(),
        handle: "bob".into(),
        lists: vec![bob.list().as_bytes().to_vec()],
        ..Default::default()
    };
    let mut alice = Alice { store, engine, rng, _folder: folder };
    let learned = alice.step(|engine, step| engine.on_devices(step, None, &devices));
    assert!(learned.account.is_some());
    alice.step(|engine, step| engine.set_contact(step, &Handle::parse("bob").unwrap(), true));
    let thread = ThreadId::between(&alice.engine.address().account, &bob.address().account);
    (alice, bob.address().account, Conversation::Thread(thread))
}

/// What the relay delivers: texts of some 90 bytes.
fn delivery(sequence: u64, sender: &AccountKey, conversation: Conversation) -> pb::Delivery {
    let Conversation::Thread(thread) = conversation else { panic!("a thread") };
    let mut id = [7; 16];
    id[..8].copy_from_slice(&sequence.to_be_bytes());
    let words = ["dinner", "friday", "river", "bicycle", "morning", "telephone", "garden", "winter"];
    let text: String = (0..12)
        .map(|place: u64| words[usize::try_from((sequence / (place + 1)) % 8).unwrap()])
        .collect::<Vec<_>>()
        .join(" ");
    let body = Body::text(format!("{text} number{sequence}")).unwrap();
    let frame = Frame {
        message_id: MessageId::new(id),
        sent_at: NOW,
        body,
        previous: None,
        silent: false,
        expiry: None,
        salt: None,
    };
    let envelope = plain::seal(&ThreadFrame { thread, frame }).unwrap().encode_to_vec();
    pb::Delivery {
        sequence,
        sender: sender.as_bytes().to_vec(),
        sender_device: 1,
        accepted_at: NOW,
        envelope,
    }
}

/// The most bytes that were allocated at once.
fn peak(what: &str, work: impl FnOnce()) -> u64 {
    let begun = Instant::now();
    let peak = allocation_counter::measure(work).bytes_max;
    println!("{what}: {} ms, at most {} KiB", begun.elapsed().as_millis(), peak / 1024);
    assert!(begun.elapsed() < PATIENCE, "{what}");
    peak
}

#[test]
fn f03_a_hundred_thousand_messages_open_without_being_held_in_memory() {
    let (mut alice, bob, thread) = people();
    let fetched = peak("taken in", || {
        for first in (1..=MESSAGES).step_by(usize::try_from(BATCH).unwrap()) {
            alice.step(|engine, step| {
                for sequence in first..(first + BATCH).min(MESSAGES + 1) {
                    let incoming = engine.on_delivery(step, &delivery(sequence, &bob, thread), true)?;
                    assert!(matches!(incoming, Incoming::Done(events) if !events.is_empty()));
                }
                Ok(())
            });
        }
    });
    assert!(fetched < ROOM, "{fetched}");

    let counted = peak("counted", || {
        let summaries = alice.read(|engine, step| engine.conversations(step));
        assert_eq!(summaries[0].unread, usize::try_from(MESSAGES).unwrap());
    });
    assert!(counted < ROOM, "{counted}");

    let read = peak("read", || {
        let (mut after, mut count) = (0, 0);
        loop {
            let page = alice.read(|engine, step| engine.messages(step, thread, after, 256));
            let Some(last) = page.last() else { break };
            after = last.index;
            count += u64::try_from(page.len()).unwrap();
            alice.step(|engine, step| engine.mark_shown(step, thread, after));
        }
        assert_eq!(count, MESSAGES);
    });
    assert!(read < ROOM, "{read}");

    for (typed, expected) in [
        ("number77777", 1),
        ("numb", 20),
        ("dinner friday", 20),
        ("dinner number50000", 1),
        ("dinner nowhere", 0),
    ] {
        let searched = peak(&format!("searched for \"{typed}\""), || {
            let found = alice.read(|engine, step| engine.search(step, typed, None, 20));
            assert_eq!(found.len(), expected, "{typed}");
            assert!(found.is_sorted_by(|a, b| a.index > b.index));
        });
        assert!(searched < ROOM, "{searched}");
    }

    let last = peak("the last twenty", || {
        let last = alice.read(|engine, step| engine.messages_before(step, thread, u64::MAX, 20));
        let indexes: Vec<_> = last.iter().map(|message| message.index).collect();
        assert_eq!(indexes, (MESSAGES - 19..=MESSAGES).collect::<Vec<_>>());
    });
    assert!(last < ROOM, "{last}");
}

#[test]
fn the_last_messages_before_a_number_are_found_whatever_lies_between() {
    let (mut alice, bob, thread) = people();
    for sequence in 1..=40 {
        alice.step(|engine, step| engine.on_delivery(step, &delivery(sequence, &bob, thread), true));
    }
    for index in 11..=35 {
        alice.step(|engine, step| engine.delete(step, thread, index));
    }
    let mut before = |before, limit| -> Vec<u64> {
        let last = alice.read(|engine, step| engine.messages_before(step, thread, before, limit));
        last.iter().map(|message| message.index).collect()
    };
    assert_eq!(before(u64::MAX, 3), [38, 39, 40]);
    assert_eq!(before(38, 4), [9, 10, 36, 37]);
    assert_eq!(before(36, 2), [9, 10]);
    assert_eq!(before(3, 9), [1, 2]);
    assert_eq!(before(1, 9), [0; 0]);
    assert_eq!(before(9, 0), [0; 0]);
}
