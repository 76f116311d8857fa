//! Who may do what: the rules of each action.

use crate::{
    Action, Group, Member, Reason, Role,
    offered_list::{KnownList, Lists},
    rejected::Reasons,
};
use aside_identity::AccountKey;
use aside_wire::limits::{GROUP_DEVICES, GROUP_LOG_KEYS};

impl Group {
    /// GRP-5 to GRP-14, as far as they depend on who acts and not on how the entry was signed.
    pub(crate) fn check_action(
        &self,
        actor: &AccountKey,
        action: &Action,
        lists: &Lists,
        reasons: &mut Reasons,
    ) {
        self.check_entitled(actor, action, reasons);
        for refused in &lists.refused {
            reasons.add(Reason::List(*refused));
        }
        match action {
            Action::Create { .. } => {}
            Action::Add { .. } => self.check_add(lists, reasons),
            Action::Remove { accounts, .. } => self.check_remove(actor, accounts, reasons),
            // GRP-8
            Action::Leave { .. } => reasons.when(self.owner == *actor, Reason::OwnerLeaves),
            Action::SetRole { account, role } => self.check_set_role(account, *role, reasons),
            Action::Rename { name } => reasons.when(*name == self.name, Reason::NoChange),
            Action::SetExpiry(terms) => reasons.when(*terms == self.expiry, Reason::NoChange),
            Action::SetCapture { notices } => {
                reasons.when(*notices == self.capture_notices, Reason::NoChange);
            }
            Action::SetAnnounce { announce_only } => {
                reasons.when(*announce_only == self.announce_only(), Reason::NoChange);
            }
            Action::Devices { .. } => self.check_devices(actor, lists, reasons),
            Action::Rekey { .. } => {}
        }
        self.check_log_key(action, reasons);
    }

    /// GRP-5.
    fn check_entitled(&self, actor: &AccountKey, action: &Action, reasons: &mut Reasons) {
        let Some(role) = self.member(actor).map(Member::role) else { return };
        let entitled = match action {
            Action::Create { .. } | Action::Leave { .. } | Action::Devices { .. } => true,
            Action::SetRole { role: Role::Owner, .. } => role == Role::Owner,
            Action::Add { .. }
            | Action::Remove { .. }
            | Action::SetRole { .. }
            | Action::Rename { .. }
            | Action::SetExpiry(_)
            | Action::SetCapture { .. }
            | Action::SetAnnounce { .. }
            | Action::Rekey { .. } => role.administers(),
        };
        reasons.when(!entitled, Reason::NotEntitled);
    }

    /// GRP-6.
    fn check_add(&self, lists: &Lists, reasons: &mut Reasons) {
        let offered = &lists.verified;
        let ascending = offered.is_sorted_by(|a, b| a.list.account < b.list.account);
        reasons.when(!ascending, Reason::ListOrder);
        let known = offered.iter().any(|offered| self.member(&offered.list.account).is_some());
        reasons.when(known, Reason::AlreadyMember);
        let more = offered.iter().map(|offered| offered.devices.len()).sum();
        let devices = self.device_count().saturating_add(more);
        reasons.when(devices > GROUP_DEVICES, Reason::TooManyDevices);
    }

    /// GRP-7.
    fn check_remove(&self, actor: &AccountKey, accounts: &[AccountKey], reasons: &mut Reasons) {
        let missing = accounts.iter().any(|account| self.member(account).is_none());
        reasons.when(missing, Reason::NobodyThere);
        reasons.when(accounts.contains(&self.owner), Reason::OwnerStays);
        reasons.when(accounts.contains(actor), Reason::RemovesItself);
    }

    /// GRP-9.
    fn check_set_role(&self, account: &AccountKey, role: Role, reasons: &mut Reasons) {
        let before = self.member(account).map(Member::role);
        reasons.when(before.is_none(), Reason::NobodyThere);
        reasons.when(before == Some(Role::Owner) && role != Role::Owner, Reason::OwnerStays);
        reasons.when(before == Some(role), Reason::NoChange);
    }

    /// GRP-12.
    fn check_devices(&self, actor: &AccountKey, lists: &Lists, reasons: &mut Reasons) {
        let Some(member) = self.member(actor) else { return };
        let mut known = KnownList::recorded(actor, member);
        for offered in &lists.verified {
            if let Err(refused) = known.precedes(offered) {
                reasons.add(Reason::List(refused));
            }
            known = KnownList::offered(offered);
        }
        let more = lists.newest().map_or(0, |newest| newest.devices.len());
        let devices = self.device_count().saturating_sub(member.devices.len()).saturating_add(more);
        reasons.when(devices > GROUP_DEVICES, Reason::TooManyDevices);
    }

    /// GRP-13, GRP-14.
    fn check_log_key(&self, action: &Action, reasons: &mut Reasons) {
        let allowed = matches!(
            action,
            Action::Rekey { .. } | Action::Remove { .. } | Action::Leave { .. } | Action::Devices { .. }
        );
        reasons.when(self.exposed && !allowed, Reason::Exposed);
        if let Action::Rekey { log_key_id } = action {
            reasons.when(self.log_key_ids().any(|known| known == *log_key_id), Reason::KeyKnown);
            reasons.when(self.spent_log_key_ids.len() >= GROUP_LOG_KEYS - 1, Reason::TooManyKeys);
        }
    }
}
