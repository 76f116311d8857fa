//! What was said elsewhere.

use crate::{Body, Content, Kind, Refused, rules};
use alloc::{format, string::String};
use aside_wire::{Malformed, limits::FORWARD_DEPTH, pb};
use zeroize::Zeroize;

/// Something said elsewhere, without who said it (CON-23).
#[derive(Clone, PartialEq, Eq)]
pub struct Forward {
    /// How often it was forwarded, 1 to 127.
    pub depth: u32,
    /// What was said.
    pub body: Body,
}

impl Forward {
    /// Passes a message on: what it answered is left behind, and what was forwarded before is forwarded once more.
    ///
    /// # Errors
    /// [`Malformed::Field`] if its kind cannot be forwarded.
    pub fn of(body: &Body) -> Result<Self, Malformed> {
        let forward = match body {
            Body::Reply(reply) => return Self::of(&reply.body),
            Body::Forward(forward) => {
                let depth = forward.depth.saturating_add(1).min(FORWARD_DEPTH);
                Self { depth, body: forward.body.clone() }
            }
            body => Self { depth: 1, body: body.clone() },
        };
        forward.check().map(|()| forward)
    }
}

impl Content for Forward {
    const KIND: Kind = Kind::FORWARD;
    type Fields = pb::Forward;

    fn check(&self) -> Result<(), Malformed> {
        if !(1..=FORWARD_DEPTH).contains(&self.depth) {
            return Err(Malformed::Field("depth"));
        }
        if rules::may_be_forwarded(self.body.kind()) { Ok(()) } else { Err(Malformed::Field("kind")) }
    }

    fn fallback_text(&self) -> String {
        format!("[forwarded] {}", self.body.fallback_text())
    }

    fn fields(&self, fallback: String) -> pb::Forward {
        pb::Forward { depth: self.depth, kind: self.body.kind().0, content: self.body.encode(), fallback }
    }

    fn read(mut fields: pb::Forward) -> Result<(Self, String), Refused> {
        let kind = Kind(fields.kind);
        // Before it is decoded, so that nothing can be nested without end.
        let body = match rules::may_be_forwarded(kind) {
            true => Body::decode(kind, &fields.content),
            false => Err(Malformed::Field("kind").into()),
        };
        fields.content.zeroize();
        Ok((Self { depth: fields.depth, body: body? }, fields.fallback))
    }

    fn wipe(fields: &mut pb::Forward) {
        fields.content.zeroize();
    }
}
