//! Whether an entry is valid: everything is checked, and every reason against it is named (GRP-15, threat G10).

use crate::{
    Action, Checked, Entry, ExpiryTerms, Group, LogKeyId, Member, MemberDevice, Reason, Rejected, Role,
    change::Effect,
    history::History,
    offered_list::{Lists, OfferedList},
    rejected::Reasons,
};
use alloc::{collections::BTreeMap, vec::Vec};
use aside_identity::{AccountKey, Address, GroupId, Refused};
use aside_primitives::SigningKey;

impl Group {
    /// The group that the first entry of a log begins. The key it was encrypted with is the one it names itself. Whether it
    /// is the group that was looked for is [`Self::id`]'s to tell.
    ///
    /// # Errors
    /// [`Rejected`], with every reason.
    pub fn found(entry: &Entry) -> Result<Self, Rejected> {
        let Action::Create { name, device_list, announce_only, log_key_id, nonce: _ } = entry.action() else {
            return Err(Reason::First.into());
        };
        let actor = entry.actor();
        let offered = OfferedList::verify(device_list).map_err(Reason::List)?;
        let mut reasons = Reasons::default();
        let device = offered.devices.iter().find(|device| device.id == actor.device);
        // GRP-1
        reasons
            .when(device.is_some_and(|device| entry.verify(&device.signing_key).is_err()), Reason::Signature);
        reasons.when(device.is_none(), Reason::NotDevice);
        reasons.when(offered.list.account != actor.account, Reason::List(Refused::WrongOwner));
        let owner = Member::new(1, Role::Owner, &offered.list);
        reasons.none_or(Self {
            // GRP-2
            id: GroupId::new(entry.hash().0),
            sequence: 1,
            head: entry.hash(),
            name: name.clone(),
            expiry: ExpiryTerms::Off,
            capture_notices: false,
            announce: History::new(1, *announce_only),
            owner: actor.account,
            members: BTreeMap::from([(actor.account, owner)]),
            former: BTreeMap::new(),
            epochs: History::new(1, ()),
            log_key_id: *log_key_id,
            spent_log_key_ids: Vec::new(),
            exposed: false,
        })
    }

    /// The same of an entry that was encrypted with the log key of this name, which has to be the one that it names itself.
    ///
    /// # Errors
    /// [`Rejected`], with every reason. Skip the entry.
    pub fn found_under(entry: &Entry, sealed_under: LogKeyId) -> Result<Self, Rejected> {
        let group = Self::found(entry)?;
        // GRP-16
        if group.log_key_id == sealed_under { Ok(group) } else { Err(Reason::WrongLogKey.into()) }
    }

    /// Checks an entry as the next one. `sealed_under` names the log key it was encrypted with; for an entry that a member
    /// handed over it is [`Self::log_key_id`].
    ///
    /// # Errors
    /// [`Rejected`], with every reason. Skip the entry.
    pub fn check(&self, entry: &Entry, sealed_under: LogKeyId) -> Result<Checked, Rejected> {
        let lists = Lists::verify(entry.action());
        let mut reasons = Reasons::default();
        self.check_signature(entry, &lists, &mut reasons);
        self.check_place(entry, &mut reasons);
        self.check_actor(entry, &lists, &mut reasons);
        self.check_action(&entry.actor().account, entry.action(), &lists, &mut reasons);
        // GRP-16
        reasons.when(sealed_under != self.log_key_id, Reason::WrongLogKey);

        reasons.none_or(())?;
        let effect = Effect::of(entry.action(), lists.verified).ok_or(Reason::First)?;
        Ok(Checked {
            group: self.id,
            parent: self.head,
            hash: entry.hash(),
            actor: *entry.actor(),
            made_at: entry.made_at(),
            effect,
        })
    }

    /// Makes the entry that would be next, if it is valid. It counts once the relay has given it a place and it came back:
    /// another may come first.
    ///
    /// # Errors
    /// [`Rejected`], with every reason.
    pub fn propose(
        &self,
        device_key: &SigningKey,
        actor: &Address,
        made_at: u64,
        action: &Action,
    ) -> Result<Entry, Rejected> {
        let bytes = Entry::sign(device_key, Some(&self.next_place()), actor, made_at, action);
        let entry = Entry::decode(&bytes)?;
        self.check(&entry, self.log_key_id).map(|_| entry)
    }

    /// Whether somebody may do something now, for screens that offer only what will be accepted. Device lists in the
    /// action are verified.
    ///
    /// # Errors
    /// [`Rejected`], with every reason.
    pub fn may(&self, actor: &AccountKey, action: &Action) -> Result<(), Rejected> {
        let mut reasons = Reasons::default();
        reasons.when(self.member(actor).is_none(), Reason::NotMember);
        reasons.when(matches!(action, Action::Create { .. }), Reason::First);
        self.check_action(actor, action, &Lists::verify(action), &mut reasons);
        reasons.none_or(())
    }

    /// GRP-1. Where no key is known to verify with, another reason says why.
    fn check_signature(&self, entry: &Entry, lists: &Lists, reasons: &mut Reasons) {
        let known = self.devices_at_hand(entry.actor(), entry.action(), lists);
        let key = known.and_then(|devices| devices.iter().find(|device| device.id == entry.actor().device));
        reasons.when(key.is_some_and(|key| entry.verify(&key.signing_key).is_err()), Reason::Signature);
    }

    /// GRP-2, GRP-3.
    fn check_place(&self, entry: &Entry, reasons: &mut Reasons) {
        let next = self.next_place();
        reasons.when(entry.place().is_none(), Reason::First);
        reasons.when(entry.group_id() != self.id, Reason::AnotherGroup);
        reasons.when(entry.sequence() < next.sequence, Reason::Stale);
        let is_next =
            entry.place().is_some_and(|place| place.sequence == next.sequence && place.parent == next.parent);
        reasons.when(entry.sequence() >= next.sequence && !is_next, Reason::Fork);
    }

    /// GRP-4.
    fn check_actor(&self, entry: &Entry, lists: &Lists, reasons: &mut Reasons) {
        let actor = entry.actor();
        reasons.when(self.member(&actor.account).is_none(), Reason::NotMember);
        let known = self.devices_at_hand(actor, entry.action(), lists);
        let has = |devices: &[MemberDevice]| devices.iter().any(|device| device.id == actor.device);
        reasons.when(known.is_some_and(|devices| !has(devices)), Reason::NotDevice);
    }

    /// The devices one of which makes the entry: those recorded of the actor, or, when they change, the newest (GRP-12).
    fn devices_at_hand<'a>(
        &'a self,
        actor: &Address,
        action: &Action,
        lists: &'a Lists,
    ) -> Option<&'a [MemberDevice]> {
        match action {
            Action::Devices { .. } => lists.newest().map(|newest| newest.devices.as_slice()),
            _ => self.member(&actor.account).map(Member::devices),
        }
    }
}
