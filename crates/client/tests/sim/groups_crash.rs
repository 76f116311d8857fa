//! T8, R11 for groups: a process that ends anywhere loses nothing, shows nothing twice and changes the group once.

use crate::{
    client::{Client, Fuse, Halt},
    crowd::{ALICE, BOB, CAROL, Crowd},
    relay::Relay,
};
use std::collections::{BTreeMap, BTreeSet};

/// Alice takes Carol in, renames the group and puts Bob out, while both of them and she write.
fn history(burns_at: BTreeSet<u32>) -> u32 {
    let (mut crowd, group) = Crowd::group(31, 2);
    let mut fuse = Fuse { burns_at, ..Default::default() };
    crowd.say(ALICE, &group, "one").unwrap();
    crowd.say(BOB, &group, "two").unwrap();
    crowd.add(ALICE, &group, &["carol"]).unwrap();
    everybody(&mut crowd, &mut fuse);
    crowd.people[CAROL].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    crowd.people[ALICE].step(|engine, step| engine.rename_group(step, &group, "Renamed")).unwrap();
    crowd.say(CAROL, &group, "three").unwrap();
    everybody(&mut crowd, &mut fuse);
    crowd.remove(ALICE, &group, BOB).unwrap();
    crowd.say(ALICE, &group, "four").unwrap();
    everybody(&mut crowd, &mut fuse);

    let changes = crowd.head(ALICE, &group);
    assert_eq!(changes, crowd.head(CAROL, &group));
    // Created, Bob added, Carol added, renamed, Bob removed, rekeyed.
    assert_eq!(changes.0, 6);
    assert_eq!(crowd.received(ALICE, &group), ["two", "three"]);
    assert_eq!(crowd.received(BOB, &group), ["one", "three"]);
    // Bob knew of Carol when his text was sealed.
    assert_eq!(crowd.received(CAROL, &group), ["two", "four"]);
    for person in &mut crowd.people {
        assert_eq!(person.waiting(), 0);
    }
    assert_no_number_was_used_twice(&crowd.relay);
    fuse.passed
}

fn everybody(crowd: &mut Crowd, fuse: &mut Fuse) {
    for _ in 0..4 {
        for who in [ALICE, BOB, CAROL] {
            let Crowd { relay, people } = crowd;
            run(&mut people[who], relay, fuse);
        }
    }
}

/// Runs the connection to its end, starting again after each crash.
fn run(client: &mut Client, relay: &mut Relay, fuse: &mut Fuse) {
    loop {
        match client.sync_until(relay, fuse) {
            Ok(()) => return,
            Err(Halt::Crashed) => client.reboot(),
            Err(halt) => panic!("{halt:?}"),
        }
    }
}

/// A number of a chain stands before one ciphertext only, however often it was handed over.
fn assert_no_number_was_used_twice(relay: &Relay) {
    use aside_wire::{group_packet::GroupPacket, pb};
    use prost::Message;
    let mut seen: BTreeMap<([u8; 16], u16), Vec<u8>> = BTreeMap::new();
    for (_, fan_out) in &relay.fanned_out {
        let envelope = pb::Envelope::decode(fan_out.envelope.as_slice()).unwrap();
        let packet = GroupPacket::parse(&envelope.payload).unwrap();
        let first = seen.entry((*packet.key_id, packet.iteration)).or_insert(envelope.payload.clone());
        assert_eq!(*first, envelope.payload);
    }
}

#[test]
fn t8_a_crash_at_any_point_of_a_groups_history_changes_nothing() {
    let points = history(BTreeSet::new());
    assert!(points > 100, "{points} points");
    for point in (1..=points).step_by(3) {
        history(BTreeSet::from([point]));
    }
}
