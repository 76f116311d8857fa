//! The messages of `proto/`, read from their descriptors: what the samples are made of.

use aside_wire::{Malformed, Strict, decode, pb};
use protox::prost_reflect::prost_types::{
    DescriptorProto,
    field_descriptor_proto::{Label, Type},
};
use std::collections::BTreeMap;

/// One field of a message.
#[derive(Clone, Debug)]
pub(crate) struct FieldType {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) repeated: bool,
    pub(crate) in_oneof: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Enum,
    U32,
    U64,
    Bytes,
    Text,
    Message(String),
}

/// Every message type, by name.
pub(crate) type Schema = BTreeMap<String, Vec<FieldType>>;

pub(crate) fn schema() -> Schema {
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    let files =
        ["identity", "content", "group", "relay", "archive"].map(|name| format!("aside/v1/{name}.proto"));
    let set = protox::compile(files, [proto]).unwrap();
    let messages = set.file.into_iter().flat_map(|file| file.message_type);
    messages.map(|message| (message.name().to_owned(), fields(&message))).collect()
}

fn fields(message: &DescriptorProto) -> Vec<FieldType> {
    let mut fields: Vec<FieldType> = message
        .field
        .iter()
        .map(|field| FieldType {
            number: field.number().try_into().unwrap(),
            name: field.name().to_owned(),
            kind: match field.r#type() {
                Type::Bool => Kind::Bool,
                Type::Enum => Kind::Enum,
                Type::Uint32 => Kind::U32,
                Type::Uint64 => Kind::U64,
                Type::Bytes => Kind::Bytes,
                Type::String => Kind::Text,
                Type::Message => Kind::Message(field.type_name().rsplit('.').next().unwrap().to_owned()),
                other => panic!("no message may have a field of type {other:?}"),
            },
            repeated: field.label() == Label::Repeated,
            in_oneof: field.oneof_index.is_some(),
        })
        .collect();
    fields.sort_by_key(|field| field.number);
    fields
}

/// A message that is decoded by itself, and how.
pub(crate) struct Decoder {
    pub(crate) name: &'static str,
    pub(crate) max_bytes: usize,
    pub(crate) max_fields: usize,
    /// Decodes and encodes again.
    pub(crate) decode: fn(&[u8]) -> Result<Vec<u8>, Malformed>,
    /// Decodes and drops, for measurements.
    pub(crate) check: fn(&[u8]) -> Result<(), Malformed>,
}

const fn decoder<M: Strict>() -> Decoder {
    Decoder {
        name: M::NAME,
        max_bytes: M::MAX_BYTES,
        max_fields: M::MAX_FIELDS,
        decode: |bytes| decode::<M>(bytes).map(|message| prost::Message::encode_to_vec(&message)),
        check: |bytes| decode::<M>(bytes).map(drop),
    }
}

/// Every type with an implementation of [`Strict`].
pub(crate) const DECODERS: &[Decoder] = &[
    decoder::<pb::Signed>(),
    decoder::<pb::Certificate>(),
    decoder::<pb::CertificateBody>(),
    decoder::<pb::DeviceListBody>(),
    decoder::<pb::PrekeyBody>(),
    decoder::<pb::SettingsBody>(),
    decoder::<pb::StoreGeneration>(),
    decoder::<pb::ParametersBody>(),
    decoder::<pb::Frame>(),
    decoder::<pb::Expiry>(),
    decoder::<pb::Text>(),
    decoder::<pb::ChatOpen>(),
    decoder::<pb::ChatAccept>(),
    decoder::<pb::ChatDecline>(),
    decoder::<pb::ChatClose>(),
    decoder::<pb::Media>(),
    decoder::<pb::Sticker>(),
    decoder::<pb::Reference>(),
    decoder::<pb::Profile>(),
    decoder::<pb::ReplyTo>(),
    decoder::<pb::Reaction>(),
    decoder::<pb::Edit>(),
    decoder::<pb::Unsend>(),
    decoder::<pb::Forward>(),
    decoder::<pb::Form>(),
    decoder::<pb::FormField>(),
    decoder::<pb::Choice>(),
    decoder::<pb::Card>(),
    decoder::<pb::Handover>(),
    decoder::<pb::Receipts>(),
    decoder::<pb::Typing>(),
    decoder::<pb::Presence>(),
    decoder::<pb::Sharing>(),
    decoder::<pb::EncryptedOnly>(),
    decoder::<pb::EncryptedOnlyBody>(),
    decoder::<pb::ExpiryPolicy>(),
    decoder::<pb::Shorten>(),
    decoder::<pb::ViewOnce>(),
    decoder::<pb::ViewKey>(),
    decoder::<pb::CaptureNotice>(),
    decoder::<pb::Retry>(),
    decoder::<pb::ListReference>(),
    decoder::<pb::GroupEntryBody>(),
    decoder::<pb::GroupCreate>(),
    decoder::<pb::GroupAdd>(),
    decoder::<pb::GroupRemove>(),
    decoder::<pb::GroupLeave>(),
    decoder::<pb::GroupSetRole>(),
    decoder::<pb::GroupRename>(),
    decoder::<pb::GroupSetExpiry>(),
    decoder::<pb::GroupSetCapture>(),
    decoder::<pb::GroupSetAnnounce>(),
    decoder::<pb::GroupDevices>(),
    decoder::<pb::GroupRekey>(),
    decoder::<pb::SenderKey>(),
    decoder::<pb::GroupInvite>(),
    decoder::<pb::GroupLogRequest>(),
    decoder::<pb::GroupLogEntries>(),
    decoder::<pb::GroupLogEntry>(),
    decoder::<pb::ArchiveManifest>(),
    decoder::<pb::ArchiveConversation>(),
    decoder::<pb::ArchivePerson>(),
    decoder::<pb::ArchiveMessage>(),
    decoder::<pb::ArchiveMark>(),
    decoder::<pb::ArchiveSeal>(),
    decoder::<pb::Envelope>(),
    decoder::<pb::Request>(),
    decoder::<pb::Reply>(),
];

/// A type without a line above would be decoded in none of these tests.
#[test]
fn every_type_is_decoded_by_itself_or_within_another() {
    let schema = schema();
    let mut reached: Vec<String> = DECODERS.iter().map(|decoder| decoder.name.to_owned()).collect();
    let mut next = 0;
    while let Some(name) = reached.get(next).cloned() {
        for field in &schema[&name] {
            if let Kind::Message(child) = &field.kind
                && !reached.contains(child)
            {
                reached.push(child.clone());
            }
        }
        next += 1;
    }
    reached.sort();
    assert_eq!(reached, schema.keys().cloned().collect::<Vec<_>>());
}

/// The lines above are those of the library, where the limits stand.
#[test]
fn the_types_are_those_of_the_limits() {
    let limits = include_str!("../../src/limits.rs");
    let (_, table) = limits.split_once("\nstrict! {").unwrap();
    let names: Vec<&str> = table.lines().filter_map(|line| Some(line.trim().split_once(": ")?.0)).collect();
    assert_eq!(names, DECODERS.iter().map(|decoder| decoder.name).collect::<Vec<_>>());
}
