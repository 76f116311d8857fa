//! `content/kinds.json`: what is just within a bound, and what is just beyond one that the limits of types do not show.

use super::{
    Result,
    kinds::{
        attachment, card, choice, form, forward, input, link, photo, profile, questions, receipts, reply,
        sticker, target, text,
    },
    proto,
    sheet::{Sheet, note},
};
use crate::check::material;
use aside_wire::pb;
use prost::Message;

/// Id, kind, content.
type Contents = Vec<(String, u32, Vec<u8>)>;

/// Marks of direction and control characters, each with its name in ids.
const MARKS: [(&str, char); 17] = [
    ("0000", '\u{0}'),
    ("001f", '\u{1F}'),
    ("007f", '\u{7F}'),
    ("0080", '\u{80}'),
    ("009f", '\u{9F}'),
    ("061c", '\u{61C}'),
    ("200e", '\u{200E}'),
    ("200f", '\u{200F}'),
    ("202a", '\u{202A}'),
    ("202b", '\u{202B}'),
    ("202c", '\u{202C}'),
    ("202d", '\u{202D}'),
    ("202e", '\u{202E}'),
    ("2066", '\u{2066}'),
    ("2067", '\u{2067}'),
    ("2068", '\u{2068}'),
    ("2069", '\u{2069}'),
];
/// Their neighbours, which are none.
const NO_MARKS: &str = "a ~\u{A0}\u{61B}\u{61D}\u{200D}\u{2010}\u{2029}\u{202F}\u{2065}\u{206A}";

fn content<M: Message>(id: &str, kind: u32, message: &M) -> (String, u32, Vec<u8>) {
    (id.to_owned(), kind, message.encode_to_vec())
}

pub(super) fn bounds(sheet: &mut Sheet) -> Result<()> {
    let mut within = texts();
    within.extend(asked()?);
    within.extend(shown()?);
    for (id, kind, content) in within {
        let note = note(format!("kind-{id}"), "CON-8", "Just within its bounds.");
        sheet.accept(note, "content.decode", input(kind, &content))?;
    }
    let mut beyond = too_long();
    beyond.extend(too_many());
    for (id, kind, content) in beyond {
        let note = note(format!("kind-{id}"), "CON-8", "Just beyond a bound of its own.").threat("W6");
        sheet.refuse(note, "content.decode", input(kind, &content), "malformed")?;
    }
    marks(sheet)?;
    held(sheet)
}

/// Content with a text at its bound in bytes, most of it of two bytes a character.
fn texts() -> Contents {
    let wide = |bytes: usize| "ä".repeat(bytes / 2);
    let media = |edit: &dyn Fn(&mut pb::Media)| {
        let mut fields = photo();
        edit(&mut fields);
        fields
    };
    let typed = |media_type: String| pb::Attachment { media_type, ..attachment() };
    let preview = pb::Preview {
        title: wide(256),
        description: wide(1_024),
        site: wide(256),
        thumbnail: material("thumbnail", 8_192),
    };
    vec![
        content("media-fallback-512-bytes", 6, &media(&|m| m.fallback = wide(512))),
        content("media-fallback-of-one-byte", 6, &media(&|m| m.fallback = "x".into())),
        content("media-name-256-bytes", 6, &media(&|m| m.name = wide(256))),
        content("media-caption-4096-bytes", 6, &media(&|m| m.caption = wide(4_096))),
        content("media-caption-with-marks", 6, &media(&|m| m.caption = "a\nb\u{202E}".into())),
        content("media-thumbnail-8192-bytes", 6, &media(&|m| m.thumbnail = material("thumbnail", 8_192))),
        content(
            "attachment-type-128-bytes",
            6,
            &media(&|m| m.attachment = Some(typed(format!("{} ~", "x".repeat(126))))),
        ),
        content("attachment-type-of-one-byte", 6, &media(&|m| m.attachment = Some(typed("x".into())))),
        content("sticker-emoji-32-bytes", 7, &pb::Sticker { emoji: "👋".repeat(8), ..sticker() }),
        content("sticker-emoji-joined", 7, &pb::Sticker { emoji: "👩\u{200D}🚀".into(), ..sticker() }),
        content("preview-at-its-bounds", 8, &pb::Reference { preview: Some(preview), ..link() }),
        content("link-2048-bytes", 8, &reference(4, format!("https://{}", "~".repeat(2_040)))),
        content("link-of-one-byte", 8, &reference(4, "https://!".into())),
        content("post-2048-bytes", 8, &reference(1, "!".repeat(2_048))),
        content("story-of-one-byte", 8, &reference(3, "~".into())),
        content(
            "handover-note-512-bytes",
            23,
            &pb::Handover { to_person: false, note: wide(512), fallback: "x".into() },
        ),
        content(
            "handover-note-with-marks",
            23,
            &pb::Handover { to_person: true, note: "a\nb\u{200F}".into(), fallback: "x".into() },
        ),
    ]
}

fn reference(kind: i32, target: String) -> pb::Reference {
    pb::Reference { kind, target, preview: None, ..link() }
}

/// Forms, what answers them, and cards.
fn asked() -> Result<Contents> {
    let [mut chosen, mut typed, button] = questions();
    (chosen.id, chosen.label) = ("i".repeat(32), "ä".repeat(128));
    chosen.options = (0..16u8).map(|n| format!("{}{}", "ä".repeat(63), char::from(n + b'a'))).collect();
    chosen.options.push("ä".repeat(64));
    chosen.options.remove(0);
    (typed.id, typed.label) = ("n".into(), "?".into());
    let most: Vec<_> =
        (0..16u8).map(|n| pb::FormField { id: char::from(n + b'a').into(), ..button.clone() }).collect();
    let one = pb::FormField { options: vec!["o".into()], ..questions()[0].clone() };
    let card = |edit: &dyn Fn(&mut pb::Card)| {
        let mut fields = card();
        edit(&mut fields);
        fields
    };
    let wide = || "ä".repeat(128);
    let line = |label: &str, value: &str| pb::CardLine { label: label.into(), value: value.into() };
    let action = |label: &str, value: &str| pb::CardAction { label: label.into(), value: value.into() };
    let amount = |decimals| Some(pb::Amount { currency: "AZZ".into(), minor_units: 0, decimals });
    let longest = "a\n".repeat(512);
    let answers: Vec<_> = most.iter().map(|question| (question.id.as_str(), longest.as_str())).collect();
    Ok(vec![
        content("form-at-its-bounds", 20, &pb::Form { title: wide(), ..form(&[chosen, typed, button]) }),
        content("form-of-one-option", 20, &pb::Form { title: String::new(), ..form(&[one]) }),
        content("form-16-questions", 20, &form(&most)),
        content("choice-16-answers", 21, &choice(&answers)?),
        content("choice-field-32-bytes", 21, &choice(&[(&"i".repeat(32), "")])?),
        content("card-title-256-bytes", 22, &card(&|c| c.title = wide())),
        content("card-title-of-one-byte", 22, &card(&|c| c.title = "x".into())),
        content(
            "card-32-lines-and-8-actions",
            22,
            &card(&|c| (c.lines, c.actions) = (vec![line("x", ""); 32], vec![action("x", "x"); 8])),
        ),
        content("card-line-at-its-bounds", 22, &card(&|c| c.lines = vec![line(&wide(), &wide())])),
        content(
            "card-action-at-its-bounds",
            22,
            &card(&|c| c.actions = vec![action(&"ä".repeat(32), &wide())]),
        ),
        content("card-8-decimals", 22, &card(&|c| c.amount = amount(8))),
        content("card-no-decimals", 22, &card(&|c| c.amount = amount(0))),
    ])
}

fn shown() -> Result<Contents> {
    let (once_least, once_most) = (material("sealed", 20), material("sealed", 33_792));
    let once = |sealed: Vec<u8>| pb::ViewOnce {
        sealed,
        commitment: material("commitment", 32),
        key: Vec::new(),
        fallback: "x".into(),
    };
    let reaction = pb::Reaction { target: Some(target()?), emoji: "👋".repeat(8), counter: u64::MAX };
    let edit = pb::Edit { target: Some(target()?), version: u32::MAX, text: text() };
    Ok(vec![
        content("profile-name-128-bytes", 9, &pb::Profile { name: "ä".repeat(64), ..profile()? }),
        content("profile-without-name", 9, &pb::Profile { name: String::new(), ..profile()? }),
        content("reaction-32-bytes", 11, &reaction),
        content("edit-greatest-version", 12, &edit),
        content("receipts-of-one", 24, &receipts(&[1])),
        content("receipts-delivered", 24, &pb::Receipts { kind: 1, ..receipts(&[1]) }),
        content("receipts-viewed", 24, &pb::Receipts { kind: 3, ..receipts(&[1]) }),
        ("presence-available".into(), 26, proto::number(1, 1)),
        ("encrypted-only-of-one-byte".into(), 28, proto::bytes(1, [1])),
        ("encrypted-only-256-bytes".into(), 28, proto::bytes(1, [1; 256])),
        content("once-20-bytes", 31, &once(once_least)),
        content("once-33792-bytes", 31, &once(once_most)),
    ])
}

/// Bytes count, and not characters.
fn too_long() -> Contents {
    let wide = || "ä".repeat(129);
    let card = |edit: &dyn Fn(&mut pb::Card)| {
        let mut fields = card();
        edit(&mut fields);
        fields
    };
    let line = |label: String, value: String| vec![pb::CardLine { label, value }];
    let action = |label: String, value: String| vec![pb::CardAction { label, value }];
    let x = || "x".to_owned();
    let long_fallback = pb::Handover { fallback: "€".repeat(171), ..Default::default() };
    let once = pb::ViewOnce {
        sealed: material("sealed", 33_793),
        commitment: material("commitment", 32),
        key: Vec::new(),
        fallback: "x".into(),
    };
    let [choosing, ..] = questions();
    let asking = |question: pb::FormField| form(&[question]);
    vec![
        content("handover-fallback-171-characters", 23, &long_fallback),
        content("sticker-9-emoji", 7, &pb::Sticker { emoji: "👋".repeat(9), ..sticker() }),
        content("form-title-129-characters", 20, &pb::Form { title: wide(), ..form(&questions()) }),
        content(
            "form-question-label-129-characters",
            20,
            &asking(pb::FormField { label: wide(), ..choosing.clone() }),
        ),
        content(
            "form-question-id-17-characters",
            20,
            &asking(pb::FormField { id: "ä".repeat(17), ..choosing }),
        ),
        content("preview-title-257-bytes", 8, &titled("x".repeat(257))),
        content("card-title-257-bytes", 22, &card(&|c| c.title = "x".repeat(257))),
        content("card-line-label-257-bytes", 22, &card(&|c| c.lines = line("x".repeat(257), x()))),
        content("card-line-value-257-bytes", 22, &card(&|c| c.lines = line(x(), "x".repeat(257)))),
        content("card-line-value-two-lines", 22, &card(&|c| c.lines = line(x(), "a\nb".into()))),
        content("card-line-label-turned", 22, &card(&|c| c.lines = line("a\u{202E}b".into(), x()))),
        content("card-action-label-65-bytes", 22, &card(&|c| c.actions = action("x".repeat(65), x()))),
        content("card-action-value-257-bytes", 22, &card(&|c| c.actions = action(x(), "x".repeat(257)))),
        content("card-action-without-value", 22, &card(&|c| c.actions = action(x(), String::new()))),
        content("card-action-without-label", 22, &card(&|c| c.actions = action(String::new(), x()))),
        content("card-action-label-two-lines", 22, &card(&|c| c.actions = action("a\nb".into(), x()))),
        content("card-action-value-turned", 22, &card(&|c| c.actions = action(x(), "a\u{2066}b".into()))),
        content("card-title-two-lines", 22, &card(&|c| c.title = "a\nb".into())),
        content("once-33793-bytes", 31, &once),
    ]
}

fn titled(title: String) -> pb::Reference {
    let preview = link().preview.map(|preview| pb::Preview { title, ..preview });
    pb::Reference { preview, ..link() }
}

/// As many fields as the type may have, and more of one kind than there may be.
fn too_many() -> Contents {
    let [choosing, _, button] = questions();
    let of_kind = |kind| pb::FormField { kind, ..button.clone() };
    let options = (0..17u8).map(|n| char::from(n + b'a').into()).collect();
    let seventeen = pb::FormField { options, required: false, ..choosing };
    let most: Vec<_> =
        (0..17u8).map(|n| pb::FormField { id: char::from(n + b'a').into(), ..button.clone() }).collect();
    let untitled = pb::Form { title: String::new(), ..form(&most) };
    vec![
        content("form-17-options", 20, &form(&[seventeen])),
        content("form-17-questions-without-title", 20, &untitled),
        content("form-question-of-no-kind", 20, &form(&[of_kind(0)])),
        content("form-question-of-the-fourth-kind", 20, &form(&[of_kind(4)])),
    ]
}

/// CON-18
fn marks(sheet: &mut Sheet) -> Result<()> {
    let named = |name: String| pb::Profile { name, ..profile().unwrap_or_default() }.encode_to_vec();
    let comment = "None of these is a mark of direction or a control character.";
    let input = |name: String| input(9, &named(name));
    sheet.accept(
        note("kind-profile-no-mark", "CON-18", comment),
        "content.decode",
        input(NO_MARKS.into()),
    )?;
    for (id, mark) in MARKS {
        let comment = "It would be shown as something else, or not at all.";
        let note = note(format!("kind-profile-mark-{id}"), "CON-18", comment).threat("W6");
        sheet.refuse(note, "content.decode", input(format!("a{mark}")), "malformed")?;
    }
    Ok(())
}

/// Every kind within a reply and a forwarded message (CON-16).
fn held(sheet: &mut Sheet) -> Result<()> {
    for (id, kind, content) in [
        ("photo", 6u32, photo().encode_to_vec()),
        ("sticker", 7, sticker().encode_to_vec()),
        ("link", 8, link().encode_to_vec()),
        ("profile", 9, profile()?.encode_to_vec()),
    ] {
        let comment = "What is shown by itself may be held.";
        for (around, number, holding) in [
            ("reply-with", 10, reply(kind, content.clone())?.encode_to_vec()),
            ("forward-of", 14, forward(kind, content.clone()).encode_to_vec()),
        ] {
            let note = note(format!("kind-{around}-held-{id}"), "CON-16", comment);
            sheet.accept(note, "content.decode", input(number, &holding))?;
        }
    }
    Ok(())
}
