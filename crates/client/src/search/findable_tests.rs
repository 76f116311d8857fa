use super::*;
use aside_content::{
    Card, CardAction, CardKind, CardLine, Form, FormField, FormFieldKind, Forward, Handover, Kind, Preview,
    Reference, ReferenceKind, Sharing,
};

fn found(body: Body) -> Vec<String> {
    findable(&body).lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
}

#[test]
fn whatever_a_reader_sees_can_be_found() {
    let link = "https://example.org/x".to_owned();
    let preview = Preview {
        title: "title".into(),
        description: "description".into(),
        site: "site".into(),
        thumbnail: vec![1],
    };
    let reference = Reference { kind: ReferenceKind::Link, target: link.clone(), preview: Some(preview) };
    assert_eq!(found(Body::of(reference).unwrap()), [&link, "title", "description", "site"]);
    let field = FormField {
        id: "not seen".into(),
        label: "question".into(),
        kind: FormFieldKind::Choice,
        options: vec!["one".into(), "other".into()],
        required: false,
    };
    let form = Form { title: "form".into(), fields: vec![field] };
    assert_eq!(found(Body::of(form).unwrap()), ["form", "question", "one", "other"]);
    let card = Card {
        kind: CardKind::Order,
        title: "order".into(),
        lines: vec![CardLine { label: "label".into(), value: "value".into() }],
        amount: None,
        link: link.clone(),
        actions: vec![CardAction { label: "action".into(), value: "not seen".into() }],
    };
    assert_eq!(found(Body::of(card).unwrap()), ["order", &link, "label", "value", "action"]);
    let handover = Handover { to_person: true, note: "note".into() };
    assert_eq!(found(Body::of(handover).unwrap()), ["note"]);
    let forward = Forward { depth: 1, body: Body::text("said elsewhere").unwrap() };
    assert_eq!(found(Body::of(forward).unwrap()), ["said elsewhere"]);
    // Field 15 with 8 bytes, in a kind of a later version.
    let content = [&[0x7A, 8], b"fallback".as_slice()].concat();
    assert_eq!(found(Body::decode(Kind(999), &content).unwrap()), ["fallback"]);
}

#[test]
fn what_no_reader_sees_cannot_be_found() {
    let sharing = Body::of(Sharing { version: 1, ..Sharing::ANYTHING }).unwrap();
    for body in [Body::ChatAccept, Body::ChatOpen { beside: None }, sharing] {
        assert_eq!(found(body), [""; 0]);
    }
}
