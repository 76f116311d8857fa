//! Messages that could not be opened, named to whoever has sent them.

use crate::{Checked, Content, Kind, Refused};
use alloc::{string::String, vec::Vec};
use aside_primitives::{hash::hash, label};
use aside_wire::{Malformed, array, limits::RETRY_MESSAGES, pb};

/// Names a message as it travelled: the beginning of the hash of the session message, 16 bytes (HEA-12).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CiphertextId(pub [u8; 16]);

impl CiphertextId {
    /// The id of a session message, byte for byte as it came or went.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        let digest = hash(label::CIPHERTEXT, &[message]);
        let mut id = [0; 16];
        id.iter_mut().zip(digest.as_bytes()).for_each(|(place, byte)| *place = *byte);
        Self(id)
    }
}

/// The sender has begun anew, and could not open these messages of the recipient (HEA-11). They are asked for again.
#[derive(Clone, PartialEq, Eq)]
pub struct Retry {
    /// Up to 16, in ascending order. None says only that the session is a new one.
    pub messages: Vec<CiphertextId>,
}

/// When a device begins anew and asks (HEA-9, HEA-10), in milliseconds: after 1 to 5 seconds, which `drawn` decides, and not
/// within an hour after it last began anew at `began_at`; 0 if it never did. A clock that was set back makes it no hour.
#[must_use]
pub const fn asks_at(now: u64, began_at: u64, drawn: u64) -> u64 {
    let earliest = if is_recent(began_at, now) { began_at.saturating_add(EACH_MS) } else { now };
    earliest.saturating_add(DELAY_MS.0).saturating_add(match drawn.checked_rem(DELAY_MS.1) {
        Some(more) => more,
        None => 0,
    })
}

/// Whether a device has begun anew within the hour (HEA-9).
#[must_use]
pub const fn is_recent(began_at: u64, now: u64) -> bool {
    began_at > 0
        && match now.checked_sub(began_at) {
            Some(passed) => passed < EACH_MS,
            None => false,
        }
}

/// A device begins anew with another at most once in this time (HEA-9, threat R7).
pub const EACH_MS: u64 = 60 * 60 * 1000;
/// How long it waits: this long, and up to as much longer as the second says (HEA-10).
pub const DELAY_MS: (u64, u64) = (1_000, 4_000);
/// How long what was sent is kept to be sent again, in milliseconds: 30 days, as mail.
pub const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// How often a frame is sent again at the most (HEA-14, threat R7).
pub const TIMES: u32 = 2;

/// What is known of a frame that a device asks for again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Its kind.
    pub kind: Kind,
    /// How long ago the relay accepted it, in milliseconds.
    pub age_ms: u64,
    /// How often it was sent again.
    pub times: u32,
    /// Whoever asks is the account, device and agreement key that it was for, and these are still listed.
    pub is_same_device: bool,
    /// They may still have it: the chat is not Ended, they are in the group.
    pub is_in_audience: bool,
    /// A receipt has said that it arrived.
    pub has_arrived: bool,
    /// It is there as it was said: neither taken back nor deleted, and its time is not over.
    pub is_there: bool,
}

impl Sent {
    /// Whether it is sent again (HEA-13, HEA-14).
    #[must_use]
    pub const fn may_be_repeated(&self) -> bool {
        !matches!(self.kind, Kind::VIEW_ONCE | Kind::VIEW_KEY)
            && self.age_ms <= KEPT_MS
            && self.times < TIMES
            && self.is_same_device
            && self.is_in_audience
            && !self.has_arrived
            && self.is_there
    }
}

impl Retry {
    /// Decodes what stands between two members of a group.
    ///
    /// # Errors
    /// [`Refused::Malformed`].
    pub fn decode(content: &[u8]) -> Result<Self, Refused> {
        Checked::<Self>::decode(content).map(Checked::into_content)
    }
}

impl Content for Retry {
    const KIND: Kind = Kind::RETRY;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::Retry;

    fn check(&self) -> Result<(), Malformed> {
        let few = self.messages.len() <= RETRY_MESSAGES;
        let ascending = self.messages.is_sorted_by(|one, next| one < next);
        if few && ascending { Ok(()) } else { Err(Malformed::Field("messages")) }
    }

    fn fallback_text(&self) -> String {
        "[asks for messages again]".into()
    }

    fn fields(&self, _: String) -> pb::Retry {
        pb::Retry { messages: self.messages.iter().map(|CiphertextId(id)| id.to_vec()).collect() }
    }

    fn read(fields: pb::Retry) -> Result<(Self, String), Refused> {
        let ids = fields.messages.iter().map(|id| array(id, "messages").map(CiphertextId));
        Ok((Self { messages: ids.collect::<Result<_, _>>()? }, String::new()))
    }
}
