//! An honest example of every message type, for `envelope/decode.json`.

use super::proto;
use aside_wire::{Strict, pb};

/// A message type with an honest example, by its fields.
pub(super) struct Sample {
    pub(super) message: &'static str,
    /// Its name in ids.
    pub(super) name: &'static str,
    pub(super) fields: Vec<Vec<u8>>,
    /// The first field with the default of its type, unless that field repeats.
    pub(super) default: Option<Vec<u8>>,
    pub(super) max_bytes: usize,
    pub(super) max_fields: usize,
}

/// An example whose first field holds a number (`true`) or bytes.
fn sample<M: Strict>(name: &'static str, starts_with_number: bool, fields: Vec<Vec<u8>>) -> Sample {
    let default = if starts_with_number { proto::number(1, 0) } else { proto::bytes(1, []) };
    let default = Some(default);
    Sample { message: M::NAME, name, fields, default, max_bytes: M::MAX_BYTES, max_fields: M::MAX_FIELDS }
}

/// An example whose first field repeats: an empty element is an element, and a second one is no second copy.
fn repeating<M: Strict>(name: &'static str, fields: Vec<Vec<u8>>) -> Sample {
    Sample { default: None, ..sample::<M>(name, false, fields) }
}

/// An example whose first field is a message: an empty one is there, and is no default.
fn holding<M: Strict>(name: &'static str, fields: Vec<Vec<u8>>) -> Sample {
    Sample { default: None, ..sample::<M>(name, false, fields) }
}

/// Honest examples of each type that has fields. Lengths are those of the comments in `proto/`.
pub(super) fn samples() -> Vec<Sample> {
    let mut samples = samples_of_two();
    samples.extend(samples_of_kinds());
    samples.extend(samples_of_groups());
    samples.extend(samples_of_what_goes());
    samples.extend(samples_of_archives());
    samples
}

/// Of what two people and a relay say.
fn samples_of_two() -> Vec<Sample> {
    use proto::{bytes, number};
    let mention = [bytes(1, [0xA1; 32]), number(2, 1), number(3, 1)].concat();
    let list = |fill: u8| [number(1, 1), bytes(2, [fill; 32])].concat();
    vec![
        sample::<pb::Signed>("signed", false, vec![bytes(1, "body"), bytes(2, [0x51; 64])]),
        sample::<pb::Certificate>(
            "certificate",
            false,
            vec![bytes(1, "body"), bytes(2, [0x51; 64]), bytes(3, [0x52; 64])],
        ),
        sample::<pb::CertificateBody>(
            "certificate-body",
            true,
            vec![
                number(1, 1),
                bytes(2, [0xA1; 32]),
                number(3, 1),
                bytes(4, [0xA2; 32]),
                bytes(5, [0xA3; 32]),
                number(6, 1_800_000_000_000),
                bytes(7, []),
            ],
        ),
        sample::<pb::DeviceListBody>(
            "device-list-body",
            false,
            vec![
                bytes(1, [0xA1; 32]),
                number(2, 2),
                bytes(3, [0xA4; 32]),
                number(4, 1_800_000_000_000),
                bytes(5, "certificate"),
            ],
        ),
        sample::<pb::PrekeyBody>(
            "prekey-body",
            true,
            vec![
                number(1, 1),
                bytes(2, [0xA1; 32]),
                number(3, 1),
                number(4, 2),
                number(5, 7),
                number(6, 1_800_000_000_000),
                bytes(7, [0xA5; 32]),
                bytes(8, [0xA6; 1184]),
            ],
        ),
        sample::<pb::Frame>(
            "frame",
            false,
            vec![
                bytes(1, [0xC1; 32]),
                bytes(2, [0xC2; 16]),
                number(3, 1_800_000_000_000),
                number(4, 1),
                bytes(5, bytes(1, "hi")),
                bytes(6, [0xC3; 32]),
                bytes(7, list(0xC4)),
                bytes(8, list(0xC5)),
                number(9, 1),
            ],
        ),
        sample::<pb::Text>("text", false, vec![bytes(1, "hi"), bytes(2, mention)]),
        sample::<pb::ChatOpen>("chat-open", false, vec![bytes(1, [0xC6; 32])]),
        sample::<pb::ListReference>("list-reference", true, vec![number(1, 1), bytes(2, [0xC4; 32])]),
        sample::<pb::Envelope>("envelope", true, vec![number(1, 2), bytes(2, "session message")]),
        sample::<pb::Request>("request", true, vec![number(1, 1), bytes(5, bytes(1, "alice"))]),
        sample::<pb::Reply>("reply", true, vec![number(1, 1), bytes(9, number(1, 1_800_000_000_000))]),
    ]
}

/// Of what messages are made of.
fn samples_of_kinds() -> Vec<Sample> {
    use proto::{bytes, number};
    let attachment = || {
        [bytes(1, [0xE1; 32]), bytes(2, [0xE2; 32]), number(3, 1), bytes(4, [0xE3; 32]), bytes(5, "a/b")]
            .concat()
    };
    let target = || bytes(1, [bytes(1, [0xC2; 16]), bytes(2, [0xA1; 32]), bytes(3, [0xC3; 32])].concat());
    let said = |depth: Vec<u8>| vec![depth, number(2, 1), bytes(3, bytes(1, "hi")), bytes(15, "hi")];
    vec![
        sample::<pb::Media>(
            "media",
            true,
            vec![
                number(1, 2),
                bytes(2, attachment()),
                bytes(3, "name"),
                number(4, 640),
                number(5, 480),
                number(6, 1_000),
                bytes(7, [1]),
                bytes(8, [2]),
                bytes(9, "caption"),
                bytes(15, "[video]"),
            ],
        ),
        sample::<pb::Sticker>(
            "sticker",
            false,
            vec![
                bytes(1, [0xE4; 16]),
                bytes(2, [0xE5; 16]),
                bytes(3, attachment()),
                bytes(4, "x"),
                bytes(15, "[sticker]"),
            ],
        ),
        sample::<pb::Reference>(
            "reference",
            true,
            vec![number(1, 4), bytes(2, "https://a"), bytes(3, bytes(1, "title")), bytes(15, "[link]")],
        ),
        sample::<pb::Profile>(
            "profile",
            false,
            vec![bytes(1, [0xA1; 32]), bytes(2, "alice"), bytes(3, "Alice"), bytes(15, "[profile]")],
        ),
        holding::<pb::ReplyTo>("reply-to", said(target())),
        holding::<pb::Reaction>("reaction", vec![target(), bytes(2, "x"), number(3, 1)]),
        holding::<pb::Edit>("edit", vec![target(), number(2, 1), bytes(3, bytes(1, "hi"))]),
        sample::<pb::Unsend>("unsend", false, vec![bytes(1, [0xC2; 16])]),
        sample::<pb::Forward>("forward", true, said(number(1, 1))),
        sample::<pb::Form>("form", false, vec![bytes(1, "title"), bytes(2, "field"), bytes(15, "[form]")]),
        sample::<pb::FormField>(
            "form-field",
            false,
            vec![bytes(1, "id"), bytes(2, "label"), number(3, 2), bytes(4, "option"), number(5, 1)],
        ),
        holding::<pb::Choice>("choice", vec![target(), bytes(2, bytes(1, "id")), bytes(15, "[answer]")]),
        sample::<pb::Card>(
            "card",
            true,
            vec![
                number(1, 1),
                bytes(2, "title"),
                bytes(3, bytes(1, "label")),
                bytes(4, bytes(1, "EUR")),
                bytes(5, "https://a"),
                bytes(6, bytes(1, "label")),
                bytes(15, "[order]"),
            ],
        ),
        sample::<pb::Handover>(
            "handover",
            true,
            vec![number(1, 1), bytes(2, "note"), bytes(15, "[a person]")],
        ),
        sample::<pb::Receipts>("receipts", true, vec![number(1, 2), bytes(2, [0xC2; 16]), number(3, 1)]),
        sample::<pb::Typing>("typing", true, vec![number(1, 1)]),
        sample::<pb::Presence>("presence", true, vec![number(1, 1)]),
        sample::<pb::Sharing>("sharing", true, vec![number(1, 1), number(2, 1), number(3, 1), number(4, 1)]),
        sample::<pb::EncryptedOnly>("encrypted-only", false, vec![bytes(1, "declaration")]),
        sample::<pb::EncryptedOnlyBody>(
            "encrypted-only-body",
            false,
            vec![bytes(1, [0xA1; 32]), number(2, 1), bytes(3, [0xA2; 32]), number(4, 1)],
        ),
    ]
}

/// Of what only groups have.
fn samples_of_groups() -> Vec<Sample> {
    use proto::{bytes, number};
    let cut = || bytes(2, [bytes(1, [0xD5; 16]), number(2, 7)].concat());
    vec![
        sample::<pb::Frame>(
            "group-frame",
            false,
            vec![
                bytes(1, [0xD1; 32]),
                bytes(2, [0xC2; 16]),
                number(3, 1_800_000_000_000),
                number(4, 1),
                bytes(5, bytes(1, "hi")),
                bytes(6, [0xC3; 32]),
                number(10, 2),
                bytes(11, [0xD2; 32]),
            ],
        ),
        sample::<pb::GroupEntryBody>(
            "group-entry-body",
            true,
            vec![
                number(1, 1),
                bytes(2, [0xD1; 32]),
                number(3, 2),
                bytes(4, [0xD2; 32]),
                bytes(5, [0xA1; 32]),
                number(6, 1),
                number(7, 1_800_000_000_000),
                number(8, 6),
                bytes(9, bytes(1, "name")),
            ],
        ),
        sample::<pb::GroupCreate>(
            "group-create",
            false,
            vec![
                bytes(1, [0xD3; 32]),
                bytes(2, "name"),
                bytes(3, "device list"),
                number(4, 1),
                bytes(5, [0xD4; 16]),
            ],
        ),
        repeating::<pb::GroupAdd>("group-add", vec![bytes(1, "device list")]),
        repeating::<pb::GroupRemove>("group-remove", vec![bytes(1, [0xA1; 32]), cut()]),
        repeating::<pb::GroupLeave>(
            "group-leave",
            vec![bytes(1, [bytes(1, [0xD5; 16]), number(2, 7)].concat())],
        ),
        sample::<pb::GroupSetRole>("group-set-role", false, vec![bytes(1, [0xA1; 32]), number(2, 2)]),
        sample::<pb::GroupRename>("group-rename", false, vec![bytes(1, "name")]),
        sample::<pb::GroupSetExpiry>(
            "group-set-expiry",
            true,
            vec![number(1, 2), number(2, 3_600), number(3, 86_400)],
        ),
        sample::<pb::GroupSetCapture>("group-set-capture", true, vec![number(1, 1)]),
        sample::<pb::GroupSetAnnounce>("group-set-announce", true, vec![number(1, 1)]),
        repeating::<pb::GroupDevices>("group-devices", vec![bytes(1, "device list"), cut()]),
        sample::<pb::GroupRekey>("group-rekey", false, vec![bytes(1, [0xD4; 16])]),
        sample::<pb::SenderKey>(
            "sender-key",
            true,
            vec![
                number(1, 1),
                number(2, 2),
                bytes(3, [0xD2; 32]),
                number(4, 7),
                bytes(5, [0xD6; 32]),
                bytes(6, [0xD7; 32]),
                bytes(7, [0xD8; 32]),
            ],
        ),
        sample::<pb::GroupInvite>(
            "group-invite",
            true,
            vec![number(1, 2), bytes(2, [0xD2; 32]), bytes(3, [0xD8; 32])],
        ),
        sample::<pb::GroupLogRequest>("group-log-request", true, vec![number(1, 2)]),
        repeating::<pb::GroupLogEntries>("group-log-entries", vec![bytes(1, "entry")]),
        sample::<pb::GroupLogEntry>(
            "group-log-entry",
            false,
            vec![bytes(1, [0xD9; 32]), number(2, 2), bytes(3, "encrypted entry")],
        ),
    ]
}

/// Of what ends, is told of, or comes again, and of what a device says of itself.
fn samples_of_what_goes() -> Vec<Sample> {
    use proto::{bytes, number};
    let terms = || [number(2, 2), number(3, 3_600), number(4, 86_400)];
    let behind = |first: Vec<u8>| [vec![first], terms().to_vec()].concat();
    vec![
        sample::<pb::Expiry>("expiry", true, behind(number(1, 1))),
        sample::<pb::ExpiryPolicy>(
            "expiry-policy",
            true,
            [behind(number(1, 1)), vec![bytes(5, [0xC7; 32])]].concat(),
        ),
        sample::<pb::Shorten>("shorten", false, behind(bytes(1, [0xC2; 16]))),
        sample::<pb::ViewOnce>(
            "view-once",
            false,
            vec![bytes(1, "sealed"), bytes(2, [0xC8; 32]), bytes(3, [0xC9; 32]), bytes(15, "[once]")],
        ),
        sample::<pb::ViewKey>("view-key", false, vec![bytes(1, [0xC2; 16])]),
        sample::<pb::CaptureNotice>(
            "capture-notice",
            true,
            vec![number(1, 1), bytes(2, [0xC2; 16]), number(3, 1_800_000_000_000), number(4, 1)],
        ),
        repeating::<pb::Retry>("retry", vec![bytes(1, [0xC2; 16])]),
        sample::<pb::SettingsBody>(
            "settings-body",
            false,
            vec![
                bytes(1, [0xA1; 32]),
                number(2, 1),
                number(3, 1),
                number(4, 1),
                number(5, 2),
                number(6, 3),
                bytes(7, [0xA2; 32]),
            ],
        ),
        sample::<pb::StoreGeneration>(
            "store-generation",
            true,
            vec![number(1, 2), bytes(2, [0xCA; 16]), bytes(3, [0xCB; 16]), number(4, 1)],
        ),
        sample::<pb::ParametersBody>("parameters-body", false, super::parameters::honest()),
    ]
}

/// Of what an archive is made of.
fn samples_of_archives() -> Vec<Sample> {
    use proto::{bytes, number};
    vec![
        sample::<pb::ArchiveManifest>(
            "archive-manifest",
            false,
            vec![
                bytes(1, [0xA1; 32]),
                number(2, 1),
                bytes(3, "alice"),
                number(4, 1_800_000_000_000),
                bytes(5, "device list"),
            ],
        ),
        sample::<pb::ArchiveConversation>(
            "archive-conversation",
            true,
            vec![number(1, 3), bytes(2, [0xD1; 32]), bytes(3, [0xA2; 32]), bytes(4, "name")],
        ),
        sample::<pb::ArchivePerson>("archive-person", false, vec![bytes(1, [0xA2; 32]), bytes(2, "bob")]),
        sample::<pb::ArchiveMessage>(
            "archive-message",
            true,
            vec![
                number(1, 1),
                bytes(2, [0xA2; 32]),
                number(3, 1),
                bytes(4, [0xC2; 16]),
                number(5, 1_800_000_000_000),
                number(6, 1_800_000_000_000),
                number(7, 1),
                bytes(8, bytes(1, "hi")),
                bytes(9, [0xC3; 32]),
                number(10, 1),
            ],
        ),
        sample::<pb::ArchiveMark>(
            "archive-mark",
            true,
            vec![number(1, 11), bytes(2, [0xA1; 32]), number(3, 1), bytes(4, "x")],
        ),
        sample::<pb::ArchiveSeal>("archive-seal", false, vec![bytes(1, [0x51; 64])]),
    ]
}
