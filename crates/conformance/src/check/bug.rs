//! Mistakes made on purpose, to test the tests: such as real implementations have made, or could.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc};

macro_rules! bugs {
    ($($(#[$about:meta])+ $bug:ident = $name:literal,)+) => {
        /// A mistake.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Bug {
            $($(#[$about])+ $bug,)+
        }

        impl Bug {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$bug),+];

            /// Its name in the `catches` of vectors.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$bug => $name,)+
                }
            }
        }
    };
}

bugs! {
    // Checks that are left out: what should be refused passes.

    /// The franking commitment is not compared (CON-11).
    SkipCommitment = "skip-commitment",
    /// Public keys and agreements of small order pass (PRM-3, PRM-4, PRM-7).
    AcceptLowOrder = "accept-low-order",
    /// Keys pass in more encodings than their canonical one (PRM-2, PRM-6).
    AcceptOtherEncodings = "accept-other-encodings",
    /// What follows a frame in its padding is not looked at (CON-9).
    IgnorePadding = "ignore-padding",
    /// A message or handshake that was received before is received again (SES-20, HSK-10).
    AcceptReplay = "accept-replay",
    /// What decodes is not encoded again to compare (ENV-5).
    LenientDecoding = "lenient-decoding",
    /// Control and chunk of a header may say anything (SES-17), also in a transient message (EPO-13).
    IgnoreControl = "ignore-control",
    /// Headers may say another epoch than that of their chain, or what the other side says (EPO-7).
    IgnoreMark = "ignore-mark",
    /// A chain adopts though this side has not answered (EPO-8).
    AdoptUnasked = "adopt-unasked",
    /// Tags are not compared (PRM-11).
    SkipMac = "skip-mac",
    /// Only as much of a tag is compared as is there (PRM-11).
    AcceptShortTag = "accept-short-tag",
    /// Chains are skipped ahead however far (SES-21, GRP-27).
    SkipTheBound = "skip-the-bound",
    /// Handles are made lower-case before they are looked at (IDN-13).
    FoldHandles = "fold-handles",
    /// The signatures of a certificate are not verified (IDN-4).
    SkipCertificateSignature = "skip-certificate-signature",
    /// The signature of a device list is not verified (IDN-7).
    SkipListSignature = "skip-list-signature",
    /// An older device list takes the place of a newer one (IDN-9).
    AcceptListRollback = "accept-list-rollback",
    /// A device list that contradicts the known one takes its place (IDN-9).
    AcceptListFork = "accept-list-fork",
    /// The signature of a prekey is not verified (IDN-10).
    SkipPrekeySignature = "skip-prekey-signature",
    /// A prekey is used after its date (IDN-12).
    AcceptExpiredPrekey = "accept-expired-prekey",
    /// Certificates, lists and prekeys pass that are those of somebody else (IDN-6, IDN-12).
    AcceptOtherOwner = "accept-other-owner",
    /// The signature of an entry of a group's log is not verified (GRP-1).
    SkipEntrySignature = "skip-entry-signature",
    /// The roles of a group allow everything, and its owner has no privilege (GRP-5, GRP-7 to GRP-9).
    SkipRoles = "skip-roles",
    /// Entries follow though whoever made them is not in the group, or not with this device (GRP-4).
    AcceptOutsider = "accept-outsider",
    /// Entries follow others than the newest one (GRP-3).
    AcceptGaps = "accept-gaps",
    /// The signature of a group message is not verified (GRP-26).
    SkipGroupSignature = "skip-group-signature",
    /// A group message is taken from others than the owner of its chain (GRP-23).
    AcceptOtherSender = "accept-other-sender",
    /// Messages may name a head of the log, or an epoch, that is long superseded (GRP-32, GRP-33).
    AcceptOldHead = "accept-old-head",
    /// Frames are taken from everybody, whatever was said in the opt-in (CNV-15, GRP-38).
    AdmitAnybody = "admit-anybody",
    /// Kinds may stand everywhere (CON-15).
    AllowEveryPlace = "allow-every-place",
    /// What is due to go is shown (EXP-10).
    NeverGone = "never-gone",
    /// A capture notice is shown whoever sent it, and whatever it names (CAP-11).
    ShowEveryCapture = "show-every-capture",
    /// What somebody asks for is sent again, whoever asks (HEA-13).
    RepeatForAnybody = "repeat-for-anybody",
    /// The proofs of a login and a registration are not verified (RLY-4).
    SkipProof = "skip-proof",
    /// The store behind a login is taken, however old it is (RLY-46).
    AcceptOldStore = "accept-old-store",
    /// An archive need not be whole, or in order (ARC-2).
    AcceptCutArchive = "accept-cut-archive",

    // Other things come out, or are left behind.

    /// The parts of a hash are not preceded by their lengths (PRM-1).
    ForgetLengths = "forget-lengths",
    /// The direction is left out of the associated data (SES-12).
    ForgetDirection = "forget-direction",
    /// Message key and franking key are taken in the other order (SES-9).
    SwapKeys = "swap-keys",
    /// Implicit rejection is told, as an error (HSK-9).
    TellRejection = "tell-rejection",
    /// The chain moves twice for each message sent (SES-8).
    StepTwice = "step-twice",
    /// One-time prekeys are not wiped when they have been used (HSK-14).
    KeepUsedPrekeys = "keep-used-prekeys",
    /// Handshakes that were accepted are not remembered (HSK-10).
    ForgetHandshakes = "forget-handshakes",
    /// A session that gave up sending sends on (SES-37).
    KeepSending = "keep-sending",
    /// A session that is wiped is still there.
    KeepSessions = "keep-sessions",
    /// A message that may be opened once may be opened again (EXP-11).
    ForgetOpenings = "forget-openings",
}

impl Bug {
    /// The mistake of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }
}

/// The mistake that is made, and those that came into question.
#[derive(Clone, Default)]
pub(crate) struct Mistakes {
    made: Option<Bug>,
    met: Rc<RefCell<BTreeSet<Bug>>>,
}

impl Mistakes {
    pub(crate) fn new(made: Option<Bug>) -> Self {
        Self { made, met: Rc::default() }
    }

    /// Whether this one is made here.
    pub(crate) fn make(&self, bug: Bug) -> bool {
        self.met.borrow_mut().insert(bug);
        self.made == Some(bug)
    }

    pub(crate) fn met(&self) -> BTreeSet<Bug> {
        self.met.borrow().clone()
    }
}
