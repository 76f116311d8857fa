//! Which time counts, whatever the clock of a device or its relay say.

use crate::world::{World, handle};
use aside_testkit::person::NOW;
use proptest::prelude::*;

const HOUR: u64 = 60 * 60 * 1000;
const DAY: u64 = 24 * HOUR;
/// 2099-01-01.
const FAR: u64 = 4_070_908_800_000;

impl World {
    /// By what Alice hides, and by what she destroys.
    fn times(&mut self) -> (u64, u64) {
        let now = self.alice.now;
        let times = |engine: &aside_client::Engine, step: &mut aside_client::Step<'_>| {
            Ok::<_, aside_client::Error>((engine.hides_by(step.tx, now)?, engine.destroys_by(step.tx)?))
        };
        self.alice.step(times).unwrap()
    }

    /// Bob says something, at the relay's time, and Alice has it.
    fn tells(&mut self, time: u64) {
        self.relay.time = time;
        self.bob.say(&handle("alice"), "now").unwrap();
        self.bob.sync(&mut self.relay);
        let fuse = &mut crate::client::Fuse::default();
        self.alice.receive(&mut self.relay, fuse).unwrap();
    }
}

#[test]
fn tim_2_a_login_a_delivery_and_an_acceptance_tell_the_time() {
    let mut world = World::chatting(700);
    (world.alice.sleeps, world.alice.now) = (true, FAR);
    let before = world.relay.time;
    world.relay.time = before + 1_000_000_000;
    let status = world.relay.status(&world.alice.address());
    world.alice.step(|engine, step| engine.upkeep(step, &status)).unwrap();
    assert_eq!(world.times(), (FAR, before + 1_000_000_000 + HOUR));
    world.tells(before + 2_000_000_000);
    assert_eq!(world.times(), (FAR, before + 2_000_000_001 + HOUR));
    world.relay.time = before + 3_000_000_000;
    world.alice.say(&handle("bob"), "now").unwrap();
    world.alice.flush(&mut world.relay, &mut crate::client::Fuse::default()).unwrap();
    // Receipts go along.
    assert!(world.relay.time > before + 3_000_000_000);
    assert_eq!(world.times(), (FAR, world.relay.time + HOUR));
}

#[test]
fn v14_tim_1_a_restart_remembers_and_grants_nothing() {
    let mut world = World::chatting(701);
    world.alice.sync(&mut world.relay);
    let (_, confirmed) = world.times();
    world.alice.now += 30 * 60 * 1000;
    let (_, counted) = world.times();
    assert_eq!(counted, confirmed + 30 * 60 * 1000);
    for _ in 0..10 {
        world.alice.now += 3 * DAY;
        world.alice.reboot();
        assert_eq!(world.times(), (world.alice.now, counted + HOUR));
    }
    world.alice.now = NOW - DAY;
    world.alice.reboot();
    assert_eq!(world.times(), (counted + HOUR, counted + HOUR));
}

#[test]
fn tim_5_a_clock_that_is_wrong_on_the_first_day_destroys_nothing() {
    let store = crate::store::Faulty::default();
    let mut alice = crate::client::Client::create(store, "alice", 702);
    alice.now = FAR;
    let destroys_by = alice.step(|engine, step| engine.destroys_by(step.tx)).unwrap();
    assert!(destroys_by <= HOUR + FAR - NOW, "what was counted, and no more");
    let mut new = crate::client::Client::create(crate::store::Faulty::default(), "alice", 703);
    assert_eq!(new.step(|engine, step| engine.destroys_by(step.tx)).unwrap(), HOUR);
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    Passes(u64),
    Sleeps(u64),
    Restarts,
    /// The clock of the device is set.
    Sets(u64),
    /// It is set right.
    SetsRight,
    /// The relay lies.
    Lies(u64),
    /// It does not.
    Tells,
}

fn happening() -> impl Strategy<Value = Happening> {
    let near = NOW - 3 * DAY..NOW + 3 * DAY;
    let wrong = || prop_oneof![4 => near.clone(), 1 => Just(FAR), 1 => Just(0)];
    prop_oneof![
        (0..DAY).prop_map(Happening::Passes),
        (0..DAY).prop_map(Happening::Sleeps),
        Just(Happening::Restarts),
        wrong().prop_map(Happening::Sets),
        Just(Happening::SetsRight),
        prop_oneof![wrong(), Just(u64::MAX)].prop_map(Happening::Lies),
        Just(Happening::Tells),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn v4_v6_v14_c5_whatever_happens_nothing_comes_back_and_nothing_goes_early(
        schedule in prop::collection::vec(happening(), 1..16),
    ) {
        let mut world = World::chatting(704);
        // The truth, how far clock and relay together were ahead of it, and what both of them, right, have said.
        let (mut truth, mut lead, mut agreed) = (NOW, 0, 0);
        let mut destroyed = 0;
        for happening in schedule {
            match happening {
                Happening::Passes(by) => {
                    truth += by;
                    world.alice.now += by;
                }
                Happening::Sleeps(by) => {
                    truth += by;
                    world.alice.sleeps = true;
                    world.alice.now += by;
                }
                Happening::Restarts => world.alice.reboot(),
                Happening::Sets(to) => {
                    world.alice.sleeps = true;
                    world.alice.now = to;
                }
                Happening::SetsRight => {
                    world.alice.sleeps = true;
                    world.alice.now = truth;
                }
                Happening::Lies(time) => {
                    world.tells(time);
                    // The relay counts one more for each message.
                    lead = lead.max(world.alice.now.min(world.relay.time).saturating_sub(truth));
                }
                Happening::Tells => {
                    world.tells(truth);
                    lead = lead.max(world.alice.now.min(world.relay.time).saturating_sub(truth));
                    if world.alice.now == truth {
                        agreed = truth;
                    }
                }
            }
            let (hides_by, destroys_by) = world.times();
            world.alice.sleeps = false;
            prop_assert!(destroys_by <= truth + HOUR + lead, "{happening:?}: destroyed early");
            prop_assert!(destroys_by >= destroyed.max(agreed), "{happening:?}: comes back");
            prop_assert!(hides_by >= destroys_by.max(world.alice.now));
            destroyed = destroys_by;
        }
    }
}
