//! Whole sessions on primitives that are chosen by type: on fakes, which an interpreter can follow through every schedule,
//! and once on the real ones.

use crate::{
    CannotSend, Health, ImportError, Refused, Role, Session,
    associated::Associated,
    chain::MessageSecret,
    epoch::{EpochSecret, Phase},
    fake::Fake,
    handshake::{Agreed, handshake_hash},
    limits::{DROPPED_RANGES, KEPT_KEYS, OLD_CHAINS, STARVED_AFTER},
    pieces::{Held, Incoming, Outgoing},
    receiving::{KeptKeys, Mark, OldChain, ReceivingChain},
    session::{Opening, Received, Sending},
    transient::{Kind, ReceivingTransients, TransientKey},
};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use aside_primitives::{
    Digest, Draw, Secret, aead,
    commit::Commitment,
    suite::{Primitives, Suite1},
};
use aside_testkit::TestRng;
use aside_wire::{
    Malformed,
    header::{CIPHERTEXT_CHUNKS, COUNTER_MAX, KEM_KEY_BYTES, Slot},
    limits::PLAINTEXT_BYTES,
    packet::{HANDSHAKE_BYTES, Packet},
};

/// An interpreter is a thousand times slower.
const STEPS: usize = if cfg!(miri) { 16 } else { 2_000 };

struct Pair<P: Primitives> {
    rng: TestRng,
    alice: Session<P>,
    bob: Session<P>,
}

/// What a handshake would have agreed on.
fn agreed() -> Agreed {
    Agreed {
        id: Digest([1; 32]),
        root: Secret::new([2; 32]),
        initiator_header_key: Secret::new([3; 32]),
        responder_header_key: Secret::new([4; 32]),
    }
}

/// Alice and Bob after her first message.
fn pair<P: Primitives>(seed: u64) -> Pair<P> {
    let (mut rng, prekey, mut alice) = initiated::<P>(seed);
    let first = send(&mut alice, &mut rng, b"first");
    let (bob, received) = answered::<P>(&prekey, &first).unwrap();
    assert_eq!(*received.plaintext, b"first");
    Pair { rng, alice, bob }
}

/// Alice before her first message, and Bob's prekey.
fn initiated<P: Primitives>(seed: u64) -> (TestRng, P::AgreementSecret, Session<P>) {
    let mut rng = TestRng::new(seed);
    let prekey = P::generate(&mut rng, Draw("prekey")).unwrap();
    // Suite, device and signed prekey; the rest may be anything.
    let mut handshake = vec![0; HANDSHAKE_BYTES];
    for place in [0, 33, 69] {
        handshake[place] = 1;
    }
    let alice = Session::<P>::initiator(&mut rng, agreed(), handshake, P::public(&prekey)).unwrap();
    (rng, prekey, alice)
}

fn answered<P: Primitives>(
    prekey: &P::AgreementSecret,
    first: &[u8],
) -> Result<(Session<P>, Received), Refused> {
    let packet = Packet::parse(first).unwrap();
    let opening = Opening::Accepted(handshake_hash(&packet.handshake.unwrap()));
    Session::<P>::responder(agreed(), opening, prekey, &packet)
}

fn send<P: Primitives>(session: &mut Session<P>, rng: &mut TestRng, text: &[u8]) -> Vec<u8> {
    session.encrypt(rng, text, |_| Commitment([0; 32])).unwrap()
}

fn receive<P: Primitives>(session: &mut Session<P>, message: &[u8]) -> Result<Vec<u8>, Refused> {
    let (received, transition) = session.decrypt(message)?;
    session.advance(transition).unwrap();
    Ok(received.plaintext.to_vec())
}

fn stored<P: Primitives>(session: &Session<P>) -> Session<P> {
    let again = Session::<P>::read(&session.export()).unwrap();
    assert_eq!(again.digest(), session.digest());
    again
}

/// Refused, and nothing has changed.
fn refused<P: Primitives>(session: &mut Session<P>, message: &[u8], why: Refused) {
    let before = session.export();
    assert_eq!(receive(session, message), Err(why));
    assert_eq!(session.export(), before);
}

// R1, R3
#[test]
fn r1_on_fakes_each_message_opens_once_in_any_order_with_loss_and_restarts() {
    let Pair { mut rng, alice, bob } = pair::<Fake>(1);
    let mut sides = [alice, bob];
    // What each side has yet to receive, and what it has received.
    let mut mail: [Vec<(usize, Vec<u8>)>; 2] = [Vec::new(), Vec::new()];
    let mut opened: [Vec<Vec<u8>>; 2] = [Vec::new(), Vec::new()];
    for step in 0..STEPS {
        let to = usize::from(rng.below(2) == 0);
        match rng.below(8) {
            0..3 => {
                let message = send(&mut sides[1 - to], &mut rng, &step.to_be_bytes());
                mail[to].push((step, message));
            }
            // Mostly in order; lost every now and then.
            3..7 if !mail[to].is_empty() => {
                let at = usize::from(rng.below(4) == 0 && mail[to].len() > 1);
                let (number, message) = mail[to].remove(at);
                if rng.below(10) > 0 {
                    assert_eq!(receive(&mut sides[to], &message), Ok(number.to_be_bytes().to_vec()));
                    refused(&mut sides[to], &message, Refused::Replay);
                    opened[to].push(message);
                }
            }
            7 => sides[to] = stored(&sides[to]),
            _ => {}
        }
        if let Some(again) = opened[to].len().checked_sub(8).map(|at| &opened[to][at]) {
            refused(&mut sides[to], again, Refused::Replay);
        }
    }
    for side in &sides {
        assert_eq!(side.health(), Health::Sound);
        assert!(cfg!(miri) || side.epoch() > 2, "{}", side.epoch());
    }
}

#[test]
fn on_fakes_epochs_pass_through_restarts_loss_and_reordering() {
    let Pair { mut rng, mut alice, mut bob } = pair::<Fake>(80);
    let mut late = Vec::new();
    for round in 0u8.. {
        for n in 0..9 {
            let message = send(&mut alice, &mut rng, &[round, n]);
            match n {
                2 => drop(message),
                5 => late.push((message, vec![round, n])),
                _ => assert_eq!(receive(&mut bob, &message), Ok(vec![round, n])),
            }
        }
        if round % 3 == 2 {
            for (message, text) in late.drain(..).rev() {
                assert_eq!(receive(&mut bob, &message), Ok(text));
                assert_eq!(receive(&mut bob, &message), Err(Refused::Replay));
            }
        }
        let answers: Vec<_> = (0..7u8).map(|n| send(&mut bob, &mut rng, &[n])).collect();
        for (n, answer) in (0..7u8).zip(&answers).rev() {
            assert_eq!(receive(&mut alice, answer), Ok(vec![n]));
        }
        (alice, bob) = (stored(&alice), stored(&bob));
        if alice.epoch() == 3 {
            assert_eq!(bob.health(), Health::Sound);
            return;
        }
        assert!(round < 60);
    }
}

#[test]
fn on_fakes_bounds_hold_and_nothing_forged_moves_the_state() {
    let Pair { mut rng, mut alice, mut bob } = pair::<Fake>(81);
    let kept = 40;
    for n in 0..kept {
        drop(send(&mut alice, &mut rng, &[n]));
    }
    let message = send(&mut alice, &mut rng, b"ahead");
    let before = bob.export();
    for offset in (0..message.len()).filter(|offset| offset % 7 == 0 || *offset > 1_163) {
        let mut flipped = message.clone();
        flipped[offset] ^= 1;
        assert!(receive(&mut bob, &flipped).is_err(), "{offset}");
    }
    for length in [0, 1, 80, 1_200, message.len() - 1] {
        assert!(receive(&mut bob, &message[..length]).is_err());
    }
    assert_eq!(bob.export(), before);
    assert_eq!(receive(&mut bob, &message), Ok(b"ahead".to_vec()));
    assert_eq!(bob.kept_keys().map(|kept| kept.secrets.len()).sum::<usize>(), usize::from(kept));
    let state = bob.export();
    for length in (0..state.len()).filter(|length| length % 97 == 0) {
        assert!(Session::<Fake>::read(&state[..length]).is_err());
    }
}

#[test]
fn on_fakes_transient_messages_and_retirement() {
    let Pair { mut rng, mut alice, mut bob } = pair::<Fake>(82);
    let answer = send(&mut bob, &mut rng, b"answer");
    receive(&mut alice, &answer).unwrap();
    let turn = send(&mut alice, &mut rng, b"turn");
    let commit = |_: &_| Commitment([0; 32]);
    let hint = alice.encrypt_transient(&mut rng, b"typing", commit).unwrap();
    receive(&mut bob, &turn).unwrap();
    let (_, transition) = bob.decrypt_transient(&hint).unwrap();
    bob.advance(transition).unwrap();
    assert!(bob.decrypt_transient(&hint).is_err());
    let answer = send(&mut bob, &mut rng, b"answer");
    alice.retire();
    let mut alice = stored(&alice);
    assert_eq!(receive(&mut alice, &answer), Ok(b"answer".to_vec()));
    assert_eq!(alice.encrypt(&mut rng, b"no", commit).unwrap_err(), CannotSend::Retired);
}

// SES-18
#[test]
fn r1_on_fakes_the_first_chain_has_none_before_it() {
    let (mut rng, prekey, mut alice) = initiated::<Fake>(7);
    alice.previous = 1;
    let first = send(&mut alice, &mut rng, b"first");
    let refused = answered::<Fake>(&prekey, &first).unwrap_err();
    assert_eq!(refused, Refused::Malformed(Malformed::Field("previous")));
}

// SES-37
#[test]
fn r5_on_fakes_a_retired_session_keeps_no_seed() {
    let Pair { mut alice, .. } = pair::<Fake>(8);
    let Phase::Offering { seed, .. } = &alice.kem.phase else { panic!("alice offers") };
    let seed = Secret::new(*seed.expose());
    let holds = |session: &Session<Fake>| session.export().windows(64).any(|part| part == seed.expose());
    assert!(holds(&alice));
    alice.retire();
    assert!(!holds(&alice));
}

// SES-37, EPO-11
#[test]
fn r5_on_fakes_a_retired_session_still_follows_an_epoch_it_has_answered() {
    let Pair { mut rng, mut alice, mut bob } = pair::<Fake>(10);
    while !matches!(alice.kem.phase, Phase::Adopting { .. }) {
        let message = send(&mut alice, &mut rng, b"message");
        receive(&mut bob, &message).unwrap();
        let answer = send(&mut bob, &mut rng, b"answer");
        receive(&mut alice, &answer).unwrap();
    }
    bob.retire();
    let adopting = send(&mut alice, &mut rng, b"adopting");
    assert_eq!(alice.epoch(), 2);
    let mut bob = stored(&bob);
    assert_eq!(receive(&mut bob, &adopting), Ok(b"adopting".to_vec()));
    assert_eq!((bob.epoch(), bob.health()), (2, Health::Sound));
    let state = bob.export();
    bob.retire();
    assert_eq!(bob.export(), state);
}

// EPO-12
#[test]
fn r9_on_fakes_an_epoch_starves_until_the_offerer_has_the_ciphertext() {
    let Pair { mut rng, mut alice, mut bob } = pair::<Fake>(11);
    while !matches!(bob.kem.phase, Phase::Answering { .. }) {
        let message = send(&mut alice, &mut rng, b"message");
        receive(&mut bob, &message).unwrap();
        let answer = send(&mut bob, &mut rng, b"answer");
        receive(&mut alice, &answer).unwrap();
    }
    (bob.kem.sent, bob.kem.received) = (STARVED_AFTER, STARVED_AFTER);
    assert_eq!(bob.health(), Health::Starved);
    let Phase::Answering { ciphertext, .. } = &mut bob.kem.phase else { panic!("bob answers") };
    ciphertext.note_held(Held::all(CIPHERTEXT_CHUNKS).0);
    assert_eq!(bob.health(), Health::Sound);
}

/// One change to a state.
type Edit = fn(&mut Session<Fake>);

/// Alice, who offers, and Bob with an old chain, kept and dropped keys and transient messages.
fn busy() -> [Session<Fake>; 2] {
    let Pair { mut rng, mut alice, mut bob } = pair::<Fake>(9);
    for round in 0..3 {
        let answer = send(&mut bob, &mut rng, b"answer");
        receive(&mut alice, &answer).unwrap();
        let _late = send(&mut alice, &mut rng, b"late");
        let turn = send(&mut alice, &mut rng, b"turn");
        receive(&mut bob, &turn).unwrap();
        let hint = alice.encrypt_transient(&mut rng, &[round], |_| Commitment([0; 32])).unwrap();
        let (_, transition) = bob.decrypt_transient(&hint).unwrap();
        bob.advance(transition).unwrap();
    }
    bob.receiving.as_mut().unwrap().kept.drop_oldest();
    [alice, bob]
}

// CNF-4
#[test]
fn r12_the_digest_depends_on_every_part_of_the_state() {
    fn flip<const N: usize>(secret: &mut Secret<N>) {
        let mut bytes = *secret.expose();
        bytes[N - 1] ^= 1;
        *secret = Secret::new(bytes);
    }
    let edits: [Edit; 21] = [
        |_| {},
        |session| session.id.0[0] ^= 1,
        |session| session.role = session.role.other(),
        |session| flip(&mut session.root),
        |session| session.previous += 1,
        |session| flip(&mut session.next_header_key),
        |session| session.kem.epoch += 1,
        |session| session.kem.sent += 1,
        |session| session.kem.received += 1,
        |session| session.kem.phase = Phase::Broken,
        |session| session.kem.phase = Phase::Adopting { secret: EpochSecret(Secret::new([1; 32])) },
        |session| session.receiving.as_mut().unwrap().next += 1,
        |session| session.receiving.as_mut().unwrap().mark.epoch += 1,
        |session| session.receiving.as_mut().unwrap().mark.adopts ^= true,
        |session| flip(&mut session.receiving.as_mut().unwrap().header_key),
        |session| flip(&mut session.receiving.as_mut().unwrap().chain.0),
        |session| flip(&mut session.receiving.as_mut().unwrap().transients.key.0),
        |session| session.receiving.as_mut().unwrap().transients.window.next += 1,
        |session| session.old.make_contiguous().reverse(),
        |session| session.old.truncate(1),
        |session| session.retire(),
    ];
    let only_bob: [Edit; 6] = [
        |session| session.opening = Opening::Accepted(Digest([9; 32])),
        |session| session.old[0].kept.secrets.clear(),
        |session| session.receiving.as_mut().unwrap().kept.dropped.clear(),
        |session| {
            let Phase::Waiting { key } = &mut session.kem.phase else { panic!("bob waits") };
            key.bytes[0] ^= 1;
        },
        |session| {
            let Phase::Waiting { key } = &mut session.kem.phase else { panic!("bob waits") };
            key.held.0 ^= 1 << 20;
        },
        |session| {
            let Sending::Due { header_key } = &mut session.sending else { panic!("bob has to turn") };
            flip(header_key);
        },
    ];
    let only_alice: [Edit; 5] = [
        |session| session.opening = Opening::Unanswered(vec![1]),
        |session| {
            let Phase::Offering { seed, .. } = &mut session.kem.phase else { panic!("alice offers") };
            flip(seed);
        },
        |session| {
            let Phase::Offering { key, .. } = &mut session.kem.phase else { panic!("alice offers") };
            key.next += 1;
        },
        |session| {
            let Sending::Ready { transients, .. } = &mut session.sending else { panic!("alice has a chain") };
            transients.number += 1;
        },
        |session| {
            let Sending::Ready { adopts, .. } = &mut session.sending else { panic!("alice has a chain") };
            *adopts ^= true;
        },
    ];
    let own: [&[Edit]; 2] = [&only_alice, &only_bob];
    for (side, own) in own.into_iter().enumerate() {
        let mut digests = BTreeSet::new();
        for edit in edits.iter().chain(own) {
            let mut session = busy().into_iter().nth(side).unwrap();
            edit(&mut session);
            digests.insert(session.digest());
        }
        assert_eq!(digests.len(), edits.len() + own.len(), "side {side}");
    }
}

/// The part of a state that most rules are about.
fn current(session: &mut Session<Fake>) -> &mut ReceivingChain {
    session.receiving.as_mut().unwrap()
}

fn secret() -> MessageSecret {
    MessageSecret(Secret::new([1; 32]))
}

fn keep(session: &mut Session<Fake>, count: usize) {
    let count = u32::try_from(count).unwrap();
    session.old.iter_mut().for_each(|old| old.kept.secrets.clear());
    let current = current(session);
    current.kept.secrets = (0..count).map(|number| (number, secret())).collect();
    current.next = count;
}

fn old_chains(session: &mut Session<Fake>, count: usize) {
    while session.old.len() < count {
        let ReceivingChain { ratchet_key, mark, .. } = *current(session);
        let transients = ReceivingTransients::new(TransientKey(Secret::new([1; 32])));
        let header_key = Secret::new([1; 32]);
        let kept = KeptKeys::default();
        session.old.push_back(OldChain { header_key, ratchet_key, mark, kept, transients });
    }
}

fn drop_ranges(session: &mut Session<Fake>, count: usize) {
    current(session).kept.dropped = (0..u32::try_from(count).unwrap()).map(|n| (2 * n, 2 * n + 1)).collect();
}

fn offered(session: &mut Session<Fake>) -> &mut Outgoing<KEM_KEY_BYTES> {
    let Phase::Offering { key, .. } = &mut session.kem.phase else { panic!("alice offers") };
    key
}

fn awaited(session: &mut Session<Fake>) -> &mut Incoming<KEM_KEY_BYTES> {
    let Phase::Waiting { key } = &mut session.kem.phase else { panic!("bob waits") };
    key
}

/// The side that has offered becomes the one that was asked.
fn answers(session: &mut Session<Fake>) {
    session.role = Role::Responder;
    session.opening = Opening::Accepted(session.id);
    session.kem.phase = Phase::Waiting { key: Incoming::default() };
}

/// The own chain says that it has adopted what came before this epoch.
fn adopted(session: &mut Session<Fake>, epoch: u32) {
    session.kem.epoch = epoch;
    let Sending::Ready { adopts, .. } = &mut session.sending else { panic!("alice has sent") };
    *adopts = true;
}

fn readable(side: usize, edit: Edit) -> bool {
    let mut session = busy().into_iter().nth(side).unwrap();
    edit(&mut session);
    match Session::<Fake>::read(&session.export()) {
        Ok(again) => again.digest() == session.digest(),
        Err(error) => {
            assert_eq!(error, ImportError::Damaged);
            false
        }
    }
}

// SES-26
#[test]
fn r12_a_state_that_nothing_leads_to_is_refused_and_the_last_that_something_does_is_not() {
    const ALICE: usize = 0;
    const BOB: usize = 1;
    let last: [(usize, Edit); 14] = [
        (ALICE, |_| {}),
        (BOB, |_| {}),
        (ALICE, |session| session.kem.sent = STARVED_AFTER),
        (ALICE, |session| session.kem.received = STARVED_AFTER),
        (ALICE, |session| session.kem.phase = Phase::Broken),
        (ALICE, |session| offered(session).next = 36),
        (ALICE, |session| offered(session).held = Held(1 << 36)),
        (BOB, |session| keep(session, KEPT_KEYS)),
        (BOB, |session| old_chains(session, OLD_CHAINS)),
        (BOB, |session| drop_ranges(session, DROPPED_RANGES)),
        (BOB, |session| current(session).kept.dropped = vec![(0, 1), (1, 2)]),
        (BOB, |session| {
            session.kem.epoch = 3;
            current(session).mark = Mark { epoch: 2, adopts: true };
        }),
        (ALICE, answers),
        (ALICE, |session| {
            session.kem.phase = Phase::Waiting { key: Incoming::default() };
            adopted(session, 2);
        }),
    ];
    for (number, (side, edit)) in last.into_iter().enumerate() {
        assert!(readable(side, edit), "{number}");
    }
    let beyond: [(usize, Edit); 31] = [
        (ALICE, |session| session.kem.sent = STARVED_AFTER + 1),
        (ALICE, |session| session.kem.received = STARVED_AFTER + 1),
        (ALICE, |session| session.kem.epoch = 0),
        (ALICE, |session| session.kem.epoch = 2),
        (BOB, |session| session.kem.epoch = 2),
        (ALICE, |session| session.kem.phase = Phase::Waiting { key: Incoming::default() }),
        (BOB, |session| session.kem.phase = Phase::Offer),
        (BOB, |session| session.kem.phase = Phase::Adopting { secret: EpochSecret(Secret::new([1; 32])) }),
        (ALICE, |session| offered(session).next = 37),
        (ALICE, |session| offered(session).held = Held(1 << 37)),
        (BOB, |session| awaited(session).held = Held(1 << 37)),
        (BOB, |session| keep(session, KEPT_KEYS + 1)),
        (BOB, |session| old_chains(session, OLD_CHAINS + 1)),
        (BOB, |session| drop_ranges(session, DROPPED_RANGES + 1)),
        (BOB, |session| current(session).kept.dropped = vec![(1, 1)]),
        (BOB, |session| current(session).kept.dropped = vec![(2, 1)]),
        (BOB, |session| current(session).kept.dropped = vec![(0, 2), (1, 3)]),
        (BOB, |session| {
            let next = current(session).next;
            drop(current(session).kept.secrets.insert(next, secret()));
        }),
        (BOB, |session| current(session).mark.epoch = 2),
        (BOB, |session| current(session).mark.epoch = 0),
        (BOB, |session| current(session).mark.adopts = true),
        (BOB, |session| {
            session.kem.epoch = 3;
            current(session).mark = Mark { epoch: 3, adopts: true };
        }),
        (ALICE, |session| adopted(session, 1)),
        (ALICE, |session| {
            answers(session);
            adopted(session, 1);
        }),
        (ALICE, |session| adopted(session, 3)),
        (ALICE, |session| {
            session.kem.phase = Phase::Offer;
            session.kem.sent = 1;
        }),
        (BOB, |session| session.old[1].mark.epoch = 2),
        (BOB, |session| current(session).transients.window.seen = 0),
        (BOB, |session| current(session).next = COUNTER_MAX + 1),
        (ALICE, |session| session.opening = Opening::Unanswered(vec![0; HANDSHAKE_BYTES])),
        (BOB, |session| session.receiving = None),
    ];
    for (number, (side, edit)) in beyond.into_iter().enumerate() {
        assert!(!readable(side, edit), "{number}");
    }
    // There is no epoch before the first, also where nothing else tells.
    let (_, _, mut alice) = initiated::<Fake>(12);
    alice.kem.phase = Phase::Broken;
    assert!(Session::<Fake>::read(&alice.export()).is_ok());
    alice.kem.epoch = 0;
    assert_eq!(Session::<Fake>::read(&alice.export()).unwrap_err(), ImportError::Damaged);
}

#[test]
fn w2_the_longest_plaintext_is_sent_and_no_longer_one() {
    let Pair { mut rng, mut alice, mut bob } = pair::<Fake>(13);
    let answer = send(&mut bob, &mut rng, b"answer");
    receive(&mut alice, &answer).unwrap();
    let commit = |_: &_| Commitment([0; 32]);
    let longest = vec![7; PLAINTEXT_BYTES];
    for too_long in [PLAINTEXT_BYTES + 1, PLAINTEXT_BYTES + 2] {
        let (plaintext, before) = (vec![7; too_long], alice.export());
        assert_eq!(alice.encrypt(&mut rng, &plaintext, commit), Err(CannotSend::TooLong));
        assert_eq!(alice.export(), before);
    }
    let message = send(&mut alice, &mut rng, &longest);
    assert!(receive(&mut bob, &message) == Ok(longest.clone()));
    for too_long in [PLAINTEXT_BYTES + 1, PLAINTEXT_BYTES + 2] {
        let plaintext = vec![7; too_long];
        assert_eq!(alice.encrypt_transient(&mut rng, &plaintext, commit), Err(CannotSend::TooLong));
    }
    let hint = alice.encrypt_transient(&mut rng, &longest, commit).unwrap();
    assert!(*bob.decrypt_transient(&hint).unwrap().0.plaintext == longest);
}

// EPO-13
#[test]
fn a_transient_message_carries_nothing_of_the_kem_exchange() {
    let Pair { mut rng, mut alice, mut bob } = pair::<Fake>(15);
    let answer = send(&mut bob, &mut rng, b"answer");
    receive(&mut alice, &answer).unwrap();
    let turn = send(&mut alice, &mut rng, b"turn");
    receive(&mut bob, &turn).unwrap();
    let forged = |epoch, adopts, slot| {
        let Sending::Ready { ratchet, header_key, .. } = &alice.sending else { panic!("alice has sent") };
        let mark = Mark { epoch, adopts };
        let header = alice.header(ratchet, 0, [7; 8], mark, slot);
        let message_key = Secret::new([1; 32]);
        alice.seal(Kind::Transient, &header, header_key, &message_key, &Commitment([0; 32]), b"").unwrap()
    };
    let refused = |message: &[u8]| bob.decrypt_transient(message).unwrap_err();
    // With a silent header only the key is wrong.
    assert_eq!(refused(&forged(0, false, Slot::Held(0))), Refused::Mac);
    for (epoch, adopts, slot) in
        [(1, false, Slot::Held(0)), (0, true, Slot::Held(0)), (0, false, Slot::Held(1))]
    {
        assert_eq!(refused(&forged(epoch, adopts, slot)), Refused::Malformed(Malformed::Field("control")));
    }
}

// SES-12, SES-13
#[test]
fn a_header_is_sealed_under_the_start_of_the_payloads_tag() {
    let Pair { mut rng, mut alice, .. } = pair::<Suite1>(14);
    let message = send(&mut alice, &mut rng, b"text");
    let packet = Packet::parse(&message).unwrap();
    let Sending::Ready { header_key, .. } = &alice.sending else { panic!("alice has sent") };
    let associated = Associated::header(Kind::Message, &alice.id, Role::Initiator, packet.tag);
    let (nonce, mut header) = (packet.tag.first_chunk().unwrap(), *packet.header);
    assert!(aead::open(header_key, nonce, associated.as_bytes(), &mut header, packet.header_tag).is_ok());
}

// SES-6, SES-18, EPO-4
#[test]
fn the_real_primitives_carry_a_session_through_turns_a_loss_and_a_restart() {
    let Pair { mut rng, mut alice, mut bob } = pair::<Suite1>(6);
    let answer = send(&mut bob, &mut rng, b"answer");
    assert_eq!(receive(&mut alice, &answer), Ok(b"answer".to_vec()));
    let late = send(&mut alice, &mut rng, b"late");
    let next = send(&mut alice, &mut rng, b"next");
    let mut bob = stored(&bob);
    assert_eq!(receive(&mut bob, &next), Ok(b"next".to_vec()));
    assert_eq!(receive(&mut bob, &late), Ok(b"late".to_vec()));
    refused(&mut bob, &late, Refused::Replay);
    let mut changed = next;
    *changed.last_mut().unwrap() ^= 1;
    refused(&mut bob, &changed, Refused::Mac);
}
