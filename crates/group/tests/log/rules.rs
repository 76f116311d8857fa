//! The rules of each action at their edges.

use crate::world::*;
use aside_group::{Action, Change, Entry, ExpiryTerms, GroupEvent, LogKeyId, Reason, Role, StaleCheck};
use aside_identity::{Address, DeviceId, DeviceList, Refused};
use aside_testkit::{Person, TestRng, person::NOW};

#[test]
fn grp_15_garbage_at_the_head_is_skipped() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let garbage = [
        sign_at(&people[MALLORY], &log.group.next_place(), &rename("Mine")),
        log.draft(&people[DAVE], &rename("Mine")),
        log.entries[2].clone(),
        found(&people[MALLORY], &create(&people[MALLORY])),
    ];
    let head = log.group.head();
    for entry in &garbage {
        assert!(log.append(entry).is_err());
    }
    assert_eq!(log.group.head(), head);
    let mut with_garbage = log.entries.clone();
    with_garbage.extend(garbage);
    log.act(&people[BOB], &rename("Ours")).unwrap();
    with_garbage.push(log.entries.last().unwrap().clone());
    assert_eq!(replay(&with_garbage), log.group);
}

#[test]
fn grp_15_a_check_counts_only_where_it_was_made() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let early = check(&log.group, &log.draft(&people[BOB], &rename("Early"))).unwrap();
    log.act(&people[ALICE], &rename("First")).unwrap();
    let before = log.group.clone();
    assert_eq!(log.group.apply(early).unwrap_err(), StaleCheck);
    assert_eq!(log.group, before);
}

#[test]
fn g12_two_admins_remove_each_other_and_one_of_them_is_first() {
    let people = people(5);
    let start = Log::usual(&people);
    let bob = start.draft(&people[BOB], &remove(&[&people[CAROL]]));
    let carol = start.draft(&people[CAROL], &remove(&[&people[BOB]]));
    for (first, second, gone) in [(&bob, &carol, CAROL), (&carol, &bob, BOB)] {
        let mut relay = start.entries.clone();
        relay.extend([first.clone(), second.clone()]);
        let group = replay(&relay);
        assert_eq!(group.sequence(), start.group.sequence() + 1);
        assert!(group.member(&account(&people[gone])).is_none());
        assert_eq!(reasons(&group, second), [Reason::Stale, Reason::NotMember]);
        // The loser's second try comes from nobody.
        let again = sign_at(&people[gone], &group.next_place(), second.action());
        assert_eq!(reasons(&group, &again), [Reason::NotMember]);
    }
}

#[test]
fn grp_7_neither_the_owner_nor_oneself_is_removed() {
    let people = people(5);
    let mut log = Log::usual(&people);
    assert_eq!(log.against(&people[BOB], &remove(&[&people[ALICE]])), [Reason::OwnerStays]);
    assert_eq!(log.against(&people[BOB], &remove(&[&people[BOB]])), [Reason::RemovesItself]);
    assert_eq!(log.against(&people[BOB], &remove(&[&people[MALLORY]])), [Reason::NobodyThere]);
    assert_eq!(log.against(&people[DAVE], &remove(&[&people[BOB]])), [Reason::NotEntitled]);
    assert_eq!(
        log.against(&people[ALICE], &remove(&[&people[ALICE]])),
        [Reason::OwnerStays, Reason::RemovesItself]
    );
    let change = log.act(&people[BOB], &remove(&[&people[CAROL], &people[DAVE]])).unwrap();
    let mut gone = vec![address(&people[CAROL]), address(&people[DAVE])];
    gone.sort();
    assert_eq!(change.gone, gone);
    assert!(change.rotates);
}

#[test]
fn grp_8_the_owner_leaves_only_after_passing_the_group_on() {
    let people = people(5);
    let mut log = Log::usual(&people);
    assert_eq!(log.against(&people[ALICE], &LEAVE), [Reason::OwnerLeaves]);
    let change = log.act(&people[ALICE], &set_role(&people[DAVE], Role::Owner)).unwrap();
    let dave = account(&people[DAVE]);
    assert_eq!(change.event, GroupEvent::RoleSet { account: dave, before: Role::Member, role: Role::Owner });
    assert_eq!(*log.group.owner(), dave);
    assert_eq!(log.group.member(&account(&people[ALICE])).unwrap().role(), Role::Admin);
    let change = log.act(&people[ALICE], &Action::Leave { cuts: vec![cut(1, 5)] }).unwrap();
    assert_eq!(change.event, GroupEvent::Left { cuts: vec![cut(1, 5)] });
    assert_eq!(change.gone, [address(&people[ALICE])]);
    assert!(log.group.member(&account(&people[ALICE])).is_none());
}

#[test]
fn grp_9_there_is_one_owner_and_no_change_is_no_entry() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let [alice, bob, carol, dave, mallory] = [ALICE, BOB, CAROL, DAVE, MALLORY].map(|one| &people[one]);
    assert_eq!(log.against(bob, &set_role(carol, Role::Owner)), [Reason::NotEntitled]);
    assert_eq!(log.against(bob, &set_role(alice, Role::Member)), [Reason::OwnerStays]);
    assert_eq!(log.against(alice, &set_role(alice, Role::Admin)), [Reason::OwnerStays]);
    assert_eq!(log.against(alice, &set_role(alice, Role::Owner)), [Reason::NoChange]);
    assert_eq!(log.against(alice, &set_role(bob, Role::Admin)), [Reason::NoChange]);
    assert_eq!(log.against(bob, &set_role(mallory, Role::Admin)), [Reason::NobodyThere]);
    assert_eq!(log.against(dave, &set_role(dave, Role::Admin)), [Reason::NotEntitled]);
    for nothing in [
        rename("Hikers"),
        Action::SetExpiry(ExpiryTerms::Off),
        Action::SetCapture { notices: false },
        Action::SetAnnounce { announce_only: false },
    ] {
        assert_eq!(log.against(alice, &nothing), [Reason::NoChange]);
    }
    log.act(bob, &set_role(dave, Role::Admin)).unwrap();
    log.act(dave, &set_role(bob, Role::Member)).unwrap();
    log.act(dave, &set_role(dave, Role::Member)).unwrap();
    let terms = ExpiryTerms::AfterRead { duration_s: 60, unread_cap_s: 3600 };
    let actions = [
        Action::SetExpiry(terms),
        Action::SetCapture { notices: true },
        Action::SetAnnounce { announce_only: true },
        rename("Walkers"),
    ];
    for action in &actions {
        assert_eq!(log.against(dave, action), [Reason::NotEntitled]);
        let change = log.act(carol, action).unwrap();
        assert!(!change.rotates && change.gone.is_empty() && change.joined.is_empty());
    }
    assert_eq!(log.group.expiry(), terms);
    assert!(log.group.capture_notices() && log.group.announce_only());
    assert_eq!(log.group.name().as_str(), "Walkers");
}

/// Somebody with as many devices as an account may have. Only the list of them counts.
fn with_eight_devices(seed: u64) -> Person {
    let mut person = Person::new(&mut TestRng::new(seed));
    let others: Vec<_> = (2..=8).map(|id| device(&person, id, seed * 100 + u64::from(id)).1).collect();
    let all: Vec<_> = [&person.certificate].into_iter().chain(&others).collect();
    person.list = next_list(&person, &person.list, &all);
    person
}

#[test]
fn grp_6_a_group_has_1024_devices_and_not_one_more() {
    let people = people(3);
    let mut log = Log::of(&people[ALICE]);
    let many: Vec<_> = (1000..1128).map(with_eight_devices).collect();
    for some in many[..127].chunks(10) {
        log.act(&people[ALICE], &add(&some.iter().collect::<Vec<_>>())).unwrap();
    }
    assert_eq!(log.group.device_count(), 1017);
    assert_eq!(log.against(&people[ALICE], &add(&[&many[127]])), [Reason::TooManyDevices]);
    log.act(&people[ALICE], &add(&[&people[BOB]])).unwrap();
    // Bob may bring six more, not seven.
    let more: Vec<_> = (2..=8).map(|id| device(&people[BOB], id, u64::from(id)).1).collect();
    let with = |count: usize| {
        let all: Vec<_> = [&people[BOB].certificate].into_iter().chain(&more[..count]).collect();
        devices_action(&[&next_list(&people[BOB], &people[BOB].list, &all)])
    };
    assert_eq!(log.against(&people[BOB], &with(7)), [Reason::TooManyDevices]);
    log.act(&people[BOB], &with(6)).unwrap();
    assert_eq!(log.group.device_count(), 1024);
    assert_eq!(log.group.devices().count(), 1024);
    assert_eq!(log.group.recipients().flat_map(|(_, devices)| devices).count(), 1024);
    assert_eq!(log.against(&people[ALICE], &add(&[&people[CAROL]])), [Reason::TooManyDevices]);
}

/// Bob's lists: his second device comes, his first goes.
fn lists(bob: &Person) -> (DeviceList, DeviceList, aside_identity::DeviceKeys) {
    let (keys, second) = device(bob, 2, 3);
    let two = next_list(bob, &bob.list, &[&bob.certificate, &second]);
    let three = next_list(bob, &two, &[&second]);
    (two, three, keys)
}

fn on_second(log: &Log, bob: &Person, keys: &aside_identity::DeviceKeys, action: &Action) -> Entry {
    let second = Address { device: DeviceId::parse(2).unwrap(), ..address(bob) };
    Entry::decode(&Entry::sign(&keys.signing, Some(&log.group.next_place()), &second, NOW, action)).unwrap()
}

#[test]
fn grp_12_devices_change_by_lists_that_follow_the_recorded_one() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let (bob, carol) = (&people[BOB], &people[CAROL]);
    let (two, three, keys) = lists(bob);
    let refused = |refused| vec![Reason::List(refused)];

    // Not new, with a gap, somebody else's, by somebody else, or from a device that goes.
    assert_eq!(log.against(bob, &devices_action(&[&bob.list])), refused(Refused::Stale));
    let gap = on_second(&log, bob, &keys, &devices_action(&[&three]));
    assert_eq!(reasons(&log.group, &gap), refused(Refused::Fork));
    let foreign = next_list(carol, &carol.list, &[&carol.certificate]);
    let found = log.against(bob, &devices_action(&[&foreign]));
    assert_eq!(found, [Reason::Signature, Reason::List(Refused::WrongOwner)]);
    let found = log.against(carol, &devices_action(&[&two]));
    assert_eq!(found, [Reason::Signature, Reason::List(Refused::WrongOwner)]);
    assert_eq!(log.against(bob, &devices_action(&[&two, &three])), [Reason::NotDevice]);
    // IDN-19: the number of a device with another agreement key.
    let other = aside_identity::DeviceKeys {
        signing: aside_primitives::SigningKey::from_seed(&bob.keys.signing.to_seed()),
        agreement: aside_identity::DeviceKeys::generate(&mut TestRng::new(9)).unwrap().agreement,
    };
    let capabilities = aside_identity::Capabilities::NONE;
    let swapped =
        aside_identity::Certificate::issue(&bob.account, DeviceId::FIRST, &other, NOW, capabilities);
    let swapped = next_list(bob, &bob.list, &[&swapped]);
    assert_eq!(log.against(bob, &devices_action(&[&swapped])), refused(Refused::Fork));

    let mut one_by_one = log.clone();
    let change = one_by_one.act(bob, &devices_action(&[&two])).unwrap();
    assert_eq!((change.joined.len(), change.gone.len(), change.rotates), (1, 0, true));
    assert!(!one_by_one.group.is_exposed());
    let entry = on_second(&one_by_one, bob, &keys, &devices_action(&[&three]));
    let change = one_by_one.append(&entry).unwrap();
    assert_eq!((change.joined.len(), &change.gone), (0, &vec![address(bob)]));
    assert!(one_by_one.group.is_exposed());

    let entry = on_second(&log, bob, &keys, &devices_action(&[&two, &three]));
    let change = log.append(&entry).unwrap();
    assert_eq!((change.joined.len(), change.gone.len()), (1, 1));
    assert!(log.group.is_exposed());
    let devices = |log: &Log| log.group.member(&account(bob)).unwrap().devices().to_vec();
    assert_eq!(devices(&log), devices(&one_by_one));
    assert_eq!(log.group.member(&account(bob)).unwrap().list(), three.reference());
    // What is recorded now is not followed by what follows another list of the same version.
    let (_, third) = device(bob, 3, 4);
    let second = three.certificates()[0].clone();
    let other_three = next_list(bob, &two, &[&second, &third]);
    let four = next_list(bob, &other_three, &[&second, &third]);
    let astray = on_second(&log, bob, &keys, &devices_action(&[&four]));
    assert_eq!(reasons(&log.group, &astray), refused(Refused::Fork));
    let fork = on_second(&log, bob, &keys, &devices_action(&[&other_three]));
    assert_eq!(reasons(&log.group, &fork), refused(Refused::Fork));
    // Nor by an older one.
    let old = on_second(&log, bob, &keys, &devices_action(&[&two]));
    assert_eq!(reasons(&log.group, &old), refused(Refused::Stale));
}

#[test]
fn grp_13_an_exposed_log_goes_on_only_with_a_new_key() {
    let people = people(8);
    let start = Log::usual(&people);
    let [alice, bob, dave, mallory] = [ALICE, BOB, DAVE, MALLORY].map(|one| &people[one]);
    let (two, three, keys) = lists(bob);
    let exposed_by: [&dyn Fn(&mut Log) -> Change; 3] =
        [&|log| log.act(alice, &remove(&[dave])).unwrap(), &|log| log.act(dave, &LEAVE).unwrap(), &|log| {
            let entry = on_second(log, bob, &keys, &devices_action(&[&two, &three]));
            log.append(&entry).unwrap()
        }];
    for expose in exposed_by {
        let mut log = start.clone();
        assert!(expose(&mut log).rotates && log.group.is_exposed());
        for held_back in [
            add(&[mallory]),
            rename("Other"),
            set_role(&people[CAROL], Role::Member),
            Action::SetCapture { notices: true },
            Action::SetAnnounce { announce_only: true },
            Action::SetExpiry(ExpiryTerms::AfterSend { duration_s: 1 }),
        ] {
            assert_eq!(log.against(alice, &held_back), [Reason::Exposed]);
        }
        // Who goes too does not wait for the key.
        let mut going = log.clone();
        going.act(&people[CAROL], &LEAVE).unwrap();
        going.act(alice, &rekey(2)).unwrap();
        // Nobody without the right replaces it.
        log.act(alice, &rekey(2)).unwrap();
        assert!(!log.group.is_exposed());
        assert_eq!(log.group.log_key_ids().collect::<Vec<_>>(), [log_key(1), log_key(2)]);
        log.act(alice, &rename("Other")).unwrap();
    }
    assert_eq!(start.against(dave, &rekey(2)), [Reason::NotEntitled]);
}

#[test]
fn g3_nothing_counts_under_another_key_than_the_newest() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let [alice, bob] = [ALICE, BOB].map(|one| &people[one]);
    log.act(alice, &remove(&[&people[DAVE]])).unwrap();
    // GRP-16: neither before the rekeying nor after it, and no rekeying either.
    let under = |log: &Log, action: &Action, key| {
        let entry = log.draft(alice, action);
        log.group.check(&entry, key).map_err(|rejected| rejected.reasons().to_vec())
    };
    assert_eq!(under(&log, &rekey(2), log_key(2)).unwrap_err(), [Reason::WrongLogKey]);
    log.act(bob, &rekey(2)).unwrap();
    assert_eq!(log.group.log_key_id(), log_key(2));
    for action in [rename("Other"), rekey(3), remove(&[&people[CAROL]])] {
        assert_eq!(under(&log, &action, log_key(1)).unwrap_err(), [Reason::WrongLogKey]);
        assert!(under(&log, &action, log_key(2)).is_ok());
    }
}

// GRP-16
#[test]
fn g3_a_group_begins_under_the_key_that_its_first_entry_names() {
    let people = people(1);
    let first = found(&people[ALICE], &create(&people[ALICE]));
    let named = aside_group::Group::found(&first).unwrap().log_key_id();
    let under =
        |key| aside_group::Group::found_under(&first, key).map_err(|rejected| rejected.reasons().to_vec());
    assert!(under(named).is_ok());
    assert_eq!(under(log_key(9)).unwrap_err(), [Reason::WrongLogKey]);
}

#[test]
fn g3_no_log_key_comes_back() {
    let people = people(5);
    let alice = &people[ALICE];
    let mut log = Log::usual(&people);
    for number in 2..5 {
        log.act(alice, &rekey(number)).unwrap();
        log.act(alice, &rename(&format!("Hikers {number}"))).unwrap();
        // GRP-14: the first one, those between, the newest.
        for known in 1..=number {
            assert_eq!(log.against(alice, &rekey(known)), [Reason::KeyKnown]);
        }
    }
    let again = aside_group::Group::import(&log.group.export()).unwrap();
    let entry = log.draft(alice, &rekey(2));
    assert_eq!(reasons(&again, &entry), [Reason::KeyKnown]);
}

#[test]
fn grp_14_a_log_has_1024_keys_and_not_one_more() {
    let people = people(1);
    let mut log = Log::of(&people[ALICE]);
    let key = |number: u16| {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        Action::Rekey { log_key_id: LogKeyId::new(id) }
    };
    for number in 1..1024 {
        log.act(&people[ALICE], &key(number)).unwrap();
    }
    assert_eq!(log.group.log_key_ids().count(), 1024);
    assert_eq!(aside_group::Group::import(&log.group.export()).unwrap(), log.group);
    assert_eq!(log.against(&people[ALICE], &key(1024)), [Reason::TooManyKeys]);
}

#[test]
fn grp_5_a_screen_offers_what_will_be_accepted() {
    let people = people(5);
    let log = Log::usual(&people);
    let may = |person: usize, action: &Action| log.group.may(&account(&people[person]), action).is_ok();
    assert!(may(BOB, &rename("Other")) && !may(DAVE, &rename("Other")) && !may(MALLORY, &LEAVE));
    assert!(may(DAVE, &LEAVE) && !may(ALICE, &LEAVE) && !may(ALICE, &create(&people[ALICE])));
    let key = &people[BOB].keys.signing;
    let entry = log.group.propose(key, &address(&people[BOB]), NOW, &rename("Other")).unwrap();
    assert!(check(&log.group, &entry).is_ok());
    let refused = log.group.propose(key, &address(&people[BOB]), NOW, &LEAVE).is_ok();
    assert!(refused);
    let refused = log.group.propose(key, &address(&people[DAVE]), NOW, &rename("Other")).unwrap_err();
    assert_eq!(refused.reasons(), [Reason::Signature, Reason::NotEntitled]);
}

#[test]
fn grp_2_only_the_account_itself_begins_a_group() {
    let people = people(2);
    let (alice, bob) = (&people[ALICE], &people[BOB]);
    let begin = |person: &Person, action: &Action| {
        aside_group::Group::found(&found(person, action)).map_err(|rejected| rejected.reasons().to_vec())
    };
    assert!(begin(alice, &create(alice)).is_ok());
    let stolen = begin(bob, &create(alice)).unwrap_err();
    assert_eq!(stolen, [Reason::Signature, Reason::List(Refused::WrongOwner)]);
    let bytes = Entry::sign(&bob.keys.signing, None, &address(alice), NOW, &create(alice));
    let forged = aside_group::Group::found(&Entry::decode(&bytes).unwrap()).unwrap_err();
    assert_eq!(forged.reasons(), [Reason::Signature]);
    let second = Address { device: DeviceId::parse(2).unwrap(), ..address(alice) };
    let bytes = Entry::sign(&alice.keys.signing, None, &second, NOW, &create(alice));
    let unknown = aside_group::Group::found(&Entry::decode(&bytes).unwrap()).unwrap_err();
    assert_eq!(unknown.reasons(), [Reason::NotDevice]);
}
