//! What settings refuse: another device's, altered ones, lists that are not in order.
#![expect(clippy::unwrap_used, reason = "tests")]

use aside_identity::{
    AccountKey, Address, Capabilities, Certificate, DeviceId, DeviceKeys, Reach, Refused, Rules, Settings,
};
use aside_primitives::{SigningKey, label};
use aside_testkit::{Person, TestRng, person::NOW};
use aside_wire::{Reject, limits::REACH_ACCOUNTS, pb};
use prost::Message;
use std::slice::from_ref;

fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<AccountKey> {
    let name = |number: usize| {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&u64::try_from(number).unwrap().to_be_bytes());
        AccountKey::from_own_store(bytes)
    };
    numbers.into_iter().map(name).collect()
}

fn rules() -> Rules {
    Rules {
        threads: Reach::Nobody,
        chats: Reach::Contacts,
        groups: Reach::Everyone,
        contacts: names([1, 2, 9]),
        blocked: names([3]),
    }
}

fn issue(person: &Person, version: u64, rules: Rules) -> Result<Settings, Refused> {
    Settings::issue(&person.certificate, &person.keys, version, rules)
}

fn body(settings: &Settings) -> pb::SettingsBody {
    let signed = pb::Signed::decode(settings.as_bytes()).unwrap();
    pb::SettingsBody::decode(signed.body.as_slice()).unwrap()
}

/// Signs any bytes as a body.
fn sign(key: &SigningKey, body: Vec<u8>) -> Vec<u8> {
    let signature = key.sign(label::SETTINGS, &body).0.to_vec();
    pb::Signed { body, signature }.encode_to_vec()
}

fn word(bytes: &[u8], devices: &[Certificate]) -> Reject {
    Settings::verify(bytes, devices).unwrap_err().reject()
}

#[test]
fn idn_22_settings_verify_by_the_device_that_they_name_and_no_other() {
    let mut rng = TestRng::new(1);
    let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
    let other_keys = DeviceKeys::generate(&mut rng).unwrap();
    let second =
        Certificate::issue(&alice.account, DeviceId::parse(2).unwrap(), &other_keys, NOW, Capabilities::NONE);
    let settings = issue(&alice, 7, rules()).unwrap();
    let both = [second.clone(), alice.certificate.clone()];
    let read = Settings::verify(settings.as_bytes(), &both).unwrap();
    assert_eq!(
        (read.owner, read.version),
        (Address { account: alice.certificate.account, device: DeviceId::FIRST }, 7)
    );
    assert_eq!((&read.rules, read.as_bytes()), (&rules(), settings.as_bytes()));

    for devices in [&[][..], from_ref(&second), from_ref(&bob.certificate)] {
        assert_eq!(word(settings.as_bytes(), devices), Reject::Signature);
    }
    let mut bent = settings.as_bytes().to_vec();
    let last = bent.len() - 70;
    bent[last] ^= 1;
    assert!(Settings::verify(&bent, &both).is_err());
    // Signed, but in another's name.
    let mut fields = body(&settings);
    fields.device_id = 2;
    assert_eq!(word(&sign(&alice.keys.signing, fields.encode_to_vec()), &both), Reject::Policy);
    fields.device_id = 1;
    fields.account_key = bob.certificate.account.as_bytes().to_vec();
    assert_eq!(word(&sign(&alice.keys.signing, fields.encode_to_vec()), &both), Reject::Policy);
    // Signed for something else.
    let signed = pb::Signed::decode(settings.as_bytes()).unwrap();
    let signature = alice.keys.signing.sign(label::PREKEY, &signed.body).0.to_vec();
    let other = pb::Signed { signature, ..signed }.encode_to_vec();
    assert_eq!(word(&other, &both), Reject::Signature);
    // The outer structure has one encoding, too.
    let longer = [settings.as_bytes(), &[0x1A, 0x00]].concat();
    assert_eq!(word(&longer, &both), Reject::Malformed);
}

#[test]
fn idn_23_lists_are_ascending_and_bounded_and_levels_are_known() {
    let mut rng = TestRng::new(2);
    let alice = Person::new(&mut rng);
    let device = from_ref(&alice.certificate);
    let honest = issue(&alice, 1, rules()).unwrap();
    let signed = |change: &dyn Fn(&mut pb::SettingsBody)| {
        let mut fields = body(&honest);
        change(&mut fields);
        sign(&alice.keys.signing, fields.encode_to_vec())
    };
    assert!(Settings::verify(&signed(&|_| ()), device).is_ok());
    let malformed: [&dyn Fn(&mut pb::SettingsBody); 10] = [
        &|body| body.version = 0,
        &|body| body.threads = 0,
        &|body| body.chats = 4,
        &|body| body.groups = -1,
        &|body| body.device_id = 128,
        &|body| body.contacts.swap(0, 1),
        &|body| body.contacts.push(body.contacts[2].clone()),
        &|body| body.contacts[0].truncate(31),
        &|body| body.blocked.push(body.blocked[0].clone()),
        &|body| body.blocked[0].push(0),
    ];
    for (number, change) in malformed.into_iter().enumerate() {
        assert_eq!(word(&signed(change), device), Reject::Malformed, "{number}");
    }

    let full = |number| Rules { contacts: names(0..number), blocked: names(1..=number), ..rules() };
    let most = issue(&alice, u64::MAX, full(REACH_ACCOUNTS)).unwrap();
    assert_eq!(Settings::verify(most.as_bytes(), device).unwrap().rules.contacts.len(), REACH_ACCOUNTS);
    let one_more = |body: &mut pb::SettingsBody| {
        body.contacts = names(0..=REACH_ACCOUNTS).iter().map(|name| name.as_bytes().to_vec()).collect();
    };
    assert_eq!(word(&signed(&one_more), device), Reject::Limit);
    assert_eq!(word(&vec![0; aside_wire::limits::SETTINGS_BYTES + 1], device), Reject::Limit);

    assert_eq!(issue(&alice, 1, full(REACH_ACCOUNTS + 1)).unwrap_err().reject(), Reject::Limit);
    assert_eq!(issue(&alice, 0, rules()).unwrap_err().reject(), Reject::Malformed);
    let unordered = Rules { blocked: names([2, 1]), ..rules() };
    assert_eq!(issue(&alice, 1, unordered).unwrap_err().reject(), Reject::Malformed);
}
