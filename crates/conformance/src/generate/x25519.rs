//! `primitives/x25519.json`.

use super::{
    Result, curve,
    primitives::{CHAPTER, flip},
    sheet::{Note, Sheet, note},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_primitives::AgreementSecret;

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
    let high_bit = note("x25519-long-lived-key-high-bit", "PRM-2 PRM-3", comment).threat("P2");
    sheet.refuse(high_bit, "x25519.parse_long_lived", input, "key")?;
    let comment = "p + 9: on the curve and of large order, by its second name.";
    let base_point = note("x25519-long-lived-key-prime-plus-9", "PRM-2 PRM-3", comment)
        .threat("P2")
        .catches(&["accept-other-encodings"]);
    sheet.refuse(base_point, "x25519.parse_long_lived", key(&curve::prime_plus(9)), "key")
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
