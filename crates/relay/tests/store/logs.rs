use crate::people::{
    CAPACITY, DAY, EVERYTHING, LOG, NOW, PASSED, alice_and_bob, all, circular, entry, letter, mailbox,
    registration, word,
};
use aside_relay::store::{Entries, Log, Page, Store};
use futures_util::future::join_all;

crate::cases! {
    an_entry_and_its_notices_are_one_step
    g12_of_many_at_one_position_exactly_one_is_appended
    a_position_that_is_not_the_next_is_refused
    t8_an_append_whose_answer_was_lost_is_answered_as_accepted
    a_refused_append_leaves_nothing
    logs_know_nothing_of_each_other
    pages_of_a_log_are_bounded_and_never_empty
    entries_stay_after_the_notices_are_gone
}

async fn part(store: &dyn Store, log: Log, from: u64) -> (u64, Vec<Vec<u8>>) {
    let Entries { newest, entries } = store.entries_from(log, from, EVERYTHING).await.unwrap();
    (newest, entries)
}

// RLY-28.
async fn an_entry_and_its_notices_are_one_step(store: &dyn Store) {
    alice_and_bob(store).await;
    assert_eq!(part(store, LOG, 1).await, (0, vec![]));
    // For nobody at first.
    store.append_entry(entry(1, 1, 1, &[], b"one")).await.unwrap();
    // Who has no room misses the notice, not the entry.
    let large = vec![2; usize::try_from(CAPACITY.bytes).unwrap() + 1];
    let outcome = store.append_entry(entry(1, 2, 2, &[mailbox(2)], &large)).await.unwrap();
    assert_eq!((outcome.accepted_at, outcome.missed.len()), (NOW, 1));
    let mut third = entry(2, 1, 3, &[mailbox(1)], b"three");
    third.notice.envelope = b"a notice of three".to_vec();
    assert!(store.append_entry(third).await.unwrap().missed.is_empty());
    assert_eq!(part(store, LOG, 1).await, (3, vec![b"one".to_vec(), large, b"three".to_vec()]));
    let [notice] = all(store, mailbox(1)).await.try_into().unwrap();
    assert_eq!((notice.sender, notice.envelope.as_slice()), (mailbox(2), b"a notice of three".as_slice()));
    assert!(all(store, mailbox(2)).await.is_empty());
}

// RLY-28.
async fn g12_of_many_at_one_position_exactly_one_is_appended(store: &dyn Store) {
    alice_and_bob(store).await;
    for account in 10..18 {
        store.register(registration(&format!("p{account}"), account, 1)).await.unwrap();
    }
    for position in 1..=20 {
        let race =
            (10..18).map(|from| store.append_entry(entry(from, position, position, &[mailbox(2)], &[from])));
        let outcomes = join_all(race.collect::<Vec<_>>()).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for outcome in outcomes.into_iter().filter(Result::is_err) {
            assert_eq!(word(outcome), "LOG_MOVED");
        }
    }
    // Bob was told of the same entries, and of no others.
    let (newest, entries) = part(store, LOG, 1).await;
    assert_eq!(newest, 20);
    assert!(all(store, mailbox(2)).await.into_iter().map(|notice| notice.envelope).eq(entries));
}

// RLY-28.
async fn a_position_that_is_not_the_next_is_refused(store: &dyn Store) {
    alice_and_bob(store).await;
    for position in [0, 2, u64::MAX] {
        assert_eq!(word(store.append_entry(entry(1, 1, position, &[], b"x")).await), "LOG_MOVED");
    }
    assert_eq!(part(store, LOG, 1).await, (0, vec![]));
    store.append_entry(entry(1, 1, 1, &[], b"one")).await.unwrap();
    store.append_entry(entry(1, 2, 2, &[], b"two")).await.unwrap();
    for position in [0, 1, 2, 4, u64::MAX] {
        assert_eq!(word(store.append_entry(entry(1, 3, position, &[], b"x")).await), "LOG_MOVED");
    }
    assert_eq!(part(store, LOG, 2).await, (2, vec![b"two".to_vec()]));
    assert_eq!(word(store.append_entry(entry(9, 1, 3, &[], b"x")).await), "UNKNOWN_ACCOUNT");
}

// RLY-9.
async fn t8_an_append_whose_answer_was_lost_is_answered_as_accepted(store: &dyn Store) {
    alice_and_bob(store).await;
    store.append_entry(entry(1, 1, 1, &[mailbox(2)], b"one")).await.unwrap();
    store.append_entry(entry(2, 1, 2, &[mailbox(1)], b"two")).await.unwrap();
    // The log has moved on meanwhile; the first answer stands.
    let mut again = entry(1, 1, 1, &[mailbox(2)], b"one");
    again.notice.now = NOW + DAY;
    assert_eq!(store.append_entry(again).await.unwrap().accepted_at, NOW);
    assert_eq!(part(store, LOG, 1).await.0, 2);
    assert_eq!(all(store, mailbox(2)).await.len(), 1);
    // Under another id it is another append.
    assert_eq!(word(store.append_entry(entry(1, 2, 1, &[], b"one")).await), "LOG_MOVED");
}

// RLY-28.
async fn a_refused_append_leaves_nothing(store: &dyn Store) {
    alice_and_bob(store).await;
    store.append_entry(entry(1, 1, 1, &[], b"one")).await.unwrap();
    assert_eq!(word(store.append_entry(entry(1, 2, 3, &[mailbox(2)], b"x")).await), "LOG_MOVED");
    assert!(all(store, mailbox(2)).await.is_empty());
    assert_eq!(store.newest(mailbox(2)).await.unwrap(), 0);
    // The id is free for the position where it belongs, or for anything else.
    store.append_entry(entry(1, 2, 2, &[mailbox(2)], b"two")).await.unwrap();
    assert_eq!(all(store, mailbox(2)).await.len(), 1);
}

async fn logs_know_nothing_of_each_other(store: &dyn Store) {
    alice_and_bob(store).await;
    let other = Log([0x11; 32]);
    store.append_entry(entry(1, 1, 1, &[], b"one")).await.unwrap();
    let mut second = entry(1, 2, 2, &[], b"x");
    second.log = other;
    assert_eq!(word(store.append_entry(second.clone()).await), "LOG_MOVED");
    second.position = 1;
    store.append_entry(second).await.unwrap();
    assert_eq!(part(store, LOG, 1).await, (1, vec![b"one".to_vec()]));
    assert_eq!(part(store, other, 1).await, (1, vec![b"x".to_vec()]));
    // Nor do logs and mailboxes.
    store.fan_out(circular(1, 3, &[mailbox(2)], b"y")).await.unwrap();
    store.enqueue(letter(1, 2, 4, b"z")).await.unwrap();
    assert_eq!(part(store, LOG, 1).await.0, 1);
}

async fn pages_of_a_log_are_bounded_and_never_empty(store: &dyn Store) {
    alice_and_bob(store).await;
    for position in 1..=5u8 {
        store.append_entry(entry(1, position.into(), position.into(), &[], &[position; 100])).await.unwrap();
    }
    let page = async |from, messages, bytes| {
        let Entries { newest, entries } =
            store.entries_from(LOG, from, Page { messages, bytes }).await.unwrap();
        assert_eq!(newest, 5);
        entries.iter().map(|entry| entry[0]).collect::<Vec<_>>()
    };
    assert_eq!(page(1, 2, 1000).await, [1, 2]);
    assert_eq!(page(3, 9, 250).await, [3, 4]);
    assert_eq!(page(2, 9, 300).await, [2, 3, 4]);
    assert_eq!(page(5, 9, 1).await, [5]);
    assert_eq!(page(6, 9, 1000).await, []);
    assert_eq!(page(u64::MAX, 9, 1000).await, []);
}

async fn entries_stay_after_the_notices_are_gone(store: &dyn Store) {
    alice_and_bob(store).await;
    store.append_entry(entry(1, 1, 1, &[mailbox(2)], b"one")).await.unwrap();
    store.acknowledge_up_to(mailbox(2), 1).await.unwrap();
    while store.sweep(NOW + 400 * DAY, PASSED).await.unwrap() {}
    assert!(all(store, mailbox(2)).await.is_empty());
    assert_eq!(part(store, LOG, 1).await, (1, vec![b"one".to_vec()]));
    store.append_entry(entry(1, 1, 2, &[], b"two")).await.unwrap();
}
