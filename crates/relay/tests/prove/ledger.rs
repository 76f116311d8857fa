//! What was acknowledged and what was seen, and whether the two agree.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    time::{Duration, Instant},
};

/// What one person sent as the so-and-so-manieth: sixteen bytes at the beginning of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) sender: usize,
    pub(crate) number: u64,
}

impl Mark {
    pub(crate) fn bytes(self) -> [u8; 16] {
        ((u128::try_from(self.sender).unwrap() << 64) | u128::from(self.number)).to_be_bytes()
    }

    pub(crate) fn read(bytes: &[u8]) -> Self {
        let number = u128::from_be_bytes(bytes[..16].try_into().unwrap());
        Self {
            sender: usize::try_from(number >> 64).unwrap(),
            number: u64::try_from(number & u128::from(u64::MAX)).unwrap(),
        }
    }
}

/// Everything that people were told.
pub(crate) struct Ledger {
    /// To whom it goes, of what was acknowledged.
    acknowledged: HashMap<Mark, Vec<usize>>,
    /// Refused at the first attempt: it must not come at all.
    refused: HashSet<Mark>,
    /// What stands in the log, of what was acknowledged.
    appended: BTreeMap<u64, Mark>,
    handed_out: HashSet<Vec<u8>>,
    eyes: HashMap<usize, Eye>,
    /// What is wrong at first sight.
    wrong: Vec<String>,
    last: Instant,
    pause: Duration,
}

/// What one person has seen.
#[derive(Default)]
struct Eye {
    seen: HashSet<Mark>,
    /// The last of each sender.
    last: HashMap<usize, u64>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self {
            acknowledged: HashMap::new(),
            refused: HashSet::new(),
            appended: BTreeMap::new(),
            handed_out: HashSet::new(),
            eyes: HashMap::new(),
            wrong: Vec::new(),
            last: Instant::now(),
            pause: Duration::ZERO,
        }
    }

    /// Load begins: time without it is no pause.
    pub(crate) fn begin(&mut self) {
        self.last = Instant::now();
        self.pause = Duration::ZERO;
    }

    pub(crate) fn accept(&mut self, mark: Mark, recipients: Vec<usize>) {
        self.pause = self.pause.max(self.last.elapsed());
        self.last = Instant::now();
        self.acknowledged.insert(mark, recipients);
    }

    pub(crate) fn append(&mut self, position: u64, mark: Mark, recipients: Vec<usize>) {
        if let Some(other) = self.appended.insert(position, mark) {
            self.wrong.push(format!("{mark:?} and {other:?} both stand at {position}"));
        }
        self.accept(mark, recipients);
    }

    pub(crate) fn refuse(&mut self, mark: Mark) {
        self.refused.insert(mark);
    }

    pub(crate) fn hand_out(&mut self, prekey: Vec<u8>) {
        if !self.handed_out.insert(prekey) {
            self.wrong.push("a prekey was handed out twice".into());
        }
    }

    /// Somebody sees something; `ordered` if nothing of the sender was put off.
    pub(crate) fn see(&mut self, who: usize, mark: Mark, ordered: bool) {
        let eye = self.eyes.entry(who).or_default();
        if !eye.seen.insert(mark) {
            self.wrong.push(format!("{who} sees {mark:?} twice"));
        }
        let last = eye.last.insert(mark.sender, mark.number).unwrap_or(0);
        if ordered && last > mark.number {
            self.wrong.push(format!("{who} sees {mark:?} after {last}"));
        }
    }

    /// Compares it all when everything has been fetched. `log` is the log as it stands.
    pub(crate) fn judge(&self, log: &[Mark]) -> Tally {
        let mut wrong = self.wrong.clone();
        let mut lost = 0;
        let saw = |who: &usize, mark: &Mark| self.eyes.get(who).is_some_and(|eye| eye.seen.contains(mark));
        for (mark, recipients) in &self.acknowledged {
            for who in recipients.iter().filter(|who| !saw(who, mark)) {
                lost += 1;
                wrong.push(format!("{mark:?} was acknowledged, and {who} never sees it"));
            }
        }
        for (who, eye) in &self.eyes {
            for mark in eye.seen.intersection(&self.refused) {
                wrong.push(format!("{mark:?} was refused, and {who} sees it"));
            }
        }
        for (position, mark) in &self.appended {
            if log.get(usize::try_from(*position).unwrap() - 1) != Some(mark) {
                lost += 1;
                wrong.push(format!(
                    "{mark:?} was acknowledged at {position} of the log and does not stand there"
                ));
            }
        }
        let once: HashSet<_> = log.iter().collect();
        if once.len() < log.len() {
            wrong.push("an entry stands in the log twice".into());
        }
        Tally {
            acknowledged: self.acknowledged.len(),
            seen: self.eyes.values().map(|eye| eye.seen.len()).sum(),
            entries: log.len(),
            prekeys: self.handed_out.len(),
            lost,
            wrong,
            pause: self.pause,
        }
    }

    /// Entries of the log and who must have their notices: both or neither (RLY-28).
    pub(crate) fn unnoticed(&self, log: &[Mark], recipients: &[usize]) -> usize {
        let missing = |mark: &&Mark| recipients.iter().any(|who| !self.eyes[who].seen.contains(mark));
        log.iter().filter(missing).count()
    }
}

/// What a run has shown.
pub(crate) struct Tally {
    pub(crate) acknowledged: usize,
    pub(crate) seen: usize,
    pub(crate) entries: usize,
    pub(crate) prekeys: usize,
    pub(crate) lost: usize,
    /// In words.
    pub(crate) wrong: Vec<String>,
    /// The longest time without an acknowledgement since load began.
    pub(crate) pause: Duration,
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, seen, entries, prekeys, lost, wrong, pause } = self;
        write!(
            formatter,
            "{acknowledged} acknowledged, {seen} seen, {entries} entries, {prekeys} prekeys; {lost} lost, {} \
             wrong; longest pause {:.2} s",
            wrong.len(),
            pause.as_secs_f64()
        )?;
        wrong.iter().take(10).try_for_each(|line| write!(formatter, "\n  {line}"))
    }
}
