//! Groups whose members, guests and relays do what they like.

use crate::{
    crowd::{ALICE, BOB, CAROL, Crowd, DAVE, MALLORY},
    forge,
    store::rows,
    world::handle,
};
use aside_client::{Event, Standing, channel, store::Table};
use aside_content::{Body, ChatId, GroupFrame, Kind, Stamp};
use aside_group::{GroupInvite, Head, LogKey, Role, SenderKey, SendingChain};
use aside_identity::GroupId;
use aside_primitives::{Digest, Secret};
use aside_wire::{
    Reject,
    pb::{self, RefusalCode},
};
use prost::Message;
use zeroize::Zeroizing;

const MINUTE: u64 = 60 * 1000;

fn head(crowd: &mut Crowd, group: &GroupId) -> Head {
    let (sequence, hash) = crowd.head(ALICE, group);
    Head { sequence, hash: Digest(hash) }
}

/// Somebody hands somebody what only members hand each other.
fn hand(crowd: &mut Crowd, from: usize, to: usize, group: &GroupId, kind: Kind, content: &[u8]) {
    let (sender, to) = (crowd.people[from].address(), crowd.people[to].address());
    let client = &mut crowd.people[from];
    let frame = forge::frame(client, Body::Group { kind, content: Zeroizing::new(content.to_vec()) });
    let envelope = forge::encrypt(client, &to, ChatId::new(*group.as_bytes()), frame, |_| ());
    crowd.relay.deliver(&to, &sender, &envelope);
}

/// A chain that the engine knows nothing of, handed over as if made at a head.
fn hand_chain(
    crowd: &mut Crowd,
    from: usize,
    to: usize,
    group: &GroupId,
    epoch: u64,
    head: Head,
) -> SendingChain {
    let client = &mut crowd.people[from];
    let owner = client.address();
    let chain = SendingChain::generate(&mut client.rng, *group, owner, epoch, client.now).unwrap();
    let known = rows(&client.store.inner, Table::LogKey).into_iter().next().unwrap().1;
    let log_key = LogKey::new(Secret::from_slice(&known).unwrap());
    let key = SenderKey { epoch, head, chain: chain.hand_over().unwrap(), log_key };
    hand(crowd, from, to, group, Kind::SENDER_KEY, &key.encode());
    chain
}

/// A message stamped with any head.
fn write(crowd: &mut Crowd, (from, to): (usize, usize), chain: &mut SendingChain, stamp: Head, text: &str) {
    let (sender, to) = (crowd.people[from].address(), crowd.people[to].address());
    let group = *chain.group();
    let client = &mut crowd.people[from];
    let frame = GroupFrame { group, frame: forge::frame(client, Body::text(text).unwrap()) };
    let stamp = Stamp { sequence: stamp.sequence, head: stamp.hash };
    let envelope = channel::group::seal(&mut client.rng, chain, &sender, &stamp, &frame).unwrap();
    crowd.relay.deliver(&to, &sender, &envelope.encode_to_vec());
}

/// A group in which everybody has a session with everybody.
fn lively(seed: u64, count: usize) -> (Crowd, GroupId) {
    let (mut crowd, group) = Crowd::group(seed, count);
    for who in 0..count {
        crowd.say(who, &group, "hello").unwrap();
        crowd.settle();
    }
    crowd.hush();
    (crowd, group)
}

/// A session of Mallory's with somebody, in no group.
fn meet(crowd: &mut Crowd, whom: usize, name: &str) {
    crowd.people[MALLORY].open_chat(&handle(name)).unwrap();
    crowd.settle();
    crowd.people[whom].accept_chat(&handle("mallory")).unwrap();
    crowd.settle();
    crowd.hush();
}

// GRP-31
#[test]
fn who_claims_more_and_more_silences_for_an_hour_all_the_same() {
    let (mut crowd, group) = lively(50, 4);
    let now = head(&mut crowd, &group);
    let ahead = |by| Head { sequence: now.sequence + by, hash: Digest([7; 32]) };
    let epoch = 1;
    let mut chains: Vec<_> =
        [CAROL, DAVE].map(|who| (who, hand_chain(&mut crowd, who, BOB, &group, epoch, now))).into();
    let before = crowd.relay.fanned_out.len();
    let (who, chain) = &mut chains[0];
    write(&mut crowd, (*who, BOB), chain, ahead(1), "more");
    crowd.sync(BOB);
    crowd.say(BOB, &group, "waits").unwrap();
    crowd.sync(BOB);
    assert_eq!(crowd.relay.fanned_out.len(), before);
    for (round, by) in [(1, 2), (0, 3), (1, 4)] {
        crowd.people[BOB].now += 19 * MINUTE;
        let (who, chain) = &mut chains[round];
        write(&mut crowd, (*who, BOB), chain, ahead(by), "still more");
        crowd.sync(BOB);
        assert_eq!(crowd.relay.fanned_out.len(), before, "{by}");
    }
    // Carol has nothing to show for what she said first; Dave has a little longer.
    crowd.people[BOB].now += 25 * MINUTE;
    crowd.sync(BOB);
    assert_eq!(crowd.relay.fanned_out.len(), before + 1);
    crowd.settle();
    assert_eq!(crowd.received(ALICE, &group).last().map(String::as_str), Some("waits"));
}

// GRP-20, GRP-27; threat G3
#[test]
fn g3_who_was_removed_cannot_write_with_a_new_chain_as_of_yesterday() {
    let (mut crowd, group) = lively(51, 4);
    let member = head(&mut crowd, &group);
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.settle();
    crowd.hush();
    let out = head(&mut crowd, &group);
    let never = Head { sequence: out.sequence + 100, hash: Digest([7; 32]) };
    let next = Head { sequence: out.sequence + 1, hash: Digest([7; 32]) };
    for claimed in [member, out, next, never] {
        let mut chain = hand_chain(&mut crowd, DAVE, BOB, &group, 1, claimed);
        write(&mut crowd, (DAVE, BOB), &mut chain, member, "still here");
        crowd.sync(BOB);
    }
    crowd.people[ALICE].step(|engine, step| engine.rename_group(step, &group, "Without Dave")).unwrap();
    crowd.settle();
    assert_eq!(crowd.received(BOB, &group), ["hello"; 3]);
}

// GRP-20, GRP-33; threat G3
#[test]
fn g3_who_was_removed_long_ago_cannot_write_to_newcomers_as_of_then() {
    let (mut crowd, group) = lively(57, 4);
    meet(&mut crowd, DAVE, "dave");
    let member = head(&mut crowd, &group);
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.settle();
    // Before Mallory knows anything of the group, for which every entry will be new.
    let mut chain = hand_chain(&mut crowd, DAVE, MALLORY, &group, 1, member);
    crowd.sync(MALLORY);
    for person in &mut crowd.people {
        person.now += 50 * 60 * MINUTE;
    }
    crowd.add(ALICE, &group, &["mallory"]).unwrap();
    crowd.settle();
    crowd.people[MALLORY].step(|engine, step| engine.accept_group(step, &group)).unwrap();
    write(&mut crowd, (DAVE, MALLORY), &mut chain, member, "still here");
    crowd.settle();
    assert!(crowd.received(MALLORY, &group).is_empty());
}

// GRP-15; threat G2
#[test]
fn g2_garbage_that_only_one_was_shown_takes_no_place_of_the_log() {
    let (mut crowd, group) = lively(58, 3);
    let log = crowd.relay.logs.keys().next().unwrap().clone();
    let position = u64::try_from(crowd.relay.logs[&log].len()).unwrap() + 1;
    let garbage = pb::GroupLogEntry { log, position, entry: vec![0x14; 1200] };
    let kind = pb::EnvelopeKind::GroupEntry.into();
    let envelope = pb::Envelope { kind, payload: garbage.encode_to_vec() }.encode_to_vec();
    let (alice, bob) = (crowd.people[ALICE].address(), crowd.people[BOB].address());
    crowd.relay.deliver(&bob, &alice, &envelope);
    crowd.sync(BOB);
    let asked = |crowd: &Crowd| crowd.relay.sends.iter().filter(|(from, _)| *from == bob).count();
    let before = asked(&crowd);
    crowd.relay.silent_logs = true;
    crowd.remove(ALICE, &group, CAROL).unwrap();
    crowd.settle();
    crowd.relay.silent_logs = false;
    crowd.say(ALICE, &group, "without Carol").unwrap();
    crowd.settle();
    assert_eq!(crowd.head(BOB, &group), crowd.head(ALICE, &group));
    assert_eq!(crowd.received(BOB, &group).last().unwrap(), "without Carol");
    // He has it from the relay; nobody had to hand it over.
    assert_eq!(asked(&crowd), before);
    crowd.people[ALICE].step(|engine, step| engine.rename_group(step, &group, "Two")).unwrap();
    crowd.settle();
    assert_eq!(crowd.info(BOB, &group).summary.name.as_deref(), Some("Two"));
}

// GRP-19
#[test]
fn a_rekeyer_who_stops_halfway_stops_no_other_conversation() {
    let (mut crowd, group) = lively(52, 4);
    crowd.promote(ALICE, &group, BOB, Role::Admin).unwrap();
    crowd.settle();
    crowd.people[BOB].open_chat(&handle("carol")).unwrap();
    crowd.settle();
    // The new key reaches nobody.
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.relay.refuse_sends = Some(RefusalCode::Unavailable);
    crowd.sync(ALICE);
    crowd.relay.refuse_sends = None;
    crowd.say(BOB, &group, "who has the key?").unwrap();
    crowd.add(BOB, &group, &["mallory"]).unwrap();
    crowd.people[BOB].say(&handle("carol"), "elsewhere").unwrap();
    crowd.settle_but(&[ALICE]);
    let bob = crowd.account(BOB);
    let chat = crowd.people[CAROL].chat_with(&bob);
    assert_eq!(crowd.people[CAROL].received(chat), ["elsewhere"]);
    crowd.settle();
    assert_eq!(crowd.received(CAROL, &group).last().unwrap(), "who has the key?");
    assert_eq!(crowd.standing(MALLORY, &group), Some(Standing::Invited));
    assert_eq!(crowd.head(ALICE, &group), crowd.head(CAROL, &group));
}

// GRP-38
#[test]
fn an_invitation_that_leads_nowhere_makes_nobody_answer() {
    let mut crowd = Crowd::new(53);
    meet(&mut crowd, BOB, "bob");
    let group = GroupId::new([9; 32]);
    let log_key = LogKey::generate(&mut crowd.people[MALLORY].rng).unwrap();
    let head = Head { sequence: 5, hash: Digest([7; 32]) };
    let invite = GroupInvite { head, log_keys: vec![log_key] };
    let before = crowd.relay.sends.len();
    hand(&mut crowd, MALLORY, BOB, &group, Kind::GROUP_INVITE, &invite.encode());
    crowd.sync(BOB);
    assert!(crowd.news(BOB).iter().any(|event| matches!(event, Event::GroupInvited { .. })));
    assert_eq!(crowd.relay.sends.len(), before);
    assert_eq!(crowd.people[BOB].waiting(), 0);
}

// GRP-38
#[test]
fn invitations_do_not_fill_the_store_with_keys() {
    let (mut crowd, group) = lively(54, 3);
    meet(&mut crowd, BOB, "bob");
    crowd.remove(ALICE, &group, BOB).unwrap();
    crowd.settle();
    let strange = GroupId::new([9; 32]);
    for of in [strange, group, strange, group, strange, group] {
        let rng = &mut crowd.people[MALLORY].rng;
        let log_keys = (0..1024).map(|_| LogKey::generate(rng).unwrap()).collect();
        let invite = GroupInvite { head: Head { sequence: 5, hash: Digest([7; 32]) }, log_keys };
        hand(&mut crowd, MALLORY, BOB, &of, Kind::GROUP_INVITE, &invite.encode());
        crowd.sync(BOB);
    }
    let kept = rows(&crowd.people[BOB].store.inner, Table::LogKey).len();
    assert!(kept <= 2 * 1024 + 8, "{kept} keys");
    // And the way back is open.
    crowd.add(ALICE, &group, &["bob"]).unwrap();
    crowd.settle();
    assert_eq!(crowd.standing(BOB, &group), Some(Standing::Invited));
}

// GRP-19; threat G3
#[test]
fn g3_keys_that_wait_for_somebody_who_is_removed_meanwhile_are_not_handed_over() {
    let (mut crowd, group) = lively(55, 4);
    crowd.people[BOB].now += 8 * 24 * 60 * MINUTE;
    crowd.say(BOB, &group, "with a new chain").unwrap();
    crowd.relay.refuse_sends = Some(RefusalCode::Unavailable);
    crowd.sync(BOB);
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.relay.refuse_sends = None;
    crowd.settle_but(&[BOB]);
    let dave = crowd.account(DAVE);
    let bob = crowd.people[BOB].address();
    let to_dave = |crowd: &Crowd| {
        let sends = crowd.relay.sends.iter();
        sends.filter(|(from, send)| *from == bob && send.recipient == dave.as_bytes()).count()
    };
    // Whatever Bob had tried to send before he knew.
    let before = to_dave(&crowd);
    let Crowd { relay, people } = &mut crowd;
    people[BOB].receive(relay, &mut Default::default()).unwrap();
    crowd.settle();
    assert_eq!(to_dave(&crowd), before);
    assert_eq!(crowd.people[BOB].waiting(), 0);
    assert_eq!(crowd.received(CAROL, &group).last().unwrap(), "with a new chain");
}

// GRP-35; threat G3
#[test]
fn who_is_out_keeps_no_chains() {
    let (mut crowd, group) = lively(56, 4);
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.settle();
    let store = &crowd.people[DAVE].store.inner;
    for table in [Table::ReceivingChain, Table::ChainOwner, Table::SendingChain] {
        assert_eq!(rows(store, table).len(), 0, "{table:?}");
    }
}

// GRP-42; threats G2, G12
#[test]
fn g12_a_member_cannot_split_a_group_by_handing_over_what_the_relay_never_had() {
    let (mut crowd, group) = lively(59, 4);
    let now = head(&mut crowd, &group);
    let dave = crowd.people[DAVE].address();
    let state = rows(&crowd.people[DAVE].store.inner, Table::GroupState).remove(0).1;
    let state = aside_group::Group::import(&state).unwrap();
    for (made_at, to) in [(1, BOB), (2, CAROL)] {
        let action = aside_group::Action::Leave { cuts: vec![] };
        let key = crowd.people[DAVE].engine.device_key();
        let entry = state.propose(key, &dave, made_at, &action).unwrap();
        let mut chain = hand_chain(&mut crowd, DAVE, to, &group, 1, now);
        let ahead = Head { sequence: now.sequence + 1, hash: entry.hash() };
        write(&mut crowd, (DAVE, to), &mut chain, ahead, "more");
        crowd.sync(to);
        let entries = pb::GroupLogEntries { entries: vec![entry.as_bytes().to_vec()] }.encode_to_vec();
        hand(&mut crowd, DAVE, to, &group, Kind::GROUP_LOG_ENTRIES, &entries);
        crowd.sync(to);
    }
    let mail = crowd.people[DAVE].address();
    crowd.relay.mail(&mail).clear();
    crowd.people[ALICE].step(|engine, step| engine.rename_group(step, &group, "One")).unwrap();
    crowd.settle_but(&[DAVE]);
    assert_eq!(crowd.head(BOB, &group), crowd.head(ALICE, &group));
    assert_eq!(crowd.head(CAROL, &group), crowd.head(ALICE, &group));
}

// GRP-33; threats G3, G9
#[test]
fn g3_g9_a_message_is_judged_by_the_log_at_the_head_it_names() {
    let (mut crowd, group) = lively(71, 4);
    let before = head(&mut crowd, &group);
    let mut old = hand_chain(&mut crowd, CAROL, BOB, &group, 1, before);
    crowd.sync(BOB);
    crowd.remove(ALICE, &group, DAVE).unwrap();
    crowd.settle();
    crowd.hush();
    // A chain that Dave has serves no longer.
    let now = head(&mut crowd, &group);
    write(&mut crowd, (CAROL, BOB), &mut old, now, "on an old chain");
    crowd.sync(BOB);
    assert_eq!(crowd.people[BOB].refusals(), [Reject::Stale]);

    crowd.people[ALICE].step(|engine, step| engine.set_group_announce(step, &group, true)).unwrap();
    crowd.settle();
    crowd.hush();
    let now = head(&mut crowd, &group);
    let epoch = now.sequence - 2;
    let mut chain = hand_chain(&mut crowd, CAROL, BOB, &group, epoch, now);
    write(&mut crowd, (CAROL, BOB), &mut chain, now, "an announcement of a member");
    crowd.sync(BOB);
    assert_eq!(crowd.people[BOB].refusals(), [Reject::Policy]);
    assert!(!crowd.received(BOB, &group).iter().any(|text| text.contains("an ")));
}

// GRP-20, GRP-39; threat G8
#[test]
fn g8_keys_and_entries_of_others_are_not_taken_from_whoever_offers_them() {
    let (mut crowd, group) = lively(72, 4);
    let now = head(&mut crowd, &group);
    // Dave offers a chain as if it were Carol's: it is kept as one of his, and opens nothing of hers.
    let client = &mut crowd.people[CAROL];
    let (owner, at) = (client.address(), client.now);
    let mut chain = SendingChain::generate(&mut client.rng, group, owner, 1, at).unwrap();
    let log_key = LogKey::generate(&mut client.rng).unwrap();
    let key = SenderKey { epoch: 1, head: now, chain: chain.hand_over().unwrap(), log_key };
    hand(&mut crowd, DAVE, BOB, &group, Kind::SENDER_KEY, &key.encode());
    write(&mut crowd, (CAROL, BOB), &mut chain, now, "never handed over by Carol");
    crowd.sync(BOB);
    assert!(!crowd.received(BOB, &group).contains(&"never handed over by Carol".to_owned()));

    // Entries that nobody asked for are not even looked at.
    crowd.hush();
    let entries = pb::GroupLogEntries { entries: vec![vec![1; 200]] }.encode_to_vec();
    hand(&mut crowd, DAVE, BOB, &group, Kind::GROUP_LOG_ENTRIES, &entries);
    crowd.sync(BOB);
    assert_eq!(crowd.people[BOB].refusals(), [Reject::Policy]);
}
