//! Profiles that are passed on.

use crate::{Content, Kind, Refused, wording};
use alloc::{format, string::String};
use aside_identity::{AccountKey, Handle};
use aside_wire::{Malformed, limits::PROFILE_NAME_BYTES, pb};

/// Somebody's profile. The account counts; handle and name are what the sender calls them.
#[derive(Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who.
    pub account: AccountKey,
    /// A handle that the sender knows the account by.
    pub handle: Handle,
    /// What the sender calls them, up to 128 bytes.
    pub name: String,
}

impl Content for Profile {
    const KIND: Kind = Kind::PROFILE;
    type Fields = pb::Profile;

    fn check(&self) -> Result<(), Malformed> {
        wording::line(&self.name, 0..=PROFILE_NAME_BYTES, "name")
    }

    fn fallback_text(&self) -> String {
        if self.name.is_empty() {
            format!("[profile {}]", self.handle)
        } else {
            format!("[profile {}] {}", self.handle, self.name)
        }
    }

    fn fields(&self, fallback: String) -> pb::Profile {
        pb::Profile {
            account: self.account.as_bytes().to_vec(),
            handle: self.handle.as_str().into(),
            name: self.name.clone(),
            fallback,
        }
    }

    fn read(fields: pb::Profile) -> Result<(Self, String), Refused> {
        let account = AccountKey::parse(&fields.account)?;
        let handle = Handle::parse(&fields.handle)?;
        Ok((Self { account, handle, name: fields.name }, fields.fallback))
    }
}
