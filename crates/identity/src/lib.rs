//! Who is who: accounts, devices, prekeys.
//!
//! An **account** is an Ed25519 key; a **handle** is a name that a relay lets point to it. Each **device** has
//! a certificate signed by the account and counter-signed by itself, and is valid only inside the account's
//! highest known **device list**. **Prekeys** are signed by a device so that others can start sessions while
//! it is offline. **Settings** say who may write to an account.
//!
//! Everything decoded here is verified over the exact bytes received, before they are parsed (IDN-1).
//! The clauses cited as `IDN-n` are those of `spec/identity.md`.
#![no_std]

extern crate alloc;

pub mod account;
pub mod certificate;
pub mod declaration;
pub mod device;
pub mod device_list;
pub mod generation;
pub mod group_id;
pub mod handle;
pub mod parameters;
pub mod prekey;
pub mod proof;
pub mod safety;
pub mod settings;
mod signed;

pub use account::AccountKey;
pub use certificate::{Capabilities, CaptureDetection, Certificate};
pub use declaration::Declaration;
pub use device::{Address, DeviceId, DeviceKeys};
pub use device_list::{DeviceList, ListReference};
pub use generation::Generation;
pub use group_id::GroupId;
pub use handle::Handle;
pub use parameters::{Pace, Parameters};
pub use prekey::{Prekey, PrekeyKind, PrekeySecret};
pub use safety::SafetyNumber;
pub use settings::{Reach, Rules, Settings};

use aside_primitives::{KeyRefused, sign::SignatureInvalid};
use aside_wire::{Malformed, Reject};

/// Why a signed statement by somebody else was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The bytes do not decode.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A key in it is refused.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// A signature does not verify.
    #[error(transparent)]
    Signature(#[from] SignatureInvalid),
    /// It speaks of another account or device than the one asked for (IDN-6, IDN-12).
    #[error("it belongs to another account or device")]
    WrongOwner,
    /// A device id stands twice or out of order in a list (IDN-8).
    #[error("the devices of the list are not in ascending order")]
    DeviceOrder,
    /// The list is older than the one known (IDN-9).
    #[error("the device list goes backwards")]
    Stale,
    /// The list contradicts the one known (IDN-9).
    #[error("the device list forks from the one known")]
    Fork,
    /// The prekey is past its date (IDN-12).
    #[error("the prekey has expired")]
    PrekeyExpired,
}

impl Refused {
    /// The word of the registry.
    #[must_use]
    pub const fn reject(self) -> Reject {
        match self {
            Self::Malformed(malformed) => malformed.reject(),
            Self::Key(_) => Reject::Key,
            Self::Signature(_) => Reject::Signature,
            Self::WrongOwner => Reject::Policy,
            Self::DeviceOrder => Reject::Malformed,
            Self::Stale | Self::PrekeyExpired => Reject::Stale,
            Self::Fork => Reject::Fork,
        }
    }
}
