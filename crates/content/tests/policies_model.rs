//! Every way in which two people can set policies of one chat while a relay delivers in any order, repeats, and withholds,
//! explored to the end (EXP-3, EXP-5, threats C4, T7).
//!
//! Alice has two devices, Bob has one. What leads from one state to the next is the crate's own. What was said is never
//! used up: it may be delivered to anybody at any time, again, or never. To deliver something to one of Alice's devices
//! alone is to tell them different things, so that this is what a dishonest Bob does.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aside_content::{ChatId, ExpiryPolicy, Policies, Policy};
use aside_identity::AccountKey;
use aside_primitives::Digest;
use aside_wire::{ExpiryTerms, limits::POLICY_STEP};
use stateright::{Checker, Model, Property};

const PHONE: usize = 0;
const LAPTOP: usize = 1;
const BOB: usize = 2;

/// What a device knows.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Device {
    in_force: Option<Policy>,
    /// Which of what was said it has taken, one bit each.
    taken: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct World {
    devices: [Device; 3],
    said: Vec<Policy>,
    /// How often each device can still set a policy.
    left: [u8; 3],
    /// What is wrong, if something is.
    wrong: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Event {
    Set(usize),
    /// Bob skips to a version.
    Skip(u64),
    Deliver(usize, usize),
}

struct Race {
    accounts: [AccountKey; 3],
    budget: [u8; 3],
    /// Where Bob skips to.
    skips: Vec<u64>,
}

const CHAT: ChatId = ChatId::new([7; 32]);

impl Race {
    fn new(alice: u8, bob: u8, budget: [u8; 3], skips: &[u64]) -> Self {
        let [alice, bob] = [alice, bob].map(|byte| AccountKey::from_own_store([byte; 32]));
        Self { accounts: [alice, alice, bob], budget, skips: skips.to_vec() }
    }

    fn policies(&self, world: &World, device: usize) -> Policies {
        Policies::new(self.accounts[device], world.devices[device].in_force)
    }

    /// Somebody says a policy, and holds it in force themselves.
    fn say(&self, world: &mut World, device: usize, said: ExpiryPolicy) {
        let policy = Policy::of(&said, CHAT, self.accounts[device]);
        world.left[device] -= 1;
        if !world.said.contains(&policy) {
            world.said.push(policy);
        }
        let place = world.said.iter().position(|known| *known == policy).unwrap();
        self.take(world, device, place);
        if world.devices[device].in_force != Some(policy) && self.skips.is_empty() {
            world.wrong = Some("what one has just set is not in force");
        }
    }

    fn take(&self, world: &mut World, device: usize, place: usize) {
        let policy = world.said[place];
        let mut policies = self.policies(world, device);
        let before = policies;
        let learned = policies.learn(policy);
        if learned.is_ok() {
            world.devices[device].taken |= 1 << place;
        }
        if device != BOB || self.skips.is_empty() {
            let is_own = policy.setter == self.accounts[device];
            let (now, then) = (policies.in_force().copied(), before.in_force().copied());
            world.wrong = match learned {
                Err(_) if policies != before => Some("a refusal changes something"),
                Err(_) if is_own => Some("the own account is refused"),
                Err(_) if self.skips.is_empty() => Some("an honest policy is refused"),
                _ if then.is_some_and(|then| {
                    now != Some(then) && !now.is_some_and(|now| now.supersedes(&then))
                }) =>
                {
                    Some("it was rolled back")
                }
                _ if policies.next(ExpiryTerms::Off).is_none() => Some("no version is left"),
                _ => world.wrong,
            };
        }
        world.devices[device].in_force = policies.in_force().copied();
    }

    fn greatest(world: &World, device: usize) -> Option<Policy> {
        let taken = world.said.iter().enumerate();
        let taken = taken.filter(|(place, _)| world.devices[device].taken & 1 << place != 0);
        taken.map(|(_, policy)| *policy).reduce(|one, other| if other.supersedes(&one) { other } else { one })
    }
}

impl Model for Race {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World { devices: Default::default(), said: Vec::new(), left: self.budget, wrong: None }]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        events.extend((0..3).filter(|device| world.left[*device] > 0).map(Event::Set));
        if world.left[BOB] > 0 {
            events.extend(self.skips.iter().copied().map(Event::Skip));
        }
        for place in 0..world.said.len() {
            events.extend((0..3).map(|device| Event::Deliver(place, device)));
        }
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        match event {
            Event::Set(device) => {
                let left = u32::from(world.left[device]);
                let duration_s = u32::try_from(device).unwrap() * 1000 + left + 1;
                let said = self.policies(world, device).next(ExpiryTerms::AfterSend { duration_s })?;
                self.say(&mut next, device, said);
            }
            Event::Skip(version) => {
                let parent = Some(Digest([9; 32]));
                let said = ExpiryPolicy { version, terms: ExpiryTerms::Off, parent };
                self.say(&mut next, BOB, said);
            }
            Event::Deliver(place, device) => self.take(&mut next, device, place),
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nothing is wrong", |_, world: &World| world.wrong.is_none()),
            Property::always("in force is the greatest of what was taken", |_, world: &World| {
                (0..3).all(|device| world.devices[device].in_force == Race::greatest(world, device))
            }),
            Property::always("whoever has taken the same agrees", |_, world: &World| {
                let [phone, laptop, bob] = &world.devices;
                [(phone, laptop), (phone, bob), (laptop, bob)]
                    .iter()
                    .all(|(one, other)| one.taken != other.taken || one.in_force == other.in_force)
            }),
            Property::always(
                "Alice's devices agree on what she sets above everything",
                |race: &Self, world: &World| {
                    let greatest = world.said.iter().copied();
                    let greatest =
                        greatest.reduce(|one, other| if other.supersedes(&one) { other } else { one });
                    let hers = greatest.filter(|policy| policy.setter == race.accounts[PHONE]);
                    let place = hers.and_then(|hers| world.said.iter().position(|policy| *policy == hers));
                    let has = |device: usize| {
                        place.is_some_and(|place| world.devices[device].taken & 1 << place != 0)
                    };
                    !(has(PHONE) && has(LAPTOP))
                        || world.devices[PHONE].in_force == world.devices[LAPTOP].in_force
                },
            ),
            Property::sometimes("a policy counts whose parent was withheld", |_, world: &World| {
                world.devices[LAPTOP].in_force.is_some_and(|policy| policy.version > 2)
                    && world.devices[LAPTOP].taken.count_ones() == 1
            }),
            Property::sometimes("two of one version were set", |_, world: &World| {
                world.said.iter().any(|one| {
                    world.said.iter().any(|other| one.version == other.version && one.setter != other.setter)
                })
            }),
        ]
    }
}

fn explore(race: Race) {
    let checker = race.checker().threads(1).spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.is_done() && checker.unique_state_count() > 1_000, "{}", checker.unique_state_count());
    eprintln!("{} states", checker.unique_state_count());
}

#[test]
fn exp_3_honest_people_agree_whatever_the_relay_does() {
    explore(Race::new(1, 2, [2, 1, 1], &[]));
    explore(Race::new(2, 1, [1, 1, 2], &[]));
}

#[test]
fn exp_5_nobody_locks_the_chat_or_parts_the_devices_of_the_other() {
    let skips = [POLICY_STEP, 2 * POLICY_STEP, 9 * POLICY_STEP, u64::MAX];
    explore(Race::new(1, 2, [1, 1, 2], &skips));
}
