//! Certificates, device lists, prekeys and names.

use crate::{
    mutate::edit_as_told,
    world::{World, world},
};
use arbitrary::Unstructured;
use aside_identity::{AccountKey, Certificate, DeviceList, Handle, Prekey, PrekeyKind, PrekeySecret};
use aside_primitives::label;
use aside_testkit::person::NOW;
use aside_wire::{decode, pb};
use prost::Message;

/// Nothing that was changed verifies; whatever an account or device signs is refused or read back as it was; what
/// reads as a name is one.
pub fn identity(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else { return };
    let world = world();
    match mode % 8 {
        0 => arbitrary_bytes(rest, world),
        1 => changed(world.alice.certificate.as_bytes(), rest, |bytes| {
            Certificate::verify(bytes, &alice(world)).is_ok()
        }),
        2 => changed(world.alice.list.as_bytes(), rest, |bytes| {
            DeviceList::verify(bytes, &alice(world)).is_ok()
        }),
        3 => changed(&world.published[0], rest, |bytes| {
            Prekey::verify(bytes, &world.bob.certificate, PrekeyKind::Signed, NOW).is_ok()
        }),
        4 => signed_certificate(rest, world),
        5 => signed_list(rest, world),
        6 => signed_prekey(rest, world),
        _ => stored(rest),
    }
}

fn alice(world: &World) -> AccountKey {
    world.alice.certificate.account
}

fn arbitrary_bytes(data: &[u8], world: &World) {
    let certificate = world.alice.certificate.as_bytes();
    assert!(data == certificate || Certificate::verify(data, &alice(world)).is_err());
    assert!(data == world.alice.list.as_bytes() || DeviceList::verify(data, &alice(world)).is_err());
    for kind in [PrekeyKind::Signed, PrekeyKind::OneTime] {
        let verified = Prekey::verify(data, &world.bob.certificate, kind, NOW).is_ok();
        assert!(!verified || world.published.iter().any(|known| known == data));
    }
    if let Ok(key) = AccountKey::parse(data) {
        assert_eq!(key.as_bytes().as_slice(), data);
    }
}

fn changed(valid: &[u8], script: &[u8], verifies: impl Fn(&[u8]) -> bool) {
    let mut bytes = valid.to_vec();
    edit_as_told(&mut bytes, &mut Unstructured::new(script));
    assert_eq!(verifies(&bytes), bytes == valid, "a changed statement verifies");
}

/// The account and the device sign anything.
fn signed_certificate(script: &[u8], world: &World) {
    let person = &world.alice;
    let valid: pb::Certificate = decode(person.certificate.as_bytes()).expect("a certificate");
    let mut body = valid.body;
    edit_as_told(&mut body, &mut Unstructured::new(script));
    let account_signature = person.account.sign(label::CERTIFICATE_ACCOUNT, &body).0.to_vec();
    let device_signature = person.keys.signing.sign(label::CERTIFICATE_DEVICE, &body).0.to_vec();
    let bytes = pb::Certificate { body, account_signature, device_signature }.encode_to_vec();
    if let Ok(certificate) = Certificate::verify(&bytes, &alice(world)) {
        assert_eq!(certificate.as_bytes(), bytes);
        assert_eq!(certificate.account, alice(world));
        assert_eq!(certificate.signing_key, person.certificate.signing_key);
    }
}

fn signed_list(script: &[u8], world: &World) {
    let person = &world.alice;
    let valid: pb::Signed = decode(person.list.as_bytes()).expect("a device list");
    let mut body = valid.body;
    edit_as_told(&mut body, &mut Unstructured::new(script));
    let signature = person.account.sign(label::DEVICE_LIST, &body).0.to_vec();
    let bytes = pb::Signed { body, signature }.encode_to_vec();
    let Ok(list) = DeviceList::verify(&bytes, &alice(world)) else { return };
    assert_eq!(list.as_bytes(), bytes);
    assert!(!list.certificates().is_empty());
    assert!(list.certificates().is_sorted_by(|a, b| a.device < b.device));
    let (known, offered) = (person.list.reference(), list.reference());
    if let Ok(next) = person.list.succeed(list) {
        assert!(offered == known || offered.version == known.version + 1);
        assert_eq!(next.reference(), offered);
    }
}

fn signed_prekey(script: &[u8], world: &World) {
    let (person, valid) = (&world.bob, world.signed.1.body());
    let mut body = valid.to_vec();
    edit_as_told(&mut body, &mut Unstructured::new(script));
    let signature = person.keys.signing.sign(label::PREKEY, &body).0.to_vec();
    let bytes = pb::Signed { body: body.clone(), signature }.encode_to_vec();
    for kind in [PrekeyKind::Signed, PrekeyKind::OneTime] {
        if let Ok(prekey) = Prekey::verify(&bytes, &person.certificate, kind, NOW) {
            assert_eq!((prekey.kind, prekey.body()), (kind, body.as_slice()));
            assert!(prekey.id != 0 && prekey.not_after >= NOW);
        }
    }
}

/// Names, and what a device reads back from its own store.
fn stored(data: &[u8]) {
    if let Ok(handle) = std::str::from_utf8(data).unwrap_or_default().parse::<Handle>() {
        assert_eq!(Handle::parse(handle.as_str()).as_ref(), Ok(&handle));
        assert_eq!(handle.to_string().parse::<Handle>(), Ok(handle));
    }
    if let Ok(prekey) = PrekeySecret::import(data) {
        assert_eq!(prekey.export(), data);
    }
}
