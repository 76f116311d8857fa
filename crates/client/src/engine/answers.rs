//! What the relay answers to what was sent.

use super::{
    Engine, Need, Step,
    compose::leave_outbox,
    outgoing::{conversation, mark},
    time::relay_tells,
    timed,
};
use crate::{
    conversation::Conversation,
    error::Error,
    event::Event,
    records::{self, Outgoing as Entry, Records, decode, index},
    store::Table,
};
use aside_content::{ChatId, Kind};
use aside_identity::AccountKey;
use aside_wire::{
    keep::days,
    pb::{Keep, RefusalCode},
};

/// A day in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What follows from a refusal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Try again later, the same bytes.
    Later,
    /// Ask this, then seal again.
    Ask(Need),
    /// It will never be accepted; the message says so. Without an event there is nobody to tell.
    Final(Option<Event>),
    /// It need not be accepted any more.
    Over(Vec<Event>),
}

impl Refusal {
    /// What is to be shown, if it will never be accepted.
    pub(crate) fn into_event(self) -> Option<Event> {
        match self {
            Self::Final(event) => event,
            _ => None,
        }
    }
}

impl Engine {
    /// The relay has it on disk. Until it says so, the same bytes go out under the same id (RLY-24).
    ///
    /// # Errors
    /// [`Error`] of the store or the source of randomness.
    pub fn on_accepted(
        &self,
        step: &mut Step<'_>,
        place: u64,
        accepted_at: u64,
    ) -> Result<Vec<Event>, Error> {
        relay_tells(step, accepted_at)?;
        let key = place.to_be_bytes();
        let Some(entry) = step.tx.read::<Entry>(Table::Outbox, &key)? else { return Ok(Vec::new()) };
        self.keep_sent(step, &entry)?;
        leave_outbox(step, &key, &entry)?;
        // 0 stands for unknown here, and a relay that says so must not make the message look unsent.
        let accepted_at = if accepted_at == 0 { step.now } else { accepted_at };
        if Kind(entry.kind) == Kind::CHAT_OPEN
            && let Some(mut chat) =
                step.tx.read::<records::Conversation>(Table::Conversation, &entry.conversation)?
        {
            chat.since = accepted_at;
            step.tx.write(Table::Conversation, &entry.conversation, &chat)?;
        }
        if entry.again {
            return Ok(Vec::new());
        }
        let conversation = conversation(&entry)?;
        let longest = self.relay_state(step.tx)?.keep_days;
        let keep = entry.sealed.as_ref().map_or(entry.keep, |sealed| sealed.keep);
        let class = Keep::try_from(keep).ok().and_then(days);
        let class = class.map_or(longest, |days| longest.min(days.into()));
        let waits_until = accepted_at.saturating_add(u64::from(class).saturating_mul(DAY_MS));
        let shown = timed::begin(step, conversation, entry.message_index, accepted_at, waits_until)?;
        let event = Event::Accepted { conversation, index: entry.message_index };
        Ok(shown.then_some(event).into_iter().collect())
    }

    /// The relay refused it: for now, because the devices have changed, or for good.
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub fn on_refused(&self, step: &mut Step<'_>, place: u64, code: RefusalCode) -> Result<Refusal, Error> {
        let key = place.to_be_bytes();
        let Some(entry) = step.tx.read::<Entry>(Table::Outbox, &key)? else { return Ok(Refusal::Later) };
        match code {
            RefusalCode::LogMoved if entry.change => {
                let Conversation::Group(group) = conversation(&entry)? else { return Ok(Refusal::Later) };
                if !entry.handed_over.is_empty() {
                    let mut entry = entry;
                    if let Some(events) = self.on_handed_over_moved(step, group, &mut entry)? {
                        step.tx.delete(Table::Outbox, &key)?;
                        return Ok(Refusal::Over(events));
                    }
                    step.tx.write(Table::Outbox, &key, &entry)?;
                }
                let need = self.on_log_moved(step, group)?;
                return Ok(need.map_or(Refusal::Later, Refusal::Ask));
            }
            RefusalCode::StaleDevices => {
                let account = records::account(&entry.peer)?;
                let known = self.peer(step.tx, &account)?.map_or(0, |peer| peer.list.reference().version);
                return Ok(Refusal::Ask(Need::Devices { account, known }));
            }
            RefusalCode::MailboxFull
            | RefusalCode::Rate
            | RefusalCode::Unavailable
            | RefusalCode::NotLoggedIn
            | RefusalCode::StaleStore
            | RefusalCode::Suspended
            | RefusalCode::Unspecified => return Ok(Refusal::Later),
            _ => {}
        }
        leave_outbox(step, &key, &entry)?;
        if entry.again {
            return Ok(Refusal::Final(None));
        }
        let conversation = conversation(&entry)?;
        if let (RefusalCode::EncryptedOnly, Conversation::Thread(_)) = (code, conversation) {
            self.keep_word_of_relay(step, &records::account(&entry.peer)?)?;
        }
        if let (true, Conversation::Group(group)) = (entry.change, conversation) {
            let reasons = format!("the relay refuses it ({})", code.as_str_name());
            return Ok(Refusal::Final(Some(Event::GroupChangeFailed { group, reasons })));
        }
        if matches!(Kind(entry.kind), Kind::RECEIPTS | Kind::RETRY) {
            return Ok(Refusal::Final(None));
        }
        mark(step.tx, conversation, &entry, |message| message.refusal = code.into())?;
        // An opening that never arrives is reported, too, under index 0.
        let event = Event::Failed { conversation, index: entry.message_index, code };
        Ok(Refusal::Final(Some(event)))
    }

    /// What waits for a chat that the peer has ended never reaches anybody, and does not go elsewhere (CNV-13).
    pub(crate) fn give_up(&self, step: &mut Step<'_>, chat: ChatId) -> Result<(), Error> {
        let ended = Conversation::Chat(chat);
        for (key, record) in step.tx.scan(Table::Outbox, &[], None, usize::MAX)? {
            let entry: Entry = decode(&record)?;
            if conversation(&entry)? == ended {
                leave_outbox(step, &key, &entry)?;
                let refusal = RefusalCode::Unreachable.into();
                if !entry.again {
                    mark(step.tx, ended, &entry, |message| message.refusal = refusal)?;
                }
            }
        }
        Ok(())
    }

    /// The relay hands out no prekeys of an account, because its settings exclude this one: whatever waits to be encrypted
    /// for it never will be (RLY-36).
    ///
    /// # Errors
    /// [`Error`] of the store.
    pub fn on_unreachable(&self, step: &mut Step<'_>, account: &AccountKey) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        for (key, record) in step.tx.scan(Table::Outbox, &[], None, usize::MAX)? {
            let entry: Entry = decode(&record)?;
            let is_sealed = entry.sealed.is_some();
            let in_clear = matches!(conversation(&entry)?, Conversation::Thread(_));
            if entry.peer == account.as_bytes() && !in_clear && !is_sealed {
                let refusal = self.on_refused(step, index(&key)?, RefusalCode::Unreachable)?;
                if let Refusal::Final(event) = refusal {
                    events.extend(event);
                }
            }
        }
        Ok(events)
    }
}
