//! Stored chains, whole and damaged.

use crate::world::{World, receive};
use aside_group::{ImportError, ReceivingChain, SendingChain};

/// No prefix and nothing longer imports, and every changed bit gives an error or exactly the state it says.
fn assert_validated(state: &[u8], again: impl Fn(&[u8]) -> Result<Vec<u8>, ImportError>) {
    assert_eq!(again(state).unwrap(), state);
    assert_eq!(again(&[9]), Err(ImportError::Version(9)));
    for length in 0..state.len() {
        assert_eq!(again(&state[..length]), Err(ImportError::Damaged), "{length}");
    }
    assert_eq!(again(&[state, &[0]].concat()), Err(ImportError::Damaged));
    for offset in 0..state.len() {
        for bit in 0..8 {
            let mut damaged = state.to_vec();
            damaged[offset] ^= 1 << bit;
            if let Ok(state) = again(&damaged) {
                assert_eq!(state, damaged, "byte {offset}, bit {bit}");
            }
        }
    }
}

fn sending(bytes: &[u8]) -> Result<Vec<u8>, ImportError> {
    SendingChain::import(bytes).map(|chain| chain.export().to_vec())
}

fn receiving(bytes: &[u8]) -> Result<Vec<u8>, ImportError> {
    ReceivingChain::import(bytes).map(|chain| chain.export().to_vec())
}

#[test]
fn a_damaged_sending_chain_is_an_error_or_an_equal_chain() {
    let mut world = World::new(1);
    let mut chain = world.chain();
    world.send_many(&mut chain, 3);
    assert_eq!(chain.export().len(), 148);
    assert_eq!(chain.export().capacity(), 148);
    assert_validated(&chain.export(), sending);
}

#[test]
fn a_damaged_receiving_chain_is_an_error_or_an_equal_chain() {
    let mut world = World::new(2);
    let (mut chain, _) = world.pair();
    world.send_many(&mut chain, 2);
    let mut at_bob = world.join(&chain);
    let messages = world.send_many(&mut chain, 5);
    receive(&mut at_bob, &world.alice, &messages[4]).unwrap();
    receive(&mut at_bob, &world.alice, &messages[2]).unwrap();
    assert_eq!(at_bob.export().len(), 154 + 3 * 34);
    assert_eq!(at_bob.export().capacity(), at_bob.export().len());
    assert_validated(&at_bob.export(), receiving);
    at_bob.cut(4);
    assert_validated(&at_bob.export(), receiving);
    at_bob.cut(0);
    assert_validated(&at_bob.export(), receiving);
}

#[test]
fn a_chain_of_one_kind_does_not_import_as_the_other() {
    let mut world = World::new(3);
    let (mut chain, mut at_bob) = world.pair();
    for _ in 0..4 {
        assert_eq!(receiving(&chain.export()), Err(ImportError::Damaged));
        assert_eq!(sending(&at_bob.export()), Err(ImportError::Damaged));
        world.send(&mut chain, b"lost");
        let message = world.send(&mut chain, b"text");
        receive(&mut at_bob, &world.alice, &message).unwrap();
    }
}

// GRP-18
#[test]
fn a_sending_chain_that_cannot_be_is_refused() {
    let state = World::new(5).chain().export();
    let edited = |offset: usize, field: &[u8]| {
        let mut state = state.to_vec();
        state[offset..][..field.len()].copy_from_slice(field);
        sending(&state).is_ok()
    };
    let (device, epoch, iteration) = (65, 66, 138);
    assert!(edited(device, &[1]) && edited(device, &[127]));
    assert!(!edited(device, &[0]) && !edited(device, &[128]));
    assert!(edited(epoch, &1u64.to_be_bytes()) && !edited(epoch, &0u64.to_be_bytes()));
    assert!(edited(iteration, &1_000u16.to_be_bytes()) && !edited(iteration, &1_001u16.to_be_bytes()));
}

/// Offset of the numbers in a stored receiving chain.
const NUMBERS: usize = 1 + 8 + 73 + 64;

// GRP-28
#[test]
fn a_receiving_chain_that_cannot_be_is_refused() {
    let mut world = World::new(4);
    let (mut chain, mut at_bob) = world.pair();
    let messages = world.send_many(&mut chain, 5);
    receive(&mut at_bob, &world.alice, &messages[4]).unwrap();
    receive(&mut at_bob, &world.alice, &messages[1]).unwrap();
    let mut fresh = world.pair().1.export();
    fresh[NUMBERS + 1] = 1;
    assert!(receiving(&fresh).is_err(), "before it was handed over");

    let state = at_bob.export();
    let numbers = |first: u16, next: u16, end: u16| {
        let mut state = state.to_vec();
        for (n, number) in [first, next, end].into_iter().enumerate() {
            state[NUMBERS + 2 * n..][..2].copy_from_slice(&number.to_be_bytes());
        }
        receiving(&state).is_ok()
    };
    // Kept are 0, 2 and 3.
    assert!(numbers(0, 5, 1000) && numbers(0, 4, 1000) && numbers(0, 1000, 1000) && numbers(0, 5, 4));
    assert!(!numbers(1, 5, 1000), "kept from before it was handed over");
    assert!(!numbers(0, 3, 1000), "kept from what has not come");
    assert!(!numbers(0, 5, 3), "kept beyond the end");
    assert!(!numbers(0, 1001, 1000) && !numbers(0, 5, 1001), "beyond the longest chain");
    let kept = |numbers: [u16; 3]| {
        let mut state = state.to_vec();
        for (n, number) in numbers.into_iter().enumerate() {
            state[NUMBERS + 8 + 34 * n..][..2].copy_from_slice(&number.to_be_bytes());
        }
        receiving(&state).is_ok()
    };
    assert!(kept([0, 2, 3]) && kept([0, 1, 4]));
    assert!(!kept([0, 2, 2]) && !kept([2, 0, 3]), "twice or out of order");
}
