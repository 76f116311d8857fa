//! Keys and signed statements of one person with one device.

use aside_identity::{
    Address, Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, Generation, Handle, PrekeyKind,
    PrekeySecret, proof::Challenge,
};
use aside_primitives::{Draw, SigningKey};
use aside_wire::pb::{self, EnvelopeKind};
use getrandom::SysRng;
use prost::Message;

/// Far in the future.
pub(crate) const NEVER: u64 = 4_000_000_000_000;

pub(crate) struct Person {
    pub handle: Handle,
    pub account: SigningKey,
    pub keys: DeviceKeys,
    pub certificate: Certificate,
    pub list: DeviceList,
}

impl Person {
    pub(crate) fn new(handle: &str) -> Self {
        let account = SigningKey::generate(&mut SysRng, Draw("account")).unwrap();
        let keys = DeviceKeys::generate(&mut SysRng).unwrap();
        Self::with_keys(handle, account, keys)
    }

    pub(crate) fn with_keys(handle: &str, account: SigningKey, keys: DeviceKeys) -> Self {
        let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, 1, Capabilities::NONE);
        let list = DeviceList::issue_first(&account, 1, &certificate);
        Self { handle: Handle::parse(handle).unwrap(), account, keys, certificate, list }
    }

    pub(crate) fn address(&self) -> Address {
        Address { account: self.certificate.account, device: self.certificate.device }
    }

    pub(crate) fn key(&self) -> Vec<u8> {
        self.certificate.account.as_bytes().to_vec()
    }

    pub(crate) fn registration(&self, challenge: &Challenge<'_>) -> pb::Register {
        let device_list = self.list.as_bytes().to_vec();
        pb::Register {
            handle: self.handle.as_str().into(),
            account_key: self.key(),
            signature: challenge.register(&self.account, &self.handle, &device_list).0.to_vec(),
            device_list,
        }
    }

    /// A login with a store that never moves on.
    pub(crate) fn login(&self, challenge: &Challenge<'_>) -> pb::Login {
        let store = Generation { number: 1, token: [1; 16], previous: [0; 16], restored: false };
        self.login_with(challenge, &store)
    }

    pub(crate) fn login_with(&self, challenge: &Challenge<'_>, store: &Generation) -> pb::Login {
        pb::Login {
            account_key: self.key(),
            device_id: self.certificate.device.number(),
            signature: challenge.login(&self.address(), store, &self.keys.signing).0.to_vec(),
            store: Some(store.to_wire()),
        }
    }

    pub(crate) fn prekey(&self, kind: PrekeyKind, id: u32) -> Vec<u8> {
        PrekeySecret::generate(&mut SysRng, &self.certificate, &self.keys, kind, id, NEVER).unwrap().1
    }

    pub(crate) fn prekeys(&self, ids: std::ops::Range<u32>) -> pb::PublishPrekeys {
        pb::PublishPrekeys {
            signed_prekey: self.prekey(PrekeyKind::Signed, 1),
            one_time: ids.map(|id| self.prekey(PrekeyKind::OneTime, id)).collect(),
        }
    }

    /// A message to this person.
    pub(crate) fn letter(&self, client_id: u64, text: &[u8]) -> pb::Send {
        pb::Send {
            client_id: name(client_id),
            recipient: self.key(),
            list_version: 1,
            parcels: vec![pb::Parcel { device_id: 1, envelope: envelope(text) }],
            keep: 0,
        }
    }
}

/// A message to this person that is encrypted, as far as a relay can tell.
pub(crate) fn letter_in_session(to: &Person, client_id: u64, text: &[u8]) -> pb::Send {
    let payload = [&[0x11], text].concat();
    let envelope = pb::Envelope { kind: EnvelopeKind::Pairwise.into(), payload }.encode_to_vec();
    pb::Send { parcels: vec![pb::Parcel { device_id: 1, envelope }], ..to.letter(client_id, b"") }
}

/// The name of a log.
pub(crate) const LOG: [u8; 32] = [0x10; 32];

/// The first devices of people, as they are named.
pub(crate) fn recipients(people: &[&Person]) -> Vec<pb::Recipient> {
    let mut keys: Vec<_> = people.iter().map(|person| person.key()).collect();
    keys.sort();
    keys.into_iter().map(|account_key| pb::Recipient { account_key, devices: vec![1] }).collect()
}

/// A message of a group.
pub(crate) fn circular(client_id: u64, people: &[&Person], text: &[u8]) -> pb::FanOut {
    let envelope = pb::Envelope { kind: EnvelopeKind::Group.into(), payload: text.to_vec() };
    pb::FanOut {
        client_id: name(client_id),
        recipients: recipients(people),
        envelope: envelope.encode_to_vec(),
        keep: 0,
    }
}

/// An entry of the log.
pub(crate) fn entry(client_id: u64, position: u64, people: &[&Person], text: &[u8]) -> pb::AppendEntry {
    pb::AppendEntry {
        client_id: name(client_id),
        log: LOG.to_vec(),
        position,
        entry: text.to_vec(),
        recipients: recipients(people),
    }
}

/// A client id that holds a number.
pub(crate) fn name(number: u64) -> Vec<u8> {
    [[0; 8], number.to_be_bytes()].concat()
}

/// An envelope in the clear.
pub(crate) fn envelope(text: &[u8]) -> Vec<u8> {
    pb::Envelope { kind: EnvelopeKind::Thread.into(), payload: text.to_vec() }.encode_to_vec()
}

/// What is in an envelope.
pub(crate) fn payload(envelope: &[u8]) -> Vec<u8> {
    pb::Envelope::decode(envelope).unwrap().payload
}
