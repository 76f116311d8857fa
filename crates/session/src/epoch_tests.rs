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
    /// The number of the own chain, and of the peer's newest; 0 is none.
    own_chain: u32,
    peer_chain: u32,
    /// The secret that the own chain adopted.
    adopted: Option<[u8; 32]>,
    due: bool,
}

/// What one message carries; its chain, and the secret that this one adopts, for the check.
#[derive(Clone, Copy)]
struct Carried {
    mark: Mark,
    slot: Slot,
    chain: u32,
    adopted: Option<[u8; 32]>,
}

impl Side {
    fn new(role: Role) -> Self {
        let first = Mark { epoch: 1, adopts: false };
        let due = role == Role::Responder;
        let kem = KemRatchet::new(role);
        Self {
            role,
            kem,
            own: first,
            peer: first,
            own_chain: u32::from(!due),
            peer_chain: 0,
            adopted: None,
            due,
        }
    }

    /// A message, in a new chain if one is due.
    fn send(&mut self, rng: &mut TestRng) -> Carried {
        if core::mem::take(&mut self.due) {
            self.adopted = None;
            if let Phase::Adopting { secret } = &self.kem.phase {
                self.adopted = Some(*secret.0.expose());
                self.kem = self.kem.after(self.role);
            }
            self.own = Mark { epoch: self.kem.epoch, adopts: self.adopted.is_some() };
            self.own_chain += 1;
        }
        if let Some(phase) = self.kem.prepare::<Fake>(&ID, rng).unwrap() {
            self.kem.phase = phase;
        }
        let slot = self.kem.phase.slot();
        self.kem.note_sent(&slot);
        Carried { mark: self.own, slot, chain: self.own_chain, adopted: self.adopted }
    }

    /// Takes in a message, and turns with the first one of a chain that arrives; returns the secret that is adopted with it.
    fn receive(&mut self, carried: &Carried) -> Option<[u8; 32]> {
        let mut adopted = None;
        if carried.chain > self.peer_chain {
            if carried.mark.adopts {
                let Phase::Answering { secret, .. } = &self.kem.phase else { panic!("nothing to adopt") };
                adopted = Some(*secret.0.expose());
                self.kem = self.kem.after(self.role);
            }
            assert_eq!(adopted, carried.adopted);
            (self.peer, self.peer_chain, self.due) = (carried.mark, carried.chain, true);
        }
        assert_eq!(carried.mark.epoch.abs_diff(self.kem.epoch), self.kem.epoch - carried.mark.epoch);
        self.kem.accept::<Fake>(&ID, carried.mark, &carried.slot);
        adopted
    }
}

/// Messages each way in turn until an epoch ends on both sides; `lost` decides by count and direction, and may take any of
/// them. Returns how many were sent, and whether a side starved on the way.
fn until_adopted(lost: impl Fn(u32, bool) -> bool) -> (u32, bool) {
    let mut rng = TestRng::new(1);
    let mut starved = false;
    let mut sides = [Side::new(Role::Initiator), Side::new(Role::Responder)];
    for count in 0..4_000 {
        let from = usize::from(count % 2 == 1);
        // The responder has no session before something has arrived.
        if from == 1 && sides[1].peer_chain == 0 {
            continue;
        }
        let carried = sides[from].send(&mut rng);
        if !lost(count, from == 1) && sides[1 - from].receive(&carried).is_some() {
            assert_eq!((sides[0].kem.epoch, sides[1].kem.epoch), (2, 2));
            return (count + 1, starved);
        }
        starved |= sides.iter().any(|side| side.kem.health() == Health::Starved);
    }
    panic!("no epoch ended")
}

// EPO-2, EPO-3, EPO-4, EPO-6
#[test]
fn an_epoch_takes_37_and_34_messages_and_a_turn() {
    // Ping-pong: 37 of Alice, the ciphertext in the 34 answers from the 37th on, and her next message adopts.
    assert_eq!(until_adopted(|_, _| false), (2 * (37 + 33) + 1, false));
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
                let carried = sides[0].send(&mut rng);
                if n != place {
                    sides[1].receive(&carried);
                }
            }
            let answer = sides[1].send(&mut rng);
            sides[0].receive(&answer);
            bursts += 1;
            assert!(bursts < 5, "place {place}");
        }
        sides = [Side::new(Role::Initiator), Side::new(Role::Responder)];
    }
    for every in [2, 3, 37, 34] {
        assert!(until_adopted(|count, _| count / 2 % every == 0).0 < 800, "one of {every}");
    }
    assert!(until_adopted(|count, bob| bob && count % 5 != 0).0 < 1_200);
}

// EPO-12
#[test]
fn two_of_three_messages_may_be_lost_before_a_session_starves() {
    // Those of one side or of both: loss both ways counts on both sides of the bound.
    let who = [|bob| bob, |bob: bool| !bob, |_| true];
    for hit in who {
        assert!(!until_adopted(|count, bob| hit(bob) && count / 2 % 4 != 0).1, "three of four");
        // At random.
        for seed in 0..20 {
            let mut rng = TestRng::new(seed);
            let lost: Vec<bool> = (0..4_000).map(|_| rng.below(3) != 0).collect();
            let lost = |count, bob| hit(bob) && lost[usize::try_from(count).unwrap()];
            assert!(!until_adopted(lost).1, "{seed}");
        }
    }
    for one_way in &who[..2] {
        assert!(until_adopted(|count, bob| one_way(bob) && count / 2 % 5 != 0).1, "four of five");
    }
}

// EPO-9
#[test]
fn chunks_in_any_order_and_late_ones_of_the_epoch_count() {
    let mut rng = TestRng::new(3);
    let (mut alice, mut bob) = (Side::new(Role::Initiator), Side::new(Role::Responder));
    let mut sent: Vec<Carried> = (0..37).map(|_| alice.send(&mut rng)).collect();
    sent.reverse();
    for carried in sent {
        bob.receive(&carried);
    }
    let mut answers: Vec<Carried> = (0..34).map(|_| bob.send(&mut rng)).collect();
    let late = answers.remove(17);
    let turning = answers.remove(0);
    alice.receive(&turning);
    for carried in answers.iter().rev() {
        assert!(alice.receive(carried).is_none());
    }
    assert!(matches!(alice.kem.phase, Phase::Collecting { .. }));
    // Alice and Bob turn once more before the last chunk comes, out of an old chain.
    let turn = alice.send(&mut rng);
    assert!(turn.adopted.is_none());
    bob.receive(&turn);
    alice.receive(&late);
    assert!(matches!(alice.kem.phase, Phase::Adopting { .. }));
    let turn = bob.send(&mut rng);
    alice.receive(&turn);
    let adopting = alice.send(&mut rng);
    assert!(adopting.adopted.is_some());
    assert_eq!(bob.receive(&adopting), adopting.adopted);
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
        assert!(alice.send(&mut rng).adopted.is_none());
        if count >= 200 {
            continue;
        }
        let carried = bob.send(&mut rng);
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
    for _ in 0..250 {
        bob.receive(&alice.send(&mut rng));
    }
    for _ in 0..250 {
        alice.receive(&bob.send(&mut rng));
    }
    assert!(matches!(alice.kem.phase, Phase::Adopting { .. }));
    assert_eq!(alice.kem.health(), Health::Sound);
    let adopting = alice.send(&mut rng);
    assert!(adopting.adopted.is_some());
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
