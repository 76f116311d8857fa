//! Any schedule of sending, loss, duplication, reordering, restarts and handovers: each delivered message opens exactly
//! once, at exactly those who had the chain when it was sent.

use crate::world::{World, receive};
use aside_group::{ReceivingChain, Refused, SendingChain};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Send,
    /// Somebody else gets the chain.
    Join,
    Deliver {
        to: usize,
        which: usize,
    },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Send),
        1 => Just(Step::Join),
        8 => (any::<usize>(), any::<usize>()).prop_map(|(to, which)| Step::Deliver { to, which }),
        1 => Just(Step::Restart),
    ]
}

/// One receiver: its chain, from which message on it has it, and what it has opened.
struct Reader {
    chain: ReceivingChain,
    from: usize,
    opened: Vec<usize>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // GRP-28, GRP-34
    #[test]
    fn every_delivered_message_opens_exactly_once(seed in 0u64..1000, steps in prop::collection::vec(step(), 1..150)) {
        let mut world = World::new(seed);
        let (mut chain, first) = world.pair();
        let mut readers = vec![Reader { chain: first, from: 0, opened: vec![] }];
        let mut sent: Vec<Vec<u8>> = vec![];
        for step in steps {
            match step {
                Step::Send => {
                    let message = world.send(&mut chain, &sent.len().to_be_bytes());
                    sent.push(message);
                }
                Step::Join => {
                    let reader = Reader { chain: world.join(&chain), from: sent.len(), opened: vec![] };
                    readers.push(reader);
                }
                Step::Deliver { to, which } => {
                    if sent.is_empty() {
                        continue;
                    }
                    let to = to % readers.len();
                    let Reader { chain, from, opened } = &mut readers[to];
                    let which = which % sent.len();
                    let result = receive(chain, &world.alice, &sent[which]);
                    if which < *from {
                        prop_assert_eq!(result, Err(Refused::BeforeHandOver));
                    } else if opened.contains(&which) {
                        prop_assert_eq!(result, Err(Refused::Replay));
                    } else {
                        prop_assert_eq!(result, Ok(which.to_be_bytes().to_vec()));
                        opened.push(which);
                    }
                }
                Step::Restart => {
                    chain = SendingChain::import(&chain.export()).unwrap();
                    for reader in &mut readers {
                        reader.chain = ReceivingChain::import(&reader.chain.export()).unwrap();
                    }
                }
            }
        }
    }
}
