//! Reachability settings: who may write to an account, as one of its devices signed it.

use crate::{AccountKey, Address, Certificate, DeviceId, DeviceKeys, Refused, signed};
use alloc::vec::Vec;
use aside_primitives::{label, sign::SignatureInvalid};
use aside_wire::{
    Malformed, array, decode,
    limits::{REACH_ACCOUNTS, SETTINGS_BYTES},
    pb,
};
use prost::Message;

/// From whom an account wants to hear; the widest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reach {
    /// From everyone who is not blocked.
    Everyone,
    /// From contacts who are not blocked.
    Contacts,
    /// From nobody.
    Nobody,
}

impl Reach {
    const fn encode(self) -> pb::Reach {
        match self {
            Self::Everyone => pb::Reach::Everyone,
            Self::Contacts => pb::Reach::Contacts,
            Self::Nobody => pb::Reach::Nobody,
        }
    }

    fn decode(number: i32, field: &'static str) -> Result<Self, Malformed> {
        match pb::Reach::try_from(number) {
            Ok(pb::Reach::Everyone) => Ok(Self::Everyone),
            Ok(pb::Reach::Contacts) => Ok(Self::Contacts),
            Ok(pb::Reach::Nobody) => Ok(Self::Nobody),
            _ => Err(Malformed::Field(field)),
        }
    }
}

/// Who may write. Whoever is blocked may not, even if they are a contact, too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// In a plaintext thread.
    pub threads: Reach,
    /// In a chat.
    pub chats: Reach,
    /// To invite to a group.
    pub groups: Reach,
    /// Ascending, at most [`REACH_ACCOUNTS`]. They are names: nothing is verified with them.
    pub contacts: Vec<AccountKey>,
    /// Likewise.
    pub blocked: Vec<AccountKey>,
}

/// Settings with their signature.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose they are, and the device that signed.
    pub owner: Address,
    /// Not 0; the highest counts.
    pub version: u64,
    /// What they say.
    pub rules: Rules,
    bytes: Vec<u8>,
}

impl Settings {
    /// Signs settings with the device's key.
    ///
    /// # Errors
    /// [`Refused`] if the version is 0, or a list is too long or not ascending.
    pub fn issue(
        owner: &Certificate,
        keys: &DeviceKeys,
        version: u64,
        rules: Rules,
    ) -> Result<Self, Refused> {
        check_version(version)?;
        check_list(&rules.contacts, "contacts")?;
        check_list(&rules.blocked, "blocked")?;
        let names =
            |list: &[AccountKey]| list.iter().map(|account| account.as_bytes().to_vec()).collect::<Vec<_>>();
        let body = pb::SettingsBody {
            account_key: owner.account.as_bytes().to_vec(),
            device_id: owner.device.number(),
            version,
            threads: rules.threads.encode().into(),
            chats: rules.chats.encode().into(),
            groups: rules.groups.encode().into(),
            contacts: names(&rules.contacts),
            blocked: names(&rules.blocked),
        };
        let bytes = signed::sign(&keys.signing, label::SETTINGS, body.encode_to_vec());
        let owner = Address { account: owner.account, device: owner.device };
        Ok(Self { owner, version, rules, bytes })
    }

    /// Verifies settings that one of these devices of one account is to have signed (IDN-22, IDN-23).
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn verify(bytes: &[u8], devices: &[Certificate]) -> Result<Self, Refused> {
        let mut signer = None;
        let body = signed::Unverified::decode_large(bytes, SETTINGS_BYTES)?.verify(|body, signature| {
            signer = devices
                .iter()
                .find(|device| device.signing_key.verify(label::SETTINGS, body, signature).is_ok());
            signer.map(drop).ok_or(SignatureInvalid)
        })?;
        let signer = signer.ok_or(SignatureInvalid)?;
        let fields: pb::SettingsBody = decode(&body)?;
        if fields.account_key != signer.account.as_bytes()
            || DeviceId::parse(fields.device_id)? != signer.device
        {
            return Err(Refused::WrongOwner);
        }
        check_version(fields.version)?;
        let rules = Rules {
            threads: Reach::decode(fields.threads, "threads")?,
            chats: Reach::decode(fields.chats, "chats")?,
            groups: Reach::decode(fields.groups, "groups")?,
            contacts: list(&fields.contacts, "contacts")?,
            blocked: list(&fields.blocked, "blocked")?,
        };
        Ok(Self {
            owner: Address { account: signer.account, device: signer.device },
            version: fields.version,
            rules,
            bytes: bytes.to_vec(),
        })
    }

    /// The encoded, signed settings.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn check_version(version: u64) -> Result<(), Malformed> {
    if version == 0 { Err(Malformed::Field("version")) } else { Ok(()) }
}

fn list(named: &[Vec<u8>], field: &'static str) -> Result<Vec<AccountKey>, Malformed> {
    let name = |bytes: &Vec<u8>| array(bytes, field).map(AccountKey::from_own_store);
    let accounts = named.iter().map(name).collect::<Result<Vec<_>, _>>()?;
    check_list(&accounts, field)?;
    Ok(accounts)
}

/// One list has one form, so that it is looked up and not searched (IDN-23).
fn check_list(accounts: &[AccountKey], field: &'static str) -> Result<(), Malformed> {
    if accounts.len() > REACH_ACCOUNTS {
        return Err(Malformed::TooManyFields("SettingsBody"));
    }
    if accounts.is_sorted_by(|left, right| left < right) { Ok(()) } else { Err(Malformed::Field(field)) }
}
