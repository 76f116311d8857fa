//! Several sessions with one device: both sides come to the same one, and nobody is pulled back to another.

use crate::pair::{commitment, own};
use aside_identity::{Prekey, PrekeyKind, PrekeySecret};
use aside_session::{
    Bundle, CannotSend, Prekeys, Refused, Session, Sessions, handshake_of, limits,
    sessions::{Change, Opened, Outcome, Row},
};
use aside_testkit::{Person, TestRng};
use std::{collections::BTreeMap, rc::Rc};

pub(crate) const NOW: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 60 * 60 * 1000;

/// A device with its prekeys and its sessions with the other.
pub(crate) struct Side {
    person: Rc<Person>,
    pub(crate) signed: Rc<(PrekeySecret, Prekey)>,
    pub(crate) sessions: Sessions,
    /// What a store holds.
    pub(crate) rows: BTreeMap<[u8; 32], Row>,
    pub(crate) opened: Vec<Vec<u8>>,
    now: u64,
}

/// A message with the generation that its payload says.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) generation: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Side {
    fn new(rng: &mut TestRng) -> Self {
        let person = Person::new(rng);
        let signed = person.prekey(rng, PrekeyKind::Signed, 1);
        Self {
            person: Rc::new(person),
            signed: Rc::new(signed),
            sessions: Sessions::default(),
            rows: BTreeMap::new(),
            opened: vec![],
            now: NOW,
        }
    }

    /// Another signed prekey of the device.
    pub(crate) fn new_prekey(&self, rng: &mut TestRng, id: u32) -> Rc<(PrekeySecret, Prekey)> {
        Rc::new(self.person.prekey(rng, PrekeyKind::Signed, id))
    }

    /// The same device, with its sessions with several others.
    pub(crate) fn towards(rng: &mut TestRng, others: usize) -> Vec<Self> {
        let one = Self::new(rng);
        let again = |_| Self {
            person: Rc::clone(&one.person),
            signed: Rc::clone(&one.signed),
            sessions: Sessions::default(),
            rows: BTreeMap::new(),
            opened: vec![],
            now: NOW,
        };
        (0..others).map(again).collect()
    }

    /// Writes what has changed, and reads it back.
    pub(crate) fn store(&mut self) {
        for change in self.sessions.take_changes(self.now) {
            match change {
                Change::Keep(row) => drop(self.rows.insert(*row.id.as_bytes(), row)),
                Change::Forget(id) => drop(self.rows.remove(id.as_bytes())),
            }
        }
        self.load();
    }

    /// Reads what is stored.
    pub(crate) fn load(&mut self) {
        self.sessions = Sessions::import(self.rows.values().cloned()).unwrap();
    }

    pub(crate) fn begin(&mut self, rng: &mut TestRng, other: &Self, now: u64) -> u32 {
        let bundle =
            Bundle { certificate: &other.person.certificate, signed: &other.signed.1, one_time: None };
        let session = Session::initiate(rng, &own(&self.person), &bundle).unwrap();
        let generation = self.sessions.insert(session, now).unwrap();
        self.store();
        generation
    }

    pub(crate) fn send(&mut self, rng: &mut TestRng, text: &[u8]) -> Sent {
        let kept = self.sessions.sending_mut().unwrap();
        let bytes = kept.session_mut().encrypt(rng, text, |key| commitment(key, text)).unwrap();
        let generation = kept.generation();
        self.store();
        Sent { generation, bytes }
    }

    pub(crate) fn receive(&mut self, other: &Self, sent: &Sent, now: u64) -> Result<Outcome, Refused> {
        let outcome = self.take_in(other, sent, now);
        self.store();
        outcome
    }

    fn take_in(&mut self, other: &Self, sent: &Sent, now: u64) -> Result<Outcome, Refused> {
        let (received, opened) = match self.sessions.decrypt(&sent.bytes) {
            Err(Refused::WrongHandshake) => {
                let prekeys = Prekeys { signed: &self.signed.0, one_time: None };
                let certificate = &other.person.certificate;
                let (session, received) =
                    Session::respond(&own(&self.person), certificate, &prekeys, &sent.bytes)?;
                (received, Opened::new(session))
            }
            decided => decided?,
        };
        let outcome = self.sessions.accept(opened, sent.generation, now)?;
        self.opened.push(received.plaintext.to_vec());
        Ok(outcome)
    }

    pub(crate) fn sends_in(&self) -> [u8; 32] {
        *self.sessions.sending().unwrap().session().id().as_bytes()
    }
}

fn two(seed: u64) -> (TestRng, Side, Side) {
    let mut rng = TestRng::new(seed);
    let (alice, bob) = (Side::new(&mut rng), Side::new(&mut rng));
    (rng, alice, bob)
}

/// Both have heard the other in one session.
fn talking(seed: u64) -> (TestRng, Side, Side) {
    let (mut rng, mut alice, mut bob) = two(seed);
    alice.begin(&mut rng, &bob, NOW);
    let first = alice.send(&mut rng, b"first");
    bob.receive(&alice, &first, NOW).unwrap();
    let answer = bob.send(&mut rng, b"answer");
    alice.receive(&bob, &answer, NOW).unwrap();
    (rng, alice, bob)
}

fn orders<const N: usize>() -> Vec<[usize; N]> {
    fn extend<const N: usize>(so_far: &mut Vec<usize>, all: &mut Vec<[usize; N]>) {
        if let Ok(order) = <[usize; N]>::try_from(so_far.as_slice()) {
            all.push(order);
            return;
        }
        for next in 0..N {
            if !so_far.contains(&next) {
                so_far.push(next);
                extend(so_far, all);
                so_far.pop();
            }
        }
    }
    let mut all = Vec::new();
    extend(&mut Vec::new(), &mut all);
    all
}

// SES-25, HEA-2
#[test]
fn r9_both_start_at_once_and_any_of_24_orders_ends_in_one_session() {
    for seed in 0..4 {
        for order in orders::<4>() {
            let (mut rng, mut alice, mut bob) = two(seed);
            alice.begin(&mut rng, &bob, NOW);
            bob.begin(&mut rng, &alice, NOW);
            let sent = [
                alice.send(&mut rng, b"a1"),
                alice.send(&mut rng, b"a2"),
                bob.send(&mut rng, b"b1"),
                bob.send(&mut rng, b"b2"),
            ];
            for which in order {
                let outcome = if which < 2 {
                    bob.receive(&alice, &sent[which], NOW)
                } else {
                    alice.receive(&bob, &sent[which], NOW)
                };
                assert!(!outcome.unwrap().is_behind, "two who start at once are no reason to start again");
            }
            assert_eq!((alice.opened.len(), bob.opened.len()), (2, 2));
            assert_eq!(alice.sends_in(), bob.sends_in(), "{order:?}");
            assert_eq!(alice.sessions.iter().filter(|kept| kept.retired_at().is_none()).count(), 1);
            let smallest = alice.sessions.iter().map(|kept| *kept.session().id().as_bytes()).min();
            assert_eq!(Some(alice.sends_in()), smallest);
            // And it serves both ways from there on.
            for round in 0..2 {
                let question = alice.send(&mut rng, &[round]);
                bob.receive(&alice, &question, NOW).unwrap();
                let answer = bob.send(&mut rng, &[round]);
                alice.receive(&bob, &answer, NOW).unwrap();
            }
        }
    }
}

#[test]
fn r9_answers_that_cross_with_the_handshakes_change_nothing() {
    for order in orders::<4>() {
        let (mut rng, mut alice, mut bob) = two(3);
        alice.begin(&mut rng, &bob, NOW);
        bob.begin(&mut rng, &alice, NOW);
        let (a, b) = (alice.send(&mut rng, b"a"), bob.send(&mut rng, b"b"));
        // The second of each is written after the other's first has come, in whichever session counts then.
        alice.receive(&bob, &b, NOW).unwrap();
        bob.receive(&alice, &a, NOW).unwrap();
        let later = [
            (true, alice.send(&mut rng, b"a2")),
            (true, alice.send(&mut rng, b"a3")),
            (false, bob.send(&mut rng, b"b2")),
            (false, bob.send(&mut rng, b"b3")),
        ];
        for which in order {
            let (to_bob, sent) = &later[which];
            if *to_bob {
                bob.receive(&alice, sent, NOW).unwrap();
            } else {
                alice.receive(&bob, sent, NOW).unwrap();
            }
        }
        assert_eq!(alice.sends_in(), bob.sends_in());
        assert_eq!((alice.opened.len(), bob.opened.len()), (3, 3));
    }
}

// R5, HEA-2
#[test]
fn r5_the_session_that_was_left_never_sends_again_and_still_opens_what_was_under_way() {
    let (mut rng, mut alice, mut bob) = talking(4);
    let old = alice.sends_in();
    let under_way = bob.send(&mut rng, b"under way");
    alice.begin(&mut rng, &bob, NOW);
    assert_ne!(alice.sends_in(), old);
    alice.receive(&bob, &under_way, NOW).unwrap();
    assert_eq!(alice.opened.last().unwrap(), b"under way");
    assert_ne!(alice.sends_in(), old, "what comes in the old session does not bring it back");
    let left = alice.sessions.iter().find(|kept| *kept.session().id().as_bytes() == old).unwrap();
    assert_eq!(left.retired_at(), Some(NOW));
    let first = alice.send(&mut rng, b"anew");
    let outcome = bob.receive(&alice, &first, NOW).unwrap();
    assert!(outcome.is_new && outcome.replaces && !outcome.is_behind);
    assert_eq!(alice.sends_in(), bob.sends_in());
}

// R5: whoever kept the state of before cannot get back to it by way of a message that was held back.
#[test]
fn r5_a_handshake_that_was_held_back_takes_nothing_over() {
    let (mut rng, mut alice, mut bob) = two(5);
    alice.begin(&mut rng, &bob, NOW);
    let held = alice.send(&mut rng, b"held back");
    alice.begin(&mut rng, &bob, NOW);
    let newer = alice.send(&mut rng, b"newer");
    bob.receive(&alice, &newer, NOW).unwrap();
    let answer = bob.send(&mut rng, b"answer");
    alice.receive(&bob, &answer, NOW).unwrap();
    let current = bob.sends_in();
    let outcome = bob.receive(&alice, &held, NOW).unwrap();
    assert_eq!(bob.opened.last().unwrap(), b"held back");
    assert!(outcome.is_new && outcome.is_behind);
    assert_eq!(bob.sends_in(), current);
    let left = bob.sessions.iter().find(|kept| kept.session().id() == &outcome.session).unwrap();
    assert_eq!(left.retired_at(), Some(NOW), "it only receives from the first message on");
}

// R4, HEA-6
#[test]
fn r4_who_has_lost_the_newest_sessions_is_answered_with_a_higher_one() {
    let (mut rng, mut alice, mut bob) = talking(6);
    let backup = bob.rows.clone();
    for _ in 0..2 {
        alice.begin(&mut rng, &bob, NOW);
        let sent = alice.send(&mut rng, b"newer");
        bob.receive(&alice, &sent, NOW).unwrap();
        let answer = bob.send(&mut rng, b"yes");
        alice.receive(&bob, &answer, NOW).unwrap();
    }
    bob.rows = backup;
    bob.sessions = Sessions::import(bob.rows.values().cloned()).unwrap();
    bob.sessions.retire_all(NOW);
    bob.store();
    assert!(bob.sessions.sending().is_none() && bob.sessions.sending_mut().is_none());
    assert_eq!(bob.begin(&mut rng, &alice, NOW), 2);
    let sent = bob.send(&mut rng, b"restored");
    let outcome = alice.receive(&bob, &sent, NOW).unwrap();
    assert!(outcome.is_new && outcome.is_behind && outcome.replaces);
    assert_eq!(alice.begin(&mut rng, &bob, NOW), 4);
    let answer = alice.send(&mut rng, b"with a higher one");
    bob.receive(&alice, &answer, NOW).unwrap();
    assert_eq!(alice.sends_in(), bob.sends_in());
}

// The same with a generation that happens to be equal: that Alice has heard Bob in hers tells that he has lost it.
#[test]
fn r4_an_equal_generation_of_somebody_who_knew_better_is_behind() {
    let mut seen = [false; 2];
    for seed in 0..16 {
        let (mut rng, mut alice, mut bob) = talking(seed);
        bob.sessions = Sessions::default();
        bob.rows.clear();
        assert_eq!(bob.begin(&mut rng, &alice, NOW), 1);
        let sent = bob.send(&mut rng, b"lost");
        let outcome = alice.receive(&bob, &sent, NOW).unwrap();
        assert!(outcome.replaces);
        // Either the new one wins, and both have it, or Alice has to tell.
        let same = alice.sends_in() == bob.sends_in();
        assert_eq!(outcome.is_behind, !same);
        seen[usize::from(same)] = true;
    }
    assert_eq!(seen, [true; 2]);
}

// SES-28
#[test]
fn ses_28_generations_are_those_of_their_session_and_do_not_leap() {
    let (mut rng, mut alice, mut bob) = talking(7);
    let sent = alice.send(&mut rng, b"text");
    for generation in [0, 2, u32::MAX] {
        let lie = Sent { generation, ..sent.clone() };
        let before = bob.rows.clone();
        assert_eq!(bob.receive(&alice, &lie, NOW), Err(Refused::Generation));
        assert!(bob.rows == before);
    }
    bob.receive(&alice, &sent, NOW).unwrap();
    alice.begin(&mut rng, &bob, NOW);
    let anew = alice.send(&mut rng, b"anew");
    let most = 1 + limits::GENERATION_JUMP;
    for generation in [0, most + 1, u32::MAX] {
        let lie = Sent { generation, ..anew.clone() };
        assert_eq!(bob.receive(&alice, &lie, NOW), Err(Refused::Generation));
        assert_eq!(bob.rows.len(), 1);
    }
    bob.receive(&alice, &Sent { generation: most, ..anew }, NOW).unwrap();
    assert_eq!(bob.sessions.highest_generation(), most);
}

// SES-29, HSK-10
#[test]
fn ses_29_only_mac_leads_to_the_next_session_and_a_repeated_handshake_to_its_own() {
    let (mut rng, mut alice, mut bob) = two(8);
    alice.begin(&mut rng, &bob, NOW);
    let (first, second) = (alice.send(&mut rng, b"one"), alice.send(&mut rng, b"two"));
    assert!(bob.receive(&alice, &first, NOW).unwrap().is_new);
    // The handshake stands before the second, too, and makes no second session.
    assert!(!bob.receive(&alice, &second, NOW).unwrap().is_new);
    assert_eq!(bob.sessions.iter().count(), 1);
    let handshake = handshake_of(&first.bytes).unwrap().unwrap();
    assert!(bob.sessions.began_with(&aside_session::handshake_hash(&handshake)));
    assert_eq!(bob.receive(&alice, &first, NOW), Err(Refused::Replay));
    // In a later session of the trial, its own word comes through.
    let answer = bob.send(&mut rng, b"answer");
    alice.receive(&bob, &answer, NOW).unwrap();
    alice.begin(&mut rng, &bob, NOW);
    assert_eq!(alice.receive(&bob, &answer, NOW), Err(Refused::Replay));
    let mut garbage = answer.clone();
    *garbage.bytes.last_mut().unwrap() ^= 1;
    assert_eq!(alice.receive(&bob, &garbage, NOW), Err(Refused::NoHandshake));
    assert_eq!(Sessions::default().decrypt(&answer.bytes).err(), Some(Refused::NoHandshake));
    assert_eq!(Sessions::default().decrypt(&first.bytes).err(), Some(Refused::WrongHandshake));
}

// HEA-4
#[test]
fn at_most_eight_are_kept_and_those_that_only_receive_for_seven_days() {
    let (mut rng, mut alice, bob) = two(9);
    for _ in 0..20 {
        alice.begin(&mut rng, &bob, NOW);
    }
    let kept: Vec<u32> = alice.sessions.iter().map(|kept| kept.generation()).collect();
    assert_eq!(kept, [20, 19, 18, 17, 16, 15, 14, 13]);
    assert_eq!(alice.rows.len(), limits::SESSIONS);
    alice.sessions.tidy(NOW + 7 * DAY - 1);
    alice.store();
    assert_eq!(alice.rows.len(), limits::SESSIONS);
    alice.sessions.tidy(NOW + 7 * DAY);
    alice.store();
    assert_eq!(alice.rows.len(), 1);
    // The last one stays: its generation is what the next is measured by.
    alice.sessions.retire_all(NOW + 7 * DAY);
    alice.sessions.tidy(NOW + 100 * DAY);
    alice.store();
    assert!(alice.sessions.sending().is_none());
    assert_eq!(alice.begin(&mut rng, &bob, NOW + 100 * DAY), 21);
}

#[test]
fn a_clock_that_was_ahead_keeps_nothing_for_longer() {
    let (mut rng, mut alice, bob) = two(10);
    alice.begin(&mut rng, &bob, NOW);
    alice.begin(&mut rng, &bob, NOW + 1000 * DAY);
    alice.sessions.tidy(NOW);
    alice.store();
    alice.sessions.tidy(NOW + 7 * DAY);
    alice.store();
    assert_eq!(alice.rows.len(), 1);
}

#[test]
fn rows_that_contradict_each_other_are_refused() {
    let (_, alice, _) = talking(11);
    let row = alice.rows.into_values().next().unwrap();
    assert!(Sessions::import([row.clone(), row.clone()]).is_err());
    assert!(Sessions::import([Row { generation: 0, ..row.clone() }]).is_err());
    let other = aside_primitives::Digest([1; 32]);
    assert!(Sessions::import([Row { id: other, ..row }]).is_err());
}

// HEA-19, EPO-12
#[test]
fn a_session_that_stays_in_one_epoch_for_thirty_days_is_worn() {
    let (mut rng, mut alice, mut bob) = talking(12);
    let worn = |side: &Side, now: u64| side.sessions.sending().unwrap().is_worn(now);
    assert!(!worn(&alice, NOW + 30 * DAY - 1));
    assert!(worn(&alice, NOW + 30 * DAY));
    // With the first epoch that ends, it counts from there.
    (alice.now, bob.now) = (NOW + 20 * DAY, NOW + 20 * DAY);
    while alice.sessions.sending().unwrap().session().epoch() == 1 {
        let question = alice.send(&mut rng, b"question");
        bob.receive(&alice, &question, bob.now).unwrap();
        let answer = bob.send(&mut rng, b"answer");
        alice.receive(&bob, &answer, alice.now).unwrap();
    }
    assert!(!worn(&alice, NOW + 50 * DAY - 1));
    assert!(worn(&alice, NOW + 50 * DAY));
}

// R5, SES-37: not even whoever has the state of a retired session can send in it.
#[test]
fn r5_a_retired_session_has_nothing_left_to_send_with() {
    let (mut rng, mut alice, bob) = talking(13);
    alice.begin(&mut rng, &bob, NOW);
    let left = alice.rows.values().find(|row| row.retired_at.is_some()).unwrap();
    let mut stolen = Session::import(&left.state).unwrap();
    assert!(stolen.is_retired());
    let sent = stolen.encrypt(&mut rng, b"text", |key| commitment(key, b"text"));
    assert_eq!(sent.err(), Some(CannotSend::Retired));
    // A row that says otherwise than its state is not taken.
    assert!(Sessions::import([Row { retired_at: None, ..left.clone() }]).is_err());
}

#[test]
fn a_session_stored_by_another_version_leaves_its_generation() {
    let (mut rng, mut alice, mut bob) = talking(60);
    alice.store();
    let generation = alice.sessions.highest_generation();
    for row in alice.rows.values_mut() {
        row.state[0] = 2;
    }
    alice.sessions = Sessions::import(alice.rows.values().cloned()).unwrap();
    assert!(alice.sessions.is_empty() && alice.sessions.sending().is_none());
    assert_eq!(alice.sessions.highest_generation(), generation);
    alice.store();
    assert!(!alice.rows.is_empty(), "it is kept until another has its generation");
    bob.store();
    assert_eq!(alice.begin(&mut rng, &bob, NOW), generation + 1);
    alice.store();
    assert_eq!(alice.rows.len(), 1);
    assert!(alice.sessions.sending().is_some());
}

// SES-38
#[test]
fn r4_an_older_copy_that_only_receives_is_no_fault_of_the_peer() {
    let (mut rng, mut alice, mut bob) = talking(61);
    let copy = alice.rows.clone();
    // Alice turns, Bob answers: he turns again. Her copy has not sent what he answers.
    let turn = alice.send(&mut rng, b"turn");
    bob.receive(&alice, &turn, NOW).unwrap();
    let answer = bob.send(&mut rng, b"answer");
    alice.rows = copy;
    alice.load();
    let refused = alice.receive(&bob, &answer, NOW).unwrap_err();
    assert_eq!(refused.reject().word(), "malformed");
    alice.sessions.retire_all(NOW);
    alice.store();
    assert_eq!(alice.receive(&bob, &answer, NOW).unwrap_err(), Refused::KeyExpired);
}

// HEA-1: a state that was set back, and nobody knows it was, would otherwise stay deaf: the chain that adopts never opens.
#[test]
fn r4_what_contradicts_a_state_that_was_set_back_is_told_from_what_is_damaged() {
    let (mut rng, mut alice, mut bob) = talking(17);
    for _ in 0..36 {
        let message = alice.send(&mut rng, b"a key in chunks");
        bob.receive(&alice, &message, NOW).unwrap();
    }
    let copy = bob.rows.clone();
    for _ in 0..34 {
        let message = bob.send(&mut rng, b"a ciphertext in chunks");
        alice.receive(&bob, &message, NOW).unwrap();
    }
    bob.rows = copy;
    bob.sessions = Sessions::import(bob.rows.values().cloned()).unwrap();
    let adopts = alice.send(&mut rng, b"adopts what Bob does not know any more");
    let refused = bob.receive(&alice, &adopts, NOW).unwrap_err();
    assert_eq!((refused.contradicts(), refused.reject().word()), (true, "malformed"));
    // What does not get as far as a header is none.
    let mut damaged = adopts;
    for byte in [0x31, 0x13, 0x15] {
        damaged.bytes[0] = byte;
        assert!(!bob.receive(&alice, &damaged, NOW).unwrap_err().contradicts());
    }
    damaged.bytes = vec![0x11];
    assert!(!bob.receive(&alice, &damaged, NOW).unwrap_err().contradicts());
}
