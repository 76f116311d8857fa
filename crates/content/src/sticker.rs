//! Stickers.

use crate::{Attachment, Content, Kind, Refused, attachment, wording};
use alloc::{format, string::String};
use aside_wire::{Malformed, array, limits::EMOJI_BYTES, pb};

/// A sticker of a pack.
#[derive(Clone, PartialEq, Eq)]
pub struct Sticker {
    /// The pack.
    pub pack: [u8; 16],
    /// The sticker in it.
    pub sticker: [u8; 16],
    /// The picture, for whoever does not have the pack.
    pub image: Option<Attachment>,
    /// What it stands for, up to 32 bytes.
    pub emoji: String,
}

impl Content for Sticker {
    const KIND: Kind = Kind::STICKER;
    type Fields = pb::Sticker;

    fn check(&self) -> Result<(), Malformed> {
        self.image.as_ref().map_or(Ok(()), Attachment::check)?;
        wording::line(&self.emoji, 0..=EMOJI_BYTES, "emoji")
    }

    fn fallback_text(&self) -> String {
        if self.emoji.is_empty() { "[sticker]".into() } else { format!("[sticker {}]", self.emoji) }
    }

    fn fields(&self, fallback: String) -> pb::Sticker {
        pb::Sticker {
            pack: self.pack.to_vec(),
            sticker: self.sticker.to_vec(),
            image: self.image.as_ref().map(Attachment::fields),
            emoji: self.emoji.clone(),
            fallback,
        }
    }

    fn read(fields: pb::Sticker) -> Result<(Self, String), Refused> {
        let sticker = Self {
            pack: array(&fields.pack, "pack")?,
            sticker: array(&fields.sticker, "sticker")?,
            image: fields.image.map(Attachment::read).transpose()?,
            emoji: fields.emoji,
        };
        Ok((sticker, fields.fallback))
    }

    fn wipe(fields: &mut pb::Sticker) {
        attachment::wipe(&mut fields.image);
    }
}
