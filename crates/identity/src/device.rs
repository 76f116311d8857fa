//! Devices: ids, addresses and their private keys.

use crate::AccountKey;
use aside_primitives::{AgreementSecret, Draw, Entropy, EntropyFailed, Secret, SigningKey};
use aside_wire::{Malformed, limits::DEVICE_ID};
use core::fmt;

/// Number of a device within its account, 1 to 127 (IDN-3, threat H9). A reinstall takes a new one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeviceId(u8);

impl DeviceId {
    /// The first device of an account.
    pub const FIRST: Self = Self(1);

    /// Checks the range.
    ///
    /// # Errors
    /// [`Malformed::Field`] outside 1 to 127.
    pub fn parse(id: u32) -> Result<Self, Malformed> {
        match u8::try_from(id) {
            Ok(byte) if byte != 0 && id <= DEVICE_ID => Ok(Self(byte)),
            _ => Err(Malformed::Field("device_id")),
        }
    }

    /// The number as one byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The number as it travels in protobuf.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0.into()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One device of one account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    /// The account.
    pub account: AccountKey,
    /// Its device.
    pub device: DeviceId,
}

/// The private keys of a device; they never leave it.
#[derive(Debug)]
pub struct DeviceKeys {
    /// Signs prekeys and logins.
    pub signing: SigningKey,
    /// Takes part in handshakes.
    pub agreement: AgreementSecret,
}

impl DeviceKeys {
    /// Draws both keys.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn generate(entropy: &mut (impl Entropy + ?Sized)) -> Result<Self, EntropyFailed> {
        Ok(Self {
            signing: SigningKey::generate(entropy, Draw("device signing key"))?,
            agreement: AgreementSecret::generate(entropy, Draw("device agreement key"))?,
        })
    }

    /// The keys of two stored seeds.
    #[must_use]
    pub fn from_seeds(signing: &Secret<32>, agreement: &Secret<32>) -> Self {
        Self { signing: SigningKey::from_seed(signing), agreement: AgreementSecret::from_seed(agreement) }
    }
}
