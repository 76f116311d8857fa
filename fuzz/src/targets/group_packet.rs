//! Messages of a group: any bytes, messages changed on their way, and those that the chain's owner signs.

use crate::{
    group_world::{
        EPOCH, GROUP, Scene, address, alice_address, import, people, receive, scenes, signing_key,
    },
    mutate::edit_as_told,
    targets::group_state::storable_chain,
};
use arbitrary::Unstructured;
use aside_group::Refused;
use aside_primitives::label;
use aside_wire::{
    SUITE,
    group_packet::{GroupPacket, LogEntryPacket},
};

/// The parts of a packet, joined, are the bytes again. A message that Alice did not send is refused and changes
/// nothing, even if she signs it; one that she sent opens once, between the ends of what Bob has of the chain.
///
/// Input: scene or any bytes, message, whether Alice signs, edits.
pub fn group_packet(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok((which, number, signed)) = input.arbitrary::<(u8, u8, bool)>() else { return };
    let (which, number) = (usize::from(which), usize::from(number));
    let Some(scene) = scenes().get(which % (scenes().len() + 1)) else {
        let bytes = input.take_rest();
        rejoined(bytes);
        return scenes().iter().for_each(|scene| arrives(scene, bytes));
    };
    let mut message = scene.messages[number % scene.messages.len()].bytes.clone();
    edit_as_told(&mut message, &mut input);
    rejoined(&message);
    if signed {
        sign(&mut message);
    }
    arrives(scene, &message);
}

fn arrives(scene: &Scene, message: &[u8]) {
    let mut chain = import(&scene.receiver);
    let Ok(packet) = GroupPacket::parse(message) else { return };
    let bob = address(&people()[1]);
    let refused = chain.decrypt(&bob, &packet).map(|_| ()).expect_err("Bob does not own the chain");
    assert!(!matches!(refused, Refused::Mac | Refused::Replay | Refused::TooFar), "keys before the owner");

    let original = scene.messages.iter().find(|sent| sent.bytes == message);
    match receive(&mut chain, message) {
        Ok(text) => {
            assert_eq!(text, original.expect("a changed message opens").text);
            assert!(scene.opens(packet.iteration), "it opens again, or past an end of the chain");
            assert_eq!(receive(&mut chain, message), Err(Refused::Replay));
            storable_chain(&chain);
        }
        Err(refused) => {
            assert_eq!(chain.export().as_slice(), scene.receiver, "a refused message changed the chain");
            assert!(original.is_none() || !scene.opens(packet.iteration), "{refused}");
        }
    }
}

fn rejoined(bytes: &[u8]) {
    if let Ok(packet) = GroupPacket::parse(bytes) {
        assert_eq!(packet.join(), bytes);
    }
    if let Ok(packet) = LogEntryPacket::parse(bytes) {
        assert_eq!(packet.join(), bytes);
    }
}

/// Puts Alice's signature on whatever it is, so that all behind the signature is reached.
fn sign(message: &mut [u8]) {
    let Ok(packet) = GroupPacket::parse(message) else { return };
    let alice = alice_address();
    let parts: [&[u8]; 11] = [
        &SUITE.to_be_bytes(),
        GROUP.as_bytes(),
        &EPOCH.to_be_bytes(),
        alice.account.as_bytes(),
        &[alice.device.byte()],
        packet.key_id,
        &packet.iteration.to_be_bytes(),
        packet.salt,
        packet.commitment,
        packet.ciphertext,
        packet.tag,
    ];
    let signature = signing_key().sign(label::GROUP_MESSAGE, &parts.concat()).0;
    let (_, place) = message.split_last_chunk_mut::<64>().expect("it was parsed");
    *place = signature;
}
