//! How often one message asks the allocator for memory: for its output.

use allocation_counter::measure;
use aside_bench::{
    group::ours::Chains,
    ours::{Pair, receive, send},
};
use aside_testkit::TestRng;

#[test]
fn one_message_allocates_its_output_and_nothing_else() {
    let mut pair = Pair::default();
    let (mut alice, mut bob) = pair.established();
    let mut rng = TestRng::new(5);
    for length in [0, 32, 256, 4096] {
        let text = vec![7; length];
        let mut message = None;
        let encrypting = measure(|| message = Some(send(&mut alice, &mut rng, &text)));
        assert_eq!(encrypting.count_total, 1, "encrypting {length} bytes");
        let message = message.expect("it was sent");
        let decrypting = measure(|| drop(receive(&mut bob, &message)));
        // An empty plaintext takes no memory.
        assert_eq!(decrypting.count_total, u64::from(length > 0), "decrypting {length} bytes");
    }
}

#[test]
fn one_group_message_allocates_its_output_and_nothing_else() {
    let mut chains = Chains::default();
    for length in [0, 32, 256, 4096] {
        let text = vec![7; length];
        let mut message = None;
        let encrypting = measure(|| message = Some(chains.send(&text)));
        assert_eq!(encrypting.count_total, 1, "encrypting {length} bytes");
        let message = message.expect("it was sent");
        let decrypting = measure(|| chains.receive(&message));
        assert_eq!(decrypting.count_total, 1, "decrypting {length} bytes");
    }
}
