//! What bounds the life of a message from above, so that several terms together are always shorter than each.

use aside_wire::{ExpiryTerms, limits::EXPIRY_SECONDS};

/// How often something can be opened before it is gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Openings {
    /// Once.
    Once,
    /// Once and once again.
    Twice,
}

/// Upper bounds on the life of a message, in seconds; what is `None` bounds nothing (EXP-10).
///
/// ```
/// use aside_content::Bounds;
/// use aside_wire::ExpiryTerms;
///
/// let day = Bounds::of(ExpiryTerms::AfterSend { duration_s: 86_400 });
/// let read = Bounds::of(ExpiryTerms::AfterRead { duration_s: 60, unread_cap_s: 604_800 });
/// assert_eq!(day.meet(read).terms(), ExpiryTerms::AfterRead { duration_s: 60, unread_cap_s: 86_400 });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Bounds {
    /// From the start.
    pub after_send_s: Option<u32>,
    /// From the first reading.
    pub after_read_s: Option<u32>,
    /// From the start, whether it was read or not.
    pub unread_cap_s: Option<u32>,
    /// How often it can be opened.
    pub openings: Option<Openings>,
}

impl Bounds {
    /// Nothing bounds it.
    pub const NONE: Self =
        Self { after_send_s: None, after_read_s: None, unread_cap_s: None, openings: None };

    /// The bounds that terms set.
    #[must_use]
    pub const fn of(terms: ExpiryTerms) -> Self {
        match terms {
            ExpiryTerms::Off => Self::NONE,
            ExpiryTerms::AfterSend { duration_s } => Self { after_send_s: Some(duration_s), ..Self::NONE },
            ExpiryTerms::AfterRead { duration_s, unread_cap_s } => {
                Self { after_read_s: Some(duration_s), unread_cap_s: Some(unread_cap_s), ..Self::NONE }
            }
            ExpiryTerms::Once { unread_cap_s } => {
                Self { unread_cap_s: Some(unread_cap_s), openings: Some(Openings::Once), ..Self::NONE }
            }
            ExpiryTerms::OnceWithReplay { unread_cap_s } => {
                Self { unread_cap_s: Some(unread_cap_s), openings: Some(Openings::Twice), ..Self::NONE }
            }
        }
    }

    /// Both together: of each bound the lower one.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        Self {
            after_send_s: lower(self.after_send_s, other.after_send_s),
            after_read_s: lower(self.after_read_s, other.after_read_s),
            unread_cap_s: lower(self.unread_cap_s, other.unread_cap_s),
            openings: lower(self.openings, other.openings),
        }
    }

    /// These bounds, and those by which an author makes a message go sooner (EXP-6). What could be opened at any time
    /// stays so: its openings were never counted.
    #[must_use]
    pub fn shortened(self, by: Self) -> Self {
        let openings = self.openings.and_then(|most| lower(Some(most), by.openings));
        Self { openings, ..self.meet(by) }
    }

    /// These bounds as terms that are nowhere longer (EXP-4).
    ///
    /// One mode cannot say everything that two together do: what can be opened twice and goes some time after it was
    /// read is said as what can be opened once.
    #[must_use]
    pub fn terms(self) -> ExpiryTerms {
        if self.is_none() {
            return ExpiryTerms::Off;
        }
        let unread_cap_s = lower(self.after_send_s, self.unread_cap_s).unwrap_or(EXPIRY_SECONDS);
        match (self.openings, self.after_read_s) {
            (Some(Openings::Twice), None) => ExpiryTerms::OnceWithReplay { unread_cap_s },
            (Some(_), _) => ExpiryTerms::Once { unread_cap_s },
            (None, Some(duration_s)) => ExpiryTerms::AfterRead { duration_s, unread_cap_s },
            (None, None) => ExpiryTerms::AfterSend { duration_s: unread_cap_s },
        }
    }

    /// Whether anything bounds the life.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// The stamp of a message: the terms of its conversation, made shorter by what is wished for it and never longer
/// (EXP-4, V21).
#[must_use]
pub fn stamp(policy: ExpiryTerms, wish: ExpiryTerms) -> ExpiryTerms {
    Bounds::of(policy).meet(Bounds::of(wish)).terms()
}

/// The lower of two bounds.
pub(crate) fn lower<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
