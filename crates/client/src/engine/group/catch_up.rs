//! Catching up: heads that members speak of, and entries they hand over when the relay does not (GRP-31, GRP-39).

use super::{Known, Sealing};
use crate::{
    conversation::Conversation,
    engine::{Engine, Lane, Step, queue_entry},
    error::Error,
    event::Event,
    group::Standing,
    records::{self, Claim, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::Kind;
use aside_group::{Entry, Group, LogEntries, LogRequest};
use aside_identity::{AccountKey, Address, GroupId};
use aside_primitives::{Draw, entropy};

/// How long a head that nobody makes good forbids to write: a member who lies should not silence the others.
pub(crate) const MAX_CLAIM_MS: u64 = 60 * 60 * 1000;
/// Between two answers to the same member about the same group.
const ANSWER_PAUSE_MS: u64 = 10_000;

impl Known {
    /// Remembers that somebody speaks of a newer head. It is looked for at the relay in any case; only a member can make
    /// the person here wait for it, or before anything is known whoever has invited them.
    pub(crate) fn hear_of(&mut self, account: &AccountKey, sequence: u64, now: u64) {
        if sequence <= self.sequence() {
            return;
        }
        self.record.wanted = true;
        let counts = match &self.state {
            Some(state) => state.member(account).is_some(),
            None => self.record.invited_by == account.as_bytes(),
        };
        let believed = self.record.disbelieved.iter().all(|liar| liar != account.as_bytes());
        if !counts || !believed {
            return;
        }
        // One claim of each: a false one hides no true one, and does not live longer by growing.
        match self.record.claims.iter_mut().find(|claim| claim.account == account.as_bytes()) {
            Some(claim) => claim.sequence = claim.sequence.max(sequence),
            None => {
                let account = account.as_bytes().to_vec();
                self.record.claims.push(Claim { account, sequence, since: now, asked: false });
            }
        }
    }

    /// Whether there is a head that is not known here: nothing is written until it is (GRP-31).
    pub(crate) fn is_behind(&self) -> bool {
        self.record.claims.iter().any(|claim| claim.sequence > self.sequence())
    }
}

impl Engine {
    /// Remembers what a message that cannot be judged yet says of a newer head.
    pub(crate) fn hear_of(
        &self,
        step: &mut Step<'_>,
        sender: &Address,
        claim: Option<(GroupId, u64)>,
    ) -> Result<(), StoreError> {
        let Some((group, sequence)) = claim else { return Ok(()) };
        let Some(mut known) = Known::load(step.tx, group)? else { return Ok(()) };
        known.hear_of(&sender.account, sequence, step.now);
        known.keep(step.tx)
    }

    /// Asks whoever speaks of a newer head for the entries, once, when the relay has no more. Nobody is asked before
    /// the person here has accepted (GRP-38).
    pub(crate) fn ask_the_claimants(&self, step: &mut Step<'_>, known: &mut Known) -> Result<(), Error> {
        let after = known.sequence();
        let wanted = known.record.wanted && !known.record.segment.is_empty();
        if wanted || known.standing()? != Standing::Joined {
            return Ok(());
        }
        for claim in &mut known.record.claims {
            if !claim.asked && claim.sequence > after {
                claim.asked = true;
                let account = records::account(&claim.account)?;
                let content = LogRequest { after }.encode();
                self.queue_control(step, &known.id, &account, Kind::GROUP_LOG_REQUEST, &content)?;
            }
        }
        Ok(())
    }

    /// Answers a member who lacks entries (GRP-39).
    pub(crate) fn on_log_request(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        from: &AccountKey,
        request: LogRequest,
    ) -> Result<(), Error> {
        let (at, up_to) = (answer_counter("at", known, from), answer_counter("up to", known, from));
        // Whoever has read the last answer may go on at once.
        let goes_on = request.after > 0 && request.after >= step.tx.counter(&up_to)?;
        if step.now.saturating_sub(step.tx.counter(&at)?) < ANSWER_PAUSE_MS && !goes_on {
            return Ok(());
        }
        let Some(entries) = LogEntries::fill(entries_after(step.tx, known, request.after)?) else {
            return Ok(());
        };
        let count = u64::try_from(entries.clone().into_entries().len()).unwrap_or(u64::MAX);
        step.tx.set_counter(&at, step.now)?;
        step.tx.set_counter(&up_to, request.after.saturating_add(count))?;
        self.queue_control(step, &known.id, from, Kind::GROUP_LOG_ENTRIES, &entries.encode())
    }

    /// Takes in entries that a member has handed over. They count when they stand in the log: a member who hands one
    /// entry to one person and another to the next splits nobody (GRP-42).
    pub(crate) fn on_log_entries(
        &self,
        step: &mut Step<'_>,
        known: &mut Known,
        entries: LogEntries,
    ) -> Result<(), Error> {
        let after = known.sequence();
        for handed_over in entries.into_entries() {
            let newer = Entry::decode(&handed_over).is_ok_and(|entry| entry.sequence() > after);
            if newer {
                let outgoing = records::Outgoing {
                    conversation: Conversation::Group(known.id).key().to_vec(),
                    change: true,
                    handed_over,
                    ..Default::default()
                };
                queue_entry(step.tx, Lane::Control, &outgoing)?;
            }
        }
        known.record.wanted = true;
        Ok(known.keep(step.tx)?)
    }

    /// Seals an entry that a member has handed over for the position after the newest.
    pub(crate) fn seal_handed_over(
        &self,
        step: &mut Step<'_>,
        known: &Known,
        state: &Group,
        entry: &mut records::Outgoing,
    ) -> Result<Sealing, Error> {
        let handed_over = Entry::decode(&entry.handed_over);
        let handed_over = handed_over.map_err(|_| StoreError::Damaged("change in the outbox"))?;
        if handed_over.sequence() <= state.sequence() {
            return Ok(Sealing::Over(Vec::new()));
        }
        if let Err(rejected) = state.check(&handed_over, state.log_key_id()) {
            let skipped = Event::GroupEntrySkipped { group: known.id, reason: rejected.reject() };
            return Ok(Sealing::Over(vec![skipped]));
        }
        let key = known.log_key(step.tx, &state.log_key_id())?;
        let Some(key) = key.filter(|_| !known.record.wanted) else { return Ok(Sealing::Waits) };
        entry.client_id = entropy::public::<16>(step.entropy, Draw("client id"))?.to_vec();
        let recipients = self.recipients(state);
        let signed = entry.handed_over.clone();
        self.seal_entry(step, known, state.sequence(), &key, signed, recipients, entry)?;
        Ok(Sealing::Ready)
    }

    /// The relay says that another entry stands where a member's belongs. If it does not show which when it is asked, and
    /// says so again, it hides the log; then what members show counts (GRP-42).
    pub(crate) fn on_handed_over_moved(
        &self,
        step: &mut Step<'_>,
        group: GroupId,
        entry: &mut records::Outgoing,
    ) -> Result<Option<Vec<Event>>, Error> {
        let damaged = || StoreError::Damaged("change in the outbox");
        let position = entry.group_request.as_ref().map_or(0, |sealed| sealed.position);
        let mut known = Known::load(step.tx, group)?.ok_or_else(damaged)?;
        // What it was asked for is answered: until then it has had no chance to show anything.
        let answered = !known.record.wanted;
        let hides = answered && entry.moved_at == position && known.next_position() == position;
        entry.moved_at = position;
        if !hides {
            return Ok(None);
        }
        let handed_over = Entry::decode(&entry.handed_over).map_err(|_| damaged())?;
        let under = known.state.as_ref().map(Group::log_key_id).ok_or_else(damaged)?;
        let told = std::mem::replace(&mut known.record.hidden, true);
        let mut events: Vec<Event> = (!told).then_some(Event::GroupLogHidden { group }).into_iter().collect();
        match self.take_entry(step, &mut known, &handed_over, under)? {
            Ok(happened) => events.extend(happened),
            Err(rejected) => events.push(Event::GroupEntrySkipped { group, reason: rejected.reject() }),
        }
        known.record.claims.iter_mut().for_each(|claim| claim.asked = false);
        self.ask_the_claimants(step, &mut known)?;
        known.keep(step.tx)?;
        events.extend(self.try_held(step)?);
        Ok(Some(events))
    }
}

/// Entries after a sequence, ascending, at least as many as fit one answer.
fn entries_after(tx: &dyn Transaction, known: &Known, after: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    let start = super::entry_key(&known.id, after);
    let rows =
        tx.scan(Table::GroupEntry, known.id.as_bytes(), Some(&start), aside_wire::limits::ENTRIES_PER_REPLY)?;
    rows.into_iter().map(|(_, record)| Ok(records::decode::<records::GroupEntry>(&record)?.bytes)).collect()
}

fn answer_counter(what: &str, known: &Known, member: &AccountKey) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("answered {what} {} {}", hex(known.id.as_bytes()), hex(member.as_bytes()))
}
