//! Every bound of a session, with its reason. The spec's registry mirrors this file.

/// Keys skipped in one jump (SES-21): a day of lost mail in a busy chat, and under half a millisecond of work for
/// a message that authenticated.
pub const JUMP: u32 = 1_000;
/// Keys kept for late messages in one session (SES-22): two full jumps, about 70 kB of state at the most.
pub const KEPT_KEYS: usize = 2_000;
/// Receiving chains kept for late messages beside the current one (SES-23): each costs one trial decryption of
/// a header, and each needs a round trip to come about.
pub const OLD_CHAINS: usize = 4;
/// Numbers of transient messages that a chain tells apart, the highest included (SES-33): the bits of one word. What
/// comes later than that is no news any more.
pub const TRANSIENT_WINDOW: u32 = 64;
/// Ranges of dropped numbers remembered per chain (SES-24); beyond it neighbours merge.
pub const DROPPED_RANGES: usize = 32;
/// Messages each way without an epoch of the KEM ratchet coming to its end, after which the session is starved (EPO-12). One
/// takes 37 one way and 34 the other; this leaves room for two of three to be lost, of one side or of both.
pub const STARVED_AFTER: u16 = 200;
/// Sessions kept with one device (HEA-4): each costs a trial of every message from there, and a peer starts as many as it
/// likes.
pub const SESSIONS: usize = 8;
/// How long a session that only receives is kept, in milliseconds (HEA-4): 7 days, in which mail under way arrives.
pub const RETIRED_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// How far a generation may lie above the highest known one (SES-28): a peer that lost its state a thousand times.
pub const GENERATION_JUMP: u32 = 1_000;
/// How long the KEM ratchet of a session may stay in one epoch, in milliseconds, before the session is left for a new one
/// (HEA-19): 30 days.
pub const EPOCH_MS: u64 = 30 * 24 * 60 * 60 * 1000;
