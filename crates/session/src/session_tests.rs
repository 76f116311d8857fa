//! What an authenticated peer may not say: headers forged with the right keys.

use super::*;
use aside_identity::{Prekey, PrekeyKind, PrekeySecret};
use aside_testkit::{Person, TestRng};
use aside_wire::header::Chunk;

struct Pair {
    rng: TestRng,
    alice: Session,
    bob: Session,
}

/// Alice and Bob after one message each way.
fn pair(seed: u64) -> Pair {
    let mut rng = TestRng::new(seed);
    let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
    let (secret, prekey): (PrekeySecret, Prekey) = bob.prekey(&mut rng, PrekeyKind::Signed, 1);
    let own = Own { certificate: &alice.certificate, agreement: &alice.keys.agreement };
    let bundle = Bundle { certificate: &bob.certificate, signed: &prekey, one_time: None };
    let mut at_alice = Session::initiate(&mut rng, &own, &bundle).unwrap();
    let first = send(&mut at_alice, &mut rng);
    let own = Own { certificate: &bob.certificate, agreement: &bob.keys.agreement };
    let prekeys = Prekeys { signed: &secret, one_time: None };
    let (mut at_bob, _) = Session::respond(&own, &alice.certificate, &prekeys, &first).unwrap();
    let answer = send(&mut at_bob, &mut rng);
    accept(&mut at_alice, &answer).unwrap();
    Pair { rng, alice: at_alice, bob: at_bob }
}

fn send(session: &mut Session, rng: &mut TestRng) -> Vec<u8> {
    session.encrypt(rng, b"text", |_| Commitment([0; 32])).unwrap()
}

fn accept(session: &mut Session, message: &[u8]) -> Result<(), Refused> {
    let (_, transition) = session.decrypt(message)?;
    session.advance(transition).unwrap();
    Ok(())
}

/// The next message of a session with another header than it would have.
fn forge(session: &Session, edit: impl FnOnce(&mut Header)) -> Vec<u8> {
    let Sending::Ready { ratchet, chain, number, header_key, adopts, .. } = &session.sending else {
        panic!("nothing was sent yet");
    };
    let mark = Mark { epoch: session.kem.epoch, adopts: *adopts };
    let mut header = session.header(ratchet, *number, [7; 8], mark, session.kem.phase.slot());
    edit(&mut header);
    let keys = chain.step::<Suite1>().1.keys::<Suite1>();
    session.seal(Kind::Message, &header, header_key, &keys.message, &Commitment([0; 32]), b"text").unwrap()
}

/// Refused with the word, and not a byte of the state changed.
fn refused(session: &mut Session, message: &[u8], word: &str) {
    let before = session.export();
    assert_eq!(accept(session, message).unwrap_err().reject().word(), word);
    assert_eq!(session.export(), before);
}

#[test]
fn ses_16_the_ratchet_key_is_canonical_and_belongs_to_the_chain() {
    let Pair { mut rng, mut alice, mut bob } = pair(1);
    let first = send(&mut alice, &mut rng);
    refused(&mut bob, &forge(&alice, |header| header.ratchet_key = [0xFF; 32]), "key");
    // The turning header names the chain's key; once it is accepted, no other key fits its header key.
    accept(&mut bob, &first).unwrap();
    refused(&mut bob, &forge(&alice, |header| header.ratchet_key[0] ^= 1), "malformed");

    // A late message of an old chain cannot claim another chain's position.
    let late = forge(&alice, |header| header.ratchet_key[0] ^= 1);
    let honest = forge(&alice, |_| {});
    let lost = send(&mut alice, &mut rng);
    drop(lost);
    let answer = send(&mut bob, &mut rng);
    accept(&mut alice, &answer).unwrap();
    let turned = send(&mut alice, &mut rng);
    accept(&mut bob, &turned).unwrap();
    refused(&mut bob, &late, "malformed");
    accept(&mut bob, &honest).unwrap();
}

#[test]
fn p1_a_low_order_ratchet_key_is_refused_when_the_peer_turns() {
    let Pair { mut rng, mut alice, mut bob } = pair(2);
    drop(send(&mut alice, &mut rng));
    for low_order in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        refused(&mut bob, &forge(&alice, |header| header.ratchet_key = low_order), "key");
    }
}

#[test]
fn epo_7_a_header_says_what_its_chain_says() {
    let Pair { mut rng, mut alice, mut bob } = pair(3);
    let turning = send(&mut alice, &mut rng);
    let lies: [fn(&mut Header); 6] = [
        |header| header.epoch = 2,
        |header| header.epoch = 0,
        // EPO-8: Bob has sent no ciphertext that she could adopt.
        |header| header.adopts = true,
        |header| (header.epoch, header.adopts) = (2, true),
        // Alice offers in this epoch, and has nothing to answer.
        |header| header.slot = Slot::Ciphertext(Chunk { index: 0, bytes: [1; 32] }),
        |header| header.slot = Slot::Held(1 << 34),
    ];
    for lie in lies {
        refused(&mut bob, &forge(&alice, lie), "malformed");
    }
    accept(&mut bob, &turning).unwrap();
    for lie in lies {
        refused(&mut bob, &forge(&alice, lie), "malformed");
    }
    // Bob answers in this epoch, and has no key to offer.
    let answer = send(&mut bob, &mut rng);
    accept(&mut alice, &answer).unwrap();
    let key = |header: &mut Header| header.slot = Slot::Key(Chunk { index: 0, bytes: [1; 32] });
    refused(&mut alice, &forge(&bob, key), "malformed");
}

#[test]
fn ses_18_a_turn_that_contradicts_what_was_received_is_refused() {
    let Pair { mut rng, mut alice, mut bob } = pair(4);
    // Alice's first chain had one message, and Bob has received it.
    drop(send(&mut alice, &mut rng));
    refused(&mut bob, &forge(&alice, |header| header.previous = 0), "malformed");
    refused(&mut bob, &forge(&alice, |header| header.previous = 2_000), "too_far");
    refused(&mut bob, &forge(&alice, |header| header.number = COUNTER_MAX), "too_far");

    // Bob has sent nothing since her turn, so that she cannot turn again.
    let first = send(&mut alice, &mut rng);
    accept(&mut bob, &first).unwrap();
    let Sending::Ready { next_header_key, .. } = &mut alice.sending else { panic!("alice has sent") };
    let key = Secret::new(*next_header_key.expose());
    if let Sending::Ready { header_key, .. } = &mut alice.sending {
        *header_key = key;
    }
    refused(&mut bob, &forge(&alice, |header| header.ratchet_key[0] ^= 1), "malformed");
}

#[test]
fn ses_19_the_own_ratchet_key_chain_and_transient_key_are_gone_after_the_peers_turn() {
    let Pair { mut rng, mut alice, mut bob } = pair(5);
    let Sending::Ready { ratchet, chain, transients, .. } = &bob.sending else { panic!("bob has sent") };
    let (ratchet, chain) = (ratchet.to_seed(), Secret::new(*chain.0.expose()));
    let transient = Secret::new(*transients.key.0.expose());
    let holds = |state: &[u8], secret: &Secret<32>| state.windows(32).any(|part| part == secret.expose());
    assert!([&ratchet, &chain, &transient].iter().all(|secret| holds(&bob.export(), secret)));
    let turning = send(&mut alice, &mut rng);
    accept(&mut bob, &turning).unwrap();
    assert!(![&ratchet, &chain, &transient].iter().any(|secret| holds(&bob.export(), secret)));
    assert!(matches!(bob.sending, Sending::Due { .. }));
}

#[test]
fn ses_10_p17_a_chain_ends_before_its_counter_does_and_the_peer_can_start_another() {
    let Pair { mut rng, mut alice, mut bob } = pair(6);
    drop(send(&mut alice, &mut rng));
    for session in [&mut alice, &mut bob] {
        if let Sending::Ready { number, .. } = &mut session.sending {
            *number = COUNTER_MAX;
        }
    }
    let before = alice.export();
    let exhausted = alice.encrypt(&mut rng, b"text", |_| Commitment([0; 32])).unwrap_err();
    assert_eq!(exhausted, CannotSend::Exhausted);
    assert_eq!(alice.export(), before);

    // A turn of the peer gives a new chain, whose header can say how long the old one was.
    let Pair { mut rng, mut alice, mut bob } = pair(7);
    drop(send(&mut alice, &mut rng));
    if let Sending::Ready { number, .. } = &mut bob.sending {
        *number = COUNTER_MAX;
    }
    let turning = forge(&alice, |_| {});
    accept(&mut bob, &turning).unwrap();
    assert!(bob.encrypt(&mut rng, b"text", |_| Commitment([0; 32])).is_ok());
}

#[test]
fn ses_27_a_transition_does_not_survive_export_to_another_state() {
    let Pair { mut rng, mut alice, bob } = pair(8);
    let one = send(&mut alice, &mut rng);
    let two = send(&mut alice, &mut rng);
    let mut copy = Session::import(&bob.export()).unwrap();
    let (_, first) = copy.decrypt(&one).unwrap();
    let (_, second) = copy.decrypt(&two).unwrap();
    copy.advance(first).unwrap();
    let mut later = Session::import(&copy.export()).unwrap();
    assert_eq!(later.advance(second), Err(StaleTransition));
}
