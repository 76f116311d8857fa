//! What may be done with what is said.

use crate::{Content, Kind, Refused};
use alloc::string::String;
use aside_wire::{Malformed, pb};

/// What the sender wishes may be done with what is said in a chat. The greatest version counts; nothing enforces it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sharing {
    /// It may be forwarded.
    pub forward: bool,
    /// It may be saved.
    pub save: bool,
    /// It may be exported.
    pub export: bool,
    /// From 1.
    pub version: u64,
}

impl Sharing {
    /// Before anything was wished.
    pub const ANYTHING: Self = Self { forward: true, save: true, export: true, version: 0 };
}

impl Content for Sharing {
    const KIND: Kind = Kind::SHARING;
    const HAS_FALLBACK: bool = false;
    type Fields = pb::Sharing;

    fn check(&self) -> Result<(), Malformed> {
        if self.version == 0 { Err(Malformed::Field("version")) } else { Ok(()) }
    }

    fn fallback_text(&self) -> String {
        "[another wish for what may be done with messages]".into()
    }

    fn fields(&self, _: String) -> pb::Sharing {
        let Self { forward, save, export, version } = *self;
        pb::Sharing { forward, save, export, version }
    }

    fn read(fields: pb::Sharing) -> Result<(Self, String), Refused> {
        let pb::Sharing { forward, save, export, version } = fields;
        Ok((Self { forward, save, export, version }, String::new()))
    }
}
