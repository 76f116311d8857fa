//! Messages against the log: by the group as it was at the entry they name.

use crate::world::*;
use aside_group::{Action, Head, Reason, Role, Standing, Superseded, Unfit, limits::LATE_MS};
use aside_primitives::Digest;
use aside_testkit::person::NOW;

#[test]
fn g9_an_old_message_keeps_its_author() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let (alice, dave) = (&people[ALICE], &people[DAVE]);
    let at_dave = address(dave);
    let with_dave = log.group.sequence();
    assert_eq!(log.group.judge(with_dave, &at_dave, 1), Ok(()));
    log.act(alice, &remove(&[dave])).unwrap();
    let without = log.group.sequence();
    log.act(alice, &rekey(2)).unwrap();
    // What he wrote as a member stays his; at the removal and after it he is nobody.
    assert_eq!(log.group.judge(with_dave, &at_dave, 1), Ok(()));
    for sequence in [without, log.group.sequence()] {
        assert_eq!(log.group.judge(sequence, &at_dave, 1), Err(Unfit::NotMember));
    }
    // He comes back: that makes nothing of the time between his.
    log.act(alice, &add(&[dave])).unwrap();
    let back = log.group.sequence();
    log.act(alice, &set_role(dave, Role::Admin)).unwrap();
    assert_eq!(log.group.judge(with_dave, &at_dave, 1), Ok(()));
    assert_eq!(log.group.judge(without, &at_dave, without), Err(Unfit::NotMember));
    assert_eq!(log.group.judge(back, &at_dave, without), Ok(()));
    let role = |sequence| log.group.role_at(&account(dave), sequence);
    assert_eq!(
        (role(1), role(2), role(without), role(back), role(back + 1), role(back + 2)),
        (None, Some(Role::Member), None, Some(Role::Member), Some(Role::Admin), None)
    );
    // And goes again: both his stays are remembered until they are forgotten.
    log.act(alice, &remove(&[dave])).unwrap();
    assert_eq!(log.group.judge(with_dave, &at_dave, 1), Ok(()));
    assert_eq!(log.group.judge(back, &at_dave, without), Ok(()));
    let mut short = log.group.clone();
    short.forget_before(back);
    assert_eq!(short.judge(with_dave, &at_dave, 1), Err(Unfit::NotMember));
    assert_eq!(short.judge(back, &at_dave, without), Ok(()));
    assert_eq!(check(&short, &log.draft(alice, &rekey(3))).map(|_| ()), Ok(()));
}

#[test]
fn g9_a_device_counts_from_the_list_that_names_it() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let bob = &people[BOB];
    let before = log.group.sequence();
    let (keys, second) = device(bob, 2, 3);
    let two = next_list(bob, &bob.list, &[&bob.certificate, &second]);
    let three = next_list(bob, &two, &[&second]);
    let at_second = aside_identity::Address { device: second.device, ..address(bob) };
    assert_eq!(log.group.judge(before, &at_second, 1), Err(Unfit::NotMember));
    let action = devices_action(&[&two, &three]);
    let place = log.group.next_place();
    let bytes = aside_group::Entry::sign(&keys.signing, Some(&place), &at_second, NOW, &action);
    log.append(&aside_group::Entry::decode(&bytes).unwrap()).unwrap();
    let after = log.group.sequence();
    // The old device wrote under the old list, and writes nothing under the new.
    assert_eq!(log.group.judge(before, &address(bob), 1), Ok(()));
    assert_eq!(log.group.judge(after, &address(bob), after), Err(Unfit::NotMember));
    assert_eq!(log.group.judge(after, &at_second, after), Ok(()));
    assert_eq!(log.group.judge(after, &at_second, 1), Err(Unfit::OldChain));
}

#[test]
fn grp_33_the_epoch_of_the_chain_and_announcements_count() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let [alice, carol, dave] = [ALICE, CAROL, DAVE].map(|one| &people[one]);
    log.act(alice, &Action::SetAnnounce { announce_only: true }).unwrap();
    let announced = log.group.sequence();
    let judge = |log: &Log, sequence, person, epoch| log.group.judge(sequence, &address(person), epoch);
    assert_eq!(judge(&log, announced - 1, dave, 1), Ok(()));
    assert_eq!(judge(&log, announced, dave, 1), Err(Unfit::NotEntitled));
    assert_eq!(judge(&log, announced, carol, 1), Ok(()));
    log.act(carol, &LEAVE).unwrap();
    let left = log.group.sequence();
    assert_eq!((log.group.epoch(), log.group.epoch_at(announced)), (left, Some(1)));
    assert_eq!(judge(&log, left, alice, 1), Err(Unfit::OldChain));
    assert_eq!(judge(&log, announced, alice, left), Err(Unfit::OldChain));
    assert_eq!(judge(&log, left, alice, left), Ok(()));
    assert_eq!(judge(&log, left + 1, alice, left), Err(Unfit::UnknownHead));
    assert_eq!(judge(&log, 0, alice, 1), Err(Unfit::NotMember));
}

#[test]
fn g2_a_message_from_another_log_is_a_fork_and_an_old_head_is_stale() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let old = log.group.head();
    log.act(&people[ALICE], &rename("Other")).unwrap();
    let group = &log.group;
    let superseded = Superseded { hash: old.hash, at: NOW };
    let late = NOW + LATE_MS;
    let judge = |head: &Head, last, now| group.judge_head(head, Some(&superseded), last, now);
    let current = group.head();
    assert_eq!(group.judge_head(&current, None, 0, NOW), Ok(Standing::Current));
    assert_eq!(judge(&old, 0, late), Ok(Standing::Behind));
    assert_eq!(judge(&old, old.sequence, late), Ok(Standing::Behind));
    assert_eq!(judge(&old, current.sequence, NOW), Err(Unfit::OldHead));
    assert_eq!(judge(&old, 0, late + 1), Err(Unfit::OldHead));
    assert_eq!(group.judge_head(&old, None, 0, NOW), Err(Unfit::OldHead));
    let ahead = Head { sequence: current.sequence + 1, hash: Digest([9; 32]) };
    assert_eq!(group.judge_head(&ahead, None, 0, NOW), Ok(Standing::Ahead));
    // A fork is told however old it is.
    for forked in [Head { hash: Digest([9; 32]), ..old }, Head { hash: old.hash, ..current }] {
        assert_eq!(judge(&forked, 99, late + 1), Err(Unfit::Fork));
    }
    assert_eq!(Unfit::Fork.reject().word(), "fork");
    assert_eq!(log.against(&people[DAVE], &rekey(2)), [Reason::NotEntitled]);
}
