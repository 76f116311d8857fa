//! How long what is said in a chat lives.

use crate::{ChatId, Content, Kind, Refused};
use alloc::{format, string::String};
use aside_identity::AccountKey;
use aside_primitives::{Digest, hash::hash, label};
use aside_wire::{ExpiryTerms, Malformed, array, pb};

/// How long what is said in a chat from here on lives. It changes nothing that was said before (EXP-3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExpiryPolicy {
    /// One more than that of its parent; 1 without one.
    pub version: u64,
    /// What starts the clock, and how long it runs.
    pub terms: ExpiryTerms,
    /// Hash of the policy that its setter saw in force; `None` before the first.
    pub parent: Option<Digest>,
}

impl ExpiryPolicy {
    /// What names this policy of this chat by this account: `H("aside/1 expiry policy"; chat, setter, version, mode,
    /// duration, unread cap, parent)`, an absent parent as an empty part (EXP-3).
    #[must_use]
    pub fn hash(&self, chat: ChatId, setter: &AccountKey) -> Digest {
        let pb::ExpiryPolicy { version, mode, duration_s, unread_cap_s, parent } = self.fields(String::new());
        hash(
            label::EXPIRY_POLICY,
            &[
                chat.as_bytes(),
                setter.as_bytes(),
                &version.to_be_bytes(),
                &mode.to_be_bytes(),
                &duration_s.to_be_bytes(),
                &unread_cap_s.to_be_bytes(),
                &parent,
            ],
        )
    }
}

impl Content for ExpiryPolicy {
    const KIND: Kind = Kind::EXPIRY_POLICY;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::ExpiryPolicy;

    fn check(&self) -> Result<(), Malformed> {
        let is_first = self.parent.is_none();
        if self.version == 0 || (self.version == 1) != is_first {
            return Err(Malformed::Field("version"));
        }
        if self.terms.is_in_range() { Ok(()) } else { Err(Malformed::Field("expiry")) }
    }

    fn fallback_text(&self) -> String {
        match self.terms {
            ExpiryTerms::Off => "[messages stay from here on]".into(),
            ExpiryTerms::AfterSend { duration_s } => {
                format!("[messages go {duration_s} s after they are sent]")
            }
            ExpiryTerms::AfterRead { duration_s, .. } => {
                format!("[messages go {duration_s} s after they are read]")
            }
            ExpiryTerms::Once { .. } => "[messages can be opened once from here on]".into(),
            ExpiryTerms::OnceWithReplay { .. } => {
                "[messages can be opened once, and once again, from here on]".into()
            }
        }
    }

    fn fields(&self, _: String) -> pb::ExpiryPolicy {
        let (mode, duration_s, unread_cap_s) = self.terms.encode();
        let parent = self.parent.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default();
        pb::ExpiryPolicy { version: self.version, mode: mode.into(), duration_s, unread_cap_s, parent }
    }

    fn read(fields: pb::ExpiryPolicy) -> Result<(Self, String), Refused> {
        let pb::ExpiryPolicy { version, mode, duration_s, unread_cap_s, parent } = fields;
        let terms = ExpiryTerms::decode(mode, duration_s, unread_cap_s)?;
        let parent = match parent.as_slice() {
            [] => None,
            bytes => Some(Digest(array(bytes, "parent")?)),
        };
        Ok((Self { version, terms, parent }, String::new()))
    }
}

#[cfg(test)]
#[path = "expiry_policy_tests.rs"]
mod tests;
