//! Every way in which three administrators can change one group at once, explored to the end (threat G12).
//!
//! Alice owns the group, Bob and Carol are admins who remove each other. Each works through a list of intentions on what
//! they know of the log; the relay appends what names the next position and refuses the rest; what is on its way arrives in
//! any order; each of them may crash once and send again what they do not know to have arrived. Who was removed and does
//! not accept it appends once more, with an honest relay's help.
//!
//! Entries are made and judged by the crate itself, each once: a state holds numbers of groups and entries.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aside_group::{Action, Entry, Group, GroupName, LogKeyId, Role};
use aside_identity::{AccountKey, Address};
use aside_testkit::{Person, TestRng, person::NOW};
use stateright::{Checker, Model, Property};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Mutex,
};

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

type GroupNumber = usize;
type EntryNumber = usize;

/// What somebody means to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Intent {
    Remove(usize),
    HandOver(usize),
    Rekey(u8),
    /// Rename the group whether entitled or not.
    Insist,
}

/// One administrator, as their device has stored it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Admin {
    /// How many positions of the log are known.
    known: usize,
    group: GroupNumber,
    /// How many intentions are done or given up.
    done: usize,
    /// An entry that was sent, and for which position.
    pending: Option<(usize, EntryNumber)>,
    crashed: bool,
}

/// An entry on its way to the relay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Append {
    position: usize,
    entry: EntryNumber,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    log: Vec<EntryNumber>,
    admins: Vec<Admin>,
    on_the_way: BTreeSet<Append>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Event {
    Propose(usize),
    Crash(usize),
    Arrive(Append),
    /// Somebody is told of an entry at a position, or that the log has moved, and fetches what they lack.
    Learn(usize, usize),
}

/// Every group and entry that has come up.
#[derive(Default)]
struct Known {
    groups: Vec<Group>,
    entries: Vec<(Entry, LogKeyId)>,
    group_of_head: HashMap<[u8; 32], GroupNumber>,
    entry_of_hash: HashMap<[u8; 32], EntryNumber>,
    drafts: HashMap<(GroupNumber, usize, Intent), Option<EntryNumber>>,
    steps: HashMap<(GroupNumber, EntryNumber), GroupNumber>,
}

struct Administration {
    people: Vec<Person>,
    intents: Vec<Vec<Intent>>,
    known: Mutex<Known>,
}

impl Administration {
    fn new(intents: [&[Intent]; 3]) -> Self {
        let mut rng = TestRng::new(12);
        let people: Vec<Person> = (0..3).map(|_| Person::new(&mut rng)).collect();
        let mut known = Known::default();
        let mut group = begin(&people);
        for (person, number) in [(BOB, 1), (CAROL, 2)] {
            let add = Action::Add { device_lists: vec![people[person].list.as_bytes().to_vec()] };
            let promote = Action::SetRole { account: account(&people[person]), role: Role::Admin };
            for action in [add, promote] {
                let alice = &people[ALICE];
                let entry =
                    group.propose(&alice.keys.signing, &address(alice), NOW + number, &action).unwrap();
                let checked = group.check(&entry, group.log_key_id()).unwrap();
                group.apply(checked).unwrap();
            }
        }
        known.group(group);
        let intents = intents.iter().map(|intents| intents.to_vec()).collect();
        Self { people, intents, known: Mutex::new(known) }
    }

    /// The entry for an intention; `None` if the own log says that it is not allowed.
    fn draft(&self, group: GroupNumber, who: usize, intent: Intent) -> Option<EntryNumber> {
        let mut known = self.known.lock().unwrap();
        if let Some(draft) = known.drafts.get(&(group, who, intent)) {
            return *draft;
        }
        let at = &known.groups[group];
        let action = match intent {
            Intent::Remove(whom) => {
                Action::Remove { accounts: vec![account(&self.people[whom])], cuts: Vec::new() }
            }
            Intent::HandOver(to) => Action::SetRole { account: account(&self.people[to]), role: Role::Owner },
            Intent::Rekey(number) => Action::Rekey { log_key_id: LogKeyId::new([number; 16]) },
            Intent::Insist => Action::Rename { name: GroupName::parse("Mine").unwrap() },
        };
        let person = &self.people[who];
        let entry = match intent {
            Intent::Insist => {
                let place = at.next_place();
                let bytes = Entry::sign(&person.keys.signing, Some(&place), &address(person), NOW, &action);
                Some(Entry::decode(&bytes).unwrap())
            }
            _ => at.propose(&person.keys.signing, &address(person), NOW, &action).ok(),
        };
        let sealed_under = at.log_key_id();
        let draft = entry.map(|entry| known.entry(entry, sealed_under));
        known.drafts.insert((group, who, intent), draft);
        draft
    }

    /// The group after one more entry, valid or not.
    fn step(&self, group: GroupNumber, entry: EntryNumber) -> GroupNumber {
        let mut known = self.known.lock().unwrap();
        if let Some(after) = known.steps.get(&(group, entry)) {
            return *after;
        }
        let mut after = known.groups[group].clone();
        let (offered, sealed_under) = &known.entries[entry];
        let checked = after.check(offered, *sealed_under);
        let number = match checked {
            Ok(checked) => {
                after.apply(checked).unwrap();
                known.group(after)
            }
            Err(_) => group,
        };
        known.steps.insert((group, entry), number);
        number
    }

    /// Everything up to a position is read in the relay's order, whatever arrived first.
    fn catch_up(&self, log: &[EntryNumber], admin: &mut Admin, position: usize) {
        while admin.known < position {
            let entry = log[admin.known];
            admin.group = self.step(admin.group, entry);
            admin.known += 1;
            if let Some((pending, own)) = admin.pending.filter(|(pending, _)| *pending == admin.known) {
                debug_assert_eq!(pending, admin.known);
                admin.pending = None;
                if own == entry {
                    admin.done += 1;
                }
            }
        }
    }

    fn groups_along(&self, log: &[EntryNumber]) -> Vec<GroupNumber> {
        let mut along = vec![0];
        for entry in log {
            along.push(self.step(along[along.len() - 1], *entry));
        }
        along
    }

    fn with<T>(&self, group: GroupNumber, look: impl FnOnce(&Group) -> T) -> T {
        look(&self.known.lock().unwrap().groups[group])
    }

    fn is_member(&self, group: GroupNumber, who: usize) -> bool {
        self.with(group, |group| group.member(&account(&self.people[who])).is_some())
    }
}

impl Known {
    fn group(&mut self, group: Group) -> GroupNumber {
        let next = self.groups.len();
        let number = *self.group_of_head.entry(group.head().hash.0).or_insert(next);
        if number == next {
            self.groups.push(group);
        } else {
            // One head, one group.
            assert_eq!(self.groups[number], group);
        }
        number
    }

    fn entry(&mut self, entry: Entry, sealed_under: LogKeyId) -> EntryNumber {
        let next = self.entries.len();
        let number = *self.entry_of_hash.entry(entry.hash().0).or_insert(next);
        if number == next {
            self.entries.push((entry, sealed_under));
        }
        number
    }
}

impl Model for Administration {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        let admin = Admin { known: 0, group: 0, done: 0, pending: None, crashed: false };
        vec![World { log: Vec::new(), admins: vec![admin; 3], on_the_way: BTreeSet::new() }]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        for (who, admin) in world.admins.iter().enumerate() {
            if admin.pending.is_none() && admin.done < self.intents[who].len() {
                events.push(Event::Propose(who));
            }
            if admin.pending.is_some() && !admin.crashed {
                events.push(Event::Crash(who));
            }
            let unknown = admin.known + 1..=world.log.len();
            events.extend(unknown.map(|position| Event::Learn(who, position)));
        }
        events.extend(world.on_the_way.iter().map(|append| Event::Arrive(*append)));
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        match event {
            Event::Propose(who) => {
                let admin = &mut next.admins[who];
                match self.draft(admin.group, who, self.intents[who][admin.done]) {
                    Some(entry) => {
                        let position = admin.known + 1;
                        admin.pending = Some((position, entry));
                        next.on_the_way.insert(Append { position, entry });
                    }
                    None => admin.done += 1,
                }
            }
            Event::Crash(who) => {
                let admin = &mut next.admins[who];
                admin.crashed = true;
                let (position, entry) = admin.pending?;
                next.on_the_way.insert(Append { position, entry });
            }
            Event::Arrive(append) => {
                next.on_the_way.remove(&append);
                if append.position == next.log.len() + 1 {
                    next.log.push(append.entry);
                }
            }
            Event::Learn(who, position) => self.catch_up(&world.log, &mut next.admins[who], position),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("who saw the same log holds the same group", |model: &Self, world: &World| {
                let along = model.groups_along(&world.log);
                world.admins.iter().all(|admin| admin.group == along[admin.known])
            }),
            Property::always("there is exactly one owner", |model: &Self, world: &World| {
                let is_owned = |group: &Group| {
                    let owners = group.members().filter(|(_, member)| member.role() == Role::Owner);
                    owners.map(|(account, _)| account).eq([group.owner()])
                };
                model.groups_along(&world.log).iter().all(|group| model.with(*group, is_owned))
            }),
            Property::always(
                "an entry counts only if its author was entitled",
                |model: &Self, world: &World| {
                    let along = model.groups_along(&world.log);
                    world.log.iter().zip(along.windows(2)).all(|(entry, groups)| {
                        let author = model.known.lock().unwrap().entries[*entry].0.actor().account;
                        let role = model.with(groups[0], |group| group.role_at(&author, group.sequence()));
                        groups[0] == groups[1] || role.is_some_and(Role::administers)
                    })
                },
            ),
            Property::always(
                "two who remove each other end the same everywhere",
                |model: &Self, world: &World| {
                    let end = *model.groups_along(&world.log).last().unwrap();
                    let one_is_left = model.is_member(end, BOB) || model.is_member(end, CAROL);
                    one_is_left
                        && (!world.is_quiet(model) || world.admins.iter().all(|admin| admin.group == end))
                },
            ),
            Property::sometimes("Bob is first", |model: &Self, world: &World| {
                world.is_quiet(model) && !model.is_member(world.admins[ALICE].group, CAROL)
            }),
            Property::sometimes("Carol is first", |model: &Self, world: &World| {
                world.is_quiet(model) && !model.is_member(world.admins[ALICE].group, BOB)
            }),
            Property::sometimes("Bob owns the group", |model: &Self, world: &World| {
                let bob = account(&model.people[BOB]);
                model.with(world.admins[ALICE].group, |group| *group.owner() == bob)
            }),
            Property::sometimes("an entry is skipped", |model: &Self, world: &World| {
                model.groups_along(&world.log).windows(2).any(|two| two[0] == two[1])
            }),
        ]
    }
}

impl World {
    /// Whether nothing more will happen.
    fn is_quiet(&self, model: &Administration) -> bool {
        let done = |(who, admin): (usize, &Admin)| {
            admin.done == model.intents[who].len() && admin.known == self.log.len()
        };
        self.on_the_way.is_empty() && self.admins.iter().enumerate().all(done)
    }
}

fn begin(people: &[Person]) -> Group {
    let alice = &people[ALICE];
    let create = Action::Create {
        nonce: [7; 32],
        name: GroupName::parse("Hikers").unwrap(),
        device_list: alice.list.as_bytes().to_vec(),
        announce_only: false,
        log_key_id: LogKeyId::new([1; 16]),
    };
    let bytes = Entry::sign(&alice.keys.signing, None, &address(alice), NOW, &create);
    Group::found(&Entry::decode(&bytes).unwrap()).unwrap()
}

fn account(person: &Person) -> AccountKey {
    person.certificate.account
}

fn address(person: &Person) -> Address {
    Address { account: account(person), device: person.certificate.device }
}

#[test]
fn g12_administrators_at_odds_agree_in_every_schedule() {
    let intents: [&[Intent]; 3] = [
        &[Intent::HandOver(BOB)],
        &[Intent::Remove(CAROL), Intent::Rekey(2)],
        &[Intent::Remove(BOB), Intent::Insist],
    ];
    let checker = Administration::new(intents).checker().spawn_bfs().join();
    checker.assert_properties();
    println!("{} states", checker.unique_state_count());
}
