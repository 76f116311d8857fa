//! `identity/`: certificates, device lists, prekeys, handles.

use super::{
    Result, curve,
    people::{Cast, NOW, WEEK},
    proto,
    sheet::{Sheet, bytes_of, note},
};
use crate::{
    value::{Fields, Value},
    vector::{File, Level},
};
use aside_identity::{Capabilities, Certificate, DeviceId, DeviceKeys, PrekeyKind};
use aside_primitives::{Label, SigningKey, label};
use aside_wire::{decode, pb};
use prost::Message;

const CHAPTER: &str = "spec/identity.md";

/// A signature over a body, as it stands in a message.
fn signature(key: &SigningKey, label: Label, body: &[u8]) -> Vec<u8> {
    key.sign(label, body).0.to_vec()
}

/// An encoded `Signed` over any body at all.
fn signed(key: &SigningKey, label: Label, body: &[u8]) -> Vec<u8> {
    pb::Signed { body: body.to_vec(), signature: signature(key, label, body) }.encode_to_vec()
}

/// An encoded certificate over any body at all, with both signatures right.
fn certified(account: &SigningKey, device: &SigningKey, body: &[u8]) -> Vec<u8> {
    pb::Certificate {
        body: body.to_vec(),
        account_signature: signature(account, label::CERTIFICATE_ACCOUNT, body),
        device_signature: signature(device, label::CERTIFICATE_DEVICE, body),
    }
    .encode_to_vec()
}

/// The body of an honest certificate.
fn certificate_body(cast: &Cast) -> Result<pb::CertificateBody> {
    let certificate: pb::Certificate = decode(cast.certificate.as_bytes())?;
    Ok(decode(&certificate.body)?)
}

fn key_with_high_bit(key: &[u8]) -> Vec<u8> {
    let mut key = key.to_vec();
    if let Some(last) = key.last_mut() {
        *last |= 0x80;
    }
    key
}

pub(super) fn certificate() -> Result<File> {
    let about = "Device certificates: who vouches, who proves possession, and what a certificate may say.";
    let mut sheet = Sheet::new(Level::Wire, CHAPTER, about);
    let alice = Cast::new("alice")?;
    let input = |bytes: &[u8]| {
        Fields::new().bytes("account_key", alice.certificate.account.as_bytes()).bytes("certificate", bytes)
    };
    let comment = "An account, a device, its certificate and the first list, from three draws.";
    let drawn = Fields::new().number("device_id", 1u32).number("now", NOW);
    sheet.accept(note("device-generated", "IDN-4 IDN-5", comment), "device.generate", drawn)?;
    let comment = "An honest certificate; no capability is claimed, and capabilities are present.";
    let honest = alice.certificate.as_bytes();
    sheet.accept(note("certificate-honest", "IDN-1 IDN-4", comment), "certificate.verify", input(honest))?;
    let all = Capabilities {
        expiry: true,
        capture: aside_identity::CaptureDetection::ScreenshotAndRecording,
        protected_viewer: true,
        groups: true,
        automated: true,
    };
    let device = DeviceId::parse(127)?;
    let capable = Certificate::issue(&alice.account, device, &alice.keys, NOW, all);
    let comment = "Every capability, and the greatest device id.";
    let note_ = note("certificate-all-capabilities", "IDN-3 IDN-5", comment);
    sheet.accept(note_, "certificate.verify", input(capable.as_bytes()))?;
    for (id, reqs, threat, comment, bytes, word) in certificate_lies(&alice)? {
        sheet.refuse(note(id, reqs, comment).threat(threat), "certificate.verify", input(&bytes), word)?;
    }
    low_order_certificates(&mut sheet, &alice)?;
    non_canonical_certificate(&mut sheet, &alice)?;
    Ok(sheet.finish())
}

type Lie = (&'static str, &'static str, &'static str, &'static str, Vec<u8>, &'static str);

fn certificate_lies(alice: &Cast) -> Result<Vec<Lie>> {
    let (account, device) = (&alice.account, &alice.keys.signing);
    let honest: pb::Certificate = decode(alice.certificate.as_bytes())?;
    let outer = |edit: &dyn Fn(&mut pb::Certificate)| {
        let mut certificate = honest.clone();
        edit(&mut certificate);
        certificate.encode_to_vec()
    };
    let base = certificate_body(alice)?;
    let inner = |edit: &dyn Fn(&mut pb::CertificateBody)| {
        let mut body = base.clone();
        edit(&mut body);
        certified(account, device, &body.encode_to_vec())
    };
    let carol = Cast::new("carol")?;
    let other = certified(&carol.account, &carol.keys.signing, &certificate_body(&carol)?.encode_to_vec());
    let crossed = pb::Certificate {
        body: honest.body.clone(),
        account_signature: honest.device_signature.clone(),
        device_signature: honest.account_signature.clone(),
    };
    let other_label = pb::Certificate {
        account_signature: signature(account, label::DEVICE_LIST, &honest.body),
        ..honest.clone()
    };
    let same_body = honest.body.clone();
    let by_carol = signature(&carol.account, label::CERTIFICATE_ACCOUNT, &same_body);
    let by_carols_device = signature(&carol.keys.signing, label::CERTIFICATE_DEVICE, &same_body);
    let flip = |bytes: &mut Vec<u8>| {
        if let Some(byte) = bytes.first_mut() {
            *byte ^= 1;
        }
    };
    let mut names_carol = base.clone();
    names_carol.account_key = carol.certificate.account.as_bytes().to_vec();
    let names_carol = certified(account, device, &names_carol.encode_to_vec());
    let mut outer_lies: Vec<Lie> = vec![
        ("certificate-empty", "ENV-6", "W7", "Nothing is there.", Vec::new(), "malformed"),
        ("certificate-of-carol", "IDN-4 IDN-6", "D2", "True, and about somebody else.", other, "signature"),
        (
            "certificate-names-carol",
            "IDN-6",
            "D2",
            "Alice's account signs for Carol's.",
            names_carol,
            "policy",
        ),
        (
            "certificate-without-account-signature",
            "ENV-6",
            "W7",
            "A field is missing.",
            outer(&|c| c.account_signature.clear()),
            "malformed",
        ),
        (
            "certificate-without-device-signature",
            "ENV-6",
            "W7",
            "A field is missing.",
            outer(&|c| c.device_signature.clear()),
            "malformed",
        ),
        (
            "certificate-account-signature-63-bytes",
            "ENV-6",
            "P15",
            "A signature has 64 bytes.",
            outer(&|c| {
                c.account_signature.pop();
            }),
            "malformed",
        ),
        (
            "certificate-account-signature-65-bytes",
            "ENV-6",
            "P15",
            "A signature has 64 bytes.",
            outer(&|c| c.account_signature.push(0)),
            "malformed",
        ),
        (
            "certificate-device-signature-63-bytes",
            "ENV-6",
            "P15",
            "A signature has 64 bytes.",
            outer(&|c| {
                c.device_signature.pop();
            }),
            "malformed",
        ),
        (
            "certificate-account-signature-bit",
            "IDN-4",
            "P3",
            "One bit off.",
            outer(&|c| flip(&mut c.account_signature)),
            "signature",
        ),
        (
            "certificate-device-signature-bit",
            "IDN-4",
            "P3",
            "One bit off.",
            outer(&|c| flip(&mut c.device_signature)),
            "signature",
        ),
        (
            "certificate-body-bit",
            "IDN-1 IDN-4",
            "P3",
            "The body does not decode either: the signature comes first.",
            outer(&|c| flip(&mut c.body)),
            "signature",
        ),
        (
            "certificate-signatures-exchanged",
            "IDN-2 IDN-4",
            "P5",
            "Each key signs under its own label.",
            crossed.encode_to_vec(),
            "signature",
        ),
        (
            "certificate-account-signature-under-other-label",
            "IDN-4",
            "P5",
            "Made for a device list.",
            other_label.encode_to_vec(),
            "signature",
        ),
        (
            "certificate-by-other-account",
            "IDN-4",
            "H1",
            "Another account vouches for the device.",
            outer(&|c| c.account_signature.clone_from(&by_carol)),
            "signature",
        ),
        (
            "certificate-without-proof-of-possession",
            "IDN-4",
            "H6",
            "The device's key signs nothing: another key does.",
            outer(&|c| c.device_signature.clone_from(&by_carols_device)),
            "signature",
        ),
        (
            "certificate-too-long",
            "ENV-2",
            "W2",
            "More than 512 bytes.",
            [honest.encode_to_vec(), vec![0; 512]].concat(),
            "limit",
        ),
    ];
    let inner_lies: Vec<Lie> = vec![
        ("certificate-suite-0", "ENV-7", "H8", "The suite is missing.", inner(&|b| b.suite = 0), "version"),
        (
            "certificate-suite-2",
            "ENV-7",
            "H8",
            "A suite that is not spoken here.",
            inner(&|b| b.suite = 2),
            "version",
        ),
        (
            "certificate-without-account-key",
            "PRM-6",
            "W7",
            "A field is missing.",
            inner(&|b| b.account_key.clear()),
            "key",
        ),
        (
            "certificate-account-key-31-bytes",
            "PRM-6",
            "P3",
            "A key has 32 bytes.",
            inner(&|b| {
                b.account_key.pop();
            }),
            "key",
        ),
        (
            "certificate-account-key-33-bytes",
            "PRM-6",
            "P3",
            "A key has 32 bytes.",
            inner(&|b| b.account_key.push(0)),
            "key",
        ),
        (
            "certificate-device-0",
            "IDN-3",
            "H9",
            "A device id is 1 to 127.",
            inner(&|b| b.device_id = 0),
            "malformed",
        ),
        (
            "certificate-device-128",
            "IDN-3",
            "H9",
            "A device id is 1 to 127.",
            inner(&|b| b.device_id = 128),
            "malformed",
        ),
        (
            "certificate-device-257",
            "IDN-3",
            "H9",
            "In one byte, it would be 1.",
            inner(&|b| b.device_id = 257),
            "malformed",
        ),
        (
            "certificate-without-signing-key",
            "PRM-6",
            "W7",
            "A field is missing.",
            inner(&|b| b.signing_key.clear()),
            "key",
        ),
        (
            "certificate-signing-key-33-bytes",
            "PRM-6",
            "P3",
            "A key has 32 bytes.",
            inner(&|b| b.signing_key.push(0)),
            "key",
        ),
        (
            "certificate-signing-key-not-canonical",
            "PRM-6",
            "P3",
            "y = p + 1.",
            inner(&|b| b.signing_key = curve::prime_plus(1).to_vec()),
            "key",
        ),
        (
            "certificate-without-agreement-key",
            "PRM-3",
            "W7",
            "A field is missing.",
            inner(&|b| b.agreement_key.clear()),
            "key",
        ),
        (
            "certificate-agreement-key-31-bytes",
            "PRM-2",
            "P2",
            "A key has 32 bytes.",
            inner(&|b| {
                b.agreement_key.pop();
            }),
            "key",
        ),
        (
            "certificate-agreement-key-high-bit",
            "PRM-2",
            "P2",
            "A second name of the key.",
            inner(&|b| b.agreement_key = key_with_high_bit(&b.agreement_key)),
            "key",
        ),
        (
            "certificate-without-capabilities",
            "IDN-5 ENV-6",
            "C1",
            "They are present even if none is claimed.",
            inner(&|b| b.capabilities = None),
            "malformed",
        ),
        (
            "certificate-unknown-capture-detection",
            "ENV-6",
            "W3",
            "A value that this version does not name.",
            inner(&|b| b.capabilities = Some(pb::Capabilities { capture: 3, ..pb::Capabilities::default() })),
            "malformed",
        ),
    ];
    outer_lies.extend(inner_lies);
    outer_lies.push((
        "certificate-body-empty",
        "ENV-7",
        "W7",
        "Two good signatures over nothing.",
        certified(account, device, &[]),
        // An empty body encodes as an absent field; its suite is 0.
        "version",
    ));
    Ok(outer_lies)
}

fn low_order_certificates(sheet: &mut Sheet, alice: &Cast) -> Result<()> {
    let input = |body: &pb::CertificateBody| {
        let bytes = certified(&alice.account, &alice.keys.signing, &body.encode_to_vec());
        Fields::new().bytes("account_key", alice.certificate.account.as_bytes()).bytes("certificate", bytes)
    };
    let base = certificate_body(alice)?;
    let comment = "Every agreement with this device would be all zeros.";
    let body = pb::CertificateBody { agreement_key: vec![0; 32], ..base.clone() };
    let zero =
        note("certificate-agreement-key-zero", "PRM-3", comment).threat("P1").catches(&["accept-low-order"]);
    sheet.refuse(zero, "certificate.verify", input(&body), "key")?;
    let torsion = curve::with_torsion(alice.keys.agreement.public().as_bytes())?;
    let comment = "A second key with the same agreements.";
    let body = pb::CertificateBody {
        agreement_key: torsion.first().map(|key| key.to_vec()).unwrap_or_default(),
        ..base.clone()
    };
    let tweaked = note("certificate-agreement-key-torsion", "PRM-3", comment).threat("P2");
    sheet.refuse(tweaked.catches(&["accept-low-order"]), "certificate.verify", input(&body), "key")?;
    let comment = "A key under which lenient verifiers accept any signature.";
    let neutral = curve::low_order_edwards().first().map(|key| key.to_vec()).unwrap_or_default();
    let body = pb::CertificateBody { signing_key: neutral, ..base };
    let weak = note("certificate-signing-key-small-order", "PRM-7", comment).threat("P3");
    sheet.refuse(weak.catches(&["accept-low-order"]), "certificate.verify", input(&body), "key")
}

/// Both signatures are right, over a body with one field too many.
fn non_canonical_certificate(sheet: &mut Sheet, alice: &Cast) -> Result<()> {
    let body = certificate_body(alice)?.encode_to_vec();
    // The capabilities, field 7, stand at the end and have no bytes.
    let begin = body.strip_suffix(&[0x3A, 0x00]).ok_or("a body ends in its capabilities")?;
    let input = |body: &[u8]| {
        let bytes = certified(&alice.account, &alice.keys.signing, body);
        Fields::new().bytes("account_key", alice.certificate.account.as_bytes()).bytes("certificate", bytes)
    };
    for (id, comment, bytes) in [
        (
            "certificate-capability-of-tomorrow",
            "A signed body with a field that this version does not have.",
            [begin, &proto::bytes(7, proto::number(6, 1))].concat(),
        ),
        (
            "certificate-created-at-in-long-varint",
            "A signed body with a second encoding of the same contents.",
            [proto::number(1, 1), body.get(2..).unwrap_or_default().to_vec()]
                .concat()
                .iter()
                .enumerate()
                .flat_map(|(at, byte)| if at == 1 { vec![byte | 0x80, 0] } else { vec![*byte] })
                .collect(),
        ),
    ] {
        let note = note(id, "ENV-5", comment).threat("W3").catches(&["lenient-decoding"]);
        sheet.refuse(note, "certificate.verify", input(&bytes), "malformed")?;
    }
    Ok(())
}

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

pub(super) fn handle() -> Result<File> {
    let mut sheet = Sheet::new(
        Level::Wire,
        CHAPTER,
        "Handles: 2 to 32 of a few characters, so that none looks like another.",
    );
    let input = |handle: &str| Fields::new().with("handle", Value::Text(handle.to_owned()));
    let longest = "a".repeat(32);
    for (id, comment, handle) in [
        ("handle-two-letters", "The shortest.", "al"),
        ("handle-all-characters", "A letter, then anything that is allowed.", "alice_0.9"),
        ("handle-32-characters", "The longest.", &longest),
    ] {
        sheet.accept(note(id, "IDN-13", comment), "handle.parse", input(handle))?;
    }
    let too_long = "a".repeat(33);
    for (id, comment, handle) in [
        ("handle-empty", "At least two characters.", ""),
        ("handle-one-letter", "At least two characters.", "a"),
        ("handle-33-characters", "At most 32 characters.", &too_long),
        ("handle-with-at-sign", "It travels without the @.", "@alice"),
        ("handle-capital", "No capitals: they look alike.", "Alice"),
        ("handle-starts-with-digit", "The first is a letter.", "1alice"),
        ("handle-starts-with-dot", "The first is a letter.", ".alice"),
        ("handle-starts-with-underscore", "The first is a letter.", "_alice"),
        ("handle-with-hyphen", "Not among the characters.", "al-ice"),
        ("handle-with-space", "Not among the characters.", "al ice"),
        ("handle-with-zero-byte", "Not among the characters.", "al\0ice"),
        ("handle-with-umlaut", "ASCII only.", "\u{e4}lice"),
        ("handle-with-cyrillic-a", "Looks like alice and is not.", "\u{430}lice"),
        ("handle-with-combining-mark", "ASCII only.", "alice\u{301}"),
        ("handle-with-invisible-character", "Looks like alice and is not.", "ali\u{200b}ce"),
        ("handle-with-line-break", "Not among the characters.", "alice\n"),
    ] {
        sheet.refuse(note(id, "IDN-13", comment), "handle.parse", input(handle), "malformed")?;
    }
    Ok(sheet.finish())
}
