//! `content/declarations.json`: declarations to be reached only encrypted.

use super::{
    Result,
    people::Cast,
    sheet::{Sheet, bytes_of, note},
    signed::signed,
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_primitives::label;
use aside_wire::{decode, pb};
use prost::Message;

pub(super) fn declarations() -> Result<File> {
    let about =
        "Declarations to be reached only encrypted: signed by a device, for one person, with a version.";
    let mut sheet = Sheet::new(Level::Content, "spec/kinds.md", about);
    let (alice, bob) = (Cast::new("alice")?, Cast::new("bob")?);
    let peer = bob.certificate.account.as_bytes().to_vec();
    let owner = |cast: &Cast| {
        Fields::new()
            .bytes("account_key", cast.certificate.account.as_bytes())
            .bytes("certificate", cast.certificate.as_bytes())
    };
    let issue = |peer: &[u8], version: u64| {
        owner(&alice)
            .bytes("signing_private", alice.keys.signing.to_seed().expose())
            .bytes("peer", peer)
            .number("version", version)
    };
    let comment = "Alice can be reached by Bob only encrypted.";
    let out = sheet.accept(
        note("encrypted-only-issue", "CON-27", comment),
        "encrypted_only.issue",
        issue(&peer, 1),
    )?;
    let honest = bytes_of(&out, "declaration")?;
    let own = alice.certificate.account.as_bytes().to_vec();
    for (id, comment, input) in [
        ("encrypted-only-issue-version-0", "Versions begin at 1.", issue(&peer, 0)),
        ("encrypted-only-issue-for-oneself", "Nobody writes to themselves.", issue(&own, 1)),
    ] {
        sheet.refuse(note(id, "CON-27", comment), "encrypted_only.issue", input, "malformed")?;
    }
    let verify = |cast: &Cast, bytes: &[u8]| owner(cast).bytes("declaration", bytes);
    let comment = "The declaration of encrypted-only-issue.";
    sheet.accept(
        note("encrypted-only-verifies", "CON-27", comment),
        "encrypted_only.verify",
        verify(&alice, &honest),
    )?;
    let note_ = note("encrypted-only-of-alice-as-bobs", "CON-27", "It is by another device.").threat("D1");
    sheet.refuse(note_, "encrypted_only.verify", verify(&bob, &honest), "signature")?;
    for (id, reqs, comment, bytes, word) in lies(&alice, &bob, &honest)? {
        let note = note(format!("encrypted-only-{id}"), reqs, comment).threat("D1");
        sheet.refuse(note, "encrypted_only.verify", verify(&alice, &bytes), word)?;
    }
    Ok(sheet.finish())
}

/// Id, requirements, comment, bytes, word.
type Lie = (&'static str, &'static str, &'static str, Vec<u8>, &'static str);

fn lies(alice: &Cast, bob: &Cast, honest: &[u8]) -> Result<Vec<Lie>> {
    let outer: pb::Signed = decode(honest)?;
    let base: pb::EncryptedOnlyBody = decode(&outer.body)?;
    let key = &alice.keys.signing;
    let lie = |edit: &dyn Fn(&mut pb::EncryptedOnlyBody)| {
        let mut body = base.clone();
        edit(&mut body);
        signed(key, label::ENCRYPTED_ONLY, &body.encode_to_vec())
    };
    let (alices, bobs) = (alice.certificate.account.as_bytes(), bob.certificate.account.as_bytes());
    let unsigned = pb::Signed { body: outer.body.clone(), signature: Vec::new() }.encode_to_vec();
    Ok(vec![
        ("empty", "ENV-6", "Nothing is there.", Vec::new(), "malformed"),
        ("unsigned", "ENV-6", "The signature was stripped.", unsigned, "malformed"),
        (
            "by-bob",
            "CON-27",
            "Bob's device signs for Alice.",
            signed(&bob.keys.signing, label::ENCRYPTED_ONLY, &outer.body),
            "signature",
        ),
        (
            "by-the-account",
            "CON-27 IDN-2",
            "The account's key signs for the device.",
            signed(&alice.account, label::ENCRYPTED_ONLY, &outer.body),
            "signature",
        ),
        (
            "under-other-label",
            "CON-27",
            "Signed as if it were a prekey.",
            signed(key, label::PREKEY, &outer.body),
            "signature",
        ),
        ("for-another-account", "CON-27", "It names Bob.", lie(&|b| b.account = bobs.to_vec()), "policy"),
        (
            "account-31-bytes",
            "PRM-6 CON-27",
            "A key comes before whose it is.",
            lie(&|b| b.account.truncate(31)),
            "key",
        ),
        ("for-another-device", "CON-27", "Another device.", lie(&|b| b.device_id = 2), "policy"),
        ("device-0", "IDN-3", "A device id is 1 to 127.", lie(&|b| b.device_id = 0), "malformed"),
        ("without-peer", "PRM-6", "A field is missing.", lie(&|b| b.peer.clear()), "key"),
        (
            "for-oneself",
            "CON-27",
            "Nobody writes to themselves.",
            lie(&|b| b.peer = alices.to_vec()),
            "malformed",
        ),
        ("version-0", "CON-27", "Versions begin at 1.", lie(&|b| b.version = 0), "malformed"),
        ("too-long", "ENV-2", "More than 256 bytes.", [honest, &[0; 200]].concat(), "limit"),
    ])
}
