use crate::people::{NOW, alice_and_bob, all, circular, entry, letter, mailbox, registration, upload, word};
use aside_identity::{AccountKey, Reach, Rules};
use aside_relay::store::{Account, Channel, Declaration, Enqueue, PublishedSettings, Reached, Store};
use futures_util::future::join_all;

crate::cases! {
    t6_each_rule_lets_in_whom_it_names
    t6_every_exclusion_looks_the_same
    t6_an_exclusion_is_told_before_anything_else_of_the_recipient
    what_was_accepted_before_stays_accepted
    a_session_is_let_in_for_chats_or_for_groups
    older_settings_do_not_come_back
    new_settings_replace_all_of_the_old_ones
    a_fan_out_and_a_notice_are_not_filtered
    nobody_is_shut_out_of_the_own_account
    a_declaration_counts_in_both_directions_and_for_threads_only
    older_declarations_do_not_come_back
    declarations_are_shown_to_the_two_and_bounded
}

const LEVELS: [Reach; 3] = [Reach::Everyone, Reach::Contacts, Reach::Nobody];

fn names(accounts: &[u8]) -> Vec<AccountKey> {
    accounts.iter().map(|account| AccountKey::from_own_store([*account; 32])).collect()
}

/// The same level for everything.
fn level(reach: Reach) -> Rules {
    Rules { threads: reach, chats: reach, groups: reach, contacts: Vec::new(), blocked: Vec::new() }
}

fn settings(account: u8, version: u64, rules: Rules) -> PublishedSettings {
    let bytes = format!("{account} {version} {rules:?}").into_bytes();
    PublishedSettings { account: Account([account; 32]), version, rules, bytes }
}

fn in_session(letter: Enqueue) -> Enqueue {
    Enqueue { channel: Channel::Session, ..letter }
}

fn account(number: u8) -> Account {
    Account([number; 32])
}

/// Alice (1), Bob (2), Carol (3) and Dave (4).
async fn four(store: &dyn Store) {
    alice_and_bob(store).await;
    store.register(registration("carol", 3, 1)).await.unwrap();
    store.register(registration("dave", 4, 1)).await.unwrap();
}

/// Whether each of Alice, Carol and Dave gets a letter to Bob.
async fn let_in(store: &dyn Store, channel: Channel, client_id: u64) -> [bool; 3] {
    let mut outcomes = [false; 3];
    for (from, outcome) in [1, 3, 4].into_iter().zip(&mut outcomes) {
        let letter = Enqueue { channel, ..letter(from, 2, client_id, b"x") };
        *outcome = match store.enqueue(letter).await {
            Ok(_) => true,
            refused => {
                assert_eq!(word(refused), "UNREACHABLE");
                false
            }
        };
    }
    outcomes
}

// RLY-36. Carol is a contact, Dave is blocked, Alice is neither.
async fn t6_each_rule_lets_in_whom_it_names(store: &dyn Store) {
    four(store).await;
    assert_eq!(let_in(store, Channel::Thread, 1).await, [true; 3]);
    let mut version = 0;
    for threads in LEVELS {
        for sessions in LEVELS {
            version += 1;
            let rules = Rules { threads, contacts: names(&[3]), blocked: names(&[4]), ..level(sessions) };
            store.publish_settings(settings(2, version, rules)).await.unwrap();
            let expected = |reach| [reach == Reach::Everyone, reach != Reach::Nobody, false];
            assert_eq!(let_in(store, Channel::Thread, 2 * version).await, expected(threads));
            assert_eq!(let_in(store, Channel::Session, 2 * version + 1).await, expected(sessions));
            for (from, is_in) in [1, 3, 4].into_iter().zip(expected(sessions)) {
                let reach = store.session_reach(account(from), account(2)).await;
                assert_eq!(reach.is_ok(), is_in);
            }
        }
    }
    // Whoever is in both lists is blocked.
    let rules = Rules { contacts: names(&[3, 4]), blocked: names(&[3]), ..level(Reach::Contacts) };
    store.publish_settings(settings(2, 100, rules)).await.unwrap();
    assert_eq!(let_in(store, Channel::Thread, 100).await, [false, false, true]);
    // Bob writes to whom he likes: what he has published is about others.
    assert!(store.enqueue(letter(2, 4, 1, b"x")).await.is_ok());
    // Nothing but the accepted letters is in the mailbox.
    assert_eq!(
        store.newest(mailbox(2)).await.unwrap(),
        u64::try_from(all(store, mailbox(2)).await.len()).unwrap()
    );
}

// RLY-37.
async fn t6_every_exclusion_looks_the_same(store: &dyn Store) {
    four(store).await;
    let blocked = Rules { blocked: names(&[1]), ..level(Reach::Everyone) };
    let mut refusals = Vec::new();
    for (version, rules) in [(1, blocked), (2, level(Reach::Contacts)), (3, level(Reach::Nobody))] {
        store.publish_settings(settings(2, version, rules)).await.unwrap();
        for channel in [Channel::Thread, Channel::Session] {
            let refused = store.enqueue(Enqueue { channel, ..letter(1, 2, 1, b"x") }).await.unwrap_err();
            refusals.push(refused.to_string());
        }
        refusals.push(store.session_reach(account(1), account(2)).await.unwrap_err().to_string());
    }
    assert_eq!(refusals.len(), 9);
    refusals.dedup();
    assert_eq!(refusals.len(), 1);
}

// RLY-36.
async fn t6_an_exclusion_is_told_before_anything_else_of_the_recipient(store: &dyn Store) {
    four(store).await;
    store.publish_settings(settings(2, 1, level(Reach::Nobody))).await.unwrap();
    store.declare(declaration(2, 1, 1)).await.unwrap();
    let stale = Enqueue { list_version: 9, ..letter(1, 2, 1, b"x") };
    assert_eq!(word(store.enqueue(stale).await), "UNREACHABLE");
    let too_few = Enqueue { parcels: Vec::new(), ..letter(1, 2, 1, b"x") };
    assert_eq!(word(store.enqueue(too_few).await), "UNREACHABLE");
    assert_eq!(word(store.enqueue(letter(1, 9, 1, b"x")).await), "UNKNOWN_ACCOUNT");
}

// RLY-9.
async fn what_was_accepted_before_stays_accepted(store: &dyn Store) {
    alice_and_bob(store).await;
    store.enqueue(letter(1, 2, 1, b"x")).await.unwrap();
    store.publish_settings(settings(2, 1, level(Reach::Nobody))).await.unwrap();
    assert_eq!(store.enqueue(letter(1, 2, 1, b"x")).await.unwrap(), NOW);
    // What was refused is not remembered as accepted.
    assert_eq!(word(store.enqueue(letter(1, 2, 2, b"y")).await), "UNREACHABLE");
    store.publish_settings(settings(2, 2, level(Reach::Everyone))).await.unwrap();
    store.enqueue(letter(1, 2, 2, b"y")).await.unwrap();
    assert_eq!(all(store, mailbox(2)).await.len(), 2);
}

// RLY-36: the relay cannot tell a chat from what a group needs.
async fn a_session_is_let_in_for_chats_or_for_groups(store: &dyn Store) {
    alice_and_bob(store).await;
    let mut version = 0;
    for chats in LEVELS {
        for groups in LEVELS {
            version += 1;
            let rules = Rules { chats, groups, contacts: names(&[1]), ..level(Reach::Nobody) };
            store.publish_settings(settings(2, version, rules)).await.unwrap();
            let outcome = store.enqueue(in_session(letter(1, 2, version, b"x"))).await;
            assert_eq!(outcome.is_ok(), chats != Reach::Nobody || groups != Reach::Nobody);
            let stranger = store.session_reach(account(2), account(2)).await;
            assert_eq!(stranger.unwrap().list_version, 1);
        }
    }
}

// RLY-35.
async fn older_settings_do_not_come_back(store: &dyn Store) {
    alice_and_bob(store).await;
    assert!(store.settings(account(2)).await.unwrap().is_empty());
    let (first, second) = (settings(2, 5, level(Reach::Everyone)), settings(2, 7, level(Reach::Nobody)));
    store.publish_settings(first.clone()).await.unwrap();
    store.publish_settings(second.clone()).await.unwrap();
    // The answer to the newest was lost.
    store.publish_settings(second.clone()).await.unwrap();
    assert_eq!(word(store.publish_settings(first).await), "STALE_STATEMENT");
    for version in [0, 6, 7] {
        let other = settings(2, version, level(Reach::Contacts));
        assert_eq!(word(store.publish_settings(other).await), "STALE_STATEMENT", "{version}");
    }
    assert_eq!(store.settings(account(2)).await.unwrap(), second.bytes);
    assert_eq!(word(store.enqueue(letter(1, 2, 1, b"x")).await), "UNREACHABLE");
    assert!(store.settings(account(1)).await.unwrap().is_empty());
    assert_eq!(word(store.publish_settings(settings(9, 1, level(Reach::Nobody))).await), "UNKNOWN_ACCOUNT");
    // No number is so high that another would follow it unnoticed.
    for (version, outcome) in [(u64::MAX - 1, true), (u64::MAX, false)] {
        assert_eq!(store.publish_settings(settings(1, version, level(Reach::Nobody))).await.is_ok(), outcome);
    }
}

// RLY-35.
async fn new_settings_replace_all_of_the_old_ones(store: &dyn Store) {
    four(store).await;
    let old = Rules { contacts: names(&[1, 3]), blocked: names(&[4]), ..level(Reach::Contacts) };
    let new = Rules { contacts: names(&[4]), blocked: names(&[3]), ..level(Reach::Contacts) };
    store.publish_settings(settings(2, 1, old.clone())).await.unwrap();
    assert_eq!(let_in(store, Channel::Session, 1).await, [true, true, false]);
    // Those of somebody else with the same names change nothing here.
    store.publish_settings(settings(1, 1, new.clone())).await.unwrap();
    assert_eq!(let_in(store, Channel::Session, 2).await, [true, true, false]);
    store.publish_settings(settings(2, 2, new)).await.unwrap();
    assert_eq!(let_in(store, Channel::Session, 3).await, [false, false, true]);
    store.publish_settings(settings(2, 3, level(Reach::Everyone))).await.unwrap();
    assert_eq!(let_in(store, Channel::Session, 4).await, [true, true, true]);
}

// RLY-29: in a group that both are in, a block is the affair of the devices.
async fn a_fan_out_and_a_notice_are_not_filtered(store: &dyn Store) {
    alice_and_bob(store).await;
    let rules = Rules { blocked: names(&[1]), ..level(Reach::Nobody) };
    store.publish_settings(settings(2, 1, rules)).await.unwrap();
    assert!(store.fan_out(circular(1, 1, &[mailbox(2)], b"x")).await.unwrap().missed.is_empty());
    assert!(store.append_entry(entry(1, 2, 1, &[mailbox(2)], b"y")).await.unwrap().missed.is_empty());
    assert_eq!(all(store, mailbox(2)).await.len(), 2);
}

// RLY-36.
async fn nobody_is_shut_out_of_the_own_account(store: &dyn Store) {
    alice_and_bob(store).await;
    let rules = Rules { blocked: names(&[2]), ..level(Reach::Nobody) };
    store.publish_settings(settings(2, 1, rules)).await.unwrap();
    store.enqueue(letter(2, 2, 1, b"x")).await.unwrap();
    store.enqueue(in_session(letter(2, 2, 2, b"x"))).await.unwrap();
    store.publish_prekeys(upload(2, Some(1), 1..2)).await.unwrap();
    let reached = store.session_reach(account(2), account(2)).await.unwrap();
    assert_eq!(reached, Reached { list_version: 1, is_suspended: false });
}

fn declaration(declarer: u8, peer: u8, version: u64) -> Declaration {
    let bytes = format!("{declarer} {peer} {version}").into_bytes();
    Declaration { declarer: account(declarer), peer: account(peer), version, bytes }
}

// RLY-39.
async fn a_declaration_counts_in_both_directions_and_for_threads_only(store: &dyn Store) {
    four(store).await;
    store.enqueue(letter(1, 2, 1, b"before")).await.unwrap();
    store.declare(declaration(2, 1, 1)).await.unwrap();
    for (from, to) in [(1, 2), (2, 1)] {
        assert_eq!(word(store.enqueue(letter(from, to, 2, b"x")).await), "ENCRYPTED_ONLY");
        store.enqueue(in_session(letter(from, to, 3, b"y"))).await.unwrap();
    }
    // Nobody else is concerned.
    for (from, to) in [(1, 3), (3, 1), (2, 3), (3, 2), (1, 1), (2, 2)] {
        store.enqueue(letter(from, to, 4 + u64::from(to), b"z")).await.unwrap();
    }
    // The send that was accepted before is answered.
    assert_eq!(store.enqueue(letter(1, 2, 1, b"before")).await.unwrap(), NOW);
    assert_eq!(word(store.declare(declaration(1, 9, 1)).await), "UNKNOWN_ACCOUNT");
    assert_eq!(word(store.declare(declaration(9, 1, 1)).await), "UNKNOWN_ACCOUNT");
}

// RLY-38.
async fn older_declarations_do_not_come_back(store: &dyn Store) {
    alice_and_bob(store).await;
    store.declare(declaration(1, 2, 3)).await.unwrap();
    store.declare(declaration(1, 2, 3)).await.unwrap();
    assert_eq!(word(store.declare(declaration(1, 2, 2)).await), "STALE_STATEMENT");
    let other = Declaration { bytes: b"other".to_vec(), ..declaration(1, 2, 3) };
    assert_eq!(word(store.declare(other).await), "STALE_STATEMENT");
    store.declare(declaration(1, 2, 4)).await.unwrap();
    let shown = store.declarations_between(account(2), account(1)).await.unwrap();
    assert_eq!(shown, [declaration(1, 2, 4).bytes]);
    // A newer one lifts nothing.
    assert_eq!(word(store.enqueue(letter(1, 2, 1, b"x")).await), "ENCRYPTED_ONLY");
}

// RLY-38, RLY-40.
async fn declarations_are_shown_to_the_two_and_bounded(store: &dyn Store) {
    four(store).await;
    for (declarer, peer) in [(1, 2), (2, 1), (1, 3)] {
        store.declare(declaration(declarer, peer, 1)).await.unwrap();
    }
    let (mine, yours) = (declaration(1, 2, 1).bytes, declaration(2, 1, 1).bytes);
    let between = async |one, other| store.declarations_between(account(one), account(other)).await.unwrap();
    assert_eq!(between(1, 2).await, [mine.clone(), yours.clone()]);
    assert_eq!(between(2, 1).await, [yours, mine]);
    assert_eq!(between(3, 1).await, [declaration(1, 3, 1).bytes]);
    assert!(between(3, 2).await.is_empty() && between(1, 1).await.is_empty());
    // As many as are kept, and a newer one of those.
    let (mut people, mut made) = (Vec::new(), Vec::new());
    for number in 2..=aside_relay::limits::DECLARATIONS {
        let mut other = registration(&format!("p{number}"), 200, 1);
        let mut key = [200; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        other.account = Account(key);
        other.keys[0].key[20..28].copy_from_slice(&number.to_be_bytes());
        people.push(store.register(other));
        made.push(Declaration { peer: Account(key), ..declaration(2, 9, 1) });
    }
    assert!(join_all(people).await.iter().all(Result::is_ok));
    let made = made.into_iter().map(|declaration| store.declare(declaration));
    assert!(join_all(made.collect::<Vec<_>>()).await.iter().all(Result::is_ok));
    assert_eq!(word(store.declare(declaration(2, 4, 1)).await), "LIMIT");
    store.declare(declaration(2, 1, 2)).await.unwrap();
}
