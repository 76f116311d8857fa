//! The people of a conversation.

use crate::{generate::cast, vector::Person};
use std::collections::BTreeMap;

/// Alice and Bob with keys that follow from a name, and prekeys with the relay.
pub(super) fn people(name: &str) -> Result<BTreeMap<String, Person>, crate::generate::Failure> {
    ["alice", "bob"]
        .into_iter()
        .map(|who| Ok((who.to_owned(), cast(&format!("{who} of cross-play {name}"))?)))
        .collect()
}
