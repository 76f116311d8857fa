//! Pictures, videos, voice messages, files.

use crate::{Attachment, Content, Kind, Refused, attachment, wording};
use alloc::{format, string::String, vec::Vec};
use aside_wire::{
    Malformed,
    limits::{CAPTION_BYTES, THUMBNAIL_BYTES, TITLE_BYTES, WAVEFORM_LEVELS},
    pb,
};

/// What media are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A voice message.
    Voice,
    /// Any other file.
    File,
}

/// A picture, a video, a voice message or a file, and what the sender says to it. A field that the kind does not have
/// is empty or 0 (CON-21).
#[derive(Clone, PartialEq, Eq)]
pub struct Media {
    /// Which of them.
    pub kind: MediaKind,
    /// Its bytes.
    pub attachment: Attachment,
    /// Name of the file, up to 256 bytes, not a path; not empty if it is a file.
    pub name: String,
    /// Pixels, of a picture or a video; 0 if not known.
    pub width: u32,
    /// Pixels; 0 if and only if the width is.
    pub height: u32,
    /// Milliseconds, of a video or a voice message; 0 if not known.
    pub duration_ms: u32,
    /// Loudness over time, up to 64 levels of a voice message.
    pub waveform: Vec<u8>,
    /// A small picture of it, up to 8,192 bytes; none of a voice message.
    pub thumbnail: Vec<u8>,
    /// What the sender says to it, up to 4,096 bytes.
    pub caption: String,
}

impl Content for Media {
    const KIND: Kind = Kind::MEDIA;
    type Fields = pb::Media;

    fn check(&self) -> Result<(), Malformed> {
        self.attachment.check()?;
        wording::line(&self.name, 0..=TITLE_BYTES, "name")?;
        let is_path = self.name.contains(['/', '\\']) || matches!(self.name.as_str(), "." | "..");
        if is_path || (self.name.is_empty() && self.kind == MediaKind::File) {
            return Err(Malformed::Field("name"));
        }
        wording::bytes(&self.waveform, WAVEFORM_LEVELS, "waveform")?;
        wording::bytes(&self.thumbnail, THUMBNAIL_BYTES, "thumbnail")?;
        wording::prose(&self.caption, CAPTION_BYTES, "caption")?;
        let is_seen = matches!(self.kind, MediaKind::Image | MediaKind::Video);
        let lasts = matches!(self.kind, MediaKind::Video | MediaKind::Voice);
        let is_voice = self.kind == MediaKind::Voice;
        let misplaced = [
            ("width", self.width != 0 && !is_seen),
            ("height", (self.height == 0) != (self.width == 0)),
            ("duration_ms", self.duration_ms != 0 && !lasts),
            ("waveform", !self.waveform.is_empty() && !is_voice),
            ("thumbnail", !self.thumbnail.is_empty() && is_voice),
        ];
        match misplaced.into_iter().find(|(_, is_misplaced)| *is_misplaced) {
            Some((field, _)) => Err(Malformed::Field(field)),
            None => Ok(()),
        }
    }

    fn fallback_text(&self) -> String {
        let mut text = String::from(match self.kind {
            MediaKind::Image => "[photo",
            MediaKind::Video => "[video",
            MediaKind::Voice => "[voice message",
            MediaKind::File => "[file",
        });
        if !self.name.is_empty() {
            text.push_str(&format!(" {}", self.name));
        }
        if self.duration_ms != 0 {
            text.push_str(&format!(", {} s", self.duration_ms.div_ceil(1_000)));
        }
        text.push_str(&format!(", {}]", self.attachment.size_text()));
        if !self.caption.is_empty() {
            text.push_str(&format!(" {}", self.caption));
        }
        text
    }

    fn fields(&self, fallback: String) -> pb::Media {
        let kind = match self.kind {
            MediaKind::Image => pb::MediaKind::Image,
            MediaKind::Video => pb::MediaKind::Video,
            MediaKind::Voice => pb::MediaKind::Voice,
            MediaKind::File => pb::MediaKind::File,
        };
        pb::Media {
            kind: kind.into(),
            attachment: Some(self.attachment.fields()),
            name: self.name.clone(),
            width: self.width,
            height: self.height,
            duration_ms: self.duration_ms,
            waveform: self.waveform.clone(),
            thumbnail: self.thumbnail.clone(),
            caption: self.caption.clone(),
            fallback,
        }
    }

    fn read(fields: pb::Media) -> Result<(Self, String), Refused> {
        let kind = match pb::MediaKind::try_from(fields.kind) {
            Ok(pb::MediaKind::Image) => MediaKind::Image,
            Ok(pb::MediaKind::Video) => MediaKind::Video,
            Ok(pb::MediaKind::Voice) => MediaKind::Voice,
            Ok(pb::MediaKind::File) => MediaKind::File,
            _ => return Err(Malformed::Field("kind").into()),
        };
        let media = Self {
            kind,
            attachment: Attachment::read(fields.attachment.ok_or(Malformed::Field("attachment"))?)?,
            name: fields.name,
            width: fields.width,
            height: fields.height,
            duration_ms: fields.duration_ms,
            waveform: fields.waveform,
            thumbnail: fields.thumbnail,
            caption: fields.caption,
        };
        Ok((media, fields.fallback))
    }

    fn wipe(fields: &mut pb::Media) {
        attachment::wipe(&mut fields.attachment);
    }
}
