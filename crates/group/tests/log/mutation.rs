//! Any change to a valid entry makes it invalid (threat G10).

use crate::world::*;
use aside_group::{Action, Entry, ExpiryTerms, Group, Place, Role};
use aside_primitives::label;
use aside_testkit::Person;
use aside_wire::pb;
use prost::Message;

/// One valid entry of every kind but the first, and the group before each; made by Bob.
fn each_kind(people: &[Person]) -> Vec<(Group, Entry)> {
    let mut log = Log::usual(people);
    let bob = &people[BOB];
    let (_, second) = device(bob, 2, 3);
    let list = next_list(bob, &bob.list, &[&bob.certificate, &second]);
    let accounts = vec![account(&people[DAVE])];
    let actions = [
        add(&[&people[MALLORY]]),
        rename("Other"),
        Action::SetExpiry(ExpiryTerms::AfterRead { duration_s: 5, unread_cap_s: 500 }),
        Action::SetCapture { notices: true },
        Action::SetAnnounce { announce_only: true },
        set_role(&people[CAROL], Role::Member),
        Action::Devices { device_lists: vec![list.as_bytes().to_vec()], cuts: vec![cut(3, 9)] },
        Action::Remove { accounts, cuts: vec![cut(1, 7), cut(2, 1000)] },
        rekey(2),
        Action::Leave { cuts: vec![cut(1, 7)] },
    ];
    actions
        .iter()
        .map(|action| {
            let before = log.group.clone();
            log.act(bob, action).unwrap();
            (before, log.entries.last().unwrap().clone())
        })
        .collect()
}

fn is_valid(group: &Group, bytes: &[u8]) -> bool {
    Entry::decode(bytes).is_ok_and(|entry| check(group, &entry).is_ok())
}

#[test]
fn g10_no_byte_of_an_entry_can_be_changed() {
    let people = people(5);
    for (group, entry) in each_kind(&people) {
        assert!(is_valid(&group, entry.as_bytes()));
        for at in 0..entry.as_bytes().len() {
            for flip in [1, 0x20, 0x80] {
                let mut bytes = entry.as_bytes().to_vec();
                bytes[at] ^= flip;
                assert!(!is_valid(&group, &bytes), "kind {}, byte {at}", entry.action().kind());
            }
        }
        for end in 0..entry.as_bytes().len() {
            assert!(!is_valid(&group, &entry.as_bytes()[..end]));
        }
        assert!(!is_valid(&group, &[entry.as_bytes(), &[0]].concat()));
    }
    // The first entry.
    let entry = found(&people[ALICE], &create(&people[ALICE]));
    for at in 0..entry.as_bytes().len() {
        let mut bytes = entry.as_bytes().to_vec();
        bytes[at] ^= 1;
        assert!(!Entry::decode(&bytes).is_ok_and(|entry| Group::found(&entry).is_ok()), "byte {at}");
    }
}

#[test]
fn g10_no_field_that_places_an_entry_can_be_changed_even_by_its_author() {
    let people = people(6);
    type Spoil = fn(&mut pb::GroupEntryBody);
    let spoils: [(&str, Spoil); 11] = [
        ("suite", |body| body.suite = 0),
        ("group", |body| body.group[0] ^= 1),
        ("group", |body| body.group.clear()),
        ("sequence", |body| body.sequence += 1),
        ("sequence", |body| body.sequence -= 1),
        ("parent", |body| body.parent[31] ^= 1),
        ("parent", |body| body.parent.clear()),
        ("actor", |body| body.actor[0] ^= 1),
        ("actor_device", |body| body.actor_device = 3),
        ("kind", |body| body.kind = 0),
        ("action", |body| body.action.push(8)),
    ];
    for (group, entry) in each_kind(&people) {
        for (field, spoil) in spoils {
            let signed = pb::Signed::decode(entry.as_bytes()).unwrap();
            let mut body = pb::GroupEntryBody::decode(signed.body.as_slice()).unwrap();
            spoil(&mut body);
            let body = body.encode_to_vec();
            let signature = people[BOB].keys.signing.sign(label::GROUP_ENTRY, &body).0.to_vec();
            let bytes = pb::Signed { body, signature }.encode_to_vec();
            assert!(!is_valid(&group, &bytes), "{field} of kind {}", entry.action().kind());
        }
        // By somebody else, at another place: an actor's entry is the actor's, here and now.
        let other = sign_at(&people[5], &group.next_place(), entry.action());
        assert!(!is_valid(&group, other.as_bytes()));
        let place = Place { parent: entry.hash(), ..group.next_place() };
        assert!(!is_valid(&group, sign_at(&people[BOB], &place, entry.action()).as_bytes()));
    }
}
