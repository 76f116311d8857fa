//! A message that lives shorter than it said.

use crate::{Content, Kind, MessageId, Refused};
use alloc::string::String;
use aside_wire::{ExpiryTerms, Malformed, array, pb};

/// A message of the sender lives shorter than it said. Nothing makes one live longer (EXP-6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shorten {
    /// The message.
    pub message_id: MessageId,
    /// After it was sent, or after it was read: what can be opened once was said in another way.
    pub terms: ExpiryTerms,
}

impl Content for Shorten {
    const KIND: Kind = Kind::SHORTEN;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::Shorten;

    fn check(&self) -> Result<(), Malformed> {
        match self.terms {
            terms if !terms.is_in_range() => Err(Malformed::Field("expiry")),
            ExpiryTerms::AfterSend { .. } | ExpiryTerms::AfterRead { .. } => Ok(()),
            _ => Err(Malformed::Field("mode")),
        }
    }

    fn fallback_text(&self) -> String {
        "[a message lives shorter]".into()
    }

    fn fields(&self, _: String) -> pb::Shorten {
        let (mode, duration_s, unread_cap_s) = self.terms.encode();
        pb::Shorten {
            message_id: self.message_id.as_bytes().to_vec(),
            mode: mode.into(),
            duration_s,
            unread_cap_s,
        }
    }

    fn read(fields: pb::Shorten) -> Result<(Self, String), Refused> {
        let pb::Shorten { message_id, mode, duration_s, unread_cap_s } = fields;
        let terms = ExpiryTerms::decode(mode, duration_s, unread_cap_s)?;
        Ok((Self { message_id: MessageId::new(array(&message_id, "message_id")?), terms }, String::new()))
    }
}
