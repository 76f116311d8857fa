//! Stored groups and chains: damaged, or edited by whoever can write to the disk.

use crate::{
    group_world::{account, add, address, alice_address, apply, check, people, scenes},
    world::commitment,
};
use aside_group::{Action, ExpiryTerms, Group, LogKeyId, ReceivingChain, Role, SendingChain};
use aside_testkit::{TestRng, person::NOW};
use aside_wire::group_packet::GroupPacket;

/// Importing refuses or gives what exports the same bytes, and whatever is then done with it, it can be stored again.
///
/// Input: what it is, then the bytes.
pub fn group_state(data: &[u8]) {
    let Some((kind, state)) = data.split_first() else { return };
    match kind % 3 {
        0 => group(state),
        1 => sending(state),
        _ => receiving(state),
    }
}

fn group(state: &[u8]) {
    let Ok(mut group) = Group::import(state) else { return };
    assert_eq!(group.export(), state, "not the bytes that were imported");
    assert_eq!(group.recipients().map(|(_, devices)| devices.count()).sum::<usize>(), group.device_count());
    assert_eq!(group.members().filter(|(_, member)| member.role() == Role::Owner).count(), 1);
    for sequence in [0, 1, group.sequence() / 2, group.sequence(), group.sequence().saturating_add(1)] {
        let _ = (group.epoch_at(sequence), group.announce_only_at(sequence));
        let _ = group.judge(sequence, alice_address(), group.epoch());
    }
    // The state of a log that has come to its last possible entry is stored as well, but goes nowhere.
    if group.sequence() < u64::MAX - 16 {
        for action in actions() {
            act(&mut group, &action);
        }
    }
    group.forget_before(group.sequence());
    storable(&group);
}

/// Each in turn, by whoever may.
fn act(group: &mut Group, action: &Action) {
    for person in people() {
        let before = group.clone();
        match group.propose(&person.keys.signing, &address(person), NOW, action) {
            Ok(entry) => {
                let checked = check(group, &entry).expect("it was proposed");
                apply(group, checked);
                storable(group);
            }
            Err(_) => assert_eq!(*group, before),
        }
    }
}

fn actions() -> Vec<Action> {
    let [_, bob, _, dave, mallory] = people();
    vec![
        Action::SetExpiry(ExpiryTerms::AfterSend { duration_s: 60 }),
        Action::SetAnnounce { announce_only: true },
        Action::SetRole { account: account(bob), role: Role::Member },
        Action::SetRole { account: account(bob), role: Role::Admin },
        add(&[mallory]),
        Action::Remove { accounts: vec![account(dave)], cuts: Vec::new() },
        Action::Rekey { log_key_id: LogKeyId::new([9; 16]) },
        Action::Leave { cuts: Vec::new() },
    ]
}

fn sending(state: &[u8]) {
    let Ok(mut chain) = SendingChain::import(state) else { return };
    assert_eq!(chain.export().as_slice(), state, "not the bytes that were imported");
    let (before, handover) = (chain.iteration(), chain.hand_over());
    assert_eq!(
        chain.encrypt(&mut TestRng::new(1), b"a", |key| commitment(key, b"a")).is_ok(),
        handover.is_ok()
    );
    assert_eq!(chain.iteration(), before + u16::from(handover.is_ok()));
    assert!(handover.is_ok() || chain.is_spent(0));
    let stored = chain.export();
    assert_eq!(SendingChain::import(&stored).expect("a reachable chain").export(), stored);
}

fn receiving(state: &[u8]) {
    let Ok(mut chain) = ReceivingChain::import(state) else { return };
    assert_eq!(chain.export().as_slice(), state, "not the bytes that were imported");
    for sent in scenes().iter().flat_map(|scene| &scene.messages).take(9) {
        let packet = GroupPacket::parse(&sent.bytes).expect("a message");
        let owner = *chain.owner();
        if let Ok((_, advance)) = chain.decrypt(&owner, &packet) {
            chain.advance(advance).expect("the chain has not changed");
            storable_chain(&chain);
        }
    }
    chain.cut(chain.next().saturating_sub(2));
    storable_chain(&chain);
}

/// What a group was brought to can be stored and read back.
pub(crate) fn storable(group: &Group) {
    let state = group.export();
    match Group::import(&state) {
        Ok(again) => assert_eq!(again, *group),
        Err(error) => panic!("a reachable state does not import: {error}"),
    }
}

/// What a chain was brought to can be stored and read back.
pub(crate) fn storable_chain(chain: &ReceivingChain) {
    let state = chain.export();
    match ReceivingChain::import(&state) {
        Ok(again) => assert_eq!(again.export(), state),
        Err(error) => panic!("a reachable state does not import: {error}"),
    }
}
