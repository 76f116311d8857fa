//! Reactions.

use crate::{Content, Kind, Refused, Target, wording};
use alloc::{format, string::String};
use aside_wire::{Malformed, limits::EMOJI_BYTES, pb};

/// A reaction to one message. Of the reactions of one author to one message the greatest counter counts (CON-24).
#[derive(Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The message.
    pub target: Target,
    /// Up to 32 bytes; empty takes it back.
    pub emoji: String,
    /// From 1.
    pub counter: u64,
}

impl Content for Reaction {
    const KIND: Kind = Kind::REACTION;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::Reaction;

    fn check(&self) -> Result<(), Malformed> {
        wording::line(&self.emoji, 0..=EMOJI_BYTES, "emoji")?;
        if self.counter == 0 { Err(Malformed::Field("counter")) } else { Ok(()) }
    }

    fn fallback_text(&self) -> String {
        if self.emoji.is_empty() {
            "[reaction taken back]".into()
        } else {
            format!("[reaction {}]", self.emoji)
        }
    }

    fn fields(&self, _: String) -> pb::Reaction {
        pb::Reaction { target: self.target.fields(), emoji: self.emoji.clone(), counter: self.counter }
    }

    fn read(fields: pb::Reaction) -> Result<(Self, String), Refused> {
        let target = Target::read(fields.target)?;
        Ok((Self { target, emoji: fields.emoji, counter: fields.counter }, String::new()))
    }
}
