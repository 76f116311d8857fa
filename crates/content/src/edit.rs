//! Other wordings of texts.

use crate::{Content, Kind, Refused, Target, Text};
use alloc::{format, string::String};
use aside_wire::{Malformed, pb};

/// Another wording of a text. Only who wrote the text can word it anew, and the greatest version counts (CON-25).
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    /// The text.
    pub target: Target,
    /// From 1.
    pub version: u32,
    /// What it says now.
    pub text: Text,
}

impl Content for Edit {
    const KIND: Kind = Kind::EDIT;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::Edit;

    fn check(&self) -> Result<(), Malformed> {
        if self.version == 0 { Err(Malformed::Field("version")) } else { Ok(()) }
    }

    fn fallback_text(&self) -> String {
        format!("[edited] {}", self.text.as_str())
    }

    fn fields(&self, _: String) -> pb::Edit {
        pb::Edit { target: self.target.fields(), version: self.version, text: self.text.encode() }
    }

    fn read(fields: pb::Edit) -> Result<(Self, String), Refused> {
        let target = Target::read(fields.target)?;
        Ok((Self { target, version: fields.version, text: Text::decode(&fields.text)? }, String::new()))
    }
}
