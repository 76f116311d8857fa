//! Catching up: heads that members speak of, and entries they hand over when the relay does not (GRP-31, GRP-39).

use super::Known;
use crate::{
    engine::{Engine, Step},
    error::Error,
    event::Event,
    group::Standing,
    records::{self, Claim, Records},
    store::{StoreError, Table, Transaction},
};
use aside_content::Kind;
use aside_group::{Entry, Group, LogEntries, LogKeyId, LogRequest};
use aside_identity::{AccountKey, Address, GroupId};
use zeroize::Zeroizing;

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
                let content = Zeroizing::new(LogRequest { after }.encode());
                self.queue_control(step, &known.id, &account, Kind::GROUP_LOG_REQUEST, content)?;
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
        let content = Zeroizing::new(entries.encode());
        self.queue_control(step, &known.id, from, Kind::GROUP_LOG_ENTRIES, content)
    }

    /// Takes in entries that a member has handed over, judged like any other.
    pub(crate) fn on_log_entries(
        &self,
        step: &mut Step<'_>,
        known: &mut Known,
        entries: LogEntries,
    ) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        let before = known.sequence();
        for bytes in entries.into_entries() {
            let Ok(entry) = Entry::decode(&bytes) else { break };
            // Nothing sealed it on this way. Under which key it stands at the relay, its place in the chain tells.
            let sealed_under = known.state.as_ref().map_or(LogKeyId::new([0; 16]), Group::log_key_id);
            match self.take_entry(step, known, &entry, sealed_under)? {
                Ok(happened) => events.extend(happened),
                Err(rejected) => {
                    events.push(Event::GroupEntrySkipped { group: known.id, reason: rejected.reject() });
                    break;
                }
            }
        }
        // The relay may go on from here, or else the member.
        known.record.wanted = true;
        if known.sequence() > before {
            known.record.claims.iter_mut().for_each(|claim| claim.asked = false);
        }
        known.keep(step.tx)?;
        events.extend(self.try_held(step)?);
        Ok(events)
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
