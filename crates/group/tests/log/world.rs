//! Groups to test with, and people who act in them.

use aside_group::{
    Action, ChainCut, Change, Checked, Entry, Group, GroupName, KeyId, LogKeyId, Place, Reason, Rejected,
    Role,
};
use aside_identity::{AccountKey, Address, Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList};
use aside_testkit::{Person, TestRng, person::NOW};

/// Who acts in the tests. The first four are the people of a [`Log`].
pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;
pub(crate) const CAROL: usize = 2;
pub(crate) const DAVE: usize = 3;
pub(crate) const MALLORY: usize = 4;

/// People, always the same ones.
pub(crate) fn people(count: usize) -> Vec<Person> {
    let mut rng = TestRng::new(60);
    (0..count).map(|_| Person::new(&mut rng)).collect()
}

pub(crate) fn account(person: &Person) -> AccountKey {
    person.certificate.account
}

pub(crate) fn address(person: &Person) -> Address {
    Address { account: account(person), device: DeviceId::FIRST }
}

/// Device lists as an entry that adds these people carries them.
pub(crate) fn lists_of(people: &[&Person]) -> Vec<Vec<u8>> {
    let mut people = people.to_vec();
    people.sort_by_key(|person| account(person));
    people.iter().map(|person| person.list.as_bytes().to_vec()).collect()
}

pub(crate) fn name(text: &str) -> GroupName {
    GroupName::parse(text).unwrap()
}

pub(crate) fn log_key(number: u8) -> LogKeyId {
    LogKeyId::new([number; 16])
}

pub(crate) fn cut(number: u8, messages: u16) -> ChainCut {
    ChainCut { key_id: KeyId::new([number; 16]), messages }
}

/// A device of a person, with its keys.
pub(crate) fn device(person: &Person, id: u32, seed: u64) -> (DeviceKeys, Certificate) {
    let keys = DeviceKeys::generate(&mut TestRng::new(seed)).unwrap();
    let id = DeviceId::parse(id).unwrap();
    let certificate = Certificate::issue(&person.account, id, &keys, NOW, Capabilities::NONE);
    (keys, certificate)
}

/// The list after `list`, with these devices.
pub(crate) fn next_list(person: &Person, list: &DeviceList, certificates: &[&Certificate]) -> DeviceList {
    let certificates: Vec<Certificate> = certificates.iter().map(|one| (*one).clone()).collect();
    list.issue_next(&person.account, NOW, &certificates).unwrap()
}

pub(crate) fn devices_action(lists: &[&DeviceList]) -> Action {
    let device_lists = lists.iter().map(|list| list.as_bytes().to_vec()).collect();
    Action::Devices { device_lists, cuts: Vec::new() }
}

pub(crate) fn create(person: &Person) -> Action {
    Action::Create {
        nonce: [7; 32],
        name: name("Hikers"),
        device_list: person.list.as_bytes().to_vec(),
        announce_only: false,
        log_key_id: log_key(1),
    }
}

pub(crate) fn add(people: &[&Person]) -> Action {
    Action::Add { device_lists: lists_of(people) }
}

pub(crate) fn remove(people: &[&Person]) -> Action {
    let mut accounts: Vec<_> = people.iter().map(|person| account(person)).collect();
    accounts.sort();
    Action::Remove { accounts, cuts: Vec::new() }
}

pub(crate) fn set_role(person: &Person, role: Role) -> Action {
    Action::SetRole { account: account(person), role }
}

pub(crate) fn rename(text: &str) -> Action {
    Action::Rename { name: name(text) }
}

pub(crate) fn rekey(number: u8) -> Action {
    Action::Rekey { log_key_id: log_key(number) }
}

pub(crate) const LEAVE: Action = Action::Leave { cuts: Vec::new() };

/// A signed entry at any place.
pub(crate) fn sign_at(person: &Person, place: &Place, action: &Action) -> Entry {
    let bytes = Entry::sign(&person.keys.signing, Some(place), &address(person), NOW, action);
    Entry::decode(&bytes).unwrap()
}

/// A signed first entry.
pub(crate) fn found(person: &Person, action: &Action) -> Entry {
    let bytes = Entry::sign(&person.keys.signing, None, &address(person), NOW, action);
    Entry::decode(&bytes).unwrap()
}

/// Checks as the next entry, under the key that is due.
pub(crate) fn check(group: &Group, entry: &Entry) -> Result<Checked, Rejected> {
    group.check(entry, group.log_key_id())
}

/// Every reason against an entry; the state does not change.
pub(crate) fn reasons(group: &Group, entry: &Entry) -> Vec<Reason> {
    let before = group.clone();
    let reasons = match check(group, entry) {
        Ok(_) => Vec::new(),
        Err(rejected) => rejected.reasons().to_vec(),
    };
    assert_eq!(*group, before);
    reasons
}

/// A group and all its valid entries.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) group: Group,
    pub(crate) entries: Vec<Entry>,
}

impl Log {
    /// A group of Alice alone.
    pub(crate) fn of(owner: &Person) -> Self {
        let entry = found(owner, &create(owner));
        Self { group: Group::found(&entry).unwrap(), entries: vec![entry] }
    }

    /// Alice owns the group, Bob and Carol are admins, Dave is a member; Mallory is not.
    pub(crate) fn usual(people: &[Person]) -> Self {
        let mut log = Self::of(&people[ALICE]);
        log.act(&people[ALICE], &add(&[&people[BOB], &people[CAROL], &people[DAVE]])).unwrap();
        log.act(&people[ALICE], &set_role(&people[BOB], Role::Admin)).unwrap();
        log.act(&people[ALICE], &set_role(&people[CAROL], Role::Admin)).unwrap();
        log
    }

    /// The entry that would do this next.
    pub(crate) fn draft(&self, person: &Person, action: &Action) -> Entry {
        sign_at(person, &self.group.next_place(), action)
    }

    /// Does it.
    pub(crate) fn act(&mut self, person: &Person, action: &Action) -> Result<Change, Rejected> {
        self.append(&self.draft(person, action))
    }

    pub(crate) fn append(&mut self, entry: &Entry) -> Result<Change, Rejected> {
        let checked = check(&self.group, entry)?;
        self.entries.push(entry.clone());
        Ok(self.group.apply(checked).unwrap())
    }

    /// Every reason against doing it.
    pub(crate) fn against(&self, person: &Person, action: &Action) -> Vec<Reason> {
        reasons(&self.group, &self.draft(person, action))
    }
}

/// What everybody makes of a log: the valid entries count, the others are skipped (GRP-15).
pub(crate) fn replay(entries: &[Entry]) -> Group {
    let mut entries = entries.iter();
    let mut group = Group::found(entries.next().unwrap()).unwrap();
    for entry in entries {
        if let Ok(checked) = check(&group, entry) {
            group.apply(checked).unwrap();
        }
    }
    group
}
