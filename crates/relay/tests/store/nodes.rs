//! Several nodes on one database: what only a store in PostgreSQL promises.

use crate::people::{
    CAPACITY, DAY, NOW, PASSED, alice_and_bob, all, circular, letter, mailbox, registration, settled, upload,
};
use aside_relay::store::{
    Account, Closed, HandedOn, Mailbox, Passed, PostgresStore, ServerError, Store, StoreError, UploadedPrekey,
};
use aside_testkit::postgres::{Cluster, Database, Stop};
use futures_util::future::join_all;
use std::{collections::HashSet, time::Duration};
use tokio::time::timeout;

const KEY: [u8; 32] = [7; 32];
const PATIENCE: Duration = Duration::from_secs(60);

async fn open(url: &str) -> (PostgresStore, Closed) {
    PostgresStore::open(url, &KEY, CAPACITY).await.unwrap()
}

/// Two nodes on a database of their own.
async fn two() -> (Database, PostgresStore, PostgresStore) {
    let database = Database::fresh().unwrap();
    let ((one, _), (two, _)) = (open(&database.url).await, open(&database.url).await);
    (database, one, two)
}

async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("SET search_path = aside_relay").await.unwrap();
    client
}

#[tokio::test]
async fn rly_87_nodes_wake_each_other() {
    let (_database, one, two) = two().await;
    alice_and_bob(&one).await;
    let watch = two.watch(mailbox(2));
    settled(&watch).await;
    for number in 1..=20 {
        one.enqueue(letter(1, 2, number, b"x")).await.unwrap();
        // Much less than the slow poll takes.
        timeout(Duration::from_secs(5), watch.changed()).await.expect("the other node tells");
        let newest = two.newest(mailbox(2)).await.unwrap();
        assert_eq!(all(&two, mailbox(2)).await.last().unwrap().sequence, newest);
    }
    one.fan_out(circular(1, 99, &[mailbox(2)], b"x")).await.unwrap();
    timeout(Duration::from_secs(5), watch.changed()).await.expect("of a fan-out too");
}

#[tokio::test]
async fn rly_87_a_fan_out_wakes_everybody_on_another_node() {
    let (_database, one, two) = two().await;
    alice_and_bob(&one).await;
    let mut people = Vec::new();
    for number in 0..900u32 {
        let mut account = [3; 32];
        account[..4].copy_from_slice(&number.to_be_bytes());
        let mut person = registration(&format!("p{number}"), 3, 1);
        person.account = Account(account);
        person.keys[0].key[16..20].copy_from_slice(&number.to_be_bytes());
        people.push(person);
    }
    let boxes: Vec<_> =
        people.iter().map(|person| Mailbox { account: person.account, ..mailbox(3) }).collect();
    for registered in join_all(people.into_iter().map(|person| one.register(person))).await {
        registered.unwrap();
    }
    let watches: Vec<_> = boxes.iter().map(|mailbox| two.watch(*mailbox)).collect();
    settled(watches.last().unwrap()).await;
    join_all(watches.iter().map(settled)).await;
    // More than one notification takes.
    one.fan_out(circular(1, 1, &boxes, b"x")).await.unwrap();
    let woken = join_all(watches.iter().map(|watch| watch.changed()));
    timeout(Duration::from_secs(5), woken).await.expect("all of them");
}

#[tokio::test]
async fn rly_87_what_nobody_told_is_found_by_looking() {
    let (database, one, two) = two().await;
    alice_and_bob(&one).await;
    let watch = two.watch(mailbox(2));
    settled(&watch).await;
    // The other node does not know who is connected here.
    client(&database.url).await.batch_execute("DELETE FROM watching").await.unwrap();
    one.enqueue(letter(1, 2, 1, b"x")).await.unwrap();
    timeout(PATIENCE, watch.changed()).await.expect("by the slow poll");
}

#[tokio::test]
// RLY-33.
async fn rly_87_the_transient_lane_leads_to_other_nodes() {
    let (_database, one, two) = two().await;
    alice_and_bob(&one).await;
    let mut arriving = two.handed_on().unwrap();
    assert!(two.handed_on().is_none(), "for the first who asks");
    let handed = |to, size| HandedOn { to, delivery: vec![0xA5; size] };
    // Nobody is connected anywhere.
    one.hand_on(handed(mailbox(2), 7));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let watch = two.watch(mailbox(2));
    settled(&watch).await;
    // Too large for a notification, and nothing else suffers.
    one.hand_on(handed(mailbox(2), 4_000));
    tokio::time::sleep(Duration::from_millis(200)).await;
    one.hand_on(handed(mailbox(1), 10));
    one.hand_on(handed(mailbox(2), 1_200));
    let arrived = timeout(Duration::from_secs(5), arriving.recv()).await.unwrap();
    assert_eq!(arrived, Some(handed(mailbox(2), 1_200)));
    // It is for other nodes only.
    two.hand_on(handed(mailbox(2), 10));
    assert!(timeout(Duration::from_millis(200), arriving.recv()).await.is_err());
}

#[tokio::test]
// RLY-7.
async fn h5_32_contenders_on_two_nodes_get_10_000_prekeys_and_none_twice() {
    const DEVICES: u8 = 100;
    let (_database, one, two) = two().await;
    for number in 0..DEVICES {
        one.register(registration(&format!("p{number}"), number + 10, 1)).await.unwrap();
        assert_eq!(one.publish_prekeys(upload(number + 10, Some(1), 1..101)).await.unwrap(), 100);
    }
    let contenders = (0..32u8).map(|contender| {
        let store: &PostgresStore = if contender % 2 == 0 { &one } else { &two };
        async move {
            let mut taken = Vec::new();
            for round in 0..400u32 {
                let number = u8::try_from((u32::from(contender) + round) % u32::from(DEVICES)).unwrap();
                if let Some(prekey) = store.take_prekeys(mailbox(number + 10), NOW).await.unwrap().one_time {
                    taken.push((number, prekey));
                }
            }
            taken
        }
    });
    let taken: Vec<_> = join_all(contenders).await.concat();
    let distinct: HashSet<_> = taken.iter().collect();
    assert_eq!((taken.len(), distinct.len()), (10_000, 10_000));
}

#[tokio::test]
// RLY-11, RLY-22.
async fn the_order_is_exact_whichever_node_it_came_to() {
    let (_database, one, two) = two().await;
    for account in 1..=4 {
        one.register(registration(&format!("p{account}"), account, 1)).await.unwrap();
    }
    // Everybody writes to everybody on both nodes, so that their batches want the same rows in other orders.
    let mut sends = Vec::new();
    for number in 0..200u64 {
        for from in 1..=4u8 {
            let store: &PostgresStore = if from % 2 == 0 { &one } else { &two };
            let to = u8::try_from((u64::from(from) + number) % 4).unwrap() + 1;
            sends.push(store.enqueue(letter(from, to, number, &number.to_be_bytes())));
            let others: Vec<_> = (1..=4).filter(|other| *other != from).map(mailbox).collect();
            if number % 10 == 0 {
                let told = store.fan_out(circular(from, 1_000 + number, &others, &number.to_be_bytes()));
                sends.push(Box::pin(async move { told.await.map(|outcome| outcome.accepted_at) }));
            }
        }
    }
    for sent in join_all(sends).await {
        sent.unwrap();
    }
    for owner in 1..=4 {
        let stored = all(&one, mailbox(owner)).await;
        assert!(stored.is_sorted_by(|left, right| left.sequence < right.sequence));
        for from in 1..=4 {
            let of: Vec<_> = stored.iter().filter(|message| message.sender == mailbox(from)).collect();
            assert!(of.is_sorted_by(|left, right| left.envelope <= right.envelope), "{from} to {owner}");
        }
        assert_eq!(all(&two, mailbox(owner)).await, stored);
    }
}

#[tokio::test]
// RLY-9.
async fn t8_a_send_repeated_on_another_node_is_stored_once() {
    let (_database, one, two) = two().await;
    alice_and_bob(&one).await;
    for number in 0..50 {
        let (first, second) =
            tokio::join!(one.enqueue(letter(1, 2, number, b"x")), two.enqueue(letter(1, 2, number, b"x")));
        assert_eq!((first.unwrap(), second.unwrap()), (NOW, NOW));
    }
    assert_eq!(all(&one, mailbox(2)).await.len(), 50);
}

#[tokio::test]
// RLY-13, RLY-29.
async fn a_body_that_two_let_go_at_once_goes() {
    let (database, one, two) = two().await;
    alice_and_bob(&one).await;
    one.register(registration("carol", 3, 1)).await.unwrap();
    for number in 0..60 {
        let sent = one.fan_out(circular(1, number, &[mailbox(2), mailbox(3)], b"x")).await;
        sent.unwrap();
        let up_to = one.newest(mailbox(2)).await.unwrap();
        let other = one.newest(mailbox(3)).await.unwrap();
        let (left, right) =
            tokio::join!(one.acknowledge_up_to(mailbox(2), up_to), two.acknowledge_up_to(mailbox(3), other));
        left.unwrap();
        right.unwrap();
    }
    while one.sweep(NOW, PASSED).await.unwrap() {}
    let left = client(&database.url).await.query_one("SELECT count(*) FROM body", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn rly_88_a_second_node_goes_on_with_the_count_of_the_first() {
    let database = Database::fresh().unwrap();
    let (one, closed) = open(&database.url).await;
    let began = one.opened();
    let come = Passed(began.0 + DAY);
    one.sweep(NOW, come).await.unwrap();
    // The clocks are a year ahead of what was noted, while a node runs.
    let other = client(&database.url).await;
    let year = i64::try_from(365 * DAY).unwrap();
    let back = async || {
        other
            .execute("UPDATE run SET noted = noted - $1, noted_here = noted_here - $1", &[&year])
            .await
            .unwrap();
    };
    back().await;
    let (two, two_closed) = open(&database.url).await;
    assert_eq!(two.opened(), come, "no clock is asked while another node counts");
    // The count of one that is behind does not set it back.
    two.sweep(NOW, began).await.unwrap();
    drop(two);
    two_closed.wait().await;
    let (two, two_closed) = open(&database.url).await;
    assert_eq!(two.opened(), come, "a restart adds nothing");
    drop((one, two));
    closed.wait().await;
    two_closed.wait().await;

    // Nobody counted: the clocks count, and the one that says less.
    let lead = i64::try_from(DAY).unwrap();
    other.execute("UPDATE run SET noted = $1", &[&(i64::try_from(now()).unwrap() - year)]).await.unwrap();
    other.execute("UPDATE run SET noted_here = clock_ms() - $1", &[&lead]).await.unwrap();
    let (again, closed) = open(&database.url).await;
    let added = again.opened().0 - come.0;
    assert!((DAY..DAY + 60_000).contains(&added), "{added}");
    drop(again);
    closed.wait().await;
    // And never backwards.
    other.execute("UPDATE run SET noted_here = clock_ms() + $1", &[&lead]).await.unwrap();
    assert_eq!(open(&database.url).await.0.opened().0, come.0 + added);
}

fn now() -> u64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(elapsed.as_millis()).unwrap()
}

#[tokio::test]
// RLY-26.
async fn rly_26_after_a_start_numbers_are_not_below_its_time() {
    let database = Database::fresh().unwrap();
    let (one, _) = open(&database.url).await;
    alice_and_bob(&one).await;
    one.enqueue(letter(1, 2, 1, b"x")).await.unwrap();
    assert_eq!(one.newest(mailbox(2)).await.unwrap(), 1);
    let before = now();
    let (two, _) = open(&database.url).await;
    two.enqueue(letter(1, 2, 2, b"x")).await.unwrap();
    assert!(two.newest(mailbox(2)).await.unwrap() >= before);
}

async fn refused(url: &str, key: [u8; 32]) -> ServerError {
    PostgresStore::open(url, &key, CAPACITY).await.expect_err("it is refused")
}

#[tokio::test]
// RLY-19.
async fn rly_87_a_node_with_another_key_is_refused() {
    let database = Database::fresh().unwrap();
    open(&database.url).await;
    let refused = refused(&database.url, [8; 32]).await;
    assert!(matches!(refused, ServerError::OtherKey));
    assert!(refused.to_string().contains("--key"));
    open(&database.url).await;
}

#[tokio::test]
async fn a_password_that_is_missing_is_asked_for() {
    let database = Database::fresh().unwrap();
    let (before, host) = database.url.rsplit_once('@').unwrap();
    let (user, _) = before.rsplit_once(':').unwrap();
    // Unless whoever tests has one in the environment.
    if std::env::var_os("PGPASSWORD").is_none() {
        let refused = refused(&format!("{user}@{host}"), KEY).await;
        assert!(matches!(refused, ServerError::NoPassword), "{refused}");
    }
}

#[tokio::test]
async fn a_newer_or_foreign_database_is_refused_and_left_alone() {
    let database = Database::fresh().unwrap();
    open(&database.url).await;
    let other = client(&database.url).await;
    other.batch_execute("UPDATE schema_version SET version = 99").await.unwrap();
    let newer = refused(&database.url, KEY).await;
    assert!(matches!(newer, ServerError::Newer { found: 99, .. }), "{newer}");

    let database = Database::fresh().unwrap();
    let other = client(&database.url).await;
    other.batch_execute("CREATE TABLE public.theirs (a int)").await.unwrap();
    assert!(matches!(refused(&database.url, KEY).await, ServerError::Foreign));
    let made = other.query_one("SELECT to_regnamespace('aside_relay') IS NULL", &[]).await.unwrap();
    assert!(made.get::<_, bool>(0));
}

#[tokio::test]
async fn two_nodes_that_start_at_once_make_the_tables_once() {
    let database = Database::fresh().unwrap();
    let opened = join_all((0..4).map(|_| open(&database.url))).await;
    alice_and_bob(&opened[0].0).await;
    for (store, _) in &opened {
        store.check().await.unwrap();
    }
}

#[tokio::test]
// RLY-8.
async fn rly_85_a_server_that_does_not_keep_what_it_reports_is_refused() {
    let mut cluster = Cluster::start().unwrap();
    let url = cluster.create_database().unwrap();
    for setting in ["fsync", "full_page_writes"] {
        cluster.query(&format!("ALTER SYSTEM SET {setting} = off")).unwrap();
        cluster.query("SELECT pg_reload_conf()").unwrap();
        let unsafe_server = until_refused(&url).await;
        assert!(unsafe_server.contains(setting), "{unsafe_server}");
        cluster.query(&format!("ALTER SYSTEM RESET {setting}")).unwrap();
        cluster.query("SELECT pg_reload_conf()").unwrap();
    }
    // A session forces what a server, a database or a role would have otherwise.
    cluster.query("ALTER SYSTEM SET synchronous_commit = off").unwrap();
    cluster.query("SELECT pg_reload_conf()").unwrap();
    let (store, closed) = timeout(PATIENCE, async {
        loop {
            if let Ok(opened) = PostgresStore::open(&url, &KEY, CAPACITY).await {
                return opened;
            }
        }
    })
    .await
    .unwrap();
    alice_and_bob(&store).await;
    for number in 1..=100 {
        store.enqueue(letter(1, 2, number, b"x")).await.unwrap();
    }
    cluster.stop(Stop::Kill).unwrap();
    drop(store);
    closed.wait().await;
    cluster.start_again().unwrap();
    let (store, _) = open(&url).await;
    assert_eq!(all(&store, mailbox(2)).await.len(), 100);
}

/// A reload takes a moment.
async fn until_refused(url: &str) -> String {
    timeout(PATIENCE, async {
        loop {
            if let Err(refused @ ServerError::Unsafe(_)) = PostgresStore::open(url, &KEY, CAPACITY).await {
                return refused.to_string();
            }
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
// RLY-8, RLY-9, RLY-24.
async fn rly_86_a_store_whose_server_goes_away_fails_and_mends_itself() {
    let mut cluster = Cluster::start().unwrap();
    let url = cluster.create_database().unwrap();
    let (store, _) = open(&url).await;
    alice_and_bob(&store).await;
    let watch = store.watch(mailbox(2));
    settled(&watch).await;
    for round in 0..3u64 {
        let sends = (0..40).map(|number| store.enqueue(letter(1, 2, round * 100 + number, b"x")));
        let sending = join_all(sends.collect::<Vec<_>>());
        cluster.stop(Stop::Kill).unwrap();
        let outcomes = timeout(PATIENCE, sending).await.expect("nobody waits for a server that is gone");
        let down = timeout(PATIENCE, store.enqueue(letter(1, 2, round * 100 + 50, b"x"))).await.unwrap();
        assert!(matches!(down, Err(StoreError::Failed(_))));
        assert!(matches!(store.check().await, Err(StoreError::Failed(_))));
        assert!(matches!(store.newest(mailbox(2)).await, Err(StoreError::Failed(_))));
        cluster.start_again().unwrap();
        // By itself, and soon; what was in doubt is stored once.
        timeout(PATIENCE, async {
            for (number, outcome) in (0..40).zip(outcomes) {
                let mut outcome = outcome;
                while outcome.is_err() {
                    outcome = store.enqueue(letter(1, 2, round * 100 + number, b"x")).await;
                }
            }
            while store.check().await.is_err() || store.newest(mailbox(2)).await.is_err() {}
        })
        .await
        .expect("the store comes back");
        assert_eq!(all(&store, mailbox(2)).await.len(), usize::try_from((round + 1) * 40).unwrap());
    }
    // The node hears of others again.
    let (other, _) = open(&url).await;
    settled(&watch).await;
    other.enqueue(letter(2, 2, 1, b"x")).await.unwrap();
    timeout(PATIENCE, watch.changed()).await.unwrap();
}

#[tokio::test]
async fn rly_87_a_node_that_nobody_could_tell_catches_up() {
    let (database, one, two) = two().await;
    alice_and_bob(&one).await;
    let watch = two.watch(mailbox(2));
    settled(&watch).await;
    let other = client(&database.url).await;
    for number in 1..=3 {
        // The sessions that listen are those that count time; both nodes have one, or have it again.
        let listening = "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database \
                         WHERE datname = current_database() AND classid = 1098081362 AND objid = 2";
        timeout(PATIENCE, async { while other.query(listening, &[]).await.unwrap().len() < 2 {} })
            .await
            .unwrap();
        let cut = format!("SELECT pg_terminate_backend(pid, 10000) FROM ({listening}) AS listening");
        other.query(&cut, &[]).await.unwrap();
        one.enqueue(letter(1, 2, number, b"x")).await.unwrap();
        // Sooner than by the slow poll.
        timeout(Duration::from_secs(5), watch.changed()).await.expect("it looks when it is back");
        settled(&watch).await;
    }
    one.enqueue(letter(1, 2, 4, b"x")).await.unwrap();
    timeout(Duration::from_secs(5), watch.changed()).await.expect("it is told again");
}

#[tokio::test]
async fn a_standby_is_refused() {
    let cluster = Cluster::start().unwrap();
    let standby = cluster.synchronous_standby().unwrap();
    let refused = timeout(PATIENCE, refused(&standby.url("postgres"), KEY)).await.unwrap();
    assert!(matches!(refused, ServerError::Standby), "{refused}");
}

#[tokio::test]
// RLY-8.
async fn rly_86_a_commit_that_no_standby_confirmed_is_answered_as_failed() {
    let cluster = Cluster::start().unwrap();
    let url = cluster.create_database().unwrap();
    let (store, _) = open(&url).await;
    alice_and_bob(&store).await;
    // One that is not there: the server commits alone when it is told to wait no longer, and only warns.
    cluster.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").unwrap();
    cluster.query("SELECT pg_reload_conf()").unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let sending = store.enqueue(letter(1, 2, 1, b"x"));
    let cancelling = async {
        let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        timeout(PATIENCE, async {
            while cluster.query(waiting).unwrap().trim().is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
        .unwrap();
        cluster.query(&format!("SELECT pg_cancel_backend(pid) FROM ({waiting}) AS w")).unwrap();
    };
    let (sent, ()) = tokio::join!(sending, cancelling);
    assert!(matches!(sent, Err(StoreError::Failed(_))), "{sent:?}");
    cluster.query("ALTER SYSTEM RESET synchronous_standby_names").unwrap();
    cluster.query("SELECT pg_reload_conf()").unwrap();
    // It was stored, as a repetition shows.
    timeout(PATIENCE, async { while store.enqueue(letter(1, 2, 1, b"x")).await.is_err() {} }).await.unwrap();
    assert_eq!(all(&store, mailbox(2)).await.len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_says_so_without_the_password() {
    let refused = refused("postgres://relay:hush@127.0.0.1:1/aside", KEY).await.to_string();
    assert!(refused.contains("cannot be reached") && !refused.contains("hush"), "{refused}");
}

#[tokio::test]
// RLY-6.
async fn p11_two_uploads_at_once_of_one_key_leave_it_to_one() {
    let (_database, one, two) = two().await;
    alice_and_bob(&one).await;
    for id in 1..30 {
        let with_key = |account| {
            let mut upload = upload(account, None, [id]);
            let UploadedPrekey { agreement_key, .. } = &mut upload.one_time[0];
            *agreement_key = [u8::try_from(id).unwrap(); 32];
            upload
        };
        let (left, right) = tokio::join!(one.publish_prekeys(with_key(1)), two.publish_prekeys(with_key(2)));
        assert!(left.is_ok() != right.is_ok());
    }
}

#[tokio::test]
// RLY-113.
async fn h2_nodes_know_how_many_they_are() {
    let (database, one, two) = two().await;
    assert_eq!(two.nodes(), 2, "it has just come");
    // The first looks when it says that it is there.
    let known = async |number| {
        while one.nodes() != number {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, known(2)).await.expect("it learns of the other");
    drop(two);
    timeout(PATIENCE, known(1)).await.expect("it learns that the other has left");
    drop(database);
}
