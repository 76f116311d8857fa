//! What was published elsewhere.

use crate::{Content, Kind, Refused, wording};
use alloc::{format, string::String, vec::Vec};
use aside_wire::{
    Malformed,
    limits::{DESCRIPTION_BYTES, THUMBNAIL_BYTES, TITLE_BYTES},
    pb,
};

/// What a reference leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReferenceKind {
    /// A post.
    Post,
    /// A reel.
    Reel,
    /// A story.
    Story,
    /// Any page.
    Link,
}

/// Something published elsewhere. The preview is made by the sender; a receiver who fetched it would tell others what
/// they read and when (CON-22).
#[derive(Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it is.
    pub kind: ReferenceKind,
    /// Where it is: an address or an identifier, 1 to 2,048 bytes; of a link, one that begins with `https://`.
    pub target: String,
    /// How it looks.
    pub preview: Option<Preview>,
}

/// How something published elsewhere looks.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// Up to 256 bytes.
    pub title: String,
    /// Up to 1,024 bytes.
    pub description: String,
    /// Name of where it is published, up to 256 bytes.
    pub site: String,
    /// A small picture, up to 8,192 bytes.
    pub thumbnail: Vec<u8>,
}

impl Content for Reference {
    const KIND: Kind = Kind::REFERENCE;
    type Fields = pb::Reference;

    fn check(&self) -> Result<(), Malformed> {
        match self.kind {
            ReferenceKind::Link => wording::link(&self.target, "target")?,
            _ => wording::address(&self.target, "target")?,
        }
        self.preview.as_ref().map_or(Ok(()), Preview::check)
    }

    fn fallback_text(&self) -> String {
        let what = match self.kind {
            ReferenceKind::Post => "post",
            ReferenceKind::Reel => "reel",
            ReferenceKind::Story => "story",
            ReferenceKind::Link => "link",
        };
        match self.preview.as_ref().map(|preview| preview.title.as_str()) {
            None | Some("") => format!("[{what}] {}", self.target),
            Some(title) => format!("[{what}] {title} {}", self.target),
        }
    }

    fn fields(&self, fallback: String) -> pb::Reference {
        let kind = match self.kind {
            ReferenceKind::Post => pb::ReferenceKind::Post,
            ReferenceKind::Reel => pb::ReferenceKind::Reel,
            ReferenceKind::Story => pb::ReferenceKind::Story,
            ReferenceKind::Link => pb::ReferenceKind::Link,
        };
        let preview = self.preview.as_ref().map(|preview| pb::Preview {
            title: preview.title.clone(),
            description: preview.description.clone(),
            site: preview.site.clone(),
            thumbnail: preview.thumbnail.clone(),
        });
        pb::Reference { kind: kind.into(), target: self.target.clone(), preview, fallback }
    }

    fn read(fields: pb::Reference) -> Result<(Self, String), Refused> {
        let kind = match pb::ReferenceKind::try_from(fields.kind) {
            Ok(pb::ReferenceKind::Post) => ReferenceKind::Post,
            Ok(pb::ReferenceKind::Reel) => ReferenceKind::Reel,
            Ok(pb::ReferenceKind::Story) => ReferenceKind::Story,
            Ok(pb::ReferenceKind::Link) => ReferenceKind::Link,
            _ => return Err(Malformed::Field("kind").into()),
        };
        let preview = fields.preview.map(|preview| {
            let pb::Preview { title, description, site, thumbnail } = preview;
            Preview { title, description, site, thumbnail }
        });
        Ok((Self { kind, target: fields.target, preview }, fields.fallback))
    }
}

impl Preview {
    fn check(&self) -> Result<(), Malformed> {
        wording::line(&self.title, 0..=TITLE_BYTES, "title")?;
        wording::prose(&self.description, DESCRIPTION_BYTES, "description")?;
        wording::line(&self.site, 0..=TITLE_BYTES, "site")?;
        wording::bytes(&self.thumbnail, THUMBNAIL_BYTES, "thumbnail")
    }
}
