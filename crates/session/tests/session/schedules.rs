//! Any schedule of sending, loss, duplication and reordering: each delivered message opens exactly once.
use crate::pair::{Pair, receive};
use aside_session::{Refused, Session};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Send {
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
        let mut in_flight: [Vec<(u32, Vec<u8>)>; 2] = [vec![], vec![]];
        let mut opened: [Vec<u32>; 2] = [vec![], vec![]];
        let mut count = 0u32;
        for step in steps {
            match step {
                Step::Send { bob } => {
                    let message = pair.send(&mut sessions[usize::from(bob)], &count.to_be_bytes());
                    in_flight[usize::from(!bob)].push((count, message));
                    count += 1;
                }
                Step::Deliver { to_bob, which, again } => {
                    let to = usize::from(to_bob);
                    if in_flight[to].is_empty() {
                        continue;
                    }
                    let which = which % in_flight[to].len();
                    let (number, message) =
                        if again { in_flight[to][which].clone() } else { in_flight[to].remove(which) };
                    match receive(&mut sessions[to], &message) {
                        Ok(text) => {
                            prop_assert_eq!(text, number.to_be_bytes());
                            prop_assert!(!opened[to].contains(&number));
                            opened[to].push(number);
                        }
                        Err(Refused::Replay) => prop_assert!(opened[to].contains(&number)),
                        // A chain is forgotten after four turns of the peer.
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
