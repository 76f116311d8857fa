//! What is to be said later. Until it is due there is no message: no id, no place in the chain of frames, nothing
//! encrypted. Then it is said where it was meant to be said, or nowhere (CON-39, threat C1).

use super::{
    Engine, Step,
    timed::{self, Content},
};
use crate::{
    conversation::{Conversation, Manner},
    error::{Error, Misuse},
    event::Event,
    records::{self, Records, decode, index},
    store::{StoreError, Table, Transaction},
};
use aside_content::{Body, Expiry, Kind};
use aside_wire::pb;

/// Something to be said later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scheduled {
    /// By which it is cancelled.
    pub number: u64,
    /// Where it will be said.
    pub conversation: Conversation,
    /// What.
    pub body: Body,
    /// How.
    pub manner: Manner,
    /// Not before: milliseconds since 1970-01-01 UTC.
    pub not_before: u64,
    /// Why it was not said when it was due, in words. It will not be tried again.
    pub failed: Option<String>,
}

impl Engine {
    /// Says something in a conversation when it is due. Returns the number by which it can be cancelled.
    ///
    /// # Errors
    /// [`Misuse::Past`], or why it could not be said now.
    pub fn schedule(
        &self,
        step: &mut Step<'_>,
        conversation: Conversation,
        (body, manner): (Body, Manner),
        not_before: u64,
    ) -> Result<u64, Error> {
        if not_before <= step.now {
            return Err(Misuse::Past.into());
        }
        if !body.is_shown() {
            return Err(Misuse::NotThere.into());
        }
        self.may_say(step.tx, conversation, &body, manner)?;
        // A draft of what goes is not to outlive it (EXP-31).
        let is_timed =
            self.terms_for(step.tx, conversation, &body, manner)?.is_some_and(|expiry| expiry.is_timed());
        let number = step.tx.next("scheduled")?;
        let content = Content::of(step, is_timed, &number.to_be_bytes(), body.encode())?;
        let record = records::Scheduled {
            conversation: conversation.key().to_vec(),
            kind: body.kind().0,
            content: content.bytes,
            key: content.key,
            not_before,
            failed: String::new(),
            silent: manner.silent,
            wish: manner.terms.map(|terms| pb::Expiry::from(Expiry { policy: 0, terms })),
        };
        step.tx.write(Table::Scheduled, &number.to_be_bytes(), &record)?;
        Ok(number)
    }

    /// What is to be said later, and what could not be said; what is due first stands first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn scheduled(&self, tx: &dyn Transaction) -> Result<Vec<Scheduled>, StoreError> {
        let damaged = || StoreError::Damaged("scheduled message");
        let mut all = Vec::new();
        for (key, record) in tx.scan(Table::Scheduled, &[], None, usize::MAX)? {
            let record: records::Scheduled = decode(&record)?;
            // Without its key there is nothing that could be said (EXP-47).
            let Some(content) = timed::opened(tx, record.key, &key, &record.content)? else { continue };
            let wish = record.wish.as_ref().map(Expiry::try_from).transpose().map_err(|_| damaged())?;
            all.push(Scheduled {
                number: index(&key)?,
                conversation: Conversation::from_key(&record.conversation).ok_or_else(damaged)?,
                body: Body::decode(Kind(record.kind), &content).map_err(|_| damaged())?,
                manner: Manner { silent: record.silent, terms: wish.map(|wish| wish.terms) },
                not_before: record.not_before,
                failed: Some(record.failed).filter(|reason| !reason.is_empty()),
            });
        }
        all.sort_by_key(|scheduled| (scheduled.not_before, scheduled.number));
        Ok(all)
    }

    /// When something is to be said next.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_due(&self, tx: &dyn Transaction) -> Result<Option<u64>, StoreError> {
        let all = self.scheduled(tx)?;
        Ok(all.into_iter().find(|scheduled| scheduled.failed.is_none()).map(|scheduled| scheduled.not_before))
    }

    /// Forgets something that was to be said.
    ///
    /// # Errors
    /// [`Misuse::NotScheduled`] if there is no such thing, or not any more.
    pub fn cancel_scheduled(&self, step: &mut Step<'_>, number: u64) -> Result<(), Error> {
        let key = number.to_be_bytes();
        self.unschedule(step, &key, Misuse::NotScheduled)
    }

    fn unschedule(&self, step: &mut Step<'_>, key: &[u8], missing: Misuse) -> Result<(), Error> {
        let record = step.tx.read::<records::Scheduled>(Table::Scheduled, key)?.ok_or(missing)?;
        step.tx.delete(Table::Scheduled, key)?;
        timed::destroy_key(step, record.key)
    }

    /// Says what is due, in the same transaction in which it is not to be said any more: once, and nothing before its time
    /// (CON-39).
    pub(crate) fn say_what_is_due(&self, step: &mut Step<'_>) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        for due in self.scheduled(step.tx)? {
            let Scheduled { number, conversation, body, manner, not_before, failed } = due;
            if failed.is_some() || not_before > step.now {
                continue;
            }
            let key = number.to_be_bytes();
            match self.say_as(step, conversation, body, manner) {
                Ok(_) => self.unschedule(step, &key, Misuse::NotScheduled)?,
                Err(Error::Misuse(misuse)) => {
                    let reason = misuse.to_string();
                    let record = step.tx.read::<records::Scheduled>(Table::Scheduled, &key)?;
                    let record = record.ok_or(StoreError::Damaged("scheduled message"))?;
                    let record = records::Scheduled { failed: reason.clone(), ..record };
                    step.tx.write(Table::Scheduled, &key, &record)?;
                    events.push(Event::ScheduledFailed { number, conversation, reason });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(events)
    }
}
