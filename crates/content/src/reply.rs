//! Answers to one message.

use crate::{Body, Content, Kind, Refused, Target, rules};
use alloc::{format, string::String};
use aside_wire::{Malformed, pb};
use zeroize::Zeroize;

/// An answer to one message. It quotes nothing: whoever receives it shows their own copy of the message (CON-20,
/// threat C8).
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The message.
    pub target: Target,
    /// The answer itself.
    pub body: Body,
}

impl Content for Reply {
    const KIND: Kind = Kind::REPLY;
    type Fields = pb::ReplyTo;

    fn check(&self) -> Result<(), Malformed> {
        if rules::may_answer(self.body.kind()) { Ok(()) } else { Err(Malformed::Field("kind")) }
    }

    fn fallback_text(&self) -> String {
        format!("↪ {}", self.body.fallback_text())
    }

    fn fields(&self, fallback: String) -> pb::ReplyTo {
        pb::ReplyTo {
            target: self.target.fields(),
            kind: self.body.kind().0,
            content: self.body.encode(),
            fallback,
        }
    }

    fn read(mut fields: pb::ReplyTo) -> Result<(Self, String), Refused> {
        let target = Target::read(fields.target.take())?;
        let kind = Kind(fields.kind);
        // Before it is decoded, so that nothing can be nested without end.
        let body = match rules::may_answer(kind) {
            true => Body::decode(kind, &fields.content),
            false => Err(Malformed::Field("kind").into()),
        };
        fields.content.zeroize();
        Ok((Self { target, body: body? }, fields.fallback))
    }

    fn wipe(fields: &mut pb::ReplyTo) {
        fields.content.zeroize();
    }
}
