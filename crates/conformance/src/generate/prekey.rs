//! `identity/prekey.json`.

use super::{
    Result, curve,
    people::{Cast, NOW, WEEK},
    proto,
    sheet::{Sheet, bytes_of, note},
    signed::{CHAPTER, Lie, key_with_high_bit, signed},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_identity::PrekeyKind;
use aside_primitives::label;
use aside_wire::{decode, pb};
use prost::Message;

pub(super) fn prekey() -> Result<File> {
    let about =
        "Prekeys: an X25519 and an ML-KEM-768 key under one signature, in the right place at the right time.";
    let mut sheet = Sheet::new(Level::Wire, CHAPTER, about);
    let bob = Cast::new("bob")?;
    let input = |bytes: &[u8], kind: &str, now: u64| {
        Fields::new()
            .bytes("account_key", bob.certificate.account.as_bytes())
            .bytes("certificate", bob.certificate.as_bytes())
            .text("kind", kind)
            .number("now", now)
            .bytes("prekey", bytes)
    };
    let generate = |kind: &str, id: u32| {
        Fields::new()
            .bytes("account_key", bob.certificate.account.as_bytes())
            .bytes("certificate", bob.certificate.as_bytes())
            .bytes("signing_private", bob.keys.signing.to_seed().expose())
            .text("kind", kind)
            .number("id", id)
            .number("not_after", NOW + WEEK)
    };
    let comment = "First the X25519 key is drawn, then the ML-KEM seed; one signature covers both.";
    let out =
        sheet.accept(note("prekey-signed", "IDN-10", comment), "prekey.generate", generate("signed", 1))?;
    let signed_prekey = bytes_of(&out, "prekey")?;
    let comment = "The kind is under the signature.";
    let out = sheet.accept(
        note("prekey-one-time", "IDN-10", comment),
        "prekey.generate",
        generate("one-time", 7),
    )?;
    let one_time = bytes_of(&out, "prekey")?;
    for (id, comment, bytes, kind, now) in [
        ("prekey-signed-verifies", "The prekey of prekey-signed.", &signed_prekey, "signed", NOW),
        ("prekey-one-time-verifies", "The prekey of prekey-one-time.", &one_time, "one-time", NOW),
        ("prekey-on-its-last-millisecond", "not_after has not passed.", &signed_prekey, "signed", NOW + WEEK),
    ] {
        sheet.accept(note(id, "IDN-11 IDN-12", comment), "prekey.verify", input(bytes, kind, now))?;
    }
    for (id, comment, bytes, kind, now, word) in [
        ("prekey-expired", "not_after has passed.", &signed_prekey, "signed", NOW + WEEK + 1, "stale"),
        (
            "prekey-signed-as-one-time",
            "A reusable prekey where a one-time one is expected.",
            &signed_prekey,
            "one-time",
            NOW,
            "malformed",
        ),
        (
            "prekey-one-time-as-signed",
            "A one-time prekey where a reusable one is expected.",
            &one_time,
            "signed",
            NOW,
            "malformed",
        ),
    ] {
        sheet.refuse(
            note(id, "IDN-12", comment).threat("H1"),
            "prekey.verify",
            input(bytes, kind, now),
            word,
        )?;
    }
    for (id, reqs, threat, comment, bytes, word) in prekey_lies(&bob, &signed_prekey)? {
        sheet.refuse(
            note(id, reqs, comment).threat(threat),
            "prekey.verify",
            input(&bytes, "signed", NOW),
            word,
        )?;
    }
    low_order_prekeys(&mut sheet, &bob, &signed_prekey, &input)?;
    Ok(sheet.finish())
}

fn prekey_body(bytes: &[u8]) -> Result<pb::PrekeyBody> {
    let signed: pb::Signed = decode(bytes)?;
    Ok(decode(&signed.body)?)
}

fn prekey_lies(bob: &Cast, honest: &[u8]) -> Result<Vec<Lie>> {
    let outer: pb::Signed = decode(honest)?;
    let base = prekey_body(honest)?;
    let carol = Cast::new("carol")?.leave("carol signed prekey 1", PrekeyKind::Signed, 1, NOW + WEEK)?;
    let carols = carol.person()?;
    let carols = carols.prekeys.first().and_then(|pair| crate::hex::decode(&pair.signed)).unwrap_or_default();
    let lie = |edit: &dyn Fn(&mut pb::PrekeyBody)| {
        let mut body = base.clone();
        edit(&mut body);
        signed(&bob.keys.signing, label::PREKEY, &body.encode_to_vec())
    };
    let with_signature =
        |signature: Vec<u8>| pb::Signed { body: outer.body.clone(), signature }.encode_to_vec();
    let bit: Vec<u8> =
        outer.signature.iter().enumerate().map(|(n, byte)| if n == 10 { byte ^ 1 } else { *byte }).collect();
    let torn = base.encapsulation_key.get(..1183).unwrap_or_default().to_vec();
    let beyond = {
        let mut key = base.encapsulation_key.clone();
        if let [a, b, ..] = key.as_mut_slice() {
            (*a, *b) = (0xFF, *b | 0x0F);
        }
        key
    };
    let extra = [outer.body.as_slice(), &proto::number(9, 1)].concat();
    Ok(vec![
        ("prekey-empty", "ENV-6", "W7", "Nothing is there.", Vec::new(), "malformed"),
        (
            "prekey-unsigned",
            "ENV-6",
            "H1",
            "The signature was stripped.",
            with_signature(Vec::new()),
            "malformed",
        ),
        (
            "prekey-signature-63-bytes",
            "ENV-6",
            "P15",
            "A signature has 64 bytes.",
            with_signature(outer.signature.get(..63).unwrap_or_default().to_vec()),
            "malformed",
        ),
        ("prekey-signature-bit", "IDN-10", "H1", "One bit off.", with_signature(bit), "signature"),
        (
            "prekey-by-the-account",
            "IDN-2 IDN-10",
            "H1",
            "The account's key signs for the device.",
            signed(&bob.account, label::PREKEY, &outer.body),
            "signature",
        ),
        (
            "prekey-by-carol",
            "IDN-10",
            "H1",
            "Another device signs.",
            signed(&carol.keys.signing, label::PREKEY, &outer.body),
            "signature",
        ),
        (
            "prekey-under-other-label",
            "IDN-10",
            "P5",
            "Signed as if it were a login.",
            signed(&bob.keys.signing, label::LOGIN, &outer.body),
            "signature",
        ),
        ("prekey-of-carol", "IDN-10", "H1", "True, and about somebody else.", carols, "signature"),
        (
            "prekey-suite-2",
            "ENV-7",
            "H8",
            "A suite that is not spoken here.",
            lie(&|b| b.suite = 2),
            "version",
        ),
        ("prekey-suite-missing", "ENV-7", "H8", "The suite is 0.", lie(&|b| b.suite = 0), "version"),
        (
            "prekey-names-carol",
            "IDN-12",
            "H6",
            "Signed by Bob's device for Carol's account.",
            lie(&|b| b.account_key = carol.certificate.account.as_bytes().to_vec()),
            "policy",
        ),
        (
            "prekey-without-account",
            "PRM-6",
            "W7",
            "A field is missing.",
            lie(&|b| b.account_key.clear()),
            "key",
        ),
        (
            "prekey-of-other-device",
            "IDN-12",
            "H6",
            "Another device of Bob.",
            lie(&|b| b.device_id = 2),
            "policy",
        ),
        (
            "prekey-device-0",
            "IDN-3",
            "H9",
            "A device id is 1 to 127.",
            lie(&|b| b.device_id = 0),
            "malformed",
        ),
        (
            "prekey-device-257",
            "IDN-3",
            "H9",
            "In one byte, it would be 1.",
            lie(&|b| b.device_id = 257),
            "malformed",
        ),
        (
            "prekey-kind-unspecified",
            "IDN-12 ENV-6",
            "W7",
            "The kind is missing.",
            lie(&|b| b.kind = 0),
            "malformed",
        ),
        (
            "prekey-kind-3",
            "IDN-12 ENV-6",
            "W3",
            "A kind that this version does not name.",
            lie(&|b| b.kind = 3),
            "malformed",
        ),
        ("prekey-id-0", "IDN-12", "W7", "0 says that there is no prekey.", lie(&|b| b.id = 0), "malformed"),
        (
            "prekey-without-date",
            "IDN-12",
            "W7",
            "A missing date has passed.",
            lie(&|b| b.not_after = 0),
            "stale",
        ),
        (
            "prekey-agreement-key-missing",
            "IDN-11",
            "W7",
            "A field is missing.",
            lie(&|b| b.agreement_key.clear()),
            "key",
        ),
        (
            "prekey-agreement-key-33-bytes",
            "IDN-11 PRM-2",
            "P2",
            "A key has 32 bytes.",
            lie(&|b| b.agreement_key.push(0)),
            "key",
        ),
        (
            "prekey-agreement-key-high-bit",
            "IDN-11 PRM-2",
            "P2",
            "A second name of the key.",
            lie(&|b| b.agreement_key = key_with_high_bit(&b.agreement_key)),
            "key",
        ),
        (
            "prekey-encapsulation-key-missing",
            "IDN-11 PRM-9",
            "H8",
            "A prekey without a KEM key is no prekey.",
            lie(&|b| b.encapsulation_key.clear()),
            "key",
        ),
        (
            "prekey-encapsulation-key-short",
            "IDN-11 PRM-9",
            "P6",
            "A key has 1,184 bytes.",
            lie(&|b| b.encapsulation_key.clone_from(&torn)),
            "key",
        ),
        (
            "prekey-encapsulation-key-beyond-the-modulus",
            "IDN-11 PRM-9",
            "P6",
            "The first coefficient is 4,095.",
            lie(&|b| b.encapsulation_key.clone_from(&beyond)),
            "key",
        ),
        (
            "prekey-keys-exchanged",
            "IDN-11",
            "P8",
            "The X25519 key where the KEM key belongs, and the reverse.",
            lie(&|b| std::mem::swap(&mut b.agreement_key, &mut b.encapsulation_key)),
            "key",
        ),
        (
            "prekey-with-extra-field",
            "ENV-3",
            "W3",
            "A signed body with a field that this version does not have.",
            signed(&bob.keys.signing, label::PREKEY, &extra),
            "limit",
        ),
        (
            "prekey-as-long-as-can-be",
            "IDN-10 ENV-2",
            "W2",
            "1,536 bytes, of which none is signed.",
            pb::Signed { body: vec![0; 1_467], signature: vec![0; 64] }.encode_to_vec(),
            "signature",
        ),
        ("prekey-too-long", "ENV-2", "W2", "More than 1,536 bytes.", [honest, &[0; 300]].concat(), "limit"),
    ])
}

fn low_order_prekeys(
    sheet: &mut Sheet,
    bob: &Cast,
    honest: &[u8],
    input: &dyn Fn(&[u8], &str, u64) -> Fields,
) -> Result<()> {
    let base = prekey_body(honest)?;
    let torsion = curve::with_torsion(bob.keys.agreement.public().as_bytes())?;
    let points = curve::low_order_montgomery().into_iter().map(|point| ("small-order", "P1", point));
    let tweaked = torsion.into_iter().take(1).map(|point| ("torsion", "P2", point));
    for (n, (what, threat, point)) in (1..).zip(points.chain(tweaked)) {
        let body = pb::PrekeyBody { agreement_key: point.to_vec(), ..base.clone() };
        let bytes = signed(&bob.keys.signing, label::PREKEY, &body.encode_to_vec());
        let comment = "A key that says nothing about its owner, under a good signature.";
        let note = note(format!("prekey-agreement-key-{what}-{n}"), "IDN-11 PRM-3", comment).threat(threat);
        sheet.refuse(
            note.catches(&["accept-low-order"]),
            "prekey.verify",
            input(&bytes, "signed", NOW),
            "key",
        )?;
    }
    Ok(())
}
