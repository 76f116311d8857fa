//! `content/kinds.json`: each way of being bad.

use super::{
    Result,
    kinds::{
        attachment, card, choice, form, forward, input, link, photo, profile, questions, receipts, reply,
        retry, sticker, target, text, voice,
    },
    proto,
    sheet::{Sheet, note},
};
use aside_wire::pb;
use prost::Message;

/// Id, requirements, kind, content.
type Lies = Vec<(&'static str, &'static str, u32, Vec<u8>)>;

/// Content with one thing changed.
fn but<M: Message + Clone>(honest: &M, edit: impl FnOnce(&mut M)) -> Vec<u8> {
    let mut fields = honest.clone();
    edit(&mut fields);
    fields.encode_to_vec()
}

pub(super) fn lies(sheet: &mut Sheet) -> Result<()> {
    let mut all = attached();
    all.extend(published()?);
    all.extend(about_messages()?);
    all.extend(asked()?);
    all.extend(signals());
    for (id, fields) in [
        ("retry-of-15-bytes", pb::Retry { messages: vec![vec![1; 15]] }),
        ("retry-of-32-bytes", pb::Retry { messages: vec![vec![1; 32]] }),
        ("retry-of-an-empty-id", pb::Retry { messages: vec![vec![]] }),
        ("retry-of-one-twice", retry(&[1, 1])),
        ("retry-descending", retry(&[2, 1])),
    ] {
        all.push((id, "HEA-17", 34, fields.encode_to_vec()));
    }
    for (id, reqs, kind, content) in all {
        let note = note(format!("kind-{id}"), reqs, "One thing is wrong.").threat("W6");
        sheet.refuse(note, "content.decode", input(kind, &content), "malformed")?;
    }
    let typing = note("kind-typing-2", "ENV-5", "A flag is 1 or absent.").threat("W3");
    let typing = typing.catches(&["lenient-decoding"]);
    sheet.refuse(typing, "content.decode", input(25, &proto::number(1, 2)), "malformed")?;
    for (id, kind, content) in [
        ("reaction-author-31-bytes", 11, {
            let mut target = target()?;
            target.author.pop();
            pb::Reaction { target: Some(target), emoji: "👍".into(), counter: 1 }.encode_to_vec()
        }),
        ("profile-without-account", 9, but(&profile()?, |p| p.account.clear())),
    ] {
        let note = note(format!("kind-{id}"), "CON-8 PRM-6", "An account key is checked like any other.");
        sheet.refuse(note.threat("P2"), "content.decode", input(kind, &content), "key")?;
    }
    for (id, kind, content) in [
        ("chat-close-one-byte", 5, vec![8]),
        ("receipts-65", 24, receipts(&(0..65).collect::<Vec<_>>()).encode_to_vec()),
        ("retry-of-17", 34, retry(&(0..17).collect::<Vec<_>>()).encode_to_vec()),
        ("form-17-questions", 20, {
            let [question, ..] = questions();
            form(&vec![question; 17]).encode_to_vec()
        }),
        ("choice-17-answers", 21, choice(&[("size", "small"); 17])?.encode_to_vec()),
    ] {
        let note = note(format!("kind-{id}"), "ENV-2 ENV-3", "More than the limit of the type.").threat("W2");
        sheet.refuse(note, "content.decode", input(kind, &content), "limit")?;
    }
    Ok(())
}

/// What has an attachment.
fn attached() -> Lies {
    let attached = |edit: fn(&mut pb::Attachment)| {
        but(&photo(), |m| {
            let mut attachment = attachment();
            edit(&mut attachment);
            m.attachment = Some(attachment);
        })
    };
    let media = |edit: fn(&mut pb::Media)| but(&photo(), edit);
    vec![
        ("media-without-attachment", "ENV-6", 6, media(|m| m.attachment = None)),
        ("media-kind-0", "ENV-6", 6, media(|m| m.kind = 0)),
        ("media-kind-5", "ENV-6", 6, media(|m| m.kind = 5)),
        ("attachment-id-31-bytes", "ENV-6", 6, attached(|a| a.id.truncate(31))),
        ("attachment-without-key", "ENV-6", 6, attached(|a| a.key.clear())),
        ("attachment-hash-33-bytes", "ENV-6", 6, attached(|a| a.hash.push(0))),
        ("attachment-size-0", "CON-8", 6, attached(|a| a.size = 0)),
        ("attachment-without-type", "CON-8", 6, attached(|a| a.media_type.clear())),
        ("attachment-type-129-bytes", "CON-8", 6, attached(|a| a.media_type = "x".repeat(129))),
        ("attachment-type-line", "CON-8", 6, attached(|a| a.media_type = "image/jpeg\n".into())),
        ("media-name-path", "CON-21", 6, media(|m| m.name = "../notes".into())),
        ("media-name-other-path", "CON-21", 6, media(|m| m.name = "a\\b".into())),
        ("media-name-parent", "CON-21", 6, media(|m| m.name = "..".into())),
        ("media-name-turned", "CON-18", 6, media(|m| m.name = "\u{202E}gpj.exe".into())),
        ("media-name-257-bytes", "CON-8", 6, media(|m| m.name = "x".repeat(257))),
        ("media-file-without-name", "CON-21", 6, media(|m| (m.kind, m.width, m.height) = (4, 0, 0))),
        ("media-width-alone", "CON-21", 6, media(|m| m.height = 0)),
        ("media-height-alone", "CON-21", 6, media(|m| m.width = 0)),
        ("media-photo-duration", "CON-21", 6, media(|m| m.duration_ms = 1)),
        ("media-photo-waveform", "CON-21", 6, media(|m| m.waveform = vec![1])),
        ("media-thumbnail-too-long", "CON-8", 6, media(|m| m.thumbnail = vec![1; 8_193])),
        ("media-caption-too-long", "CON-8", 6, media(|m| m.caption = "x".repeat(4_097))),
        ("media-without-fallback", "CON-17", 6, media(|m| m.fallback.clear())),
        ("media-fallback-too-long", "CON-17", 6, media(|m| m.fallback = "x".repeat(513))),
        ("media-voice-pixels", "CON-21", 6, but(&voice(), |m| (m.width, m.height) = (1, 1))),
        ("media-voice-thumbnail", "CON-21", 6, but(&voice(), |m| m.thumbnail = vec![1])),
        ("media-waveform-65-levels", "CON-8", 6, but(&voice(), |m| m.waveform.push(1))),
        ("sticker-pack-15-bytes", "ENV-6", 7, but(&sticker(), |s| s.pack.truncate(15))),
        ("sticker-without-id", "ENV-6", 7, but(&sticker(), |s| s.sticker.clear())),
        ("sticker-emoji-33-bytes", "CON-8", 7, but(&sticker(), |s| s.emoji = "x".repeat(33))),
        ("sticker-emoji-escape", "CON-18", 7, but(&sticker(), |s| s.emoji = "\u{1b}[2J".into())),
        ("sticker-image-empty", "ENV-6", 7, but(&sticker(), |s| s.image = Some(pb::Attachment::default()))),
        ("sticker-without-fallback", "CON-17", 7, but(&sticker(), |s| s.fallback.clear())),
    ]
}

fn published() -> Result<Lies> {
    let link = |edit: fn(&mut pb::Reference)| but(&link(), edit);
    let preview = |edit: fn(&mut pb::Preview)| {
        but(&super::kinds::link(), |r| {
            if let Some(preview) = &mut r.preview {
                edit(preview);
            }
        })
    };
    let profile = profile()?;
    Ok(vec![
        ("reference-kind-0", "ENV-6", 8, link(|r| r.kind = 0)),
        ("reference-kind-5", "ENV-6", 8, link(|r| r.kind = 5)),
        ("post-without-target", "CON-19", 8, link(|r| (r.kind, r.target) = (1, String::new()))),
        ("link-not-encrypted", "CON-19", 8, link(|r| r.target = "http://example.org".into())),
        ("link-script", "CON-19", 8, link(|r| r.target = "javascript:alert(1)".into())),
        ("link-to-nothing", "CON-19", 8, link(|r| r.target = "https://".into())),
        ("link-with-space", "CON-19", 8, link(|r| r.target = "https://a b".into())),
        ("link-beyond-ascii", "CON-19", 8, link(|r| r.target = "https://exämple.org".into())),
        ("link-2049-bytes", "CON-19", 8, link(|r| r.target = format!("https://{}", "x".repeat(2_041)))),
        ("preview-title-two-lines", "CON-18", 8, preview(|p| p.title = "a\nb".into())),
        ("preview-description-too-long", "CON-8", 8, preview(|p| p.description = "x".repeat(1_025))),
        ("preview-site-too-long", "CON-8", 8, preview(|p| p.site = "x".repeat(257))),
        ("preview-thumbnail-too-long", "CON-8", 8, preview(|p| p.thumbnail = vec![1; 8_193])),
        ("reference-without-fallback", "CON-17", 8, link(|r| r.fallback.clear())),
        ("profile-handle", "IDN-13", 9, but(&profile, |p| p.handle = "@carol".into())),
        ("profile-name-too-long", "CON-8", 9, but(&profile, |p| p.name = "x".repeat(129))),
        ("profile-name-turned", "CON-18", 9, but(&profile, |p| p.name = "a\u{2066}b".into())),
        ("profile-without-fallback", "CON-17", 9, but(&profile, |p| p.fallback.clear())),
    ])
}

fn about_messages() -> Result<Lies> {
    let reply_to =
        |kind: u32, content: Vec<u8>| Ok::<_, super::Failure>(reply(kind, content)?.encode_to_vec());
    let honest = reply(1, text())?;
    let reaction = pb::Reaction { target: Some(target()?), emoji: "👍".into(), counter: 1 };
    let edit = pb::Edit { target: Some(target()?), version: 1, text: text() };
    let own = reaction.encode_to_vec();
    let forwarded = forward(1, text()).encode_to_vec();
    let targeted = |edit: fn(&mut pb::Target)| -> Result<Vec<u8>> {
        let mut target = target()?;
        edit(&mut target);
        Ok(pb::Reaction { target: Some(target), ..reaction.clone() }.encode_to_vec())
    };
    Ok(vec![
        ("reply-to-nothing", "ENV-6", 10, but(&honest, |r| r.target = None)),
        ("reply-without-fallback", "CON-17", 10, but(&honest, |r| r.fallback.clear())),
        ("reply-kind-0", "CON-16", 10, reply_to(0, text())?),
        ("reply-in-reply", "CON-16", 10, reply_to(10, honest.encode_to_vec())?),
        ("reply-with-reaction", "CON-16", 10, reply_to(11, own.clone())?),
        ("reply-with-key", "CON-16 CON-14", 10, reply_to(16, text())?),
        ("reply-with-form", "CON-16", 10, reply_to(20, form(&questions()).encode_to_vec())?),
        ("reply-with-empty-text", "CON-16 CON-8", 10, reply_to(1, Vec::new())?),
        ("target-id-15-bytes", "ENV-6", 11, targeted(|t| t.message_id.truncate(15))?),
        ("target-without-hash", "ENV-6 CON-20", 11, targeted(|t| t.hash.clear())?),
        ("reaction-to-nothing", "ENV-6", 11, but(&reaction, |r| r.target = None)),
        ("reaction-33-bytes", "CON-8", 11, but(&reaction, |r| r.emoji = "x".repeat(33))),
        ("reaction-two-lines", "CON-18", 11, but(&reaction, |r| r.emoji = "a\nb".into())),
        ("reaction-counter-0", "CON-24", 11, but(&reaction, |r| r.counter = 0)),
        ("edit-of-nothing", "ENV-6", 12, but(&edit, |e| e.target = None)),
        ("edit-version-0", "CON-25", 12, but(&edit, |e| e.version = 0)),
        ("edit-to-nothing", "CON-25 CON-8", 12, but(&edit, |e| e.text.clear())),
        ("unsend-nothing", "ENV-6", 13, Vec::new()),
        ("unsend-17-bytes", "ENV-6", 13, proto::bytes(1, [1; 17])),
        ("forward-depth-0", "CON-23", 14, but(&forward(1, text()), |f| f.depth = 0)),
        ("forward-depth-128", "CON-23", 14, but(&forward(1, text()), |f| f.depth = 128)),
        ("forward-of-forward", "CON-16", 14, forward(14, forwarded).encode_to_vec()),
        ("forward-of-reply", "CON-16 CON-23", 14, forward(10, honest.encode_to_vec()).encode_to_vec()),
        ("forward-of-reaction", "CON-16", 14, forward(11, own).encode_to_vec()),
        ("forward-of-card", "CON-16", 14, forward(22, card().encode_to_vec()).encode_to_vec()),
        ("forward-without-fallback", "CON-17", 14, but(&forward(1, text()), |f| f.fallback.clear())),
    ])
}

fn asked() -> Result<Lies> {
    let asking = |edit: fn(&mut [pb::FormField; 3])| {
        let mut questions = questions();
        edit(&mut questions);
        form(&questions).encode_to_vec()
    };
    let honest = form(&questions());
    let answer = choice(&[("size", "small")])?;
    let answering = |answers: &[(&str, &str)]| Ok::<_, super::Failure>(choice(answers)?.encode_to_vec());
    let card = |edit: fn(&mut pb::Card)| but(&card(), edit);
    let long = "x".repeat(257);
    Ok(vec![
        ("form-without-questions", "CON-8", 20, form(&[]).encode_to_vec()),
        ("form-title-too-long", "CON-8", 20, but(&honest, |f| f.title.clone_from(&long))),
        ("form-without-fallback", "CON-17", 20, but(&honest, |f| f.fallback.clear())),
        ("form-question-not-protobuf", "ENV-4", 20, but(&honest, |f| f.fields = vec![vec![0xFF]])),
        ("form-question-without-id", "CON-8", 20, asking(|[q, ..]| q.id.clear())),
        ("form-question-id-33-bytes", "CON-8", 20, asking(|[q, ..]| q.id = "x".repeat(33))),
        ("form-question-twice", "CON-8", 20, asking(|[q, other, _]| q.id.clone_from(&other.id))),
        ("form-question-without-label", "CON-8", 20, asking(|[q, ..]| q.label.clear())),
        ("form-question-two-lines", "CON-18", 20, asking(|[q, ..]| q.label = "a\nb".into())),
        ("form-question-kind-0", "ENV-6", 20, asking(|[q, ..]| q.kind = 0)),
        ("form-question-kind-4", "ENV-6", 20, asking(|[q, ..]| q.kind = 4)),
        ("form-question-without-options", "CON-8", 20, asking(|[q, ..]| q.options.clear())),
        ("form-question-empty-option", "CON-8", 20, asking(|[q, ..]| q.options.push(String::new()))),
        ("form-question-same-options", "CON-8", 20, asking(|[q, ..]| q.options.push("small".into()))),
        ("form-question-long-option", "CON-8", 20, asking(|[q, ..]| q.options.push("x".repeat(129)))),
        ("form-text-with-options", "CON-8", 20, asking(|[_, q, _]| q.options.push("a".into()))),
        ("form-required-button", "CON-8", 20, asking(|[.., q]| q.required = true)),
        ("choice-of-nothing", "ENV-6", 21, but(&answer, |c| c.target = None)),
        ("choice-without-answers", "CON-8", 21, but(&answer, |c| c.answers.clear())),
        ("choice-without-fallback", "CON-17", 21, but(&answer, |c| c.fallback.clear())),
        ("choice-without-field", "CON-8", 21, answering(&[("", "small")])?),
        ("choice-twice", "CON-8", 21, answering(&[("size", "small"), ("size", "large")])?),
        ("choice-value-too-long", "CON-8", 21, answering(&[("size", &"x".repeat(1_025))])?),
        ("card-kind-0", "ENV-6", 22, card(|c| c.kind = 0)),
        ("card-kind-4", "ENV-6", 22, card(|c| c.kind = 4)),
        ("card-without-title", "CON-8", 22, card(|c| c.title.clear())),
        ("card-33-lines", "CON-8", 22, card(|c| c.lines = vec![c.lines.remove(0); 33])),
        ("card-line-without-label", "CON-8", 22, card(|c| c.lines.push(pb::CardLine::default()))),
        ("card-9-actions", "CON-8", 22, card(|c| c.actions = vec![c.actions.remove(0); 9])),
        ("card-action-empty", "CON-8", 22, card(|c| c.actions.push(pb::CardAction::default()))),
        ("card-amount-empty", "CON-8", 22, card(|c| c.amount = Some(pb::Amount::default()))),
        (
            "card-currency-small-letters",
            "CON-8",
            22,
            card(|c| c.amount = Some(pb::Amount { currency: "eur".into(), minor_units: 1, decimals: 2 })),
        ),
        (
            "card-9-decimals",
            "CON-8",
            22,
            card(|c| c.amount = Some(pb::Amount { currency: "EUR".into(), minor_units: 1, decimals: 9 })),
        ),
        ("card-link-script", "CON-19", 22, card(|c| c.link = "javascript:alert(1)".into())),
        ("card-without-fallback", "CON-17", 22, card(|c| c.fallback.clear())),
        ("handover-without-fallback", "CON-17", 23, proto::number(1, 1)),
        (
            "handover-note-too-long",
            "CON-8",
            23,
            pb::Handover { to_person: true, note: "x".repeat(513), fallback: "x".into() }.encode_to_vec(),
        ),
    ])
}

fn signals() -> Lies {
    let honest = receipts(&[1, 2]);
    vec![
        ("receipts-kind-0", "ENV-6", 24, but(&honest, |r| r.kind = 0)),
        ("receipts-kind-4", "ENV-6", 24, but(&honest, |r| r.kind = 4)),
        ("receipts-of-nothing", "CON-8", 24, receipts(&[]).encode_to_vec()),
        ("receipts-out-of-order", "CON-8", 24, receipts(&[2, 1]).encode_to_vec()),
        ("receipts-twice", "CON-8", 24, receipts(&[1, 1]).encode_to_vec()),
        ("receipts-id-15-bytes", "ENV-6", 24, but(&honest, |r| r.message_ids = vec![vec![1; 15]])),
        ("presence-0", "ENV-6", 26, Vec::new()),
        ("presence-4", "ENV-6", 26, proto::number(1, 4)),
        ("sharing-version-0", "CON-8", 27, proto::number(1, 1)),
        ("encrypted-only-nothing", "CON-8", 28, Vec::new()),
        ("encrypted-only-257-bytes", "CON-8", 28, proto::bytes(1, [1; 257])),
        ("kind-0", "CON-8", 0, text()),
    ]
}
