use super::*;
use crate::refused::Refused;
use crate::store::{Channel, Declaration, KeyUse, Parcel, PublicKey, StoreError};
use aside_identity::{AccountKey, DeviceId, Reach, Rules};
use aside_wire::pb::RefusalCode;
use rusqlite::{Connection, StatementStatus};
use std::{collections::BTreeSet, fs, path::PathBuf, sync::mpsc, time::Duration};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    (folder, path)
}

fn open(path: &Path) -> (SqliteStore, Closed) {
    SqliteStore::open(path, Capacity::default()).unwrap()
}

/// What has passed in these tests.
const START: Passed = Passed(1_000);
/// When what is written in them is over.
const LATER: Passed = Passed(2_000);

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
        generation: 0,
        client_id: [number; 16],
        recipient: ALICE.account,
        channel: Channel::Thread,
        list_version: 1,
        parcels: vec![Parcel { device: ALICE.device, envelope }],
        now: 1,
        passed: START,
        until: LATER,
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
        assert_eq!(seen, i64::from(number));
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
// RLY-8, RLY-9, RLY-21.
async fn t8_a_full_disk_stores_nothing_by_halves_and_the_same_send_is_accepted_once_there_is_space() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    let second = Mailbox { device: DeviceId::parse(2).unwrap(), ..ALICE };
    let registration = Registration {
        handle: Handle::parse("alice").unwrap(),
        account: ALICE.account,
        devices: vec![ALICE.device, second.device],
        keys: vec![PublicKey { device: ALICE.device, key_use: KeyUse::Account, key: [1; 32] }],
        list: vec![1],
    };
    store.register(registration).await.unwrap();
    let to_both = |number, size| {
        let mut message = letter(number, vec![number]);
        message.parcels.push(Parcel { device: second.device, envelope: vec![number; size] });
        message
    };
    for number in 1..=3 {
        store.enqueue(to_both(number, 10_000)).await.unwrap();
    }
    let limit = async |pages: u32| {
        let set = format!("PRAGMA max_page_count = {pages}");
        store.writer.submit(move |db, _| Ok(db.query_row(&set, [], |row| row.get::<_, i64>(0))?)).await
    };
    let held = async |mailbox| {
        let page = Page { messages: 99, bytes: 1_000_000 };
        let messages = store.fetch_after(mailbox, 0, page, START).await.unwrap();
        messages.iter().map(|message| message.sequence).collect::<Vec<_>>()
    };

    // Not one page more than there is: the first parcel fits, the second does not.
    limit(1).await.unwrap();
    for _ in 0..3 {
        let refused = store.enqueue(to_both(4, 10_000)).await;
        assert!(
            matches!(refused, Err(StoreError::Failed(StoreFailed::Database(reason))) if reason.contains("full"))
        );
        assert_eq!((held(ALICE).await, held(second).await), (vec![1, 2, 3], vec![1, 2, 3]));
        assert_eq!(store.newest(ALICE).await.unwrap(), 3);
    }
    store.check().await.unwrap();
    // What shares its transaction with a send that does not fit has happened if it is answered with yes, and only then.
    let ((busy, is_busy), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
    let before = store.writer.submit(move |_, _| {
        let _ = (busy.send(()), released.recv());
        Ok(())
    });
    is_busy.recv().unwrap();
    let beside = store.acknowledge_up_to(ALICE, 1);
    let refused = store.enqueue(to_both(4, 10_000));
    release.send(()).unwrap();
    before.await.unwrap();
    let acknowledged = beside.await.is_ok();
    assert!(refused.await.is_err());
    assert_eq!(held(ALICE).await.contains(&1), !acknowledged);
    // What was accepted is known still, and an acknowledgement makes room for what is small.
    assert_eq!(store.enqueue(to_both(3, 10_000)).await.unwrap(), 1);
    store.acknowledge_up_to(second, 1).await.unwrap();
    assert_eq!(held(second).await, [2, 3]);

    limit(u32::MAX - 1).await.unwrap();
    store.enqueue(to_both(4, 100_000)).await.unwrap();
    store.enqueue(to_both(4, 100_000)).await.unwrap();
    assert_eq!(held(second).await, [2, 3, 4]);
    assert_eq!(store.newest(ALICE).await.unwrap(), 4);
}

#[tokio::test]
// RLY-11, RLY-26.
async fn a_start_with_a_clock_set_back_lowers_no_number() {
    let (_folder, path) = place();
    let opened = || {
        let connection = Connection::open(&path).unwrap();
        connection.query_row("SELECT opened FROM run", [], |row| row::uint(row, 0)).unwrap()
    };
    let (store, closed) = open(&path);
    alice(&store).await;
    drop(store);
    closed.wait().await;
    // This start was ten years ahead, and so are the numbers of the next one.
    Connection::open(&path).unwrap().execute("UPDATE run SET opened = opened + 315360000000", []).unwrap();
    let (mut before, mut newest) = (opened(), 0);
    for number in 1..=3 {
        let (store, closed) = open(&path);
        assert_eq!(opened(), before + 1, "each start is later than the one before");
        before = opened();
        store.enqueue(letter(number, vec![number])).await.unwrap();
        let sequence = store.newest(ALICE).await.unwrap();
        assert!(sequence >= before && sequence > newest, "{sequence} after {newest}");
        newest = sequence;
        drop(store);
        closed.wait().await;
    }
    // The run is forgotten, as if an older relay had written it: what was given stays below what is given.
    Connection::open(&path).unwrap().execute("UPDATE run SET opened = 0", []).unwrap();
    let (store, _closed) = open(&path);
    store.enqueue(letter(4, vec![4])).await.unwrap();
    assert_eq!(store.newest(ALICE).await.unwrap(), newest + 1);
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
    let stored = store.fetch_after(ALICE, 0, Page { messages: 9, bytes: 99 }, START).await.unwrap();
    assert_eq!(stored.len(), 1);
    // RLY-26: an older copy of this database may have given the numbers from 4 on already.
    assert!(stored[0].sequence >= started);
    store.enqueue(letter(5, vec![5])).await.unwrap();
    let next =
        store.fetch_after(ALICE, stored[0].sequence, Page { messages: 9, bytes: 99 }, START).await.unwrap();
    assert_eq!(next[0].sequence, stored[0].sequence + 1);
}

#[tokio::test]
// RLY-35, RLY-38.
async fn settings_and_declarations_are_there_after_a_restart() {
    let (_folder, path) = place();
    let (store, closed) = open(&path);
    alice(&store).await;
    let bob = Mailbox { account: Account([2; 32]), ..ALICE };
    let registration = Registration {
        handle: Handle::parse("bob").unwrap(),
        account: bob.account,
        devices: vec![bob.device],
        keys: vec![PublicKey { device: bob.device, key_use: KeyUse::Account, key: [2; 32] }],
        list: vec![2],
    };
    store.register(registration).await.unwrap();
    let names = |from: u32| {
        let name = |number: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            AccountKey::from_own_store(bytes)
        };
        (from..from + 2000).map(name).collect::<Vec<_>>()
    };
    let rules = Rules {
        threads: Reach::Contacts,
        chats: Reach::Contacts,
        groups: Reach::Contacts,
        contacts: names(0),
        blocked: names(1000),
    };
    let settings = |version, bytes: &[u8]| PublishedSettings {
        account: ALICE.account,
        version,
        rules: rules.clone(),
        bytes: bytes.to_vec(),
    };
    store.publish_settings(settings(1, b"old")).await.unwrap();
    store.publish_settings(settings(2, b"new")).await.unwrap();
    assert_eq!(count(&path, "listed"), 3000);
    let declaration = Declaration { declarer: bob.account, peer: ALICE.account, version: 1, bytes: vec![7] };
    store.declare(declaration).await.unwrap();
    drop(store);
    closed.wait().await;

    let (store, _closed) = open(&path);
    assert_eq!(store.settings(ALICE.account).await.unwrap(), b"new");
    let to_alice = Enqueue { sender: bob, ..letter(1, vec![1]) };
    let refused = store.enqueue(to_alice).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(refused) if refused.code == RefusalCode::Unreachable));
    assert!(store.publish_settings(settings(1, b"old")).await.is_err());
    assert_eq!(store.declarations_between(ALICE.account, bob.account).await.unwrap(), [[7]]);
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

/// Devices of one account are as good as accounts here.
const CROWD: u8 = 125;

/// Alice, and eight accounts of many devices each.
async fn crowd(store: &SqliteStore) -> Vec<Mailbox> {
    alice(store).await;
    let mut mailboxes = Vec::new();
    for account in 2..10 {
        let account = Account([account; 32]);
        let devices: Vec<_> = (1..=CROWD).map(|number| DeviceId::parse(number.into()).unwrap()).collect();
        mailboxes.extend(devices.iter().map(|device| Mailbox { account, device: *device }));
        let handle = Handle::parse(&format!("p{}", account.0[0])).unwrap();
        store.register(Registration { handle, account, devices, keys: vec![], list: vec![1] }).await.unwrap();
    }
    mailboxes
}

fn circular(number: u8, recipients: &[Mailbox], envelope: Vec<u8>) -> FanOut {
    let recipients = recipients.to_vec();
    let (client_id, generation) = ([number; 16], 0);
    FanOut { sender: ALICE, generation, client_id, recipients, envelope, now: 1, passed: START, until: LATER }
}

fn count(path: &Path, table: &str) -> u32 {
    let connection = open::reader(path).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn is_on_disk(folder: &TempDir, text: &[u8]) -> bool {
    fs::read_dir(folder.path()).unwrap().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text)
    })
}

#[tokio::test]
// RLY-13, RLY-29.
async fn a_body_for_a_thousand_is_stored_once_and_overwritten_after_the_last_acknowledgement() {
    let (folder, path) = place();
    let (store, closed) = open(&path);
    let crowd = crowd(&store).await;
    assert_eq!(crowd.len(), 1000);
    let body = b"a body that nobody should find again".repeat(1800);
    let message = circular(1, &crowd, body.clone());
    assert!(store.fan_out(message).await.unwrap().missed.is_empty());
    assert_eq!((count(&path, "message"), count(&path, "body")), (1000, 1));
    let (last, others) = crowd.split_last().unwrap();
    for mailbox in others {
        store.acknowledge_up_to(*mailbox, 1).await.unwrap();
    }
    drop(store);
    closed.wait().await;
    // One body of 64,800 bytes and a thousand short rows.
    let size = fs::metadata(&path).unwrap().len();
    assert!(size < 600_000, "{size} bytes");
    assert!(is_on_disk(&folder, &body[..36]));

    let (store, closed) = open(&path);
    assert_eq!((count(&path, "message"), count(&path, "body")), (1, 1));
    let [stored] =
        store.fetch_after(*last, 0, Page { messages: 9, bytes: 9 }, START).await.unwrap().try_into().unwrap();
    assert!(stored.envelope == body);
    store.acknowledge_up_to(*last, 1).await.unwrap();
    assert_eq!((count(&path, "message"), count(&path, "body")), (0, 0));
    drop(store);
    closed.wait().await;
    assert!(!is_on_disk(&folder, &body[..36]));
}

#[tokio::test]
// RLY-29.
async fn a_body_that_nobody_gets_is_not_stored() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    let nobody = Mailbox { account: Account([9; 32]), ..ALICE };
    assert_eq!(store.fan_out(circular(1, &[nobody], vec![1])).await.unwrap().missed.len(), 1);
    assert_eq!((count(&path, "body"), count(&path, "accepted")), (0, 1));
}

#[tokio::test]
// RLY-13.
async fn bodies_behind_a_long_backlog_go_with_the_sweep() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    let backlog = u64::from(limits::SWEEP_ROWS) + 100;
    for number in 0..backlog {
        let mut message = circular(0, &[ALICE], vec![1; 100]);
        message.client_id[..8].copy_from_slice(&number.to_be_bytes());
        store.fan_out(message).await.unwrap();
    }
    store.acknowledge_up_to(ALICE, backlog).await.unwrap();
    assert_eq!((count(&path, "message"), count(&path, "body")), (100, 100));
    while store.sweep(1, START).await.unwrap() {}
    assert_eq!((count(&path, "message"), count(&path, "body")), (0, 0));
    // Their room is back to the last byte.
    let room: i64 = open::reader(&path)
        .unwrap()
        .query_row("SELECT messages + bytes FROM mailbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(room, 0);
}

#[tokio::test]
// RLY-28, RLY-29.
async fn t8_a_full_disk_takes_no_fan_out_and_no_entry_by_halves() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    let crowd = crowd(&store).await;
    let append = |number: u8, position, size: usize| Append {
        log: Log([7; 32]),
        position,
        entry: vec![number; size],
        notice: circular(number, &crowd, vec![number; size]),
    };
    store.append_entry(append(1, 1, 100)).await.unwrap();
    let limit = async |more: u32| {
        let job = store.writer.submit(move |db, _| {
            let pages: u32 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
            Ok(db.query_row(&format!("PRAGMA max_page_count = {}", pages + more), [], |row| {
                row.get::<_, i64>(0)
            })?)
        });
        job.await.unwrap()
    };
    // The entry fits, and some of the notices.
    for more in [0, 4, 8, 12] {
        limit(more).await;
        assert!(matches!(store.append_entry(append(2, 2, 10_000)).await, Err(StoreError::Failed(_))));
        assert!(matches!(
            store.fan_out(circular(3, &crowd, vec![3; 40_000])).await,
            Err(StoreError::Failed(_))
        ));
        assert_eq!((count(&path, "message"), count(&path, "body"), count(&path, "log_entry")), (1000, 1, 1));
    }
    limit(10_000).await;
    store.append_entry(append(2, 2, 10_000)).await.unwrap();
    store.fan_out(circular(3, &crowd, vec![3; 40_000])).await.unwrap();
    assert_eq!((count(&path, "message"), count(&path, "body"), count(&path, "log_entry")), (3000, 3, 2));
}

#[tokio::test]
// RLY-15.
async fn t1_a_transaction_ends_when_it_has_delivered_enough_and_the_order_stays() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    let crowd = crowd(&store).await;
    let ((busy, is_busy), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
    let before = store.writer.submit(move |_, _| {
        let _ = (busy.send(()), released.recv());
        Ok(())
    });
    is_busy.recv().unwrap();
    let large: Vec<_> = (1..=9).map(|number| store.fan_out(circular(number, &crowd, vec![number]))).collect();
    let small: Vec<_> = (10..=20).map(|number| store.enqueue(letter(number, vec![number]))).collect();
    // Another connection sees whole transactions only.
    let seen = store.writer.submit({
        let path = path.clone();
        move |_, _| Ok(count(&path, "message"))
    });
    release.send(()).unwrap();
    before.await.unwrap();
    assert_eq!(seen.await.unwrap(), 5000, "of the 9,000 before it");
    for outcome in large {
        outcome.await.unwrap();
    }
    for outcome in small {
        outcome.await.unwrap();
    }
    let page = Page { messages: 99, bytes: 999 };
    let of =
        |messages: Vec<Stored>| messages.into_iter().map(|message| message.envelope[0]).collect::<Vec<_>>();
    assert!(of(store.fetch_after(crowd[999], 0, page, START).await.unwrap()).into_iter().eq(1..=9));
    assert!(of(store.fetch_after(ALICE, 0, page, START).await.unwrap()).into_iter().eq(10..=20));
}

#[tokio::test]
// RLY-8: jobs that share a transaction do not share each other's fate.
async fn a_job_that_wrote_before_it_was_refused_is_undone_without_the_others() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    let ((busy, is_busy), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
    let before = store.writer.submit(move |_, _| {
        let _ = (busy.send(()), released.recv());
        Ok(())
    });
    is_busy.recv().unwrap();
    let first = store.enqueue(letter(1, vec![1]));
    let dirty = store.writer.submit(|db, effects| {
        db.execute("INSERT INTO body (envelope) VALUES (x'99')", [])?;
        effects.wake.extend([ALICE; 5000]);
        Err::<(), _>(Refused::new(RefusalCode::Limit, "on second thoughts").into())
    });
    let clean = store.writer.submit(|_, _| Err::<(), _>(Refused::new(RefusalCode::Limit, "at once").into()));
    let second = store.enqueue(letter(2, vec![2]));
    release.send(()).unwrap();
    before.await.unwrap();
    for refused in [dirty, clean] {
        assert!(matches!(refused.await, Err(StoreError::Refused(_))));
    }
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 1));
    assert_eq!((count(&path, "body"), count(&path, "message"), count(&path, "accepted")), (0, 2, 2));
}

#[tokio::test]
async fn a_database_of_schema_1_is_brought_forward_with_its_mail() {
    let (_folder, path) = place();
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("sqlite/schema_1.sql")).unwrap();
    old.pragma_update(None, "application_id", 0x4173_6452).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute_batch(
        "INSERT INTO account VALUES (1, zeroblob(32), 'alice', 1); INSERT INTO mailbox (account, device, renumbered) VALUES (1, 1, 0); \
         INSERT INTO message VALUES (1, 1, 1, 1, 5, x'aa'); \
         UPDATE mailbox SET next_sequence = 2, messages = 1, bytes = 1",
    )
    .unwrap();
    drop(old);
    let (store, _closed) = open(&path);
    let alice = Mailbox { account: Account([0; 32]), ..ALICE };
    let [stored] =
        store.fetch_after(alice, 0, Page { messages: 9, bytes: 9 }, START).await.unwrap().try_into().unwrap();
    assert_eq!((stored.sequence, stored.envelope), (1, vec![0xAA]));
    // RLY-42: what was accepted without a time has thirty days from now on.
    let (passed, _) = noted(&path);
    let left = stored.until.0 - passed;
    assert!(left <= 30 * limits::DAY_MS && left > 29 * limits::DAY_MS, "{left}");
    store.acknowledge_up_to(alice, 1).await.unwrap();
    assert_eq!(count(&path, "message"), 0);
}

#[tokio::test]
async fn whether_a_body_is_needed_is_looked_up_in_its_index() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    let connection = open::reader(&path).unwrap();
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", fan_out::DELETE_UNNAMED)).unwrap();
    let steps: Vec<String> =
        plan.query_map([1], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(
        steps.iter().any(|step| step == "SEARCH message USING COVERING INDEX message_by_body (body=?)"),
        "{steps:?}"
    );
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
    store.sweep(1, START).await.unwrap();
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
        .query_row(&format!("EXPLAIN QUERY PLAN {}", messages::FETCH_AFTER), (1, 1, 1, 1), |row| row.get(3))
        .unwrap();
    assert_eq!(plan, "SEARCH message USING INDEX message_in_order (mailbox=? AND sequence>?)");
    let plan: String = open::reader(&path)
        .unwrap()
        .query_row(&format!("EXPLAIN QUERY PLAN {}", messages::WAITING), (1, 1), |row| row.get(3))
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
    let count = |status| {
        store.writer.submit(move |db, _| Ok(db.prepare_cached(generations::FIND_SENDER)?.get_status(status)))
    };
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

/// A database that takes too long to look through before it serves.
async fn large() -> (TempDir, PathBuf) {
    let (folder, path) = place();
    let (store, closed) = open(&path);
    store
        .writer
        .submit(|db, _| Ok(db.execute("INSERT INTO body (envelope) VALUES (zeroblob(?1))", [70 << 20])?))
        .await
        .unwrap();
    drop(store);
    closed.wait().await;
    assert!(open::is_large(&path));
    (folder, path)
}

#[tokio::test]
async fn a_large_damaged_database_is_found_while_it_serves() {
    let (_folder, path) = large().await;
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x5A);
    fs::write(&path, bytes).unwrap();
    let (store, closed) = open(&path);
    assert!(!store.damage().await.is_empty());
    drop(store);
    closed.wait().await;
    // A relay on it stops by itself, and says why.
    let relay = crate::Relay::bind(crate::Config::new(path.parent().unwrap())).await.unwrap();
    let ended = relay.run(std::future::pending()).await;
    assert!(matches!(ended, Err(crate::StartError::Corrupt { .. })));
    // What changes all of it is preceded by a look at all of it.
    let older = Connection::open(&path).unwrap();
    older.pragma_update(None, "user_version", open::newest_schema() - 1).unwrap();
    drop(older);
    assert!(matches!(SqliteStore::open(&path, Capacity::default()), Err(OpenError::Corrupt(_))));
}

#[tokio::test]
async fn a_large_database_that_is_whole_is_served_on() {
    let (_folder, path) = large().await;
    let (store, closed) = open(&path);
    let damage = store.damage();
    tokio::select! {
        damage = damage => panic!("{damage}"),
        () = store.inspected() => (),
    }
    drop(store);
    closed.wait().await;
}

fn noted(path: &Path) -> (u64, u64) {
    let connection = Connection::open(path).unwrap();
    connection
        .query_row("SELECT passed, noted FROM run", [], |row| Ok((row::uint(row, 0)?, row::uint(row, 1)?)))
        .unwrap()
}

#[tokio::test]
async fn rly_43_a_stop_counts_by_the_clock_and_never_backwards() {
    const DAY: u64 = limits::DAY_MS;
    let (_folder, path) = place();
    drop(open(&path).1.wait());
    let set = |passed: u64, noted: u64| {
        let change = format!("UPDATE run SET passed = {passed}, noted = {noted}");
        Connection::open(&path).unwrap().execute(&change, []).unwrap();
    };
    let reopened = async || {
        let (store, closed) = open(&path);
        let opened = store.opened();
        drop(store);
        closed.wait().await;
        opened.0
    };
    let now = crate::clock::now();
    // Off for two days.
    set(5 * DAY, now - 2 * DAY);
    let passed = reopened().await;
    assert!((7 * DAY..7 * DAY + DAY / 24).contains(&passed), "{passed}");
    // Off for a moment, and the clock was set back by a year meanwhile; then it is set right.
    set(5 * DAY, now + 365 * DAY);
    assert_eq!(reopened().await, 5 * DAY);
    let (passed, noted_at) = noted(&path);
    assert_eq!(passed, 5 * DAY);
    assert!(noted_at >= now && noted_at < now + DAY);
    // What a sweep notes is what the next start goes on from, whatever the clock says; and it never goes back.
    let (store, closed) = open(&path);
    for (clock, passed, expected) in
        [(now + 9 * 365 * DAY, 6 * DAY, 6 * DAY), (7, 6 * DAY + 1, 6 * DAY + 1), (now, 3 * DAY, 6 * DAY + 1)]
    {
        store.sweep(clock, Passed(passed)).await.unwrap();
        assert_eq!(noted(&path), (expected, clock));
    }
    drop(store);
    closed.wait().await;
}

const LETTER: &str = "a letter with the number ";

/// The numbers of all letters, or parts of them, that stand in any file.
fn letters_on_disk(folder: &TempDir) -> BTreeSet<u16> {
    let mut found = BTreeSet::new();
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for part in bytes.windows(LETTER.len() + 5).filter(|part| part.starts_with(LETTER.as_bytes())) {
            found.extend(
                std::str::from_utf8(&part[LETTER.len()..]).ok().and_then(|text| text.parse::<u16>().ok()),
            );
        }
    }
    found
}

#[tokio::test]
// RLY-42.
async fn what_is_over_is_overwritten_among_what_is_not() {
    let (folder, path) = place();
    let (store, closed) = open(&path);
    let crowd = crowd(&store).await;
    // Of all sizes: rows that share a page, rows with pages of their own, bodies for many.
    let text = |number: u16| format!("{LETTER}{number:05}; nobody should find it again;").into_bytes();
    let sizes = [1, 2, 7, 40, 90, 150, 900];
    for number in 0..700u16 {
        let body = text(number).repeat(sizes[usize::from(number) % sizes.len()]);
        let until = Passed(if number % 3 == 0 { 9_000 } else { 1_500 });
        let mut client_id = [0; 16];
        client_id[..2].copy_from_slice(&number.to_be_bytes());
        if number % 10 == 9 {
            let message = FanOut { client_id, until, ..circular(0, &crowd[..3], body) };
            assert!(store.fan_out(message).await.unwrap().missed.is_empty());
        } else {
            store.enqueue(Enqueue { client_id, until, ..letter(0, body) }).await.unwrap();
        }
    }
    while store.sweep(1, Passed(1_500)).await.unwrap() {}
    drop(store);
    closed.wait().await;
    assert!(letters_on_disk(&folder).into_iter().eq((0..700).step_by(3)));

    let (store, closed) = open(&path);
    while store.sweep(1, Passed(9_000)).await.unwrap() {}
    assert_eq!((count(&path, "message"), count(&path, "body")), (0, 0));
    let room: i64 = open::reader(&path)
        .unwrap()
        .query_row("SELECT sum(messages + bytes) FROM mailbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(room, 0, "their room is back to the last byte");
    drop(store);
    closed.wait().await;
    assert_eq!(letters_on_disk(&folder).len(), 0);
}

#[tokio::test]
// RLY-42.
async fn what_is_over_leaves_the_log_of_a_store_that_never_rests() {
    let (folder, path) = place();
    let connection = open::writer(&path).unwrap();
    let clearing = Clearing { quiet: Duration::from_secs(3600), busy: Duration::from_millis(200) };
    let (writer, _ended) = Writer::start(connection, Arc::default(), clearing).unwrap();
    let write = |text: String| {
        writer.submit(move |db, _| {
            Ok(db.execute("INSERT INTO body (envelope) VALUES (?1)", [text.as_bytes()])?)
        })
    };
    write(format!("{LETTER}00001")).await.unwrap();
    writer.submit(|db, _| Ok(db.execute("DELETE FROM body", [])?)).await.unwrap();
    assert_eq!(letters_on_disk(&folder).len(), 1, "it is in the log");
    for _ in 0..30 {
        std::thread::sleep(Duration::from_millis(20));
        write("another".into()).await.unwrap();
    }
    assert_eq!(letters_on_disk(&folder).len(), 0);
}

#[tokio::test]
async fn what_is_over_is_looked_up_in_its_index() {
    let (_folder, path) = place();
    let (store, _closed) = open(&path);
    alice(&store).await;
    let connection = open::reader(&path).unwrap();
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sweep::DELETE_OVER)).unwrap();
    let steps: Vec<String> =
        plan.query_map((1, 1), |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(
        steps.iter().any(|step| step == "SEARCH message USING COVERING INDEX message_by_time (until<?)"),
        "{steps:?}"
    );
}
