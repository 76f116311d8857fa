//! A person with one device.

use crate::TestRng;
use aside_identity::{
    Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, Prekey, PrekeyKind, PrekeySecret,
};
use aside_primitives::{Draw, SigningKey};

/// The time at which everybody in a test begins, in milliseconds since 1970-01-01 UTC.
pub const NOW: u64 = 1_800_000_000_000;
/// One day in milliseconds.
pub const DAY: u64 = 24 * 60 * 60 * 1000;

/// An account with one device.
#[derive(Debug)]
pub struct Person {
    /// The account's private key.
    pub account: SigningKey,
    /// The device's private keys.
    pub keys: DeviceKeys,
    /// The device's certificate.
    pub certificate: Certificate,
    /// The account's first device list.
    pub list: DeviceList,
}

impl Person {
    /// Draws all keys.
    ///
    /// # Panics
    /// Never: [`TestRng`] does not fail.
    #[must_use]
    #[expect(clippy::unwrap_used, reason = "a test generator does not fail")]
    pub fn new(rng: &mut TestRng) -> Self {
        let account = SigningKey::generate(rng, Draw("account key")).unwrap();
        let keys = DeviceKeys::generate(rng).unwrap();
        let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, NOW, Capabilities::NONE);
        let list = DeviceList::issue_first(&account, NOW, &certificate);
        Self { account, keys, certificate, list }
    }

    /// Draws a prekey that lives for a week, and its verified public half.
    ///
    /// # Panics
    /// Never: what was just signed verifies.
    #[must_use]
    #[expect(clippy::unwrap_used, reason = "what was just signed verifies")]
    pub fn prekey(&self, rng: &mut TestRng, kind: PrekeyKind, id: u32) -> (PrekeySecret, Prekey) {
        let (secret, bytes) = self.signed_prekey(rng, kind, id);
        let prekey = Prekey::verify(&bytes, &self.certificate, kind, NOW).unwrap();
        (secret, prekey)
    }

    /// Draws a prekey that lives for a week, and the bytes that go to a relay.
    ///
    /// # Panics
    /// Never: [`TestRng`] does not fail.
    #[must_use]
    #[expect(clippy::unwrap_used, reason = "a test generator does not fail")]
    pub fn signed_prekey(&self, rng: &mut TestRng, kind: PrekeyKind, id: u32) -> (PrekeySecret, Vec<u8>) {
        PrekeySecret::generate(rng, &self.certificate, &self.keys, kind, id, NOW + 7 * DAY).unwrap()
    }
}
