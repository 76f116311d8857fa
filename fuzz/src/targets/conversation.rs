//! Any schedule of sending, loss, repetition, reordering and restarts.

use crate::world::{commitment, import, receive, send, world};
use arbitrary::{Arbitrary, Unstructured};
use aside_session::{Refused, Session, limits};
use aside_testkit::TestRng;
use std::collections::BTreeSet;

/// The most messages of one run: enough to pass every bound of a session.
const MESSAGES: u32 = 2_600;

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Step {
    Send {
        bob: bool,
    },
    /// Many at once, so that the bounds on skipped keys are reached.
    Burst {
        bob: bool,
        hundreds: u8,
    },
    Deliver {
        to_bob: bool,
        which: u16,
    },
    /// Delivers and keeps it for another time.
    Repeat {
        to_bob: bool,
        which: u16,
    },
    Newest {
        to_bob: bool,
    },
    Drop {
        to_bob: bool,
        which: u16,
    },
    Restart {
        bob: bool,
    },
    /// Sends transient messages.
    Hints {
        bob: bool,
        count: u8,
    },
    /// Delivers a transient message, and keeps it for another time.
    Notice {
        to_bob: bool,
        which: u16,
    },
}

/// Where a message stands, counted by us and not by the session.
#[derive(Clone)]
struct Sent {
    id: u32,
    chain: u32,
    number: u32,
    /// Length of the chain before.
    previous: u32,
    bytes: Vec<u8>,
}

/// One side, with a second, independent account of what it must do.
struct Side {
    session: Session,
    /// The chain it sends in and its length; `None` before the first.
    chain: Option<u32>,
    length: u32,
    previous: u32,
    due: bool,
    /// The peer's newest chain that it has seen, and the number that comes next there.
    seen: Option<u32>,
    next: u32,
    opened: BTreeSet<u32>,
    /// What the peer sent and the network still has.
    mail: Vec<Sent>,
    /// How many messages the peer has sent.
    sent_to: u32,
    /// How many transient messages it has sent in its chain.
    hints_sent: u32,
    /// The transient messages of the peer, with chain and number, and which of them it has opened.
    hints: Vec<(u32, u32, Vec<u8>)>,
    noticed: BTreeSet<(u32, u32)>,
}

/// Each message opens exactly once, if it is delivered before its key must be gone; any other delivery is refused
/// with the right word. Transient messages between them change nothing of that, and open exactly once within their
/// window.
pub fn session_conversation(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (alice, bob) = world().unanswered();
    // Alice sent her first message, and Bob has it.
    let mut sides = [
        Side { chain: Some(0), length: 1, due: false, ..Side::new(alice) },
        Side { due: true, seen: Some(0), next: 1, ..Side::new(bob) },
    ];
    let mut rng = TestRng::new(u64::from(input.arbitrary::<u8>().unwrap_or_default()));
    let mut count = 0u32;
    while !input.is_empty() {
        let Ok(step) = input.arbitrary::<Step>() else { return };
        let (bob, messages) = match step {
            Step::Send { bob } => (bob, 1),
            Step::Burst { bob, hundreds } => (bob, u32::from(hundreds % 12) * 100),
            Step::Deliver { to_bob, which } => {
                deliver(&mut sides[usize::from(to_bob)], usize::from(which), false);
                continue;
            }
            Step::Repeat { to_bob, which } => {
                deliver(&mut sides[usize::from(to_bob)], usize::from(which), true);
                continue;
            }
            Step::Newest { to_bob } => {
                let side = &mut sides[usize::from(to_bob)];
                deliver(side, side.mail.len().saturating_sub(1), false);
                continue;
            }
            Step::Drop { to_bob, which } => {
                let mail = &mut sides[usize::from(to_bob)].mail;
                if !mail.is_empty() {
                    mail.remove(usize::from(which) % mail.len());
                }
                continue;
            }
            Step::Restart { bob } => {
                let session = &mut sides[usize::from(bob)].session;
                *session = import(&session.export());
                continue;
            }
            Step::Hints { bob, count } => {
                let [alice, bob_side] = &mut sides;
                let (from, to) = if bob { (bob_side, alice) } else { (alice, bob_side) };
                to.hints.extend((0..count).map_while(|_| from.hint(&mut rng)));
                continue;
            }
            Step::Notice { to_bob, which } => {
                sides[usize::from(to_bob)].notice(usize::from(which));
                continue;
            }
        };
        for _ in 0..messages.min(MESSAGES.saturating_sub(count)) {
            let [alice, bob_side] = &mut sides;
            let (from, to) = if bob { (bob_side, alice) } else { (alice, bob_side) };
            to.mail.push(from.send(&mut rng, count));
            to.sent_to += 1;
            count += 1;
        }
    }
}

fn deliver(side: &mut Side, which: usize, again: bool) {
    if side.mail.is_empty() {
        return;
    }
    let which = which % side.mail.len();
    let sent = if again { side.mail[which].clone() } else { side.mail.swap_remove(which) };
    side.take(&sent);
}

impl Side {
    fn new(session: Session) -> Self {
        let (opened, mail) = (BTreeSet::new(), Vec::new());
        let (chain, length, previous, due) = (None, 0, 0, false);
        let (hints_sent, hints, noticed) = (0, Vec::new(), BTreeSet::new());
        let (seen, next, sent_to) = (None, 0, 0);
        Self {
            session,
            chain,
            length,
            previous,
            due,
            seen,
            next,
            opened,
            mail,
            sent_to,
            hints_sent,
            hints,
            noticed,
        }
    }

    /// A transient message with its chain and number, unless a message has to go first.
    fn hint(&mut self, rng: &mut TestRng) -> Option<(u32, u32, Vec<u8>)> {
        let sent = self.session.encrypt_transient(rng, b"typing", |key| commitment(key, b"typing"));
        // Alice's first messages carry the handshake until she has heard of a chain of Bob's.
        let unanswered = self.seen.is_none();
        assert_eq!(sent.is_err(), self.due || unanswered, "{:?}", sent.err());
        let (chain, number) = (self.chain?, self.hints_sent);
        let bytes = sent.ok()?;
        self.hints_sent += 1;
        Some((chain, number, bytes))
    }

    /// Opens one of the peer's transient messages, which takes no more room than before.
    fn notice(&mut self, which: usize) {
        if self.hints.is_empty() {
            return;
        }
        let (chain, number, bytes) = &self.hints[which % self.hints.len()];
        let old = u32::try_from(limits::OLD_CHAINS).unwrap_or(u32::MAX);
        let known = self.seen.is_some_and(|seen| *chain <= seen && *chain + old >= seen);
        let newest = self.noticed.range((*chain, 0)..(*chain + 1, 0)).next_back();
        let passed = newest.is_some_and(|(_, newest)| number + limits::TRANSIENT_WINDOW <= *newest);
        let expected = match (known, passed || self.noticed.contains(&(*chain, *number))) {
            (false, _) => Err(Refused::Mac),
            (true, true) => Err(Refused::Replay),
            (true, false) => Ok(()),
        };
        let (size, before) = (self.session.export().len(), self.session.digest());
        let result = self.session.decrypt_transient(bytes).map(|(received, transition)| {
            assert_eq!(*received.plaintext, b"typing");
            self.session.advance(transition).expect("the session has not changed");
        });
        assert_eq!(result, expected);
        assert_eq!(self.session.export().len(), size, "the state grows");
        assert_eq!(self.session.digest() == before, result.is_err());
        if result.is_ok() {
            self.noticed.insert((*chain, *number));
        }
    }

    fn send(&mut self, rng: &mut TestRng, id: u32) -> Sent {
        if self.due {
            self.previous = self.length;
            self.length = 0;
            self.hints_sent = 0;
            self.chain = Some(self.chain.map_or(0, |chain| chain + 1));
            self.due = false;
        }
        let number = self.length;
        self.length += 1;
        let chain = self.chain.expect("whoever sends has a chain");
        let bytes = send(&mut self.session, rng, &id.to_be_bytes());
        Sent { id, chain, number, previous: self.previous, bytes }
    }

    fn take(&mut self, sent: &Sent) {
        let expected = self.expect(sent);
        let before = self.session.digest();
        let result = receive(&mut self.session, &sent.bytes);
        match (&result, expected) {
            (Ok(text), Ok(())) => {
                assert_eq!(*text, sent.id.to_be_bytes());
                assert!(self.opened.insert(sent.id), "it opens a second time");
                if self.seen.is_none_or(|seen| sent.chain > seen) {
                    self.seen = Some(sent.chain);
                    self.next = 0;
                    self.due = true;
                }
                if self.seen == Some(sent.chain) {
                    self.next = self.next.max(sent.number + 1);
                }
            }
            // Only when so many were sent that kept keys had to go. Dropped ranges merge, also over opened ones.
            (Err(Refused::KeyExpired), Ok(()) | Err(Refused::Replay)) => {
                let kept = u32::try_from(limits::KEPT_KEYS).unwrap_or(u32::MAX);
                assert!(self.sent_to > kept, "a key was dropped although there was room");
            }
            (Err(refused), Err(word)) => assert_eq!(*refused, word),
            (result, expected) => panic!("{result:?}, but expected {expected:?}"),
        }
        if result.is_err() {
            assert_eq!(self.session.digest(), before, "a refused message changed the state");
        }
    }

    /// What the specification says about a message that arrives now.
    fn expect(&self, sent: &Sent) -> Result<(), Refused> {
        let old = u32::try_from(limits::OLD_CHAINS).unwrap_or(u32::MAX);
        let jump = |from: u32, to: u32| if to > from + limits::JUMP { Err(Refused::TooFar) } else { Ok(()) };
        match self.seen {
            Some(seen) if sent.chain + old < seen => Err(Refused::Mac),
            _ if self.opened.contains(&sent.id) => Err(Refused::Replay),
            Some(seen) if sent.chain < seen => Ok(()),
            Some(seen) if sent.chain == seen => jump(self.next, sent.number),
            _ => jump(self.next, sent.previous).and(jump(0, sent.number)),
        }
    }
}
