//! What a person sees of groups.

use super::Known;
use crate::{
    conversation::Conversation,
    engine::{Engine, inbox::each_new, timed},
    error::{Error, Misuse},
    group::{GroupInfo, GroupMember, GroupSummary, Mute, Standing},
    records,
    store::{StoreError, Table, Transaction},
};
use aside_group::{Change, Entry, Group};
use aside_identity::GroupId;

impl Engine {
    /// All groups, those of which nothing but an invitation is known too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn groups(&self, tx: &dyn Transaction) -> Result<Vec<GroupSummary>, StoreError> {
        let mut summaries = Vec::new();
        for (key, _) in tx.scan(Table::Group, &[], None, usize::MAX)? {
            let id = GroupId::new(records::fixed(&key)?);
            if let Some(known) = Known::load(tx, id)? {
                summaries.push(self.summary(tx, &known)?);
            }
        }
        summaries.sort_by(|a, b| (&a.name, a.group).cmp(&(&b.name, b.group)));
        Ok(summaries)
    }

    /// What a group is called; `None` if that is not known here. Unlike [`Engine::groups`] it counts nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn group_name(&self, tx: &dyn Transaction, group: &GroupId) -> Result<Option<String>, StoreError> {
        let known = Known::load(tx, *group)?;
        Ok(known.and_then(|known| Some(known.state?.name().as_str().to_owned())))
    }

    /// How the person here stands to a group; `None` if nothing is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn group_standing(
        &self,
        tx: &dyn Transaction,
        group: &GroupId,
    ) -> Result<Option<Standing>, StoreError> {
        super::standing(tx, group)
    }

    /// Everything about a group.
    ///
    /// # Errors
    /// [`Misuse::NoGroup`] if nothing is known of it yet.
    pub fn group_info(&self, tx: &dyn Transaction, group: &GroupId) -> Result<GroupInfo, Error> {
        let known = Known::load(tx, *group)?.ok_or(Misuse::NoGroup)?;
        let state = known.state.as_ref().ok_or(Misuse::NoGroup)?;
        let mut members = Vec::new();
        for (account, member) in state.members() {
            members.push(GroupMember {
                account: *account,
                handle: self.handle_of(tx, account)?,
                role: member.role(),
                devices: member.devices().len(),
            });
        }
        members.sort_by(|a, b| b.role.cmp(&a.role).then_with(|| a.handle.cmp(&b.handle)));
        Ok(GroupInfo {
            summary: self.summary(tx, &known)?,
            announce_only: state.announce_only(),
            expiry: state.expiry(),
            capture_notices: state.capture_notices(),
            members,
            sequence: state.sequence(),
            head: state.head().hash.0,
            behind: known.is_behind() || known.record.wanted || known.record.segment.is_empty(),
        })
    }

    /// The changes of a group after its beginning, oldest first.
    ///
    /// # Errors
    /// [`Misuse::NoGroup`] if nothing is known of it yet.
    pub fn group_history(&self, tx: &dyn Transaction, group: &GroupId) -> Result<Vec<Change>, Error> {
        let damaged = || StoreError::Damaged("entry of a group");
        let mut state: Option<Group> = None;
        let mut changes = Vec::new();
        for (_, record) in tx.scan(Table::GroupEntry, group.as_bytes(), None, usize::MAX)? {
            let record: records::GroupEntry = records::decode(&record)?;
            let entry = Entry::decode(&record.bytes).map_err(|_| damaged())?;
            match &mut state {
                None => state = Some(Group::found(&entry).map_err(|_| damaged())?),
                Some(state) => {
                    let checked = state.check(&entry, state.log_key_id()).map_err(|_| damaged())?;
                    changes.push(state.apply(checked).map_err(|_| damaged())?);
                }
            }
        }
        if state.is_none() { Err(Misuse::NoGroup.into()) } else { Ok(changes) }
    }

    fn summary(&self, tx: &dyn Transaction, known: &Known) -> Result<GroupSummary, StoreError> {
        let conversation = Conversation::Group(known.id);
        let shown = self.shown(tx, conversation)?;
        let own = self.address().account;
        let (mut unread, mut mentions) = (0usize, 0usize);
        each_new(tx, conversation, shown, |message| {
            if message.sender != own.as_bytes() {
                let body = timed::said(tx, conversation, message)?;
                unread = unread.saturating_add(1);
                let me = body.is_some_and(|body| self.mentions_me(&body));
                mentions = mentions.saturating_add(usize::from(me));
            }
            Ok(())
        })?;
        let invited_by = match known.record.invited_by.as_slice() {
            [] => None,
            bytes => Some(records::account(bytes)?),
        };
        Ok(GroupSummary {
            group: known.id,
            name: known.state.as_ref().map(|state| state.name().as_str().to_owned()),
            standing: Standing::from_number(known.record.standing).ok_or(StoreError::Damaged("group"))?,
            invited_by,
            mute: Mute::from_number(known.record.mute),
            unread,
            mentions,
            members: known.state.as_ref().map_or(0, |state: &Group| state.members().len()),
        })
    }
}
