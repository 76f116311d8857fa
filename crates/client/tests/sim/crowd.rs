//! A dozen people on one relay, and groups among them. Setting them up once is enough: a store is cloned.

use crate::{
    client::{Client, Fuse, Halt},
    relay::Relay,
    store::Faulty,
    world::handle,
};
use aside_client::{Conversation, Event, GroupInfo, Standing};
use aside_content::Text;
use aside_group::Role;
use aside_identity::{AccountKey, Capabilities, GroupId};
use std::sync::OnceLock;

pub(crate) const NAMES: [&str; 12] = [
    "alice", "bob", "carol", "dave", "mallory", "member06", "member07", "member08", "member09", "member10",
    "member11", "member12",
];
pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;
pub(crate) const CAROL: usize = 2;
pub(crate) const DAVE: usize = 3;
pub(crate) const MALLORY: usize = 4;

pub(crate) struct Crowd {
    pub(crate) relay: Relay,
    pub(crate) people: Vec<Client>,
}

struct Snapshot {
    relay: Relay,
    stores: Vec<Faulty>,
}

impl Crowd {
    /// Everybody knows everybody's handle; nobody has written.
    pub(crate) fn new(seed: u64) -> Self {
        static READY: OnceLock<Snapshot> = OnceLock::new();
        let Snapshot { relay, stores } = READY.get_or_init(registered);
        let person = |(n, store): (u64, &Faulty)| Client::load(store.clone(), seed * 1000 + n);
        Self { relay: relay.clone(), people: (0..).zip(stores).map(person).collect() }
    }

    /// The same, with a group of Alice's in which the first `count` people are and have accepted.
    pub(crate) fn group(seed: u64, count: usize) -> (Self, GroupId) {
        let mut crowd = Self::new(seed);
        let group =
            crowd.people[ALICE].step(|engine, step| engine.create_group(step, "Friends", false)).unwrap();
        crowd.settle();
        if count > 1 {
            crowd.add(ALICE, &group, &NAMES[1..count]).unwrap();
            crowd.settle();
        }
        for person in &mut crowd.people[1..count] {
            person.step(|engine, step| engine.accept_group(step, &group)).unwrap();
        }
        crowd.settle();
        crowd.hush();
        (crowd, group)
    }

    /// Everybody talks to the relay until nothing moves any more.
    pub(crate) fn settle(&mut self) {
        self.settle_but(&[]);
    }

    /// The same, while some are offline.
    pub(crate) fn settle_but(&mut self, offline: &[usize]) {
        let Self { relay, people } = self;
        let fuse = &mut Fuse::default();
        loop {
            let mut moved = false;
            for (n, person) in people.iter_mut().enumerate() {
                if !offline.contains(&n) {
                    moved |= person.receive(relay, fuse).unwrap();
                    moved |= person.flush(relay, fuse).unwrap();
                }
            }
            if !moved {
                return;
            }
        }
    }

    pub(crate) fn sync(&mut self, who: usize) {
        let Self { relay, people } = self;
        people[who].sync(relay);
    }

    pub(crate) fn account(&self, who: usize) -> AccountKey {
        self.people[who].account()
    }

    pub(crate) fn add(&mut self, who: usize, group: &GroupId, names: &[&str]) -> Result<(), Halt> {
        let handles: Vec<_> = names.iter().map(|name| handle(name)).collect();
        self.people[who].step(|engine, step| engine.add_to_group(step, group, &handles))
    }

    pub(crate) fn remove(&mut self, who: usize, group: &GroupId, whom: usize) -> Result<(), Halt> {
        let account = self.account(whom);
        self.people[who].step(|engine, step| engine.remove_from_group(step, group, &[account]))
    }

    pub(crate) fn promote(
        &mut self,
        who: usize,
        group: &GroupId,
        whom: usize,
        role: Role,
    ) -> Result<(), Halt> {
        let account = self.account(whom);
        self.people[who].step(|engine, step| engine.set_group_role(step, group, &account, role))
    }

    pub(crate) fn say(&mut self, who: usize, group: &GroupId, text: &str) -> Result<u64, Halt> {
        let text = Text::new(text).unwrap();
        self.people[who].step(|engine, step| engine.send_to_group(step, group, text))
    }

    pub(crate) fn info(&mut self, who: usize, group: &GroupId) -> GroupInfo {
        self.people[who].step(|engine, step| engine.group_info(step.tx, group)).unwrap()
    }

    pub(crate) fn head(&mut self, who: usize, group: &GroupId) -> (u64, [u8; 32]) {
        let info = self.info(who, group);
        (info.sequence, info.head)
    }

    pub(crate) fn standing(&mut self, who: usize, group: &GroupId) -> Option<Standing> {
        let groups = self.people[who].step(|engine, step| engine.groups(step.tx)).unwrap();
        groups.into_iter().find(|summary| summary.group == *group).map(|summary| summary.standing)
    }

    /// The texts that somebody has from others.
    pub(crate) fn received(&mut self, who: usize, group: &GroupId) -> Vec<String> {
        self.people[who].received(Conversation::Group(*group))
    }

    pub(crate) fn news(&mut self, who: usize) -> Vec<Event> {
        self.people[who].news()
    }

    /// Forgets what was reported so far.
    pub(crate) fn hush(&mut self) {
        for person in &mut self.people {
            person.news();
        }
    }
}

/// What somebody's device can do: the last two show what is opened once.
fn able(name: &str) -> Capabilities {
    Capabilities { protected_viewer: NAMES[10..].contains(&name), ..Capabilities::NONE }
}

fn registered() -> Snapshot {
    let mut relay = Relay::default();
    let mut people: Vec<Client> = (31..)
        .zip(NAMES)
        .map(|(seed, name)| {
            let client = Client::create_able(Faulty::default(), name, seed, able(name));
            relay.register(name, client.account(), client.engine.list().as_bytes());
            client
        })
        .collect();
    for client in &mut people {
        client.sync(&mut relay);
    }
    for client in &mut people {
        let own = client.engine.handle().clone();
        for name in NAMES.into_iter().map(handle).filter(|name| *name != own) {
            client.resolve(&relay, &name);
        }
    }
    Snapshot { relay, stores: people.into_iter().map(|client| client.store).collect() }
}
