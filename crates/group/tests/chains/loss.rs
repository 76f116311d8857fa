//! Order, loss, duplication, damage.

use crate::world::{World, receive, refused};
use aside_group::{ReceivingChain, SendingChain, StaleAdvance};
use aside_wire::group_packet::{GroupPacket, MESSAGE_OVERHEAD_BYTES};

// GRP-28
#[test]
fn late_messages_open_in_any_order_and_only_once() {
    let mut world = World::new(1);
    let (mut chain, mut at_bob) = world.pair();
    let messages = world.send_many(&mut chain, 1_000);
    // The last first: every other secret is kept, and that is all that is ever kept.
    receive(&mut at_bob, &world.alice, &messages[999]).unwrap();
    assert_eq!(at_bob.export().len(), 154 + 999 * 34);
    for (n, message) in messages.iter().enumerate().rev().skip(1) {
        let n = u16::try_from(n).unwrap();
        assert_eq!(receive(&mut at_bob, &world.alice, message), Ok(n.to_be_bytes().to_vec()));
    }
    assert!(at_bob.is_finished());
    assert_eq!(at_bob.export().len(), 154);
    for message in &messages {
        refused(&mut at_bob, &world.alice, message, "replay");
    }
}

// GRP-23, GRP-29, GRP-40
#[test]
fn r1_no_changed_bit_of_a_message_is_accepted_or_changes_the_chain() {
    let mut world = World::new(2);
    let (mut chain, mut at_bob) = world.pair();
    let messages = world.send_many(&mut chain, 3);
    receive(&mut at_bob, &world.alice, &messages[1]).unwrap();
    // A late message, and one that moves the chain on.
    for message in [&messages[0], &messages[2]] {
        assert_eq!(message.len(), MESSAGE_OVERHEAD_BYTES + 2);
        let before = at_bob.export();
        for offset in 0..message.len() {
            for bit in 0..8 {
                let mut flipped = message.clone();
                flipped[offset] ^= 1 << bit;
                assert!(receive(&mut at_bob, &world.alice, &flipped).is_err(), "byte {offset}, bit {bit}");
            }
        }
        for length in 0..message.len() {
            assert!(receive(&mut at_bob, &world.alice, &message[..length]).is_err());
        }
        let longer = [&message[..], &[0]].concat();
        assert!(receive(&mut at_bob, &world.alice, &longer).is_err());
        assert_eq!(at_bob.export(), before);
        assert!(receive(&mut at_bob, &world.alice, message).is_ok());
    }
}

// GRP-29
#[test]
fn r1_a_message_that_was_not_accepted_leaves_no_trace() {
    let mut world = World::new(3);
    let (mut chain, mut at_bob) = world.pair();
    let message = world.send(&mut chain, b"hello");
    let packet = GroupPacket::parse(&message).unwrap();
    let before = at_bob.export();
    drop(at_bob.decrypt(&world.alice, &packet).unwrap());
    assert_eq!(at_bob.export(), before);
    // A change serves once, in the state and in the chain it was made for.
    let (_, first) = at_bob.decrypt(&world.alice, &packet).unwrap();
    let (_, second) = at_bob.decrypt(&world.alice, &packet).unwrap();
    let (_, third) = at_bob.decrypt(&world.alice, &packet).unwrap();
    let mut other = world.pair().1;
    assert_eq!(other.advance(third), Err(StaleAdvance));
    at_bob.advance(first).unwrap();
    assert_eq!(at_bob.advance(second), Err(StaleAdvance));
    refused(&mut at_bob, &world.alice, &message, "replay");
}

// GRP-25
#[test]
fn r4_a_cloned_chain_repeats_no_nonce() {
    let mut world = World::new(4);
    let (chain, mut at_bob) = world.pair();
    let [mut one, mut two] = [(); 2].map(|()| SendingChain::import(&chain.export()).unwrap());
    let (a, b) = (world.send(&mut one, b"same text"), world.send(&mut two, b"same text"));
    let (first, second) = (GroupPacket::parse(&a).unwrap(), GroupPacket::parse(&b).unwrap());
    // The same key at the same place, but another salt: no ciphertext byte lines up.
    assert_eq!((first.key_id, first.iteration), (second.key_id, second.iteration));
    assert_ne!(first.salt, second.salt);
    assert_ne!(first.ciphertext, second.ciphertext);
    assert!(receive(&mut at_bob, &world.alice, &a).is_ok());
    refused(&mut at_bob, &world.alice, &b, "replay");
}

#[test]
fn a_chain_goes_on_where_it_was_stored() {
    let mut world = World::new(5);
    let (mut chain, mut at_bob) = world.pair();
    for n in 0..20u8 {
        chain = SendingChain::import(&chain.export()).unwrap();
        let lost = world.send(&mut chain, b"lost");
        let message = world.send(&mut chain, &[n]);
        at_bob = ReceivingChain::import(&at_bob.export()).unwrap();
        assert_eq!(receive(&mut at_bob, &world.alice, &message), Ok(vec![n]));
        at_bob = ReceivingChain::import(&at_bob.export()).unwrap();
        if n % 2 == 0 {
            assert_eq!(receive(&mut at_bob, &world.alice, &lost), Ok(b"lost".to_vec()));
        }
        refused(&mut at_bob, &world.alice, &message, "replay");
    }
}
