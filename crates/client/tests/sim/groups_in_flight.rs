//! Groups between a request and its answer.

use crate::{
    client::Fuse,
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE},
};
use aside_client::engine::{Busy, Need, Outbound, Outgoing, Refusal};
use aside_identity::GroupId;
use aside_wire::pb::{self, RefusalCode, request::Body};
use std::sync::Arc;

fn outgoing(crowd: &mut Crowd, who: usize, busy: &Busy) -> Outgoing {
    crowd.people[who].step(|engine, step| engine.outgoing(step, busy, 16)).unwrap()
}

fn changes(outgoing: &Outgoing) -> Vec<u64> {
    let is_change = |outbound: &&Outbound| matches!(outbound.request, Body::AppendEntry(_));
    outgoing.ready.iter().filter(is_change).map(|outbound| outbound.place).collect()
}

/// Alice has removed Dave and is about to hand out the next key of the log.
fn exposed(seed: u64) -> (Crowd, GroupId) {
    let (mut crowd, group) = Crowd::group(seed, 4);
    crowd.remove(ALICE, &group, DAVE).unwrap();
    append(&mut crowd, ALICE, &Busy::default());
    (crowd, group)
}

/// The relay takes the next change of somebody.
fn append(crowd: &mut Crowd, who: usize, busy: &Busy) {
    let outgoing = outgoing(crowd, who, busy);
    let &[place] = changes(&outgoing).as_slice() else { panic!("no change") };
    let outbound = outgoing.ready.iter().find(|outbound| outbound.place == place).unwrap();
    let address = crowd.people[who].address();
    assert!(crowd.relay.answer(&address, &outbound.request).is_ok());
    let answer = pb::FannedOut::default();
    crowd.people[who].step(|engine, step| engine.on_fanned_out(step, place, &answer)).unwrap();
}

// GRP-37
#[test]
fn a_rekey_is_asked_for_once_the_relay_has_answered_for_everybody_who_is_given_the_key() {
    let (mut crowd, _) = exposed(80);
    let mut busy = Busy::default();
    // To Bob and Carol.
    let keys = outgoing(&mut crowd, ALICE, &busy).ready;
    assert!(keys.iter().all(|outbound| matches!(outbound.request, Body::Send(_))));
    assert_eq!(keys.len(), 2);
    busy.in_flight.extend(keys.iter().map(|outbound| outbound.place));
    for outbound in &keys {
        assert!(outgoing(&mut crowd, ALICE, &busy).ready.is_empty());
        busy.in_flight.remove(&outbound.place);
        crowd.people[ALICE].step(|engine, step| engine.on_accepted(step, outbound.place, 1)).unwrap();
    }
    assert_eq!(changes(&outgoing(&mut crowd, ALICE, &busy)).len(), 1);
}

// GRP-19; what the chapter says of an admin who hands the key to nobody
#[test]
fn who_has_no_key_of_the_log_waits_for_it() {
    let (mut crowd, group) = exposed(82);
    let keys = outgoing(&mut crowd, ALICE, &Busy::default()).ready;
    let put_off = keys.iter().map(|outbound| outbound.place).collect();
    append(&mut crowd, ALICE, &Busy { put_off, ..Busy::default() });
    let before = crowd.relay.fanned_out.len();
    crowd.say(BOB, &group, "who has the key?").unwrap();
    crowd.settle_but(&[ALICE]);
    assert_eq!(crowd.relay.fanned_out.len(), before);
    assert_eq!(crowd.people[BOB].waiting(), 1);
    crowd.settle();
    assert_eq!(crowd.received(CAROL, &group), ["who has the key?"]);
}

// GRP-42
#[test]
fn a_log_is_hidden_only_if_the_relay_was_asked_for_it_between_two_refusals() {
    let (mut crowd, group) = Crowd::group(81, 4);
    // The removal is in no log that the others are shown; Alice hands it over.
    let log = crowd.relay.logs.keys().next().unwrap().clone();
    let shown = crowd.relay.logs[&log].len();
    crowd.relay.silent_logs = true;
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.sync(ALICE);
    crowd.relay.lie_about_entries = Some(Arc::new(move |entries| {
        entries.newest = shown.try_into().unwrap();
        entries.entries.clear();
    }));
    crowd.say(ALICE, &group, "without Dave").unwrap();
    for who in [ALICE, BOB, ALICE] {
        crowd.sync(who);
    }
    let Crowd { relay, people } = &mut crowd;
    assert!(people[BOB].receive(relay, &mut Fuse::default()).unwrap());
    assert!(changes(&outgoing(&mut crowd, BOB, &Busy::default())).is_empty());
    let fetch = |crowd: &mut Crowd| {
        let [Need::Entries { log, from }] = outgoing(crowd, BOB, &Busy::default()).needs[..] else {
            panic!("nothing to fetch")
        };
        let entries = crowd.relay.entries(log.as_bytes(), from);
        crowd.people[BOB].step(|engine, step| engine.on_entries(step, &log, from, &entries)).unwrap();
    };
    fetch(&mut crowd);
    let &[place] = changes(&outgoing(&mut crowd, BOB, &Busy::default())).as_slice() else {
        panic!("nothing to append")
    };
    let moved = |crowd: &mut Crowd| {
        let code = RefusalCode::LogMoved;
        crowd.people[BOB].step(|engine, step| engine.on_refused(step, place, code)).unwrap()
    };
    for _ in 0..3 {
        assert!(matches!(moved(&mut crowd), Refusal::Ask(Need::Entries { .. })));
    }
    fetch(&mut crowd);
    assert!(matches!(moved(&mut crowd), Refusal::Over(_)));
    assert_eq!(crowd.head(BOB, &group).0, crowd.head(CAROL, &group).0 + 1);
}
