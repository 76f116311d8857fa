//! Members, and who was one.

use crate::{Role, history::History};
use alloc::vec::Vec;
use aside_identity::{Certificate, DeviceId, DeviceList, ListReference};

/// A member of a group, with the devices the log names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    pub(crate) since: u64,
    pub(crate) roles: History<Role>,
    pub(crate) list: ListReference,
    pub(crate) list_since: u64,
    pub(crate) devices: Vec<MemberDevice>,
}

impl Member {
    pub(crate) fn new(sequence: u64, role: Role, list: &DeviceList) -> Self {
        Self {
            since: sequence,
            roles: History::new(sequence, role),
            list: list.reference(),
            list_since: sequence,
            devices: devices_of(list),
        }
    }

    /// The role now.
    #[must_use]
    pub fn role(&self) -> Role {
        // There is always one; the least is the answer that grants nothing.
        self.roles.now().map_or(Role::Member, |(_, role)| role)
    }

    /// The entry that took the member in.
    #[must_use]
    pub const fn since(&self) -> u64 {
        self.since
    }

    /// The roles and since which entry each, the newest last.
    #[must_use]
    pub fn roles(&self) -> &[(u64, Role)] {
        self.roles.all()
    }

    /// The device list the log names; a newer one counts here once an entry brings it.
    #[must_use]
    pub const fn list(&self) -> ListReference {
        self.list
    }

    /// The entry that brought the list.
    #[must_use]
    pub const fn list_since(&self) -> u64 {
        self.list_since
    }

    /// The devices in ascending order, 1 to 8 of them.
    #[must_use]
    pub fn devices(&self) -> &[MemberDevice] {
        &self.devices
    }

    /// One of the devices.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<&MemberDevice> {
        self.devices.iter().find(|device| device.id == id)
    }
}

/// A device of a member. The keys were checked with the device list they came in, and are bytes until they are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemberDevice {
    /// Its number.
    pub id: DeviceId,
    /// Verifies its entries, 32 bytes.
    pub signing_key: [u8; 32],
    /// Its part in handshakes, 32 bytes; a number names the same two keys for ever (IDN-19).
    pub agreement_key: [u8; 32],
}

/// One stay in the group that has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Former {
    /// The entry that ended it; the one that began it is part of its name.
    pub(crate) until: u64,
    pub(crate) roles: History<Role>,
}

pub(crate) fn devices_of(list: &DeviceList) -> Vec<MemberDevice> {
    let device = |certificate: &Certificate| MemberDevice {
        id: certificate.device,
        signing_key: *certificate.signing_key.as_bytes(),
        agreement_key: *certificate.agreement_key.as_bytes(),
    };
    list.certificates().iter().map(device).collect()
}
