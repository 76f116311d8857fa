//! What came of a run.

use super::verdict::{Finding, Verdict};
use crate::{protocol::Hello, vector::Level};
use std::collections::{BTreeMap, BTreeSet};

/// How many vectors have which verdict.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Counts(BTreeMap<Verdict, usize>);

impl Counts {
    /// How many there are.
    #[must_use]
    pub fn of(&self, verdict: Verdict) -> usize {
        self.0.get(&verdict).copied().unwrap_or_default()
    }

    /// How many there are in all.
    #[must_use]
    pub fn all(&self) -> usize {
        self.0.values().sum()
    }

    pub(super) fn add(&mut self, verdict: Verdict) {
        let count = self.0.entry(verdict).or_default();
        *count = count.saturating_add(1);
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Score {
    /// Who was asked.
    pub hello: Hello,
    /// The levels claimed, and those that they rest on.
    pub claimed: BTreeSet<Level>,
    /// Whether a refusal with another word fails the run.
    pub strict: bool,
    /// What came of each vector, in the order of the files.
    pub findings: Vec<Finding>,
    /// Exemptions of vectors that pass, or do not exist; claims of what does not exist.
    pub wrong: Vec<String>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

impl Score {
    pub(super) const fn new(hello: Hello, claimed: BTreeSet<Level>, strict: bool) -> Self {
        Self { hello, claimed, strict, findings: Vec::new(), wrong: Vec::new(), notes: Vec::new() }
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The counts of a level, or of all.
    #[must_use]
    pub fn counts(&self, level: Option<Level>) -> Counts {
        let mut counts = Counts::default();
        let of_level =
            self.findings.iter().filter(|finding| level.is_none_or(|level| finding.level == level));
        of_level.for_each(|finding| counts.add(finding.verdict));
        counts
    }

    /// What fails the run.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict.is_failure(self.strict))
    }

    /// How many vectors are of levels that are claimed.
    #[must_use]
    pub fn asked(&self) -> usize {
        let counts = self.counts(None);
        counts.all().saturating_sub(counts.of(Verdict::NotClaimed))
    }

    /// Whether nothing fails. A run that asked nothing has shown nothing.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.asked() > 0 && self.failures().next().is_none() && self.wrong.is_empty()
    }
}
