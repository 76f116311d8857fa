//! Writing an archive: each call gives the bytes that come next.

use crate::{
    Manifest, Mark, Message, Person, Place,
    record::{Kind, MAGIC, encode, framed},
};
use alloc::vec::Vec;
use aside_primitives::{SigningKey, hash::Transcript, label};
use aside_wire::pb;
use prost::Message as _;

/// An archive that is being written. It keeps a hash, and nothing of what was written.
///
/// Conversations go in by kind and id, of each the people by account, and the messages by number, each with its marks by
/// content kind and account (ARC-2); a [`Reader`](crate::Reader) refuses another order.
pub struct Writer {
    transcript: Transcript,
}

impl Writer {
    /// Begins an archive.
    #[must_use]
    pub fn begin(manifest: &Manifest) -> (Self, Vec<u8>) {
        let mut transcript = Transcript::new(label::ARCHIVE_HASH);
        transcript.add(MAGIC);
        let mut writer = Self { transcript };
        let bytes = [MAGIC.as_slice(), &writer.add(Kind::Manifest, &manifest.encode())].concat();
        (writer, bytes)
    }

    /// A conversation: what follows belongs to it.
    #[must_use]
    pub fn place(&mut self, place: &Place) -> Vec<u8> {
        self.add(Kind::Conversation, &place.encode())
    }

    /// Somebody of the conversation.
    #[must_use]
    pub fn person(&mut self, person: &Person) -> Vec<u8> {
        self.add(Kind::Person, &person.encode())
    }

    /// A message of the conversation.
    #[must_use]
    pub fn message(&mut self, message: &Message) -> Vec<u8> {
        self.add(Kind::Message, &message.encode())
    }

    /// What somebody has said about the message before it.
    #[must_use]
    pub fn mark(&mut self, mark: &Mark) -> Vec<u8> {
        self.add(Kind::Mark, &mark.encode())
    }

    /// Signs everything with the key of the device that the manifest names (ARC-3).
    #[must_use]
    pub fn seal(self, device: &SigningKey) -> Vec<u8> {
        let signature = device.sign(label::ARCHIVE, self.transcript.finish().as_bytes());
        let seal = pb::ArchiveSeal { signature: signature.0.to_vec() };
        framed(&encode(Kind::Seal, &seal.encode_to_vec()))
    }

    fn add(&mut self, kind: Kind, body: &[u8]) -> Vec<u8> {
        let record = encode(kind, body);
        self.transcript.add(&record);
        framed(&record)
    }
}

impl core::fmt::Debug for Writer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Writer")
    }
}
