//! The validator against the oracle: they accept the same, refuse with the same words, and hold the same state (threat
//! G10).

use crate::{
    oracle::{Oracle, Words},
    world::*,
};
use aside_group::{Action, Entry, ExpiryTerms, Group, Place, Role};
use aside_identity::{Address, Certificate, DeviceId, DeviceKeys, DeviceList};
use aside_testkit::{Person, TestRng, person::NOW};
use proptest::prelude::*;
use std::sync::OnceLock;

const PEOPLE: usize = 12;

/// A person with two devices and the lists that bring them, take them away, or go astray.
struct Actor {
    person: Person,
    second: DeviceKeys,
    lists: Vec<DeviceList>,
}

fn actors() -> &'static [Actor] {
    static ACTORS: OnceLock<Vec<Actor>> = OnceLock::new();
    ACTORS.get_or_init(draw_actors)
}

fn draw_actors() -> Vec<Actor> {
    let actor = |(seed, person): (u64, Person)| {
        let (second, certificate) = device(&person, 2, seed);
        let first = &person.certificate;
        let two = next_list(&person, &person.list, &[first, &certificate]);
        let three = next_list(&person, &two, &[&certificate]);
        let (_, reused): (_, Certificate) = device(&person, 1, seed + 100);
        let fork = next_list(&person, &person.list, &[&reused]);
        let four = next_list(&person, &three, &[&reused, &certificate]);
        let lists = vec![person.list.clone(), two, three, four, fork];
        Actor { person, second, lists }
    };
    (0..).zip(people(PEOPLE)).map(actor).collect()
}

/// One attempt; indices are taken modulo what there is.
#[derive(Clone, Debug)]
struct Attempt {
    actor: usize,
    second_device: bool,
    what: u8,
    who: usize,
    other: usize,
    number: u8,
    astray: u8,
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let astray = prop_oneof![6 => Just(0u8), 1 => 1..=7u8];
    (0..PEOPLE, prop::bool::weighted(0.2), 0..16u8, 0..PEOPLE, 0..PEOPLE, any::<u8>(), astray).prop_map(
        |(actor, second_device, what, who, other, number, astray)| Attempt {
            actor,
            second_device,
            what,
            who,
            other,
            number,
            astray,
        },
    )
}

fn action(actors: &[Actor], attempt: &Attempt) -> Action {
    let Attempt { actor, what, who, other, number, .. } = attempt;
    let (who, other) = (&actors[*who].person, &actors[*other].person);
    let two = |one: &Person, other: &Person| account(one) != account(other);
    match what {
        0..=2 if two(who, other) => add(&[who, other]),
        0..=2 => add(&[who]),
        3 if two(who, other) => remove(&[who, other]),
        3 | 4 => remove(&[who]),
        5 => Action::Leave { cuts: vec![cut(*number, 3)] },
        6 | 7 => set_role(who, [Role::Member, Role::Admin, Role::Owner][usize::from(*number) % 3]),
        8 => rename(["Hikers", "Walkers"][usize::from(*number) % 2]),
        9 => Action::SetExpiry(match number % 2 {
            0 => ExpiryTerms::Off,
            _ => ExpiryTerms::AfterSend { duration_s: 9 },
        }),
        10 => Action::SetCapture { notices: number % 2 == 0 },
        11 => Action::SetAnnounce { announce_only: number % 2 == 0 },
        12 | 13 => {
            let lists = &actors[*actor].lists;
            let from = usize::from(number % 5);
            let to = from + usize::from(number % 3 == 0);
            devices_action(&lists[from..=to.min(4)].iter().collect::<Vec<_>>())
        }
        _ => rekey(number % 6),
    }
}

/// The entry of an attempt, and the log key it is encrypted with.
fn entry(actors: &[Actor], group: &Group, attempt: &Attempt) -> (Entry, aside_group::LogKeyId) {
    let actor = &actors[attempt.actor];
    let mut place = group.next_place();
    let mut key = &actor.person.keys.signing;
    let mut sealed_under = group.log_key_id();
    let mut address = address(&actor.person);
    if attempt.second_device {
        (key, address) = (&actor.second.signing, Address { device: DeviceId::parse(2).unwrap(), ..address });
    }
    let mut action = action(actors, attempt);
    match attempt.astray {
        1 => place.parent.0[0] ^= 1,
        2 => place.sequence += 1,
        3 => place.sequence = (place.sequence - 1).max(2),
        4 => place.group = aside_identity::GroupId::new([0; 32]),
        5 => key = &actors[attempt.who].person.keys.signing,
        6 => {
            let before = group.log_key_ids().nth_back(1);
            sealed_under = [before.unwrap_or(log_key(0)), log_key(0)][usize::from(attempt.number) % 2];
        }
        7 => match &mut action {
            Action::Add { device_lists } => device_lists.reverse(),
            Action::Devices { device_lists, .. } => *device_lists[0].last_mut().unwrap() ^= 1,
            _ => {}
        },
        _ => {}
    }
    let bytes = Entry::sign(key, Some(&place), &address, NOW, &action);
    (Entry::decode(&bytes).unwrap(), sealed_under)
}

fn assert_same(group: &Group, oracle: &Oracle) -> Result<(), TestCaseError> {
    prop_assert_eq!(group.head().hash.0.to_vec(), oracle.head());
    let members: Vec<_> = group.members().map(|(account, _)| account.as_bytes().to_vec()).collect();
    prop_assert_eq!(&members, &oracle.members());
    for (account, member) in group.members() {
        let role = match oracle.role_of(account.as_bytes()).unwrap() {
            1 => Role::Member,
            2 => Role::Admin,
            _ => Role::Owner,
        };
        prop_assert_eq!(member.role(), role);
        prop_assert_eq!(role == Role::Owner, group.owner() == account);
        let list = oracle.list_of(account.as_bytes()).unwrap();
        prop_assert_eq!(member.list(), list.reference());
        let ids: Vec<_> = member.devices().iter().map(|device| device.id).collect();
        prop_assert_eq!(ids, list.certificates().iter().map(|one| one.device).collect::<Vec<_>>());
    }
    prop_assert_eq!(group.is_exposed(), oracle.exposed());
    let key_ids: Vec<_> = group.log_key_ids().map(|id| id.as_bytes().to_vec()).collect();
    prop_assert_eq!(key_ids, oracle.key_ids());
    prop_assert_eq!(group.epoch(), oracle.epoch());
    prop_assert_eq!(group.name().as_str(), oracle.name());
    prop_assert_eq!(&Group::import(&group.export()).unwrap(), group);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn g10_the_validator_agrees_with_a_slow_oracle(attempts in prop::collection::vec(attempt(), 30..60)) {
        let actors = actors();
        let mut oracle = Oracle::default();
        let first = found(&actors[0].person, &create(&actors[0].person));
        prop_assert_eq!(oracle.offer(first.as_bytes(), log_key(1)), Words::new());
        let mut group = Group::found(&first).unwrap();
        for attempt in &attempts {
            // Mostly somebody who is in, or nothing would happen.
            let mut attempt = attempt.clone();
            if group.member(&account(&actors[attempt.actor].person)).is_none() && attempt.number > 30 {
                attempt.actor = actors.iter().position(|actor| *group.owner() == account(&actor.person)).unwrap();
            }
            let (entry, sealed_under) = entry(actors, &group, &attempt);
            let before = group.clone();
            let words = match group.check(&entry, sealed_under) {
                Ok(checked) => {
                    group.apply(checked).unwrap();
                    Words::new()
                }
                Err(rejected) => {
                    prop_assert!(!rejected.reasons().is_empty());
                    prop_assert_eq!(&group, &before);
                    rejected.reasons().iter().map(|reason| reason.reject().word()).collect()
                }
            };
            prop_assert_eq!(oracle.offer(entry.as_bytes(), sealed_under), words, "{:?}", attempt);
        }
        assert_same(&group, &oracle)?;
    }
}

/// The attempts of the property do reach what they are about: otherwise it would prove little.
#[test]
fn the_attempts_reach_every_kind_and_most_reasons() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let actors = actors();
    let mut runner = TestRunner::deterministic();
    let mut kinds = std::collections::BTreeMap::<u32, usize>::new();
    let mut reasons = std::collections::BTreeSet::new();
    for round in 0..6 {
        let mut group = Group::found(&found(&actors[0].person, &create(&actors[0].person))).unwrap();
        let mut rng = TestRng::new(round);
        for _ in 0..60 {
            let mut attempt = attempt().new_tree(&mut runner).unwrap().current();
            if group.member(&account(&actors[attempt.actor].person)).is_none() && rng.below(8) > 0 {
                attempt.actor =
                    actors.iter().position(|actor| *group.owner() == account(&actor.person)).unwrap();
            }
            let (entry, sealed_under) = entry(actors, &group, &attempt);
            match group.check(&entry, sealed_under) {
                Ok(checked) => {
                    group.apply(checked).unwrap();
                    *kinds.entry(entry.action().kind()).or_default() += 1;
                }
                Err(rejected) => reasons.extend(rejected.reasons().iter().map(|one| format!("{one:?}"))),
            }
        }
    }
    assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), (2..=11).collect::<Vec<_>>(), "{kinds:?}");
    assert!(reasons.len() >= 16, "{reasons:?}");
}

/// Where an entry would have to stand that hides the one before.
#[test]
fn g10_the_oracle_is_not_blind() {
    let people = people(5);
    let log = Log::usual(&people);
    let mut oracle = Oracle::default();
    for entry in &log.entries {
        assert_eq!(oracle.offer(entry.as_bytes(), log_key(1)), Words::new());
    }
    let place = Place { parent: log.entries[0].hash(), ..log.group.next_place() };
    let hiding = sign_at(&people[BOB], &place, &rename("Other"));
    assert_eq!(oracle.offer(hiding.as_bytes(), log_key(1)), Words::from(["fork"]));
}
