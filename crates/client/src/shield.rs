//! The shield: how a message was protected, attached by the code that opened it.

/// How a message was protected on its way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Protection {
    /// The relay could read it.
    None,
    /// End-to-end encrypted between two devices.
    Pairwise,
    /// End-to-end encrypted among the members of a group, and signed by the sending device.
    Group,
    /// It came from an archive: how it was protected is the word of whoever made that (ARC-8).
    Imported,
}

/// Proof of how a message was protected. Only the channels of this crate make one (CNV-8):
///
/// ```compile_fail
/// use aside_client::{Protection, Shield};
/// let forged = Shield(Protection::Pairwise);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shield(Protection);

impl Shield {
    /// What a plaintext thread gives, always.
    pub(crate) const NONE: Self = Self(Protection::None);
    /// What a session gives.
    pub(crate) const PAIRWISE: Self = Self(Protection::Pairwise);
    /// What a sending chain gives.
    pub(crate) const GROUP: Self = Self(Protection::Group);

    /// What an archive gives.
    pub(crate) const IMPORTED: Self = Self(Protection::Imported);

    /// How the message was protected.
    #[must_use]
    pub const fn protection(self) -> Protection {
        self.0
    }
}
