//! `handshake/schedule.json`.

use super::{
    Result,
    people::Cast,
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    check::material,
    value::Fields,
    vector::{File, Level},
};
use aside_identity::PrekeyKind;
use aside_wire::packet::Handshake;

pub(super) const CHAPTER: &str = "spec/handshake.md";

pub(super) fn schedule() -> Result<File> {
    let about = "The key schedule of the handshake, step by step: hash, transcript, keys.";
    let mut sheet = Sheet::new(Level::Session, CHAPTER, about);
    let (alice, bob) = (Cast::new("alice")?, Cast::bob()?);
    let bytes = |one_time: Option<u32>| {
        let account = alice.certificate.account;
        Handshake::join(account.as_bytes(), 1, &[0xE1; 32], 1, one_time, &[0xCC; 1088])
    };
    let comment = "What a responder remembers of the handshake.";
    let input = Fields::new().bytes("handshake", bytes(Some(7)));
    sheet.accept(note("handshake-hash", "HSK-10", comment), "handshake.hash", input)?;
    let mut ids = Vec::new();
    for (id, comment, one_time) in [
        ("transcript-with-one-time-prekey", "Twelve parts, each after its length.", Some(7)),
        ("transcript-without-one-time-prekey", "The last part is empty.", None),
    ] {
        let body = one_time.map(|id| bob.prekey(PrekeyKind::OneTime, id)).transpose()?;
        let input = sides(&alice, &bob)
            .bytes("handshake", bytes(one_time))
            .bytes("signed_prekey", bob.prekey(PrekeyKind::Signed, 1)?.body())
            .bytes("one_time_prekey", body.map(|prekey| prekey.body().to_vec()).unwrap_or_default());
        let note = note(id, "HSK-7 PRM-1", comment).threat("P7");
        ids.push(bytes_of(&sheet.accept(note, "handshake.transcript", input)?, "session_id")?);
    }
    for (id, comment, count) in [
        ("handshake-keys-with-four-agreements", "0xFF × 32, DH1 to DH4, SS.", 4u8),
        ("handshake-keys-with-three-agreements", "0xFF × 32, DH1 to DH3, SS.", 3),
    ] {
        let agreements = (1..=count).map(|n| material(&format!("DH{n}"), 32));
        let input = Fields::new()
            .bytes("session_id", ids.first().cloned().unwrap_or_default())
            .bytes_list("agreements", agreements)
            .bytes("kem_secret", material("SS", 32));
        sheet.accept(note(id, "HSK-8 PRM-10", comment), "handshake.keys", input)?;
    }
    Ok(sheet.finish())
}

fn sides(alice: &Cast, bob: &Cast) -> Fields {
    [("initiator", alice), ("responder", bob)].into_iter().fold(Fields::new(), |fields, (name, side)| {
        let certificate = &side.certificate;
        fields
            .bytes(&format!("{name}_account"), certificate.account.as_bytes())
            .number(&format!("{name}_device"), certificate.device.byte())
            .bytes(&format!("{name}_signing"), certificate.signing_key.as_bytes())
            .bytes(&format!("{name}_agreement"), certificate.agreement_key.as_bytes())
    })
}
