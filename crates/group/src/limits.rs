//! Every bound of a group that is not one of the wire, with its reason. The spec's registry mirrors this file.

/// Messages of one sending chain (GRP-18, GRP-27): what a stolen chain key opens, and the work of the longest jump,
/// about half a millisecond for a message whose signature verified.
pub const CHAIN_MESSAGES: u16 = 1_000;
/// How long a sending chain is used, in milliseconds (GRP-18): seven days.
pub const CHAIN_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// How far a clock may stand before the making of a chain, in milliseconds, before the chain's age counts as unknown
/// (GRP-18): one day, more than a wrong time zone and less than what would let a chain live on.
pub const CLOCK_SLACK_MS: u64 = 24 * 60 * 60 * 1000;
/// How long a message may name an entry that another has followed, in milliseconds (GRP-32): 48 hours, a weekend
/// offline; what is older could come from somebody long removed.
pub const LATE_MS: u64 = 48 * 60 * 60 * 1000;
