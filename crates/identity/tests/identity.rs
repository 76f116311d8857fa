//! What identities refuse: lists that go backwards or fork, foreign and weak keys, handles that deceive.
#![expect(clippy::unwrap_used, reason = "tests")]

use aside_identity::{
    Capabilities, Certificate, Declaration, DeviceId, DeviceKeys, DeviceList, Generation, Handle, Refused,
    proof::Challenge,
};
use aside_primitives::SigningKey;
use aside_testkit::{Person, TestRng, person::NOW};
use aside_wire::{Malformed, Reject, decode, pb};
use prost::Message;

fn certificate(person: &Person, device: u32, rng: &mut TestRng) -> Certificate {
    let keys = DeviceKeys::generate(rng).unwrap();
    Certificate::issue(&person.account, DeviceId::parse(device).unwrap(), &keys, NOW, Capabilities::NONE)
}

#[test]
fn d2_a_list_follows_the_one_known_or_is_refused() {
    let mut rng = TestRng::new(1);
    let alice = Person::new(&mut rng);
    let second = certificate(&alice, 2, &mut rng);
    let third = certificate(&alice, 3, &mut rng);
    let one = alice.list.clone();
    let two = one.issue_next(&alice.account, NOW, &[alice.certificate.clone(), second.clone()]).unwrap();
    let three = two.issue_next(&alice.account, NOW, std::slice::from_ref(&second)).unwrap();
    let fork = one.issue_next(&alice.account, NOW + 1, &[alice.certificate.clone(), third]).unwrap();
    let again = |list: &DeviceList| DeviceList::verify(list.as_bytes(), &alice.certificate.account).unwrap();

    assert_eq!(one.succeed(again(&two)).unwrap().reference(), two.reference());
    assert_eq!(two.succeed(again(&two)).unwrap().reference(), two.reference());
    assert_eq!(two.succeed(again(&three)).unwrap().certificates().len(), 1);
    assert_eq!(two.succeed(again(&one)).unwrap_err(), Refused::Stale);
    assert_eq!(one.succeed(again(&three)).unwrap_err(), Refused::Fork);
    assert_eq!(two.succeed(again(&fork)).unwrap_err(), Refused::Fork);
    let bob = Person::new(&mut rng);
    assert_eq!(one.succeed(bob.list).unwrap_err(), Refused::WrongOwner);
}

#[test]
fn idn_19_a_device_id_is_not_given_to_other_keys() {
    let mut rng = TestRng::new(2);
    let alice = Person::new(&mut rng);
    let reinstalled = certificate(&alice, 1, &mut rng);
    let next = alice.list.issue_next(&alice.account, NOW, &[reinstalled]).unwrap();
    assert_eq!(alice.list.succeed(next).unwrap_err(), Refused::Fork);
}

#[test]
fn idn_8_devices_are_ascending_and_not_more_than_eight() {
    let mut rng = TestRng::new(3);
    let alice = Person::new(&mut rng);
    let many: Vec<_> = (1..=9).map(|id| certificate(&alice, id, &mut rng)).collect();
    let issue = |certificates: &[Certificate]| alice.list.issue_next(&alice.account, NOW, certificates);
    assert!(issue(&many[..8]).is_ok());
    assert_eq!(issue(&many).unwrap_err().reject(), Reject::Limit);
    assert_eq!(issue(&[]).unwrap_err().reject(), Reject::Malformed);
    let twice = [many[0].clone(), many[0].clone()];
    assert_eq!(issue(&twice).unwrap_err(), Refused::DeviceOrder);
    let reversed = [many[1].clone(), many[0].clone()];
    assert_eq!(issue(&reversed).unwrap_err(), Refused::DeviceOrder);
}

#[test]
fn idn_6_a_certificate_or_list_of_another_account_is_refused() {
    let mut rng = TestRng::new(4);
    let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
    let account = alice.certificate.account;
    assert!(Certificate::verify(bob.certificate.as_bytes(), &account).is_err());
    assert!(DeviceList::verify(bob.list.as_bytes(), &account).is_err());
    // Alice signs a list that holds Bob's certificate.
    let stolen = alice.list.issue_next(&alice.account, NOW, std::slice::from_ref(&bob.certificate));
    assert_eq!(stolen.unwrap_err(), Refused::WrongOwner);
}

#[test]
fn idn_4_both_signatures_of_a_certificate_are_needed() {
    let mut rng = TestRng::new(5);
    let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
    let account = alice.certificate.account;
    let whole: pb::Certificate = decode(alice.certificate.as_bytes()).unwrap();
    let verify = |certificate: &pb::Certificate| Certificate::verify(&certificate.encode_to_vec(), &account);
    assert!(verify(&whole).is_ok());

    let mut unproven = whole.clone();
    unproven.device_signature.clone_from(&unproven.account_signature);
    assert_eq!(verify(&unproven).unwrap_err().reject(), Reject::Signature);
    let mut unvouched = whole.clone();
    unvouched.account_signature.clone_from(&unvouched.device_signature);
    assert_eq!(verify(&unvouched).unwrap_err().reject(), Reject::Signature);

    // Alice claims Bob's device key as her own: she can vouch for it, but not prove that she holds it.
    let mut body: pb::CertificateBody = decode(&whole.body).unwrap();
    body.signing_key = bob.keys.signing.verifying_key().as_bytes().to_vec();
    let body = body.encode_to_vec();
    let sign = |key: &SigningKey, label| key.sign(label, &body).0.to_vec();
    let claimed = pb::Certificate {
        account_signature: sign(&alice.account, aside_primitives::label::CERTIFICATE_ACCOUNT),
        device_signature: sign(&alice.keys.signing, aside_primitives::label::CERTIFICATE_DEVICE),
        body: body.clone(),
    };
    assert_eq!(verify(&claimed).unwrap_err().reject(), Reject::Signature);
}

#[test]
fn idn_5_every_byte_of_a_certificate_is_covered() {
    let alice = Person::new(&mut TestRng::new(6));
    let bytes = alice.certificate.as_bytes();
    for offset in 0..bytes.len() {
        let mut altered = bytes.to_vec();
        altered[offset] ^= 1;
        assert!(Certificate::verify(&altered, &alice.certificate.account).is_err(), "byte {offset}");
    }
}

#[test]
fn h9_device_ids_have_a_range() {
    for bad in [0, 128, u32::MAX] {
        assert_eq!(DeviceId::parse(bad), Err(Malformed::Field("device_id")));
    }
    assert_eq!(DeviceId::parse(127).unwrap().byte(), 127);
}

#[test]
fn idn_13_handles_that_could_deceive_are_refused() {
    for good in ["al", "alice", "a_1.b", "a2345678901234567890123456789012"] {
        assert!(Handle::parse(good).is_ok(), "{good}");
    }
    for bad in
        ["", "a", "@alice", "Alice", "1alice", "_a", "al ice", "аlice", "a2345678901234567890123456789012x"]
    {
        assert!(Handle::parse(bad).is_err(), "{bad}");
    }
    assert_eq!("@alice".parse::<Handle>().unwrap().as_str(), "alice");
}

#[test]
fn t9_a_proof_is_bound_to_relay_nonce_and_purpose() {
    let mut rng = TestRng::new(7);
    let (alice, relay) = (Person::new(&mut rng), Person::new(&mut rng));
    let (key, other) = (relay.account.verifying_key(), relay.keys.signing.verifying_key());
    let address =
        aside_identity::Address { account: alice.certificate.account, device: alice.certificate.device };
    let challenge = Challenge { relay_name: "one", relay_key: &key, nonce: &[1; 32] };
    let store = Generation::first(&mut rng).unwrap();
    let proof = challenge.login(&address, &store, &alice.keys.signing);
    let signing = alice.keys.signing.verifying_key();
    assert!(challenge.verify_login(&address, &store, &signing, &proof).is_ok());
    for elsewhere in [
        Challenge { relay_name: "two", ..challenge.clone() },
        Challenge { relay_key: &other, ..challenge.clone() },
        Challenge { nonce: &[2; 32], ..challenge.clone() },
    ] {
        assert!(elsewhere.verify_login(&address, &store, &signing, &proof).is_err());
    }
    // And to the store (RLY-46).
    let next = store.next(&mut rng).unwrap();
    assert!(challenge.verify_login(&address, &next, &signing, &proof).is_err());
    let handle = Handle::parse("alice").unwrap();
    let registration = challenge.register(&alice.account, &handle, b"list");
    let verify = |handle: &Handle, list: &[u8]| {
        challenge.verify_register(&address.account, handle, list, &registration)
    };
    assert!(verify(&handle, b"list").is_ok());
    assert!(verify(&Handle::parse("alicf").unwrap(), b"list").is_err());
    assert!(verify(&handle, b"lisu").is_err());
}

// IDN-20
#[test]
fn d5_safety_numbers_are_symmetric_and_change_with_every_byte_of_either_identity() {
    let mut rng = TestRng::new(8);
    let (alice, bob, carol) = (Person::new(&mut rng), Person::new(&mut rng), Person::new(&mut rng));
    let handle = |name: &str| Handle::parse(name).unwrap();
    let number = |one: &Person, a: &str, other: &Person, b: &str| {
        let (one, other) = (&one.certificate.account, &other.certificate.account);
        aside_identity::SafetyNumber::between((one, &handle(a)), (other, &handle(b)))
    };
    let ours = number(&alice, "alice", &bob, "bob");
    assert_eq!(ours, number(&bob, "bob", &alice, "alice"));
    assert_eq!(ours.digits().len(), 60);
    assert!(ours.digits().bytes().all(|digit| digit.is_ascii_digit()));
    for other in [
        number(&alice, "alice", &carol, "bob"),
        number(&carol, "alice", &bob, "bob"),
        number(&alice, "alicf", &bob, "bob"),
        number(&alice, "alice", &bob, "boc"),
        number(&alice, "bob", &bob, "alice"),
    ] {
        assert_ne!(ours.digits(), other.digits());
        assert_ne!(ours.qr_payload(), other.qr_payload());
        assert!(!ours.matches(&other.to_string()));
    }
    assert!(ours.matches(&ours.to_string()) && ours.matches(&ours.qr_payload()));
    assert!(!ours.matches("") && !ours.matches(&ours.digits()[1..]));
}

#[test]
fn con_27_a_declaration_is_by_the_device_it_names() {
    let mut rng = TestRng::new(11);
    let (alice, bob) = (Person::new(&mut rng), Person::new(&mut rng));
    let peer = bob.certificate.account;
    let issued = Declaration::issue(&alice.certificate, &alice.keys, peer, 1).unwrap();
    assert_eq!(Declaration::verify(issued.as_bytes(), &alice.certificate).unwrap(), issued);
    assert_eq!((issued.owner.account, issued.peer, issued.version), (alice.certificate.account, peer, 1));
    let word = |bytes: &[u8], owner: &Certificate| Declaration::verify(bytes, owner).unwrap_err().reject();
    assert_eq!(word(issued.as_bytes(), &bob.certificate), Reject::Signature);
    for offset in 0..issued.as_bytes().len() {
        let mut altered = issued.as_bytes().to_vec();
        altered[offset] ^= 1;
        assert!(Declaration::verify(&altered, &alice.certificate).is_err(), "byte {offset}");
    }

    let whole: pb::Signed = decode(issued.as_bytes()).unwrap();
    let body: pb::EncryptedOnlyBody = decode(&whole.body).unwrap();
    let sign = |label, edit: &dyn Fn(&mut pb::EncryptedOnlyBody)| {
        let mut body = body.clone();
        edit(&mut body);
        let body = body.encode_to_vec();
        let signature = alice.keys.signing.sign(label, &body).0.to_vec();
        pb::Signed { body, signature }.encode_to_vec()
    };
    let own = aside_primitives::label::ENCRYPTED_ONLY;
    assert_eq!(sign(own, &|_| ()), issued.as_bytes());
    let stolen = bob.certificate.account.as_bytes().to_vec();
    let alices = alice.certificate.account.as_bytes().to_vec();
    for (bytes, expected) in [
        (sign(aside_primitives::label::PREKEY, &|_| ()), Reject::Signature),
        (sign(own, &|body| body.account.clone_from(&stolen)), Reject::Policy),
        (sign(own, &|body| body.device_id = 2), Reject::Policy),
        (sign(own, &|body| body.device_id = 0), Reject::Malformed),
        (sign(own, &|body| body.peer.clear()), Reject::Key),
        (sign(own, &|body| body.peer.clone_from(&alices)), Reject::Malformed),
        (sign(own, &|body| body.version = 0), Reject::Malformed),
        (Vec::new(), Reject::Malformed),
        (vec![0; 257], Reject::Limit),
    ] {
        assert_eq!(word(&bytes, &alice.certificate), expected);
    }
    assert!(Declaration::issue(&alice.certificate, &alice.keys, peer, 0).is_err());
    assert!(Declaration::issue(&alice.certificate, &alice.keys, alice.certificate.account, 1).is_err());
}
