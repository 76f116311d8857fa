//! `identity/certificate.json`.

use super::{
    Result, curve,
    people::{Cast, NOW},
    proto,
    sheet::{Sheet, note},
    signed::{CHAPTER, Lie, certified, key_with_high_bit, signature},
};
use crate::{
    value::Fields,
    vector::{File, Level},
};
use aside_identity::{Capabilities, Certificate, DeviceId};
use aside_primitives::label;
use aside_wire::{decode, pb};
use prost::Message;

/// The body of an honest certificate.
fn certificate_body(cast: &Cast) -> Result<pb::CertificateBody> {
    let certificate: pb::Certificate = decode(cast.certificate.as_bytes())?;
    Ok(decode(&certificate.body)?)
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
