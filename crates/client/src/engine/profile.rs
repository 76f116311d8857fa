//! The own account: drawn once, loaded at every start.

use super::{Engine, RelayState, Step};
use crate::{
    error::{Error, Misuse},
    records::{Own, Records, fixed},
    store::{StoreError, Table, Transaction},
};
use aside_identity::{
    AccountKey, Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, Handle, Parameters,
};
use aside_primitives::{Draw, Secret, SigningKey, VerifyingKey, entropy};

/// The key of the only record in [`Table::Own`].
const KEY: &[u8] = b"own";
/// As long as the reference relay keeps mail, in days, where a relay does not say.
const KEEP_DAYS: u32 = 30;

impl Engine {
    /// What every device of this client can do, wherever it runs.
    pub const OFFERED: Capabilities = Capabilities { expiry: true, ..Capabilities::NONE };

    /// Draws an account with one device and stores it. The relay hears of it later.
    ///
    /// # Errors
    /// [`Misuse::AlreadyRegistered`] if the profile has an account.
    pub fn create(step: &mut Step<'_>, handle: &Handle, relay_url: &str) -> Result<Self, Error> {
        Self::create_able(step, handle, relay_url, Self::OFFERED)
    }

    /// The same for a program: the certificate says so, and everybody sees it on each message (CON-32).
    ///
    /// # Errors
    /// As [`Engine::create`].
    pub fn create_automated(step: &mut Step<'_>, handle: &Handle, relay_url: &str) -> Result<Self, Error> {
        Self::create_able(step, handle, relay_url, Capabilities { automated: true, ..Self::OFFERED })
    }

    /// The same for a device that can do what is said. What it claims and cannot do, others rely on (CAP-15).
    ///
    /// # Errors
    /// As [`Engine::create`].
    pub fn create_able(
        step: &mut Step<'_>,
        handle: &Handle,
        relay_url: &str,
        capabilities: Capabilities,
    ) -> Result<Self, Error> {
        if let Some(engine) = Self::load(step.tx)? {
            return Err(Misuse::AlreadyRegistered(engine.handle).into());
        }
        let account_seed: Secret<32> = entropy::secret(step.entropy, Draw("account key"))?;
        let account = SigningKey::from_seed(&account_seed);
        let keys = DeviceKeys::generate(step.entropy)?;
        let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, step.now, capabilities);
        let list = DeviceList::issue_first(&account, step.now, &certificate);
        let own = Own {
            handle: handle.as_str().into(),
            account_seed: account_seed.expose().to_vec(),
            signing_seed: keys.signing.to_seed().expose().to_vec(),
            agreement_seed: keys.agreement.to_seed().expose().to_vec(),
            device_id: certificate.device.number(),
            list: list.as_bytes().to_vec(),
            relay_url: relay_url.into(),
            relay_key: Vec::new(),
            registered: false,
            keep_days: 0,
        };
        step.tx.write(Table::Own, KEY, &own)?;
        let (handle, relay_url) = (handle.clone(), relay_url.into());
        Ok(Self { handle, account, keys, list, certificate, relay_url })
    }

    /// The account of a profile, if it has one.
    ///
    /// # Errors
    /// [`StoreError`] if the record is damaged.
    pub fn load(tx: &dyn Transaction) -> Result<Option<Self>, StoreError> {
        let Some(own) = tx.read::<Own>(Table::Own, KEY)? else { return Ok(None) };
        let account = SigningKey::from_seed(&Secret::new(fixed(&own.account_seed)?));
        let keys = DeviceKeys::from_seeds(
            &Secret::new(fixed(&own.signing_seed)?),
            &Secret::new(fixed(&own.agreement_seed)?),
        );
        let damaged = |_| StoreError::Damaged("own device list");
        let list =
            DeviceList::verify(&own.list, &AccountKey::new(account.verifying_key())).map_err(damaged)?;
        let device = DeviceId::parse(own.device_id).map_err(|_| StoreError::Damaged("own device"))?;
        let certificate = list
            .certificate(device)
            .filter(|certificate| certificate.signing_key == keys.signing.verifying_key())
            .cloned()
            .ok_or(StoreError::Damaged("own certificate"))?;
        let handle = Handle::parse(&own.handle).map_err(|_| StoreError::Damaged("own handle"))?;
        Ok(Some(Self { handle, account, keys, list, certificate, relay_url: own.relay_url }))
    }

    /// What the profile knows of its relay.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn relay_state(&self, tx: &dyn Transaction) -> Result<RelayState, StoreError> {
        let own: Own = tx.read(Table::Own, KEY)?.ok_or(StoreError::Damaged("own record"))?;
        let key = match own.relay_key.as_slice() {
            [] => None,
            bytes => Some(VerifyingKey::parse(bytes).map_err(|_| StoreError::Damaged("relay key"))?),
        };
        let keep_days = if own.keep_days == 0 { KEEP_DAYS } else { own.keep_days };
        Ok(RelayState { key, registered: own.registered, keep_days })
    }

    /// Remembers what the relay says it allows (RLY-75).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn on_parameters(&self, step: &mut Step<'_>, said: Option<&Parameters>) -> Result<(), StoreError> {
        let mut own: Own = step.tx.read(Table::Own, KEY)?.ok_or(StoreError::Damaged("own record"))?;
        let keep_days = said.map_or(0, |said| said.keep_days);
        if own.keep_days != keep_days {
            own.keep_days = keep_days;
            step.tx.write(Table::Own, KEY, &own)?;
        }
        Ok(())
    }

    /// Remembers that the relay with this key has the account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn on_registered(&self, step: &mut Step<'_>, relay: &VerifyingKey) -> Result<(), StoreError> {
        let mut own: Own = step.tx.read(Table::Own, KEY)?.ok_or(StoreError::Damaged("own record"))?;
        own.registered = true;
        own.relay_key = relay.as_bytes().to_vec();
        step.tx.write(Table::Own, KEY, &own)
    }

    /// Takes the account back out of a profile whose registration was refused, so that another handle can be tried.
    ///
    /// # Errors
    /// [`Misuse::AlreadyRegistered`] if the relay has the account.
    pub fn discard(&self, step: &mut Step<'_>) -> Result<(), Error> {
        if self.relay_state(step.tx)?.registered {
            return Err(Misuse::AlreadyRegistered(self.handle.clone()).into());
        }
        Ok(step.tx.delete(Table::Own, KEY)?)
    }
}
