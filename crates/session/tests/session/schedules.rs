//! Any schedule of sending, loss, duplication and reordering: each delivered message opens exactly once.
use crate::pair::{Pair, notice, receive};
use aside_session::{CannotSend, Refused, Session, limits::TRANSIENT_WINDOW};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Send {
        bob: bool,
    },
    /// A transient message, if there is a chain to go with.
    Hint {
        bob: bool,
    },
    /// Delivers one of the undelivered messages; `again` keeps it for another time.
    Deliver {
        to_bob: bool,
        which: usize,
        again: bool,
    },
    Restart {
        bob: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<bool>().prop_map(|bob| Step::Send { bob }),
        2 => any::<bool>().prop_map(|bob| Step::Hint { bob }),
        3 => (any::<bool>(), any::<usize>(), prop::bool::weighted(0.2))
            .prop_map(|(to_bob, which, again)| Step::Deliver { to_bob, which, again }),
        1 => any::<bool>().prop_map(|bob| Step::Restart { bob }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_delivered_message_opens_exactly_once(seed in 0u64..1000, steps in prop::collection::vec(step(), 1..120)) {
        let mut pair = Pair::new(seed);
        let (alice, bob) = pair.established();
        let mut sessions = [alice, bob];
        let mut in_flight: [Vec<(u32, bool, Vec<u8>)>; 2] = [vec![], vec![]];
        let mut opened: [Vec<u32>; 2] = [vec![], vec![]];
        let mut count = 0u32;
        for step in steps {
            match step {
                Step::Send { bob } => {
                    let message = pair.send(&mut sessions[usize::from(bob)], &count.to_be_bytes());
                    in_flight[usize::from(!bob)].push((count, false, message));
                    count += 1;
                }
                Step::Hint { bob } => match pair.hint(&mut sessions[usize::from(bob)], &count.to_be_bytes()) {
                    Ok(message) => {
                        in_flight[usize::from(!bob)].push((count, true, message));
                        count += 1;
                    }
                    Err(refused) => prop_assert_eq!(refused, CannotSend::NotYet),
                },
                Step::Deliver { to_bob, which, again } => {
                    let to = usize::from(to_bob);
                    if in_flight[to].is_empty() {
                        continue;
                    }
                    let which = which % in_flight[to].len();
                    let (number, transient, message) =
                        if again { in_flight[to][which].clone() } else { in_flight[to].remove(which) };
                    let open = if transient { notice } else { receive };
                    match open(&mut sessions[to], &message) {
                        Ok(text) => {
                            prop_assert_eq!(text, number.to_be_bytes());
                            prop_assert!(!opened[to].contains(&number));
                            opened[to].push(number);
                        }
                        Err(Refused::Replay) => prop_assert!(opened[to].contains(&number)),
                        // A chain is forgotten after four turns of the peer. No transient message announces one.
                        Err(Refused::Mac) => {}
                        Err(other) => prop_assert!(false, "{other}"),
                    }
                }
                Step::Restart { bob } => {
                    let session = &mut sessions[usize::from(bob)];
                    *session = Session::import(&session.export()).unwrap();
                }
            }
        }
    }
}

/// A transient message on its way, and where it stands by our own count.
#[derive(Clone)]
struct Hint {
    chain: u32,
    number: u32,
    bytes: Vec<u8>,
}

/// One side: its sending chain and counter, and what it has received of the peer's chains.
struct Side {
    session: Session,
    due: bool,
    chain: u32,
    number: u32,
    received: Vec<(u32, u32)>,
    hints: Vec<Hint>,
}

impl Side {
    fn new(session: Session, due: bool, chain: u32) -> Self {
        Self { session, due, chain, number: 0, received: Vec::new(), hints: Vec::new() }
    }

    /// What must become of a transient message of the peer.
    fn expect(&self, hint: &Hint) -> Result<(), Refused> {
        let old = |(chain, number): &(u32, u32)| {
            *chain == hint.chain && (*number == hint.number || *number >= hint.number + TRANSIENT_WINDOW)
        };
        if self.received.iter().any(old) { Err(Refused::Replay) } else { Ok(()) }
    }
}

/// Messages arrive at once and in order; transient ones late, twice, out of order or never.
#[derive(Debug, Clone, Copy)]
enum Around {
    Message { bob: bool },
    Hints { bob: bool, count: u8 },
    Deliver { to_bob: bool, which: usize, again: bool },
    Lose { to_bob: bool },
    Restart { bob: bool },
}

fn around() -> impl Strategy<Value = Around> {
    prop_oneof![
        1 => any::<bool>().prop_map(|bob| Around::Message { bob }),
        4 => (any::<bool>(), 0u8..40).prop_map(|(bob, count)| Around::Hints { bob, count }),
        8 => (any::<bool>(), any::<usize>(), prop::bool::weighted(0.3))
            .prop_map(|(to_bob, which, again)| Around::Deliver { to_bob, which, again }),
        1 => any::<bool>().prop_map(|to_bob| Around::Lose { to_bob }),
        1 => any::<bool>().prop_map(|bob| Around::Restart { bob }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // SES-30, SES-33, SES-34, SES-36
    #[test]
    fn every_transient_message_opens_once_within_its_window_and_nothing_grows(
        seed in 0u64..1000,
        steps in prop::collection::vec(around(), 1..150),
    ) {
        let mut pair = Pair::new(seed);
        let (alice, bob) = pair.established();
        // Alice has read Bob's answer.
        let mut sides = [Side::new(alice, true, 0), Side::new(bob, false, 1)];
        for step in steps {
            match step {
                Around::Message { bob } => {
                    let (from, to) = (usize::from(bob), usize::from(!bob));
                    if std::mem::take(&mut sides[from].due) {
                        sides[from].chain += 2;
                        sides[from].number = 0;
                    }
                    let message = pair.send(&mut sides[from].session, b"text");
                    prop_assert_eq!(receive(&mut sides[to].session, &message), Ok(b"text".to_vec()));
                    sides[to].due |= sides[from].chain > sides[to].chain;
                }
                Around::Hints { bob, count } => for _ in 0..count {
                    let (from, to) = (usize::from(bob), usize::from(!bob));
                    let sent = pair.hint(&mut sides[from].session, b"typing");
                    prop_assert_eq!(sent.is_err(), sides[from].due);
                    let Ok(bytes) = sent else { break };
                    let (chain, number) = (sides[from].chain, sides[from].number);
                    sides[from].number += 1;
                    sides[to].hints.push(Hint { chain, number, bytes });
                },
                Around::Deliver { to_bob, which, again } => {
                    let [alice, bob] = &mut sides;
                    let (side, peer) = if to_bob { (bob, alice) } else { (alice, bob) };
                    if side.hints.is_empty() {
                        continue;
                    }
                    let which = which % side.hints.len();
                    let hint = if again { side.hints[which].clone() } else { side.hints.remove(which) };
                    let size = side.session.export().len();
                    // Four old chains and the current one; each chain of the peer is the second after the one before.
                    let expected =
                        if hint.chain + 2 * 4 < peer.chain { Err(Refused::Mac) } else { side.expect(&hint) };
                    prop_assert_eq!(notice(&mut side.session, &hint.bytes).map(|_| ()), expected);
                    if expected.is_ok() {
                        side.received.push((hint.chain, hint.number));
                    }
                    prop_assert_eq!(side.session.export().len(), size);
                }
                Around::Lose { to_bob } => sides[usize::from(to_bob)].hints.clear(),
                Around::Restart { bob } => {
                    let session = &mut sides[usize::from(bob)].session;
                    *session = Session::import(&session.export()).unwrap();
                }
            }
        }
    }
}
