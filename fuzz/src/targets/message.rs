//! Messages changed on their way.

use crate::{
    mutate::edit_as_told,
    targets::state::storable,
    world::{Scene, Sent, import, receive, scenes, world},
};
use arbitrary::Unstructured;
use aside_session::Refused;
use aside_wire::packet::Packet;

/// A changed message is refused and changes nothing; an unchanged one opens once and is a replay from then on.
///
/// The handshake before a message may be left out or put back by anybody: it authenticates nothing but itself, and
/// the session it led to is there already. Nothing else may differ in a message that opens.
pub fn session_message(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok((which, number)) = input.arbitrary::<(u8, u8)>() else { return };
    let scenes = scenes();
    match scenes.get(usize::from(which) % (scenes.len() + 1)) {
        Some(scene) => established(scene, usize::from(number), &mut input),
        None => first(&mut input),
    }
}

fn established(scene: &Scene, number: usize, input: &mut Unstructured<'_>) {
    let mut session = import(&scene.receiver);
    let sent = &scene.messages[number % scene.messages.len()];
    let mut message = sent.bytes.clone();
    edit_as_told(&mut message, input);

    let original = session.decrypt(&sent.bytes).map(|_| ());
    match receive(&mut session, &message) {
        Ok(text) => {
            assert!(original.is_ok(), "it opens only when it is changed");
            assert_eq!(text, sent.text);
            assert!(same_but_for_handshake(&message, sent), "a changed message opens");
            assert_eq!(session.decrypt(&message).map(|_| ()), Err(Refused::Replay));
            assert_eq!(session.decrypt(&sent.bytes).map(|_| ()), Err(Refused::Replay));
            storable(&session);
        }
        Err(refused) => {
            assert!(message != sent.bytes || original == Err(refused), "the same message, another answer");
            assert_eq!(session.export().as_slice(), scene.receiver, "a refused message changed the state");
        }
    }
}

/// A changed first message starts no session, except one whose ratchet part was not changed at all.
fn first(input: &mut Unstructured<'_>) {
    let (original, _) = &world().first;
    let mut message = original.clone();
    edit_as_told(&mut message, input);
    match world().respond(&message) {
        Ok((session, received)) => {
            assert_eq!(&message, original, "a changed handshake starts a session");
            assert_eq!(*received.plaintext, b"first");
            storable(&session);
        }
        Err(refused) => assert_ne!(&message, original, "{refused}"),
    }
}

fn same_but_for_handshake(message: &[u8], sent: &Sent) -> bool {
    let parts = |packet: &Packet<'_>| {
        (*packet.header, *packet.header_tag, *packet.commitment, packet.ciphertext.to_vec(), *packet.tag)
    };
    match (Packet::parse(message), Packet::parse(&sent.bytes)) {
        (Ok(changed), Ok(original)) => {
            let handshake = match (&changed.handshake, &original.handshake) {
                (Some(changed), Some(original)) => changed.bytes == original.bytes,
                // Put back: the session compares it with the one it accepted.
                _ => true,
            };
            handshake && parts(&changed) == parts(&original)
        }
        _ => false,
    }
}
