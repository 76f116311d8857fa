use super::*;
use crate::store::{KeyUse, Parcel, PublicKey, StoreError};
use aside_identity::DeviceId;
use rusqlite::{Connection, StatementStatus};
use std::{fs, path::PathBuf};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    (folder, path)
}

fn open(path: &Path) -> (SqliteStore, Closed) {
    SqliteStore::open(path, Capacity::default()).unwrap()
}

const ALICE: Mailbox = Mailbox { account: Account([1; 32]), device: DeviceId::FIRST };

/// Alice, who writes to herself.
async fn alice(store: &SqliteStore) {
    let registration = Registration {
        handle: Handle::parse("alice").unwrap(),
        account: ALICE.account,
        devices: vec![ALICE.device],
        keys: vec![PublicKey { device: ALICE.device, key_use: KeyUse::Account, key: [1; 32] }],
        list: vec![1],
    };
    store.register(registration).await.unwrap();
}

fn letter(number: u8, envelope: Vec<u8>) -> Enqueue {
    Enqueue {
        sender: ALICE,
        client_id: [number; 16],
        recipient: ALICE.account,
        list_version: 1,
        parcels: vec![Parcel { device: ALICE.device, envelope }],
        now: 1,
    }
}

#[test]
// RLY-8.
fn t8_the_database_is_durable_private_and_strict() {
    let (_folder, path) = place();
    let connection = open::writer(&path).unwrap();
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(pragma("synchronous"), 2, "FULL");
    assert_eq!(pragma("secure_delete"), 1);
    assert_eq!(pragma("foreign_keys"), 1);
    assert_eq!(pragma("auto_vacuum"), 2, "INCREMENTAL");
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    // Before 3.51.3, resetting the log could damage the database.
    assert!(rusqlite::version_number() >= 3_051_003);
}

#[tokio::test]
// RLY-8.
async fn t8_an_answer_comes_after_the_commit() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    let other = open::reader(&path).unwrap();
    for number in 1..=100 {
        store.enqueue(letter(number, vec![number])).await.unwrap();
        let seen: i64 = other.query_row("SELECT count(*) FROM message", [], |row| row.get(0)).unwrap();
        assert_eq!(seen, number.into());
    }
}

#[tokio::test]
// RLY-8.
async fn t8_a_failed_commit_is_not_answered_with_yes() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    // A constraint that is checked at the commit stands for a disk that fails there.
    let outcome = store
        .writer
        .submit(|db, _| {
            db.execute_batch(
                "PRAGMA defer_foreign_keys = ON; INSERT INTO device_list VALUES (999, 1, x'00')",
            )?;
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Failed(StoreFailed::Database(_)))));
    // The store goes on.
    store.enqueue(letter(1, vec![1])).await.unwrap();
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let (_folder, path) = place();
    let (store, closed) = open(&path);
    alice(&store).await;
    for number in 1..=3 {
        store.enqueue(letter(number, vec![number])).await.unwrap();
    }
    store.acknowledge_up_to(ALICE, 3).await.unwrap();
    drop(store);
    closed.wait().await;

    let started = crate::clock::now();
    let (store, _closed) = open(&path);
    assert_eq!(store.enqueue(letter(3, vec![3])).await.unwrap(), 1);
    store.enqueue(letter(4, vec![4])).await.unwrap();
    let stored = store.fetch_after(ALICE, 0, Page { messages: 9, bytes: 99 }).await.unwrap();
    assert_eq!(stored.len(), 1);
    // RLY-26: an older copy of this database may have given the numbers from 4 on already.
    assert!(stored[0].sequence >= started);
    store.enqueue(letter(5, vec![5])).await.unwrap();
    let next = store.fetch_after(ALICE, stored[0].sequence, Page { messages: 9, bytes: 99 }).await.unwrap();
    assert_eq!(next[0].sequence, stored[0].sequence + 1);
}

#[tokio::test]
// RLY-13.
async fn a_deleted_body_is_overwritten_on_disk() {
    let (folder, path) = place();
    let (store, closed) = open(&path);
    alice(&store).await;
    let body = b"a body that nobody should find again".repeat(200);
    store.enqueue(letter(1, body.clone())).await.unwrap();
    store.acknowledge_up_to(ALICE, 1).await.unwrap();
    drop(store);
    closed.wait().await;
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(36).any(|window| window == &body[..36]));
    }
}

#[tokio::test]
async fn space_is_given_back() {
    let (_folder, path) = place();
    let (store, closed) = open(&path);
    alice(&store).await;
    for number in 1..=100 {
        store.enqueue(letter(number, vec![number; 8000])).await.unwrap();
    }
    store.acknowledge_up_to(ALICE, 100).await.unwrap();
    store.sweep(1).await.unwrap();
    drop(store);
    closed.wait().await;
    let size = fs::metadata(&path).unwrap().len();
    assert!(size < 150_000, "{size} bytes");
}

#[tokio::test]
async fn fetching_uses_the_index_in_order() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    let plan: String = open::reader(&path)
        .unwrap()
        .query_row(&format!("EXPLAIN QUERY PLAN {}", messages::FETCH_AFTER), (1, 1, 1), |row| row.get(3))
        .unwrap();
    assert_eq!(plan, "SEARCH message USING INDEX message_in_order (mailbox=? AND sequence>?)");
}

#[tokio::test]
async fn a_statement_is_planned_once() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    for number in 1..=9 {
        store.enqueue(letter(number, vec![number])).await.unwrap();
    }
    let count =
        |status| store.writer.submit(move |db, _| Ok(db.prepare_cached(row::FIND)?.get_status(status)));
    assert!(count(StatementStatus::Run).await.unwrap() >= 9);
    assert_eq!(count(StatementStatus::RePrepare).await.unwrap(), 0);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let (_folder, path) = place();
    let newer = open::newest_schema() + 1;
    open::writer(&path).unwrap().pragma_update(None, "user_version", newer).unwrap();
    let refused = SqliteStore::open(&path, Capacity::default()).err().unwrap();
    assert!(matches!(refused, OpenError::Newer { found, known } if found == newer && known + 1 == newer));
    assert_eq!(open::schema(&Connection::open(&path).unwrap()).unwrap(), newer);
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let (_folder, path) = place();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE account (name TEXT)").unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(SqliteStore::open(&path, Capacity::default()), Err(OpenError::Foreign)));
    assert!(before == fs::read(&path).unwrap());
}

#[tokio::test]
async fn a_damaged_database_is_refused() {
    let (_folder, path) = place();
    let (store, closed) = open(&path);
    alice(&store).await;
    for number in 1..=50 {
        store.enqueue(letter(number, vec![number; 3000])).await.unwrap();
    }
    drop(store);
    closed.wait().await;

    let whole = fs::read(&path).unwrap();
    for damage in [0..16, 4096 * 3..4096 * 9] {
        let mut bytes = whole.clone();
        bytes[damage].fill(0x5A);
        fs::write(&path, bytes).unwrap();
        assert!(matches!(SqliteStore::open(&path, Capacity::default()), Err(OpenError::Corrupt(_))));
    }
}
