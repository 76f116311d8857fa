//! Prekeys: a pair of X25519 and ML-KEM-768 keys under one signature and one id.

use crate::{AccountKey, Address, Certificate, DeviceId, DeviceKeys, Refused, signed};
use alloc::vec::Vec;
use aside_primitives::{
    AgreementPublic, AgreementSecret, Draw, Entropy, EntropyFailed, Secret,
    kem::{KemPublic, KemSecret},
    label,
};
use aside_wire::{Malformed, SUITE, decode, limits::PREKEY_BYTES, pb};
use prost::Message;

/// How often a prekey may be used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PrekeyKind {
    /// Until it is rotated.
    Signed,
    /// Once.
    OneTime,
}

impl PrekeyKind {
    const fn encode(self) -> pb::PrekeyKind {
        match self {
            Self::Signed => pb::PrekeyKind::Signed,
            Self::OneTime => pb::PrekeyKind::OneTime,
        }
    }
}

/// A verified public prekey.
#[derive(Clone, Debug)]
pub struct Prekey {
    /// Whose it is.
    pub owner: Address,
    /// Signed or one-time.
    pub kind: PrekeyKind,
    /// Not 0; unique per device and kind.
    pub id: u32,
    /// Milliseconds since 1970-01-01 UTC after which it is refused.
    pub not_after: u64,
    /// The X25519 half.
    pub agreement_key: AgreementPublic,
    /// The ML-KEM-768 half.
    pub encapsulation_key: KemPublic,
    body: Vec<u8>,
}

impl Prekey {
    /// Verifies a prekey of the device in `owner`: signature (IDN-10), keys (IDN-11), everything else (IDN-12; threats
    /// H1, P8).
    ///
    /// `now` is in milliseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn verify(bytes: &[u8], owner: &Certificate, kind: PrekeyKind, now: u64) -> Result<Self, Refused> {
        let body = signed::Unverified::decode(bytes, PREKEY_BYTES)?
            .verify(|body, signature| owner.signing_key.verify(label::PREKEY, body, signature))?;
        let fields: pb::PrekeyBody = decode(&body)?;
        if fields.suite != SUITE {
            return Err(Malformed::Version.into());
        }
        let account = AccountKey::parse(&fields.account_key)?;
        if account != owner.account || DeviceId::parse(fields.device_id)? != owner.device {
            return Err(Refused::WrongOwner);
        }
        if fields.kind != i32::from(kind.encode()) {
            return Err(Malformed::Field("kind").into());
        }
        if fields.id == 0 {
            return Err(Malformed::Field("id").into());
        }
        if fields.not_after < now {
            return Err(Refused::PrekeyExpired);
        }
        Ok(Self {
            owner: Address { account, device: owner.device },
            kind,
            id: fields.id,
            not_after: fields.not_after,
            agreement_key: AgreementPublic::parse_long_lived(&fields.agreement_key)?,
            encapsulation_key: KemPublic::parse(&fields.encapsulation_key)?,
            body,
        })
    }

    /// The signed body, which goes into the handshake's transcript.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// The private half of a prekey, kept by its owner until it is used or rotated.
#[derive(Debug)]
pub struct PrekeySecret {
    /// Signed or one-time.
    pub kind: PrekeyKind,
    /// Not 0; unique per device and kind.
    pub id: u32,
    /// The X25519 half.
    pub agreement: AgreementSecret,
    /// The ML-KEM-768 half.
    pub kem: KemSecret,
    body: Vec<u8>,
}

/// Length of the two seeds at the start of an exported prekey, in bytes.
const SEED_BYTES: usize = 32 + 64;

impl PrekeySecret {
    /// Draws a prekey and signs it; the second value is what the relay gets.
    ///
    /// # Errors
    /// [`EntropyFailed`] if the source failed.
    pub fn generate(
        entropy: &mut (impl Entropy + ?Sized),
        owner: &Certificate,
        keys: &DeviceKeys,
        kind: PrekeyKind,
        id: u32,
        not_after: u64,
    ) -> Result<(Self, Vec<u8>), EntropyFailed> {
        let agreement = AgreementSecret::generate(entropy, Draw("prekey agreement key"))?;
        let kem = KemSecret::generate(entropy, Draw("prekey KEM seed"))?;
        let body = pb::PrekeyBody {
            suite: SUITE,
            account_key: owner.account.as_bytes().to_vec(),
            device_id: owner.device.number(),
            kind: kind.encode().into(),
            id,
            not_after,
            agreement_key: agreement.public().as_bytes().to_vec(),
            encapsulation_key: kem.public().to_bytes().to_vec(),
        }
        .encode_to_vec();
        let signed = signed::sign(&keys.signing, label::PREKEY, body.clone());
        Ok((Self { kind, id, agreement, kem, body }, signed))
    }

    /// The signed body, which goes into the handshake's transcript.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Seeds and body for the owner's store: 96 secret bytes, then the body.
    #[must_use]
    pub fn export(&self) -> Vec<u8> {
        let agreement = self.agreement.to_seed();
        [agreement.expose().as_slice(), self.kem.seed().expose(), &self.body].concat()
    }

    /// Reads back what [`Self::export`] wrote.
    ///
    /// # Errors
    /// [`Malformed`] if the store's bytes are damaged.
    pub fn import(bytes: &[u8]) -> Result<Self, Malformed> {
        let damaged = Malformed::Encoding("stored prekey");
        let (seeds, body) = bytes.split_at_checked(SEED_BYTES).ok_or(damaged)?;
        let (agreement, kem) = seeds.split_at_checked(32).ok_or(damaged)?;
        let fields: pb::PrekeyBody = decode(body)?;
        let kind = match pb::PrekeyKind::try_from(fields.kind) {
            Ok(pb::PrekeyKind::Signed) => PrekeyKind::Signed,
            Ok(pb::PrekeyKind::OneTime) => PrekeyKind::OneTime,
            _ => return Err(damaged),
        };
        let agreement = AgreementSecret::from_seed(&Secret::from_slice(agreement).ok_or(damaged)?);
        if fields.agreement_key != agreement.public().as_bytes() {
            return Err(damaged);
        }
        let kem = KemSecret::from_seed(Secret::from_slice(kem).ok_or(damaged)?);
        Ok(Self { kind, id: fields.id, agreement, kem, body: body.to_vec() })
    }
}
