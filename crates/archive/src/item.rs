//! What stands in an archive.

use crate::Refused;
use alloc::{string::String, vec::Vec};
use aside_content::{Body, ChatId, Kind, MessageId, Text, ThreadId};
use aside_identity::{AccountKey, Address, DeviceId, DeviceList, GroupId, Handle};
use aside_primitives::Digest;
use aside_wire::{
    Malformed, array, decode, is_line,
    limits::{EMOJI_BYTES, GROUP_NAME_BYTES},
    pb,
};
use prost::Message as _;

/// One record, as it was read.
#[derive(Clone)]
pub enum Item {
    /// Whose archive it is; the first.
    Manifest(Manifest),
    /// The conversation that those behind it belong to.
    Place(Place),
    /// Somebody of the conversation.
    Person(Person),
    /// A message of the conversation.
    Message(Message),
    /// What somebody has said about the message before it.
    Mark(Mark),
    /// The end; the signature has verified.
    End,
}

/// Whose archive it is, and which device has made it.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The account, and the device whose key signs.
    pub maker: Address,
    /// The account's handle.
    pub handle: Handle,
    /// Milliseconds since 1970-01-01 UTC by the device's clock.
    pub created_at: u64,
    /// The account's device list, in which the device stands.
    pub list: DeviceList,
}

/// A conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A plaintext thread.
    Thread {
        /// Its id.
        id: ThreadId,
        /// The other person.
        peer: AccountKey,
    },
    /// An encrypted chat.
    Chat {
        /// Its id.
        id: ChatId,
        /// The other person.
        peer: AccountKey,
    },
    /// A group.
    Group {
        /// Its id.
        id: GroupId,
        /// What it is called, up to 128 bytes in a line; empty if that is not known.
        name: String,
    },
}

/// The handle by which the device knows somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Who.
    pub account: AccountKey,
    /// The handle.
    pub handle: Handle,
}

/// A message. How it was protected is what its conversation gives; that it was is the word of the device that made the
/// archive, and no more (ARC-8).
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its place among the messages of the conversation, not 0.
    pub number: u64,
    /// Who wrote it, on which device.
    pub sender: Address,
    /// Its id.
    pub message_id: MessageId,
    /// Milliseconds since 1970-01-01 UTC by the sender's clock.
    pub sent_at: u64,
    /// The same by the relay's clock.
    pub accepted_at: u64,
    /// What it said at first.
    pub body: Body,
    /// The hash of its frame, by which answers name it.
    pub hash: Digest,
    /// The device has it from another archive.
    pub imported: bool,
}

/// What somebody has said about a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Mark {
    /// Who.
    pub account: AccountKey,
    /// The counter of the reaction, or the version of the edit; not 0.
    pub counter: u64,
    /// What.
    pub said: Said,
}

/// A reaction, or another wording.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// An emoji of 1 to 32 bytes in a line.
    Reaction(String),
    /// What the message says now.
    Wording(Text),
}

impl Manifest {
    pub(crate) fn encode(&self) -> Vec<u8> {
        pb::ArchiveManifest {
            account: self.maker.account.as_bytes().to_vec(),
            device_id: self.maker.device.number(),
            handle: self.handle.as_str().into(),
            created_at: self.created_at,
            device_list: self.list.as_bytes().to_vec(),
        }
        .encode_to_vec()
    }

    /// ARC-4
    pub(crate) fn decode(body: &[u8]) -> Result<Self, Refused> {
        let fields: pb::ArchiveManifest = decode(body)?;
        let account = AccountKey::parse(&fields.account)?;
        let device = DeviceId::parse(fields.device_id)?;
        let handle = Handle::parse(&fields.handle)?;
        let list = DeviceList::verify(&fields.device_list, &account).map_err(Refused::List)?;
        if list.certificate(device).is_none() {
            return Err(Refused::List(aside_identity::Refused::WrongOwner));
        }
        let maker = Address { account, device };
        Ok(Self { maker, handle, created_at: fields.created_at, list })
    }
}

impl Place {
    /// The other person; `None` for a group.
    #[must_use]
    pub const fn peer(&self) -> Option<&AccountKey> {
        match self {
            Self::Thread { peer, .. } | Self::Chat { peer, .. } => Some(peer),
            Self::Group { .. } => None,
        }
    }

    /// Kind and id, by which conversations are ordered.
    pub(crate) const fn key(&self) -> (u8, [u8; 32]) {
        match self {
            Self::Thread { id, .. } => (1, *id.as_bytes()),
            Self::Chat { id, .. } => (2, *id.as_bytes()),
            Self::Group { id, .. } => (3, *id.as_bytes()),
        }
    }

    /// Where something of this conversation stands, for what may be said there.
    pub(crate) const fn stands(&self) -> aside_content::Place {
        match self {
            Self::Thread { .. } => aside_content::Place::Thread,
            Self::Chat { .. } => aside_content::Place::Chat,
            Self::Group { .. } => aside_content::Place::Group,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let place = match self {
            Self::Thread { .. } => pb::ArchivePlace::Thread,
            Self::Chat { .. } => pb::ArchivePlace::Chat,
            Self::Group { .. } => pb::ArchivePlace::Group,
        };
        let name = match self {
            Self::Group { name, .. } => name.clone(),
            _ => String::new(),
        };
        let peer = self.peer().map(|peer| peer.as_bytes().to_vec()).unwrap_or_default();
        pb::ArchiveConversation { place: place.into(), id: self.key().1.to_vec(), peer, name }.encode_to_vec()
    }

    /// ARC-5
    pub(crate) fn decode(body: &[u8], own: &AccountKey) -> Result<Self, Refused> {
        let pb::ArchiveConversation { place, id, peer, name } = decode(body)?;
        let id = array(&id, "id")?;
        let place = match pb::ArchivePlace::try_from(place) {
            Ok(pb::ArchivePlace::Thread) => {
                Self::Thread { id: ThreadId::new(id), peer: AccountKey::parse(&peer)? }
            }
            Ok(pb::ArchivePlace::Chat) => Self::Chat { id: ChatId::new(id), peer: AccountKey::parse(&peer)? },
            Ok(pb::ArchivePlace::Group) if !peer.is_empty() => return Err(Malformed::Field("peer").into()),
            // GRP-10, but that of a group whose name is not known is empty.
            Ok(pb::ArchivePlace::Group) if name.len() > GROUP_NAME_BYTES || !is_line(&name) => {
                return Err(Malformed::Field("name").into());
            }
            Ok(pb::ArchivePlace::Group) => return Ok(Self::Group { id: GroupId::new(id), name }),
            _ => return Err(Malformed::Field("place").into()),
        };
        if !name.is_empty() {
            return Err(Malformed::Field("name").into());
        }
        match &place {
            // CON-4
            Self::Thread { id, peer } if *id != ThreadId::between(own, peer) => Err(Refused::Misplaced),
            place if place.peer() == Some(own) => Err(Refused::Misplaced),
            _ => Ok(place),
        }
    }
}

impl Person {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (account, handle) = (self.account.as_bytes().to_vec(), self.handle.as_str().into());
        pb::ArchivePerson { account, handle }.encode_to_vec()
    }

    pub(crate) fn decode(body: &[u8]) -> Result<Self, Refused> {
        let pb::ArchivePerson { account, handle } = decode(body)?;
        Ok(Self { account: AccountKey::parse(&account)?, handle: Handle::parse(&handle)? })
    }
}

impl Message {
    pub(crate) fn encode(&self) -> Vec<u8> {
        pb::ArchiveMessage {
            number: self.number,
            sender: self.sender.account.as_bytes().to_vec(),
            device_id: self.sender.device.number(),
            message_id: self.message_id.as_bytes().to_vec(),
            sent_at: self.sent_at,
            accepted_at: self.accepted_at,
            kind: self.body.kind().0,
            content: self.body.encode(),
            hash: self.hash.as_bytes().to_vec(),
            imported: self.imported,
        }
        .encode_to_vec()
    }

    pub(crate) fn decode(body: &[u8]) -> Result<Self, Refused> {
        let fields: pb::ArchiveMessage = decode(body)?;
        if fields.number == 0 {
            return Err(Malformed::Field("number").into());
        }
        let account = AccountKey::parse(&fields.sender)?;
        let device = DeviceId::parse(fields.device_id)?;
        Ok(Self {
            number: fields.number,
            sender: Address { account, device },
            message_id: MessageId::new(array(&fields.message_id, "message_id")?),
            sent_at: fields.sent_at,
            accepted_at: fields.accepted_at,
            hash: Digest(array(&fields.hash, "hash")?),
            body: Body::decode(Kind(fields.kind), &fields.content)?,
            imported: fields.imported,
        })
    }
}

impl Mark {
    /// Content kind and account, by which the marks of a message are ordered.
    pub(crate) const fn key(&self) -> (u32, [u8; 32]) {
        let kind = match self.said {
            Said::Reaction(_) => Kind::REACTION,
            Said::Wording(_) => Kind::EDIT,
        };
        (kind.0, *self.account.as_bytes())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let value = match &self.said {
            Said::Reaction(emoji) => emoji.clone().into_bytes(),
            Said::Wording(text) => Body::Text(text.clone()).encode(),
        };
        let (kind, account) = self.key();
        pb::ArchiveMark { kind, account: account.to_vec(), counter: self.counter, value }.encode_to_vec()
    }

    pub(crate) fn decode(body: &[u8]) -> Result<Self, Refused> {
        let pb::ArchiveMark { kind, account, counter, value } = decode(body)?;
        let account = AccountKey::parse(&account)?;
        if counter == 0 {
            return Err(Malformed::Field("counter").into());
        }
        let said = match Kind(kind) {
            Kind::REACTION => {
                let emoji = String::from_utf8(value).map_err(|_| Malformed::Field("value"))?;
                // CON-18
                if !(1..=EMOJI_BYTES).contains(&emoji.len()) || !is_line(&emoji) {
                    return Err(Malformed::Field("value").into());
                }
                Said::Reaction(emoji)
            }
            Kind::EDIT => match Body::decode(Kind::TEXT, &value)? {
                Body::Text(text) => Said::Wording(text),
                _ => return Err(Malformed::Field("value").into()),
            },
            _ => return Err(Malformed::Field("kind").into()),
        };
        Ok(Self { account, counter, said })
    }
}
