//! The life of one message on one device: what is known of it, and when it is gone.

#[path = "life_record.rs"]
mod record;

pub use record::NotALife;

use crate::{
    Bounds, MessageId,
    bounds::{Openings, lower},
};
use alloc::vec::Vec;
use aside_wire::ExpiryTerms;

/// Something about the life of a message. In any order and any number of times it leads to the same (EXP-11).
///
/// Times are in milliseconds since 1970-01-01 UTC. `told_at` is the relay's time of the report that says so; of what
/// happens here it is the time here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fact {
    /// The relay has accepted it. It says something to its author alone: a reader learns that with the message.
    Accepted {
        /// The relay's time.
        at: u64,
        /// When this was told.
        told_at: u64,
    },
    /// Another device of the reader's has had it since then.
    Seen {
        /// When its life began there, as [`Life::told`] says it.
        at: u64,
    },
    /// It was read on a device of the reader's.
    Read {
        /// When, by the clock of that device.
        at: u64,
        /// When this was told.
        told_at: u64,
    },
    /// It was opened on a device of the reader's, and thereby read.
    Opened {
        /// Names this opening; the same opening told twice is one.
        id: MessageId,
        /// When, by the clock of that device.
        at: u64,
        /// When this was told.
        told_at: u64,
    },
    /// Its author wants it gone sooner.
    Shortened(ExpiryTerms),
    /// Its author has taken it back, or it was deleted here.
    Gone,
}

/// An opening: which, and when.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Opening {
    at: u64,
    id: MessageId,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Side {
    Author,
    Reader,
}

/// What is known of the life of a message. It has no clock.
///
/// ```
/// use aside_content::{Fact, Life};
/// use aside_wire::ExpiryTerms;
///
/// let terms = ExpiryTerms::AfterRead { duration_s: 60, unread_cap_s: 3600 };
/// // Sent at 1,000,000 by the sender's clock, accepted at 1,002,000 by the relay's, here at 1,005,000.
/// let mut life = Life::of_reader(terms, 1_000_000, 1_002_000, 1_005_000);
/// assert_eq!(life.deadline(), Some(1_002_000 + 3_600_000));
///
/// // Another device of the reader's says that it was read there at 1,010,000.
/// life.learn(Fact::Read { at: 1_010_000, told_at: 1_011_000 });
/// assert_eq!(life.deadline(), Some(1_010_000 + 60_000));
/// assert!(!life.is_gone(1_069_999));
/// assert!(life.is_gone(1_070_000));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Life {
    side: Side,
    /// Of the stamp, and of what has shortened it.
    bounds: Bounds,
    /// No device tells of an earlier beginning, however its clock stands (EXP-12, EXP-13).
    floor: u64,
    start: Option<u64>,
    /// The earliest known, which may lie before the start.
    read: Option<u64>,
    /// The earliest two with different ids, in this order.
    openings: Vec<Opening>,
    gone: bool,
}

impl Life {
    /// The life of a message from somebody else: `sent` by the clock of its sender, `accepted` by that of the relay, first
    /// `seen` on this device (EXP-12).
    #[must_use]
    pub fn of_reader(stamp: ExpiryTerms, sent: u64, accepted: u64, seen: u64) -> Self {
        let start = seen.min(sent.max(accepted));
        Self { start: Some(start), ..Self::of(Side::Reader, stamp, sent.min(accepted)) }
    }

    /// The life of a message from here, or from another device of the own account. It has no end until the relay has
    /// accepted it (EXP-13, V8).
    #[must_use]
    pub fn of_author(stamp: ExpiryTerms, sent: u64) -> Self {
        Self::of(Side::Author, stamp, sent)
    }

    fn of(side: Side, stamp: ExpiryTerms, floor: u64) -> Self {
        let bounds = Bounds::of(stamp);
        Self { side, bounds, floor, start: None, read: None, openings: Vec::new(), gone: false }
    }

    /// Takes in a fact (EXP-11). The deadline falls or stays.
    pub fn learn(&mut self, fact: Fact) {
        match (fact, self.side) {
            (Fact::Accepted { at, told_at }, Side::Author) => {
                self.start = lower(self.start, Some(at.min(told_at).max(self.floor)));
            }
            (Fact::Seen { at }, Side::Reader) => self.start = lower(self.start, Some(at)),
            (Fact::Read { at, told_at }, Side::Reader) => self.read = lower(self.read, Some(at.min(told_at))),
            (Fact::Opened { id, at, told_at }, Side::Reader) => {
                self.open(Opening { at: at.min(told_at), id })
            }
            (Fact::Shortened(terms), _) => self.bounds = self.bounds.shortened(Bounds::of(terms)),
            (Fact::Gone, _) => self.gone = true,
            // Nobody's reading moves the copy of an author, and nobody else's acceptance that of a reader.
            (Fact::Accepted { .. }, Side::Reader)
            | (Fact::Seen { .. } | Fact::Read { .. } | Fact::Opened { .. }, Side::Author) => {}
        }
    }

    fn open(&mut self, opening: Opening) {
        self.read = lower(self.read, Some(opening.at));
        match self.openings.iter_mut().find(|known| known.id == opening.id) {
            Some(known) => known.at = known.at.min(opening.at),
            None => self.openings.push(opening),
        }
        // A third can never count: the times of the first two only fall.
        self.openings.sort_unstable();
        self.openings.truncate(2);
    }

    /// What bounds it.
    #[must_use]
    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// When its life began; `None` while the relay has not accepted it.
    #[must_use]
    pub const fn start(&self) -> Option<u64> {
        self.start
    }

    /// When it is gone, in milliseconds since 1970-01-01 UTC; `None` if nothing known ends it (EXP-10).
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        if self.gone {
            return Some(0);
        }
        let start = self.start?;
        let Bounds { after_send_s, after_read_s, unread_cap_s, openings } = self.bounds;
        let after = |at: u64, seconds: Option<u32>| {
            seconds.map(|seconds| at.saturating_add(u64::from(seconds).saturating_mul(1000)))
        };
        let (read, last_opening) = match self.side {
            // An author has read what they wrote, and seen all of it.
            Side::Author => (Some(start), openings.map(|_| start)),
            Side::Reader => (
                self.read.map(|read| read.max(start)),
                openings.and_then(|most| self.nth_opening(most)).map(|at| at.max(start)),
            ),
        };
        [
            after(start, after_send_s),
            after(start, unread_cap_s),
            read.and_then(|read| after(read, after_read_s)),
            last_opening,
        ]
        .into_iter()
        .fold(None, lower)
    }

    fn nth_opening(&self, most: Openings) -> Option<u64> {
        let place = match most {
            Openings::Once => 0,
            Openings::Twice => 1,
        };
        self.openings.get(place).map(|opening| opening.at)
    }

    /// Whether it is gone at a time (EXP-10): nothing of it may be shown any more.
    #[must_use]
    pub fn is_gone(&self, now: u64) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }

    /// How often it can still be opened, whatever the time; `None` if that is not counted.
    #[must_use]
    pub fn openings_left(&self) -> Option<usize> {
        let most = match self.bounds.openings? {
            Openings::Once => 1,
            Openings::Twice => 2,
        };
        match self.side {
            Side::Reader if !self.gone => Some(usize::saturating_sub(most, self.openings.len())),
            Side::Author | Side::Reader => Some(0),
        }
    }

    /// Whether it was read on any device of the reader's.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        self.read.is_some()
    }

    /// What this device tells the others of its account (EXP-14). A clock that stands before those of the sender and of
    /// the relay ends nothing elsewhere.
    #[must_use]
    pub fn told(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(start) = self.start {
            let at = start.max(self.floor);
            facts.push(match self.side {
                Side::Author => Fact::Accepted { at, told_at: at },
                Side::Reader => Fact::Seen { at },
            });
        }
        facts.extend(self.read.map(|at| Fact::Read { at, told_at: at }));
        facts.extend(self.openings.iter().map(|&Opening { at, id }| Fact::Opened { id, at, told_at: at }));
        facts.extend(self.gone.then_some(Fact::Gone));
        facts
    }
}

#[cfg(test)]
#[path = "life_tests.rs"]
mod tests;
