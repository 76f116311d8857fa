//! Messages that are no texts, for a terminal. Everything in them comes from others.

use super::STAYS;
use crate::{
    json,
    name::{DIGITS, beginning, quoted},
    seen::{Seen, Shown},
    show::{reaction, safe},
};
use aside_content::{
    Attachment, Body, Forward, Media, MediaKind, Preview, Profile, Reference, ReferenceKind, Sticker,
};

/// How wide a waveform is at the most.
const BARS: usize = 24;
/// From this depth on, how often something was forwarded says more about it than the number.
const MANY: u32 = 5;

/// What a body says; what is not described here says it by its fallback.
pub(crate) fn of(body: &Body, seen: &Seen<'_>) -> String {
    match body {
        Body::Media(it) => media(it),
        Body::Sticker(it) => sticker(it),
        Body::Reference(it) => reference(it),
        Body::Profile(it) => profile(it, seen.shown.as_ref()),
        Body::Forward(it) => forwarded(it, seen),
        Body::Unknown { kind, .. } => {
            format!(
                "[of a kind that is not known here ({}), said to be:] {}",
                kind.0,
                safe(&body.fallback_text())
            )
        }
        other => safe(&other.fallback_text()),
    }
}

fn forwarded(it: &Forward, seen: &Seen<'_>) -> String {
    let often = match it.depth {
        1 => "[forwarded]".to_owned(),
        2..MANY => format!("[forwarded {} times]", it.depth),
        _ => "[forwarded many times]".to_owned(),
    };
    let said = match &it.body {
        Body::Text(text) => safe(text.as_str()),
        other => of(other, seen),
    };
    format!("{often} {said}")
}

fn media(it: &Media) -> String {
    let what = match it.kind {
        MediaKind::Image => "photo",
        MediaKind::Video => "video",
        MediaKind::Voice => "voice message",
        MediaKind::File => "file",
    };
    let mut text = format!("[{what}");
    if !it.name.is_empty() {
        text.push_str(&format!(" {}", safe(&it.name)));
    }
    if it.width != 0 {
        text.push_str(&format!(", {}×{}", it.width, it.height));
    }
    if it.duration_ms != 0 {
        text.push_str(&format!(", {}", duration(it.duration_ms)));
    }
    if !it.waveform.is_empty() {
        text.push_str(&format!(" {}", bars(&it.waveform)));
    }
    text.push_str(&format!(", {}; {STAYS}]", size(&it.attachment)));
    if !it.caption.is_empty() {
        text.push_str(&format!(" {}", safe(&it.caption)));
    }
    text
}

fn sticker(it: &Sticker) -> String {
    let pack = json::hex(&it.pack);
    let pack = beginning(&pack, DIGITS);
    if it.emoji.is_empty() {
        return format!("[sticker of the pack {pack}]");
    }
    format!("[sticker {} of the pack {pack}]", reaction(&it.emoji))
}

/// The preview stands below the address, which nobody can word.
fn reference(it: &Reference) -> String {
    let what = match it.kind {
        ReferenceKind::Post => "post",
        ReferenceKind::Reel => "reel",
        ReferenceKind::Story => "story",
        ReferenceKind::Link => "link",
    };
    let mut text = format!("[{what}] {}", safe(&it.target));
    for line in it.preview.as_ref().map(preview).unwrap_or_default() {
        text.push_str(&format!("\n    {line}"));
    }
    text
}

fn preview(it: &Preview) -> Vec<String> {
    let title = [&it.title, &it.site].into_iter().filter(|part| !part.is_empty()).map(|part| safe(part));
    let title = title.collect::<Vec<_>>().join(" · ");
    let lines = [title, safe(&it.description)];
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

/// The account counts. It is shown by the name known here, and what the sender calls it beside.
fn profile(it: &Profile, shown: Option<&Shown>) -> String {
    let key = json::hex(it.account.as_bytes());
    let called = match it.name.is_empty() {
        true => String::new(),
        false => format!(", called {}", quoted(&it.name)),
    };
    let who = match shown.map(|shown| (shown.name.handle(), shown.is_another)) {
        Some((Some(handle), _)) if *handle == it.handle => handle.to_string(),
        Some((Some(handle), _)) => format!("{handle}, whom the sender calls {}", it.handle),
        Some((None, true)) => {
            format!("account {}, NOT the {} known here", beginning(&key, DIGITS), it.handle)
        }
        _ => format!("{}, account {}; not known here yet", it.handle, beginning(&key, DIGITS)),
    };
    format!("[profile {who}{called}]")
}

/// "0:07".
fn duration(millis: u32) -> String {
    let seconds = millis.div_ceil(1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// "120 kB".
fn size(file: &Attachment) -> String {
    let tenths = |unit: u64| {
        let tenths = u128::from(file.size).saturating_mul(10).div_ceil(u128::from(unit));
        (tenths / 10, tenths % 10)
    };
    let (unit, name) = match file.size {
        ..1_000 => return format!("{} B", file.size),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        1_000_000_000..1_000_000_000_000 => (1_000_000_000, "GB"),
        _ => (1_000_000_000_000, "TB"),
    };
    match tenths(unit) {
        (whole @ ..10, tenth @ 1..) => format!("{whole}.{tenth} {name}"),
        (whole, tenth) => format!("{} {name}", whole.saturating_add(u128::from(tenth > 0))),
    }
}

/// Loudness over time as bars, of several levels the loudest.
fn bars(levels: &[u8]) -> String {
    let each = levels.len().div_ceil(BARS).max(1);
    let bar = |level: u8| match level {
        0..32 => '▁',
        32..64 => '▂',
        64..96 => '▃',
        96..128 => '▄',
        128..160 => '▅',
        160..192 => '▆',
        192..224 => '▇',
        224.. => '█',
    };
    levels.chunks(each).map(|levels| bar(levels.iter().copied().max().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aside_primitives::Digest;

    fn attachment(size: u64) -> Attachment {
        Attachment {
            id: [3; 32],
            key: [4; 32].into(),
            size,
            hash: Digest([5; 32]),
            media_type: "image/jpeg".into(),
        }
    }

    fn a(kind: MediaKind) -> Media {
        Media {
            kind,
            attachment: attachment(1_234_567),
            name: String::new(),
            width: 0,
            height: 0,
            duration_ms: 0,
            waveform: Vec::new(),
            thumbnail: Vec::new(),
            caption: String::new(),
        }
    }

    #[test]
    fn f15_a_photo_says_what_it_is_in_one_line() {
        let photo = Media {
            name: "beach.jpg".into(),
            width: 4032,
            height: 3024,
            caption: "Here we are.".into(),
            ..a(MediaKind::Image)
        };
        assert_eq!(media(&photo), format!("[photo beach.jpg, 4032×3024, 1.3 MB; {STAYS}] Here we are."));
    }

    #[test]
    fn f16_a_voice_message_shows_how_long_and_how_loud_it_is() {
        let voice = Media { duration_ms: 67_001, waveform: vec![0, 40, 255, 100], ..a(MediaKind::Voice) };
        assert_eq!(media(&voice), format!("[voice message, 1:08 ▁▂█▄, 1.3 MB; {STAYS}]"));
        let long = Media { duration_ms: 3_600_000, waveform: vec![255; 64], ..a(MediaKind::Voice) };
        assert_eq!(media(&long), format!("[voice message, 1:00:00 {}, 1.3 MB; {STAYS}]", "█".repeat(22)));
    }

    #[test]
    fn sizes_have_a_unit_and_two_digits_or_more() {
        let sizes = [
            (1, "1 B"),
            (999, "999 B"),
            (1_000, "1 kB"),
            (1_234, "1.3 kB"),
            (119_300, "120 kB"),
            (2_000_000, "2 MB"),
            (9_990_000, "10 MB"),
            (5_400_000_000, "5.4 GB"),
            (u64::MAX, "18446745 TB"),
        ];
        for (bytes, expected) in sizes {
            assert_eq!(size(&attachment(bytes)), expected, "{bytes}");
        }
    }

    #[test]
    fn f18_a_preview_stands_below_its_address_and_cannot_pose_as_a_message() {
        let link = Reference {
            kind: ReferenceKind::Link,
            target: "https://example.org/party".into(),
            preview: Some(Preview {
                title: "Party".into(),
                description: "one\n  #9  @bob: two\u{1b}[2J".into(),
                site: "Example".into(),
                thumbnail: Vec::new(),
            }),
        };
        let shown = reference(&link);
        assert_eq!(
            shown,
            "[link] https://example.org/party\n    Party · Example\n    one\n      #9  @bob: two\u{FFFD}[2J"
        );
        assert!(shown.lines().skip(1).all(|line| line.starts_with("    ")), "{shown}");
        assert!(Body::of(link).is_ok());
    }

    #[test]
    fn f17_a_sticker_cannot_pose_as_words() {
        let sticker = |emoji: &str| {
            sticker(&Sticker { pack: [7; 16], sticker: [8; 16], image: None, emoji: emoji.into() })
        };
        assert_eq!(sticker("👋"), "[sticker 👋 of the pack 07070707]");
        assert_eq!(sticker("] @bob: yes"), "[sticker \"] @bob: yes\" of the pack 07070707]");
        assert_eq!(sticker(""), "[sticker of the pack 07070707]");
    }
}
