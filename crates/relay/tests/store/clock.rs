//! A clock that jumps while the relay runs. Times that are remembered are the clock's own: a jump of less than the
//! thirty days of RLY-9 forgets nothing early, and no jump touches an order or a number.

use crate::people::{DAY, NOW, PASSED, alice_and_bob, all, letter, mailbox, prekey, upload, word};
use aside_identity::PrekeyKind;
use aside_relay::store::Store;

const YEAR: u64 = 365 * DAY;

crate::cases! {
    a_clock_that_jumps_changes_neither_order_nor_numbers
    t8_a_clock_that_jumps_forgets_no_client_id_early
    t8_a_client_id_of_a_clock_ahead_is_remembered_longer
    h5_a_clock_that_jumps_hands_out_no_prekey_twice
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

// RLY-9.
async fn t8_a_clock_that_jumps_forgets_no_client_id_early(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(1, 2, 7, b"one")).await.unwrap();
    // A day ahead, back beyond 1970, four weeks ahead: and each time everything past its time is deleted.
    for now in [NOW + DAY, 0, NOW + 28 * DAY, NOW - YEAR, NOW] {
        while store.sweep(now, PASSED).await.unwrap() {}
        let mut again = letter(1, 2, 7, b"one");
        again.now = now;
        assert_eq!(store.enqueue(again).await.unwrap(), NOW);
    }
    assert_eq!(all(store, mailbox(2)).await.len(), 1);
}

// RLY-9.
async fn t8_a_client_id_of_a_clock_ahead_is_remembered_longer(store: &dyn Store) {
    alice_and_bob(store).await;
    let mut ahead = letter(1, 2, 7, b"one");
    ahead.now = NOW + YEAR;
    store.enqueue(ahead).await.unwrap();
    while store.sweep(NOW + YEAR + 29 * DAY, PASSED).await.unwrap() {}
    assert_eq!(store.enqueue(letter(1, 2, 7, b"one")).await.unwrap(), NOW + YEAR);
    // And not for ever.
    assert!(store.sweep(NOW + YEAR + 31 * DAY, PASSED).await.unwrap());
    assert_eq!(store.enqueue(letter(1, 2, 7, b"one")).await.unwrap(), NOW);
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
    // When what has expired was deleted far ahead, the signed prekey remains, and new ones are taken.
    while store.sweep(NOW + YEAR, PASSED).await.unwrap() {}
    let bundle = store.take_prekeys(mailbox(2), NOW).await.unwrap();
    assert_eq!((bundle.signed, bundle.one_time), (prekey(2, PrekeyKind::Signed, 1).bytes, None));
    // What was handed out or deleted does not come back.
    assert_eq!(store.publish_prekeys(upload(2, Some(1), 1..7)).await.unwrap(), 1);
    assert_eq!(one_time(NOW).await, id(6));
    assert_eq!(one_time(0).await, None);
}
