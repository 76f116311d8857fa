//! What people and groups are called on a screen. Both names come from others.

use crate::{failure::Failure, json, show};
use aside_client::{
    Standing,
    driver::{Client, DriverError},
};
use aside_identity::{AccountKey, GroupId, Handle};
use core::fmt::{Display, Formatter};
use std::collections::BTreeSet;

/// Digits by which an account or a group without a name is called.
pub(crate) const DIGITS: usize = 8;

/// Somebody: the handle known here, or else the beginning of the account key.
#[derive(Clone)]
pub(crate) struct Name {
    account: AccountKey,
    handle: Option<Handle>,
}

impl Name {
    pub(crate) const fn new(account: AccountKey, handle: Option<Handle>) -> Self {
        Self { account, handle }
    }

    /// What an account is called here.
    pub(crate) fn of(client: &mut Client, account: &AccountKey) -> Result<Self, Failure> {
        let handle = client.step(|engine, step| Ok(engine.handle_of(step.tx, account)?))?;
        Ok(Self { account: *account, handle })
    }

    pub(crate) const fn handle(&self) -> Option<&Handle> {
        self.handle.as_ref()
    }

    /// The account key in hex.
    pub(crate) fn key(&self) -> String {
        json::hex(self.account.as_bytes())
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
        match &self.handle {
            Some(handle) => handle.fmt(f),
            // No handle has such a name.
            None => write!(f, "[{}]", beginning(&self.key(), DIGITS)),
        }
    }
}

/// Asks the relay for the handles of members that are not known here. Without a relay, or if it does not know them, they
/// are called by their keys.
pub(crate) async fn learn_members(client: &mut Client) -> Result<(), Failure> {
    let groups = client.step(|engine, step| Ok(engine.groups(step.tx)?))?;
    let mut unknown = BTreeSet::new();
    for summary in groups.iter().filter(|summary| summary.standing == Standing::Joined) {
        let info = client.step(|engine, step| engine.group_info(step.tx, &summary.group))?;
        let nameless = info.members.iter().filter(|member| member.handle.is_none());
        unknown.extend(nameless.map(|member| member.account));
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let unknown: Vec<_> = unknown.into_iter().collect();
    match client.look_up_accounts(&unknown).await {
        Err(DriverError::Client(error)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// A group's name in quotation marks, which it cannot leave.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", show::safe(name).replace('"', "'"))
}

/// What a group is called: its name, or the beginning of its id while the name is not known.
pub(crate) fn called(name: Option<&str>, group: &GroupId) -> String {
    match name {
        Some(name) => quoted(name),
        None => format!("[{}]", beginning(&json::hex(group.as_bytes()), DIGITS)),
    }
}

/// What a group is called here.
pub(crate) fn of_group(client: &mut Client, group: &GroupId) -> Result<Option<String>, Failure> {
    Ok(client.step(|engine, step| Ok(engine.group_name(step.tx, group)?))?)
}

/// The first digits of hex.
pub(crate) fn beginning(hex: &str, digits: usize) -> &str {
    hex.get(..digits).unwrap_or(hex)
}
