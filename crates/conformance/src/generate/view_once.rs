//! `expiry/view-once.json`: what can be opened once.

use super::{
    Result,
    kinds::{card, form, forward, input, link, photo, profile, questions, reply, sticker, text},
    life::CHAPTER,
    proto,
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_primitives::{
    Secret,
    aead::{self, NONCE_BYTES},
    commit::Commitment,
    kdf::expand_key,
    label,
};
use prost::Message;

/// What is sealed, and its key.
#[derive(Clone)]
struct Sealed {
    sealed: Vec<u8>,
    commitment: Vec<u8>,
    key: Vec<u8>,
}

impl Sealed {
    /// Whatever somebody puts into it.
    fn forged(kind: u32, content: &[u8], key: &Secret<32>) -> Result<Self> {
        let [cipher, committing] = expand_key(key, label::VIEW_ONCE);
        let kind = kind.to_be_bytes();
        let Commitment(commitment) =
            Commitment::compute(&committing, label::VIEW_ONCE_COMMITMENT, &[&kind, content]);
        let mut sealed = [kind.as_slice(), content].concat();
        let tag =
            aead::seal(&cipher, &[0; NONCE_BYTES], &[], &mut sealed).map_err(|error| error.to_string())?;
        sealed.extend(tag);
        Ok(Self { sealed, commitment: commitment.to_vec(), key: key.expose().to_vec() })
    }

    fn of(out: &Fields) -> Result<Self> {
        Ok(Self {
            sealed: bytes_of(out, "sealed")?,
            commitment: bytes_of(out, "commitment")?,
            key: bytes_of(out, "key")?,
        })
    }

    fn input(&self) -> Fields {
        Fields::new()
            .bytes("sealed", &self.sealed)
            .bytes("commitment", &self.commitment)
            .bytes("key", &self.key)
    }

    fn but(&self, edit: impl FnOnce(&mut Self)) -> Fields {
        let mut changed = self.clone();
        edit(&mut changed);
        changed.input()
    }
}

pub(super) fn view_once() -> Result<File> {
    let about = "What can be opened once: sealed under a key of its own, and committed to.";
    let mut sheet = Sheet::new(Level::Expiry, CHAPTER, about);
    let hi = text();
    let mut first = None;
    for (id, kind, content) in [
        ("text", 1, hi.clone()),
        ("photo", 6, photo().encode_to_vec()),
        ("sticker", 7, sticker().encode_to_vec()),
        ("link", 8, link().encode_to_vec()),
        ("profile", 9, profile()?.encode_to_vec()),
        ("reply", 10, reply(1, hi.clone())?.encode_to_vec()),
        ("forward", 14, forward(1, hi.clone()).encode_to_vec()),
    ] {
        let sealing = note(format!("once-seal-{id}"), "EXP-20", "Under a key drawn for it alone.");
        let sealed = Sealed::of(&sheet.accept(sealing, "view_once.seal", input(kind, &content))?)?;
        let opening = note(format!("once-open-{id}"), "EXP-20", "Opened by that key.");
        sheet.accept(opening, "view_once.open", sealed.input())?;
        first = first.or(Some(sealed));
    }
    longest(&mut sheet)?;
    refused_kinds(&mut sheet, &hi)?;
    forgeries(&mut sheet, &first.ok_or("nothing was sealed")?)?;
    keys(&mut sheet)?;
    Ok(sheet.finish())
}

/// Content of an unknown kind, as long as may be sealed, and a byte longer.
fn longest(sheet: &mut Sheet) -> Result<()> {
    let content = vec![0x5A; 33_772];
    let sealing = note("once-seal-33772-bytes", "EXP-20", "As much as may be sealed.");
    let sealed = Sealed::of(&sheet.accept(sealing, "view_once.seal", input(4_000, &content))?)?;
    let opening = note("once-open-33772-bytes", "EXP-20", "Opened by its key.");
    sheet.accept(opening, "view_once.open", sealed.input())?;
    let sealing = note("once-seal-33773-bytes", "EXP-20", "A byte more than may be sealed.").threat("W2");
    sheet.refuse(sealing, "view_once.seal", input(4_000, &[content.as_slice(), &[0]].concat()), "malformed")
}

fn keys(sheet: &mut Sheet) -> Result<()> {
    let op = "view_key.decode";
    let (id, key) = (proto::bytes(1, [1; 16]), proto::bytes(2, [2; 32]));
    let said = |parts: &[&[u8]]| Fields::new().bytes("content", parts.concat());
    let comment = "To a device with a protected viewer.";
    sheet.accept(note("view-key", "EXP-21", comment), op, said(&[&id, &key]))?;
    let comment = "To a device without one.";
    sheet.accept(note("view-key-withheld", "EXP-21", comment).threat("C3"), op, said(&[&id]))?;
    for (name, comment, parts) in [
        ("empty", "It names no message.", vec![]),
        ("without-message", "It names no message.", vec![key.clone()]),
        ("message-15-bytes", "A message id has 16 bytes.", vec![proto::bytes(1, [1; 15]), key.clone()]),
        ("message-17-bytes", "A message id has 16 bytes.", vec![proto::bytes(1, [1; 17]), key.clone()]),
        ("key-31-bytes", "A key has 32 bytes.", vec![id.clone(), proto::bytes(2, [2; 31])]),
        ("key-33-bytes", "A key has 32 bytes.", vec![id.clone(), proto::bytes(2, [2; 33])]),
        ("two-keys", "A field comes once.", vec![id.clone(), key.clone(), key.clone()]),
        ("in-another-order", "Fields come in the order of their numbers.", vec![key, id.clone()]),
        ("with-more", "A field that it does not have.", vec![id.clone(), proto::number(3, 1)]),
    ] {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let note = note(format!("view-key-{name}"), "ENV-5 EXP-21", comment).threat("W3");
        let note = match name {
            "in-another-order" | "with-more" => note.catches(&["lenient-decoding"]),
            _ => note,
        };
        let word = if parts.len() > 2 { "limit" } else { "malformed" };
        sheet.refuse(note, op, said(&parts), word)?;
    }
    Ok(())
}

fn refused_kinds(sheet: &mut Sheet, hi: &[u8]) -> Result<()> {
    let comment = "Nobody could do with it what it is for, or it is no message.";
    for (id, kind, content) in [
        ("form", 20, form(&questions()).encode_to_vec()),
        ("card", 22, card().encode_to_vec()),
        ("acceptance", 3, Vec::new()),
        ("closing", 5, Vec::new()),
        ("typing", 25, Vec::new()),
    ] {
        let sealing = note(format!("once-seal-{id}"), "EXP-20", comment).threat("C3");
        sheet.refuse(sealing, "view_once.seal", input(kind, &content), "malformed")?;
    }
    let key = key("forged view key")?;
    let nested = Sealed::forged(1, hi, &key)?;
    let nested =
        [proto::bytes(1, &nested.sealed), proto::bytes(2, &nested.commitment), proto::bytes(15, "once")]
            .concat();
    for (id, kind, content) in [
        ("nothing", 0, Vec::new()),
        ("acceptance", 3, Vec::new()),
        ("closing", 5, Vec::new()),
        ("form", 20, form(&questions()).encode_to_vec()),
        ("card", 22, card().encode_to_vec()),
        ("policy", 29, [proto::number(1, 1), proto::number(2, 1), proto::number(3, 60)].concat()),
        ("once", 31, nested),
        ("key", 32, [proto::bytes(1, [1; 16]), proto::bytes(2, [2; 32])].concat()),
        ("capture", 33, [proto::number(1, 1), proto::bytes(2, [1; 16]), proto::number(4, 1)].concat()),
        ("empty-text", 1, Vec::new()),
        ("text-and-more", 1, [hi, &[0]].concat()),
    ] {
        let forged = Sealed::forged(kind, &content, &key)?;
        let opening =
            note(format!("once-open-{id}"), "EXP-20", "Its author has sealed what none may be.").threat("C3");
        sheet.refuse(opening, "view_once.open", forged.input(), "malformed")?;
    }
    Ok(())
}

fn forgeries(sheet: &mut Sheet, honest: &Sealed) -> Result<()> {
    let flip = |bytes: &mut Vec<u8>, place: usize| {
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1;
        }
    };
    let last = honest.sealed.len().saturating_sub(1);
    let other = Sealed::forged(1, &proto::bytes(1, "no"), &key("another view key")?)?;
    let same_key = Sealed::forged(
        1,
        &proto::bytes(1, "no"),
        &Secret::from_slice(&honest.key).ok_or("a key has 32 bytes")?,
    )?;
    for (id, comment, changed) in [
        ("kind-flipped", "The number of the kind is covered.", honest.but(|s| flip(&mut s.sealed, 3))),
        ("content-flipped", "A bit of the content.", honest.but(|s| flip(&mut s.sealed, 5))),
        ("tag-flipped", "A bit of the tag.", honest.but(|s| flip(&mut s.sealed, last))),
        ("cut-short", "The last byte is missing.", honest.but(|s| s.sealed.truncate(last))),
        ("one-byte-more", "A byte follows.", honest.but(|s| s.sealed.push(0))),
        ("key-flipped", "Another key.", honest.but(|s| flip(&mut s.key, 0))),
        ("key-of-zeros", "No key at all.", honest.but(|s| s.key = vec![0; 32])),
        ("key-of-another", "The key of another message.", honest.but(|s| s.key.clone_from(&other.key))),
        (
            "commitment-flipped",
            "It opens, and was not committed to.",
            honest.but(|s| flip(&mut s.commitment, 0)),
        ),
        (
            "commitment-of-zeros",
            "It opens, and was not committed to.",
            honest.but(|s| s.commitment = vec![0; 32]),
        ),
        (
            "commitment-of-another",
            "It opens, and another was committed to.",
            honest.but(|s| s.commitment.clone_from(&other.commitment)),
        ),
        (
            "content-of-another-under-the-same-key",
            "Another message opens with the key; this one was committed to.",
            honest.but(|s| s.sealed.clone_from(&same_key.sealed)),
        ),
    ] {
        let opening =
            note(format!("once-open-{id}"), "EXP-20", comment).threat("F1").catches(&["skip-commitment"]);
        sheet.refuse(opening, "view_once.open", changed, "commitment")?;
    }
    for (id, length) in [("empty", 0usize), ("15-bytes", 15)] {
        let comment = "There is no room for a tag.";
        let opening = note(format!("once-open-{id}"), "EXP-20", comment).threat("W5");
        sheet.refuse(opening, "view_once.open", honest.but(|s| s.sealed.truncate(length)), "malformed")?;
    }
    let kindless = {
        let key = key("forged view key")?;
        let [cipher, committing] = expand_key(&key, label::VIEW_ONCE);
        let Commitment(commitment) =
            Commitment::compute(&committing, label::VIEW_ONCE_COMMITMENT, &[&[], &[]]);
        let tag = aead::seal(&cipher, &[0; NONCE_BYTES], &[], &mut []).map_err(|error| error.to_string())?;
        Sealed { sealed: tag.to_vec(), commitment: commitment.to_vec(), key: key.expose().to_vec() }
    };
    let opening = note("once-open-without-a-kind", "EXP-20", "Nothing was sealed.").threat("W5");
    sheet.refuse(opening, "view_once.open", kindless.input(), "malformed")
}

fn key(name: &str) -> Result<Secret<32>> {
    Secret::from_slice(&material(name, 32)).ok_or_else(|| "a key has 32 bytes".into())
}
