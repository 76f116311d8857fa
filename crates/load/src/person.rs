//! An account with one device.

use crate::Failure;
use aside_identity::{
    Address, Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, Generation, Handle,
    proof::Challenge,
};
use aside_primitives::{Draw, SigningKey};
use aside_relay::store::{Account, KeyUse, Mailbox, PublicKey, Registration};
use aside_wire::pb;
use getrandom::SysRng;

/// Keys and signed statements of one person with one device.
pub struct Person {
    /// The name.
    pub handle: Handle,
    account: SigningKey,
    /// The device's keys.
    pub keys: DeviceKeys,
    /// The device's certificate.
    pub certificate: Certificate,
    list: DeviceList,
    store: Generation,
}

impl Person {
    /// Draws all keys.
    ///
    /// # Errors
    /// If the name is none, or the system has no randomness.
    pub fn new(handle: &str) -> Result<Self, Failure> {
        let handle = Handle::parse(handle).map_err(|_| format!("{handle} is no handle"))?;
        let account = SigningKey::generate(&mut SysRng, Draw("account")).map_err(|_| "no randomness")?;
        let keys = DeviceKeys::generate(&mut SysRng).map_err(|_| "no randomness")?;
        let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, 1, Capabilities::NONE);
        let list = DeviceList::issue_first(&account, 1, &certificate);
        let store = Generation::first(&mut SysRng).map_err(|_| "no randomness")?;
        Ok(Self { handle, account, keys, certificate, list, store })
    }

    /// So many, with names of their own in this run.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn several(name: &str, number: usize) -> Result<Vec<Self>, Failure> {
        let run = getrandom::u32().map_err(|_| "no randomness")?;
        (0..number).map(|number| Self::new(&format!("{name}{run:08x}n{number}"))).collect()
    }

    /// The account's key as a name.
    #[must_use]
    pub fn account(&self) -> Account {
        Account::from(&self.certificate.account)
    }

    /// The mailbox of the device.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        Mailbox { account: self.account(), device: self.certificate.device }
    }

    /// What registers the account over the wire.
    #[must_use]
    pub fn registration(&self, challenge: &Challenge<'_>) -> pb::Register {
        let device_list = self.list.as_bytes().to_vec();
        pb::Register {
            handle: self.handle.as_str().into(),
            account_key: self.account().0.to_vec(),
            signature: challenge.register(&self.account, &self.handle, &device_list).0.to_vec(),
            device_list,
        }
    }

    /// What registers it in a store.
    #[must_use]
    pub fn registered(&self) -> Registration {
        let device = self.certificate.device;
        let key = |key_use, key: &[u8; 32]| PublicKey { device, key_use, key: *key };
        Registration {
            handle: self.handle.clone(),
            account: self.account(),
            devices: vec![device],
            keys: vec![
                key(KeyUse::Account, self.certificate.account.as_bytes()),
                key(KeyUse::DeviceSigning, self.certificate.signing_key.as_bytes()),
                key(KeyUse::DeviceAgreement, self.certificate.agreement_key.as_bytes()),
            ],
            list: self.list.as_bytes().to_vec(),
        }
    }

    /// What logs the device in, any number of times.
    #[must_use]
    pub fn login(&self, challenge: &Challenge<'_>) -> pb::Login {
        let address = Address { account: self.certificate.account, device: self.certificate.device };
        pb::Login {
            account_key: self.account().0.to_vec(),
            device_id: self.certificate.device.number(),
            signature: challenge.login(&address, &self.store, &self.keys.signing).0.to_vec(),
            store: Some(self.store.to_wire()),
        }
    }
}
