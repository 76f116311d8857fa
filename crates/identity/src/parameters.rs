//! What a relay says of itself: how long it keeps what, and how much it allows (RLY-74, RLY-75).

use crate::{Refused, signed};
use alloc::vec::Vec;
use aside_primitives::{SigningKey, VerifyingKey, label};
use aside_wire::{Malformed, decode, limits::PARAMETERS_BYTES, pb};
use prost::Message;

/// The most days that mail can be kept.
const KEEP_DAYS: u32 = 365;

/// What a relay allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// When it said so, in milliseconds since 1970-01-01 UTC by its clock.
    pub issued_at: u64,
    /// How long mail waits at the most, in days, 1 to 365.
    pub keep_days: u32,
    /// Messages in a mailbox.
    pub mailbox_messages: u64,
    /// Bytes of envelopes in a mailbox.
    pub mailbox_bytes: u64,
    /// The longest frame it takes.
    pub frame_bytes: u32,
    /// Messages that an account sends.
    pub sends: Pace,
    /// Messages that an account sends to one other.
    pub sends_to_one: Pace,
    /// Devices that an account fans out to.
    pub fanned_out: Pace,
    /// Fan-outs and notices that an account puts before one other.
    pub fanned_to_one: Pace,
    /// Transient messages that an account hands over.
    pub transients: Pace,
}

/// So many at once, and one more each time that so many microseconds have passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// At once, at least 1.
    pub burst: u32,
    /// Until there is room for one more.
    pub each_us: u64,
}

impl Parameters {
    /// Signs what the relay of this name and key allows.
    #[must_use]
    pub fn sign(&self, relay_name: &str, key: &SigningKey) -> Vec<u8> {
        let body = pb::ParametersBody {
            relay_name: relay_name.into(),
            issued_at: self.issued_at,
            keep_days: self.keep_days,
            mailbox_messages: self.mailbox_messages,
            mailbox_bytes: self.mailbox_bytes,
            frame_bytes: self.frame_bytes,
            sends: self.sends.burst,
            sends_each_us: self.sends.each_us,
            sends_to_one: self.sends_to_one.burst,
            sends_to_one_each_us: self.sends_to_one.each_us,
            fanned_out: self.fanned_out.burst,
            fanned_out_each_us: self.fanned_out.each_us,
            transients: self.transients.burst,
            transients_each_us: self.transients.each_us,
            fanned_to_one: self.fanned_to_one.burst,
            fanned_to_one_each_us: self.fanned_to_one.each_us,
        };
        signed::sign(key, label::RELAY_PARAMETERS, body.encode_to_vec())
    }

    /// Verifies what stood in the challenge of a relay of this name and key (RLY-75).
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn verify(bytes: &[u8], relay_name: &str, key: &VerifyingKey) -> Result<Self, Refused> {
        let body = signed::Unverified::decode(bytes, PARAMETERS_BYTES)?
            .verify(|body, signature| key.verify(label::RELAY_PARAMETERS, body, signature))?;
        let fields: pb::ParametersBody = decode(&body)?;
        if fields.relay_name != relay_name {
            return Err(Refused::WrongOwner);
        }
        let within = (1..=KEEP_DAYS).contains(&fields.keep_days);
        require(within, "keep_days")?;
        require(fields.mailbox_messages > 0 && fields.mailbox_bytes > 0, "mailbox")?;
        require(fields.frame_bytes > 0, "frame_bytes")?;
        let pace = |burst: u32, each_us| {
            require(burst > 0, "rate")?;
            Ok::<_, Malformed>(Pace { burst, each_us })
        };
        Ok(Self {
            issued_at: fields.issued_at,
            keep_days: fields.keep_days,
            mailbox_messages: fields.mailbox_messages,
            mailbox_bytes: fields.mailbox_bytes,
            frame_bytes: fields.frame_bytes,
            sends: pace(fields.sends, fields.sends_each_us)?,
            sends_to_one: pace(fields.sends_to_one, fields.sends_to_one_each_us)?,
            fanned_out: pace(fields.fanned_out, fields.fanned_out_each_us)?,
            fanned_to_one: pace(fields.fanned_to_one, fields.fanned_to_one_each_us)?,
            transients: pace(fields.transients, fields.transients_each_us)?,
        })
    }
}

fn require(holds: bool, field: &'static str) -> Result<(), Malformed> {
    if holds { Ok(()) } else { Err(Malformed::Field(field)) }
}
