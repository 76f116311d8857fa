//! Honest content of every kind, for tests.

use crate::*;
use alloc::{vec, vec::Vec};
use aside_identity::{AccountKey, Handle};
use aside_primitives::{Digest, Secret};
use aside_testkit::{Person, TestRng};
use aside_wire::ExpiryTerms;
use zeroize::Zeroizing;

pub(crate) fn account() -> AccountKey {
    Person::new(&mut TestRng::new(7)).certificate.account
}

pub(crate) fn target() -> Target {
    Target { message_id: MessageId::new([1; 16]), author: account(), hash: Digest([2; 32]) }
}

pub(crate) fn attachment() -> Attachment {
    Attachment {
        id: [3; 32],
        key: Zeroizing::new([4; 32]),
        size: 119_300,
        hash: Digest([5; 32]),
        media_type: "image/jpeg".into(),
    }
}

pub(crate) fn photo() -> Media {
    Media {
        kind: MediaKind::Image,
        attachment: attachment(),
        name: "".into(),
        width: 640,
        height: 480,
        duration_ms: 0,
        waveform: vec![],
        thumbnail: vec![6; 100],
        caption: "secret caption".into(),
    }
}

pub(crate) fn sticker() -> Sticker {
    Sticker { pack: [7; 16], sticker: [8; 16], image: Some(attachment()), emoji: "👋".into() }
}

pub(crate) fn reference() -> Reference {
    let preview = Preview {
        title: "secret title".into(),
        description: "secret\ndescription".into(),
        site: "Example".into(),
        thumbnail: vec![9; 10],
    };
    Reference {
        kind: ReferenceKind::Link,
        target: "https://example.org/secret".into(),
        preview: Some(preview),
    }
}

pub(crate) fn profile() -> Profile {
    Profile { account: account(), handle: Handle::parse("carol").unwrap(), name: "secret Carol".into() }
}

pub(crate) fn reply() -> Reply {
    Reply { target: target(), body: Body::text("secret answer").unwrap() }
}

pub(crate) fn reaction() -> Reaction {
    Reaction { target: target(), emoji: "👍".into(), counter: 1 }
}

pub(crate) fn edit() -> Edit {
    Edit { target: target(), version: 1, text: Text::new("secret wording").unwrap() }
}

pub(crate) fn forward() -> Forward {
    Forward::of(&Body::text("secret of others").unwrap()).unwrap()
}

fn question(id: &str, kind: FormFieldKind, options: &[&str], required: bool) -> FormField {
    let options = options.iter().map(|option| (*option).into()).collect();
    FormField { id: id.into(), label: "secret question".into(), kind, options, required }
}

pub(crate) fn form() -> Form {
    let fields = vec![
        question("size", FormFieldKind::Choice, &["small", "large"], true),
        question("name", FormFieldKind::Text, &[], false),
        question("cancel", FormFieldKind::Button, &[], false),
    ];
    Form { title: "secret form".into(), fields }
}

pub(crate) fn answer(field: &str, value: &str) -> Answer {
    Answer { field: field.into(), value: value.into() }
}

pub(crate) fn choice() -> Choice {
    Choice { target: target(), answers: vec![answer("size", "small"), answer("name", "secret")] }
}

pub(crate) fn card() -> Card {
    Card {
        kind: CardKind::Order,
        title: "secret order".into(),
        lines: vec![CardLine { label: "Shoes".into(), value: "1".into() }],
        amount: Some(Amount { currency: "EUR".into(), minor_units: 1_905, decimals: 2 }),
        link: "https://example.org/secret".into(),
        actions: vec![CardAction { label: "Pay".into(), value: "pay secret".into() }],
    }
}

pub(crate) fn handover() -> Handover {
    Handover { to_person: true, note: "secret note".into() }
}

pub(crate) fn receipts() -> Receipts {
    let message_ids = vec![MessageId::new([1; 16]), MessageId::new([2; 16])];
    Receipts { kind: ReceiptKind::Read, message_ids, at: 1_800_000_000_000 }
}

pub(crate) fn sharing() -> Sharing {
    Sharing { forward: true, save: false, export: true, version: 1 }
}

pub(crate) fn minute() -> ExpiryTerms {
    ExpiryTerms::AfterSend { duration_s: 60 }
}

pub(crate) fn expiry_policy() -> ExpiryPolicy {
    ExpiryPolicy { version: 2, terms: minute(), parent: Some(Digest([11; 32])) }
}

pub(crate) fn view_once() -> ViewOnce {
    ViewOnce::seal(&Body::text("secret once").unwrap(), &Secret::new([12; 32])).unwrap()
}

pub(crate) fn capture() -> CaptureNotice {
    CaptureNotice {
        kind: CaptureKind::Screenshot,
        refs: vec![MessageId::new([1; 16]), MessageId::new([2; 16])],
        observed_at: 1_800_000_000_000,
        detector: CaptureDetector::Platform,
    }
}

pub(crate) fn retry() -> Retry {
    Retry { messages: vec![CiphertextId([1; 16]), CiphertextId([2; 16])] }
}

/// A body of every kind but those between members of a group, and one of a kind that is not known.
pub(crate) fn bodies() -> Vec<Body> {
    vec![
        Body::text("hello").unwrap(),
        Body::ChatOpen { beside: None },
        Body::ChatOpen { beside: Some(ThreadId::new([3; 32])) },
        Body::ChatAccept,
        Body::ChatDecline,
        Body::ChatClose,
        Body::of(photo()).unwrap(),
        Body::of(sticker()).unwrap(),
        Body::of(reference()).unwrap(),
        Body::of(profile()).unwrap(),
        Body::of(reply()).unwrap(),
        Body::of(reaction()).unwrap(),
        Body::of(edit()).unwrap(),
        Body::Unsend(MessageId::new([1; 16])),
        Body::of(forward()).unwrap(),
        Body::of(form()).unwrap(),
        Body::of(choice()).unwrap(),
        Body::of(card()).unwrap(),
        Body::of(handover()).unwrap(),
        Body::of(receipts()).unwrap(),
        Body::Typing { started: true },
        Body::Typing { started: false },
        Body::Presence(Presence::Recently),
        Body::of(sharing()).unwrap(),
        Body::of(EncryptedOnly { declaration: vec![10; 145] }).unwrap(),
        Body::of(expiry_policy()).unwrap(),
        Body::of(Shorten { message_id: MessageId::new([1; 16]), terms: minute() }).unwrap(),
        Body::of(view_once()).unwrap(),
        Body::of(capture()).unwrap(),
        Body::of(retry()).unwrap(),
        Body::Unknown { kind: Kind(4000), content: vec![1, 2, 3] },
    ]
}
