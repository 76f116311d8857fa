use super::*;
use crate::{
    Amount, Answer, Attachment, CardAction, CardLine, FormField, FormFieldKind, MediaKind, ReceiptKind,
    ReferenceKind, samples,
};
use alloc::{string::ToString, vec};
use aside_wire::Strict;
use prost::Message;

#[test]
fn con_8_content_of_every_kind_survives() {
    let mut kinds: Vec<Kind> = samples::bodies().iter().map(Body::kind).collect();
    for body in samples::bodies() {
        assert_eq!(Body::decode(body.kind(), &body.encode()), Ok(body));
    }
    kinds.dedup();
    let known = Kind::ALL.iter().copied().filter(|kind| !kind.is_between_members());
    assert_eq!(kinds, known.chain([Kind(4000)]).collect::<Vec<_>>());
}

#[test]
fn what_people_say_is_never_printed() {
    for body in samples::bodies() {
        let shown = format!("{body:?}");
        assert!(!shown.contains("secret") && !shown.contains('👍') && shown.len() < 60, "{shown}");
    }
    assert_eq!(format!("{:?}", Body::of(samples::handover()).unwrap()), "Handover(57 bytes)");
}

#[test]
fn every_kind_has_a_text_for_terminals() {
    let texts = [
        (Body::of(samples::photo()), "[photo, 120 kB] secret caption"),
        (Body::of(samples::sticker()), "[sticker 👋]"),
        (Body::of(samples::reference()), "[link] secret title https://example.org/secret"),
        (Body::of(samples::profile()), "[profile @carol] secret Carol"),
        (Body::of(samples::reply()), "↪ secret answer"),
        (Body::of(samples::reaction()), "[reaction 👍]"),
        (Body::of(samples::edit()), "[edited] secret wording"),
        (Body::of(samples::forward()), "[forwarded] secret of others"),
        (
            Body::of(samples::form()),
            "[form] secret form: secret question · secret question · secret question",
        ),
        (Body::of(samples::choice()), "[answer] size: small · name: secret"),
        (Body::of(samples::card()), "[order] secret order, EUR 19.05"),
        (Body::of(samples::handover()), "[a person answers from here] secret note"),
        (Body::of(samples::receipts()), "[read: 2]"),
    ];
    for (body, text) in texts {
        assert_eq!(body.unwrap().fallback_text(), text);
    }
    assert!(samples::bodies().iter().all(|body| !body.fallback_text().is_empty()));
}

#[test]
fn con_17_the_fallback_of_a_known_kind_is_kept_and_not_shown() {
    let honest = Body::of(samples::handover()).unwrap();
    let mut fields: pb::Handover = decode(&honest.encode()).unwrap();
    assert_eq!(fields.fallback, honest.fallback_text());
    fields.fallback = "something else".into();
    let content = fields.encode_to_vec();
    let body = Body::decode(Kind::HANDOVER, &content).unwrap();
    assert_eq!((body.fallback_text(), body.encode()), (honest.fallback_text(), content));
    for bad in ["".to_string(), "x".repeat(513)] {
        fields.fallback = bad;
        let refused = Body::decode(Kind::HANDOVER, &fields.encode_to_vec());
        assert_eq!(refused, Err(Malformed::Field("fallback").into()));
    }
}

#[test]
fn con_20_what_refers_to_a_message_says_to_which() {
    let targets: Vec<Kind> =
        samples::bodies().iter().filter(|body| body.target().is_some()).map(Body::kind).collect();
    assert_eq!(targets, [Kind::REPLY, Kind::REACTION, Kind::EDIT, Kind::CHOICE]);
    assert_eq!(Body::of(samples::reply()).unwrap().target(), Some(&samples::target()));
}

#[test]
fn con_23_forwarding_leaves_behind_who_said_it_and_what_it_answered() {
    let once = Body::of(samples::forward()).unwrap();
    let twice = Forward::of(&once).unwrap();
    assert_eq!((twice.depth, &twice.body), (2, &samples::forward().body));
    let answer = Body::of(Reply { target: samples::target(), body: once }).unwrap();
    assert!(Forward::of(&answer).unwrap() == twice);
    let most = Forward { depth: 127, ..twice };
    assert_eq!(Forward::of(&Body::of(most).unwrap()).unwrap().depth, 127);
    for body in samples::bodies() {
        let may = matches!(body.kind().0, 1 | 6..=10 | 14 | 4000);
        assert_eq!(Forward::of(&body).is_ok(), may, "{body:?}");
    }
}

#[test]
fn con_16_nothing_is_nested_without_end() {
    let refused = Err(Malformed::Field("kind").into());
    for body in samples::bodies() {
        let (kind, content) = (body.kind().0, body.encode());
        let target = samples::target().fields();
        let reply = pb::ReplyTo { target, kind, content: content.clone(), fallback: "x".into() };
        let reply = Body::decode(Kind::REPLY, &reply.encode_to_vec());
        let forward = pb::Forward { depth: 1, kind, content, fallback: "x".into() };
        let forward = Body::decode(Kind::FORWARD, &forward.encode_to_vec());
        assert_eq!(reply.is_ok(), matches!(kind, 1 | 6..=9 | 14 | 4000), "{body:?}");
        assert_eq!(forward.is_ok(), matches!(kind, 1 | 6..=9 | 4000), "{body:?}");
        assert!(reply.is_ok() || reply == refused);
        assert!(forward.is_ok() || forward == refused);
    }
    // The kind is looked at before the content is.
    let (target, fallback) = (samples::target().fields(), "x".into());
    let reply = pb::ReplyTo { target, kind: 10, content: vec![0xFF], fallback };
    assert_eq!(Body::decode(Kind::REPLY, &reply.encode_to_vec()), refused);
    let forward = pb::Forward { depth: 1, kind: 14, content: vec![0xFF], fallback: "x".into() };
    assert_eq!(Body::decode(Kind::FORWARD, &forward.encode_to_vec()), refused);
    // What is nested is held to its own rules.
    let empty = pb::ReplyTo { target: samples::target().fields(), kind: 1, ..Default::default() };
    let refused = Body::decode(Kind::REPLY, &empty.encode_to_vec());
    assert_eq!(refused, Err(Malformed::Field("text").into()));
}

#[test]
fn w2_content_is_bounded_as_a_whole() {
    let long = |bytes| Body::Unknown { kind: Kind(4000), content: vec![1; bytes] };
    let reply = |bytes| Body::of(Reply { target: samples::target(), body: long(bytes) });
    assert!(reply(32_000).is_ok());
    assert_eq!(reply(pb::ReplyTo::MAX_BYTES), Err(Malformed::TooLarge("ReplyTo")));
}

/// The content as a sender would write it who checks nothing but what the types do.
fn sent<T: Content>(content: &T) -> Vec<u8> {
    content.fields("fallback".into()).encode_to_vec()
}

/// Edits, each with the field that it breaks.
type Edits<T> = [(&'static str, fn(&mut T))];

/// Each edit makes it bad, here and for whoever receives it, by the field named.
fn refused<T: Content + Clone>(honest: &T, edits: &Edits<T>)
where
    Body: From<Checked<T>>,
{
    assert!(Body::of(honest.clone()).is_ok() && Body::decode(T::KIND, &sent(honest)).is_ok());
    for (place, (field, edit)) in edits.iter().enumerate() {
        let mut content = honest.clone();
        edit(&mut content);
        let bytes = sent(&content);
        assert_eq!(Body::of(content), Err(Malformed::Field(field)), "{field} {place}");
        let received = Body::decode(T::KIND, &bytes).unwrap_err();
        assert_eq!(received, Malformed::Field(field).into(), "{field} {place}");
    }
}

#[test]
fn con_21_media_have_the_fields_of_their_kind() {
    refused(
        &samples::photo(),
        &[
            ("size", |m| m.attachment.size = 0),
            ("media_type", |m| m.attachment.media_type.clear()),
            ("media_type", |m| m.attachment.media_type = "x".repeat(129)),
            ("media_type", |m| m.attachment.media_type = "image/jpég".into()),
            ("name", |m| m.name = "../notes".into()),
            ("name", |m| m.name = "a\\b".into()),
            ("name", |m| m.name = "..".into()),
            ("name", |m| m.name = "\u{202E}gpj.exe".into()),
            ("name", |m| m.name = "x".repeat(257)),
            ("name", |m| m.kind = MediaKind::File),
            ("height", |m| m.height = 0),
            ("height", |m| m.width = 0),
            ("duration_ms", |m| m.duration_ms = 1),
            ("waveform", |m| m.waveform = vec![1]),
            ("thumbnail", |m| m.thumbnail = vec![1; 8193]),
            ("caption", |m| m.caption = "x".repeat(4097)),
            ("width", |m| m.kind = MediaKind::Voice),
        ],
    );
    let voice = Media {
        kind: MediaKind::Voice,
        width: 0,
        height: 0,
        duration_ms: 7_400,
        waveform: vec![200; 64],
        thumbnail: vec![],
        caption: String::new(),
        ..samples::photo()
    };
    assert_eq!(Body::of(voice.clone()).unwrap().fallback_text(), "[voice message, 8 s, 120 kB]");
    refused(&voice, &[("waveform", |m| m.waveform.push(1)), ("thumbnail", |m| m.thumbnail = vec![1])]);
}

#[test]
fn con_18_lines_have_no_control_characters() {
    refused(&samples::sticker(), &[("emoji", |s| s.emoji = "a\u{1b}[2J".into())]);
    refused(&samples::sticker(), &[("emoji", |s| s.emoji = "x".repeat(33))]);
    refused(&samples::reaction(), &[("emoji", |r| r.emoji = "a\nb".into()), ("counter", |r| r.counter = 0)]);
    refused(
        &samples::profile(),
        &[("name", |p| p.name = "a\u{2066}b".into()), ("name", |p| p.name = "x".repeat(129))],
    );
    refused(&samples::handover(), &[("note", |h| h.note = "x".repeat(513))]);
}

#[test]
fn con_19_addresses_open_pages_and_nothing_else() {
    refused(
        &samples::reference(),
        &[
            ("target", |r| r.target = "http://example.org".into()),
            ("target", |r| r.target = "javascript:alert(1)".into()),
            ("target", |r| r.target = "https://".into()),
            ("target", |r| r.target = "https://exa mple.org".into()),
            ("target", |r| r.target = "https://exämple.org".into()),
            ("target", |r| r.target = format!("https://{}", "x".repeat(2041))),
            ("target", |r| {
                r.kind = ReferenceKind::Post;
                r.target.clear();
            }),
            ("title", |r| r.preview.as_mut().unwrap().title = "a\nb".into()),
            ("description", |r| r.preview.as_mut().unwrap().description = "x".repeat(1025)),
            ("site", |r| r.preview.as_mut().unwrap().site = "x".repeat(257)),
            ("thumbnail", |r| r.preview.as_mut().unwrap().thumbnail = vec![1; 8193]),
        ],
    );
    let post = Reference { kind: ReferenceKind::Post, target: "17841400".into(), preview: None };
    assert!(Body::of(post).is_ok());
}

#[test]
fn con_8_versions_depths_and_receipts_have_their_ranges() {
    refused(&samples::edit(), &[("version", |e| e.version = 0)]);
    refused(&samples::sharing(), &[("version", |s| s.version = 0)]);
    refused(&samples::forward(), &[("depth", |f| f.depth = 0), ("depth", |f| f.depth = 128)]);
    let declaration = EncryptedOnly { declaration: vec![1; 256] };
    refused(&declaration, &[("declaration", |e| e.declaration.clear())]);
    refused(&declaration, &[("declaration", |e| e.declaration.push(1))]);
    refused(
        &samples::receipts(),
        &[
            ("message_ids", |r| r.message_ids.clear()),
            ("message_ids", |r| r.message_ids.reverse()),
            ("message_ids", |r| r.message_ids[1] = r.message_ids[0]),
        ],
    );
    let ids = |count| (0..count).map(|n| MessageId::new([n; 16])).collect();
    let receipts = |count| Receipts { kind: ReceiptKind::Delivered, message_ids: ids(count), at: 0 };
    assert!(Body::of(receipts(64)).is_ok());
    assert_eq!(Body::of(receipts(65)), Err(Malformed::Field("message_ids")));
}

#[test]
fn con_8_forms_have_questions_that_can_be_told_apart() {
    refused(
        &samples::form(),
        &[
            ("title", |f| f.title = "x".repeat(257)),
            ("fields", |f| f.fields.clear()),
            ("id", |f| f.fields[0].id.clear()),
            ("id", |f| f.fields[0].id = "x".repeat(33)),
            ("id", |f| f.fields[0].id = f.fields[1].id.clone()),
            ("label", |f| f.fields[0].label.clear()),
            ("label", |f| f.fields[0].label = "x".repeat(257)),
            ("options", |f| f.fields[0].options.clear()),
            ("options", |f| f.fields[0].options[0].clear()),
            ("options", |f| f.fields[0].options[0] = "x".repeat(129)),
            ("options", |f| f.fields[0].options[0] = f.fields[0].options[1].clone()),
            ("options", |f| f.fields[1].options.push("a".into())),
            ("options", |f| f.fields[2].options.push("a".into())),
            ("required", |f| f.fields[2].required = true),
        ],
    );
    let field = |n: usize| FormField {
        id: n.to_string(),
        label: "x".repeat(256),
        kind: FormFieldKind::Choice,
        options: (10..26).map(|option| "x".repeat(126) + &option.to_string()).collect(),
        required: true,
    };
    let largest = |count| Form { title: "x".repeat(256), fields: (0..count).map(field).collect() };
    assert!(Body::of(largest(16)).is_ok());
    assert_eq!(Body::of(largest(17)), Err(Malformed::Field("fields")));
    let received = Body::decode(Kind::FORM, &sent(&largest(17)));
    assert_eq!(received.unwrap_err().reject(), aside_wire::Reject::Limit);
}

#[test]
fn con_8_answers_are_to_one_question_each() {
    refused(
        &samples::choice(),
        &[
            ("answers", |c| c.answers.clear()),
            ("field", |c| c.answers[0].field.clear()),
            ("field", |c| c.answers[0].field = c.answers[1].field.clone()),
            ("value", |c| c.answers[0].value = "x".repeat(1025)),
        ],
    );
    let answer = |n: usize| Answer { field: "x".repeat(30) + &(n + 10).to_string(), value: "x".repeat(1024) };
    let largest = |count| Choice { target: samples::target(), answers: (0..count).map(answer).collect() };
    assert!(Body::of(largest(16)).is_ok());
    assert_eq!(Body::of(largest(17)), Err(Malformed::Field("answers")));
}

#[test]
fn con_8_cards_have_so_many_lines_and_actions() {
    refused(
        &samples::card(),
        &[
            ("title", |c| c.title.clear()),
            ("label", |c| c.lines[0].label.clear()),
            ("value", |c| c.lines[0].value = "x".repeat(257)),
            ("currency", |c| c.amount.as_mut().unwrap().currency = "eur".into()),
            ("currency", |c| c.amount.as_mut().unwrap().currency = "EURO".into()),
            ("decimals", |c| c.amount.as_mut().unwrap().decimals = 9),
            ("link", |c| c.link = "ftp://example.org".into()),
            ("label", |c| c.actions[0].label = "x".repeat(65)),
            ("value", |c| c.actions[0].value.clear()),
        ],
    );
    let line = || CardLine { label: "x".repeat(256), value: "x".repeat(256) };
    let action = || CardAction { label: "x".repeat(64), value: "x".repeat(256) };
    let largest = |lines, actions| Card {
        lines: vec![line(); lines],
        actions: vec![action(); actions],
        link: format!("https://{}", "x".repeat(2040)),
        amount: Some(Amount { currency: "KWD".into(), minor_units: u64::MAX, decimals: 3 }),
        ..samples::card()
    };
    assert!(Body::of(largest(32, 8)).is_ok());
    assert_eq!(Body::of(largest(33, 0)), Err(Malformed::Field("lines")));
    assert_eq!(Body::of(largest(0, 9)), Err(Malformed::Field("actions")));
}

#[test]
fn w7_what_is_missing_is_refused() {
    for kind in Kind::ALL.iter().filter(|kind| !kind.is_between_members()) {
        // Of a retry, that it names nothing is an answer (HEA-18).
        let may_be_empty = matches!(kind.0, 2..=5 | 25 | 34);
        assert_eq!(Body::decode(*kind, &[]).is_ok(), may_be_empty, "{kind:?}");
    }
    let fields: pb::Media = decode(&Body::of(samples::photo()).unwrap().encode()).unwrap();
    type Edit = fn(&mut pb::Attachment);
    let edits: [(Edit, &str); 3] =
        [(|a| _ = a.id.pop(), "id"), (|a| _ = a.key.pop(), "key"), (|a| a.hash.push(0), "hash")];
    for (edit, field) in edits {
        let mut fields = fields.clone();
        edit(fields.attachment.as_mut().unwrap());
        let refused = Body::decode(Kind::MEDIA, &fields.encode_to_vec());
        assert_eq!(refused, Err(Malformed::Field(field).into()));
    }
}

#[test]
fn sizes_are_told_in_round_numbers() {
    let size = |size| Attachment { size, ..samples::attachment() }.size_text();
    let told = [1, 999, 1_000, 1_001, 999_999, 1_000_000, 3_200_000].map(size);
    assert_eq!(told, ["1 B", "999 B", "1 kB", "2 kB", "1000 kB", "1 MB", "4 MB"]);
}

/// The bytes that the chapter shows.
#[test]
fn con_8_the_examples_of_the_chapter_are_true() {
    let chapter = include_str!("../../../spec/kinds.md");
    let target = samples::target();
    let id = MessageId::new([0xC2; 16]);
    let target = Target { message_id: id, hash: aside_primitives::Digest([0xC3; 32]), ..target };
    let sharing = Sharing { forward: true, save: false, export: false, version: 1 };
    let reply = Reply { target, body: Body::text("hi").unwrap() };
    for body in [
        Body::of(Reaction { target, ..samples::reaction() }).unwrap(),
        Body::of(reply).unwrap(),
        Body::Unsend(id),
        Body::Typing { started: true },
        Body::Presence(Presence::Away),
        Body::of(sharing).unwrap(),
    ] {
        let hex: Vec<String> = body.encode().iter().map(|byte| format!("{byte:02x}")).collect();
        let account: Vec<String> =
            target.author.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = hex
            .join(" ")
            .replace(&account.join(" "), "a1…a1")
            .replace(&vec!["c2"; 16].join(" "), "c2…c2")
            .replace(&vec!["c3"; 32].join(" "), "c3…c3");
        assert!(chapter.contains(&format!("| `{shown}`")), "{body:?}: {shown}");
    }
}
