//! Entries of a group's log: decoded here, believed only by [`Group::check`](crate::Group::check).

use crate::{Action, action::decode_account};
use alloc::vec::Vec;
use aside_identity::{Address, DeviceId, GroupId};
use aside_primitives::{
    Digest, Signature, SigningKey, VerifyingKey, hash::hash, label, sign::SignatureInvalid,
};
use aside_wire::{Malformed, SUITE, array, decode, limits::GROUP_ENTRY_BYTES, pb};
use prost::Message;

/// Where an entry stands that is not the first: behind which other one, of which group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The group.
    pub group: GroupId,
    /// Its number, from 2.
    pub sequence: u64,
    /// Hash of the entry before.
    pub parent: Digest,
}

/// One entry, decoded but not trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    bytes: Vec<u8>,
    body: Vec<u8>,
    signature: Signature,
    hash: Digest,
    place: Option<Place>,
    actor: Address,
    made_at: u64,
    action: Action,
}

impl Entry {
    /// Makes an entry: `place` is [`Group::next_place`](crate::Group::next_place), or `None` for the first of a group,
    /// which creates it. Whether anybody accepts the entry is not checked here, but by
    /// [`Group::propose`](crate::Group::propose).
    #[must_use]
    pub fn sign(
        device_key: &SigningKey,
        place: Option<&Place>,
        actor: &Address,
        made_at: u64,
        action: &Action,
    ) -> Vec<u8> {
        let body = pb::GroupEntryBody {
            suite: SUITE,
            group: place.map(|place| place.group.as_bytes().to_vec()).unwrap_or_default(),
            sequence: place.map_or(1, |place| place.sequence),
            parent: place.map(|place| place.parent.as_bytes().to_vec()).unwrap_or_default(),
            actor: actor.account.as_bytes().to_vec(),
            actor_device: actor.device.number(),
            made_at,
            kind: action.kind(),
            action: action.encode(),
        }
        .encode_to_vec();
        let signature = device_key.sign(label::GROUP_ENTRY, &body).0.to_vec();
        pb::Signed { body, signature }.encode_to_vec()
    }

    /// Decodes an entry: the first of a log creates the group and names nothing before it; no other does (GRP-2).
    ///
    /// # Errors
    /// [`Malformed`], with the reason.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (body, signature) = open(bytes)?;
        let fields: pb::GroupEntryBody = decode(&body)?;
        if fields.suite != SUITE {
            return Err(Malformed::Version);
        }
        let action = Action::decode(fields.kind, &fields.action)?;
        let place = match (fields.sequence, &action) {
            (0, _) => return Err(Malformed::Field("sequence")),
            (1, Action::Create { .. }) if !fields.group.is_empty() => return Err(Malformed::Field("group")),
            (1, Action::Create { .. }) if !fields.parent.is_empty() => {
                return Err(Malformed::Field("parent"));
            }
            (1, Action::Create { .. }) => None,
            (1, _) | (_, Action::Create { .. }) => return Err(Malformed::Field("kind")),
            (sequence, _) => Some(Place {
                group: GroupId::new(array(&fields.group, "group")?),
                sequence,
                parent: Digest(array(&fields.parent, "parent")?),
            }),
        };
        Ok(Self {
            bytes: bytes.to_vec(),
            hash: hash(label::GROUP_ENTRY_HASH, &[&body]),
            body,
            signature,
            place,
            actor: Address {
                account: decode_account(&fields.actor)?,
                device: DeviceId::parse(fields.actor_device)?,
            },
            made_at: fields.made_at,
            action,
        })
    }

    /// The group it belongs to; the first entry of a log gives its group the name (GRP-2).
    #[must_use]
    pub fn group_id(&self) -> GroupId {
        self.place.map_or(GroupId::new(self.hash.0), |place| place.group)
    }

    /// Hash of the body: what the next entry names as its parent.
    #[must_use]
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// Its number in the log, from 1.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.place.map_or(1, |place| place.sequence)
    }

    /// Where it claims to stand; `None` for the first of a log.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The device that claims to have made it.
    #[must_use]
    pub const fn actor(&self) -> &Address {
        &self.actor
    }

    /// When it claims to have been made, in milliseconds since 1970-01-01 UTC by the actor's clock. Nothing depends on
    /// it.
    #[must_use]
    pub const fn made_at(&self) -> u64 {
        self.made_at
    }

    /// What it changes.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// The encoded, signed entry, at most 62 KiB.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies the signature over the body as received (GRP-1).
    pub(crate) fn verify(&self, signing_key: &[u8; 32]) -> Result<(), SignatureInvalid> {
        let key = VerifyingKey::parse(signing_key).map_err(|_| SignatureInvalid)?;
        key.verify(label::GROUP_ENTRY, &self.body, &self.signature)
    }
}

/// Body and signature of an encoded [`pb::Signed`]. Its general bound is that of a device list, so it is decoded here
/// within that of an entry.
fn open(bytes: &[u8]) -> Result<(Vec<u8>, Signature), Malformed> {
    if bytes.len() > GROUP_ENTRY_BYTES {
        return Err(Malformed::TooLarge("Signed"));
    }
    let signed = pb::Signed::decode(bytes).map_err(|_| Malformed::Encoding("Signed"))?;
    if signed.encode_to_vec() != bytes {
        return Err(Malformed::NotCanonical("Signed"));
    }
    Ok((signed.body, Signature(array(&signed.signature, "signature")?)))
}
