//! Mail that nobody fetches.

use crate::people::{
    CAPACITY, DAY, EVERYTHING, LOG, NOW, PASSED, after, alice_and_bob, circular, device, entry, letter,
    mailbox, registration, word,
};
use aside_relay::{
    limits::KEPT_FREE,
    store::{Enqueue, Mailbox, Page, Passed, Store},
};
use futures_util::future::join_all;

const YEAR: u64 = 365 * DAY;

crate::cases! {
    rly_42_mail_is_over_after_its_time_and_not_before
    rly_42_mail_that_is_over_is_not_delivered_even_before_it_is_deleted
    rly_42_nobody_waits_for_what_is_over
    rly_42_a_fan_out_is_over_for_everybody_and_gives_all_the_room_back
    rly_42_a_long_backlog_is_deleted_in_steps
    rly_42_what_is_over_leaves_its_number_and_its_client_id
    rly_42_an_entry_of_a_log_stays_when_its_notice_is_over
    rly_43_no_clock_ends_mail_and_none_prolongs_it
}

fn lasting(client_id: u64, days: u64) -> Enqueue {
    Enqueue { until: after(days), ..letter(1, 2, client_id, &client_id.to_be_bytes()) }
}

async fn numbers(store: &dyn Store, owner: Mailbox, passed: Passed) -> Vec<u64> {
    let messages = store.fetch_after(owner, 0, EVERYTHING, passed).await.unwrap();
    messages.iter().map(|message| message.sequence).collect()
}

async fn swept(store: &dyn Store, passed: Passed) {
    while store.sweep(NOW, passed).await.unwrap() {}
}

fn just_before(Passed(moment): Passed) -> Passed {
    Passed(moment - 1)
}

async fn rly_42_mail_is_over_after_its_time_and_not_before(store: &dyn Store) {
    alice_and_bob(store).await;
    for (client_id, days) in [(1, 30), (2, 1), (3, 7), (4, 1)] {
        store.enqueue(lasting(client_id, days)).await.unwrap();
    }
    for (passed, left) in [
        (PASSED, vec![1, 2, 3, 4]),
        (just_before(after(1)), vec![1, 2, 3, 4]),
        (after(1), vec![1, 3]),
        (just_before(after(7)), vec![1, 3]),
        (after(7), vec![1]),
        (just_before(after(30)), vec![1]),
        (after(30), vec![]),
    ] {
        swept(store, passed).await;
        assert_eq!(numbers(store, mailbox(2), passed).await, left);
        // What was deleted is gone for whoever counts otherwise, too.
        assert_eq!(numbers(store, mailbox(2), PASSED).await, left);
    }
}

async fn rly_42_mail_that_is_over_is_not_delivered_even_before_it_is_deleted(store: &dyn Store) {
    alice_and_bob(store).await;
    for (client_id, days) in [(1, 1), (2, 30), (3, 1)] {
        store.enqueue(lasting(client_id, days)).await.unwrap();
    }
    assert_eq!(numbers(store, mailbox(2), after(1)).await, [2]);
    // Nothing was deleted so far.
    assert_eq!(numbers(store, mailbox(2), PASSED).await, [1, 2, 3]);
    // It fills no page and ends none.
    let page = Page { messages: 1, bytes: 1 };
    let [message] = store.fetch_after(mailbox(2), 0, page, after(1)).await.unwrap().try_into().unwrap();
    assert_eq!(message.sequence, 2);
    assert_eq!(message.until, after(30));
}

async fn rly_42_nobody_waits_for_what_is_over(store: &dyn Store) {
    alice_and_bob(store).await;
    let waiting = async |passed| store.waiting(mailbox(2), passed).await.unwrap();
    assert_eq!(waiting(PASSED).await, 0);
    for (client_id, days) in [(1, 30), (2, 7), (3, 1)] {
        store.enqueue(lasting(client_id, days)).await.unwrap();
        assert_eq!(waiting(PASSED).await, client_id);
    }
    // Before and after the deletion.
    for _ in 0..2 {
        for (passed, highest) in [(just_before(after(1)), 3), (after(1), 2), (after(7), 1), (after(30), 0)] {
            assert_eq!(waiting(passed).await, highest.min(waiting(PASSED).await));
        }
        swept(store, after(1)).await;
    }
    assert_eq!(waiting(PASSED).await, 2);
    store.acknowledge_up_to(mailbox(2), 1).await.unwrap();
    assert_eq!((waiting(PASSED).await, waiting(after(7)).await), (2, 0));
    store.acknowledge_up_to(mailbox(2), 2).await.unwrap();
    assert_eq!(waiting(PASSED).await, 0);
    // The highest number given is another one.
    assert_eq!(store.newest(mailbox(2)).await.unwrap(), 3);
}

async fn rly_42_a_fan_out_is_over_for_everybody_and_gives_all_the_room_back(store: &dyn Store) {
    alice_and_bob(store).await;
    store.register(registration("carol", 3, 2)).await.unwrap();
    let to = [mailbox(2), mailbox(3), Mailbox { device: device(2), ..mailbox(3) }];
    let room = CAPACITY.bytes - CAPACITY.bytes / KEPT_FREE;
    let large = vec![1; usize::try_from(room / 2).unwrap()];
    for (client_id, days) in [(1, 1), (2, 7)] {
        let mut message = circular(1, client_id, &to, &large);
        message.until = after(days);
        store.fan_out(message).await.unwrap();
    }
    store.acknowledge_up_to(to[1], 1).await.unwrap();
    assert_eq!(store.fan_out(circular(1, 3, &to[..1], b"x")).await.unwrap().missed.len(), 1);
    swept(store, after(1)).await;
    for owner in to {
        assert_eq!(numbers(store, owner, after(1)).await, [2]);
    }
    // Room for exactly what has gone, everywhere.
    for client_id in [4, 5] {
        let full = store.fan_out(circular(1, client_id, &to, &large)).await.unwrap();
        assert_eq!(full.missed.len(), if client_id == 4 { 0 } else { 3 });
    }
}

async fn rly_42_a_long_backlog_is_deleted_in_steps(store: &dyn Store) {
    alice_and_bob(store).await;
    let fill = (0..2_500).map(|number| store.enqueue(lasting(number, if number % 5 == 0 { 30 } else { 1 })));
    for sent in join_all(fill.collect::<Vec<_>>()).await {
        sent.unwrap();
    }
    let mut steps = 0;
    while store.sweep(NOW, after(1)).await.unwrap() {
        steps += 1;
    }
    assert!(steps >= 4, "{steps} steps");
    assert!(numbers(store, mailbox(2), PASSED).await.into_iter().eq((1..=2_500).step_by(5)));
    // All their room is back: of 3,000 there are 500.
    let refill = (2_500..5_000).map(|number| store.enqueue(lasting(number, 1)));
    for sent in join_all(refill.collect::<Vec<_>>()).await {
        sent.unwrap();
    }
    assert_eq!(word(store.enqueue(lasting(5_000, 1)).await), "MAILBOX_FULL");
}

// RLY-9, RLY-11.
async fn rly_42_what_is_over_leaves_its_number_and_its_client_id(store: &dyn Store) {
    alice_and_bob(store).await;
    assert_eq!(store.enqueue(lasting(1, 1)).await.unwrap(), NOW);
    swept(store, after(1)).await;
    let again = Enqueue { now: NOW + DAY, until: after(2), ..lasting(1, 1) };
    assert_eq!(store.enqueue(again).await.unwrap(), NOW, "answered like the first");
    assert!(numbers(store, mailbox(2), after(1)).await.is_empty());
    store.enqueue(lasting(2, 7)).await.unwrap();
    assert_eq!(numbers(store, mailbox(2), after(1)).await, [2]);
    // Whoever had taken it in may say so late.
    store.acknowledge_up_to(mailbox(2), 1).await.unwrap();
    assert_eq!(numbers(store, mailbox(2), after(1)).await, [2]);
}

// RLY-28.
async fn rly_42_an_entry_of_a_log_stays_when_its_notice_is_over(store: &dyn Store) {
    alice_and_bob(store).await;
    store.append_entry(entry(1, 1, 1, &[mailbox(2)], b"first")).await.unwrap();
    swept(store, after(4_000)).await;
    assert!(numbers(store, mailbox(2), PASSED).await.is_empty());
    assert_eq!(store.entries_from(LOG, 1, EVERYTHING).await.unwrap().entries, [b"first"]);
}

async fn rly_43_no_clock_ends_mail_and_none_prolongs_it(store: &dyn Store) {
    alice_and_bob(store).await;
    for (client_id, now) in [(1, NOW), (2, NOW + 70 * YEAR), (3, 0)] {
        store.enqueue(Enqueue { now, ..lasting(client_id, 1) }).await.unwrap();
        for clock in [NOW + 70 * YEAR, 0, NOW] {
            while store.sweep(clock, just_before(after(1))).await.unwrap() {}
        }
    }
    assert_eq!(numbers(store, mailbox(2), just_before(after(1))).await, [1, 2, 3]);
    while store.sweep(0, after(1)).await.unwrap() {}
    assert!(numbers(store, mailbox(2), PASSED).await.is_empty());
}
