//! Which of the policies set in a chat is in force.

use crate::{ChatId, ExpiryPolicy};
use aside_identity::AccountKey;
use aside_primitives::Digest;
use aside_wire::{ExpiryTerms, Reject, limits::POLICY_STEP};

/// A policy of a chat, and who has set it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Policy {
    /// One more than that of its parent; 1 for the first.
    pub version: u64,
    /// Who has set it.
    pub setter: AccountKey,
    /// What names it.
    pub hash: Digest,
    /// How long what is said from here on lives.
    pub terms: ExpiryTerms,
    /// The policy that its setter saw in force; `None` for the first.
    pub parent: Option<Digest>,
}

impl Policy {
    /// A policy as somebody has set it in a chat.
    #[must_use]
    pub fn of(said: &ExpiryPolicy, chat: ChatId, setter: AccountKey) -> Self {
        let &ExpiryPolicy { version, terms, parent } = said;
        Self { version, setter, hash: said.hash(chat, &setter), terms, parent }
    }

    /// Whether this one counts where both are known: later, or by the greater account, or with the greater name (EXP-3).
    #[must_use]
    pub fn supersedes(&self, other: &Self) -> bool {
        let place = |policy: &Self| (policy.version, policy.setter, policy.hash);
        place(self) > place(other)
    }
}

/// What a policy has led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Learned {
    /// It is in force from here on.
    InForce {
        /// Its setter knew the one that was in force until now. If not, both were set at once, or one is missing here.
        follows: bool,
    },
    /// Another one counts.
    Superseded,
    /// It was known, and is in force.
    Known,
}

/// The policies of a chat, of which only one has to be kept.
///
/// Whatever the order in which policies come, how often they come, and which of them never come: whoever knows of the
/// greatest has that one in force. None waits for another, so that none that is lost holds up the ones behind it.
///
/// ```
/// use aside_content::{ChatId, Policies, Policy, policy::Learned};
/// use aside_identity::AccountKey;
/// use aside_wire::ExpiryTerms;
///
/// let chat = ChatId::new([7; 32]);
/// let (alice, bob) = (AccountKey::from_own_store([1; 32]), AccountKey::from_own_store([2; 32]));
/// let (mut at_alice, mut at_bob) = (Policies::new(alice, None), Policies::new(bob, None));
///
/// // Both set one at the same time. Bob's account is the greater one, so his counts on both sides.
/// let hour = at_alice.next(ExpiryTerms::AfterSend { duration_s: 3600 }).ok_or("the last version")?;
/// let day = at_bob.next(ExpiryTerms::AfterSend { duration_s: 86_400 }).ok_or("the last version")?;
/// let (hour, day) = (Policy::of(&hour, chat, alice), Policy::of(&day, chat, bob));
/// assert_eq!(at_alice.learn(hour), Ok(Learned::InForce { follows: true }));
/// assert_eq!(at_alice.learn(day), Ok(Learned::InForce { follows: false }));
/// assert_eq!(at_bob.learn(day), Ok(Learned::InForce { follows: true }));
/// assert_eq!(at_bob.learn(hour), Ok(Learned::Superseded));
/// assert_eq!(at_alice.terms(), at_bob.terms());
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policies {
    own: AccountKey,
    in_force: Option<Policy>,
}

impl Policies {
    /// What this device of an account knows of a chat: the policy in force, as it was stored.
    #[must_use]
    pub const fn new(own: AccountKey, in_force: Option<Policy>) -> Self {
        Self { own, in_force }
    }

    /// Takes in a policy that somebody in the chat has set.
    ///
    /// # Errors
    /// [`Reject::Malformed`] for version 0; [`Reject::Policy`] if the peer skips more versions than anybody could have set,
    /// so that none is left above it (EXP-5). What the own account has set is taken from anywhere.
    pub fn learn(&mut self, policy: Policy) -> Result<Learned, Reject> {
        if policy.version == 0 {
            return Err(Reject::Malformed);
        }
        let known = self.version();
        if policy.setter != self.own && policy.version > known.saturating_add(POLICY_STEP) {
            return Err(Reject::Policy);
        }
        let before = self.in_force;
        Ok(match before {
            Some(before) if before == policy => Learned::Known,
            Some(before) if !policy.supersedes(&before) => Learned::Superseded,
            before => {
                self.in_force = Some(policy);
                Learned::InForce { follows: policy.parent == before.map(|before| before.hash) }
            }
        })
    }

    /// The policy in force; `None` before the first.
    #[must_use]
    pub const fn in_force(&self) -> Option<&Policy> {
        self.in_force.as_ref()
    }

    /// What the policy in force says: that messages stay, before the first.
    #[must_use]
    pub fn terms(&self) -> ExpiryTerms {
        self.in_force.map_or(ExpiryTerms::Off, |policy| policy.terms)
    }

    /// The version in force; 0 before the first.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.in_force.map_or(0, |policy| policy.version)
    }

    /// What the own account says to set the next one; `None` if no version is left.
    #[must_use]
    pub fn next(&self, terms: ExpiryTerms) -> Option<ExpiryPolicy> {
        let parent = self.in_force.map(|policy| policy.hash);
        Some(ExpiryPolicy { version: self.version().checked_add(1)?, terms, parent })
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
