//! The terms on which a message lives, as its frame says them.

use aside_wire::{ExpiryTerms, Malformed, pb};

/// The terms on which one message lives: its own, whatever any device has set (EXP-1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expiry {
    /// Version of the policy they follow: in a chat that of its policy, in a group the sequence of the newest entry of its
    /// log that the sender knew; 0 for none.
    pub policy: u64,
    /// What starts the clock, and how long it runs.
    pub terms: ExpiryTerms,
}

impl Expiry {
    /// It can be opened once, or once and once again.
    #[must_use]
    pub const fn is_view_once(&self) -> bool {
        matches!(self.terms, ExpiryTerms::Once { .. } | ExpiryTerms::OnceWithReplay { .. })
    }

    /// The message goes at some time.
    #[must_use]
    pub const fn is_timed(&self) -> bool {
        !matches!(self.terms, ExpiryTerms::Off)
    }

    /// policy 8 | mode 4 | duration 4 | unread cap 4, as hash and commitment cover it.
    pub(crate) fn covered(&self) -> [u8; 20] {
        let pb::Expiry { policy, mode, duration_s, unread_cap_s } = pb::Expiry::from(*self);
        let mut bytes = [0; 20];
        let all = policy.to_be_bytes().into_iter().chain(mode.to_be_bytes());
        let all = all.chain(duration_s.to_be_bytes()).chain(unread_cap_s.to_be_bytes());
        bytes.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        bytes
    }
}

impl From<Expiry> for pb::Expiry {
    fn from(expiry: Expiry) -> Self {
        let (mode, duration_s, unread_cap_s) = expiry.terms.encode();
        Self { policy: expiry.policy, mode: mode.into(), duration_s, unread_cap_s }
    }
}

impl TryFrom<&pb::Expiry> for Expiry {
    type Error = Malformed;

    fn try_from(fields: &pb::Expiry) -> Result<Self, Malformed> {
        let terms = ExpiryTerms::decode(fields.mode, fields.duration_s, fields.unread_cap_s)?;
        let expiry = Self { policy: fields.policy, terms };
        // Nothing at all is said by leaving it out.
        if expiry.is_timed() || expiry.policy != 0 { Ok(expiry) } else { Err(Malformed::Field("expiry")) }
    }
}
