//! Sealing for a group: a message on the newest head, a change on the newest position.

use super::{Known, entry_key};
use crate::{
    channel::group as channel,
    conversation::Conversation,
    engine::{Engine, Lane, Need, Step, compose::Composed, outgoing::composed, timed},
    error::Error,
    event::Event,
    group::Standing,
    records::{self, GroupRequest, Outgoing as Entry, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::Stamp;
use aside_group::{Action, ChainCut, Group, LogId, LogKey, Role, sealed_entry};
use aside_identity::{AccountKey, GroupId};
use aside_primitives::{Draw, entropy};
use aside_wire::pb::{self, RefusalCode};
use prost::Message;

/// What can be done with an entry of the outbox that is for a group.
pub(crate) enum Sealing {
    /// It can go out.
    Ready,
    /// It has to wait: for entries, for a key, for somebody who may change the group.
    Waits,
    /// Something was queued that has to go out before.
    Behind,
    /// It was queued again, behind something that has to go out before.
    Replaced,
    /// It is done already, or will never be.
    Over(Vec<Event>),
}

impl Engine {
    /// Seals what a person says to a group (GRP-18, GRP-31).
    pub(crate) fn seal_for_group(
        &self,
        step: &mut Step<'_>,
        group: GroupId,
        entry: &mut Entry,
    ) -> Result<Sealing, Error> {
        let known = Known::load(step.tx, group)?.ok_or(StoreError::Damaged("group in the outbox"))?;
        let Some(state) = &known.state else { return Ok(Sealing::Waits) };
        let sender = self.address();
        if known.standing()? == Standing::Out || !may_write(state, &sender.account) {
            let conversation = Conversation::Group(group);
            let code = RefusalCode::LogMoved;
            super::super::outgoing::mark(step.tx, conversation, entry, |message| {
                message.refusal = code.into()
            })?;
            let index = entry.message_index;
            return Ok(Sealing::Over(vec![Event::Failed { conversation, index, code }]));
        }
        if known.is_behind() || known.standing()? != Standing::Joined {
            return Ok(Sealing::Waits);
        }
        // What was sealed in an earlier epoch would reach people who have gone.
        if entry.group_request.as_ref().is_some_and(|sealed| sealed.sequence >= state.epoch()) {
            return Ok(Sealing::Ready);
        }
        // Somebody may have been put out since the store was copied (HEA-32).
        if known.record.unread && known.record.wanted {
            return Ok(Sealing::Waits);
        }
        // A chain is handed over together with the log's key.
        if known.log_key(step.tx, &state.log_key_id())?.is_none() {
            return Ok(Sealing::Waits);
        }
        if self.queue_own_devices_if_new(step, &known, state)? {
            return Ok(Sealing::Behind);
        }
        let (mut chain, queued) = self.ready_chain(step, &known, state)?;
        if queued {
            return Ok(Sealing::Behind);
        }
        if !timed::can_be_opened(step.tx, entry.key)? {
            return Ok(Sealing::Over(Vec::new()));
        }
        let Composed::Group(frame) = composed(step.tx, entry)? else {
            return Err(StoreError::Damaged("conversation in the outbox").into());
        };
        let stamp = Stamp { sequence: state.sequence(), head: state.head().hash };
        let envelope = match channel::seal(step.entropy, &mut chain, &sender, &stamp, &frame) {
            Ok(envelope) => envelope,
            Err(channel::CannotSeal::Chain(aside_group::CannotSend::Entropy(failed))) => {
                return Err(failed.into());
            }
            Err(_) => return Err(StoreError::Damaged("message in the outbox").into()),
        };
        self.keep_own_chain(step.tx, &group, &chain, state.sequence())?;
        let fan_out = pb::FanOut {
            client_id: entry.client_id.clone(),
            recipients: self.recipients(state),
            envelope: envelope.encode_to_vec(),
            keep: entry.keep,
        };
        let alone = fan_out.recipients.is_empty();
        entry.group_request = Some(GroupRequest {
            request: fan_out.encode_to_vec(),
            sequence: state.sequence(),
            position: 0,
            entry: Vec::new(),
        });
        if alone {
            let now = step.now;
            let conversation = Conversation::Group(group);
            timed::begin(step, conversation, entry.message_index, now, 0)?;
            return Ok(Sealing::Over(Vec::new()));
        }
        Ok(Sealing::Ready)
    }

    /// Seals a change on the newest entry, for the position after the newest (GRP-36).
    pub(crate) fn seal_change(
        &self,
        step: &mut Step<'_>,
        group: GroupId,
        entry: &mut Entry,
    ) -> Result<Sealing, Error> {
        let known = Known::load(step.tx, group)?.ok_or(StoreError::Damaged("group in the outbox"))?;
        let Some(state) = &known.state else { return Ok(Sealing::Waits) };
        if let Some(sealed) = &entry.group_request {
            if self.was_taken(step, group, sealed)? {
                return Ok(Sealing::Over(Vec::new()));
            }
            if sealed.position == known.next_position() && sealed.sequence == state.sequence() {
                return Ok(Sealing::Ready);
            }
        }
        if !entry.handed_over.is_empty() {
            return self.seal_handed_over(step, &known, state, entry);
        }
        let damaged = |_| StoreError::Damaged("change in the outbox");
        let action = Action::decode(entry.kind, &entry.content).map_err(damaged)?;
        if matches!(action, Action::Create { .. }) {
            return self.seal_creation(step, &known, state, entry);
        }
        if known.is_behind() || known.record.wanted || known.record.segment.is_empty() {
            return Ok(Sealing::Waits);
        }
        if let Action::Rekey { .. } = action {
            if !state.is_exposed() {
                return Ok(Sealing::Over(Vec::new()));
            }
            // Whoever went since the key was handed out would have it.
            if entry.handed_out_at != state.sequence() {
                self.begin_rekey(step, &known, state)?;
                return Ok(Sealing::Replaced);
            }
        }
        let action = self.refresh(step, &known, action)?;
        if state.is_exposed() && !is_allowed_while_exposed(&action) {
            return Ok(Sealing::Waits);
        }
        let Some(key) = known.log_key(step.tx, &state.log_key_id())? else { return Ok(Sealing::Waits) };
        let signed = match state.propose(&self.keys.signing, &self.address(), step.now, &action) {
            Ok(signed) => signed.as_bytes().to_vec(),
            Err(rejected) => {
                let reasons = rejected.to_string();
                return Ok(Sealing::Over(vec![Event::GroupChangeFailed { group, reasons }]));
            }
        };
        entry.client_id = entropy::public::<16>(step.entropy, Draw("client id"))?.to_vec();
        let recipients = self.recipients(state);
        self.seal_entry(step, &known, state.sequence(), &key, signed, recipients, entry)?;
        Ok(Sealing::Ready)
    }

    /// The first entry was signed when the group was made; its id is the entry's hash.
    fn seal_creation(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        state: &Group,
        entry: &mut Entry,
    ) -> Result<Sealing, Error> {
        let first = step.tx.read::<records::GroupEntry>(Table::GroupEntry, &entry_key(&known.id, 1))?;
        let first = first.ok_or(StoreError::Damaged("first entry of a group"))?;
        if known.record.position > 0 {
            return Ok(Sealing::Over(Vec::new()));
        }
        let Some(key) = known.log_key(step.tx, &state.log_key_id())? else {
            return Err(StoreError::Damaged("log key").into());
        };
        self.seal_entry(step, known, state.sequence(), &key, first.bytes, Vec::new(), entry)?;
        Ok(Sealing::Ready)
    }

    #[expect(clippy::too_many_arguments, reason = "everything a sealed entry is made of, once")]
    pub(crate) fn seal_entry(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        sequence: u64,
        key: &LogKey,
        signed: Vec<u8>,
        recipients: Vec<pb::Recipient>,
        entry: &mut Entry,
    ) -> Result<(), Error> {
        let log = LogId::of(&known.id, key);
        let sealed = sealed_entry::seal(step.entropy, key, &log, &signed).map_err(|cannot| match cannot {
            aside_group::CannotSend::Entropy(failed) => Error::from(failed),
            _ => StoreError::Damaged("change in the outbox").into(),
        })?;
        let append = pb::AppendEntry {
            client_id: entry.client_id.clone(),
            log: log.as_bytes().to_vec(),
            position: known.next_position(),
            entry: sealed,
            recipients,
        };
        entry.group_request = Some(GroupRequest {
            request: append.encode_to_vec(),
            sequence,
            position: append.position,
            entry: signed,
        });
        Ok(())
    }

    /// Whether an entry that was handed over, and whose answer was lost, stands in the log.
    fn was_taken(&self, step: &Step<'_>, group: GroupId, sealed: &GroupRequest) -> Result<bool, Error> {
        let Ok(entry) = aside_group::Entry::decode(&sealed.entry) else { return Ok(false) };
        if entry.sequence() == 1 {
            return Ok(false);
        }
        let key = entry_key(&group, entry.sequence());
        let record = step.tx.read::<records::GroupEntry>(Table::GroupEntry, &key)?;
        Ok(record.is_some_and(|record| record.hash == entry.hash().as_bytes()))
    }

    /// Draws the next key of the log, hands it to everybody, and queues the change behind that.
    fn begin_rekey(&self, step: &mut Step<'_>, known: &Known, state: &Group) -> Result<(), Error> {
        let key = LogKey::generate(step.entropy)?;
        known.keep_log_key(step.tx, &key)?;
        let action = Action::Rekey { log_key_id: key.id() };
        self.hand_out_log_key(step, known, key)?;
        self.queue_change_at(step, Lane::Control, &known.id, &action, state.sequence())
    }

    /// Brings a change up to the moment it is sealed: where chains end.
    fn refresh(&self, step: &mut Step<'_>, known: &Known, action: Action) -> Result<Action, Error> {
        Ok(match action {
            Action::Remove { accounts, .. } => {
                let mut cuts = Vec::new();
                for account in &accounts {
                    cuts.extend(self.cuts_of(step.tx, known, account)?);
                }
                cuts.sort_by_key(|cut| cut.key_id);
                cuts.truncate(aside_wire::limits::GROUP_CUTS);
                Action::Remove { accounts, cuts }
            }
            Action::Leave { .. } => {
                let own = self.own_chain(step.tx, &known.id)?;
                let cut =
                    own.map(|(chain, _)| ChainCut { key_id: *chain.key_id(), messages: chain.iteration() });
                Action::Leave { cuts: cut.into_iter().collect() }
            }
            other => other,
        })
    }

    fn cuts_of(
        &self,
        tx: &dyn Transaction,
        known: &Known,
        account: &AccountKey,
    ) -> Result<Vec<ChainCut>, StoreError> {
        let chains = super::chains::chains_of_account(tx, account, &known.id)?;
        Ok(chains
            .into_iter()
            .map(|kept| ChainCut { key_id: *kept.chain.key_id(), messages: kept.chain.next() })
            .collect())
    }

    /// Everybody's devices in the group but this one.
    pub(crate) fn recipients(&self, state: &Group) -> Vec<pb::Recipient> {
        let own = self.address();
        let mut recipients = Vec::new();
        for (account, member) in state.members() {
            let devices: Vec<u8> = member
                .devices()
                .iter()
                .filter(|device| *account != own.account || device.id != own.device)
                .map(|device| device.id.byte())
                .collect();
            if !devices.is_empty() {
                recipients.push(pb::Recipient { account_key: account.as_bytes().to_vec(), devices });
            }
        }
        recipients
    }

    /// The relay has a message or a change of a group on disk (RLY-24).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn on_fanned_out(
        &self,
        step: &mut Step<'_>,
        place: u64,
        answer: &pb::FannedOut,
    ) -> Result<Vec<Event>, Error> {
        let Some(entry) = step.tx.read::<Entry>(Table::Outbox, &place.to_be_bytes())? else {
            return Ok(Vec::new());
        };
        let mut events = self.missed(&entry, answer)?;
        if entry.change {
            step.tx.delete(Table::Outbox, &place.to_be_bytes())?;
            events.extend(self.on_appended(step, &entry)?);
        } else {
            events.extend(self.on_accepted(step, place, answer.accepted_at)?);
        }
        Ok(events)
    }

    /// The own entry stands in the log: it is judged like any other.
    fn on_appended(&self, step: &mut Step<'_>, entry: &Entry) -> Result<Vec<Event>, Error> {
        let damaged = || StoreError::Damaged("change in the outbox");
        let sealed = entry.group_request.as_ref().ok_or_else(damaged)?;
        let Some(Conversation::Group(group)) = Conversation::from_key(&entry.conversation) else {
            return Err(damaged().into());
        };
        let mut known = Known::load(step.tx, group)?.ok_or_else(damaged)?;
        let append: pb::AppendEntry = records::decode(&sealed.request)?;
        if append.log != known.record.segment || sealed.position != known.next_position() {
            // It was read from the log before its answer came, or others came between and are read first.
            known.record.wanted = true;
            known.keep(step.tx)?;
            return Ok(Vec::new());
        }
        let decoded = aside_group::Entry::decode(&sealed.entry).map_err(|_| damaged())?;
        let under = known.state.as_ref().map(Group::log_key_id).ok_or_else(damaged)?;
        known.record.position = sealed.position;
        let mut events = match self.take_entry(step, &mut known, &decoded, under)? {
            Ok(events) => events,
            Err(rejected) => {
                vec![Event::GroupChangeFailed { group, reasons: rejected.to_string() }]
            }
        };
        known.keep(step.tx)?;
        events.extend(self.try_held(step)?);
        Ok(events)
    }

    fn missed(&self, entry: &Entry, answer: &pb::FannedOut) -> Result<Vec<Event>, StoreError> {
        let Some(Conversation::Group(group)) = Conversation::from_key(&entry.conversation) else {
            return Ok(Vec::new());
        };
        let mut events = Vec::new();
        for missed in &answer.missed {
            let Ok(account) = AccountKey::parse(&missed.account_key) else { continue };
            let code = RefusalCode::try_from(missed.code).unwrap_or(RefusalCode::Unspecified);
            events.push(Event::GroupMissed { group, account, code });
        }
        Ok(events)
    }

    /// Another entry stands at the position: the log is read, and the change made anew on what it says.
    pub(crate) fn on_log_moved(
        &self,
        step: &mut Step<'_>,
        group: GroupId,
    ) -> Result<Option<Need>, StoreError> {
        let Some(mut known) = Known::load(step.tx, group)? else { return Ok(None) };
        known.record.wanted = true;
        known.keep(step.tx)?;
        let log = known.segment()?;
        Ok(log.map(|log| Need::Entries { log, from: known.next_position() }))
    }
}

/// Whether somebody's messages count now.
pub(crate) fn may_write(state: &Group, account: &AccountKey) -> bool {
    let least = if state.announce_only() { Role::Admin } else { Role::Member };
    state.member(account).is_some_and(|member| member.role() >= least)
}

/// While somebody who went has the log's key, only these are valid (GRP-13).
const fn is_allowed_while_exposed(action: &Action) -> bool {
    matches!(
        action,
        Action::Rekey { .. } | Action::Remove { .. } | Action::Leave { .. } | Action::Devices { .. }
    )
}
