//! What a relay, somebody outside, or somebody without the right tries.

use crate::world::*;
use aside_group::{Action, Entry, Group, Place, Reason, Role};
use aside_identity::{Address, DeviceId, Refused};
use aside_primitives::{Signature, SigningKey, label};
use aside_testkit::person::NOW;
use aside_wire::{Malformed, Reject, decode, pb};
use proptest::prelude::*;
use prost::Message;

#[test]
fn g1_a_ghost_is_not_added() {
    let people = people(6);
    let log = Log::usual(&people);
    let ghost = add(&[&people[MALLORY]]);

    // In Alice's name, without her signature.
    let place = log.group.next_place();
    let forged =
        Entry::sign(&people[MALLORY].keys.signing, Some(&place), &address(&people[ALICE]), NOW, &ghost);
    assert_eq!(reasons(&log.group, &Entry::decode(&forged).unwrap()), [Reason::Signature]);
    // With the account's key instead of the device's.
    let forged = Entry::sign(&people[ALICE].account, Some(&place), &address(&people[ALICE]), NOW, &ghost);
    assert_eq!(reasons(&log.group, &Entry::decode(&forged).unwrap()), [Reason::Signature]);
    // By somebody outside, and by a member who is no admin.
    assert_eq!(log.against(&people[MALLORY], &ghost), [Reason::NotMember]);
    assert_eq!(log.against(&people[DAVE], &ghost), [Reason::NotEntitled]);
    // By an admin, from a device that the group does not know.
    let (keys, _) = device(&people[BOB], 2, 1);
    let second = Address { device: DeviceId::parse(2).unwrap(), ..address(&people[BOB]) };
    let bytes = Entry::sign(&keys.signing, Some(&place), &second, NOW, &ghost);
    assert_eq!(reasons(&log.group, &Entry::decode(&bytes).unwrap()), [Reason::NotDevice]);
}

#[test]
fn g1_an_old_add_does_not_bring_somebody_back() {
    let people = people(6);
    let mut log = Log::usual(&people);
    let added = log.entries[1].clone();
    log.act(&people[ALICE], &remove(&[&people[DAVE]])).unwrap();
    log.act(&people[ALICE], &rekey(2)).unwrap();
    let found = reasons(&log.group, &added);
    assert_eq!(found, [Reason::Stale, Reason::AlreadyMember]);
    assert!(log.group.member(&account(&people[DAVE])).is_none());
}

#[test]
fn g1_an_add_from_another_group_counts_nowhere_else() {
    let people = people(6);
    let here = Log::usual(&people);

    let mut other = create(&people[ALICE]);
    if let Action::Create { nonce, .. } = &mut other {
        *nonce = [8; 32];
    }
    let other = Group::found(&found(&people[ALICE], &other)).unwrap();
    assert_ne!(other.id(), here.group.id());
    // Same sequence, same parent, other group: the hash chain alone would not tell.
    let place = Place { group: other.id(), ..here.group.next_place() };
    let foreign = sign_at(&people[ALICE], &place, &add(&[&people[MALLORY]]));
    assert_eq!(reasons(&here.group, &foreign), [Reason::AnotherGroup]);
    // And as it comes out of that group.
    let foreign = sign_at(&people[ALICE], &other.next_place(), &add(&[&people[MALLORY]]));
    assert_eq!(reasons(&here.group, &foreign), [Reason::AnotherGroup, Reason::Stale]);
    // A first entry does not begin a log again.
    let first = found(&people[ALICE], &create(&people[ALICE]));
    assert_eq!(reasons(&here.group, &first), [Reason::First, Reason::Stale]);
    assert!(Group::found(&foreign).is_err_and(|rejected| rejected.reasons() == [Reason::First]));
}

#[test]
fn g2_the_group_is_named_by_its_first_entry() {
    let people = people(2);
    let entry = found(&people[ALICE], &create(&people[ALICE]));
    let group = Group::found(&entry).unwrap();
    let signed = pb::Signed::decode(entry.as_bytes()).unwrap();
    let hash = aside_primitives::hash::hash(label::GROUP_ENTRY_HASH, &[&signed.body]);
    assert_eq!(group.id().as_bytes(), hash.as_bytes());
    assert_eq!(entry.group_id(), group.id());
    assert_eq!(group.head().hash, hash);
    let renamed = rename("Other");
    let second = sign_at(&people[ALICE], &group.next_place(), &renamed);
    assert_eq!(second.group_id(), group.id());
}

#[test]
fn g2_a_fork_is_refused_on_both_sides() {
    let people = people(5);
    let start = Log::usual(&people);
    let (mut left, mut right) = (start.clone(), start);
    left.act(&people[ALICE], &rename("Left")).unwrap();
    right.act(&people[ALICE], &rename("Right")).unwrap();
    assert_ne!(left.group.head(), right.group.head());
    // What follows on one side does not fit the other.
    let next = left.draft(&people[BOB], &rename("Further"));
    assert_eq!(reasons(&right.group, &next), [Reason::Fork]);
    assert_eq!(reasons(&right.group, left.entries.last().unwrap()), [Reason::Stale]);
    // A gap is no shorter way: an entry was hidden.
    left.append(&next).unwrap();
    let later = left.draft(&people[BOB], &rename("Furthest"));
    assert_eq!(reasons(&right.group, &later), [Reason::Fork]);
}

#[test]
fn g1_a_removal_cannot_be_hidden() {
    let people = people(5);
    let mut log = Log::usual(&people);
    let before = log.group.clone();
    log.act(&people[ALICE], &remove(&[&people[DAVE]])).unwrap();
    log.act(&people[ALICE], &rekey(2)).unwrap();
    let after = log.draft(&people[ALICE], &rename("Without Dave"));
    // Whoever is not shown the removal cannot follow.
    assert_eq!(before.check(&after, log_key(2)).unwrap_err().reasons(), [Reason::Fork, Reason::WrongLogKey]);
}

#[test]
fn g9_who_lost_a_right_or_a_device_acts_no_more() {
    let people = people(5);
    let mut log = Log::usual(&people);
    log.act(&people[CAROL], &set_role(&people[BOB], Role::Member)).unwrap();
    assert_eq!(log.against(&people[BOB], &rename("Mine")), [Reason::NotEntitled]);
    // Carol replaces her device; the old one signs in vain, under the old number and under the new.
    let (new, certificate) = device(&people[CAROL], 2, 2);
    let list = next_list(&people[CAROL], &people[CAROL].list, &[&certificate]);
    let second = Address { device: certificate.device, ..address(&people[CAROL]) };
    let sign = |log: &Log, key: &SigningKey, actor: &Address, action: &Action| {
        Entry::decode(&Entry::sign(key, Some(&log.group.next_place()), actor, NOW, action)).unwrap()
    };
    let entry = sign(&log, &new.signing, &second, &devices_action(&[&list]));
    log.append(&entry).unwrap();
    let entry = sign(&log, &people[CAROL].keys.signing, &address(&people[CAROL]), &rekey(2));
    assert_eq!(reasons(&log.group, &entry), [Reason::NotDevice]);
    let entry = sign(&log, &people[CAROL].keys.signing, &second, &rekey(2));
    assert_eq!(reasons(&log.group, &entry), [Reason::Signature]);
    let entry = sign(&log, &new.signing, &second, &rekey(2));
    log.append(&entry).unwrap();
}

#[test]
fn g11_a_signature_over_an_entry_is_one_over_nothing_else() {
    let people = people(5);
    let log = Log::usual(&people);
    let place = log.group.next_place();
    let entry = sign_at(&people[BOB], &place, &rename("Other"));
    let signed = pb::Signed::decode(entry.as_bytes()).unwrap();
    let signature = Signature::from_slice(&signed.signature).unwrap();
    let key = people[BOB].keys.signing.verifying_key();
    for &label in label::ALL {
        let is_entry = label == label::GROUP_ENTRY;
        // What was signed as an entry verifies as nothing else, ...
        assert_eq!(key.verify(label, &signed.body, &signature).is_ok(), is_entry, "{}", label.as_str());
        // ... and what was signed as something else is no entry.
        let other = people[BOB].keys.signing.sign(label, &signed.body).0.to_vec();
        let other = pb::Signed { body: signed.body.clone(), signature: other }.encode_to_vec();
        let found = reasons(&log.group, &Entry::decode(&other).unwrap());
        assert_eq!(found, if is_entry { vec![] } else { vec![Reason::Signature] }, "{}", label.as_str());
    }
    // Nor do the bytes of other signed structures read as an entry.
    assert!(Entry::decode(people[BOB].list.as_bytes()).is_err());
    assert!(Entry::decode(people[BOB].certificate.as_bytes()).is_err());
    assert!(decode::<pb::DeviceListBody>(&signed.body).is_err());
    assert!(decode::<pb::CertificateBody>(&signed.body).is_err());
    assert!(decode::<pb::PrekeyBody>(&signed.body).is_err());
}

#[test]
fn g10_every_reason_is_named_at_once() {
    let people = people(6);
    let mut log = Log::usual(&people);
    log.act(&people[ALICE], &remove(&[&people[CAROL]])).unwrap();
    // Dave, who may not, adds in the wrong place, with another key than his, under the wrong log key, while the log's key
    // must be replaced: somebody who is in already, with a list nobody signed, out of order.
    let mut spoilt = people[MALLORY].list.as_bytes().to_vec();
    *spoilt.last_mut().unwrap() ^= 1;
    let mut lists = lists_of(&[&people[ALICE], &people[BOB]]);
    lists.reverse();
    lists.push(spoilt);
    let place = Place { parent: log.entries[0].hash(), ..log.group.next_place() };
    let bytes = Entry::sign(
        &people[MALLORY].keys.signing,
        Some(&place),
        &address(&people[DAVE]),
        NOW,
        &Action::Add { device_lists: lists },
    );
    let rejected = log.group.check(&Entry::decode(&bytes).unwrap(), log_key(9)).unwrap_err();
    assert_eq!(
        rejected.reasons(),
        [
            Reason::Signature,
            Reason::Fork,
            Reason::NotEntitled,
            Reason::List(Refused::Signature(aside_primitives::sign::SignatureInvalid)),
            Reason::ListOrder,
            Reason::AlreadyMember,
            Reason::Exposed,
            Reason::WrongLogKey,
        ]
    );
    assert_eq!(rejected.reject(), Reject::Signature);
    assert!(rejected.to_string().starts_with("the device it names did not sign it; it does not follow"));
}

#[test]
fn g10_what_does_not_decode_is_malformed() {
    let people = people(5);
    let log = Log::usual(&people);
    let place = log.group.next_place();
    let body = |change: &dyn Fn(&mut pb::GroupEntryBody)| {
        let entry = sign_at(&people[ALICE], &place, &rename("Other"));
        let signed = pb::Signed::decode(entry.as_bytes()).unwrap();
        let mut body = pb::GroupEntryBody::decode(signed.body.as_slice()).unwrap();
        change(&mut body);
        let body = body.encode_to_vec();
        let signature = people[ALICE].keys.signing.sign(label::GROUP_ENTRY, &body).0.to_vec();
        Entry::decode(&pb::Signed { body, signature }.encode_to_vec()).map(|_| ()).map_err(Malformed::reject)
    };
    assert_eq!(body(&|_| ()), Ok(()));
    assert_eq!(body(&|body| body.suite = 2), Err(Reject::Version));
    // Nor is the envelope of an entry free: another field, another order, a longer length.
    let entry = sign_at(&people[ALICE], &place, &rename("Other"));
    let (body_field, signature_field) = entry.as_bytes().split_at(entry.as_bytes().len() - 66);
    let long = [&[0x0A, body_field[1] | 0x80, 0], &body_field[2..], signature_field].concat();
    for free in [
        [entry.as_bytes(), &[0x18, 1]].concat(),
        [entry.as_bytes(), signature_field].concat(),
        [signature_field, body_field].concat(),
        long,
    ] {
        assert_eq!(Entry::decode(&free).unwrap_err(), Malformed::NotCanonical("Signed"));
    }
    type Spoil = fn(&mut pb::GroupEntryBody);
    let spoils: [Spoil; 14] = [
        |body| body.kind = 0,
        |body| body.kind = 12,
        |body| body.kind = 1,
        |body| body.kind = 11,
        |body| body.sequence = 0,
        |body| body.sequence = 1,
        |body| body.group.clear(),
        |body| body.group.push(0),
        |body| body.parent.clear(),
        |body| body.parent.truncate(31),
        |body| body.actor.truncate(31),
        |body| body.actor_device = 0,
        |body| body.actor_device = 128,
        |body| body.action[0] = 0x0B,
    ];
    for (number, spoil) in spoils.iter().enumerate() {
        assert_eq!(body(&spoil), Err(Reject::Malformed), "{number}");
    }
    // A first entry names nothing before it.
    let first = found(&people[ALICE], &create(&people[ALICE]));
    let first = pb::Signed::decode(first.as_bytes()).unwrap();
    let spoils: [Spoil; 3] =
        [|body| body.group = vec![0; 32], |body| body.parent = vec![0; 32], |body| body.sequence = 2];
    for spoil in spoils {
        let mut body = pb::GroupEntryBody::decode(first.body.as_slice()).unwrap();
        spoil(&mut body);
        let signed = pb::Signed { body: body.encode_to_vec(), signature: vec![0; 64] };
        assert_eq!(Entry::decode(&signed.encode_to_vec()).unwrap_err().reject(), Reject::Malformed);
    }
    let action = |kind, action: Vec<u8>| {
        body(&|body| {
            body.kind = kind;
            body.action = action.clone();
        })
    };
    let cut = |id: u8, messages| pb::ChainCut { key_id: vec![id; 16], messages };
    let leave = |cuts| action(4, pb::GroupLeave { cuts }.encode_to_vec());
    assert_eq!(leave(vec![cut(1, 0), cut(2, 1000)]), Ok(()));
    assert_eq!(leave(vec![cut(1, 1001)]), Err(Reject::Malformed));
    assert_eq!(leave(vec![cut(2, 1), cut(1, 1)]), Err(Reject::Malformed));
    assert_eq!(leave(vec![cut(1, 1), cut(1, 1)]), Err(Reject::Malformed));
    let cuts = |count: u32| {
        let id = |number: u32| [vec![0; 12], number.to_be_bytes().to_vec()].concat();
        (0..count).map(|number| pb::ChainCut { key_id: id(number), messages: 1 }).collect::<Vec<_>>()
    };
    assert_eq!(leave(cuts(512)), Ok(()));
    assert_eq!(leave(cuts(513)), Err(Reject::Limit));
    let removed =
        |accounts: Vec<Vec<u8>>, cuts| action(3, pb::GroupRemove { accounts, cuts }.encode_to_vec());
    assert_eq!(removed(vec![vec![1; 32], vec![2; 32]], vec![]), Ok(()));
    assert_eq!(removed(vec![], vec![]), Err(Reject::Malformed));
    assert_eq!(removed(vec![vec![2; 32], vec![1; 32]], vec![]), Err(Reject::Malformed));
    assert_eq!(removed(vec![vec![1; 32], vec![1; 32]], vec![]), Err(Reject::Malformed));
    assert_eq!(removed(vec![vec![1; 31]], vec![]), Err(Reject::Malformed));
    let many = |count: u8| (0..count).map(|number| vec![number; 32]).collect::<Vec<_>>();
    assert_eq!(removed(many(100), vec![]), Ok(()));
    assert_eq!(removed(many(101), vec![]), Err(Reject::Limit));
    assert_eq!(removed(many(1), cuts(513)), Err(Reject::Limit));
    assert_eq!(action(2, Vec::new()), Err(Reject::Malformed));
    let lists = |count: usize| vec![vec![1]; count];
    let added = |count| action(2, pb::GroupAdd { device_lists: lists(count) }.encode_to_vec());
    assert_eq!((added(100), added(101)), (Ok(()), Err(Reject::Limit)));
    let devices =
        |count| action(10, pb::GroupDevices { device_lists: lists(count), cuts: vec![] }.encode_to_vec());
    assert_eq!((devices(32), devices(33)), (Ok(()), Err(Reject::Limit)));
    assert_eq!(devices(0), Err(Reject::Malformed));
    for role in [0, 4, -1] {
        let set = pb::GroupSetRole { account: vec![1; 32], role }.encode_to_vec();
        assert_eq!(action(5, set), Err(Reject::Malformed));
    }
    let expiry = |mode, duration_s, unread_cap_s| {
        action(7, pb::GroupSetExpiry { mode, duration_s, unread_cap_s }.encode_to_vec())
    };
    let year = 31_536_000;
    for fine in [(0, 0, 0), (1, 1, 0), (1, year, 0), (2, 1, year), (3, 0, 1), (4, 0, year)] {
        assert_eq!(expiry(fine.0, fine.1, fine.2), Ok(()), "{fine:?}");
    }
    let wrong = [
        (0, 1, 0),
        (0, 0, 1),
        (1, 0, 0),
        (1, year + 1, 0),
        (1, 1, 1),
        (2, 1, 0),
        (2, 0, 1),
        (2, 1, year + 1),
        (3, 1, 1),
        (3, 0, 0),
        (4, 0, year + 1),
        (4, 1, 1),
        (5, 1, 1),
        (-1, 0, 0),
    ];
    for wrong in wrong {
        assert_eq!(expiry(wrong.0, wrong.1, wrong.2), Err(Reject::Malformed), "{wrong:?}");
    }
    let renamed = |name: &str| action(6, pb::GroupRename { name: name.into() }.encode_to_vec());
    assert_eq!((renamed("é"), renamed(&"x".repeat(128))), (Ok(()), Ok(())));
    let long = "x".repeat(129);
    for wrong in ["", &long, "a\nb", "a\u{7f}", "\u{85}", "\u{202E}a", "a\u{2066}", "\u{200F}", "\u{061C}"] {
        assert_eq!(renamed(wrong), Err(Reject::Malformed), "{wrong:?}");
    }
}

#[test]
fn grp_40_an_entry_has_at_most_62_kib() {
    let people = people(5);
    let place = Log::usual(&people).group.next_place();
    let of_list = |bytes: usize| {
        let action = Action::Add { device_lists: vec![vec![1; bytes]] };
        Entry::sign(&people[ALICE].keys.signing, Some(&place), &address(&people[ALICE]), NOW, &action)
    };
    let most = 62 * 1024;
    let around = of_list(60 * 1024).len() - 60 * 1024;
    let largest = of_list(most - around);
    assert_eq!(largest.len(), most);
    assert!(Entry::decode(&largest).is_ok());
    assert_eq!(Entry::decode(&of_list(most - around + 1)).unwrap_err().reject(), Reject::Limit);
}

proptest! {
    #[test]
    fn grp_40_no_bytes_make_decoding_panic(
        kind in 0..13u32,
        action in prop::collection::vec(any::<u8>(), 0..80),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = Entry::decode(&bytes);
        let body = pb::GroupEntryBody {
            suite: 1,
            group: vec![1; 32],
            sequence: 2,
            parent: vec![1; 32],
            actor: vec![1; 32],
            actor_device: 1,
            made_at: 0,
            kind,
            action,
        };
        let signed = pb::Signed { body: body.encode_to_vec(), signature: vec![0; 64] };
        let _ = Entry::decode(&signed.encode_to_vec());
    }
}
