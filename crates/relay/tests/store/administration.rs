use crate::people::{
    CAPACITY, DAY, EVERYTHING, NOW, PASSED, alice_and_bob, all, circular, entry, letter, mailbox,
    registration, upload, word,
};
use aside_identity::{Generation, Handle};
use aside_relay::store::{Account, Capacity, DeviceSummary, LoggedIn, Passed, Reached, Store};
use std::time::Duration;

crate::cases! {
    rly_60_a_suspended_account_can_do_nothing
    rly_61_to_others_a_suspended_account_is_as_it_was
    rly_60_what_was_lifted_is_as_before
    rly_60_a_suspension_wakes_whoever_waits
    rly_62_a_released_handle_is_nobodys_for_its_time
    rly_62_a_released_account_is_no_account
    rly_62_what_a_released_account_left_goes_before_its_handle_is_free
    rly_62_a_release_can_be_taken_back_until_the_handle_is_free
    rly_14_an_account_can_have_another_capacity
    statistics_count_what_is_there
    what_nobody_has_cannot_be_administered
}

fn handle(name: &str) -> Handle {
    Handle::parse(name).unwrap()
}

const STORE: Generation = Generation { number: 1, token: [7; 16], previous: [0; 16], restored: false };

// RLY-60.
async fn rly_60_a_suspended_account_can_do_nothing(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(1, 2, 1, b"before")).await.unwrap();
    store.suspend(handle("bob"), Some(NOW)).await.unwrap();
    store.suspend(handle("bob"), Some(NOW + 5)).await.unwrap();
    assert_eq!(store.account_summary(handle("bob")).await.unwrap().suspended_at, Some(NOW));

    assert_eq!(word(store.standing(Account([2; 32])).await), "SUSPENDED");
    assert_eq!(word(store.log_in(mailbox(2), STORE).await), "SUSPENDED");
    assert_eq!(word(store.enqueue(letter(2, 1, 1, b"x")).await), "SUSPENDED");
    assert_eq!(word(store.fan_out(circular(2, 2, &[mailbox(1)], b"x")).await), "SUSPENDED");
    assert_eq!(word(store.append_entry(entry(2, 3, 1, &[mailbox(1)], b"x")).await), "SUSPENDED");
    assert_eq!(word(store.fetch_after(mailbox(2), 0, EVERYTHING, PASSED).await), "SUSPENDED");
    assert_eq!(word(store.acknowledge_up_to(mailbox(2), 1).await), "SUSPENDED");
    // Alice got nothing, and is as she was.
    assert!(all(store, mailbox(1)).await.is_empty());
    store.standing(Account([1; 32])).await.unwrap();
}

// RLY-61.
async fn rly_61_to_others_a_suspended_account_is_as_it_was(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), 1..3)).await.unwrap();
    let before = store.resolve(handle("bob")).await.unwrap();
    store.suspend(handle("bob"), Some(NOW)).await.unwrap();

    assert_eq!(store.resolve(handle("bob")).await.unwrap(), before);
    assert_eq!(store.lists_after(Account([2; 32]), 0).await.unwrap(), before);
    let reached = store.session_reach(Account([1; 32]), Account([2; 32])).await.unwrap();
    assert_eq!(reached, Reached { list_version: 1, is_suspended: true });
    assert!(store.take_prekeys(mailbox(2), NOW).await.unwrap().one_time.is_some());
    assert_eq!(store.enqueue(letter(1, 2, 1, b"one")).await.unwrap(), NOW);
    let outcome = store.fan_out(circular(1, 2, &[mailbox(2)], b"two")).await.unwrap();
    assert!(outcome.missed.is_empty());
    assert_eq!(word(store.register(registration("bob", 3, 1)).await), "HANDLE_TAKEN");
}

// RLY-60.
async fn rly_60_what_was_lifted_is_as_before(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(1, 2, 1, b"before")).await.unwrap();
    store.suspend(handle("bob"), Some(NOW)).await.unwrap();
    store.enqueue(letter(1, 2, 2, b"meanwhile")).await.unwrap();
    store.suspend(handle("bob"), None).await.unwrap();
    store.suspend(handle("bob"), None).await.unwrap();

    assert_eq!(
        store.log_in(mailbox(2), STORE).await.unwrap(),
        LoggedIn { generation: 1, acknowledged: 0 },
        "a refused login moved nothing"
    );
    let texts: Vec<_> = all(store, mailbox(2)).await.into_iter().map(|message| message.envelope).collect();
    assert_eq!(texts, [b"before".to_vec(), b"meanwhile".to_vec()]);
    // RLY-9: what was refused was not remembered.
    let mut answer = letter(2, 1, 1, b"x");
    answer.generation = 1;
    store.enqueue(answer).await.unwrap();
    assert_eq!(all(store, mailbox(1)).await.len(), 1);
}

// RLY-60.
async fn rly_60_a_suspension_wakes_whoever_waits(store: &dyn Store) {
    alice_and_bob(store).await;
    let woken = async |watch: &aside_relay::store::Watch| {
        tokio::time::timeout(Duration::from_secs(60), watch.changed()).await.unwrap();
    };
    let (bob, alice) = (store.watch(mailbox(2)), store.watch(mailbox(1)));
    store.suspend(handle("bob"), Some(NOW)).await.unwrap();
    woken(&bob).await;
    // Another process may have done it: a sweep looks.
    store.sweep(NOW + 60_000, PASSED).await.unwrap();
    woken(&bob).await;
    store.release(handle("alice"), NOW, DAY).await.unwrap();
    woken(&alice).await;
}

// RLY-62.
async fn rly_62_a_released_handle_is_nobodys_for_its_time(store: &dyn Store) {
    alice_and_bob(store).await;
    store.sweep(NOW, PASSED).await.unwrap();
    let free_at = store.release(handle("bob"), NOW, 90 * DAY).await.unwrap();
    assert_eq!(free_at, store.release(handle("bob"), NOW + 1, 7 * DAY).await.unwrap(), "a repetition");
    assert_eq!(word(store.resolve(handle("bob")).await), "UNKNOWN_HANDLE");
    assert_eq!(word(store.register(registration("bob", 3, 1)).await), "HANDLE_TAKEN");

    while store.sweep(NOW + 90 * DAY, Passed(free_at.0 - 1)).await.unwrap() {}
    assert_eq!(word(store.register(registration("bob", 3, 1)).await), "HANDLE_TAKEN");
    while store.sweep(NOW + 90 * DAY, free_at).await.unwrap() {}
    store.register(registration("bob", 3, 1)).await.unwrap();
    let bob = store.resolve(handle("bob")).await.unwrap();
    assert_eq!((bob.account, bob.lists.len()), (Account([3; 32]), 1));
}

// RLY-62.
async fn rly_62_a_released_account_is_no_account(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(2, 1, 9, b"from before")).await.unwrap();
    store.publish_prekeys(upload(2, Some(1), 1..3)).await.unwrap();
    store.release(handle("bob"), NOW, DAY).await.unwrap();

    let (alice, bob) = (Account([1; 32]), Account([2; 32]));
    assert_eq!(word(store.standing(bob).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.current_list(bob).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.lists_after(bob, 0).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.session_reach(alice, bob).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.declarations_between(alice, bob).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.take_prekeys(mailbox(2), NOW).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.log_in(mailbox(2), STORE).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.enqueue(letter(2, 1, 1, b"x")).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.enqueue(letter(1, 2, 1, b"x")).await), "UNKNOWN_ACCOUNT");
    let outcome = store.fan_out(circular(1, 2, &[mailbox(2)], b"x")).await.unwrap();
    assert_eq!(outcome.missed[0].code.as_str_name(), "REFUSAL_CODE_UNKNOWN_ACCOUNT");
    // Under another name it does not come back either.
    assert_eq!(word(store.register(registration("robert", 2, 1)).await), "ACCOUNT_EXISTS");
    // What it had sent is still delivered, with its key.
    let waiting = all(store, mailbox(1)).await;
    assert_eq!((waiting.len(), waiting[0].sender), (1, mailbox(2)));
}

// RLY-62.
async fn rly_62_what_a_released_account_left_goes_before_its_handle_is_free(store: &dyn Store) {
    alice_and_bob(store).await;
    for number in 0..1_200 {
        store.enqueue(letter(1, 2, number, b"x")).await.unwrap();
    }
    store.publish_prekeys(upload(2, Some(1), 1..50)).await.unwrap();
    let free_at = store.release(handle("bob"), NOW, 0).await.unwrap();
    let before = store.statistics().await.unwrap();
    assert_eq!(
        (before.accounts, before.released, before.messages, before.one_time_prekeys),
        (1, 1, 1_200, 49)
    );
    let mut steps = 0;
    while store.sweep(NOW, free_at).await.unwrap() {
        steps += 1;
    }
    assert!(steps > 2, "in steps, so that nobody waits for long");
    let after = store.statistics().await.unwrap();
    assert_eq!((after.accounts, after.released, after.messages, after.one_time_prekeys), (1, 0, 0, 0));
    // RLY-6: its keys are nobody else's.
    let mut carol = registration("carol", 3, 1);
    carol.keys = registration("bob", 2, 1).keys;
    assert_eq!(word(store.register(carol).await), "DUPLICATE_KEY");
}

// RLY-62.
async fn rly_62_a_release_can_be_taken_back_until_the_handle_is_free(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(1, 2, 1, b"before")).await.unwrap();
    let free_at = store.release(handle("bob"), NOW, DAY).await.unwrap();
    let summary = store.account_summary(handle("bob")).await.unwrap();
    assert_eq!((summary.account, summary.free_at), (Account([2; 32]), Some(free_at)));
    store.reinstate(handle("bob")).await.unwrap();
    assert_eq!(store.resolve(handle("bob")).await.unwrap().account, Account([2; 32]));
    assert_eq!(all(store, mailbox(2)).await.len(), 1);
    store.log_in(mailbox(2), STORE).await.unwrap();
    assert_eq!(word(store.reinstate(handle("bob")).await), "UNKNOWN_HANDLE");

    let free_at = store.release(handle("bob"), NOW, 0).await.unwrap();
    while store.sweep(NOW, free_at).await.unwrap() {}
    assert_eq!(word(store.reinstate(handle("bob")).await), "UNKNOWN_HANDLE");
}

// RLY-14.
async fn rly_14_an_account_can_have_another_capacity(store: &dyn Store) {
    alice_and_bob(store).await;
    let small = Capacity { messages: 2, bytes: 10 };
    store.set_capacity(handle("bob"), Some(small)).await.unwrap();
    assert_eq!(store.account_summary(handle("bob")).await.unwrap().capacity, Some(small));
    store.enqueue(letter(1, 2, 1, b"12345")).await.unwrap();
    assert_eq!(word(store.enqueue(letter(1, 2, 2, b"123456")).await), "MAILBOX_FULL");
    store.enqueue(letter(1, 2, 3, b"12345")).await.unwrap();
    assert_eq!(word(store.enqueue(letter(1, 2, 4, b"")).await), "MAILBOX_FULL");
    let missed = store.fan_out(circular(1, 5, &[mailbox(2)], b"x")).await.unwrap().missed;
    assert_eq!(missed[0].code.as_str_name(), "REFUSAL_CODE_MAILBOX_FULL");
    // Another account is not concerned; more than the rest may hold is possible too.
    store.enqueue(letter(2, 1, 1, b"123456")).await.unwrap();
    let large = Capacity { messages: CAPACITY.messages, bytes: 2 * CAPACITY.bytes };
    store.set_capacity(handle("bob"), Some(large)).await.unwrap();
    let long = vec![0; usize::try_from(CAPACITY.bytes).unwrap() + 1];
    store.enqueue(letter(1, 2, 6, &long)).await.unwrap();
    store.set_capacity(handle("bob"), None).await.unwrap();
    assert_eq!(store.account_summary(handle("bob")).await.unwrap().capacity, None);
    assert_eq!(word(store.enqueue(letter(1, 2, 7, b"x")).await), "MAILBOX_FULL");
    assert_eq!(all(store, mailbox(2)).await.len(), 3, "what was there stays");
}

async fn statistics_count_what_is_there(store: &dyn Store) {
    alice_and_bob(store).await;
    store.register(registration("carol", 3, 2)).await.unwrap();
    store.publish_prekeys(upload(2, Some(1), 1..3)).await.unwrap();
    store.enqueue(letter(1, 2, 1, b"12345")).await.unwrap();
    let mut later = letter(2, 1, 1, b"123");
    later.now = NOW + 1;
    store.enqueue(later).await.unwrap();
    store.append_entry(entry(1, 2, 1, &[], b"entry")).await.unwrap();
    store.append_entry(entry(1, 3, 2, &[], b"entry")).await.unwrap();
    store.suspend(handle("carol"), Some(NOW)).await.unwrap();
    let counted = store.statistics().await.unwrap();
    assert_eq!((counted.accounts, counted.suspended, counted.devices), (3, 1, 4));
    assert_eq!((counted.messages, counted.bytes, counted.oldest), (2, 8, Some(NOW)));
    assert_eq!((counted.logs, counted.entries, counted.one_time_prekeys), (1, 2, 2));
    assert!(counted.disk > 0 && counted.free <= counted.disk);
    let bob = store.account_summary(handle("bob")).await.unwrap();
    let device = DeviceSummary { device: mailbox(2).device, messages: 1, bytes: 5, one_time_prekeys: 2 };
    assert_eq!(bob.devices, [device]);
    store.acknowledge_up_to(mailbox(2), store.newest(mailbox(2)).await.unwrap()).await.unwrap();
    let counted = store.statistics().await.unwrap();
    assert_eq!((counted.messages, counted.bytes, counted.oldest), (1, 3, Some(NOW + 1)));
}

async fn what_nobody_has_cannot_be_administered(store: &dyn Store) {
    alice_and_bob(store).await;
    let nobody = || handle("nobody");
    assert_eq!(word(store.suspend(nobody(), Some(NOW)).await), "UNKNOWN_HANDLE");
    assert_eq!(word(store.release(nobody(), NOW, DAY).await), "UNKNOWN_HANDLE");
    assert_eq!(word(store.reinstate(nobody()).await), "UNKNOWN_HANDLE");
    assert_eq!(word(store.set_capacity(nobody(), None).await), "UNKNOWN_HANDLE");
    assert_eq!(word(store.account_summary(nobody()).await), "UNKNOWN_HANDLE");
    assert_eq!(word(store.standing(Account([9; 32])).await), "UNKNOWN_ACCOUNT");
}
