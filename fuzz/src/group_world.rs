//! A group, its log, and chains at points where something is at stake.

use crate::world::{Sent, commitment};
use aside_group::{
    Action, Change, Checked, Entry, ExpiryTerms, Group, GroupName, LogKeyId, Place, ReceivingChain, Refused,
    Rejected, Role, SendingChain, limits::CHAIN_MESSAGES,
};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::{Secret, SigningKey};
use aside_testkit::{Person, TestRng, person::NOW};
use aside_wire::group_packet::GroupPacket;
use std::{ops::Range, sync::OnceLock};

/// The group of the chains.
pub(crate) const GROUP: GroupId = GroupId::new([7; 32]);
/// The epoch of the chains.
pub(crate) const EPOCH: u64 = 3;
/// Seed of the key that signs in Alice's chain.
const SIGNING_SEED: [u8; 32] = [5; 32];

/// Alice, who owns the group; Bob, an admin; Carol and Dave, members; Mallory, who is not in.
pub(crate) fn people() -> &'static [Person; 5] {
    static PEOPLE: OnceLock<[Person; 5]> = OnceLock::new();
    PEOPLE.get_or_init(|| {
        let mut rng = TestRng::new(60);
        [(); 5].map(|()| Person::new(&mut rng))
    })
}

/// The state of the group's log.
pub(crate) fn group() -> &'static Group {
    static STATE: OnceLock<Group> = OnceLock::new();
    STATE.get_or_init(|| {
        let [alice, bob, carol, dave, _] = people();
        let create = Action::Create {
            nonce: [7; 32],
            name: GroupName::parse("Hikers").expect("a name"),
            device_list: alice.list.as_bytes().to_vec(),
            announce_only: false,
            log_key_id: LogKeyId::new([1; 16]),
        };
        let mut group = Group::found(&sign(alice, None, &create)).expect("a first entry");
        let promotion = Action::SetRole { account: account(bob), role: Role::Admin };
        for action in [add(&[bob, carol, dave]), promotion] {
            let entry = sign(alice, Some(&group.next_place()), &action);
            let checked = check(&group, &entry).expect("it is allowed");
            apply(&mut group, checked);
        }
        group
    })
}

/// Entries of Alice, each of which may be the next.
pub(crate) fn entries() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let [alice, _, carol, dave, mallory] = people();
        let actions = [
            add(&[mallory]),
            Action::Remove { accounts: vec![account(dave)], cuts: Vec::new() },
            Action::SetRole { account: account(carol), role: Role::Owner },
            Action::Rename { name: GroupName::parse("Climbers").expect("a name") },
            Action::SetExpiry(ExpiryTerms::Once { unread_cap_s: 60 }),
            Action::SetCapture { notices: true },
            Action::SetAnnounce { announce_only: true },
            Action::Rekey { log_key_id: LogKeyId::new([4; 16]) },
        ];
        actions.iter().map(|action| sign(alice, Some(&group().next_place()), action)).collect()
    })
}

pub(crate) fn sign(person: &Person, place: Option<&Place>, action: &Action) -> Entry {
    let bytes = Entry::sign(&person.keys.signing, place, &address(person), NOW, action);
    Entry::decode(&bytes).expect("just made")
}

/// Checks as the next entry, under the key that is due.
pub(crate) fn check(group: &Group, entry: &Entry) -> Result<Checked, Rejected> {
    group.check(entry, group.log_key_id())
}

pub(crate) fn apply(group: &mut Group, checked: Checked) -> Change {
    group.apply(checked).expect("the group has not changed")
}

pub(crate) fn add(people: &[&Person]) -> Action {
    let mut people = people.to_vec();
    people.sort_by_key(|person| account(person));
    Action::Add { device_lists: people.iter().map(|person| person.list.as_bytes().to_vec()).collect() }
}

pub(crate) fn account(person: &Person) -> AccountKey {
    person.certificate.account
}

pub(crate) fn address(person: &Person) -> Address {
    Address { account: account(person), device: DeviceId::FIRST }
}

/// Bob's state of Alice's chain, and messages of it.
pub(crate) struct Scene {
    pub(crate) receiver: Vec<u8>,
    pub(crate) messages: Vec<Sent>,
    /// The numbers that were handed over and not cut off.
    numbers: Range<u16>,
    /// The one that has arrived.
    received: Option<u16>,
}

impl Scene {
    /// Whether a message of this number opens.
    pub(crate) fn opens(&self, number: u16) -> bool {
        self.numbers.contains(&number) && self.received != Some(number)
    }
}

/// Alice's chain before its first message, in the layout of `aside_group`'s `chain_state.rs`.
pub(crate) fn sending() -> SendingChain {
    let owner = address(&people()[0]);
    let state = [
        [1].as_slice(),
        GROUP.as_bytes(),
        owner.account.as_bytes(),
        &[owner.device.byte()],
        &EPOCH.to_be_bytes(),
        &SIGNING_SEED,
        &[6; 32],
        &[0; 2],
        &NOW.to_be_bytes(),
    ];
    SendingChain::import(&state.concat()).expect("the layout of a chain has changed; follow it here")
}

/// What signs in Alice's chain.
pub(crate) fn signing_key() -> SigningKey {
    SigningKey::from_seed(&Secret::new(SIGNING_SEED))
}

/// Every scene.
pub(crate) fn scenes() -> &'static [Scene] {
    static SCENES: OnceLock<Vec<Scene>> = OnceLock::new();
    SCENES.get_or_init(|| {
        let (mut rng, mut alice) = (TestRng::new(4), sending());
        let accept = |alice: &SendingChain| {
            ReceivingChain::accept(GROUP, *alice_address(), EPOCH, alice.hand_over().expect("not at its end"))
        };
        let fresh = accept(&alice);
        let mut joined = None;
        let mut messages = Vec::new();
        for number in 0..CHAIN_MESSAGES {
            if number == 3 {
                joined = Some(accept(&alice));
            }
            let text = vec![b'a'; usize::from(number % 9) * 16];
            let bytes = alice.encrypt(&mut rng, &text, |key| commitment(key, &text)).expect("a whole chain");
            if number < 8 || number + 1 == CHAIN_MESSAGES {
                messages.push(Sent { bytes, text });
            }
        }
        let after = |chain: &ReceivingChain, sent: &Sent| {
            let mut chain = copy(chain);
            receive(&mut chain, &sent.bytes).expect("a message of Alice");
            chain
        };
        let kept = after(&fresh, &messages[5]);
        let (mut cut, mut ahead) = (copy(&kept), copy(&fresh));
        cut.cut(4);
        ahead.cut(6);
        let end = after(&fresh, &messages[8]);
        let scene = |chain: &ReceivingChain, numbers, received| Scene {
            receiver: chain.export().to_vec(),
            messages: messages.clone(),
            numbers,
            received,
        };
        let all = 0..CHAIN_MESSAGES;
        vec![
            scene(&fresh, all.clone(), None),
            scene(&kept, all.clone(), Some(5)),
            scene(&cut, 0..4, Some(5)),
            scene(&ahead, 0..6, None),
            scene(&joined.expect("the third message was made"), 3..CHAIN_MESSAGES, None),
            scene(&end, all, Some(CHAIN_MESSAGES - 1)),
        ]
    })
}

pub(crate) fn import(state: &[u8]) -> ReceivingChain {
    ReceivingChain::import(state).expect("an exported chain")
}

fn copy(chain: &ReceivingChain) -> ReceivingChain {
    import(&chain.export())
}

/// Alice, as her messages come.
pub(crate) fn alice_address() -> &'static Address {
    static ALICE: OnceLock<Address> = OnceLock::new();
    ALICE.get_or_init(|| address(&people()[0]))
}

/// Decrypts, checks the commitment, applies.
pub(crate) fn receive(chain: &mut ReceivingChain, message: &[u8]) -> Result<Vec<u8>, Refused> {
    let packet = GroupPacket::parse(message)?;
    let (received, advance) = chain.decrypt(alice_address(), &packet)?;
    assert_eq!(received.commitment, commitment(&received.franking_key, &received.plaintext));
    assert_eq!(received.iteration, packet.iteration);
    chain.advance(advance).expect("the chain has not changed");
    Ok(received.plaintext.to_vec())
}
