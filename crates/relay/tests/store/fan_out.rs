use crate::people::{
    CAPACITY, DAY, NOW, PASSED, after, alice_and_bob, all, circular, device, entry, letter, mailbox,
    registration, settled, word,
};
use aside_identity::Handle;
use aside_relay::{
    limits::KEPT_FREE,
    store::{Capacity, FanOut, FannedOut, Mailbox, Missed, Store},
};
use aside_wire::pb::RefusalCode;
use futures_util::future::join_all;
use std::time::Duration;

crate::cases! {
    everybody_gets_the_same_message
    t8_a_repeated_fan_out_is_stored_once
    whoever_cannot_get_it_is_named_and_the_others_get_it
    a_message_that_everybody_misses_is_accepted
    a_body_counts_in_every_mailbox
    rly_112_t6_what_passes_no_settings_leaves_a_part_of_the_mailbox_free
    each_acknowledges_for_itself
    the_order_across_sends_and_fan_outs_is_exact
    a_watch_sees_a_fan_out
    a_client_id_of_a_fan_out_is_forgotten_after_thirty_days
}

/// Bob, and Carol with two devices.
async fn others(store: &dyn Store) -> [Mailbox; 3] {
    alice_and_bob(store).await;
    store.register(registration("carol", 3, 2)).await.unwrap();
    [mailbox(2), mailbox(3), Mailbox { device: device(2), ..mailbox(3) }]
}

fn accepted(missed: &[(Mailbox, RefusalCode)]) -> FannedOut {
    let missed = missed.iter().map(|(mailbox, code)| Missed { mailbox: *mailbox, code: *code }).collect();
    FannedOut { accepted_at: NOW, missed }
}

async fn bodies(store: &dyn Store, mailbox: Mailbox) -> Vec<Vec<u8>> {
    all(store, mailbox).await.into_iter().map(|message| message.envelope).collect()
}

// RLY-29.
async fn everybody_gets_the_same_message(store: &dyn Store) {
    let others = others(store).await;
    assert_eq!(store.fan_out(circular(1, 1, &others, b"hello")).await.unwrap(), accepted(&[]));
    for recipient in others {
        let [message] = all(store, recipient).await.try_into().unwrap();
        assert_eq!((message.sequence, message.sender, message.accepted_at), (1, mailbox(1), NOW));
        assert_eq!(message.envelope, b"hello");
    }
    assert!(all(store, mailbox(1)).await.is_empty());
    assert_eq!(word(store.fan_out(circular(9, 1, &others, b"x")).await), "UNKNOWN_ACCOUNT");
}

// RLY-9.
async fn t8_a_repeated_fan_out_is_stored_once(store: &dyn Store) {
    let others = others(store).await;
    let nobody = mailbox(9);
    let first = circular(1, 7, &[others[0], others[1], nobody], b"one");
    assert_eq!(store.fan_out(first).await.unwrap(), accepted(&[(nobody, RefusalCode::UnknownAccount)]));
    store.acknowledge_up_to(others[0], 1).await.unwrap();
    let mut again = circular(1, 7, &others, b"one");
    again.now = NOW + 29 * DAY;
    // Who missed it the first time is not remembered, and nobody is added.
    assert_eq!(store.fan_out(again).await.unwrap(), accepted(&[]));
    let counts = join_all(others.map(|recipient| all(store, recipient))).await;
    assert!(counts.iter().map(Vec::len).eq([0, 1, 0]));
    // A send and a fan-out share their ids; another device's id is another id.
    assert_eq!(store.enqueue(letter(1, 2, 7, b"two")).await.unwrap(), NOW);
    assert!(all(store, others[0]).await.is_empty());
    store.fan_out(circular(2, 7, &others[1..], b"three")).await.unwrap();
    assert_eq!(bodies(store, others[1]).await, [b"one".as_slice(), b"three"]);
}

// RLY-14, RLY-29.
async fn whoever_cannot_get_it_is_named_and_the_others_get_it(store: &dyn Store) {
    let others = others(store).await;
    // Carol's first device has room for one more byte.
    let most = usize::try_from(CAPACITY.bytes - CAPACITY.bytes / KEPT_FREE).unwrap() - 1;
    store.fan_out(circular(1, 1, &others[1..2], &vec![0; most])).await.unwrap();
    let third = Mailbox { device: device(3), ..mailbox(3) };
    let to = [mailbox(0), others[0], others[1], others[2], third, mailbox(9)];
    let missed = [
        (mailbox(0), RefusalCode::UnknownAccount),
        (others[1], RefusalCode::MailboxFull),
        (third, RefusalCode::UnknownAccount),
        (mailbox(9), RefusalCode::UnknownAccount),
    ];
    assert_eq!(store.fan_out(circular(1, 2, &to, b"22")).await.unwrap(), accepted(&missed));
    assert_eq!(store.fan_out(circular(1, 3, &to[1..4], b"3")).await.unwrap(), accepted(&[]));
    assert_eq!(bodies(store, others[0]).await, [b"22".as_slice(), b"3"]);
    assert_eq!(bodies(store, others[2]).await, [b"22".as_slice(), b"3"]);
    // What was missed took no number.
    let sequences: Vec<_> = all(store, others[1]).await.iter().map(|message| message.sequence).collect();
    assert_eq!(sequences, [1, 2]);
}

// RLY-29.
async fn a_message_that_everybody_misses_is_accepted(store: &dyn Store) {
    alice_and_bob(store).await;
    let missed = [(mailbox(8), RefusalCode::UnknownAccount), (mailbox(9), RefusalCode::UnknownAccount)];
    let message = circular(1, 1, &[mailbox(8), mailbox(9)], b"x");
    assert_eq!(store.fan_out(message.clone()).await.unwrap(), accepted(&missed));
    assert_eq!(store.fan_out(message).await.unwrap(), accepted(&[]));
}

// RLY-14.
async fn a_body_counts_in_every_mailbox(store: &dyn Store) {
    let others = others(store).await;
    let [half, quarter] = [2, 4].map(|part| vec![1; usize::try_from(CAPACITY.bytes / part).unwrap()]);
    store.fan_out(circular(1, 1, &others[..2], &half)).await.unwrap();
    store.fan_out(circular(1, 2, &others[..2], &quarter)).await.unwrap();
    store.enqueue(letter(1, 2, 6, &quarter)).await.unwrap();
    assert_eq!(word(store.enqueue(letter(1, 2, 3, b"x")).await), "MAILBOX_FULL");
    // Bob's room is back although Carol's device still needs the body.
    store.acknowledge_up_to(others[0], 1).await.unwrap();
    store.enqueue(letter(1, 2, 3, &half)).await.unwrap();
    assert_eq!(word(store.enqueue(letter(1, 2, 4, b"x")).await), "MAILBOX_FULL");
    let full = store.fan_out(circular(1, 5, &others[..2], b"x")).await.unwrap();
    assert_eq!(full.missed.len(), 2);
}

async fn rly_112_t6_what_passes_no_settings_leaves_a_part_of_the_mailbox_free(store: &dyn Store) {
    alice_and_bob(store).await;
    let bob = mailbox(2);
    let room = Capacity { messages: 8, bytes: 1_000 };
    store.set_capacity(Handle::parse("bob").unwrap(), Some(room)).await.unwrap();
    for number in 1..=8 {
        let missed = if number <= 6 { vec![] } else { vec![(bob, RefusalCode::MailboxFull)] };
        assert_eq!(store.fan_out(circular(1, number, &[bob], b"x")).await.unwrap(), accepted(&missed));
    }
    let notice = entry(1, 9, 1, &[bob], b"x");
    assert_eq!(store.append_entry(notice).await.unwrap(), accepted(&[(bob, RefusalCode::MailboxFull)]));
    for number in 10..=12 {
        let sent = store.enqueue(letter(1, 2, number, b"x")).await;
        assert_eq!(sent.is_ok(), number < 12, "{number}");
    }
    store.acknowledge_up_to(bob, all(store, bob).await[7].sequence).await.unwrap();
    while store.sweep(NOW, PASSED).await.unwrap() {}
    for (number, bytes, is_room) in [(13, 751, false), (14, 750, true), (15, 1, false)] {
        let outcome = store.fan_out(circular(1, number, &[bob], &vec![0; bytes])).await.unwrap();
        assert_eq!(outcome.missed.is_empty(), is_room, "{number}");
    }
    store.enqueue(letter(1, 2, 16, &[0; 250])).await.unwrap();
}

// RLY-13.
async fn each_acknowledges_for_itself(store: &dyn Store) {
    let others = others(store).await;
    for number in 1..=3u8 {
        store.fan_out(circular(1, number.into(), &others, &[number])).await.unwrap();
    }
    store.acknowledge_up_to(others[0], 3).await.unwrap();
    store.acknowledge_up_to(others[1], 2).await.unwrap();
    while store.sweep(NOW, PASSED).await.unwrap() {}
    assert!(all(store, others[0]).await.is_empty());
    assert_eq!(bodies(store, others[1]).await, [[3]]);
    assert_eq!(bodies(store, others[2]).await, [[1], [2], [3]]);
}

// RLY-22.
async fn the_order_across_sends_and_fan_outs_is_exact(store: &dyn Store) {
    let others = others(store).await;
    let (mut sent, mut fanned_out) = (Vec::new(), Vec::new());
    for number in 0..300u64 {
        let text = number.to_be_bytes();
        match number % 3 {
            0 => sent.push(store.enqueue(letter(1, 2, number, &text))),
            1 => fanned_out.push(store.fan_out(circular(1, number, &others, &text))),
            _ => fanned_out.push(store.append_entry(entry(1, number, number / 3 + 1, &others, &text))),
        }
    }
    assert!(join_all(sent).await.iter().all(Result::is_ok));
    assert!(join_all(fanned_out).await.iter().all(Result::is_ok));
    let texts = |keep: fn(&u64) -> bool| {
        (0..300u64).filter(keep).map(|number| number.to_be_bytes().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(bodies(store, others[0]).await, texts(|_| true));
    assert_eq!(bodies(store, others[1]).await, texts(|number| number % 3 != 0));
    assert!(all(store, others[2]).await.iter().map(|message| message.sequence).eq(1..=200));
}

async fn a_watch_sees_a_fan_out(store: &dyn Store) {
    let others = others(store).await;
    let watches = others.map(|recipient| store.watch(recipient));
    let other = store.watch(mailbox(1));
    for watch in watches.iter().chain([&other]) {
        settled(watch).await;
    }
    store.fan_out(circular(1, 1, &others, b"x")).await.unwrap();
    for watch in &watches {
        tokio::time::timeout(Duration::from_secs(60), watch.changed()).await.expect("it is woken");
    }
    // Who has missed it is not woken.
    store.fan_out(circular(1, 2, &others, &vec![0; usize::try_from(CAPACITY.bytes).unwrap()])).await.unwrap();
    for watch in watches.iter().chain([&other]) {
        assert!(tokio::time::timeout(Duration::ZERO, watch.changed()).await.is_err());
    }
}

// RLY-9.
async fn a_client_id_of_a_fan_out_is_forgotten_after_thirty_days(store: &dyn Store) {
    let others = others(store).await;
    let message = FanOut { until: after(99), ..circular(1, 7, &others, b"one") };
    store.fan_out(message.clone()).await.unwrap();
    assert!(store.sweep(NOW, after(31)).await.unwrap());
    store.fan_out(message).await.unwrap();
    assert_eq!(all(store, others[0]).await.len(), 2);
}
