//! The engine: every decision of a client, without a clock, randomness, storage or network of its own.
//!
//! Each method is one step: it reads and writes through a [`Transaction`], and the caller commits that
//! transaction before it acts on what the step returned.

mod answers;
mod archive;
mod audit;
mod broadcast;
mod capture;
mod captured;
mod compose;
mod detection;
mod early;
mod encrypted_only;
mod expiry;
mod forget;
mod forms;
mod generation;
mod group;
mod handover;
mod healing;
mod inbox;
mod incoming;
mod labels;
mod lists;
mod marks;
mod outgoing;
mod peers;
mod prekeys;
mod profile;
mod reach;
mod receipts;
mod relations;
mod repeating;
mod requests;
mod saying;
mod scheduled;
mod search;
mod sessions;
mod sharing;
mod statements;
mod stop;
mod sweep;
mod telling;
mod templates;
mod time;
mod timed;
mod transient;
mod vault;
mod verification;
mod view_once;

pub use answers::Refusal;
pub use archive::{Exported, Import, ImportedPlace};
pub use audit::Audit;
pub use broadcast::{Broadcast, Room};
pub use capture::{Capture, Screen};
pub use encrypted_only::Declared;
pub use generation::Login;
pub use healing::Unopened;
pub use incoming::{Incoming, Need};
pub use outgoing::{Busy, Outbound, Outgoing};
pub use peers::Learned;
pub use prekeys::Upload;
pub use reach::{Levels, Matter};
pub use relations::Relation;
pub use requests::Request;
pub use scheduled::Scheduled;
pub use statements::Statement;
pub use sweep::Swept;
pub use templates::Template;
pub use verification::IdentityState;
pub use view_once::Opened;

use crate::store::{StoreError, Transaction};
use aside_identity::{Address, Certificate, DeviceKeys, DeviceList, Handle};
use aside_primitives::{Entropy, SigningKey, VerifyingKey};
use aside_session::Own;
pub(crate) use capture::Origin;
pub(crate) use compose::{Lane, queue_entry};

/// What a step works with.
pub struct Step<'a> {
    /// The transaction of the step.
    pub tx: &'a mut dyn Transaction,
    /// Milliseconds since 1970-01-01 UTC.
    pub now: u64,
    /// The source of randomness.
    pub entropy: &'a mut dyn Entropy,
}

impl core::fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Step").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Step<'_> {
    /// What is due by this time is not shown (TIM-3).
    pub(crate) fn hides_by(&self) -> Result<u64, StoreError> {
        time::hides_by(self.tx, self.now)
    }

    /// When what happens now happens, for what follows from it (EXP-12).
    pub(crate) fn happens_at(&self) -> Result<u64, StoreError> {
        time::happens_at(self.tx, self.now)
    }
}

/// The engine of one device. It holds the device's identity; everything that changes is in the store.
#[derive(Debug)]
pub struct Engine {
    handle: Handle,
    account: SigningKey,
    keys: DeviceKeys,
    list: DeviceList,
    certificate: Certificate,
    relay_url: String,
}

impl Engine {
    /// The own handle.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The own account and device.
    #[must_use]
    pub const fn address(&self) -> Address {
        Address { account: self.certificate.account, device: self.certificate.device }
    }

    /// The own device list.
    #[must_use]
    pub const fn list(&self) -> &DeviceList {
        &self.list
    }

    /// The own certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Whether the own certificate says that this device is a program; others see it on each message (CON-32).
    #[must_use]
    pub const fn is_automated(&self) -> bool {
        self.certificate.capabilities.automated
    }

    /// The relay this profile belongs to.
    #[must_use]
    pub fn relay_url(&self) -> &str {
        &self.relay_url
    }

    /// Signs what a relay asks for with the account key.
    #[must_use]
    pub const fn account_key(&self) -> &SigningKey {
        &self.account
    }

    /// Signs what a relay asks for with the device key.
    #[must_use]
    pub const fn device_key(&self) -> &SigningKey {
        &self.keys.signing
    }

    fn own(&self) -> Own<'_> {
        Own { certificate: &self.certificate, agreement: &self.keys.agreement }
    }
}

/// What a profile knows of its relay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelayState {
    /// The key seen at the first connection; another one later is another relay.
    pub key: Option<VerifyingKey>,
    /// Whether the relay knows the account.
    pub registered: bool,
    /// How long the relay says that it keeps mail, in days (RLY-74).
    pub keep_days: u32,
}
