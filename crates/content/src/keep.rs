//! How long a relay is asked to keep what is said.

use crate::Kind;
use aside_wire::{ExpiryTerms, pb::Keep};

const DAY_S: u32 = 24 * 60 * 60;
const WEEK_S: u32 = 7 * DAY_S;

/// What a frame asks the relay for, in a chat or group where messages live like this (RLY-44).
///
/// It depends on nothing but whether the frame changes the conversation itself, and on the terms of that: not on what is
/// said, nor on what somebody wishes for one message.
#[must_use]
pub const fn keep(kind: Kind, terms: ExpiryTerms) -> Keep {
    if changes_conversation(kind) {
        return Keep::Longest;
    }
    match longest_life(terms) {
        Some(..=DAY_S) => Keep::Day,
        Some(..=WEEK_S) => Keep::Week,
        _ => Keep::Longest,
    }
}

/// Whether what it says counts for longer than any message.
const fn changes_conversation(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CHAT_OPEN
            | Kind::CHAT_ACCEPT
            | Kind::CHAT_DECLINE
            | Kind::CHAT_CLOSE
            | Kind::HANDOVER
            | Kind::SHARING
            | Kind::ENCRYPTED_ONLY
            | Kind::EXPIRY_POLICY
    ) || kind.is_between_members()
}

/// When a message that nobody has read is gone, in seconds after the relay has accepted it; `None` if it stays.
const fn longest_life(terms: ExpiryTerms) -> Option<u32> {
    match terms {
        ExpiryTerms::Off => None,
        ExpiryTerms::AfterSend { duration_s } => Some(duration_s),
        ExpiryTerms::AfterRead { unread_cap_s, .. }
        | ExpiryTerms::Once { unread_cap_s }
        | ExpiryTerms::OnceWithReplay { unread_cap_s } => Some(unread_cap_s),
    }
}

#[cfg(test)]
#[path = "keep_tests.rs"]
mod tests;
