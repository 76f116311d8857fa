//! Who answers: a program or a person.

use crate::{Content, Kind, Refused, wording};
use alloc::{format, string::String};
use aside_wire::{Malformed, limits::NOTE_BYTES, pb};

/// A program gives the conversation to a person, or a person to a program.
#[derive(Clone, PartialEq, Eq)]
pub struct Handover {
    /// A person answers from here.
    pub to_person: bool,
    /// Up to 512 bytes.
    pub note: String,
}

impl Content for Handover {
    const KIND: Kind = Kind::HANDOVER;
    type Fields = pb::Handover;

    fn check(&self) -> Result<(), Malformed> {
        wording::prose(&self.note, NOTE_BYTES, "note")
    }

    fn fallback_text(&self) -> String {
        let who = if self.to_person { "a person" } else { "a program" };
        if self.note.is_empty() {
            format!("[{who} answers from here]")
        } else {
            format!("[{who} answers from here] {}", self.note)
        }
    }

    fn fields(&self, fallback: String) -> pb::Handover {
        pb::Handover { to_person: self.to_person, note: self.note.clone(), fallback }
    }

    fn read(fields: pb::Handover) -> Result<(Self, String), Refused> {
        let pb::Handover { to_person, note, fallback } = fields;
        Ok((Self { to_person, note }, fallback))
    }
}
