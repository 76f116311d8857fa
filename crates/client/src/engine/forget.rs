//! Deleting a message here, for the person here alone.

use super::{Engine, Step, repeating::forget_sent_about, timed};
use crate::{
    conversation::Conversation,
    error::{Error, Misuse},
    records::{self, Records, fixed, message_id_key, message_key},
    store::{StoreError, Table, Transaction},
};
use aside_content::MessageId;

impl Engine {
    /// Deletes a message from this device, with everything said about it. Nobody is told, and what waits in the outbox goes
    /// out all the same: taking it back is [`Engine::unsend`].
    ///
    /// Its id stays known, so that a copy that arrives later is a duplicate and not shown (CON-6, ARC-10).
    ///
    /// # Errors
    /// [`Misuse::NoMessage`].
    pub fn delete(&self, step: &mut Step<'_>, conversation: Conversation, index: u64) -> Result<(), Error> {
        let key = message_key(&conversation, index);
        let record = step.tx.read::<records::StoredMessage>(Table::Message, &key)?;
        let record = record.ok_or(Misuse::NoMessage)?;
        self.unindex_message(step.tx, conversation, index, &record)?;
        forget_marks(step.tx, conversation, &record)?;
        forget_sent_about(step.tx, &key)?;
        let mut record = record;
        timed::destroy(step, &key, &mut record)?;
        Ok(step.tx.delete(Table::Message, &key)?)
    }
}

/// Wipes what was said about a message.
pub(crate) fn forget_marks(
    tx: &mut dyn Transaction,
    conversation: Conversation,
    record: &records::StoredMessage,
) -> Result<(), StoreError> {
    let author = records::account(&record.sender)?;
    let id = MessageId::new(fixed(&record.message_id)?);
    let marks = message_id_key(&conversation, &author, &id);
    for (key, _) in tx.scan(Table::Mark, &marks, None, usize::MAX)? {
        tx.delete(Table::Mark, &key)?;
    }
    Ok(())
}
