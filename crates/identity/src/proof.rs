//! Proofs of possession towards a relay: bound to the relay's key, its name and a fresh nonce (threat T9).

use crate::{AccountKey, Address, Generation, Handle};
use aside_primitives::{
    Signature, SigningKey, VerifyingKey,
    hash::{Digest, hash},
    label,
    sign::SignatureInvalid,
};

/// What a relay says first on a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge<'a> {
    /// The relay's public name.
    pub relay_name: &'a str,
    /// The relay's long-term key.
    pub relay_key: &'a VerifyingKey,
    /// Fresh for the connection.
    pub nonce: &'a [u8; 32],
}

impl Challenge<'_> {
    fn login_digest(&self, device: &Address, store: &Generation) -> Digest {
        hash(
            label::LOGIN,
            &[
                self.relay_name.as_bytes(),
                self.relay_key.as_bytes(),
                self.nonce,
                device.account.as_bytes(),
                &[device.device.byte()],
                &store.number.to_be_bytes(),
                &store.token,
                &store.previous,
                &[u8::from(store.restored)],
            ],
        )
    }

    fn register_digest(&self, account: &AccountKey, handle: &Handle, device_list: &[u8]) -> Digest {
        hash(
            label::REGISTER,
            &[
                self.relay_name.as_bytes(),
                self.relay_key.as_bytes(),
                self.nonce,
                account.as_bytes(),
                handle.as_str().as_bytes(),
                device_list,
            ],
        )
    }

    /// Signs a login with the device key (RLY-4).
    #[must_use]
    pub fn login(&self, device: &Address, store: &Generation, key: &SigningKey) -> Signature {
        key.sign(label::LOGIN, self.login_digest(device, store).as_bytes())
    }

    /// Verifies a login with the key of the device's certificate.
    ///
    /// # Errors
    /// [`SignatureInvalid`] for every kind of mismatch alike.
    pub fn verify_login(
        &self,
        device: &Address,
        store: &Generation,
        key: &VerifyingKey,
        signature: &Signature,
    ) -> Result<(), SignatureInvalid> {
        key.verify(label::LOGIN, self.login_digest(device, store).as_bytes(), signature)
    }

    /// Signs a registration with the account key (RLY-3).
    #[must_use]
    pub fn register(&self, account: &SigningKey, handle: &Handle, device_list: &[u8]) -> Signature {
        let digest = self.register_digest(&AccountKey::new(account.verifying_key()), handle, device_list);
        account.sign(label::REGISTER, digest.as_bytes())
    }

    /// Verifies a registration.
    ///
    /// # Errors
    /// [`SignatureInvalid`] for every kind of mismatch alike.
    pub fn verify_register(
        &self,
        account: &AccountKey,
        handle: &Handle,
        device_list: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureInvalid> {
        let digest = self.register_digest(account, handle, device_list);
        account.verify(label::REGISTER, digest.as_bytes(), signature)
    }
}
