use super::*;
use proptest::prelude::*;

const HOUR: u64 = TOLERANCE_MS;
const DAY: u64 = 24 * HOUR;
/// 2026-01-01.
const START: u64 = 1_767_225_600_000;
/// 2099-01-01.
const FAR: u64 = 4_070_908_800_000;

/// What happens to a device.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// The program runs for so long.
    Runs(u64),
    /// The device sleeps for so long, and no clock counts but the one that is set.
    Sleeps(u64),
    /// The program ends and begins again.
    Restarts,
    /// Somebody sets the clock.
    Sets(Setting),
    /// The relay says what time it is.
    Tells(Setting),
}

/// What a clock or a relay takes for the time.
#[derive(Clone, Copy, Debug)]
enum Setting {
    Right,
    Ahead(u64),
    Behind(u64),
    At(u64),
}

impl Setting {
    fn at(self, now: u64) -> u64 {
        match self {
            Self::Right => now,
            Self::Ahead(by) => now + by,
            Self::Behind(by) => now - by,
            Self::At(time) => time,
        }
    }

    /// The same, as the clock goes on from there.
    fn goes_on(self, now: u64) -> Self {
        let at = self.at(now);
        if at >= now { Self::Ahead(at - now) } else { Self::Behind(now - at) }
    }
}

/// A device with a program that looks at the time whenever something happens.
struct Device {
    /// The time it truly is.
    truth: u64,
    clock: Setting,
    kept: TimeMark,
    /// What was confirmed when the program looked last, if it has run since, and what it has counted since.
    counts: Option<(u64, u64)>,
    /// By how much clock and relay together were ahead, at the most.
    lead: u64,
    /// What clock and relay, each right, have said.
    agreed: u64,
}

impl Device {
    fn new() -> Self {
        let kept = TimeMark::default();
        Self { truth: START, clock: Setting::Right, kept, counts: None, lead: 0, agreed: 0 }
    }

    fn wall(&self) -> u64 {
        self.clock.at(self.truth)
    }

    fn meets(&mut self, happening: Happening) {
        let mut told = 0;
        match happening {
            Happening::Runs(by) => {
                self.truth += by;
                self.counts = self.counts.map(|(from, counted)| (from, counted + by));
            }
            Happening::Sleeps(by) => self.truth += by,
            Happening::Restarts => self.counts = None,
            Happening::Sets(setting) => self.clock = setting.goes_on(self.truth),
            Happening::Tells(setting) => told = setting.at(self.truth),
        }
        let counted = self.counts.map_or(0, |(from, counted)| from + counted);
        let wall = self.wall();
        self.lead = self.lead.max(wall.min(told).saturating_sub(self.truth));
        if wall == self.truth && told == self.truth {
            self.agreed = self.truth;
        }
        self.kept = self.kept.observe(Observation { wall, counted, told });
        self.counts = Some((self.kept.confirmed, 0));
    }
}

fn setting() -> impl Strategy<Value = Setting> {
    prop_oneof![
        4 => Just(Setting::Right),
        2 => (0..=3 * DAY).prop_map(Setting::Ahead),
        2 => (0..=3 * DAY).prop_map(Setting::Behind),
        1 => Just(Setting::At(FAR)),
        1 => Just(Setting::At(0)),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let tells = prop_oneof![5 => setting(), 1 => Just(Setting::At(u64::MAX))];
    prop_oneof![
        (0..2 * DAY).prop_map(Happening::Runs),
        (0..2 * DAY).prop_map(Happening::Sleeps),
        Just(Happening::Restarts),
        setting().prop_map(Happening::Sets),
        tells.prop_map(Happening::Tells),
    ]
}

fn seen(wall: u64, counted: u64, told: u64) -> Observation {
    Observation { wall, counted, told }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn tim_2_nothing_is_destroyed_an_hour_early_unless_clock_and_relay_lie_at_once(
        schedule in prop::collection::vec(happening(), 1..40),
    ) {
        let mut device = Device::new();
        for happening in schedule {
            device.meets(happening);
            let latest = device.truth + HOUR + device.lead;
            prop_assert!(device.kept.destroys_by() <= latest, "{happening:?}: {:?}", device.kept);
        }
    }

    #[test]
    fn tim_2_what_is_destroyed_stays_so_and_what_was_counted_counts(
        schedule in prop::collection::vec(happening(), 1..40),
    ) {
        let mut device = Device::new();
        for happening in schedule {
            let before = device.kept;
            device.meets(happening);
            prop_assert!(device.kept.destroys_by() >= before.destroys_by());
            prop_assert!(device.kept.hides_by(device.wall()) >= device.kept.destroys_by());
            if let Happening::Runs(by) = happening && before != TimeMark::default() {
                prop_assert!(device.kept.destroys_by() >= before.confirmed + by);
            }
        }
    }

    #[test]
    fn v4_v6_c5_what_has_expired_is_hidden_whatever_the_clock_says_later(
        schedule in prop::collection::vec(happening(), 1..40),
    ) {
        let mut device = Device::new();
        for happening in schedule {
            device.meets(happening);
            let hidden = device.kept.hides_by(device.wall());
            // A clock that is not behind hides on its own, after sleep and after a restart too.
            prop_assert!(hidden >= device.truth || device.wall() < device.truth);
            // What both agreed on once holds for ever.
            prop_assert!(hidden >= device.agreed);
            prop_assert!(device.kept.destroys_by() >= device.agreed);
        }
    }
}

#[test]
fn tim_2_a_relay_alone_moves_nothing() {
    let kept = TimeMark::default().observe(seen(START, 0, START));
    for told in [0, START - 3 * DAY, START + 3 * DAY, FAR, u64::MAX] {
        let after = kept.observe(seen(START, 0, told));
        assert_eq!((after.confirmed, after.mark), (START, START));
        assert_eq!(after.hides_by(START), START);
        assert_eq!(after.hides_by(START - HOUR), START);
    }
}

#[test]
fn tim_2_a_lie_of_the_relay_does_not_wait_for_the_clock_to_err() {
    let kept = TimeMark::default().observe(seen(START, 0, START)).observe(seen(START, 0, u64::MAX));
    assert_eq!(kept.observe(seen(FAR, 0, 0)).destroys_by(), START + HOUR);
    assert_eq!(kept.observe(seen(FAR, 0, START + 1)).destroys_by(), START + 1 + HOUR);
}

#[test]
fn tim_4_a_clock_set_to_2099_and_back_hides_for_a_while_and_destroys_nothing_however_often() {
    let mut kept = TimeMark::default().observe(seen(START, 0, START));
    for _ in 0..1_000 {
        kept = kept.observe(seen(FAR, 0, 0));
        assert_eq!((kept.hides_by(FAR), kept.destroys_by()), (FAR, START + HOUR));
        kept = kept.observe(seen(START, 0, START));
    }
    assert_eq!(kept.hides_by(START), START + HOUR);
}

#[test]
fn v6_a_clock_three_days_ahead_destroys_when_the_relay_says_so() {
    let ahead = |now| TimeMark::default().observe(seen(now + 3 * DAY, 0, now));
    assert_eq!(ahead(START).destroys_by(), START + HOUR);
    assert_eq!(ahead(START + DAY).destroys_by(), START + DAY + HOUR);
}

#[test]
fn v6_a_clock_that_was_always_three_days_behind_goes_by_itself() {
    let kept = TimeMark::default().observe(seen(START - 3 * DAY, 0, START));
    assert_eq!(kept.hides_by(START - 3 * DAY), START - 3 * DAY);
    assert_eq!(kept.destroys_by(), START - 3 * DAY);
}

#[test]
fn c5_a_clock_set_back_does_not_stop_time() {
    let kept = TimeMark::default().observe(seen(START, 0, START));
    // While the program runs, it counts.
    let counted = kept.observe(seen(START - DAY, START + HOUR, 0));
    assert_eq!((counted.hides_by(START - DAY), counted.destroys_by()), (START + HOUR, START + HOUR));
    // Begun anew, it has the relay's word, which is enough to hide.
    let told = kept.observe(seen(START - DAY, 0, START + HOUR));
    assert_eq!((told.hides_by(START - DAY), told.destroys_by()), (START + HOUR, START));
    // What has waited at the relay tells an older time, which takes nothing back.
    assert_eq!(told.observe(seen(START - DAY, 0, START)).hides_by(START - DAY), START + HOUR);
    // Less than an hour behind, the clock is not known to be wrong.
    let little = kept.observe(seen(START - HOUR, 0, START + DAY));
    assert_eq!(little.hides_by(START - HOUR), START);
}

#[test]
fn v14_a_restart_neither_forgets_nor_grants_another_hour() {
    let mut kept = TimeMark::default().observe(seen(START, 0, START));
    for _ in 0..100 {
        kept = kept.observe(seen(START + 3 * DAY, 0, 0));
    }
    assert_eq!(kept.destroys_by(), START + HOUR);
}

#[test]
fn tim_5_a_new_device_has_confirmed_nothing() {
    let new = TimeMark::default();
    assert_eq!((new.destroys_by(), new.hides_by(FAR)), (0, FAR));
    assert_eq!(new.observe(seen(FAR, 0, 0)).destroys_by(), HOUR);
}

#[test]
fn times_at_the_end_of_the_range_stay_there() {
    let end = TimeMark::default().observe(seen(u64::MAX, u64::MAX, u64::MAX));
    assert_eq!((end.confirmed, end.mark, end.heard), (u64::MAX, u64::MAX, u64::MAX));
    assert_eq!(end.hides_by(0), u64::MAX);
}
