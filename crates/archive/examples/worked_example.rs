//! Prints the bytes that the archive chapter of the specification shows, so that they can be had again.
//!
//! Every random draw is one byte repeated, as in the other chapters. The hash and the signature are computed twice, by the
//! library and by the formulas of the specification, and the two must agree.
//! `cargo xtask spec-lint` compares the output with the ```` ```hex ```` blocks of `spec/`.
#![expect(clippy::unwrap_used, reason = "an example that stops where something is wrong")]

use aside_archive::{Item, MAGIC, Manifest, Mark, Message, Person, Place, Reader, Said, Writer, length};
use aside_content::{Body, MessageId, ThreadId};
use aside_identity::{
    AccountKey, Address, Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, Handle,
};
use aside_primitives::{Digest, Draw, Entropy, EntropyFailed, SigningKey, hash::hash, label};

/// 2027-01-15 08:00 UTC in milliseconds.
const NOW: u64 = 1_800_000_000_000;

/// Randomness that anybody can repeat by hand.
struct Tape(u8);

impl Entropy for Tape {
    fn draw(&mut self, what: Draw, out: &mut [u8]) -> Result<(), EntropyFailed> {
        self.0 = self.0.checked_add(1).ok_or(EntropyFailed)?;
        println!("draw {:02x} × {:<3} {}", self.0, out.len(), what.0);
        out.fill(self.0);
        Ok(())
    }
}

fn main() {
    let mut tape = Tape(0);
    println!("Alice");
    let account = SigningKey::generate(&mut tape, Draw("account key")).unwrap();
    let keys = DeviceKeys::generate(&mut tape).unwrap();
    let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, NOW, Capabilities::NONE);
    let list = DeviceList::issue_first(&account, NOW, &certificate);
    let maker = Address { account: certificate.account, device: certificate.device };
    println!("\nBob");
    let bob = AccountKey::new(SigningKey::generate(&mut tape, Draw("account key")).unwrap().verifying_key());

    let handle = Handle::parse("alice").unwrap();
    let (mut writer, begin) = Writer::begin(&Manifest { maker, handle, created_at: NOW, list });
    show("magic", MAGIC);
    let thread = ThreadId::between(&maker.account, &bob);
    let place = writer.place(&Place::Thread { id: thread, peer: bob });
    show("conversation", &place);
    let person = writer.person(&Person { account: bob, handle: Handle::parse("bob").unwrap() });
    show("person", &person);
    let message = writer.message(&Message {
        number: 7,
        sender: Address { account: bob, device: DeviceId::FIRST },
        message_id: MessageId::new([0xC2; 16]),
        sent_at: NOW,
        accepted_at: NOW,
        body: Body::text("hi").unwrap(),
        hash: Digest([0xC3; 32]),
        imported: false,
    });
    show("message", &message);
    let reaction = Mark { account: maker.account, counter: 1, said: Said::Reaction("👍".into()) };
    let mark = writer.mark(&reaction);
    show("mark", &mark);
    let seal = writer.seal(&keys.signing);
    show("seal", &seal);

    let archive = [begin, place, person, message, mark, seal].concat();
    let records = records(&archive);
    let (end, before) = records.split_last().unwrap();
    let parts: Vec<&[u8]> = [MAGIC.as_slice()].into_iter().chain(before.iter().copied()).collect();
    let digest = hash(label::ARCHIVE_HASH, &parts);
    show("hash", digest.as_bytes());
    let signature = keys.signing.sign(label::ARCHIVE, digest.as_bytes());
    assert!(end.ends_with(&signature.0));

    let mut reader = Reader::begin(MAGIC).unwrap();
    let items: Vec<Item> = records.iter().map(|record| reader.take(record).unwrap()).collect();
    assert!(matches!(items.last(), Some(Item::End)));
    assert_eq!(reader.finish().unwrap().maker, maker);
}

/// The records of an archive without their lengths.
fn records(archive: &[u8]) -> Vec<&[u8]> {
    let mut rest = archive.get(MAGIC.len()..).unwrap();
    let mut records = Vec::new();
    while let Some((prefix, behind)) = rest.split_first_chunk() {
        let (record, after) = behind.split_at(length(*prefix).unwrap());
        records.push(record);
        rest = after;
    }
    records
}

/// Rows of 32 bytes, as the specification prints them.
fn show(name: &str, bytes: &[u8]) {
    println!("\n{name}, {} bytes", bytes.len());
    for row in bytes.chunks(32) {
        println!("{}", row.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }
}
