//! `primitives/`: hashes and keys, the AEAD, both curves, the KEM.

use super::{
    Result, curve,
    sheet::{Note, Sheet, bytes_of, note},
};
use crate::{
    check::material,
    hex,
    value::Fields,
    vector::{File, Level},
};
use aside_primitives::{AgreementSecret, Secret, SigningKey, label};

const CHAPTER: &str = "spec/primitives.md";

/// `bytes` with one byte combined with a mask.
fn flip(bytes: &[u8], at: usize, mask: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= mask;
    }
    bytes
}

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

pub(super) fn aead() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "ChaCha20-Poly1305 with the tag apart: no plaintext unless all 16 bytes of the tag match.",
    );
    let text =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
        sunscreen would be it.";
    let key: Vec<u8> = (0x80..=0x9F).collect();
    let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
    let ad = [0x50, 0x51, 0x52, 0x53, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7];
    let sealed = |text: &[u8]| {
        Fields::new().bytes("key", &key).bytes("nonce", nonce).bytes("ad", ad).bytes("plaintext", text)
    };
    let out = sheet.accept(
        note("aead-rfc-8439", "PRM-11", "RFC 8439, section 2.8.2."),
        "aead.seal",
        sealed(text),
    )?;
    let (ciphertext, tag) = (bytes_of(&out, "ciphertext")?, bytes_of(&out, "tag")?);
    if hex::encode(&tag) != "1ae10b594f09e26a7e902ecbd0600691" {
        return Err("the tag is not that of RFC 8439".into());
    }
    let comment = "An empty payload has a tag as well.";
    sheet.accept(note("aead-empty-plaintext", "PRM-11", comment), "aead.seal", sealed(b""))?;

    let opened = |key: &[u8], nonce: &[u8], ad: &[u8], ciphertext: &[u8], tag: &[u8]| {
        Fields::new()
            .bytes("key", key)
            .bytes("nonce", nonce)
            .bytes("ad", ad)
            .bytes("ciphertext", ciphertext)
            .bytes("tag", tag)
    };
    let comment = "The ciphertext of aead-rfc-8439.";
    let input = opened(&key, &nonce, &ad, &ciphertext, &tag);
    sheet.accept(note("aead-opens", "PRM-11", comment), "aead.open", input)?;
    let cut = |bytes: &[u8], length: usize| bytes.get(..length).unwrap_or_default().to_vec();
    let refused = [
        ("aead-tag-first-bit", opened(&key, &nonce, &ad, &ciphertext, &flip(&tag, 0, 0x80))),
        ("aead-tag-last-bit", opened(&key, &nonce, &ad, &ciphertext, &flip(&tag, 15, 0x01))),
        ("aead-tag-15-bytes", opened(&key, &nonce, &ad, &ciphertext, &cut(&tag, 15))),
        ("aead-tag-8-bytes", opened(&key, &nonce, &ad, &ciphertext, &cut(&tag, 8))),
        ("aead-tag-empty", opened(&key, &nonce, &ad, &ciphertext, &[])),
        ("aead-tag-17-bytes", opened(&key, &nonce, &ad, &ciphertext, &[tag.as_slice(), &[0]].concat())),
        ("aead-ciphertext-first-bit", opened(&key, &nonce, &ad, &flip(&ciphertext, 0, 0x80), &tag)),
        (
            "aead-ciphertext-last-bit",
            opened(&key, &nonce, &ad, &flip(&ciphertext, ciphertext.len() - 1, 1), &tag),
        ),
        ("aead-ciphertext-short", opened(&key, &nonce, &ad, &cut(&ciphertext, ciphertext.len() - 1), &tag)),
        ("aead-ciphertext-missing", opened(&key, &nonce, &ad, &[], &tag)),
        ("aead-associated-data-bit", opened(&key, &nonce, &flip(&ad, 0, 1), &ciphertext, &tag)),
        ("aead-associated-data-missing", opened(&key, &nonce, &[], &ciphertext, &tag)),
        ("aead-nonce-bit", opened(&key, &flip(&nonce, 11, 1), &ad, &ciphertext, &tag)),
        ("aead-key-bit", opened(&flip(&key, 31, 1), &nonce, &ad, &ciphertext, &tag)),
    ];
    for (id, input) in refused {
        let threat = if id.contains("bytes") || id.ends_with("empty") { "P15" } else { "P16" };
        let comment = "Not what was sealed; no byte of plaintext comes out.";
        sheet.refuse(note(id, "PRM-11", comment).threat(threat), "aead.open", input, "mac")?;
    }
    Ok(sheet.finish())
}

pub(super) fn x25519() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "X25519: one encoding for each key, no small order, and an agreement that can fail.",
    );
    let alice = AgreementSecret::from_seed(&super::people::seed("x25519 alice")?);
    let bob = AgreementSecret::from_seed(&super::people::seed("x25519 bob")?);
    let honest = *bob.public().as_bytes();
    let key = |key: &[u8]| Fields::new().bytes("key", key);
    let agree = |private: &AgreementSecret, public: &[u8]| {
        Fields::new().bytes("private", private.to_seed().expose()).bytes("key", public)
    };
    let comment = "Clamped when it is used, not when it is stored.";
    let private = Fields::new().bytes("private", bob.to_seed().expose());
    sheet.accept(note("x25519-public-key", "PRM-2", comment), "x25519.public", private)?;
    sheet.accept(note("x25519-honest-key", "PRM-2", "An ordinary key."), "x25519.parse", key(&honest))?;
    let comment = "An ordinary key, on the curve and of large order.";
    sheet.accept(
        note("x25519-honest-long-lived-key", "PRM-3", comment),
        "x25519.parse_long_lived",
        key(&honest),
    )?;
    let comment = "The same agreement as x25519-agreement-of-bob.";
    let input = agree(&alice, &honest);
    let one = sheet.accept(note("x25519-agreement-of-alice", "PRM-4", comment), "x25519.agree", input)?;
    let comment = "The same agreement as x25519-agreement-of-alice.";
    let input = agree(&bob, alice.public().as_bytes());
    let other = sheet.accept(note("x25519-agreement-of-bob", "PRM-4", comment), "x25519.agree", input)?;
    if one != other {
        return Err("the two do not agree".into());
    }
    lengths_and_encodings(&mut sheet, &honest)?;
    low_order(&mut sheet, &alice, &honest)?;
    Ok(sheet.finish())
}

fn lengths_and_encodings(sheet: &mut Sheet, honest: &[u8; 32]) -> Result<()> {
    let key = |key: &[u8]| Fields::new().bytes("key", key);
    let longer = [honest.as_slice(), &[0]].concat();
    let lengths: [(&str, &[u8]); 3] = [
        ("x25519-key-empty", &[]),
        ("x25519-key-31-bytes", honest.split_last().map(|(_, rest)| rest).unwrap_or_default()),
        ("x25519-key-33-bytes", &longer),
    ];
    for (id, bytes) in lengths {
        sheet.refuse(note(id, "PRM-2", "A key has 32 bytes."), "x25519.parse", key(bytes), "key")?;
    }
    let mut zero_with_high_bit = [0; 32];
    if let Some(last) = zero_with_high_bit.last_mut() {
        *last = 0x80;
    }
    let encodings: [(&str, &str, Vec<u8>); 7] = [
        ("x25519-key-prime", "p is a second name of 0.", curve::prime_plus(0).to_vec()),
        ("x25519-key-prime-plus-1", "p + 1 is a second name of 1.", curve::prime_plus(1).to_vec()),
        (
            "x25519-key-prime-plus-9",
            "p + 9 is a second name of the base point.",
            curve::prime_plus(9).to_vec(),
        ),
        ("x25519-key-prime-plus-18", "2^255 - 1.", curve::prime_plus(18).to_vec()),
        ("x25519-key-all-ones", "2^256 - 1.", vec![0xFF; 32]),
        ("x25519-key-high-bit", "An honest key with its highest bit set.", flip(honest, 31, 0x80)),
        ("x25519-key-zero-high-bit", "0 with its highest bit set.", zero_with_high_bit.to_vec()),
    ];
    for (id, comment, bytes) in encodings {
        sheet.refuse(note(id, "PRM-2", comment).threat("P2"), "x25519.parse", key(&bytes), "key")?;
    }
    let comment = "A long-lived key has one encoding as well.";
    let input = key(&flip(honest, 31, 0x80));
    let note = note("x25519-long-lived-key-high-bit", "PRM-2 PRM-3", comment).threat("P2");
    sheet.refuse(note, "x25519.parse_long_lived", input, "key")
}

fn low_order(sheet: &mut Sheet, alice: &AgreementSecret, honest: &[u8; 32]) -> Result<()> {
    let marked = |note: Note| note.catches(&["accept-low-order"]);
    for (n, point) in (1..).zip(curve::low_order_montgomery()) {
        let input = Fields::new().bytes("key", point);
        let comment = "Of small order: every agreement with it is all zeros.";
        let long_lived =
            note(format!("x25519-long-lived-key-small-order-{n}"), "PRM-3", comment).threat("P1");
        sheet.refuse(marked(long_lived), "x25519.parse_long_lived", input, "key")?;
        let input = Fields::new().bytes("private", alice.to_seed().expose()).bytes("key", point);
        let comment = "The agreement is all zeros, which everybody knows.";
        let agreement =
            note(format!("x25519-agreement-small-order-{n}"), "PRM-4 HSK-6", comment).threat("P1");
        sheet.refuse(marked(agreement), "x25519.agree", input, "key")?;
    }
    for (n, key) in (1..).zip(curve::with_torsion(honest)?) {
        let comment = "An honest key plus a point of small order: it gives the agreement of the honest key.";
        let note = note(format!("x25519-long-lived-key-torsion-{n}"), "PRM-3", comment).threat("P2");
        sheet.refuse(marked(note), "x25519.parse_long_lived", Fields::new().bytes("key", key), "key")?;
    }
    let comment = "A number that is no point of the curve but of its twist.";
    let note_ = marked(note("x25519-long-lived-key-on-the-twist", "PRM-3", comment).threat("P2"));
    let input = Fields::new().bytes("key", curve::on_the_twist()?);
    sheet.refuse(note_, "x25519.parse_long_lived", input, "key")?;
    let torsion = curve::with_torsion(honest)?.first().copied().unwrap_or_default();
    let comment = "Short-lived keys skip PRM-3: the agreement is that of the honest key, and not zero.";
    let input = Fields::new().bytes("private", alice.to_seed().expose()).bytes("key", torsion);
    sheet.accept(note("x25519-short-lived-key-with-torsion", "PRM-4", comment), "x25519.agree", input)?;
    Ok(())
}

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
