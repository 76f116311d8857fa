//! Logs of groups by hand, so that they can be wrong.

use super::{
    Result,
    people::{Cast, NOW, seed},
    signed::signed,
};
use crate::check::material;
use aside_identity::{Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList};
use aside_primitives::{SigningKey, hash::hash, label};
use aside_wire::pb;
use prost::Message;

pub(super) const CHAPTER: &str = "spec/group.md";

pub(super) const CREATE: u32 = 1;
pub(super) const ADD: u32 = 2;
pub(super) const REMOVE: u32 = 3;
pub(super) const LEAVE: u32 = 4;
pub(super) const SET_ROLE: u32 = 5;
pub(super) const RENAME: u32 = 6;
pub(super) const SET_EXPIRY: u32 = 7;
pub(super) const SET_CAPTURE: u32 = 8;
pub(super) const SET_ANNOUNCE: u32 = 9;
pub(super) const DEVICES: u32 = 10;
pub(super) const REKEY: u32 = 11;

/// Whoever takes part.
pub(super) struct Circle {
    /// The owner.
    pub(super) alice: Cast,
    /// An admin.
    pub(super) bob: Cast,
    /// A member.
    pub(super) carol: Cast,
    /// Nobody yet.
    pub(super) dave: Cast,
}

impl Circle {
    pub(super) fn new() -> Result<Self> {
        let [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map(Cast::new);
        Ok(Self { alice: alice?, bob: bob?, carol: carol?, dave: dave? })
    }

    /// Alice's group, with nobody else in it.
    pub(super) fn created(&self) -> Log {
        let mut log = Log::default();
        log.append(&self.alice, CREATE, &create(&self.alice));
        log
    }

    /// Alice's group with Carol as a member.
    pub(super) fn pair(&self) -> Log {
        let mut log = self.created();
        log.append(&self.alice, ADD, &add(&[&self.carol]));
        log
    }

    /// Alice's group with Bob as an admin and Carol as a member.
    pub(super) fn trio(&self) -> Log {
        let mut log = self.created();
        log.append(&self.alice, ADD, &add(&[&self.bob, &self.carol]));
        log.append(&self.alice, SET_ROLE, &role(&self.bob, pb::GroupRole::Admin));
        log
    }
}

/// A log while it is written: entries as they are signed, without the encryption for the relay.
#[derive(Default, Clone)]
pub(super) struct Log {
    /// Encoded `Signed`, in order.
    pub(super) entries: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
}

impl Log {
    /// The body of an honest next entry.
    pub(super) fn body(&self, actor: &Cast, kind: u32, action: &impl Message) -> pb::GroupEntryBody {
        pb::GroupEntryBody {
            suite: 1,
            group: self.group(),
            sequence: self.sequence().saturating_add(1),
            parent: self.head(),
            actor: account(actor),
            actor_device: actor.certificate.device.number(),
            made_at: NOW,
            kind,
            action: action.encode_to_vec(),
        }
    }

    /// An honest next entry, as it is signed.
    pub(super) fn next(&self, actor: &Cast, kind: u32, action: &impl Message) -> Vec<u8> {
        entry(&actor.keys.signing, &self.body(actor, kind, action))
    }

    /// Adds an honest entry.
    pub(super) fn append(&mut self, actor: &Cast, kind: u32, action: &impl Message) {
        let body = self.body(actor, kind, action);
        self.push(&actor.keys.signing, &body);
    }

    /// Adds an entry with this body.
    pub(super) fn push(&mut self, key: &SigningKey, body: &pb::GroupEntryBody) {
        self.entries.push(entry(key, body));
        self.hashes.push(entry_hash(body));
    }

    /// The group's id; empty before there is one.
    pub(super) fn group(&self) -> Vec<u8> {
        self.hashes.first().cloned().unwrap_or_default()
    }

    /// The hash of the newest entry; empty before there is one.
    pub(super) fn head(&self) -> Vec<u8> {
        self.hashes.last().cloned().unwrap_or_default()
    }

    /// The hash of the entry of a sequence.
    pub(super) fn hash_at(&self, sequence: usize) -> Vec<u8> {
        sequence.checked_sub(1).and_then(|at| self.hashes.get(at)).cloned().unwrap_or_default()
    }

    /// How many entries there are.
    pub(super) fn sequence(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap_or(u64::MAX)
    }
}

/// The hash that names an entry.
pub(super) fn entry_hash(body: &pb::GroupEntryBody) -> Vec<u8> {
    hash(label::GROUP_ENTRY_HASH, &[&body.encode_to_vec()]).0.to_vec()
}

/// A signed entry over any body at all.
pub(super) fn entry(key: &SigningKey, body: &pb::GroupEntryBody) -> Vec<u8> {
    signed(key, label::GROUP_ENTRY, &body.encode_to_vec())
}

/// The account key of somebody.
pub(super) fn account(cast: &Cast) -> Vec<u8> {
    cast.certificate.account.as_bytes().to_vec()
}

/// The 32 bytes of a log key, by its number.
pub(super) fn log_key(number: u32) -> Vec<u8> {
    material(&format!("log key {number}"), 32)
}

/// The name of a log key.
pub(super) fn log_key_id(number: u32) -> Vec<u8> {
    half(&hash(label::GROUP_LOG_KEY_ID, &[&log_key(number)]).0)
}

/// The first half of a hash.
pub(super) fn half(hash: &[u8; 32]) -> Vec<u8> {
    hash.iter().take(16).copied().collect()
}

/// An honest beginning.
pub(super) fn create(owner: &Cast) -> pb::GroupCreate {
    pb::GroupCreate {
        nonce: material("group nonce", 32),
        name: "Book club".to_owned(),
        device_list: owner.list.as_bytes().to_vec(),
        announce_only: false,
        log_key_id: log_key_id(1),
    }
}

/// Takes people in, in ascending order.
pub(super) fn add(people: &[&Cast]) -> pb::GroupAdd {
    let mut people = people.to_vec();
    people.sort_by_key(|cast| account(cast));
    pb::GroupAdd { device_lists: people.iter().map(|cast| cast.list.as_bytes().to_vec()).collect() }
}

/// Puts people out, in ascending order.
pub(super) fn remove(people: &[&Cast]) -> pb::GroupRemove {
    let mut accounts: Vec<_> = people.iter().map(|cast| account(cast)).collect();
    accounts.sort();
    pb::GroupRemove { accounts, cuts: Vec::new() }
}

/// Gives somebody a role.
pub(super) fn role(cast: &Cast, role: pb::GroupRole) -> pb::GroupSetRole {
    pb::GroupSetRole { account: account(cast), role: role.into() }
}

/// Another log key, by its number.
pub(super) fn rekey(number: u32) -> pb::GroupRekey {
    pb::GroupRekey { log_key_id: log_key_id(number) }
}

/// The end of a chain.
pub(super) fn cut(fill: u8, messages: u32) -> pb::ChainCut {
    pb::ChainCut { key_id: vec![fill; 16], messages }
}

/// So many ends of chains.
pub(super) fn cuts(count: u16) -> Vec<pb::ChainCut> {
    let id = |number: u16| [&number.to_be_bytes(), [0x11; 14].as_slice()].concat();
    (0..count).map(|number| pb::ChainCut { key_id: id(number), messages: 1_000 }).collect()
}

/// The keys of a further device of somebody.
pub(super) fn further(name: &str, device: u32) -> Result<DeviceKeys> {
    let seed = |what: &str| seed(&format!("{name} {what} of device {device}"));
    Ok(DeviceKeys::from_seeds(&seed("signing key")?, &seed("agreement key")?))
}

/// The list after `list`, with device 1 and further devices of that name.
pub(super) fn next_list(cast: &Cast, list: &DeviceList, name: &str, devices: &[u32]) -> Result<DeviceList> {
    let mut certificates = Vec::new();
    for device in devices {
        certificates.push(if *device == 1 {
            cast.certificate.clone()
        } else {
            let keys = further(name, *device)?;
            Certificate::issue(&cast.account, DeviceId::parse(*device)?, &keys, NOW, Capabilities::NONE)
        });
    }
    Ok(list.issue_next(&cast.account, NOW, &certificates)?)
}

/// One's own lists.
pub(super) fn devices(lists: &[&DeviceList]) -> pb::GroupDevices {
    let device_lists = lists.iter().map(|list| list.as_bytes().to_vec()).collect();
    pb::GroupDevices { device_lists, cuts: Vec::new() }
}

/// An entry with one bit of its signature off.
pub(super) fn with_signature_bit(entry: &[u8], at: usize) -> Result<Vec<u8>> {
    let length = entry.len().checked_sub(64).ok_or("an entry ends in its signature")?;
    Ok(entry
        .iter()
        .enumerate()
        .map(|(place, byte)| if Some(place) == length.checked_add(at) { byte ^ 1 } else { *byte })
        .collect())
}
