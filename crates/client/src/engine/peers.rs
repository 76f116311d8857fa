//! Other accounts: pinned by key, followed list by list.

use super::{Engine, IdentityState, Need, Step};
use crate::{
    error::{Error, Misuse},
    event::Event,
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{AccountKey, Address, Certificate, DeviceList, Handle, Refused};
use aside_wire::{Malformed, Reject, limits::LISTS_PER_REPLY, pb};

/// Another account as it is pinned here.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) handle: Handle,
    pub(crate) list: DeviceList,
    pub(crate) state: IdentityState,
}

impl Engine {
    /// The account a handle was pinned to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn peer_by_handle(
        &self,
        tx: &dyn Transaction,
        handle: &Handle,
    ) -> Result<Option<AccountKey>, StoreError> {
        tx.get(Table::Handle, handle.as_str().as_bytes())?.map(|bytes| records::account(&bytes)).transpose()
    }

    /// The handle of a known account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn handle_of(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
    ) -> Result<Option<Handle>, StoreError> {
        if *account == self.address().account {
            return Ok(Some(self.handle().clone()));
        }
        Ok(self.peer(tx, account)?.map(|peer| peer.handle))
    }

    /// The device list of a known account, as far as it was followed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn list_of(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
    ) -> Result<Option<DeviceList>, StoreError> {
        Ok(self.peer(tx, account)?.map(|peer| peer.list))
    }

    pub(crate) fn peer(
        &self,
        tx: &dyn Transaction,
        account: &AccountKey,
    ) -> Result<Option<Peer>, StoreError> {
        let Some(record) = tx.read::<records::Peer>(Table::Peer, account.as_bytes())? else {
            return Ok(None);
        };
        let handle = Handle::parse(&record.handle).map_err(|_| StoreError::Damaged("peer handle"))?;
        let list = DeviceList::verify(&record.list, account).map_err(|_| StoreError::Damaged("peer list"))?;
        let state = IdentityState::of(&record)?;
        Ok(Some(Peer { handle, list, state }))
    }

    /// Takes in what the relay said about an account: a hash chain of device lists from the one known (IDN-9).
    ///
    /// `asked` is the handle that was looked up, if one was. Nothing of it is stored unless everything verifies, and a
    /// handle that points to another account than the pinned one is refused and shown, never followed (CNV-9):
    /// from then on nothing is sent to the handle until the person here decides.
    ///
    /// # Errors
    /// [`Error::Store`]. What the relay did wrong is an event.
    pub fn on_devices(
        &self,
        step: &mut Step<'_>,
        asked: Option<&Handle>,
        devices: &pb::Devices,
    ) -> Result<Learned, Error> {
        let account = match AccountKey::parse(&devices.account_key) {
            Ok(account) => account,
            Err(_) => return Ok(Learned::refused(None, Reject::Key)),
        };
        let refused = |reason| Ok(Learned::refused(Some(account), reason));
        let Ok(handle) = Handle::parse(&devices.handle) else { return refused(Reject::Malformed) };
        if asked.is_some_and(|asked| *asked != handle) {
            return refused(Reject::Policy);
        }
        if account == self.address().account {
            return Ok(Learned { account: Some(account), events: Vec::new(), more: None });
        }
        // A handle never moves to another account, and an account never takes another handle: either way a person
        // would be shown under the name of somebody else.
        let known = self.peer(step.tx, &account)?;
        let taken = self.peer_by_handle(step.tx, &handle)?.is_some_and(|pinned| pinned != account);
        let renamed = known.as_ref().is_some_and(|peer| peer.handle != handle);
        if taken {
            self.contest(step.tx, &handle, &account)?;
        }
        if taken || renamed || handle == *self.handle() {
            return refused(Reject::Fork);
        }
        let list = match follow(known.as_ref().map(|peer| &peer.list), &devices.lists, &account) {
            Ok(Some(list)) => list,
            Ok(None) => return refused(Reject::Malformed),
            Err(reason) => return refused(reason.reject()),
        };
        // Without the comparison, a relay that repeats itself would be asked for ever.
        let version = known.as_ref().map_or(0, |peer| peer.list.reference().version);
        let more = (devices.lists.len() >= LISTS_PER_REPLY && list.reference().version > version)
            .then_some(Need::Devices { account, known: list.reference().version });
        let mut record: records::Peer = step.tx.read(Table::Peer, account.as_bytes())?.unwrap_or_default();
        record.handle = handle.as_str().into();
        record.list = list.as_bytes().to_vec();
        if more.is_none() {
            record.fetched_at = step.now;
        }
        step.tx.write(Table::Peer, account.as_bytes(), &record)?;
        if !record.former {
            step.tx.put(Table::Handle, handle.as_str().as_bytes(), account.as_bytes())?;
        }
        let mut events = Vec::new();
        if let Some(known) = &known {
            forget_sessions(step.tx, &known.list, &list)?;
            events.extend(self.on_other_devices(step, &known.list, &list)?);
        }
        events.extend(self.learn_declarations(step, &account, &devices.declarations)?);
        Ok(Learned { account: Some(account), events, more })
    }

    /// Somebody has linked or removed devices, or begun anew with another one: the person is told, and asks again for what
    /// the new ones do not know of (CNV-14).
    fn on_other_devices(
        &self,
        step: &mut Step<'_>,
        known: &DeviceList,
        list: &DeviceList,
    ) -> Result<Option<Event>, Error> {
        let missing_in = |other: &DeviceList, list: &DeviceList| {
            let gone = |certificate: &&Certificate| !has_device(other, certificate);
            list.certificates().iter().filter(gone).count()
        };
        let (added, removed) = (missing_in(known, list), missing_in(list, known));
        let Some(first) = known.certificates().first() else { return Ok(None) };
        let peer = first.account;
        if added > 0 {
            let nobody_left = removed == known.certificates().len();
            self.open_again(step, &peer, nobody_left)?;
        }
        Ok((added > 0 || removed > 0).then_some(Event::DevicesChanged { peer, added, removed }))
    }

    /// A known account that is not the own one, and that nobody contests.
    pub(crate) fn other(&self, tx: &dyn Transaction, handle: &Handle) -> Result<AccountKey, Error> {
        if handle == self.handle() {
            return Err(Misuse::Oneself.into());
        }
        let account = self.peer_by_handle(tx, handle)?.ok_or_else(|| Misuse::UnknownPeer(handle.clone()))?;
        if self.may_send_to(tx, &account)? {
            Ok(account)
        } else {
            Err(Misuse::AccountChanged(handle.clone()).into())
        }
    }
}

/// What came of an answer about an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Learned {
    /// The account, if the answer named one.
    pub account: Option<AccountKey>,
    /// What is to be shown; [`Event::ListRefused`] first exactly if the answer was refused.
    pub events: Vec<Event>,
    /// What to ask next, if there are more lists.
    pub more: Option<Need>,
}

impl Learned {
    fn refused(account: Option<AccountKey>, reason: Reject) -> Self {
        let events = account.map(|peer| Event::ListRefused { peer, reason }).into_iter().collect();
        Self { account: None, events, more: None }
    }
}

/// Whether a list has a device with the same keys.
fn has_device(list: &DeviceList, device: &Certificate) -> bool {
    list.certificate(device.device).is_some_and(|known| {
        known.agreement_key == device.agreement_key && known.signing_key == device.signing_key
    })
}

/// Deletes the sessions with devices that were removed, or whose keys changed: nothing is sent there any more.
fn forget_sessions(
    tx: &mut dyn Transaction,
    known: &DeviceList,
    list: &DeviceList,
) -> Result<(), StoreError> {
    for old in known.certificates() {
        if !has_device(list, old) {
            let device = Address { account: old.account, device: old.device };
            let device = records::address_key(&device);
            for table in [Table::Session, Table::Sent] {
                for (key, _) in tx.scan(table, &device, None, usize::MAX)? {
                    tx.delete(table, &key)?;
                }
            }
            tx.delete(Table::Healing, &device)?;
            tx.delete(Table::SentNumber, &device)?;
        }
    }
    Ok(())
}

/// Walks the chain from the known list; without one, from list 1.
fn follow(
    known: Option<&DeviceList>,
    lists: &[Vec<u8>],
    account: &AccountKey,
) -> Result<Option<DeviceList>, Refused> {
    let mut current = known.cloned();
    for bytes in lists {
        let next = DeviceList::verify(bytes, account)?;
        current = Some(match &current {
            Some(list) => list.succeed(next)?,
            None if next.reference().version == 1 => next,
            None => return Err(Malformed::Field("version").into()),
        });
    }
    Ok(current)
}
