//! Device lists that an entry brings.

use crate::{
    Action, Member,
    member::{MemberDevice, devices_of},
};
use alloc::vec::Vec;
use aside_identity::{AccountKey, DeviceList, ListReference, Refused};
use aside_primitives::Digest;
use aside_wire::{array, decode, pb};

/// A device list that its account has signed.
#[derive(Debug)]
pub(crate) struct OfferedList {
    pub(crate) list: DeviceList,
    pub(crate) devices: Vec<MemberDevice>,
    previous: Option<Digest>,
}

impl OfferedList {
    /// Verifies a list of the account that it names itself (GRP-6).
    pub(crate) fn verify(bytes: &[u8]) -> Result<Self, Refused> {
        let signed: pb::Signed = decode(bytes)?;
        let body: pb::DeviceListBody = decode(&signed.body)?;
        let list = DeviceList::verify(bytes, &AccountKey::parse(&body.account_key)?)?;
        let previous =
            if body.previous.is_empty() { None } else { Some(Digest(array(&body.previous, "previous")?)) };
        Ok(Self { devices: devices_of(&list), list, previous })
    }
}

/// A list that others follow: one the log has recorded, or the one before.
#[derive(Clone, Copy)]
pub(crate) struct KnownList<'a> {
    account: &'a AccountKey,
    reference: ListReference,
    devices: &'a [MemberDevice],
}

impl<'a> KnownList<'a> {
    pub(crate) fn recorded(account: &'a AccountKey, member: &'a Member) -> Self {
        Self { account, reference: member.list, devices: &member.devices }
    }

    pub(crate) fn offered(offered: &'a OfferedList) -> Self {
        Self {
            account: &offered.list.account,
            reference: offered.list.reference(),
            devices: &offered.devices,
        }
    }

    /// Whether a list directly follows this one: the rule of [`DeviceList::succeed`], by what the log keeps of a list,
    /// and without standing still (GRP-12, IDN-9, IDN-19).
    pub(crate) fn precedes(self, next: &OfferedList) -> Result<(), Refused> {
        let offered = next.list.reference();
        if next.list.account != *self.account {
            return Err(Refused::WrongOwner);
        }
        if offered.version < self.reference.version || offered == self.reference {
            return Err(Refused::Stale);
        }
        let replaced =
            self.devices.iter().any(|old| next.devices.iter().any(|new| new.id == old.id && new != old));
        let successor = Some(offered.version) == self.reference.version.checked_add(1)
            && next.previous == Some(self.reference.hash);
        if successor && !replaced { Ok(()) } else { Err(Refused::Fork) }
    }
}

/// The device lists of one action.
#[derive(Default, Debug)]
pub(crate) struct Lists {
    pub(crate) verified: Vec<OfferedList>,
    pub(crate) refused: Vec<Refused>,
}

impl Lists {
    pub(crate) fn verify(action: &Action) -> Self {
        let offered = match action {
            Action::Add { device_lists } | Action::Devices { device_lists, .. } => device_lists.as_slice(),
            _ => &[],
        };
        let mut lists = Self::default();
        for bytes in offered {
            match OfferedList::verify(bytes) {
                Ok(list) => lists.verified.push(list),
                Err(refused) => lists.refused.push(refused),
            }
        }
        lists
    }

    /// The last one, if all are lists.
    pub(crate) fn newest(&self) -> Option<&OfferedList> {
        if self.refused.is_empty() { self.verified.last() } else { None }
    }
}
