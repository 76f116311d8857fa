//! Groups as a person sees them.

use aside_group::{ExpiryTerms, Role};
use aside_identity::{AccountKey, GroupId, Handle};

/// How the person here stands to a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Somebody has taken them in; nothing goes out until they accept.
    Invited,
    /// They are in it.
    Joined,
    /// They were removed, or left.
    Out,
}

impl Standing {
    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::Invited => 1,
            Self::Joined => 2,
            Self::Out => 3,
        }
    }

    pub(crate) const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Invited),
            2 => Some(Self::Joined),
            3 => Some(Self::Out),
            _ => None,
        }
    }
}

/// Which messages of a group the person here wants to be told of. Nobody else learns it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mute {
    /// All of them.
    Nothing,
    /// Those that mention them.
    AllButMentions,
    /// None.
    Everything,
}

impl Mute {
    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::AllButMentions => 1,
            Self::Everything => 2,
        }
    }

    /// An unknown number mutes nothing: a message too many is better than one too few.
    pub(crate) const fn from_number(number: u32) -> Self {
        match number {
            1 => Self::AllButMentions,
            2 => Self::Everything,
            _ => Self::Nothing,
        }
    }
}

/// A group in the inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupSummary {
    /// Which one.
    pub group: GroupId,
    /// Its name; `None` until its log is known.
    pub name: Option<String>,
    /// How the person here stands to it.
    pub standing: Standing,
    /// Who has invited them, if somebody has.
    pub invited_by: Option<AccountKey>,
    /// What they want to be told.
    pub mute: Mute,
    /// Messages not shown yet.
    pub unread: usize,
    /// Those of them that mention the person here.
    pub mentions: usize,
    /// How many people are in it.
    pub members: usize,
}

/// Somebody in a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupMember {
    /// Who.
    pub account: AccountKey,
    /// Their handle, as far as it is known here.
    pub handle: Option<Handle>,
    /// What they may do.
    pub role: Role,
    /// How many devices they have in the group.
    pub devices: usize,
}

/// Everything about a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupInfo {
    /// What the inbox shows.
    pub summary: GroupSummary,
    /// Only the owner and admins write.
    pub announce_only: bool,
    /// How long messages live.
    pub expiry: ExpiryTerms,
    /// Whether members are told of captures.
    pub capture_notices: bool,
    /// Who is in it, the owner first.
    pub members: Vec<GroupMember>,
    /// How many changes its log has.
    pub sequence: u64,
    /// The hash of the newest, by which two members see that they have the same group.
    pub head: [u8; 32],
    /// Somebody speaks of a newer state that is not known here.
    pub behind: bool,
}
