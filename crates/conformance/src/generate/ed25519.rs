//! `primitives/ed25519.json`.

use super::{
    Result, curve,
    primitives::{CHAPTER, flip},
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    hex,
    value::Fields,
    vector::{File, Level},
};
use aside_primitives::{Secret, SigningKey, label};

pub(super) fn ed25519() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "Ed25519, verified strictly: each lie here is accepted by a verifier that somebody uses.",
    );
    let seed = Secret::new([1; 32]);
    let signer = SigningKey::from_seed(&seed);
    let key = *signer.verifying_key().as_bytes();
    let comment = "The public key of a seed (RFC 8032).";
    let private = Fields::new().bytes("private", seed.expose());
    sheet.accept(note("ed25519-public-key", "PRM-6", comment), "ed25519.public", private)?;
    let comment = "The example of the chapter.";
    let input =
        Fields::new().bytes("private", seed.expose()).text("label", "aside/1 login").bytes("body", "abc");
    let out = sheet.accept(note("ed25519-signature", "PRM-5", comment), "ed25519.sign", input)?;
    let good = bytes_of(&out, "signature")?;
    if !hex::encode(&good).starts_with("b975f8d55838298c293458442de3b761") {
        return Err("the signature is not that of the chapter".into());
    }
    signatures(&mut sheet, &seed, &key, &good)?;
    ed25519_keys(&mut sheet, &key)?;
    Ok(sheet.finish())
}

fn signatures(sheet: &mut Sheet, seed: &Secret<32>, key: &[u8; 32], good: &[u8]) -> Result<()> {
    let input = |key: &[u8], label: &str, body: &str, signature: &[u8]| {
        Fields::new().bytes("key", key).text("label", label).bytes("body", body).bytes("signature", signature)
    };
    let login = "aside/1 login";
    let comment = "The signature of ed25519-signature.";
    sheet.accept(
        note("ed25519-verifies", "PRM-5", comment),
        "ed25519.verify",
        input(key, login, "abc", good),
    )?;
    let other = *SigningKey::from_seed(&Secret::new([2; 32])).verifying_key().as_bytes();
    let cut = good.get(..63).unwrap_or_default();
    let longer = [good, &[0]].concat();
    let lie = |lie| curve::sign(seed, label::LOGIN, b"abc", lie);
    let refused = [
        ("ed25519-first-bit", "P3", "One bit of R off.", input(key, login, "abc", &flip(good, 0, 1))),
        ("ed25519-last-bit", "P3", "One bit of S off.", input(key, login, "abc", &flip(good, 63, 0x10))),
        ("ed25519-other-body", "P3", "Made for another body.", input(key, login, "abd", good)),
        ("ed25519-longer-body", "P3", "Made for a shorter body.", input(key, login, "abc\0", good)),
        (
            "ed25519-other-label",
            "P5",
            "Made for another purpose.",
            input(key, "aside/1 register", "abc", good),
        ),
        (
            "ed25519-label-of-prekeys",
            "P5",
            "Made for another purpose.",
            input(key, "aside/1 prekey", "abc", good),
        ),
        ("ed25519-other-key", "P3", "Made by another key.", input(&other, login, "abc", good)),
        ("ed25519-signature-empty", "P15", "A signature has 64 bytes.", input(key, login, "abc", &[])),
        ("ed25519-signature-63-bytes", "P15", "A signature has 64 bytes.", input(key, login, "abc", cut)),
        ("ed25519-signature-65-bytes", "P15", "A signature has 64 bytes.", input(key, login, "abc", &longer)),
        ("ed25519-signature-of-zeros", "P3", "R and S are zero.", input(key, login, "abc", &[0; 64])),
        (
            "ed25519-unreduced-s",
            "P3",
            "S + L in place of S: the same signature under a second name.",
            input(key, login, "abc", &lie(curve::Lie::Unreduced)?),
        ),
        (
            "ed25519-small-order-r",
            "P3",
            "R is the neutral element, and the equation holds.",
            input(key, login, "abc", &lie(curve::Lie::SmallOrder)?),
        ),
        (
            "ed25519-needs-a-cofactor",
            "P3",
            "R has a component of order 8: the equation holds only when it is multiplied by 8.",
            input(key, login, "abc", &lie(curve::Lie::Torsion)?),
        ),
    ];
    for (id, threat, comment, input) in refused {
        sheet.refuse(note(id, "PRM-5", comment).threat(threat), "ed25519.verify", input, "signature")?;
    }
    let neutral = curve::low_order_edwards().first().copied().unwrap_or_default();
    let comment = "Neither key nor signature can be; the key comes first.";
    let both =
        note("ed25519-key-and-signature-bad", "PRM-7", comment).threat("P3").catches(&["accept-low-order"]);
    sheet.refuse(both, "ed25519.verify", input(&neutral, login, "abc", &[]), "key")?;
    let base = [curve::sign(seed, label::LOGIN, b"abc", curve::Lie::SmallOrder)?.as_slice()].concat();
    let comment = "Under the neutral element as key, lenient verifiers accept any message.";
    let note =
        note("ed25519-key-that-signs-anything", "PRM-7", comment).threat("P3").catches(&["accept-low-order"]);
    sheet.refuse(note, "ed25519.verify", input(&neutral, login, "any message", &base), "key")
}

fn ed25519_keys(sheet: &mut Sheet, honest: &[u8; 32]) -> Result<()> {
    let input = |key: &[u8]| Fields::new().bytes("key", key);
    sheet.accept(
        note("ed25519-honest-key", "PRM-6 PRM-7", "An ordinary key."),
        "ed25519.parse",
        input(honest),
    )?;
    for (n, point) in (1..).zip(curve::low_order_edwards()) {
        let comment = "Of small order: verifiers disagree about it.";
        let note = note(format!("ed25519-key-small-order-{n}"), "PRM-7", comment);
        sheet.refuse(
            note.threat("P3").catches(&["accept-low-order"]),
            "ed25519.parse",
            input(&point),
            "key",
        )?;
    }
    let comment = "An honest key plus a point of order 8.";
    let torsion = note("ed25519-key-torsion", "PRM-7", comment).threat("P3").catches(&["accept-low-order"]);
    sheet.refuse(torsion, "ed25519.parse", input(&curve::edwards_with_torsion(honest)?), "key")?;
    let mut negative_zero = [0; 32];
    let [first, .., last] = &mut negative_zero;
    (*first, *last) = (1, 0x80);
    let encodings = [
        ("ed25519-key-prime", "y = p, a second name of 0.", curve::prime_plus(0)),
        (
            "ed25519-key-prime-plus-1",
            "y = p + 1, a second name of 1, the neutral element.",
            curve::prime_plus(1),
        ),
        (
            "ed25519-key-non-canonical-y",
            "y - p in place of y, of large order.",
            curve::non_canonical_edwards()?,
        ),
        ("ed25519-key-negative-zero", "The sign of an x that is 0.", negative_zero),
    ];
    for (id, comment, key) in encodings {
        sheet.refuse(note(id, "PRM-6", comment).threat("P3"), "ed25519.parse", input(&key), "key")?;
    }
    let mut no_point = [0; 32];
    if let Some(first) = no_point.first_mut() {
        *first = 2;
    }
    sheet.refuse(
        note("ed25519-key-no-point", "PRM-6", "y = 2 is on no curve."),
        "ed25519.parse",
        input(&no_point),
        "key",
    )?;
    let (_, short) = honest.split_first().ok_or("a key has bytes")?;
    let longer = [honest.as_slice(), &[0]].concat();
    let lengths: [(&str, &[u8]); 3] =
        [("ed25519-key-empty", &[]), ("ed25519-key-31-bytes", short), ("ed25519-key-33-bytes", &longer)];
    for (id, bytes) in lengths {
        sheet.refuse(note(id, "PRM-6", "A key has 32 bytes."), "ed25519.parse", input(bytes), "key")?;
    }
    Ok(())
}
