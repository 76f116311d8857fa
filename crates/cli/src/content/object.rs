//! What messages say, as objects with all fields. What opens a file is not among them: output is logged.

use crate::{commands::capture, json::hex};
use aside_content::{
    Attachment, Body, CaptureDetector, Media, MediaKind, Preview, Profile, Reference, ReferenceKind, Sharing,
    Sticker,
};
use serde_json::{Value, json};

/// The content of a body; null where its text says all of it.
pub(crate) fn of(body: &Body) -> Value {
    match body {
        Body::Media(it) => media(it),
        Body::Sticker(it) => sticker(it),
        Body::Reference(it) => reference(it),
        Body::Profile(it) => profile(it),
        Body::Forward(it) => json!({
            "kind": "forward",
            "depth": it.depth,
            "text": it.body.fallback_text(),
            "content": of(&it.body),
        }),
        Body::Capture(it) => json!({
            "kind": "capture",
            "capture": capture::word(it.kind),
            "detector": match it.detector {
                CaptureDetector::Platform => "platform",
                CaptureDetector::Client => "client",
            },
            "observed_at": it.observed_at,
        }),
        Body::Unknown { kind, .. } => json!({ "kind": "unsupported", "number": kind.0 }),
        _ => Value::Null,
    }
}

fn media(it: &Media) -> Value {
    json!({
        "kind": "media",
        "media": match it.kind {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Voice => "voice",
            MediaKind::File => "file",
        },
        "name": it.name,
        "file": attachment(&it.attachment),
        "width": some(it.width),
        "height": some(it.height),
        "duration_ms": some(it.duration_ms),
        "waveform": it.waveform,
        "thumbnail": hex(&it.thumbnail),
        "caption": it.caption,
    })
}

fn attachment(it: &Attachment) -> Value {
    let Attachment { id, key: _, size, hash, media_type } = it;
    json!({
        "id": hex(id),
        "size": size,
        "hash": hex(hash.as_bytes()),
        "media_type": media_type,
        "here": false,
    })
}

fn sticker(it: &Sticker) -> Value {
    json!({
        "kind": "sticker",
        "pack": hex(&it.pack),
        "sticker": hex(&it.sticker),
        "emoji": it.emoji,
        "image": it.image.as_ref().map(attachment),
    })
}

fn reference(it: &Reference) -> Value {
    json!({
        "kind": "reference",
        "reference": match it.kind {
            ReferenceKind::Post => "post",
            ReferenceKind::Reel => "reel",
            ReferenceKind::Story => "story",
            ReferenceKind::Link => "link",
        },
        "target": it.target,
        "preview": it.preview.as_ref().map(preview),
    })
}

fn preview(it: &Preview) -> Value {
    json!({
        "title": it.title,
        "description": it.description,
        "site": it.site,
        "thumbnail": hex(&it.thumbnail),
    })
}

fn profile(it: &Profile) -> Value {
    json!({
        "kind": "profile",
        "account": hex(it.account.as_bytes()),
        "handle": it.handle.to_string(),
        "name": it.name,
    })
}

/// What somebody wishes may be done with what they write.
pub(crate) fn sharing(it: Sharing) -> Value {
    let Sharing { forward, save, export, version } = it;
    json!({ "forward": forward, "save": save, "export": export, "version": version })
}

fn some(number: u32) -> Option<u32> {
    Some(number).filter(|number| *number != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_primitives::Digest;

    #[test]
    fn no_object_has_the_key_of_a_file() {
        let file = || Attachment {
            id: [3; 32],
            key: [0x4b; 32].into(),
            size: 1_000,
            hash: Digest([5; 32]),
            media_type: "image/jpeg".into(),
        };
        let photo = Media {
            kind: MediaKind::Image,
            attachment: file(),
            name: "beach.jpg".into(),
            width: 3,
            height: 2,
            duration_ms: 0,
            waveform: Vec::new(),
            thumbnail: Vec::new(),
            caption: String::new(),
        };
        let sticker = Sticker { pack: [7; 16], sticker: [8; 16], image: Some(file()), emoji: String::new() };
        let photo = Body::of(photo).unwrap();
        let forward = Body::of(aside_content::Forward::of(&photo).unwrap()).unwrap();
        for body in [photo, forward, Body::of(sticker).unwrap()] {
            let object = of(&body).to_string();
            assert!(object.contains("\"size\":1000"), "{object}");
            assert!(!object.contains("4b4b") && !object.contains("\"key\""), "{object}");
        }
    }
}
