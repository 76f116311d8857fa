//! What a valid entry changes: planned when it is checked, applied once it counts.

use crate::{
    Action, ChainCut, ExpiryTerms, Group, GroupName, LogKeyId, Member, Role,
    member::{Former, MemberDevice},
    offered_list::OfferedList,
};
use alloc::vec::Vec;
use aside_identity::{AccountKey, Address, GroupId, ListReference};
use aside_primitives::Digest;

/// An entry that is valid as the next one of one state of a group, with all that it changes. Made only by
/// [`Group::check`].
#[derive(Debug)]
#[must_use = "an entry counts only once it is applied"]
pub struct Checked {
    pub(crate) group: GroupId,
    pub(crate) parent: Digest,
    pub(crate) hash: Digest,
    pub(crate) actor: Address,
    pub(crate) made_at: u64,
    pub(crate) effect: Effect,
}

/// What a valid entry did, for clients and for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The entry.
    pub sequence: u64,
    /// The device that made it.
    pub actor: Address,
    /// When, in milliseconds since 1970-01-01 UTC by the actor's clock.
    pub made_at: u64,
    /// What it did.
    pub event: GroupEvent,
    /// Devices that are in the group from here on.
    pub joined: Vec<Address>,
    /// Devices that are not any more: their sending chains end at the cuts of the entry, or before their first message
    /// (GRP-35).
    pub gone: Vec<Address>,
    /// Whether an epoch begins: every device begins a new sending chain before it sends again (GRP-18).
    pub rotates: bool,
}

/// What a valid entry did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GroupEvent {
    /// People came in.
    Added {
        /// Them, with the device lists the log now names.
        members: Vec<(AccountKey, ListReference)>,
    },
    /// People were put out.
    Removed {
        /// Them.
        accounts: Vec<AccountKey>,
        /// Where their sending chains end.
        cuts: Vec<ChainCut>,
    },
    /// The actor went.
    Left {
        /// Where the actor's sending chains end.
        cuts: Vec<ChainCut>,
    },
    /// Somebody has another role. If it is that of the owner, the actor is an admin now.
    RoleSet {
        /// Who.
        account: AccountKey,
        /// The role until now.
        before: Role,
        /// The role from here on.
        role: Role,
    },
    /// The group has another name.
    Renamed {
        /// The name until now.
        before: GroupName,
        /// The name from here on.
        name: GroupName,
    },
    /// Messages live differently long.
    ExpirySet(ExpiryTerms),
    /// Whether members are told of captures.
    CaptureSet {
        /// They are.
        notices: bool,
    },
    /// Who may write.
    AnnounceSet {
        /// Only the owner and admins.
        announce_only: bool,
    },
    /// The actor's devices have changed.
    DevicesChanged {
        /// The device list the log now names.
        list: ListReference,
        /// Where the sending chains of the removed ones end.
        cuts: Vec<ChainCut>,
    },
    /// Another key encrypts the log from here on: the next entry is at position 1 of its segment, and nothing counts that
    /// follows in this one (GRP-41).
    Rekeyed {
        /// Its name.
        log_key_id: LogKeyId,
    },
}

/// A [`Checked`] entry was applied to another state than the one it was checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the entry was checked against another state of the group")]
pub struct StaleCheck;

/// What an action does, with the device lists in it verified.
#[derive(Debug)]
pub(crate) enum Effect {
    Add(Vec<OfferedList>),
    Remove(Vec<AccountKey>, Vec<ChainCut>),
    Leave(Vec<ChainCut>),
    SetRole(AccountKey, Role),
    Rename(GroupName),
    SetExpiry(ExpiryTerms),
    SetCapture(bool),
    SetAnnounce(bool),
    Devices(ListReference, Vec<MemberDevice>, Vec<ChainCut>),
    Rekey(LogKeyId),
}

impl Effect {
    /// `lists` are those of the action. `None` for a first entry, which has no state to act on, and for a change of
    /// devices without a list.
    pub(crate) fn of(action: &Action, mut lists: Vec<OfferedList>) -> Option<Self> {
        Some(match action {
            Action::Create { .. } => return None,
            Action::Add { .. } => Self::Add(lists),
            Action::Remove { accounts, cuts } => Self::Remove(accounts.clone(), cuts.clone()),
            Action::Leave { cuts } => Self::Leave(cuts.clone()),
            Action::SetRole { account, role } => Self::SetRole(*account, *role),
            Action::Rename { name } => Self::Rename(name.clone()),
            Action::SetExpiry(terms) => Self::SetExpiry(*terms),
            Action::SetCapture { notices } => Self::SetCapture(*notices),
            Action::SetAnnounce { announce_only } => Self::SetAnnounce(*announce_only),
            Action::Devices { cuts, .. } => {
                let newest = lists.pop()?;
                Self::Devices(newest.list.reference(), newest.devices, cuts.clone())
            }
            Action::Rekey { log_key_id } => Self::Rekey(*log_key_id),
        })
    }
}

impl Group {
    /// Applies an entry that [`Self::check`] found valid. Persist the state afterwards, together with the entry's place
    /// in the log.
    ///
    /// # Errors
    /// [`StaleCheck`] if the group has changed since; it is left as it is.
    pub fn apply(&mut self, checked: Checked) -> Result<Change, StaleCheck> {
        let Checked { group, parent, hash, actor, made_at, effect } = checked;
        if group != self.id || parent != self.head {
            return Err(StaleCheck);
        }
        self.sequence = self.sequence.saturating_add(1);
        self.head = hash;
        // GRP-18
        let rotates = matches!(effect, Effect::Remove(..) | Effect::Leave(_) | Effect::Devices(..));
        if rotates {
            self.epochs.push(self.sequence, ());
        }
        let mut change = Change {
            sequence: self.sequence,
            actor,
            made_at,
            event: GroupEvent::Left { cuts: Vec::new() },
            joined: Vec::new(),
            gone: Vec::new(),
            rotates,
        };
        change.event = self.take_effect(effect, &actor.account, &mut change.joined, &mut change.gone);
        Ok(change)
    }

    fn take_effect(
        &mut self,
        effect: Effect,
        actor: &AccountKey,
        joined: &mut Vec<Address>,
        gone: &mut Vec<Address>,
    ) -> GroupEvent {
        match effect {
            Effect::Add(lists) => {
                joined.extend(
                    lists.iter().flat_map(|offered| addresses(&offered.list.account, &offered.devices)),
                );
                self.take_in(&lists)
            }
            Effect::Remove(accounts, cuts) => {
                gone.extend(accounts.iter().flat_map(|account| self.let_go(account)));
                GroupEvent::Removed { accounts, cuts }
            }
            Effect::Leave(cuts) => {
                gone.extend(self.let_go(actor));
                GroupEvent::Left { cuts }
            }
            Effect::SetRole(account, role) => self.give_role(actor, account, role),
            Effect::Rename(name) => {
                let before = core::mem::replace(&mut self.name, name.clone());
                GroupEvent::Renamed { before, name }
            }
            Effect::SetExpiry(terms) => {
                self.expiry = terms;
                GroupEvent::ExpirySet(terms)
            }
            Effect::SetCapture(notices) => {
                self.capture_notices = notices;
                GroupEvent::CaptureSet { notices }
            }
            Effect::SetAnnounce(announce_only) => {
                self.announce.push(self.sequence, announce_only);
                GroupEvent::AnnounceSet { announce_only }
            }
            Effect::Devices(list, devices, cuts) => {
                self.change_devices(actor, list, devices, joined, gone);
                GroupEvent::DevicesChanged { list, cuts }
            }
            Effect::Rekey(log_key_id) => {
                let spent = core::mem::replace(&mut self.log_key_id, log_key_id);
                self.spent_log_key_ids.push(spent);
                self.exposed = false;
                GroupEvent::Rekeyed { log_key_id }
            }
        }
    }

    fn take_in(&mut self, lists: &[OfferedList]) -> GroupEvent {
        let members = lists.iter().map(|offered| (offered.list.account, offered.list.reference())).collect();
        for OfferedList { list, .. } in lists {
            self.members.insert(list.account, Member::new(self.sequence, Role::Member, list));
        }
        GroupEvent::Added { members }
    }

    /// Ends a stay, and returns the devices that are gone. They still have the log's key (GRP-13).
    fn let_go(&mut self, account: &AccountKey) -> Vec<Address> {
        self.exposed = true;
        let Some(member) = self.members.remove(account) else { return Vec::new() };
        let Member { since, roles, devices, list: _, list_since: _ } = member;
        self.former.insert((*account, since), Former { until: self.sequence, roles });
        addresses(account, &devices).collect()
    }

    /// GRP-9: there is one owner before and after.
    fn give_role(&mut self, actor: &AccountKey, account: AccountKey, role: Role) -> GroupEvent {
        let before = self.member(&account).map_or(Role::Member, Member::role);
        if role == Role::Owner {
            self.owner = account;
            if let Some(member) = self.members.get_mut(actor) {
                member.roles.push(self.sequence, Role::Admin);
            }
        }
        if let Some(member) = self.members.get_mut(&account) {
            member.roles.push(self.sequence, role);
        }
        GroupEvent::RoleSet { account, before, role }
    }

    fn change_devices(
        &mut self,
        actor: &AccountKey,
        list: ListReference,
        devices: Vec<MemberDevice>,
        joined: &mut Vec<Address>,
        gone: &mut Vec<Address>,
    ) {
        let Some(member) = self.members.get_mut(actor) else { return };
        let known = |of: &[MemberDevice], device: &MemberDevice| of.iter().any(|known| known.id == device.id);
        joined.extend(addresses(actor, devices.iter().filter(|device| !known(&member.devices, device))));
        gone.extend(addresses(actor, member.devices.iter().filter(|device| !known(&devices, device))));
        member.list = list;
        member.list_since = self.sequence;
        member.devices = devices;
        // GRP-13
        self.exposed |= !gone.is_empty();
    }
}

fn addresses<'a>(
    account: &AccountKey,
    devices: impl IntoIterator<Item = &'a MemberDevice>,
) -> impl Iterator<Item = Address> {
    let account = *account;
    devices.into_iter().map(move |device| Address { account, device: device.id })
}
