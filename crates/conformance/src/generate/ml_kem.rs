//! `primitives/ml-kem.json`.

use super::{
    Result,
    primitives::{CHAPTER, flip},
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};

pub(super) fn ml_kem() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "ML-KEM-768: keys as seeds, supplied randomness, the check of encapsulation keys, implicit rejection.",
    );
    let seed = material("KEM seed", 64);
    let comment = "d and z, in this order, are the whole private key.";
    let out = sheet.accept(
        note("kem-public-key", "PRM-8", comment).threat("P6"),
        "kem.public",
        Fields::new().bytes("seed", &seed),
    )?;
    let key = bytes_of(&out, "key")?;
    sheet.accept(
        note("kem-honest-key", "PRM-9", "An ordinary key."),
        "kem.parse",
        Fields::new().bytes("key", &key),
    )?;
    let comment = "The randomness of an encapsulation is an input.";
    let input = Fields::new().bytes("key", &key);
    let out = sheet.accept(note("kem-encapsulation", "PRM-8", comment), "kem.encapsulate", input)?;
    let ciphertext = bytes_of(&out, "ciphertext")?;
    let opened = |ciphertext: &[u8]| Fields::new().bytes("seed", &seed).bytes("ciphertext", ciphertext);
    let comment = "The secret of kem-encapsulation.";
    sheet.accept(note("kem-decapsulation", "PRM-8", comment), "kem.decapsulate", opened(&ciphertext))?;
    for (id, at) in [("kem-ciphertext-first-bit", 0), ("kem-ciphertext-last-bit", 1087)] {
        let comment = "Gives another secret and no error; nothing may be concluded from it.";
        sheet.accept(
            note(id, "PRM-8 HSK-9", comment).threat("P9"),
            "kem.decapsulate",
            opened(&flip(&ciphertext, at, 1)),
        )?;
    }
    for (id, comment, bytes) in [
        ("kem-key-empty", "A key has 1,184 bytes.", Vec::new()),
        ("kem-key-1183-bytes", "A key has 1,184 bytes.", key.get(..1183).unwrap_or_default().to_vec()),
        ("kem-key-1185-bytes", "A key has 1,184 bytes.", [key.as_slice(), &[0]].concat()),
        (
            "kem-key-first-coefficient-is-the-modulus",
            "3,329 is a second name of 0.",
            coefficient(&key, 0, 3329),
        ),
        ("kem-key-first-coefficient-4095", "Beyond the modulus.", coefficient(&key, 0, 0xFFF)),
        ("kem-key-last-coefficient-4095", "Beyond the modulus.", coefficient(&key, 767, 0xFFF)),
        (
            "kem-key-last-coefficient-is-the-modulus",
            "3,329 is a second name of 0.",
            coefficient(&key, 767, 3329),
        ),
        ("kem-key-all-ones", "Every coefficient is beyond the modulus.", vec![0xFF; 1184]),
    ] {
        let input = Fields::new().bytes("key", bytes);
        sheet.refuse(note(id, "PRM-9", comment).threat("P6"), "kem.parse", input, "key")?;
    }
    Ok(sheet.finish())
}

/// An encapsulation key with another coefficient: two of 12 bits stand in three bytes.
fn coefficient(key: &[u8], index: usize, value: u16) -> Vec<u8> {
    let mut key = key.to_vec();
    let [low, high] = value.to_le_bytes();
    if let Some([a, b, c]) = key.as_chunks_mut::<3>().0.get_mut(index / 2) {
        if index.is_multiple_of(2) {
            *a = low;
            *b = *b & 0xF0 | high;
        } else {
            *b = *b & 0x0F | low << 4;
            *c = high << 4 | low >> 4;
        }
    }
    key
}
