//! Mistakes made on purpose, to test the tests: each accepts what a check would refuse.

/// A check that is left out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Bug {
    /// The franking commitment is not compared (CON-11).
    SkipCommitment,
    /// Public keys and agreements of small order pass (PRM-3, PRM-4, PRM-7).
    AcceptLowOrder,
    /// What follows a frame in its padding is not looked at (CON-9).
    IgnorePadding,
    /// A message or handshake that was received before is received again (SES-20, HSK-10).
    AcceptReplay,
    /// What decodes is not encoded again to compare (ENV-5).
    LenientDecoding,
    /// Control and chunk of a header may say anything (SES-17), also in a transient message (EPO-13).
    IgnoreControl,
    /// Headers may say another epoch than that of their chain, or what the other side says (EPO-7).
    IgnoreMark,
    /// A chain adopts though this side has not answered (EPO-8).
    AdoptUnasked,
    /// The signature of an entry of a group's log is not verified (GRP-1).
    SkipEntrySignature,
    /// The roles of a group allow everything, and its owner has no privilege (GRP-5, GRP-7 to GRP-9).
    SkipRoles,
}

impl Bug {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::SkipCommitment,
        Self::AcceptLowOrder,
        Self::IgnorePadding,
        Self::AcceptReplay,
        Self::LenientDecoding,
        Self::IgnoreControl,
        Self::IgnoreMark,
        Self::AdoptUnasked,
        Self::SkipEntrySignature,
        Self::SkipRoles,
    ];

    /// Its name in the `catches` of vectors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SkipCommitment => "skip-commitment",
            Self::AcceptLowOrder => "accept-low-order",
            Self::IgnorePadding => "ignore-padding",
            Self::AcceptReplay => "accept-replay",
            Self::LenientDecoding => "lenient-decoding",
            Self::IgnoreControl => "ignore-control",
            Self::IgnoreMark => "ignore-mark",
            Self::AdoptUnasked => "adopt-unasked",
            Self::SkipEntrySignature => "skip-entry-signature",
            Self::SkipRoles => "skip-roles",
        }
    }

    /// The mistake of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }
}
