//! One change that cargo-mutants makes.

use std::fmt;

/// A change to the code, without its line: that moves with every edit above it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mutant {
    /// From the folder of the workspace.
    pub(super) file: String,
    /// As cargo-mutants words it.
    pub(super) change: String,
}

impl Mutant {
    /// Reads a line of its lists: `FILE: CHANGE` or `FILE:LINE:COLUMN: CHANGE`.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (place, change) = line.split_once(": ")?;
        let file = place.split(':').next().unwrap_or(place);
        Some(Self { file: file.to_owned(), change: change.to_owned() })
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.file, self.change)
    }
}
