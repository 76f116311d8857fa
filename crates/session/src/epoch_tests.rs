//! The KEM ratchet by itself, on fake primitives: every pattern of loss and order that matters, and every lie.

use super::*;
use crate::fake::Fake;
use alloc::{format, vec::Vec};
use aside_testkit::TestRng;
use aside_wire::header::Chunk;

const ID: Digest = Digest([7; 32]);

/// One side without the rest of a session.
struct Side {
    role: Role,
    kem: KemRatchet,
    /// The mark of the own chain, and of the peer's newest.
    own: Mark,
    peer: Mark,
    due: bool,
}

/// What one message carries.
#[derive(Clone, Copy)]
struct Carried {
    mark: Mark,
    slot: Slot,
    turns: bool,
}

impl Side {
    fn new(role: Role) -> Self {
        let first = Mark { epoch: 1, adopts: false };
        Self { role, kem: KemRatchet::new(role), own: first, peer: first, due: role == Role::Responder }
    }

    /// A message, in a new chain if one is due; returns the secret that the chain adopts.
    fn send(&mut self, rng: &mut TestRng) -> (Carried, Option<[u8; 32]>) {
        let turns = core::mem::take(&mut self.due);
        let mut adopted = None;
        if turns {
            if let Phase::Adopting { secret } = &self.kem.phase {
                adopted = Some(*secret.0.expose());
                self.kem = self.kem.after(self.role);
            }
            self.own = Mark { epoch: self.kem.epoch, adopts: adopted.is_some() };
        }
        if let Some(phase) = self.kem.prepare::<Fake>(&ID, rng).unwrap() {
            self.kem.phase = phase;
        }
        let slot = self.kem.phase.slot();
        self.kem.note_sent(&slot);
        (Carried { mark: self.own, slot, turns }, adopted)
    }

    /// Takes in a message; returns the secret that its chain adopts here.
    fn receive(&mut self, carried: &Carried) -> Option<[u8; 32]> {
        let mut adopted = None;
        if carried.turns {
            if carried.mark.adopts {
                let Phase::Answering { secret, .. } = &self.kem.phase else { panic!("nothing to adopt") };
                adopted = Some(*secret.0.expose());
                self.kem = self.kem.after(self.role);
            }
            (self.peer, self.due) = (carried.mark, true);
        }
        assert_eq!(carried.mark.epoch.abs_diff(self.kem.epoch), self.kem.epoch - carried.mark.epoch);
        self.kem.accept::<Fake>(&ID, carried.mark, &carried.slot);
        adopted
    }
}

/// Messages each way in turn until an epoch ends; `lost` decides by count and direction. Returns how many were sent.
fn until_adopted(lost: impl Fn(u32, bool) -> bool) -> u32 {
    let mut rng = TestRng::new(1);
    let mut sides = [Side::new(Role::Initiator), Side::new(Role::Responder)];
    for count in 0..4_000 {
        let from = usize::from(count % 2 == 1);
        let (carried, sent) = sides[from].send(&mut rng);
        // The first of a chain arrives: what else could be lost has its own count.
        if carried.turns || count == 0 || !lost(count, from == 1) {
            let received =
                sides[1 - from].receive(&Carried { turns: carried.turns || count == 0, ..carried });
            assert_eq!(sent, received);
        }
        if sent.is_some() {
            assert_eq!((sides[0].kem.epoch, sides[1].kem.epoch), (2, 2));
            return count + 1;
        }
    }
    panic!("no epoch ended")
}

// EPO-2, EPO-3, EPO-4, EPO-6
#[test]
fn an_epoch_takes_37_and_34_messages_and_a_turn() {
    // Ping-pong: 37 of Alice, the ciphertext in the 34 answers from the 37th on, and her next message adopts.
    assert_eq!(until_adopted(|_, _| false), 2 * (37 + 33) + 1);
}

// EPO-4
#[test]
fn r12_no_pattern_of_loss_starves_an_epoch() {
    let mut rng = TestRng::new(2);
    let mut sides = [Side::new(Role::Initiator), Side::new(Role::Responder)];
    // Alice writes in bursts of 37 of which the same place is lost each time; Bob answers once.
    for place in [0u32, 5, 36] {
        let mut bursts = 0;
        while !matches!(sides[0].kem.phase, Phase::Collecting { .. } | Phase::Adopting { .. }) {
            for n in 0..37 {
                let (carried, _) = sides[0].send(&mut rng);
                if n != place || carried.turns {
                    sides[1].receive(&Carried { turns: carried.turns || (bursts == 0 && n == 0), ..carried });
                }
            }
            let (answer, _) = sides[1].send(&mut rng);
            sides[0].receive(&answer);
            bursts += 1;
            assert!(bursts < 5, "place {place}");
        }
        sides = [Side::new(Role::Initiator), Side::new(Role::Responder)];
    }
    for every in [2, 3, 37, 34] {
        assert!(until_adopted(|count, _| count / 2 % every == 0) < 800, "one of {every}");
    }
    assert!(until_adopted(|count, bob| bob && count % 5 != 0) < 1_200);
}

// EPO-12
#[test]
fn half_of_the_messages_may_be_lost_before_a_session_starves() {
    let both_ways = 2 * u32::from(STARVED_AFTER);
    assert!(until_adopted(|count, _| count / 2 % 2 == 0) < both_ways);
    // At random, too.
    for seed in 0..20 {
        let mut rng = TestRng::new(seed);
        let lost: Vec<bool> = (0..4_000).map(|_| rng.below(2) == 0).collect();
        assert!(until_adopted(|count, _| lost[usize::try_from(count).unwrap()]) < both_ways, "{seed}");
    }
}

// EPO-9
#[test]
fn chunks_in_any_order_and_late_ones_of_the_epoch_count() {
    let mut rng = TestRng::new(3);
    let (mut alice, mut bob) = (Side::new(Role::Initiator), Side::new(Role::Responder));
    let mut sent: Vec<Carried> = (0..37).map(|_| alice.send(&mut rng).0).collect();
    sent.reverse();
    sent[0].turns = true;
    for carried in sent {
        bob.receive(&carried);
    }
    let mut answers: Vec<Carried> = (0..34).map(|_| bob.send(&mut rng).0).collect();
    let late = answers.remove(17);
    let turning = answers.remove(0);
    alice.receive(&turning);
    for carried in answers.iter().rev() {
        assert!(alice.receive(carried).is_none());
    }
    assert!(matches!(alice.kem.phase, Phase::Collecting { .. }));
    // Alice and Bob turn once more before the last chunk comes, out of an old chain.
    let (turn, adopted) = alice.send(&mut rng);
    assert!(adopted.is_none());
    bob.receive(&turn);
    alice.receive(&late);
    assert!(matches!(alice.kem.phase, Phase::Adopting { .. }));
    let (turn, _) = bob.send(&mut rng);
    alice.receive(&turn);
    let (adopting, sent) = alice.send(&mut rng);
    assert_eq!(bob.receive(&adopting), sent);
    assert!(sent.is_some());
    // What is still under way of the epoch that is over changes nothing.
    let before = format!("{:?}", alice.kem);
    alice.kem.accept::<Fake>(&ID, late.mark, &late.slot);
    assert_eq!(format!("{:?}", alice.kem), before);
}

/// Bob, who waits for a key of which chunk 0 has come.
fn waiting() -> KemRatchet {
    let mut kem = KemRatchet::new(Role::Responder);
    kem.accept::<Fake>(&ID, FIRST, &key_chunk(0, 1));
    kem
}

const FIRST: Mark = Mark { epoch: 1, adopts: false };

fn key_chunk(index: u8, value: u8) -> Slot {
    Slot::Key(Chunk { index, bytes: [value; 32] })
}

// EPO-10
#[test]
fn a_chunk_with_two_values_breaks_the_exchange() {
    let mut kem = waiting();
    kem.accept::<Fake>(&ID, FIRST, &key_chunk(0, 1));
    assert_eq!(kem.health(), Health::Sound);
    kem.accept::<Fake>(&ID, FIRST, &key_chunk(0, 2));
    assert_eq!(kem.health(), Health::Broken);
    assert!(kem.phase.slot() == Slot::Held(0));
    // Nothing revives it.
    (0..37).for_each(|index| kem.accept::<Fake>(&ID, FIRST, &key_chunk(index, 1)));
    assert_eq!(kem.health(), Health::Broken);

    let mut rng = TestRng::new(4);
    let mut alice = KemRatchet::new(Role::Initiator);
    alice.phase = alice.prepare::<Fake>(&ID, &mut rng).unwrap().unwrap();
    let chunk = |value| Slot::Ciphertext(Chunk { index: 3, bytes: [value; 32] });
    alice.accept::<Fake>(&ID, FIRST, &chunk(1));
    assert!(matches!(alice.phase, Phase::Collecting { .. }));
    alice.accept::<Fake>(&ID, FIRST, &chunk(2));
    assert_eq!(alice.health(), Health::Broken);
}

// EPO-10
#[test]
fn a_key_that_is_none_breaks_the_exchange_when_it_is_whole() {
    let mut kem = KemRatchet::new(Role::Responder);
    (0..36).for_each(|index| kem.accept::<Fake>(&ID, FIRST, &key_chunk(index, 0xFF)));
    assert_eq!(kem.health(), Health::Sound);
    kem.accept::<Fake>(&ID, FIRST, &key_chunk(36, 0xFF));
    assert_eq!(kem.health(), Health::Broken);
    assert!(kem.prepare::<Fake>(&ID, &mut TestRng::new(5)).unwrap().is_none());
}

// EPO-12
#[test]
fn an_epoch_without_end_starves_the_session_after_200_each_way() {
    let mut rng = TestRng::new(6);
    let (mut alice, mut bob) = (Side::new(Role::Initiator), Side::new(Role::Responder));
    for count in 0..400 {
        assert_eq!(alice.kem.health(), Health::Sound, "{count}");
        // Alice hears Bob; of what she sends, only what carries nothing new reaches him.
        assert!(alice.send(&mut rng).1.is_none());
        if count >= 200 {
            continue;
        }
        let (carried, _) = bob.send(&mut rng);
        alice.kem.accept::<Fake>(&ID, FIRST, &carried.slot);
        if count == 199 {
            break;
        }
    }
    assert_eq!(alice.kem.health(), Health::Starved);
    assert_eq!(bob.kem.health(), Health::Sound);
}

// EPO-12
#[test]
fn an_epoch_that_only_waits_for_a_turn_is_sound() {
    let mut rng = TestRng::new(7);
    let (mut alice, mut bob) = (Side::new(Role::Initiator), Side::new(Role::Responder));
    for n in 0..250 {
        let (carried, _) = alice.send(&mut rng);
        bob.receive(&Carried { turns: n == 0, ..carried });
    }
    for _ in 0..250 {
        let (carried, _) = bob.send(&mut rng);
        alice.receive(&carried);
    }
    assert!(matches!(alice.kem.phase, Phase::Adopting { .. }));
    assert_eq!(alice.kem.health(), Health::Sound);
    let (adopting, secret) = alice.send(&mut rng);
    assert!(secret.is_some());
    bob.receive(&adopting);
    assert_eq!((alice.kem.sent, alice.kem.received, bob.kem.sent, bob.kem.received), (1, 0, 0, 1));
}

// EPO-1, EPO-7
#[test]
fn each_side_offers_in_turn_and_says_only_what_its_part_is() {
    assert!(offers(Role::Initiator, 1) && offers(Role::Responder, 2));
    assert!(!offers(Role::Responder, 1) && !offers(Role::Initiator, 2));
    let header = |mark: Mark, slot| {
        let (epoch, adopts) = mark.in_header();
        let ratchet_key = [0; 32];
        Header { ratchet_key, previous: 0, number: 0, salt: [0; 8], epoch, adopts, slot }
    };
    let mark = Mark { epoch: 129, adopts: true };
    let ciphertext = Slot::Ciphertext(Chunk { index: 0, bytes: [0; 32] });
    for (sender, slot, fits) in [
        (Role::Initiator, key_chunk(0, 0), true),
        (Role::Responder, key_chunk(0, 0), false),
        (Role::Initiator, ciphertext, false),
        (Role::Responder, ciphertext, true),
        (Role::Initiator, Slot::Held(1 << 33), true),
        (Role::Initiator, Slot::Held(1 << 34), false),
        (Role::Responder, Slot::Held(1 << 36), true),
    ] {
        assert_eq!(mark.check(sender, &header(mark, slot)).is_ok(), fits);
    }
    // Epoch 129 travels as 1.
    let slot = Slot::Held(0);
    assert!(mark.check(Role::Initiator, &header(Mark { epoch: 1, adopts: true }, slot)).is_ok());
    assert!(mark.check(Role::Initiator, &header(Mark { epoch: 2, adopts: true }, slot)).is_err());
    assert!(mark.check(Role::Initiator, &header(Mark { epoch: 1, adopts: false }, slot)).is_err());
}

// EPO-5, P7
#[test]
fn p7_the_epoch_secret_depends_on_everything_it_was_made_of() {
    let secret = |id: u8, epoch, key: u8, ciphertext: u8, shared: u8| {
        let hashes = [Digest([key; 32]), Digest([ciphertext; 32])];
        *epoch_secret::<aside_primitives::suite::Suite1>(
            &Digest([id; 32]),
            epoch,
            &hashes,
            &Secret::new([shared; 32]),
        )
        .0
        .expose()
    };
    let secrets = [
        secret(1, 1, 1, 1, 1),
        secret(2, 1, 1, 1, 1),
        secret(1, 2, 1, 1, 1),
        secret(1, 129, 1, 1, 1),
        secret(1, 1, 2, 1, 1),
        secret(1, 1, 1, 2, 1),
        secret(1, 1, 1, 1, 2),
    ];
    let distinct: alloc::collections::BTreeSet<_> = secrets.into_iter().collect();
    assert_eq!(distinct.len(), secrets.len());
}
