//! A relay in memory. It keeps its promises until a test tells it to lie.

use aside_client::engine::Upload;
use aside_identity::{AccountKey, Address, DeviceId, Generation, generation::Recorded};
use aside_wire::{
    keep,
    pb::{self, Keep, RefusalCode, request},
};
use prost::Message;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Changes an answer before the client sees it.
pub(crate) type Lie<T> = Option<Arc<dyn Fn(&mut T) + Send + Sync>>;

#[derive(Clone, Default)]
struct Held {
    signed: Vec<u8>,
    one_time: VecDeque<Vec<u8>>,
}

#[derive(Clone, Default)]
struct Mailbox {
    newest: u64,
    waiting: VecDeque<pb::Delivery>,
    /// How long each number waits; as long as the relay allows if it is not here.
    keeps: BTreeMap<u64, Keep>,
    /// The highest number acknowledged.
    acknowledged: u64,
}

#[derive(Clone, Default)]
pub(crate) struct Relay {
    /// What the relay takes for the time.
    pub(crate) time: u64,
    handles: BTreeMap<String, AccountKey>,
    lists: BTreeMap<AccountKey, Vec<Vec<u8>>>,
    prekeys: BTreeMap<Address, Held>,
    mailboxes: BTreeMap<Address, Mailbox>,
    accepted: BTreeMap<(Address, Vec<u8>), u64>,
    /// Every request about other people, in order, with who made it; acknowledgements are left out.
    pub(crate) asked: Vec<(Address, request::Body)>,
    /// Every send ever handed over, accepted or not, with its sender.
    pub(crate) sends: Vec<(Address, pb::Send)>,
    /// Every indicator ever handed over, with its sender.
    pub(crate) transients: Vec<(Address, pb::Transient)>,
    /// What the devices that are there have not heard yet.
    lane: BTreeMap<Address, Vec<pb::TransientDelivery>>,
    /// How far the stores of devices have come.
    pub(crate) stores: BTreeMap<Address, Recorded>,
    /// Every login ever tried, and whether the store was stale.
    pub(crate) logins: Vec<(Address, Generation, bool)>,
    /// Whether the relay calls every store stale that does not say that it was restored.
    pub(crate) calls_stale: bool,
    /// What the relay says has been acknowledged, in place of the truth.
    pub(crate) acknowledged: Option<u64>,
    /// What the relay says about devices.
    pub(crate) lie_about_devices: Lie<pb::Devices>,
    /// What the relay hands out as prekeys.
    pub(crate) lie_about_prekeys: Lie<pb::Prekeys>,
    /// What the relay answers to every send instead of storing it.
    pub(crate) refuse_sends: Option<RefusalCode>,
    /// The logs of groups.
    pub(crate) logs: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    /// Every message ever fanned out, with its sender.
    pub(crate) fanned_out: Vec<(Address, pb::FanOut)>,
    /// What the relay says about logs.
    pub(crate) lie_about_entries: Lie<pb::Entries>,
    /// Whether a log tells nobody of its new entries.
    pub(crate) silent_logs: bool,
    /// Settings by account, with their version.
    pub(crate) settings: BTreeMap<AccountKey, (u64, Vec<u8>)>,
    /// Declarations by who declares and for whom, with their version.
    pub(crate) declarations: BTreeMap<(AccountKey, AccountKey), (u64, Vec<u8>)>,
    /// What the relay answers to every statement instead of storing it.
    pub(crate) refuse_statements: Option<RefusalCode>,
    /// What the relay says about settings.
    pub(crate) lie_about_settings: Lie<pb::Settings>,
    /// Whether the relay lets everything through, whatever people have stated.
    pub(crate) is_lax: bool,
}

/// What the relay answers to what it was handed.
pub(crate) enum Answer {
    Accepted(u64),
    FannedOut(pb::FannedOut),
}

impl Relay {
    pub(crate) fn register(&mut self, handle: &str, account: AccountKey, list: &[u8]) {
        self.time = aside_testkit::person::NOW;
        self.handles.insert(handle.into(), account);
        self.lists.insert(account, vec![list.to_vec()]);
    }

    /// Lets a device in, unless its store is stale (RLY-46 to RLY-48).
    pub(crate) fn log_in(&mut self, device: &Address, store: &Generation) -> Option<pb::LoggedIn> {
        let known = self.stores.get(device);
        let kept = store.after(known).filter(|_| store.restored || !self.calls_stale);
        self.logins.push((*device, *store, kept.is_none()));
        let kept = kept?;
        if store.restored && known != Some(&kept) {
            self.prekeys.remove(device);
        }
        self.stores.insert(*device, kept);
        Some(pb::LoggedIn { generation: kept.number, ..self.status(device) })
    }

    /// What a login is answered with.
    pub(crate) fn status(&self, device: &Address) -> pb::LoggedIn {
        let held = self.prekeys.get(device).cloned().unwrap_or_default();
        pb::LoggedIn {
            relay_time: self.time,
            one_time_prekeys: u32::try_from(held.one_time.len()).unwrap(),
            signed_prekey_not_after: not_after(&held.signed),
            generation: 1,
            acknowledged: self
                .acknowledged
                .unwrap_or_else(|| self.mailboxes.get(device).map_or(0, |mailbox| mailbox.acknowledged)),
        }
    }

    pub(crate) fn publish(&mut self, device: &Address, upload: Upload) {
        let held = self.prekeys.entry(*device).or_default();
        if !upload.signed.is_empty() {
            held.signed = upload.signed;
        }
        held.one_time.extend(upload.one_time);
    }

    /// Stores settings or a declaration.
    pub(crate) fn state(&mut self, from: &Address, request: &request::Body) -> Result<(), RefusalCode> {
        self.asked.push((*from, request.clone()));
        if let Some(code) = self.refuse_statements {
            return Err(code);
        }
        let (bytes, place) = match request {
            request::Body::PublishSettings(pb::PublishSettings { settings }) => {
                let version = body::<pb::SettingsBody>(settings).version;
                (settings, (version, self.settings.entry(from.account).or_default()))
            }
            request::Body::Declare(pb::Declare { declaration }) => {
                let body = body::<pb::EncryptedOnlyBody>(declaration);
                let peer = AccountKey::parse(&body.peer).unwrap();
                (declaration, (body.version, self.declarations.entry((from.account, peer)).or_default()))
            }
            _ => return Err(RefusalCode::Malformed),
        };
        let (version, (known, held)) = place;
        if version <= *known && held != bytes {
            return Err(RefusalCode::StaleStatement);
        }
        (*known, *held) = (version, bytes.clone());
        Ok(())
    }

    /// The settings of an account.
    pub(crate) fn settings_of(&self, account: &AccountKey) -> pb::Settings {
        let settings = self.settings.get(account).map(|(_, bytes)| bytes.clone()).unwrap_or_default();
        let mut answer = pb::Settings { settings };
        if let Some(lie) = &self.lie_about_settings {
            lie(&mut answer);
        }
        answer
    }

    /// Whether settings and declarations let a send through (RLY-36, RLY-39).
    fn check(&self, from: &AccountKey, to: &AccountKey, send: &pb::Send) -> Result<(), RefusalCode> {
        let kind = |parcel: &pb::Parcel| pb::Envelope::decode(parcel.envelope.as_slice()).unwrap().kind;
        let in_clear = send.parcels.iter().any(|parcel| kind(parcel) == i32::from(pb::EnvelopeKind::Thread));
        if let Some((_, settings)) = self.settings.get(to) {
            let rules = body::<pb::SettingsBody>(settings);
            let names = |list: &[Vec<u8>]| list.iter().any(|name| name == from.as_bytes());
            let level = if in_clear { rules.threads } else { rules.chats.min(rules.groups) };
            let everyone = level == i32::from(pb::Reach::Everyone);
            let contact = level == i32::from(pb::Reach::Contacts) && names(&rules.contacts);
            if names(&rules.blocked) || !(everyone || contact) {
                return Err(RefusalCode::Unreachable);
            }
        }
        let declared =
            [(*from, *to), (*to, *from)].iter().any(|between| self.declarations.contains_key(between));
        if in_clear && declared { Err(RefusalCode::EncryptedOnly) } else { Ok(()) }
    }

    pub(crate) fn resolve(&self, handle: &str) -> Option<pb::Devices> {
        self.devices(self.handles.get(handle)?, 0)
    }

    /// What is told of somebody who has a handle, to whoever asks.
    pub(crate) fn resolve_for(&self, asker: &AccountKey, handle: &str) -> Option<pb::Devices> {
        self.devices_for(Some(asker), self.handles.get(handle)?, 0)
    }

    pub(crate) fn devices(&self, account: &AccountKey, known: u64) -> Option<pb::Devices> {
        self.devices_for(None, account, known)
    }

    pub(crate) fn devices_for(
        &self,
        asker: Option<&AccountKey>,
        account: &AccountKey,
        known: u64,
    ) -> Option<pb::Devices> {
        let between = |asker: &AccountKey| {
            let both = [(*asker, *account), (*account, *asker)];
            both.iter()
                .filter_map(|pair| self.declarations.get(pair))
                .map(|(_, bytes)| bytes.clone())
                .collect()
        };
        let lists = self.lists.get(account)?;
        let handle = self.handles.iter().find(|(_, of)| *of == account)?.0;
        let mut devices = pb::Devices {
            handle: handle.clone(),
            account_key: account.as_bytes().to_vec(),
            lists: lists.iter().skip(usize::try_from(known).unwrap()).cloned().collect(),
            declarations: asker.map(between).unwrap_or_default(),
        };
        if let Some(lie) = &self.lie_about_devices {
            lie(&mut devices);
        }
        Some(devices)
    }

    pub(crate) fn prekeys(&mut self, device: &Address) -> Option<pb::Prekeys> {
        let held = self.prekeys.get_mut(device)?;
        let one_time = held.one_time.pop_front().unwrap_or_default();
        let mut prekeys = pb::Prekeys { signed_prekey: held.signed.clone(), one_time };
        if let Some(lie) = &self.lie_about_prekeys {
            lie(&mut prekeys);
        }
        Some(prekeys)
    }

    pub(crate) fn send(&mut self, from: &Address, send: &pb::Send) -> Result<u64, RefusalCode> {
        self.sends.push((*from, send.clone()));
        if let Some(code) = self.refuse_sends {
            return Err(code);
        }
        if let Some(accepted_at) = self.accepted.get(&(*from, send.client_id.clone())) {
            return Ok(*accepted_at);
        }
        let recipient = AccountKey::parse(&send.recipient).unwrap();
        if !self.is_lax {
            self.check(&from.account, &recipient, send)?;
        }
        let current = self.lists.get(&recipient).ok_or(RefusalCode::UnknownAccount)?.len();
        if send.list_version != u64::try_from(current).unwrap() {
            return Err(RefusalCode::StaleDevices);
        }
        self.time = self.time.saturating_add(1);
        for parcel in &send.parcels {
            let device = DeviceId::parse(parcel.device_id).unwrap();
            self.deliver_for(&Address { account: recipient, device }, from, &parcel.envelope, send.keep);
        }
        self.accepted.insert((*from, send.client_id.clone()), self.time);
        Ok(self.time)
    }

    pub(crate) fn answer(&mut self, from: &Address, request: &request::Body) -> Result<Answer, RefusalCode> {
        self.asked.push((*from, request.clone()));
        match request {
            request::Body::Send(send) => self.send(from, send).map(Answer::Accepted),
            request::Body::FanOut(fan_out) => self.fan_out(from, fan_out).map(Answer::FannedOut),
            request::Body::AppendEntry(append) => self.append(from, append).map(Answer::FannedOut),
            _ => Err(RefusalCode::Malformed),
        }
    }

    /// Hands an indicator to whoever is there, and keeps nothing of it.
    pub(crate) fn hand_on(&mut self, from: &Address, transient: &pb::Transient) {
        self.asked.push((*from, request::Body::Transient(transient.clone())));
        self.transients.push((*from, transient.clone()));
        let account = AccountKey::parse(&transient.recipient).unwrap();
        for parcel in &transient.parcels {
            let device = DeviceId::parse(parcel.device_id).unwrap();
            let delivery = pb::TransientDelivery {
                sender: from.account.as_bytes().to_vec(),
                sender_device: from.device.number(),
                envelope: parcel.envelope.clone(),
            };
            self.lane.entry(Address { account, device }).or_default().push(delivery);
        }
    }

    /// What a device that is there hears now.
    pub(crate) fn heard(&mut self, device: &Address) -> Vec<pb::TransientDelivery> {
        self.lane.remove(device).unwrap_or_default()
    }

    fn fan_out(&mut self, from: &Address, fan_out: &pb::FanOut) -> Result<pb::FannedOut, RefusalCode> {
        self.fanned_out.push((*from, fan_out.clone()));
        if let Some(code) = self.refuse_sends {
            return Err(code);
        }
        if let Some(accepted_at) = self.accepted.get(&(*from, fan_out.client_id.clone())) {
            return Ok(pb::FannedOut { accepted_at: *accepted_at, missed: vec![] });
        }
        self.time = self.time.saturating_add(1);
        self.deliver_to(from, &fan_out.recipients, &fan_out.envelope, fan_out.keep);
        self.accepted.insert((*from, fan_out.client_id.clone()), self.time);
        Ok(pb::FannedOut { accepted_at: self.time, missed: vec![] })
    }

    fn append(&mut self, from: &Address, append: &pb::AppendEntry) -> Result<pb::FannedOut, RefusalCode> {
        if let Some(accepted_at) = self.accepted.get(&(*from, append.client_id.clone())) {
            return Ok(pb::FannedOut { accepted_at: *accepted_at, missed: vec![] });
        }
        let log = self.logs.entry(append.log.clone()).or_default();
        if append.position != u64::try_from(log.len()).unwrap() + 1 {
            return Err(RefusalCode::LogMoved);
        }
        log.push(append.entry.clone());
        self.time = self.time.saturating_add(1);
        let entry = pb::GroupLogEntry {
            log: append.log.clone(),
            position: append.position,
            entry: append.entry.clone(),
        };
        let kind = pb::EnvelopeKind::GroupEntry.into();
        let envelope = pb::Envelope { kind, payload: entry.encode_to_vec() }.encode_to_vec();
        if !self.silent_logs {
            self.deliver_to(from, &append.recipients, &envelope, Keep::Longest.into());
        }
        self.accepted.insert((*from, append.client_id.clone()), self.time);
        Ok(pb::FannedOut { accepted_at: self.time, missed: vec![] })
    }

    pub(crate) fn entries(&self, log: &[u8; 32], from: u64) -> pb::Entries {
        let known = self.logs.get(log.as_slice()).cloned().unwrap_or_default();
        let mut entries = pb::Entries {
            newest: known.len().try_into().unwrap(),
            entries: known.into_iter().skip(usize::try_from(from - 1).unwrap()).take(16).collect(),
        };
        if let Some(lie) = &self.lie_about_entries {
            lie(&mut entries);
        }
        entries
    }

    fn deliver_to(&mut self, from: &Address, recipients: &[pb::Recipient], envelope: &[u8], keep: i32) {
        for recipient in recipients {
            let account = AccountKey::parse(&recipient.account_key).unwrap();
            for device in &recipient.devices {
                let device = DeviceId::parse((*device).into()).unwrap();
                self.deliver_for(&Address { account, device }, from, envelope, keep);
            }
        }
    }

    fn deliver_for(&mut self, to: &Address, from: &Address, envelope: &[u8], keep: i32) {
        self.deliver(to, from, envelope);
        let mailbox = self.mailboxes.entry(*to).or_default();
        mailbox.keeps.insert(mailbox.newest, keep::parse(keep).unwrap());
    }

    /// So many days pass, less than the relay allows: what asked for no more is over (RLY-42).
    pub(crate) fn days_pass(&mut self, days: u16) {
        for Mailbox { waiting, keeps, .. } in self.mailboxes.values_mut() {
            waiting.retain(|delivery| {
                let kept = keeps.get(&delivery.sequence).copied().and_then(keep::days);
                kept.is_none_or(|kept| kept > days)
            });
        }
    }

    /// Puts an envelope into a mailbox, whoever made it.
    pub(crate) fn deliver(&mut self, to: &Address, from: &Address, envelope: &[u8]) {
        let delivery = pb::Delivery {
            sequence: 0,
            sender: from.account.as_bytes().to_vec(),
            sender_device: from.device.number(),
            accepted_at: self.time,
            envelope: envelope.to_vec(),
        };
        self.redeliver(to, &delivery);
    }

    /// Puts a delivery into a mailbox again, under a new sequence number.
    pub(crate) fn redeliver(&mut self, to: &Address, delivery: &pb::Delivery) {
        let mailbox = self.mailboxes.entry(*to).or_default();
        mailbox.newest += 1;
        mailbox.waiting.push_back(pb::Delivery { sequence: mailbox.newest, ..delivery.clone() });
    }

    pub(crate) fn waiting(&self, to: &Address) -> Vec<pb::Delivery> {
        self.mailboxes.get(to).map(|mailbox| mailbox.waiting.iter().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn acknowledge(&mut self, device: &Address, up_to: u64) {
        if let Some(mailbox) = self.mailboxes.get_mut(device) {
            mailbox.waiting.retain(|delivery| delivery.sequence > up_to);
            mailbox.acknowledged = mailbox.acknowledged.max(up_to);
        }
    }

    // Lies about mail.

    /// A mailbox as it waits, to be changed at will.
    pub(crate) fn mail(&mut self, to: &Address) -> &mut VecDeque<pb::Delivery> {
        &mut self.mailboxes.entry(*to).or_default().waiting
    }

    /// Swaps two deliveries; the sequence numbers stay in order.
    pub(crate) fn swap(&mut self, to: &Address, one: usize, other: usize) {
        let mail = self.mail(to);
        let sequences = (mail[one].sequence, mail[other].sequence);
        mail.swap(one, other);
        (mail[one].sequence, mail[other].sequence) = sequences;
    }

    // Lies about accounts.

    pub(crate) fn rebind(&mut self, handle: &str, account: AccountKey) {
        self.handles.insert(handle.into(), account);
    }

    pub(crate) fn lists(&mut self, account: &AccountKey) -> &mut Vec<Vec<u8>> {
        self.lists.get_mut(account).unwrap()
    }

    pub(crate) fn one_time_prekeys(&mut self, device: &Address) -> &mut VecDeque<Vec<u8>> {
        &mut self.prekeys.get_mut(device).unwrap().one_time
    }

    // What the relay saw.

    /// Whether anything handed over contains the text as it was typed.
    pub(crate) fn has_read(&self, text: &str) -> bool {
        self.sends.iter().any(|(_, send)| contains(&send.encode_to_vec(), text.as_bytes()))
    }

    /// The payloads of all pairwise envelopes ever handed over, with sender and recipient.
    pub(crate) fn pairwise_payloads(&self) -> Vec<(Address, Address, Vec<u8>)> {
        let mut payloads = Vec::new();
        for (from, send) in &self.sends {
            let account = AccountKey::parse(&send.recipient).unwrap();
            for parcel in &send.parcels {
                let device = DeviceId::parse(parcel.device_id).unwrap();
                let envelope = pb::Envelope::decode(parcel.envelope.as_slice()).unwrap();
                if envelope.kind == i32::from(pb::EnvelopeKind::Pairwise) {
                    payloads.push((*from, Address { account, device }, envelope.payload));
                }
            }
        }
        payloads
    }
}

/// What was signed.
pub(crate) fn body<M: Message + Default>(signed: &[u8]) -> M {
    M::decode(pb::Signed::decode(signed).unwrap().body.as_slice()).unwrap()
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn not_after(signed_prekey: &[u8]) -> u64 {
    let Ok(signed) = pb::Signed::decode(signed_prekey) else { return 0 };
    pb::PrekeyBody::decode(signed.body.as_slice()).map_or(0, |body| body.not_after)
}
