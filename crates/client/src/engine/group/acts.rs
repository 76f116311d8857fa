//! What a person does with a group. It works offline; the outbox keeps it.

use super::{Known, entry_key};
use crate::{
    conversation::Conversation,
    engine::{Engine, Lane, Step, queue_entry},
    error::{Error, Misuse},
    group::{Mute, Standing},
    records::{self, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, Text};
use aside_group::{Action, Entry, ExpiryTerms, Group, GroupName, LogKey, LogKeyId, Reason, Role};
use aside_identity::{AccountKey, DeviceList, GroupId, Handle};
use aside_primitives::{Draw, entropy};

impl Engine {
    /// Begins a group of which the person here is the owner and, so far, the only member.
    ///
    /// # Errors
    /// [`Misuse::GroupChange`] if the name cannot be used.
    pub fn create_group(
        &self,
        step: &mut Step<'_>,
        name: &str,
        announce_only: bool,
    ) -> Result<GroupId, Error> {
        let log_key = LogKey::generate(step.entropy)?;
        let action = Action::Create {
            nonce: entropy::public(step.entropy, Draw("group nonce"))?,
            name: GroupName::parse(name).map_err(|_| Misuse::GroupName)?,
            device_list: self.list.as_bytes().to_vec(),
            announce_only,
            log_key_id: log_key.id(),
        };
        let signed = Entry::sign(&self.keys.signing, None, &self.address(), step.now, &action);
        let impossible = |reason: String| Misuse::GroupChange(reason);
        let entry = Entry::decode(&signed).map_err(|malformed| impossible(malformed.to_string()))?;
        let state = Group::found(&entry).map_err(|rejected| impossible(rejected.to_string()))?;
        let id = entry.group_id();
        let mut known = Known::new(id, Standing::Joined);
        known.state = Some(state);
        known.moved = true;
        known.enter(step.tx, Some(&log_key))?;
        known.record.wanted = false;
        known.keep(step.tx)?;
        known.keep_log_key(step.tx, &log_key)?;
        let record = records::GroupEntry {
            bytes: signed,
            hash: entry.hash().as_bytes().to_vec(),
            judged_at: step.now,
        };
        step.tx.write(Table::GroupEntry, &entry_key(&id, 1), &record)?;
        self.keep_group_conversation(step, id)?;
        self.queue_change(step, Lane::Person, &id, &action)?;
        Ok(id)
    }

    /// Takes people in.
    ///
    /// # Errors
    /// [`Misuse`] if somebody is not known, or the person here may not.
    pub fn add_to_group(&self, step: &mut Step<'_>, group: &GroupId, people: &[Handle]) -> Result<(), Error> {
        let mut lists: Vec<DeviceList> = Vec::new();
        for handle in people {
            let account = self.other(step.tx, handle)?;
            let peer = self.peer(step.tx, &account)?.ok_or_else(|| Misuse::UnknownPeer(handle.clone()))?;
            lists.push(peer.list);
        }
        lists.sort_by_key(|list| list.account);
        lists.dedup_by_key(|list| list.account);
        let device_lists = lists.iter().map(|list| list.as_bytes().to_vec()).collect();
        self.change(step, group, Action::Add { device_lists })
    }

    /// Puts people out. They can read nothing that is sent afterwards.
    ///
    /// # Errors
    /// [`Misuse`] if somebody is not a member, or the person here may not.
    pub fn remove_from_group(
        &self,
        step: &mut Step<'_>,
        group: &GroupId,
        people: &[AccountKey],
    ) -> Result<(), Error> {
        let mut accounts = people.to_vec();
        accounts.sort();
        accounts.dedup();
        self.change(step, group, Action::Remove { accounts, cuts: Vec::new() })
    }

    /// Leaves a group, or declines the invitation to it.
    ///
    /// # Errors
    /// [`Misuse::GroupChange`] for the owner, who hands the group over first.
    pub fn leave_group(&self, step: &mut Step<'_>, group: &GroupId) -> Result<(), Error> {
        self.change(step, group, Action::Leave { cuts: Vec::new() })
    }

    /// Gives somebody another role.
    ///
    /// # Errors
    /// [`Misuse`] if the person here may not.
    pub fn set_group_role(
        &self,
        step: &mut Step<'_>,
        group: &GroupId,
        account: &AccountKey,
        role: Role,
    ) -> Result<(), Error> {
        self.change(step, group, Action::SetRole { account: *account, role })
    }

    /// Gives the group another name.
    ///
    /// # Errors
    /// [`Misuse`] if the name cannot be used, or the person here may not.
    pub fn rename_group(&self, step: &mut Step<'_>, group: &GroupId, name: &str) -> Result<(), Error> {
        self.change(
            step,
            group,
            Action::Rename { name: GroupName::parse(name).map_err(|_| Misuse::GroupName)? },
        )
    }

    /// Decides whether only the owner and admins write.
    ///
    /// # Errors
    /// [`Misuse`] if the person here may not.
    pub fn set_group_announce(&self, step: &mut Step<'_>, group: &GroupId, only: bool) -> Result<(), Error> {
        self.change(step, group, Action::SetAnnounce { announce_only: only })
    }

    /// Decides how long messages live.
    ///
    /// # Errors
    /// [`Misuse`] if the person here may not.
    pub fn set_group_expiry(
        &self,
        step: &mut Step<'_>,
        group: &GroupId,
        terms: ExpiryTerms,
    ) -> Result<(), Error> {
        self.change(step, group, Action::SetExpiry(terms))
    }

    /// Decides whether members are told of captures.
    ///
    /// # Errors
    /// [`Misuse`] if the person here may not.
    pub fn set_group_capture(
        &self,
        step: &mut Step<'_>,
        group: &GroupId,
        notices: bool,
    ) -> Result<(), Error> {
        self.change(step, group, Action::SetCapture { notices })
    }

    /// Accepts the invitation to a group (GRP-38).
    ///
    /// # Errors
    /// [`Misuse::NotInvited`].
    pub fn accept_group(&self, step: &mut Step<'_>, group: &GroupId) -> Result<(), Error> {
        let mut known = Known::load(step.tx, *group)?.ok_or(Misuse::NoGroup)?;
        if known.standing()? != Standing::Invited || !self.is_in(&known) {
            return Err(Misuse::NotInvited.into());
        }
        known.record.standing = Standing::Joined.number();
        Ok(known.keep(step.tx)?)
    }

    /// Decides which messages the person here wants to be told of.
    ///
    /// # Errors
    /// [`Misuse::NoGroup`].
    pub fn mute_group(&self, step: &mut Step<'_>, group: &GroupId, mute: Mute) -> Result<(), Error> {
        let mut known = Known::load(step.tx, *group)?.ok_or(Misuse::NoGroup)?;
        known.record.mute = mute.number();
        Ok(known.keep(step.tx)?)
    }

    /// Writes a text to a group. Returns the message's index.
    ///
    /// # Errors
    /// [`Misuse`] if the text cannot be used, or the person here is not in the group or may only read.
    pub fn send_to_group(&self, step: &mut Step<'_>, group: &GroupId, text: Text) -> Result<u64, Error> {
        self.say_in(step, Conversation::Group(*group), Body::Text(text))
    }

    /// Queues the change of the log's key that is due, unless it is queued.
    pub(crate) fn queue_rekey(&self, step: &mut Step<'_>, known: &Known) -> Result<(), Error> {
        // Which key it is, is decided when it is sealed.
        let placeholder = Action::Rekey { log_key_id: LogKeyId::new([0; 16]) };
        let conversation = Conversation::Group(known.id).key();
        for (_, record) in step.tx.scan(Table::Outbox, &[], None, usize::MAX)? {
            let entry: records::Outgoing = records::decode(&record)?;
            if entry.change && entry.conversation == conversation && entry.kind == placeholder.kind() {
                return Ok(());
            }
        }
        self.queue_change(step, Lane::Control, &known.id, &placeholder)
    }

    /// Queues the own device list if the group knows an older one. Returns whether it did.
    pub(crate) fn queue_own_devices_if_new(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        state: &Group,
    ) -> Result<bool, Error> {
        let Some(member) = state.member(&self.address().account) else { return Ok(false) };
        if member.list().version >= self.list.reference().version {
            return Ok(false);
        }
        let action = Action::Devices { device_lists: vec![self.list.as_bytes().to_vec()], cuts: Vec::new() };
        if state.propose(&self.keys.signing, &self.address(), step.now, &action).is_err() {
            return Ok(false);
        }
        self.queue_change(step, Lane::Control, &known.id, &action)?;
        Ok(true)
    }

    /// Checks a change as far as it can be known now, and queues it.
    fn change(&self, step: &mut Step<'_>, group: &GroupId, action: Action) -> Result<(), Error> {
        let known = Known::load(step.tx, *group)?.ok_or(Misuse::NoGroup)?;
        let leaves = matches!(action, Action::Leave { .. });
        let standing = known.standing()?;
        if standing == Standing::Out || !self.is_in(&known) {
            return Err(Misuse::NotInGroup.into());
        }
        if standing == Standing::Invited && !leaves {
            return Err(Misuse::GroupNotAccepted.into());
        }
        let state = known.state.as_ref().ok_or(Misuse::NoGroup)?;
        if let Err(rejected) = state.propose(&self.keys.signing, &self.address(), step.now, &action) {
            // That the log needs another key first is not the person's affair.
            let reasons: Vec<String> = rejected
                .reasons()
                .iter()
                .filter(|reason| !matches!(reason, Reason::Exposed))
                .map(|reason| to_the_actor(*reason))
                .collect();
            if !reasons.is_empty() {
                return Err(Misuse::GroupChange(reasons.join("; ")).into());
            }
        }
        self.queue_change(step, Lane::Person, group, &action)
    }

    fn queue_change(
        &self,
        step: &mut Step<'_>,
        lane: Lane,
        group: &GroupId,
        action: &Action,
    ) -> Result<(), Error> {
        self.queue_change_at(step, lane, group, action, 0)
    }

    /// The same for a change of the log's key that was handed out at a sequence.
    pub(crate) fn queue_change_at(
        &self,
        step: &mut Step<'_>,
        lane: Lane,
        group: &GroupId,
        action: &Action,
        handed_out_at: u64,
    ) -> Result<(), Error> {
        let client_id: [u8; 16] = entropy::public(step.entropy, Draw("client id"))?;
        let outgoing = records::Outgoing {
            conversation: Conversation::Group(*group).key().to_vec(),
            sent_at: step.now,
            kind: action.kind(),
            content: action.encode(),
            client_id: client_id.to_vec(),
            change: true,
            handed_out_at,
            ..Default::default()
        };
        Ok(queue_entry(step.tx, lane, &outgoing)?)
    }

    pub(crate) fn joined(&self, tx: &dyn Transaction, group: &GroupId) -> Result<Known, Error> {
        let known = Known::load(tx, *group)?.ok_or(Misuse::NoGroup)?;
        match known.standing()? {
            Standing::Joined if self.is_in(&known) => Ok(known),
            Standing::Invited => Err(Misuse::GroupNotAccepted.into()),
            _ => Err(Misuse::NotInGroup.into()),
        }
    }

    fn is_in(&self, known: &Known) -> bool {
        known.state.as_ref().is_some_and(|state| state.member(&self.address().account).is_some())
    }

    pub(crate) fn keep_group_conversation(
        &self,
        step: &mut Step<'_>,
        group: GroupId,
    ) -> Result<(), StoreError> {
        let key = Conversation::Group(group).key();
        if step.tx.get(Table::Conversation, &key)?.is_none() {
            let record = records::Conversation { since: step.now, ..Default::default() };
            step.tx.write(Table::Conversation, &key, &record)?;
        }
        Ok(())
    }
}

/// Why a change is not valid, in words for whoever asks for it.
fn to_the_actor(reason: Reason) -> String {
    match reason {
        Reason::NotEntitled => "your role does not allow it".into(),
        Reason::NoChange => "it is like this already".into(),
        Reason::RemovesItself => "leave it instead of removing yourself".into(),
        Reason::OwnerStays => "its owner stays the owner until passing it on".into(),
        Reason::OwnerLeaves => "you are its owner; make somebody else the owner first".into(),
        Reason::AlreadyMember => "somebody to be added is in it already".into(),
        Reason::NobodyThere => "somebody it is about is not in it".into(),
        other => other.to_string(),
    }
}
