use crate::people::{
    CAPACITY, DAY, EVERYTHING, NOW, PASSED, after, alice_and_bob, all, device, letter, mailbox, registration,
    settled, word,
};
use aside_relay::store::{Enqueue, Mailbox, Page, Parcel, Store};
use futures_util::future::join_all;
use std::time::Duration;

crate::cases! {
    t8_a_repeated_send_is_stored_once
    t8_a_repeated_send_is_recognised_after_its_message_was_acknowledged
    a_client_id_is_forgotten_after_thirty_days
    the_order_is_exact_under_concurrency
    a_refused_send_among_others_fails_alone
    every_device_gets_a_message_or_none
    a_stale_list_is_refused
    a_full_mailbox_refuses_and_drops_nothing
    a_mailbox_full_of_bytes_refuses
    an_acknowledgement_deletes_and_never_goes_back
    an_acknowledgement_of_what_was_never_sent_is_refused
    a_long_backlog_is_gone_at_once_and_deleted_in_steps
    pages_are_bounded_and_never_empty
    a_watch_sees_what_arrives_and_nothing_is_missed
}

// RLY-9.
async fn t8_a_repeated_send_is_stored_once(store: &dyn Store) {
    alice_and_bob(store).await;
    assert_eq!(store.enqueue(letter(1, 2, 7, b"one")).await.unwrap(), NOW);
    let mut later = letter(1, 2, 7, b"one");
    later.now = NOW + 5;
    // Also when the list has moved on: the first answer stands.
    later.list_version = 2;
    assert_eq!(store.enqueue(later).await.unwrap(), NOW);
    // Another device's id is another id.
    store.enqueue(letter(2, 2, 7, b"two")).await.unwrap();
    let stored = all(store, mailbox(2)).await;
    assert_eq!(
        stored.iter().map(|message| message.envelope.as_slice()).collect::<Vec<_>>(),
        [b"one", b"two"]
    );
    assert_eq!((stored[0].sender, stored[1].sender), (mailbox(1), mailbox(2)));
}

// RLY-9.
async fn t8_a_repeated_send_is_recognised_after_its_message_was_acknowledged(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(1, 2, 7, b"one")).await.unwrap();
    store.acknowledge_up_to(mailbox(2), 1).await.unwrap();
    assert!(!store.sweep(NOW, after(29)).await.unwrap());
    let mut later = letter(1, 2, 7, b"one");
    later.now = NOW + 29 * DAY;
    assert_eq!(store.enqueue(later).await.unwrap(), NOW);
    assert!(all(store, mailbox(2)).await.is_empty());
}

// RLY-9.
async fn a_client_id_is_forgotten_after_thirty_days(store: &dyn Store) {
    alice_and_bob(store).await;
    let letter = Enqueue { until: after(99), ..letter(1, 2, 7, b"one") };
    store.enqueue(letter.clone()).await.unwrap();
    assert!(store.sweep(NOW, after(31)).await.unwrap());
    assert!(!store.sweep(NOW, after(31)).await.unwrap());
    store.enqueue(letter).await.unwrap();
    assert_eq!(all(store, mailbox(2)).await.len(), 2);
}

// RLY-11, RLY-22.
async fn the_order_is_exact_under_concurrency(store: &dyn Store) {
    alice_and_bob(store).await;
    for account in 10..18 {
        store.register(registration(&format!("p{account}"), account, 1)).await.unwrap();
    }
    let mut sends = Vec::new();
    for number in 0..100u64 {
        for from in 10..18 {
            sends.push(store.enqueue(letter(from, 2, number, &number.to_be_bytes())));
        }
    }
    for sent in join_all(sends).await {
        sent.unwrap();
    }
    let stored = all(store, mailbox(2)).await;
    assert!(stored.iter().map(|message| message.sequence).eq(1..=800));
    for from in 10..18 {
        let of = stored.iter().filter(|message| message.sender == mailbox(from));
        assert!(of.map(|message| message.envelope.clone()).eq((0..100u64).map(|n| n.to_be_bytes().to_vec())));
    }
}

async fn a_refused_send_among_others_fails_alone(store: &dyn Store) {
    alice_and_bob(store).await;
    let sends = (0..100u64).map(|number| {
        let mut message = letter(1, 2, number, b"x");
        if number % 3 == 0 {
            message.list_version = 9;
        }
        store.enqueue(message)
    });
    let outcomes = join_all(sends.collect::<Vec<_>>()).await;
    for (number, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome.is_err(), number % 3 == 0);
    }
    // Refused sends take no number, and their ids stay free.
    assert!(all(store, mailbox(2)).await.iter().map(|message| message.sequence).eq(1..=66));
    store.enqueue(letter(1, 2, 0, b"x")).await.unwrap();
    assert_eq!(store.newest(mailbox(2)).await.unwrap(), 67);
}

// RLY-21.
async fn every_device_gets_a_message_or_none(store: &dyn Store) {
    alice_and_bob(store).await;
    store.register(registration("carol", 3, 2)).await.unwrap();
    let parcel = |number, text: &[u8]| Parcel { device: device(number), envelope: text.to_vec() };
    let to = |parcels| {
        let mut message = letter(1, 3, 1, b"");
        message.parcels = parcels;
        message
    };
    let wrong = [
        vec![parcel(1, b"a")],
        vec![parcel(2, b"b"), parcel(1, b"a")],
        vec![parcel(1, b"a"), parcel(1, b"b")],
        vec![parcel(1, b"a"), parcel(3, b"b")],
        vec![parcel(1, b"a"), parcel(2, b"b"), parcel(3, b"c")],
        vec![],
    ];
    for parcels in wrong {
        assert_eq!(word(store.enqueue(to(parcels)).await), "MALFORMED");
    }
    // The second mailbox has no room: the first gets nothing either.
    let large = vec![0; usize::try_from(CAPACITY.bytes).unwrap() + 1];
    assert_eq!(word(store.enqueue(to(vec![parcel(1, b"a"), parcel(2, &large)])).await), "MAILBOX_FULL");
    let second = Mailbox { device: device(2), ..mailbox(3) };
    assert_eq!(store.newest(mailbox(3)).await.unwrap(), 0);

    store.enqueue(to(vec![parcel(1, b"a"), parcel(2, b"b")])).await.unwrap();
    assert_eq!(all(store, mailbox(3)).await[0].envelope, b"a");
    assert_eq!(all(store, second).await[0].envelope, b"b");
}

// RLY-10.
async fn a_stale_list_is_refused(store: &dyn Store) {
    alice_and_bob(store).await;
    for version in [0, 2, u64::MAX] {
        let mut message = letter(1, 2, 1, b"x");
        message.list_version = version;
        assert_eq!(word(store.enqueue(message).await), "STALE_DEVICES");
    }
    assert_eq!(word(store.enqueue(letter(1, 9, 1, b"x")).await), "UNKNOWN_ACCOUNT");
    assert!(all(store, mailbox(2)).await.is_empty());
}

// RLY-14.
async fn a_full_mailbox_refuses_and_drops_nothing(store: &dyn Store) {
    alice_and_bob(store).await;
    let fill = (0..CAPACITY.messages).map(|number| store.enqueue(letter(1, 2, number, b"x")));
    for sent in join_all(fill.collect::<Vec<_>>()).await {
        sent.unwrap();
    }
    let next = CAPACITY.messages;
    assert_eq!(word(store.enqueue(letter(1, 2, next, b"x")).await), "MAILBOX_FULL");
    assert!(all(store, mailbox(2)).await.iter().map(|message| message.sequence).eq(1..=CAPACITY.messages));
    // Other mailboxes have room, and so has this one after an acknowledgement.
    store.enqueue(letter(2, 1, 0, b"x")).await.unwrap();
    store.acknowledge_up_to(mailbox(2), 1).await.unwrap();
    store.enqueue(letter(1, 2, next, b"x")).await.unwrap();
    assert_eq!(word(store.enqueue(letter(1, 2, next + 1, b"x")).await), "MAILBOX_FULL");
}

// RLY-14.
async fn a_mailbox_full_of_bytes_refuses(store: &dyn Store) {
    alice_and_bob(store).await;
    let half = vec![1; usize::try_from(CAPACITY.bytes / 2).unwrap()];
    store.enqueue(letter(1, 2, 1, &half)).await.unwrap();
    store.enqueue(letter(1, 2, 2, &half)).await.unwrap();
    assert_eq!(word(store.enqueue(letter(1, 2, 3, b"x")).await), "MAILBOX_FULL");
    store.acknowledge_up_to(mailbox(2), 1).await.unwrap();
    store.enqueue(letter(1, 2, 3, &half)).await.unwrap();
}

// RLY-13.
async fn an_acknowledgement_deletes_and_never_goes_back(store: &dyn Store) {
    alice_and_bob(store).await;
    for number in 1..=4 {
        store.enqueue(letter(1, 2, number, b"x")).await.unwrap();
    }
    for up_to in [3, 3, 1, 0] {
        store.acknowledge_up_to(mailbox(2), up_to).await.unwrap();
        assert!(all(store, mailbox(2)).await.iter().map(|message| message.sequence).eq([4]));
    }
    store.acknowledge_up_to(mailbox(2), 4).await.unwrap();
    assert!(all(store, mailbox(2)).await.is_empty());
    // Numbers are not used again, although nothing is left.
    store.enqueue(letter(1, 2, 5, b"x")).await.unwrap();
    assert_eq!(all(store, mailbox(2)).await[0].sequence, 5);
}

// RLY-13.
async fn an_acknowledgement_of_what_was_never_sent_is_refused(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(1, 2, 1, b"x")).await.unwrap();
    for up_to in [2, u64::MAX] {
        assert_eq!(word(store.acknowledge_up_to(mailbox(2), up_to).await), "MALFORMED");
    }
    assert_eq!(all(store, mailbox(2)).await.len(), 1);
}

async fn a_long_backlog_is_gone_at_once_and_deleted_in_steps(store: &dyn Store) {
    alice_and_bob(store).await;
    let fill = (0..2_500).map(|number| store.enqueue(letter(1, 2, number, b"x")));
    for sent in join_all(fill.collect::<Vec<_>>()).await {
        sent.unwrap();
    }
    store.acknowledge_up_to(mailbox(2), 2_400).await.unwrap();
    assert!(all(store, mailbox(2)).await.iter().map(|message| message.sequence).eq(2_401..=2_500));
    let mut steps = 0;
    while store.sweep(NOW, PASSED).await.unwrap() {
        steps += 1;
    }
    assert!(steps >= 3, "{steps} steps");
    assert!(all(store, mailbox(2)).await.iter().map(|message| message.sequence).eq(2_401..=2_500));
    // All the room is back.
    let refill = (2_500..5_400).map(|number| store.enqueue(letter(1, 2, number, b"x")));
    for sent in join_all(refill.collect::<Vec<_>>()).await {
        sent.unwrap();
    }
}

async fn pages_are_bounded_and_never_empty(store: &dyn Store) {
    alice_and_bob(store).await;
    for number in 1..=5 {
        store.enqueue(letter(1, 2, number, &[0; 100])).await.unwrap();
    }
    let page = async |after, messages, bytes| {
        let page = Page { messages, bytes };
        let messages = store.fetch_after(mailbox(2), after, page, PASSED).await.unwrap();
        messages.iter().map(|message| message.sequence).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 2, 1000).await, [1, 2]);
    assert_eq!(page(2, 9, 250).await, [3, 4]);
    assert_eq!(page(4, 9, 1).await, [5]);
    assert_eq!(page(5, 9, 1000).await, []);
    assert_eq!(page(u64::MAX, 9, 1000).await, []);
    assert_eq!(store.fetch_after(mailbox(1), 0, EVERYTHING, PASSED).await.unwrap(), []);
}

async fn a_watch_sees_what_arrives_and_nothing_is_missed(store: &dyn Store) {
    alice_and_bob(store).await;
    let (first, second) = (store.watch(mailbox(2)), store.watch(mailbox(2)));
    let other = store.watch(mailbox(1));
    for watch in [&first, &second, &other] {
        settled(watch).await;
    }
    store.enqueue(letter(1, 2, 1, b"x")).await.unwrap();
    // Both remember, although neither was listening at that moment.
    first.changed().await;
    second.changed().await;
    assert!(tokio::time::timeout(Duration::ZERO, other.changed()).await.is_err());
    drop(first);
    store.enqueue(letter(1, 2, 2, b"x")).await.unwrap();
    second.changed().await;
}
