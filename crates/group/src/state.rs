//! A group as its log tells it: who is in, with which devices and rights.

use crate::{
    ExpiryTerms, GroupName, Head, LogKeyId, Member, Place, Role,
    history::History,
    member::{Former, MemberDevice},
};
use alloc::{collections::BTreeMap, vec::Vec};
use aside_identity::{AccountKey, Address, DeviceId, GroupId};
use aside_primitives::Digest;

/// What the valid entries of a log make together. It changes only by [`Group::apply`] of an entry that was checked
/// against exactly this state, so two members with one head hold one state (threats G2, G12).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub(crate) id: GroupId,
    pub(crate) sequence: u64,
    pub(crate) head: Digest,
    pub(crate) name: GroupName,
    pub(crate) expiry: ExpiryTerms,
    pub(crate) capture_notices: bool,
    pub(crate) announce: History<bool>,
    pub(crate) owner: AccountKey,
    pub(crate) members: BTreeMap<AccountKey, Member>,
    /// By account and the entry the stay began with.
    pub(crate) former: BTreeMap<(AccountKey, u64), Former>,
    pub(crate) epochs: History<()>,
    pub(crate) log_key_id: LogKeyId,
    /// The keys before it, oldest first.
    pub(crate) spent_log_key_ids: Vec<LogKeyId>,
    pub(crate) exposed: bool,
}

impl Group {
    /// The group: the hash of its first entry.
    #[must_use]
    pub const fn id(&self) -> GroupId {
        self.id
    }

    /// Number of the newest valid entry.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The newest valid entry: stands in every frame sent now.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: self.head }
    }

    /// Where the next entry stands.
    #[must_use]
    pub const fn next_place(&self) -> Place {
        Place { group: self.id, sequence: self.sequence.saturating_add(1), parent: self.head }
    }

    /// The group's name.
    #[must_use]
    pub const fn name(&self) -> &GroupName {
        &self.name
    }

    /// How long messages live.
    #[must_use]
    pub const fn expiry(&self) -> ExpiryTerms {
        self.expiry
    }

    /// Whether members are told of captures.
    #[must_use]
    pub const fn capture_notices(&self) -> bool {
        self.capture_notices
    }

    /// Whether only the owner and admins write.
    #[must_use]
    pub fn announce_only(&self) -> bool {
        self.announce.now().is_some_and(|(_, announce_only)| announce_only)
    }

    /// The one owner.
    #[must_use]
    pub const fn owner(&self) -> &AccountKey {
        &self.owner
    }

    /// The members in ascending order of account key.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (&AccountKey, &Member)> {
        self.members.iter()
    }

    /// A member, if the account is one.
    #[must_use]
    pub fn member(&self, account: &AccountKey) -> Option<&Member> {
        self.members.get(account)
    }

    /// A device of a member, if it is one by the log (GRP-4, GRP-19).
    #[must_use]
    pub fn device(&self, address: &Address) -> Option<&MemberDevice> {
        self.member(&address.account)?.device(address.device)
    }

    /// The role somebody had when an entry was the newest; `None` if they were not a member then.
    #[must_use]
    pub fn role_at(&self, account: &AccountKey, sequence: u64) -> Option<Role> {
        if sequence > self.sequence {
            return None;
        }
        if let Some(member) = self.member(account).filter(|member| member.since <= sequence) {
            return member.roles.at(sequence).map(|(_, role)| role);
        }
        let (_, stay) = self.former.range((*account, 0)..=(*account, sequence)).next_back()?;
        if sequence < stay.until { stay.roles.at(sequence).map(|(_, role)| role) } else { None }
    }

    /// Every device of every member, in ascending order.
    pub fn devices(&self) -> impl Iterator<Item = Address> {
        let devices = |(account, member): (&AccountKey, &Member)| {
            let account = *account;
            let addresses: Vec<Address> =
                member.devices.iter().map(|device| Address { account, device: device.id }).collect();
            addresses
        };
        self.members.iter().flat_map(devices)
    }

    /// How many devices the members have together, at most 1,024.
    #[must_use]
    pub fn device_count(&self) -> usize {
        self.members.values().map(|member| member.devices.len()).sum()
    }

    /// Whom a message goes to: every member with the numbers of their devices, in ascending order.
    pub fn recipients(&self) -> impl Iterator<Item = (&AccountKey, impl Iterator<Item = DeviceId>)> {
        self.members.iter().map(|(account, member)| (account, member.devices.iter().map(|device| device.id)))
    }

    /// The entry that began the epoch: the newest that makes every device begin a new sending chain (GRP-18).
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epochs.now().map_or(1, |(sequence, ())| sequence)
    }

    /// The epoch when an entry was the newest; `None` if that entry is not known, or no longer.
    #[must_use]
    pub fn epoch_at(&self, sequence: u64) -> Option<u64> {
        if sequence > self.sequence {
            return None;
        }
        self.epochs.at(sequence).map(|(sequence, ())| sequence)
    }

    /// Whether only the owner and admins wrote when an entry was the newest.
    #[must_use]
    pub fn announce_only_at(&self, sequence: u64) -> bool {
        self.announce.at(sequence).is_none_or(|(_, announce_only)| announce_only)
    }

    /// Names the key that the next entry is encrypted with, in the segment of that key (GRP-16).
    #[must_use]
    pub const fn log_key_id(&self) -> LogKeyId {
        self.log_key_id
    }

    /// Names every key that has encrypted the log, oldest first, one for each segment; the last one is
    /// [`Self::log_key_id`]. 1 to 1,024.
    pub fn log_key_ids(&self) -> impl DoubleEndedIterator<Item = LogKeyId> {
        self.spent_log_key_ids.iter().copied().chain([self.log_key_id])
    }

    /// Whether somebody who is gone still has the log's key, so that it must be replaced before anything else goes on
    /// (GRP-13).
    #[must_use]
    pub const fn is_exposed(&self) -> bool {
        self.exposed
    }

    /// Forgets who was in before an entry, and with which roles: call it with the oldest entry that a message may still
    /// name (GRP-32), or the state grows with everybody who ever left. What is valid does not depend on it.
    pub fn forget_before(&mut self, sequence: u64) {
        let sequence = sequence.min(self.sequence);
        self.former.retain(|_, stay| stay.until > sequence);
        self.epochs.forget_before(sequence);
        self.announce.forget_before(sequence);
        let roles = self.members.values_mut().map(|member| &mut member.roles);
        for roles in roles.chain(self.former.values_mut().map(|stay| &mut stay.roles)) {
            roles.forget_before(sequence);
        }
    }
}
