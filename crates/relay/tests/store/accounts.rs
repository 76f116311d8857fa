use crate::people::{NOW, alice_and_bob, mailbox, registration, upload, word};
use aside_identity::Handle;
use aside_relay::store::{Account, Store};

crate::cases! {
    a_handle_leads_to_its_account
    a_repeated_registration_changes_nothing
    a_taken_handle_is_refused
    an_account_has_one_handle_and_one_first_list
    p11_a_key_of_two_accounts_is_refused
    p11_a_key_with_two_uses_is_refused
    the_unknown_is_refused
    a_refused_registration_leaves_nothing
}

async fn a_handle_leads_to_its_account(store: &dyn Store) {
    alice_and_bob(store).await;
    let bob = store.resolve(Handle::parse("bob").unwrap()).await.unwrap();
    assert_eq!((bob.handle.as_str(), bob.account, bob.lists), ("bob", Account([2; 32]), vec![vec![2; 100]]));
    assert_eq!(store.lists_after(Account([2; 32]), 0).await.unwrap().lists.len(), 1);
    for known in [1, 2, u64::MAX] {
        assert!(store.lists_after(Account([2; 32]), known).await.unwrap().lists.is_empty());
    }
    assert_eq!(store.current_list(Account([1; 32])).await.unwrap(), vec![1; 100]);
}

// RLY-3.
async fn a_repeated_registration_changes_nothing(store: &dyn Store) {
    alice_and_bob(store).await;
    store.publish_prekeys(upload(1, Some(1), 1..4)).await.unwrap();
    store.register(registration("alice", 1, 1)).await.unwrap();
    assert_eq!(store.prekey_status(mailbox(1), NOW).await.unwrap().one_time, 3);
}

// RLY-3.
async fn a_taken_handle_is_refused(store: &dyn Store) {
    alice_and_bob(store).await;
    assert_eq!(word(store.register(registration("bob", 3, 1)).await), "HANDLE_TAKEN");
    assert_eq!(word(store.current_list(Account([3; 32])).await), "UNKNOWN_ACCOUNT");
}

// RLY-3.
async fn an_account_has_one_handle_and_one_first_list(store: &dyn Store) {
    alice_and_bob(store).await;
    assert_eq!(word(store.register(registration("alice2", 1, 1)).await), "ACCOUNT_EXISTS");
    assert_eq!(word(store.register(registration("bob", 1, 1)).await), "ACCOUNT_EXISTS");
    let mut other_list = registration("alice", 1, 1);
    other_list.list.push(0);
    assert_eq!(word(store.register(other_list).await), "ACCOUNT_EXISTS");
}

// RLY-6.
async fn p11_a_key_of_two_accounts_is_refused(store: &dyn Store) {
    alice_and_bob(store).await;
    let mut carol = registration("carol", 3, 1);
    carol.keys = registration("alice", 1, 1).keys;
    assert_eq!(word(store.register(carol).await), "DUPLICATE_KEY");
}

// RLY-6.
async fn p11_a_key_with_two_uses_is_refused(store: &dyn Store) {
    let mut carol = registration("carol", 3, 2);
    carol.keys[1].key = carol.keys[0].key;
    assert_eq!(word(store.register(carol).await), "DUPLICATE_KEY");
}

async fn the_unknown_is_refused(store: &dyn Store) {
    assert_eq!(word(store.resolve(Handle::parse("nobody").unwrap()).await), "UNKNOWN_HANDLE");
    assert_eq!(word(store.lists_after(Account([9; 32]), 0).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.prekey_status(mailbox(9), NOW).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.newest(mailbox(9)).await), "UNKNOWN_ACCOUNT");
}

async fn a_refused_registration_leaves_nothing(store: &dyn Store) {
    alice_and_bob(store).await;
    let mut carol = registration("carol", 3, 1);
    carol.keys = registration("alice", 1, 1).keys;
    assert_eq!(word(store.register(carol).await), "DUPLICATE_KEY");
    assert_eq!(word(store.resolve(Handle::parse("carol").unwrap()).await), "UNKNOWN_HANDLE");
    store.register(registration("carol", 3, 1)).await.unwrap();
}
