use super::*;
use alloc::vec;
use proptest::{collection::vec as many, prelude::*};

const SECOND: u64 = 1000;
const DAY: u64 = 86_400 * SECOND;
/// When the relay accepts the message.
const T: u64 = 1_800_000_000_000;

const AFTER_SEND: ExpiryTerms = ExpiryTerms::AfterSend { duration_s: 86_400 };
const AFTER_READ: ExpiryTerms = ExpiryTerms::AfterRead { duration_s: 60, unread_cap_s: 604_800 };
const ONCE: ExpiryTerms = ExpiryTerms::Once { unread_cap_s: 604_800 };
const TWICE: ExpiryTerms = ExpiryTerms::OnceWithReplay { unread_cap_s: 604_800 };

fn read(at: u64) -> Fact {
    Fact::Read { at, told_at: at }
}

fn opened(id: u8, at: u64) -> Fact {
    Fact::Opened { id: MessageId::new([id; 16]), at, told_at: at }
}

/// Every order of `count` things, by Heap's algorithm.
fn each_order(count: usize, mut visit: impl FnMut(&[usize])) {
    let mut order: Vec<usize> = (0..count).collect();
    let mut turns = vec![0; count];
    visit(&order);
    let mut at = 1;
    while at < count {
        if turns[at] < at {
            order.swap(if at % 2 == 0 { 0 } else { turns[at] }, at);
            visit(&order);
            turns[at] += 1;
            at = 1;
        } else {
            turns[at] = 0;
            at += 1;
        }
    }
}

/// Seven facts about one message, of every kind there is; a device's own beginning goes to the others as a fact, too.
fn families() -> Vec<(ExpiryTerms, [Fact; 7])> {
    let sooner = Fact::Shortened(ExpiryTerms::AfterSend { duration_s: 3600 });
    let seen = |at| Fact::Seen { at: T + at };
    vec![
        (
            AFTER_READ,
            [
                seen(500),
                seen(7),
                read(T + 90_000),
                Fact::Read { at: T + DAY, told_at: T + 80_000 },
                Fact::Read { at: 0, told_at: T + 70_000 },
                sooner,
                Fact::Shortened(ExpiryTerms::AfterRead { duration_s: 30, unread_cap_s: 86_400 }),
            ],
        ),
        (
            TWICE,
            [
                seen(3),
                opened(1, T + 9000),
                opened(2, T + 8000),
                opened(3, T + 7000),
                Fact::Opened { id: MessageId::new([1; 16]), at: T + 6000, told_at: T + 6500 },
                Fact::Opened { id: MessageId::new([3; 16]), at: u64::MAX, told_at: T + 6800 },
                sooner,
            ],
        ),
        (
            TWICE,
            [
                opened(1, T + 9000),
                opened(2, T + 8000),
                opened(3, T + 8000),
                read(T + 100),
                Fact::Shortened(ONCE),
                Fact::Shortened(AFTER_READ),
                seen(1),
            ],
        ),
        (
            AFTER_SEND,
            [seen(20), seen(10), seen(30), sooner, Fact::Shortened(ExpiryTerms::Off), read(T), opened(9, T)],
        ),
        (AFTER_READ, [seen(1), read(T + 5), opened(1, T + 4), sooner, Fact::Gone, seen(2), read(T + 3)]),
    ]
}

// EXP-11, V1, V3: three devices of one reader, which had the message at different times and have different clocks, get
// seven facts and each other's beginnings in every order, and everything again at every step.
#[test]
fn exp_11_every_order_ends_in_the_same_deadline_on_three_devices() {
    for (terms, facts) in families() {
        let devices = [T + 40, T + 2 * DAY, T + 7 * DAY].map(|seen| Life::of_reader(terms, T - 5, T, seen));
        let others: Vec<Fact> = devices.iter().flat_map(Life::told).collect();
        let mut expected = None;
        each_order(facts.len(), |order| {
            for (number, device) in devices.iter().enumerate() {
                let mut life = device.clone();
                let mut before = life.deadline();
                for (step, fact) in order.iter().enumerate() {
                    life.learn(facts[*fact]);
                    // What the others tell comes at a different place for each device.
                    if step == number * 3 {
                        others.iter().for_each(|fact| life.learn(*fact));
                    }
                    let deadline = life.deadline();
                    assert!(deadline.is_some() && (before.is_none() || deadline <= before), "it rises");
                    before = deadline;
                    let known = life.clone();
                    order[..=step].iter().for_each(|fact| life.learn(facts[*fact]));
                    assert_eq!(life, known, "a repetition changes something");
                }
                assert_eq!(*expected.get_or_insert(before), before, "{terms:?} {order:?}");
            }
        });
    }
}

// EXP-13, EXP-11: the same for the author's devices.
#[test]
fn exp_11_every_order_ends_in_the_same_deadline_for_the_author() {
    let accepted = |at, told_at| Fact::Accepted { at, told_at };
    let facts = [
        accepted(T + 5, T + 9),
        accepted(T + 3, T + 8),
        accepted(u64::MAX, T + 4),
        accepted(0, T),
        Fact::Shortened(AFTER_READ),
        read(T - DAY),
        opened(1, T - DAY),
    ];
    for terms in [AFTER_SEND, AFTER_READ, ONCE, TWICE] {
        let mut expected = None;
        each_order(facts.len(), |order| {
            let mut life = Life::of_author(terms, T - 100);
            let mut before = None;
            for fact in order {
                life.learn(facts[*fact]);
                assert!(before.is_none() || life.deadline() <= before);
                before = life.deadline();
            }
            assert_eq!(*expected.get_or_insert(life.clone()), life);
        });
        assert_eq!(expected.unwrap().start(), Some(T - 100));
    }
}

// V1, C5
#[test]
fn v1_what_was_read_elsewhere_and_has_passed_is_gone_on_arrival() {
    let now = T + 3 * DAY;
    let mut late = Life::of_reader(AFTER_READ, T, T, now);
    assert!(!late.is_gone(now));
    late.learn(read(T + 5 * SECOND));
    assert!(late.is_gone(now));
    assert!(Life::of_reader(AFTER_SEND, T, T, now).is_gone(now), "without any word from elsewhere");
}

// V2: a report without a time says that it was read when it was told, neither at once nor never.
#[test]
fn v2_a_report_without_a_time_counts_when_it_was_told() {
    let mut life = Life::of_reader(AFTER_READ, T, T, T);
    life.learn(Fact::Read { at: u64::MAX, told_at: T + 9 * SECOND });
    assert_eq!(life.deadline(), Some(T + 69 * SECOND));
    let mut life = Life::of_reader(AFTER_READ, T, T, T);
    life.learn(Fact::Read { at: 0, told_at: T + 9 * SECOND });
    assert_eq!(life.deadline(), Some(T + 60 * SECOND), "not before it began");
}

// V3
#[test]
fn v3_the_clock_runs_from_the_reading_and_not_from_the_report() {
    let mut life = Life::of_reader(AFTER_READ, T, T, T);
    life.learn(Fact::Read { at: T + 10 * SECOND, told_at: T + DAY });
    assert_eq!(life.deadline(), Some(T + 70 * SECOND));
}

// V6: the sender's clock three days off, or as far as it can be; the relay's likewise; each alone moves nothing.
#[test]
fn v6_one_wrong_clock_moves_nothing() {
    for wrong in [0, T - 3 * DAY, T + 3 * DAY, u64::MAX] {
        let by_sender = Life::of_reader(AFTER_SEND, wrong, T, T + 5).start().unwrap();
        assert!((T..=T + 5).contains(&by_sender), "sender at {wrong}");
        let by_relay = Life::of_reader(AFTER_SEND, T, wrong, T + 5).start().unwrap();
        assert!((T..=T + 5).contains(&by_relay), "relay at {wrong}");
        let mut author = Life::of_author(AFTER_SEND, T);
        author.learn(Fact::Accepted { at: wrong, told_at: T + 5 });
        assert!((T..=T + 5).contains(&author.start().unwrap()), "relay at {wrong}, author");
    }
}

// V6: a device whose clock is three days behind counts by its own clock, and ends nothing on the others.
#[test]
fn v6_a_device_behind_ends_nothing_elsewhere() {
    let behind = Life::of_reader(AFTER_SEND, T, T + 2, T - 3 * DAY);
    assert_eq!(behind.start(), Some(T - 3 * DAY));
    let mut other = Life::of_reader(AFTER_SEND, T, T + 2, T + 5);
    behind.told().into_iter().for_each(|fact| other.learn(fact));
    assert_eq!(other.start(), Some(T));
    other.learn(Fact::Read { at: T - 3 * DAY, told_at: T + 9 });
    assert_eq!(other.deadline(), Some(T + DAY));
}

// V7
#[test]
fn v7_long_times_are_exact_across_every_unit() {
    let units = [
        1_u32, 59, 60, 3600, 86_400, 604_800, 2_147_483, 2_147_484, 2_419_200, 4_294_967, 4_294_968,
        31_536_000,
    ];
    for duration_s in units {
        let life = Life::of_reader(ExpiryTerms::AfterSend { duration_s }, T, T, T);
        let end = T + u64::from(duration_s) * SECOND;
        assert_eq!(life.deadline(), Some(end));
        assert!(!life.is_gone(end - 1) && life.is_gone(end));
    }
}

// V8
#[test]
fn v8_an_authors_clock_starts_with_the_acceptance() {
    let mut life = Life::of_author(AFTER_SEND, T);
    assert_eq!(life.deadline(), None);
    assert!(!life.is_gone(u64::MAX));
    life.learn(Fact::Accepted { at: T + 9 * DAY, told_at: T + 9 * DAY });
    assert_eq!(life.deadline(), Some(T + 10 * DAY));
}

// V9
#[test]
fn v9_what_is_never_read_goes_at_its_cap() {
    for terms in [AFTER_READ, ONCE, TWICE] {
        let life = Life::of_reader(terms, T, T, T);
        assert!(!life.is_gone(T + 7 * DAY - 1) && life.is_gone(T + 7 * DAY));
    }
    // It is a ceiling for what is read late, too.
    let mut life = Life::of_reader(AFTER_READ, T, T, T);
    life.learn(read(T + 7 * DAY - SECOND));
    assert_eq!(life.deadline(), Some(T + 7 * DAY));
}

// V12, EXP-13
#[test]
fn v12_an_authors_copy_does_not_depend_on_receipts() {
    for terms in [AFTER_SEND, AFTER_READ, ONCE, TWICE] {
        let mut life = Life::of_author(terms, T);
        life.learn(Fact::Accepted { at: T, told_at: T });
        let before = life.clone();
        for reader in 0..48 {
            life.learn(read(T + u64::from(reader)));
            life.learn(opened(reader, T));
            life.learn(Fact::Seen { at: 0 });
        }
        assert_eq!(life, before);
    }
}

// EXP-13: an author has read what they wrote.
#[test]
fn v12_an_authors_copy_lives_as_if_it_was_read_at_once() {
    let mut life = Life::of_author(AFTER_READ, T);
    life.learn(Fact::Accepted { at: T, told_at: T });
    assert_eq!(life.deadline(), Some(T + 60 * SECOND));
}

// EXP-13, EXP-10
#[test]
fn an_author_keeps_nothing_of_what_is_opened_once() {
    for terms in [ONCE, TWICE] {
        let mut life = Life::of_author(terms, T);
        assert_eq!(life.openings_left(), Some(0));
        assert!(!life.is_gone(u64::MAX));
        life.learn(Fact::Accepted { at: T + 5, told_at: T + 5 });
        assert!(life.is_gone(T + 5));
    }
}

// EXP-10
#[test]
fn exp_10_openings_are_counted_once_each() {
    let mut life = Life::of_reader(TWICE, T, T, T);
    assert_eq!(life.openings_left(), Some(2));
    life.learn(opened(1, T + 10));
    life.learn(opened(1, T + 5));
    assert_eq!(life.openings_left(), Some(1));
    assert!(!life.is_gone(T + DAY));
    life.learn(opened(2, T + 20));
    assert_eq!(life.openings_left(), Some(0));
    assert!(!life.is_gone(T + 19) && life.is_gone(T + 20));
    life.learn(opened(3, T + 15));
    assert!(life.is_gone(T + 15), "the second of three");
    let mut once = Life::of_reader(ONCE, T, T, T);
    once.learn(opened(1, T + 7));
    assert!(!once.is_gone(T + 6) && once.is_gone(T + 7));
    assert_eq!(Life::of_reader(AFTER_SEND, T, T, T).openings_left(), None);
}

// EXP-6
#[test]
fn exp_6_only_shorter_ever() {
    let mut life = Life::of_reader(AFTER_SEND, T, T, T);
    for longer in [ExpiryTerms::Off, ExpiryTerms::AfterSend { duration_s: 31_536_000 }] {
        life.learn(Fact::Shortened(longer));
        assert_eq!(life.deadline(), Some(T + DAY));
    }
    life.learn(Fact::Shortened(ExpiryTerms::AfterSend { duration_s: 1 }));
    assert_eq!(life.deadline(), Some(T + SECOND));
    let mut life = Life::of_reader(ExpiryTerms::Off, T, T, T);
    assert_eq!(life.deadline(), None);
    life.learn(Fact::Shortened(ONCE));
    assert_eq!(life.deadline(), Some(T + 7 * DAY));
    life.learn(Fact::Gone);
    assert!(life.is_gone(0));
}

#[test]
fn times_at_the_end_of_all_numbers_saturate() {
    let mut life = Life::of_reader(AFTER_READ, u64::MAX, u64::MAX, u64::MAX);
    life.learn(read(u64::MAX));
    assert_eq!(life.deadline(), Some(u64::MAX));
    assert!(life.is_gone(u64::MAX) && !life.is_gone(u64::MAX - 1));
}

#[test]
fn what_no_export_writes_is_no_life() {
    let mut life = Life::of_reader(TWICE, T, T, T);
    life.learn(opened(1, T + 1));
    life.learn(opened(2, T + 2));
    life.learn(Fact::Shortened(AFTER_READ));
    let bytes = life.export();
    assert_eq!(Life::import(&bytes), Ok(life));
    for end in 0..bytes.len() {
        assert_eq!(Life::import(&bytes[..end]), Err(NotALife), "cut at {end}");
    }
    assert_eq!(Life::import(&[bytes.as_slice(), &[0]].concat()), Err(NotALife));
    for (at, wrong, what) in [
        (0, bytes[0] | 128, "an unknown flag"),
        (0, bytes[0] | 1, "an author who reads"),
        (0, bytes[0] & !64, "opened and not read"),
        (1, bytes[1] | 3, "as often as nobody can"),
        (1, 3 << 2 | 2, "more openings than count"),
        (10, 0xFF, "more than a year"),
        (35, 0xFF, "openings out of order"),
    ] {
        let mut broken = bytes.clone();
        assert_ne!(broken[at], wrong, "{what}");
        broken[at] = wrong;
        assert_eq!(Life::import(&broken), Err(NotALife), "{what}");
    }
    let twice = Opening { at: T, id: MessageId::new([1; 16]) };
    let same = Life { openings: vec![twice, twice], ..Life::import(&bytes).unwrap() };
    assert_eq!(Life::import(&same.export()), Err(NotALife), "one opening twice");
    let unseen = Life { start: None, ..Life::of_reader(ONCE, T, T, T) };
    assert_eq!(Life::import(&unseen.export()), Err(NotALife), "a reader who never had it");
}

fn any_time() -> impl Strategy<Value = u64> {
    let near = T - 4 * DAY..T + 4 * DAY;
    prop_oneof![6 => near, 1 => any::<u64>(), 1 => Just(0), 1 => Just(u64::MAX), 1 => u64::MAX - DAY..=u64::MAX]
}

fn any_terms() -> impl Strategy<Value = ExpiryTerms> {
    let seconds = || prop_oneof![Just(1), Just(2_419_200), Just(31_536_000), 1..=31_536_000_u32];
    prop_oneof![
        Just(ExpiryTerms::Off),
        seconds().prop_map(|duration_s| ExpiryTerms::AfterSend { duration_s }),
        (seconds(), seconds())
            .prop_map(|(duration_s, unread_cap_s)| ExpiryTerms::AfterRead { duration_s, unread_cap_s }),
        seconds().prop_map(|unread_cap_s| ExpiryTerms::Once { unread_cap_s }),
        seconds().prop_map(|unread_cap_s| ExpiryTerms::OnceWithReplay { unread_cap_s }),
    ]
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        (any_time(), any_time()).prop_map(|(at, told_at)| Fact::Accepted { at, told_at }),
        any_time().prop_map(|at| Fact::Seen { at }),
        (any_time(), any_time()).prop_map(|(at, told_at)| Fact::Read { at, told_at }),
        (0..4_u8, any_time(), any_time()).prop_map(|(id, at, told_at)| Fact::Opened {
            id: MessageId::new([id; 16]),
            at,
            told_at
        }),
        any_terms().prop_map(Fact::Shortened),
        Just(Fact::Gone),
    ]
}

fn any_life() -> impl Strategy<Value = Life> {
    prop_oneof![
        3 => (any_terms(), any_time(), any_time(), any_time())
            .prop_map(|(terms, sent, accepted, seen)| Life::of_reader(terms, sent, accepted, seen)),
        1 => (any_terms(), any_time()).prop_map(|(terms, sent)| Life::of_author(terms, sent)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    // EXP-11
    #[test]
    fn exp_11_any_facts_in_two_orders_and_again(
        life in any_life(),
        facts in many(any_fact(), 0..12),
        turn in any::<usize>(),
    ) {
        let (mut one, mut other) = (life.clone(), life);
        let mut before = one.deadline();
        for fact in &facts {
            one.learn(*fact);
            prop_assert!(before.is_none() || one.deadline().is_some_and(|now| Some(now) <= before));
            before = one.deadline();
        }
        let mut turned = facts.clone();
        if !turned.is_empty() {
            let middle = turn % turned.len();
            turned.rotate_left(middle);
            turned.reverse();
        }
        turned.iter().chain(&facts).for_each(|fact| other.learn(*fact));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(Life::import(&one.export()), Ok(one));
    }

    // EXP-10, V4: whatever is known, once gone is gone, at every later time and with every later fact.
    #[test]
    fn v4_gone_stays_gone(life in any_life(), facts in many(any_fact(), 0..6), now in any_time(), slept in any::<u64>()) {
        let mut life = life;
        let gone = life.is_gone(now);
        facts.iter().for_each(|fact| life.learn(*fact));
        prop_assert!(!gone || (life.is_gone(now) && life.is_gone(now.saturating_add(slept))));
    }

    // EXP-14: whoever learns what a device tells knows the life at least as short as it says.
    #[test]
    fn exp_14_what_is_told_leads_to_the_same(
        terms in any_terms(), sent in any_time(), accepted in any_time(), seen in any_time(),
        facts in many(any_fact(), 0..6),
    ) {
        let mut here = Life::of_reader(terms, sent, accepted, seen);
        let mut there = Life::of_reader(terms, sent, accepted, u64::MAX);
        for fact in facts {
            here.learn(fact);
            // Everybody hears the author.
            if let Fact::Shortened(_) = fact {
                there.learn(fact);
            }
        }
        let floor = sent.min(accepted);
        here.told().into_iter().for_each(|fact| there.learn(fact));
        if here.start().is_some_and(|start| start >= floor) {
            prop_assert_eq!(there.deadline(), here.deadline());
        } else {
            prop_assert!(there.start() >= Some(floor));
        }
    }
}
