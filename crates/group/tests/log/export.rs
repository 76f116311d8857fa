//! The exported state: small, read back exactly, and nothing else read.

use crate::world::*;
use aside_group::{Action, CannotImport, ExpiryTerms, Group, Role};
use proptest::prelude::*;
use std::sync::OnceLock;

/// A group with everything in it.
fn rich() -> &'static Group {
    static GROUP: OnceLock<Group> = OnceLock::new();
    GROUP.get_or_init(|| {
        let people = people(5);
        let mut log = Log::usual(&people);
        let [alice, bob, carol, dave] = [ALICE, BOB, CAROL, DAVE].map(|one| &people[one]);
        log.act(alice, &Action::SetExpiry(ExpiryTerms::Once { unread_cap_s: 31_536_000 })).unwrap();
        log.act(alice, &Action::SetCapture { notices: true }).unwrap();
        log.act(alice, &Action::SetAnnounce { announce_only: true }).unwrap();
        log.act(alice, &remove(&[dave])).unwrap();
        log.act(alice, &rekey(2)).unwrap();
        log.act(alice, &add(&[dave])).unwrap();
        log.act(alice, &set_role(dave, Role::Owner)).unwrap();
        let (_, second) = device(bob, 127, 3);
        let list = next_list(bob, &bob.list, &[&bob.certificate, &second]);
        log.act(bob, &devices_action(&[&list])).unwrap();
        log.act(carol, &LEAVE).unwrap();
        log.group
    })
}

#[test]
fn a_group_is_read_back_as_it_was_written() {
    let people = people(1);
    for group in [&Log::of(&people[ALICE]).group, rich()] {
        assert_eq!(Group::import(&group.export()).as_ref(), Ok(group));
    }
    let mut short = rich().clone();
    short.forget_before(8);
    assert_eq!(Group::import(&short.export()), Ok(short));
    let mut other = rich().export();
    // Version 1 knew the newest log key and one before it.
    for version in [1, 3] {
        other[0] = version;
        assert_eq!(Group::import(&other), Err(CannotImport::Version(version)));
    }
    assert_eq!(Group::import(&[]), Err(CannotImport::Damaged));
}

#[test]
fn a_member_takes_about_145_bytes() {
    let people = people(101);
    let mut log = Log::of(&people[0]);
    let alone = log.group.export().len();
    log.act(&people[0], &add(&people[1..].iter().collect::<Vec<_>>())).unwrap();
    let each = (log.group.export().len() - alone) / 100;
    assert!(each <= 145, "{each}");
}

#[test]
fn a_cut_state_is_damaged() {
    let bytes = rich().export();
    for end in 1..bytes.len() {
        assert_eq!(Group::import(&bytes[..end]), Err(CannotImport::Damaged), "{end}");
    }
    assert_eq!(Group::import(&[bytes.as_slice(), &[0]].concat()), Err(CannotImport::Damaged));
}

#[test]
fn grp_14_a_state_names_each_log_key_once() {
    let people = people(1);
    let mut log = Log::of(&people[ALICE]);
    log.act(&people[ALICE], &rekey(2)).unwrap();
    log.act(&people[ALICE], &rekey(3)).unwrap();
    let bytes = log.group.export();
    assert_eq!(Group::import(&bytes).as_ref(), Ok(&log.group));
    let [newest, oldest] = [3, 1].map(|number| {
        let id = [number; 16];
        bytes.windows(16).position(|window| window == id).unwrap()
    });
    for (at, number) in [(newest, 1), (newest, 2), (oldest, 2), (oldest, 3)] {
        let mut twice = bytes.clone();
        twice[at..at + 16].fill(number);
        assert_eq!(Group::import(&twice), Err(CannotImport::Damaged), "{number}");
    }
    // A log has at most 1,024 keys.
    let keys = |count: u16| {
        let ids: Vec<u8> =
            (0..count).flat_map(|id| [id.to_be_bytes().as_slice(), &[0xFF; 14]].concat()).collect();
        let low = u8::try_from(count & 0x7F).unwrap() | 0x80;
        let high = u8::try_from(count >> 7).unwrap();
        let count_at = newest + 16;
        [&bytes[..count_at], &[low, high], &ids, &bytes[count_at + 33..]].concat()
    };
    assert_eq!(Group::import(&keys(1023)).unwrap().log_key_ids().count(), 1024);
    assert_eq!(Group::import(&keys(1024)), Err(CannotImport::Damaged));
}

#[test]
fn what_imports_is_what_exports() {
    let bytes = rich().export();
    let read = |bytes: &[u8]| {
        if let Ok(group) = Group::import(bytes) {
            assert_eq!(group.export(), bytes);
        }
    };
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            read(&flipped);
        }
        // A number with a needless group, and one with a bit beyond the sixty-fourth.
        let long = [bytes[at] | 0x80, 0];
        let overflowing = [[bytes[at] | 0x80].as_slice(), &[0x80; 8], &[2]].concat();
        for number in [long.as_slice(), &overflowing] {
            read(&[&bytes[..at], number, &bytes[at + 1..]].concat());
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Group::import(&[&[2], bytes.as_slice()].concat());
    }
}
