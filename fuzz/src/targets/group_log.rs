//! Entries of a log: any bytes, and any sequence of what members and others sign.

use crate::{
    group_world::{account, add, address, apply, entries, group, people},
    mutate::edit_as_told,
    targets::group_state::storable,
};
use arbitrary::{Arbitrary, Unstructured};
use aside_group::{
    Action, ChainCut, Entry, ExpiryTerms, Group, GroupInvite, GroupName, KeyId, LogEntries, LogKeyId,
    LogRequest, Place, Reason, Role, SenderKey,
};
use aside_identity::{Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList};
use aside_primitives::Digest;
use aside_testkit::{Person, TestRng, person::NOW};

/// The most entries of one run.
const ENTRIES: usize = 24;

/// One entry that somebody makes.
#[derive(Arbitrary, Debug)]
struct Step {
    actor: u8,
    act: Act,
    place: At,
    sealed_under: Key,
    /// The bytes are changed after they were signed.
    edited: bool,
}

#[derive(Arbitrary, Debug)]
enum Act {
    Create,
    Add {
        first: u8,
        second: Option<u8>,
    },
    Remove {
        first: u8,
        second: Option<u8>,
        cut: Option<u16>,
    },
    Leave,
    SetRole {
        who: u8,
        role: u8,
    },
    Rename {
        length: u8,
    },
    SetExpiry {
        mode: u8,
        seconds: u32,
    },
    SetCapture {
        notices: bool,
    },
    SetAnnounce {
        announce_only: bool,
    },
    Devices {
        whose: u8,
        change: bool,
    },
    Rekey {
        number: u8,
    },
    /// A content that may not decode.
    Any {
        kind: u8,
        content: Vec<u8>,
    },
}

#[derive(Arbitrary, Debug)]
enum At {
    Next,
    Other { group: Option<u8>, sequence: i8, parent: Option<u8> },
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Key {
    Due,
    /// One that was due before, or never.
    Other(u8),
}

/// Whatever is signed, an entry is rejected with a reason and changes nothing, or becomes the newest one, leaves one
/// owner and a state that can be stored, and does not count twice. What was changed after it was signed does not count.
///
/// Input: a mode, then any bytes or steps.
pub fn group_log(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    if mode % 4 == 0 {
        return any(rest);
    }
    let mut input = Unstructured::new(rest);
    let mut group = group().clone();
    for _ in 0..ENTRIES {
        if input.is_empty() {
            return;
        }
        let Ok(step) = input.arbitrary::<Step>() else { return };
        take(&mut group, &step, &mut input);
    }
}

/// What decodes encodes to the same bytes, and does not count unless it is what Alice signed.
fn any(bytes: &[u8]) {
    if let Ok(entry) = Entry::decode(bytes) {
        assert_eq!(entry.as_bytes(), bytes);
        let _ = Group::found(&entry);
        let signed = entries().iter().any(|signed| signed == &entry);
        assert_eq!(group().check(&entry, group().log_key_id()).is_ok(), signed);
    }
    if let Some((kind, content)) = bytes.split_first()
        && let Ok(action) = Action::decode((*kind).into(), content)
    {
        assert_eq!((action.kind(), action.encode()), ((*kind).into(), content.to_vec()));
    }
    let encoded = [
        SenderKey::decode(bytes).map(|key| key.encode().to_vec()),
        GroupInvite::decode(bytes).map(|invite| invite.encode().to_vec()),
        LogRequest::decode(bytes).map(|request| request.encode()),
        LogEntries::decode(bytes).map(LogEntries::encode),
    ];
    assert!(encoded.into_iter().flatten().all(|again| again == bytes));
}

fn take(group: &mut Group, step: &Step, input: &mut Unstructured<'_>) {
    let actor = person(step.actor);
    let Some(action) = action(&step.act) else { return };
    let first = matches!(action, Action::Create { .. });
    let place = place(group, &step.place);
    let signed =
        Entry::sign(&actor.keys.signing, Some(&place).filter(|_| !first), &address(actor), NOW, &action);
    let mut bytes = signed.clone();
    if step.edited {
        edit_as_told(&mut bytes, input);
    }
    let Ok(entry) = Entry::decode(&bytes) else { return };
    assert_eq!(entry.as_bytes(), bytes);
    let due = group.log_key_id();
    let sealed_under = match step.sealed_under {
        Key::Due => due,
        Key::Other(number) => LogKeyId::new([number; 16]),
    };
    let before = group.clone();
    match group.check(&entry, sealed_under) {
        Ok(checked) => {
            assert_eq!(bytes, signed, "a changed entry counts");
            assert!(matches!(step.place, At::Next) || place == before.next_place());
            assert_eq!(sealed_under, due);
            assert!(group.may(&account(actor), &action).is_ok(), "it counts, but may not be done");
            let change = apply(group, checked);
            assert_eq!((group.sequence(), group.head().hash), (before.sequence() + 1, entry.hash()));
            assert_eq!(change.rotates, group.epoch() == group.sequence());
            assert!(change.gone.iter().all(|gone| group.device(gone).is_none()));
            assert!(change.joined.iter().all(|joined| group.device(joined).is_some()));
            let owners = group.members().filter(|(_, member)| member.role() == Role::Owner);
            assert!(owners.map(|(account, _)| account).eq([group.owner()]));
            storable(group);
            let again = group.check(&entry, sealed_under).expect_err("it counts twice");
            assert!(again.reasons().contains(&Reason::Stale));
        }
        Err(rejected) => {
            assert_eq!(*group, before, "a rejected entry changed the group");
            let reasons = rejected.reasons();
            assert!(!reasons.is_empty());
            assert!(reasons.iter().enumerate().all(|(at, reason)| !reasons[..at].contains(reason)));
        }
    }
}

fn person(number: u8) -> &'static Person {
    &people()[usize::from(number) % people().len()]
}

fn action(act: &Act) -> Option<Action> {
    Some(match act {
        Act::Create => Action::Create {
            nonce: [1; 32],
            name: GroupName::parse("Other").ok()?,
            device_list: person(0).list.as_bytes().to_vec(),
            announce_only: false,
            log_key_id: LogKeyId::new([1; 16]),
        },
        Act::Add { first, second } => {
            add(&[Some(*first), *second].into_iter().flatten().map(person).collect::<Vec<_>>())
        }
        Act::Remove { first, second, cut } => {
            let chosen = [Some(*first), *second].into_iter().flatten();
            let mut accounts: Vec<_> = chosen.map(|number| account(person(number))).collect();
            accounts.sort();
            let cuts = cut.map(|messages| ChainCut { key_id: KeyId::new([3; 16]), messages });
            Action::Remove { accounts, cuts: cuts.into_iter().collect() }
        }
        Act::Leave => Action::Leave { cuts: Vec::new() },
        Act::SetRole { who, role } => {
            let role = [Role::Owner, Role::Admin, Role::Member][usize::from(*role) % 3];
            Action::SetRole { account: account(person(*who)), role }
        }
        Act::Rename { length } => {
            Action::Rename { name: GroupName::parse(&"n".repeat((*length).into())).ok()? }
        }
        Act::SetExpiry { mode, seconds } => {
            let (duration_s, unread_cap_s) = (*seconds, seconds.rotate_left(16));
            Action::SetExpiry(match mode % 5 {
                0 => ExpiryTerms::Off,
                1 => ExpiryTerms::AfterSend { duration_s },
                2 => ExpiryTerms::AfterRead { duration_s, unread_cap_s },
                3 => ExpiryTerms::Once { unread_cap_s },
                _ => ExpiryTerms::OnceWithReplay { unread_cap_s },
            })
        }
        Act::SetCapture { notices } => Action::SetCapture { notices: *notices },
        Act::SetAnnounce { announce_only } => Action::SetAnnounce { announce_only: *announce_only },
        Act::Devices { whose, change } => devices(person(*whose), *change),
        Act::Rekey { number } => Action::Rekey { log_key_id: LogKeyId::new([*number; 16]) },
        Act::Any { kind, content } => Action::decode((*kind).into(), content).ok()?,
    })
}

/// The first list after the one that everybody begins with: with a second device, or the same again.
fn devices(person: &Person, change: bool) -> Action {
    let list = if change { with_second_device(person) } else { person.list.as_bytes().to_vec() };
    Action::Devices { device_lists: vec![list], cuts: Vec::new() }
}

fn with_second_device(person: &Person) -> Vec<u8> {
    let keys = DeviceKeys::generate(&mut TestRng::new(9)).expect("a test generator does not fail");
    let id = DeviceId::parse(2).expect("a number of a device");
    let second = Certificate::issue(&person.account, id, &keys, NOW, Capabilities::NONE);
    let next: DeviceList = person
        .list
        .issue_next(&person.account, NOW, &[person.certificate.clone(), second])
        .expect("a second device");
    next.as_bytes().to_vec()
}

fn place(group: &Group, at: &At) -> Place {
    let next = group.next_place();
    match at {
        At::Next => next,
        At::Other { group, sequence, parent } => Place {
            group: group.map_or(next.group, |byte| aside_identity::GroupId::new([byte; 32])),
            sequence: next.sequence.saturating_add_signed((*sequence).into()),
            parent: parent.map_or(next.parent, |byte| Digest([byte; 32])),
        },
    }
}
