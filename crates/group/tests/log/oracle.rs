//! A slow second opinion on what is valid: it keeps the bytes of the valid entries and nothing else, and reads the answer
//! to every question out of all of them again. It shares no code with the validator.

use aside_group::LogKeyId;
use aside_identity::{AccountKey, DeviceList};
use aside_primitives::{Signature, VerifyingKey, hash::hash, label};
use aside_wire::pb;
use prost::Message;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// Roles and kinds by their numbers.
const MEMBER: i32 = 1;
const ADMIN: i32 = 2;
const OWNER: i32 = 3;

type Account = Vec<u8>;
/// The words with which something is refused; none if it is valid.
pub(crate) type Words = BTreeSet<&'static str>;

/// The bodies of the valid entries.
#[derive(Default)]
pub(crate) struct Oracle {
    bodies: Vec<Vec<u8>>,
}

impl Oracle {
    /// The words against an entry as the next one. A valid one is kept.
    pub(crate) fn offer(&mut self, bytes: &[u8], sealed_under: LogKeyId) -> Words {
        let signed = pb::Signed::decode(bytes).unwrap();
        let body = pb::GroupEntryBody::decode(signed.body.as_slice()).unwrap();
        let words = if self.bodies.is_empty() {
            first(&signed, &body)
        } else {
            self.later(&signed, &body, sealed_under.as_bytes())
        };
        if words.is_empty() {
            self.bodies.push(signed.body);
        }
        words
    }

    fn later(&self, signed: &pb::Signed, body: &pb::GroupEntryBody, sealed_under: &[u8]) -> Words {
        let mut words = Words::new();
        let lists = lists_in(body);
        let sound: Vec<&DeviceList> = lists.iter().flatten().collect();
        let signers = match (body.kind, lists.iter().all(Result::is_ok)) {
            (10, true) => sound.last().map(|list| devices(list)),
            (10, false) => None,
            _ => self.list_of(&body.actor).map(|list| devices(&list)),
        };
        match signers.map(|signers| signers.into_iter().find(|(id, _)| *id == body.actor_device)) {
            Some(Some((_, key))) if !signs(&key, signed) => drop(words.insert("signature")),
            Some(None) => drop(words.insert("not_member")),
            _ => {}
        }
        if self.role_of(&body.actor).is_none() {
            words.insert("not_member");
        }
        if body.kind == 1 || body.group != self.hash_of(0) {
            words.insert("policy");
        }
        let length = u64::try_from(self.bodies.len()).unwrap();
        if body.sequence <= length {
            words.insert("stale");
        } else if body.sequence > length + 1 || body.parent != self.hash_of(self.bodies.len() - 1) {
            words.insert("fork");
        }
        words.extend(lists.iter().filter_map(|list| list.as_ref().err().copied()));
        if !self.entitled(body)
            || self.key_ids().pop().unwrap() != sealed_under
            || self.against_rules(body, &sound)
        {
            words.insert("policy");
        }
        match body.kind {
            2 => {
                if sound.windows(2).any(|two| two[0].account >= two[1].account) {
                    words.insert("malformed");
                }
                let more: usize = sound.iter().map(|list| list.certificates().len()).sum();
                if self.device_count() + more > 1024 {
                    words.insert("limit");
                }
            }
            10 => self.against_devices(body, &sound, lists.len(), &mut words),
            11 if self.key_ids().len() >= 1024 => drop(words.insert("limit")),
            _ => {}
        }
        words
    }

    fn entitled(&self, body: &pb::GroupEntryBody) -> bool {
        let Some(role) = self.role_of(&body.actor) else { return true };
        match body.kind {
            1 | 4 | 10 => true,
            5 if set_role(body).role == OWNER => role == OWNER,
            _ => role != MEMBER,
        }
    }

    fn against_rules(&self, body: &pb::GroupEntryBody, lists: &[&DeviceList]) -> bool {
        let is_member = |account: &[u8]| self.role_of(account).is_some();
        let broken = match body.kind {
            2 => lists.iter().any(|list| is_member(list.account.as_bytes())),
            3 => pb::GroupRemove::decode(body.action.as_slice()).unwrap().accounts.iter().any(|account| {
                !is_member(account) || self.role_of(account) == Some(OWNER) || *account == body.actor
            }),
            4 => self.role_of(&body.actor) == Some(OWNER),
            5 => {
                let pb::GroupSetRole { account, role } = set_role(body);
                let before = self.role_of(&account);
                before.is_none() || before == Some(role) || before == Some(OWNER)
            }
            // Nothing changes that was the last word of its kind.
            6 => self.name() == pb::GroupRename::decode(body.action.as_slice()).unwrap().name,
            7..=9 => self.last_of(body.kind) == body.action,
            11 => self.key_ids().contains(&rekey(body)),
            _ => false,
        };
        broken || (self.exposed() && !matches!(body.kind, 3 | 4 | 10 | 11))
    }

    fn against_devices(
        &self,
        body: &pb::GroupEntryBody,
        sound: &[&DeviceList],
        offered: usize,
        words: &mut Words,
    ) {
        let Some(mut known) = self.list_of(&body.actor) else { return };
        let mut devices = self.device_count() - known.certificates().len();
        for list in sound {
            match known.succeed((*list).clone()) {
                Ok(next) if next.reference() == known.reference() => drop(words.insert("stale")),
                Ok(_) => {}
                Err(refused) => drop(words.insert(refused.reject().word())),
            }
            known = (*list).clone();
        }
        if sound.len() == offered {
            devices += known.certificates().len();
        }
        if devices > 1024 {
            words.insert("limit");
        }
    }

    fn entries(&self) -> impl DoubleEndedIterator<Item = pb::GroupEntryBody> {
        self.bodies.iter().map(|body| pb::GroupEntryBody::decode(body.as_slice()).unwrap())
    }

    fn hash_of(&self, index: usize) -> Vec<u8> {
        hash(label::GROUP_ENTRY_HASH, &[&self.bodies[index]]).0.to_vec()
    }

    /// The head's hash.
    pub(crate) fn head(&self) -> Vec<u8> {
        self.hash_of(self.bodies.len() - 1)
    }

    /// The role of an account, by what was last said of it.
    pub(crate) fn role_of(&self, account: &[u8]) -> Option<i32> {
        let mut role = None;
        for body in self.entries() {
            let actor = body.actor == account;
            match body.kind {
                1 if actor => role = Some(OWNER),
                2 if lists_in(&body).iter().flatten().any(|list| list.account.as_bytes() == account) => {
                    role = Some(MEMBER);
                }
                3 => {
                    let removed = pb::GroupRemove::decode(body.action.as_slice()).unwrap().accounts;
                    if removed.iter().any(|removed| removed == account) {
                        role = None;
                    }
                }
                4 if actor => role = None,
                5 => {
                    let set = set_role(&body);
                    if set.account == account {
                        role = Some(set.role);
                    } else if actor && set.role == OWNER {
                        role = Some(ADMIN);
                    }
                }
                _ => {}
            }
        }
        role
    }

    /// The device list last brought for a member.
    pub(crate) fn list_of(&self, account: &[u8]) -> Option<DeviceList> {
        self.role_of(account)?;
        let of = |body: &pb::GroupEntryBody| {
            lists_in(body).into_iter().flatten().rfind(|list| list.account.as_bytes() == account)
        };
        self.entries().rev().find_map(|body| of(&body))
    }

    /// Everybody who is in.
    pub(crate) fn members(&self) -> Vec<Account> {
        let named = self.entries().flat_map(|body| lists_in(&body)).flatten();
        let named: BTreeSet<Account> = named.map(|list| list.account.as_bytes().to_vec()).collect();
        named.into_iter().filter(|account| self.role_of(account).is_some()).collect()
    }

    fn device_count(&self) -> usize {
        self.members().iter().map(|account| self.list_of(account).unwrap().certificates().len()).sum()
    }

    /// Every key that has encrypted the log, oldest first.
    pub(crate) fn key_ids(&self) -> Vec<Vec<u8>> {
        let key = |body: pb::GroupEntryBody| match body.kind {
            1 => Some(pb::GroupCreate::decode(body.action.as_slice()).unwrap().log_key_id),
            11 => Some(rekey(&body)),
            _ => None,
        };
        self.entries().filter_map(key).collect()
    }

    /// Whether a member or a device went after the last new key.
    pub(crate) fn exposed(&self) -> bool {
        for (index, body) in self.entries().enumerate().collect::<Vec<_>>().into_iter().rev() {
            let went = match body.kind {
                11 => return false,
                3 | 4 => true,
                10 => {
                    let before = Self { bodies: self.bodies[..index].to_vec() };
                    let old = devices(&before.list_of(&body.actor).unwrap());
                    let new = devices(lists_in(&body).last().unwrap().as_ref().unwrap());
                    old.iter().any(|(id, _)| new.iter().all(|(kept, _)| kept != id))
                }
                _ => false,
            };
            if went {
                return true;
            }
        }
        false
    }

    /// The newest entry after which everybody takes a new chain.
    pub(crate) fn epoch(&self) -> u64 {
        let forces = |kind| matches!(kind, 1 | 3 | 4 | 10);
        self.entries().rfind(|body| forces(body.kind)).unwrap().sequence
    }

    pub(crate) fn name(&self) -> String {
        let name = |body: pb::GroupEntryBody| match body.kind {
            1 => Some(pb::GroupCreate::decode(body.action.as_slice()).unwrap().name),
            6 => Some(pb::GroupRename::decode(body.action.as_slice()).unwrap().name),
            _ => None,
        };
        self.entries().rev().find_map(name).unwrap()
    }

    /// The action last said of a kind; before the first, that of a group nobody has changed.
    fn last_of(&self, kind: u32) -> Vec<u8> {
        let said = self.entries().rfind(|body| body.kind == kind);
        let begun = || {
            let create = self.entries().next().unwrap();
            let create = pb::GroupCreate::decode(create.action.as_slice()).unwrap();
            let announce_only = kind == 9 && create.announce_only;
            pb::GroupSetAnnounce { announce_only }.encode_to_vec()
        };
        said.map_or_else(begun, |body| body.action)
    }
}

fn first(signed: &pb::Signed, body: &pb::GroupEntryBody) -> Words {
    if body.kind != 1 {
        return Words::from(["policy"]);
    }
    let list = match lists_in(body).remove(0) {
        Ok(list) => list,
        Err(word) => return Words::from([word]),
    };
    let mut words = Words::new();
    match devices(&list).into_iter().find(|(id, _)| *id == body.actor_device) {
        Some((_, key)) if !signs(&key, signed) => drop(words.insert("signature")),
        Some(_) => {}
        None => drop(words.insert("not_member")),
    }
    if list.account.as_bytes() != body.actor.as_slice() {
        words.insert("policy");
    }
    words
}

/// The lists in an entry, or the words against them.
fn lists_in(body: &pb::GroupEntryBody) -> Vec<List> {
    let action = body.action.as_slice();
    let lists = match body.kind {
        1 => vec![pb::GroupCreate::decode(action).unwrap().device_list],
        2 => pb::GroupAdd::decode(action).unwrap().device_lists,
        10 => pb::GroupDevices::decode(action).unwrap().device_lists,
        _ => Vec::new(),
    };
    lists.into_iter().map(verified).collect()
}

type List = Result<DeviceList, &'static str>;

/// The list in these bytes. The same bytes are looked up: the oracle asks for each list hundreds of times.
fn verified(bytes: Vec<u8>) -> List {
    thread_local!(static LISTS: RefCell<BTreeMap<Vec<u8>, List>> = const { RefCell::new(BTreeMap::new()) });
    let verify = |bytes: &[u8]| {
        let signed = pb::Signed::decode(bytes).map_err(|_| "malformed")?;
        let body = pb::DeviceListBody::decode(signed.body.as_slice()).map_err(|_| "malformed")?;
        let account = AccountKey::parse(&body.account_key).map_err(|_| "key")?;
        DeviceList::verify(bytes, &account).map_err(|refused| refused.reject().word())
    };
    LISTS.with_borrow_mut(|lists| match lists.get(&bytes) {
        Some(list) => list.clone(),
        None => {
            let list = verify(&bytes);
            lists.insert(bytes, list.clone());
            list
        }
    })
}

fn devices(list: &DeviceList) -> Vec<(u32, VerifyingKey)> {
    list.certificates().iter().map(|one| (one.device.number(), one.signing_key)).collect()
}

fn signs(key: &VerifyingKey, signed: &pb::Signed) -> bool {
    let signature = Signature::from_slice(&signed.signature).unwrap();
    key.verify(label::GROUP_ENTRY, &signed.body, &signature).is_ok()
}

fn set_role(body: &pb::GroupEntryBody) -> pb::GroupSetRole {
    pb::GroupSetRole::decode(body.action.as_slice()).unwrap()
}

fn rekey(body: &pb::GroupEntryBody) -> Vec<u8> {
    pb::GroupRekey::decode(body.action.as_slice()).unwrap().log_key_id
}
