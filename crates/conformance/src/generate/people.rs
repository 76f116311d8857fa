//! Alice, Bob and Carol, whose keys follow from their names.

use super::Result;
use crate::{
    check::material,
    hex,
    vector::{Person, PrekeyPair},
};
use aside_identity::{Capabilities, Certificate, DeviceId, DeviceKeys, DeviceList, PrekeyKind, PrekeySecret};
use aside_primitives::{Draw, Entropy, EntropyFailed, Secret, SigningKey};
use aside_wire::{decode, pb};
use std::collections::BTreeMap;

/// 2027-01-15 08:00 UTC in milliseconds.
pub(crate) const NOW: u64 = 1_800_000_000_000;
/// One week in milliseconds.
pub(crate) const WEEK: u64 = 7 * 24 * 60 * 60 * 1000;

/// A person with one device.
pub(crate) struct Cast {
    pub(super) account: SigningKey,
    pub(super) keys: DeviceKeys,
    pub(super) certificate: Certificate,
    pub(super) list: DeviceList,
    pub(super) prekeys: Vec<PrekeySecret>,
    seeds: [Vec<u8>; 3],
    published: Vec<(PrekeySeeds, Vec<u8>)>,
}

/// The two seeds of a prekey.
#[derive(Default, Clone)]
struct PrekeySeeds(Vec<Vec<u8>>, String);

impl Entropy for PrekeySeeds {
    fn draw(&mut self, what: Draw, out: &mut [u8]) -> std::result::Result<(), EntropyFailed> {
        let bytes = material(&format!("{} {}", self.1, what.0), out.len());
        out.copy_from_slice(&bytes);
        self.0.push(bytes);
        Ok(())
    }
}

/// 32 bytes that follow from a name.
pub(super) fn seed(name: &str) -> Result<Secret<32>> {
    Secret::from_slice(&material(name, 32)).ok_or_else(|| "32 bytes were asked for".into())
}

impl Cast {
    pub(super) fn new(name: &str) -> Result<Self> {
        Self::with(
            &format!("{name} account key"),
            &format!("{name} signing key"),
            &format!("{name} agreement key"),
        )
    }

    /// A person whose keys follow from three names.
    pub(super) fn with(account: &str, signing: &str, agreement: &str) -> Result<Self> {
        let seeds = [material(account, 32), material(signing, 32), material(agreement, 32)];
        let account = SigningKey::from_seed(&seed(account)?);
        let keys = DeviceKeys::from_seeds(&seed(signing)?, &seed(agreement)?);
        let certificate = Certificate::issue(&account, DeviceId::FIRST, &keys, NOW, Capabilities::NONE);
        let list = DeviceList::issue_first(&account, NOW, &certificate);
        Ok(Self { account, keys, certificate, list, prekeys: Vec::new(), seeds, published: Vec::new() })
    }

    /// Leaves a prekey with the relay, whose keys follow from `name`.
    pub(super) fn leave(mut self, name: &str, kind: PrekeyKind, id: u32, not_after: u64) -> Result<Self> {
        let mut seeds = PrekeySeeds(Vec::new(), name.to_owned());
        let (secret, bytes) =
            PrekeySecret::generate(&mut seeds, &self.certificate, &self.keys, kind, id, not_after)?;
        self.prekeys.push(secret);
        self.published.push((seeds, bytes));
        Ok(self)
    }

    /// A second device of somebody, with prekeys 1 and 17, and the list that names both.
    pub(super) fn second(name: &str, first: &Self) -> Result<Self> {
        let key = |what: &str| format!("{name} {what} key of device 2");
        let device = Self::with(&format!("{name} account key"), &key("signing"), &key("agreement"))?;
        let id = DeviceId::parse(2)?;
        let certificate = Certificate::issue(&device.account, id, &device.keys, NOW, Capabilities::NONE);
        let both = [first.certificate.clone(), certificate.clone()];
        let list = first.list.issue_next(&device.account, NOW, &both)?;
        Self { certificate, list, ..device }
            .leave(&format!("{name} tablet signed prekey 1"), PrekeyKind::Signed, 1, NOW + WEEK)?
            .leave(&format!("{name} tablet one-time prekey 17"), PrekeyKind::OneTime, 17, NOW + WEEK)
    }

    /// A program, and says so.
    pub(super) fn automated(name: &str) -> Result<Self> {
        let cast = Self::new(name)?;
        let program = Capabilities { automated: true, ..Capabilities::NONE };
        let certificate = Certificate::issue(&cast.account, DeviceId::FIRST, &cast.keys, NOW, program);
        let list = DeviceList::issue_first(&cast.account, NOW, &certificate);
        Self { certificate, list, ..cast }.with_prekeys(name)
    }

    /// As Bob begins in every script: signed prekey 1, one-time prekeys 7 and 8.
    pub(super) fn bob() -> Result<Self> {
        Self::new("bob")?.with_prekeys("bob")
    }

    /// Signed prekey 1, one-time prekeys 7 and 8.
    pub(super) fn with_prekeys(self, name: &str) -> Result<Self> {
        self.leave(&format!("{name} signed prekey 1"), PrekeyKind::Signed, 1, NOW + WEEK)?
            .leave(&format!("{name} one-time prekey 7"), PrekeyKind::OneTime, 7, NOW + WEEK)?
            .leave(&format!("{name} one-time prekey 8"), PrekeyKind::OneTime, 8, NOW + WEEK)
    }

    pub(super) fn person(&self) -> Result<Person> {
        let [account, signing, agreement] = &self.seeds;
        let mut prekeys = Vec::new();
        for (PrekeySeeds(seeds, _), bytes) in &self.published {
            let signed: pb::Signed = decode(bytes)?;
            let body: pb::PrekeyBody = decode(&signed.body)?;
            let [agreement, kem] = seeds.as_slice() else { return Err("a prekey draws twice".into()) };
            let one_time = body.kind == i32::from(pb::PrekeyKind::OneTime);
            prekeys.push(PrekeyPair {
                kind: if one_time { "one-time" } else { "signed" }.to_owned(),
                id: body.id,
                agreement_private: hex::encode(agreement),
                kem_seed: hex::encode(kem),
                signed: hex::encode(bytes),
            });
        }
        Ok(Person {
            account_private: hex::encode(account),
            signing_private: hex::encode(signing),
            agreement_private: hex::encode(agreement),
            certificate: hex::encode(self.certificate.as_bytes()),
            prekeys,
        })
    }

    /// A prekey as the relay gets it.
    pub(super) fn published(&self, kind: PrekeyKind, id: u32) -> Result<Vec<u8>> {
        let there = self.prekeys.iter().zip(&self.published);
        let mut found = there.filter(|(prekey, _)| prekey.kind == kind && prekey.id == id);
        let (_, (_, bytes)) = found.next().ok_or("there is no such prekey")?;
        Ok(bytes.clone())
    }

    /// The one-time or signed prekey of an id.
    pub(super) fn prekey(&self, kind: PrekeyKind, id: u32) -> Result<&PrekeySecret> {
        let found = self.prekeys.iter().find(|prekey| prekey.kind == kind && prekey.id == id);
        found.ok_or_else(|| "there is no such prekey".into())
    }
}

/// Alice and Bob, who can both be written to.
pub(super) fn two() -> Result<BTreeMap<String, Person>> {
    people(&[("alice", &Cast::new("alice")?.with_prekeys("alice")?), ("bob", &Cast::bob()?)])
}

/// People by the names of a file.
pub(super) fn people(cast: &[(&str, &Cast)]) -> Result<BTreeMap<String, Person>> {
    cast.iter().map(|(name, cast)| Ok(((*name).to_owned(), cast.person()?))).collect()
}
