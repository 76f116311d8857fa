//! Two and four devices, whatever the network and their stores do: what is delivered opens once, or a new session opens what
//! comes after.
use crate::sessions::{NOW, Sent, Side};
use aside_session::{Refused, handshake_hash, handshake_of, sessions::Row};
use aside_testkit::TestRng;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

#[derive(Debug, Clone, Copy)]
enum Step {
    Send {
        from: usize,
        to: usize,
    },
    /// One of the messages under way; `again` keeps it for another time.
    Deliver {
        which: usize,
        again: bool,
    },
    /// To somebody else than it is for.
    Misdeliver {
        which: usize,
        to: usize,
    },
    Lose {
        which: usize,
    },
    /// The process ends; what was stored is there.
    Crash {
        who: usize,
    },
    /// A backup is made, or put back.
    Backup {
        who: usize,
    },
    Restore {
        who: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let who = || any::<usize>();
    prop_oneof![
        8 => (who(), who()).prop_map(|(from, to)| Step::Send { from, to }),
        8 => (who(), prop::bool::weighted(0.2)).prop_map(|(which, again)| Step::Deliver { which, again }),
        1 => (who(), who()).prop_map(|(which, to)| Step::Misdeliver { which, to }),
        1 => who().prop_map(|which| Step::Lose { which }),
        1 => who().prop_map(|who| Step::Crash { who }),
        1 => who().prop_map(|who| Step::Backup { who }),
        1 => who().prop_map(|who| Step::Restore { who }),
    ]
}

/// A message under way.
#[derive(Clone)]
struct Flying {
    from: usize,
    to: usize,
    text: u32,
    sent: Sent,
}

/// What a device holds beside its sessions, and what a backup of it holds.
#[derive(Clone, Default)]
struct Store {
    rows: Vec<BTreeMap<[u8; 32], Row>>,
    handshakes: BTreeSet<[u8; 32]>,
    opened: Vec<Vec<Vec<u8>>>,
}

struct Net {
    rng: TestRng,
    /// `sides[i][j]` is what device i has for device j.
    sides: Vec<Vec<Side>>,
    handshakes: Vec<BTreeSet<[u8; 32]>>,
    backups: Vec<Store>,
    flying: Vec<Flying>,
    count: u32,
    /// The id of the newest signed prekey.
    restores: u32,
}

impl Net {
    fn new(seed: u64, devices: usize) -> Self {
        let mut rng = TestRng::new(seed);
        let sides = (0..devices).map(|_| Side::towards(&mut rng, devices)).collect();
        let handshakes = vec![BTreeSet::new(); devices];
        let mut net = Self { rng, sides, handshakes, backups: vec![], flying: vec![], count: 0, restores: 1 };
        net.backups = (0..devices).map(|who| net.stored(who)).collect();
        net
    }

    fn stored(&self, who: usize) -> Store {
        Store {
            rows: self.sides[who].iter().map(|side| side.rows.clone()).collect(),
            handshakes: self.handshakes[who].clone(),
            opened: self.sides[who].iter().map(|side| side.opened.clone()).collect(),
        }
    }

    /// Both ends of a pair, the first to be changed.
    fn pair(&mut self, own: usize, peer: usize) -> (&mut Side, &Side, &mut TestRng) {
        let (low, high) = self.sides.split_at_mut(own.max(peer));
        let (first, second) = (&mut low[own.min(peer)], &mut high[0]);
        let (side, other) =
            if own < peer { (&mut first[peer], &second[own]) } else { (&mut second[peer], &first[own]) };
        (side, other, &mut self.rng)
    }

    fn begin(&mut self, from: usize, to: usize) {
        let (side, other, rng) = self.pair(from, to);
        side.begin(rng, other, NOW);
    }

    fn send(&mut self, from: usize, to: usize) -> Flying {
        if self.sides[from][to].sessions.sending().is_none() {
            self.begin(from, to);
        }
        let text = self.count;
        self.count += 1;
        let (side, _, rng) = self.pair(from, to);
        let sent = side.send(rng, &text.to_be_bytes());
        Flying { from, to, text, sent }
    }

    /// Returns whether the peer does not know the session that sends (HEA-6).
    fn deliver(&mut self, message: &Flying, to: usize) -> Result<bool, Refused> {
        let known =
            handshake_of(&message.sent.bytes)?.map(|handshake| *handshake_hash(&handshake).as_bytes());
        let (side, ..) = self.pair(to, message.from);
        let lives = side.sessions.iter().any(|kept| {
            kept.session().accepted_handshake().map(|hash| *hash.as_bytes()) == known && known.is_some()
        });
        if let Some(hash) = known
            && !lives
            && self.handshakes[to].contains(&hash)
        {
            return Err(Refused::Replay);
        }
        let (side, other, _) = self.pair(to, message.from);
        let outcome = side.receive(other, &message.sent, NOW)?;
        self.handshakes[to].extend(known);
        Ok(outcome.is_behind)
    }

    fn take(&mut self, step: Step) {
        let devices = self.sides.len();
        match step {
            Step::Send { from, to } => {
                let from = from % devices;
                let to = (from + 1 + to % (devices - 1)) % devices;
                let message = self.send(from, to);
                self.flying.push(message);
            }
            Step::Deliver { which, again } if !self.flying.is_empty() => {
                let which = which % self.flying.len();
                let message = if again { self.flying[which].clone() } else { self.flying.remove(which) };
                let opened = self.sides[message.to][message.from]
                    .opened
                    .contains(&message.text.to_be_bytes().to_vec());
                match self.deliver(&message, message.to) {
                    Ok(_) => assert!(!opened, "opened twice"),
                    // Opened before, or by the same device before it was restored.
                    Err(Refused::Replay) => {}
                    // Of a session or chain that is not here any more; the end of the test mends it.
                    Err(Refused::NoHandshake | Refused::WrongHandshake | Refused::KeyExpired) => {}
                    Err(Refused::Mac | Refused::Generation) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            Step::Misdeliver { which, to } if !self.flying.is_empty() && devices > 2 => {
                let message = self.flying[which % self.flying.len()].clone();
                let to = (message.to + 1 + to % (devices - 1)) % devices;
                if to != message.from {
                    let before = self.stored(to).rows.iter().map(BTreeMap::len).collect::<Vec<_>>();
                    assert!(self.deliver(&message, to).is_err(), "for somebody else");
                    assert_eq!(self.stored(to).rows.iter().map(BTreeMap::len).collect::<Vec<_>>(), before);
                }
            }
            Step::Lose { which } if !self.flying.is_empty() => {
                self.flying.remove(which % self.flying.len());
            }
            Step::Crash { who } => self.sides[who % devices].iter_mut().for_each(Side::store),
            Step::Backup { who } => self.backups[who % devices] = self.stored(who % devices),
            Step::Restore { who } => {
                // Another copy may have accepted handshakes on the prekeys, which here end at once (HEA-36).
                let who = who % devices;
                self.restores += 1;
                let signed = self.sides[who][0].new_prekey(&mut self.rng, self.restores);
                let Store { rows, handshakes, opened } = self.backups[who].clone();
                self.handshakes[who] = handshakes;
                for ((side, rows), opened) in self.sides[who].iter_mut().zip(rows).zip(opened) {
                    (side.rows, side.opened, side.signed) = (rows, opened, Rc::clone(&signed));
                    side.load();
                    side.sessions.retire_all(NOW);
                    side.store();
                }
            }
            Step::Deliver { .. } | Step::Misdeliver { .. } | Step::Lose { .. } => {}
        }
    }

    /// The network is quiet: everybody writes to everybody. Who cannot open something, or hears from somebody who is
    /// behind, begins anew and says so in their turn.
    fn settle(&mut self) -> usize {
        let devices = self.sides.len();
        self.flying.clear();
        for round in 0..4 {
            let mut refused = 0;
            for from in 0..devices {
                for to in (0..devices).filter(|to| *to != from) {
                    let message = self.send(from, to);
                    if self.deliver(&message, to).unwrap_or(true) {
                        refused += 1;
                        self.begin(to, from);
                    }
                }
            }
            if refused == 0 {
                return round;
            }
        }
        panic!("somebody still cannot read somebody");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 1 } else { 24 }, ..ProptestConfig::default() })]

    // SES-20, SES-25, HEA-2, HEA-3
    #[test]
    fn r7_r8_r9_two_or_four_devices_read_each_other_whatever_happened(
        seed in 0u64..1000,
        four in any::<bool>(),
        steps in prop::collection::vec(step(), 1..150),
    ) {
        let mut net = Net::new(seed, if four { 4 } else { 2 });
        steps.into_iter().for_each(|step| net.take(step));
        let rounds = net.settle();
        prop_assert!(rounds <= 2, "{rounds} rounds");
        for one in 0..net.sides.len() {
            for other in (0..net.sides.len()).filter(|other| *other != one) {
                let side = &net.sides[one][other];
                prop_assert_eq!(side.sends_in(), net.sides[other][one].sends_in());
                let distinct: BTreeSet<_> = side.opened.iter().collect();
                prop_assert_eq!(distinct.len(), side.opened.len());
            }
        }
    }
}
