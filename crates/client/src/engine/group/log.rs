//! The log: every entry judged in the relay's order, and what follows from a valid one.

use super::{
    Known,
    catch_up::MAX_CLAIM_MS,
    chains::{cut_chains, end_epoch, forget_chains_of},
    entry_key,
};
use crate::{
    conversation::Conversation,
    engine::{Engine, Need, Step},
    error::Error,
    event::Event,
    group::Standing,
    records::{self, Records, last_frame_key},
    store::{StoreError, Table, Transaction},
};
use aside_group::{
    Change, Entry, Group, GroupEvent, LogId, LogKey, LogKeyId, Reason, Rejected, Role, sealed_entry,
};
use aside_identity::{AccountKey, Address};
use aside_wire::{Malformed, Reject, array, decode, pb};

impl Engine {
    /// Takes in what the relay gave of a log, from a position on (GRP-15, GRP-16).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness. What others did wrong is an event.
    pub fn on_entries(
        &self,
        step: &mut Step<'_>,
        log: &LogId,
        from: u64,
        entries: &pb::Entries,
    ) -> Result<Vec<Event>, Error> {
        let Some(mut known) = Known::of_log(step.tx, log)? else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        if entries.newest < known.record.position {
            // What was valid stays valid. The relay has lost or hidden it, and goes on from where it is.
            known.record.position = entries.newest;
            events.push(Event::GroupLogSetBack { group: known.id });
        }
        known.record.hidden &= entries.entries.is_empty();
        if from == known.next_position() {
            for blob in &entries.entries {
                if !self.advance(step, &mut known, blob, &mut events)? {
                    break;
                }
            }
        }
        // A relay that gives nothing of what it says it has is not asked again for the same.
        let more = entries.newest > known.record.position && !entries.entries.is_empty();
        // A segment that was entered meanwhile is still to be read.
        if known.segment()? == Some(*log) {
            known.record.wanted = more;
            known.record.unread &= more;
        }
        self.ask_the_claimants(step, &mut known)?;
        known.keep(step.tx)?;
        events.extend(self.try_held(step)?);
        Ok(events)
    }

    /// Takes in an entry that the relay delivers by itself.
    pub(crate) fn on_entry_delivered(
        &self,
        step: &mut Step<'_>,
        delivered: &pb::GroupLogEntry,
    ) -> Result<Vec<Event>, Error> {
        let Ok(log) = array(&delivered.log, "log").map(LogId::new) else { return Ok(Vec::new()) };
        let Some(mut known) = Known::of_log(step.tx, &log)? else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        if delivered.position == known.next_position() {
            // What moves the group moves it here too. Whether a place of the log is to be skipped is decided by what the
            // relay gives everybody.
            let before = known.sequence();
            let mut happened = Vec::new();
            self.advance(step, &mut known, &delivered.entry, &mut happened)?;
            if known.sequence() > before {
                events.extend(happened);
            } else {
                known.record.position = delivered.position.saturating_sub(1);
                known.record.wanted = true;
            }
        } else if delivered.position > known.record.position {
            known.record.wanted = true;
        }
        known.keep(step.tx)?;
        if !events.is_empty() {
            events.extend(self.try_held(step)?);
        }
        Ok(events)
    }

    /// Judges the next position. Returns whether the one after it counts: after another key for the log, the log goes on
    /// elsewhere.
    fn advance(
        &self,
        step: &mut Step<'_>,
        known: &mut Known,
        blob: &[u8],
        events: &mut Vec<Event>,
    ) -> Result<bool, Error> {
        let Some(segment) = known.segment()? else { return Ok(false) };
        known.record.position = known.next_position();
        events.extend(self.judge_blob(step, known, &segment, blob)?);
        Ok(known.segment()? == Some(segment))
    }

    /// An entry that cannot be valid is skipped by everybody alike, so that garbage holds up nobody (GRP-15, GRP-16).
    fn judge_blob(
        &self,
        step: &mut Step<'_>,
        known: &mut Known,
        segment: &LogId,
        blob: &[u8],
    ) -> Result<Vec<Event>, Error> {
        let skipped = |known: &Known, reason| Ok(vec![Event::GroupEntrySkipped { group: known.id, reason }]);
        let Ok(key_id) = sealed_entry::key_id_of(blob) else { return skipped(known, Reject::Malformed) };
        let Some(key) = known.log_key(step.tx, &key_id)? else { return skipped(known, Reject::NoSession) };
        let entry = match read(blob, &key, segment) {
            Ok(entry) => entry,
            Err(reason) => return skipped(known, reason),
        };
        match self.take_entry(step, known, &entry, key_id)? {
            Ok(events) => Ok(events),
            Err(rejected) => skipped(known, rejected.reject()),
        }
    }

    /// Validates an entry and applies it, with everything that follows. The inner error says why it is not valid;
    /// nothing has changed then.
    pub(crate) fn take_entry(
        &self,
        step: &mut Step<'_>,
        known: &mut Known,
        entry: &Entry,
        sealed_under: LogKeyId,
    ) -> Result<Result<Vec<Event>, Rejected>, Error> {
        if self.is_known_entry(step.tx, known, entry)? {
            return Ok(Ok(Vec::new()));
        }
        let change = match &mut known.state {
            // GRP-2: the id is the promise which log it is.
            None if entry.group_id() != known.id => return Ok(Err(Reason::AnotherGroup.into())),
            None => match Group::found_under(entry, sealed_under) {
                Ok(state) => {
                    known.state = Some(state);
                    None
                }
                Err(rejected) => return Ok(Err(rejected)),
            },
            Some(state) => match state.check(entry, sealed_under) {
                // The check was made of this very state a line above.
                Ok(checked) => state.apply(checked).ok(),
                Err(rejected) => return Ok(Err(rejected)),
            },
        };
        known.moved = true;
        let record = records::GroupEntry {
            bytes: entry.as_bytes().to_vec(),
            hash: entry.hash().as_bytes().to_vec(),
            judged_at: step.now,
        };
        step.tx.write(Table::GroupEntry, &entry_key(&known.id, entry.sequence()), &record)?;
        let mut events = Vec::new();
        known.record.claims.retain(|claim| claim.sequence > entry.sequence());
        known.record.disbelieved.clear();
        known.record.early_chains = 0;
        if let Some(change) = change {
            events.extend(self.lists_that_contradict(step.tx, &change)?);
            let left = self.follow(step, known, &change)?;
            events.push(Event::GroupChanged { group: known.id, change: Box::new(change) });
            events.extend(left);
        }
        Ok(Ok(events))
    }

    /// Whether it is an entry that another member has handed over already.
    fn is_known_entry(&self, tx: &dyn Transaction, known: &Known, entry: &Entry) -> Result<bool, StoreError> {
        if entry.sequence() > known.sequence() {
            return Ok(false);
        }
        let record =
            tx.read::<records::GroupEntry>(Table::GroupEntry, &entry_key(&known.id, entry.sequence()))?;
        Ok(record.is_some_and(|record| record.hash == entry.hash().as_bytes()))
    }

    /// What follows from a valid entry: chains that end, keys to hand out, the own standing.
    fn follow(
        &self,
        step: &mut Step<'_>,
        known: &mut Known,
        change: &Change,
    ) -> Result<Option<Event>, Error> {
        let own = self.address();
        let mut event = None;
        if let GroupEvent::Rekeyed { .. } = change.event {
            known.enter_current(step.tx)?;
        }
        if change.rotates {
            step.tx.delete(Table::SendingChain, known.id.as_bytes())?;
        }
        cut_chains(step, known, change)?;
        if change.rotates {
            end_epoch(step, known)?;
        }
        if puts_out(&own.account, change) && known.standing()? != Standing::Out {
            known.record.standing = Standing::Out.number();
            step.tx.delete(Table::SendingChain, known.id.as_bytes())?;
            forget_frames_of_others(step.tx, known, &own)?;
            forget_chains_of(step.tx, &known.id)?;
            event = Some(Event::GroupLeft { group: known.id, by: change.actor.account });
        }
        // Whoever is invited a second time reads in the log how they went, and then how they came back.
        let invited = !known.record.invited_by.is_empty();
        if invited && known.standing()? == Standing::Out && takes_in(&own.account, change) {
            known.record.standing = Standing::Invited.number();
        }
        if let (true, GroupEvent::Added { members }) = (change.actor == own, &change.event) {
            self.invite(step, known, members)?;
        }
        self.rekey_if_due(step, known)?;
        Ok(event)
    }

    /// After somebody went, the log gets another key from whoever may give it one first (GRP-13).
    fn rekey_if_due(&self, step: &mut Step<'_>, known: &Known) -> Result<(), Error> {
        let Some(state) = &known.state else { return Ok(()) };
        let entitled =
            state.member(&self.address().account).is_some_and(|member| member.role() >= Role::Admin);
        if known.standing()? == Standing::Joined && entitled && state.is_exposed() {
            self.queue_rekey(step, known)?;
        }
        Ok(())
    }

    /// Device lists in an entry that contradict those fetched from the relay: somebody shows two people different
    /// devices (IDN-16, threat D2).
    fn lists_that_contradict(&self, tx: &dyn Transaction, change: &Change) -> Result<Vec<Event>, StoreError> {
        let told = match &change.event {
            GroupEvent::Added { members } => members.clone(),
            GroupEvent::DevicesChanged { list, .. } => vec![(change.actor.account, *list)],
            _ => return Ok(Vec::new()),
        };
        let mut events = Vec::new();
        for (account, told) in told {
            let Some(peer) = self.peer(tx, &account)? else { continue };
            let known = peer.list.reference();
            if told.version == known.version && told.hash != known.hash {
                events.push(Event::ListRefused { peer: account, reason: Reject::Fork });
            }
        }
        Ok(events)
    }

    /// Groups whose logs are to be asked for, and claims that nobody made good (GRP-31).
    pub(crate) fn tend_groups(&self, step: &mut Step<'_>) -> Result<(Vec<Need>, Vec<Event>), Error> {
        let (mut needs, mut events) = (Vec::new(), Vec::new());
        for (key, record) in step.tx.scan(Table::Group, &[], None, usize::MAX)? {
            let record: records::Group = records::decode(&record)?;
            let id = aside_identity::GroupId::new(records::fixed(&key)?);
            if record.wanted && !record.segment.is_empty() {
                let log = LogId::new(records::fixed(&record.segment)?);
                needs.push(Need::Entries { log, from: record.position.saturating_add(1) });
            }
            // A clock that was set back must not make an hour longer.
            let now = step.now;
            let is_over = |claim: &records::Claim| now.abs_diff(claim.since) > MAX_CLAIM_MS;
            if record.claims.iter().any(is_over) {
                let mut record = record;
                for claim in record.claims.extract_if(.., |claim| is_over(claim)) {
                    let claimant = records::account(&claim.account)?;
                    events.push(Event::GroupClaimDropped { group: id, claimant });
                    record.disbelieved.push(claim.account);
                }
                step.tx.write(Table::Group, &key, &record)?;
            }
        }
        Ok((needs, events))
    }
}

/// What is said while the person here is not in the group is no gap when they are taken in again. The others go on from
/// the own last frame.
fn forget_frames_of_others(tx: &mut dyn Transaction, known: &Known, own: &Address) -> Result<(), StoreError> {
    let conversation = Conversation::Group(known.id);
    let kept = last_frame_key(&conversation, own);
    for (key, _) in tx.scan(Table::LastFrame, &conversation.key(), None, usize::MAX)? {
        if key != kept {
            tx.delete(Table::LastFrame, &key)?;
        }
    }
    Ok(())
}

fn puts_out(account: &AccountKey, change: &Change) -> bool {
    match &change.event {
        GroupEvent::Left { .. } => change.actor.account == *account,
        GroupEvent::Removed { accounts, .. } => accounts.contains(account),
        _ => false,
    }
}

fn takes_in(account: &AccountKey, change: &Change) -> bool {
    matches!(&change.event, GroupEvent::Added { members } if members.iter().any(|(member, _)| member == account))
}

fn read(blob: &[u8], key: &LogKey, log: &LogId) -> Result<Entry, Reject> {
    let bytes = sealed_entry::open(blob, key, log).map_err(|refused| refused.reject())?;
    Entry::decode(&bytes).map_err(|malformed| malformed.reject())
}

/// The payload of an envelope that the relay has made of an entry.
pub(crate) fn delivered(payload: &[u8]) -> Result<pb::GroupLogEntry, Malformed> {
    decode(payload)
}
