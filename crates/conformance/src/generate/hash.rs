//! `primitives/hash.json`.

use super::{
    Result,
    primitives::{CHAPTER, flip},
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    hex,
    value::Fields,
    vector::{File, Level},
};

pub(super) fn hash() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "Labelled hashes, key derivations and commitments: that every part has its length before it.",
    );
    hashes(&mut sheet)?;
    derivations(&mut sheet)?;
    commitments(&mut sheet)?;
    Ok(sheet.finish())
}

fn hashes(sheet: &mut Sheet) -> Result<()> {
    let input = |label: &str, parts: &[&str]| Fields::new().text("label", label).bytes_list("parts", parts);
    let out = sheet.accept(
        note("hash-one-part", "PRM-1", "The example of the chapter: 4 + 22 + 4 + 3 bytes are hashed."),
        "hash",
        input("aside/1 handshake hash", &["abc"]),
    )?;
    let shown = "3046aea1a2136bbb178761dbeee1d111a5de1d0afaaa63f770b25194f13d90c2";
    if hex::encode(&bytes_of(&out, "hash")?) != shown {
        return Err("the hash is not that of the chapter".into());
    }
    let vectors: [(&str, &str, &str, &[&str]); 5] = [
        ("hash-no-part", "The label alone, after its length.", "aside/1 handshake hash", &[]),
        (
            "hash-empty-part",
            "An absent part is a part of length 0, not no part.",
            "aside/1 handshake hash",
            &[""],
        ),
        (
            "hash-parts-divided-early",
            "Differs from hash-parts-divided-late.",
            "aside/1 thread id",
            &["a", "bc"],
        ),
        (
            "hash-parts-divided-late",
            "Differs from hash-parts-divided-early.",
            "aside/1 thread id",
            &["ab", "c"],
        ),
        ("hash-other-label", "The parts of hash-one-part under another label.", "aside/1 login", &["abc"]),
    ];
    for (id, comment, label, parts) in vectors {
        sheet.accept(note(id, "PRM-1 PRM-15", comment).threat("P5"), "hash", input(label, parts))?;
    }
    Ok(())
}

fn derivations(sheet: &mut Sheet) -> Result<()> {
    for count in 1u32..=3 {
        let input = Fields::new()
            .bytes("salt", material("salt", 32))
            .bytes("ikm", material("ikm", 32))
            .text("label", "aside/1 root step")
            .number("count", count);
        let comment = "Keys are cut in order from one output: fewer keys are the first of more keys.";
        sheet.accept(note(format!("kdf-{count}"), "PRM-1 PRM-10", comment), "kdf", input)?;
        let input = Fields::new()
            .bytes("key", material("uniform key", 32))
            .text("label", "aside/1 chain step")
            .number("count", count);
        let comment = "HKDF-Expand alone: the key is the pseudorandom key.";
        sheet.accept(note(format!("expand-{count}"), "PRM-1 PRM-10", comment), "expand", input)?;
    }
    let input = Fields::new()
        .bytes("salt", "")
        .bytes("ikm", material("long ikm", 192))
        .text("label", "aside/1 handshake keys")
        .number("count", 3u32);
    sheet.accept(
        note("kdf-empty-salt", "PRM-10", "An empty salt counts as 32 zero bytes in HKDF."),
        "kdf",
        input,
    )?;
    Ok(())
}

fn commitments(sheet: &mut Sheet) -> Result<()> {
    let input = |key: &[u8], label: &str, parts: &[&str]| {
        Fields::new().bytes("key", key).text("label", label).bytes_list("parts", parts)
    };
    let key = [1; 32];
    let comment = "The example of the chapter: HMAC-SHA-256 over label and parts, each after its length.";
    let out = sheet.accept(
        note("commit-one-part", "PRM-13", comment),
        "commit",
        input(&key, "aside/1 commitment", &["abc"]),
    )?;
    let good = bytes_of(&out, "commitment")?;
    let verified = |parts: &[&str], commitment: &[u8]| {
        input(&key, "aside/1 commitment", parts).bytes("commitment", commitment)
    };
    let comment = "The commitment of commit-one-part.";
    sheet.accept(
        note("commitment-matches", "PRM-13", comment),
        "commit.verify",
        verified(&["abc"], &good),
    )?;

    let mut refuse = |id: &str, comment: &str, input: Fields| {
        let note = note(id, "PRM-13", comment).threat("F2").catches(&["skip-commitment"]);
        sheet.refuse(note, "commit.verify", input, "commitment")
    };
    let begin = good.get(..16).unwrap_or_default();
    refuse("commitment-first-bit", "One bit off.", verified(&["abc"], &flip(&good, 0, 0x80)))?;
    refuse("commitment-last-bit", "One bit off.", verified(&["abc"], &flip(&good, 31, 0x01)))?;
    refuse(
        "commitment-half",
        "All 32 bytes are compared; 16 right ones are not enough.",
        verified(&["abc"], begin),
    )?;
    refuse("commitment-empty", "No byte is wrong, and none is there.", verified(&["abc"], &[]))?;
    refuse("commitment-other-part", "Made for other parts.", verified(&["abd"], &good))?;
    refuse("commitment-divided-part", "Made for one part, not for two.", verified(&["ab", "c"], &good))?;
    refuse(
        "commitment-other-key",
        "Made with another key.",
        input(&[2; 32], "aside/1 commitment", &["abc"]).bytes("commitment", &good),
    )?;
    refuse(
        "commitment-other-label",
        "Made under another label.",
        input(&key, "aside/1 login", &["abc"]).bytes("commitment", &good),
    )
}
