//! `archive/archive.json`.

use super::{
    Result,
    archive_records::{bad_fields, good_fields},
    people::{Cast, NOW},
    proto,
    sheet::{Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_archive::{MAGIC, Manifest, Mark, Message, Person, Place, Said, Writer};
use aside_content::{Body, ChatId, MessageId, Text, ThreadId};
use aside_identity::{AccountKey, Address, DeviceId, GroupId, Handle};
use aside_primitives::{Digest, SigningKey, hash::hash, label};
use aside_wire::{limits::ARCHIVE_RECORD_BYTES, pb};
use prost::Message as _;

/// Bytes before the body of a record: its length and its kind.
const HEAD: usize = 5;

/// Whose archive it is, and with whom.
pub(super) struct Made {
    alice: Cast,
    pub(super) bob: AccountKey,
    pub(super) carol: AccountKey,
}

pub(super) fn archive() -> Result<File> {
    let about = "Archives, whole and in every way broken. What is wrong with those that are signed, the signature does not tell.";
    let mut sheet = Sheet::new(Level::Archive, "spec/archive.md", about);
    let account = |name| Cast::new(name).map(|cast| cast.certificate.account);
    let made = Made { alice: Cast::new("alice")?, bob: account("bob")?, carol: account("carol")? };
    let input = |archive: &[u8]| Fields::new().bytes("archive", archive);
    let records = made.records()?;
    let whole = made.signed(&records);

    let comment =
        "A thread, a chat with a reaction and another wording, a group, and a message from another archive.";
    sheet.accept(note("archive-whole", "ARC-1 ARC-2 ARC-3", comment), "archive.read", input(&whole))?;
    let empty = made.signed(records.get(..1).unwrap_or_default());
    let comment = "A manifest and the end: an archive of nothing is one.";
    sheet.accept(note("archive-empty", "ARC-2", comment), "archive.read", input(&empty))?;

    let first = records.first().cloned().unwrap_or_default();
    for (id, comment, records) in good_fields(&made)? {
        let bytes = made.signed(&[vec![first.clone()], records].concat());
        let note = note(format!("archive-{id}"), "ARC-2 ARC-5", comment);
        sheet.accept(note, "archive.read", input(&bytes))?;
    }
    for (id, reqs, comment, records, word) in bad_fields(&made)? {
        let bytes = made.signed(&[vec![first.clone()], records].concat());
        sheet.refuse(note(format!("archive-{id}"), reqs, comment), "archive.read", input(&bytes), word)?;
    }
    for (id, reqs, comment, bytes, word) in made.broken(&records, &whole)? {
        sheet.refuse(note(format!("archive-{id}"), reqs, comment), "archive.read", input(&bytes), word)?;
    }
    for (id, reqs, comment, records, word) in made.disordered(&records)? {
        let bytes = made.signed(&records);
        sheet.refuse(note(format!("archive-{id}"), reqs, comment), "archive.read", input(&bytes), word)?;
    }
    for (id, reqs, comment, record, word) in made.misplaced()? {
        let chat = records.get(4).cloned().unwrap_or_default();
        let first = records.first().cloned().unwrap_or_default();
        let bytes = made.signed(&[first, chat, record]);
        sheet.refuse(note(format!("archive-{id}"), reqs, comment), "archive.read", input(&bytes), word)?;
    }
    Ok(sheet.finish())
}

/// Id, requirements, comment, what goes wrong, word.
pub(super) type Lie<T> = (&'static str, &'static str, &'static str, T, &'static str);

impl Made {
    /// Alice's account key.
    pub(super) fn own(&self) -> AccountKey {
        self.alice.certificate.account
    }

    fn manifest(&self) -> Result<Manifest> {
        Ok(Manifest {
            maker: Address { account: self.own(), device: self.alice.certificate.device },
            handle: Handle::parse("alice")?,
            created_at: NOW,
            list: self.alice.list.clone(),
        })
    }

    fn chat(&self) -> Place {
        Place::Chat { id: ChatId::new([3; 32]), peer: self.bob }
    }

    fn message(&self, number: u64, account: AccountKey, text: &str) -> Result<Message> {
        let id = u8::try_from(number)?;
        Ok(Message {
            number,
            sender: Address { account, device: DeviceId::FIRST },
            message_id: MessageId::new([id; 16]),
            sent_at: NOW,
            accepted_at: NOW,
            body: Body::text(text)?,
            hash: Digest([9; 32]),
            imported: false,
        })
    }

    /// Manifest, thread with Bob and a message, chat with a message, its marks and another one, group with a message of
    /// Carol's.
    fn records(&self) -> Result<Vec<Vec<u8>>> {
        let (mut writer, begin) = Writer::begin(&self.manifest()?);
        let thread = Place::Thread { id: ThreadId::between(&self.own(), &self.bob), peer: self.bob };
        let group = Place::Group { id: GroupId::new([4; 32]), name: "Friends".into() };
        let reaction = Mark { account: self.own(), counter: 2, said: Said::Reaction("👍".into()) };
        let wording = Mark { account: self.bob, counter: 1, said: Said::Wording(Text::new("hello")?) };
        let imported = Message { imported: true, ..self.message(3, self.own(), "before")? };
        Ok(vec![
            begin.get(MAGIC.len()..).unwrap_or_default().to_vec(),
            writer.place(&thread),
            writer.person(&Person { account: self.bob, handle: Handle::parse("bob")? }),
            writer.message(&self.message(1, self.own(), "in the clear")?),
            writer.place(&self.chat()),
            writer.message(&self.message(2, self.bob, "hi")?),
            writer.mark(&reaction),
            writer.mark(&wording),
            writer.message(&imported),
            writer.place(&group),
            writer.message(&self.message(4, self.carol, "for all")?),
        ])
    }

    /// Records, whatever they are, under a signature that verifies.
    fn signed(&self, records: &[Vec<u8>]) -> Vec<u8> {
        signed_by(&self.alice.keys.signing, records)
    }

    /// What is wrong with the file.
    fn broken(&self, records: &[Vec<u8>], whole: &[u8]) -> Result<Vec<Lie<Vec<u8>>>> {
        let altered = |place: usize, byte: u8| {
            let mut bytes = whole.to_vec();
            if let Some(at) = bytes.get_mut(place) {
                *at = byte;
            }
            bytes
        };
        let cut = |length: usize| whole.get(..length).unwrap_or_default().to_vec();
        let unsealed = [MAGIC.to_vec(), records.concat()].concat();
        let mallory = Cast::new("mallory")?;
        let text = whole.windows(12).position(|window| window == b"in the clear").ok_or("a text")?;
        let manifest = |edit: &dyn Fn(&mut pb::ArchiveManifest)| -> Result<Vec<u8>> {
            let bytes = records.first().and_then(|record| record.get(HEAD..)).unwrap_or_default();
            let mut fields = pb::ArchiveManifest::decode(bytes)?;
            edit(&mut fields);
            Ok(self.signed(&[record(1, &fields.encode_to_vec())]))
        };
        let mut version_and_more = altered(14, b'2');
        if let Some(last) = version_and_more.get_mut(15) {
            *last = b' ';
        }
        let longest = u32::try_from(ARCHIVE_RECORD_BYTES)?.to_be_bytes();
        let foreign = mallory.list.as_bytes().to_vec();
        let too_long = u32::try_from(ARCHIVE_RECORD_BYTES.saturating_add(1))?.to_be_bytes();
        Ok(vec![
            ("nothing", "ARC-1", "No bytes at all.", Vec::new(), "malformed"),
            ("magic", "ARC-1", "Another first byte.", altered(0, b'A'), "malformed"),
            ("version-2", "ARC-1", "A version that is not spoken here.", altered(14, b'2'), "version"),
            ("magic-only", "ARC-2", "There is no manifest.", cut(MAGIC.len()), "malformed"),
            ("cut-in-a-length", "ARC-2", "The file ends in a length.", cut(MAGIC.len() + 2), "malformed"),
            ("cut-in-a-record", "ARC-2", "The file ends in a record.", cut(MAGIC.len() + 40), "malformed"),
            ("without-its-end", "ARC-3", "All records but the last.", unsealed.clone(), "malformed"),
            ("altered", "ARC-3", "Another letter in a text.", altered(text, b'I'), "signature"),
            (
                "length-0",
                "ARC-2",
                "A record without a kind.",
                [unsealed.clone(), vec![0; 4]].concat(),
                "malformed",
            ),
            (
                "length-over",
                "ARC-2",
                "A length beyond every record.",
                [MAGIC.as_slice(), &too_long].concat(),
                "limit",
            ),
            (
                "kind-7",
                "ARC-2",
                "A kind that there is not.",
                self.signed(&with(records, 1, record(7, &[]))),
                "malformed",
            ),
            (
                "behind-the-end",
                "ARC-2",
                "A record behind the end.",
                [whole, &record(5, &[])].concat(),
                "malformed",
            ),
            ("sealed-twice", "ARC-2", "The end, twice.", twice_sealed(whole, &unsealed), "malformed"),
            (
                "by-mallory",
                "ARC-3",
                "Another device has signed it.",
                signed_by(&mallory.keys.signing, records),
                "signature",
            ),
            (
                "list-of-mallory",
                "ARC-4",
                "The list is another account's.",
                manifest(&|fields| fields.device_list.clone_from(&foreign))?,
                "signature",
            ),
            (
                "device-not-in-list",
                "ARC-4",
                "The list has no such device.",
                manifest(&|fields| fields.device_id = 2)?,
                "policy",
            ),
            (
                "magic-digit-is-none",
                "ARC-1",
                "No digit stands where one belongs.",
                altered(14, b'a'),
                "malformed",
            ),
            ("magic-without-line-break", "ARC-1", "Another last byte.", altered(15, b' '), "malformed"),
            (
                "version-2-and-more",
                "ARC-1",
                "Another digit, and another last byte.",
                version_and_more,
                "malformed",
            ),
            ("magic-cut", "ARC-1", "Fifteen bytes.", cut(15), "malformed"),
            (
                "handle-in-capitals",
                "ARC-4 IDN-13",
                "No handle has capitals.",
                manifest(&|fields| fields.handle = "Alice".into())?,
                "malformed",
            ),
            (
                "without-handle",
                "ARC-4 IDN-13",
                "An account has a handle.",
                manifest(&|fields| fields.handle.clear())?,
                "malformed",
            ),
            (
                "device-0-made-it",
                "ARC-4",
                "Devices begin at 1.",
                manifest(&|fields| fields.device_id = 0)?,
                "malformed",
            ),
            (
                "device-128-made-it",
                "ARC-4",
                "Devices end at 127.",
                manifest(&|fields| fields.device_id = 128)?,
                "malformed",
            ),
            (
                "without-list",
                "ARC-4",
                "Nothing has the key that signs.",
                manifest(&|fields| fields.device_list.clear())?,
                "malformed",
            ),
            (
                "length-of-three-bytes",
                "ARC-2",
                "The file ends in a length that would be 0.",
                [unsealed.clone(), vec![0; 3]].concat(),
                "malformed",
            ),
            (
                "longest-length-and-no-record",
                "ARC-2",
                "A length that records may have, and nothing behind it.",
                [unsealed.clone(), longest.to_vec()].concat(),
                "malformed",
            ),
            (
                "signature-of-63-bytes",
                "ARC-3",
                "A signature has 64 bytes.",
                [unsealed.clone(), record(6, &proto::bytes(1, [1; 63]))].concat(),
                "malformed",
            ),
            (
                "signature-of-no-bytes",
                "ARC-3",
                "The end without a signature.",
                [unsealed.clone(), record(6, &[])].concat(),
                "malformed",
            ),
            (
                "kind-0-of-record",
                "ARC-2",
                "Kinds of records begin at 1.",
                self.signed(&with(records, 1, record(0, &[]))),
                "malformed",
            ),
            (
                "account-of-31-bytes",
                "ARC-4",
                "A key is 32 bytes.",
                manifest(&|fields| fields.account.truncate(31))?,
                "key",
            ),
        ])
    }

    /// Orders that no maker writes, signed.
    fn disordered(&self, records: &[Vec<u8>]) -> Result<Vec<Lie<Vec<Vec<u8>>>>> {
        let pick = |places: &[usize]| -> Vec<Vec<u8>> {
            places.iter().filter_map(|place| records.get(*place).cloned()).collect()
        };
        Ok(vec![
            ("two-manifests", "ARC-2", "Whose is it?", pick(&[0, 0]), "malformed"),
            ("no-manifest", "ARC-2", "Whose is it?", pick(&[1, 2, 3]), "malformed"),
            ("message-without-conversation", "ARC-2", "Where was it said?", pick(&[0, 3]), "malformed"),
            ("person-without-conversation", "ARC-2", "Of which conversation?", pick(&[0, 2]), "malformed"),
            ("mark-without-message", "ARC-2", "About which message?", pick(&[0, 4, 6]), "malformed"),
            (
                "mark-of-the-conversation-before",
                "ARC-2",
                "About which message?",
                pick(&[0, 4, 5, 9, 6]),
                "malformed",
            ),
            ("conversation-twice", "ARC-2", "Each stands once.", pick(&[0, 4, 4]), "malformed"),
            ("chat-before-thread", "ARC-2", "Threads come first.", pick(&[0, 4, 1]), "malformed"),
            ("message-twice", "ARC-2", "Numbers ascend.", pick(&[0, 4, 5, 5]), "malformed"),
            ("messages-swapped", "ARC-2", "Numbers ascend.", pick(&[0, 4, 8, 5]), "malformed"),
            ("person-behind-message", "ARC-2", "People come first.", pick(&[0, 1, 3, 2]), "malformed"),
            ("person-twice", "ARC-2", "Account keys ascend.", pick(&[0, 1, 2, 2]), "malformed"),
            ("mark-twice", "ARC-2", "Kinds and accounts ascend.", pick(&[0, 4, 5, 6, 6]), "malformed"),
            ("edit-before-reaction", "ARC-2", "Reactions come first.", pick(&[0, 4, 5, 7, 6]), "malformed"),
        ])
    }

    /// What nobody can have said in this chat with Bob, signed.
    fn misplaced(&self) -> Result<Vec<Lie<Vec<u8>>>> {
        let message = |edit: &dyn Fn(&mut Message)| -> Result<Vec<u8>> {
            let mut message = self.message(1, self.bob, "hi")?;
            edit(&mut message);
            let (mut writer, _) = Writer::begin(&self.manifest()?);
            Ok(writer.message(&message))
        };
        let place = |place: &Place| -> Result<Vec<u8>> {
            let (mut writer, _) = Writer::begin(&self.manifest()?);
            Ok(writer.place(place))
        };
        let raw = |edit: &dyn Fn(&mut pb::ArchiveMessage)| -> Result<Vec<u8>> {
            let bytes = message(&|_| ())?;
            let mut fields = pb::ArchiveMessage::decode(bytes.get(HEAD..).unwrap_or_default())?;
            edit(&mut fields);
            Ok(record(4, &fields.encode_to_vec()))
        };
        let oneself = Place::Chat { id: ChatId::new([5; 32]), peer: self.own() };
        let unsend = Body::Unsend(MessageId::new([1; 16]));
        Ok(vec![
            (
                "by-a-third",
                "ARC-5",
                "Carol is not in this chat.",
                message(&|it| it.sender.account = self.carol)?,
                "policy",
            ),
            (
                "accept",
                "ARC-5",
                "An acceptance is no message.",
                message(&|it| it.body = Body::ChatAccept)?,
                "policy",
            ),
            (
                "taken-back",
                "ARC-5",
                "What was taken back says nothing.",
                message(&|it| it.body = unsend.clone())?,
                "policy",
            ),
            ("chat-with-oneself", "ARC-5", "Nobody writes to themselves.", place(&oneself)?, "policy"),
            ("number-0", "ARC-2", "Numbers begin at 1.", raw(&|fields| fields.number = 0)?, "malformed"),
            ("kind-0", "ARC-5", "There is no kind 0.", raw(&|fields| fields.kind = 0)?, "malformed"),
            (
                "content-of-another-kind",
                "ARC-5",
                "A text is no picture.",
                raw(&|fields| fields.kind = 6)?,
                "malformed",
            ),
            (
                "message-id-of-15-bytes",
                "ARC-5",
                "It has 16.",
                raw(&|fields| fields.message_id.truncate(15))?,
                "malformed",
            ),
            ("device-0", "ARC-5", "Devices begin at 1.", raw(&|fields| fields.device_id = 0)?, "malformed"),
            (
                "hash-of-31-bytes",
                "ARC-5",
                "It has 32.",
                raw(&|fields| fields.hash.truncate(31))?,
                "malformed",
            ),
        ])
    }
}

/// Records under a signature.
fn signed_by(key: &SigningKey, records: &[Vec<u8>]) -> Vec<u8> {
    let bodies = records.iter().map(|record| record.get(4..).unwrap_or_default());
    let parts: Vec<&[u8]> = [MAGIC.as_slice()].into_iter().chain(bodies).collect();
    let signature = key.sign(label::ARCHIVE, hash(label::ARCHIVE_HASH, &parts).as_bytes());
    let seal = pb::ArchiveSeal { signature: signature.0.to_vec() };
    [MAGIC.to_vec(), records.concat(), record(6, &seal.encode_to_vec())].concat()
}

/// A record with its length.
pub(super) fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len().saturating_add(1)).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), &[kind], body].concat()
}

fn with(records: &[Vec<u8>], place: usize, record: Vec<u8>) -> Vec<Vec<u8>> {
    let mut records = records.to_vec();
    records.insert(place.min(records.len()), record);
    records
}

fn twice_sealed(whole: &[u8], unsealed: &[u8]) -> Vec<u8> {
    [whole, whole.get(unsealed.len()..).unwrap_or_default()].concat()
}
