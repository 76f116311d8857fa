//! A clock that jumps while the relay runs, or is wrong on one node: nothing is forgotten by it, and no order or number touched.

use crate::people::{DAY, NOW, PASSED, after, alice_and_bob, all, letter, mailbox, prekey, upload, word};
use aside_identity::PrekeyKind;
use aside_relay::store::{Enqueue, Passed, Store};

const YEAR: u64 = 365 * DAY;

crate::cases! {
    a_clock_that_jumps_changes_neither_order_nor_numbers
    t8_no_clock_forgets_a_client_id_early
    t8_no_clock_remembers_a_client_id_longer
    h5_a_clock_that_jumps_hands_out_no_prekey_twice
    h5_no_clock_alone_deletes_prekeys
}

// RLY-11, RLY-22.
async fn a_clock_that_jumps_changes_neither_order_nor_numbers(store: &dyn Store) {
    alice_and_bob(store).await;
    let times = [NOW, NOW + 10 * YEAR, NOW - DAY, 0, NOW + DAY, 1, NOW];
    for (number, now) in (1..).zip(times) {
        let mut message = letter(1, 2, number, &number.to_be_bytes());
        message.now = now;
        assert_eq!(store.enqueue(message).await.unwrap(), now);
        assert_eq!(store.newest(mailbox(2)).await.unwrap(), number);
        store.sweep(now, PASSED).await.unwrap();
    }
    let stored = all(store, mailbox(2)).await;
    assert!(stored.iter().map(|message| message.sequence).eq(1..=7));
    assert!(stored.iter().map(|message| message.accepted_at).eq(times));
    assert!(
        stored
            .iter()
            .map(|message| message.envelope.clone())
            .eq((1..=7u64).map(|n| n.to_be_bytes().to_vec()))
    );
    // An acknowledgement goes by the number, whatever the times are.
    store.acknowledge_up_to(mailbox(2), 3).await.unwrap();
    store.sweep(0, PASSED).await.unwrap();
    assert!(all(store, mailbox(2)).await.iter().map(|message| message.sequence).eq(4..=7));
}

// RLY-9, RLY-115.
async fn t8_no_clock_forgets_a_client_id_early(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(1, 2, 7, b"one")).await.unwrap();
    // Years ahead, back beyond 1970: and each time everything past its time is deleted.
    for now in [NOW + DAY, 0, NOW + 28 * DAY, NOW + YEAR, NOW - YEAR, NOW] {
        while store.sweep(now, after(29)).await.unwrap() {}
        let mut again = letter(1, 2, 7, b"one");
        again.now = now;
        assert_eq!(store.enqueue(again).await.unwrap(), NOW);
    }
    assert_eq!(all(store, mailbox(2)).await.len(), 1);
}

// RLY-9, RLY-115.
async fn t8_no_clock_remembers_a_client_id_longer(store: &dyn Store) {
    alice_and_bob(store).await;
    for (client_id, now) in [(7, NOW + YEAR), (8, 0)] {
        store.enqueue(Enqueue { now, ..letter(1, 2, client_id, b"one") }).await.unwrap();
        while store.sweep(NOW, after(29)).await.unwrap() {}
        assert_eq!(store.enqueue(letter(1, 2, client_id, b"one")).await.unwrap(), now);
    }
    // And not for ever.
    assert!(store.sweep(0, after(31)).await.unwrap());
    for client_id in [7, 8] {
        assert_eq!(store.enqueue(letter(1, 2, client_id, b"one")).await.unwrap(), NOW);
    }
}

// RLY-7.
async fn h5_a_clock_that_jumps_hands_out_no_prekey_twice(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), 1..6)).await.unwrap();
    let one_time = async |now| store.take_prekeys(mailbox(2), now).await.unwrap().one_time;
    let id = |id| Some(prekey(2, PrekeyKind::OneTime, id).bytes);
    assert_eq!(one_time(NOW).await, id(1));
    assert_eq!(one_time(0).await, id(2));
    assert_eq!(one_time(NOW + DAY).await, id(3));
    // Far ahead everything has expired; asking then deletes nothing, so one wrong moment does no harm.
    assert_eq!(word(store.take_prekeys(mailbox(2), NOW + YEAR).await), "NO_PREKEYS");
    assert_eq!(store.prekey_status(mailbox(2), NOW + YEAR).await.unwrap().one_time, 0);
    assert_eq!(one_time(NOW).await, id(4));
    // When what has expired is deleted, the signed prekey remains, and new ones are taken.
    while store.sweep(NOW + YEAR, Passed(NOW + YEAR)).await.unwrap() {}
    let bundle = store.take_prekeys(mailbox(2), NOW).await.unwrap();
    assert_eq!((bundle.signed, bundle.one_time), (prekey(2, PrekeyKind::Signed, 1).bytes, None));
    // What was handed out or deleted does not come back.
    assert_eq!(store.publish_prekeys(upload(2, Some(1), 1..7)).await.unwrap(), 1);
    assert_eq!(one_time(NOW).await, id(6));
    assert_eq!(one_time(0).await, None);
}

// RLY-115.
async fn h5_no_clock_alone_deletes_prekeys(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), 1..6)).await.unwrap();
    let mut longer = upload(2, Some(2), []);
    longer.signed.as_mut().unwrap().not_after = NOW + 3 * YEAR;
    store.publish_prekeys(longer).await.unwrap();
    let held = async || store.prekey_status(mailbox(2), NOW).await.unwrap().one_time;
    // One machine is years ahead: it sweeps, is asked for prekeys and takes new ones.
    let ahead = NOW + YEAR;
    while store.sweep(ahead, Passed(NOW)).await.unwrap() {}
    assert_eq!(store.take_prekeys(mailbox(2), ahead).await.unwrap().one_time, None);
    let mut other = upload(2, None, []);
    other.now = ahead;
    assert_eq!(store.publish_prekeys(other).await.unwrap(), 0);
    assert_eq!(held().await, 5);
    // So does one that is behind, when they have ended.
    while store.sweep(NOW, Passed(ahead)).await.unwrap() {}
    assert_eq!(held().await, 5);
    assert!(store.sweep(ahead, Passed(ahead)).await.unwrap());
    assert_eq!(held().await, 0);
}
