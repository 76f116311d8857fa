//! Files that something has damaged: refused with what to do, or served whole, and never a panic.

use aside_identity::{DeviceId, Handle};
use aside_relay::{
    Config, Relay,
    store::{
        Account, Capacity, Channel, Enqueue, KeyUse, Mailbox, Page, Parcel, Passed, PublicKey, Registration,
        SqliteStore, Store, StoreError, StoreFailed,
    },
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

const ALICE: Mailbox = Mailbox { account: Account([1; 32]), device: DeviceId::FIRST };
const LETTERS: u8 = 80;
const EVERYTHING: Page = Page { messages: usize::MAX, bytes: usize::MAX };

fn letter(number: u8, mark: u8) -> Enqueue {
    Enqueue {
        sender: ALICE,
        generation: 0,
        client_id: [number; 16],
        recipient: ALICE.account,
        channel: Channel::Thread,
        list_version: 1,
        parcels: vec![Parcel { device: ALICE.device, envelope: envelope(number, mark) }],
        now: 1,
        passed: Passed(1),
        until: Passed(u64::MAX >> 1),
    }
}

fn envelope(number: u8, mark: u8) -> Vec<u8> {
    [vec![number, mark], vec![number; 100 * usize::from(number)]].concat()
}

/// A data directory with mail; its database, and what is in the log beside it while the relay runs.
async fn filled(mark: u8) -> (TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let (store, closed) = SqliteStore::open(&path, Capacity::default()).unwrap();
    let registration = Registration {
        handle: Handle::parse("alice").unwrap(),
        account: ALICE.account,
        devices: vec![ALICE.device],
        keys: vec![PublicKey { device: ALICE.device, key_use: KeyUse::Account, key: [1; 32] }],
        list: vec![1],
    };
    store.register(registration).await.unwrap();
    for number in 1..=LETTERS {
        store.enqueue(letter(number, mark)).await.unwrap();
    }
    let log = fs::read(folder.path().join("relay.db-wal")).unwrap();
    drop(store);
    closed.wait().await;
    (folder, path, log)
}

/// What becomes of the directory: `None` if it is refused, otherwise how many letters are not as they were.
async fn opens(path: &Path, mark: u8) -> Option<usize> {
    let folder = path.parent().unwrap();
    match Relay::bind(Config::new(folder)).await {
        Ok(relay) => relay.serve(std::future::ready(())).await,
        Err(refused) => {
            let message = refused.to_string();
            assert!(message.contains(&path.display().to_string()), "{message}");
            let remedies = ["estore", "another directory", "Check that"];
            assert!(remedies.iter().any(|remedy| message.contains(remedy)), "{message}");
            return None;
        }
    }
    let Ok((store, closed)) = SqliteStore::open(path, Capacity::default()) else { return None };
    let stored = store.fetch_after(ALICE, 0, EVERYTHING, Passed(0)).await;
    let changed = match stored {
        Ok(stored) => (1..=LETTERS)
            .filter(|number| !stored.iter().any(|message| message.envelope == envelope(*number, mark)))
            .count(),
        Err(failed) if is_typed(&failed) => 0,
        Err(_) => usize::from(LETTERS),
    };
    // The threads are there still.
    for answer in [store.enqueue(letter(200, mark)).await.map(drop), store.check().await] {
        assert!(!matches!(answer, Err(StoreError::Failed(StoreFailed::Stopped))));
    }
    drop(store);
    closed.wait().await;
    Some(changed)
}

fn is_typed(error: &StoreError) -> bool {
    matches!(error, StoreError::Failed(StoreFailed::Database(_)))
}

fn chance(seed: &mut u64, limit: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap() % limit
}

// RLY-8.
#[tokio::test]
async fn t10_bits_that_flip_in_a_database_make_it_refused_or_change_those_letters_alone() {
    let (_folder, path, _) = filled(1).await;
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    for round in 0..150u64 {
        let mut seed = round;
        let mut bytes = whole.clone();
        let flips = 1 + chance(&mut seed, 6);
        for _ in 0..flips {
            // Half of them where a page begins, which says what is where.
            let page = 4096 * chance(&mut seed, whole.len() / 4096);
            let place = page + chance(&mut seed, if round % 2 == 0 { 64 } else { 4096 });
            bytes[place] ^= 1 << chance(&mut seed, 8);
        }
        fs::write(&path, bytes).unwrap();
        match opens(&path, 1).await {
            None => refused += 1,
            Some(changed) => assert!(changed <= flips, "round {round}: {changed} letters by {flips} bits"),
        }
    }
    assert!(refused > 30, "{refused} of 150");
}

// RLY-8.
#[tokio::test]
async fn t10_a_database_that_was_cut_off_is_refused() {
    let (_folder, path, _) = filled(1).await;
    let whole = fs::read(&path).unwrap();
    let mut seed = 1;
    for length in [1, 15, 100, 4095, 4096, whole.len() - 4096, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(opens(&path, 1).await, None, "{length} bytes");
    }
    for _ in 0..40 {
        let length = 1 + chance(&mut seed, whole.len() - 1);
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(opens(&path, 1).await, None, "{length} bytes");
    }
}

// RLY-8.
#[tokio::test]
async fn t10_a_log_beside_the_database_that_is_rubbish_changes_nothing() {
    let (_folder, path, log) = filled(1).await;
    let whole = fs::read(&path).unwrap();
    let beside = path.with_extension("db-wal");
    let mut seed = 7;
    for round in 0..20 {
        fs::write(&path, &whole).unwrap();
        let mut rubbish = log.clone();
        match round % 4 {
            0 => rubbish.fill(0),
            1 => rubbish.truncate(chance(&mut seed, 32)),
            2 => rubbish.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(7)),
            // Not even the first of its pages can be trusted then.
            _ => rubbish[32 + chance(&mut seed, 100)] ^= 1,
        }
        fs::write(&beside, rubbish).unwrap();
        assert_eq!(opens(&path, 1).await, Some(0), "round {round}");
    }
}
