use super::*;
use governor::clock::FakeRelativeClock;

const ALICE: Account = Account([1; 32]);
const BOB: Account = Account([2; 32]);
const SECOND: Duration = Duration::from_secs(1);

fn counter(burst: u32, each: Duration) -> (Counter<FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (Counter::with_clock(Rate { burst, each }, clock.clone()), clock)
}

fn is_room(counter: &Counter<FakeRelativeClock>, number: usize) -> bool {
    match counter.count(&ALICE, number) {
        Ok(()) => true,
        Err(refused) => {
            assert_eq!(refused.code, RefusalCode::Rate);
            false
        }
    }
}

#[test]
// RLY-30.
fn a_burst_then_one_at_a_time() {
    let (counter, clock) = counter(3, SECOND);
    for _ in 0..3 {
        assert!(is_room(&counter, 1));
    }
    // What is refused costs nothing.
    for _ in 0..9 {
        assert!(!is_room(&counter, 1));
    }
    counter.count(&BOB, 3).unwrap();
    clock.advance(SECOND);
    assert!(is_room(&counter, 1) && !is_room(&counter, 1));
    // No pause earns more than a burst.
    clock.advance(999 * SECOND);
    assert!(!is_room(&counter, 4) && is_room(&counter, 3));
    assert!(!is_room(&counter, 1) && is_room(&counter, 0));
}

#[test]
// RLY-15, RLY-30.
fn t1_whoever_owes_nothing_is_forgotten_and_no_other() {
    let (counter, clock) = counter(3, SECOND);
    clock.advance(999 * SECOND);
    counter.count(&BOB, 3).unwrap();
    assert!(is_room(&counter, 1));
    clock.advance(2 * SECOND);
    counter.forget();
    assert_eq!(counter.limiter.len(), 1);
    // It is Bob who still owes something.
    assert!(counter.count(&BOB, 3).is_err() && is_room(&counter, 3));
    clock.advance(9 * SECOND);
    counter.forget();
    assert!(counter.limiter.is_empty());
}

#[test]
// RLY-15.
fn t1_however_many_come_what_is_remembered_is_bounded() {
    let (counter, _) = counter(3, SECOND);
    for number in 0..COUNTED + 20_000 {
        let _ = counter.count(&number, 1);
    }
    assert!(counter.limiter.len() <= COUNTED + usize::try_from(SHARED).unwrap());
    // They share what is left, and it is an end.
    assert!((0..20_000).any(|number| counter.count(&(number, "new"), 1).is_err()));
}

#[test]
// RLY-114.
fn h2_whoever_fills_the_counts_of_pairs_stops_nobody() {
    let clock = FakeRelativeClock::default();
    let rate = Rate { burst: 3, each: SECOND };
    let counter = Counter { full: Full::Skips, ..Counter::with_clock(rate, clock.clone()) };
    assert!(is_room(&counter, 3));
    for number in 0..COUNTED + 20_000 {
        counter.count(&number, 1).unwrap();
    }
    assert!(counter.limiter.len() <= COUNTED);
    for _ in 0..9 {
        assert!((0..20_000).all(|number| counter.count(&(number, "new"), 1).is_ok()));
    }
    // Who was counted is counted on, once there is room.
    clock.advance(2 * SECOND);
    counter.forget();
    assert!(is_room(&counter, 2) && !is_room(&counter, 1));
}

#[test]
// RLY-114.
fn t6_whoever_fills_the_contacts_stops_nobody() {
    let known = Known::new(3600 * SECOND);
    let pair = |number: u32| {
        let mut key = [7; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        (ALICE, Account(key))
    };
    known.learn(&pair(0));
    assert!(known.has(&pair(0)) && !known.has(&pair(1)));
    for number in 1..u32::try_from(COUNTED).unwrap() {
        known.learn(&pair(number));
    }
    assert!(known.has(&(ALICE, BOB)) && known.has(&pair(0)));
    known.unlearn(&pair(0));
    assert!(!known.has(&pair(0)) && !known.has(&(ALICE, BOB)));
}

#[test]
// RLY-113.
fn h2_each_of_several_nodes_lets_its_share_of_one_time_prekeys_go() {
    let of = |account| Mailbox { account, device: aside_identity::DeviceId::FIRST };
    for (nodes, share) in [(0, 50), (1, 50), (2, 25), (3, 16), (50, 1), (51, 1), (u32::MAX, 1)] {
        let meter = Meter::new(&Rates::default());
        let gone = (0..100).filter(|_| meter.one_time(of(ALICE), nodes)).count();
        assert_eq!(gone, share, "{nodes}");
        assert!(meter.one_time(of(BOB), nodes));
    }
}

#[test]
// RLY-72.
fn t6_the_same_contact_counts_once_and_what_was_refused_is_not_learned() {
    let rates = Rates { contacts: Rate { burst: 2, each: 3600 * SECOND }, ..Rates::default() };
    let meter = Meter::new(&rates);
    let send = |to: u8, channel| {
        let sender = Mailbox { account: ALICE, device: aside_identity::DeviceId::FIRST };
        let message = Enqueue {
            sender,
            generation: 0,
            client_id: [0; 16],
            recipient: Account([to; 32]),
            channel,
            list_version: 1,
            parcels: vec![],
            now: 0,
            passed: crate::store::Passed(0),
            until: crate::store::Passed(0),
        };
        meter.send(&message).is_ok()
    };
    for _ in 0..9 {
        assert!(send(2, Channel::Thread) && send(3, Channel::Thread));
        assert!(!send(4, Channel::Thread) && send(4, Channel::Session) && send(1, Channel::Thread));
    }
    meter.forget();
    assert!(send(2, Channel::Thread) && !send(4, Channel::Thread));
}

#[test]
fn a_factor_allows_so_many_times_as_much() {
    let Rates { contacts, .. } = Rates::default().times(10);
    let (counter, clock) = counter(contacts.burst, contacts.each);
    assert!(is_room(&counter, 2_000) && !is_room(&counter, 1));
    clock.advance(44 * SECOND);
    assert!(is_room(&counter, 1) && !is_room(&counter, 1));
    let Rates { sends, .. } = Rates::default().times(1_000_000);
    let counter = Counter::new(sends);
    assert!((0..100).all(|_| counter.count(&ALICE, 100_000).is_ok()));
}

#[test]
// RLY-30, RLY-70 to RLY-73, RLY-110, RLY-111.
fn the_default_rates_are_those_of_the_limits() {
    let Rates {
        appends,
        appended_kib,
        logs,
        fanned_out,
        fanned_to_one,
        transients,
        statements,
        sends,
        sends_to_one,
        sent_kib,
        contacts,
        resolves,
        bundles,
        bundles_of_one,
        one_time,
        published,
        registrations,
        connections,
    } = Rates::default();
    let (hour, day) = (60 * 60, 24 * 60 * 60);
    for (rate, burst, seconds) in [
        (appends, 30, 30),
        (appended_kib, 4096, 960),
        (logs, 50, day),
        (fanned_out, 1 << 18, 240),
        (fanned_to_one, 1_000, 2_000),
        (transients, 20, 10),
        (statements, 60, hour),
        (sends, 10_000, 500),
        (sends_to_one, 2_000, 1_000),
        (sent_kib, 65_536, 32 * 60),
        (contacts, 200, day),
        (resolves, 300, 3 * hour),
        (bundles, 2_048, 61_440),
        (bundles_of_one, 24, 6 * hour),
        (one_time, 50, 9_000),
        (published, 500, day),
        (registrations, 30, 25_920),
        (connections, 600, 120),
    ] {
        let (counter, clock) = counter(rate.burst, rate.each);
        assert!(is_room(&counter, burst) && !is_room(&counter, 1));
        // The whole burst is there again after so many seconds, give or take what the division drops.
        clock.advance((seconds - 1) * SECOND);
        assert!(!is_room(&counter, burst), "{burst} after {seconds}");
        clock.advance(3 * SECOND);
        assert!(is_room(&counter, burst), "{burst} after {seconds}");
    }
}
