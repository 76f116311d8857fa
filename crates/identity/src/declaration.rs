//! Declarations to be reached only encrypted.

use crate::{AccountKey, Address, Certificate, DeviceId, DeviceKeys, Refused, signed};
use alloc::vec::Vec;
use aside_primitives::label;
use aside_wire::{Malformed, decode, limits::DECLARATION_BYTES, pb};
use prost::Message;

/// A verified declaration: its account can be reached by `peer` only encrypted (CON-27). It is signed, so that whoever
/// keeps it can show it to a relay and to the devices that come later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// Who declares it, and the device that signed.
    pub owner: Address,
    /// Whom it is for.
    pub peer: AccountKey,
    /// From 1; of the declarations of one account for one peer the greatest counts.
    pub version: u64,
    bytes: Vec<u8>,
}

impl Declaration {
    /// Signs a declaration for `peer`.
    ///
    /// # Errors
    /// [`Malformed::Field`] if the version is 0, or the peer is the owner.
    pub fn issue(
        owner: &Certificate,
        keys: &DeviceKeys,
        peer: AccountKey,
        version: u64,
    ) -> Result<Self, Malformed> {
        check(&owner.account, &peer, version)?;
        let body = pb::EncryptedOnlyBody {
            account: owner.account.as_bytes().to_vec(),
            device_id: owner.device.number(),
            peer: peer.as_bytes().to_vec(),
            version,
        };
        let bytes = signed::sign(&keys.signing, label::ENCRYPTED_ONLY, body.encode_to_vec());
        let owner = Address { account: owner.account, device: owner.device };
        Ok(Self { owner, peer, version, bytes })
    }

    /// Verifies a declaration of the device in `owner` (CON-27).
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn verify(bytes: &[u8], owner: &Certificate) -> Result<Self, Refused> {
        let body = signed::Unverified::decode(bytes, DECLARATION_BYTES)?
            .verify(|body, signature| owner.signing_key.verify(label::ENCRYPTED_ONLY, body, signature))?;
        let fields: pb::EncryptedOnlyBody = decode(&body)?;
        let account = AccountKey::parse(&fields.account)?;
        let device = DeviceId::parse(fields.device_id)?;
        if account != owner.account || device != owner.device {
            return Err(Refused::WrongOwner);
        }
        let peer = AccountKey::parse(&fields.peer)?;
        check(&account, &peer, fields.version)?;
        let owner = Address { account, device };
        Ok(Self { owner, peer, version: fields.version, bytes: bytes.to_vec() })
    }

    /// The signed bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Nobody declares anything to themselves, and versions begin at 1.
fn check(owner: &AccountKey, peer: &AccountKey, version: u64) -> Result<(), Malformed> {
    if owner == peer {
        return Err(Malformed::Field("peer"));
    }
    if version == 0 { Err(Malformed::Field("version")) } else { Ok(()) }
}
