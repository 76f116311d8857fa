//! `identity/device-list.json`.

use super::{
    Result,
    people::{Cast, NOW},
    proto,
    sheet::{Sheet, note},
    signed::{CHAPTER, Lie, signed},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_identity::{Capabilities, Certificate, DeviceId, DeviceKeys};
use aside_primitives::label;
use aside_wire::{decode, pb};
use prost::Message;

pub(super) fn device_list() -> Result<File> {
    let about = "Device lists: signed, in order, and a chain that only moves forward.";
    let mut sheet = Sheet::new(Level::Wire, CHAPTER, about);
    let alice = Cast::new("alice")?;
    let account_key = *alice.certificate.account.as_bytes();
    let input = |bytes: &[u8]| Fields::new().bytes("account_key", account_key).bytes("list", bytes);
    let honest = alice.list.as_bytes();
    let comment = "The first list of an account.";
    sheet.accept(note("device-list-first", "IDN-7 IDN-17", comment), "device_list.verify", input(honest))?;
    let certificates = devices(&alice, 9)?;
    let eight = alice.list.issue_next(&alice.account, NOW + 1, certificates.get(..8).unwrap_or_default())?;
    let comment = "The most devices, in a list that names the one before it.";
    sheet.accept(
        note("device-list-eight", "IDN-8", comment),
        "device_list.verify",
        input(eight.as_bytes()),
    )?;
    for (id, reqs, threat, comment, bytes, word) in list_lies(&alice, &certificates)? {
        let note = note(id, reqs, comment).threat(threat);
        let note = if reqs == "ENV-5" { note.catches(&["lenient-decoding"]) } else { note };
        sheet.refuse(note, "device_list.verify", input(&bytes), word)?;
    }
    succession(&mut sheet, &alice, &certificates)?;
    Ok(sheet.finish())
}

/// Certificates of an account with the ids 1, 2, 3 …
fn devices(cast: &Cast, count: u32) -> Result<Vec<Certificate>> {
    let mut certificates = vec![cast.certificate.clone()];
    for id in 2..=count {
        let keys = DeviceKeys::from_seeds(
            &super::people::seed(&format!("signing key of device {id}"))?,
            &super::people::seed(&format!("agreement key of device {id}"))?,
        );
        let device = DeviceId::parse(id)?;
        certificates.push(Certificate::issue(&cast.account, device, &keys, NOW, Capabilities::NONE));
    }
    Ok(certificates)
}

fn list_lies(alice: &Cast, certificates: &[Certificate]) -> Result<Vec<Lie>> {
    let signed_list: pb::Signed = decode(alice.list.as_bytes())?;
    let base: pb::DeviceListBody = decode(&signed_list.body)?;
    let carol = Cast::new("carol")?;
    let lie = |edit: &dyn Fn(&mut pb::DeviceListBody)| {
        let mut body = base.clone();
        edit(&mut body);
        signed(&alice.account, label::DEVICE_LIST, &body.encode_to_vec())
    };
    let encoded = |ids: &[usize]| -> Vec<Vec<u8>> {
        ids.iter().filter_map(|id| Some(certificates.get(id.checked_sub(1)?)?.as_bytes().to_vec())).collect()
    };
    let other_label = signed(&alice.account, label::PREKEY, &signed_list.body);
    let by_device = signed(&alice.keys.signing, label::DEVICE_LIST, &signed_list.body);
    let bit = pb::Signed {
        signature: signed_list
            .signature
            .iter()
            .enumerate()
            .map(|(n, b)| if n == 40 { b ^ 1 } else { *b })
            .collect(),
        body: signed_list.body.clone(),
    };
    let short = pb::Signed {
        signature: signed_list.signature.get(..63).unwrap_or_default().to_vec(),
        body: signed_list.body.clone(),
    };
    let unsigned = pb::Signed { signature: Vec::new(), body: signed_list.body.clone() };
    let not_canonical = [signed_list.body.as_slice(), &proto::number(6, 1)].concat();
    let nine: Vec<usize> = (1..=9).collect();
    Ok(vec![
        ("device-list-empty", "ENV-6", "W7", "Nothing is there.", Vec::new(), "malformed"),
        (
            "device-list-unsigned",
            "ENV-6",
            "W7",
            "No signature is there.",
            unsigned.encode_to_vec(),
            "malformed",
        ),
        (
            "device-list-signature-63-bytes",
            "ENV-6",
            "P15",
            "A signature has 64 bytes.",
            short.encode_to_vec(),
            "malformed",
        ),
        ("device-list-signature-bit", "IDN-7", "P3", "One bit off.", bit.encode_to_vec(), "signature"),
        (
            "device-list-under-other-label",
            "IDN-7",
            "P5",
            "Signed as if it were a prekey.",
            other_label,
            "signature",
        ),
        (
            "device-list-by-a-device",
            "IDN-2 IDN-7",
            "D2",
            "A device's key signs for the account.",
            by_device,
            "signature",
        ),
        (
            "device-list-of-carol",
            "IDN-7",
            "D2",
            "True, and about somebody else.",
            carol.list.as_bytes().to_vec(),
            "signature",
        ),
        (
            "device-list-names-carol",
            "IDN-6",
            "D2",
            "Signed by Alice for Carol's account.",
            lie(&|b| b.account_key = carol.certificate.account.as_bytes().to_vec()),
            "policy",
        ),
        (
            "device-list-without-account-key",
            "IDN-6",
            "W7",
            "Names no account.",
            lie(&|b| b.account_key.clear()),
            "policy",
        ),
        (
            "device-list-version-0",
            "IDN-17",
            "D2",
            "The first list has version 1.",
            lie(&|b| b.version = 0),
            "malformed",
        ),
        (
            "device-list-version-0-with-previous",
            "IDN-17",
            "D2",
            "No list has version 0, whatever it names.",
            lie(&|b| {
                b.version = 0;
                b.previous = vec![0xAA; 32];
            }),
            "malformed",
        ),
        (
            "device-list-first-names-previous",
            "IDN-17",
            "D2",
            "There is nothing before the first list.",
            lie(&|b| b.previous = vec![0xAA; 32]),
            "malformed",
        ),
        (
            "device-list-second-names-no-previous",
            "IDN-17",
            "D2",
            "The chain has a gap.",
            lie(&|b| b.version = 2),
            "malformed",
        ),
        (
            "device-list-previous-31-bytes",
            "IDN-17",
            "D2",
            "A hash has 32 bytes.",
            lie(&|b| {
                b.version = 2;
                b.previous = vec![0xAA; 31];
            }),
            "malformed",
        ),
        (
            "device-list-previous-33-bytes",
            "IDN-17",
            "D2",
            "A hash has 32 bytes.",
            lie(&|b| {
                b.version = 2;
                b.previous = vec![0xAA; 33];
            }),
            "malformed",
        ),
        (
            "device-list-without-devices",
            "IDN-8",
            "D2",
            "There is at least one device.",
            lie(&|b| b.certificates.clear()),
            "malformed",
        ),
        (
            "device-list-device-twice",
            "IDN-8",
            "D2",
            "A device that stands twice has two keys.",
            lie(&|b| b.certificates = encoded(&[1, 1])),
            "malformed",
        ),
        (
            "device-list-descending",
            "IDN-8",
            "D2",
            "The ids descend.",
            lie(&|b| b.certificates = encoded(&[2, 1])),
            "malformed",
        ),
        (
            "device-list-nine-devices",
            "IDN-8",
            "W2",
            "Eight are the most.",
            lie(&|b| b.certificates = encoded(&nine)),
            "limit",
        ),
        (
            "device-list-with-certificate-of-carol",
            "IDN-4",
            "D2",
            "Carol's device in Alice's list.",
            lie(&|b| b.certificates.push(carol.certificate.as_bytes().to_vec())),
            "signature",
        ),
        (
            "device-list-with-broken-certificate",
            "ENV-4",
            "W5",
            "Not a certificate.",
            lie(&|b| b.certificates = vec![vec![0xFF]]),
            "malformed",
        ),
        (
            "device-list-with-extra-field",
            "ENV-5",
            "W3",
            "A signed body with a field that this version does not have.",
            signed(&alice.account, label::DEVICE_LIST, &not_canonical),
            "malformed",
        ),
        (
            "device-list-as-long-as-can-be",
            "IDN-7 ENV-2",
            "W2",
            "4,608 bytes, of which none is signed.",
            pb::Signed { body: vec![0; 4_539], signature: vec![0; 64] }.encode_to_vec(),
            "signature",
        ),
        (
            "device-list-one-byte-too-long",
            "ENV-2",
            "W2",
            "4,609 bytes.",
            pb::Signed { body: vec![0; 4_540], signature: vec![0; 64] }.encode_to_vec(),
            "limit",
        ),
        (
            "device-list-too-long",
            "ENV-2",
            "W2",
            "More than 4,608 bytes.",
            [alice.list.as_bytes(), &[0; 4608]].concat(),
            "limit",
        ),
    ])
}

fn succession(sheet: &mut Sheet, alice: &Cast, certificates: &[Certificate]) -> Result<()> {
    let next = |ids: &[usize]| -> Vec<Certificate> {
        ids.iter().filter_map(|id| certificates.get(id.checked_sub(1)?).cloned()).collect()
    };
    let first = alice.list.clone();
    let second = first.issue_next(&alice.account, NOW + 1, &next(&[1, 2]))?;
    let third = second.issue_next(&alice.account, NOW + 2, &next(&[1]))?;
    let fork = first.issue_next(&alice.account, NOW + 1, &next(&[1, 3]))?;
    let after_fork = fork.issue_next(&alice.account, NOW + 2, &next(&[1]))?;
    let other_first = aside_identity::DeviceList::issue_first(&alice.account, NOW + 9, &alice.certificate);
    let reinstalled = DeviceKeys::from_seeds(
        &super::people::seed("signing key after reinstallation")?,
        &super::people::seed("agreement key after reinstallation")?,
    );
    let reused =
        Certificate::issue(&alice.account, DeviceId::FIRST, &reinstalled, NOW + 1, Capabilities::NONE);
    let reused = first.issue_next(&alice.account, NOW + 1, &[reused])?;
    let input = |known: &aside_identity::DeviceList, offered: &aside_identity::DeviceList| {
        Fields::new()
            .bytes("account_key", alice.certificate.account.as_bytes())
            .bytes("known", known.as_bytes())
            .bytes("offered", offered.as_bytes())
    };
    for (id, comment, known, offered) in [
        ("device-list-successor", "Version 2 names the hash of version 1.", &first, &second),
        ("device-list-same-again", "The list that is known.", &second, &second),
        ("device-list-device-removed", "Device 2 is gone, visibly.", &second, &third),
    ] {
        sheet.accept(note(id, "IDN-9", comment), "device_list.succeed", input(known, offered))?;
    }
    for (id, reqs, comment, known, offered, word) in [
        ("device-list-rolled-back", "IDN-9", "A removed device would come back.", &third, &second, "stale"),
        (
            "device-list-rolled-back-to-first",
            "IDN-9",
            "A removed device would come back.",
            &second,
            &first,
            "stale",
        ),
        ("device-list-same-version-other-list", "IDN-9", "Two lists of one version.", &second, &fork, "fork"),
        ("device-list-other-first-list", "IDN-9", "Two lists of version 1.", &first, &other_first, "fork"),
        (
            "device-list-successor-of-a-fork",
            "IDN-9",
            "Its previous hash is another.",
            &second,
            &after_fork,
            "fork",
        ),
        ("device-list-gap", "IDN-9", "Version 2 was not seen.", &first, &third, "fork"),
        ("device-list-id-with-new-keys", "IDN-19", "Device 1 has other keys.", &first, &reused, "fork"),
    ] {
        sheet.refuse(
            note(id, reqs, comment).threat("D2"),
            "device_list.succeed",
            input(known, offered),
            word,
        )?;
    }
    Ok(())
}
