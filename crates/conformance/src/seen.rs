//! What a relay sees of a request: every field, by path, with what it can tell of it. Nothing is decrypted here.
//!
//! Every field of the schema is named, so that none is added without this. The clauses cited as `LEA-n` are those of
//! `spec/leakage.md`.

use aside_content::{Refused, ThreadFrame};
use aside_identity::{DeviceId, Handle};
use aside_wire::{
    Malformed, decode,
    group_packet::{GroupPacket, KIND_GROUP_MESSAGE, KIND_LOG_ENTRY, LogEntryPacket},
    keep,
    limits::{DEVICES, GROUP_DEVICES, LOG_ENTRY_BYTES, ONE_TIME_PREKEYS, TRANSIENT_BYTES},
    packet::{Handshake, KIND_FIRST_MESSAGE, KIND_MESSAGE, KIND_TRANSIENT, Packet},
    pb::{self, EnvelopeKind, request::Body},
};
use prost::Message;
use std::fmt;

/// Positions that a log has (registry).
const LOG_ENTRIES: u64 = 100_000;
/// Generations of stores lie below 2^63 (RLY-46).
const GREATEST_GENERATION: u64 = (1 << 63) - 1;

/// What a relay can tell of one field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Told {
    /// A number that says something.
    Number(u64),
    /// A number that counts up, or a time.
    Count(u64),
    /// A value out of a few that have names.
    Choice(String),
    /// Bytes that can be compared and not read: keys, ids, salts, tags.
    Bytes(Vec<u8>),
    /// Bytes that can be read.
    Clear(Vec<u8>),
    /// Bytes that are encrypted.
    Sealed(Vec<u8>),
}

/// Class, and value or length.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "number {number}"),
            Self::Count(number) => write!(f, "count {number}"),
            Self::Choice(name) => write!(f, "choice {name}"),
            Self::Bytes(bytes) => write!(f, "bytes {}", bytes.len()),
            Self::Clear(bytes) => write!(f, "clear {}", bytes.len()),
            Self::Sealed(bytes) => write!(f, "sealed {}", bytes.len()),
        }
    }
}

/// A field of a request, or of the connection that it comes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Where it stands.
    pub path: String,
    /// What it tells.
    pub told: Told,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.told)
    }
}

impl Told {
    /// Of which class it is.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Count(_) => "count",
            Self::Choice(_) => "choice",
            Self::Bytes(_) => "bytes",
            Self::Clear(_) => "clear",
            Self::Sealed(_) => "sealed",
        }
    }

    /// How many bytes there are of what cannot be read.
    #[must_use]
    pub fn length(&self) -> Option<usize> {
        match self {
            Self::Bytes(bytes) | Self::Sealed(bytes) => Some(bytes.len()),
            Self::Number(_) | Self::Count(_) | Self::Choice(_) | Self::Clear(_) => None,
        }
    }

    /// What stands there, for comparing it with others.
    #[must_use]
    pub fn value(&self) -> Vec<u8> {
        match self {
            Self::Number(number) | Self::Count(number) => number.to_string().into_bytes(),
            Self::Choice(name) => name.clone().into_bytes(),
            Self::Bytes(bytes) | Self::Clear(bytes) | Self::Sealed(bytes) => bytes.clone(),
        }
    }
}

impl Field {
    /// The line of the ledger: what counts up or can be read is there in any value.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.told {
            Told::Count(_) | Told::Clear(_) => format!("{} {} *", self.path, self.told.class()),
            _ => self.to_string(),
        }
    }
}

/// A request as a relay sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Which request it is.
    pub request: &'static str,
    /// The accounts that it names: whom the device is after.
    pub to: Vec<Vec<u8>>,
    /// Every field, in the order of the layout.
    pub fields: Vec<Field>,
}

/// Looks at a request on the connection of a device; there is none before a login.
///
/// # Errors
/// [`Refused`] if it does not decode, or a relay would refuse it for its layout.
pub fn see(device: Option<(&[u8], u32)>, request: &[u8]) -> Result<Seen, Refused> {
    let pb::Request { id, body } = decode(request)?;
    let Some(body) = body.filter(|_| id != 0) else { return Err(Malformed::Field("body").into()) };
    let mut eye = Eye::default();
    if let Some((account, device)) = device {
        eye.put("connection.account_key", bytes(account));
        eye.put("connection.device_id", number(device));
    }
    eye.put("id", Told::Count(id));
    eye.own = device.and_then(|(account, device)| Some((account.to_vec(), u8::try_from(device).ok()?)));
    let request = eye.body(body)?;
    Ok(Seen { request, to: eye.to, fields: eye.fields })
}

#[derive(Default)]
struct Eye {
    /// The device whose connection it is.
    own: Option<(Vec<u8>, u8)>,
    to: Vec<Vec<u8>>,
    fields: Vec<Field>,
}

type Looked<T = ()> = Result<T, Refused>;

fn bytes(bytes: impl AsRef<[u8]>) -> Told {
    Told::Bytes(bytes.as_ref().to_vec())
}

fn clear(bytes: impl AsRef<[u8]>) -> Told {
    Told::Clear(bytes.as_ref().to_vec())
}

fn sealed(bytes: impl AsRef<[u8]>) -> Told {
    Told::Sealed(bytes.as_ref().to_vec())
}

fn number(number: impl Into<u64>) -> Told {
    Told::Number(number.into())
}

/// From 1 to 127 (IDN-3).
fn device(device: u32) -> Result<Told, Malformed> {
    DeviceId::parse(device).map(|device| number(device.number()))
}

/// IDN-13
fn handle(handle: &str) -> Result<Told, Malformed> {
    Handle::parse(handle).map(|_| clear(handle))
}

/// A number that counts from 1.
fn from_one(count: u64, field: &'static str) -> Result<Told, Malformed> {
    if count == 0 { Err(Malformed::Field(field)) } else { Ok(Told::Count(count)) }
}

fn of_length(bytes: &[u8], length: usize, field: &'static str) -> Result<Told, Malformed> {
    if bytes.len() == length { Ok(Told::Bytes(bytes.to_vec())) } else { Err(Malformed::Field(field)) }
}

impl Eye {
    fn put(&mut self, path: &str, told: Told) {
        self.fields.push(Field { path: path.to_owned(), told });
    }

    fn account(&mut self, path: &str, account: &[u8]) -> Looked {
        self.put(path, of_length(account, 32, "account_key")?);
        self.to.push(account.to_vec());
        Ok(())
    }

    fn body(&mut self, body: Body) -> Looked<&'static str> {
        Ok(match body {
            Body::Register(register) => self.register(&register)?,
            Body::Login(login) => self.login(login)?,
            Body::PublishPrekeys(pb::PublishPrekeys { signed_prekey, one_time }) => {
                if one_time.len() > ONE_TIME_PREKEYS {
                    return Err(Malformed::TooManyFields("PublishPrekeys").into());
                }
                self.put("publish_prekeys.signed_prekey", clear(signed_prekey));
                one_time.iter().for_each(|prekey| self.put("publish_prekeys.one_time", clear(prekey)));
                "publish_prekeys"
            }
            Body::Resolve(pb::Resolve { handle: name }) => {
                self.put("resolve.handle", handle(&name)?);
                "resolve"
            }
            Body::FetchDevices(pb::FetchDevices { account_key, known_version }) => {
                self.account("fetch_devices.account_key", &account_key)?;
                self.put("fetch_devices.known_version", number(known_version));
                "fetch_devices"
            }
            Body::FetchPrekeys(pb::FetchPrekeys { account_key, device_id }) => {
                self.account("fetch_prekeys.account_key", &account_key)?;
                self.put("fetch_prekeys.device_id", device(device_id)?);
                "fetch_prekeys"
            }
            Body::Send(send) => self.send(&send)?,
            Body::Subscribe(pb::Subscribe {}) => "subscribe",
            Body::Acknowledge(pb::Acknowledge { up_to }) => {
                self.put("acknowledge.up_to", Told::Count(up_to));
                "acknowledge"
            }
            Body::FanOut(fan_out) => self.fan_out(&fan_out)?,
            Body::AppendEntry(append) => self.append(&append)?,
            Body::FetchEntries(pb::FetchEntries { log, from }) => {
                self.put("fetch_entries.log", of_length(&log, 32, "log")?);
                self.put("fetch_entries.from", from_one(from, "from")?);
                "fetch_entries"
            }
            Body::Transient(transient) => self.transient(&transient)?,
            Body::PublishSettings(pb::PublishSettings { settings }) => {
                self.put("publish_settings.settings", clear(settings));
                "publish_settings"
            }
            Body::FetchSettings(pb::FetchSettings {}) => "fetch_settings",
            Body::Declare(pb::Declare { declaration }) => {
                self.put("declare.declaration", clear(declaration));
                "declare"
            }
        })
    }

    fn register(&mut self, register: &pb::Register) -> Looked<&'static str> {
        let pb::Register { handle: name, account_key, device_list, signature } = register;
        self.put("register.handle", handle(name)?);
        self.put("register.account_key", of_length(account_key, 32, "account_key")?);
        self.put("register.device_list", clear(device_list));
        self.put("register.signature", of_length(signature, 64, "signature")?);
        Ok("register")
    }

    fn login(&mut self, login: pb::Login) -> Looked<&'static str> {
        let pb::Login { account_key, device_id, signature, store } = login;
        let store = store.ok_or(Malformed::Field("store"))?;
        let pb::StoreGeneration { number: generation, token, previous, restored } = store;
        self.put("login.account_key", of_length(&account_key, 32, "account_key")?);
        self.put("login.device_id", device(device_id)?);
        self.put("login.signature", of_length(&signature, 64, "signature")?);
        if generation > GREATEST_GENERATION {
            return Err(Malformed::Field("number").into());
        }
        self.put("login.store.number", from_one(generation, "number")?);
        self.put("login.store.token", of_length(&token, 16, "token")?);
        self.put("login.store.previous", of_length(&previous, 16, "previous")?);
        self.put("login.store.restored", number(restored));
        Ok("login")
    }

    fn client_id(&mut self, path: &str, client_id: &[u8]) -> Looked {
        self.put(path, of_length(client_id, 16, "client_id")?);
        Ok(())
    }

    fn keep(&mut self, path: &str, class: i32) -> Looked {
        self.put(path, Told::Choice(keep::parse(class)?.as_str_name().to_owned()));
        Ok(())
    }

    fn send(&mut self, send: &pb::Send) -> Looked<&'static str> {
        let pb::Send { client_id, recipient, list_version, parcels, keep } = send;
        self.client_id("send.client_id", client_id)?;
        self.account("send.recipient", recipient)?;
        self.put("send.list_version", number(*list_version));
        let kinds = self.parcels("send.parcels", parcels, false)?;
        if kinds.windows(2).any(|pair| pair.first() != pair.last()) {
            return Err(Malformed::Field("kind").into());
        }
        self.keep("send.keep", *keep)?;
        Ok("send")
    }

    fn transient(&mut self, transient: &pb::Transient) -> Looked<&'static str> {
        let pb::Transient { recipient, list_version, parcels } = transient;
        self.account("transient.recipient", recipient)?;
        self.put("transient.list_version", number(*list_version));
        self.parcels("transient.parcels", parcels, true)?;
        Ok("transient")
    }

    /// One parcel a device, in ascending order; the kinds of their envelopes.
    fn parcels(&mut self, path: &str, parcels: &[pb::Parcel], transient: bool) -> Looked<Vec<EnvelopeKind>> {
        let ascending = parcels.windows(2).all(|pair| match pair {
            [one, next] => one.device_id < next.device_id,
            _ => true,
        });
        if parcels.is_empty() || !ascending {
            return Err(Malformed::Field("parcels").into());
        }
        if parcels.len() > DEVICES {
            return Err(Malformed::TooManyFields("Send").into());
        }
        let mut kinds = Vec::new();
        for pb::Parcel { device_id, envelope } in parcels {
            self.put(&format!("{path}.device_id"), device(*device_id)?);
            let kind = self.envelope(&format!("{path}.envelope"), envelope)?;
            let is_transient = self.is_transient();
            match kind {
                EnvelopeKind::Pairwise if is_transient == transient => {}
                EnvelopeKind::Thread if !transient => {}
                _ => return Err(Malformed::Field("kind").into()),
            }
            if transient && envelope_payload(envelope)?.len() > TRANSIENT_BYTES {
                return Err(Malformed::TooLarge("Transient").into());
            }
            kinds.push(kind);
        }
        Ok(kinds)
    }

    /// Whether the payload looked at last is a transient message.
    fn is_transient(&self) -> bool {
        let mut firsts = self.fields.iter().rev().filter(|field| field.path.ends_with(".pairwise.type"));
        firsts.next().is_some_and(|field| field.told == first(KIND_TRANSIENT))
    }

    fn fan_out(&mut self, fan_out: &pb::FanOut) -> Looked<&'static str> {
        let pb::FanOut { client_id, recipients, envelope, keep } = fan_out;
        if recipients.is_empty() {
            return Err(Malformed::Field("recipients").into());
        }
        self.client_id("fan_out.client_id", client_id)?;
        self.recipients("fan_out.recipients", recipients)?;
        if self.envelope("fan_out.envelope", envelope)? != EnvelopeKind::Group {
            return Err(Malformed::Field("kind").into());
        }
        self.keep("fan_out.keep", *keep)?;
        Ok("fan_out")
    }

    fn append(&mut self, append: &pb::AppendEntry) -> Looked<&'static str> {
        let pb::AppendEntry { client_id, log, position, entry, recipients } = append;
        self.client_id("append_entry.client_id", client_id)?;
        self.put("append_entry.log", of_length(log, 32, "log")?);
        self.put("append_entry.position", from_one(*position, "position")?);
        if *position > LOG_ENTRIES {
            return Err(Malformed::TooLarge("AppendEntry").into());
        }
        self.entry("append_entry.entry", entry)?;
        self.recipients("append_entry.recipients", recipients)?;
        Ok("append_entry")
    }

    /// Accounts in ascending order, each with devices in ascending order (RLY-31).
    fn recipients(&mut self, path: &str, recipients: &[pb::Recipient]) -> Looked {
        let ascending = recipients.windows(2).all(|pair| match pair {
            [one, next] => one.account_key < next.account_key,
            _ => true,
        });
        let devices = |to: &pb::Recipient| !to.devices.is_empty() && to.devices.is_sorted_by(|a, b| a < b);
        if !ascending || !recipients.iter().all(devices) {
            return Err(Malformed::Field("recipients").into());
        }
        if recipients.iter().map(|to| to.devices.len()).sum::<usize>() > GROUP_DEVICES {
            return Err(Malformed::TooManyFields("FanOut").into());
        }
        for pb::Recipient { account_key, devices } in recipients {
            self.account(&format!("{path}.account_key"), account_key)?;
            for id in devices {
                device((*id).into())?;
            }
            let own =
                self.own.as_ref().is_some_and(|(account, id)| account == account_key && devices.contains(id));
            if own {
                return Err(Malformed::Field("recipients").into());
            }
            self.put(&format!("{path}.devices"), clear(devices));
        }
        Ok(())
    }

    fn envelope(&mut self, path: &str, envelope: &[u8]) -> Looked<EnvelopeKind> {
        let pb::Envelope { kind, payload } = decode(envelope)?;
        let kind = EnvelopeKind::try_from(kind).map_err(|_| Malformed::Field("kind"))?;
        self.put(&format!("{path}.kind"), Told::Choice(kind.as_str_name().to_owned()));
        match kind {
            EnvelopeKind::Thread => self.thread(&format!("{path}.thread"), &payload)?,
            EnvelopeKind::Pairwise => self.pairwise(&format!("{path}.pairwise"), &payload)?,
            EnvelopeKind::Group => self.group(&format!("{path}.group"), &payload)?,
            EnvelopeKind::GroupEntry | EnvelopeKind::Unspecified => {
                return Err(Malformed::Field("kind").into());
            }
        }
        Ok(kind)
    }

    /// All of it can be read.
    fn thread(&mut self, path: &str, payload: &[u8]) -> Looked {
        ThreadFrame::decode(payload)?;
        let pb::Frame {
            conversation,
            message_id,
            sent_at,
            kind,
            content,
            previous,
            // None of these is in a frame of a thread (CON-3).
            sender_list: _,
            recipient_list: _,
            generation: _,
            group_sequence: _,
            group_head: _,
            silent: _,
            expiry: _,
            salt: _,
        } = decode(payload)?;
        self.put(&format!("{path}.conversation"), bytes(conversation));
        self.put(&format!("{path}.message_id"), bytes(message_id));
        self.put(&format!("{path}.sent_at"), Told::Count(sent_at));
        self.put(&format!("{path}.kind"), number(kind));
        self.put(&format!("{path}.content"), clear(content));
        self.put(&format!("{path}.previous"), bytes(previous));
        Ok(())
    }

    fn pairwise(&mut self, path: &str, payload: &[u8]) -> Looked {
        let packet = Packet::parse(payload)?;
        let Packet { transient, handshake, header, header_tag, commitment, ciphertext, tag } = packet;
        let kind = match (transient, handshake.is_some()) {
            (true, _) => KIND_TRANSIENT,
            (false, true) => KIND_FIRST_MESSAGE,
            (false, false) => KIND_MESSAGE,
        };
        self.put(&format!("{path}.type"), first(kind));
        if let Some(handshake) = handshake {
            self.handshake(&format!("{path}.handshake"), &handshake);
        }
        self.put(&format!("{path}.header"), sealed(header));
        self.put(&format!("{path}.header_tag"), bytes(header_tag));
        self.put(&format!("{path}.commitment"), bytes(commitment));
        self.put(&format!("{path}.ciphertext"), sealed(ciphertext));
        self.put(&format!("{path}.tag"), bytes(tag));
        Ok(())
    }

    fn handshake(&mut self, path: &str, handshake: &Handshake<'_>) {
        let Handshake {
            bytes: whole,
            account_key,
            device_id,
            ephemeral,
            signed_prekey,
            one_time_prekey,
            ciphertext,
        } = handshake;
        let [suite, ..] = whole;
        self.put(&format!("{path}.suite"), number(*suite));
        self.put(&format!("{path}.account_key"), bytes(account_key));
        self.put(&format!("{path}.device_id"), number(*device_id));
        self.put(&format!("{path}.ephemeral_key"), bytes(ephemeral));
        self.put(&format!("{path}.signed_prekey"), Told::Count((*signed_prekey).into()));
        self.put(&format!("{path}.one_time_prekey"), Told::Count(one_time_prekey.unwrap_or(0).into()));
        self.put(&format!("{path}.ciphertext"), bytes(ciphertext));
    }

    fn group(&mut self, path: &str, payload: &[u8]) -> Looked {
        let GroupPacket { key_id, iteration, salt, commitment, ciphertext, tag, signature } =
            GroupPacket::parse(payload)?;
        self.put(&format!("{path}.type"), first(KIND_GROUP_MESSAGE));
        self.put(&format!("{path}.key_id"), bytes(key_id));
        self.put(&format!("{path}.iteration"), Told::Count(iteration.into()));
        self.put(&format!("{path}.salt"), bytes(salt));
        self.put(&format!("{path}.commitment"), bytes(commitment));
        self.put(&format!("{path}.ciphertext"), sealed(ciphertext));
        self.put(&format!("{path}.tag"), bytes(tag));
        self.put(&format!("{path}.signature"), bytes(signature));
        Ok(())
    }

    /// To the relay it is opaque; what a client puts there has this layout.
    fn entry(&mut self, path: &str, entry: &[u8]) -> Looked {
        if entry.len() > LOG_ENTRY_BYTES {
            return Err(Malformed::TooLarge("AppendEntry").into());
        }
        let LogEntryPacket { key_id, salt, ciphertext, tag } = LogEntryPacket::parse(entry)?;
        self.put(&format!("{path}.type"), first(KIND_LOG_ENTRY));
        self.put(&format!("{path}.log_key_id"), bytes(key_id));
        self.put(&format!("{path}.salt"), bytes(salt));
        self.put(&format!("{path}.ciphertext"), sealed(ciphertext));
        self.put(&format!("{path}.tag"), bytes(tag));
        Ok(())
    }
}

/// The first byte of a payload.
fn first(kind: u8) -> Told {
    Told::Choice(format!("{kind:02x}"))
}

fn envelope_payload(envelope: &[u8]) -> Result<Vec<u8>, Malformed> {
    decode::<pb::Envelope>(envelope).map(|envelope| envelope.payload)
}

/// What a request is called whose body this is, and its encoding under a number.
#[must_use]
pub fn encode(id: u64, body: Body) -> Vec<u8> {
    pb::Request { id, body: Some(body) }.encode_to_vec()
}
