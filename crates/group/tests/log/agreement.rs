//! Everybody who is given the same log holds the same group, whatever they missed on the way (threat G12).

use crate::world::*;
use aside_group::{Action, Entry, Group, Role};
use aside_testkit::Person;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Act {
    actor: usize,
    what: u8,
    who: usize,
    /// How many entries behind the relay the actor is.
    behind: usize,
}

fn acts(people: usize) -> impl Strategy<Value = Vec<Act>> {
    let act = (0..people, 0..10u8, 0..people, prop_oneof![3 => Just(0usize), 1 => 1..4usize])
        .prop_map(|(actor, what, who, behind)| Act { actor, what, who, behind });
    prop::collection::vec(act, 10..50)
}

fn action(people: &[Person], act: &Act, number: u8) -> Action {
    let who = &people[act.who];
    match act.what {
        0..=2 => add(&[who]),
        3 => remove(&[who]),
        4 => LEAVE,
        5 => set_role(who, Role::Admin),
        6 => set_role(who, Role::Member),
        7 => set_role(who, Role::Owner),
        8 => rekey(number),
        _ => rename(["Hikers", "Walkers"][usize::from(number) % 2]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn g12_all_who_are_given_the_log_hold_one_group(
        (acts, stops, hidden) in (2..=12usize).prop_flat_map(|count| {
            let stops = prop::collection::vec(prop::collection::vec(0..60usize, 0..6), count);
            (acts(count), stops, any::<prop::sample::Index>())
        })
    ) {
        let people = people(stops.len());
        let first = found(&people[0], &create(&people[0]));
        // The relay takes whatever comes, made by people who are up to date or not.
        let mut groups = vec![Group::found(&first).unwrap()];
        let mut relay: Vec<Entry> = vec![first];
        for (act, number) in acts.iter().zip(2u8..) {
            let seen = &groups[groups.len().saturating_sub(act.behind + 1)];
            let place = seen.next_place();
            let entry = sign_at(&people[act.actor], &place, &action(&people, act, number));
            let mut group = groups.last().unwrap().clone();
            if let Ok(checked) = check(&group, &entry) {
                group.apply(checked).unwrap();
            }
            groups.push(group);
            relay.push(entry);
        }
        let end = groups.pop().unwrap();
        prop_assert_eq!(end.members().filter(|(_, member)| member.role() == Role::Owner).count(), 1);
        // Everybody stops at other places, stores the group and reads it again.
        for stops in &stops {
            let mut group = Group::found(&relay[0]).unwrap();
            for (position, entry) in relay.iter().enumerate().skip(1) {
                if stops.contains(&position) {
                    group = Group::import(&group.export()).unwrap();
                }
                if let Ok(checked) = check(&group, entry) {
                    group.apply(checked).unwrap();
                }
            }
            prop_assert_eq!(&group, &end);
        }
        // Only the valid entries matter, and a log without one of them ends elsewhere.
        let mut valid: Vec<Entry> = vec![relay[0].clone()];
        let mut group = Group::found(&relay[0]).unwrap();
        for entry in &relay[1..] {
            if let Ok(checked) = check(&group, entry) {
                group.apply(checked).unwrap();
                valid.push(entry.clone());
            }
        }
        prop_assert_eq!(&replay(&valid), &end);
        if valid.len() > 1 {
            let hidden = 1 + hidden.index(valid.len() - 1);
            valid.remove(hidden);
            prop_assert_eq!(replay(&valid).sequence(), u64::try_from(hidden).unwrap());
        }
    }
}
