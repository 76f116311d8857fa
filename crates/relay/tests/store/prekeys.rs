use crate::people::{DAY, NOW, alice_and_bob, key, mailbox, prekey, upload, word};
use aside_identity::PrekeyKind;
use aside_relay::store::Store;
use futures_util::future::join_all;
use std::collections::HashSet;

crate::cases! {
    h5_a_hundred_fetches_at_once_get_a_hundred_prekeys
    h2_without_one_time_prekeys_the_signed_one_remains
    h5_a_prekey_that_was_handed_out_does_not_come_back
    p11_an_id_names_one_key_and_a_key_has_one_id
    a_rotated_signed_prekey_does_not_come_back
    a_device_holds_a_bounded_number
    expired_prekeys_are_not_handed_out
    without_a_signed_prekey_nothing_is_handed_out
}

// RLY-7.
async fn h5_a_hundred_fetches_at_once_get_a_hundred_prekeys(store: &dyn Store) {
    alice_and_bob(store).await;
    assert_eq!(store.publish_prekeys(upload(2, Some(1), 1..101)).await.unwrap(), 100);
    let bundles = join_all((0..100).map(|_| store.take_prekeys(mailbox(2), NOW))).await;
    let distinct: HashSet<_> = bundles.into_iter().map(|bundle| bundle.unwrap().one_time.unwrap()).collect();
    assert_eq!(distinct.len(), 100);
    assert_eq!(store.prekey_status(mailbox(2), NOW).await.unwrap().one_time, 0);
}

async fn h2_without_one_time_prekeys_the_signed_one_remains(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), 1..2)).await.unwrap();
    assert!(store.take_prekeys(mailbox(2), NOW).await.unwrap().one_time.is_some());
    for _ in 0..3 {
        let bundle = store.take_prekeys(mailbox(2), NOW).await.unwrap();
        assert_eq!(bundle.signed, prekey(2, PrekeyKind::Signed, 1).bytes);
        assert_eq!(bundle.one_time, None);
    }
}

// RLY-7.
async fn h5_a_prekey_that_was_handed_out_does_not_come_back(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), 1..3)).await.unwrap();
    store.take_prekeys(mailbox(2), NOW).await.unwrap();
    // The answer to the upload was lost; the client asks again.
    assert_eq!(store.publish_prekeys(upload(2, Some(1), 1..3)).await.unwrap(), 1);
}

// RLY-6.
async fn p11_an_id_names_one_key_and_a_key_has_one_id(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), 1..3)).await.unwrap();

    let mut reused_id = upload(2, None, [1]);
    reused_id.one_time[0].agreement_key = key(2, 9, 9);
    assert_eq!(word(store.publish_prekeys(reused_id).await), "DUPLICATE_KEY");
    let mut reused_key = upload(2, None, [3]);
    reused_key.one_time[0].agreement_key = key(2, 4, 1);
    assert_eq!(word(store.publish_prekeys(reused_key).await), "DUPLICATE_KEY");
    let mut altered = upload(2, None, [1]);
    altered.one_time[0].bytes.push(0);
    assert_eq!(word(store.publish_prekeys(altered).await), "DUPLICATE_KEY");
    let mut of_another = upload(1, None, [1]);
    of_another.one_time[0].agreement_key = key(2, 4, 1);
    assert_eq!(word(store.publish_prekeys(of_another).await), "DUPLICATE_KEY");
    let mut twice = upload(2, None, [5, 6]);
    twice.one_time[1].agreement_key = twice.one_time[0].agreement_key;
    assert_eq!(word(store.publish_prekeys(twice).await), "DUPLICATE_KEY");
    // Nothing of a refused upload stays.
    assert_eq!(store.publish_prekeys(upload(2, None, [5, 6])).await.unwrap(), 4);
}

async fn a_rotated_signed_prekey_does_not_come_back(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), [])).await.unwrap();
    store.publish_prekeys(upload(2, Some(2), [])).await.unwrap();
    store.publish_prekeys(upload(2, Some(2), [])).await.unwrap();
    assert_eq!(word(store.publish_prekeys(upload(2, Some(1), [])).await), "DUPLICATE_KEY");
    assert_eq!(
        store.take_prekeys(mailbox(2), NOW).await.unwrap().signed,
        prekey(2, PrekeyKind::Signed, 2).bytes
    );
}

async fn a_device_holds_a_bounded_number(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), 1..100)).await.unwrap();
    assert_eq!(word(store.publish_prekeys(upload(2, None, 100..102)).await), "LIMIT");
    assert_eq!(store.publish_prekeys(upload(2, None, 100..101)).await.unwrap(), 100);
}

async fn expired_prekeys_are_not_handed_out(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, Some(1), 1..3)).await.unwrap();
    let last_moment = NOW + 30 * DAY;
    assert!(store.take_prekeys(mailbox(2), last_moment).await.unwrap().one_time.is_some());
    let mut longer = upload(2, Some(2), []);
    longer.signed.as_mut().unwrap().not_after = last_moment + DAY;
    store.publish_prekeys(longer).await.unwrap();
    assert_eq!(store.prekey_status(mailbox(2), last_moment + 1).await.unwrap().one_time, 0);
    assert_eq!(store.take_prekeys(mailbox(2), last_moment + 1).await.unwrap().one_time, None);
    assert_eq!(word(store.take_prekeys(mailbox(2), last_moment + DAY + 1).await), "NO_PREKEYS");
}

async fn without_a_signed_prekey_nothing_is_handed_out(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(2, None, 1..3)).await.unwrap();
    assert_eq!(word(store.take_prekeys(mailbox(2), NOW).await), "NO_PREKEYS");
    let status = store.prekey_status(mailbox(2), NOW).await.unwrap();
    assert_eq!((status.one_time, status.signed_not_after), (2, 0));
}
