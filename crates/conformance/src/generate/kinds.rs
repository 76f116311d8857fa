//! `content/kinds.json`: honest content of every kind, where it may stand, what stands for it, what answers it.

use super::{
    Result,
    kind_bounds::bounds,
    kind_lies::lies,
    people::{Cast, NOW},
    proto,
    sheet::{Sheet, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_content::{Place, rules};
use aside_wire::pb;
use prost::Message;

pub(super) fn kinds() -> Result<File> {
    let about =
        "Content kinds: what each holds, where it may stand, what stands for it where it is not known.";
    let mut sheet = Sheet::new(Level::Content, "spec/kinds.md", about);
    for (id, kind, content) in honest()? {
        let comment = "As its sender writes it.";
        sheet.accept(
            note(format!("kind-{id}"), "CON-8", comment),
            "content.decode",
            input(kind, &content),
        )?;
    }
    lies(&mut sheet)?;
    bounds(&mut sheet)?;
    places(&mut sheet)?;
    fallbacks(&mut sheet)?;
    answers(&mut sheet)?;
    Ok(sheet.finish())
}

/// Content and its kind, as operations take it.
pub(super) fn input(kind: u32, content: &[u8]) -> Fields {
    Fields::new().number("kind", kind).bytes("content", content)
}

/// A retry of messages with these ids.
pub(super) fn retry(ids: &[u8]) -> pb::Retry {
    pb::Retry { messages: ids.iter().map(|id| vec![*id; 16]).collect() }
}

pub(super) fn attachment() -> pb::Attachment {
    pb::Attachment {
        id: material("attachment id", 32),
        key: material("attachment key", 32),
        size: 119_300,
        hash: material("attachment hash", 32),
        media_type: "image/jpeg".into(),
    }
}

pub(super) fn target() -> Result<pb::Target> {
    Ok(pb::Target {
        message_id: material("message id", 16),
        author: Cast::new("bob")?.certificate.account.as_bytes().to_vec(),
        hash: material("frame of bob", 32),
    })
}

pub(super) fn photo() -> pb::Media {
    pb::Media {
        kind: 1,
        attachment: Some(attachment()),
        width: 640,
        height: 480,
        thumbnail: material("thumbnail", 40),
        caption: "the sea".into(),
        fallback: "[photo, 120 kB] the sea".into(),
        ..Default::default()
    }
}

pub(super) fn voice() -> pb::Media {
    pb::Media {
        kind: 3,
        attachment: Some(pb::Attachment { media_type: "audio/ogg; codecs=opus".into(), ..attachment() }),
        duration_ms: 7_400,
        waveform: material("waveform", 64),
        fallback: "[voice message, 8 s]".into(),
        ..Default::default()
    }
}

pub(super) fn link() -> pb::Reference {
    pb::Reference {
        kind: 4,
        target: "https://example.org/page".into(),
        preview: Some(pb::Preview {
            title: "A page".into(),
            description: "of\ntwo lines".into(),
            site: "Example".into(),
            thumbnail: material("thumbnail", 40),
        }),
        fallback: "[link] A page https://example.org/page".into(),
    }
}

pub(super) fn profile() -> Result<pb::Profile> {
    Ok(pb::Profile {
        account: Cast::new("carol")?.certificate.account.as_bytes().to_vec(),
        handle: "carol".into(),
        name: "Carol".into(),
        fallback: "[profile @carol] Carol".into(),
    })
}

pub(super) fn sticker() -> pb::Sticker {
    pb::Sticker {
        pack: material("pack", 16),
        sticker: material("sticker", 16),
        image: Some(attachment()),
        emoji: "👋".into(),
        fallback: "[sticker 👋]".into(),
    }
}

pub(super) fn reply(kind: u32, content: Vec<u8>) -> Result<pb::ReplyTo> {
    Ok(pb::ReplyTo { target: Some(target()?), kind, content, fallback: "↪ hi".into() })
}

pub(super) fn forward(kind: u32, content: Vec<u8>) -> pb::Forward {
    pb::Forward { depth: 1, kind, content, fallback: "[forwarded] hi".into() }
}

pub(super) fn questions() -> [pb::FormField; 3] {
    let field = |id: &str, label: &str, kind, options: &[&str], required| pb::FormField {
        id: id.into(),
        label: label.into(),
        kind,
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        required,
    };
    [
        field("size", "Which size?", 2, &["small", "large"], true),
        field("name", "For whom?", 1, &[], false),
        field("cancel", "Cancel", 3, &[], false),
    ]
}

pub(super) fn form(questions: &[pb::FormField]) -> pb::Form {
    pb::Form {
        title: "Your order".into(),
        fields: questions.iter().map(Message::encode_to_vec).collect(),
        fallback: "[form] Your order".into(),
    }
}

pub(super) fn choice(answers: &[(&str, &str)]) -> Result<pb::Choice> {
    let answer =
        |(field, value): &(&str, &str)| pb::Answer { field: (*field).into(), value: (*value).into() };
    Ok(pb::Choice {
        target: Some(target()?),
        answers: answers.iter().map(answer).collect(),
        fallback: "[answer]".into(),
    })
}

pub(super) fn card() -> pb::Card {
    pb::Card {
        kind: 1,
        title: "Two tickets".into(),
        lines: vec![pb::CardLine { label: "Row".into(), value: "7".into() }],
        amount: Some(pb::Amount { currency: "EUR".into(), minor_units: 1_905, decimals: 2 }),
        link: "https://example.org/order".into(),
        actions: vec![pb::CardAction { label: "Pay".into(), value: "pay-7".into() }],
        fallback: "[order] Two tickets, EUR 19.05".into(),
    }
}

pub(super) fn receipts(ids: &[u8]) -> pb::Receipts {
    pb::Receipts { kind: 2, message_ids: ids.iter().map(|id| vec![*id; 16]).collect(), at: NOW }
}

pub(super) fn text() -> Vec<u8> {
    proto::bytes(1, "hi")
}

/// Id, kind and content.
fn honest() -> Result<Vec<(&'static str, u32, Vec<u8>)>> {
    let reaction = pb::Reaction { target: Some(target()?), emoji: "👍".into(), counter: 1 };
    let taken_back = pb::Reaction { emoji: String::new(), counter: 2, ..reaction.clone() };
    let file = pb::Media { kind: 4, name: "notes.pdf".into(), width: 0, height: 0, ..photo() };
    let most: Vec<u8> = (0..64).collect();
    Ok(vec![
        ("text", 1, text()),
        ("chat-decline", 4, Vec::new()),
        ("chat-close", 5, Vec::new()),
        ("photo", 6, photo().encode_to_vec()),
        ("video", 6, pb::Media { kind: 2, duration_ms: 1, ..photo() }.encode_to_vec()),
        ("voice", 6, voice().encode_to_vec()),
        ("file", 6, file.encode_to_vec()),
        ("sticker", 7, sticker().encode_to_vec()),
        (
            "sticker-of-a-known-pack",
            7,
            pb::Sticker { image: None, emoji: String::new(), ..sticker() }.encode_to_vec(),
        ),
        ("link", 8, link().encode_to_vec()),
        (
            "post",
            8,
            pb::Reference { kind: 1, target: "17841400".into(), preview: None, ..link() }.encode_to_vec(),
        ),
        ("profile", 9, profile()?.encode_to_vec()),
        ("reply", 10, reply(1, text())?.encode_to_vec()),
        ("reply-with-photo", 10, reply(6, photo().encode_to_vec())?.encode_to_vec()),
        ("reply-with-forwarded", 10, reply(14, forward(1, text()).encode_to_vec())?.encode_to_vec()),
        ("reply-of-unknown-kind", 10, reply(4_000, vec![0xFF; 3])?.encode_to_vec()),
        ("reaction", 11, reaction.encode_to_vec()),
        ("reaction-taken-back", 11, taken_back.encode_to_vec()),
        ("edit", 12, pb::Edit { target: Some(target()?), version: 1, text: text() }.encode_to_vec()),
        ("unsend", 13, pb::Unsend { message_id: material("message id", 16) }.encode_to_vec()),
        ("forward", 14, forward(1, text()).encode_to_vec()),
        (
            "forward-far",
            14,
            pb::Forward { depth: 127, ..forward(7, sticker().encode_to_vec()) }.encode_to_vec(),
        ),
        ("forward-of-unknown-kind", 14, forward(4_000, vec![0xFF; 3]).encode_to_vec()),
        ("form", 20, form(&questions()).encode_to_vec()),
        ("choice", 21, choice(&[("size", "small"), ("name", "Bob")])?.encode_to_vec()),
        ("card", 22, card().encode_to_vec()),
        (
            "card-of-a-title",
            22,
            pb::Card { kind: 2, title: "Parcel".into(), fallback: "x".into(), ..Default::default() }
                .encode_to_vec(),
        ),
        (
            "handover",
            23,
            pb::Handover { to_person: true, note: String::new(), fallback: "[a person]".into() }
                .encode_to_vec(),
        ),
        ("receipts", 24, receipts(&[1, 2]).encode_to_vec()),
        ("receipts-most", 24, receipts(&most).encode_to_vec()),
        ("typing", 25, proto::number(1, 1)),
        ("typing-stopped", 25, Vec::new()),
        ("presence", 26, proto::number(1, 3)),
        ("sharing", 27, pb::Sharing { forward: true, version: 1, ..Default::default() }.encode_to_vec()),
        ("encrypted-only", 28, proto::bytes(1, material("declaration", 145))),
        ("unknown", 4_000, vec![0xFF; 3]),
        ("retry", 34, retry(&[1, 2]).encode_to_vec()),
        ("retry-of-nothing", 34, Vec::new()),
        ("retry-of-16", 34, retry(&(0..16).collect::<Vec<_>>()).encode_to_vec()),
    ])
}

/// Every kind in every place.
fn places(sheet: &mut Sheet) -> Result<()> {
    let names = ["thread", "chat", "transient", "group", "members"];
    let known = aside_content::Kind::ALL.iter().copied();
    for kind in known.chain([aside_content::Kind(4_000)]) {
        for (place, name) in Place::ALL.iter().zip(names) {
            let input = Fields::new().number("kind", kind.0).text("place", name);
            let id = format!("place-{}-{name}", kind.0);
            if rules::allowed(kind, *place) {
                sheet.accept(note(id, "CON-15", "It may stand there."), "content.place", input)?;
            } else {
                let note = note(id, "CON-15", "It may not stand there.");
                sheet.refuse(note, "content.place", input, "policy")?;
            }
        }
    }
    Ok(())
}

fn fallbacks(sheet: &mut Sheet) -> Result<()> {
    let fallback = proto::bytes(15, "a poll: tea or coffee?");
    let numbers = |count| proto::number(1, 1).repeat(count);
    for (id, comment, content) in [
        ("alone", "Nothing but a fallback.", fallback.clone()),
        (
            "among-others",
            "Behind other fields, of which one is a number 15.",
            [numbers(2), proto::bytes(2, [0x7A; 3]), proto::number(15, 5), fallback.clone()].concat(),
        ),
        (
            "before-what-is-broken",
            "What stands behind it is not looked at.",
            [fallback.clone(), vec![0xFF]].concat(),
        ),
        ("first", "The first of two.", [fallback.clone(), proto::bytes(15, "other")].concat()),
        ("behind-127", "127 fields stand before it.", [numbers(127), fallback.clone()].concat()),
        (
            "behind-a-number-of-64-bits",
            "The greatest number there is, in ten bytes.",
            [vec![0x08], vec![0xFF; 9], vec![0x01], fallback.clone()].concat(),
        ),
        (
            "behind-a-number-longer-than-it-need-be",
            "0 in ten bytes: content of an unknown kind is kept as it is, and has one form only for those who know it.",
            [vec![0x08], vec![0x80; 9], vec![0x00], fallback].concat(),
        ),
    ] {
        let note = note(format!("fallback-{id}"), "CON-17", comment);
        sheet.accept(note, "content.fallback", input(4_000, &content))?;
    }
    for (id, comment, content) in [
        ("none", "There is none.", vec![]),
        ("empty", "One of no bytes.", proto::bytes(15, "")),
        ("513-bytes", "One byte too many.", proto::bytes(15, [b'x'; 513])),
        ("no-text", "Bytes that are no UTF-8.", proto::bytes(15, [0xC3, 0x28])),
        ("cut-off", "It has a length, and ends before it.", vec![0x7A, 5, b'x']),
        ("behind-128", "128 fields stand before it.", [numbers(128), proto::bytes(15, "hi")].concat()),
        (
            "behind-a-group",
            "Behind a wire type that does not exist any more.",
            [vec![0x0B], proto::bytes(15, "hi")].concat(),
        ),
    ] {
        let note = note(format!("fallback-{id}"), "CON-17", comment);
        sheet.accept(note, "content.fallback", input(4_000, &content))?;
    }
    Ok(())
}

fn answers(sheet: &mut Sheet) -> Result<()> {
    let form = form(&questions()).encode_to_vec();
    let card = card().encode_to_vec();
    for (id, comment, kind, asked, answers, good) in [
        (
            "form",
            "An option, and nothing to what need not be answered.",
            20u32,
            &form,
            vec![("size", "small")],
            true,
        ),
        ("form-all", "Everything is answered.", 20, &form, vec![("size", "large"), ("name", "Bob")], true),
        ("form-button", "A button has no value.", 20, &form, vec![("size", "small"), ("cancel", "")], true),
        ("card", "An action by its value.", 22, &card, vec![("action", "pay-7")], true),
        ("form-required-missing", "What is required is missing.", 20, &form, vec![("name", "Bob")], false),
        ("form-no-option", "No such option.", 20, &form, vec![("size", "medium")], false),
        (
            "form-no-question",
            "No such question.",
            20,
            &form,
            vec![("size", "small"), ("colour", "red")],
            false,
        ),
        (
            "form-button-value",
            "A button with a value.",
            20,
            &form,
            vec![("size", "small"), ("cancel", "x")],
            false,
        ),
        ("card-label", "The label instead of the value.", 22, &card, vec![("action", "Pay")], false),
        ("card-field", "Another field.", 22, &card, vec![("size", "pay-7")], false),
        ("card-more", "An action and more.", 22, &card, vec![("action", "pay-7"), ("size", "x")], false),
    ] {
        let input = input(kind, asked).bytes("choice", choice(&answers)?.encode_to_vec());
        let note = note(format!("answers-{id}"), "CON-26", comment);
        if good {
            sheet.accept(note, "content.answers", input)?;
        } else {
            sheet.refuse(note, "content.answers", input, "policy")?;
        }
    }
    Ok(())
}
