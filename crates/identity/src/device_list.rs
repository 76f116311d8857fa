//! Device lists: a hash chain of signed versions that can only move forward.

use crate::{AccountKey, Certificate, DeviceId, Refused, signed};
use alloc::vec::Vec;
use aside_primitives::{Digest, SigningKey, hash::hash, label};
use aside_wire::{
    Malformed, array, decode,
    limits::{DEVICE_LIST_BYTES, DEVICES},
    pb,
};
use prost::Message;

/// Names one version of a device list; every encrypted frame carries two of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ListReference {
    /// Version, from 1.
    pub version: u64,
    /// Hash of the list's body.
    pub hash: Digest,
}

/// A verified device list.
#[derive(Clone, Debug)]
pub struct DeviceList {
    /// The account whose devices these are.
    pub account: AccountKey,
    /// Milliseconds since 1970-01-01 UTC.
    pub issued_at: u64,
    reference: ListReference,
    previous: Option<Digest>,
    certificates: Vec<Certificate>,
    bytes: Vec<u8>,
}

impl DeviceList {
    /// Issues the first list of an account.
    #[must_use]
    pub fn issue_first(account: &SigningKey, issued_at: u64, certificate: &Certificate) -> Self {
        Self::issue(account, 1, None, issued_at, core::slice::from_ref(certificate))
    }

    /// Issues the list that follows this one. `certificates` stand in ascending order of device id.
    ///
    /// # Errors
    /// [`Refused`] if the certificates are too many or not in order, or belong to another account.
    pub fn issue_next(
        &self,
        account: &SigningKey,
        issued_at: u64,
        certificates: &[Certificate],
    ) -> Result<Self, Refused> {
        check_devices(certificates)?;
        let version = self.reference.version.checked_add(1).ok_or(Malformed::Field("version"))?;
        let next = Self::issue(account, version, Some(self.reference.hash), issued_at, certificates);
        let same_owner = certificates.iter().all(|certificate| certificate.account == next.account);
        if next.account == self.account && same_owner { Ok(next) } else { Err(Refused::WrongOwner) }
    }

    fn issue(
        account: &SigningKey,
        version: u64,
        previous: Option<Digest>,
        issued_at: u64,
        certificates: &[Certificate],
    ) -> Self {
        let account_key = AccountKey::new(account.verifying_key());
        let body = pb::DeviceListBody {
            account_key: account_key.as_bytes().to_vec(),
            version,
            previous: previous.map(|hash| hash.as_bytes().to_vec()).unwrap_or_default(),
            issued_at,
            certificates: certificates.iter().map(|certificate| certificate.as_bytes().to_vec()).collect(),
        }
        .encode_to_vec();
        Self {
            account: account_key,
            issued_at,
            reference: ListReference { version, hash: hash(label::DEVICE_LIST_HASH, &[&body]) },
            previous,
            certificates: certificates.to_vec(),
            bytes: signed::sign(account, label::DEVICE_LIST, body),
        }
    }

    /// Verifies a list of `account` and every certificate in it (IDN-7, IDN-8, IDN-17). Whether it may replace the one
    /// known is [`Self::succeed`]'s question.
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn verify(bytes: &[u8], account: &AccountKey) -> Result<Self, Refused> {
        let body = signed::Unverified::decode(bytes, DEVICE_LIST_BYTES)?
            .verify(|body, signature| account.verify(label::DEVICE_LIST, body, signature))?;
        let fields: pb::DeviceListBody = decode(&body)?;
        if fields.account_key != account.as_bytes() {
            return Err(Refused::WrongOwner);
        }
        let previous = match (fields.version, fields.previous.is_empty()) {
            (0, _) => return Err(Malformed::Field("version").into()),
            (1, true) => None,
            (1, false) | (_, true) => return Err(Malformed::Field("previous").into()),
            (_, false) => Some(Digest(array(&fields.previous, "previous")?)),
        };
        let certificates = fields
            .certificates
            .iter()
            .map(|certificate| Certificate::verify(certificate, account))
            .collect::<Result<Vec<_>, _>>()?;
        check_devices(&certificates)?;
        Ok(Self {
            account: *account,
            issued_at: fields.issued_at,
            reference: ListReference {
                version: fields.version,
                hash: hash(label::DEVICE_LIST_HASH, &[&body]),
            },
            previous,
            certificates,
            bytes: bytes.to_vec(),
        })
    }

    /// Accepts `next` as the list to use from now on: the same one, or the direct successor of this one (IDN-9).
    ///
    /// # Errors
    /// [`Refused::Stale`] if it is older, [`Refused::Fork`] if it contradicts this one or leaves a gap,
    /// [`Refused::WrongOwner`] if it is another account's.
    pub fn succeed(&self, next: Self) -> Result<Self, Refused> {
        if next.account != self.account {
            return Err(Refused::WrongOwner);
        }
        let (known, offered) = (self.reference, next.reference);
        if offered.version < known.version {
            return Err(Refused::Stale);
        }
        // IDN-19: a device id names the same keys for ever; a reinstall takes a new one.
        let replaced = self.certificates.iter().any(|old| {
            next.certificate(old.device).is_some_and(|new| {
                (new.signing_key, new.agreement_key) != (old.signing_key, old.agreement_key)
            })
        });
        if replaced {
            return Err(Refused::Fork);
        }
        let same = offered == known;
        let successor =
            Some(offered.version) == known.version.checked_add(1) && next.previous == Some(known.hash);
        if same || successor { Ok(next) } else { Err(Refused::Fork) }
    }

    /// Version and hash of this list.
    #[must_use]
    pub const fn reference(&self) -> ListReference {
        self.reference
    }

    /// The certificates in ascending order of device id, 1 to 8 of them.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificate of one device, if it is in the list.
    #[must_use]
    pub fn certificate(&self, device: DeviceId) -> Option<&Certificate> {
        self.certificates.iter().find(|certificate| certificate.device == device)
    }

    /// The encoded, signed list.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn check_devices(certificates: &[Certificate]) -> Result<(), Refused> {
    if certificates.is_empty() {
        return Err(Malformed::Field("certificates").into());
    }
    if certificates.len() > DEVICES {
        return Err(Malformed::TooManyFields("DeviceListBody").into());
    }
    let ascending = certificates.is_sorted_by(|a, b| a.device < b.device);
    if ascending { Ok(()) } else { Err(Refused::DeviceOrder) }
}
