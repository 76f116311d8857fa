//! What messages of every kind say: in words, and as objects.

pub(crate) mod object;
pub(crate) mod words;

/// What is to be said of every file in this version.
pub(crate) const STAYS: &str = "the file itself does not travel yet";
